"""A simulated quartz tester that speaks etabli-quartz/1: it supplies the watch, listens to its motor, measures ohms."""

from __future__ import annotations

import re
import statistics
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from bench.instrument import InstrumentKind
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.simulated.devices.base import Device
from drivers.simulated.quartz import NOMINAL, QuartzMovement
from drivers.simulated.watch import VirtualWatch

VERSION = 1
LOW_DRAIN = 2e3  # Ω, for 10 ms
NO_LOAD = 2e6  # Ω
SHORT = 10.0  # Ω
OPEN = 10_000_000  # Ω, the end of the range
PULSES = 3  # that one look at the pulses takes
STEP = 0.010  # V of the ramp
LOWEST = 0.800  # V
PROGRESS = 1.0  # s between two words about a long wait: the protocol asks for one a second
QUICK = 0.2  # s that voltages and resistances take
DRIFT = 0.002  # of a current, a second
_SEQUENCE = re.compile(rb">(\d{4}) ")


class _Error(Exception):
    """The measurement ends with this word of the dialect."""


class Measurement(ABC):
    """One running measurement: `due` is when it acts next, `act` does it and says whether it is over."""

    def __init__(self, tester: SimulatedQuartzTester, sequence: int, now: float) -> None:
        self.tester = tester
        self.sequence = sequence
        self.began = now
        self.due = now

    @abstractmethod
    def act(self) -> bool:
        """Do what is due at `self.due`, set the next `due`, return whether the result has been sent."""

    def say(self, name: str, **fields: Any) -> None:
        self.tester.reply(name, sequence=self.sequence, **fields)

    def movement(self) -> tuple[VirtualWatch, QuartzMovement]:
        """Return the quartz watch that lies here. Raises _Error where there is none."""
        watch = self.tester.watch
        if watch is None or watch.quartz is None:
            raise _Error("no-signal")
        return watch, watch.quartz


class Quick(Measurement):
    """A voltage or a resistance: one answer after a moment."""

    def __init__(
        self, tester: SimulatedQuartzTester, sequence: int, now: float, answer: Callable[[Quick], None]
    ) -> None:
        super().__init__(tester, sequence, now)
        self.due = now + QUICK
        self._answer = answer

    def act(self) -> bool:
        self._answer(self)
        return True


def battery(run: Quick) -> None:
    watch = run.tester.watch
    if watch is None:
        raise _Error("no-signal")
    if watch.battery is None or watch.battery.voltage < 0.05:
        raise _Error("no-battery")
    noise = run.tester.random.gauss(0.0, 0.0005)
    open_, loaded = watch.battery.loaded(NO_LOAD) + noise, watch.battery.loaded(LOW_DRAIN) + noise
    run.say("battery", open=round(open_, 3), loaded=round(loaded, 3))


def coil(run: Quick) -> None:
    _, quartz = run.movement()
    ohms, finding = run.tester.ohms(quartz.spec.coil * 1e3)
    run.say("coil-resistance", coil=ohms, finding=finding, test=0.20)


def insulation(run: Quick) -> None:
    _, quartz = run.movement()
    ohms, finding = run.tester.ohms(quartz.spec.insulation * 1e6)
    run.say("insulation-resistance", insulation=ohms, finding=finding, test=0.30)


class Consumption(Measurement):
    """The mean current, one sample a second, while the instrument supplies the watch."""

    def __init__(self, tester: SimulatedQuartzTester, sequence: int, now: float, frame: Frame) -> None:
        super().__init__(tester, sequence, now)
        self._state = str(frame["state"])
        self._supply = _volts(frame["supply"])
        self._seconds = round(_magnitude(frame["time"]))
        self._samples: list[float] = []
        self.due = now + 1.0

    def act(self) -> bool:
        watch, quartz = self.movement()
        watch.supply = self._supply
        current = quartz.consumption(self._supply) * self.tester.random.gauss(1.0, 0.008)
        self._samples.append(round(self.tester.drifted(current, self.due), 3))
        if len(self._samples) < self._seconds:
            self.say("consumption-sample", current=self._samples[-1])
            self.due += 1.0
            return False
        self.say("consumption-sample", current=self._samples[-1])
        self.say(
            "consumption",
            state=self._state,
            supply=self._supply,
            time=self._seconds,
            current=round(statistics.fmean(self._samples), 3),
            current_stdev=_stdev(self._samples),
            n=len(self._samples),
        )
        return True


class Rate(Measurement):
    """The rate over whole inhibition periods, one sample a period."""

    def __init__(self, tester: SimulatedQuartzTester, sequence: int, now: float, frame: Frame) -> None:
        super().__init__(tester, sequence, now)
        self._source = str(frame["source"])
        self._inhibition = round(_magnitude(frame["inhibition"]))
        self._periods = int(frame["periods"])  # type: ignore[arg-type]  # an integer by the dialect
        self._samples: list[float] = []
        self._told = now

    def act(self) -> bool:
        watch, quartz = self.movement()
        self._listen(watch, quartz)
        elapsed = self.due - self.began
        total = self._inhibition * self._periods
        ends = self.began + self._inhibition * (len(self._samples) + 1)
        if self.due >= ends:
            seen = quartz.rate_over(ends - self._inhibition, self._inhibition)
            seen = self.tester.drifted(seen + self.tester.random.gauss(0.0, 0.003), self.due)
            self._samples.append(round(seen, 3))
            self.say("rate-sample", period=len(self._samples), rate=self._samples[-1])
            if len(self._samples) == self._periods:
                self._end()
                return True
            ends += self._inhibition
        elif elapsed >= PROGRESS:
            self.say("progress", elapsed=round(elapsed), total=total)
        self.due = min(ends, self.due + PROGRESS)
        return False

    def _listen(self, watch: VirtualWatch, quartz: QuartzMovement) -> None:
        """Choose the source as asked; raise _Error where no motor is heard."""
        if self._source == "auto":
            self._source = "magnetic" if quartz.steps(watch.voltage) else "current"
        if self._source == "current":
            watch.supply = NOMINAL
        if not quartz.steps(watch.voltage):
            raise _Error("no-signal")

    def _end(self) -> None:
        self.say(
            "rate",
            source=self._source,
            inhibition=self._inhibition,
            periods=self._periods,
            rate=round(statistics.fmean(self._samples), 3),
            rate_stdev=_stdev(self._samples),
        )


class Pulse(Measurement):
    """A few motor pulses, the watch supplied where its battery does not drive it."""

    def __init__(self, tester: SimulatedQuartzTester, sequence: int, now: float) -> None:
        super().__init__(tester, sequence, now)
        self._heard = False

    def act(self) -> bool:
        watch, quartz = self.movement()
        if not quartz.steps(watch.voltage):
            watch.supply = NOMINAL
        if not quartz.steps(watch.voltage):
            raise _Error("no-signal")
        period = quartz.pulse_period(watch.voltage)
        if not self._heard:
            self._heard = True
            self.due += PULSES * period
            return False
        width = quartz.spec.pulse_width + self.tester.random.gauss(0.0, 0.005)
        self.say("pulse", pulse_period=round(period, 3), pulse_width=round(width, 2), drive=100)
        return True


class LowerVoltage(Measurement):
    """The supply goes down by one step a pulse until the motor stops."""

    def __init__(self, tester: SimulatedQuartzTester, sequence: int, now: float, frame: Frame) -> None:
        super().__init__(tester, sequence, now)
        self._start = self._supply = _volts(frame["start"])
        self._ran = 0.0
        self._eol = 0.0

    def act(self) -> bool:
        watch, quartz = self.movement()
        watch.supply = self._supply
        if not quartz.steps(self._supply):
            if not self._ran:
                raise _Error("never-ran")
            self._end()
            return True
        self._ran = self._supply
        if not self._eol and quartz.pulse_period(self._supply) != quartz.spec.pulse_period:
            self._eol = self._supply
        self.say("voltage-sample", supply=self._supply)
        if self._supply <= LOWEST:
            raise _Error("still-running")
        self.due += quartz.spec.pulse_period
        self._supply = round(self._supply - STEP, 3)
        return False

    def _end(self) -> None:
        eol = "yes" if self._eol else "no"
        self.say("lower-voltage", start=self._start, step=STEP, stopped=self._ran, eol=eol, eol_at=self._eol)


class SimulatedQuartzTester(Device):
    """Answers each numbered request; one measurement at a time, with samples on the way."""

    kind = InstrumentKind.QUARTZ_TESTER
    dialect_id = "etabli-quartz-1"
    id = "quartz-tester"
    serial = "SIM-QT-1"
    checksum = slice(-6, -2)
    WITH_PARAMETERS: ClassVar[dict[str, Callable[..., Measurement]]] = {
        "consumption": Consumption,
        "rate": Rate,
        "lower-voltage": LowerVoltage,
    }
    QUICK: ClassVar[dict[str, Callable[[Quick], None]]] = {
        "battery": battery,
        "coil-resistance": coil,
        "insulation-resistance": insulation,
    }

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._run: Measurement | None = None
        self._drifts_since: float | None = None

    def restart(self, now: float) -> None:
        self._finish()
        self.reply("ready")

    def receive(self, frame: Frame, now: float) -> None:
        sequence = int(frame["sequence"])  # type: ignore[arg-type]  # an integer by the dialect
        if frame.name == "identify":
            self._identify(frame, sequence)
        elif frame.name == "abort":
            self._abort(sequence, int(frame["of"]))  # type: ignore[arg-type]  # an integer by the dialect
        elif self._run is not None:
            self._error(sequence, "busy")
        elif "lid-open" in self.deck:
            self._error(sequence, "lid-open")
        elif "out-of-range" in self.deck:
            self._error(sequence, "out-of-range")
        else:
            self._run = self._measurement(frame, sequence, now)
            self.process(now)

    def garbled(self, raw: bytes, reason: str, now: float) -> None:
        if reason == "bad-checksum":
            self._error(0, "bad-checksum")
        elif found := _SEQUENCE.match(raw):
            known = any(raw[6:].upper().startswith(word) for word in _WORDS)
            self._error(int(found[1]), "bad-parameter" if known else "unknown-command")

    def process(self, now: float) -> None:
        while self._run is not None and self._run.due <= now:
            run = self._run
            try:
                over = run.act()
            except _Error as error:
                self._error(run.sequence, str(error))
                over = True
            if over:
                self._finish()

    def due(self) -> float | None:
        return self._run.due if self._run else None

    def ohms(self, true: float) -> tuple[int, str]:
        """Return what the ohmmeter shows for `true` Ω and its finding."""
        if true >= OPEN:
            return OPEN, "open"
        shown = round(true * self.random.gauss(1.0, 0.001))
        return shown, "short" if true < SHORT else "measured"

    def drifted(self, value: float, now: float) -> float:
        """Return `value` as an instrument shows it whose reference drifts, where that fault is on."""
        if "drift" not in self.deck:
            self._drifts_since = None
            return value
        if self._drifts_since is None:
            self._drifts_since = now
        return value * (1.0 + DRIFT * (now - self._drifts_since))

    def _measurement(self, frame: Frame, sequence: int, now: float) -> Measurement:
        if frame.name in self.QUICK:
            return Quick(self, sequence, now, self.QUICK[frame.name])
        if frame.name == "pulse":
            return Pulse(self, sequence, now)
        return self.WITH_PARAMETERS[frame.name](self, sequence, now, frame)

    def _identify(self, frame: Frame, sequence: int) -> None:
        if frame["version"] != VERSION:
            self._error(sequence, "bad-version")
            return
        self.reply(
            "identity",
            sequence=sequence,
            version=VERSION,
            model=self.dialect.model,
            serial=self.serial,
            firmware="simulated",
        )

    def _abort(self, sequence: int, of: int) -> None:
        if self._run is None or self._run.sequence != of:
            self._error(sequence, "bad-parameter")
            return
        self._error(of, "aborted")
        self._finish()
        self.reply("aborted", sequence=sequence, of=of)

    def _error(self, sequence: int, code: str) -> None:
        self.reply("error", sequence=sequence, code=code)

    def _finish(self) -> None:
        """End the running measurement and take the supply off the watch."""
        self._run = None
        if self._watch is not None:
            self._watch.supply = None


_WORDS = (b"HELLO", b"BATTERY", b"CONSUMPTION", b"RATE", b"PULSE", b"RESISTANCE", b"LOWER-VOLTAGE", b"ABORT")


def _magnitude(value: object) -> float:
    return value.magnitude if isinstance(value, Value) else float(value)  # type: ignore[arg-type]


def _volts(value: object) -> float:
    return round(_magnitude(value), 3)


def _stdev(samples: list[float]) -> float:
    return round(statistics.stdev(samples), 3) if len(samples) > 1 else 0.0
