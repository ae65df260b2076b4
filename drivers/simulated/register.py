"""The register's lines of the simulated instruments: identity, certificates, capabilities, options."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bench.instrument import Capability, InstrumentKind
from bench.metrology import Certificate, InstrumentRecord
from drivers.dialects import load
from drivers.simulated.devices.base import Device
from drivers.simulated.devices.leak_tester import PRESSURES

SOURCE = "simulated instrument"
CALIBRATED_DAYS_AGO = 100
INTERVAL_DAYS = 365
LEAST_PACING = 0.01

CHANNELS = {str(number): f"{pressure} bar" for number, pressure in enumerate(PRESSURES)}


def _can(
    quantity: str,
    low: float,
    high: float,
    resolution: float,
    accuracy: float,
    relative: float | None = None,
) -> Capability:
    return Capability(quantity, low, high, resolution, accuracy, relative, SOURCE)


# In canonical units. Where a watch maker's machine states its accuracy, the simulated one has the same:
# rate, amplitude and beat error of the Witschi Chronoscope X1, battery and resistance of the Analyzer Q1.
CAPABILITIES: Mapping[InstrumentKind, tuple[Capability, ...]] = {
    InstrumentKind.TIMEGRAPHER: (
        _can("rate", -999.9, 999.9, 0.1, 0.1),
        _can("amplitude", 80.0, 360.0, 1.0, 0.4),
        _can("beat_error", 0.0, 9.9, 0.01, 0.05),
        _can("beat_rate", 3600.0, 72000.0, 1.0, 1.0),
        _can("signal_level", 0.0, 1.0, 0.01, 0.05),
    ),
    InstrumentKind.WATER_RESISTANCE: (
        _can("leak_rate", -2000.0, 2000.0, 0.1, 1.0, 0.03),
        _can("test_pressure", -0.9, 12.0, 0.01, 0.02, 0.005),
    ),
    InstrumentKind.DEMAGNETISER: (_can("demagnetising_field", 0.0, 300.0, 0.1, 0.5, 0.02),),
    InstrumentKind.FIELD_METER: (
        _can("background_field", -3.0, 3.0, 0.001, 0.002, 0.02),
        _can("watch_field", -3.0, 3.0, 0.001, 0.002, 0.02),
    ),
    InstrumentKind.QUARTZ_TESTER: (
        _can("battery_voltage", 0.0, 3.5, 0.001, 0.005, 0.002),
        _can("battery_voltage_loaded", 0.0, 3.5, 0.001, 0.005, 0.002),
        _can("consumption", 0.0, 100.0, 0.01, 0.01, 0.01),
        _can("consumption_stem_pulled", 0.0, 100.0, 0.01, 0.01, 0.01),
        _can("quartz_rate", -100.0, 100.0, 0.001, 0.005),
        _can("pulse_width", 0.1, 100.0, 0.01, 0.02),
        _can("pulse_period", 0.1, 120.0, 0.1, 0.01),
        _can("coil_resistance", 0.005, 10_000.0, 0.001, 0.005, 0.02),
        _can("insulation_resistance", 0.001, 1000.0, 0.1, 0.01, 0.05),
        _can("lower_working_voltage", 0.5, 3.5, 0.01, 0.01),
    ),
}


def record(device: type[Device], connection: str, today: date, speed: float = 1.0) -> InstrumentRecord:
    """Return the register's line of one simulated instrument at the port `connection`.

    Pauses that the protocol asks for are as much shorter as device time runs faster (`speed`).
    """
    issued = today - timedelta(days=CALIBRATED_DAYS_AGO)
    certificate = Certificate(
        number=f"{device.serial}-{issued:%Y%m%d}",
        laboratory=SOURCE,
        issued=issued,
        interval_days=INTERVAL_DAYS,
        serial=device.serial,
    )
    options: dict[str, Any] = {"pacing": max(LEAST_PACING, 1.0 / speed)}
    if device.options is not None:
        options |= device.options
    elif device.kind is InstrumentKind.WATER_RESISTANCE:
        options |= {"channels": CHANNELS, "leak_unit": "Pa"}
    return InstrumentRecord(
        id=device.id,
        kind=device.kind,
        model=load(device.dialect_id).model,
        serial=device.serial,
        dialect=device.dialect_id,
        connection=connection,
        simulated=True,
        options=options,
        certificates=(certificate,),
        capabilities=CAPABILITIES[device.kind] if device.capabilities is None else device.capabilities,
    )
