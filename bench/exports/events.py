"""The whole record in an open form: one event a line, with everything that its hash covers."""

from __future__ import annotations

import json
from typing import TextIO

from bench.journal import Journal


def write_events(stream: TextIO, journal: Journal) -> int:
    """Write every event as a JSON object a line, in their sequence; return how many. Raises OSError, JournalError.

    The hash of a line is SHA-256 over `prev` and the canonical JSON (RFC 8785) of its other fields but `hash`, with
    `monotonic_ns` as text: whoever reads the file can prove it without this program.
    """
    count = 0
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for event in journal.events():
        stream.write(encode({**vars(event), "kind": event.kind.value, "payload": dict(event.payload)}) + "\n")
        count += 1
    return count
