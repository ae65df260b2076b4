"""Probing finds who is plugged in by the handshake alone, and says plainly where there is nobody or no access."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.instrument import InstrumentKind, PortUnavailable
from drivers import probing
from drivers.link.base import SystemClock
from drivers.probing import Found, probe, probe_visa, speaking, visa_resources
from drivers.registry import DRIVERS
from drivers.simulated import SimulatedBench


@pytest.fixture
def bench() -> Iterator[SimulatedBench]:
    with SimulatedBench(speed=10.0) as simulated:
        simulated.select("watch", "mechanical-healthy")
        yield simulated


def by_instrument(bench: SimulatedBench, wanted: list[str]) -> dict[str, Found]:
    names = {url: name for name, url in bench.urls.items()}
    return {names[found.port]: found for found in probe(list(names), wanted)}


def test_every_dialect_with_a_driver_is_tried() -> None:
    assert sorted(speaking()) == sorted(DRIVERS)


def test_five_instruments_on_five_ports_are_told_apart(bench: SimulatedBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PATIENCE", 1.0)
    monkeypatch.setattr(probing, "MORE_PATIENCE", {"2g600": 2.5})
    found = by_instrument(bench, [name for name in speaking() if name not in ("scpi-multimeter", "lake-shore-425")])
    assert {name: entry.dialect for name, entry in found.items()} == {
        record.id: record.dialect for record in bench.records
    }
    quartz = found["quartz-tester"]
    assert quartz.identity is not None
    assert (quartz.kind, quartz.identity.serial) == (InstrumentKind.QUARTZ_TESTER, "SIM-QT-1")


def test_a_port_where_nobody_answers_is_given_up_in_time(
    bench: SimulatedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "PATIENCE", 0.2)
    bench.fault("leak-tester", "silent")
    clock = SystemClock()
    started = clock.monotonic()
    assert list(probe([bench.urls["leak-tester"]], ["cosmo-ls"])) == [Found(bench.urls["leak-tester"])]
    assert clock.monotonic() - started < 2.0, "the driver itself would have waited 2 s"


def test_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    (found,) = probe([str(tmp_path / "ttyUSB7")], ["cosmo-ls"])
    assert isinstance(found.error, PortUnavailable)
    assert "ttyUSB7" in str(found.error)


SIMULATED_VISA = """
spec: "1.1"
devices:
  meter:
    eom:
      USB INSTR:
        q: "\\n"
        r: "\\n"
    dialogues:
      - q: "*IDN?"
        r: "HEWLETT-PACKARD,34401A,MY123,11-5-2"
resources:
  USB::0x0957::0x0607::MY123::INSTR:
    device: meter
"""


def test_visa_resources_are_asked_who_they_are(tmp_path: Path) -> None:
    file = tmp_path / "visa.yaml"
    file.write_text(SIMULATED_VISA, encoding="utf-8")
    (found,) = probe_visa(f"{file}@sim")
    assert found.identity is not None
    assert (found.identity.model, found.identity.serial) == ("34401A", "MY123")


def test_a_visa_library_that_is_not_there_finds_nothing() -> None:
    assert visa_resources("no-such-library@ivi") == ()
