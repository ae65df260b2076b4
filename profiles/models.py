"""The shape of the profile files: pydantic models, from which the JSON Schemas in `schemas/` are generated.

Shape only. What the values mean (units, references, limits inside out) is checked in `building.py`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MarkWord = Literal["documented", "carried-over", "common-knowledge", "unconfirmed", "house"]
Position = Literal["CH", "CB", "3H", "6H", "9H", "12H"]
Wind = Literal["0h", "24h"]
FamilyWord = Literal["mechanical", "automatic", "quartz", "autoquartz"]
RuleWord = Literal["simple", "iso-14253-1", "guard-band-u", "guarded-rejection"]
GlassClass = Literal["small", "medium", "large"]
Slug = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="Lower-case letters, digits and hyphens.")


class Strict(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Words(Strict):
    """The same words in both languages."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)


class FactEntry(Strict):
    """One value with its unit ("28800 A/h"), how sure it is, and where it was read."""

    value: str
    mark: MarkWord
    source: str = Field(min_length=1, description="Codes of sources.toml, or free words.")


class LimitEntry(Strict):
    """A limit with units ("-4 s/d"); a side that is left out is open. The other keys say what it depends on."""

    quantity: str
    low: str | None = None
    high: str | None = None
    mark: MarkWord
    source: str = Field(min_length=1)
    document: str = ""
    includes_margin: bool = Field(False, description="The maker's figure already holds a margin: no guard band.")
    grade: str | None = None
    position: Position | None = None
    wind: Wind | None = None
    stage: str | None = None
    temperature: str | None = None


class GradeEntry(Strict):
    """One grade: its name, the positions it is regulated in, its limits."""

    name: Words
    positions: list[Position] = Field([], description="Left out where the source does not name them.")
    limits: list[LimitEntry] = []


class GradesFile(Strict):
    """A shared file: grades of a maker, or general limits and facts that many calibres refer to."""

    id: str = Slug
    version: str
    title: Words
    general: bool = Field(False, description="Values of no calibre's own: usual ones, shown as such.")
    facts: dict[str, FactEntry] = {}
    limits: list[LimitEntry] = []
    grades: dict[str, GradeEntry] = {}
    notes: list[Words] = []


class GradesReference(Strict):
    """Which grades file a calibre follows, and which of its grades it is sold in (all, where not said)."""

    file: str = Field(alias="from")
    sold: list[str] = []


class BatteryReference(Strict):
    """The usual cell of a calibre and the others that fit, by trade number of batteries.toml."""

    cell: str
    others: list[str] = []
    mark: MarkWord
    source: str = Field(min_length=1)


class CarriedOver(Strict):
    """What is taken from a sister calibre: documented there, carried over here."""

    sister: str = Field(alias="from")
    facts: list[str] = []
    limits: list[str] = []


class CalibreFile(Strict):
    """What a calibre should measure. A value that is not known is left out: it has no default."""

    id: str = Slug
    version: str
    maker: str = Field(min_length=1)
    calibre: str = Field(min_length=1)
    family: FamilyWord
    aliases: list[str] = []
    battery: BatteryReference | None = None
    demagnetisable: bool = True
    rule: RuleWord | None = None
    positions: list[Position] = Field([], description="Positions of regulation where the maker has no grades.")
    grades: GradesReference | None = None
    shared: list[str] = Field([], description="Shared files of general limits, in grades/.")
    carried_over: CarriedOver | None = None
    facts: dict[str, FactEntry] = {}
    limits: list[LimitEntry] = []
    notes: list[Words] = []


class CaseFile(Strict):
    """How a case is tested."""

    id: str = Slug
    version: str
    name: str = Field(min_length=1)
    rating: str
    programme: str
    max_pressure: str
    rule: RuleWord | None = None
    validity_hours: float = Field(24.0, gt=0)
    glass: GlassClass = "medium"
    free_volumes: dict[GlassClass, FactEntry] = {}
    notes: list[Words] = []


class StageEntry(Strict):
    """One pressure of a test programme and the leak limit there; the times may differ from the programme's."""

    label: str = Field(min_length=1)
    pressure: str
    limit: str
    mark: MarkWord
    source: str = Field(min_length=1)
    document: str = ""
    fill: str | None = None
    stabilise: str | None = None
    measure: str | None = None


class Times(Strict):
    """Filling, stabilising and measuring times of every stage."""

    fill: str
    stabilise: str
    measure: str
    mark: MarkWord
    source: str = Field(min_length=1)


class ProgrammeFile(Strict):
    """A test programme: stages in order."""

    id: str = Slug
    version: str
    title: Words
    times: Times
    stages: list[StageEntry] = Field(min_length=1)
    notes: list[Words] = []


class BatteryEntry(Strict):
    """A cell and what it is also called."""

    designation: str = ""
    twin: str = Field("", description="Trade number of the high-drain (or low-drain) cell of the same size.")
    aliases: list[str] = []
    chemistry: Literal["silver-oxide", "lithium"] = "silver-oxide"
    voltage: FactEntry
    diameter: FactEntry | None = None
    height: FactEntry | None = None
    capacity: FactEntry | None = None
    mark: MarkWord
    source: str = Field(min_length=1)
    notes: list[Words] = []


class BatteriesFile(Strict):
    """All cells, by trade number."""

    version: str
    batteries: dict[str, BatteryEntry]


class SourcesFile(Strict):
    """Code → short reference."""

    sources: dict[str, str]


MODELS: dict[str, type[Strict]] = {
    "calibres": CalibreFile,
    "cases": CaseFile,
    "grades": GradesFile,
    "programmes": ProgrammeFile,
    "batteries": BatteriesFile,
    "sources": SourcesFile,
}
