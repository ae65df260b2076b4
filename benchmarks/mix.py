"""What the orders of a generated workshop are like: how often what happens, from which words and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mix:
    """What a workshop's orders are like: shares are of 1, of the orders or (verdicts) of the measurements."""

    procedures: Mapping[str, float] = field(
        default_factory=lambda: {
            "revision-complete": 0.12,
            "changement-de-pile": 0.46,
            "etancheite-et-joints": 0.15,
            "diagnostic-seul": 0.13,
            "echange-mouvement-quartz": 0.14,
        }
    )
    technicians: int = 8
    mechanical: tuple[str, ...] = (
        "eta-2824-2",
        "eta-2892-a2",
        "eta-7750",
        "sellita-sw200-1",
        "miyota-9015",
        "seiko-4r36a",
        "eta-6497-1",
        "zenith-400",
    )
    quartz: tuple[str, ...] = ("ronda-505", "ronda-715", "eta-955-112", "miyota-2035", "eta-251-292", "isa-k62")
    nonconforming: float = 0.05
    just_beyond: float = 0.01
    conditional: float = 0.05
    manual: float = 0.06
    made_up: float = 0.002
    alerts: float = 0.12
    refusals: float = 0.10
    lifted: float = 0.3
    corrections: float = 0.06
    repeats: float = 0.06
    interrupted: float = 0.10
    skipped: float = 0.04
    photos: float = 0.12
    handled: float = 0.4
    slips: float = 0.4
    complaints: float = 0.03
    changed: float = 0.10
    """Of the orders that began with `CHANGED_FROM`: those that go on as `CHANGED_TO`."""


MIX = Mix()
CHANGED_FROM, CHANGED_TO = "diagnostic-seul", "revision-complete"

BRANDS = (
    ("Lip", "Himalaya"),
    ("Tissot", "PRX"),
    ("Yema", "Superman"),
    ("Oméga", "Seamaster"),
    ("Longines", "Conquest"),
    ("Seiko", "Presage"),
    ("Certina", "DS-1"),
    ("Hamilton", "Khaki"),
    ("Michel Herbelin", "Newport"),
    ("Péquignet", "Royale"),
    ("Tudor", "Pelagos"),
    ("Rolex", "Oyster"),
)
DECLARED = (
    "avance de plusieurs minutes par jour",
    "s’arrête la nuit",
    "buée sous le verre après la baignade",
    "pile vide",
    "couronne dure à tirer",
    "trotteuse bloquée",
    "retarde depuis une chute",
    "révision demandée, plus rien depuis six ans",
    "date qui saute à midi",
    "verre rayé",
)
REASONS = (
    "lecture instable",
    "capteur mal posé",
    "watch turned by mistake",
    "doute sur l’angle de levée",
    "poussière vue sur le spiral",
)
SLIPS = ("pièce attendue", "technicien malade", "reprise après contrôle", "client injoignable")
NOTES = (
    "",
    "",
    "",
    "",
    "spiral collé",
    "rotor touche la boîte",
    "huile sèche sur le troisième pivot",
    "joint de fond écrasé",
    "balancier vacille",
    "cadran taché à 6h",
    "couronne remplacée",
    "bracelet gardé à part",
)
PARTS = (
    "J-200-050", "J-180-060", "TIGE-401", "COUR-55", "VERRE-305", "RESS-2824-771", "PILE-371", "PILE-377",
    "BAL-2824-721", "ROUE-MOY-206", "ANCRE-710", "TUBE-20", "POUSS-30", "PIGN-410", "INV-1488", "AIG-JEU-3",
    "J-310-070", "RESS-7750-770", "SPIR-28", "BARR-18",
)  # fmt: skip
SKIPS = ("N-A", "CLIENT", "FAIT-AVANT")
ACTS = ("open", "close", "clean", "wind", "new-gasket")
ALERTS = ("deadline", "help", "information", "supply", "cost", "part", "instrument", "loop", "level", "validation")

# Quantity: (usual value, scatter, lower limit, upper limit, U, decimals) in the catalogue's unit.
FIGURES = {
    "rate": (3.0, 4.0, -12.0, 15.0, 1.2, 1),
    "amplitude": (282.0, 12.0, 220.0, 330.0, 4.0, 0),
    "beat_error": (0.2, 0.15, 0.0, 0.8, 0.1, 2),
    "background_field": (0.03, 0.005, None, None, 0.005, 3),
    "watch_field": (0.07, 0.02, None, None, 0.005, 3),
    "residual_field": (0.04, 0.02, None, 0.1, 0.01, 3),
    "leak_rate": (12.0, 6.0, None, 50.0, 5.0, 1),
    "test_pressure": (3.0, 0.02, None, None, 0.02, 2),
    "battery_voltage": (1.57, 0.02, 1.5, None, 0.005, 3),
    "consumption": (0.9, 0.15, None, 1.6, 0.05, 2),
    "quartz_rate": (0.1, 0.15, -0.7, 0.7, 0.03, 2),
    "coil_resistance": (1.5, 0.1, 1.1, 1.9, 0.02, 2),
}
SIX = ("CH", "CB", "3H", "6H", "9H", "12H")
TIMING = ("rate", "amplitude", "beat_error")
# Of a task's quantities, the last one follows from the others.
FIELD = ("background_field", "watch_field", "residual_field")
QUARTZ = (("", ("battery_voltage",)), ("", ("consumption",)), ("", ("quartz_rate", "coil_resistance")))
BY_INSTRUMENT: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "timegrapher": tuple((position, TIMING) for position in SIX),
    "field-meter": (("", FIELD),),
    "water-resistance": (("0,3 bar", ("leak_rate", "test_pressure")), ("3 bar", ("leak_rate", "test_pressure"))),
    "quartz-tester": QUARTZ,
}
UNITS = 3
"""How many instruments of a kind there are."""
# What an instrument proves itself by every day: quantity, reference, limits, scatter of a reading, drift in a year.
CHECKS = {
    "timegrapher": ("rate", 0.0, -0.5, 0.5, 0.08, 0.25),
    "field-meter": ("watch_field", 0.05, 0.045, 0.055, 0.0008, 0.002),
    "water-resistance": ("leak_rate", 20.0, 15.0, 25.0, 0.7, 2.0),
    "quartz-tester": ("quartz_rate", 0.0, -0.05, 0.05, 0.008, 0.02),
}
# Of the procedure's measured steps, these are in an order of the workshop.
MEASURED = {
    "revision-complete": ("magnetism-field", "closed-before", "cased", "cased-magnetism-field", "dry"),
    "changement-de-pile": ("old-battery", "battery-after", "drain-after", "dry-test"),
    "etancheite-et-joints": ("dry-test", "dry-test-after", "function-timing"),
    "diagnostic-seul": ("magnetism-field", "timing", "dry-test"),
    "echange-mouvement-quartz": ("old-battery", "new-movement", "drain-after", "dry-test"),
}
