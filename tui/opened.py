"""An opened workshop as the application uses it: `tui.workshop` has it for the bench, `tui.following` to look only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bench.desk import Desk
    from bench.errors import EtabliError
    from bench.metrology import InstrumentRecord
    from bench.people import Operator
    from bench.quantities import Quantity
    from tui.backups import BackupKeeper
    from tui.folder import Folder


class Workshop(Protocol):
    """An opened workshop, as the application uses it."""

    desk: Desk
    operators: Sequence[Operator]
    records: Sequence[InstrumentRecord]
    notices: Sequence[EtabliError]
    lock_after: float
    """Seconds without a touch before the bench locks itself, 0 for never."""
    asker: Callable[[Quantity, str], str] | None
    """Whom to ask for readings that are keyed in; the application puts itself here."""

    @property
    def logs(self) -> Path:
        """The folder where mistakes of the program are written down."""
        ...

    @property
    def photos(self) -> Path:
        """The folder of the orders' photos."""
        ...

    def sheet(self, order_number: str, fmt: str) -> Path:
        """Write the order's sheet and return where it is."""
        ...

    def on_order(self, number: str) -> None:
        """Say which order lies on the bench (the simulated bench puts its watch there)."""
        ...

    @property
    def folder(self) -> Folder:
        """Where the workshop's things lie."""
        ...

    @property
    def backups(self) -> BackupKeeper | None:
        """What backs the workshop up by itself, None where the workshop has not asked for it or is only looked at."""
        ...

    def close(self) -> None: ...
