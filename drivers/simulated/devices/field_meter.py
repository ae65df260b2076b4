"""A simulated Lutron field meter: it talks by itself, whatever lies before its probe."""

from __future__ import annotations

from bench.instrument import InstrumentKind
from drivers.dialects import Frame
from drivers.simulated.devices.base import Device
from drivers.simulated.faults import LEAK_TESTER_FRAME

PERIOD = 0.4  # s between two frames
AVERAGING = 2.0  # s, what one displayed value averages
BACKGROUND = 38.0  # µT of the earth and the bench
NOISE = 0.25  # µT
RANGE = 3000.0  # µT
DECIMALS = 1
DRIFT = 0.05  # µT a second
BEYOND = b"\x0241B20100099999\r"  # 9999.9 µT, what this meter cannot mean


class SimulatedFieldMeter(Device):
    """Shows the background, and the watch's residual field on top of it while the watch lies on the probe."""

    kind = InstrumentKind.FIELD_METER
    dialect_id = "lutron-16-digit"
    id = "field-meter"
    serial = "SIM-FM-1"
    other = LEAK_TESTER_FRAME

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._next = 0.0
        self._noise = 0.0
        self._averaged = -AVERAGING
        self._drift_since: float | None = None
        self._shown: float | None = None

    def receive(self, frame: Frame, now: float) -> None:
        """Hear nothing: the meter only talks."""

    def restart(self, now: float) -> None:
        self._next = now + 2.0  # its self-test

    def process(self, now: float) -> None:
        if now < self._next:
            return
        self._next = now + PERIOD
        if "out-of-range" in self.deck:
            self.send(BEYOND)
            return
        self.reply("field", unit="µT", decimals=DECIMALS, field=round(self.show(now), DECIMALS))

    def due(self) -> float | None:
        return self._next

    def show(self, now: float) -> float:
        """Return what the display shows, µT."""
        if now - self._averaged >= AVERAGING:
            self._averaged = now
            self._noise = self.random.gauss(0.0, NOISE)
        if "stuck" not in self.deck or self._shown is None:
            self._shown = max(-RANGE, min(RANGE, self._field(now)))
        return self._shown

    def _field(self, now: float) -> float:
        """Return the field at the probe, µT."""
        if "drift" not in self.deck:
            self._drift_since = None
        elif self._drift_since is None:
            self._drift_since = now
        drift = DRIFT * (now - self._drift_since) if self._drift_since is not None else 0.0
        watch = self.watch
        return BACKGROUND + self._noise + drift + (1000.0 * watch.magnetism.field if watch else 0.0)
