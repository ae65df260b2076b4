"""From a paper or labels to a file: PDF/A for the printer, one HTML page for the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.language import speaking
from bench.papers import barcodes
from bench.papers.model import Labels, Paper
from bench.sheet import layout, model, words

_HERE = Path(__file__).parent


def to_pdf(paper: Paper | Labels) -> bytes:
    """Return the paper as PDF/A-2a, tagged for PDF/UA-1; the same paper gives the same bytes. Raises EtabliError."""
    if isinstance(paper, Labels):
        return layout.typeset([_HERE / "label.typ"], _data(paper), paper.at)
    return layout.typeset([layout.COMMON, _HERE / "paper.typ"], _data(paper), paper.integrity.last_at)


def to_html(paper: Paper | Labels) -> str:
    """Return the paper as one HTML page that needs no other file. Raises EtabliError."""
    template = "label.html" if isinstance(paper, Labels) else "paper.html"
    data = _data(paper)
    with speaking(paper.language):
        return layout.render(template, _HERE, **data)


def _data(paper: Paper | Labels) -> dict[str, Any]:
    texts = [label.barcode for label in paper.labels] if isinstance(paper, Labels) else [paper.barcode]
    with speaking(paper.language):
        codes = {text: {"svg": barcodes.svg(text), "alt": barcodes.alt(text)} for text in texts if text}
        return {"sheet": model.plain(paper), "words": words.headings(), "codes": codes}
