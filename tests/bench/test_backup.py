"""A backup is proved when it is made and again before it takes a folder's place; nothing is ever written over."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from journal_material import story

from bench import backup
from bench.backup import BackupError
from bench.backup.model import FILES, KEYS, LIST, Backup, Stored
from bench.customers import CustomerStore
from bench.customers.person import Person
from bench.errors import EtabliError, UsageError
from bench.journal import Journal, JournalDamaged

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workshop's folder with a record, photos, recordings, a customer, and what stays behind."""
    folder = tmp_path / "workshop"
    with Journal.open(folder / "journal.sqlite", station="bench-1") as journal:
        journal.append([*story("R-1"), *story("R-2")])
    for name, text in {
        "workshop.toml": "name = 'Atelier'",
        "photos/ab.jpg": "a photo",
        "recordings/s-1.mcap": "bytes of a wire",
        "recordings/s-2.mcap": "bytes of a wire",
        "procedures/own.toml": "id = 'own'",
        "pins.json": "{}",
        "logs/errors.log": "",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with CustomerStore(folder / "customers.db", folder / KEYS) as customers:
        customers.add([Person(name="Mme Droz", phone="+41 32 000 00 00")])
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "disk"


def names(made: Backup) -> set[str]:
    return {stored.path for stored in made.files}


def verified(folder: Path) -> tuple[int, str]:
    with Journal.open(folder / "journal.sqlite", station="", writable=False) as journal:
        report = journal.verify()
        assert report.ok
        return report.head


def test_what_is_backed_up_comes_back_byte_for_byte(folder: Path, place: Path, tmp_path: Path) -> None:
    made = backup.make(folder, place, now=NOON)
    assert made.path == place / "2026-11-22T120000Z"
    assert made.head == verified(folder)
    restored = backup.restore(place, tmp_path / "again")
    assert restored == made
    assert verified(tmp_path / "again") == made.head
    for name in names(made) - {"journal.sqlite", "customers.db"}:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
        assert (tmp_path / "again" / name).stat().st_mtime_ns == (folder / name).stat().st_mtime_ns


def test_pins_keys_locks_and_logs_stay_behind(folder: Path, place: Path) -> None:
    made = backup.make(folder, place)
    own = {"workshop.toml", "photos/ab.jpg", "recordings/s-1.mcap", "recordings/s-2.mcap", "procedures/own.toml"}
    assert names(made) == {"journal.sqlite", "customers.db", *own}


def test_a_backup_is_made_while_the_bench_writes_and_holds_whole_events(folder: Path, place: Path) -> None:
    with Journal.open(folder / "journal.sqlite", station="bench-1") as journal:
        journal.append(story("R-3"))  # stands in the log of SQLite, not yet in the file
        made = backup.make(folder, place)
        assert made.head == journal.head()
        journal.append(story("R-4"))
    assert made.head[0] < verified(folder)[0]


def test_the_same_content_is_kept_once_and_not_copied_again(folder: Path, place: Path) -> None:
    backup.make(folder, place, now=NOON)
    kept = {path: path.stat().st_mtime_ns for path in (place / FILES).glob("??/*")}
    assert len(kept) == 4  # two recordings are the same bytes
    (folder / "photos" / "cd.jpg").write_text("another photo")
    second = backup.make(folder, place, now=NOON + timedelta(hours=1))
    after = {path: path.stat().st_mtime_ns for path in (place / FILES).glob("??/*")}
    assert kept.items() <= after.items()
    assert len(after) == 5
    assert "photos/cd.jpg" in names(second)


def test_each_backup_is_the_folder_of_its_day(folder: Path, place: Path, tmp_path: Path) -> None:
    first = backup.make(folder, place, now=NOON)
    (folder / "workshop.toml").write_text("name = 'Atelier du Doubs'")
    backup.make(folder, place, now=NOON + timedelta(days=1))
    assert [each.made[:10] for each in backup.read_all(place)] == ["2026-11-23", "2026-11-22"]
    backup.restore(first.path, tmp_path / "old")
    backup.restore(place, tmp_path / "new")
    assert "Doubs" not in (tmp_path / "old" / "workshop.toml").read_text()
    assert "Doubs" in (tmp_path / "new" / "workshop.toml").read_text()


def test_old_backups_go_with_what_only_they_held(folder: Path, place: Path, tmp_path: Path) -> None:
    backup.make(folder, place, now=NOON)
    (folder / "workshop.toml").write_text("name = 'Atelier du Doubs'")
    for day in (1, 2):
        backup.make(folder, place, now=NOON + timedelta(days=day))
    assert [each.path.name[:10] for each in backup.prune(place, 1)] == ["2026-11-23", "2026-11-22"]
    assert len(list((place / FILES).glob("??/*"))) == 4
    backup.restore(place, tmp_path / "again")
    with pytest.raises(UsageError, match="At least one"):
        backup.prune(place, 0)


def test_a_list_that_cannot_be_read_keeps_every_content(folder: Path, place: Path) -> None:
    broken = backup.make(folder, place, now=NOON)
    (folder / "workshop.toml").write_text("name = 'Atelier du Doubs'")
    for day in (1, 2):
        backup.make(folder, place, now=NOON + timedelta(days=day))
    (broken.path / LIST).write_text("{")
    held = len(list((place / FILES).glob("??/*")))
    assert len(backup.prune(place, 1)) == 1
    assert broken.path.exists()
    assert len(list((place / FILES).glob("??/*"))) == held


# -- a customer who is forgotten ---------------------------------------------------------------------------------


def test_without_the_keys_a_backup_names_nobody(folder: Path, place: Path) -> None:
    backup.make(folder, place)
    for path in place.rglob("*"):
        assert not path.is_file() or b"Droz" not in path.read_bytes()
    assert not (place / KEYS).exists()


def test_erasing_somebody_reaches_older_backups_with_the_next_one(folder: Path, place: Path, tmp_path: Path) -> None:
    first = backup.make(folder, place, keys=True, now=NOON)
    backup.restore(first.path, tmp_path / "before")
    with CustomerStore(tmp_path / "before" / "customers.db", tmp_path / "before" / KEYS) as customers:
        assert [each.person.name for each in customers.all()] == ["Mme Droz"]
        number = customers.all()[0].number
    with CustomerStore(folder / "customers.db", folder / KEYS) as customers:
        customers.erase([number])
    backup.make(folder, place, keys=True, now=NOON + timedelta(days=1))
    backup.restore(first.path, tmp_path / "after")
    with CustomerStore(tmp_path / "after" / "customers.db", tmp_path / "after" / KEYS) as customers:
        assert customers.all() == []


# -- what is refused ---------------------------------------------------------------------------------------------


def test_a_broken_chain_is_not_backed_up_and_the_older_backup_stays(folder: Path, place: Path) -> None:
    good = backup.make(folder, place, now=NOON)
    raw = sqlite3.connect(folder / "journal.sqlite")
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    raw.execute("UPDATE event SET operator = 'eve' WHERE seq = 4")
    raw.commit()
    raw.close()
    with pytest.raises(JournalDamaged, match="Event 4 was changed"):
        backup.make(folder, place, now=NOON + timedelta(days=1))
    assert backup.read_all(place) == [good]
    assert {path.name for path in place.iterdir()} - {"backup.lock"} == {FILES, good.path.name}


@pytest.mark.parametrize("name", ["journal.sqlite", "customers.db", "photos/ab.jpg"])
def test_one_changed_byte_in_a_backup_is_told_by_its_file(folder: Path, place: Path, tmp_path: Path, name: str) -> None:
    made = backup.make(folder, place)
    stored = next(each for each in made.files if each.path == name)
    path = made.source(stored)
    path.write_bytes(path.read_bytes()[:-1] + b"\0" if name.startswith("photos") else path.read_bytes() + b"\0")
    with pytest.raises(BackupError, match=f"“{name}” is not as it was backed up"):
        backup.restore(place, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_missing_file_is_told(folder: Path, place: Path, tmp_path: Path) -> None:
    made = backup.make(folder, place)
    shutil.rmtree(place / FILES)
    with pytest.raises(BackupError, match="is missing in it"):
        backup.restore(made.path, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_list_with_another_head_is_refused(folder: Path, place: Path, tmp_path: Path) -> None:
    made = backup.make(folder, place)
    data = json.loads((made.path / LIST).read_text())
    data["head"]["hash"] = "0" * 64
    (made.path / LIST).write_text(json.dumps(data))
    with pytest.raises(BackupError, match="its list says"):
        backup.restore(made.path, tmp_path / "again")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 2}', "newer Établi"),
        ('{"format": 1, "made": "x", "head": {"seq": 1, "hash": ""}, "files": []}', "cannot be read"),
    ],
)
def test_a_list_that_is_none_is_refused(folder: Path, place: Path, tmp_path: Path, written: str, said: str) -> None:
    made = backup.make(folder, place)
    (made.path / LIST).write_text(written)
    with pytest.raises(BackupError, match=said):
        backup.restore(made.path, tmp_path / "again")
    assert backup.newest(place) is None


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b", "C:\\x", "a\\b", ""])
def test_a_list_cannot_write_outside_the_folder(folder: Path, place: Path, tmp_path: Path, path: str) -> None:
    made = backup.make(folder, place)
    data = json.loads((made.path / LIST).read_text())
    data["files"][-1]["path"] = path
    (made.path / LIST).write_text(json.dumps(data))
    with pytest.raises(BackupError, match="cannot be read"):
        backup.restore(made.path, tmp_path / "again")


def test_nothing_is_written_over(folder: Path, place: Path, tmp_path: Path) -> None:
    backup.make(folder, place, now=NOON)
    with pytest.raises(BackupError, match="already"):
        backup.make(folder, place, now=NOON)
    with pytest.raises(UsageError, match="not empty"):
        backup.restore(place, folder)
    assert verified(folder)[0] == 12


def test_places_that_are_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no journal"):
        backup.make(tmp_path / "nothing", tmp_path / "disk")
    with pytest.raises(UsageError, match="into itself"):
        backup.make(folder, folder)
    with pytest.raises(UsageError, match="no backup at"):
        backup.restore(tmp_path / "disk", tmp_path / "again")
    (tmp_path / "file").write_text("")
    with pytest.raises(EtabliError, match="No backup was made"):
        backup.make(folder, tmp_path / "file")


def test_a_place_inside_the_folder_is_not_copied_into_itself(folder: Path) -> None:
    place = folder / "copies"
    backup.make(folder, place, now=NOON)
    second = backup.make(folder, place, now=NOON + timedelta(days=1))
    assert not any(name.startswith("copies") for name in names(second))


def test_half_a_backup_of_a_machine_that_died_is_none_and_is_cleared(folder: Path, place: Path) -> None:
    half = place / "2026-11-22T120000Z.part"
    half.mkdir(parents=True)
    (half / "journal.sqlite").write_bytes(b"half")
    (half / LIST).write_text(
        Backup(half, "2026-11-22", (1, "ab"), (Stored("journal.sqlite", "ef" * 32, 1, 1),)).written()
    )
    assert backup.newest(place) is None
    backup.make(folder, place, now=NOON)
    assert not half.exists()


def test_two_at_once_do_not_clear_each_other_away(folder: Path, place: Path) -> None:
    place.mkdir()
    with FileLock(place / "backup.lock"), pytest.raises(BackupError, match="Another backup is being made"):
        backup.make(folder, place)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such rights")
def test_copied_keys_are_readable_by_their_owner_only(folder: Path, place: Path, tmp_path: Path) -> None:
    backup.make(folder, place, keys=True)
    backup.restore(place, tmp_path / "again")
    for where in (place, tmp_path / "again"):
        assert (where / KEYS).stat().st_mode & 0o077 == 0


SAFE = st.text(st.characters(codec="utf-8", exclude_characters="/\\:\0"), min_size=1).filter(
    lambda t: t not in (".", "..")
)


@given(st.lists(st.tuples(SAFE, st.integers(0, 2**40), st.integers(0, 2**62)), max_size=5), st.integers(1, 10**7))
def test_a_list_reads_as_it_was_written(entries: list[tuple[str, int, int]], seq: int) -> None:
    import tempfile

    files = tuple(Stored(name, "ab" * 32, size, modified) for name, size, modified in entries)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        made = Backup(
            path, "2026-11-22T12:00:00+00:00", (seq, "cd" * 32), (Stored("journal.sqlite", "ef" * 32, 1, 1), *files)
        )
        (path / LIST).write_text(made.written(), encoding="utf-8")
        assert Backup.read(path) == made
