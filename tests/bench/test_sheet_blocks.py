"""Each block of the tracking sheet, from the events that fill it."""

from __future__ import annotations

from typing import Any

import pytest
from pdf_text import pages, squeezed
from service_events import SECRET, SHA, Service, both, received, service
from sheet_events import PRINTED

from bench.errors import UsageError
from bench.events import EventKind
from bench.language import msg, number, speaking
from bench.sheet import content, plots, to_html, to_json, to_pdf
from bench.sheet.places import BLOCKS


def sheet_of(story: Service, language: str = "en", version: str = "workshop") -> dict[str, Any]:
    return content(story.events, language, printed=PRINTED, head=story.head(), version=version)


def block(sheet: dict[str, Any], key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in sheet["blocks"] if each["key"] == key)
    return found


def table(sheet: dict[str, Any], key: str, name: str) -> list[list[str]]:
    found = next(each for each in block(sheet, key)["tables"] if each["key"] == name)
    return [line["cells"] for line in found["lines"]]


def facts(sheet: dict[str, Any], key: str) -> dict[str, str]:
    return {entry["key"]: entry["shown"] for entry in block(sheet, key)["entries"]}


def answered(sheet: dict[str, Any], key: str) -> dict[str, str]:
    return {entry["key"]: entry["shown"] for form in block(sheet, key)["forms"] for entry in form["entries"]}


SERVICE = service()
SHEET = sheet_of(SERVICE)


def test_the_blocks_stand_in_the_order_of_the_trade() -> None:
    assert [each["key"] for each in SHEET["blocks"]] == list(BLOCKS)


def test_the_customer_is_a_reference_and_nothing_else() -> None:
    assert facts(SHEET, "customer") == {"customer": "C-00812"}


def test_people_stand_with_their_roles_and_the_watch_with_its_holder() -> None:
    assert facts(SHEET, "parties") == {"operator": "controller"}  # the last of three of that key
    people = block(SHEET, "parties")["entries"]
    assert [(each["label"], each["shown"]) for each in people] == [
        ("Sylvie Monnin", "reception"), ("Jeanne Mercier", "technician"), ("Paul Lœwe", "controller"),
    ]  # fmt: skip
    assert table(SHEET, "parties", "custody")[0][1:] == ["Sylvie Monnin", "Jeanne Mercier", "pochette 12"]


def test_a_level_is_told_where_the_record_names_it() -> None:
    story = received()
    payload = {"operator": "jm", "name": "Jeanne Mercier", "role": "technician", "level": 2}
    story.operator = "jm"
    story.add(EventKind.SIGNED_IN, payload, of_order=False)
    story.fill("s-odd", {"odd": "x"})
    assert block(sheet_of(story), "parties")["entries"][-1]["shown"] == "technician, level 2"


def test_a_slip_of_the_promised_date_says_from_to_who_why_and_how_the_customer_was_told() -> None:
    assert facts(SHEET, "dates")["promised"] == "2026-12-04"
    assert facts(SHEET, "dates")["first_promised"] == "2026-11-27"
    (slip,) = table(SHEET, "dates", "slips")
    assert slip[:5] == ["2026-11-27", "2026-12-04", "Anne Perrenoud", "couronne attendue", "téléphone, 22/11 10 h"]


def test_the_agreement_adds_up_its_quotes() -> None:
    agreed = facts(SHEET, "commercial")
    assert (agreed["quote"], agreed["status"]) == ("D-9c", "signed by the customer")
    assert (agreed["ceiling"], agreed["cost"]) == ("360.00\u00a0€", "35.00\u00a0€")
    first, second = table(SHEET, "commercial", "quotes")
    assert first[:3] == ["D-9", "first", "Full service of the movement, Gaskets replaced"]
    assert second[:2] == ["D-9c", "supplementary"]


def test_what_a_form_fills_in_stands_with_the_watch_and_the_statement() -> None:
    assert facts(SHEET, "watch")["case_number"] == "A-1"
    assert facts(SHEET, "statement")["declared"] == "elle avance depuis l’été"
    assert answered(SHEET, "statement")["symptoms"] == "gains"


def test_accessories_left_and_given_back() -> None:
    assert table(SHEET, "accessories", "accessories") == [["box", "yes"], ["papers", "yes"]]
    open_one = sheet_of(received())
    assert [line[-1] for line in table(open_one, "accessories", "accessories")] == ["—", "—"]


def test_the_condition_map_sets_before_and_after_side_by_side() -> None:
    glass, case = table(SHEET, "condition", "zones")
    assert glass[:2] == ["Crystal", f"scratched · rayure à 4 h · photo {SHA[:12]}…"]
    assert glass[2] == "as new"
    assert case == ["Case middle", "as new", "—"]
    marks = [line["mark"] for line in block(SHEET, "condition")["tables"][0]["lines"]]
    assert marks == ["changed", ""]
    assert table(SHEET, "condition", "photos")[0][1:] == ["condition", f"{SHA[:12]}…", "verre"]


def test_what_came_out_and_did_not_go_back_in_stands_out() -> None:
    (screws,) = table(SHEET, "uncasing", "counts")
    assert screws == ["Back screws", "6", "5", "1 missing"]
    assert block(SHEET, "uncasing")["tables"][0]["lines"][0]["mark"] == "wrong"


def test_deviations_fill_themselves_from_the_values_and_their_limits() -> None:
    found = table(SHEET, "diagnosis", "deviations")
    assert found[0] == [
        "rate CH",
        "Before",
        "+18.0\u00a0s/d",
        "−12.0 … +12.0\u00a0s/d",
        "+6.0\u00a0s/d",
        "NONCONFORMING",
    ]
    assert all(line[1] == "Before" for line in found)


def test_defects_stand_with_code_severity_origin_evidence_and_outcome() -> None:
    (defect,) = table(SHEET, "diagnosis", "s-defects.defects")
    assert defect[0].startswith("ETA-JFO ")
    assert defect[1:] == ["function", "wear", "fuite de 88 µg/min", "accepted"]


def test_the_basis_of_the_quote_the_parts_and_the_oils() -> None:
    assert table(SHEET, "quote-basis", "s-basis.basis") == [["joints", "20\u00a0min"]]
    assert table(SHEET, "parts", "s-parts.parts") == [["J-2824-F", "L7", "listed equivalent"]]
    assert answered(SHEET, "cleaning") == {"oil": "9415"}
    assert answered(SHEET, "aesthetic") == {"zones": "lunette"}
    assert answered(SHEET, "hse") == {"waste": "huile 3 g"}


def test_what_no_block_takes_is_still_told() -> None:
    assert answered(SHEET, "work") == {"odd": "mot que nul bloc n’attend"}


def test_functions_and_initial_defects_stand_with_their_results() -> None:
    assert table(SHEET, "functions", "functions") == [["date", "passes"]]
    assert table(SHEET, "final", "symptoms") == [["gains", "solved"]]
    assert table(SHEET, "final", "defects") == [["Gasket", "accepted"]]


def test_a_late_entry_is_flagged_with_when_it_was_done() -> None:
    oiling = next(line for line in SHEET["log"] if line["step"] == "s-oil")
    assert oiling["late"] == "late entry: done 2026-11-22 07:00"
    form = block(SHEET, "cleaning")["forms"][0]
    assert form["late"] == oiling["late"]
    soon = service()
    for event in soon.events:
        if event.payload.get("done_at"):
            event.payload["done_at"] = event.at  # type: ignore[index]
    assert not any(line["late"] for line in sheet_of(soon)["log"])


def test_alerts_stand_with_who_saw_and_who_decided() -> None:
    (alert,) = table(SHEET, "alerts", "alerts")
    assert alert[0] == "The work goes beyond the signed quote: Crown worn."
    assert alert[2] == "yes"
    assert alert[3].startswith("Anne Perrenoud, ")
    assert alert[4].startswith("accepted · Anne Perrenoud, ")
    assert alert[4].endswith("client d’accord")


def test_an_alert_that_nobody_decided_keeps_the_sheet_open() -> None:
    story = received()
    text = msg("Crown worn.").to_json()
    story.add(EventKind.ALERT_RAISED, {"id": "A9", "alert": "scope", "text": text, "blocking": True, "step": "s-ask"})
    sheet = sheet_of(story)
    assert block(sheet, "alerts")["tables"][0]["lines"][0]["mark"] == "open"
    assert "Alert without a decision: Crown worn." in sheet["draft"]["missing"]


def test_a_refusal_and_its_lifting_are_both_told() -> None:
    refusal, lifting = SHEET["incidents"]
    assert (refusal["kind"], lifting["kind"]) == ("refusal", "lifting")
    assert refusal["text"] == lifting["text"] == "G-22 · This work is not in the signed quote."
    assert (lifting["by"], lifting["remedy"]) == ("Anne Perrenoud (workshop manager)", "client d’accord")


def test_help_that_was_asked_for_stands_with_the_step() -> None:
    story = received()
    story.begin("s-odd", "Étape propre", "A step of its own")
    asked = {"id": "A2", "alert": "help", "text": msg("Which oil?").to_json(), "blocking": False, "step": "s-odd"}
    story.add(EventKind.ALERT_RAISED, asked)
    assert "Which oil?" in sheet_of(story)["log"][-1]["help"]


def test_a_correction_voids_the_signature_before_it_until_it_is_given_again() -> None:
    first, again = SHEET["signatures"]
    assert first["voided"].startswith("voided by a correction; signed again ")
    assert (again["voided"], again["proved"], again["record"]) == ("", True, "77" * 32)
    story = service()
    signed = [event for event in story.events if event.kind is EventKind.SIGNED][-1]
    story.events.remove(signed)
    (left,) = sheet_of(story)["signatures"]
    assert left["voided"].startswith("VOID")


def test_a_void_signature_is_a_gap() -> None:
    story = service()
    story.events = [event for event in story.events if event.kind is not EventKind.ORDER_CLOSED]
    assert not any("voided" in gap for gap in sheet_of(story)["draft"]["missing"])
    story.events = [e for e in story.events if not (e.kind is EventKind.SIGNED and e.payload["again"])]
    assert any("Signature voided" in gap for gap in sheet_of(story)["draft"]["missing"])


def test_the_corrected_answer_keeps_the_first_one_beside_it() -> None:
    (entry,) = block(SHEET, "cleaning")["forms"][0]["entries"]
    assert (entry["shown"], entry["note"]) == ("9415", "corrected, was: 9010")
    (correction,) = SHEET["corrections"]
    assert correction["changes"] == ["Oil: 9010 → 9415"]
    assert correction["step"] == "Oiling"


def test_the_hand_over_has_the_advice_and_the_customers_signature() -> None:
    assert facts(SHEET, "handover")["customer_signature"] == "ticket 88"
    assert answered(SHEET, "handover")["advice"] == "water"


def test_the_sheet_says_how_complete_it_is() -> None:
    assert SHEET["completeness"]["gaps"] == []
    begun = sheet_of(received())["completeness"]
    assert begun["filled"] < begun["total"]
    assert {"Parts", "Final control", "Hand-over"} <= set(begun["gaps"])
    assert begun["shown"] == f"{begun['filled']} of {begun['total']} blocks filled"


def test_a_training_workshop_marks_its_sheets_and_shortened_waits_are_said() -> None:
    story = service()
    story.house(training=True, wait_scale=3600.0)
    sheet = sheet_of(story)
    assert sheet["watermark"]["word"] == "TRAINING MODE"
    assert "no customer's watch" in sheet["watermark"]["note"]
    assert f"Waits were shortened {number(3600)} times, for a demonstration or an exercise." in sheet["reservations"]
    assert not any("Waits" in line for line in SHEET["reservations"])


def test_a_waiver_of_the_water_resistance_is_a_reservation() -> None:
    story = service()
    final = next(e for e in story.events if e.payload.get("step") == "s-back" and "facts" in e.payload)
    final.payload["facts"].update(water_resistance="reserved", waiver_reference="W-7")
    assert any("waiver W-7" in line for line in sheet_of(story)["reservations"])


def test_an_order_that_goes_on_with_another_procedure_keeps_what_was_answered_before() -> None:
    story = received()
    other = {"id": "other", "version": "1", "sha256": "0" * 64, "title": both("Autre", "Other"), "first": "s-odd"}
    story.add(EventKind.PROCEDURE_CHANGED, {"procedure": other, "from": "x", "carried": [], "reason": "accord"})
    sheet = sheet_of(story)
    assert facts(sheet, "identification")["procedure"] == "Other"
    note = next(e["note"] for e in block(sheet, "identification")["entries"] if e["key"] == "procedure")
    assert note.endswith("begun with service-of-the-tests 3")
    assert table(sheet, "condition", "zones")[0][0] == "Crystal"


# -- versions ----------------------------------------------------------------------------------------------------


def test_there_are_three_versions_and_no_other() -> None:
    with pytest.raises(UsageError, match="workshop, customer, trainer"):
        sheet_of(SERVICE, version="boss")


def test_the_workshop_keeps_the_private_note_and_the_customer_never_sees_one() -> None:
    assert SECRET in to_json(SHEET).decode()
    assert "Private bench note" in to_json(SHEET).decode()
    assert SECRET not in to_json(sheet_of(SERVICE, version="customer")).decode()


def test_no_note_stands_in_the_customers_pdf_or_page() -> None:
    sheet = sheet_of(SERVICE, "fr", "customer")
    pdf, html = "".join(pages(to_pdf(sheet))), to_html(sheet)
    assert squeezed("elle avance depuis l’été") in pdf
    for note in (SECRET, "mauvais flacon", "couronne attendue", "Jeanne Mercier"):
        assert squeezed(note) not in pdf
        assert note not in html


def test_the_training_mark_stands_on_every_page() -> None:
    story = service()
    story.house(training=True)
    assert all("TRAININGMODE" in text for text in pages(to_pdf(sheet_of(story))))


def test_a_void_signature_and_a_late_entry_are_seen_on_paper() -> None:
    pdf = "".join(pages(to_pdf(SHEET)))
    assert squeezed("voided by a correction; signed again") in pdf
    assert squeezed("late entry: done 2026-11-22 07:00") in pdf


def test_the_customers_copy_leaves_the_workshop_out() -> None:
    told = to_json(sheet_of(SERVICE, version="customer")).decode()
    for internal in ("G-22", "client d’accord", "level", "Crown worn", "pochette 12", "mauvais flacon", "9010"):
        assert internal not in told
    sheet = sheet_of(SERVICE, version="customer")
    assert (
        sheet["log"] == sheet["incidents"] == sheet["corrections"] == sheet["attempts"] == sheet["measurements"] == []
    )


def test_the_customers_copy_says_each_result_in_a_sentence_and_explains_its_words() -> None:
    sheet = sheet_of(SERVICE, version="customer")
    texts = [result["text"] for result in sheet["results"]]
    assert "Accuracy, mean of the positions (before the work)" not in texts
    assert any(
        text.startswith("Accuracy, mean of the positions: gains 21.4\u00a0s/d (before the work).") for text in texts
    )
    assert any("+10\u00a0bar" in text and text.endswith("Within the limit.") for text in texts)
    assert {"Rate", "Amplitude", "Water-resistance"} <= {term["word"] for term in sheet["glossary"]}


def test_the_customers_copy_has_the_condition_the_parts_and_the_advice() -> None:
    sheet = sheet_of(SERVICE, version="customer")
    assert table(sheet, "condition", "zones")[0][0] == "Crystal"
    assert answered(sheet, "handover") == {}
    assert facts(sheet, "handover")["advice"] == "water"
    assert facts(sheet, "work")["operations"] == "Full service of the movement, Gaskets replaced, Crown or tube"
    assert facts(sheet, "final")["controlled"].startswith("Paul Lœwe")


def test_the_trainers_copy_lists_the_evidence_for_each_criterion() -> None:
    sheet = sheet_of(SERVICE, version="trainer")
    rows = table(sheet, "criteria", "criteria")
    assert ["C.1.2-d", "Condition map", "Sylvie Monnin"] in [row[:3] for row in rows]
    assert facts(sheet, "criteria")["C.1.2-d"] == "Visible anomalies recorded zone by zone"
    assert {row[0] for row in rows} == {"C.1.2-d", "C.2.4-b", "C.3.5-b", "C.4.2-d"}
    assert "C-00812" not in to_json(sheet).decode()


def test_consumption_is_drawn_against_its_limit() -> None:
    from sheet_events import battery

    story = battery()
    sheet = content(story.events, "en", printed=PRINTED, head=story.head())
    with speaking("en"):
        drawn = plots.of(sheet)
    (plot,) = drawn["Quartz movement and battery"]
    assert plot["caption"] == "Consumption and its limit"
    assert "consumption after" in plot["alt"]
