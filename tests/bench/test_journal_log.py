"""The intervention log: every filter, alone and combined, gives the rows that looking at each row gives."""

from __future__ import annotations

import random
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from journal_material import judged, measured, opened, started, story

from bench.errors import UsageError
from bench.events import Draft, EventKind
from bench.journal import LOG_COLUMNS, Journal, LogFilter, LogKind, LogRow, blocks
from bench.journal.blocks import BLOCK, STRETCH, decoded, encoded, folded, places, words
from bench.journal.rows import sentence_of
from bench.language import speaking
from benchmarks.workshop_of import workshop

EVERY = LogFilter(kinds=None)
ASKED = (
    "order", "quantity", "state", "instrument", "operator", "provenance", "kinds", "calibre", "procedure", "guard",
    "alert", "text", "watch", "since", "until",
)  # fmt: skip
COLUMNS = {"kinds": "kind", "guard": "refusal"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small workshop of the benchmarks: two full blocks, and rows after them."""
    return workshop(tmp_path_factory.mktemp("workshop"), 240, years=0.5)


@pytest.fixture(scope="module")
def reader(generated: Path):
    with Journal.open(generated, station="office", writable=False) as journal:
        yield journal


@pytest.fixture(scope="module")
def rows(reader: Journal) -> list[LogRow]:
    """Every row, read without any filter from the table itself."""
    raw = sqlite3.connect(reader.path)
    found = [LogRow(*row[:-1]) for row in raw.execute("SELECT * FROM log ORDER BY n")]
    raw.close()
    assert len(found) > 2 * BLOCK
    return found


def test_the_generated_workshop_is_a_journal_like_any_other(generated: Path, reader: Journal) -> None:
    report = reader.verify()
    assert report.ok, report.reason
    number = reader.numbers("20")[7]
    assert [event.kind for event in reader.events(order=number)][:2] == [EventKind.ORDER_OPENED, EventKind.QUOTE_SIGNED]


def fits(row: LogRow, wanted: LogFilter) -> bool:
    """Look at a row as a person would, field by field."""
    for field in ("order", "quantity", "state", "instrument", "operator", "provenance", "kinds", "calibre", "procedure",
                  "guard", "alert"):  # fmt: skip
        value = getattr(wanted, field)
        chosen = (value,) if isinstance(value, str) else value
        if value is not None and getattr(row, COLUMNS.get(field, field)) not in chosen:
            return False
    at = datetime.fromisoformat(row.at)
    if wanted.since is not None and at < wanted.since:
        return False
    if wanted.until is not None and at >= wanted.until:
        return False
    watch = words(row.watch)
    if not all(begins(word, watch) for word in words(wanted.watch or "")):
        return False
    said = sentence_of(row.text)
    plain = row.text if said is None else " ".join(leaves(said))
    text = words(" ".join([plain, row.step, row.label, row.serial]))
    return all(
        (any(sign.isdigit() for sign in term) and row.order.startswith((term, term.upper())))
        or all(begins(word, text) or begins(word, watch) for word in words(term))
        for term in (wanted.text or "").split()
        if words(term)
    )


def begins(word: str, among: list[str]) -> bool:
    return word in among if len(word) == 1 else any(each.startswith(word) for each in among)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [str(value).replace("{text}", " ")]


@pytest.mark.parametrize("seed", range(60))
def test_filters_combine(reader: Journal, rows: list[LogRow], seed: int) -> None:
    dice = random.Random(seed)
    like = dice.choice(rows)
    put: dict[str, Any] = {"kinds": None}
    for field in dice.sample(ASKED, dice.randrange(1, 5)):
        if field in ("since", "until"):
            put[field] = datetime.fromisoformat(like.at) + timedelta(days=-20 if field == "since" else 20)
        elif field == "watch":
            put[field] = like.watch[: dice.randrange(3, 12)]
        elif field == "text":
            put[field] = dice.choice([like.text[:9], like.order[:8], like.step, "poussière"]).strip('{"')
        else:
            value = getattr(like, COLUMNS.get(field, field)) or dice.choice(reader.log_choices(field))
            put[field] = (value, dice.choice(reader.log_choices(field))) if field != "order" else value
    wanted = LogFilter(**put)
    expected = [row for row in rows if fits(row, wanted)]

    assert list(reader.log(wanted)) == expected
    assert reader.log_count(wanted) == len(expected)
    assert reader.log_page(wanted, limit=20) == expected[::-1][:20]


def test_pages_follow_each_other_to_the_first_row(reader: Journal, rows: list[LogRow]) -> None:
    wanted = LogFilter(kinds=(LogKind.STEP, LogKind.REFUSAL), operator="t1")
    found: list[LogRow] = []
    page = reader.log_page(wanted, limit=70)
    while page:
        found += page
        page = reader.log_page(wanted, limit=70, before=page[-1].n)
    assert found == [row for row in reversed(rows) if fits(row, wanted)]


def test_columns_are_given_as_they_are_stored(reader: Journal, rows: list[LogRow]) -> None:
    found = list(reader.log_tuples(LogFilter(state="nonconforming"), ("order", "value", "unit")))
    assert found == [(row.order, row.value, row.unit) for row in rows if row.state == "nonconforming"]
    with pytest.raises(UsageError, match="payload"):
        list(reader.log_tuples(EVERY, ("payload",)))


def test_choices_are_those_that_occur(reader: Journal, rows: list[LogRow]) -> None:
    assert reader.log_choices("operator") == sorted({row.operator for row in rows if row.operator})
    assert reader.log_choices("guard") == sorted({row.refusal for row in rows if row.refusal})
    with pytest.raises(UsageError, match="colour"):
        reader.log_choices("colour")


@pytest.fixture
def journal(tmp_path: Path):
    with Journal.open(tmp_path / "journal.sqlite", station="bench-1") as journal:
        yield journal


def test_every_kind_of_row_says_what_it_is_about(journal: Journal) -> None:
    refusal = {"rule": "G-17", "reason": {"msgid": "The watch is magnetised.", "parameters": {}}}
    text = {"msgid": "{text}", "parameters": {"text": "Spiral collé"}}
    journal.append(
        [
            *story("R-1"),
            Draft(EventKind.REFUSED, {"step": "regulate", "refusal": refusal}, "R-1", "cl"),
            Draft(EventKind.ALERT_RAISED, {"id": "A1", "alert": "help", "text": text, "blocking": True}, "R-1", "cl"),
            Draft(EventKind.ALERT_DECIDED, {"id": "A1", "decision": "accepted", "reason": "vu"}, "R-1", "m1"),
            Draft(EventKind.LIFTED, {"rule": "G-17", "scope": "regulate", "reason": "essai"}, "R-1", "m1"),
            Draft(EventKind.CORRECTED, {"seq": 3, "step": "timing", "reason": "faute"}, "R-1", "cl"),
            Draft(EventKind.SIGNED, {"meaning": {"fr": "Contrôle", "en": "Check"}, "role": "controller"}, "R-1", "c1"),
        ]
    )
    rows = list(journal.log(EVERY))
    assert [row.kind for row in rows] == [
        "opened", "quote", "measurement", "measurement", "measurement", "step", "refusal", "alert", "decision",
        "lifting", "correction", "signature",
    ]  # fmt: skip
    assert [row.n for row in rows] == list(range(1, 13))
    assert {(row.watch, row.calibre, row.procedure) for row in rows} == {
        ("Lip Himalaya 671075", "eta-2824-2", "controle-mecanique")
    }
    assert [(row.refusal, row.show_text()) for row in rows[6:8]] == [
        ("G-17", "The watch is magnetised."),
        ("", "Spiral collé"),
    ]
    assert [(row.alert, row.state) for row in rows[7:9]] == [("help", "blocking"), ("help", "accepted")]
    with speaking("fr"):
        assert rows[11].show_text() == "Contrôle"
    assert [row.kind for row in journal.log_page(LogFilter(kinds=None, text="colle SPIR"))] == ["alert"]
    assert [row.kind for row in journal.log_page(LogFilter(kinds=None, guard="G-17"))] == ["lifting", "refusal"]


def test_a_follower_sees_what_has_come_since(journal: Journal) -> None:
    journal.append(story("R-1"))
    with Journal.open(journal.path, station="office", writable=False) as office:
        seen = office.log_head()
        assert list(office.log(EVERY, after=seen)) == []
        journal.append([measured(judged(5.0))])
        assert [row.value for row in office.log(EVERY, after=seen)] == [5.0]
        assert office.log_count() == 4


def test_a_block_that_fills_up_is_found_like_the_rows_after_it(journal: Journal) -> None:
    journal.append([opened(), *(measured(judged(1.0), judged(2.0)) for _ in range(BLOCK // 2 - 20))])
    rare = LogFilter(kinds=None, text="capteur")
    for number in range(30):
        journal.append([measured(judged(3.0), judged(float(number)), reason=f"capteur {number}")])
        found = journal.log_page(rare, limit=200)
        assert [row.value for row in found[::2]] == [float(each) for each in range(number, -1, -1)]
        assert journal.log_count(EVERY) == journal.log_head()
    assert journal.verify().ok
    grown = list(journal.log(EVERY))
    journal.rebuild()
    assert list(journal.log(EVERY)) == grown
    assert journal.verify().ok


@pytest.mark.parametrize(
    "wanted", [EVERY, LogFilter(), LogFilter(operator="t1", text="spir"), LogFilter(kinds=None, watch="lip")]
)
def test_a_stretch_of_blocks_is_merged_when_the_journal_is_opened(
    generated: Path, tmp_path: Path, wanted: LogFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "STRETCH", 2 * BLOCK)
    path = tmp_path / "journal.sqlite"
    path.write_bytes(generated.read_bytes())
    with Journal.open(path, station="x", writable=False) as journal:
        before = [list(journal.log(wanted)), journal.log_page(wanted), journal.log_count(wanted)]
    with Journal.open(path, station="x") as journal:
        raw = sqlite3.connect(path)
        assert raw.execute("SELECT start, size FROM log_part").fetchall() == [(0, 2 * BLOCK)]
        raw.close()
        assert [list(journal.log(wanted)), journal.log_page(wanted), journal.log_count(wanted)] == before
        assert journal.verify().ok


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_index SET rows = x'0000' WHERE facet = 'operator' AND start = 4096",
        "DELETE FROM log_index WHERE facet = 'text' AND start = 0 AND value = 'poussiere'",
        "INSERT INTO log_index VALUES ('text', 0, 'jamais', x'0000')",
        "INSERT INTO log_index VALUES ('text', 99, 'jamais', x'0000')",
        "UPDATE log_time SET first_utc = '2000-01-01'",
        "DELETE FROM log_time WHERE start = 4096",
        "INSERT INTO log_time VALUES (999, '', '')",
        "DELETE FROM log_part WHERE start = 0",
    ],
)
def test_an_index_that_hides_a_row_is_found(generated: Path, tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(generated.read_bytes())
    raw = sqlite3.connect(path)
    assert raw.execute(change).rowcount
    raw.commit()
    raw.close()
    with Journal.open(path, station="x", writable=False) as journal:
        assert not journal.verify().ok


def test_an_order_follows_what_forms_and_managers_change(journal: Journal) -> None:
    answered = {
        "step": "identify",
        "order": {"watch.brand": "Yema", "watch.case_number": "illisible", "promised": "24/12/2026"},
    }
    raised = {"id": "A1", "alert": "help", "text": {"msgid": "x"}, "blocking": True, "step": "timing"}
    journal.append(
        [opened(), Draft(EventKind.STEP_ANSWERED, answered, "R-1"), Draft(EventKind.ALERT_RAISED, raised, "R-1")]
    )
    row = journal.orders_page("yema")[0]
    assert (row.watch, row.case_number, row.promised) == ("Yema Himalaya 671075", "illegible", "2026-12-24")
    assert [(alert.id, alert.kind, alert.blocking) for alert in row.alerts] == [("A1", "help", True)]
    assert row.flags == ("alert", "no-quote")
    assert journal.orders_waiting() == [row]

    journal.append(
        [
            Draft(EventKind.PROMISE_MOVED, {"from": "2026-12-24", "to": "2027-01-05"}, "R-1"),
            Draft(EventKind.ALERT_DECIDED, {"id": "A1", "decision": "refused", "reason": "non"}, "R-1"),
        ]
    )
    row = journal.orders()[0]
    assert (row.promised, row.alerts, row.flags) == ("2027-01-05", (), ("no-quote",))
    assert journal.orders_waiting() == []
    assert journal.verify().ok


def test_orders_come_due_soonest_first_and_closed_ones_newest_first(reader: Journal) -> None:
    every = reader.orders()
    still = sorted((row for row in every if not row.closed), key=lambda row: (row.promised, row.number))
    ended = sorted((row for row in every if row.closed), key=lambda row: -row.last_seq)
    assert len(still) > 3
    paged = [row for offset in range(0, len(every), 7) for row in reader.orders_page(limit=7, offset=offset)]
    assert paged == [*still, *ended]
    assert reader.orders_page(closed=True, limit=5) == ended[:5]
    assert reader.orders_page(closed=False, limit=500) == still


@pytest.mark.parametrize("field", ["number", "customer", "brand", "model", "reference", "case_number"])
def test_orders_are_found_by_what_is_on_the_slip(reader: Journal, field: str) -> None:
    every = reader.orders()
    for row in every[::40]:
        written = getattr(row, field)
        found = reader.orders_page(written.upper(), limit=len(every))
        terms = folded(written).split()
        assert row in found
        assert {each.number for each in found} == {
            each.number for each in every if all(term in folded(" ".join(each.words)) for term in terms)
        }


@pytest.mark.parametrize("words", ["a", "r 1", "nobody has this", "1 e a"])
def test_a_search_keeps_the_sequence_of_the_list(reader: Journal, words: str) -> None:
    every = reader.orders_page(limit=10_000)
    fitting = [row for row in every if all(term in folded(" ".join(row.words)) for term in words.split())]
    assert reader.orders_page(words, limit=10_000) == fitting
    assert [row for n in range(0, len(every), 9) for row in reader.orders_page(words, limit=9, offset=n)] == fitting
    for closed in (True, False):
        assert reader.orders_page(words, closed=closed, limit=5) == [r for r in fitting if r.closed is closed][:5]


def test_a_search_beside_the_writer_follows_what_it_does(tmp_path: Path) -> None:
    def found(journal: Journal, words: str) -> list[tuple[str, str]]:
        return [(row.number, row.status) for row in journal.orders_page(words, limit=10_000)]

    path = tmp_path / "journal.sqlite"
    with (
        Journal.open(path, station="bench-1") as journal,
        Journal.open(path, station="office", writable=False) as beside,
    ):
        journal.append([opened("R-1"), opened("R-2")])
        assert found(beside, "himalaya") == found(journal, "himalaya") == [("R-1", "open"), ("R-2", "open")]
        renamed = {"step": "identify", "order": {"watch.model": "Superman"}}
        journal.append([Draft(EventKind.STEP_ANSWERED, renamed, "R-1")])
        assert found(beside, "himalaya") == found(journal, "himalaya") == [("R-2", "open")]
        assert found(beside, "superman") == [("R-1", "open")]
        journal.append([Draft(EventKind.ORDER_CLOSED, {"head": "", "events": 1, "outcome": "done"}, "R-1")])
        assert found(beside, "r-") == [("R-2", "open"), ("R-1", "closed")]
        journal.append(
            [Draft(EventKind.ORDER_CLOSED, {"head": "", "events": 1, "outcome": "done"}, "R-2"), opened("R-0")]
        )
        assert found(beside, "r-") == [("R-0", "open"), ("R-2", "closed"), ("R-1", "closed")]
        journal.append([Draft(EventKind.IMPACT_REVIEW_OPENED, {"verdicts": []}, "R-1")])
        assert found(beside, "r-") == [("R-0", "open"), ("R-1", "closed"), ("R-2", "closed")]
        journal.rebuild()
        assert found(journal, "r-") == [("R-0", "open"), ("R-1", "closed"), ("R-2", "closed")]
        journal.append([opened(f"R-{n}") for n in range(3, 700)])
        assert len(found(beside, "himalaya")) == 699
        assert found(beside, "r-699") == found(journal, "r-699") == [("R-699", "open")]


def test_events_of_rare_kinds_are_found_newest_first(journal: Journal) -> None:
    for who in ("cl", "an", "cl", "cl"):
        journal.append([Draft(EventKind.SIGNED_IN, {"operator": who}, None, who), started("timing")])
    assert [event.seq for event in journal.recent(EventKind.SIGNED_IN, "cl")] == [7, 5, 1]
    assert [event.seq for event in journal.recent(EventKind.SIGNED_IN, before=5)] == [3, 1]
    assert [event.seq for event in journal.recent(EventKind.STEP_STARTED)] == [8, 6, 4, 2]
    journal.append([Draft(EventKind.SIGNED_IN, {"operator": "an"}, None, "an") for _ in range(600)])
    assert [event.seq for event in journal.recent(EventKind.SIGNED_IN, "an")] == [*range(608, 8, -1), 3]
    plan = journal._writer.execute(  # type: ignore[union-attr]
        "EXPLAIN QUERY PLAN SELECT * FROM event WHERE kind = 'signed-in' AND operator = 'cl' AND kind NOT IN"
        " ('step-started', 'step-answered', 'step-done', 'measured', 'handled') ORDER BY seq DESC"
    ).fetchall()
    assert "event_by_operator" in plan[0][3]


@pytest.mark.parametrize("size", [BLOCK, STRETCH])
def test_places_are_kept_short_where_they_are_few(size: int) -> None:
    dice = random.Random(2)
    for count in (1, 2, 31, 32, 33, 400, 2047, 2048, BLOCK):
        chosen = sorted(dice.sample(range(size), count))
        bits = decoded(encoded(chosen, size), size)
        assert list(places(bits)) == chosen
        assert list(places(bits, newest=True)) == chosen[::-1]
    assert len(encoded([7], size)) == 4


def test_the_columns_are_those_of_a_row() -> None:
    assert LOG_COLUMNS[:4] == ("n", "seq", "position", "kind")
