"""The file of answers of a headless run: what to answer at each step, at each visit of it.

A table a step, `[steps.ID]`, holds its fields; `[steps.ID.2]` holds those of the second visit. Beside the fields may
stand `operator` (who signs in for this step), `role`, `reason` (for a repeat or a reserve), `note`, `skip` (the coded
reason with which the step is left out), `take_over` (the word with which its technician takes the watch over), `card =
"read"` (the machine's safety card was read), and the tables `readings` (what a manual instrument shows: "rate CH" =
"+4.5 s/d"), `lift` and `decide` (who lifts what stops the step, or decides the alert it waits for: `operator` and
`reason`; `accept = false` refuses). A photo is given by its path, beside the file. A field that is asked for each
entry of a list may be answered once for all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import datafile
from bench.errors import DataFileError, UsageError
from bench.language import msg
from bench.procedure.model import Procedure, Step, StepKind
from bench.quantities import Quantity

WORDS = ("operator", "role", "reason", "skip", "take_over", "card")
TABLES = ("readings", "lift", "decide")
OWN = (*WORDS, *TABLES)


@dataclass(frozen=True)
class Answer:
    """What the file says for one visit of one step."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    operator: str = ""
    role: str = ""
    reason: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)
    skip: str = ""
    take_over: str = ""
    card: str = ""
    lift: Mapping[str, Any] = field(default_factory=dict)
    decide: Mapping[str, Any] = field(default_factory=dict)


class Answers:
    """The answers of one file."""

    def __init__(self, path: Path, operator: str, steps: Mapping[str, Mapping[str, Any]]) -> None:
        self.path = path
        self.operator = operator
        self._steps = steps

    @classmethod
    def load(cls, path: Path) -> Answers:
        """Read the file. Raises DataFileError naming the file, the key and the reason."""
        data = datafile.read(path)
        operator, steps = data.pop("operator", ""), data.pop("steps", {})
        if data:
            raise _wrong(path, next(iter(data)), "unknown key; known: operator, steps")
        if not isinstance(operator, str):
            raise _wrong(path, "operator", "must be an operator's id")
        if not isinstance(steps, dict) or not all(isinstance(entry, dict) for entry in steps.values()):
            raise _wrong(path, "steps", "must hold one table a step: [steps.ID]")
        for name, entry in steps.items():
            _check(path, f"steps.{name}", entry, visits=True)
        return cls(path, operator, steps)

    def check(self, *procedures: Procedure) -> None:
        """Refuse answers to steps that none of the procedures has. Raises DataFileError."""
        known = [step.id for procedure in procedures for step in procedure.steps]
        ids = ", ".join(procedure.id for procedure in procedures)
        for name in self._steps:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=6, cutoff=0.4) or known[:6]
                raise _wrong(self.path, f"steps.{name}", f"no such step in {ids}; did you mean: {', '.join(near)}")

    def at(self, step: Step, visit: int) -> Answer:
        """Return what to answer at this visit of the step; nothing said is an empty answer."""
        entry = self._steps.get(step.id, {})
        said = {name: value for name, value in entry.items() if not name.isdigit()}
        said.update(entry.get(str(visit), {}))
        return Answer(
            fields={name: value for name, value in said.items() if name not in OWN},
            **{name: said.get(name, "") for name in WORDS},
            **{name: said.get(name, {}) for name in TABLES},
        )

    def missing(self, step: Step, visit: int, fields: str) -> UsageError:
        """Return the error for a step that the file does not answer."""
        return UsageError(
            msg(
                "{file} does not answer the step “{step}” ({id}, visit {visit}).",
                file=self.path.name,
                step=step.title,
                id=step.id,
                visit=visit,
            ),
            msg("It expects: {fields}.", fields=fields),
            msg("Add a table [steps.{id}] to {path}; the order stays at this step.", id=step.id, path=str(self.path)),
        )

    def reading(self, step: Step, visit: int, quantity: Quantity, label: str) -> str:
        """Return what a manual instrument shows. Raises UsageError where the file does not say."""
        name = f"{quantity.id} {label}".strip()
        readings = self.at(step, visit).readings
        if name not in readings:
            raise self.missing(step, visit, f'readings."{name}" ({quantity.name})')
        return str(readings[name])


def expected(step: Step) -> str:
    """Write the fields of a step with what each takes, for the person who writes the file."""
    if step.kind is StepKind.MEASUREMENT:
        return "reason"
    return ", ".join(
        _expected(entry.id, entry.kind, [c.id for c in entry.choices], entry.required) for entry in step.fields
    )


def _expected(name: str, kind: str, choices: list[str], required: bool) -> str:
    takes = {
        "yesno": "yes | no",
        "tick": "yes",
        "choice": " | ".join(choices),
        "several": f"[{', '.join(choices)}]",
        "date": "2026-11-22",
        "photo": "path",
        "defect": "MEC-AMP-B …",
        "lines": "[{…}]",
    }.get(kind, kind)
    return f"{name} = {takes}" if required else f"[{name} = {takes}]"


def _check(path: Path, where: str, entry: Mapping[str, Any], *, visits: bool) -> None:
    for name, value in entry.items():
        if name.isdigit() and visits:
            if not isinstance(value, dict):
                raise _wrong(path, f"{where}.{name}", "must be a table: the answers of that visit")
            _check(path, f"{where}.{name}", value, visits=False)
        elif name in TABLES:
            if not isinstance(value, dict):
                example = '"rate CH" = "+4.5 s/d"' if name == "readings" else 'operator = "…", reason = "…"'
                raise _wrong(path, f"{where}.{name}", f"must be a table: {example}")
        elif isinstance(value, dict):
            raise _wrong(path, f"{where}.{name}", "must be one value, or a list")
        elif name in WORDS and not isinstance(value, str):
            raise _wrong(path, f"{where}.{name}", "must be text")


def _wrong(path: Path, key: str, reason: str) -> DataFileError:
    return DataFileError(
        msg("{file} is not right: {key}: {reason}.", file=path.name, key=key, reason=reason),
        remedy=msg("Mend these keys."),
    )
