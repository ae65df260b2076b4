"""Rows of the log call a step as the procedure of their order does, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from managed_workshop import PROCEDURE, Told

from bench.events import EventKind, pin
from bench.exports import COLUMNS, rows
from bench.journal.rows import LogFilter, LogKind
from bench.journal.titles import StepTitles
from bench.language import Text, speaking

OLD, NEW = "cd" * 32, "ef" * 32
FINAL = {"fr": "Contrôle final", "en": "Final control"}


@pytest.fixture
def told(tmp_path: Path):
    told = Told(tmp_path)
    with told.journal:
        yield told


def pinned(told: Told, sha256: str, version: str, **titles: dict[str, str]) -> None:
    content = {"step": [{"id": step, "title": title} for step, title in titles.items()]}
    told.say(EventKind.PROCEDURE_PINNED, {"id": "service", "version": version, "content": content}, pin(sha256))


def opened(told: Told, number: str, sha256: str) -> None:
    before: dict[str, Any] = dict(PROCEDURE)
    PROCEDURE["sha256"] = sha256
    try:
        told.opened(number)
    finally:
        PROCEDURE.update(before)


def test_each_order_has_the_titles_of_its_own_version(told: Told) -> None:
    pinned(told, OLD, "1", fit={"fr": "Poser", "en": "Fit"}, final=FINAL)
    opened(told, "A", OLD)
    titles = StepTitles(told.journal)
    assert titles.of("A", "service", "fit") == Text("Poser", "Fit")
    pinned(told, NEW, "2", fit={"fr": "Poser la pièce", "en": "Fit the part"}, final=FINAL)
    opened(told, "B", NEW)
    titles.catch_up()
    assert titles.of("A", "service", "fit") == Text("Poser", "Fit")
    assert titles.of("B", "service", "fit") == Text("Poser la pièce", "Fit the part")
    assert titles.of("A", "service", "final") == titles.of("B", "service", "final") == Text(**FINAL)


def test_what_the_record_does_not_hold_has_no_title(told: Told) -> None:
    told.opened("A")
    titles = StepTitles(told.journal)
    assert titles.of("A", "service", "nowhere") is None
    assert titles.of("A", "other", "final") is None


def test_what_was_chosen_at_a_step_reads_as_it_was_offered(told: Told) -> None:
    choices = [{"id": "demagnetise", "label": {"fr": "Démagnétiser", "en": "Demagnetise it"}}]
    content = {"step": [{"id": "decide", "title": FINAL, "fields": [{"id": "way", "choices": choices}]}]}
    told.say(EventKind.PROCEDURE_PINNED, {"id": "service", "version": "1", "content": content}, pin(OLD))
    titles = StepTitles(told.journal)
    assert titles.choice("service", "decide", "demagnetise") == Text("Démagnétiser", "Demagnetise it")
    assert titles.choice("service", "decide", "leave") is None


@pytest.mark.parametrize(("language", "title"), [("fr", "Contrôle final"), ("en", "Final control")])
def test_a_file_has_the_title_beside_the_id(told: Told, language: str, title: str) -> None:
    pinned(told, OLD, "1", final=FINAL)
    opened(told, "A", OLD)
    told.done("A", "final")
    told.done("A", "unheard-of")
    names = list(COLUMNS)
    assert names.index("step_title") == names.index("step") + 1
    with speaking(language):
        done = [dict(zip(names, row, strict=True)) for row in rows(told.journal, LogFilter(kinds=(LogKind.STEP,)))]
    assert [(row["step"], row["step_title"]) for row in done] == [("final", title), ("unheard-of", "")]
    assert done[0]["order"] == "A" and done[0]["state"] == "done"
