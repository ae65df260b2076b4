"""What a guard is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bench.calibre import CalibreProfile, CaseProfile
from bench.errors import Refusal
from bench.language import Message
from bench.people import Operator
from bench.procedure.model import Procedure, Step
from bench.procedure.state import OrderState


@dataclass(frozen=True)
class Question:
    """May this operator enter (or leave) this step, in this state, now?

    `pressure` is the highest pressure in bar that the step would apply, None where it applies none. `cards` are the
    machines whose safety card the operator has acknowledged today.
    """

    state: OrderState
    step: Step
    operator: Operator | None
    now: datetime
    procedure: Procedure | None = None
    calibre: CalibreProfile | None = None
    case: CaseProfile | None = None
    pressure: float | None = None
    instrument_limit: float | None = None
    cards: frozenset[str] = field(default=frozenset())


Guard = Callable[[Question], Refusal | None]


def listed(names: tuple[str, ...]) -> Message:
    """Join untranslated names into one message."""
    return joined(tuple(Message(name) for name in names))


def joined(items: tuple[Message, ...]) -> Message:
    """Join messages into one that stays untranslated until it is shown."""
    pattern = ", ".join(f"{{_{n}}}" for n in range(len(items)))
    return Message(pattern, {f"_{n}": item for n, item in enumerate(items)})
