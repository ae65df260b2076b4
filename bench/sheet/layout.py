"""From content to files: JSON, one self-contained HTML page, PDF/A-2a with PDF/UA-1 tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.language import speaking
from bench.sheet import matrix, plots, words

if TYPE_CHECKING:
    import jinja2
    from typst import PDFStandard

_HERE = Path(__file__).parent
COMMON = _HERE / "common.typ"
PDF_STANDARDS: tuple[PDFStandard, ...] = ("a-2a", "ua-1")


def to_json(content: Mapping[str, Any]) -> bytes:
    """Return the sheet as JSON (UTF-8, docs/sheet.schema.json)."""
    return (json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def to_html(content: Mapping[str, Any]) -> str:
    """Return the sheet as one HTML page that needs no other file."""
    with speaking(content["language"]):
        return render("sheet.html", **_data(content))


def _data(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates are given; the content's language is in force."""
    figures = {group["title"]: matrix.of(group) for group in content["measurements"]}
    return {"sheet": content, "words": words.headings(), "plots": plots.of(content), "figures": figures}


def render(template: str, folder: Path = _HERE, **given: Any) -> str:
    """Fill an HTML template of `folder` that may use those of the sheet; every word is escaped."""
    page: str = _pages(folder).get_template(template).render(**given)
    return page


@lru_cache(maxsize=2)
def _pages(folder: Path) -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def to_pdf(content: Mapping[str, Any]) -> bytes:
    """Return the sheet as PDF/A-2a, tagged for PDF/UA-1; the same content gives the same bytes.

    The document's date is that of the order's last event. Only the fonts of the typesetter itself are
    used; a character that they lack is written as its code point ("[U+1F600]"), never dropped.
    """
    with speaking(content["language"]):
        data = _data(content)
    return typeset([COMMON, _HERE / "sheet.typ"], data, content["integrity"]["last_at"])


def typeset(templates: Sequence[Path], data: Mapping[str, Any], at: str) -> bytes:
    """Set `data` by the templates, one after the other, as PDF/A-2a with PDF/UA-1 tags, dated `at` (ISO)."""
    import typst

    try:
        return _compile(templates, data, at)
    except typst.TypstError:
        return _compile(templates, _printable(data), at)


def _compile(templates: Sequence[Path], data: Mapping[str, Any], at: str) -> bytes:
    import typst

    compiler = typst.Compiler(
        b"\n".join(template.read_bytes() for template in templates),
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
