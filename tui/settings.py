"""A workshop's own file, workshop.toml: name, house rules, operators, register of instruments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from bench import datafile
from bench.conformity import RULES
from bench.errors import EtabliError
from bench.house import House
from bench.instrument import Capability, InstrumentKind
from bench.metrology import Certificate, InstrumentRecord
from bench.numbering import PREFIX
from bench.people import LEVELS, Operator, Role
from bench.quantities import QUANTITIES, Value
from drivers.registry import DRIVERS, is_spoken
from tui.daily_check import DailyCheckEntry

MANUAL = "manual"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class HouseEntry(_Entry):
    """The house rules; `residual_field_max` is written with its unit ("0.1 mT").

    `lock_after_minutes`: a bench that nobody touches for so long asks for the PIN again; 0 for never.
    """

    residual_field_max: str = ""
    self_check: bool = False
    repeats_without_reason: PositiveInt = 3
    temperature_gap: PositiveFloat = 2.0
    cost_margin: float = Field(default=0.0, ge=0, le=1)
    diagnosis_days: PositiveInt = 30
    wait_scale: float = Field(default=1.0, ge=1)
    rule: Literal["simple", "iso-14253-1", "guard-band-u"] = "iso-14253-1"
    training: bool = False
    pins: bool = True
    lock_after_minutes: NonNegativeFloat = 10
    order_prefix: str = Field(default="", pattern=f"^{PREFIX.pattern}$")

    @field_validator("residual_field_max")
    @classmethod
    def _a_field(cls, written: str) -> str:
        if written:
            _read("residual_field", written)
        return written


class OperatorEntry(_Entry):
    """A named person and what they may do; `badge` is their id, `level` the highest where it is left out.

    `instruments` are the kinds they are authorised on; left out: every kind.
    """

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    roles: tuple[Role, ...] = Field(min_length=1)
    badge: str = ""
    level: int = Field(LEVELS[-1], ge=LEVELS[0], le=LEVELS[-1])
    instruments: tuple[InstrumentKind, ...] | None = None

    def operator(self) -> Operator:
        kinds = None if self.instruments is None else frozenset(self.instruments)
        return Operator(self.id, self.name, frozenset(self.roles), self.badge, self.level, kinds)


class CertificateEntry(_Entry):
    """A calibration certificate; `serial` is that of the instrument where it is left out."""

    number: str = Field(min_length=1)
    laboratory: str
    issued: date
    interval_days: PositiveInt = 365
    serial: str = ""
    expanded: dict[str, float] = Field(default_factory=dict)


class CapabilityEntry(_Entry):
    """What the register states of one quantity, in its canonical unit."""

    quantity: str
    low: float | None = None
    high: float | None = None
    resolution: float | None = None
    accuracy: float | None = None
    accuracy_relative: float | None = None
    source: str = ""

    @field_validator("quantity")
    @classmethod
    def _known(cls, key: str) -> str:
        if key not in QUANTITIES:
            raise ValueError(f"unknown quantity; known: {', '.join(sorted(QUANTITIES))}")
        return key


class InstrumentLine(_Entry):
    """One line of the register; `connection` is a port ("/dev/ttyUSB0", "COM3", "socket://host:port") or "manual"."""

    id: str = Field(min_length=1)
    kind: InstrumentKind
    model: str = Field(min_length=1)
    serial: str = Field(min_length=1)
    dialect: str
    connection: str = Field(min_length=1)
    options: dict[str, Any] = Field(default_factory=dict)
    capability: tuple[CapabilityEntry, ...] = ()
    daily_check: DailyCheckEntry | None = None

    @field_validator("dialect")
    @classmethod
    def _spoken(cls, dialect: str) -> str:
        if dialect != MANUAL and not is_spoken(dialect):
            raise ValueError(f"no driver speaks it; known: {', '.join([*DRIVERS, MANUAL])}")
        return dialect

    def record(self) -> InstrumentRecord:
        return InstrumentRecord(
            id=self.id,
            kind=self.kind,
            model=self.model,
            serial=self.serial,
            dialect=self.dialect,
            connection=self.connection,
            options=self.options,
            capabilities=tuple(Capability(**entry.model_dump()) for entry in self.capability),
            daily_check=self.daily_check.check() if self.daily_check else None,
        )


class InstrumentEntry(InstrumentLine):
    """A line with what workshop.toml also says of it; the journal adds to that."""

    suspended: str = ""
    out: bool = False
    certificate: tuple[CertificateEntry, ...] = ()

    def record(self) -> InstrumentRecord:
        certificates = (
            Certificate(c.number, c.laboratory, c.issued, c.interval_days, c.serial or self.serial, c.expanded)
            for c in self.certificate
        )
        return replace(super().record(), certificates=tuple(certificates), suspended=self.suspended, out=self.out)


class BackupEntry(_Entry):
    """Backups that make themselves: where (relative to the workshop's folder), how often, how many are kept.

    `keys`: the customers' keys too (one file, written over each time).
    """

    folder: str = Field(min_length=1)
    every_hours: PositiveFloat = 24
    keep: PositiveInt = 30
    keys: bool = False

    def place(self, workshop: Path) -> Path:
        return workshop / Path(self.folder).expanduser()


class SimulationEntry(_Entry):
    """Marks a demonstration workshop: its instruments are simulated, `speed` times as fast as the clock.

    `pin` is everybody's who has not chosen their own; the screen says it.
    """

    speed: PositiveFloat = 1.0
    seed: int = 1
    pin: str = Field("0000", pattern=r"^[0-9]{4,12}$")


class WorkshopFile(_Entry):
    """workshop.toml as a whole; `language` is that of its sheets, "" for that of the screen."""

    name: str = Field(min_length=1)
    language: Literal["", "fr", "en"] = ""
    station: str = Field("bench-1", min_length=1)
    house: HouseEntry = HouseEntry()
    operator: tuple[OperatorEntry, ...] = Field(min_length=1)
    instrument: tuple[InstrumentEntry, ...] = ()
    simulation: SimulationEntry | None = None
    backup: BackupEntry | None = None

    @model_validator(mode="after")
    def _each_once(self) -> WorkshopFile:
        for what, ids in (("operator", [o.id for o in self.operator]), ("instrument", [i.id for i in self.instrument])):
            for twice in sorted({each for each in ids if ids.count(each) > 1}):
                raise ValueError(f"{what} {twice!r} stands twice")
        if self.house.wait_scale != 1 and self.simulation is None and not self.house.training:
            raise ValueError("wait_scale shortens waits of a demonstration or of training only")
        # A badge is looked for whatever the case; nobody may be found by the badge of somebody else.
        badges = [(o.badge or o.id).casefold() for o in self.operator]
        for twice in sorted({each for each in badges if badges.count(each) > 1}):
            raise ValueError(f"badge {twice!r} stands twice")
        return self


@dataclass(frozen=True)
class Settings:
    """What the program makes of workshop.toml."""

    language: str
    station: str
    house: House
    operators: tuple[Operator, ...]
    records: tuple[InstrumentRecord, ...]
    simulation: SimulationEntry | None
    pins: bool = True
    lock_after: float = 600.0
    """Seconds without a touch before the bench locks itself, 0 for never."""
    backup: BackupEntry | None = None

    def operator(self, operator_id: str) -> Operator | None:
        return next((entry for entry in self.operators if entry.id == operator_id), None)

    @property
    def choosers(self) -> frozenset[str]:
        """Who chooses their own PIN even where others have the simulation's.

        In a training workshop these are the trainers: they see the answers, and trainees know the others' PIN.
        """
        training = self.house.training
        return frozenset(entry.id for entry in self.operators if training and Role.TRAINER in entry.roles)


def load(path: Path) -> Settings:
    """Read workshop.toml. Raises DataFileError naming the file, the line or key, and the reason."""
    return settings(datafile.load(path, WorkshopFile))


def settings(file: WorkshopFile) -> Settings:
    field = file.house.residual_field_max
    house = House(
        name=file.name,
        residual_field_max=_read("residual_field", field) if field else None,
        self_check=file.house.self_check,
        repeats_without_reason=file.house.repeats_without_reason,
        rule=RULES[file.house.rule],
        training=file.house.training,
        order_prefix=file.house.order_prefix,
        temperature_gap=file.house.temperature_gap,
        cost_margin=file.house.cost_margin,
        diagnosis_days=file.house.diagnosis_days,
        wait_scale=file.house.wait_scale,
    )
    return Settings(
        language=file.language,
        station=file.station,
        house=house,
        operators=tuple(entry.operator() for entry in file.operator),
        records=tuple(entry.record() for entry in file.instrument),
        simulation=file.simulation,
        pins=file.house.pins,
        lock_after=file.house.lock_after_minutes * 60.0,
        backup=file.backup,
    )


def _read(key: str, written: str) -> Value:
    try:
        return Value.parse(key, written)
    except EtabliError as error:
        raise ValueError(str(error)) from None
