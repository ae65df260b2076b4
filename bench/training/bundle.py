"""A session as one file: recording, journal extract and versions, each part with its checksum, the whole with its own.

A ZIP whose comment is the SHA-256 of everything before it: one byte that was changed anywhere is noticed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import EtabliError
from bench.events import Event, EventKind
from bench.language import Message, Text, msg
from bench.recording import Recording
from bench.recording.player import Bookmark

FORMAT = 1
ENDING = ".etabli-session"
MANIFEST, CARD, RECORDING, JOURNAL = "manifest.json", "session.json", "recording.mcap", "journal.jsonl"
PARTS = (CARD, RECORDING, JOURNAL)
LARGEST = 1 << 30
"""Bytes that a part may hold once it is unpacked."""
_DIGEST = 64
_UNREADABLE = b"\0unreadable"  # no part is that: its checksum never matches
_DATE = (1980, 1, 1, 0, 0, 0)
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError)


class BundleRefused(EtabliError):
    """A session's file that is not what it was when it was written, or that this version cannot read."""


@dataclass(frozen=True)
class Card:
    """What a library shows of a session. `minutes` is how long it takes, `competences` those of the trade's CQP.

    `profiles` and `procedures` are the versions that it was judged by: {id: SHA-256}; `cut_off` says that the recording
    broke off in a crash.
    """

    title: Text
    level: int = 1
    competences: tuple[str, ...] = ()
    minutes: int = 0
    program: str = ""
    profiles: Mapping[str, str] = field(default_factory=dict)
    procedures: Mapping[str, str] = field(default_factory=dict)
    bookmarks: tuple[Bookmark, ...] = ()
    cut_off: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title.to_json(),
            "level": self.level,
            "competences": list(self.competences),
            "minutes": self.minutes,
            "program": self.program,
            "profiles": dict(self.profiles),
            "procedures": dict(self.procedures),
            "bookmarks": [bookmark.to_json() for bookmark in self.bookmarks],
            "cut_off": self.cut_off,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Card:
        return cls(
            Text.from_json(data["title"]),
            int(data["level"]),
            tuple(data["competences"]),
            int(data["minutes"]),
            str(data["program"]),
            dict(data["profiles"]),
            dict(data["procedures"]),
            tuple(Bookmark.from_json(each) for each in data["bookmarks"]),
            bool(data["cut_off"]),
        )


@dataclass(frozen=True)
class Bundle:
    """A session: its card, its recording as bytes, and the events of its orders."""

    card: Card
    recording: bytes
    events: tuple[Event, ...]

    def open_recording(self, path: Path) -> Recording:
        """Read the recording; `path` is what it is called by. Raises UsageError."""
        return Recording.of(self.recording, path)


def pack(bundle: Bundle) -> bytes:
    """Return the bundle as a file's content."""
    parts = {
        CARD: _json(bundle.card.to_json()),
        RECORDING: bundle.recording,
        JOURNAL: b"".join(_json(asdict(event)) for event in bundle.events),
    }
    listed = [{"name": name, "size": len(data), "sha256": _sha256(data)} for name, data in parts.items()]
    manifest = {
        "format": FORMAT,
        "program": bundle.card.program,
        "parts": listed,
        "sha256": _sha256(_json(listed)),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {MANIFEST: _json(manifest), **parts}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
        archive.comment = b"0" * _DIGEST
    content = stream.getvalue()[:-_DIGEST]
    return content + _sha256(content).encode()


def unpack(data: bytes, name: str) -> Bundle:
    """Return the session of a file called `name`. Raises BundleRefused saying which part does not match."""
    whole = data[-_DIGEST:] == _sha256(data[:-_DIGEST]).encode()
    try:
        parts = _parts(data)
        manifest = json.loads(parts[MANIFEST])
        listed = {str(entry["name"]): entry for entry in manifest["parts"]}
        wrong = [part for part in PARTS if _sha256(parts[part]) != listed[part]["sha256"]]
        if _sha256(_json(manifest["parts"])) != manifest["sha256"]:
            wrong.insert(0, MANIFEST)
        version = int(manifest["format"])
    except _BROKEN as error:
        if not data.startswith(b"PK"):
            raise _refused(name, msg("It is not a session of Établi.")) from None
        why = msg("Its structure cannot be read: {detail}.", detail=str(error).rstrip("."))
        raise _refused(name, why) from None
    if wrong:
        raise _refused(name, msg("Its checksum does not match: {parts}.", parts=", ".join(wrong)))
    if not whole:
        raise _refused(name, msg("The checksum of the whole file does not match; its parts do."))
    if version > FORMAT:
        raise BundleRefused(
            msg("{file} was written by a newer version ({program}).", file=name, program=str(manifest.get("program"))),
            msg("Its format is {theirs}; this version reads {ours}.", theirs=version, ours=FORMAT),
            msg("Update Établi, then import it again."),
        )
    try:
        card = Card.from_json(json.loads(parts[CARD]))
        events = tuple(_event(json.loads(line)) for line in parts[JOURNAL].splitlines())
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(name, msg("Its structure cannot be read: {detail}.", detail=str(error).rstrip("."))) from None
    return Bundle(card, parts[RECORDING], events)


def read(path: Path) -> Bundle:
    """Read a session's file. Raises BundleRefused."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleRefused(
            msg("{file} cannot be read.", file=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Check the path."),
        ) from None
    return unpack(data, path.name)


def _parts(data: bytes) -> dict[str, bytes]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in (MANIFEST, *PARTS):
            if archive.getinfo(part).file_size > LARGEST:
                raise ValueError(f"{part} is too large")
            try:
                found[part] = archive.read(part)
            except (zipfile.BadZipFile, zlib.error) as error:
                if part == MANIFEST:
                    raise ValueError(f"{part}: {error}") from None
                found[part] = _UNREADABLE
    return found


def _event(data: Mapping[str, Any]) -> Event:
    return Event(**{**data, "kind": EventKind(data["kind"])})


def _refused(name: str, why: Message) -> BundleRefused:
    return BundleRefused(
        msg("{file} is refused.", file=name),
        why,
        msg("Have it sent again by whoever exported it; never use a part of it."),
    )


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
