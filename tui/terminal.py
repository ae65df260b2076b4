"""Whether there is a terminal to draw on."""

from __future__ import annotations

import sys

from bench.catalogue import _


def here() -> bool:
    """Tell whether a person sits at a terminal here."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def no_terminal() -> int:
    """Say that the bench needs one; return the exit code."""
    print(
        _("The bench needs a terminal; here there is none. “etabli --help” lists what runs without."), file=sys.stderr
    )
    return 2
