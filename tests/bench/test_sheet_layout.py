"""The tracking sheet as people get it: PDF/A for the archive, one HTML page, JSON."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pikepdf
import pytest
from pdf_text import pages, squeezed
from sheet_events import BATTERY, CASE, MARKUP, PRINTED, SCRATCH, Story, battery, magnetised, mechanical_order, timing

from bench.language import speaking
from bench.measurement import Provenance
from bench.sheet import content, plots, to_html, to_json, to_pdf

VOID = {"meta", "br", "link", "img"}
MAGNETISED, BATTERY_CHANGE = magnetised(), battery()
OPEN = magnetised(until="demagnetise", provenance=Provenance.SIMULATED)


def sheet_of(story: Story, language: str = "en") -> dict[str, Any]:
    return content(story.events, language, printed=PRINTED, head=story.head())


class Page(HTMLParser):
    """Reads a page, checks that every element is closed where it should be, and keeps its words and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return squeezed("".join(self.words))


def everything_shown(sheet: dict[str, Any]) -> list[str]:
    """Return every word that the sheet must show, whatever the form."""
    found = []
    for block in sheet["blocks"]:
        if block["state"] == "none":
            continue
        found += [entry[key] for entry in block["entries"] for key in ("label", "shown", "note")]
        for table in block["tables"]:
            found += [table["title"], *table["columns"], *(cell for line in table["lines"] for cell in line["cells"])]
        for form in block["forms"]:
            found += [form["late"], *(entry[key] for entry in form["entries"] for key in ("label", "shown", "note"))]
    found += [result["text"] for result in sheet["results"]]
    for group in sheet["measurements"]:
        found += [line["shown"] for line in group["instruments"]] + [note["text"] for note in group["notes"]]
        for row in group["rows"]:
            found += [row["name"], row["label_shown"], row["limit_shown"], row["rule_shown"]]
            for cell in filter(None, row["cells"]):
                found += [cell["shown"], cell["uncertainty_shown"], cell["verdict"], cell["symbol"], *cell["details"]]
    for line in sheet["log"]:
        found += [
            line["title"],
            line["operator"],
            line["start_shown"],
            line["outcome_shown"],
            line["reason"],
            *line["acts"],
        ]
    for line in sheet["incidents"]:
        found += [line["kind_shown"], line["text"], line["remedy"], line["by"]]
    for line in sheet["corrections"]:
        found += [*line["changes"], line["reason"]]
    for line in sheet["signatures"]:
        found += [line["name"], line["role"], line["meaning"], line["self_check_shown"], line["voided"]]
    for line in sheet["attempts"]:
        found += [line["shown"], line["verdict"], line["reason"]]
    found += [*sheet["reservations"], sheet["integrity"]["head_hash"], sheet["integrity"]["printed_shown"]]
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("story", [MAGNETISED, BATTERY_CHANGE, OPEN], ids=["magnetised", "battery", "open"])
def test_every_form_shows_everything(story: Story, language: str) -> None:
    sheet = sheet_of(story, language)
    # A font may draw ³ with the glyph of its small 3: copy and paste then gives either.
    pdf = "".join(pages(to_pdf(sheet))).translate({ord("³"): "3"})
    html = Page(to_html(sheet)).text
    for words in everything_shown(sheet):
        assert squeezed(words) in html
        assert squeezed(words).translate({ord("³"): "3"}) in pdf


def test_the_same_events_give_the_same_bytes() -> None:
    sheet = sheet_of(MAGNETISED, "fr")
    assert to_pdf(sheet) == to_pdf(sheet_of(magnetised(), "fr"))
    assert to_html(sheet) == to_html(sheet_of(magnetised(), "fr"))


def test_the_pdf_is_an_archive_file_that_screen_readers_can_follow() -> None:
    with pikepdf.open(io.BytesIO(to_pdf(sheet_of(MAGNETISED, "fr")))) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"].endswith("OR-2026-0147")
            assert metadata["xmp:CreateDate"].startswith("2026-11-22T07:38")  # UTC of the last event
        assert pdf.check_pdf_syntax() == []
        assert str(pdf.Root.Lang) == "fr"
        assert pdf.Root.MarkInfo.Marked
        fonts = [
            obj for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and obj.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


def test_every_page_says_which_order_which_page_and_which_journal() -> None:
    sheet = sheet_of(MAGNETISED, "fr")
    found = pages(to_pdf(sheet))
    assert len(found) > 2
    for number, text in enumerate(found, 1):
        assert "OR-2026-0147" in text
        assert text.endswith(f"Page{number}/{len(found)}")
        assert sheet["integrity"]["head_hash"][:16] in text


@pytest.mark.parametrize(
    ("provenance", "word"), [(Provenance.SIMULATED, "SIMULATION"), (Provenance.REPLAYED, "REPLAY")]
)
def test_the_watermark_stands_on_every_page_of_every_form(provenance: Provenance, word: str) -> None:
    sheet = sheet_of(magnetised(provenance=provenance))
    for text in pages(to_pdf(sheet)):
        assert text.count(word) >= 2  # across the page and in its head
        assert squeezed("it can't become a customer's sheet") in text
    html = to_html(sheet)
    assert f'<div class="watermark" aria-hidden="true"><span>{word}</span></div>' in html
    assert squeezed("it can't become a customer's sheet") in Page(html).text
    assert word.encode() in to_json(sheet)


def test_real_values_carry_no_watermark() -> None:
    sheet = sheet_of(MAGNETISED)
    assert "SIMULATION" not in "".join(pages(to_pdf(sheet)))
    assert 'class="watermark"' not in to_html(sheet)


def test_a_draft_says_so_on_every_page() -> None:
    sheet = sheet_of(OPEN)
    assert all("DRAFT" in text for text in pages(to_pdf(sheet)))
    assert "DRAFT" in Page(to_html(sheet)).text


def test_markup_in_what_people_typed_is_shown_as_typed() -> None:
    sheet = sheet_of(MAGNETISED, "fr")
    assert squeezed(MARKUP) in "".join(pages(to_pdf(sheet)))
    html = to_html(sheet)
    page = Page(html)
    assert squeezed(MARKUP) in page.text
    assert squeezed(SCRATCH) in page.text
    assert "<b>" not in html


def test_characters_that_no_font_has_are_named_not_dropped() -> None:
    order = replace(mechanical_order(), declared="漢 😀 \x01 \ue000 עברית ελ Привет\nligne 2", accessories="W" * 200)
    story = Story(order)
    story.sign_in("jm", "Jeanne Mercier", "technician")
    story.open(BATTERY, None, CASE)
    text = "".join(pages(to_pdf(sheet_of(story))))
    assert "[U+6F22][U+1F600][U+0001][U+E000]" in text
    assert "ελПриветligne2" in text
    assert "W" * 200 in text


def test_long_tables_break_across_pages_under_repeated_heads() -> None:
    story = magnetised(until="demagnetise")
    story.begin("timing-after", "Marche", "Timing", "after")
    for turn in range(8):
        timing(story, "timing-after", "after", 2 + turn / 10, None)
    sheet = sheet_of(story)
    assert len(sheet["attempts"]) == 8 * 13
    found = pages(to_pdf(sheet))
    annex = next(i for i, text in enumerate(found) if squeezed("Annex: all attempts") in text)
    assert all(
        squeezed("When Quantity Value ± U (k = 2 unless said) Limit Verdict Attempt") in text
        for text in found[annex + 1 : -1]
    )
    assert len(found) > annex + 2


def test_the_page_is_one_accessible_file() -> None:
    html = to_html(sheet_of(MAGNETISED, "fr"))
    page = Page(html)
    assert ("html", {"lang": "fr"}) in page.tags
    outside = re.findall(r"""(?:src|href)\s*=|url\(|@import""", html)
    assert outside == []
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    heads = [attributes for tag, attributes in page.tags if tag == "th"]
    assert heads
    assert all(attributes.get("scope") in ("col", "row") for attributes in heads)
    assert all(attributes["aria-label"] for tag, attributes in page.tags if tag == "svg")
    assert "@media print" in html


def test_plots_tell_before_from_after_without_colour() -> None:
    sheet = sheet_of(MAGNETISED)
    with speaking("en"):
        drawn = plots.of(sheet)
    (rate, traces), (leak,) = drawn["Timing"], drawn["Water-resistance"]
    for plot in (rate, traces, leak):
        ET.fromstring(plot["svg"])
    assert rate["svg"].count("<circle") == 4  # three positions before and one in the key
    assert "CH before +18.0\u00a0s/d; CH after −0.9\u00a0s/d" in rate["alt"]
    ticks = re.findall(r'<path d="M[\d.]+ ([\d.]+)v2.6.*?M[\d.]+ ([\d.]+)v2.6"', traces["svg"])
    assert len(ticks) == 4  # three positions before and one in the key
    assert all(float(first) > float(last) for first, last in ticks[:3])  # a gain rises
    assert traces["svg"].count('stroke-linecap="round"') == 4
    assert leak["svg"].count("<circle") == 3


def test_a_plot_escapes_what_people_typed() -> None:
    sheet = sheet_of(MAGNETISED)
    timing_group = next(group for group in sheet["measurements"] if group["key"] == "timing")
    for entry in timing_group["rows"]:
        entry["place"] = '<"CH&>'
    with speaking("en"):
        svg = plots.of(sheet)["Timing"][0]["svg"]
    assert '<"CH&>' in "".join(ET.fromstring(svg).itertext())


def test_a_sheet_can_be_french_while_the_screen_is_english() -> None:
    with speaking("en"):
        french = to_html(sheet_of(MAGNETISED, "fr"))
    with speaking("fr"):
        assert to_html(sheet_of(MAGNETISED, "fr")) == french
