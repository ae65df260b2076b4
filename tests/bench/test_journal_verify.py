"""Tampering with a journal's file shows, and the check names the first event that is wrong."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from journal_material import story

from bench.journal import Journal, JournalDamaged
from bench.journal.chain import Record, chained

COLUMNS = ", ".join(Record._fields)


def tampered(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> None:
    """Do what a person with a database shell does: drop the triggers, then change what they like."""
    raw = sqlite3.connect(path)
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        raw.execute(*((statement,) if isinstance(statement, str) else statement))
    raw.commit()
    raw.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    with Journal.open(path, station="bench-1") as journal:
        journal.append([*story("R-1"), *story("R-2")])
    return path


def verified(path: Path, anchor: tuple[int, str] | None = None):
    with Journal.open(path, station="x", writable=False) as journal:
        return journal.verify(anchor)


def test_an_untouched_journal_verifies(path: Path) -> None:
    report = verified(path)
    assert (report.ok, report.count, report.first_bad_seq, report.reason) == (True, 12, None, None)


def test_an_empty_journal_verifies(tmp_path: Path) -> None:
    Journal.open(tmp_path / "j.sqlite", station="s").close()
    assert verified(tmp_path / "j.sqlite").ok


@pytest.mark.parametrize("column", [name for name in Record._fields if name != "seq"])
def test_an_edit_of_any_column_is_named(path: Path, column: str) -> None:
    changed = "monotonic_ns + 1" if column == "monotonic_ns" else f"coalesce({column}, '') || ' '"
    tampered(path, f"UPDATE event SET {column} = {changed} WHERE seq = 5")
    report = verified(path)
    assert (report.ok, report.first_bad_seq) == (False, 5)
    assert "5" in str(report.reason)


def test_every_changed_character_of_a_payload_is_named(path: Path) -> None:
    raw = sqlite3.connect(path)
    payload = raw.execute("SELECT payload FROM event WHERE seq = 4").fetchone()[0]
    raw.close()
    dice = random.Random(7)
    for at in dice.sample(range(len(payload)), 40):
        edited = payload[:at] + chr((ord(payload[at]) + 1) % 128 or 65) + payload[at + 1 :]
        tampered(path, ("UPDATE event SET payload = ? WHERE seq = 4", (edited,)))
        assert verified(path).first_bad_seq == 4
    tampered(path, ("UPDATE event SET payload = ? WHERE seq = 4", (payload,)))
    assert verified(path).ok


@pytest.mark.parametrize("seq", [1, 6, 11])
def test_a_deleted_row_is_named(path: Path, seq: int) -> None:
    tampered(path, f"DELETE FROM event WHERE seq = {seq}")
    report = verified(path)
    assert (report.ok, report.first_bad_seq) == (False, seq)


def test_a_deleted_row_shows_even_when_the_rest_is_renumbered(path: Path) -> None:
    tampered(path, "DELETE FROM event WHERE seq = 6", "UPDATE event SET seq = -(seq - 1) WHERE seq > 6")
    tampered(path, "UPDATE event SET seq = -seq WHERE seq < 0")
    assert verified(path).first_bad_seq == 6


def test_swapped_rows_are_named(path: Path) -> None:
    tampered(
        path,
        "UPDATE event SET seq = -1 WHERE seq = 4",
        "UPDATE event SET seq = 4 WHERE seq = 8",
        "UPDATE event SET seq = 8 WHERE seq = -1",
    )
    assert verified(path).first_bad_seq == 4


def test_a_duplicated_row_is_named(path: Path) -> None:
    others = COLUMNS.removeprefix("seq, ")
    tampered(path, f"INSERT INTO event SELECT 13, {others} FROM event WHERE seq = 4")
    assert verified(path).first_bad_seq == 13


def test_a_row_before_the_first_is_named(path: Path) -> None:
    others = COLUMNS.removeprefix("seq, ")
    tampered(path, f"INSERT INTO event SELECT 0, {others} FROM event WHERE seq = 4")
    assert verified(path).first_bad_seq == 0


def test_a_row_inserted_with_a_right_hash_breaks_the_next_link(path: Path) -> None:
    with Journal.open(path, station="x", writable=False) as journal:
        events = list(journal.events())
    raw = sqlite3.connect(path)
    row = Record(*raw.execute("SELECT * FROM event WHERE seq = 4").fetchone())
    raw.close()
    forged = row._replace(seq=7, id="forged", prev=events[5].hash, hash="")
    forged = forged._replace(hash=chained(forged))
    marks = ", ".join("?" * len(forged))
    tampered(
        path,
        "UPDATE event SET seq = -(seq + 1) WHERE seq >= 7",
        "UPDATE event SET seq = -seq WHERE seq < 0",
        (f"INSERT INTO event VALUES ({marks})", tuple(forged)),
    )
    assert verified(path).first_bad_seq == 8


def test_a_cut_tail_shows_only_against_an_anchor(path: Path) -> None:
    with Journal.open(path, station="x", writable=False) as journal:
        anchor = journal.head()
    tampered(
        path,
        "DELETE FROM event WHERE seq > 6",
        "DELETE FROM log WHERE seq > 6",
        "DELETE FROM repair_order WHERE number = 'R-2'",
    )
    assert verified(path).ok
    report = verified(path, anchor)
    assert (report.ok, report.first_bad_seq) == (False, 7)


def test_a_chain_that_was_rewritten_shows_against_an_anchor(path: Path) -> None:
    with Journal.open(path, station="x", writable=False) as journal:
        anchor = (6, list(journal.events())[5].hash)
        assert journal.verify(anchor).ok
    raw = sqlite3.connect(path)
    rows = [Record(*row) for row in raw.execute("SELECT * FROM event ORDER BY seq")]
    raw.close()
    statements: list[str | tuple[str, tuple[object, ...]]] = []
    prev = rows[1].hash
    for row in rows[2:]:
        forged = row._replace(prev=prev, operator="somebody", hash="")
        prev = chained(forged)
        change = (
            "UPDATE event SET prev = ?, operator = ?, hash = ? WHERE seq = ?",
            (forged.prev, "somebody", prev, row.seq),
        )
        statements.append(change)
    tampered(path, *statements, "UPDATE log SET operator = 'somebody' WHERE seq > 2")
    assert verified(path).ok
    report = verified(path, anchor)
    assert (report.ok, report.first_bad_seq) == (False, 6)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE log SET state = 'conforming' WHERE seq = 5", 5),
        ("DELETE FROM log WHERE seq = 4 AND position = 1", 4),
        ("INSERT INTO log SELECT * FROM log WHERE 0", None),
        ("UPDATE repair_order SET flags = '' WHERE number = 'R-1'", 6),
        (
            "INSERT INTO repair_order SELECT 'R-3', watch, calibre, procedure, procedure_fr, procedure_en, status,"
            " step, step_fr, step_en, promised, opened_at, last_seq, last_at, flags, brand, model, reference,"
            " case_number, customer, calibre_id, alerts, due, search FROM repair_order LIMIT 1",
            12,
        ),
    ],
)
def test_rows_that_do_not_follow_from_the_events_are_named(path: Path, change: str, seq: int | None) -> None:
    tampered(path, change)
    assert verified(path).first_bad_seq == seq
    with Journal.open(path, station="x") as journal:
        journal.rebuild()
        assert journal.verify().ok


def test_nothing_is_added_to_a_chain_that_is_broken_at_its_end(path: Path) -> None:
    tampered(path, "UPDATE event SET payload = '{}' WHERE seq = 12")
    with pytest.raises(JournalDamaged, match="12"):
        Journal.open(path, station="bench-1")
