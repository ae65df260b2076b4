"""The library of sessions in a workshop's folder: imported ones, its own recordings, and how each is played."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UsageError
from bench.events import Event
from bench.language import Message, Text, msg
from bench.recording import Recording
from bench.recording.heard import Heard
from bench.recording.player import Bookmark, Player
from bench.sheet import events_of
from bench.training import bundle as files
from bench.training.bundle import Bundle, Card
from bench.training.sessions import bundle, missing, recorded_in, with_bookmarks
from tui import sheets
from tui.folder import Folder
from tui.training.reading import Reading
from tui.version import VERSION

if TYPE_CHECKING:
    from profiles.library import Library

IMPORTED, OWN = "imported", "own"


@dataclass(frozen=True)
class Entry:
    """One session as the library shows it. `card` is None for a recording that nobody has described yet."""

    name: str
    origin: str
    path: Path
    card: Card | None = None
    problem: Message | None = None


@dataclass(frozen=True)
class Opened:
    """A session laid out, to be played while `reading` hears it again.

    `notices` are what one should know before: cut off, damaged, other versions; `differing` what comes out otherwise.
    """

    name: str
    card: Card | None
    player: Player
    reading: Reading
    notices: tuple[Message, ...] = ()

    def judge(self) -> None:
        """Hear every task to its verdicts, here and now."""
        self.reading.judge(self.player.put)

    def differing(self) -> list[Message]:
        """Say for each task heard so far what today's program states otherwise than the record."""
        return differing(self.player.differences())


class SessionLibrary:
    """The sessions of a workshop."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.path = folder.path / "sessions"

    def entries(self) -> list[Entry]:
        """Return every session, imported ones first, each by name; a file that is refused says why."""
        found = []
        for path in sorted(self.path.glob(f"*{files.ENDING}")) if self.path.is_dir() else ():
            state = path.stat()
            card, problem = _looked_into(path, state.st_mtime_ns, state.st_size)
            found.append(Entry(path.name.removesuffix(files.ENDING), IMPORTED, path, card, problem))
        own = sorted(self._folder.recordings.glob("*.mcap"), reverse=True) if self._folder.recordings.is_dir() else []
        return [*found, *(Entry(path.stem, OWN, path) for path in own)]

    def find(self, name: str) -> Entry:
        """Return a session by name or by path. Raises UsageError naming those there are."""
        path = Path(name)
        if path.is_file():
            if path.name.endswith(files.ENDING):
                return Entry(path.name.removesuffix(files.ENDING), IMPORTED, path, files.read(path).card)
            return Entry(path.stem, OWN, path)
        known = self.entries()
        for entry in known:
            if entry.name == name.partition("#")[0].removesuffix(".mcap").removesuffix(files.ENDING):
                return entry
        raise UsageError(
            msg("There is no recording “{session}”.", session=name),
            remedy=msg("Known recordings: {known}.", known=", ".join(each.name for each in known[:5]) or "—"),
        )

    def open(self, name: str) -> Opened:
        """Lay a session out to be played; nothing of it is heard again yet. Raises UsageError, BundleRefused."""
        entry = self.find(name)
        if entry.origin == IMPORTED:
            packed = files.read(entry.path)
            recording, events = packed.open_recording(entry.path), list(packed.events)
            truncated, kept = packed.card.cut_off, packed.card.bookmarks
            notices = self.lacking(packed.card)
            card: Card | None = packed.card
        else:
            recording = Recording.open(entry.path)
            truncated, kept, notices, card = recording.truncated, (), [], None
            events = self._told(recording)
        reading = Reading(recording)
        player = Player(reading.outlines, events, self.bookmarks(entry.name) or list(kept), truncated)
        if player.cut_off is not None:
            notices.insert(
                0, msg("The recording breaks off after {seconds} s: it is played up to there.",
                       seconds=round(player.cut_off))
            )  # fmt: skip
        if recording.damaged:
            notices.append(msg("Stretches of the recording are damaged: {count}.", count=recording.damaged))
        return Opened(entry.name, card, player, reading, tuple(notices))

    def take_in(self, path: Path, *, force: bool = False) -> tuple[Entry, list[Message]]:
        """Import a session; return it and what should be known of it. Raises BundleRefused, UsageError.

        It goes into the library alone: nothing of it comes into the journal.
        """
        packed = files.read(path)
        packed.open_recording(path)  # raises where the recording inside is none
        name = path.name.removesuffix(files.ENDING)
        to = sheets.write(self.path / f"{name}{files.ENDING}", path.read_bytes(), force=force)
        notices = self.lacking(packed.card)
        if packed.card.cut_off:
            notices.insert(0, msg("Its recording breaks off: it is played up to there."))
        return Entry(name, IMPORTED, to, packed.card), notices

    def profiles(self) -> Library:
        """Return the profiles of this workshop."""
        return self._folder.profiles()

    def lacking(self, card: Card) -> list[Message]:
        """Say which profiles and procedures of a session are not here, or are here in another version."""
        return list(missing(card, *self._versions(card)))

    def give_out(self, numbers: Sequence[str], card: Card, names: Iterable[str] = ()) -> Bundle:
        """Return the session of some orders of this workshop's journal. Raises UsageError."""
        with self._folder.read_journal() as journal:
            orders = [events_of(journal, number) for number in numbers]
        for number, events in zip(numbers, orders, strict=True):
            if not any(event.order == number for event in events):
                raise UsageError(
                    msg("There is no order {number}.", number=number),
                    remedy=msg("“etabli orders list” shows the known ones."),
                )
        wanted = dict.fromkeys(name for events in orders for name in recorded_in(events))
        recordings, lacking = [], []
        for name in wanted:
            path = self._folder.recordings / f"{name}.mcap"
            if path.is_file():
                recordings.append(Recording.open(path))
            else:
                lacking.append(name)
        if lacking:
            raise UsageError(
                msg("These recordings are not here any more: {names}.", names=", ".join(lacking)),
                remedy=msg("Put them back into {folder}.", folder=str(self._folder.recordings)),
            )
        made = bundle(orders, recordings, card, names)
        return with_bookmarks(made, self._moved(recordings, made))

    def _moved(self, recordings: Iterable[Recording], made: Bundle) -> Iterator[Bookmark]:
        """Give the bookmarks of these recordings, on the time of the session that was made of them."""
        into = Player(Reading(made.open_recording(Path("session"))).outlines, made.events)
        for recording in recordings:
            own = self.bookmarks(recording.path.stem)
            if own:
                since = Player(Reading(recording).outlines, self._told(recording)).origin - into.origin
                moved = (replace(each, at=round(each.at + since, 3)) for each in own)
                yield from (each for each in moved if 0.0 <= each.at <= into.duration)

    def bookmarks(self, name: str) -> list[Bookmark]:
        """Return the bookmarks that were set here, [] where none were."""
        path = self._bookmarks(name)
        try:
            return [Bookmark.from_json(each) for each in json.loads(path.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                msg("The bookmarks in {path} cannot be read.", path=str(path)),
                msg("{detail}.", detail=str(error).rstrip(".")),
                msg("Move the file away; the session plays without it."),
            ) from None

    def keep(self, name: str, bookmarks: Iterable[Bookmark]) -> None:
        """Keep a session's bookmarks beside it. Raises EtabliError where the disk does not take them."""
        content = json.dumps([each.to_json() for each in bookmarks], ensure_ascii=False, indent=1) + "\n"
        sheets.write(self._bookmarks(name), content.encode(), force=True)

    def _bookmarks(self, name: str) -> Path:
        return self.path / f"{name}.bookmarks.json"

    def _told(self, recording: Recording) -> list[Event]:
        """Return what the journal holds of the orders in a recording, [] without a journal."""
        numbers = {str(segment.header.get("order", "")) for segment in recording.segments()} - {""}
        if not numbers or not self._folder.journal.exists():
            return []
        with self._folder.read_journal() as journal:
            found = [event for number in sorted(numbers) for event in journal.events(order=number)]
        return sorted(found, key=lambda event: event.seq)

    def _versions(self, card: Card) -> tuple[dict[str, str], dict[str, str]]:
        """Return the profiles and procedures of the session that are here too, with their SHA-256."""
        library, procedures = self._folder.profiles(), self._folder.procedures()
        found: list[dict[str, str]] = [{}, {}]
        for name in card.profiles:
            for find in (library.calibre, library.case):
                with suppress(UsageError):
                    found[0][name] = find(name).identity.sha256
        for name in card.procedures:
            with suppress(UsageError):
                found[1][name] = procedures.get(name).sha256
        return found[0], found[1]


@lru_cache(maxsize=1000)
def _looked_into(path: Path, _changed: int, _size: int) -> tuple[Card | None, Message | None]:
    """Return what a file says of itself, or why it is refused; once for a file that stays as it is."""
    try:
        return files.read(path).card, None
    except files.BundleRefused as refused:
        return None, refused.why or refused.what


def card_of(title: str, level: int, competences: Sequence[str], minutes: int) -> Card:
    """Return the card of a session that leaves this program."""
    from bench.criteria import competences as known

    strangers = [code for code in competences if code not in {each.id for each in known()}]
    if strangers:
        raise UsageError(
            msg("There is no competence {codes}.", codes=", ".join(strangers)),
            remedy=msg("Known: {known}.", known=", ".join(each.id for each in known())),
        )
    return Card(Text(title, title), level, tuple(competences), minutes, f"etabli {VERSION}")


def differing(tasks: Iterable[Heard]) -> list[Message]:
    """Say for each task what today's program states otherwise than the record."""
    said = []
    for heard in tasks:
        where = f"{heard.task.step} {heard.task.label}".strip()
        if heard.error is not None:
            said.append(msg("{step}: today it does not replay: {error}", step=where, error=str(heard.error)))
            continue
        said.append(
            msg("{step}: today's program says something else than the record; “etabli replay” lists it.", step=where)
        )
    return said
