"""What a procedure file says: steps, fields, measurements, branches. Read from TOML, frozen."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
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
SKIPPED = "skipped"


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
    COUNT = "count"
    WAIT = "wait"


class Act(StrEnum):
    """What a step does to the watch, the order or the customer: each brings its guards along, whatever the data says
    (bench/procedure/guards/acts.py).
    """

    CUSTODY = "custody"
    TRANSMIT = "transmit"
    OPEN = "open"
    PRESSURISE = "pressurise"
    IMMERSE = "immerse"
    IMMERSE_EMPTY = "immerse-empty"
    REGULATE = "regulate"
    DEMAGNETISE = "demagnetise"
    FIT_BATTERY = "fit-battery"
    FIT_PART = "fit-part"
    POLISH = "polish"
    MACHINE = "machine"
    FINAL_CONTROL = "final-control"
    HAND_OVER = "hand-over"
    CLOSE_SHEET = "close-sheet"


class Choice(_Data):
    """One answer of a choice. Taking it raises an alert of the word `alert` with this text, `blocking` or not; `guard`
    is the code of a guard that refuses it until somebody entitled has lifted that ("G-26" for a part not listed).
    `procedure` ends this procedure and goes on with that one on the same order.
    """

    id: str
    label: Text
    alert: str = ""
    blocking: bool = False
    guard: str = ""
    procedure: str = ""


FieldKind = Literal["text", "yesno", "choice", "several", "number", "tick", "date", "photo", "defect", "lines"]


class FormField(_Data):
    """One thing to fill in.

    `several` takes a list of choice ids, `lines` a list of rows with `columns`, at least `least`; `photo` the SHA-256
    of a photo attached to the order; `defect` a code of bench/defects.toml; `date` an ISO date. `when` asks the field
    only where other answers of the same step are so ("!x": anything but x).

    Where the answer goes: `fact` names it for guards, branches and limits; `order` is the path in the repair order
    that it fills in ("watch.case_number"); `quote` the part of the customer's consent ("reference", "how", "ceiling",
    "operations", "minutes"); `into` a list of the order ("symptoms", "defects", "accessories", "functions") that later
    steps come back to; `count_out` and `count_in` what was taken out of the watch and put back; `adds` what it costs.
    `each` repeats the field for each entry of such a list: its id is then "id.key", its fact "fact.key".
    `technical` text is queried when it is short or holds no word of the trade.
    """

    id: str
    kind: FieldKind
    label: Text
    choices: tuple[Choice, ...] = ()
    required: bool = True
    quantity: str = ""
    columns: tuple[FormField, ...] = ()
    least: int = 0
    when: dict[str, str] = Field(default_factory=dict)
    fact: str = ""
    order: str = ""
    quote: Literal["", "reference", "how", "ceiling", "operations", "minutes"] = ""
    into: str = ""
    each: str = ""
    count_out: str = ""
    count_in: str = ""
    adds: Literal["", "cost", "minutes"] = ""
    technical: bool = False
    criteria: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> FormField:
        if (self.kind in ("choice", "several")) != bool(self.choices):
            raise ValueError("a choice or several, and only they, have choices")
        if (self.kind == "lines") != bool(self.columns):
            raise ValueError("lines, and only they, have columns")
        if any(column.columns or column.each or column.into for column in self.columns):
            raise ValueError("a column is a plain field")
        if self.kind == "number" and self.quantity not in QUANTITIES:
            raise ValueError(f"a number field needs a known quantity, not {self.quantity!r}")
        if (self.count_out or self.count_in) and self.quantity != "pieces":
            raise ValueError('what is counted is a number of the quantity "pieces"')
        return self

    def texts(self, where: str) -> Iterator[tuple[str, Text]]:
        yield f"{where}.{self.id}", self.label
        for choice in self.choices:
            yield f"{where}.{self.id}.{choice.id}", choice.label
        for column in self.columns:
            yield from column.texts(f"{where}.{self.id}")


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


class Wait(_Data):
    """Let time pass: `minutes` from the end of the last visit of the step `since`, from the start of this one where it
    is "". `purpose` "thermal-rest" is what a water-resistance test needs before it (G-10).
    """

    minutes: float = Field(gt=0)
    since: str = ""
    purpose: Literal["", "thermal-rest"] = ""


class Rule(_Data):
    """`field` answered with `equals` ("!x": anything but x) makes the step end with outcome `result`, or refuses the
    answer (`refuse`).
    """

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

    `stage` is the numbered line of the tree that it belongs to, `module` the reusable module it came from. `counter`
    steps happen at reception, before the watch is in the workshop's hands. `skip` lists the coded reasons with which a
    person may leave it out, `back` the earlier steps from which the work may be repeated, with a reason;
    `max_visits` is how often it may be entered before the manager decides (0: as often as needed). `operation` is
    the operation of the quote that it carries out (bench/operations.toml), `level` the technical level it asks for,
    `machine` the safety card to be read first. `report` names the paper that it yields.
    """

    id: str
    kind: StepKind
    title: Text
    instruction: Text = Text("", "")
    stage: str = ""
    module: str = ""
    phase: Literal["", "before", "after"] = ""
    role: Role = Role.TECHNICIAN
    counter: bool = False
    intervention: bool = False
    operation: str = ""
    level: int = Field(0, ge=0, le=4)
    acts: tuple[Act, ...] = ()
    machine: str = ""
    guards: tuple[str, ...] = ()
    fields: tuple[FormField, ...] = ()
    measure: Measure | None = None
    wait: Wait | None = None
    handlings: Handlings = ()
    outcome: tuple[Rule, ...] = ()
    next: dict[str, str] = Field(default_factory=dict)
    when: dict[str, str] = Field(default_factory=dict)
    skip: tuple[Choice, ...] = ()
    back: tuple[str, ...] = ()
    max_visits: int = Field(0, ge=0)
    meaning: Text | None = None
    report: str = ""
    criteria: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fitting(self) -> Step:
        if (self.kind is StepKind.MEASUREMENT) != (self.measure is not None):
            raise ValueError("a measurement step, and only it, has [step.measure]")
        if (self.kind is StepKind.WAIT) != (self.wait is not None):
            raise ValueError("a wait step, and only it, has wait = {minutes = …}")
        if self.kind is StepKind.DECISION and [f.kind for f in self.fields] != ["choice"]:
            raise ValueError("a decision has exactly one choice field")
        if self.kind is StepKind.COUNT and not any(f.count_out or f.count_in for f in self.fields):
            raise ValueError("a count step counts something: count_out or count_in")
        if (self.kind is StepKind.SIGNOFF) != (self.meaning is not None):
            raise ValueError("a sign-off, and only it, states its meaning")
        if (Act.MACHINE in self.acts) != bool(self.machine):
            raise ValueError('a step with the act "machine", and only it, names its machine')
        return self

    def field(self, field_id: str) -> FormField | None:
        return next((entry for entry in self.fields if entry.id == field_id), None)

    def all_criteria(self) -> frozenset[str]:
        """Return the criteria that the step or one of its fields supports."""
        return frozenset((*self.criteria, *(code for entry in self.fields for code in entry.criteria)))


class Stage(_Data):
    """One numbered line of a tree, and what stands behind it: one step or several."""

    id: str
    title: Text


class Procedure(_Data):
    """A procedure: its steps in order, entered at the first. `sha256` pins the exact content in the record.

    `copied_from` names the procedure that a workshop has copied and edited under a name of its own.
    """

    id: str
    version: str
    title: Text
    families: tuple[Family, ...]
    copied_from: str = ""
    stage: tuple[Stage, ...] = ()
    step: tuple[Step, ...]
    sha256: str = ""
    origin: str = "shipped"

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.step

    @cached_property
    def _places(self) -> dict[str, int]:
        return {entry.id: place for place, entry in reversed(list(enumerate(self.step)))}

    def get(self, step_id: str) -> Step | None:
        place = self._places.get(step_id)
        return None if place is None else self.step[place]

    def following(self, step_id: str) -> str:
        """Return the id of the step written after `step_id`, "end" after the last."""
        place = self._places[step_id] + 1
        return self.step[place].id if place < len(self.step) else END

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
        for stage in self.stage:
            yield stage.id, stage.title
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
                yield from entry.texts(step.id)
            for reason in step.skip:
                yield f"{step.id}.skip.{reason.id}", reason.label
            for run in step.measure.run if step.measure else ():
                if run.prompt:
                    yield f"{step.id}.prompt", run.prompt
