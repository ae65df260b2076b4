"""The measurements of the sheet: one table a kind of instrument, before and after side by side, nothing left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.conformity import State, Verdict
from bench.equivalents import equivalents
from bench.instrument import InstrumentKind
from bench.language import N_, _, number
from bench.limit import Limit, Mark, show_against
from bench.measurement import InstrumentSnapshot, Measurement, Provenance, conditions_to_json
from bench.metrology import CalibrationState
from bench.quantities import QUANTITIES, Value
from bench.sheet import model, words
from bench.sheet.taken import GROUPS, PHASES, Key, Taken, last_attempts

_GROUP_ORDER = ("magnetism", "timing", "quartz", "water-resistance", "other")
_TABLES = (("before", "after"), ("",))
# An amplitude means nothing without its lift angle, a leak rate nothing without pressure and free volume.
_BESIDE = {"amplitude": ("lift_angle",), "min_amplitude": ("lift_angle",), "leak_rate": ("pressure", "free_volume")}
_SHARED = ("wind", "lift_angle", "beat_rate", "free_volume", "temperature", "supply_voltage")
_WORDS = {"wind": N_("winding")}
_CLOSURE = ("water-resistance",)

_REFUSALS = {
    "no-limit": N_("no limit known"),
    "no-rule": N_("no rule stated"),
    "no-uncertainty": N_("uncertainty unknown"),
    "unconfirmed-limit": N_("unconfirmed limit"),
    "not-a-number": N_("not a number"),
    "dimension": N_("another quantity"),
}


def groups(values: Sequence[Taken]) -> tuple[model.Group, ...]:
    """Build the tables of measurements."""
    counts = Counter(value.key for value in values)
    latest = last_attempts(values)
    built = []
    for group in _GROUP_ORDER:
        for phases in _TABLES:
            mine = {key: value for key, value in latest.items() if key[0] == group and key[1] in phases}
            if mine:
                built.append(_group(group, phases, mine, counts))
    return tuple(built)


def _group(group: str, phases: Sequence[str], mine: Mapping[Key, Taken], counts: Mapping[Key, int]) -> model.Group:
    title = _(next((name for key, name in GROUPS.values() if key == group), N_("Other measurements")))
    order = list(QUANTITIES)
    lines = sorted(dict.fromkeys((key[2], key[3]) for key in mine), key=lambda line: order.index(line[0]))
    legend = _Legend()
    rows = tuple(
        _row(quantity, label, [mine.get((group, phase, quantity, label)) for phase in phases], counts, legend)
        for quantity, label in lines
    )
    return model.Group(
        key=group,
        title=title if len(phases) > 1 else f"{title} · {words.phase(phases[0])}",
        phases=tuple(
            model.Phase(phase, words.phase(phase), _shared([v for v in mine.values() if v.phase == phase]))
            for phase in phases
        ),
        rows=rows,
        instruments=tuple(legend.instruments.values()),
        notes=tuple(model.Note(place, text) for text, place in legend.notes.items()),
        curves=_curves(list(mine.values())),
    )


def attempts(values: Sequence[Taken]) -> tuple[model.Attempt, ...]:
    """Return every value that was taken more than once or overtaken by a later visit: nothing is hidden."""
    counts = Counter(value.key for value in values)
    latest = last_attempts(values)
    seen: Counter[Key] = Counter()
    told = []
    for value in values:
        seen[value.key] += 1
        kept = latest.get(value.key) is value
        if counts[value.key] > 1 or not kept:
            told.append(_attempt(value, seen[value.key], counts[value.key], kept))
    return tuple(told)


class _Legend:
    """The letters of a table's instruments and the numbers of its notes, given as they are first met."""

    def __init__(self) -> None:
        self.instruments: dict[InstrumentSnapshot, model.InstrumentLine] = {}
        self.notes: dict[str, int] = {}

    def note(self, text: str) -> int:
        return self.notes.setdefault(text, len(self.notes) + 1)

    def letter(self, snapshot: InstrumentSnapshot) -> str:
        if snapshot not in self.instruments:
            ref = _letters(len(self.instruments))
            self.instruments[snapshot] = model.InstrumentLine(
                ref=ref, shown=_instrument(snapshot), **snapshot.to_json()
            )
        return self.instruments[snapshot].ref


def _letters(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else _letters(index // 26 - 1) + _letters(index % 26)


def _instrument(snapshot: InstrumentSnapshot) -> str:
    kind = str(InstrumentKind(snapshot.kind)) if snapshot.kind in list(InstrumentKind) else snapshot.kind
    parts = [f"{snapshot.model} ({kind})", _("serial n° {serial}").format(serial=snapshot.serial or "—")]
    parts.append(_("dialect {dialect}").format(dialect=snapshot.dialect))
    if snapshot.calibrated:
        certificate = _("certificate {number}").format(number=snapshot.certificate or "—")
        parts.append(_("calibrated {day}").format(day=words.day(snapshot.calibrated)) + f" ({certificate})")
        parts.append(_("due {day}").format(day=words.day(snapshot.due)))
    known = snapshot.calibration in list(CalibrationState)
    parts.append(str(CalibrationState(snapshot.calibration)) if known else snapshot.calibration)
    return " · ".join(parts)


def _row(
    quantity: str, label: str, values: Sequence[Taken | None], counts: Mapping[Key, int], legend: _Legend
) -> model.Row:
    verdicts = [value.judged.verdict for value in values if value]
    limits = [verdict.limit for verdict in verdicts if verdict.limit]
    rules = [verdict.rule for verdict in verdicts if verdict.limit and verdict.rule]
    limit = limits[-1].show() if limits else ""
    rule = str(rules[-1]) if rules else ""
    return model.Row(
        quantity=quantity,
        name=str(QUANTITIES[quantity].name),
        label=label,
        label_shown=next(value.label_shown for value in values if value),
        place=next(value.place for value in values if value),
        circumstance=next(value.circumstance for value in values if value),
        limit_shown=limit,
        rule_shown=rule,
        notes=tuple(dict.fromkeys(legend.note(source(entry)) for entry in limits)),
        cells=tuple(_cell(value, counts[value.key], legend, limit, rule) if value else None for value in values),
    )


def source(limit: Limit) -> str:
    """Write where a limit comes from and how sure it is."""
    parts = [_("Limit: {source} ({mark})").format(source=limit.source, mark=str(limit.mark))]
    if limit.document:
        parts.append(limit.document)
    if limit.includes_margin:
        parts.append(_("the limit holds a margin already: no guard band is added"))
    return " · ".join(parts)


def shown(value: Value, limit: Limit | None) -> str:
    """Write a value so that rounding never carries it across its limit; a limit of another quantity tells nothing."""
    return show_against(value, limit if limit and limit.quantity == value.quantity else None)


def uncertainty_shown(measurement: Measurement) -> str:
    """Write ± U, in the value's unit, with digits enough that it is never shown as nothing."""
    if measurement.uncertainty is None:
        return ""
    expanded = measurement.uncertainty.expanded
    decimals = measurement.quantity.decimals
    while expanded > 0 and round(expanded, decimals) == 0 and decimals < 9:
        decimals += 1
    return f"±\u00a0{number(expanded, decimals)}"


def state_of(verdict: Verdict) -> str:
    """Return the verdict's state; "information" where none was asked for."""
    information = verdict.refusal is not None and verdict.refusal.rule == "information"
    return "information" if information else verdict.state.value


def verdict_words(verdict: Verdict) -> tuple[str, str, str]:
    """Return symbol, word and note of a verdict; a value kept as information has no verdict word."""
    if state_of(verdict) == "information":
        return "", _("for information"), ""
    if verdict.refusal is not None:
        rule = verdict.refusal.rule
        return verdict.state.symbol, str(verdict.state), _(_REFUSALS[rule]) if rule in _REFUSALS else rule
    unconfirmed = verdict.limit is not None and verdict.limit.mark is Mark.UNCONFIRMED
    return verdict.state.symbol, str(verdict.state), _("on an unconfirmed limit") if unconfirmed else ""


def _cell(value: Taken, count: int, legend: _Legend, row_limit: str, row_rule: str) -> model.Cell:
    measurement, verdict = value.judged.measurement, value.judged.verdict
    symbol, word, note = verdict_words(verdict)
    limit_shown = verdict.limit.show() if verdict.limit else ""
    rule_shown = str(verdict.rule) if verdict.rule and verdict.limit else ""
    if verdict.refusal is not None and state_of(verdict) != "information":
        rule = f"{verdict.refusal.rule}: " if verdict.refusal.rule.startswith("G-") else ""
        note = f"{note} ({legend.note(f'{rule}{verdict.refusal.reason} {verdict.refusal.remedy}')})"
    details = details_of(value)
    if limit_shown and limit_shown != row_limit:
        details.append(_("limit {limit}").format(limit=limit_shown))
    if rule_shown and rule_shown != row_rule:
        details.append(rule_shown)
    if count > 1:
        details.append(_tight(_("{count} attempts").format(count=count)))
    payload = value.event.payload
    return model.Cell(
        id=measurement.id,
        value=measurement.value.magnitude,
        unit=measurement.value.unit,
        shown=shown(measurement.value, verdict.limit),
        n=measurement.n,
        stdev=measurement.stdev,
        uncertainty=measurement.uncertainty.expanded if measurement.uncertainty else None,
        coverage=measurement.uncertainty.k if measurement.uncertainty else None,
        uncertainty_shown=uncertainty_shown(measurement),
        limit=verdict.limit.to_json() if verdict.limit else None,
        limit_shown=limit_shown,
        rule=verdict.rule.id if verdict.rule else None,
        rule_shown=rule_shown,
        guard_band=verdict.guard_band,
        state=state_of(verdict),
        symbol=symbol,
        verdict=word,
        verdict_note=note,
        instrument=legend.letter(measurement.instrument),
        provenance=measurement.provenance.value,
        conditions=conditions_to_json(measurement.conditions),
        tag=words.text(measurement.conditions.get("tag") or payload.get("tag")),
        closure=payload.get("closure"),
        details=tuple(details),
        step=payload["step"],
        visit=payload["visit"],
        attempt=payload["attempt"],
        attempts=count,
        started=measurement.started,
        recording=measurement.recording,
    )


def details_of(value: Taken) -> list[str]:
    """Return what must stand beside a value: lift angle, pressure, free volume, tag, closure, manual entry."""
    measurement, payload = value.measurement, value.event.payload
    conditions = measurement.conditions
    beside = _BESIDE.get(measurement.quantity.id, ())
    details = [_tight(_condition(name, conditions[name])) for name in beside if name in conditions]
    others = equivalents(measurement.value)
    if others:
        details.append(" · ".join(_tight(str(each)) for each in others) + f" ({others[0].convention})")
    if measurement.uncertainty and abs(measurement.uncertainty.k - 2) >= 0.005:
        details.append(f"k\u00a0=\u00a0{number(measurement.uncertainty.k, 2)}")
    tag = words.text(conditions.get("tag") or payload.get("tag"))
    details += [word for word in (value.note, tag) if word]
    if value.group in _CLOSURE and payload.get("closure") is not None:
        details.append(_tight(_("closure n° {number}").format(number=payload["closure"])))
    if measurement.provenance is Provenance.MANUAL:
        details.append(_("keyed in by hand"))
    return details


def _tight(words: str) -> str:
    """Keep a short circumstance on one line."""
    return words.replace(" ", "\u00a0")


def _condition(name: str, value: Any) -> str:
    if isinstance(value, Value):
        return value.show() if name == "pressure" else f"{value.quantity.name} {value.show()}"
    return f"{_(_WORDS[name])} {value}" if name in _WORDS else f"{name} {value}"


def _shared(values: Sequence[Taken]) -> str:
    """Return the conditions that all values of a phase have in common, apart from those that stand beside them."""
    beside = {name for value in values for name in _BESIDE.get(value.measurement.quantity.id, ())}
    found = []
    for name in _SHARED:
        stated = {str(value.measurement.conditions[name]) for value in values if name in value.measurement.conditions}
        if len(stated) == 1 and name not in beside:
            holder = next(value for value in values if name in value.measurement.conditions)
            found.append(_condition(name, holder.measurement.conditions[name]))
    return " · ".join(found)


def _curves(values: Sequence[Taken]) -> tuple[model.Curve, ...]:
    return tuple(
        model.Curve(
            value.phase,
            words.phase(value.phase),
            value.place,
            value.measurement.quantity.id,
            value.circumstance,
            trace.x,
            trace.y,
            trace.points,
        )
        for value in values
        if (trace := value.measurement.trace) is not None and len(trace.points) > 1
    )


def _attempt(value: Taken, ordinal: int, total: int, kept: bool) -> model.Attempt:
    measurement, verdict, payload = value.measurement, value.judged.verdict, value.event.payload
    symbol, word, note = verdict_words(verdict)
    return model.Attempt(
        at=measurement.started,
        at_shown=words.moment(measurement.started, offset=False),
        phase=value.phase,
        step=payload["step"],
        visit=payload["visit"],
        attempt=payload["attempt"],
        quantity=measurement.quantity.id,
        name=str(measurement.quantity.name),
        label=value.label,
        label_shown=value.label_shown,
        shown=shown(measurement.value, verdict.limit),
        uncertainty_shown=uncertainty_shown(measurement),
        limit_shown=verdict.limit.show() if verdict.limit else "",
        state=state_of(verdict),
        symbol=symbol,
        verdict=f"{word} {note}".strip(),
        details=tuple(details_of(value)),
        reason=str(payload.get("reason") or ""),
        ordinal=ordinal,
        total=total,
        kept=kept,
    )


def final(values: Sequence[Taken]) -> list[Taken]:
    """Return the newest value of each quantity and label in the last phase that has it."""
    found: dict[tuple[str, str, str], Taken] = {}
    for value in last_attempts(values).values():
        key = (value.group, value.measurement.quantity.id, value.label)
        held = found.get(key)
        if held is None or PHASES.index(held.phase) <= PHASES.index(value.phase):
            found[key] = value
    return list(found.values())


def reservations(values: Sequence[Taken]) -> list[str]:
    """Return what the reader must not take for granted in the final values."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for value in final(values):
        verdict, name = value.judged.verdict, str(value.measurement.quantity.name)
        said = f"{value.label_shown} {shown(value.measurement.value, verdict.limit)}".strip()
        if state_of(verdict) == "information" or (verdict.refusal and verdict.refusal.rule == "no-limit"):
            continue  # nothing was promised of it
        if verdict.state is not State.CONFORMING:
            why = f" ({verdict.refusal.reason})" if verdict.refusal else ""
            reasons.setdefault((name, f"{verdict.state}{why}"), []).append(said)
        elif verdict_words(verdict)[2]:
            reasons.setdefault((name, verdict_words(verdict)[2]), []).append(said)
    found = [f"{name} {', '.join(said)}: {reason}" for (name, reason), said in reasons.items()]
    manual = sum(value.measurement.provenance is Provenance.MANUAL for value in values)
    if manual:
        found.append(_("Values keyed in by hand: {count}.").format(count=manual))
    return found


def closures(values: Sequence[Taken], closure: int | None) -> list[str]:
    """Return what is said where the last water-resistance test was not on the closure of now."""
    tested = [value.event.payload.get("closure") for value in final(values) if value.group in _CLOSURE]
    if not tested or closure is None or tested[-1] == closure:
        return []
    said = _("Water-resistance not guaranteed: tested on closure n° {tested}, the case is now at closure n° {now}.")
    return [said.format(tested=tested[-1], now=closure)]
