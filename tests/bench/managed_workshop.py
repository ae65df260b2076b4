"""A small workshop told event by event, with what a manager asks about: waits, slips, defects, leaks, complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.events import Draft, EventKind, pin
from bench.journal import Journal
from bench.language import msg
from bench.register import SHELF

START = datetime.fromisoformat("2026-10-01T08:00:00+02:00")
PROCEDURE = {"id": "service", "version": "1", "sha256": "ab" * 32, "title": {"fr": "Service", "en": "Service"}}
CROWN = {"id": "crown", "label": {"fr": "Couronne", "en": "Crown"}}
NOT_FOUND = {"id": "none", "label": {"fr": "Non trouvée", "en": "Not found"}}
WORK = {"id": "work", "label": {"fr": "Notre travail", "en": "Our work"}}
CODES = {"id": "defects", "kind": "lines", "into": "defects", "columns": [{"id": "code", "kind": "defect"}]}
PARTS = {"id": "parts", "kind": "lines", "columns": [{"id": "reference", "kind": "text"}]}
STEPS: list[dict[str, Any]] = [
    {"id": "diagnosis", "fields": [CODES]},
    {"id": "search", "fields": [{"id": "zone", "kind": "choice", "fact": "leak_zone", "choices": [CROWN, NOT_FOUND]}]},
    {"id": "fit", "acts": ["fit-part"], "fields": [PARTS, {"id": "reference", "kind": "text"}]},
    {"id": "origin", "fields": [{"id": "origin", "kind": "choice", "order": "origin", "choices": [WORK]}]},
    {"id": "final", "fields": []},
]


class Told:
    """Writes a journal whose clock goes forward as it is told."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.journal = Journal.open(folder / "journal.sqlite", station="bench-1", stamp=lambda: (self.now, 0))
        self._count = 0
        self.say(EventKind.PROCEDURE_PINNED, {"id": "service", "version": "1", "content": {"step": STEPS}},
                 pin("ab" * 32))  # fmt: skip

    def later(self, **span: float) -> Told:
        self.now += timedelta(**span)
        return self

    def say(self, kind: EventKind, payload: Mapping[str, Any], order: str | None, who: str | None = "jm") -> int:
        return self.journal.append([Draft(kind, payload, order, who)])[0].seq

    def opened(self, number: str, promised: str = "2026-10-20", *, calibre: str = "eta-2824-2", **more: Any) -> str:
        watch = {"brand": "Lip", "model": "Himalaya", "reference": "", "case_number": "1", "calibre": calibre}
        order = {"number": number, "customer": "K-1", "watch": watch, "procedure": "service", "promised": promised}
        payload = {"order": {**order, "declared": "", "quote": None, **more}, "procedure": PROCEDURE}
        self.say(EventKind.ORDER_OPENED, {**payload, "profiles": {"calibre": None, "case": None}}, number)
        return number

    def quote(self, order: str) -> None:
        self.say(EventKind.QUOTE_SIGNED, {"reference": "D-1", "how": "signé", "signed_at": self.now.isoformat()}, order)

    def answered(self, number: str, step: str, answers: Mapping[str, Any], **more: Any) -> int:
        payload = {"step": step, "visit": 1, "answers": answers, "labels": {}, "shown": {}, "facts": {}, "note": ""}
        return self.say(EventKind.STEP_ANSWERED, {**payload, **more}, number)

    def done(self, order: str, step: str, outcome: str = "done", who: str = "jm", following: str = "next") -> int:
        payload = {"step": step, "visit": 1, "outcome": outcome, "next": following, "reason": ""}
        return self.say(EventKind.STEP_DONE, payload, order, who)

    def corrected(
        self, order: str, seq: int, step: str, answers: Mapping[str, Any] | None = None, who: str = "jm"
    ) -> None:
        payload = {"seq": seq, "step": step, "reason": "mal lu", "before": {}, "answers": answers or {}}
        self.say(EventKind.CORRECTED, payload, order, who)

    def measured(
        self, order: str, quantity: str, value: float, state: str, *, phase: str = "after", provenance: str = "real"
    ) -> None:
        self._count += 1
        unit = {"rate": "s/d", "leak_rate": "µg/min"}[quantity]
        measurement = {
            "id": f"m{self._count}", "quantity": quantity, "label": "CH", "value": value, "unit": unit,
            "uncertainty": {"U": 1.0}, "instrument": {"id": "tg-1", "model": "Studio", "serial": "TS-1"},
            "provenance": provenance, "recording": None,
        }  # fmt: skip
        verdict = {"state": state, "limit": {"low": None, "high": 50.0, "source": "s", "mark": "documented"},
                   "rule": "simple", "refusal": None}  # fmt: skip
        payload = {"step": "measure", "visit": 1, "attempt": 1, "phase": phase, "label": "", "aborted": None,
                   "judged": [{"measurement": measurement, "verdict": verdict}], "closure": 1, "tag": None,
                   "reason": "", "dry_test": False, "device_verdict": "", "profiles": {}}  # fmt: skip
        self.say(EventKind.MEASURED, payload, order)

    def alert(self, order: str, key: str, kind: str, *, blocking: bool = False, step: str = "fit") -> None:
        payload = {"id": key, "alert": kind, "text": msg("Crown worn.").to_json(), "blocking": blocking, "step": step}
        self.say(EventKind.ALERT_RAISED, payload, order)

    def decided(self, order: str, key: str, decision: str = "accepted") -> None:
        payload = {"id": key, "decision": decision, "reason": "vu", "name": "Anne", "role": "manager"}
        self.say(EventKind.ALERT_DECIDED, payload, order, "ap")

    def signed(self, order: str, step: str, role: str = "manager") -> None:
        meaning = {"fr": "Diagnostic validé", "en": "Diagnosis validated"}
        payload = {"step": step, "meaning": meaning, "role": role, "name": "Anne", "self_check": False, "acts": []}
        self.say(EventKind.SIGNED, {**payload, "head": "", "record": "", "proved": True, "again": False}, order, "ap")

    def moved(self, order: str, before: str, to: str, reason: str) -> None:
        payload = {"from": before, "to": to, "reason": reason, "told": "téléphone", "name": "Anne"}
        self.say(EventKind.PROMISE_MOVED, payload, order, "ap")

    def closed(self, order: str, outcome: str = "done") -> None:
        self.say(EventKind.ORDER_CLOSED, {"head": "", "events": 1, "outcome": outcome}, order)

    def checked(self, value: float, result: str = "pass", provenance: str = "real") -> None:
        judged = {"measurement": {"quantity": "leak_rate", "value": value, "provenance": provenance}, "verdict": {}}
        reference = {"quantity": "leak_rate", "value": 20.0, "unit": "µg/min"}
        check = {"reference": reference, "low": 15.0, "high": 25.0, "certificate": "C-9"}
        payload = {"instrument": {"id": "lt-1", "serial": "7"}, "check": check, "judged": judged, "result": result}
        self.say(EventKind.INSTRUMENT_CHECKED, {**payload, "device_verdict": ""}, SHELF)


def lines_of(codes: Sequence[str], column: str) -> list[dict[str, str]]:
    return [{column: code} for code in codes]
