"""The shape of a paper: a slip, a certificate or a report of a page or two, and of a label with its barcode."""

from __future__ import annotations

from dataclasses import dataclass

from bench.sheet import model as sheet


@dataclass(frozen=True)
class Paper:
    """One paper in one language. `lead` and `closing` are sentences before and after the blocks, `verdict` the one
    that is to be seen first; `signatures` name who signs by hand; `barcode` is what a scanner gives, "" for none.
    """

    kind: str
    language: str
    number: str
    title: str
    workshop: str
    subject: str
    watermark: sheet.Watermark | None
    integrity: sheet.Integrity
    barcode: str = ""
    verdict: str = ""
    lead: tuple[str, ...] = ()
    blocks: tuple[sheet.Block, ...] = ()
    closing: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    # What the sheet's page calls for; a paper is never a draft of one.
    draft: None = None


@dataclass(frozen=True)
class Label:
    """One label: the barcode's text, what is read from afar, and the lines below it."""

    barcode: str
    head: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Labels:
    """Labels of one kind, one a page of 89 × 41 mm. `at` (ISO) dates the file."""

    kind: str
    language: str
    title: str
    workshop: str
    watermark: str
    at: str
    labels: tuple[Label, ...]
