"""`etabli journal verify`: recompute the chain of hashes and everything that follows from the events."""

from __future__ import annotations

import re
import sys
from argparse import Namespace

from bench.errors import ExitCode, UsageError
from bench.language import _, msg
from tui.folder import Folder


def run(arguments: Namespace) -> int:
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
