"""Backups that make themselves: when they are due, what a bench says when one fails, and the room where they stand."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from room_pilot import RoomHands, work

from bench import backup
from bench.errors import EtabliError
from tui import backups as keeping
from tui import demo
from tui.backups import BackupKeeper
from tui.folder import Folder
from tui.settings import BackupEntry, load


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "workshop")
    demo.prepare(folder)
    demo.open_workshop(folder, None, 1.0).close()
    return folder


def ask_for_backups(folder: Folder, place: str) -> None:
    """Say in workshop.toml where backups go."""
    demo.prepare(folder)
    with folder.file.open("a", encoding="utf-8") as file:
        file.write(f'\n[backup]\nfolder = "{place}"\nkeep = 2\n')


def test_the_settings_say_where_how_often_and_how_many(folder: Folder) -> None:
    ask_for_backups(folder, "../disk")
    entry = load(folder.file).backup
    assert entry is not None
    assert (entry.every_hours, entry.keep, entry.keys) == (24, 2, False)
    assert entry.place(folder.path).resolve() == folder.path.parent / "disk"
    with pytest.raises(ValidationError):
        BackupEntry(folder="x", keep=0)


def test_a_backup_that_is_due_makes_itself_and_the_next_one_waits(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_AFTER", timedelta(0))
    keeper = BackupKeeper(folder, BackupEntry(folder=str(tmp_path / "disk"), keep=1))
    assert keeper.overdue()
    made = threading.Event()
    make = keeper.make

    def then() -> None:
        make()
        made.set()

    monkeypatch.setattr(keeper, "make", then)
    keeper.start()
    assert made.wait(60)
    made.clear()
    keeper.close()
    keeper.close()
    assert keeper.problem is None
    assert keeper.last is not None
    assert not keeper.overdue()
    assert keeper.overdue(datetime.now(UTC) + timedelta(hours=49))
    assert not made.is_set()
    with folder.read_journal() as journal:
        assert keeper.last.head == journal.head()


def test_a_failure_is_heard_and_kept_until_one_is_made(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_AFTER", timedelta(0))
    (tmp_path / "disk").write_text("a file where the disk should be")
    keeper = BackupKeeper(folder, BackupEntry(folder=str(tmp_path / "disk")))
    heard: list[EtabliError] = []
    told = threading.Event()

    def hears(problem: EtabliError) -> None:
        heard.append(problem)
        told.set()

    keeper.on_problem = hears
    keeper.start()
    assert told.wait(60)
    keeper.close()
    assert heard == [keeper.problem]
    assert "was not backed up" in str(keeper.problem) and "No backup was made at" in str(keeper.problem)
    (tmp_path / "disk").unlink()
    keeper = BackupKeeper(folder, BackupEntry(folder=str(tmp_path / "disk")))
    keeper.problem = heard[0]
    keeper.make()
    assert keeper.problem is None
    assert keeper.last is not None


def test_the_journals_room_shows_the_last_backup_and_makes_one(tmp_path: Path) -> None:
    ask_for_backups(Folder(tmp_path), "../disk")
    place = tmp_path.parent / "disk"
    shutil.rmtree(place, ignore_errors=True)

    async def does(hands: RoomHands) -> None:
        await hands.menu("Journal")
        await hands.sees("Last backup", "none:")
        await hands.menu("Back up now")
        await hands.until(lambda: backup.newest(place) is not None)
        made = backup.newest(place)
        assert made is not None
        await hands.sees(made.path.name)
        (made.path / "backup.json").unlink()
        (place / "backup.lock").unlink(missing_ok=True)
        shutil.rmtree(place)
        place.write_text("no disk")
        await hands.menu("Back up now")
        await hands.sees("NOT POSSIBLE", "The workshop was not backed up.", "No backup was made at")

    work(tmp_path, does, size=(120, 40))
