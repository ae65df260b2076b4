"""What a procedure file says: steps, fields, measurements, branches. Read from TOML, frozen."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bench.conformity import RULES
from bench.instrument import InstrumentKind
from bench.judging import HANDLINGS, Handling
from bench.language import Text
from bench.order import Family
from bench.people import Role
from bench.quantities import QUANTITIES

END = "end"
NOT_MEASURED = "not-measured"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StepKind(StrEnum):
    """What a step asks of the technician."""

    INSTRUCTION = "instruction"
    CHECKLIST = "checklist"
    FORM = "form"
    MEASUREMENT = "measurement"
    DECISION = "decision"
    SIGNOFF = "signoff"


class Choice(_Data):
    """One answer of a choice; `alert` raises an alert of that word with this text when it is taken."""

    id: str
    label: Text
    alert: str = ""


class FormField(_Data):
    """One thing to fill in. `fact` is the name under which guards and limits read the answer."""

    id: str
    kind: Literal["text", "yesno", "choice", "number", "tick"]
    label: Text
    choices: tuple[Choice, ...] = ()
    required: bool = True
    quantity: str = ""
    fact: str = ""

    @model_validator(mode="after")
    def _complete(self) -> FormField:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice field, and only it, has choices")
        if self.kind == "number" and self.quantity not in QUANTITIES:
            raise ValueError(f"a number field needs a known quantity, not {self.quantity!r}")
        return self


def _handling(written: object) -> object:
    if isinstance(written, str):
        act, _, detail = written.partition(" ")
        if act not in HANDLINGS:
            raise ValueError(f"{act!r} is not one of {', '.join(HANDLINGS)}")
        return Handling(act, detail)
    return written


Handlings = tuple[Annotated[Handling, BeforeValidator(_handling)], ...]


class Run(_Data):
    """One program of the step's instrument. `parameters` are written with their unit, or "profile" to take the
    calibre's or the case's value. `positions` repeats the run: a list, or "grade" for those of the watch's grade.
    """

    program: str
    parameters: dict[str, str | int] = Field(default_factory=dict)
    positions: tuple[str, ...] | Literal["grade"] = ()
    wind: Literal["", "0h", "24h"] = ""
    label: str = ""
    prompt: Text | None = None
    handlings: Handlings = ()


class Measure(_Data):
    """What a measurement step measures: with which kind of instrument, what is judged, what is derived.

    `rule` is a decision rule for this step alone ("guarded-rejection" for a supplier claim); "" leaves the profile's.
    """

    instrument: InstrumentKind
    run: tuple[Run, ...]
    judged: tuple[str, ...] = ()
    derive: tuple[str, ...] = ()
    rule: str = ""

    @model_validator(mode="after")
    def _known(self) -> Measure:
        unknown = [key for key in (*self.judged, *self.derive) if key not in QUANTITIES]
        if unknown:
            raise ValueError(f"unknown quantity {', '.join(unknown)}")
        if self.rule and self.rule not in RULES:
            raise ValueError(f"{self.rule!r} is not one of {', '.join(RULES)}")
        if not self.run:
            raise ValueError("a measurement needs at least one run")
        return self


class Stop(_Data):
    """Why an answer does not let the work go on, and what to do: shown as a refusal, and journaled."""

    reason: Text
    remedy: Text


class Rule(_Data):
    """`field` answered with `equals` makes the step end with outcome `result`, or refuses the answer (`refuse`)."""

    field: str
    equals: str
    result: str = ""
    refuse: Stop | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Rule:
        if bool(self.result) == (self.refuse is not None):
            raise ValueError("a rule has a result, or refuses")
        return self


class Step(_Data):
    """One step. `next` maps an outcome to a step id or "end"; "*" is every other outcome, and the following step
    where nothing is said. `when` = {fact: value} lets the step be passed over where the fact is otherwise.
    """

    id: str
    kind: StepKind
    title: Text
    instruction: Text = Text("", "")
    phase: Literal["", "before", "after"] = ""
    role: Role = Role.TECHNICIAN
    intervention: bool = False
    guards: tuple[str, ...] = ()
    fields: tuple[FormField, ...] = ()
    measure: Measure | None = None
    handlings: Handlings = ()
    outcome: tuple[Rule, ...] = ()
    next: dict[str, str] = Field(default_factory=dict)
    when: dict[str, str] = Field(default_factory=dict)
    meaning: Text | None = None
    criteria: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> Step:
        if (self.kind is StepKind.MEASUREMENT) != (self.measure is not None):
            raise ValueError("a measurement step, and only it, has [step.measure]")
        if self.kind is StepKind.DECISION and [f.kind for f in self.fields] != ["choice"]:
            raise ValueError("a decision has exactly one choice field")
        if (self.kind is StepKind.SIGNOFF) != (self.meaning is not None):
            raise ValueError("a sign-off, and only it, states its meaning")
        return self

    def field(self, field_id: str) -> FormField | None:
        return next((entry for entry in self.fields if entry.id == field_id), None)


class Procedure(_Data):
    """A procedure: its steps in order, entered at the first. `sha256` pins the exact content in the record."""

    id: str
    version: str
    title: Text
    families: tuple[Family, ...]
    step: tuple[Step, ...]
    sha256: str = ""
    origin: str = "shipped"

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.step

    def get(self, step_id: str) -> Step | None:
        return next((entry for entry in self.step if entry.id == step_id), None)

    def following(self, step_id: str) -> str:
        """Return the id of the step written after `step_id`, "end" after the last."""
        ids = [entry.id for entry in self.step]
        place = ids.index(step_id) + 1
        return ids[place] if place < len(ids) else END

    def target(self, step: Step, outcome: str) -> str | None:
        """Return where `outcome` leads, None where the data has no way on for it.

        A failure needs a branch of its own, and so does a step that judges and could not be measured.
        """
        if outcome in step.next:
            return step.next[outcome]
        if outcome == "fail" or (outcome == NOT_MEASURED and step.measure is not None and step.measure.judged):
            return None
        return step.next.get("*", self.following(step.id))

    def texts(self) -> Iterator[tuple[str, Text]]:
        """Walk every text for people, with where it stands."""
        yield "title", self.title
        for step in self.step:
            yield f"{step.id}.title", step.title
            yield f"{step.id}.instruction", step.instruction
            if step.meaning:
                yield f"{step.id}.meaning", step.meaning
            for rule in step.outcome:
                if rule.refuse:
                    yield f"{step.id}.{rule.field}.refuse", rule.refuse.reason
                    yield f"{step.id}.{rule.field}.refuse", rule.refuse.remedy
            for entry in step.fields:
                yield f"{step.id}.{entry.id}", entry.label
                for choice in entry.choices:
                    yield f"{step.id}.{entry.id}.{choice.id}", choice.label
            for run in step.measure.run if step.measure else ():
                if run.prompt:
                    yield f"{step.id}.prompt", run.prompt
