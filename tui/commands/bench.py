"""`etabli`: the bench on this workshop's data."""

from __future__ import annotations

from argparse import Namespace

from bench.catalogue import current
from tui.terminal import here, no_terminal


def run(arguments: Namespace) -> int:
    return open_bench(order=None)


def open_bench(order: str | None) -> int:
    """Run the bench on this workshop, with `order` in hand where one is named; return the exit code."""
    if not here():
        return no_terminal()
    from tui import app
    from tui.first_start import FirstStart
    from tui.folder import Folder
    from tui.opened import Workshop as Opened

    folder = Folder.home()

    def opened() -> Opened:
        from tui.workshop import Workshop

        folder.found()
        return Workshop.open(folder)

    return app.run(opened, language=current(), order=order, first=FirstStart(folder))
