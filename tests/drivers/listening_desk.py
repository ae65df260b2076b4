"""A desk for instruments that only talk: a link on which lines come at given seconds, and nobody waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.instrument import InstrumentKind
from bench.metrology import InstrumentRecord
from drivers import dialects
from drivers.dialects import Frame
from drivers.registry import build
from drivers.simulated import cases
from drivers.simulated.desk import DeskLink
from drivers.simulated.devices.base import Device
from drivers.simulated.watch import VirtualWatch
from drivers.wire import WireInstrument


class Talker(Device):
    """Says nothing by itself: the test says it."""

    kind = InstrumentKind.TIMEGRAPHER
    dialect_id = "ateq-results"
    id = "talker"
    serial = "T-1"

    def receive(self, frame: Frame, now: float) -> None:
        """Hear nothing."""

    def process(self, now: float) -> None:
        """Do nothing."""

    def due(self) -> float | None:
        return None

    def restart(self, now: float) -> None:
        """Forget nothing."""


def listener(dialect: str, lines: Sequence[tuple[float, bytes]], **options: Any) -> tuple[WireInstrument, DeskLink]:
    """Return the driver of a listener dialect over a link on which `lines` come: seconds from now, bytes."""
    known = dialects.load(dialect)
    record = InstrumentRecord("talker", known.kind, known.model, "T-1", dialect, "desk", options=options)
    link = DeskLink(Talker(1), VirtualWatch(cases.load("mechanical-healthy"), 1))
    link.open()
    for moment, line in lines:
        link.at(moment, lambda line=line: link.say(line))  # type: ignore[misc]
    return build(record, link), link
