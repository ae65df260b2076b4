"""The 19 competences and 97 criteria of the CQP Technicien d'atelier en horlogerie (RNCP37858), as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench import datafile
from bench.language import N_, Text, _
from bench.procedure.model import Procedure, Step

_FILE = Path(__file__).with_name("criteria.toml")
NEEDS = ("guard", "act", "alert", "report", "block", "feature")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CriterionKind(StrEnum):
    """How a criterion is supported: by a step, a field, a check that stops or branches, an alert, a report."""

    STEP = "step"
    FIELD = "field"
    CHECK = "check"
    ALERT = "alert"
    REPORT = "report"

    def __str__(self) -> str:
        return _(_KINDS[self])


_KINDS = {
    CriterionKind.STEP: N_("step"),
    CriterionKind.FIELD: N_("field"),
    CriterionKind.CHECK: N_("check"),
    CriterionKind.ALERT: N_("alert"),
    CriterionKind.REPORT: N_("report"),
}


class Need(_Data):
    """What must be there beside the steps that name the criterion: a guard's code, an act, a kind of alert, a paper, a
    block of the sheet, or a `feature` of the core by its dotted name.
    """

    kind: Literal["guard", "act", "alert", "report", "block", "feature"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Criterion(_Data):
    """One criterion. `tests` name the test functions that prove it ("tests/bench/test_x.py::test_y")."""

    id: str = Field(pattern=r"C\.[1-4]\.[1-5]-[a-g]")
    kind: CriterionKind
    text: Text
    needs: tuple[Need, ...] = ()
    tests: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _needs(cls, written: object) -> object:
        if isinstance(written, dict):
            pairs = [str(need).partition(":") for need in written.get("needs", ())]
            return {**written, "needs": [{"kind": kind, "name": name} for kind, _colon, name in pairs]}
        return written

    @property
    def competence(self) -> str:
        return self.id.partition("-")[0]

    @property
    def block(self) -> str:
        """The block of competences that it belongs to, "BC1" to "BC4"."""
        return f"BC{self.id[2]}"

    def named(self, kind: str) -> tuple[str, ...]:
        """Return the needs of one kind by name."""
        return tuple(need.name for need in self.needs if need.kind == kind)


class Competence(_Data):
    """One competence with its criteria."""

    id: str = Field(pattern=r"C\.[1-4]\.[1-5]")
    title: Text
    criteria: tuple[Criterion, ...]

    @model_validator(mode="after")
    def _own(self) -> Competence:
        strangers = [each.id for each in self.criteria if each.competence != self.id]
        if strangers:
            raise ValueError(f"{', '.join(strangers)} belongs to another competence than {self.id}")
        return self


class _File(_Data):
    version: str
    competence: tuple[Competence, ...]

    @model_validator(mode="after")
    def _once(self) -> _File:
        ids = [each.id for competence in self.competence for each in competence.criteria]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        return self


def load(path: Path = _FILE) -> tuple[Competence, ...]:
    """Read the competences of a file. Raises DataFileError for a broken one."""
    return datafile.load(path, _File).competence


@lru_cache(maxsize=1)
def competences() -> tuple[Competence, ...]:
    """Return the 19 competences in their order."""
    return load()


@lru_cache(maxsize=1)
def criteria() -> Mapping[str, Criterion]:
    """Return the 97 criteria by code, in their order."""
    return MappingProxyType({each.id: each for competence in competences() for each in competence.criteria})


def evidence_steps(procedure: Procedure) -> Mapping[str, tuple[Step, ...]]:
    """Return for each criterion the steps of a procedure in which it is shown, itself or by one of their fields.

    Criteria of which the procedure shows nothing are left out.
    """
    found: dict[str, tuple[Step, ...]] = {}
    for code in criteria():
        steps = tuple(step for step in procedure.steps if code in step.all_criteria())
        if steps:
            found[code] = steps
    return found
