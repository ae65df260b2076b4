"""Writing an order's tracking sheet, and the other papers, from the journal into a file."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import EtabliError, UsageError
from bench.journal import Journal
from bench.language import msg

if TYPE_CHECKING:
    from bench.events import Event


def render(journal: Journal, number: str, fmt: str, language: str, version: str = "workshop") -> tuple[bytes, int]:
    """Return the sheet as a file's content and the sequence of the order's last event.

    Raises UsageError, and Refused for a blind exercise before its reveal.
    """
    from bench.sheet import content, to_html, to_json, to_pdf

    events = _events(journal, number)
    sheet = content(events, language, printed=_now(), head=journal.head(), version=version)
    match fmt:
        case "pdf":
            data = to_pdf(sheet)
        case "html":
            data = to_html(sheet).encode()
        case _:
            data = to_json(sheet)
    return data, events[-1].seq


def paper(journal: Journal, kind: str, number: str, fmt: str, language: str) -> tuple[bytes, int]:
    """Return a paper of the order as a file's content and the sequence of the order's last event.

    Raises UsageError for an unknown order or kind, EtabliError for a paper that the order does not give yet.
    """
    from bench import papers
    from bench.sheet import events_of

    events = _events(journal, number)
    about = next((e.payload["order"].get("complaint_of") for e in events if "order" in e.payload), "")
    earlier = events_of(journal, about) if about and kind == "claim-file" else ()
    made = papers.make(kind, events, language, printed=_now(), head=journal.head(), earlier=earlier)
    data = papers.to_pdf(made) if fmt == "pdf" else papers.to_html(made).encode()
    return data, events[-1].seq


def _events(journal: Journal, number: str) -> list[Event]:
    from bench.sheet import events_of
    from bench.training.blind import may_be_told

    events = events_of(journal, number)
    may_be_told(journal, events)
    if not events:
        known = ", ".join(row.number for row in journal.orders()[:8])
        raise UsageError(
            msg("There is no order {number}.", number=number), remedy=msg("Known orders: {known}.", known=known or "—")
        )
    return events


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def write(path: Path, data: bytes, *, force: bool) -> Path:
    """Write a sheet whole or not at all. Raises UsageError where a file is there and `force` is not given."""
    if path.exists() and not force:
        raise UsageError(
            msg("{path} exists; it is not overwritten.", path=str(path)),
            remedy=msg("Give another name with -o, or overwrite it with --force."),
        )
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(data)
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise EtabliError(
            msg("{path} cannot be written.", path=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
            msg("Give another place with -o."),
        ) from error
    return path


def file_name(number: str, seq: int, language: str, fmt: str, version: str = "workshop") -> str:
    """Return the name of a sheet or paper: another one whenever something was added to the order."""
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in number).lstrip(".") or "_"
    what = "" if version == "workshop" else f"-{version}"
    return f"{safe}-{seq}{what}-{language}.{fmt}"
