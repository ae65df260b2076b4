"""From content to files: JSON, one self-contained HTML page, PDF/A-2a with PDF/UA-1 tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.language import speaking
from bench.sheet import plots, words

if TYPE_CHECKING:
    import jinja2
    from typst import PDFStandard

_HERE = Path(__file__).parent
PDF_STANDARDS: tuple[PDFStandard, ...] = ("a-2a", "ua-1")


def to_json(content: Mapping[str, Any]) -> bytes:
    """Return the sheet as JSON (UTF-8, docs/sheet.schema.json)."""
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def to_html(content: Mapping[str, Any]) -> str:
    """Return the sheet as one HTML page that needs no other file."""
    with speaking(content["language"]):
        page: str = _html().render(sheet=content, words=words.headings(), plots=plots.of(content))
    return page


@lru_cache(maxsize=1)
def _html() -> jinja2.Template:
    import jinja2

    loader = jinja2.FileSystemLoader(_HERE)
    strict = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return strict.get_template("sheet.html")


def to_pdf(content: Mapping[str, Any]) -> bytes:
    """Return the sheet as PDF/A-2a, tagged for PDF/UA-1; the same content gives the same bytes.

    The document's date is that of the order's last event. Only the fonts of the typesetter itself are
    used; a character that they lack is written as its code point ("[U+1F600]"), never dropped.
    """
    import typst

    with speaking(content["language"]):
        data = {"sheet": content, "words": words.headings(), "plots": plots.of(content)}
    try:
        return _compile(data, content["integrity"]["last_at"])
    except typst.TypstError:
        return _compile(_printable(data), content["integrity"]["last_at"])


def _compile(data: Mapping[str, Any], at: str) -> bytes:
    import typst

    compiler = typst.Compiler(
        (_HERE / "sheet.typ").read_bytes(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=list(PDF_STANDARDS), timestamp=_seconds(at))
    assert isinstance(pdf, bytes)
    return pdf


def _seconds(at: str) -> int:
    try:
        return int(datetime.fromisoformat(at).timestamp())
    except ValueError:
        return 0


def _printable(data: Any) -> Any:
    """Replace every character that the typesetter's fonts cannot show by its code point."""
    doubtful = sorted({c for text in _strings(data) for c in text if not (" " <= c <= "\u024f" or c == "\n")})
    return _translated(data, {ord(c): f"[U+{ord(c):04X}]" for c in doubtful if not _has_glyph(c)})


def _has_glyph(character: str) -> bool:
    import typst

    probe = typst.Compiler(_PROBE, ignore_system_fonts=True, sys_inputs={"text": character.replace("\0", "\1")})
    try:
        probe.compile(format="pdf", pdf_standards=list(PDF_STANDARDS), timestamp=0)
    except typst.TypstError:
        return False
    return True


_PROBE = b"""#set document(title: "probe")
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))
#sys.inputs.text"""


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _strings(value)


def _translated(data: Any, table: Mapping[int, str]) -> Any:
    if isinstance(data, str):
        return data.translate(table)
    if isinstance(data, Mapping):
        return {key: _translated(value, table) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_translated(value, table) for value in data]
    return data
