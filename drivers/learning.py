"""What an unknown instrument says, learnt from what it said: the repeating shapes, and a first dialect file.

Numbers become named fields; the rest of a line is taken as constant. What the numbers mean, only a person can add.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bench.errors import UsageError
from bench.instrument import InstrumentKind
from bench.language import _, msg
from drivers.dialects.printer import ESC, GS, Paper

# A number, with its sign unless the sign joins it to what stands before (2026-06-01, A-7).
_NUMBER = re.compile(r"(?<![\d.])(?:(?<![\w+-])[+-])?\d+(?:\.\d+)?")
_TERMINATORS = (b"\r\n", b"\n", b"\r", b"\x03", b"\0")
_EXAMPLES = 3
_LONGEST = 4096  # of a frame without text
_PRINTABLE = 0.8  # less of it, and a frame is no text


@dataclass(frozen=True)
class Shape:
    """Frames that differ in their numbers only: the constant parts, and for each frame the numbers between them."""

    constants: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]
    frames: tuple[str, ...]

    @property
    def text(self) -> str:
        """The shape for people: constant parts as they are, each number as its sign and digits."""
        marks = [_mark([row[n] for row in self.numbers]) for n in range(len(self.constants) - 1)]
        return "".join(constant + mark for constant, mark in zip(self.constants, [*marks, ""], strict=True))


@dataclass(frozen=True)
class Learnt:
    """What was seen: the frames' texts, how each ends, a printer's control language or "text", the shapes.

    `binary` holds the frames where they are no text; there are no shapes then.
    """

    frames: tuple[str, ...]
    terminator: bytes
    printer: str
    shapes: tuple[Shape, ...]
    binary: tuple[bytes, ...] = ()

    def toml(self, dialect_id: str, kind: InstrumentKind = InstrumentKind.TIMEGRAPHER) -> str:
        """Write a first dialect file. Raises UsageError where nothing was seen, or frames of no common form."""
        if self.binary:
            body = list(_fixed(self.binary))
        elif self.shapes:
            body = list(_lines(self))
        else:
            raise UsageError(
                msg("Nothing was heard from which a dialect could be written."),
                remedy=msg("Have the instrument print or measure while the bench listens; check port and speed."),
            )
        return "\n".join([*_head(dialect_id, kind), *body]).rstrip() + "\n"


def learn(frames: Sequence[bytes]) -> Learnt:
    """Find the terminator, a printer's control sequences, and the repeating shapes in frames as they came."""
    stream = b"".join(frames)
    printer = "text"
    if bytes([ESC]) in stream or bytes([GS]) in stream:
        printer, stream = "esc-pos", Paper().feed(stream)
        frames = _recut(stream)
    if _share(stream) < _PRINTABLE:
        return Learnt((), b"", printer, (), tuple(frame for frame in frames if frame))
    terminator = _terminator(frames)
    texts = [frame.removesuffix(terminator).decode("latin-1").strip(" \r\n\0") for frame in frames]
    texts = [text for text in texts if text]
    return Learnt(tuple(texts), terminator, printer, tuple(_shapes(texts)))


def classes(text: str) -> str:
    """Return the classes of characters in their order: 9 digits, A letters, ␣ blanks, control pictures, else as is."""
    out: list[str] = []
    for sign in text:
        if sign.isascii() and sign.isdigit():
            known = "9"
        elif sign.isalpha():
            known = "A"
        elif ord(sign) < 0x20:
            known = chr(0x2400 + ord(sign))
        else:
            known = "␣" if sign == " " else sign
        if not out or out[-1] != known or known not in "9A␣":
            out.append(known)
    return "".join(out)


def _recut(stream: bytes) -> list[bytes]:
    return [line for line in re.split(rb"(?<=\n)|(?<=\r)(?!\n)", stream) if line]


def _share(stream: bytes) -> float:
    """Return how much of the stream is text."""
    text = sum(0x20 <= byte < 0x7F or byte in b"\r\n\t\x02\x03" or byte >= 0xA0 for byte in stream)
    return text / len(stream) if stream else 1.0


def _terminator(frames: Sequence[bytes]) -> bytes:
    """Return what most frames end with."""
    counts = Counter(next((end for end in _TERMINATORS if frame.endswith(end)), b"") for frame in frames)
    counts.pop(b"", None)
    return counts.most_common(1)[0][0] if counts else b"\n"


def _shapes(texts: Sequence[str]) -> Iterator[Shape]:
    """Group the lines by their constant parts; how many blanks stand somewhere makes no difference."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for text in texts:
        key = tuple(re.sub(r" +", " ", part) for part in _NUMBER.split(text))
        groups.setdefault(key, []).append(text)
    for group in groups.values():
        most = Counter(tuple(_NUMBER.split(text)) for text in group).most_common(1)[0][0]
        numbers = tuple(tuple(_NUMBER.findall(text)) for text in group)
        yield Shape(most, numbers, tuple(group))


def _mark(seen: Sequence[str]) -> str:
    signed = {number[0] for number in seen if number[0] in "+-"}
    point = "." in "".join(seen)
    return ("±" if signed else "") + ("9.9" if point else "9")


def _head(dialect_id: str, kind: InstrumentKind) -> Iterator[str]:
    yield "# " + _("A first dialect file, written from what was heard. To complete: the words in <…>;")
    yield "# " + _("for each value its quantity, unit and range. Messages that say nothing may be deleted.")
    yield f"id = {_quoted(dialect_id)}"
    yield 'title = { fr = "<instrument>", en = "<instrument>" }'
    yield f"kind = {_quoted(kind.value)}"
    yield 'model = "<model>"'
    yield f'source = "lines heard on {date.today().isoformat()}"'
    yield ""


def _lines(learnt: Learnt) -> Iterator[str]:
    yield "[framing]"
    yield 'kind = "line"'
    yield f"terminator = {_quoted(learnt.terminator.decode('latin-1'))}"
    yield f"longest = {max(128, 2 * max(map(len, learnt.frames)))}"
    yield r'strip = " \r\n\u0000"'
    if learnt.printer != "text":
        yield f"printer = {_quoted(learnt.printer)}"
    count = 0
    end = learnt.terminator.decode("latin-1")
    for number, shape in enumerate(learnt.shapes, 1):
        names = [f"value{count + n}" for n in range(1, len(shape.constants))]
        count += len(names)
        columns = list(zip(*shape.numbers, strict=True))
        for name, seen in zip(names, columns, strict=True):
            yield from ("", f"[fields.{name}]  # heard: {', '.join(list(dict.fromkeys(seen))[:5])}", *_field(seen))
        yield from ("", "[[replies]]", f'name = "line{number}"')
        places = [f"{{{name}}}" for name in names]
        parts = [constant.replace("{", "{{").replace("}", "}}") for constant in shape.constants]
        yield f"pattern = {_quoted(_joined(parts, places))}"
        groups = [f"(?P<{name}>{_expression(seen)})" for name, seen in zip(names, columns, strict=True)]
        tolerant = [re.sub(r"(?:\\ )+", " +", re.escape(constant)) for constant in shape.constants]
        yield f"match = {_quoted(_joined(tolerant, groups))}"
        for text in list(dict.fromkeys(shape.frames))[:_EXAMPLES]:
            values = [float(value) if "." in value else int(value) for value in _NUMBER.findall(text)]
            yield from ("", "[[examples]]", 'direction = "reply"', f'name = "line{number}"')
            yield f"text = {_quoted(text + end)}"
            if names:
                pairs = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
                yield f"fields = {{ {pairs} }}"
            yield from ("canonical = false", 'source = "heard"')


def _field(seen: Sequence[str]) -> Iterator[str]:
    decimals = {len(number.partition(".")[2]) for number in seen}
    signed = [number[0] in "+-" for number in seen]
    yield f'type = "{"integer" if decimals == {0} else "decimal"}"'
    if len(decimals) == 1 and decimals != {0}:
        yield f"decimals = {decimals.pop()}"
    if any(signed):
        yield f'sign = "{"always" if all(signed) else "negative"}"'
    yield '# quantity = "<rate, amplitude …>"'
    yield '# unit = "<s/d, ° …>"'
    yield "# low = <lowest>"
    yield "# high = <highest>"


def _expression(seen: Sequence[str]) -> str:
    """Return the regular expression of the numbers that stood in one place."""
    sign = "[+-]" if all(number[0] in "+-" for number in seen) else "[+-]?"
    points = ["." in number for number in seen]
    return sign + r"\d+" + (r"\.\d+" if all(points) else r"(?:\.\d+)?" if any(points) else "")


def _fixed(frames: Sequence[bytes]) -> Iterator[str]:
    """Write frames of one length as bytes: those that never change at either end mark them."""
    lengths = {len(frame) for frame in frames}
    if len(lengths) != 1 or not 3 <= len(frames[0]) <= _LONGEST:
        raise UsageError(
            msg("The frames are no text and of different lengths ({lengths}).", lengths=_several(lengths)),
            remedy=msg("Look for the document of the instrument; its protocol cannot be read off the wire."),
        )
    columns = list(zip(*frames, strict=True))
    start = columns[0][0] if len(set(columns[0])) == 1 else None
    end = columns[-1][0] if len(set(columns[-1])) == 1 else None
    yield from ("[framing]", 'kind = "fixed"', f"length = {len(columns)}")
    if start is not None:
        yield f"start = 0x{start:02X}"
    if end is not None:
        yield f"end = 0x{end:02X}"
    inner = columns[start is not None : len(columns) - (end is not None)]
    names = [f"value{n}" for n in range(1, len(inner) + 1)]
    for name, column in zip(names, inner, strict=True):
        heard = ", ".join(f"{byte:02X}h" for byte in list(dict.fromkeys(column))[:5])
        yield from ("", f"[fields.{name}]  # heard: {heard}", 'type = "u8"')
    yield from ("", "[[replies]]", 'name = "frame"', f"layout = {json.dumps(names)}")
    for frame in list(dict.fromkeys(frames))[:_EXAMPLES]:
        yield from ("", "[[examples]]", 'direction = "reply"', 'name = "frame"')
        yield from (f'hex = "{frame.hex(" ").upper()}"', 'source = "heard"')


def _several(lengths: set[int]) -> str:
    return ", ".join(map(str, sorted(lengths)[:8]))


def _joined(constants: Sequence[str], between: Sequence[str]) -> str:
    return "".join(part + place for part, place in zip(constants, [*between, ""], strict=True))


def _quoted(text: str) -> str:
    """Write a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
