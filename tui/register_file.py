"""The file that puts an instrument, or a certificate of one, into the register: read, checked, its document kept."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

from pydantic import Field, PositiveInt, field_validator, model_validator

from bench import datafile
from bench.errors import EtabliError, UsageError
from bench.language import msg
from bench.metrology import Certificate
from bench.quantities import QUANTITIES, Value
from tui.settings import InstrumentLine, _Entry


class PointEntry(_Entry):
    """What a certificate states of one quantity, each with its unit; `expanded` is U (k = 2)."""

    quantity: str
    expanded: str = ""
    as_found: str = ""
    as_left: str = ""
    tolerance: str = ""

    @field_validator("quantity")
    @classmethod
    def _known(cls, key: str) -> str:
        if key not in QUANTITIES:
            raise ValueError(f"unknown quantity; known: {', '.join(sorted(QUANTITIES))}")
        return key

    @model_validator(mode="after")
    def _readable(self) -> PointEntry:
        for name in ("expanded", "as_found", "as_left", "tolerance"):
            self.magnitude(name)
        return self

    def magnitude(self, name: str) -> float | None:
        """Return a figure in the quantity's canonical unit, None where the certificate does not state it."""
        written = str(getattr(self, name))
        try:
            return Value.parse(self.quantity, written).magnitude if written else None
        except EtabliError as error:
            raise ValueError(f"{name}: {error}") from None


class CertificateFile(_Entry):
    """A certificate as it is entered; `document` is the scan or PDF, beside this file or by its full path."""

    number: str = Field(min_length=1)
    laboratory: str = Field(min_length=1)
    accreditation: str = ""
    issued: date
    interval_days: PositiveInt = 365
    serial: str = Field(min_length=1)
    document: str = ""
    point: tuple[PointEntry, ...] = ()

    def certificate(self, kept: tuple[str, str]) -> Certificate:
        """Return the certificate with the name and the hash of its kept document."""
        file, sha256 = kept

        def of(name: str) -> dict[str, float]:
            return {each.quantity: value for each in self.point if (value := each.magnitude(name)) is not None}

        return Certificate(
            number=self.number,
            laboratory=self.laboratory,
            issued=self.issued,
            interval_days=self.interval_days,
            serial=self.serial,
            expanded=of("expanded"),
            accreditation=self.accreditation,
            as_found=of("as_found"),
            as_left=of("as_left"),
            tolerance=of("tolerance"),
            file=file,
            sha256=sha256,
        )


class RegisterFile(_Entry):
    """A new instrument with its certificates, or certificates alone for one that is known."""

    instrument: InstrumentLine | None = None
    certificate: tuple[CertificateFile, ...] = ()


def load(path: Path) -> RegisterFile:
    """Read the file. Raises DataFileError naming the file, the line or key, and the reason."""
    return datafile.load(path, RegisterFile)


def document(entry: CertificateFile, beside: Path) -> tuple[Path, str, str] | None:
    """Return a certificate's document, the name it is kept under and its hash; None where none is given.

    Raises UsageError for one that cannot be read.
    """
    if not entry.document:
        return None
    path = beside / Path(entry.document).expanduser()
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(
            msg("The document of certificate {number} cannot be read: {path}.", number=entry.number, path=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Correct “document” in the file."),
        ) from None
    return path, f"{sha256[:12]}-{path.name}", sha256


def keep(source: Path, folder: Path, name: str) -> None:
    """Copy a document into the workshop's folder, whole or not at all; one that is there already is the same.

    Raises EtabliError.
    """
    target = folder / name
    if target.exists():
        return
    half = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as out:
            out.write(source.read_bytes())
            out.flush()
            os.fsync(out.fileno())
        half.replace(target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise EtabliError(
            msg("{path} cannot be written.", path=str(target)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Free the disk or mend the folder's rights; nothing was registered."),
        ) from error
