"""The repair order: what it lacks, how the counter fills it in, how old and new records of it are read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.dates import read_day
from bench.errors import UsageError
from bench.numbering import check_number, next_number
from bench.order import ILLEGIBLE, PATHS, Contact, Family, Quote, RepairOrder, Watch

WATCH = Watch("Lip", "Himalaya", "671075", "4711", family=Family.AUTOMATIC)
ORDER = RepairOrder(
    "AT-2026-0001", "C-000001", WATCH, "controle-mecanique", "retarde", "contrôler", promised="2026-12-24"
)
OLD_RECORD = """{"number": "R-1", "customer": "C-7", "watch": {"brand": "Lip", "model": "Himalaya", "reference": "",
 "case_number": "1", "movement_number": "", "family": "quartz", "calibre": "", "grade": "", "case": "",
 "water_resistance": ""}, "procedure": "changement-de-pile", "declared": "", "request": "", "received": "",
 "promised": "", "accessories": "", "quote": {"reference": "Q-1", "how": "signature", "signed_at": ""}, "notes": {}}"""


def test_a_whole_order_lacks_nothing() -> None:
    assert ORDER.missing() == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("customer", "customer reference"),
        ("declared", "what the customer says"),
        ("request", "reformulated request"),
        ("promised", "promised date"),
        ("watch.brand", "brand"),
        ("watch.case_number", "case number, or “illegible”"),
    ],
)
def test_what_reception_must_know_is_named(path: str, name: str) -> None:
    assert ORDER.with_answers({path: " "}).missing() == (name,)


@pytest.mark.parametrize("place", ["case", "movement"])
@pytest.mark.parametrize("written", ["illegible", "Illisible", "« illisible »", "“illegible”"])
def test_a_number_that_cannot_be_read_needs_its_photo(place: str, written: str) -> None:
    order = ORDER.with_answers({f"watch.{place}_number": written})
    assert getattr(order.watch, f"{place}_number") == ILLEGIBLE
    assert order.missing() == (f"photo of the illegible {place} number",)
    assert order.missing({"condition"}) == order.missing()
    assert order.missing({f"{place}-number"}) == ()


def test_the_counter_fills_the_order_in() -> None:
    filled = ORDER.with_answers(
        {
            "promised": "31/12/2026",
            "warranty": "1.2.2027",
            "received": "2026-11-22T09:30",
            "contact": "letter",
            "expectation": " garder l’heure ",
            "watch.family": "Quartz",
            "watch.materials": "métal jaune",
            "watch.water_resistance": "30 m",
        }
    )
    assert (filled.promised, filled.warranty, filled.received) == ("2026-12-31", "2027-02-01", "2026-11-22T09:30:00")
    assert (filled.contact, filled.expectation) == (Contact.LETTER, "garder l’heure")
    assert filled.watch == replace(WATCH, family=Family.QUARTZ, materials="métal jaune", water_resistance="30 m")
    assert ORDER.promised == "2026-12-24"
    french = ORDER.with_answers({"watch.family": "Mécanique", "contact": "courrier", "watch.glass": "petit"})
    assert (french.watch.family, french.contact, french.watch.glass) == (Family.MECHANICAL, Contact.LETTER, "small")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("watch.colour", "red"),
        ("number", "R-2"),
        ("procedure", "other"),
        ("quote", "Q-1"),
        ("watch", "x"),
        ("__class__", "x"),
        ("promised", "30.02.2026"),
        ("promised", "soon"),
        ("warranty", "12/24/2026"),
        ("watch.family", "steam"),
        ("watch.glass", "huge"),
        ("contact", "pigeon"),
    ],
)
def test_what_an_answer_cannot_change_is_refused(path: str, value: str) -> None:
    with pytest.raises(UsageError):
        ORDER.with_answers({path: value})


@pytest.mark.parametrize("person", ["Jean Dupont", "Dupont", "jean@example.org", "06 12 34 56 78", "0612345678"])
def test_a_person_is_no_customer_reference(person: str) -> None:
    with pytest.raises(UsageError, match="by a number"):
        ORDER.with_answers({"customer": person})


def test_an_old_record_is_read() -> None:
    order = RepairOrder.from_json(json.loads(OLD_RECORD))
    assert (order.number, order.expectation, order.contact) == ("R-1", "", None)
    assert order.quote == Quote("Q-1", "signature", "")
    assert order.watch.family is Family.QUARTZ


def test_a_record_of_a_newer_program_is_read_without_what_it_adds() -> None:
    data = ORDER.to_json()
    newer = {**data, "colour": "blue", "watch": {**data["watch"], "strap": "leather"}}
    assert RepairOrder.from_json(newer) == ORDER


texts = st.text(max_size=20)


@given(
    st.builds(
        RepairOrder,
        number=texts,
        customer=texts,
        procedure=texts,
        expectation=texts,
        custom=texts,
        contact=st.none() | st.sampled_from(Contact),
        watch=st.builds(Watch, brand=texts, model=texts, materials=texts, family=st.sampled_from(Family)),
        quote=st.none()
        | st.builds(
            Quote,
            reference=texts,
            how=texts,
            signed_at=texts,
            operations=st.lists(texts, max_size=3).map(tuple),
            ceiling=st.none() | st.floats(0, 1e6),
            minutes=st.none() | st.integers(0, 10000),
            supplementary=st.booleans(),
            version=st.integers(1, 99),
        ),
        notes=st.dictionaries(texts, texts, max_size=2),
    )
)
def test_an_order_comes_back_from_the_record_as_it_was(order: RepairOrder) -> None:
    assert RepairOrder.from_json(json.loads(json.dumps(order.to_json()))) == order


@given(st.sampled_from(PATHS), st.text(max_size=12))
def test_any_answer_is_taken_or_refused_plainly(path: str, value: str) -> None:
    try:
        order = ORDER.with_answers({path: value})
    except UsageError:
        return
    assert RepairOrder.from_json(json.loads(json.dumps(order.to_json()))) == order


@given(st.dates(date(1950, 1, 1), date(2199, 12, 31)))
def test_a_day_is_read_in_three_forms(day: date) -> None:
    written = (day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day}/{day.month}/{day.year}")
    assert [read_day(each) for each in written] == [day] * 3


@pytest.mark.parametrize(
    "wrong",
    ["2026-02-30", "31.04.2026", "0/1/2026", "1.2/2026", "1.2.26", "0026-01-01", "20261224", "٢٠٢٦-01-01", "12"],
)
def test_what_is_no_day_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError):
        read_day(wrong)


# -- numbers ---------------------------------------------------------------------------------------------------

prefixes = st.text("ABCXYZ0123456789", max_size=8)


@given(prefixes, st.integers(2000, 2100), st.sets(st.integers(1, 20000), max_size=30))
def test_the_next_number_follows_the_highest_and_is_free(prefix: str, year: int, given_out: set[int]) -> None:
    numbers: list[str] = []
    for _ in range(3):
        numbers.append(next_number(numbers, year, prefix))
    assert len({*numbers}) == 3
    start = f"{prefix}-{year}-" if prefix else f"{year}-"
    taken = [f"{start}{n:04}" for n in given_out]
    following = next_number(taken, year, prefix)
    assert following == f"{start}{max(given_out, default=0) + 1:04}"
    assert following not in taken
    check_number(following)


def test_other_years_workshops_and_hands_do_not_count() -> None:
    taken = ["AT-2025-0099", "BT-2026-0077", "AT-2026-0041", "AT-2026-55-2", "AT-2026-x", "2026-0070", "XAT-2026-0080"]
    assert next_number(taken, 2026, "AT") == "AT-2026-0042"
    assert next_number(taken, 2026, "") == "2026-0071"
    assert next_number(["AT-2026-9999"], 2026, "AT") == "AT-2026-10000"


@pytest.mark.parametrize(
    "number", ["", " ", "register/instruments", "a\\b", "a\nb", "x" * 41, " R-1", "R-1 ", "..", "a\0"]
)
def test_what_cannot_be_an_order_number_is_refused(number: str) -> None:
    with pytest.raises(UsageError):
        check_number(number)
