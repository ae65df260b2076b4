"""The simulated bench under a demonstration workshop: each order's watch, kept as the journal says it was handled."""

from __future__ import annotations

from bench.events import EventKind
from bench.journal import Journal
from bench.judging import Handling
from bench.metrology import InstrumentRecord
from drivers.simulated import SimulatedBench
from drivers.simulated.watch import VirtualWatch

CASE = "simulated_case"


class Simulation:
    """Puts the watch of the order in hand under the simulated instruments and hands it what people do."""

    def __init__(self, journal: Journal, speed: float, seed: int) -> None:
        self._journal = journal
        self._bench = SimulatedBench(speed=speed, seed=seed)
        self._known: set[str] = set()
        self._unplugged: set[str] = set()
        self.records: tuple[InstrumentRecord, ...] = tuple(self._bench.start())

    def on_order(self, number: str) -> None:
        """Put the order's watch on the bench; one that was there before a restart is handled again as it was."""
        opened = next(self._journal.events(order=number, kinds=[EventKind.ORDER_OPENED]), None)
        if opened is None:
            return
        case = (opened.payload["order"].get("notes") or {}).get(CASE, "mechanical-healthy")
        watch = self._bench.select(number, str(case))
        if number in self._known:
            return
        self._known.add(number)
        for event in self._journal.events(order=number, kinds=[EventKind.HANDLED, EventKind.MEASURED]):
            if event.kind is EventKind.HANDLED:
                self._bench.handle(event.payload["act"], event.payload["detail"])
                continue
            for judged in event.payload["judged"]:
                measurement = judged["measurement"]
                if measurement["quantity"] == "demagnetising_field":
                    watch.magnetism.decay(measurement["label"], float(measurement["value"]))

    @property
    def watch(self) -> VirtualWatch | None:
        """The watch that lies on the bench now."""
        return self._bench.watch

    def hands(self, number: str, handling: Handling) -> None:
        """Do with the order's watch what hands have done."""
        if number in self._known:
            self._bench.handle(handling.act, handling.detail)

    def faults(self, instrument: str) -> tuple[str, ...]:
        """Return the faults of a simulated instrument that are on. Raises UsageError for another instrument."""
        return self._bench.faults(instrument)

    def switch(self, instrument: str, fault: str, on: bool) -> None:
        """Switch a fault on or off; "reset" happens once. Raises UsageError for an unknown one."""
        self._bench.fault(instrument, fault, on)

    def plugged(self, instrument: str) -> bool:
        """Whether the cable of a simulated instrument is plugged in."""
        return instrument not in self._unplugged

    def plug(self, instrument: str, on: bool) -> None:
        """Pull an instrument's cable out, or plug it in again. Raises UsageError for an unknown one."""
        if on:
            self._bench.replug(instrument)
            self._unplugged.discard(instrument)
        else:
            self._bench.unplug(instrument)
            self._unplugged.add(instrument)

    def close(self) -> None:
        self._bench.close()
