"""`etabli journal backup · backups · restore`: copies of the workshop's folder, proved when made and when put back."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from bench import backup
from bench.backup.model import KEYS
from bench.language import _, byte_size, number
from tui import lines
from tui.folder import Folder


def run(arguments: Namespace) -> int:
    match arguments.act:
        case "backup":
            _make(arguments)
        case "backups":
            _list(Path(arguments.place))
        case "restore":
            _restore(Path(arguments.backup), Path(arguments.folder))
    return 0


def _make(arguments: Namespace) -> None:
    folder, place = Folder.home(), Path(arguments.place).absolute()
    if arguments.keep is not None:
        backup.check_keep(arguments.keep)
    with _Progress(_("backed up")) as progress:
        made = backup.make(folder.path, place, keys=arguments.with_keys, told=progress)
    print(_("Backup {path}").format(path=made.path))
    print(
        _("{count} files, {size}. Head: {head}").format(
            count=len(made.files), size=byte_size(made.size), head=_head(made)
        )
    )
    if folder.customer_keys.exists() and not arguments.with_keys:
        print(
            _("The customers’ keys are not in it: without them nobody’s name can be read. “--with-keys” copies them.")
        )
    if arguments.keep is not None:
        gone = backup.prune(place, arguments.keep)
        print(_("{count} older backups were removed.").format(count=len(gone)))


def _list(place: Path) -> None:
    found = backup.read_all(place)
    rows = [
        [each.path.name, _local(each.made), number(each.head[0], 0), number(len(each.files), 0), byte_size(each.size)]
        for each in found
    ]
    if rows:
        print(lines.table([_("backup"), _("made"), _("events"), _("files"), _("size")], rows))
    else:
        print(_("There is no backup at {path}.").format(path=place))


def _restore(path: Path, folder: Path) -> None:
    with _Progress(_("restored")) as progress:
        restored = backup.restore(path.absolute(), folder.absolute(), progress)
    print(_("Backup {path}").format(path=restored.path))
    print(
        _("restored in {folder}, as it stood on {when}.").format(folder=folder.absolute(), when=_local(restored.made))
    )
    print(
        _("{count} files, every one as it was backed up. Head: {head}").format(
            count=len(restored.files), head=_head(restored)
        )
    )
    print(_("PINs are in no backup: everybody chooses a new one at the first sign-in."))
    if not (folder / KEYS).exists() and (folder / "customers.db").exists():
        print(_("The customers’ keys are not there: put the file “{name}” beside it.").format(name=KEYS))


def _head(made: backup.Backup) -> str:
    return f"{made.head[0]}:{made.head[1]}"


def _local(made: str) -> str:
    return datetime.fromisoformat(made).astimezone().strftime("%Y-%m-%d %H:%M")


class _Progress:
    """One line that counts up, where a person looks on; nothing where the output is read by a program."""

    def __init__(self, word: str) -> None:
        self._word = word
        self._shown = sys.stderr.isatty()
        self._last = -1

    def __call__(self, done: int, whole: int) -> None:
        percent = round(100 * done / whole) if whole else 100
        if self._shown and percent != self._last:
            self._last = percent
            print(f"\r{percent:3d} % {self._word}", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last >= 0:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
