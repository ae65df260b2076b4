"""Every judged value of an order: which it is, of which attempt, and which of several attempts is current."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass

from bench.events import Event, EventKind
from bench.instrument import InstrumentKind
from bench.judging import Judged
from bench.language import N_, _, number
from bench.measurement import Measurement

GROUPS = {
    InstrumentKind.TIMEGRAPHER.value: ("timing", N_("Timing")),
    InstrumentKind.DEMAGNETISER.value: ("magnetism", N_("Magnetism")),
    InstrumentKind.FIELD_METER.value: ("magnetism", N_("Magnetism")),
    InstrumentKind.QUARTZ_TESTER.value: ("quartz", N_("Quartz movement and battery")),
    InstrumentKind.WATER_RESISTANCE.value: ("water-resistance", N_("Water-resistance")),
}
PHASES = ("before", "", "after")

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Taken:
    """One judged value with the event it came in.

    `label` tells it apart from others of its quantity, `label_shown` is what people read: the `place` (position,
    stage) and the `circumstance` (state of wind, movement out of its case) where it was taken in several. `phase` is
    before or after the intervention: what is measured after un-casing, but before any work, is before it. `note` is
    what else must be known. `current` is False where its step was measured again later: such a value is history, even
    where the later visit gave no value in its place.
    """

    event: Event
    judged: Judged
    label: str
    label_shown: str
    place: str
    circumstance: str
    phase: str
    note: str
    current: bool

    @property
    def measurement(self) -> Measurement:
        return self.judged.measurement

    @property
    def group(self) -> str:
        return GROUPS.get(self.measurement.instrument.kind, ("other", ""))[0]

    @property
    def key(self) -> Key:
        return (self.group, self.phase, self.measurement.quantity.id, self.label)


def _phase(event: Event) -> str:
    phase = str(event.payload.get("phase", ""))
    return phase if phase in PHASES else ""


def taken(events: Sequence[Event], interventions: Collection[str] = ()) -> list[Taken]:
    """Return every judged value of the order, in the order in which they were taken.

    `interventions` are the steps that are work on the watch, as the procedure has them.
    """
    measured = [event for event in events if event.kind is EventKind.MEASURED]
    last_visit = {(event.payload["step"], _phase(event)): event.payload["visit"] for event in measured}
    found = [(event, Judged.from_json(entry)) for event in measured for entry in event.payload["judged"]]
    bare = _bare(events)
    begun = (e.seq for e in events if e.kind is EventKind.STEP_STARTED and e.payload["step"] in interventions)
    work = next(begun, events[-1].seq + 1 if interventions and events else 0)
    labels: dict[str, set[str]] = {}
    winds: dict[tuple[str, str], set[str]] = {}
    cases: dict[tuple[str, str], set[bool]] = {}
    phases = {}
    for event, judged in found:
        early = _phase(event) == "after" and event.seq in bare and event.seq < work
        phase = phases[event.seq] = "before" if early else _phase(event)
        quantity = judged.measurement.quantity.id
        labels.setdefault(quantity, set()).add(judged.measurement.label)
        winds.setdefault((phase, quantity), set()).add(_wind(judged))
        cases.setdefault((phase, quantity), set()).add(event.seq in bare)
    wound = {quantity for (_, quantity), states in winds.items() if len(states) > 1}
    opened = {quantity for (_, quantity), states in cases.items() if len(states) > 1}
    values = []
    for event, judged in found:
        quantity, label = judged.measurement.quantity.id, judged.measurement.label
        wind = _wind(judged) if quantity in wound else ""
        out = event.seq in bare and quantity in opened
        place = _label(label, labels[quantity])
        circumstance = " · ".join(part for part in (wind, _("bare movement") if out else "") if part)
        values.append(
            Taken(
                event,
                judged,
                " ".join(part for part in (label, wind, "bare" if out else "") if part),
                f"{place} {circumstance}".strip(),
                place,
                circumstance,
                phases[event.seq],
                _("bare movement") if event.seq in bare and not out and quantity in _CASED else "",
                current=event.payload["visit"] == last_visit[event.payload["step"], _phase(event)],
            )
        )
    return values


# What is measured through the case: without it the value is another one, and says so.
_CASED = ("rate", "mean_rate", "amplitude", "min_amplitude", "beat_error", "residual_field")


def _bare(events: Sequence[Event]) -> frozenset[int]:
    """Return the `seq` of what was measured while the case was open."""
    is_open, found = False, []
    for event in events:
        if event.kind is EventKind.HANDLED and event.payload["act"] in ("open", "close"):
            is_open = event.payload["act"] == "open"
        elif event.kind is EventKind.MEASURED and is_open:
            found.append(event.seq)
    return frozenset(found)


def _wind(judged: Judged) -> str:
    return str(judged.measurement.conditions.get("wind", ""))


_PRESSURE = re.compile(r"([+\-−]?\d+(?:\.\d+)?) (bar|mbar|kPa)")


def _label(label: str, siblings: Set[str]) -> str:
    """Write a label: a pressure as the language does; a run's own name only where it tells runs apart."""
    pressure = _PRESSURE.fullmatch(label)
    if pressure:
        return f"{number(float(pressure[1].replace('−', '-')), sign=True)}\u00a0{pressure[2]}"
    named = label.islower() and label.replace(" ", "").isalpha()
    return "" if named and len(siblings) == 1 else label


def last_attempts(values: Sequence[Taken]) -> dict[Key, Taken]:
    """Return the newest value of each measurement: what the main table prints."""
    return {value.key: value for value in values if value.current}
