"""The virtual watch: what it does by itself, and what hands do to it."""

from __future__ import annotations

import math

import pytest

from bench.errors import DataFileError, UsageError
from bench.instrument import InstrumentKind
from bench.judging import HANDLINGS
from drivers.simulated import cases
from drivers.simulated.battery import Battery, BatterySpec
from drivers.simulated.case import AIR, CaseSpec, Joint, WatchCase
from drivers.simulated.magnetism import Magnetism, MagnetismSpec
from drivers.simulated.movement import POSITIONS, Beat, lift_time
from drivers.simulated.quartz import QuartzMovement, QuartzSpec
from drivers.simulated.watch import VirtualWatch
from drivers.timegrapher.beats import Analysis, amplitude_of, analyse


def watch(case: str, seed: object = 1) -> VirtualWatch:
    return VirtualWatch(cases.load(case), seed)


def beats(subject: VirtualWatch, seconds: float, start: float = 0.0) -> list[Beat]:
    heard = []
    while (due := subject.beat_due(start)) is not None and due < start + seconds:
        beat = subject.beat(due)
        if beat is not None:
            heard.append(beat)
    return heard


def timing(subject: VirtualWatch, position: str = "CH", start: float = 0.0) -> Analysis:
    """Turn the watch, let it settle for 10 s, hear it for 30 s."""
    subject.handle("turn", position, start)
    heard = [beat for beat in beats(subject, 40.0, start) if beat.time > start + 10.0]
    return analyse([b.time for b in heard], [b.dt for b in heard], lift_angle=50.0)


# Movement


def test_the_lift_time_is_the_inverse_of_the_timegrapher_formula() -> None:
    # Check values of TimeGrapher Equations v1: 28800 A/h, lift angle 52°.
    assert lift_time(270.0, 52.0, 28800) * 1000 == pytest.approx(7.675, abs=0.001)
    assert lift_time(200.0, 52.0, 28800) * 1000 == pytest.approx(10.374, abs=0.001)
    assert amplitude_of(lift_time(287.0, 50.0, 28800), 50.0, 28800) == pytest.approx(287.0)


def test_the_same_seed_gives_the_same_beats_and_another_seed_others() -> None:
    once, again, other = (beats(watch("mechanical-healthy", seed), 20.0) for seed in (7, 7, 8))
    assert once == again
    assert once != other


@pytest.mark.parametrize("position", POSITIONS)
def test_a_healthy_watch_beats_as_its_case_says(position: str) -> None:
    subject = watch("mechanical-healthy")
    spec = subject.file.movement
    heard = timing(subject, position)
    assert heard.beat_rate == 28800
    assert heard.rate.value == pytest.approx(spec.rate[position], abs=1.0)
    assert heard.amplitude is not None
    assert heard.amplitude.value == pytest.approx(spec.amplitude[position], abs=3.0)
    assert heard.beat_error.value == pytest.approx(0.18, abs=0.02)


def test_unwinding_costs_amplitude_and_changes_the_rate_until_the_watch_stops() -> None:
    subject = watch("mechanical-healthy")
    full = timing(subject)
    subject.handle("wind", "24h", 100.0)
    day = timing(subject, start=100.0)
    assert full.amplitude is not None and day.amplitude is not None
    assert full.amplitude.value - day.amplitude.value == pytest.approx(38.0, abs=3.0)
    assert day.rate.value - full.rate.value == pytest.approx(-4.0, abs=1.0)
    subject.handle("wind", "40h", 200.0)
    assert beats(subject, 10.0, 200.0) == []


def test_the_magnetised_watch_gains_much_at_a_low_amplitude_and_recovers() -> None:
    subject = watch("mechanical-magnetised")
    before = timing(subject)
    assert 60.0 < before.rate.value < 120.0
    assert before.amplitude is not None and before.amplitude.value < 250.0
    for axis in "XYZ":
        subject.magnetism.decay(axis, 50.0)
    after = timing(subject, start=100.0)
    assert after.rate.value == pytest.approx(3.6, abs=1.5)
    assert after.amplitude is not None and after.amplitude.value == pytest.approx(286.0, abs=3.0)


def test_cleaning_gives_the_amplitude_back() -> None:
    subject = watch("mechanical-low-amplitude")
    before = timing(subject)
    subject.handle("clean", "", 50.0)
    after = timing(subject, start=50.0)
    assert before.amplitude is not None and before.amplitude.value < 200.0
    assert after.amplitude is not None and after.amplitude.value > 275.0


def test_beat_error_is_half_the_difference_of_two_beats() -> None:
    assert timing(watch("mechanical-beat-error")).beat_error.value == pytest.approx(1.6, abs=0.02)


def test_regulating_moves_every_position_alike() -> None:
    subject = watch("mechanical-positions")
    rates = [timing(subject, position, 100.0 * n).rate.value for n, position in enumerate(("CH", "6H", "9H"))]
    assert max(rates) - min(rates) == pytest.approx(34.0, abs=2.0)
    subject.handle("regulate", "-5", 300.0)
    later = [timing(subject, position, 400.0 + 100.0 * n).rate.value for n, position in enumerate(("CH", "6H", "9H"))]
    assert [new - old for new, old in zip(later, rates, strict=True)] == pytest.approx([-5.0] * 3, abs=1.5)


def test_regulating_to_the_middle_brings_the_mean_there() -> None:
    subject = watch("mechanical-low-amplitude")
    subject.handle("regulate", "", 0.0)
    assert subject.mechanical is not None
    subject.handle("turn", "CH", 0.0)
    spec = subject.mechanical.spec
    mean = sum(spec.rate.values()) / 6 + subject.mechanical.correction
    assert mean == pytest.approx(0.0, abs=1.5)


# Case


def test_50_micrograms_a_minute_into_one_millilitre_raise_its_pressure_by_42_mbar_a_minute() -> None:
    joint = Joint(name="back", conductance=50.0 / 2.0)
    case = WatchCase(CaseSpec(free_volume=1000.0, joints=(joint,)))
    case.step(6.0, 2.0)
    assert case.flow(2.0) == pytest.approx(50.0)
    assert case.inside * 1000 * 10 == pytest.approx(42.0, abs=0.5)
    assert abs(AIR - 1188.3) < 0.1


def test_a_leaking_case_reverts_its_deformation_as_air_comes_in() -> None:
    leaking = WatchCase(cases.load("case-leaking").case)
    tight = WatchCase(cases.load("case-tight").case)
    for case in (leaking, tight):
        case.step(0.0, 3.0)
    at_once = leaking.deformation(3.0)
    for case in (leaking, tight):
        case.step(60.0, 3.0)
    lost = at_once - leaking.deformation(3.0)
    assert lost == pytest.approx(6.0 * leaking.inside)
    assert lost > 10 * (at_once - tight.deformation(3.0))


@pytest.mark.parametrize(("pressure", "final"), [(3.0, True), (5.0, True), (10.0, True), (1.0, False), (-0.7, False)])
def test_the_demonstration_cases_stand_clear_of_their_limits(pressure: float, final: bool) -> None:
    tight, leaking = watch("case-tight").case, watch("case-leaking").case
    assert tight.flow(pressure) < 20.0
    if final:
        assert 85.0 < leaking.flow(pressure) < 160.0
    else:
        assert leaking.flow(pressure) < 100.0  # limit of the preliminary stages: 200
    leaking.new_gasket()
    assert leaking.flow(pressure) < 20.0


def test_a_gasket_that_vacuum_opens_leaks_under_vacuum_only() -> None:
    joint = Joint(name="crown", conductance=1.0, in_vacuum=400.0)
    case = WatchCase(CaseSpec(joints=(joint,)))
    assert case.flow(-0.5) == pytest.approx(200.0)
    assert case.flow(5.0) == pytest.approx(5.0)


@pytest.mark.parametrize("case", ["case-big-leak", "case-tight"])
def test_a_missing_gasket_or_an_open_case_shows_no_deformation(case: str) -> None:
    subject = watch(case)
    if case == "case-tight":
        subject.handle("open", "", 0.0)
    subject.case.step(1.0, 3.0)
    assert subject.case.deformation(3.0) == pytest.approx(0.0, abs=0.01)
    subject.handle("new-gasket", "", 1.0)
    subject.handle("close", "", 1.0)
    subject.case.step(1.0, 3.0)
    assert subject.case.deformation(3.0) == pytest.approx(18.0, abs=0.1)


# Magnetism


def test_only_a_field_above_the_one_that_magnetised_removes_it() -> None:
    spec = MagnetismSpec(residual=(1.5, 0.0, 0.0), magnetised_by=15.0)
    weak, strong = Magnetism(spec), Magnetism(spec)
    weak.decay("X", 12.0)
    strong.decay("X", 16.0)
    assert weak.field > 0.9
    assert strong.field < 0.02
    weak.decay("X", 30.0)
    assert weak.field < 0.02


def test_each_axis_is_demagnetised_on_its_own() -> None:
    magnetism = Magnetism(MagnetismSpec(residual=(1.0, 1.0, 1.0), magnetised_by=10.0))
    magnetism.decay("X", 50.0)
    assert magnetism.field == pytest.approx(math.sqrt(2.0), abs=0.01)


def test_a_field_that_is_cut_at_its_peak_magnetises_the_watch() -> None:
    magnetism = Magnetism(MagnetismSpec())
    magnetism.cut("Z", 50.0)
    assert magnetism.field > 1.0
    magnetism.decay("Z", 60.0)
    assert magnetism.field < 0.05


# Quartz and battery


def test_only_a_whole_inhibition_period_gives_the_true_rate() -> None:
    quartz = QuartzMovement(QuartzSpec(kind="quartz", rate=0.15, crystal_rate=4.3, inhibition_period=60.0), 1)
    for start in (0.0, 17.3, 59.9):
        assert quartz.rate_over(start, 60.0) == pytest.approx(0.15)
        assert quartz.rate_over(start, 120.0) == pytest.approx(0.15)
    seen = {round(quartz.rate_over(start / 2, 10.0), 2) for start in range(120)}
    assert seen == {4.3, round(4.3 - 6 * 4.15, 2)}


def test_a_flat_battery_collapses_under_load_and_a_new_one_does_not() -> None:
    subject = watch("quartz-flat-battery")
    assert subject.battery is not None and subject.quartz is not None
    assert subject.battery.voltage < 1.30
    assert subject.battery.loaded(2e3) < subject.battery.voltage - 0.1
    assert not subject.quartz.steps(subject.voltage)
    subject.handle("new-battery", "", 0.0)
    assert subject.battery.loaded(2e3) > 1.54
    assert subject.quartz.steps(subject.voltage)


def test_running_takes_charge_from_the_battery() -> None:
    battery = Battery(BatterySpec(type="371", capacity=40.0))
    battery.drain(1.28, 45 * 30.4 * 86400)  # 45 months at 1.28 µA: the life that Ronda states for the 505
    assert battery.left < 4.0
    battery.drain(1.28, 10 * 30.4 * 86400)
    assert battery.voltage < 1.30


def test_dirt_costs_current_only_while_the_motor_runs() -> None:
    subject = watch("quartz-high-consumption")
    assert subject.quartz is not None
    assert subject.quartz.consumption(1.55) > 2.5
    subject.handle("stem", "pulled", 0.0)
    assert subject.quartz.consumption(1.55) == pytest.approx(0.38)
    subject.handle("stem", "in", 0.0)
    subject.handle("clean", "", 0.0)
    assert subject.quartz.consumption(1.55) == pytest.approx(1.28)


def test_a_broken_coil_lets_no_motor_current_flow() -> None:
    quartz = watch("quartz-open-coil").quartz
    assert quartz is not None
    assert quartz.consumption(1.55) == pytest.approx(0.38)
    assert not quartz.steps(1.55)


# Hands


def test_a_new_movement_is_sound_and_keeps_its_calibres_figures() -> None:
    subject = watch("quartz-open-coil")
    assert subject.quartz is not None and subject.battery is not None
    assert subject.quartz.coil_broken
    subject.handle("new-movement", "", 0.0)
    assert not subject.quartz.coil_broken
    assert subject.quartz.spec.consumption == watch("quartz-open-coil").quartz.spec.consumption  # type: ignore[union-attr]
    assert subject.voltage == 0.0
    subject.handle("new-battery", "", 0.0)
    assert subject.quartz.steps(subject.voltage)


def test_a_new_movement_draws_no_more_than_its_calibre_does() -> None:
    dirty, sound = watch("quartz-high-consumption"), watch("quartz-healthy")
    dirty.handle("new-movement", "", 0.0)
    assert dirty.quartz is not None and sound.quartz is not None
    assert dirty.quartz.consumption(1.55) == sound.quartz.consumption(1.55)


def test_a_watch_lies_everywhere_but_on_the_field_meter_until_it_is_placed() -> None:
    subject = watch("mechanical-healthy")
    assert subject.lies_on(InstrumentKind.TIMEGRAPHER)
    assert not subject.lies_on(InstrumentKind.FIELD_METER)
    subject.handle("place", "field-meter", 0.0)
    assert subject.lies_on(InstrumentKind.FIELD_METER)
    assert not subject.lies_on(InstrumentKind.TIMEGRAPHER)
    subject.handle("place", "", 0.0)
    assert not any(subject.lies_on(kind) for kind in InstrumentKind)


@pytest.mark.parametrize("case", ["mechanical-healthy", "quartz-healthy"])
def test_every_handling_of_the_bench_can_be_done_to_any_watch(case: str) -> None:
    details = {"turn": "FH", "wind": "0h", "regulate": "−2,5", "place": "timegrapher", "stem": "pulled"}
    for act in HANDLINGS:
        watch(case).handle(act, details.get(act, ""), 0.0)


@pytest.mark.parametrize(
    ("act", "detail"),
    [
        ("turn", "13H"),
        ("wind", "soon"),
        ("wind", "nan"),
        ("regulate", "nan"),
        ("place", "table"),
        ("stem", "out"),
        ("dance", ""),
    ],
)
def test_an_unknown_handling_is_told_and_changes_nothing(act: str, detail: str) -> None:
    with pytest.raises(UsageError):
        watch("mechanical-healthy").handle(act, detail, 0.0)


# Case files


def test_the_twelve_cases_say_what_is_planted_and_what_to_find() -> None:
    assert len(cases.available()) >= 12
    for case in cases.available():
        file = cases.load(case)
        assert file.id == case
        for words in (file.title, file.fault, *file.findings):
            assert words.text.fr and words.text.en


def test_an_unknown_case_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="mechanical-healthy"):
        cases.load("mechanical-haunted")


def test_a_wrong_case_file_names_the_key(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    text = (cases.FOLDER / "quartz-healthy.toml").read_text("utf-8")
    (tmp_path / "odd.toml").write_text(text.replace("coil = 1.55", "coil = -1"), "utf-8")
    monkeypatch.setattr(cases, "FOLDER", tmp_path)
    with pytest.raises(DataFileError, match="coil"):
        cases.load("odd")
