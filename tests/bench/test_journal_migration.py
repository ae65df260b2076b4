"""A journal of an older form is brought up to date as a verified copy; what it was is kept, what is doubtful stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from journal_material import started, story
from sqlalchemy import create_engine

import bench.journal
from bench.journal import Journal, JournalDamaged, JournalError, LogFilter
from bench.journal import migrating as steps
from bench.journal.chain import Record

EVERY = LogFilter(kinds=None)


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """The journal as this program writes it."""
    path = tmp_path / "today.sqlite"
    with Journal.open(path, station="bench-1") as journal:
        journal.append([*story("R-1"), *story("R-2")])
    return path


@pytest.fixture
def old(tmp_path: Path, today: Path) -> Path:
    """The same events in a journal of the first form."""
    path = tmp_path / "journal.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(bench.journal.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = wal")
    raw.execute("ATTACH ? AS today", (str(today),))
    raw.execute(f"INSERT INTO event SELECT {', '.join(Record._fields)} FROM today.event")
    raw.execute("INSERT INTO outbox SELECT seq, event FROM today.outbox")
    raw.commit()
    raw.close()
    return path


def form(path: Path) -> str:
    raw = sqlite3.connect(path)
    found = str(raw.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    raw.close()
    return found


def test_an_old_journal_shows_what_a_new_one_shows(old: Path, today: Path) -> None:
    with Journal.open(old, station="bench-1") as after, Journal.open(today, station="x", writable=False) as expected:
        assert after.verify().ok
        assert list(after.events()) == list(expected.events())
        assert after.orders() == expected.orders()
        assert list(after.log(EVERY)) == list(expected.log(EVERY))
        assert after.append([started("regulate")])[0].prev == expected.head()[1]
    assert form(old) == "0002"


def test_the_journal_as_it_was_is_kept_beside_it(old: Path) -> None:
    before = list(sqlite3.connect(old).execute("SELECT * FROM event"))
    Journal.open(old, station="bench-1").close()
    kept = steps.kept(old, "0001")
    assert form(kept) == "0001"
    assert list(sqlite3.connect(kept).execute("SELECT * FROM event")) == before
    assert not list(old.parent.glob("*.new*"))


def test_a_journal_of_this_form_is_not_copied(today: Path) -> None:
    Journal.open(today, station="bench-1").close()
    assert not list(today.parent.glob("*.form-*"))


def test_a_broken_chain_is_not_carried_over(old: Path) -> None:
    raw = sqlite3.connect(old)
    raw.execute("DROP TRIGGER event_no_update")
    raw.execute("UPDATE event SET operator = 'somebody' WHERE seq = 3")
    raw.commit()
    raw.close()
    with pytest.raises(JournalDamaged, match="3"):
        Journal.open(old, station="bench-1")
    assert form(old) == "0001"
    assert not list(old.parent.glob("*.new*"))
    assert not list(old.parent.glob("*.form-*"))


@pytest.mark.parametrize("part", ["upgrade", "verify", "_keep"])
def test_a_migration_that_fails_leaves_the_journal_as_it_was(
    old: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(steps, part, fail)
        with pytest.raises(JournalError):
            Journal.open(old, station="bench-1")
    assert form(old) == "0001"
    with Journal.open(old, station="bench-1") as journal:
        assert journal.verify().ok


def test_a_reader_asks_for_the_program_that_brings_it_up_to_date(old: Path) -> None:
    with pytest.raises(JournalError, match="older form"):
        Journal.open(old, station="x", writable=False)
    assert form(old) == "0001"
