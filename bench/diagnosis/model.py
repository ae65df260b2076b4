"""What a diagnosis rule is in its data file: conditions on figures and facts, hypothesis, action, source, mark."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from bench.conformity import State
from bench.diagnosis.figures import quantity_of
from bench.errors import EtabliError
from bench.language import Text
from bench.limit import Mark
from bench.order import Family
from bench.quantities import Value

RULE_ID = r"^[A-Z]{1,4}-[0-9]{2,3}$"
FACT_ID = r"^[a-z][a-z_]*$"
DEFECT = r"^[A-Z]{3}-[A-Z]{3}(-[A-Z]{1,3})?$"


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Strict):
    """Words in both languages; neither may be missing or empty."""

    fr: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @cached_property
    def text(self) -> Text:
        return Text(self.fr, self.en)


class Condition(Strict):
    """One thing that must hold. Exactly one of `figure`, `fact`, `missing` says what is looked at.

    A figure lies strictly `above` or `below` values with their unit, or has one of the `verdict` states, on one `side`
    of its limit where that is said; all that is named must hold. A fact `is` one word. `missing` names a figure that
    was not measured, or a fact that nobody stated. `mark` is that of the threshold where it is not the rule's: "ours"
    where no source gives a number.
    """

    figure: str = ""
    above: str | None = None
    below: str | None = None
    verdict: tuple[State, ...] = ()
    side: Literal["above", "below"] | None = None
    fact: Annotated[str, Field(pattern=FACT_ID)] | None = None
    is_: Annotated[str | None, Field(alias="is")] = None
    missing: str | None = None
    mark: Mark | Literal["ours"] | None = None

    @field_validator("figure")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            quantity_of(name)
        except EtabliError as error:
            raise ValueError(str(error)) from None
        return name

    @field_validator("above", "below")
    @classmethod
    def _readable(cls, written: str | None, info: ValidationInfo) -> str | None:
        figure = info.data.get("figure")
        if written is not None and figure:
            try:
                Value.parse(quantity_of(figure).id, written)
            except EtabliError as error:
                raise ValueError(str(error)) from None
        return written

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if sum(map(bool, (self.figure, self.fact, self.missing))) != 1:
            raise ValueError("exactly one of figure, fact and missing says what is looked at")
        if self.figure and not (self.above or self.below or self.verdict):
            raise ValueError("a figure needs above, below or verdict")
        if not self.figure and (self.above or self.below or self.verdict or self.side or self.mark):
            raise ValueError("above, below, verdict, side and mark belong to a figure")
        if self.side and not self.verdict:
            raise ValueError("a side belongs to a verdict")
        if bool(self.fact) != bool(self.is_):
            raise ValueError("a fact needs the word that it is")
        return self

    @cached_property
    def low(self) -> Value | None:
        """The value that the figure must lie above."""
        return Value.parse(quantity_of(self.figure).id, self.above) if self.above else None

    @cached_property
    def high(self) -> Value | None:
        """The value that the figure must lie below."""
        return Value.parse(quantity_of(self.figure).id, self.below) if self.below else None


class Against(Strict):
    """What speaks against a hypothesis although its own conditions hold, and why."""

    when: tuple[Condition, ...]
    why: Words


class Kind(StrEnum):
    """A check is asked before the hypotheses that rest on it; a caution comes after them."""

    CHECK = "check"
    HYPOTHESIS = "hypothesis"
    CAUTION = "caution"


class Rule(Strict):
    """One rule: `when` any of its alternatives holds (each a list of conditions that all hold), a hint is given.

    `direct`: the measurement shows the fault itself, where other rules infer it. A check names the facts that it
    `ask`s for and the rules that it comes `before`. `contradicts` names rules that do not go together with this one.
    `source` are codes of the file's sources, with a space between.
    """

    id: Annotated[str, Field(pattern=RULE_ID)]
    kind: Kind = Kind.HYPOTHESIS
    direct: bool = False
    families: tuple[Family, ...] = tuple(Family)
    when: tuple[tuple[Condition, ...], ...]
    hypothesis: Words
    action: Words
    source: Annotated[str, Field(min_length=1)]
    mark: Mark
    defects: tuple[Annotated[str, Field(pattern=DEFECT)], ...] = ()
    ask: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    contradicts: dict[str, Words] = {}
    against: tuple[Against, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.when or not all(self.when) or not all(entry.when for entry in self.against):
            raise ValueError("when needs an alternative, and each alternative a condition")
        if not self.families:
            raise ValueError("a rule is for at least one family")
        if (self.kind is Kind.CHECK) != bool(self.ask):
            raise ValueError("a check, and only a check, asks for facts")
        if self.before and self.kind is not Kind.CHECK:
            raise ValueError("only a check comes before other rules")
        return self

    def conditions(self) -> tuple[Condition, ...]:
        """Return every condition that the rule names, for and against."""
        inner = [*self.when, *(entry.when for entry in self.against)]
        return tuple(condition for alternative in inner for condition in alternative)


class RuleFile(Strict):
    """One file of rules: `sources` code → reference, `facts` what eyes, ears and instruments tell in words, `rule`
    the rules by their id.
    """

    version: Annotated[str, Field(min_length=1)]
    sources: dict[str, Annotated[str, Field(min_length=1)]] = {}
    facts: dict[Annotated[str, Field(pattern=FACT_ID)], Words] = {}
    rule: dict[str, Rule] = {}

    @field_validator("rule", mode="before")
    @classmethod
    def _named(cls, tables: Any) -> Any:
        if not isinstance(tables, dict):
            return tables
        return {key: {**table, "id": key} if isinstance(table, dict) else table for key, table in tables.items()}
