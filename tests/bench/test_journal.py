"""The journal: what is appended stays, follows a chain, and shows in the orders and the log."""

from __future__ import annotations

import math
import re
import sqlite3
import sys
import threading
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from journal_material import done, judged, measured, opened, started, story

from bench.conformity import State
from bench.events import Draft, EventKind
from bench.journal import Journal, JournalError, JournalReadOnly, LogFilter
from bench.journal.canonical import canonical
from bench.journal.chain import GENESIS
from bench.journal.projections import fold
from bench.measurement import Provenance


@pytest.fixture
def journal(tmp_path: Path):
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        yield journal


def test_events_come_back_as_they_were_appended(journal: Journal) -> None:
    appended = journal.append(story())

    assert [event.seq for event in appended] == [1, 2, 3, 4, 5, 6]
    assert list(journal.events()) == appended
    assert journal.head() == (6, appended[-1].hash)
    assert appended[0].prev == GENESIS
    assert all(after.prev == before.hash for before, after in pairwise(appended))


def test_events_are_found_by_order_sequence_and_kind(journal: Journal) -> None:
    journal.append([*story("R-1"), *story("R-2")])

    assert {event.order for event in journal.events(order="R-2")} == {"R-2"}
    assert [event.seq for event in journal.events(after=10)] == [11, 12]
    assert [event.seq for event in journal.events(kinds=[EventKind.STEP_DONE])] == [6, 12]
    assert list(journal.events(order="R-9")) == []


def test_numbers_and_openings_are_found_without_reading_everything(journal: Journal) -> None:
    journal.append([*story("AT-2026-0001"), *story("AT-2026-0002"), *story("AT-2025-0003"), *story("at-2026-0004")])

    assert journal.numbers("AT-2026-") == ["AT-2026-0001", "AT-2026-0002"]
    assert len(journal.numbers()) == 4
    assert {(event.kind, event.order) for event in journal.openings()} == {
        (EventKind.ORDER_OPENED, number) for number in journal.numbers()
    }


def test_events_are_read_in_pages_without_losing_any(journal: Journal) -> None:
    journal.append([opened()])
    for _ in range(6):
        journal.append([started("timing") for _ in range(200)])
    assert [event.seq for event in journal.events()] == list(range(1, 1202))


def test_a_journal_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal.open(path, station="bench-1") as journal:
        journal.append(story("R-1"))
        head = journal.head()
    with Journal.open(path, station="bench-1") as journal:
        assert journal.head() == head
        assert journal.append([started("regulate")])[0].prev == head[1]
        assert journal.verify().ok
        row = journal.order("R-1")
    assert row is not None
    assert row.step == "regulate"


def test_an_order_stands_as_its_events_say(journal: Journal) -> None:
    journal.append([opened()])
    row = journal.orders()[0]
    assert (row.watch, row.calibre, row.status, row.promised) == (
        "Lip Himalaya 671075",
        "ETA 2824-2",
        "open",
        "2026-12-01",
    )
    assert row.flags == ("no-quote",)

    journal.append(story()[1:3])
    row = journal.orders()[0]
    assert (row.step, str(row.step_title), row.flags) == ("timing", "Step timing", ())

    journal.append([Draft(EventKind.REFUSED, {"step": "timing", "refusal": {}}, order="R-1")])
    assert journal.orders()[0].flags == ("refused",)
    journal.append([Draft(EventKind.MEASUREMENT_INTERRUPTED, {"step": "timing"}, order="R-1")])
    assert "interrupted" in journal.orders()[0].flags

    journal.append(story()[4:])
    row = journal.orders()[0]
    assert (row.step, row.flags) == ("regulate", ("nonconforming", "simulated"))

    journal.append([done("regulate", "pass", ""), Draft(EventKind.ORDER_CLOSED, {"outcome": "pass"}, order="R-1")])
    row = journal.orders()[0]
    assert row.closed
    assert (row.step, row.flags) == ("", ("simulated",))


def test_the_log_shows_value_limit_rule_and_instrument_of_each_measurement(journal: Journal) -> None:
    journal.append(story())
    rows = list(journal.log())

    assert [(row.value, row.label, row.verdict) for row in rows] == [
        (4.0, "CH", State.CONFORMING),
        (-3.5, "6H", State.CONFORMING),
        (31.0, "CH", State.NONCONFORMING),
    ]
    first = rows[0]
    assert first.expanded == pytest.approx(1.0)
    assert first.show_value() == "+4.0\u00a0s/d"
    assert first.show_expanded() == "±1\u00a0s/d"
    assert first.limit is not None
    assert (first.limit.low, first.limit.high, first.limit.source) == (-12.0, 12.0, "ETA 2824-2 CT")
    assert (first.rule, first.instrument, first.serial, first.operator) == ("iso-14253-1", "tg-1", "TS-1", "cl")
    assert str(rows[2].tag) == "after"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (LogFilter(), 6),
        (LogFilter(order="R-2"), 3),
        (LogFilter(state="nonconforming"), 2),
        (LogFilter(provenance=Provenance.SIMULATED), 2),
        (LogFilter(quantity="amplitude"), 0),
        (LogFilter(instrument="tg-1", operator="cl"), 6),
        (LogFilter(order="R-1", state="conforming"), 2),
    ],
)
def test_the_log_is_filtered(journal: Journal, wanted: LogFilter, count: int) -> None:
    journal.append([*story("R-1"), *story("R-2")])
    assert len(list(journal.log(wanted))) == count


def test_the_log_is_filtered_by_time_across_offsets(tmp_path: Path) -> None:
    noon_in_paris = datetime.fromisoformat("2026-11-22T12:00:00+01:00")
    with Journal.open(tmp_path / "j.sqlite", station="s", stamp=lambda: (noon_in_paris, 0)) as journal:
        journal.append(story())
        in_utc = datetime.fromisoformat("2026-11-22T11:00:00+00:00")
        assert len(list(journal.log(LogFilter(since=in_utc)))) == 3
        assert len(list(journal.log(LogFilter(until=in_utc)))) == 0
        assert len(list(journal.log(LogFilter(since=in_utc + timedelta(seconds=1))))) == 0


def test_rebuilt_rows_are_those_that_grew_with_the_events(journal: Journal) -> None:
    for draft in [*story("R-1"), *story("R-2")]:
        journal.append([draft])
    every = LogFilter(kinds=None)
    grown = (journal.orders(), list(journal.log(every)))

    orders, log = fold(journal.events())
    assert (list(orders.values()), log) == grown

    journal.rebuild()
    assert (journal.orders(), list(journal.log(every))) == grown


def test_a_batch_is_one_transaction(journal: Journal) -> None:
    journal.append([opened()])
    with pytest.raises(JournalError, match="measured"):
        journal.append([started("timing"), measured(judged(4.0), reason=math.nan)])
    assert journal.head()[0] == 1
    assert journal.orders()[0].step == ""
    assert journal.verify().ok


def test_a_failing_projection_takes_the_event_back(journal: Journal) -> None:
    journal.append([opened()])
    raw = sqlite3.connect(journal.path)
    raw.execute("CREATE TRIGGER no_log BEFORE INSERT ON log BEGIN SELECT RAISE(ABORT, 'no'); END")
    raw.commit()
    with pytest.raises(JournalError, match="nothing was saved"):
        journal.append([measured(judged(4.0))])
    raw.execute("DROP TRIGGER no_log")
    raw.commit()
    raw.close()

    assert journal.head()[0] == 1
    assert journal.append([measured(judged(4.0))])[0].seq == 2
    assert journal.verify().ok


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE event SET payload = '{}' WHERE seq = 2",
        "UPDATE OR REPLACE event SET seq = 1 WHERE seq = 2",
        "DELETE FROM event WHERE seq = 2",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 2",
        "INSERT INTO event SELECT seq + 10, id, station, kind, order_number, operator, at, monotonic_ns, boot, payload,"
        " prev, hash FROM event WHERE seq = 6",
    ],
)
def test_the_database_itself_refuses_to_change_an_event(journal: Journal, attempt: str) -> None:
    journal.append(story())
    raw = sqlite3.connect(journal.path)
    with pytest.raises(sqlite3.IntegrityError, match="events are never changed"):
        raw.execute(attempt)
    raw.close()
    assert journal.verify().ok


def test_a_writer_is_flushed_at_every_commit(journal: Journal) -> None:
    connection = journal._writer
    assert connection is not None
    settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    if sys.platform == "darwin":
        assert connection.execute("PRAGMA fullfsync").fetchone()[0] == 1


def test_the_outbox_row_is_written_with_the_event(journal: Journal) -> None:
    events = journal.append(story())
    raw = sqlite3.connect(journal.path)
    assert raw.execute("SELECT seq, event FROM outbox").fetchall() == [(event.seq, event.id) for event in events]
    raw.close()


def test_order_is_by_sequence_when_the_clock_jumps_back(tmp_path: Path) -> None:
    noon = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
    stamps = iter([(noon, 10), (noon - timedelta(days=1), 20), (noon + timedelta(hours=1), 30)])
    with Journal.open(tmp_path / "j.sqlite", station="s", stamp=lambda: next(stamps)) as journal:
        journal.append([opened(), started("a"), started("b")])
        events = list(journal.events())
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.monotonic_ns for event in events] == [10, 20, 30]
    assert events[1].at < events[0].at


def test_a_machine_that_ran_for_a_year_still_journals(tmp_path: Path) -> None:
    year = 365 * 24 * 3600 * 10**9
    now = datetime.now().astimezone()
    with Journal.open(tmp_path / "j.sqlite", station="s", stamp=lambda: (now, year)) as journal:
        assert journal.append([opened()])[0].monotonic_ns == year
        assert journal.verify().ok


def test_reading_only_appends_nothing(journal: Journal) -> None:
    journal.append([opened()])
    with Journal.open(journal.path, station="x", writable=False) as reader:
        with pytest.raises(JournalReadOnly, match="reading only"):
            reader.append([started("a")])
        with pytest.raises(JournalReadOnly):
            reader.rebuild()


def test_readers_see_each_commit_while_the_writer_goes_on(journal: Journal) -> None:
    with Journal.open(journal.path, station="x", writable=False) as reader:
        for seq, draft in enumerate(story(), start=1):
            journal.append([draft])
            assert reader.head() == journal.head()
            assert reader.verify().count == seq


def test_threads_take_turns(journal: Journal) -> None:
    journal.append([opened()])

    def work() -> None:
        for _ in range(20):
            journal.append([started("a"), started("b")])
            list(journal.log())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.head()[0] == 161
    assert journal.verify().ok


NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(re.compile(r"[\[{ ,]*-?\d\.0[\]}, ]*"))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
)


@given(JSON)
def test_canonical_json_is_that_of_the_reference(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value).decode()


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {"a": [2**60]}, {1: "a"}, {"a": object()}, {"a": {1, 2}}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)
