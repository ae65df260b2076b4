"""The instruments of one bench: an owner thread for each port, identity, loss and return."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.instrument import (
    Capability,
    Identity,
    InstrumentError,
    InstrumentKind,
    LinkState,
    OnSample,
    Program,
    RunResult,
)
from bench.language import msg
from bench.measurement import Provenance
from bench.metrology import InstrumentRecord
from bench.pool import LinkEvent
from drivers.link.base import Tap
from drivers.manual import Ask, Manual
from drivers.owner import Owner
from drivers.registry import OpenLink, capabilities, is_manual, link_to

if TYPE_CHECKING:
    from bench.recording import Recorder

log = logging.getLogger(__name__)

# How long `choose` waits for a port that is just being opened.
OPENING_PATIENCE = 5.0


class Station:
    """All registered instruments of a bench, each ready as soon as it answers; the bench's `InstrumentPool`.

    Ports are opened in the background from the start, and again by themselves after a loss. `asker` asks the person
    for manual entry; without it manual instruments are never chosen. `recorder` taps every link.
    """

    def __init__(
        self,
        records: Sequence[InstrumentRecord],
        *,
        recorder: Recorder | None = None,
        open_link: OpenLink = link_to,
        asker: Ask | None = None,
    ) -> None:
        self._records = {record.id: record for record in records}
        self._recorder = recorder
        self._listeners: list[Callable[[LinkEvent], None]] = []
        self._lock = threading.Lock()
        self._ears: dict[str, tuple[Tap, ...]] = {}
        self._manual: dict[str, Manual] = {}
        self._owners: dict[str, Owner] = {}
        for record in records:
            if is_manual(record):
                if asker is not None:
                    self._manual[record.id] = Manual(record, asker)
            else:
                tap = self._tap(record.id, recorder.tap(record.id) if recorder else None)
                self._owners[record.id] = Owner(record, open_link, tap, self._tell)
        for owner in self._owners.values():
            owner.start()

    def records(self) -> Sequence[InstrumentRecord]:
        return tuple(self._records.values())

    def choose(self, kind: InstrumentKind) -> InstrumentRecord | None:
        """Return the instrument to use for `kind`: a ready one first, manual entry last, None where there is none.

        Waits at most 5 s for ports that are just being opened. One that is lost or suspect comes before manual entry:
        whether to give it up is for the person to say.
        """
        end = time.monotonic() + OPENING_PATIENCE
        fitting = [record for record in self._records.values() if record.kind is kind]
        owners = [self._owners[record.id] for record in fitting if record.id in self._owners]
        for owner in owners:
            if any(other.state is LinkState.READY for other in owners):
                break
            owner.settled.wait(max(0.0, end - time.monotonic()))
        order = [LinkState.READY, LinkState.OPENING, LinkState.SUSPECT, LinkState.LOST, LinkState.CLOSED]
        best = min(owners, key=lambda owner: order.index(owner.state), default=None)
        by_hand = next((record for record in fitting if record.id in self._manual), None)
        if best is None or (best.state is LinkState.CLOSED and by_hand is not None):
            return by_hand or (best.record if best else None)
        return best.record

    def state(self, instrument: str) -> LinkState:
        """Return the link's state; manual entry is always ready."""
        self._known(instrument)
        owner = self._owners.get(instrument)
        if owner is not None:
            return owner.state
        return LinkState.READY if instrument in self._manual else LinkState.CLOSED

    def identity(self, instrument: str) -> Identity | None:
        self._known(instrument)
        owner = self._owners.get(instrument)
        if owner is not None:
            return owner.identity
        manual = self._manual.get(instrument)
        return manual.identify() if manual else None

    def provenance(self, instrument: str) -> Provenance:
        record = self._known(instrument)
        if instrument in self._owners:
            return Provenance.SIMULATED if record.simulated else Provenance.REAL
        return Provenance.MANUAL

    def capabilities(self, instrument: str) -> tuple[Capability, ...]:
        record = self._known(instrument)
        return capabilities(record)

    def run(self, instrument: str, program: Program, on_sample: OnSample | None = None) -> RunResult:
        """Run a program and wait for its result: in the owner's thread, or by asking the person here.

        Raises InstrumentError (LinkLost at once when the cable comes out), UsageError.
        """
        self._known(instrument)
        if instrument in self._manual:
            return self._manual[instrument].run(program, on_sample)
        owner = self._owners.get(instrument)
        if owner is None:
            raise UsageError(
                msg("{instrument} is read by a person, and there is nobody to ask.", instrument=instrument),
                remedy=msg("Run the step at the bench, or give its readings in the answers file."),
            )
        return owner.run(program, on_sample)

    def begin_segment(self, instrument: str, header: dict[str, Any]) -> str | None:
        """Mark in the recording that a task begins; None where nothing records or a person is the instrument."""
        if self._recorder is None or instrument not in self._owners:
            return None
        recorder = self._recorder
        try:
            return self._owners[instrument].begin_segment(
                lambda state: recorder.begin(instrument, {**header, "driver": state})
            )
        except InstrumentError:  # nobody there: the program that follows says so, and the recording keeps that too
            return recorder.begin(instrument, header)

    def end_segment(self, segment: str, outcome: dict[str, Any]) -> None:
        if self._recorder is not None:
            self._recorder.end(segment, outcome)

    def stop(self, instrument: str | None = None) -> None:
        """Stop running programs; returns when every instrument asked for is safe (at most 10 s)."""
        chosen = [instrument] if instrument is not None else list(self._records)
        stoppable = [self._owners.get(key) or self._manual.get(key) for key in chosen]
        threads = [threading.Thread(target=each.stop, name="stop") for each in stoppable if each is not None]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def subscribe(self, listener: Callable[[LinkEvent], None]) -> Callable[[], None]:
        """Hear link events, in the thread of the port they come from; call what is returned to end it."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return end

    def overhear(self, instrument: str, ear: Tap) -> Callable[[], None]:
        """Hear every chunk of an instrument's wire, in its owner's thread; call what is returned to end it.

        `ear` must be quick and must not raise. Raises UsageError for an unknown instrument.
        """
        self._known(instrument)
        with self._lock:
            self._ears[instrument] = (*self._ears.get(instrument, ()), ear)

        def end() -> None:
            with self._lock:
                self._ears[instrument] = tuple(each for each in self._ears[instrument] if each is not ear)

        return end

    def _tap(self, instrument: str, recorded: Tap | None) -> Tap:
        def hear(direction: str, data: bytes, monotonic: float, wall: float) -> None:
            if recorded is not None:
                recorded(direction, data, monotonic, wall)
            for ear in self._ears.get(instrument, ()):
                ear(direction, data, monotonic, wall)

        return hear

    def close(self) -> None:
        """Stop everything safely, give the ports back, end the threads. Closing twice does nothing."""
        self.stop()
        for owner in self._owners.values():
            owner.close()

    def _tell(self, event: LinkEvent) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:  # a listener's mistake must not cost the bench its instrument
                log.exception("a listener of link events failed")

    def _known(self, instrument: str) -> InstrumentRecord:
        try:
            return self._records[instrument]
        except KeyError:
            raise UsageError(
                msg("There is no instrument “{instrument}” in the register.", instrument=instrument),
                remedy=msg("Registered: {known}.", known=", ".join(self._records)),
            ) from None
