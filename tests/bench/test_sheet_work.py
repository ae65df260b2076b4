"""The sheet of orders that were really walked: every procedure through the desk, from a journal on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pdf_text import pages
from pydantic import TypeAdapter
from scripted import CONTROLLER, PROCEDURES, Truth, a_desk, an_order

from bench.errors import Refused
from bench.journal import Journal
from bench.people import Role
from bench.procedure.model import StepKind
from bench.sheet import content, events_of, to_html, to_json, to_pdf
from bench.sheet.model import Sheet
from bench.work import Work

PRINTED = "2026-11-22T18:00:00+01:00"
NO = {"moisture_visible", "fog_before", "bubbles", "fog_after", "follows"}


def answers(work: Work, choice: str) -> dict[str, str]:
    assert work.step is not None
    found = {}
    for field in work.step.fields:
        if field.choices:
            ids = [entry.id for entry in field.choices]
            found[field.id] = choice if choice in ids else ids[0]
        elif field.kind in ("tick", "yesno"):
            found[field.id] = "no" if field.id in NO else "yes"
        elif field.kind == "text":
            found[field.id] = "12345"
    return found


def walk(work: Work, *choices: str, steps: int = 60) -> None:
    """Do step after step, taking `choices` at the decisions, until the order is closed or `steps` are done."""
    ways = list(choices)
    for _ in range(steps):
        if work.step is None:
            return
        if work.step.kind is StepKind.SIGNOFF:
            work.desk.sign_in(CONTROLLER)
        work.start()
        if work.step.kind is StepKind.MEASUREMENT:
            while (task := work.next_task()) is not None:
                work.prepare(task)
                work.measure(task)
            work.confirm("noté")
        else:
            work.answer(answers(work, ways.pop(0) if work.step.kind is StepKind.DECISION and ways else ""))


def at_the_desk(folder: Path, truth: Truth, procedure: str) -> Work:
    desk = a_desk(truth, journal=Journal.open(folder / "journal.db", station="etabli-1"))
    desk.open_order(an_order(procedure))
    return desk.work("2026-0001")


def sheet_of(work: Work, language: str = "en") -> dict[str, Any]:
    journal = work.desk.journal
    return content(events_of(journal, work.number), language, printed=PRINTED, head=journal.head())


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("procedure", [procedure.id for procedure in PROCEDURES.all()])
def test_every_procedure_ends_in_a_sheet_in_every_form(tmp_path: Path, procedure: str, language: str) -> None:
    work = at_the_desk(tmp_path, Truth(), procedure)
    walk(work, "leave")
    sheet = sheet_of(work, language)
    assert work.closed
    assert sheet["draft"] is None
    assert sheet["watermark"]["word"] == "SIMULATION"
    assert len(sheet["log"]) >= len({line["step"] for line in sheet["log"]}) > 5
    assert sheet["signatures"][-1]["name"] == CONTROLLER.name
    TypeAdapter(Sheet).validate_json(to_json(sheet))
    assert work.number in to_html(sheet)
    assert all("SIMULATION" in text for text in pages(to_pdf(sheet)))
    work.desk.journal.close()


def test_answers_stand_in_the_order_of_the_form(tmp_path: Path) -> None:
    work = at_the_desk(tmp_path, Truth(), "controle-mecanique")
    walk(work, steps=2)
    for form in (form for block in sheet_of(work)["blocks"] for form in block["forms"]):
        step = work.procedure.get(form["step"])
        assert step is not None
        assert [entry["key"] for entry in form["entries"]] == [field.id for field in step.fields]
    work.desk.journal.close()


def test_a_later_sign_in_does_not_change_a_closed_sheet(tmp_path: Path) -> None:
    work = at_the_desk(tmp_path, Truth(), "controle-mecanique")
    walk(work, "leave")
    head = work.desk.journal.head()
    before = content(events_of(work.desk.journal, work.number), "fr", printed=PRINTED, head=head)
    people = next(block for block in before["blocks"] if block["key"] == "parties")["entries"]
    assert [entry["label"] for entry in people] == ["Claire Vuille", "Luc Perret"]
    work.desk.sign_in(CONTROLLER, Role.TRAINER)
    assert content(events_of(work.desk.journal, work.number), "fr", printed=PRINTED, head=head) == before
    work.desk.journal.close()


def test_a_magnetised_watch_is_told_from_the_first_timing_to_the_last(tmp_path: Path) -> None:
    work = at_the_desk(tmp_path, Truth(residual=1.5), "controle-mecanique")
    with pytest.raises(Refused):
        walk(work, "regulate")
    walk(work, "demagnetise")
    sheet = sheet_of(work)
    assert "G-17" in sheet["incidents"][0]["text"]
    timing = next(group for group in sheet["measurements"] if group["key"] == "timing")
    before, after = next(row for row in timing["rows"] if row["quantity"] == "mean_rate")["cells"]
    assert (before["tag"], before["state"]) == ("before demagnetisation", "nonconforming")
    assert (after["tag"], after["state"]) == ("", "conforming")
    work.desk.journal.close()


def test_a_leak_that_stays_leaves_with_its_reservation(tmp_path: Path) -> None:
    work = at_the_desk(tmp_path, Truth(leak=300.0, mends=False), "controle-mecanique")
    walk(work, "leave", "reserved")
    sheet = sheet_of(work)
    assert work.closed
    assert sheet["outcome"]["key"] == "reserved"
    assert any("guaranteed" in line for line in sheet["reservations"])
    assert any("leak rate" in line and "NONCONFORMING" in line for line in sheet["reservations"])
    work.desk.journal.close()


def test_the_sheet_of_an_order_in_hand_says_which_step_is_open(tmp_path: Path) -> None:
    work = at_the_desk(tmp_path, Truth(), "etancheite-et-joints")
    walk(work, steps=2)
    assert work.step is not None
    assert f"Step not begun: {work.step.title}" in sheet_of(work)["draft"]["missing"]
    work.start()
    assert f"Step not finished: {work.step.title}" in sheet_of(work)["draft"]["missing"]
    work.desk.journal.close()
