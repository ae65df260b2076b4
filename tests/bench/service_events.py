"""A service told event by event, with everything that a sheet has a block for: slips, alerts, corrections, photos …

The procedure is a short one of its own; its payloads follow docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sheet_events import CALIBRE, CASE, Story, leak_test, mechanical_order, timing

from bench.errors import Refusal
from bench.events import Event, EventKind
from bench.language import msg
from bench.order import RepairOrder

SECRET = "le client est pénible, ne rien offrir"
SHA = "ab" * 32


def both(fr: str, en: str) -> dict[str, str]:
    return {"fr": fr, "en": en}


def choice(key: str, fr: str, en: str) -> dict[str, Any]:
    return {"id": key, "label": both(fr, en)}


def field(key: str, kind: str, fr: str, en: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "kind": kind, "label": both(fr, en), **more}


def step(key: str, fr: str, en: str, fields: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": key, "kind": "form", "title": both(fr, en), "fields": fields or [], "criteria": [], **more}


STATES = [choice("ok", "RAS", "as new"), choice("scratched", "rayé", "scratched"), choice("cracked", "fêlé", "cracked")]
RESULTS = [choice("RES", "résolu", "solved"), choice("ACC", "accepté", "accepted")]


def zone(name: str, fr: str, en: str) -> list[dict[str, Any]]:
    return [
        field(name, "choice", fr, en, choices=STATES, fact=f"zone.{name}"),
        field(f"{name}_note", "text", f"{fr} : note", f"{en}: note", when={name: "!ok"}),
        field(f"{name}_photo", "photo", "Photo", "Photo", when={name: "!ok"}),
    ]


STEPS: list[dict[str, Any]] = [
    step("s-map", "État des lieux", "Condition map", [
        *zone("glass", "Verre", "Crystal"), *zone("case", "Carrure", "Case"),
        field("left", "several", "Accessoires", "Accessories", into="accessories", choices=[
            choice("box", "écrin", "box"), choice("papers", "papiers", "papers"),
        ]),
    ], module="REC-05", criteria=["C.1.2-d"]),
    step("s-ask", "Demande", "Request", [
        field("declared", "text", "Déclaré", "Declared", order="declared"),
        field("case_number", "text", "N° de boîte", "Case number", order="watch.case_number"),
        field("symptoms", "several", "Symptômes", "Symptoms", into="symptoms", choices=[
            choice("gains", "avance", "gains"), choice("fog", "buée", "fog"),
        ]),
        field("functions", "several", "Fonctions", "Functions", into="functions", choices=[
            choice("date", "quantième", "date"), choice("alarm", "réveil", "alarm"),
        ]),
    ], module="REC-06"),
    step("s-price", "Pré-devis", "Pre-quote", [
        field("labour", "number", "Main-d’œuvre", "Labour", quantity="price"),
        field("parts", "number", "Pièces", "Parts", quantity="price"),
        field("delay", "number", "Délai", "Delay", quantity="delay"),
    ], module="PDV-01", report="pre-quote"),
    step("s-open", "Ouvrir", "Open", [
        field("screws", "number", "Vis de fond", "Back screws", quantity="pieces", count_out="screws"),
    ], module="DIA-04"),
    step("s-defects", "Défauts", "Defects", [
        field("defects", "lines", "Défauts", "Defects", into="defects", columns=[
            field("code", "defect", "Code", "Code"),
            field("severity", "choice", "Gravité", "Severity", choices=[choice("2", "fonction", "function")]),
            field("origin", "choice", "Origine", "Origin", choices=[choice("U", "usure", "wear")]),
            field("proof", "text", "Preuve", "Evidence"),
        ]),
    ], module="DIA-07", criteria=["C.2.4-b"]),
    step("s-basis", "Base du devis", "Basis of the quote", [
        field("basis", "lines", "Travaux", "Work", columns=[
            field("operation", "text", "Opération", "Operation"),
            field("minutes", "number", "Temps", "Time", quantity="working_time"),
        ]),
    ], module="DIA-09", report="quote-basis"),
    step("s-parts", "Remplacer", "Replace", [
        field("parts", "lines", "Pièces posées", "Parts fitted", columns=[
            field("reference", "text", "Référence", "Reference"),
            field("lot", "text", "Lot", "Lot"),
            field("equivalence", "choice", "Équivalence", "Equivalence", choices=[
                choice("listed", "équivalente listée", "listed equivalent"),
            ]),
        ]),
        field("cost", "number", "Coût", "Cost", quantity="price", adds="cost"),
    ], acts=["fit-part"], intervention=True),
    step("s-oil", "Huilage", "Oiling", [field("oil", "text", "Huile", "Oil")], criteria=["C.4.2-d"]),
    step("s-odd", "Étape propre", "A step of its own", [field("odd", "text", "Divers", "Odds")]),
    step("s-close", "Fermer", "Close", [
        field("screws", "number", "Vis de fond remises", "Back screws in", quantity="pieces", count_in="screws"),
    ], module="EMB-01"),
    step("s-leak", "Étanchéité", "Leak test", measure={"instrument": "water-resistance"}),
    step("s-functions", "Fonctions", "Functions", [
        field("function", "choice", "Fonction", "Function", each="functions", fact="function", choices=[
            choice("ok", "conforme", "passes"),
        ]),
        field("outcome", "choice", "Symptôme", "Symptom", each="symptoms", fact="outcome", choices=RESULTS),
        field("defect", "choice", "Défaut", "Defect", each="defects", fact="outcome", choices=RESULTS),
        *zone("glass", "Verre", "Crystal")[:1],
    ], module="FIN-01"),
    step("s-final", "Contrôle final", "Final control", acts=["final-control"], kind="signoff"),
    step("s-polish", "Avivage", "Surface refreshing", [
        field("zones", "text", "Zones", "Zones"),
    ], acts=["polish"]),
    step("s-waste", "Déchets", "Waste", [field("waste", "text", "Déchets", "Waste")], criteria=["C.3.5-b"]),
    step("s-back", "Remise", "Hand-over", [
        field("advice", "several", "Conseils", "Advice", choices=[choice("water", "eau : contrôle annuel", "water")]),
        field("given_back", "tick", "Rendu", "Given back", each="accessories", fact="given_back"),
        field("signature", "text", "Signature", "Signature", fact="customer_signature"),
        field("release", "yesno", "Libération", "Release", fact="commercial_release"),
    ], module="RES-01", acts=["hand-over"]),
]  # fmt: skip

PROCEDURE = {
    "id": "service-of-the-tests", "version": "3", "sha256": "5e41ce" * 10 + "abcd", "first": "s-map",
    "title": both("Service d’essai", "Service of the tests"), "content": {"step": STEPS},
}  # fmt: skip


class Service(Story):
    """Writes the answers of planned steps: labels and shown words come from the plan."""

    def fill(self, key: str, answers: Mapping[str, Any], **more: Any) -> Event:
        self.begin(key, *self._planned(key)["title"].values())
        planned = {each["id"]: each for each in self._planned(key)["fields"]}
        labels, shown, facts = {}, {}, {}
        for name, value in answers.items():
            told = planned.get(name) or planned[name.partition(".")[0]]
            labels[name] = told["label"]
            words = {each["id"]: each["label"] for each in told.get("choices", [])}
            if isinstance(value, bool):
                shown[name] = both("oui", "yes") if value else both("non", "no")
            elif isinstance(value, str) and value in words:
                shown[name] = words[value]
            elif isinstance(value, list) and value and isinstance(value[0], str):
                shown[name] = {lang: ", ".join(words[each][lang] for each in value) for lang in ("fr", "en")}
            else:
                shown[name] = both(str(value), str(value))
            if told.get("fact"):
                facts[name.replace(told["id"], told["fact"], 1)] = str(value)
        payload = {"answers": dict(answers), "labels": labels, "shown": shown, "facts": facts, "note": "", **more}
        event = self.add(EventKind.STEP_ANSWERED, {"step": key, "visit": self.visits[key], **payload})
        self.done(key)
        return event

    def _planned(self, key: str) -> dict[str, Any]:
        return next(each for each in STEPS if each["id"] == key)

    def signed(self, key: str, name: str, role: str, **more: Any) -> None:
        meaning = both("Contrôle final : la montre peut être rendue", "Final control: the watch may go back")
        payload = {"step": key, "meaning": meaning, "role": role, "name": name, "self_check": False, "proved": True}
        more = {"acts": ["final-control"], "record": "77" * 32, "again": False, **more}
        self.add(EventKind.SIGNED, {**payload, "head": self.prev, **more})

    def house(self, **rules: Any) -> None:
        """Change the house rules of the order's opening: before anything is read."""
        opened = next(event for event in self.events if event.kind is EventKind.ORDER_OPENED)
        opened.payload["house"].update(rules)  # type: ignore[index]


def items(**labels: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "label": both(*pair)} for key, pair in labels.items()]


DEFECTS = [{"code": "ETA-JFO", "severity": "2", "origin": "U", "proof": "fuite de 88 µg/min"}]
PARTS = [{"reference": "J-2824-F", "lot": "L7", "equivalence": "listed"}]
REFUSED = Refusal(
    "G-22", msg("This work is not in the signed quote."), msg("Ask for an additional quote."),
    msg("the workshop manager"),
)  # fmt: skip


def received(order: RepairOrder | None = None) -> Service:
    """Everything up to the hand-over of the watch to the workshop."""
    story = Service(order or replace(mechanical_order("OR-2026-0200"), quote=None, accessories="", declared=""))
    story.sign_in("sm", "Sylvie Monnin", "reception")
    story.open(PROCEDURE, CALIBRE, CASE)
    story.fill(
        "s-map",
        {
            "glass": "scratched",
            "glass_note": "rayure à 4 h",
            "glass_photo": SHA,
            "case": "ok",
            "left": ["box", "papers"],
        },
        lists={"accessories": items(box=("écrin", "box"), papers=("papiers", "papers"))},
    )
    photo = {"sha256": SHA, "name": "x.jpg", "width": 9, "height": 9}
    story.add(EventKind.PHOTO_ATTACHED, {"photo": photo, "kind": "condition", "step": "s-map", "note": "verre"})
    story.fill(
        "s-ask",
        {"declared": "elle avance depuis l’été", "case_number": "A-1", "symptoms": ["gains"], "functions": ["date"]},
        order={"declared": "elle avance depuis l’été", "watch.case_number": "A-1"},
        lists={"symptoms": items(gains=("avance", "gains")), "functions": items(date=("quantième", "date"))},
        note="!" + SECRET,
    )
    story.fill("s-price", {"labour": 120.0, "parts": 40.0, "delay": 15.0})
    return story


def service(order: RepairOrder | None = None) -> Service:
    """The whole service, closed: a slip, two quotes, alerts, a lifting, a correction after the first signature."""
    story = received(order)
    quote = {"reference": "D-9", "how": "signé", "signed_at": "2026-11-22T09:00:00+01:00", "version": 1}
    story.add(EventKind.QUOTE_SIGNED, {**quote, "operations": ["full-service", "gaskets"], "ceiling": 300.0})
    story.sign_in("jm", "Jeanne Mercier", "technician")
    story.add(EventKind.CUSTODY_TAKEN, {"holder": "jm", "name": "Jeanne Mercier", "from": "sm", "note": "pochette 12"})
    story.begin("s-timing", "Marche", "Timing", "before")
    timing(story, "s-timing", "before", 21.0, None)
    story.done("s-timing", "fail")
    story.fill("s-open", {"screws": 6}, counts={"out": {"screws": 6}, "in": {}})
    story.handle("open")
    story.fill("s-defects", {"defects": DEFECTS}, lists={"defects": items(**{"ETA-JFO": ("Joint", "Gasket")})})
    story.fill("s-basis", {"basis": [{"operation": "joints", "minutes": 20.0}]})
    raised = {"id": "A1", "alert": "scope", "text": msg("Crown worn.").to_json(), "blocking": True, "step": "s-parts"}
    story.add(EventKind.ALERT_RAISED, raised)
    story.add(EventKind.ALERT_ACKNOWLEDGED, {"id": "A1", "name": "Anne Perrenoud"})
    story.refuse("s-parts", REFUSED)
    decided = {"reason": "client d’accord", "name": "Anne Perrenoud", "role": "manager"}
    story.add(EventKind.ALERT_DECIDED, {"id": "A1", "decision": "accepted", **decided})
    lifted = {"rule": "G-22", "scope": "s-parts", "step": "s-parts", "refusal": REFUSED.to_json(), "alert": "A1"}
    story.add(EventKind.LIFTED, {**lifted, **decided})
    extra = {"reference": "D-9c", "how": "courriel", "signed_at": "2026-11-22T10:00:00+01:00", "version": 2}
    story.add(EventKind.QUOTE_SIGNED, {**extra, "operations": ["crown"], "ceiling": 60.0, "supplementary": True})
    moved = {"from": "2026-11-27", "to": "2026-12-04", "reason": "couronne attendue", "told": "téléphone, 22/11 10 h"}
    story.add(EventKind.PROMISE_MOVED, {**moved, "name": "Anne Perrenoud"})
    story.fill("s-parts", {"parts": PARTS, "cost": 35.0}, adds={"cost": 35.0})
    oiled = story.fill("s-oil", {"oil": "9010"}, done_at="2026-11-22T07:00:00+01:00")
    story.fill("s-odd", {"odd": "mot que nul bloc n’attend"})
    story.fill("s-close", {"screws": 5}, counts={"out": {}, "in": {"screws": 5}})
    story.handle("close")
    story.begin("s-leak", "Étanchéité", "Leak test", "after")
    leak_test(story, "s-leak", "after", (11.0, 20.0, 30.0))
    story.done("s-leak", "pass")
    end = {"function.date": "ok", "outcome.gains": "RES", "defect.ETA-JFO": "ACC", "glass": "ok"}
    story.fill("s-functions", end)
    story.sign_in("pl", "Paul Lœwe", "controller")
    story.begin("s-final", "Contrôle final", "Final control")
    story.signed("s-final", "Paul Lœwe", "controller")
    story.add(
        EventKind.CORRECTED,
        {
            "seq": oiled.seq, "step": "s-oil", "reason": "mauvais flacon", "before": {"oil": both("9010", "9010")},
            "answers": {"oil": "9415"}, "labels": {"oil": both("Huile", "Oil")}, "shown": {"oil": both("9415", "9415")},
        },
    )  # fmt: skip
    story.signed("s-final", "Paul Lœwe", "controller", again=True)
    story.done("s-final", "pass")
    story.fill("s-polish", {"zones": "lunette"})
    story.fill("s-waste", {"waste": "huile 3 g"})
    back = {"advice": ["water"], "given_back.box": True, "given_back.papers": True, "signature": "ticket 88"}
    story.fill("s-back", {**back, "release": True}, note=SECRET)
    story.close("done")
    return story
