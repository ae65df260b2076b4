"""Each simulated instrument on the table, without a port: what it answers, and what it does to the watch."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bench.instrument import InstrumentKind
from bench.quantities import Value
from drivers.dialects import Frame, Garbage
from drivers.simulated import cases
from drivers.simulated.case import AIR
from drivers.simulated.devices import DEVICES, Device
from drivers.simulated.devices.demagnetiser import SimulatedDemagnetiser
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.devices.leak_tester import PRESSURES, SimulatedLeakTester
from drivers.simulated.devices.quartz_tester import SimulatedQuartzTester
from drivers.simulated.devices.timegrapher import SimulatedTimegrapher
from drivers.simulated.watch import VirtualWatch
from drivers.timegrapher.beats import analyse


class Table:
    """A device and a watch, with device time under the hands of the test."""

    def __init__(self, device: type[Device], case: str = "mechanical-healthy", seed: int = 1) -> None:
        self.watch = VirtualWatch(cases.load(case), seed)
        self.device = device(seed)
        self.device.give(self.watch)
        self.wire = bytearray()
        self.device.send = self.wire.extend
        self.now = 0.0
        self._ears = self.device.dialect.device_decoder()
        self._host = self.device.dialect.host_decoder()

    def hear(self, raw: bytes) -> list[Frame]:
        """Say `raw` to the device and return what it answers at once."""
        for item in self._ears.feed(raw):
            if isinstance(item, Frame):
                self.device.receive(item, self.now)
            else:
                self.device.garbled(item.raw, item.reason, self.now)
        return self.said()

    def ask(self, command: str, **fields: Any) -> list[Frame]:
        return self.hear(self.device.dialect.command(command, **fields))

    def wait(self, seconds: float) -> list[Frame]:
        """Let device time pass event by event and return what the device says."""
        end = self.now + seconds
        self.device.process(self.now)
        while (due := self.device.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.device.process(self.now)
        self.now = end
        self.device.process(self.now)
        return self.said()

    def said(self) -> list[Frame]:
        items = self._host.feed(bytes(self.wire))
        self.wire.clear()
        assert not [item for item in items if isinstance(item, Garbage)]
        return [item for item in items if isinstance(item, Frame)]


def magnitude(frame: Frame, field: str) -> float:
    value = frame[field]
    return value.magnitude if isinstance(value, Value) else float(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_every_documented_command_is_answered_as_its_dialect_says(device: type[Device]) -> None:
    dialect = Table(device, "quartz-healthy").device.dialect
    for example in dialect.data.examples:
        if example.direction != "command":
            continue
        table = Table(device, "quartz-healthy")
        said = [*table.hear(example.raw), *table.wait(400.0)]
        names = {frame.name for frame in said}
        allowed = {*dialect.answers(example.name), "echo", "status", "beat", "ready"}
        assert names <= allowed, example.name
        if dialect.answers(example.name):
            assert names & set(dialect.answers(example.name)), example.name


# Timegrapher


def test_the_timegrapher_sends_the_beats_of_the_watch_and_its_status_every_64() -> None:
    table = Table(SimulatedTimegrapher)
    said = table.wait(60.0)
    beats = [frame for frame in said if frame.name == "beat"]
    assert 470 <= len(beats) <= 480  # 8 a second, a few not heard
    assert len([frame for frame in said if frame.name == "status"]) == len(beats) // 64
    assert [frame["seq"] for frame in beats] == list(range(1, len(beats) + 1))
    onsets = [magnitude(frame, "onset") / 32768 for frame in beats[80:]]
    impulses = [magnitude(frame, "dt") / 32768 for frame in beats[80:]]
    found = analyse(onsets, impulses, lift_angle=50.0, resolution=1 / 32768)
    assert found.rate.value == pytest.approx(4.2, abs=0.6)
    assert found.amplitude is not None and found.amplitude.value == pytest.approx(287.0, abs=2.0)


def test_the_timegrapher_hears_nothing_without_a_running_mechanical_watch() -> None:
    assert Table(SimulatedTimegrapher, "quartz-healthy").wait(10.0) == []
    table = Table(SimulatedTimegrapher)
    table.watch.handle("place", "quartz-tester", 0.0)
    assert table.wait(10.0) == []
    table.watch.handle("place", "timegrapher", 10.0)
    assert table.wait(10.0) != []


def test_the_timegrapher_greets_a_host_and_answers_a_ping_with_its_status() -> None:
    table = Table(SimulatedTimegrapher, "quartz-healthy")
    table.device.connected(0.0)
    assert [frame.name for frame in table.said()] == ["hello"]
    (status,) = table.ask("ping", value=1)
    assert status["clock_locked"] == 1


def test_gain_changes_the_level_and_a_waveform_comes_when_asked() -> None:
    table = Table(SimulatedTimegrapher)
    low = [frame for frame in table.wait(5.0) if frame.name == "beat"]
    table.ask("set-gain", value=64)
    table.ask("waveform", on="on")
    said = table.wait(5.0)
    high = [frame for frame in said if frame.name == "beat"]
    assert magnitude(high[-1], "level") > 1.2 * magnitude(low[-1], "level")
    assert len([frame for frame in said if frame.name == "wave"]) == len(high)


def test_a_host_that_does_not_read_is_not_flooded() -> None:
    table = Table(SimulatedTimegrapher)
    table.device.backlog = lambda: 1
    table.now = 3600.0
    table.device.process(table.now)
    assert table.said() == []
    table.device.backlog = lambda: 0
    table.now += 3600.0
    table.device.process(table.now)
    assert len(table.said()) <= 65


# Leak tester


def leak(table: Table, channel: int, detect: float = 5.0) -> tuple[str, float]:
    """Run one test and return the judgement and the leak in µg/min, by the case's true free volume."""
    assert [frame.name for frame in table.ask("write-timer", channel=channel, parameter="DET", timer=detect)] == ["ack"]
    assert [frame.name for frame in table.ask("start", channel=channel)] == ["ack"]
    (result,) = table.wait(60.0)
    volume = table.watch.case.spec.free_volume / 1000.0
    return str(result["judgement"]), magnitude(result, "leak") * 1e-5 * AIR * volume / detect * 60.0


@pytest.mark.parametrize("channel", range(len(PRESSURES)))
@pytest.mark.parametrize("case", ["case-tight", "case-leaking"])
def test_the_leak_tester_finds_the_leak_of_the_case(case: str, channel: int) -> None:
    table = Table(SimulatedLeakTester, case)
    judgement, found = leak(table, channel)
    assert judgement == "good"  # its limits are wide open: the bench judges
    assert found == pytest.approx(table.watch.case.flow(PRESSURES[channel]), abs=1.5, rel=0.05)


def test_a_leaking_case_is_tight_after_a_new_gasket() -> None:
    table = Table(SimulatedLeakTester, "case-leaking")
    assert leak(table, 7)[1] > 85.0
    table.watch.handle("new-gasket", "", 0.0)
    assert leak(table, 7)[1] < 15.0


@pytest.mark.parametrize("channel", [2, 7])
def test_a_big_leak_ends_the_test_before_detecting(channel: int) -> None:
    table = Table(SimulatedLeakTester, "case-big-leak")
    assert leak(table, channel)[0] == "high-high-ng"
    table.watch.handle("new-gasket", "", 0.0)
    assert leak(table, channel)[0] == "good"


def test_a_leak_beyond_the_scale_of_its_format_is_judged_very_high() -> None:
    table = Table(SimulatedLeakTester, "case-leaking")
    assert leak(table, 9, detect=30.0)[0] == "high-high-ng"


def test_the_judgement_follows_the_limits_that_are_written() -> None:
    table = Table(SimulatedLeakTester, "case-leaking")
    table.ask("write-limit", channel=7, parameter="BHI", limit=100.0)
    assert leak(table, 7)[0] == "high-ng"


def test_stop_vents_at_once_and_leaves_no_result() -> None:
    table = Table(SimulatedLeakTester, "case-tight")
    table.ask("start", channel=7)
    table.wait(6.0)
    assert [frame.name for frame in table.ask("stop")] == ["ack"]
    assert table.wait(60.0) == []
    (last,) = table.ask("read-result")
    assert last["judgement"] == "no-data"
    assert [frame.name for frame in table.ask("start", channel=7)] == ["ack"]


def test_a_running_tester_refuses_to_start_again_and_to_be_set() -> None:
    table = Table(SimulatedLeakTester, "case-tight")
    table.ask("start", channel=7)
    for command, fields in (
        ("start", {"channel": 7}),
        ("select-channel", {"channel": 1}),
        ("write-timer", {"channel": 7, "parameter": "DET", "timer": 1.0}),
    ):
        (answer,) = table.ask(command, **fields)
        assert (answer.name, answer["code"]) == ("error", "not-now")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"#00 00 00 STT:29\r", "bad-checksum"),
        (b"#00 00 00 RXYZ:C6\r", "unknown-command"),
        (b"#00 00 15 STT:22\r", "bad-data"),
    ],
)
def test_the_leak_tester_refuses_with_its_codes(raw: bytes, code: str) -> None:
    (answer,) = Table(SimulatedLeakTester).hear(raw)
    assert answer["code"] == code


def test_short_commands_are_accepted_and_another_unit_is_not_meant() -> None:
    table = Table(SimulatedLeakTester, "case-tight")
    assert [frame.name for frame in table.hear(b"RLD\r")] == ["result"]
    assert [frame.name for frame in table.hear(b"STT\r")] == ["ack"]
    assert table.ask("read-result", unit=7) == []


def test_settings_are_read_back() -> None:
    table = Table(SimulatedLeakTester)
    table.ask("write-timer", channel=4, parameter="STB", timer=12.5)
    (answer,) = table.ask("read-setting", channel=4, parameter="STB")
    assert answer["value"] == 12.5


def test_an_empty_chamber_and_an_open_lid_give_no_number() -> None:
    table = Table(SimulatedLeakTester)
    table.watch.handle("place", "", 0.0)
    table.ask("start", channel=7)
    assert [frame["judgement"] for frame in table.wait(60.0)] == ["error"]
    table.device.deck.switch("lid-open", True)
    assert [frame.name for frame in table.ask("start", channel=7)] == ["error"]


# Demagnetiser and field meter


def demagnetise(table: Table, axis: str, millitesla: float) -> list[str]:
    table.ask("configure-coil", coil=axis)
    table.ask("configure-amplitude", amplitude=round(10 * millitesla))
    table.wait(1.5)
    table.ask("ramp-cycle")
    return [frame.name for frame in table.wait(120.0)]


def test_three_ramps_above_the_magnetising_field_remove_the_residual_field() -> None:
    table = Table(SimulatedDemagnetiser, "mechanical-magnetised")
    assert table.watch.magnetism.field > 1.0
    for axis in "xyz":
        assert demagnetise(table, axis, 50.0) == ["done"]
    assert table.watch.magnetism.field < 0.02


def test_ramps_below_the_magnetising_field_leave_the_watch_magnetised() -> None:
    table = Table(SimulatedDemagnetiser, "mechanical-magnetised")
    for axis in "xyz":
        demagnetise(table, axis, 10.0)
    assert table.watch.magnetism.field > 0.8


def test_every_command_is_echoed_and_the_ramp_takes_its_time() -> None:
    table = Table(SimulatedDemagnetiser)
    table.ask("configure-amplitude", amplitude=1500)
    table.wait(1.0)
    table.ask("configure-delay", delay=2)
    (echo,) = table.ask("ramp-cycle")
    assert (echo.name, echo["command"]) == ("echo", "ramp-cycle")
    assert table.wait(10.0) == []
    assert [frame.name for frame in table.wait(2.01 + 10.0)] == ["done"]  # 150 counts a second up, 2 s, down


def test_the_status_tells_zero_tracking_and_moving() -> None:
    table = Table(SimulatedDemagnetiser)

    def state() -> object:
        return table.ask("status")[-1]["state"]

    table.ask("configure-amplitude", amplitude=1500)
    table.wait(1.0)
    assert state() == "zero"
    table.ask("ramp-up")
    table.wait(5.0)
    assert state() == "unknown"
    table.wait(6.0)
    assert state() == "tracking"
    table.ask("ramp-down")
    table.wait(11.0)
    assert state() == "zero"


def test_its_slow_computer_hears_nothing_for_a_second_after_an_amplitude() -> None:
    table = Table(SimulatedDemagnetiser)
    table.ask("configure-amplitude", amplitude=500)
    assert table.ask("ramp-cycle") == []
    table.wait(1.0)
    assert table.ask("ramp-cycle") != []


def test_a_peak_that_is_held_too_long_trips_the_coil_and_magnetises_the_watch() -> None:
    table = Table(SimulatedDemagnetiser)
    table.ask("configure-amplitude", amplitude=500)
    table.wait(1.0)
    table.ask("ramp-up")
    assert [frame.name for frame in table.wait(30.0)] == ["done", "track-error"]
    assert table.watch.magnetism.field > 1.0


def test_a_ramp_down_in_the_middle_ends_safely() -> None:
    table = Table(SimulatedDemagnetiser, "mechanical-magnetised")
    table.ask("configure-amplitude", amplitude=3000)
    table.wait(1.0)
    table.ask("ramp-cycle")
    table.wait(10.0)
    table.ask("ramp-down")
    assert [frame.name for frame in table.wait(15.0)] == ["done"]
    assert table.watch.magnetism.field < 1.2  # one axis of three is done


def field(table: Table, seconds: float = 20.0) -> float:
    shown = [magnitude(frame, "field") for frame in table.wait(seconds)]
    return sum(shown) / len(shown)


def test_the_field_meter_talks_by_itself_and_repeats_its_reading() -> None:
    said = Table(SimulatedFieldMeter).wait(20.0)
    assert 45 <= len(said) <= 51  # 2.5 a second
    shown = [magnitude(frame, "field") for frame in said]
    assert sum(a == b for a, b in pairwise(shown)) > len(shown) / 2


def test_the_field_meter_sees_the_watch_only_where_it_is_placed() -> None:
    table = Table(SimulatedFieldMeter, "mechanical-magnetised")
    assert 0.03 < field(table) < 0.05
    table.watch.handle("place", "field-meter", table.now)
    assert 1.0 < field(table) < 2.0
    table.watch.handle("place", "", table.now)
    assert field(table) < 0.05


def test_a_demagnetised_watch_hides_in_the_background() -> None:
    table = Table(SimulatedFieldMeter, "mechanical-magnetised")
    for axis in "XYZ":
        table.watch.magnetism.decay(axis, 50.0)
    table.watch.handle("place", InstrumentKind.FIELD_METER.value, 0.0)
    assert field(table) < 0.05


# Quartz tester


def run(table: Table, command: str, seconds: float = 1.0, **fields: Any) -> Frame:
    """Ask, let `seconds` pass, and return the last that the tester says."""
    return [*table.ask(command, sequence=1, **fields), *table.wait(seconds)][-1]


def test_the_healthy_movement_measures_as_its_case_says() -> None:
    table = Table(SimulatedQuartzTester, "quartz-healthy")
    voltages = run(table, "battery", 1.0)
    assert magnitude(voltages, "open") == pytest.approx(1.558, abs=0.003)
    assert magnitude(voltages, "loaded") == pytest.approx(1.541, abs=0.003)
    table.ask("consumption", sequence=2, state="running", supply=1.55, time=10)
    said = table.wait(11.0)
    assert len(said) == 11  # one a second, then the mean
    assert magnitude(said[-1], "current") == pytest.approx(1.28, abs=0.02)
    rate = run(table, "rate", 130.0, source="auto", inhibition=60, periods=2)
    assert rate["source"] == "magnetic"
    assert magnitude(rate, "rate") == pytest.approx(0.18, abs=0.01)
    assert magnitude(run(table, "coil-resistance", 1.0), "coil") == pytest.approx(1.55, abs=0.02)
    assert run(table, "insulation-resistance", 1.0)["finding"] == "open"
    pulse = run(table, "pulse", 5.0)
    assert magnitude(pulse, "pulse_period") == 1.0
    assert magnitude(pulse, "pulse_width") == pytest.approx(4.88, abs=0.03)
    ramp = run(table, "lower-voltage", 60.0, start=1.55)
    assert magnitude(ramp, "stopped") == pytest.approx(1.12)
    assert (ramp["eol"], magnitude(ramp, "eol_at")) == ("yes", pytest.approx(1.29))


def test_measured_off_the_inhibition_period_the_rate_is_false() -> None:
    table = Table(SimulatedQuartzTester, "quartz-healthy")
    table.ask("rate", sequence=1, source="magnetic", inhibition=7, periods=3)
    rates = [magnitude(frame, "rate") for frame in table.wait(30.0) if frame.name == "rate-sample"]
    assert all(abs(rate - 0.18) > 0.5 for rate in rates)


def test_the_stem_stops_the_motor() -> None:
    table = Table(SimulatedQuartzTester, "quartz-healthy")
    table.watch.handle("stem", "pulled", 0.0)
    assert magnitude(
        run(table, "consumption", 6.0, state="stem-pulled", supply=1.55, time=5), "current"
    ) == pytest.approx(0.38, abs=0.02)
    assert run(table, "rate", 1.0, source="magnetic", inhibition=60, periods=1)["code"] == "no-signal"


def test_a_flat_battery_is_seen_and_the_movement_is_still_measured_on_the_supply() -> None:
    table = Table(SimulatedQuartzTester, "quartz-flat-battery")
    voltages = run(table, "battery", 1.0)
    assert magnitude(voltages, "open") == pytest.approx(1.22, abs=0.003)
    assert magnitude(voltages, "loaded") < 1.05
    assert run(table, "rate", 61.0, source="auto", inhibition=60, periods=1)["source"] == "current"
    assert run(table, "rate", 1.0, source="magnetic", inhibition=60, periods=1)["code"] == "no-signal"


def test_a_broken_coil_is_open_and_gives_no_pulse() -> None:
    table = Table(SimulatedQuartzTester, "quartz-open-coil")
    assert run(table, "coil-resistance", 1.0)["finding"] == "open"
    assert run(table, "pulse")["code"] == "no-signal"
    assert run(table, "lower-voltage", start=1.55)["code"] == "never-ran"


def test_one_measurement_at_a_time_until_it_is_aborted() -> None:
    table = Table(SimulatedQuartzTester, "quartz-healthy")
    table.ask("rate", sequence=1, source="auto", inhibition=60, periods=1)
    (busy,) = table.ask("battery", sequence=2)
    assert (busy["sequence"], busy["code"]) == (2, "busy")
    ended, aborted = table.ask("abort", sequence=3, of=1)
    assert (ended["sequence"], ended["code"], aborted["of"]) == (1, "aborted", 1)
    assert table.wait(100.0) == []


def test_what_it_does_not_understand_is_told_with_its_number() -> None:
    table = Table(SimulatedQuartzTester)
    (damaged,) = table.hear(b">0002 BATTERY*7E5B\r\n")
    assert (damaged["sequence"], damaged["code"]) == (0, "bad-checksum")
    (version,) = table.ask("identify", sequence=4, version=2)
    assert (version["sequence"], version["code"]) == (4, "bad-version")


def test_a_mechanical_watch_has_no_battery() -> None:
    table = Table(SimulatedQuartzTester, "mechanical-healthy")
    assert run(table, "battery", 1.0)["code"] == "no-battery"


# The same for the same seed


@pytest.mark.parametrize("device", [SimulatedTimegrapher, SimulatedFieldMeter], ids=lambda device: device.id)
def test_the_same_seed_says_the_same_bytes(device: type[Device]) -> None:
    once, again, other = (b"".join(frame.raw for frame in Table(device, seed=seed).wait(30.0)) for seed in (3, 3, 4))
    assert once == again
    assert once != other
