"""From orders in a journal to a session that may be given away: the recordings they were measured in, nobody's name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.events import Event, EventKind
from bench.language import Message, msg
from bench.recording import Recording
from bench.recording.heard import segments_of
from bench.recording.player import Bookmark
from bench.training.bundle import Bundle, Card
from bench.training.extract import extract
from bench.training.pseudonyms import without_people

MEASURING = (EventKind.MEASURED, EventKind.MEASUREMENT_INTERRUPTED)


def recorded_in(events: Iterable[Event]) -> list[str]:
    """Return the names of the sessions that these events were measured in, in their order."""
    return list(dict.fromkeys(segment.partition("#")[0] for event in events for segment in segments_of(event)))


def bundle(
    orders: Sequence[Sequence[Event]],
    recordings: Sequence[Recording],
    card: Card,
    names: Iterable[str] = (),
) -> Bundle:
    """Return the session of these orders (their events, as a sheet takes them), as a file to give away.

    The orders become S-1, S-2 …; `names` are words that must not be left in any text. Raises UsageError where nothing
    of them was recorded, RecordingFailed.
    """
    numbers: dict[str, str] = {}
    merged: dict[int, Event] = {}
    for events in orders:
        opened = next(event for event in events if event.kind is EventKind.ORDER_OPENED)
        numbers[str(opened.order)] = f"S-{len(numbers) + 1}"
        merged.update({event.seq: event for event in events})
    every = [merged[seq] for seq in sorted(merged)]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "session.mcap"
        segments = extract(recordings, numbers, path)
        if not segments:
            raise UsageError(
                msg("Nothing of {orders} was recorded.", orders=", ".join(numbers)),
                remedy=msg("Only what instruments measured over a wire has a recording."),
            )
        content = path.read_bytes()
    told = [_renamed(event, segments) for event in without_people(every, numbers, names)]
    cut_off = any(recording.truncated for recording in recordings)
    versions = replace(card, profiles=_profiles(every), procedures=_procedures(every), cut_off=card.cut_off or cut_off)
    return Bundle(versions, content, tuple(told))


def with_bookmarks(packed: Bundle, bookmarks: Iterable[Bookmark]) -> Bundle:
    """Return the session with these bookmarks in the place of its own."""
    return replace(packed, card=replace(packed.card, bookmarks=tuple(sorted(bookmarks))))


def missing(card: Card, profiles: dict[str, str], procedures: dict[str, str]) -> Iterator[Message]:
    """Say which versions of the session are not in this workshop ({id: SHA-256} of what is).

    The session plays all the same: the recording carries its limits.
    """
    for name, sha256 in card.profiles.items():
        if name not in profiles:
            yield msg("The profile {name} is not here: the limits are those that the session carries.", name=name)
        elif profiles[name] != sha256:
            yield msg("The profile {name} is another version here: the limits are the session's.", name=name)
    for name, sha256 in card.procedures.items():
        if procedures.get(name) != sha256:
            yield msg("The procedure {name} is another version here: the steps are the session's.", name=name)


def _renamed(event: Event, segments: dict[str, str]) -> Event:
    if event.kind not in MEASURING:
        return event

    def new(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: segments.get(entry) if key == "recording" and isinstance(entry, str) else new(entry)
                for key, entry in value.items()
            }
        return [new(entry) for entry in value] if isinstance(value, list) else value

    return replace(event, payload=new(dict(event.payload)))


def _profiles(events: Iterable[Event]) -> dict[str, str]:
    return {
        profile["id"]: str(profile["sha256"])
        for event in events
        if event.kind is EventKind.ORDER_OPENED
        for profile in event.payload["profiles"].values()
        if profile
    }


def _procedures(events: Iterable[Event]) -> dict[str, str]:
    return {
        event.payload["procedure"]["id"]: str(event.payload["procedure"]["sha256"])
        for event in events
        if event.kind in (EventKind.ORDER_OPENED, EventKind.PROCEDURE_CHANGED)
    }
