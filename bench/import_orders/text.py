"""Which encoding a file of the counter's software is in: UTF-8, UTF-16 or Windows-1252, told from its bytes."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from bench.errors import UsageError
from bench.language import Message, msg

MAX_BYTES = 64_000_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read(path: Path) -> bytes:
    """Return the file's bytes. Raises UsageError for one that is missing, unreadable or over 64 MB."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(
                msg("{file} is too large to import.", file=path.name),
                msg("At most {most} MB are read.", most=MAX_BYTES // 1_000_000),
                msg("Split it."),
            )
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            msg("{file} cannot be read.", file=path.name),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Check the path: {path}.", path=str(path)),
        ) from None


def decoded(data: bytes, name: str) -> tuple[str, str]:
    """Return the text and the name of its encoding. Raises UsageError for what is no text in any of them."""
    if data.startswith(_SPREADSHEET):
        raise _no_text(name, msg("It is a spreadsheet or an archive."), msg("Save it as CSV, then import that."))
    for mark, codec, shown in _MARKS:
        if data.startswith(mark):
            return _plain(data, codec, shown, name)
    if b"\0" in data[:4096]:
        guessed = _utf16_without_mark(data[:4096])
        if guessed is None:
            raise _no_text(name, msg("It holds bytes that no text has."))
        return _plain(data, guessed, "UTF-16", name)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _plain(data, "cp1252", "Windows-1252", name)
    return _plain(data, "utf-8", "UTF-8", name)


def twice_encoded(cell: str) -> bool:
    """Tell whether UTF-8 was once read as Windows-1252 and written so: "Ã©" where "é" stood."""
    if cell.isascii():
        return False
    try:
        return cell.encode("cp1252").decode("utf-8") != cell
    except UnicodeError:
        return False


def _utf16_without_mark(sample: bytes) -> str | None:
    """Latin letters have a zero byte each: before the letter, or after it."""
    pairs = max(1, len(sample) // 2)
    before, after = sample[0::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if after > 0.5 and before < 0.1:
        return "utf-16-le"
    return "utf-16-be" if before > 0.5 and after < 0.1 else None


def _plain(data: bytes, codec: str, shown: str, name: str) -> tuple[str, str]:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        where = msg("As {encoding} it breaks at byte {position}.", encoding=shown, position=error.start)
        raise _no_text(name, where) from None
    if (found := _CONTROL.search(text)) is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise _no_text(name, msg("Line {line} holds signs that no text has.", line=line))
    return text, shown


def _no_text(name: str, why: Message, remedy: Message | None = None) -> UsageError:
    known = msg("Save it as UTF-8 text; UTF-16 and Windows-1252 are read too.")
    return UsageError(msg("{file} is no text that can be imported.", file=name), why, remedy or known)
