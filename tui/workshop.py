"""An opened workshop: journal, instruments, profiles and procedures wired into one desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.defects import adopt
from bench.desk import Desk
from bench.errors import DataFileError, EtabliError, UsageError
from bench.journal import Journal
from bench.judging import Handling
from bench.language import current, msg
from bench.metrology import InstrumentRecord
from bench.people import Operator
from bench.pins import Pins
from bench.quantities import Quantity
from bench.recording import Recorder, RecordingFailed
from bench.register import Register
from bench.running import Clock
from bench.training.apart import check_apart
from drivers.manual import Ask
from drivers.registry import is_manual
from drivers.station import Station
from tui import sheets
from tui.backups import BackupKeeper
from tui.folder import Folder
from tui.settings import Settings
from tui.version import VERSION

if TYPE_CHECKING:
    from tui.simulation import Simulation


class Workshop:
    """A workshop with its bench at work. One program at a time; others may read its journal meanwhile.

    `notices` are faults that do not keep the bench from working (no recording, a broken procedure file); `asker` is
    asked for readings that are keyed in.
    """

    desk: Desk

    def __init__(self, folder: Folder, settings: Settings, parts: ExitStack) -> None:
        self.folder = folder
        self.settings = settings
        self.operators: Sequence[Operator] = settings.operators
        self.records: Sequence[InstrumentRecord] = settings.records
        self._notices: list[EtabliError] = []
        self.notices: Sequence[EtabliError] = self._notices
        self.asker: Callable[[Quantity, str], str] | None = None
        self.lock_after = settings.lock_after
        self.backups: BackupKeeper | None = None
        self._parts = parts
        self._simulation: Simulation | None = None

    @classmethod
    def open(
        cls, folder: Folder, *, asker: Ask | None = None, instruments: bool = True, speed: float | None = None
    ) -> Workshop:
        """Open the workshop in `folder`. Raises EtabliError; what was opened by then is closed again.

        Without `instruments` no port is touched: for taking orders in. `speed` overrides a simulation's own.
        """
        settings = folder.settings()
        with ExitStack() as parts:
            self = cls(folder, settings, parts)
            self.asker = asker
            journal = Journal.open(folder.journal, station=settings.station)
            parts.callback(journal.close)
            check_apart(journal, training=settings.house.training)
            hands: Callable[[str, Handling], None] = lambda order, handling: None  # noqa: E731
            if instruments and settings.simulation is not None:
                if settings.house.training:
                    from tui.training.workshop import lend_all

                    lend_all(folder)
                from tui.simulation import Simulation  # a bench with real instruments never loads the others

                simulation = Simulation(journal, speed or settings.simulation.speed, settings.simulation.seed)
                parts.callback(simulation.close)
                self._simulation, hands = simulation, simulation.hands
                self.records = (*simulation.records, *settings.records)
            register = Register(journal)
            records = register.lines(self.records) if instruments else ()
            self.records = register.records(self.records)
            recorder = self._recorder(records)
            station = Station(records, recorder=recorder, asker=self._ask)
            parts.callback(station.close)
            procedures = folder.procedures(training=settings.house.training)
            self._notices += procedures.own_problems
            try:
                adopt(folder.path)
            except DataFileError as error:
                self._notices.append(error)
            profiles = folder.profiles()
            if profiles.own:
                self._notices += [EtabliError(problem.message()) for problem in profiles.problems]
            self.desk = Desk(
                journal, procedures, profiles, station, settings.house, hands, rules=folder.rules(), keys=self._keys()
            )
            if instruments and settings.backup is not None:
                self.backups = BackupKeeper(folder, settings.backup)
                parts.callback(self.backups.close)
                self.backups.start()
            self._parts = parts.pop_all()
        return self

    @property
    def journal(self) -> Journal:
        return self.desk.journal

    @property
    def logs(self) -> Path:
        return self.folder.logs

    @property
    def simulated(self) -> bool:
        return self._simulation is not None

    def operator(self, operator_id: str) -> Operator:
        """Return the operator of that id. Raises UsageError naming those there are."""
        for operator in self.operators:
            if operator.id == operator_id:
                return operator
        raise UsageError(
            msg("Nobody here is called “{id}”.", id=operator_id),
            remedy=msg("Operators: {known}.", known=", ".join(each.id for each in self.operators)),
        )

    @property
    def photos(self) -> Path:
        return self.folder.photos

    @property
    def simulation(self) -> Simulation | None:
        """The simulated bench under a demonstration, None where the instruments are real."""
        return self._simulation

    def on_order(self, number: str) -> None:
        """Say which order lies on the bench: a simulated bench puts its watch there."""
        if self._simulation is not None:
            self._simulation.on_order(number)

    def sheet(self, order_number: str, fmt: str) -> Path:
        """Write the order's sheet among the workshop's and return where it is. Raises EtabliError."""
        language = self.settings.language or current()
        data, seq = sheets.render(self.journal, order_number, fmt, language)
        path = self.folder.sheets / sheets.file_name(order_number, seq, language, fmt)
        return sheets.write(path, data, force=True)

    def close(self) -> None:
        """Stop the instruments safely, give the ports back, close recording and journal. Closing twice does nothing."""
        self._parts.close()

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keys(self) -> Pins | None:
        """Return the PINs of its people, None where the house asks for none."""
        if not self.settings.pins:
            return None
        simulation = self.settings.simulation
        preset = simulation.pin if simulation else ""
        return Pins(self.folder.pins, Clock(), preset=preset, own=self.settings.choosers)

    def _ask(self, quantity: Quantity, label: str) -> str:
        if self.asker is None:
            raise UsageError(
                msg("There is nobody to key in {quantity}.", quantity=quantity.name),
                remedy=msg("Run the step at the bench, or give its readings in the answers file."),
            )
        return self.asker(quantity, label)

    def _recorder(self, records: Sequence[InstrumentRecord]) -> Recorder | None:
        """Record the session where something may cross a wire; a disk that fails is told, and measuring goes on."""
        if all(is_manual(record) for record in records):
            return None
        began = datetime.now().astimezone()
        metadata = {
            "program": f"etabli {VERSION}",
            "station": self.settings.station,
            "workshop": self.settings.house.name,
            "began": began.isoformat(timespec="seconds"),
            "simulated": self.simulated,
        }
        name = f"{began:%Y-%m-%d-%H%M%S}"
        taken = len(list(self.folder.recordings.glob(f"{name}*.mcap")))
        path = self.folder.recordings / (f"{name}-{taken + 1}.mcap" if taken else f"{name}.mcap")
        try:
            recorder = Recorder(path, metadata, self._notices.append)
        except RecordingFailed as error:
            self._notices.append(error)
            return None
        self._parts.callback(recorder.close)
        return recorder
