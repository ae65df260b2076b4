"""The papers beside the sheet: what each holds, what is refused and why, and that a scanner can read the labels."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from pdf_text import pages, squeezed
from scripted import PROCEDURES
from service_events import SECRET, Service, received, service
from sheet_events import PRINTED, Story, leak_test, magnetised, mechanical_order
from walked_trees import walked

from bench.errors import EtabliError, UsageError
from bench.events import EventKind
from bench.language import msg, speaking
from bench.measurement import Provenance
from bench.papers import KINDS, Labels, Paper, badges, barcodes, confirm_card, make, to_html, to_pdf
from bench.people import Operator, Role
from bench.sheet import events_of
from tui.commands.paper import ABOUT, SHEETS

SERVICE = service()
PASSED = magnetised()


def paper(kind: str, story: Story, language: str = "en", **more: Any) -> Paper:
    made = make(kind, story.events, language, printed=PRINTED, head=story.head(), **more)
    assert isinstance(made, Paper)
    return made


def labels(kind: str, story: Story, language: str = "en") -> Labels:
    made = make(kind, story.events, language, printed=PRINTED, head=story.head())
    assert isinstance(made, Labels)
    return made


def words_of(made: Paper) -> str:
    return squeezed("".join(pages(to_pdf(made))))


def rows(made: Paper, title: str) -> list[list[str]]:
    found = next(block for block in made.blocks if block.title == title)
    return [list(line.cells) for table in found.tables for line in table.lines]


# -- barcodes ----------------------------------------------------------------------------------------------------

# ISO/IEC 15417: the widths of bars and gaps of every symbol, bar first.
WIDTHS = re.findall(
    r"\d{6}",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232",
)
START_A, START_B, START_C, CODE_C, CODE_B, CODE_A = 103, 104, 105, 99, 100, 101


def scanned(modules: str) -> str:
    """Read a code as a scanner does: widths of bars, symbols, check sum, then the text."""
    widths = "".join(str(len(run[0])) for run in re.finditer(r"1+|0+", modules))
    assert widths[-7:] == "2331112"  # the stop
    symbols = [WIDTHS.index(widths[at : at + 6]) for at in range(0, len(widths) - 7, 6)]
    *data, check = symbols
    assert (data[0] + sum(place * symbol for place, symbol in enumerate(data))) % 103 == check
    text, table = "", data[0]
    for symbol in data[1:]:
        if symbol in (CODE_A, CODE_B, CODE_C) and not (table == START_C and symbol < CODE_B):
            table = {CODE_A: START_A, CODE_B: START_B, CODE_C: START_C}[symbol]
        elif table == START_C:
            text += f"{symbol:02}"
        else:
            text += chr(symbol + 32)
    return text


@pytest.mark.parametrize("text", ["OR:AT-2026-0042", "PC:J-2824-F", "OP:jm", "OK:", "OR:2026-0001", "OP:00112233"])
def test_a_scanner_reads_what_the_label_says(text: str) -> None:
    assert scanned(barcodes.modules(text)) == text


def test_the_drawn_bars_are_the_code_with_white_on_both_sides() -> None:
    with speaking("en"):
        drawn = ET.fromstring(barcodes.svg("OR:AT-2026-0042"))
    width = int(drawn.attrib["width"])
    (path,) = drawn
    bars = [(int(x), int(length)) for x, length in re.findall(r"M(\d+) 0h(\d+)", path.attrib["d"])]
    modules = ["0"] * width
    for x, length in bars:
        modules[x : x + length] = "1" * length
    text = "".join(modules)
    assert text[:10] == text[-10:] == "0" * 10
    assert scanned(text[10:-10]) == "OR:AT-2026-0042"


@pytest.mark.parametrize("text", ["", "OR:été", "PC:" + "9" * 60, "OP:漢"])
def test_what_no_barcode_can_say_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(EtabliError) as refused:
        barcodes.modules(text)
    assert refused.value.why is not None
    assert refused.value.remedy is not None


# -- labels ------------------------------------------------------------------------------------------------------


def test_the_custody_label_says_the_order_and_whose_watch_it_is_by_number_only() -> None:
    made = labels("custody-label", SERVICE)
    (label,) = made.labels
    assert (label.barcode, label.head) == ("OR:OR-2026-0200", "OR-2026-0200")
    assert label.lines[0] == "Lip Nautic-Ski 671525"
    assert "promised 2026-12-04" in label.lines[2]
    assert label.lines[3] == "C-00812 · accessories: 2"


def test_each_part_has_a_label_with_its_reference() -> None:
    (label,) = labels("parts-label", SERVICE).labels
    assert (label.barcode, label.head) == ("PC:J-2824-F", "J-2824-F")
    assert label.lines[0] == "L7 · listed equivalent"
    with pytest.raises(EtabliError, match="no part to label"):
        labels("parts-label", received())


def test_badges_and_the_confirm_card() -> None:
    people = [Operator("jm", "Jeanne Mercier", frozenset({Role.TECHNICIAN}), badge="7001")]
    made = badges(people, "en", workshop="Atelier", at=PRINTED)
    assert [(label.barcode, label.head) for label in made.labels] == [("OP:7001", "Jeanne Mercier")]
    card = confirm_card("en", workshop="Atelier", at=PRINTED)
    assert [label.barcode for label in card.labels] == ["OK:"]
    for each in (made, card):
        assert len(pages(to_pdf(each))) == 1
        assert "<svg" in to_html(each)


def test_one_label_a_page_of_its_own_size() -> None:
    people = [Operator(f"p{n}", f"Nom {n}", frozenset({Role.TECHNICIAN})) for n in range(3)]
    with pikepdf.open(io.BytesIO(to_pdf(badges(people, "fr", workshop="Atelier", at=PRINTED)))) as pdf:
        sizes = [[round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] for page in pdf.pages]
    assert sizes == [[89, 41]] * 3


# -- certificate -------------------------------------------------------------------------------------------------


def test_the_certificate_names_instrument_pressures_closure_limit_and_doubt() -> None:
    made = paper("certificate", PASSED)
    assert made.verdict == "✔ Conforming up to +10.05\u00a0bar"
    told = words_of(made)
    for word in ("Cosmo LS-R902", "LS-2207", "CE-2025-902", "2026-12-03", "10 ATM", "Jeanne Mercier", "A-44871"):
        assert squeezed(word) in told
    stages = rows(made, "The test")
    assert stages[1] == [
        "+3\u00a0bar",
        "+3.02\u00a0bar",
        "+30.4\u00a0µg/min",
        "±\u00a04.9",
        "≤ 50.0\u00a0µg/min",
        "✔ CONFORMING",
    ]
    closure = next(entry for block in made.blocks for entry in block.entries if entry.key == "closure")
    assert closure.shown == "2"
    assert made.watermark is None


def test_a_certificate_of_simulated_values_carries_the_watermark() -> None:
    made = paper("certificate", magnetised(provenance=Provenance.SIMULATED))
    assert made.watermark is not None
    assert all("SIMULATION" in text for text in pages(to_pdf(made)))


def opened_again() -> Story:
    story = magnetised()
    story.handle("open")
    return story


def closed_again() -> Story:
    story = opened_again()
    story.handle("close")
    return story


def failed_since() -> Story:
    story = magnetised()
    story.begin("leak", "Étanchéité", "Leak test", "after")
    leak_test(story, "leak", "after", (11.0, 80.0, 90.0))
    return story


def aborted_since() -> Story:
    story = magnetised()
    story.begin("leak", "Étanchéité", "Leak test", "after")
    leak_test(story, "leak", "after", (11.0,), aborted=msg("Big leak: the tester stopped the test."))
    return story


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (magnetised(until="demagnetise"), "No dry test was done"),
        (opened_again(), "The case is open."),
        (closed_again(), "on closure n° 2; the case is now at closure n° 3"),
        (failed_since(), "was not passed"),
        (aborted_since(), "was not passed"),
    ],
)
def test_there_is_no_certificate_without_a_pass_on_the_closure_of_now(story: Story, why: str) -> None:
    with pytest.raises(EtabliError) as refused:
        paper("certificate", story)
    assert "no water-resistance certificate" in str(refused.value)
    assert why in str(refused.value.why)
    assert refused.value.remedy is not None


# -- slips and reports -------------------------------------------------------------------------------------------


def test_the_pre_diagnosis_slip_has_what_reception_found() -> None:
    made = paper("pre-diagnosis-slip", received())
    keys = [block.key for block in made.blocks]
    assert {"customer", "watch", "statement", "accessories", "condition"} <= set(keys)
    assert made.signatures[-1] == "Received in the workshop, date and time"


def test_the_pre_quote_adds_labour_and_parts_and_waits_for_all_three() -> None:
    made = paper("pre-quote", received())
    entries = {entry.key: entry.shown for block in made.blocks for entry in block.entries}
    assert entries["total"] == "160.00\u00a0€"
    assert SECRET not in words_of(made)
    story = received()
    story.events = [event for event in story.events if event.payload.get("step") != "s-price"]
    with pytest.raises(EtabliError, match="Missing: Labour, Parts, Delay"):
        paper("pre-quote", story)


def test_the_quote_basis_pairs_work_with_time_and_shows_the_defects() -> None:
    made = paper("quote-basis", SERVICE)
    assert rows(made, "Basis of the quote") == [["joints", "20\u00a0min"]]
    assert any("ETA-JFO" in cell for line in rows(made, "Diagnosis") for cell in line)
    with pytest.raises(EtabliError, match="no basis for a quote"):
        paper("quote-basis", received())


def test_the_diagnosis_report_has_values_as_found_and_defects() -> None:
    made = paper("diagnosis-report", SERVICE)
    assert rows(made, "Measurements")[0][:2] == ["rate CH", "Before"]
    assert not any(line[1] == "After" for line in rows(made, "Measurements"))
    with pytest.raises(EtabliError, match="no diagnosis to report"):
        paper("diagnosis-report", received())


def test_the_operation_list_has_level_and_time_of_what_was_signed() -> None:
    made = paper("operation-list", SERVICE)
    assert rows(made, "Operations") == [
        ["Full service of the movement", "3", "240\u00a0min", "D-9"],
        ["Gaskets replaced", "1", "20\u00a0min", "D-9"],
        ["Crown or tube", "2", "30\u00a0min", "D-9c"],
    ]
    with pytest.raises(EtabliError, match="no operation list"):
        paper("operation-list", received())


def test_the_explanation_says_the_agreed_work_in_plain_words() -> None:
    made = paper("explanation", SERVICE)
    told = [entry.shown for block in made.blocks for entry in block.entries if entry.key == "full-service"]
    assert told == ["The movement is taken apart, cleaned, oiled, put together again and adjusted."]
    assert any("gains" in line for line in made.closing)


def test_the_waiver_is_signed_by_the_customer() -> None:
    made = paper("waiver", closed_again())
    assert any("closure n° 3" in line for line in made.lead)
    assert "customer" in made.signatures[-1]


def test_no_paper_tells_a_private_note_of_the_bench() -> None:
    for kind in (kind for kind in MADE if not kind.endswith("label")):
        assert squeezed(SECRET) not in words_of(paper(kind, SERVICE))


# -- claim file --------------------------------------------------------------------------------------------------


def complaint() -> Service:
    order = replace(mechanical_order("OR-2026-0300"), quote=None, complaint_of="OR-2026-0200", declared="")
    story = received(order)
    story.begin("s-leak", "Étanchéité", "Leak test", "before")
    leak_test(story, "s-leak", "before", (90.0, 95.0, 99.0))
    return story


def test_the_claim_file_sets_the_earlier_order_beside_this_one() -> None:
    made = paper("claim-file", complaint(), earlier=SERVICE.events)
    table = next(block.tables[0] for block in made.blocks if block.title.startswith("Measurements"))
    assert table.columns == ("What", "OR-2026-0200", "OR-2026-0300")
    leak = next(line for line in table.lines if line.key.startswith("leak rate +10"))
    assert "+30.0\u00a0µg/min" in leak.cells[1]
    assert "+99.0\u00a0µg/min" in leak.cells[2]
    assert leak.mark == "changed"
    zones = {line[0]: line[1:] for line in rows(made, "Condition map")}
    assert zones["Crystal"][0] == "as new"
    assert zones["Crystal"][1].startswith("scratched")
    assert rows(made, "Parts fitted on OR-2026-0200") == [["J-2824-F", "L7", "listed equivalent"]]


def test_a_claim_file_needs_a_complaint_and_the_earlier_order() -> None:
    with pytest.raises(EtabliError, match="no complaint"):
        paper("claim-file", SERVICE)
    with pytest.raises(EtabliError, match="OR-2026-0200 is not in this journal"):
        paper("claim-file", complaint())


# -- all of them -------------------------------------------------------------------------------------------------

MADE = [kind for kind in KINDS if kind not in ("claim-file", "test-plan")]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", MADE)
def test_every_paper_is_an_archive_file_and_one_page_of_its_own(kind: str, language: str) -> None:
    made = make(kind, SERVICE.events, language, printed=PRINTED, head=SERVICE.head())
    pdf = to_pdf(made)
    assert pdf == to_pdf(make(kind, service().events, language, printed=PRINTED, head=SERVICE.head()))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
            assert metadata["pdfuaid:part"] == "1"
        assert document.check_pdf_syntax() == []
        assert str(document.Root.Lang) == language
    html = to_html(made)
    assert f'<html lang="{language}">' in html
    assert re.findall(r"""(?:src|href)\s*=|url\(|@import""", html) == []


def test_every_report_that_a_shipped_step_yields_is_a_paper() -> None:
    reports = {step.report for tree in PROCEDURES.all() for step in tree.steps if step.report}
    assert reports
    assert reports <= {*KINDS, *SHEETS}
    assert {*KINDS, *SHEETS} < set(ABOUT)


def test_a_real_full_service_gives_every_paper_but_the_claim_file() -> None:
    work = walked("revision-complete")
    journal = work.desk.journal
    events = events_of(journal, work.number)
    for kind in (kind for kind in KINDS if kind != "claim-file"):
        made = make(kind, events, "fr", printed=PRINTED, head=journal.head())
        assert pages(to_pdf(made))
        if isinstance(made, Paper):
            assert made.watermark is not None
        else:
            assert made.watermark == "SIMULATION"


def test_an_unknown_paper_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="custody-label"):
        make("invoice", SERVICE.events, "en", printed=PRINTED, head=SERVICE.head())


def test_markup_in_what_people_typed_is_printed_as_typed() -> None:
    story = service()
    typed = "<b>#strong[x]</b> $y$ @z"
    answered = next(e for e in story.events if e.kind is EventKind.STEP_ANSWERED and e.payload["step"] == "s-ask")
    answered.payload["order"]["declared"] = typed
    made = paper("pre-diagnosis-slip", story)
    assert squeezed(typed) in words_of(made)
    assert "<b>" not in to_html(made)
