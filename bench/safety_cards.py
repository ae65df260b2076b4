"""The safety cards of the machines: what is read and acknowledged before a machine runs (G-38)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench import datafile
from bench.language import Text

_SHIPPED = Path(__file__).with_name("safety_cards.toml")


@dataclass(frozen=True)
class SafetyCard:
    """One machine's card: its name, what may hurt, what one does before it runs."""

    machine: str
    title: Text
    dangers: Text
    before: tuple[Text, ...]


class _Card(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Text
    dangers: Text
    before: tuple[Text, ...]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: dict[str, _Card]


@lru_cache(maxsize=1)
def _known() -> dict[str, SafetyCard]:
    read = datafile.load(_SHIPPED, _File)
    return {name: SafetyCard(name, card.title, card.dangers, card.before) for name, card in read.machine.items()}


def safety_card(machine: str) -> SafetyCard | None:
    """Return a machine's card; None for a machine of the workshop's own, whose card hangs on its wall."""
    return _known().get(machine)


def machines() -> tuple[str, ...]:
    """Return the machines that have a card here."""
    return tuple(_known())
