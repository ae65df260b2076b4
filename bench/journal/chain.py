"""The hash chain: each event's hash covers its content and the hash before it, so that tampering shows.

An edit, a deletion, an insertion or a swap breaks the chain at a sequence that `Checker` names. Cutting the tail
leaves a shorter valid chain: that shows only against an anchor kept elsewhere (the head printed on a sheet).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from bench.events import Event, EventKind
from bench.language import Message, msg

GENESIS = "0" * 64


class Record(NamedTuple):
    """One row of the event table, in the order of its columns. `payload` is canonical JSON."""

    seq: int
    id: str
    station: str
    kind: str
    order_number: str | None
    operator: str | None
    at: str
    monotonic_ns: int
    boot: str
    payload: str
    prev: str
    hash: str


def event_of(record: Record, payload: Mapping[str, Any] | None = None) -> Event:
    """Return the event that a row holds; `payload` where its content is at hand already."""
    return Event(
        seq=record.seq,
        id=record.id,
        station=record.station,
        kind=EventKind(record.kind),
        order=record.order_number,
        operator=record.operator,
        at=record.at,
        monotonic_ns=record.monotonic_ns,
        boot=record.boot,
        payload=json.loads(record.payload) if payload is None else payload,
        prev=record.prev,
        hash=record.hash,
    )


def chained(record: Record) -> str:
    """Return what the hash of `record` must be: SHA-256 over its `prev` and its canonical body.

    The nanoseconds stand in the body as text: they outgrow JSON's 2⁵³ after 104 days without a restart.
    """
    body = (
        f'{{"at":{_quoted(record.at)},"boot":{_quoted(record.boot)},"id":{_quoted(record.id)},'
        f'"kind":{_quoted(record.kind)},"monotonic_ns":"{record.monotonic_ns}",'
        f'"operator":{_quoted(record.operator)},"order":{_quoted(record.order_number)},'
        f'"payload":{record.payload},"seq":{record.seq},"station":{_quoted(record.station)}}}'
    )
    return hashlib.sha256((record.prev + body).encode()).hexdigest()


def _quoted(text: str | None) -> str:
    """Write a text as canonical JSON does."""
    return "null" if text is None else encode_basestring(text)


@dataclass(frozen=True)
class VerifyReport:
    """The result of a check: how many events were read, the head, and where and why the chain first breaks."""

    ok: bool
    count: int
    head: tuple[int, str]
    first_bad_seq: int | None = None
    reason: Message | None = None


class Checker:
    """Walks the rows in the order of their sequence and finds the first that does not belong."""

    def __init__(self, seq: int = 0, prev: str = GENESIS) -> None:
        self.seq = seq
        self.prev = prev

    def check(self, record: Record) -> tuple[int, Message] | None:
        """Return (first bad sequence, reason), None where the row continues the chain."""
        expected = self.seq + 1
        if record.seq < expected:
            return record.seq, msg("Event {seq} does not belong in the sequence.", seq=record.seq)
        if record.seq > expected:
            return expected, msg("Event {seq} is missing.", seq=expected)
        if record.prev != self.prev:
            return record.seq, msg("Event {seq} does not follow the event before it.", seq=record.seq)
        try:
            right = chained(record)
        except (TypeError, ValueError):
            right = ""
        if record.hash != right:
            return record.seq, msg("Event {seq} was changed after it was journaled.", seq=record.seq)
        self.seq, self.prev = record.seq, record.hash
        return None
