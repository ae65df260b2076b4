"""What the core needs to know of a calibre or a case: the profile models. The data lives in `profiles/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bench.conformity import DecisionRule
from bench.language import Text
from bench.limit import Limit, Mark
from bench.order import Family
from bench.quantities import Value


@dataclass(frozen=True)
class Fact:
    """One value of a profile with its source and how sure it is. A blank is the absence of a Fact, never a default."""

    value: Value
    source: str
    mark: Mark


@dataclass(frozen=True)
class ProfileLimit:
    """A limit with the circumstances it is for: None means that the limit does not depend on that circumstance.

    `shared` names the file of general limits it was taken from; "" is the calibre's or its maker's own.
    """

    limit: Limit
    grade: str | None = None
    position: str | None = None
    wind: str | None = None
    stage: str | None = None
    temperature: str | None = None
    shared: str = ""

    @property
    def circumstances(self) -> tuple[str | None, ...]:
        return (self.grade, self.position, self.wind, self.stage, self.temperature)

    def fits(
        self,
        *,
        grade: str | None,
        position: str | None,
        wind: str | None,
        stage: str | None,
        temperature: str | None = None,
    ) -> bool:
        asked = (grade, position, wind, stage, temperature)
        return all(mine is None or mine == theirs for mine, theirs in zip(self.circumstances, asked, strict=True))

    @property
    def precision(self) -> int:
        """How many circumstances it names: the most precise fitting limit is the one that counts."""
        return sum(part is not None for part in self.circumstances)


@dataclass(frozen=True)
class ProfileIdentity:
    """Exactly which profile: id, version and the SHA-256 of its content; where it comes from; whether approved."""

    id: str
    version: str
    sha256: str
    origin: str
    approved: bool

    def to_json(self) -> dict[str, str | bool]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class CalibreProfile:
    """What a calibre should measure. `facts` are keyed by quantity id (beat_rate, lift_angle, battery_capacity …).

    `grades` gives the positions that each grade is regulated in ("" where the maker has no grades), `grade_names`
    their names; `rule` is the decision rule that the profile asks for, None where the house's holds;
    `battery` is the usual cell's id, `batteries` the other cells that fit, `battery_names` every name that
    either may be written by.
    """

    identity: ProfileIdentity
    maker: str
    calibre: str
    family: Family
    aliases: tuple[str, ...] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    limits: tuple[ProfileLimit, ...] = ()
    grades: dict[str, tuple[str, ...]] = field(default_factory=dict)
    battery: str = ""
    demagnetisable: bool = True
    rule: DecisionRule | None = None
    notes: tuple[Text, ...] = ()
    batteries: tuple[str, ...] = ()
    battery_names: frozenset[str] = frozenset()
    battery_mark: Mark | None = None
    battery_source: str = ""
    grade_names: dict[str, Text] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.maker} {self.calibre}"

    def fact(self, quantity: str) -> Value | None:
        """Return a documented value, or None: blank stays blank."""
        found = self.facts.get(quantity)
        return found.value if found else None

    def positions(self, grade: str) -> tuple[str, ...]:
        """Return the positions that `grade` is regulated in; CH, 6H and 9H where the profile does not say."""
        return self.grades.get(grade) or self.grades.get("") or ("CH", "6H", "9H")

    def limit(
        self,
        quantity: str,
        *,
        grade: str | None = None,
        position: str | None = None,
        wind: str | None = None,
        stage: str | None = None,
        temperature: str | None = None,
    ) -> Limit | None:
        """Return the most precise limit for these circumstances, or None: no limit known."""
        return most_precise(
            self.limits,
            quantity,
            grade=grade,
            position=position,
            wind=wind,
            stage=stage,
            temperature=temperature,
        )


@dataclass(frozen=True)
class Stage:
    """One pressure of a dry test: gauge pressure, the leak limit there, and the times in seconds."""

    label: str
    pressure: Value
    limit: Limit
    fill: float
    stabilise: float
    measure: float


@dataclass(frozen=True)
class CaseProfile:
    """How a case is tested: the programme's stages in order, the free volume, the highest pressure allowed (G-15).

    `free_volumes` holds the volume of each glass class ("small", "medium", "large"); `free_volume` is the one taken
    where the class is not stated.
    """

    identity: ProfileIdentity
    name: str
    rating: Value
    stages: tuple[Stage, ...]
    free_volume: Fact | None
    max_pressure: Value
    rule: DecisionRule | None = None
    validity_hours: float = 24.0
    notes: tuple[Text, ...] = ()
    programme: str = ""
    free_volumes: dict[str, Fact] = field(default_factory=dict)


def most_precise(
    limits: Sequence[ProfileLimit],
    quantity: str,
    *,
    grade: str | None,
    position: str | None,
    wind: str | None,
    stage: str | None,
    temperature: str | None = None,
) -> Limit | None:
    """Return the fitting limit that names the most circumstances, or None."""
    fitting = [
        entry
        for entry in limits
        if entry.limit.quantity.id == quantity
        and entry.fits(grade=grade, position=position, wind=wind, stage=stage, temperature=temperature)
    ]
    best = max(fitting, key=lambda entry: entry.precision, default=None)
    return best.limit if best else None


class ProfileLibrary(Protocol):
    """What the core asks of `profiles/`. Unknown ids raise UsageError naming the nearest ones."""

    def calibre(self, profile_id: str) -> CalibreProfile: ...

    def case(self, profile_id: str) -> CaseProfile: ...

    def calibres(self) -> Sequence[CalibreProfile]: ...

    def cases(self) -> Sequence[CaseProfile]: ...
