"""Which block of the sheet an answer belongs to: told by what its field and its step say, never by a step's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.language import N_

# The blocks in the sheet's order (procedures §4.1). What no other block takes stands under "work".
BLOCKS: dict[str, str] = {
    "identification": N_("Identification"),
    "customer": N_("Customer"),
    "parties": N_("People"),
    "dates": N_("Dates"),
    "commercial": N_("Agreement"),
    "watch": N_("Watch"),
    "accessories": N_("Accessories"),
    "condition": N_("Condition map"),
    "statement": N_("What the customer says"),
    "checks": N_("Quick checks"),
    "plan": N_("Test plan"),
    "measurements": N_("Measurements before and after"),
    "uncasing": N_("Un-casing and counts"),
    "inspection": N_("Inspection of the components"),
    "diagnosis": N_("Diagnosis"),
    "quote-basis": N_("Basis of the quote"),
    "preparation": N_("Preparation"),
    "log": N_("Work log"),
    "work": N_("Answers of the work"),
    "parts": N_("Parts"),
    "cleaning": N_("Oils and cleaning"),
    "functions": N_("Functions"),
    "final": N_("Final control"),
    "aesthetic": N_("Finish"),
    "hse": N_("Safety and environment"),
    "alerts": N_("Alerts, refusals and liftings"),
    "corrections": N_("Corrections"),
    "handover": N_("Hand-over"),
    "integrity": N_("Integrity"),
}

_ACTS = {
    "fit-part": "parts",
    "fit-battery": "parts",
    "polish": "aesthetic",
    "custody": "parties",
    "transmit": "parties",
    "open": "uncasing",
    "final-control": "final",
    "close-sheet": "final",
    "hand-over": "handover",
}
_MODULES = {
    "REC-01": "customer",
    "REC-02": "customer",
    "REC-03": "statement",
    "REC-04": "watch",
    "REC-05": "condition",
    "REC-06": "statement",
    "REC-07": "checks",
    "REC-08": "checks",
    "PDV": "commercial",
    "CUS": "parties",
    "DIA-01": "plan",
    "DIA-02": "plan",
    "DIA-03": "checks",
    "DIA-04": "uncasing",
    "DIA-05": "inspection",
    "DIA-06": "inspection",
    "DIA-07": "diagnosis",
    "DIA-08": "diagnosis",
    "DIA-09": "quote-basis",
    "DEV": "commercial",
    "POS": "preparation",
    "DMG": "measurements",
    "TIM": "measurements",
    "WRT": "measurements",
    "QTZ": "measurements",
    "FIN-01": "functions",
    "FIN-05": "aesthetic",
    "FIN": "final",
    "RES": "handover",
    "CLO": "final",
    "INC": "alerts",
    "CLM": "statement",
    "EMB": "uncasing",
    "OUV": "uncasing",
    "HAB": "aesthetic",
    "HSE": "hse",
    "JOI": "parts",
    "NET": "cleaning",
    "AIG": "work",
    "POU": "work",
    "REC-S": "statement",
    "WRT-R1": "handover",
}
# For the steps that belong to one tree alone: what their criteria are about.
_CRITERIA = {
    "C.1.4": "handover",
    "C.2.2-g": "plan",
    "C.2.2": "uncasing",
    "C.2.3-c": "inspection",
    "C.2.3-d": "inspection",
    "C.2.4": "diagnosis",
    "C.2.5": "quote-basis",
    "C.3.1": "preparation",
    "C.3.2": "preparation",
    "C.3.3": "preparation",
    "C.3.5": "hse",
    "C.4.1": "inspection",
    "C.4.2-d": "cleaning",
    "C.4.2": "parts",
    "C.4.5": "aesthetic",
}
_LISTS = {
    "accessories": "accessories",
    "symptoms": "statement",
    "defects": "diagnosis",
    "functions": "functions",
    "parts": "parts",
    "operations": "quote-basis",
}
_EACH = {"accessories": "accessories", "symptoms": "final", "defects": "final", "functions": "functions"}
_ORDER = {
    "customer": "customer",
    "contact": "customer",
    "declared": "statement",
    "request": "statement",
    "expectation": "statement",
    "received": "dates",
    "promised": "dates",
    "accessories": "accessories",
    "warranty": "commercial",
    "declared_value": "commercial",
    "complaint_of": "commercial",
    "origin": "commercial",
}


def block_of(step: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    """Return the block that takes the answers of `field` of `step`, both as the procedure was pinned."""
    fact, order = str(field.get("fact") or ""), str(field.get("order") or "")
    if fact.startswith(("zone.", "end.")):
        return "condition"
    if field.get("each"):
        return _EACH.get(str(field["each"]), _of_step(step))
    if field.get("into"):
        return _LISTS.get(str(field["into"]), _of_step(step))
    if field.get("quote"):
        return "commercial"
    if order:
        return "watch" if order.startswith("watch.") else _ORDER.get(order, _of_step(step))
    if field.get("count_out") or field.get("count_in"):
        return "uncasing"
    return _of_criteria(field) or _of_step(step)


def _of_criteria(data: Mapping[str, Any]) -> str:
    """Return the block that one of the criteria names: those of the safety of people and environment first."""
    criteria = sorted(data.get("criteria") or (), key=lambda code: not str(code).startswith("C.3.5"))
    for code in criteria:
        for known, block in _CRITERIA.items():
            if str(code).startswith(known):
                return block
    return ""


def _of_step(step: Mapping[str, Any]) -> str:
    module = str(step.get("module") or "")
    if module:
        found = _MODULES.get(module) or _MODULES.get(module.partition("-")[0])
        if found:
            return found
    if step.get("measure"):
        return "measurements"
    for act in step.get("acts") or ():
        if act in _ACTS:
            return _ACTS[act]
    if "clean" in str(step.get("machine") or ""):
        return "cleaning"
    return _of_criteria(step) or "work"


def planned_blocks(step: Mapping[str, Any]) -> set[str]:
    """Return the blocks that a planned step is to fill."""
    found = {block_of(step, field) for field in step.get("fields") or ()}
    if step.get("measure"):
        found.add("measurements")
    if step.get("kind") == "signoff":
        found.add("final")
    return found - {"work"}
