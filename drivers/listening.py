"""Watching a wire: what comes, when, as hexadecimal, as text, and decoded where a dialect is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from drivers.dialects import Decoder, Frame
from drivers.dialects.frames import FieldValue
from drivers.learning import Learnt, learn
from drivers.link.base import Link

# Without a dialect a frame ends with its line, or with a silence of this many seconds, or when it is this long.
PAUSE = 0.1
LONGEST = 256
_LINE_END = re.compile(rb"\r\n|\n|\r")
_VISIBLE = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}


@dataclass(frozen=True)
class WireLine:
    """One frame on the wire: direction ("rx" from the instrument), seconds since the epoch, bytes; decoded, the
    message's name with its fields, or the reason why it is none."""

    direction: str
    at: float
    data: bytes
    name: str = ""
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    reason: str = ""

    @property
    def hex(self) -> str:
        return self.data.hex(" ").upper()

    @property
    def text(self) -> str:
        """The bytes as Latin-1 text, control characters as their pictures."""
        shown = self.data.decode("latin-1").translate(_VISIBLE)
        return "".join(sign if sign.isprintable() else "·" for sign in shown)


def listen(link: Link, decoder: Decoder | None, until: float) -> Iterator[WireLine]:
    """Give each frame as it comes over an open link, until its clock reaches `until`. Raises LinkLost.

    Without a decoder a frame is a line, or what comes between two silences. What has begun at the end is given, too.
    """
    clock, rest = link.clock, b""
    while (now := clock.monotonic()) < until:
        chunk = link.read(min(until, now + PAUSE))
        if decoder is not None:
            yield from _decoded(decoder, chunk, clock.wall())
            continue
        frames, rest = cut(rest + chunk, silent=not chunk)
        yield from (WireLine("rx", clock.wall(), frame) for frame in frames)
    rest = rest if decoder is None else decoder.pending
    if rest:
        yield WireLine("rx", clock.wall(), rest)


def _decoded(decoder: Decoder, chunk: bytes, at: float) -> Iterator[WireLine]:
    for item in decoder.feed(chunk) if chunk else ():
        if isinstance(item, Frame):
            yield WireLine("rx", at, item.raw, item.name, item.fields)
        else:
            yield WireLine("rx", at, item.raw, reason=item.reason)


def cut(data: bytes, *, silent: bool) -> tuple[list[bytes], bytes]:
    """Return the frames in `data` and the rest that is none yet; after a silence there is no rest."""
    frames, at = [], 0
    for end in _LINE_END.finditer(data):
        if end.end() == len(data) and end.group() == b"\r" and not silent:
            break  # a line feed may follow
        frames.append(data[at : end.end()])
        at = end.end()
    while len(data) - at > LONGEST:
        frames.append(data[at : at + LONGEST])
        at += LONGEST
    if silent and at < len(data):
        frames.append(data[at:])
        at = len(data)
    return frames, data[at:]


__all__ = ["Learnt", "WireLine", "cut", "learn", "listen"]
