"""The cases of the simulator: one TOML file a watch, with its planted fault and what a technician should find."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench.datafile import load as load_file
from bench.errors import UsageError
from bench.language import Text, msg
from drivers.simulated.battery import BatterySpec
from drivers.simulated.case import CaseSpec
from drivers.simulated.magnetism import MagnetismSpec
from drivers.simulated.movement import MechanicalSpec, Spec
from drivers.simulated.quartz import QuartzSpec

FOLDER = Path(__file__).with_name("cases")
_lent: dict[str, CaseFile] = {}


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @property
    def text(self) -> Text:
        return Text(self.fr, self.en)


class CaseFile(Spec):
    """A virtual watch: movement, case, battery and magnetism, the planted `fault` and the expected `findings`.

    `rules` are the diagnosis rules that should name the fault, none for a healthy watch (bench/diagnosis/rules.toml).
    `calibre` and `grade` name the profile that it is a specimen of, as a hint for who writes orders.
    """

    id: str
    title: _Words
    fault: _Words
    findings: Annotated[tuple[_Words, ...], Field(min_length=1)]
    rules: tuple[Annotated[str, Field(pattern=r"^[A-Z]{1,4}-[0-9]{2,3}$")], ...] = ()
    calibre: str
    grade: str = ""
    movement: Annotated[MechanicalSpec | QuartzSpec, Field(discriminator="kind")]
    case: CaseSpec = CaseSpec()
    battery: BatterySpec | None = None
    magnetism: MagnetismSpec = MagnetismSpec()

    @model_validator(mode="after")
    def _powered(self) -> Self:
        if isinstance(self.movement, QuartzSpec) and self.battery is None:
            raise ValueError("a quartz movement needs a [battery]")
        return self


def available() -> list[str]:
    """Return the ids of all cases, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def lend(case: CaseFile) -> None:
    """Let a watch be found by its id for as long as the program runs, beside those of the folder: an exercise's."""
    _lent[case.id] = case


def load(case: str) -> CaseFile:
    """Return one case by its id. Raises UsageError for an unknown one, DataFileError for a wrong file."""
    return _lent[case] if case in _lent else _read(case)


@lru_cache
def _read(case: str) -> CaseFile:
    if case not in available():
        raise UsageError(
            msg("There is no simulated case called “{case}”.", case=case),
            remedy=msg("Known cases: {known}.", known=", ".join(available())),
        )
    return load_file(FOLDER / f"{case}.toml", CaseFile)
