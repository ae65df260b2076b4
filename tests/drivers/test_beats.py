"""What the beats of a watch say, and when they say nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.timegrapher.beats import (
    BEAT_RATES,
    UnclearBeats,
    amplitude_of,
    analyse,
    beat_error_of,
    detect_beat_rate,
    rate_of_period,
)

TICK = 1 / 32768


@dataclass
class Watch:
    """A made-up movement with known figures, and what a timing instrument would hear of it."""

    beat_rate: int = 28800
    rate: float = 0.0
    beat_error: float = 0.0
    amplitude: float = 280.0
    lift_angle: float = 52.0
    jitter: float = 40e-6
    seed: int = 1

    def beats(self, seconds: float = 60.0, tick: float = TICK) -> tuple[np.ndarray, np.ndarray]:
        scatter = np.random.default_rng(self.seed)
        period = 3600 / self.beat_rate / (1 + self.rate / 86400)
        n = np.arange(int(seconds / period))
        onsets = 1000.0 + n * period + (1 - 2 * (n % 2)) * self.beat_error / 2000
        impulse = math.asin(self.lift_angle / 2 / self.amplitude) * 7200 / math.pi / self.beat_rate
        onsets = onsets + scatter.normal(0, self.jitter, len(n))
        impulses = impulse + scatter.normal(0, self.jitter, len(n))
        return np.rint(onsets / tick) * tick, np.rint(impulses / tick) * tick


@pytest.mark.parametrize(("ms", "degrees"), [(10.374, 200), (7.675, 270), (6.905, 300), (6.276, 330)])
def test_amplitude_at_52_degrees_and_28800(ms: float, degrees: float) -> None:
    assert amplitude_of(ms / 1000, 52.0, 28800) == pytest.approx(degrees, abs=0.02)


def test_an_impulse_that_no_balance_could_do_is_not_a_number() -> None:
    assert math.isnan(amplitude_of(0.0, 52.0, 28800))
    assert math.isnan(amplitude_of(0.2, 52.0, 28800))


def test_beat_error_is_half_the_difference_of_two_half_beats() -> None:
    assert beat_error_of(0.1258, 0.1242) == pytest.approx(0.8)


def test_rates_of_tic_and_tac_and_their_mean() -> None:
    tic, tac = rate_of_period(0.249980, 28800), rate_of_period(0.249970, 28800)
    assert (tic, tac) == (pytest.approx(6.912, abs=0.001), pytest.approx(10.368, abs=0.002))
    assert (tic + tac) / 2 == pytest.approx(8.640, abs=0.001)


def test_tic_and_tac_of_different_rates_are_told_apart() -> None:
    n = np.arange(240)
    onsets = np.sort(np.concatenate((n * 0.249980, 0.125 + n * 0.249970)))
    found = analyse(onsets)
    assert found.tic.rate is not None
    assert found.tac.rate is not None
    assert found.tic.rate.value == pytest.approx(6.912, abs=0.01)
    assert found.tac.rate.value == pytest.approx(10.368, abs=0.01)
    assert found.rate.value == pytest.approx(8.640, abs=0.01)


@pytest.mark.parametrize("beat_rate", BEAT_RATES)
@pytest.mark.parametrize("rate", [-900.0, 0.0, 900.0])
def test_every_beat_rate_of_the_trade_is_found(beat_rate: int, rate: float) -> None:
    onsets, _ = Watch(beat_rate, rate=rate, beat_error=3.0).beats(20.0)
    assert detect_beat_rate(onsets) == beat_rate
    assert analyse(onsets).rate.value == pytest.approx(rate, abs=1.0)


@pytest.mark.parametrize("beat_rate", [9000, 16000, 20700, 32768, 100000])
def test_a_beat_rate_that_nobody_knows_is_refused(beat_rate: int) -> None:
    onsets, _ = Watch(beat_rate).beats()
    with pytest.raises(UnclearBeats, match="No known beat rate"):
        analyse(onsets)


def test_another_beat_rate_than_the_calibres_is_refused() -> None:
    onsets, _ = Watch(21600).beats()
    with pytest.raises(UnclearBeats, match="21600 A/h, not at 28800"):
        analyse(onsets, beat_rate=28800)


def test_noise_is_refused() -> None:
    scatter = np.random.default_rng(5)
    for _ in range(20):
        with pytest.raises(UnclearBeats):
            analyse(np.cumsum(scatter.exponential(0.125, 480)))


def test_too_few_beats_are_refused() -> None:
    with pytest.raises(UnclearBeats, match="Only 5"):
        analyse(np.arange(5) * 0.125)
    with pytest.raises(UnclearBeats, match="Only 0"):
        analyse([])


def test_only_the_tics_are_heard() -> None:
    """Every second beat of 28800 is no watch of 14400 with a beat error: that is what it looks like, and says so."""
    onsets, _ = Watch(28800).beats()
    with pytest.raises(UnclearBeats, match="14400 A/h, not at 28800"):
        analyse(onsets[::2], beat_rate=28800)


movements = st.builds(
    Watch,
    beat_rate=st.sampled_from((18000, 19800, 21600, 25200, 28800, 36000)),
    rate=st.floats(-300, 300),
    beat_error=st.floats(0, 6),
    amplitude=st.floats(160, 330),
    lift_angle=st.floats(38, 56),
    jitter=st.sampled_from((0.0, 5e-6, 20e-6, 80e-6)),
    seed=st.integers(0, 2**20),
)


@settings(max_examples=150, deadline=None)
@given(movements, st.sampled_from((12.0, 30.0, 60.0)))
def test_known_figures_come_back_within_their_uncertainty(watch: Watch, seconds: float) -> None:
    onsets, impulses = watch.beats(seconds)
    found = analyse(onsets, impulses, lift_angle=watch.lift_angle, resolution=TICK)
    assert found.beat_rate == watch.beat_rate
    assert abs(found.rate.value - watch.rate) < 5 * found.rate.u + 1e-6
    assert abs(found.beat_error.value - watch.beat_error) < 5 * found.beat_error.u + 1e-6
    assert found.amplitude is not None
    assert abs(found.amplitude.value - watch.amplitude) < 5 * found.amplitude.u + 0.05
    assert found.resolved == 1.0


@settings(max_examples=60, deadline=None)
@given(movements, st.data())
def test_missing_and_false_beats_do_not_move_the_figures(watch: Watch, data: st.DataObject) -> None:
    onsets, impulses = watch.beats(40.0)
    scatter = np.random.default_rng(data.draw(st.integers(0, 2**20), label="disturbance"))
    heard = scatter.random(len(onsets)) > 0.1
    heard[[0, -1]] = True
    # A knock in the middle of a beat: as far from tic as from tac, so never within their scatter.
    knocks = onsets[:-1][scatter.random(len(onsets) - 1) < 0.05] + 1800 / watch.beat_rate
    times = np.concatenate((onsets[heard], knocks))
    swings = np.concatenate((impulses[heard], np.full(len(knocks), np.nan)))
    order = np.argsort(times)
    found = analyse(times[order], swings[order], lift_angle=watch.lift_angle, resolution=TICK)
    assert abs(found.rate.value - watch.rate) < 5 * found.rate.u + 1e-6
    assert abs(found.beat_error.value - watch.beat_error) < 5 * found.beat_error.u + 1e-6
    assert found.missing == len(onsets) - int(heard.sum())
    assert found.rejected == len(knocks)


def test_the_uncertainty_is_neither_boast_nor_excuse() -> None:
    """Over many watches the errors scatter as the stated uncertainty says, within a factor of two."""
    errors = []
    for seed in range(60):
        onsets, _ = Watch(rate=7.0, beat_error=0.4, jitter=60e-6, seed=seed).beats(30.0)
        found = analyse(onsets, resolution=TICK)
        errors.append(((found.rate.value - 7.0) / found.rate.u, (found.beat_error.value - 0.4) / found.beat_error.u))
    assert np.std(errors, axis=0) == pytest.approx([0.9, 0.9], abs=0.4)


def test_a_wheel_out_of_round_widens_the_uncertainty() -> None:
    """Beats that move together count for fewer than they are."""
    onsets, _ = Watch(jitter=30e-6).beats()
    turning = onsets + 0.2e-3 * np.sin(2 * np.pi * onsets / 7.5)
    assert analyse(turning).rate.u > 5 * analyse(onsets).rate.u


def test_one_impulse_in_three_is_enough_for_an_amplitude() -> None:
    onsets, impulses = Watch(amplitude=271.0).beats()
    impulses[np.arange(len(impulses)) % 3 > 0] = 0.0  # the instrument says 0 where it did not resolve
    found = analyse(onsets, impulses, lift_angle=52.0, resolution=TICK)
    assert found.amplitude is not None
    assert found.amplitude.value == pytest.approx(271.0, abs=1.0)
    assert found.resolved == pytest.approx(1 / 3, abs=0.01)


def test_no_amplitude_without_a_lift_angle() -> None:
    onsets, impulses = Watch().beats()
    assert analyse(onsets, impulses).amplitude is None
    assert analyse(onsets, lift_angle=52.0).amplitude is None


def test_the_strip_shows_two_lines_as_far_apart_as_the_beat_error() -> None:
    onsets, _ = Watch(beat_error=2.0, jitter=1e-6).beats()
    points = analyse(onsets).strip(100)
    assert len(points) <= 100
    assert max(y for _, y in points) - min(y for _, y in points) == pytest.approx(2.0, abs=0.05)


def test_a_gaining_watch_comes_early() -> None:
    onsets, _ = Watch(rate=86.4).beats(10.0)
    x, y = analyse(onsets).strip()[-1]
    assert y == pytest.approx(-x, rel=0.1)  # 86.4 s/d is 1 ms in every second
