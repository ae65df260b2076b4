"""The trainer's version of the sheet: what speaks for each criterion, and nothing of the customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.criteria import criteria
from bench.events import EventKind
from bench.language import _, number
from bench.sheet import facts, model
from bench.sheet.history import History
from bench.sheet.record import Record

_LEFT_OUT = {"customer", "commercial", "integrity", "handover"}
_OF_THE_CUSTOMER = {"declared", "accessories"}


def version(sheet: model.Sheet, record: Record, history: History) -> model.Sheet:
    """Return the sheet as a trainer gets it: criteria first, then the work; the customer is left out."""
    kept = [_without_customer(block) for block in sheet.blocks if block.key not in _LEFT_OUT]
    integrity = [block for block in sheet.blocks if block.key == "integrity"]
    return replace(
        sheet,
        version="trainer",
        version_shown=_("trainer's copy"),
        blocks=(evidence(record, history, sheet.log), *kept, *integrity),
    )


def _without_customer(block: model.Block) -> model.Block:
    return replace(block, entries=tuple(entry for entry in block.entries if entry.key not in _OF_THE_CUSTOMER))


def evidence(record: Record, history: History, log: Sequence[model.LogLine]) -> model.Block:
    """Return for each criterion the steps that support it: who, when, how long, how often, how it ended."""
    visits: dict[str, list[model.LogLine]] = {}
    for line in log:
        if line.visit:
            visits.setdefault(line.step, []).append(line)
    measured: dict[str, int] = {}
    for event in record.of(EventKind.MEASURED):
        measured[event.payload["step"]] = measured.get(event.payload["step"], 0) + 1
    supported: dict[str, list[str]] = {}
    for step_id, step in record.planned.items():
        codes = {*step.get("criteria", ()), *(c for f in step.get("fields", ()) for c in f.get("criteria", ()))}
        for code in sorted(codes):
            supported.setdefault(code, []).append(step_id)
    lines, without = [], []
    for code in sorted(supported):
        done = [step_id for step_id in supported[code] if step_id in visits]
        if not done:
            without.append(model.Line(code, (code, ", ".join(history.title(each) for each in supported[code])), "open"))
        for step_id in done:
            mine = visits[step_id]
            minutes = [line.minutes for line in mine if line.minutes is not None]
            cells = (
                code, history.title(step_id), ", ".join(dict.fromkeys(line.operator for line in mine)),
                mine[0].start_shown, number(sum(minutes), 1) if minutes else "—", number(len(mine)),
                number(measured.get(step_id, 0)), mine[-1].outcome_shown or _("in progress"),
            )  # fmt: skip
            lines.append(model.Line(f"{code}/{step_id}", cells))
    heads = (
        _("Criterion"), _("Step"), _("Who"), _("Start"), _("min"), _("Visits"), _("Measurements"), _("Outcome"),
    )  # fmt: skip
    tables = [model.Table("criteria", "", heads, tuple(lines))] if lines else []
    if without:
        open_ones = (_("Criterion"), _("Steps not done in this work"))
        tables.append(model.Table("criteria-open", _("Criteria without evidence here"), open_ones, tuple(without)))
    state = "filled" if lines else "empty"
    said = criteria()
    texts = tuple(
        facts.entry(code, code, said[code].kind.value, str(said[code].text)) for code in supported if code in said
    )
    return model.Block(
        "criteria", _("Evidence for the criteria"), state, tuple(sorted(texts, key=_code)), tuple(tables)
    )


def _code(entry: model.Entry) -> str:
    return entry.key
