"""A simulated Cosmo LS leak tester with a chamber for watches, set to Pa."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from bench.instrument import InstrumentKind
from drivers.dialects import Frame
from drivers.simulated.case import AIR, PASCAL
from drivers.simulated.devices.base import Device

# The stages of the 1, 2, 3, 5 and 10 bar programmes (Witschi ProofMaster P01–P05): one channel a pressure, in bar.
PRESSURES = (-0.2, -0.3, -0.4, -0.5, -0.7, 1.0, 2.0, 3.0, 5.0, 10.0)
UNIT = 0
FULL_SCALE = 999.9  # Pa, what format T can carry
VENTING = 0.5  # s
TICK = 0.1  # s of device time between two looks at the case
BIG_LEAK = 0.1  # less than this share of the deformation that the pressure should give
NOISE = 0.25  # µg/min, standard deviation of what the tester makes of a leak
TIMERS = {"CHG": 3.0, "STB": 5.0, "BAL": 1.0, "DET": 10.0}
LIMITS = {"BLO": -999.9, "BHI": 999.9}  # as wide as its result: the bench judges
DRIFT = 2.0  # Pa more at every test
SHORT = {b"STT": "start", b"STP": "stop", b"RLD": "read-result"}


class Phase(StrEnum):
    """Where a test is; the words are the tester's timers."""

    REST = "rest"
    CHARGE = "CHG"
    STABILISE = "STB"
    BALANCE = "BAL"
    DETECT = "DET"
    VENT = "vent"


NEXT = {
    Phase.CHARGE: Phase.STABILISE,
    Phase.STABILISE: Phase.BALANCE,
    Phase.BALANCE: Phase.DETECT,
    Phase.DETECT: Phase.VENT,
    Phase.VENT: Phase.REST,
}


@dataclass
class Channel:
    """One programme of the tester: its pressure in bar, timers in s, limits in Pa."""

    pressure: float
    settings: dict[str, float] = field(default_factory=lambda: {**TIMERS, **LIMITS})


class SimulatedLeakTester(Device):
    """Charges the chamber, stabilises, balances, detects how much the pressure in the case changes, vents, reports.

    The result is in Pa over the detect time, positive for a leak whichever way the air goes. A case that does not
    give way at all under pressure is a big leak: the test ends at once with judgement C.
    """

    kind = InstrumentKind.WATER_RESISTANCE
    dialect_id = "cosmo-ls"
    id = "leak-tester"
    serial = "SIM-LT-1"
    checksum = slice(-3, -1)
    full_scale = FULL_SCALE

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._channels = {number: Channel(pressure) for number, pressure in enumerate(PRESSURES)}
        self._selected = 0
        self._phase = Phase.REST
        self._now = 0.0
        self._ends = 0.0
        self._chamber = 0.0
        self._before = 0.0
        self._drift = 0.0
        self._result = ("no-data", 0.0)
        self._pending: tuple[str, float] | None = None

    @property
    def _running(self) -> Channel:
        return self._channels[self._selected]

    def restart(self, now: float) -> None:
        self._phase, self._chamber, self._result, self._pending = Phase.REST, 0.0, ("no-data", 0.0), None
        self._let_in_air()

    # The wire

    def receive(self, frame: Frame, now: float) -> None:
        if int(frame.fields.get("unit", UNIT)) != UNIT:  # type: ignore[arg-type]  # another tester on the line
            return
        self.process(now)
        channel = int(frame.fields.get("channel", self._selected))  # type: ignore[arg-type]  # an integer by the dialect
        if frame.name == "read-result":
            self._tell()
        elif frame.name == "stop":
            self._stop()
        elif channel not in self._channels:
            self._refuse(channel, "bad-data")
        elif frame.name == "read-setting":
            self._read(channel, str(frame["parameter"]))
        elif self._phase is not Phase.REST:
            self._refuse(channel, "not-now")
        elif frame.name == "start":
            self._start(channel)
        elif frame.name == "select-channel":
            self._selected = channel
            self.reply("ack")
        elif frame.name in ("write-timer", "write-limit"):
            self._write(frame, channel)

    def garbled(self, raw: bytes, reason: str, now: float) -> None:
        short = SHORT.get(raw.strip())
        if short is not None:
            self.process(now)
            if short == "read-result":
                self._tell()
            elif short == "stop":
                self._stop()
            elif self._phase is Phase.REST:
                self._start(self._selected)
            else:
                self._refuse(self._selected, "not-now")
        elif raw.startswith(b"#"):
            self._refuse(self._selected, "bad-checksum" if reason == "bad-checksum" else "unknown-command")

    def _refuse(self, channel: int, code: str) -> None:
        self.reply("error", unit=UNIT, channel=min(channel, 15), code=code)

    def _read(self, channel: int, parameter: str) -> None:
        settings = self._channels[channel].settings
        if parameter not in settings:
            self._refuse(channel, "unknown-command")
            return
        self.reply("setting", unit=UNIT, channel=channel, value=settings[parameter])

    def _write(self, frame: Frame, channel: int) -> None:
        parameter = str(frame["parameter"])
        wanted = TIMERS if frame.name == "write-timer" else LIMITS
        if parameter not in wanted:
            self._refuse(channel, "unknown-command")
            return
        value = frame["timer"].magnitude if frame.name == "write-timer" else frame["limit"]  # type: ignore[union-attr]
        self._channels[channel].settings[parameter] = float(value)  # type: ignore[arg-type]
        self.reply("ack")

    def _tell(self) -> None:
        judgement, leak = self._result
        if "out-of-range" in self.deck and judgement != "no-data":
            judgement, leak = "good", FULL_SCALE
        self.reply("result", unit=UNIT, judgement=judgement, leak=round(leak, 1))

    # The test

    def _start(self, channel: int) -> None:
        if "lid-open" in self.deck:
            self._refuse(channel, "not-now")
            return
        self._selected = channel
        self._pending = None
        self.reply("ack")
        self._enter(Phase.CHARGE)

    def _stop(self) -> None:
        self.reply("ack")
        if self._phase not in (Phase.REST, Phase.VENT):
            self._result, self._pending = ("no-data", 0.0), None
            self._enter(Phase.VENT)

    def process(self, now: float) -> None:
        while self._phase is not Phase.REST and self._now < now:
            until = min(now, self._ends, self._now + TICK)
            self._press(until - self._now)
            self._now = until
            if self._now >= self._ends:
                self._finish()
        self._now = max(self._now, now)

    def due(self) -> float | None:
        return None if self._phase is Phase.REST else min(self._ends, self._now + TICK)

    def _press(self, seconds: float) -> None:
        """Let `seconds` of the phase pass in the chamber and in the case."""
        target = 0.0 if self._phase is Phase.VENT else self._running.pressure
        pace = 5.0 / max(0.1, VENTING if self._phase is Phase.VENT else self._running.settings["CHG"])
        self._chamber = target + (self._chamber - target) * math.exp(-pace * seconds)
        watch = self.watch
        if watch is not None:
            watch.case.step(seconds, self._chamber)

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        duration = VENTING if phase is Phase.VENT else self._running.settings.get(phase.value, 0.0)
        self._ends = self._now + duration
        if phase is Phase.DETECT:
            watch = self.watch
            self._before = watch.case.inside if watch else 0.0

    def _finish(self) -> None:
        """End the phase: look for a big leak before detecting, judge after it, report when the chamber is vented."""
        ended = self._phase
        if ended is Phase.VENT:
            self._phase, self._chamber = Phase.REST, 0.0
            self._let_in_air()
            if self._pending is not None:
                self._result, self._pending = self._pending, None
                self._tell()
            return
        if ended is Phase.BALANCE and (fault := self._gross()) is not None:
            self._pending = fault
            self._enter(Phase.VENT)
            return
        if ended is Phase.DETECT:
            self._pending = self._judge()
        self._enter(NEXT[ended])

    def _gross(self) -> tuple[str, float] | None:
        watch = self.watch
        if watch is None:
            return ("error", 0.0)
        expected = watch.case.spec.compliance * self._running.pressure
        if abs(watch.case.deformation(self._chamber)) < BIG_LEAK * abs(expected):
            return ("high-high-ng", FULL_SCALE)
        return None

    def _judge(self) -> tuple[str, float]:
        watch = self.watch
        if watch is None:
            return ("error", 0.0)
        settings = self._running.settings
        way = math.copysign(1.0, self._running.pressure)
        leak = (watch.case.inside - self._before) * PASCAL * way
        per_microgram = PASCAL / (AIR * watch.case.spec.free_volume / 1000.0) * settings["DET"] / 60.0
        leak += self.random.gauss(0.0, NOISE) * per_microgram
        if "drift" in self.deck:
            self._drift += DRIFT
            leak += self._drift
        if "stuck" in self.deck and self._result[0] != "no-data":
            return self._result
        if abs(leak) > self.full_scale:
            return ("high-high-ng" if leak > 0 else "low-low-ng", math.copysign(self.full_scale, leak))
        judgement = "high-ng" if leak > settings["BHI"] else "low-ng" if leak < settings["BLO"] else "good"
        return (judgement, leak)

    def _let_in_air(self) -> None:
        """Give the case back its air: after a test it breathes until the next one."""
        watch = self.watch
        if watch is not None:
            watch.case.inside = 0.0
