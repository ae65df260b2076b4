"""A workshop to look at beside its bench: nothing is opened for writing, and no instrument is touched."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.alerts import Alert
from bench.attendance import Attendance
from bench.desk import Desk
from bench.errors import EtabliError, Refusal, UsageError
from bench.events import Event, EventKind
from bench.house import House
from bench.journal import Journal
from bench.judging import Judged
from bench.language import Message, current, msg
from bench.metrology import InstrumentRecord
from bench.people import Operator, Role
from bench.pins import Pins
from bench.procedure.fold import apply, fold
from bench.procedure.model import Procedure, Step
from bench.procedure.state import OrderState
from bench.quantities import Quantity
from bench.running import Clock
from bench.training.blind import veil_of
from bench.work import StepMark, marks
from drivers.station import Station
from tui import sheets
from tui.folder import Folder
from tui.screens.glance import unseen
from tui.settings import Settings

if TYPE_CHECKING:
    from bench.customers import CustomerStore
    from tui.simulation import Simulation


class VisitorsBook:
    """Who looked in and who was refused, in logs/visitors.log: the journal has one writer, and that is the bench."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, what: str, about: str) -> None:
        """Add a line. Raises EtabliError: whoever cannot be written down does not get in."""
        at = datetime.now().astimezone().isoformat(timespec="seconds")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as book:
                book.write(f"{at} {what} {about}\n")
        except OSError as error:
            raise EtabliError(
                msg("The visitors' book {file} cannot be written.", file=str(self.path)),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Make room, or let this user write there; nobody gets in meanwhile."),
            ) from error


class ReadingAttendance(Attendance):
    """Admits people who only look: wrong PINs are counted with those of the bench, and told to the visitors' book."""

    def __init__(self, journal: Journal, house: House, keys: Pins | None, book: VisitorsBook) -> None:
        super().__init__(journal, house, keys)
        self._book = book

    def _refused(self, purpose: str, why: str, **about: Any) -> None:
        who = " ".join(str(value) for value in about.values())
        self._book.write("refused", f"{why} {who}".replace("\n", " "))


class ReadingDesk(Desk):
    """A bench to look at: its journal cannot be written and it has no instruments; signing in leaves no event."""

    def __init__(self, folder: Folder, settings: Settings, journal: Journal, keys: Pins | None) -> None:
        super().__init__(journal, folder.procedures(), folder.profiles(), Station(()), settings.house, keys=keys)
        self._book = VisitorsBook(folder.logs / "visitors.log")
        self.attendance = ReadingAttendance(journal, settings.house, keys, self._book)

    def sign_in(self, operator: Operator, role: Role | None = None) -> None:
        """Name who looks from now on. Raises Refused as at the bench."""
        self.attendance.admit(operator, role)
        acting = role or operator.usual_role()
        self._book.write("signed-in", f"{operator.id} {acting.value}")
        self.operator, self.role = operator, acting


class FollowedWorkshop:
    """A workshop opened for reading, beside a bench that may be at work on it."""

    def __init__(self, folder: Folder) -> None:
        """Raises EtabliError where there is no workshop, or no journal yet."""
        settings = folder.settings()
        self.folder = folder
        self.settings = settings
        self.operators: Sequence[Operator] = settings.operators
        self.records: Sequence[InstrumentRecord] = ()
        self.notices: Sequence[EtabliError] = ()
        # Nothing can be done here in anybody's name, and a second screen is looked at, not touched.
        self.lock_after = 0.0
        self.asker: Callable[[Quantity, str], str] | None = None
        self.journal = folder.read_journal()
        self.desk: Desk = ReadingDesk(folder, settings, self.journal, _keys(folder, settings))
        self._papers = tempfile.TemporaryDirectory(prefix="etabli-follow-", ignore_cleanup_errors=True)

    @property
    def simulated(self) -> bool:
        return self.settings.simulation is not None

    @property
    def simulation(self) -> Simulation | None:
        """The instruments are the bench's, simulated or not."""
        return None

    def customer_store(self) -> CustomerStore:
        """Refuse: people stay apart from the record, and from whoever looks at it."""
        raise UsageError(msg("The customers' entries are not shown here."))

    @property
    def backups(self) -> None:
        """Whoever looks on backs nothing up."""

    @property
    def logs(self) -> Path:
        return self.folder.logs

    @property
    def photos(self) -> Path:
        return self.folder.photos

    def on_order(self, number: str) -> None:
        """A watch is put on the bench at the bench."""

    def sheet(self, order_number: str, fmt: str) -> Path:
        """Write the order's sheet into a folder of this session alone and return where it is. Raises EtabliError."""
        language = self.settings.language or current()
        data, seq = sheets.render(self.journal, order_number, fmt, language)
        path = Path(self._papers.name) / sheets.file_name(order_number, seq, language, fmt)
        return sheets.write(path, data, force=True)

    def close(self) -> None:
        """Close the journal and forget the sheets that were written. Closing twice does nothing."""
        self.journal.close()
        with suppress(OSError):
            self._papers.cleanup()


def _keys(folder: Folder, settings: Settings) -> Pins | None:
    if not settings.pins:
        return None
    preset = settings.simulation.pin if settings.simulation else ""
    return Pins(folder.pins, Clock(), preset=preset, own=settings.choosers)


@dataclass(frozen=True)
class Look:
    """One moment of an order, as its journal tells it.

    `refusal` and `broken` are what the last attempt at the current step ended with; `last` the figures of the newest
    run, `figures` the newest of each quantity and label, `first` the oldest; `seen_at` is when anything was journaled
    last, `by` who did it.
    """

    state: OrderState
    step: Step | None
    procedure: Procedure
    marks: tuple[StepMark, ...]
    refusal: Refusal | None
    broken: EtabliError | None
    last: tuple[Judged, ...]
    figures: tuple[Judged, ...]
    first: dict[tuple[str, str], Judged]
    seen_at: str
    by: str

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Every alert, those that wait for a decision first."""
        return tuple(sorted(self.state.alerts, key=lambda alert: (not alert.holds_up, not alert.open, alert.at)))


# What shows that the way is free again after a refusal or a broken measurement.
_GOES_ON = (
    EventKind.STEP_STARTED,
    EventKind.STEP_ANSWERED,
    EventKind.STEP_DONE,
    EventKind.MEASURED,
    EventKind.LIFTED,
    EventKind.PROCEDURE_CHANGED,
    EventKind.ORDER_CLOSED,
)


class FollowedOrder:
    """An order read from its events, each once; one thread at a time."""

    def __init__(self, desk: Desk, number: str) -> None:
        """Raises UsageError for an unknown number."""
        self._desk = desk
        self.number = number
        events = list(desk.journal.events(order=number))
        if not events:
            raise UsageError(msg("There is no order {number}.", number=number))
        self._state = fold(events[:1])
        self._refusal: Refusal | None = None
        self._broken: EtabliError | None = None
        self._newest = events[0]
        for event in events:
            self._take(event)

    def catch_up(self) -> bool:
        """Take in what was journaled since; tell whether that was anything."""
        before = self._newest.seq
        for event in self._desk.journal.events(order=self.number, after=before):
            self._take(event)
        return self._newest.seq != before

    def _take(self, event: Event) -> None:
        self._state = apply(self._state, event)
        self._newest = event
        payload = event.payload
        if event.kind is EventKind.REFUSED:
            self._refusal, self._broken = Refusal.from_json(payload["refusal"]), None
        elif event.kind is EventKind.MEASUREMENT_INTERRUPTED:
            self._refusal, self._broken = None, _error(payload["error"])
        elif event.kind in _GOES_ON:
            self._refusal = self._broken = None

    def look(self) -> Look:
        """Return how the order stands now."""
        state = self._state
        procedure = self._desk.pinned(state.procedure["sha256"])
        veil = veil_of(self._desk.journal, self.number, self._desk.house)
        judged = veil.judged(entry for task in state.tasks for entry in task.judged)
        figures = {(j.measurement.quantity.id, j.measurement.label): j for j in judged}
        first = {(j.measurement.quantity.id, j.measurement.label): j for j in reversed(judged)}
        return Look(
            state=state,
            step=procedure.get(state.current),
            procedure=procedure,
            marks=unseen(veil, marks(procedure, state, blocked=not state.started and self._refusal is not None)),
            refusal=self._refusal,
            broken=self._broken,
            last=veil.judged(state.tasks[-1].judged) if state.tasks else (),
            figures=tuple(figures.values()),
            first={key: entry for key, entry in first.items() if entry is not figures[key]},
            seen_at=self._newest.at,
            by=self._newest.operator or "",
        )


def _error(payload: dict[str, Any]) -> EtabliError:
    said = {name: Message.from_json(payload[name]) if payload.get(name) else None for name in ("what", "why", "remedy")}
    return EtabliError(said["what"] or msg("A measurement broke off."), said["why"], said["remedy"])
