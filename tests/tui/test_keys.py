"""The keys of every screen: on every keyboard, in every terminal, the same word by the same key."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from bench.language import use
from tui.key_sheet import sheet
from tui.keys import PLACES, SECOND, TAKEN, bound, objection, rebindable

OURS = bound()
# Keys whose meaning is the room's: the main thing, back, tick, take away.
MAIN = ("enter", "escape", "space", "delete", "backspace")


def test_there_are_keys_to_look_at() -> None:
    assert {place for place, _binding in OURS} >= {"EtabliApp", "BenchScreen", "OrdersScreen", "TickField"}


@pytest.mark.parametrize(("place", "binding"), OURS, ids=[f"{p}-{b.key}" for p, b in OURS])
def test_every_key_works_on_every_keyboard_and_in_every_terminal(place: str, binding: object) -> None:
    key, action, id_ = binding.key, binding.action, binding.id  # type: ignore[attr-defined]
    if key in SECOND:
        others = [b.key for p, b in OURS if p == place and b.action == action and b.key != key]
        assert any(not objection(other) for other in others), f"{place}: {key} has no key beside it that always works"
    else:
        assert not objection(key), f"{place}: {objection(key)}"
    assert id_, f"{place}: the key {key} has no id to rebind it by"


@pytest.mark.parametrize(
    "key", ["1", "0", "left_square_bracket", "backslash", "tilde", "at", "ctrl+b", "alt+f", *sorted(TAKEN)]
)
def test_a_key_that_cannot_be_relied_on_is_refused_with_a_reason(key: str) -> None:
    use("en")
    assert objection(key).endswith(".")


@pytest.mark.parametrize("key", ["r", "f4", "enter", "escape", "up", "pagedown", "question_mark", "f13"])
def test_a_key_that_is_the_same_everywhere_is_taken(key: str) -> None:
    assert objection(key) == ""


def test_every_place_with_keys_has_a_name_for_the_key_sheet() -> None:
    assert {place for place, _binding in OURS} - set(PLACES) == set(), "name them in tui/keys.py, PLACES"


def test_the_same_word_has_the_same_key_everywhere() -> None:
    keys: dict[str, dict[str, set[str]]] = {}
    for place, binding in OURS:
        keys.setdefault(binding.description, {}).setdefault(place, set()).add(binding.key)
    for word, places in keys.items():
        for (one, some), (other, more) in combinations(places.items(), 2):
            alike = some & more or some | more <= set(MAIN)
            assert alike, f"“{word}” is {some} in {one} and {more} in {other}"


def test_no_key_does_one_thing_here_and_another_there() -> None:
    ids: dict[str, dict[str, str]] = {}
    for place, binding in OURS:
        ids.setdefault(binding.key, {})[binding.id or ""] = place
    for key, users in ids.items():
        users.pop("back", None)  # the key that opened a room may close it
        if key not in MAIN and len(users) > 1:
            assert {"no", "give-up"} >= set(users), f"{key} is {users}"


def test_what_can_be_rebound_has_a_word_and_a_usual_key() -> None:
    for each in rebindable():
        assert each.word and each.usual and each.places, each


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_key_sheet_says_what_the_bindings_say(language: str) -> None:
    written = (Path(__file__).parents[2] / "docs" / f"keys.{language}.md").read_text("utf-8")
    assert written == sheet(language), "run `python -m docs.keys`"
