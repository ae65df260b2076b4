"""How instruments drift: their daily checks over the period, against the limits that they must keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from statistics import fmean

from bench.events import Event, EventKind
from bench.figures.material import GENUINE, MADE_UP, Material
from bench.figures.model import Column, Curve, Figure, Line
from bench.language import N_, msg
from bench.measurement import Provenance
from bench.quantities import quantity
from bench.register import FAIL, SHELF


def drift(material: Material) -> Figure:
    found: dict[tuple[str, str, str], list[Event]] = defaultdict(list)
    for event in _checks(material):
        measurement = event.payload["judged"]["measurement"]
        wanted = GENUINE + MADE_UP if material.made_up else GENUINE
        if material.period.holds(event.at) and Provenance(measurement["provenance"]).value in wanted:
            device = event.payload["instrument"]
            found[device["id"], device["serial"], measurement["quantity"]].append(event)
    curves = tuple(_curve(key, events) for key, events in found.items())
    lines = tuple(_line(curve, events) for curve, events in zip(curves, found.values(), strict=True))
    return Figure(
        "drift",
        msg("Instrument drift"),
        msg(
            "The daily checks of each instrument in the period: how many, how many failed, how far the mean lies from "
            "the reference, and how much the reading changes in 30 days (least squares), in the unit of the quantity."
        ),
        "instrument",
        (
            Column(N_("checks")),
            Column(N_("failed")),
            Column(N_("mean error"), "", 3),
            Column(N_("change in 30 days"), "", 3),
            Column(N_("unit")),
        ),
        lines=lines,
        curves=curves,
    )


def _checks(material: Material) -> Iterator[Event]:
    """Give the checks of the period, and some before and after it."""
    after, last = material.journal.spell(material.period.since, material.period.until)
    checks = material.journal.events(order=SHELF, after=after, kinds=(EventKind.INSTRUMENT_CHECKED,))
    return takewhile(lambda event: last is None or event.seq <= last, checks)


def _curve(key: tuple[str, str, str], events: list[Event]) -> Curve:
    instrument, serial, of = key
    last = events[-1].payload["check"]
    points = tuple((event.at, float(event.payload["judged"]["measurement"]["value"])) for event in events)
    reference = float(last["reference"]["value"])
    return Curve(f"{instrument} n° {serial}", quantity(of), points, last["low"], last["high"], reference)


def _line(curve: Curve, events: list[Event]) -> Line:
    failed = sum(event.payload["result"] == FAIL for event in events)
    error = fmean(value for _at, value in curve.points) - curve.reference
    return Line(curve.name, (len(events), failed, error, trend(curve), curve.quantity.unit))


def trend(curve: Curve) -> float | None:
    """Return the change of the reading in 30 days by least squares; None for fewer than three checks, or within a day:
    there is no drift in that, only noise.
    """
    if len(curve.points) < 3:
        return None
    days = [datetime.fromisoformat(at).timestamp() / 86400 for at, _value in curve.points]
    values = [value for _at, value in curve.points]
    middle, mean = fmean(days), fmean(values)
    if max(days) - min(days) < 1:
        return None
    spread = sum((day - middle) ** 2 for day in days)
    return 30 * sum((d - middle) * (v - mean) for d, v in zip(days, values, strict=True)) / spread
