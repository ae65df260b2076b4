"""The system's clipboard, by the tool that is there; beside the terminal's own way (OSC 52)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

# (what must be set for the tool to have a display, the command)
_TOOLS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)
# Terminals that pass OSC 52 over.
_DEAF = frozenset({"Apple_Terminal"})
SECONDS = 2.0


def tool(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> tuple[str, ...] | None:
    """Return the command that takes a text for the clipboard on its input, None where there is none."""
    if platform == "darwin":
        return ("pbcopy",) if shutil.which("pbcopy") else None
    if platform == "win32":
        return ("clip",) if shutil.which("clip") else None
    fitting = (command for display, command in _TOOLS if environ.get(display) and shutil.which(command[0]))
    return next(fitting, None)


def put(text: str, command: tuple[str, ...] | None) -> bool:
    """Give a text to the system's clipboard; False where no tool took it."""
    if command is None:
        return False
    encoding = "utf-16-le" if command[0] == "clip" else "utf-8"
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, input=text.encode(encoding), stdout=quiet, stderr=quiet, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def terminal_copies(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal can be expected to understand OSC 52 (it never answers)."""
    return environ.get("TERM_PROGRAM", "") not in _DEAF and environ.get("TERM", "") not in ("", "linux", "dumb")
