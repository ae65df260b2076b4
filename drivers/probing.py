"""Who is plugged in: asks every port, in every dialect that knows a handshake, with a short deadline for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass

from bench.errors import EtabliError
from bench.instrument import Identity, InstrumentError, InstrumentKind, NoReply, PortUnavailable
from bench.metrology import InstrumentRecord
from drivers import dialects
from drivers.link.base import Clock, Link, SystemClock
from drivers.link.serial_link import SerialLink
from drivers.registry import DRIVERS, build, settings

# Who only listens comes first, then whose answer carries a checksum or a number, then plain text. Each question ends
# the half line that the one before may have left in an instrument's ears: LF, CR, CR, then frames without an end.
ORDER = (
    "lutron-16-digit",
    "etabli-quartz-1",
    "cosmo-ls",
    "2g600",
    "timegrapher-studio",
    "scpi-multimeter",
    "lake-shore-425",
    "fw-bell-5080",
    "alphalab-gm2",
)
VISA_DIALECT = "scpi-multimeter"
# Seconds for one dialect on one port; an Arduino that starts again when its port is opened needs more.
PATIENCE = 2.5
MORE_PATIENCE = {"etabli-quartz-1": 4.5}
MOST_AT_ONCE = 8


@dataclass(frozen=True)
class Found:
    """What a port gave: who answers in which dialect, or nobody; `error` where the port itself could not be used."""

    port: str
    dialect: str = ""
    kind: InstrumentKind | None = None
    identity: Identity | None = None
    error: EtabliError | None = None


class _Brief(Link):
    """A link that gives up when its time is over, whatever the driver behind it would still wait for."""

    until = 0.0
    heard = False

    def read(self, deadline: float) -> bytes:
        if self.clock.monotonic() >= self.until:
            raise NoReply(self.instrument)
        chunk: bytes = super().read(min(deadline, self.until))  # type: ignore[safe-super]
        self.heard = self.heard or bool(chunk)
        return chunk


class _BriefSerial(_Brief, SerialLink):
    pass


OpenBrief = Callable[[InstrumentRecord], _Brief]


def speaking() -> list[str]:
    """Return the dialects that are tried, in their order; those that came later stand at the end."""
    known = [name for name in ORDER if name in DRIVERS]
    return [*known, *(name for name in DRIVERS if name not in known)]


def _never() -> bool:
    return False


def probe(
    ports: Sequence[str],
    wanted: Iterable[str] | None = None,
    *,
    clock: Clock | None = None,
    stop: Callable[[], bool] = _never,
) -> Iterator[Found]:
    """Ask every serial port, several at a time, and give what each gave as it comes. Never raises for a port.

    Once `stop` says so, no further dialect is tried: what is left ends within the patience for one.
    """
    tried = list(wanted or speaking())
    with ThreadPoolExecutor(max(1, min(MOST_AT_ONCE, len(ports)))) as workers:
        asked = [workers.submit(probe_port, port, tried, clock or SystemClock(), stop) for port in ports]
        for each in as_completed(asked):
            yield each.result()


def probe_port(port: str, wanted: Iterable[str], clock: Clock, stop: Callable[[], bool] = _never) -> Found:
    """Ask one serial port in each dialect until somebody answers in it."""

    def brief(record: InstrumentRecord) -> _Brief:
        return _BriefSerial(record.id, port, settings(record), clock)

    for dialect in wanted:
        if stop():
            break
        found = _ask(port, dialect, brief)
        if found is not None:
            return found
    return Found(port)


def probe_visa(backend: str = "@py") -> Iterator[Found]:
    """Ask every VISA resource that PyVISA finds who it is (serial lines are left to `probe`)."""
    from drivers.link.visa_link import VisaLink

    class BriefVisa(_Brief, VisaLink):
        pass

    def brief(record: InstrumentRecord) -> _Brief:
        return BriefVisa(record.id, record.connection, settings(record), backend=backend)

    for resource in visa_resources(backend):
        if not resource.upper().startswith("ASRL"):
            yield _ask(resource, VISA_DIALECT, brief) or Found(resource)


def visa_resources(backend: str = "@py") -> tuple[str, ...]:
    """Return the names of the VISA resources here; () where PyVISA or its backend finds or can do nothing."""
    with suppress(Exception):  # backends raise whatever their own libraries do
        import pyvisa

        manager = pyvisa.ResourceManager(backend)
        try:
            return tuple(str(name) for name in manager.list_resources())
        finally:
            manager.close()
    return ()


def _ask(port: str, dialect: str, brief: OpenBrief) -> Found | None:
    """Do one handshake; None where nobody answers in this dialect.

    Who says something that cannot be read is asked once more: the questions in the dialects before may stand half in
    its ears.
    """
    spoken = dialects.load(dialect)
    record = InstrumentRecord(port, spoken.kind, spoken.model, "", dialect, port)
    for _attempt in range(2):
        link = brief(record)
        link.until = link.clock.monotonic() + MORE_PATIENCE.get(dialect, PATIENCE)
        try:
            link.open()
            return Found(port, dialect, spoken.kind, build(record, link).identify())
        except PortUnavailable as error:
            return Found(port, error=error)
        except InstrumentError:
            if not link.heard:
                return None
        except EtabliError as error:
            return Found(port, error=error)
        finally:
            with suppress(EtabliError):
                link.close()
    return None
