"""The page of a dialect in docs/protocols/, made from its file.

`python -m drivers.dialects.page` writes all pages, and the JSON Schema of dialect files. What stands above a page's
marker line is written by hand and kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from drivers.dialects.library import FOLDER, available, load
from drivers.dialects.model import (
    BinaryFraming,
    DialectModel,
    ExampleModel,
    FieldModel,
    FixedFraming,
    Framed,
    MessageModel,
    ModbusFraming,
    Words,
    schema,
)

MARKER = "<!-- Made from drivers/dialects/{id}.toml: change that file, not the lines below. -->"
_VISIBLE = str.maketrans("\r\n\x06\x02", "␍␊␆␂")


def page(model: DialectModel, by_hand: str = "") -> str:
    """Return the page: the part written by hand (else a title), then what the file says."""
    head = by_hand.rstrip() or f"# {model.title.en}"
    return "\n".join([head, "", MARKER.format(id=model.id), "", *_sections(model)]).rstrip() + "\n"


def by_hand(text: str, dialect_id: str) -> str:
    """Return what stands above the marker of an existing page."""
    above, marker, _ = text.partition(MARKER.format(id=dialect_id))
    return above.rstrip() if marker else text.rstrip()


def refresh(folder: Path) -> list[Path]:
    """Write the page of every dialect into `folder`; return the pages that changed."""
    changed = []
    for dialect_id in available():
        path = folder / f"{dialect_id}.md"
        old = path.read_text("utf-8") if path.exists() else ""
        new = page(load(dialect_id).data, by_hand(old, dialect_id) if _has_own_text(old, dialect_id) else "")
        if new != old:
            path.write_text(new, "utf-8", newline="\n")
            changed.append(path)
    return changed


def _has_own_text(text: str, dialect_id: str) -> bool:
    """Tell whether somebody wrote more above the marker than the title."""
    return "\n" in by_hand(text, dialect_id)


def _sections(model: DialectModel) -> Iterator[str]:
    yield f"Dialect `{model.id}` · {model.kind.value} · {model.model}"
    yield ""
    yield f"Source: {model.source}."
    yield ""
    if model.note:
        yield from (model.note.en, "")
    yield from ("## The wire", "")
    yield from _wire(model)
    yield from _messages(model, "Commands (host → instrument)", model.commands)
    yield from _messages(model, "Replies and unsolicited frames (instrument → host)", model.replies)
    yield from _fields(model)
    yield from _errors(model)
    yield from _examples(model)


def _wire(model: DialectModel) -> Iterator[str]:
    serial = model.serial
    yield f"- Serial: {serial.baudrate} baud, {serial.bytesize}{serial.parity}{serial.stopbits}.{_note(serial.note)}"
    if model.pacing.char_delay:
        yield f"- Pause after each character: {model.pacing.char_delay:g} s."
    if model.pacing.gap:
        yield f"- Pause between commands: {model.pacing.gap:g} s."
    if model.command_framing is not None:
        yield from _framing(model.command_framing, "Command")
    yield from _framing(model.framing, "Frame" if model.command_framing is None else "Reply")
    if model.checksum:
        covered = "everything before it" + (", in hexadecimal digits" if model.framing.kind == "line" else "")
        covered = "the payload" if isinstance(model.framing, BinaryFraming) else covered
        yield f"- Checksum: `{model.checksum.algorithm}` of {covered}."
    else:
        yield "- Checksum: none."
    if model.agreeing > 1:
        yield f"- A value counts when {model.agreeing} readings in a row agree."
    if model.echo:
        yield "- The instrument echoes every command."
    yield ""


def _framing(framing: Framed, what: str) -> Iterator[str]:
    if isinstance(framing, BinaryFraming):
        yield f"- {what}: `{framing.start:02X}`h, type (u8), length (u16), payload; {framing.order}-endian."
    elif isinstance(framing, ModbusFraming):
        yield f"- {what}: Modbus RTU: unit address (u8), function code (u8), data, CRC; big-endian."
    elif isinstance(framing, FixedFraming):
        first = f", from `{framing.start:02X}`h" if framing.start is not None else ""
        last = f" to `{framing.end:02X}`h" if framing.end is not None else ""
        yield f"- {what}: {framing.length} bytes{first}{last}."
    else:
        ends = " ".join(f"{ord(c):02X}h" for c in framing.terminator)
        yield f"- {what}: a line of text that ends with {ends}, at most {framing.longest} characters."
        if framing.printer == "esc-pos":
            yield "- The ESC/POS control sequences of a receipt printer are taken out first."
        if framing.start:
            yield f"- A line begins with {' or '.join(f'`{mark}`' for mark in framing.start)}."
        for name, code in framing.single.items():
            yield f"- The byte {code:02X}h alone is the frame `{name}`."


def _messages(model: DialectModel, title: str, messages: Iterable[MessageModel]) -> Iterator[str]:
    rows = []
    for message in messages:
        remark = _en(message.label)
        if message.settle:
            remark += f"; then leave it alone for {message.settle:g} s"
        answers = ", ".join(f"`{name}`" for name in message.replies)
        rows.append((f"`{message.name}`", _form(model, message), remark, answers))
    if not rows:
        return
    yield from (f"## {title}", "")
    if any(row[3] for row in rows):
        yield from _table(("name", "form", "what it does", "answered by"), rows)
    else:
        yield from _table(("name", "form", "what it says"), [row[:3] for row in rows])


def _form(model: DialectModel, message: MessageModel) -> str:
    kind = f"type {message.type:02X}h: " if message.type is not None else ""
    if message.pattern is not None:
        return f"{kind}`{message.pattern.replace('{{', '{').replace('}}', '}')}`"
    parts = (f"{name} {model.field(message, name).type}" for name in message.layout)
    return kind + ", ".join(f"`{part}`" for part in parts)


def _fields(model: DialectModel) -> Iterator[str]:
    rows = []
    shared = [(name, field, "") for name, field in model.fields.items()]
    own = [
        (name, field, f" (in `{message.name}`)")
        for message in (*model.commands, *model.replies)
        for name, field in message.fields.items()
    ]
    for name, field, where in (*shared, *own):
        rows.append((f"`{name}`{where}", _written(field), _range(field), _en(field.label)))
    if rows:
        yield from ("## Fields", "")
        yield from _table(("field", "written", "range", "meaning"), rows)


def _written(field: FieldModel) -> str:
    if field.words or field.units:
        return ", ".join(f"`{code}` {word}" for code, word in {**field.words, **field.units}.items())
    parts: list[str] = [field.type]
    if field.width:
        parts.append(f"{field.width} character{'s' if field.width > 1 else ''}")
    if field.decimals is not None:
        parts.append(f"{field.decimals} decimal{'s' if field.decimals > 1 else ''}")
    if field.sign == "always":
        parts.append("always with its sign")
    if field.scale != 1:
        parts.append(f"× {field.scale:g}")
    if field.matches:
        parts.append(f"`{field.matches}`")
    parts += [f"{what} from `{other}`" for what, other in _others(field)]
    return ", ".join(parts)


def _others(field: FieldModel) -> list[tuple[str, str]]:
    pairs = (("sign", field.sign_from), ("decimals", field.decimals_from), ("unit", field.unit_from))
    return [(what, other) for what, other in pairs if other]


def _range(field: FieldModel) -> str:
    if field.ranges:
        return ", ".join(f"{low:g} … {high:g} {unit}" for unit, (low, high) in field.ranges.items())
    unit = f" {field.unit}" if field.unit else ""
    if field.low is None and field.high is None:
        return unit.strip()
    low = "" if field.low is None else f"{field.low:.15g}"
    high = "" if field.high is None else f"{field.high:.15g}"
    return f"{low} … {high}{unit}".strip()


def _errors(model: DialectModel) -> Iterator[str]:
    if model.errors:
        yield from ("## Errors", "")
        yield from _table(("code", "word", "meaning"), [(f"`{e.code}`", f"`{e.word}`", e.en) for e in model.errors])


def _examples(model: DialectModel) -> Iterator[str]:
    if model.examples:
        yield from ("## Example frames", "", "Each one is a test, in both directions.", "")
        yield from _table(("", "frame", "means", "source"), [_example(example) for example in model.examples])


def _example(example: ExampleModel) -> tuple[str, str, str, str]:
    arrow = "→" if example.direction == "command" else "←"
    frame = (example.text or "").translate(_VISIBLE) if example.hex is None else example.hex
    values = ", ".join(f"{name} {value}" for name, value in example.fields.items())
    remark = example.source if example.canonical else f"{example.source} (read, never written)"
    return arrow, f"`{frame}`", f"`{example.name}`" + (f": {values}" if values else ""), remark


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
    yield ""


def _en(words: Words | None) -> str:
    return words.en if words else ""


def _note(words: Words | None) -> str:
    return f" {words.en}" if words else ""


if __name__ == "__main__":
    for written in refresh(Path(__file__).parents[2] / "docs" / "protocols"):
        print(written.name)
    described = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    (FOLDER / "dialect.schema.json").write_text(described, "utf-8", newline="\n")
