"""A simulated Timegrapher Studio: it hears a running watch and sends each beat; the host computes the figures."""

from __future__ import annotations

import json
import math

from bench.instrument import InstrumentKind
from drivers.dialects import Frame
from drivers.simulated.devices.base import Device
from drivers.simulated.movement import Beat

TICKS = 32768  # a second, of the DS3231
SAMPLE_RATE = 48000
STATUS_EVERY = 64  # beats
BURST = 64  # beats at a time; then the port must have taken them
LONGEST_LAG = 600.0  # s of beats that are made up for; older ones went unheard
OUT_OF_RANGE = 0.05  # faster than any watch: 4320 s/d
DRIFT = 2e-7  # of the time base, a second: about 1 s/d more every minute
ENVELOPE = 48


class SimulatedTimegrapher(Device):
    """Greets a host, sends BEAT frames while a running watch lies on it, STATUS every 64 beats, WAVE on request."""

    kind = InstrumentKind.TIMEGRAPHER
    dialect_id = "timegrapher-studio"
    id = "timegrapher"
    serial = "SIM-TG-1"
    checksum = slice(-2, None)

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._gain = 32
        self._waveform = False
        self._booted = 0.0
        self._seq = 0
        self._heard: float | None = None
        self._next: float | None = None
        self._last = b""

    def connected(self, now: float) -> None:
        self._hello()

    def restart(self, now: float) -> None:
        self._gain, self._waveform, self._booted, self._seq = 32, False, now, 0
        self._heard = self._next = None
        self._hello()

    def receive(self, frame: Frame, now: float) -> None:
        if frame.name == "ping":
            self._status()  # a greeting in the middle of the beats would look like a restart
        elif frame.name == "set-gain":
            self._gain = int(frame["value"])  # type: ignore[arg-type]  # an integer by the dialect
            self._status()
        elif frame.name == "waveform":
            self._waveform = frame["on"] == "on"

    def process(self, now: float) -> None:
        watch = None if "lid-open" in self.deck else self.watch
        if watch is None or (watch.amplitude or 0.0) <= 0.0:
            self._heard = self._next = None
            return
        if self._heard is None or now - self._heard > LONGEST_LAG:
            self._heard = now
        for _ in range(BURST):
            self._next = watch.beat_due(self._heard)
            if self._next is None or self._next > now or self.backlog():
                return
            self._heard = self._next
            beat = watch.beat(self._next)
            if beat is not None:
                self._tell(beat)

    def due(self) -> float | None:
        return self._next

    def _hello(self) -> None:
        about = {"firmware": "simulated", "sample_rate": SAMPLE_RATE, "features": ["beat", "status", "wave"]}
        self.reply("hello", json=json.dumps(about))

    def _status(self) -> None:
        warmth = 24.0 + self.random.uniform(-0.05, 0.05)
        self.reply("status", gain=self._gain, flags=1, temperature=round(warmth, 2), sample_rate=SAMPLE_RATE)

    def _tell(self, beat: Beat) -> None:
        time = max(0.0, beat.time - self._booted)
        if "out-of-range" in self.deck:
            time /= 1.0 + OUT_OF_RANGE
        if "drift" in self.deck:
            time -= DRIFT * time * time / 2.0
        self._seq = (self._seq + 1) & 0xFFFFFFFF
        level = min(65535, round(65535 * beat.level * math.sqrt(self._gain / 32.0)))
        if not ("stuck" in self.deck and self._last):
            self._last = self.dialect.reply(
                "beat", seq=self._seq, onset=round(time * TICKS), dt=round(beat.dt * TICKS), level=level
            )
        self.send(self._last)
        if self._waveform:
            self.reply("wave", envelope=self._envelope(beat, level))
        if self._seq % STATUS_EVERY == 0:
            self._status()

    def _envelope(self, beat: Beat, level: int) -> bytes:
        """Return 48 points of 0.4 ms: the unlocking noise at the second point, the drop `dt` later."""
        peak = level >> 8
        drop = 2 + beat.dt / 0.0004
        points = (max(0.5 * math.exp(-abs(point - 2)), math.exp(-abs(point - drop) / 2.0)) for point in range(ENVELOPE))
        return bytes(min(255, round(peak * point) + self.random.randrange(3)) for point in points)
