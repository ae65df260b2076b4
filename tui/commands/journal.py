"""`etabli journal verify · export`: recompute the chain of hashes and what follows from it; give the events away."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path

from bench.errors import ExitCode, UsageError
from bench.exports.events import write_events
from bench.exports.whole import whole_file
from bench.language import _, msg
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    return _verify(arguments) if arguments.act == "verify" else _export(arguments)


def _export(arguments: Namespace) -> int:
    with Folder.home().read_journal() as journal:
        if arguments.output in (None, "-"):
            write_events(sys.stdout, journal)
            return ExitCode.OK
        with (
            whole_file(Path(arguments.output), force=arguments.force) as half,
            half.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            count = write_events(stream, journal)
    print(_("{count} events in {path}.").format(count=count, path=arguments.output))
    return ExitCode.OK


def _verify(arguments: Namespace) -> int:
    anchor = _anchor(arguments.anchor)
    with Folder.home().read_journal() as journal:
        report = journal.verify(anchor)
    if report.ok:
        seq, digest = report.head
        print(
            _("{count} events, all as they were written. Head: {head}").format(
                count=report.count, head=f"{seq}:{digest}"
            )
        )
        return ExitCode.OK
    print(_("first bad event: {seq}").format(seq=report.first_bad_seq))
    print(f"etabli: {report.reason}", file=sys.stderr)
    print(_("Keep the file as it is, and restore the last backup in another folder."), file=sys.stderr)
    return ExitCode.FAILURE


def _anchor(written: str | None) -> tuple[int, str] | None:
    if written is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*[:·]\s*([0-9a-fA-F]{64})\s*", written)
    if found is None:
        raise UsageError(
            msg("“{written}” is no anchor.", written=written),
            remedy=msg("Write it as the sheet does: the number, a colon, the 64 signs of the hash."),
        )
    return int(found[1]), found[2].lower()
