"""What a step is answered with: which fields it asks, how an answer is read, and what it says to the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bench.defects import defects
from bench.errors import UsageError
from bench.language import Text, _, msg, speaking
from bench.procedure.model import FormField, Step
from bench.procedure.state import OrderState
from bench.quantities import Value

YES_NO = {"yes": Text("oui", "yes"), "no": Text("non", "no")}
LANGUAGES = ("fr", "en")


def fields_of(step: Step, state: OrderState) -> tuple[FormField, ...]:
    """Return the fields that the step asks now: one for each entry of a list where a field says `each`."""
    asked: list[FormField] = []
    for entry in step.fields:
        if not entry.each:
            asked.append(entry)
            continue
        asked += [_for_item(entry, item.key, item.label) for item in state.items(entry.each)]
    return tuple(asked)


def _for_item(entry: FormField, key: str, label: Text) -> FormField:
    asked = Text(f"{label.fr} : {entry.label.fr}", f"{label.en}: {entry.label.en}")
    change = {
        "id": f"{entry.id}.{key}",
        "label": asked,
        "each": "",
        "fact": f"{entry.fact}.{key}" if entry.fact else "",
    }
    when = {f"{name}.{key}": wanted for name, wanted in entry.when.items()}
    return entry.model_copy(update={**change, "when": when})


def is_asked(entry: FormField, answers: Mapping[str, Any]) -> bool:
    """Whether the field is asked, given what stands in the others so far."""
    return all(fits(str(answers.get(name, "")), wanted) for name, wanted in entry.when.items())


def fits(given: str, wanted: str) -> bool:
    """Whether an answer is what a rule or a `when` names: "x|y" is x or y, "!x|y" anything answered but these."""
    if wanted.startswith("!"):
        return given not in ("", *wanted[1:].split("|"))
    return given in wanted.split("|")


def read_answers(step: Step, answers: Mapping[str, Any], state: OrderState) -> dict[str, Any]:
    """Check and read the answers of a step: typed numbers become Values, dates ISO, rows of lines dicts.

    Raises UsageError naming every field that is missing, unknown, or the first that cannot be read.
    """
    fields = fields_of(step, state)
    known = {entry.id for entry in fields}
    strangers = sorted(set(answers) - known - {"note"})
    if strangers:
        raise UsageError(
            msg("“{step}” has no field {fields}.", step=step.title, fields=", ".join(strangers)),
            remedy=msg("Its fields are: {known}.", known=", ".join(sorted(known)) or "—"),
        )
    read: dict[str, Any] = {}
    missing: list[FormField] = []
    for entry in fields:
        if not is_asked(entry, read):
            continue
        given = answers.get(entry.id)
        if _empty(given):
            if entry.required and not (entry.kind in ("lines", "several") and not entry.least):
                missing.append(entry)
            elif entry.kind in ("lines", "several") and (entry.into or entry.id in answers):
                read[entry.id] = []
            continue
        read[entry.id] = read_field(entry, given)
        if entry.kind in ("lines", "several") and len(read[entry.id]) < entry.least:
            missing.append(entry)
    if missing:
        raise UsageError(
            msg(
                "“{step}” is not complete: {fields}.", step=step.title, fields=", ".join(str(f.label) for f in missing)
            ),
            remedy=msg("Answer every field that is asked."),
        )
    return read


def _empty(given: Any) -> bool:
    return given is None or (isinstance(given, (str, list, tuple)) and not given)


def read_field(entry: FormField, answer: Any) -> Any:
    """Check and read one answer that is not empty. Raises UsageError."""
    reader: Callable[[FormField, Any], Any] | None = _READERS.get(entry.kind)
    if entry.kind == "lines":
        return _read_lines(entry, answer)
    if reader is not None:
        return reader(entry, answer)
    match entry.kind:
        case "yesno":
            if isinstance(answer, bool):
                return "yes" if answer else "no"
            allowed: Sequence[str] = ("yes", "no")
        case "choice":
            allowed = [choice.id for choice in entry.choices]
        case "tick":
            if answer is True or answer == "yes":
                return "yes"
            allowed = ("yes",)
        case _:
            return str(answer).strip()
    return _one_of(entry, answer, allowed)


def _one_of(entry: FormField, answer: Any, allowed: Sequence[str]) -> str:
    if str(answer) not in allowed:
        raise UsageError(
            msg("“{answer}” is no answer to “{field}”.", answer=str(answer), field=entry.label),
            remedy=msg("Answer with one of: {allowed}.", allowed=", ".join(allowed)),
        )
    return str(answer)


def _read_several(entry: FormField, answer: Any) -> list[str]:
    given = [part.strip() for part in answer.split(",")] if isinstance(answer, str) else list(answer)
    allowed = [choice.id for choice in entry.choices]
    taken = [_one_of(entry, part, allowed) for part in given if part != ""]
    return [each for each in allowed if each in taken]


def _read_number(entry: FormField, answer: Any) -> Value:
    if isinstance(answer, Value):
        return answer
    if isinstance(answer, (int, float)) and not isinstance(answer, bool):
        value = Value.of(entry.quantity, answer)
    else:
        try:
            value = Value.of(entry.quantity, float(str(answer).replace(",", ".").replace("−", "-")))
        except ValueError:
            value = Value.parse(entry.quantity, str(answer))
    counted = entry.count_out or entry.count_in or entry.quantity == "pieces"
    if counted and (value.magnitude < 0 or value.magnitude != int(value.magnitude)):
        raise UsageError(
            msg("“{answer}” is no number of pieces.", answer=str(answer)), remedy=msg("Count in whole pieces.")
        )
    return value


def _read_date(entry: FormField, answer: Any) -> str:
    written = str(answer).strip()
    for parts in (written.split("-"), list(reversed(written.replace("/", ".").split(".")))):
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            try:
                return date(*(int(part) for part in parts)).isoformat()
            except ValueError:
                break
    raise UsageError(
        msg("“{answer}” is no date.", answer=written), remedy=msg("Write it like 2026-11-22 or 22.11.2026.")
    )


def _read_defect(entry: FormField, answer: Any) -> str:
    from bench.defects import defect

    return defect(str(answer).strip().upper()).code


def _read_lines(entry: FormField, answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, (list, tuple)) or not all(isinstance(row, Mapping) for row in answer):
        raise UsageError(
            msg("“{field}” takes a list of lines.", field=entry.label),
            remedy=msg("Each line has: {columns}.", columns=", ".join(column.id for column in entry.columns)),
        )
    return [_read_row(entry, row) for row in answer]


def _read_row(entry: FormField, row: Mapping[str, Any]) -> dict[str, Any]:
    strangers = sorted(set(row) - {column.id for column in entry.columns})
    missing = [
        column for column in entry.columns if column.required and is_asked(column, row) and _empty(row.get(column.id))
    ]
    if strangers or missing:
        raise UsageError(
            msg(
                "A line of “{field}” is not complete or has too much: {columns}.",
                field=entry.label,
                columns=", ".join([*(str(column.label) for column in missing), *strangers]),
            ),
            remedy=msg("Each line has: {columns}.", columns=", ".join(column.id for column in entry.columns)),
        )
    return {
        column.id: read_field(column, row[column.id])
        for column in entry.columns
        if not _empty(row.get(column.id)) and is_asked(column, row)
    }


_READERS: dict[str, Callable[[FormField, Any], Any]] = {
    "several": _read_several,
    "number": _read_number,
    "date": _read_date,
    "defect": _read_defect,
}


@dataclass
class Said:
    """What answers say to the record, beside themselves."""

    facts: dict[str, str] = field(default_factory=dict)
    order: dict[str, str] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    adds: dict[str, float] = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)


def said(fields: Sequence[FormField], read: Mapping[str, Any]) -> Said:
    """Collect what the answers put into facts, the order, the quote, lists, counts and sums."""
    found = Said()
    for entry in fields:
        if entry.id in read:
            _say(found, entry, read[entry.id])
    return found


def _say(found: Said, entry: FormField, answer: Any) -> None:
    plain = as_fact(answer)
    if entry.fact:
        found.facts[entry.fact] = plain
    if entry.order:
        found.order[entry.order] = plain
    if entry.quote:
        found.quote[entry.quote] = answer.magnitude if isinstance(answer, Value) else answer
    if entry.into:
        found.lists[entry.into] = found.lists.get(entry.into, []) + _items(entry, answer)
    if entry.kind == "photo":
        found.photos.append(plain)
    for way, what in (("out", entry.count_out), ("in", entry.count_in)):
        if what:
            counts = found.counts.setdefault(way, {})
            counts[what] = counts.get(what, 0) + int(answer.magnitude)
    if entry.adds:
        found.adds[entry.adds] = found.adds.get(entry.adds, 0.0) + float(answer.magnitude)
    for row in answer if entry.kind == "lines" else ():
        for column in entry.columns:
            if column.adds and column.id in row:
                found.adds[column.adds] = found.adds.get(column.adds, 0.0) + float(row[column.id].magnitude)


def as_fact(answer: Any) -> str:
    """Write an answer as guards and branches read it: a number bare in its canonical unit, a list with commas."""
    if isinstance(answer, Value):
        return repr(answer.magnitude)
    if isinstance(answer, list):
        return str(len(answer)) if answer and isinstance(answer[0], dict) else ",".join(answer)
    return str(answer)


def _items(entry: FormField, answer: Any) -> list[dict[str, Any]]:
    if entry.kind == "several":
        labels = {choice.id: choice.label for choice in entry.choices}
        return [{"key": each, "label": labels[each].to_json()} for each in answer]
    if entry.kind == "lines":
        return [_row_item(entry, row, n) for n, row in enumerate(answer, 1)]
    return [{"key": as_fact(answer), "label": shown(entry, answer)}]


def _row_item(entry: FormField, row: Mapping[str, Any], n: int) -> dict[str, Any]:
    """A row is known by its defect code where it has one, by its number in the list otherwise."""
    coded = next((column for column in entry.columns if column.kind == "defect" and column.id in row), None)
    key = str(row[coded.id]) if coded else f"{entry.id}-{n}"
    label = shown(coded, row[coded.id]) if coded else _row_shown(entry, row)
    return {"key": key, "label": label}


def _row_shown(entry: FormField, row: Mapping[str, Any]) -> dict[str, str]:
    cells = [shown(column, row[column.id]) for column in entry.columns if column.id in row]
    return {language: " · ".join(cell[language] for cell in cells) for language in LANGUAGES}


def shown(entry: FormField, answer: Any) -> dict[str, str]:
    """Write an answer as people read it, in both languages; a list has a line a row."""
    if entry.kind in ("yesno", "tick"):
        return YES_NO[answer].to_json()
    if entry.kind == "choice":
        return next(choice.label for choice in entry.choices if choice.id == answer).to_json()
    if entry.kind == "several":
        labels = [choice.label for choice in entry.choices if choice.id in answer]
        return {"fr": ", ".join(t.fr for t in labels) or "—", "en": ", ".join(t.en for t in labels) or "—"}
    if entry.kind == "lines":
        rows = [_row_shown(entry, row) for row in answer]
        return {language: "\n".join(row[language] for row in rows) or "—" for language in LANGUAGES}
    if entry.kind == "defect":
        label = defects()[answer].label
        return {"fr": f"{answer} {label.fr}", "en": f"{answer} {label.en}"}
    if isinstance(answer, Value):
        found = {}
        for language in LANGUAGES:
            with speaking(language):
                found[language] = answer.show()
        return found
    if entry.kind == "photo":
        with speaking("fr"):
            fr = _("photo {hash}").format(hash=str(answer)[:12])
        with speaking("en"):
            return {"fr": fr, "en": _("photo {hash}").format(hash=str(answer)[:12])}
    return {"fr": str(answer), "en": str(answer)}


def to_json(answer: Any) -> Any:
    """Write a read answer for the journal: Values with their quantity and unit."""
    if isinstance(answer, Value):
        return answer.to_json()
    if isinstance(answer, list):
        return [to_json(each) for each in answer]
    if isinstance(answer, dict):
        return {name: to_json(each) for name, each in answer.items()}
    return answer
