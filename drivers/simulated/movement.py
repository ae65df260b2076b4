"""A simulated mechanical movement: beats with their rate, amplitude, beat error and noise, by position and wind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

POSITIONS = ("CH", "CB", "3H", "6H", "9H", "12H")
Position = Literal["CH", "CB", "3H", "6H", "9H", "12H"]

SETTLING = 1.5  # s, time constant of the amplitude after the watch is turned
STOPS_BELOW = 80.0  # °, no impulse keeps a balance going below this


class Spec(BaseModel):
    """Base of everything that a case file describes: frozen, no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)


def position(written: str) -> str:
    """Return the ISO 3158 code; the COSC word FH means CB. Raises ValueError for another one."""
    code = "CB" if written.upper() == "FH" else written.upper()
    if code not in POSITIONS:
        raise ValueError(f"{written!r} is not one of {', '.join(POSITIONS)}")
    return code


class MechanicalSpec(Spec):
    """A mechanical movement as it lies on the bench.

    `rate` s/d and `amplitude` ° per position at full wind; `beat_error` ms (half the difference of two beats);
    `amplitude_loss` ° and `isochronism` s/d over the first 24 h; `friction` ° that cleaning gives back;
    `jitter` µs standard deviation of one onset; `missed` probability of one impulse not heard; `regulates_to` s/d
    of the mean after a regulation "to the middle"; `regulation_error` s/d, how well the hand does it.
    """

    kind: Literal["mechanical"]
    beat_rate: Annotated[int, Field(ge=3600, le=72000)]
    lift_angle: Annotated[float, Field(ge=10, le=90)]
    rate: dict[Annotated[Position, BeforeValidator(position)], float]
    amplitude: dict[Annotated[Position, BeforeValidator(position)], Annotated[float, Field(gt=0, lt=360)]]
    beat_error: Annotated[float, Field(ge=0, le=10)] = 0.2
    amplitude_loss: Annotated[float, Field(ge=0)] = 40.0
    isochronism: float = -4.0
    power_reserve: Annotated[float, Field(gt=0)] = 38.0
    friction: Annotated[float, Field(ge=0)] = 0.0
    jitter: Annotated[float, Field(ge=0)] = 40.0
    missed: Annotated[float, Field(ge=0, lt=0.5)] = 0.002
    regulates_to: float = 0.0
    regulation_error: Annotated[float, Field(ge=0)] = 0.4

    @model_validator(mode="after")
    def _every_position(self) -> Self:
        for name, table in (("rate", self.rate), ("amplitude", self.amplitude)):
            lacking = [code for code in POSITIONS if code not in table]
            if lacking:
                raise ValueError(f"{name} lacks {', '.join(lacking)}")
        return self


@dataclass(frozen=True)
class Beat:
    """One beat: `time` s of its first noise, `dt` s from the unlocking noise to the drop, `level` 0…1."""

    time: float
    dt: float
    level: float


def lift_time(amplitude: float, lift_angle: float, beat_rate: float) -> float:
    """Return the seconds between first and third noise: dt = 7200/(π·n)·asin(λ/2A), from A = (λ/2)/sin(π·n·dt/7200)."""
    return 7200.0 / (math.pi * beat_rate) * math.asin(min(1.0, lift_angle / (2.0 * amplitude)))


class MechanicalMovement:
    """A movement that runs: `beat()` gives one beat after the other. `now` is device time in seconds."""

    def __init__(self, spec: MechanicalSpec, seed: object) -> None:
        self.spec = spec
        self.position = "CH"
        self.friction = spec.friction
        self.correction = 0.0
        self._random = Random(f"{seed}/movement")
        self._hand = Random(f"{seed}/hand")
        self._wound_at = 0.0
        self._hours_at = 0.0
        self._beats = 0
        self._time = 0.0
        self._amplitude: float | None = None

    def wind(self, hours: float, now: float) -> None:
        """Set the wind state: `hours` since full winding."""
        self._hours_at, self._wound_at = hours, now

    def hours(self, now: float) -> float:
        return self._hours_at + max(0.0, now - self._wound_at) / 3600.0

    def rate(self, now: float, magnetic: float = 0.0) -> float:
        """Return the true rate, s/d, in this position and state; `magnetic` is what a residual field adds."""
        return self.spec.rate[self._code] + self.correction + self.spec.isochronism * self.hours(now) / 24.0 + magnetic

    def amplitude(self, now: float, magnetic: float = 0.0) -> float:
        """Return the settled amplitude, °; 0 when run down or stopped."""
        hours = self.hours(now)
        if hours >= self.spec.power_reserve:
            return 0.0
        settled = self.spec.amplitude[self._code] - self.friction - magnetic - self.spec.amplitude_loss * hours / 24.0
        return settled if settled >= STOPS_BELOW else 0.0

    @property
    def _code(self) -> Position:
        return self.position  # type: ignore[return-value]  # only `position()` words get in

    def regulate(self, delta: float | None, positions: tuple[str, ...] = POSITIONS) -> None:
        """Correct the rate by `delta` s/d; None: bring the mean of all positions to `regulates_to`."""
        if delta is None:
            mean = sum(self.spec.rate.values()) / len(self.spec.rate)
            delta = self.spec.regulates_to - (mean + self.correction)
        self.correction += delta + self._hand.gauss(0.0, self.spec.regulation_error)

    def due(self, now: float) -> float:
        """Return when the next beat falls (device time), having skipped the beats before `now` unheard."""
        interval = 3600.0 / self.spec.beat_rate
        if now - self._time > 1.0:
            skipped = int((now - self._time) / interval)
            self._beats += skipped
            self._time += skipped * interval
        return self._time + interval

    def beat(self, now: float, rate: float, amplitude: float) -> Beat | None:
        """Take the next beat. None where its noise was not heard, or the balance stands still."""
        due = self.due(now)
        interval = 3600.0 / self.spec.beat_rate / (1.0 + rate / 86400.0)
        self._time = due - 3600.0 / self.spec.beat_rate + interval
        self._beats += 1
        before = amplitude if self._amplitude is None else self._amplitude
        self._amplitude = before + (amplitude - before) * min(1.0, interval / SETTLING)
        heard = self._random.random() >= self.spec.missed
        noise = self._random.gauss(0.0, self.spec.jitter * 1e-6)
        swing = self._amplitude * (1.0 + self._random.gauss(0.0, 0.004))
        if amplitude <= 0.0:
            self._amplitude = None
            return None
        if not heard:
            return None
        half = self.spec.beat_error * 1e-3 / 2.0
        shift = half if self._beats % 2 else -half
        level = min(1.0, max(0.05, 0.55 * swing / 280.0 + self._random.gauss(0.0, 0.02)))
        return Beat(self._time + shift + noise, lift_time(swing, self.spec.lift_angle, self.spec.beat_rate), level)
