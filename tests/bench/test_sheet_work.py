"""The sheet of orders that were really walked: the five trees through the desk, as every version and every form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pdf_text import pages
from pydantic import TypeAdapter
from scripted import CONTROLLER, PROCEDURES, Truth, a_desk, an_order
from tree_walk import walk_tree, work_on
from walked_trees import ANSWERS, walked

from bench.journal import Journal
from bench.people import Role
from bench.sheet import content, events_of, matrix, to_html, to_json, to_pdf
from bench.sheet.model import Sheet
from bench.work import Work

PRINTED = "2026-11-22T18:00:00+01:00"


def sheet_of(work: Work, language: str = "en", version: str = "workshop") -> dict[str, Any]:
    journal = work.desk.journal
    events = events_of(journal, work.number)
    return content(events, language, printed=PRINTED, head=journal.head(), version=version)


def block(sheet: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in sheet["blocks"] if each["key"] == key)
    return found


@pytest.mark.parametrize("version", ["workshop", "customer", "trainer"])
@pytest.mark.parametrize("tree", ANSWERS)
def test_every_tree_ends_in_a_sheet_that_follows_the_published_schema(tree: str, version: str) -> None:
    work = walked(tree)
    sheet = sheet_of(work, "fr", version)
    assert work.closed
    assert (sheet["draft"], sheet["version"]) == (None, version)
    assert sheet["watermark"]["word"] == "SIMULATION"
    TypeAdapter(Sheet).validate_json(to_json(sheet))
    assert work.number in to_html(sheet)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sheet_of_a_full_service_carries_its_mark_on_every_page(language: str) -> None:
    found = pages(to_pdf(sheet_of(walked("revision-complete"), language)))
    assert len(found) > 5
    assert all("SIMULATION" in text for text in found)


@pytest.mark.parametrize("tree", ANSWERS)
def test_a_closed_order_has_no_gaps(tree: str) -> None:
    completeness = sheet_of(walked(tree))["completeness"]
    assert completeness["gaps"] == []
    assert completeness["filled"] == completeness["total"] > 9


@pytest.mark.parametrize("tree", ANSWERS)
def test_nothing_that_was_answered_is_lost(tree: str) -> None:
    """Every answer's words stand somewhere on the sheet, whatever block takes it."""
    work = walked(tree)
    told = to_json(sheet_of(work, "fr")).decode()
    for event in events_of(work.desk.journal, work.number):
        for key, shown in (event.payload.get("shown") or {}).items():
            if isinstance(event.payload["answers"][key], list):
                parts = [part for line in shown["fr"].splitlines() for part in line.split(" · ")]
            else:
                parts = [shown["fr"]]
            dates = ("2026-12-01", "01/12/2026")
            for part in parts:
                assert part in told or (part in dates and dates[1] in told), (event.payload["step"], key, part)


def test_a_full_service_fills_the_blocks_of_the_trade() -> None:
    sheet = sheet_of(walked("revision-complete"))
    filled = [each["key"] for each in sheet["blocks"] if each["state"] == "filled"]
    assert filled == [
        "identification", "customer", "parties", "dates", "commercial", "watch", "accessories", "condition",
        "statement", "checks", "plan", "measurements", "uncasing", "inspection", "diagnosis", "quote-basis",
        "preparation", "log",
        "work", "parts", "cleaning", "functions", "final", "aesthetic", "hse", "handover", "integrity",
    ]  # fmt: skip
    zones = block(sheet, "condition")["tables"][0]["lines"]
    assert [line["key"] for line in zones] == [
        "glass", "bezel", "case", "back", "crown", "pushers", "dial", "hands", "strap", "clasp", "moisture",
    ]  # fmt: skip


def test_what_is_measured_on_the_bare_movement_pairs_with_the_bare_movement() -> None:
    sheet = sheet_of(walked("revision-complete"))
    timing = next(group for group in sheet["measurements"] if group["key"] == "timing")
    mean = {row["circumstance"]: row["cells"] for row in timing["rows"] if row["quantity"] == "mean_rate"}
    assert all(mean["0h"])  # closed as found, closed after casing
    assert all(mean["0h · bare movement"])  # after un-casing, after the work
    assert mean["24h · bare movement"][0] is None


def test_values_without_a_limit_stand_close_together_and_none_is_lost() -> None:
    timing = next(g for g in sheet_of(walked("revision-complete"))["measurements"] if g["key"] == "timing")
    found = matrix.of(timing)
    assert {"rate", "amplitude", "beat error"} <= {column["name"] for column in found["columns"]}
    close = [row for row in timing["rows"] if row not in found["rows"]]
    lines = {line[0]: " ".join(line) for line in found["lines"]}
    for row in close:
        assert all(cell["shown"] in lines[row["label_shown"]] for cell in row["cells"] if cell)
    assert all(row["limit_shown"] or not row["place"] for row in found["rows"])


def test_answers_stand_in_the_order_of_the_form() -> None:
    work = walked("controle-mecanique")
    for form in (form for each in sheet_of(work)["blocks"] for form in each["forms"]):
        step = work.procedure.get(form["step"])
        assert step is not None
        places = [[field.id for field in step.fields].index(entry["key"]) for entry in form["entries"]]
        assert places == sorted(places)


def test_a_later_sign_in_does_not_change_a_closed_sheet(tmp_path: Path) -> None:
    desk = a_desk(Truth(), journal=Journal.open(tmp_path / "journal.db", station="etabli-1"))
    desk.open_order(an_order("controle-mecanique"))
    work = desk.work("2026-0001")
    walk_tree(work, {})
    head = desk.journal.head()
    before = content(events_of(desk.journal, work.number), "fr", printed=PRINTED, head=head)
    names = [entry["label"] for entry in block(before, "parties")["entries"]]
    assert {"Claire Vuille", "Luc Perret"} <= set(names)
    desk.sign_in(CONTROLLER, Role.TRAINER)
    assert content(events_of(desk.journal, work.number), "fr", printed=PRINTED, head=head) == before
    desk.journal.close()


def test_a_magnetised_watch_is_told_from_the_first_timing_to_the_last() -> None:
    work = work_on(Truth(residual=1.5), "controle-mecanique")
    walk_tree(work, {})
    timing = next(group for group in sheet_of(work)["measurements"] if group["key"] == "timing")
    before, _after = next(row for row in timing["rows"] if row["quantity"] == "mean_rate")["cells"]
    assert (before["tag"], before["state"]) == ("before demagnetisation", "nonconforming")


def test_the_sheet_of_an_order_in_hand_says_which_step_is_open_and_which_blocks_are_empty() -> None:
    work = work_on(Truth(), "etancheite-et-joints")
    for _ in range(2):
        assert work.step is not None
        walk_tree(work, {}, until=work.procedure.following(work.step.id))
    assert work.step is not None
    sheet = sheet_of(work)
    assert f"Step not begun: {work.step.title}" in sheet["draft"]["missing"]
    assert sheet["completeness"]["filled"] < sheet["completeness"]["total"]
    assert "Final control" in sheet["completeness"]["gaps"]
    work.start()
    assert f"Step not finished: {work.step.title}" in sheet_of(work)["draft"]["missing"]


def test_the_trainer_sees_each_criterion_with_its_steps_and_no_customer() -> None:
    work = walked("revision-complete")
    sheet = sheet_of(work, version="trainer")
    evidence, *_rest = block(sheet, "criteria")["tables"]
    supported = {line["cells"][0] for line in evidence["lines"]}
    planned = {code for step in work.procedure.steps for code in step.all_criteria()}
    without = {line["key"] for table in block(sheet, "criteria")["tables"][1:] for line in table["lines"]}
    assert supported | without == planned
    assert len(supported) > 60
    assert work.order.customer not in to_json(sheet).decode()


def test_every_procedure_of_the_house_has_answers_here() -> None:
    trees = {procedure.id for procedure in PROCEDURES.all()}
    assert trees - set(ANSWERS) == {"echange-mouvement-quartz"}  # walked with its own answers in its own test
