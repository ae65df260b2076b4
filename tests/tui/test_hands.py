"""Who is at the keys: a person, a scanner, a sleeve. All times are given, none is measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.hands import Debounce, Label, LabelKind, Scanned, Scanner

GAP = 0.03
SIGNS = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


def typed(scanner: Scanner[str], text: str, start: float, pace: float, *, lend: bool = False) -> list[str | Scanned]:
    """Type `text` one sign every `pace` seconds; "\\r" is Enter."""
    known: list[str | Scanned] = []
    for n, sign in enumerate(text):
        known += scanner.key("enter" if sign == "\r" else sign, sign, start + n * pace, sign, lend=lend)
    return known


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("OR:OR-1001", Label(LabelKind.ORDER, "OR-1001")),
        ("or:D-102", Label(LabelKind.ORDER, "D-102")),
        ("PC:ETA 2824-2 stem", Label(LabelKind.PART, "ETA 2824-2 stem")),
        ("OP:anne", Label(LabelKind.OPERATOR, "anne")),
        ("OK:", Label(LabelKind.CONFIRM, "")),
        ("OR:", None),
        ("OR-1001", None),
        ("7612345678900", None),
        ("XX:12", None),
    ],
)
def test_a_label_says_what_it_names(code: str, label: Label | None) -> None:
    assert typed(Scanner(GAP), code + "\r", 10.0, 0.01) == [Scanned(code, True)]
    assert Scanned(code, True).label() == label


def test_half_a_label_is_none() -> None:
    assert Scanned("OR:OR-1001", False).label() is None


@given(st.text(SIGNS, min_size=3, max_size=40), st.floats(0.0, GAP * 0.99))
def test_nothing_that_a_scanner_types_reaches_a_field(code: str, pace: float) -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, code + "\r", 100.0, pace) == [Scanned(code, True)]
    assert not scanner.holding


@given(st.sampled_from(["OR:", "pc:", "OP:", "OK:"]), st.text(SIGNS, max_size=40))
def test_a_label_that_breaks_off_is_dropped_whole(prefix: str, rest: str) -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, prefix + rest, 100.0, 0.01) == []
    assert scanner.rest() == [Scanned(prefix + rest, False)]


def test_the_figures_of_a_foreign_code_without_its_end_are_dropped() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    typed(scanner, "7612345678900", 100.0, 0.01)
    assert scanner.rest() == [Scanned("7612345678900", False)]


def test_text_that_comes_at_once_is_pasted_and_arrives() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, "Atelier Zénith", 100.0, 0.0) == []
    assert scanner.rest() == list("Atelier Zénith")


@given(st.lists(st.tuples(SIGNS | st.just("\r"), st.floats(GAP * 1.01, 5.0)), max_size=60))
def test_what_a_person_types_arrives_whole_and_in_its_order(keys: list[tuple[str, float]]) -> None:
    scanner: Scanner[str] = Scanner(GAP)
    at, known = 100.0, []
    for sign, pause in keys:
        at += pause
        known += scanner.key("enter" if sign == "\r" else sign, sign, at, sign)
    assert known + scanner.rest() == [sign for sign, _pause in keys]


@given(st.lists(st.tuples(SIGNS | st.just("\r"), st.floats(0.0, 0.2), st.booleans()), max_size=60))
def test_no_key_is_lost_or_doubled_at_any_pace(keys: list[tuple[str, float, bool]]) -> None:
    scanner: Scanner[str] = Scanner(GAP)
    at, known = 100.0, []
    for sign, pause, lend in keys:
        at += pause
        known += scanner.key("enter" if sign == "\r" else sign, sign, at, sign, lend=lend)
    known += scanner.rest()
    told = ""
    for each in known:
        if isinstance(each, Scanned):
            told = told[: -1 if each.lent else None] + each.text + "\r" * each.whole
        else:
            told += each
    assert told == "".join(sign for sign, _pause, _lend in keys)


def test_a_key_held_down_is_no_scanner() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, "++++++", 100.0, 0.02) == []
    assert scanner.rest() == ["+"] * 6


def test_arrows_end_what_is_held_and_pass_at_once() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert scanner.key("a", "a", 1.0, "a") == []
    assert scanner.key("down", None, 1.01, "down") == ["a", "down"]


def test_a_letter_that_can_be_taken_back_goes_ahead_and_a_scan_says_that_it_has() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, "OR:1\r", 1.0, 0.01, lend=True) == ["O", Scanned("OR:1", True, lent=True)]
    assert typed(scanner, "OK:", 2.0, 0.01, lend=True) == ["O"]
    assert scanner.rest() == [Scanned("OK:", False, lent=True)]
    assert not scanner.rest()


def test_a_person_sees_each_letter_at_once_where_it_can_be_taken_back() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    for n, sign in enumerate("Zénith"):
        assert scanner.key(sign, sign, 1.0 + 0.1 * n, sign, lend=True) == [sign]
        assert not scanner.holding


def test_only_the_first_of_letters_that_come_together_goes_ahead() -> None:
    scanner: Scanner[str] = Scanner(GAP)
    assert typed(scanner, "ab", 1.0, 0.01, lend=True) == ["a"]
    assert scanner.holding and scanner.newest == "b"
    assert scanner.key("enter", "\r", 1.02, "enter") == ["b", "enter"]


def test_without_a_scanner_every_key_passes_at_once() -> None:
    assert typed(Scanner(0), "OR:1\r", 1.0, 0.0) == list("OR:1\r")


def presses(debounce: Debounce, key: str, times: list[float], room: object = "bench") -> int:
    """Return how many of these presses are let through."""
    return sum(not debounce.swallows(key, at, room) for at in times)


def test_ten_presses_by_a_sleeve_are_one_confirmation() -> None:
    assert presses(Debounce(0.3), "enter", [5.0 + 0.1 * n for n in range(10)]) == 1


def test_a_key_that_repeats_for_seconds_is_one_confirmation() -> None:
    assert presses(Debounce(0.3), "enter", [5.0 + 0.03 * n for n in range(200)]) == 1


def test_a_person_who_confirms_one_after_the_other_is_heard_each_time() -> None:
    assert presses(Debounce(0.3), "enter", [5.0, 5.4, 5.8]) == 3


def test_arrows_may_repeat_while_the_room_stays_the_same() -> None:
    assert presses(Debounce(0.3), "down", [5.0 + 0.03 * n for n in range(20)]) == 20


def test_a_letter_that_has_opened_a_question_does_not_answer_it() -> None:
    debounce = Debounce(0.3)
    assert not debounce.swallows("n", 5.0, "bench")
    assert debounce.swallows("n", 5.1, "question")
    assert not debounce.swallows("y", 5.2, "question")


@given(st.lists(st.floats(0.0, 0.29), min_size=1, max_size=30))
def test_however_a_sleeve_trembles_it_confirms_once(pauses: list[float]) -> None:
    at, times = 50.0, [50.0]
    for pause in pauses:
        at += pause
        times.append(at)
    assert presses(Debounce(0.3), "enter", times) == 1
