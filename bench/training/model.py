"""An exercise as data: a watch with a planted fault or a recorded session, what is hidden, asked and expected.

One TOML file an exercise; a trainer adds their own in the folder `exercises` of the workshop. The watch itself is the
simulator's to read (`case` or the table `[watch]`): the core only knows what a trainee should find.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bench.criteria import competences
from bench.defects import defects
from bench.diagnosis.figures import quantity_of
from bench.errors import EtabliError
from bench.language import Text
from bench.operations import operations
from bench.order import Family, Watch
from bench.quantities import Value

Hidden = Literal["verdicts", "limits", "hints"]
Block = Literal["BC1", "BC2", "BC3", "BC4"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Frame(_Data):
    """One of the four settings in which the CQP is evaluated: time to prepare and to work, in minutes, and what for.

    `procedures` are those that an exercise in this setting may use; `watched` is what only the trainer can see.
    """

    id: Block
    title: Text
    task: Text
    prepare: Annotated[int, Field(ge=0)] = 0
    minutes: Annotated[int, Field(gt=0)]
    procedures: tuple[str, ...]
    watched: tuple[Text, ...] = ()

    def competences(self) -> tuple[str, ...]:
        """Return the competences of the block."""
        return tuple(each.id for each in competences() if each.id.startswith(f"C.{self.id[2]}."))


class Finding(_Data):
    """What measuring must show: a figure (as the diagnosis rules name them) within `low` … `high`, units written out.

    `verdict` is what the profile's limit says of it, where it says anything.
    """

    figure: str
    low: str = ""
    high: str = ""
    verdict: Literal["", "conforming", "conditionally-conforming", "conditionally-nonconforming", "nonconforming"] = ""
    text: Text

    @model_validator(mode="after")
    def _sides(self) -> Self:
        found = quantity_of_figure(self.figure)
        sides = [_value(found, side) for side in (self.low, self.high) if side]
        if not sides and not self.verdict:
            raise ValueError(f"{self.figure} expects nothing: give low, high or verdict")
        if len(sides) == 2 and sides[0].magnitude > sides[1].magnitude:
            raise ValueError(f"{self.figure}: low is above high")
        return self

    def bounds(self) -> tuple[float | None, float | None]:
        """Return the two sides in the quantity's canonical unit, None where there is none."""
        found = quantity_of_figure(self.figure)
        low, high = (_value(found, side).magnitude if side else None for side in (self.low, self.high))
        return low, high


class Question(_Data):
    """One question; `at` (seconds) ties it to a moment of a replayed session. `answer` is the reference answer."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    text: Text
    answer: Text
    at: Annotated[float, Field(ge=0)] | None = None
    choices: tuple[Text, ...] = ()


class Answer(_Data):
    """The reference diagnosis: codes of defects, figures that a trainee should cite, and the model answer in words."""

    text: Text
    defects: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()

    @field_validator("defects")
    @classmethod
    def _known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        strangers = [code for code in codes if code not in defects()]
        if strangers:
            raise ValueError(f"no such defect code: {', '.join(strangers)}")
        return codes

    @field_validator("cites")
    @classmethod
    def _figures(cls, figures: tuple[str, ...]) -> tuple[str, ...]:
        for figure in figures:
            quantity_of_figure(figure)
        return figures


class OrderedWatch(_Data):
    """The watch as the order describes it, and what was signed for: what the trainee may know of it.

    `ceiling` (EUR) and `minutes` of the signed quote, absent where it names none.
    """

    brand: str
    model: str = ""
    family: Family
    calibre: str
    grade: str = ""
    case: str = ""
    water_resistance: str = ""
    case_number: str = "118204"
    operations: tuple[str, ...] = ()
    ceiling: Annotated[float, Field(gt=0)] | None = None
    minutes: Annotated[int, Field(gt=0)] | None = None

    def watch(self) -> Watch:
        """Return the watch as an order has it."""
        return Watch(
            brand=self.brand,
            model=self.model,
            case_number=self.case_number,
            family=self.family,
            calibre=self.calibre,
            grade=self.grade,
            case=self.case,
            water_resistance=self.water_resistance,
        )

    @field_validator("operations")
    @classmethod
    def _priced(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        strangers = [each for each in ids if each not in operations()]
        if strangers:
            raise ValueError(f"no such operation: {', '.join(strangers)}; known: {', '.join(operations())}")
        return ids


class Exercise(_Data):
    """One exercise. With `session` it is the replay of that session, otherwise a whole order on a simulated watch.

    `watch` describes that watch (drivers/simulated/cases.py), `case` names one of the simulator's. `hide` is what the
    trainee does not see until the reveal; `minutes` is the time limit, the setting's where `frame` names one.
    """

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    version: str = "1"
    title: Text
    level: Annotated[int, Field(ge=1, le=4)] = 1
    minutes: Annotated[int, Field(gt=0)]
    competences: tuple[str, ...] = Field(min_length=1)
    frame: Block | Literal[""] = ""
    hide: tuple[Hidden, ...] = ("hints",)
    situation: Text
    request: Text
    procedure: str = "diagnostic-seul"
    order: OrderedWatch | None = None
    case: str = ""
    watch: dict[str, Any] | None = None
    session: str = ""
    fault: Text
    expected: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    question: tuple[Question, ...] = ()
    answer: Answer

    @field_validator("competences")
    @classmethod
    def _of_the_trade(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        known = [each.id for each in competences()]
        strangers = [code for code in codes if code not in known]
        if strangers:
            raise ValueError(f"no such competence: {', '.join(strangers)}; known: {', '.join(known)}")
        return codes

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        subjects = [name for name in ("case", "watch", "session") if getattr(self, name)]
        if len(subjects) != 1:
            raise ValueError(
                f"an exercise is about one of case, [watch] or session, here: {', '.join(subjects) or '—'}"
            )
        if not self.session and self.order is None:
            raise ValueError("an exercise on a watch needs its [order]: brand, family, calibre")
        ids = [question.id for question in self.question]
        if len(ids) != len(set(ids)):
            raise ValueError("two questions have the same id")
        return self

    @property
    def replayed(self) -> bool:
        return bool(self.session)

    def hides(self, what: Hidden) -> bool:
        return what in self.hide


def quantity_of_figure(figure: str) -> str:
    """Return the quantity's key of a figure. Raises ValueError for one that nothing measures."""
    try:
        return quantity_of(figure).id
    except EtabliError as error:
        raise ValueError(str(error)) from None


def _value(quantity: str, written: str) -> Value:
    try:
        return Value.parse(quantity, written)
    except EtabliError as error:
        raise ValueError(str(error)) from None


def digest(exercise: Exercise) -> str:
    """Return the SHA-256 of an exercise's content: what a record of its run pins."""
    from bench.datafile import fingerprint

    content: Mapping[str, Any] = exercise.model_dump(mode="json")
    return fingerprint({**content, "watch": repr(content["watch"])})
