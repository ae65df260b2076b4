"""The evidence of a run as a grid: PDF for the trainee's file, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from bench.criteria import competences
from bench.events import Event
from bench.language import N_, _, number, speaking
from bench.papers.layout import to_pdf
from bench.papers.model import Paper
from bench.sheet import model, words
from bench.training.apart import MODE
from bench.training.evidence import Evidence, StepSeen
from bench.training.library import frames
from bench.training.runs import Run, box_shown

_BLOCKS = {
    "BC1": N_("Receive the customer and take the watch in"),
    "BC2": N_("Diagnose"),
    "BC3": N_("Prepare the work"),
    "BC4": N_("Do the work and check it"),
}
COLUMNS = (
    "run", "trainee", "block", "competence", "criterion", "text", "steps", "steps_not_done", "visits", "minutes",
    "measurements", "attempts", "interrupted", "refusals", "alerts", "corrections", "box", "remark", "trainer", "at",
    "mode", "after_limit",
)  # fmt: skip


def block_title(block: str) -> str:
    """Write what a block of the CQP is about, in the language in force."""
    return f"{block} · {_(_BLOCKS[block])}"


def grid_csv(run: Run, found: Sequence[Evidence], language: str) -> str:
    """Return the grid as CSV: a line a criterion, minutes with a point, lists separated by "; "."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with speaking(language):
        for entry in found:
            seen, said = entry.seen, entry.observation
            writer.writerow(
                [
                    run.id,
                    _safe(run.name),
                    entry.criterion.block,
                    entry.criterion.competence,
                    entry.criterion.id,
                    str(entry.criterion.text),
                    "; ".join(str(step.title) for step in seen),
                    "; ".join(str(title) for title in entry.planned),
                    sum(step.visits for step in seen),
                    f"{sum(step.minutes for step in seen):.1f}",
                    sum(step.measurements for step in seen),
                    sum(step.attempts for step in seen),
                    sum(step.interrupted for step in seen),
                    "; ".join(_each(seen, "refusals")),
                    "; ".join(_each(seen, "alerts")),
                    sum(step.corrections for step in seen),
                    box_shown(said.box) if said else "",
                    _safe(said.remark) if said else "",
                    _safe(said.by) if said else "",
                    said.at if said else "",
                    _(MODE),
                    sum(step.late for step in seen),
                ]
            )
    return stream.getvalue()


def grid_pdf(
    run: Run, found: Sequence[Evidence], language: str, *, workshop: str, printed: str, head: tuple[int, str],
    events: Sequence[Event] = (),
) -> bytes:  # fmt: skip
    """Return the grid as PDF/A. `printed` is ISO with offset, `head` the journal's newest (seq, hash)."""
    with speaking(language):
        paper = _paper(run, found, language, workshop, printed, head, events)
    return to_pdf(paper)


def _paper(
    run: Run,
    found: Sequence[Evidence],
    language: str,
    workshop: str,
    printed: str,
    head: tuple[int, str],
    events: Sequence[Event],
) -> Paper:
    last = max((event.at for event in events), default=run.begun)
    at = max(last, *(each.observation.at for each in found if each.observation), run.begun)
    shown = sum(bool(each.seen) for each in found)
    told = sum(each.observation is not None for each in found)
    lead = (
        f"{words.text(run.title)} · {words.moment(run.begun)}",
        _("Of 97 criteria the program observed {shown}, the trainer {told}. Nothing here is a score.").format(
            shown=shown, told=told
        ),
        _time(run, found),
        *_setting(run),
    )
    return Paper(
        kind="evidence-grid",
        language=language,
        number=run.id,
        title=_("Evidence by criterion"),
        workshop=workshop,
        subject=run.name,
        watermark=model.Watermark(_(MODE), _("Made in a training workshop: no customer's watch."), ()),
        integrity=model.Integrity(
            events=len(events),
            first_seq=events[0].seq if events else 0,
            last_seq=events[-1].seq if events else 0,
            last_at=at,
            last_hash=events[-1].hash if events else "",
            head_seq=head[0],
            head_hash=head[1],
            printed=printed,
            printed_shown=words.moment(printed),
        ),
        lead=tuple(line for line in lead if line),
        blocks=tuple(_block(block, list(each)) for block, each in groupby(found, lambda e: e.criterion.block)),
        signatures=(_("Trainee"), _("Trainer")),
    )


def _time(run: Run, found: Sequence[Evidence]) -> str:
    taken = run.taken
    if taken is None:
        said = _("Time limit {limit} min; no diagnosis was given.").format(limit=run.limit)
    else:
        minutes = taken.total_seconds() / 60.0
        said = _("Time limit {limit} min; the diagnosis was given after {minutes} min.").format(
            limit=run.limit, minutes=number(minutes, 0)
        )
    late = {step.step: step.late for entry in found for step in entry.seen if step.late}
    if late:
        over = words.moment(run.ends.isoformat(timespec="seconds"))
        said += " " + _("The time was over at {time}; {count} steps ended after it.").format(
            time=over, count=sum(late.values())
        )
    return said


def _setting(run: Run) -> list[str]:
    """Return the setting of the evaluation, and what only the trainer can see in it."""
    if not run.frame:
        return []
    frame = frames()[run.frame]
    watched = "; ".join(str(each) for each in frame.watched)
    return [f"{frame.id} · {frame.title}", _("For the trainer to see: {what}.").format(what=watched)]


def _block(block: str, found: Sequence[Evidence]) -> model.Block:
    titles = {competence.id: str(competence.title) for competence in competences()}
    heads = (_("Criterion"), _("What the program observed"), _("Trainer"), _("Remark"))
    tables = []
    for competence, each in groupby(found, lambda entry: entry.criterion.competence):
        lines = tuple(model.Line(entry.criterion.id, _cells(entry)) for entry in each)
        tables.append(model.Table(competence, f"{competence} {titles[competence]}", heads, lines))
    return model.Block(block, block_title(block), "filled", (), tuple(tables))


def _cells(entry: Evidence) -> tuple[str, str, str, str]:
    seen = "\n".join(step.shown() for step in entry.seen)
    if not seen:
        seen = _("nothing: its steps were not done") if entry.planned else _("nothing: no step of this work shows it")
    said = entry.observation
    code = f"{entry.criterion.id}\n{entry.criterion.text}"
    return code, seen, box_shown(said.box) if said else "☐", said.remark if said else ""


def _each(seen: Sequence[StepSeen], what: str) -> list[str]:
    return list(dict.fromkeys(word for step in seen for word in getattr(step, what)))


def _safe(written: str) -> str:
    """Keep a spreadsheet from taking a remark for a formula."""
    return f"'{written}" if written[:1] in ("=", "+", "-", "@", "\t", "\r") else written


def now() -> str:
    """Return the moment of printing, ISO with offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
