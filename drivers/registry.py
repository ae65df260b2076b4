"""Which driver speaks which dialect, and how a line of the register becomes an instrument with its link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.instrument import Capability, InstrumentKind, PortUnavailable
from bench.language import msg
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from drivers import dialects, extensions
from drivers.link.base import Link
from drivers.link.kinds import visa_resource
from drivers.link.settings import SerialSettings
from drivers.manual import DIALECT as MANUAL
from drivers.manual import capabilities as displayed
from drivers.wire import WireInstrument, merged

# Dialect → module and class; imported when an instrument of that dialect is built.
DRIVERS: dict[str, tuple[str, str]] = {
    "timegrapher-studio": ("drivers.timegrapher.driver", "Timegrapher"),
    "cosmo-ls": ("drivers.water_resistance.driver", "LeakTester"),
    "uson-qualitek-mr": ("drivers.water_resistance.qualitek", "Qualitek"),
    "2g600": ("drivers.demagnetiser.driver", "Demagnetiser"),
    "lutron-16-digit": ("drivers.demagnetiser.field_meter", "TalkingMeter"),
    "lake-shore-425": ("drivers.demagnetiser.asked_meters", "LakeShore425"),
    "fw-bell-5080": ("drivers.demagnetiser.asked_meters", "Bell5080"),
    "alphalab-gm2": ("drivers.demagnetiser.asked_meters", "AlphaLabGM2"),
    "etabli-quartz-1": ("drivers.quartz_tester.driver", "QuartzTester"),
    "scpi-multimeter": ("drivers.quartz_tester.multimeter", "Multimeter"),
}

# Any other dialect without commands: who speaks it only talks.
LISTENERS: dict[InstrumentKind, tuple[str, str]] = {
    InstrumentKind.WATER_RESISTANCE: ("drivers.water_resistance.listener", "LeakListener"),
    InstrumentKind.TIMEGRAPHER: ("drivers.printed", "Printed"),
    InstrumentKind.FIELD_METER: ("drivers.printed", "Printed"),
    InstrumentKind.QUARTZ_TESTER: ("drivers.printed", "Printed"),
}

if TYPE_CHECKING:
    from bench.recording import Segment

OpenLink = Callable[[InstrumentRecord], Link]


def is_manual(record: InstrumentRecord) -> bool:
    """Tell whether a person is this instrument's link."""
    return record.dialect == MANUAL or record.connection == MANUAL


def driver_class(record: InstrumentRecord) -> type[WireInstrument]:
    """Return the driver of the record's dialect, ours or another package's. Raises UsageError where there is none."""
    place = DRIVERS.get(record.dialect)
    if place is None:
        found = extensions.driver(record.dialect)
        if found is not None:
            return found
        place = _listener(record.dialect)
    if place is None:
        raise UsageError(
            msg("{instrument}: no driver speaks “{dialect}”.", instrument=record.id, dialect=record.dialect),
            remedy=msg("Known: {known}.", known=", ".join([*DRIVERS, *extensions.names(), MANUAL])),
        )
    module, name = place
    driver: type[WireInstrument] = getattr(import_module(module), name)
    return driver


def is_spoken(dialect: str) -> bool:
    """Tell whether there is a driver for the dialect. Raises DataFileError for a workshop's own file that is wrong."""
    return dialect in DRIVERS or dialect in extensions.names() or _listener(dialect) is not None


def _listener(dialect: str) -> tuple[str, str] | None:
    """Return where the driver is that listens to a dialect without commands."""
    if dialect not in dialects.available():
        return None
    found = dialects.load(dialect)
    return None if found.commands else LISTENERS.get(found.kind)


def capabilities(record: InstrumentRecord) -> tuple[Capability, ...]:
    """Return what the dialect's documents and the register state together. Raises UsageError as `driver_class`."""
    if is_manual(record):
        return displayed(record)
    return merged(driver_class(record).documented(dialects.load(record.dialect)), record.capabilities)


def build(record: InstrumentRecord, link: Link, provenance: Provenance | None = None) -> WireInstrument:
    """Return the driver for `record` over `link` (not opened here).

    `provenance` overrides what the register says (a replayed link). Raises UsageError for a dialect without a driver.
    """
    return driver_class(record)(record, link, dialects.load(record.dialect), provenance)


def build_replay(record: InstrumentRecord, segment: Segment) -> WireInstrument:
    """Return a driver that hears a recorded segment again, as the driver that recorded it; provenance replayed."""
    from drivers.link.replay import ReplayLink

    link = ReplayLink(record.id, segment.frames, since=(segment.span[0], segment.began))
    driver = build(record, link, Provenance.REPLAYED)
    driver.resume(segment.header.get("driver", {}))
    return driver


def settings(record: InstrumentRecord) -> SerialSettings:
    """Return the dialect's serial settings with the record's own (`options.serial`: baudrate, parity …) in their place.

    `options.pacing` is the part of the documented pauses that is kept: 0 for an instrument that needs none.
    Raises UsageError for a setting that does not exist.
    """
    own: Mapping[str, Any] = record.options.get("serial", {})
    documented = dialects.load(record.dialect).serial
    documented = replace(documented, char_delay=documented.char_delay * float(record.options.get("pacing", 1.0)))
    try:
        return replace(documented, **own)
    except TypeError:
        raise UsageError(
            msg("{instrument}: its serial settings name something unknown.", instrument=record.id),
            remedy=msg("Known: {known}.", known=", ".join(SerialSettings.__dataclass_fields__)),
        ) from None


def link_to(record: InstrumentRecord) -> Link:
    """Return the link that the record's connection asks for (not opened yet): a VISA resource or a serial port.

    `options.visa` is the VISA library in PyVISA's words ("@py", "@ivi", a path); "@py" where nothing is said.
    Raises PortUnavailable, UsageError.
    """
    resource = visa_resource(record.connection)
    if resource is None:
        return open_serial(record)
    from drivers.link.visa_link import BACKEND, VisaLink

    return VisaLink(record.id, resource, settings(record), backend=str(record.options.get("visa", BACKEND)))


def open_serial(record: InstrumentRecord) -> Link:
    """Return a serial link to where the instrument is now (not opened yet). Raises PortUnavailable, UsageError."""
    from drivers.link.serial_link import SerialLink

    return SerialLink(record.id, where(record), settings(record))


def where(record: InstrumentRecord) -> str:
    """Return the port to open: by USB identity where `options.usb` gives one (a port's name may change), else the
    record's connection.

    Raises PortUnavailable when no adapter, or more than one, has that identity: it is asked, never guessed.
    """
    usb: Mapping[str, Any] = record.options.get("usb", {})
    if not usb:
        return record.connection
    ports = usb_ports(usb)
    if len(ports) == 1:
        return ports[0]
    named = "{vid:04x}:{pid:04x}".format(**{key: _number(usb.get(key, 0)) for key in ("vid", "pid")})
    if not ports:
        why = msg("No USB adapter {adapter} is plugged in.", adapter=f"{named} {usb.get('serial', '')}".strip())
        raise PortUnavailable(record.id, why=why, remedy=msg("Plug the instrument's adapter in."))
    raise PortUnavailable(
        record.id,
        why=msg("{count} USB adapters are alike: {ports}.", count=len(ports), ports=", ".join(ports)),
        remedy=msg("Say which it is: “etabli instruments port {id} PORT”; or unplug the others.", id=record.id),
    )


def usb_ports(usb: Mapping[str, Any]) -> list[str]:
    """Return the ports whose adapter has this identity: `vid`, `pid` (number or hexadecimal), `serial`, `location`."""
    from serial.tools import list_ports

    wanted = {
        "vid": _number(usb["vid"]) if "vid" in usb else None,
        "pid": _number(usb["pid"]) if "pid" in usb else None,
        "serial_number": usb.get("serial") or None,
        "location": usb.get("location") or None,
    }
    return sorted(
        port.device
        for port in list_ports.comports()
        if all(expected is None or getattr(port, name) == expected for name, expected in wanted.items())
    )


def _number(written: Any) -> int:
    return written if isinstance(written, int) else int(str(written), 16)
