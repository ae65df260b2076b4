"""From the times of beats to rate, beat error and amplitude, each with its standard uncertainty.

Pure arithmetic on arrays, for any source of beats: an instrument that sends them, or a microphone.
Formulas: TimeGrapher Equations v1. The beats are taken as t_n = a + n·T + (−1)^n·δ, tic and tac being two lines of one
slope; the two lines lie 2δ apart, which is the watchmaker's beat error |t1 − t2| / 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.language import msg
from drivers.timegrapher.unclear import UnclearBeats

Times = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Beat rates of the trade, in vibrations (A) per hour: the presets of tg-timer.
BEAT_RATES = (12000, 14400, 17280, 18000, 19800, 21600, 25200, 28800, 36000, 43200, 72000)
DAY = 86400.0
# A timegrapher shows ±999 s/d (Witschi Chronoscope X1 G3, chapter 9): farther off, no known rate is near.
NEAR = 1000.0 / DAY
FEWEST_BEATS = 8
# More beats than this share off the two lines, and what was heard is not one watch.
MOST_REJECTED = 0.3
REJECT_AT = 5.0
# No beat of a running watch comes a tenth of a beat beside its line, however restless the others are.
FARTHEST = 0.1
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Estimate:
    """One figure, its standard uncertainty (type A, same unit), and how many beats it rests on.

    `stdev` is the scatter of single beats, None where a single beat has no such figure.
    """

    value: float
    u: float
    n: int
    stdev: float | None = None


@dataclass(frozen=True)
class Line:
    """The beats of one direction of swing: its own rate in s/d, its own amplitude in degrees."""

    rate: Estimate | None
    amplitude: Estimate | None


@dataclass(frozen=True)
class Analysis:
    """What a window of beats says.

    `rate` s/d (+ gains), `beat_error` ms, `amplitude` ° (None without lift angle or resolved impulses).
    `rejected` beats were heard off the two lines, `missing` ones were due and not heard; `resolved` is the share of
    beats whose impulse time was given. `phase` holds (s, ms): how late each beat is against the nominal beat rate.
    """

    beat_rate: int
    rate: Estimate
    beat_error: Estimate
    amplitude: Estimate | None
    tic: Line
    tac: Line
    beats: int
    rejected: int
    missing: int
    resolved: float
    phase: Times

    def strip(self, most: int = 300) -> tuple[tuple[float, float], ...]:
        """Return at most `most` points of `phase`, tic and tac alike."""
        step = -(-len(self.phase) // most) | 1  # an odd step takes both lines in turn
        return tuple((round(float(x), 4), round(float(y), 5)) for x, y in self.phase[::step])


def rate_of_period(period: float, beat_rate: float) -> float:
    """Return the rate in s/d from the time between two beats of the same direction, in seconds."""
    return DAY * (7200.0 / beat_rate / period - 1.0)


def beat_error_of(first: float, second: float) -> float:
    """Return the beat error in ms from two successive half-beats in seconds: half their difference."""
    return abs(first - second) / 2.0 * 1000.0


def amplitude_of(impulse: Any, lift_angle: float, beat_rate: float) -> Any:
    """Return the amplitude in degrees from the time between unlocking and drop, in seconds (a number or an array).

    Exact form for a balance that swings as a sine: (lift/2) / sin(π·dt·bph/7200). Not a number where no balance
    could do it.
    """
    angle = np.pi * np.asarray(impulse, dtype=np.float64) * beat_rate / 7200.0
    with np.errstate(divide="ignore", invalid="ignore"):
        swing = np.where((angle > 0) & (angle < np.pi / 2), lift_angle / 2.0 / np.sin(angle), np.nan)
    return float(swing) if swing.ndim == 0 else swing


def detect_beat_rate(onsets: Sequence[float] | Times) -> int:
    """Return the known beat rate (A/h) that these beats are near.

    Raises UnclearBeats when none is within 1000 s/d. Looks at every second beat, where beat error cancels.
    """
    times = _ascending(onsets)
    _enough(times)
    found = 7200.0 / float(np.median(times[2:] - times[:-2]))
    nearest = min(BEAT_RATES, key=lambda known: abs(found / known - 1.0))
    if abs(found / nearest - 1.0) > NEAR:
        raise UnclearBeats(
            msg("No known beat rate is near {found} A/h.", found=round(found)),
            msg("The nearest is {nearest} A/h.", nearest=nearest),
            msg("Check that the watch runs and lies well on the microphone, and lower the gain."),
        )
    return nearest


def analyse(
    onsets: Sequence[float] | Times,
    impulses: Sequence[float] | Times | None = None,
    *,
    beat_rate: int | None = None,
    lift_angle: float | None = None,
    resolution: float = 0.0,
) -> Analysis:
    """Analyse a window of beats.

    `onsets` are the times of the beats in seconds; `impulses`, one for each, the seconds from unlocking to drop (not a
    number where unresolved). `beat_rate` in A/h (default: detected), `lift_angle` in degrees, `resolution` the step of
    the source's clock in seconds. Beats may be missing, and false ones between them.
    Raises UnclearBeats.
    """
    given = np.asarray(onsets, dtype=np.float64)
    times = _ascending(given)
    _enough(times)
    detected = detect_beat_rate(times)
    if beat_rate is not None and beat_rate != detected:
        raise UnclearBeats(
            msg("The watch beats at {found} A/h, not at {wanted} A/h.", found=detected, wanted=beat_rate),
            None,
            msg("Check the calibre of the order."),
        )
    nominal = 3600.0 / detected
    number, fit = _two_lines(times, resolution)
    keep = fit.keep
    kept = int(keep.sum())
    sides = [keep & (number % 2 == side) for side in (0, 1)]
    if len(times) - kept > MOST_REJECTED * len(times) or min(int(side.sum()) for side in sides) < FEWEST_BEATS // 2:
        raise _irregular(kept, len(times))
    span = float(times[keep][-1] - times[keep][0])
    coarse = _coarseness(fit.sigma, resolution)
    u_slope = math.hypot(fit.u_period / fit.period, 1.5 * resolution / span / 3**0.5 * coarse)
    rate = Estimate(DAY * (nominal / fit.period - 1.0), DAY * nominal / fit.period * u_slope, kept)
    u_error = 2000.0 * math.hypot(fit.u_offset, resolution / 2 / 3**0.5 * coarse)
    swings, resolved = _swings(given, times, impulses, lift_angle, detected)
    lines = [_line(times, number, side, swings, nominal, detected, lift_angle, resolution) for side in sides]
    return Analysis(
        beat_rate=detected,
        rate=rate,
        beat_error=Estimate(2000.0 * abs(fit.offset), u_error, kept),
        amplitude=_both(lines[0].amplitude, lines[1].amplitude),
        tic=lines[0],
        tac=lines[1],
        beats=kept,
        rejected=len(times) - kept,
        missing=int(number[keep][-1] - number[keep][0]) + 1 - len(np.unique(number[keep])),
        resolved=resolved,
        phase=_phase(times[keep], number[keep], nominal),
    )


@dataclass(frozen=True)
class _Fit:
    """The two lines: period T and half separation δ in seconds with their uncertainties, and who lies on them."""

    period: float
    u_period: float
    offset: float
    u_offset: float
    sigma: float
    keep: Mask


def _ascending(onsets: Sequence[float] | Times) -> Times:
    times = np.asarray(onsets, dtype=np.float64)
    if len(times) < 2:
        return times
    return times[np.concatenate(([True], times[1:] > np.maximum.accumulate(times)[:-1]))]


def _enough(times: Times) -> None:
    if len(times) < FEWEST_BEATS:
        raise UnclearBeats(
            msg("Only {heard} beats were heard.", heard=len(times)),
            None,
            msg("Check that the watch runs and lies well on the microphone."),
        )


def _two_lines(times: Times, resolution: float) -> tuple[npt.NDArray[np.int64], _Fit]:
    """Number the beats and fit both lines, leaving out whatever lies off them."""
    doubles = times[2:] - times[:-2]
    middle = np.median(doubles)
    # The mean of the good ones: a median would be as coarse as the clock.
    period = float(np.mean(doubles[np.abs(doubles - middle) < 0.02 * middle])) / 2.0
    turn = np.exp(2j * np.pi * (times - times[0]) / period).mean()
    first = float(np.angle(turn)) / (2 * np.pi) * period
    number = np.rint((times - times[0] - first) / period).astype(np.int64)
    parity = 1.0 - 2.0 * (number % 2)
    x = number - number.mean()
    late = times - times[0] - number * period
    keep = _near(_robust_residuals(x, late, parity, number), resolution, FARTHEST * period)
    basis = np.column_stack((np.ones(len(x)), x, parity))
    for _round in range(3):
        inside = basis[keep]
        odd = int((inside[:, 2] < 0).sum())
        if len(inside) < FEWEST_BEATS or odd < 2 or len(inside) - odd < 2:
            raise _irregular(int(keep.sum()), len(times))
        inverse = np.linalg.inv(inside.T @ inside)
        solution = inverse @ (inside.T @ late[keep])
        residual = late - basis @ solution
        before, keep = keep, _near(residual, resolution, FARTHEST * period)
        if bool((before == keep).all()):
            break
    scatter = residual[before]
    sigma = math.sqrt(float(scatter @ scatter) / (len(scatter) - 3))
    spread = sigma * math.sqrt(_clustering(scatter))
    return number, _Fit(
        period + float(solution[1]),
        spread * math.sqrt(inverse[1, 1]),
        float(solution[2]),
        spread * math.sqrt(inverse[2, 2]),
        sigma,
        before,
    )


def _irregular(kept: int, heard: int) -> UnclearBeats:
    return UnclearBeats(
        msg("The beats are too irregular: {kept} of {heard} fit one watch.", kept=kept, heard=heard),
        None,
        msg("Keep the bench quiet, set the watch well on the microphone, lower the gain."),
    )


def _robust_residuals(x: Times, late: Times, parity: Times, number: npt.NDArray[np.int64]) -> Times:
    """Return residuals from a first fit by medians, which false beats cannot pull."""
    half = len(x) // 2
    steps = number[half:] - number[: len(number) - half]
    alike = (steps % 2 == 0) & (steps > 0)
    slope = 0.0
    if alike.any():
        slope = float(np.median((late[half:] - late[: len(late) - half])[alike] / steps[alike]))
    flat = late - slope * x
    for side in (1.0, -1.0):
        mine = parity == side
        if mine.any():
            flat = np.where(mine, flat - np.median(flat[mine]), flat)
    return flat


def _near(residual: Times, resolution: float, farthest: float = math.inf) -> Mask:
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(residual - np.median(residual))))
    near: Mask = np.abs(residual) <= min(max(REJECT_AT * sigma, 3.0 * resolution, 1e-6), farthest)
    return near


def _clustering(residual: Times) -> float:
    """Return the variance inflation of correlated residuals: 1 + 2·Σρ over the first run of positive ρ.

    A wheel out of round moves many beats together; to count each as independent would promise too much.
    """
    size = len(residual)
    centred = residual - residual.mean()
    if size < 16 or not float(centred @ centred):
        return 1.0
    spectrum = np.fft.rfft(centred, 2 * size)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2)[: size // 4]
    rho = covariance[1:] / covariance[0]
    ends = np.flatnonzero(rho <= 0)
    positive = rho[: ends[0]] if len(ends) else rho
    return 1.0 + 2.0 * float(positive.sum())


def _coarseness(sigma: float, step: float) -> float:
    """Return how much of the clock's step stays as a systematic error: all of it where the beats do not scatter.

    The scatter of the beats themselves dithers the clock; the first harmonic of the remaining error falls off as
    exp(−2π²σ²/q²).
    """
    if not step:
        return 0.0
    own = max(sigma**2 - step**2 / 12.0, 0.0)
    return math.exp(-2.0 * math.pi**2 * own / step**2)


def _swings(
    given: Times,
    times: Times,
    impulses: Sequence[float] | Times | None,
    lift_angle: float | None,
    beat_rate: int,
) -> tuple[Times, float]:
    """Return the impulse times of the beats in `times`, and the share of them that a balance could do."""
    if impulses is None:
        return np.full(len(times), np.nan), 0.0
    chosen = np.asarray(impulses, dtype=np.float64)[np.searchsorted(given, times) if len(given) != len(times) else ...]
    possible = np.isfinite(amplitude_of(chosen, lift_angle or 1.0, beat_rate))
    return np.where(possible, chosen, np.nan), float(possible.mean())


def _line(
    times: Times,
    number: npt.NDArray[np.int64],
    side: Mask,
    swings: Times,
    nominal: float,
    beat_rate: int,
    lift_angle: float | None,
    resolution: float,
) -> Line:
    """Return what the beats of one direction say alone."""
    t, n = times[side], number[side].astype(np.float64)
    rate = None
    if len(t) > 3:
        x = n - n.mean()
        weight = float(x @ x)
        slope = float(x @ (t - t.mean())) / weight
        residual = t - t.mean() - slope * x
        sigma = math.sqrt(float(residual @ residual) / (len(t) - 2) * _clustering(residual))
        rate = Estimate(DAY * (nominal / slope - 1.0), DAY * nominal / slope**2 * sigma / math.sqrt(weight), len(t))
    if lift_angle is None:
        return Line(rate, None)
    impulse = swings[side]
    impulse = impulse[np.isfinite(impulse)]
    if len(impulse) < 4:
        return Line(rate, None)
    impulse = impulse[_near(impulse - np.median(impulse), resolution)]
    degrees = amplitude_of(impulse, lift_angle, beat_rate)
    stdev = float(degrees.std(ddof=1)) if len(degrees) > 1 else 0.0
    u = stdev * math.sqrt(_clustering(degrees) / len(degrees))
    step = float(degrees.mean() / impulse.mean()) * resolution  # dA/dt ≈ −A/dt
    u = math.hypot(u, step / 12**0.5 * _coarseness(float(impulse.std()), resolution))
    return Line(rate, Estimate(float(degrees.mean()), u, len(degrees), stdev))


def _both(one: Estimate | None, other: Estimate | None) -> Estimate | None:
    """Return the mean of the two directions, each counting the same however many of its beats were resolved."""
    if one is None or other is None:
        return one or other
    scatter = math.sqrt(((one.stdev or 0.0) ** 2 + (other.stdev or 0.0) ** 2) / 2.0)
    mean = (one.value + other.value) / 2.0
    return Estimate(mean, math.hypot(one.u, other.u) / 2.0, one.n + other.n, scatter)


def _phase(times: Times, number: npt.NDArray[np.int64], nominal: float) -> Times:
    """Return (s, ms): e_n = t_n − (t_0 + n·I). A watch that gains runs downwards."""
    since = times - times[0]
    phase: Times = np.column_stack((since, (since - (number - number[0]) * nominal) * 1000.0))
    return phase
