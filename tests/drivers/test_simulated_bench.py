"""The simulated bench: real ports, plugging and unplugging, and the project's own drivers at the other end."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from simulated_host import eventually, host

from bench.errors import UsageError
from bench.instrument import InstrumentKind, LinkLost, PortUnavailable, Program, RunResult
from bench.metrology import CalibrationState, InstrumentRecord
from bench.quantities import Value
from drivers import registry
from drivers.dialects import load
from drivers.simulated import SimulatedBench
from drivers.simulated.clock import FASTEST
from drivers.simulated.devices import DEVICES
from drivers.simulated.ports import PtyPort

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
PORTS = ["tcp"] if sys.platform == "win32" else ["pty", "tcp"]
FAST = 200.0


@pytest.fixture(params=PORTS)
def bench(request: pytest.FixtureRequest) -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=FAST, ports=request.param) as made:
        made.select("order-1", "mechanical-healthy")
        yield made


def record(bench: SimulatedBench, instrument: str) -> InstrumentRecord:
    return next(entry for entry in bench.records if entry.id == instrument)


# The register


def test_the_register_names_all_five_with_valid_certificates_and_budgets() -> None:
    with SimulatedBench() as bench:
        records = bench.records
    assert {entry.kind for entry in records} == set(InstrumentKind)
    for entry in records:
        assert entry.simulated
        assert entry.model == load(entry.dialect).model
        assert entry.calibration(date.today()) is CalibrationState.VALID
        assert entry.capabilities
        for capability in entry.capabilities:
            assert capability.accuracy is not None
            assert capability.source == "simulated instrument"


def test_the_tester_has_a_channel_for_every_pressure_of_the_programmes() -> None:
    with SimulatedBench() as bench:
        channels = record(bench, "leak-tester").options["channels"]
    assert set(channels.values()) >= {
        f"{bar} bar" for bar in ("-0.4", "-0.5", "-0.7", "1.0", "2.0", "3.0", "5.0", "10.0")
    }
    assert all(Value.parse("test_pressure", pressure) for pressure in channels.values())


# Ports


def test_each_instrument_answers_on_its_own_port(bench: SimulatedBench) -> None:
    for instrument, command, fields, answer in (
        ("timegrapher", "ping", {"value": 1}, "status"),
        ("leak-tester", "read-result", {}, "result"),
        ("demagnetiser", "status", {}, "status"),
        ("quartz-tester", "identify", {"sequence": 1}, "identity"),
    ):
        with host(record(bench, instrument)) as line:
            line.say(command, **fields)
            line.wait_for(answer)
    with host(record(bench, "field-meter")) as line:
        line.wait_for("field")


def test_a_host_may_come_and_go(bench: SimulatedBench) -> None:
    for _ in range(3):
        with host(record(bench, "timegrapher")) as line:
            line.wait_for("beat")


def test_unplugging_ends_the_stream_and_the_same_port_comes_back(bench: SimulatedBench) -> None:
    before = record(bench, "field-meter")
    with host(before) as line:
        line.wait_for("field")
        bench.unplug("field-meter")
        with pytest.raises(LinkLost):
            line.listen(10.0)
    with pytest.raises(PortUnavailable), host(before):
        pass
    bench.replug("field-meter")
    assert record(bench, "field-meter").connection == before.connection
    with host(before) as line:
        line.wait_for("field")


def test_a_running_test_goes_on_while_its_cable_is_out(bench: SimulatedBench) -> None:
    with host(record(bench, "leak-tester")) as line:
        line.say("start", channel=7)
        line.wait_for("ack")
        bench.unplug("leak-tester")
    bench.replug("leak-tester")
    with host(record(bench, "leak-tester")) as line:

        def ended() -> bool:
            line.say("read-result")
            return line.wait_for("result")["judgement"] == "good"

        eventually(ended)


def test_unplugging_and_closing_twice_does_nothing(bench: SimulatedBench) -> None:
    bench.unplug("timegrapher")
    bench.unplug("timegrapher")
    bench.replug("timegrapher")
    bench.replug("timegrapher")
    with host(record(bench, "timegrapher")) as line:
        line.wait_for("beat")
    bench.close()
    bench.close()


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@POSIX
@pytest.mark.parametrize("ports", PORTS)
def test_no_descriptor_no_thread_and_no_folder_is_left_behind(ports: Any) -> None:
    descriptors, threads = open_descriptors(), threading.active_count()
    for _ in range(2):
        bench = SimulatedBench(ports=ports)
        bench.start()
        bench.select("order-1", "quartz-healthy")
        folders = {Path(url).parent for url in bench.urls.values()} if ports == "pty" else set()
        for instrument in ("timegrapher", "leak-tester"):
            with host(record(bench, instrument)) as line:
                line.listen(0.0)
            bench.unplug(instrument)
            bench.replug(instrument)
        bench.close()
        assert not any(folder.exists() for folder in folders)
    assert open_descriptors() == descriptors
    assert threading.active_count() == threads


@POSIX
def test_the_pseudo_terminal_hands_every_byte_through_unchanged(tmp_path: Path) -> None:
    port = PtyPort(tmp_path / "line")
    port.plug()
    every = bytes(range(256))
    line = os.open(port.url, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(line, every)
        eventually(lambda: port.read() == every)
        port.write(every)
        assert os.read(line, 1000) == every
    finally:
        os.close(line)
        port.unplug()


def test_what_nobody_reads_is_lost_not_hoarded() -> None:
    with SimulatedBench(speed=2000.0) as bench:
        bench.select("order-1", "mechanical-healthy")
        with host(record(bench, "timegrapher")) as line:
            line.wait_for("beat")
            line.say("ping", value=1)
            eventually(lambda: bench.device_time > 2000.0)
            assert len(line.listen(0.0)) < 2000  # of the 16 000 beats of that time


# Hands, watches, wrong names


def test_each_order_keeps_its_own_watch(bench: SimulatedBench) -> None:
    first = bench.watch
    other = bench.select("order-2", "case-leaking")
    bench.handle("new-gasket")
    assert bench.select("order-1", "mechanical-healthy") is first
    assert bench.select("order-2", "case-leaking") is other
    assert other.case.flow(3.0) < 20.0


def test_the_same_seed_and_order_give_the_same_watch() -> None:
    def noise(seed: int, key: str) -> list[object]:
        bench = SimulatedBench(seed=seed)
        watch = bench.select(key, "mechanical-healthy")
        return [watch.beat(n / 8) for n in range(20)]

    assert noise(1, "a") == noise(1, "a")
    assert noise(1, "a") != noise(2, "a")
    assert noise(1, "a") != noise(1, "b")


def test_wrong_names_are_told(bench: SimulatedBench) -> None:
    for wrong in (
        lambda: bench.select("x", "no-such-case"),
        lambda: bench.handle("dance"),
        lambda: bench.fault("timegrapher", "moody"),
        lambda: bench.fault("toaster", "silent"),
        lambda: bench.unplug("toaster"),
        lambda: bench.start(),
        lambda: SimulatedBench(speed=0.0),
        lambda: SimulatedBench(instruments=["toaster"]),
    ):
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(UsageError):
        SimulatedBench().handle("turn", "CH")


def test_a_bench_may_have_one_instrument_only() -> None:
    with SimulatedBench(instruments=["field-meter"]) as bench:
        assert [entry.id for entry in bench.records] == ["field-meter"]
    assert len(DEVICES) == 5


# The project's own drivers at the other end


@pytest.fixture
def workshop() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=FAST) as made:
        yield made


def run(bench: SimulatedBench, instrument: str, program: str, **parameters: Any) -> RunResult:
    entry = record(bench, instrument)
    with registry.open_serial(entry) as link:
        driver = registry.build(entry, link)
        assert driver.check_identity().model == entry.model
        return driver.run(Program(program, parameters, 60.0))


def figures(result: RunResult) -> dict[str, float]:
    return {reading.value.quantity.id: reading.value.magnitude for reading in result.readings}


def timing(bench: SimulatedBench) -> dict[str, float]:
    bench.handle("place", "timegrapher")
    bench.handle("turn", "CH")
    times = {name: Value.of("measuring_time", seconds) for name, seconds in (("stabilise", 10), ("measure", 30))}
    return figures(run(bench, "timegrapher", "timing", position="CH", lift_angle=Value.of("lift_angle", 50.0), **times))


def watch_field(bench: SimulatedBench) -> float:
    bench.handle("place", "field-meter")
    return figures(run(bench, "field-meter", "field", quantity="watch_field", n=5))["watch_field"]


def test_demagnetising_through_the_drivers_brings_the_rate_back(workshop: SimulatedBench) -> None:
    workshop.select("order-2", "mechanical-magnetised")
    assert 1.0 < watch_field(workshop) < 2.0
    before = timing(workshop)
    assert 60.0 < before["rate"] < 120.0
    assert before["amplitude"] < 250.0
    workshop.handle("place", "demagnetiser")
    run(workshop, "demagnetiser", "demagnetise", axes="XYZ", level=Value.of("demagnetising_field", 50.0), cycles=1)
    assert watch_field(workshop) < 0.05
    after = timing(workshop)
    assert after["rate"] == pytest.approx(3.6, abs=1.5)
    assert after["amplitude"] == pytest.approx(286.0, abs=3.0)


def leak_test(workshop: SimulatedBench, *pressures: float) -> RunResult:
    workshop.handle("place", "water-resistance")
    times = {n: Value.of("measuring_time", s) for n, s in (("fill", 10), ("stabilise", 15), ("measure", 30))}
    stages = [{"label": str(bar), "pressure": Value.of("test_pressure", bar), **times} for bar in pressures]
    return run(workshop, "leak-tester", "leak-test", stages=stages, free_volume=Value.of("free_volume", 2100.0))


def leaks(result: RunResult) -> list[float]:
    return [r.value.magnitude for r in result.readings if r.value.quantity.id == "leak_rate"]


@pytest.mark.parametrize("programme", [(-0.4, 3.0), (-0.5, 5.0), (-0.7, 1.0, 10.0)], ids=["p03", "p04", "p05"])
def test_the_leaking_case_fails_at_the_final_pressure_only_and_a_gasket_cures_it(
    workshop: SimulatedBench, programme: tuple[float, ...]
) -> None:
    workshop.select("order-3", "case-leaking")
    result = leak_test(workshop, *programme)
    *before, final = leaks(result)
    assert result.aborted is None
    assert max(before) < 100.0
    assert 90.0 < final < 150.0
    for act in ("open", "new-gasket", "close"):
        workshop.handle(act)
    assert max(leaks(leak_test(workshop, *programme))) < 20.0


def test_the_big_leak_stops_the_test_at_its_first_stage(workshop: SimulatedBench) -> None:
    workshop.select("order-4", "case-big-leak")
    result = leak_test(workshop, -0.4, 3.0)
    assert result.aborted is not None
    assert leaks(result) == []


def test_a_new_battery_raises_the_voltage(workshop: SimulatedBench) -> None:
    workshop.select("order-5", "quartz-flat-battery")
    assert figures(run(workshop, "quartz-tester", "battery"))["battery_voltage"] < 1.30
    workshop.handle("new-battery")
    assert figures(run(workshop, "quartz-tester", "battery"))["battery_voltage"] > 1.54


def test_as_fast_as_possible_a_long_measurement_takes_no_time() -> None:
    with SimulatedBench(speed=FASTEST) as bench:
        bench.select("order-1", "quartz-healthy")
        period = Value.of("inhibition_period", 960.0)
        found = figures(run(bench, "quartz-tester", "quartz-rate", inhibition_period=period, periods=5))
        assert found["quartz_rate"] == pytest.approx(0.18, abs=0.02)
        bench.select("order-2", "mechanical-healthy")
        assert timing(bench)["rate"] == pytest.approx(4.2, abs=1.0)


@POSIX
def test_with_the_line_speed_an_answer_takes_its_time_on_the_wire() -> None:
    with SimulatedBench(instruments=["demagnetiser"], line_speed=True) as bench:
        bench.select("order-1", "mechanical-healthy")
        settings = load("2g600").serial
        descriptor = os.open(bench.urls["demagnetiser"], os.O_RDWR | os.O_NOCTTY)
        try:
            asked, answer = time.monotonic(), b""
            os.write(descriptor, b"DSS\r")
            while b"A    0" not in answer:
                answer += os.read(descriptor, 64)
            took = time.monotonic() - asked
        finally:
            os.close(descriptor)
    assert took >= len(answer) * 10 / settings.baudrate
