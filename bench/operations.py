"""The operations of a quote: what each is called, which technical level it asks for, how long it usually takes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bench import datafile
from bench.language import Text

_FILE = Path(__file__).with_name("operations.toml")


class Operation(BaseModel):
    """One operation; `level` on the house's scale of 1 to 4, `minutes` the usual duration that a plan starts from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Text
    level: int = Field(ge=1, le=4)
    minutes: int = Field(gt=0)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    operations: dict[str, Operation]


@lru_cache(maxsize=1)
def operations() -> dict[str, Operation]:
    """Return the operations by id."""
    return datafile.load(_FILE, _File).operations


def level_of(ids: tuple[str, ...]) -> int:
    """Return the highest technical level that these operations ask for, 0 for none that is known."""
    known = operations()
    return max((known[each].level for each in ids if each in known), default=0)
