"""Simulated field meters that answer: Lake Shore 425, F.W. Bell 5080, AlphaLab GM2, before the same watch."""

from __future__ import annotations

from abc import abstractmethod

from drivers.dialects import Frame
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.faults import LEAK_TESTER_FRAME

GAUSS = 0.01  # of one µT


class AskedMeter(SimulatedFieldMeter):
    """Shows what the talking meter shows, when it is asked."""

    other = LEAK_TESTER_FRAME

    def restart(self, now: float) -> None:
        self._shown = None

    def process(self, now: float) -> None:
        """Do nothing by itself."""

    def due(self) -> float | None:
        return None

    def receive(self, frame: Frame, now: float) -> None:
        if frame.name in ("read-field", "read-points"):
            self.answer(GAUSS * self.show(now), now)

    @abstractmethod
    def answer(self, gauss: float, now: float) -> None:
        """Send one reading."""


class SimulatedLakeShore425(AskedMeter):
    """Answers in the unit that is set: gauss until it is told otherwise."""

    dialect_id = "lake-shore-425"
    id = "lake-shore-425"
    serial = "SIM-LS-1"
    other = b"#00 00 2 -000.4:32\n"

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self.unit = 1

    def receive(self, frame: Frame, now: float) -> None:
        if frame.name == "read-unit":
            self.reply("setting", setting=self.unit)
        elif frame.name == "set-unit":
            self.unit = {"G": 1, "T": 2}[str(frame["unit"])]
        else:
            super().receive(frame, now)

    def answer(self, gauss: float, now: float) -> None:
        if "out-of-range" in self.deck:
            self.reply("overload")
            return
        self.send(b"%+.3fE+00\n" % gauss if self.unit == 1 else b"%+.3fE-06\n" % (gauss * 100.0))


class SimulatedBell5080(AskedMeter):
    """Answers with the unit that is set."""

    dialect_id = "fw-bell-5080"
    id = "fw-bell-5080"
    serial = "SIM-FB-1"
    other = b"#00 00 2 -000.4:32\n"

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self.unit = "G"

    def receive(self, frame: Frame, now: float) -> None:
        if frame.name == "set-unit":
            self.unit = {"gauss": "G", "tesla": "mT"}[str(frame["setting"])]
        else:
            super().receive(frame, now)

    def answer(self, gauss: float, now: float) -> None:
        if "out-of-range" in self.deck:
            self.send(b"+99999.00G;\r\n")
            return
        value = gauss if self.unit == "G" else gauss * 0.1
        self.reply("field", field=round(value, 2), unit=self.unit)


class SimulatedGM2(AskedMeter):
    """Answers with its time in milliseconds and the field to a milligauss."""

    dialect_id = "alphalab-gm2"
    id = "alphalab-gm2"
    serial = "SIM-GM-1"

    def answer(self, gauss: float, now: float) -> None:
        beyond = "out-of-range" in self.deck
        count = 0 if beyond else round(gauss * 1000.0)
        self.reply(
            "points",
            time_flags=0,
            time_form=3,
            time=round(now * 1000.0) % 2**32,
            field_flags=0x40 if beyond else 0,
            field_form=3 | (0x08 if count < 0 else 0),
            field=abs(count),
        )
