"""Where a workshop's things lie: its folder, and what is read there without opening the bench."""

from __future__ import annotations

import getpass
import json
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import EtabliError, UsageError
from bench.language import _, msg

if TYPE_CHECKING:
    from bench.customers import CustomerStore
    from bench.journal import Journal
    from bench.procedure.library import ProcedureLibrary
    from profiles.library import Library
    from tui.settings import Settings


@dataclass(frozen=True)
class Folder:
    """A workshop's folder: ETABLI_HOME, else where the system keeps a user's data."""

    path: Path

    @classmethod
    def home(cls) -> Folder:
        named = os.environ.get("ETABLI_HOME")
        if named:
            return cls(Path(named).expanduser().absolute())
        from platformdirs import user_data_path

        return cls(user_data_path("etabli", appauthor=False))

    @property
    def file(self) -> Path:
        return self.path / "workshop.toml"

    @property
    def journal(self) -> Path:
        return self.path / "journal.sqlite"

    @property
    def pins(self) -> Path:
        """The PINs of its people, apart from what is copied, shown or sent."""
        return self.path / "pins.json"

    @property
    def photos(self) -> Path:
        return self.path / "photos"

    @property
    def customers(self) -> Path:
        """The customers' entries, sealed; what opens them is `customer_keys`."""
        return self.path / "customers.db"

    @property
    def customer_keys(self) -> Path:
        """The key of each customer's entry: left out of copies that are kept long, so that erasing reaches them."""
        return self.path / "customers.keys"

    @property
    def recordings(self) -> Path:
        return self.path / "recordings"

    @property
    def sheets(self) -> Path:
        return self.path / "sheets"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def certificates(self) -> Path:
        return self.path / "certificates"

    def settings(self) -> Settings:
        """Read workshop.toml. Raises UsageError where there is no workshop, DataFileError where the file is wrong."""
        from tui.settings import load

        self.use_dialects()

        if not self.file.exists():
            raise UsageError(
                msg("There is no workshop in {folder}.", folder=str(self.path)),
                remedy=msg("“etabli” makes one there; “etabli demo” shows one; ETABLI_HOME names another folder."),
            )
        return load(self.file)

    def use_dialects(self) -> None:
        """Let the workshop's own dialect files be found, in its folder “dialects”."""
        from drivers.dialects.library import use_workshop

        use_workshop(self.path / "dialects")

    def found(self, workshop: str = "", person: str = "", language: str = "") -> bool:
        """Make the folder and a first workshop.toml where there is none; tell whether it was made now."""
        if self.file.exists():
            return False
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.file.write_text(_first_file(workshop, person, language), encoding="utf-8")
        except OSError as error:
            raise EtabliError(
                msg("The workshop's folder {folder} cannot be made.", folder=str(self.path)),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Name another folder in ETABLI_HOME."),
            ) from error
        return True

    def read_journal(self) -> Journal:
        """Open the journal for reading, beside a bench that may be at work.

        Raises JournalError, and EtabliError where training and real work would be taken for each other.
        """
        from bench.journal import Journal
        from bench.training.apart import check_apart

        journal = Journal.open(self.journal, station="", writable=False)
        try:
            if (training := self._trains()) is not None:
                check_apart(journal, training=training)
        except BaseException:
            journal.close()
            raise
        return journal

    def customer_store(self) -> CustomerStore:
        """Open the customers' file. Raises CustomerError."""
        from bench.customers import CustomerStore

        return CustomerStore(self.customers, self.customer_keys)

    def profiles(self) -> Library:
        from profiles.library import Library

        own = self.path / "profiles"
        return Library(own if own.is_dir() else None)

    def rules(self) -> Path | None:
        """The workshop's own diagnosis rules, None where it has none."""
        own = self.path / "diagnosis"
        return own if own.is_dir() else None

    def procedures(self, *, training: bool | None = None) -> ProcedureLibrary:
        """The procedures, with those of the evaluation settings for `training` (absent: as workshop.toml says)."""
        from bench.procedure.library import ProcedureLibrary

        if not (self._trains() if training is None else training):
            return ProcedureLibrary(self.path / "procedures")
        from bench.training.library import PROCEDURES

        return ProcedureLibrary(self.path / "procedures", [PROCEDURES])

    def _trains(self) -> bool | None:
        """Whether this is a training workshop; None where workshop.toml does not say, or cannot be read."""
        try:
            return self.settings().house.training if self.file.exists() else None
        except EtabliError:
            return None


def _first_file(workshop: str, person: str, language: str) -> str:
    """Return a first workshop.toml; what is not given is the system's user, and no language of the sheets."""
    try:
        person = person.strip() or getpass.getuser()
    except (OSError, KeyError, ImportError):
        person = "me"
    bare = unicodedata.normalize("NFKD", person.casefold().replace(" ", "-")).encode("ascii", "ignore").decode()
    written = _FIRST.format(
        head=_("This workshop: its name, its people, its instruments. The how-to is docs/workshop.md."),
        name=_quoted(workshop.strip() or _("My workshop")),
        id="".join(sign for sign in bare if sign.isalnum() or sign in "-_.") or "me",
        person=_quoted(person),
        rules=_("A watch with more residual field than this counts as magnetised; no maker states a figure."),
        register=_("Instruments: one [[instrument]] each, with its certificates."),
    )
    return written.replace("\n[house]", f'language = "{language}"\n\n[house]', 1) if language else written


def _quoted(text: str) -> str:
    """Return a TOML string: a JSON string is one, but for the control character that JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_FIRST = """# {head}
name = {name}
station = "bench-1"

[house]
# {rules}
# residual_field_max = "0.1 mT"
self_check = false

[[operator]]
id = "{id}"
name = {person}
roles = ["technician", "controller", "manager"]

# {register}
# [[instrument]]
# id = "timegrapher"
# kind = "timegrapher"
# model = "Timegrapher Studio"
# serial = "TS-0001"
# dialect = "timegrapher-studio"
# connection = "/dev/ttyUSB0"
#
# [[instrument.certificate]]
# number = "C-2026-001"
# laboratory = ""
# issued = 2026-01-15
# interval_days = 365
"""
