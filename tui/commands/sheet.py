"""`etabli sheet ORDER`: the tracking sheet from the journal, into a file that is never overwritten unasked."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from bench.language import current
from tui import sheets
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    language = arguments.lang if hasattr(arguments, "lang") else (folder.settings().language or current())
    with folder.read_journal() as journal:
        data, seq = sheets.render(journal, arguments.order, arguments.format, language, arguments.version)
    name = sheets.file_name(arguments.order, seq, language, arguments.format, arguments.version)
    return deliver(arguments, folder, name, data)


def deliver(arguments: Namespace, folder: Folder, name: str, data: bytes) -> int:
    """Write a sheet or paper where `-o` says, else among the workshop's, and say where it is."""
    if arguments.output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return 0
    path = Path(arguments.output) if arguments.output else folder.sheets / name
    print(sheets.write(path, data, force=arguments.force))
    return 0
