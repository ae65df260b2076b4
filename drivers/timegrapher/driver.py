"""The driver of timegraphers that send beats (dialect Timegrapher Studio): the host computes every figure.

All durations of a program are counted on the instrument's own clock, which the beats carry.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from bench.instrument import (
    Capability,
    DeviceFault,
    Identity,
    InstrumentKind,
    Malformed,
    Program,
    RunResult,
    value_parameter,
)
from bench.language import msg
from bench.measurement import Reading, Trace
from bench.quantities import Value
from drivers.dialects import Frame
from drivers.timegrapher.unclear import UnclearBeats
from drivers.wire import Run, WireInstrument, seconds

if TYPE_CHECKING:
    from drivers.timegrapher.beats import Analysis, Estimate

TICKS = 32768.0
TICK = 1.0 / TICKS
FULL_LEVEL = 65535.0
# STATUS comes about every 64 beats; twice that many without one is too long.
STATUS_EVERY = 128
# Running figures come every tenth beat; while stabilising they rest on the last 80 beats.
EVERY = 10
RECENT = 80
# The two directions of swing; which of them is called tic is a matter of where one begins to count.
SIDES = ("tic", "toc")
HANDSHAKE = 2.0
# Seconds of silence after which the instrument is asked whether it still hears anything.
SILENCE = 5.0
# Bad frames in a row, without a good one between, after which the line itself is at fault.
MOST_GARBAGE = 8
# Below this share of resolved impulses the amplitude rests on chance.
FEWEST_RESOLVED = 0.1

DS3231 = "DS3231 data sheet: ±2 ppm, 0 … +40 °C (1 ppm = 0.0864 s/d)"
HALF_TICK = "computed: half a tick of the 32,768 Hz clock"


@dataclass
class Window:
    """The beats heard so far in one part of a program."""

    onsets: list[float] = field(default_factory=list)
    impulses: list[float] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    def add(self, onset: float, impulse: float, level: float) -> None:
        self.onsets.append(onset)
        self.impulses.append(impulse)
        self.levels.append(level)

    def last(self, count: int) -> Window:
        return Window(self.onsets[-count:], self.impulses[-count:], self.levels[-count:])


class Timegrapher(WireInstrument):
    """Hears beats and gives rate, amplitude, beat error, beat rate and signal level.

    Every beat is also a sample of `phase`: how late it is against the beat rate, "tic" or "toc", and the seconds since
    the program's first beat (the two lines of the paper strip).
    """

    KIND: ClassVar = InstrumentKind.TIMEGRAPHER
    UNSOLICITED: ClassVar = ("beat", "wave", "hello", "status")
    CAPABILITIES: ClassVar = (
        Capability("rate", resolution=0.01, accuracy=2 * 0.0864, source=DS3231),
        Capability("beat_error", low=0.0, resolution=0.01, accuracy=500 * TICK, source=HALF_TICK),
        Capability("amplitude", low=0.0, high=360.0, resolution=0.1, accuracy=1.0, source=f"{HALF_TICK}, at 330°"),
        Capability("beat_rate", low=12000, high=72000, resolution=1.0, source="tg-timer presets"),
        Capability("signal_level", low=0.0, high=1.0, source="frame BEAT, level"),
    )

    def _handshake(self) -> Identity:
        heard = self.exchange.ask("ping", value=1, wanted=("hello", "status"), within=HANDSHAKE)
        told = _greeting(heard) if heard.name == "hello" else {}
        return Identity(
            told.get("model", self._dialect.model),
            told.get("serial", ""),
            told.get("firmware", told.get("version", "")),
        )

    def _programs(self) -> Mapping[str, Run]:
        return {"timing": self._timing}

    def _timing(self, program: Program) -> RunResult:
        position = str(program.parameters["position"])
        lift_angle = value_parameter(program, "lift_angle")
        given = program.parameters.get("beat_rate")
        beat_rate = round(given.magnitude) if isinstance(given, Value) else None
        stabilise, measure = seconds(program.parameters["stabilise"]), seconds(program.parameters["measure"])

        # A question opens the program, although the beats come by themselves: it marks in a recording where it began.
        self.exchange.send("ping", value=1)
        beats = _Beats(self)
        strip = _Strip(beat_rate)
        settling, window = Window(), Window()
        first: float | None = None
        while first is None or not window.onsets or window.onsets[-1] - first < stabilise + measure:
            onset, impulse, level, raw = beats.next()
            if first is None:
                first = onset
            now = window if onset - first >= stabilise else settling
            now.add(onset, impulse, level)
            if (beat := strip.place(onset)) is not None:
                late, side = beat
                self._give("phase", late, raw, label=side, second=onset - first)
            if len(now.onsets) % EVERY == 0:
                self._running_figures(now if now is window else now.last(RECENT), lift_angle, raw)
        beats.must_be_locked()
        try:
            found = _analysed(window, lift_angle, beat_rate)
        except UnclearBeats as unclear:
            raise self.exchange.error(DeviceFault, unclear.what, unclear.remedy) from unclear
        if found.amplitude is None or found.resolved < FEWEST_RESOLVED:
            raise self.exchange.error(
                DeviceFault,
                msg(
                    "The impulses are too faint for an amplitude: {share} % resolved.",
                    share=round(found.resolved * 100),
                ),
                msg("Set the watch well on the microphone or raise the gain, then repeat the step."),
            )
        return self._figures(found, found.amplitude, window, position, lift_angle, beats.lost)

    def _figures(
        self, found: Analysis, amplitude: Estimate, window: Window, position: str, lift_angle: Value, lost: int
    ) -> RunResult:
        detected = Value.of("beat_rate", found.beat_rate)
        conditions: dict[str, Value | str | int | float | bool] = {
            "lift_angle": lift_angle,
            "beat_rate": detected,
            "beats": found.beats,
            "rejected": found.rejected,
            "missing": found.missing,
            "frames_lost": lost,
            "resolved": round(found.resolved, 3),
        }

        def reading(key: str, figure: Estimate, trace: Trace | None = None) -> Reading:
            return Reading(Value.of(key, figure.value), position, figure.n, figure.stdev, figure.u, conditions, trace)

        levels = window.levels
        scatter = statistics.stdev(levels)
        return self._result(
            reading("rate", found.rate, Trace("s", "ms", found.strip())),
            reading("amplitude", amplitude),
            reading("beat_error", found.beat_error),
            Reading(detected, position, found.beats, conditions=conditions),
            Reading(
                Value.of("signal_level", statistics.fmean(levels)),
                position,
                len(levels),
                scatter,
                scatter / math.sqrt(len(levels)),
                conditions,
            ),
        )

    def _running_figures(self, window: Window, lift_angle: Value, raw: bytes) -> None:
        if self._on_sample is None:
            return
        try:
            found = _analysed(window, lift_angle, None)
        except UnclearBeats:
            return  # not yet: only the end of the window is judged
        self._give("rate", found.rate.value, raw)
        if found.amplitude is not None:
            self._give("amplitude", found.amplitude.value, raw)
        self._give("beat_error", found.beat_error.value, raw)
        self._give("signal_level", statistics.fmean(window.levels[-EVERY:]), raw)


class _Beats:
    """The stream of beats of one program: each once, in order, from a locked clock, or a typed error."""

    def __init__(self, driver: Timegrapher) -> None:
        self._driver = driver
        self._exchange = driver.exchange
        self._clock = driver.link.clock
        self._seq: int | None = None
        self._ticks = 0
        self._locked = False
        self.lost = 0

    def next(self) -> tuple[float, float, float, bytes]:
        """Return onset in s of the instrument's clock, impulse in s (not a number: unresolved), level 0 … 1, bytes.

        Raises DeviceFault (no signal, clock not locked, restarted), NoReply, Malformed, LinkLost, Stopped.
        """
        until = self._clock.monotonic() + SILENCE
        garbage, asked = self._exchange.garbage, False
        while True:
            self._driver.left()
            frame = self._exchange.listen(min(until, self._driver.ends))
            spoilt = self._exchange.garbage - garbage
            if spoilt > MOST_GARBAGE or (spoilt and frame is None):
                self._exchange.suspect = True
                raise self._exchange.error(Malformed, msg("{count} frames in a row cannot be read.", count=spoilt))
            if frame is None and asked:
                raise self._exchange.silence()
            if frame is None:
                self._driver.left()
                self._exchange.send("ping", value=1)
                until, asked = self._clock.monotonic() + HANDSHAKE, True
            elif frame.name == "beat":
                if (beat := self._beat(frame)) is not None:
                    return beat
            elif frame.name in ("status", "hello"):
                if frame.name == "status":
                    self._status(frame)
                if asked:
                    raise self._exchange.error(
                        DeviceFault,
                        msg("It hears no watch."),
                        msg("Check that the watch runs and lies on the microphone, then repeat the step."),
                    )

    def must_be_locked(self) -> None:
        """Wait for the state of the 32 kHz clock where the instrument has not told it yet. Raises as `next` does."""
        for _beat in range(STATUS_EVERY):
            if self._locked:
                return
            self.next()
        if not self._locked:
            raise self._exchange.error(DeviceFault, msg("It does not say whether its 32 kHz clock is locked."))

    def _beat(self, frame: Frame) -> tuple[float, float, float, bytes] | None:
        seq, ticks, dt, level = (int(frame[name]) for name in ("seq", "onset", "dt", "level"))  # type: ignore[arg-type]
        if self._seq is not None:
            if seq == self._seq and ticks == self._ticks:
                return None  # the same beat twice
            if seq <= self._seq or ticks <= self._ticks:
                raise self._restarted()
            self.lost += seq - self._seq - 1
        self._seq, self._ticks = seq, ticks
        return ticks * TICK, dt * TICK if dt else math.nan, level / FULL_LEVEL, frame.raw

    def _status(self, frame: Frame) -> None:
        if not frame["clock_locked"]:
            raise self._exchange.error(
                DeviceFault,
                msg("Its 32 kHz reference clock is not locked: no rate can be trusted."),
                msg("Let the instrument warm up; if it lasts, have it repaired."),
            )
        self._locked = True

    def _restarted(self) -> DeviceFault:
        return self._exchange.error(DeviceFault, msg("It restarted in the middle of the measurement."))


class _Strip:
    """Places each beat on the paper strip: its side, and how late it is in ms, unfolded, against the beat rate."""

    def __init__(self, beat_rate: int | None) -> None:
        self._interval = 3600.0 / beat_rate if beat_rate else None
        self._heard: list[float] = []
        self._count = 0

    def place(self, onset: float) -> tuple[float, str] | None:
        if self._interval is None:
            self._heard.append(onset)
            if len(self._heard) < 2 * EVERY:
                return None
            from drivers.timegrapher.beats import detect_beat_rate  # as below

            try:
                self._interval = 3600.0 / detect_beat_rate(self._heard)
            except UnclearBeats:
                self._heard = self._heard[-EVERY:]
                return None
            self._heard = [onset]
        if not self._heard:
            self._heard = [onset]
        if len(self._heard) == 1:
            self._heard.append(onset)
        first, before = self._heard
        self._count += round((onset - before) / self._interval)
        self._heard[1] = onset
        return (onset - first - self._count * self._interval) * 1000.0, SIDES[self._count % 2]


def _analysed(window: Window, lift_angle: Value, beat_rate: int | None) -> Analysis:
    # numpy comes with it, 15 MB: not before a watch is timed.
    from drivers.timegrapher.beats import analyse

    return analyse(
        window.onsets,
        window.impulses,
        beat_rate=beat_rate,
        lift_angle=lift_angle.to("°"),
        resolution=TICK,
    )


def _greeting(frame: Frame) -> dict[str, str]:
    """Return the texts of a HELLO; its keys are not documented, so only plain texts and numbers are taken."""
    told = json.loads(str(frame["json"]))
    return {k: str(v) for k, v in told.items() if isinstance(v, (str, int, float))} if isinstance(told, dict) else {}
