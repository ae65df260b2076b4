"""The named figures that diagnosis rules speak of, read from judged measurements with what they rest on.

A name is a quantity ("battery_voltage"), one position of it ("amplitude.CH"), either at one state of wind
("amplitude.CH@24h"; without it the latest, whatever the wind), or a computed figure of `COMPUTED`.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.conformity import Verdict
from bench.errors import UsageError
from bench.judging import Judged
from bench.language import Text, msg
from bench.procedure.derived import HORIZONTAL
from bench.procedure.state import RESIDUAL_FIELD
from bench.procedure.tasks import BEFORE_DEMAGNETISING
from bench.quantities import QUANTITIES, Quantity, Value, quantity

POSITIONS = ("CH", "CB", "FH", "3H", "6H", "9H", "12H")
DAY_LATER = "24h"
_BEFORE = BEFORE_DEMAGNETISING.to_json()
_NAME = re.compile(r"(?P<quantity>\w+?)(?:\.(?P<label>\w+))?(?:@(?P<wind>\d+h))?")


@dataclass(frozen=True)
class Figure:
    """One figure: its value, the ids of the measurements it rests on, and the verdict where it is one of them."""

    words: Text
    value: Value
    cites: tuple[str, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Finding:
    """A word that an instrument found ("open") and the ids of the measurements that carry it."""

    word: str
    cites: tuple[str, ...]


class Figures:
    """What has been measured: the latest attempt of each quantity, label and state of wind, `judged` in time order.

    What was timed before demagnetising no longer counts once the residual field has been measured again.
    """

    def __init__(self, judged: Sequence[Judged]) -> None:
        latest: dict[tuple[str, str, str], Judged] = {}
        for entry in judged:
            m = entry.measurement
            if m.quantity.id == RESIDUAL_FIELD:
                latest = {k: e for k, e in latest.items() if e.measurement.conditions.get("tag") != _BEFORE}
            key = (m.quantity.id, m.label, str(m.conditions.get("wind", "")))
            latest.pop(key, None)  # so that the newest stands last
            latest[key] = entry
        self._latest = tuple(latest.values())

    def get(self, name: str) -> Figure | None:
        """Return the figure, None where it was not measured. Raises UsageError for a name that no figure has."""
        if name in COMPUTED:
            return COMPUTED[name].of(self)
        wanted, label, wind = _parsed(name)
        for entry in reversed(self._latest):
            m = entry.measurement
            fits = label in ("", m.label) and wind in ("", m.conditions.get("wind"))
            if m.quantity == wanted and fits:
                return Figure(words_of(name), m.value, (m.id,), entry.verdict)
        return None

    def findings(self) -> dict[str, Finding]:
        """Return what instruments found beside their numbers, by the fact's name in the rules."""
        found = {}
        for entry in self._latest:
            m = entry.measurement
            for (key, condition), fact in _FINDINGS.items():
                if m.quantity.id == key and condition in m.conditions:
                    found[fact] = Finding(str(m.conditions[condition]), (m.id,))
            if m.quantity.id == "quartz_rate":
                assumed = "yes" if "usual_inhibition_period" in m.conditions else "no"
                found["inhibition_assumed"] = Finding(assumed, (m.id,))
        return found

    def of(self, key: str) -> tuple[Judged, ...]:
        """Return the latest readings of a quantity, in their order."""
        return tuple(e for e in self._latest if e.measurement.quantity.id == key)

    def timed(self, key: str, *, day_later: bool = False) -> tuple[Judged, ...]:
        """Return those of a timing quantity at one state of wind: 24 h after full winding, or any other."""
        return tuple(e for e in self.of(key) if (e.measurement.conditions.get("wind") == DAY_LATER) is day_later)


# (quantity, condition that its measurement carries) → the fact that the condition states.
_FINDINGS = {
    ("coil_resistance", "finding"): "coil",
    ("insulation_resistance", "finding"): "insulation",
    ("lower_working_voltage", "eol"): "end_of_life",
}


def _parsed(name: str) -> tuple[Quantity, str, str]:
    found = _NAME.fullmatch(name)
    if found is None or found["quantity"] not in QUANTITIES or (found["label"] or "CH") not in POSITIONS:
        raise UsageError(
            msg("There is no figure called “{name}”.", name=name),
            remedy=msg(
                "Known figures: {known}; or a quantity, its position and state of wind, as in amplitude.CH@0h.",
                known=", ".join(sorted(COMPUTED)),
            ),
        )
    return quantity(found["quantity"]), found["label"] or "", found["wind"] or ""


def quantity_of(name: str) -> Quantity:
    """Return the quantity that a figure is one of. Raises UsageError for a name that no figure has."""
    return quantity(COMPUTED[name].quantity) if name in COMPUTED else _parsed(name)[0]


def words_of(name: str) -> Text:
    """Return what a figure is called. Raises UsageError for a name that no figure has."""
    if name in COMPUTED:
        return COMPUTED[name].words
    wanted, label, wind = _parsed(name)
    place = f" {label}" if label else ""
    after = f" ({wind.removesuffix('h')} h)" if wind else ""
    return Text(f"{wanted.name.fr}{place}{after}", f"{wanted.name.en}{place}{after}")


def _magnitude(entry: Judged) -> float:
    return entry.measurement.value.magnitude


Parts = tuple[float, tuple[Judged, ...]]


@dataclass(frozen=True)
class Computed:
    """A figure that several measurements give: the quantity that its value is one of, its words, and how.

    `how` gives the magnitude in the quantity's canonical unit and the measurements that it rests on.
    """

    quantity: str
    words: Text
    how: Callable[[Figures], Parts | None]

    def of(self, figures: Figures) -> Figure | None:
        found = self.how(figures)
        if found is None:
            return None
        magnitude, parts = found
        cites = tuple(part.measurement.id for part in parts)
        verdict = parts[0].verdict if len(parts) == 1 else None
        return Figure(self.words, Value.of(self.quantity, magnitude), cites, verdict)


def _picked(pick: Callable[..., Judged], readings: Sequence[Judged]) -> Parts | None:
    if not readings:
        return None
    entry = pick(readings, key=_magnitude)
    return _magnitude(entry), (entry,)


def _highest(key: str) -> Callable[[Figures], Parts | None]:
    return lambda figures: _picked(max, figures.timed(key))


def _range(key: str) -> Callable[[Figures], Parts | None]:
    """Largest less smallest over the positions."""

    def how(figures: Figures) -> Parts | None:
        readings = sorted(figures.timed(key), key=_magnitude)
        if len(readings) < 2:
            return None
        return _magnitude(readings[-1]) - _magnitude(readings[0]), (readings[0], readings[-1])

    return how


def _flat_difference(key: str) -> Callable[[Figures], Parts | None]:
    """Dial up against dial down, without sign."""

    def how(figures: Figures) -> Parts | None:
        by_label = {"CB" if (at := e.measurement.label) == "FH" else at: e for e in figures.timed(key)}
        if "CH" not in by_label or "CB" not in by_label:
            return None
        up, down = by_label["CH"], by_label["CB"]
        return abs(_magnitude(up) - _magnitude(down)), (up, down)

    return how


def _flat_a_day_later(figures: Figures) -> Parts | None:
    flat = [e for e in figures.timed("amplitude", day_later=True) if e.measurement.label in HORIZONTAL]
    return _picked(min, flat)


def _drop(figures: Figures) -> Parts | None:
    """Mean of the horizontal positions less mean of the vertical ones."""
    readings = figures.timed("amplitude")
    flat = [e for e in readings if e.measurement.label in HORIZONTAL]
    hanging = [e for e in readings if e not in flat]
    if not flat or not hanging:
        return None
    return statistics.fmean(map(_magnitude, flat)) - statistics.fmean(map(_magnitude, hanging)), (*flat, *hanging)


def _outlier(figures: Figures) -> Parts | None:
    """How far the most deviant position gains beyond the median of the others; at least three positions."""
    readings = sorted(figures.timed("rate"), key=_magnitude)
    if len(readings) < 3:
        return None
    *others, most = readings
    return _magnitude(most) - statistics.median(map(_magnitude, others)), (most, *others)


def _stage(pick: Callable[..., tuple[float, Judged]], *, vacuum: bool) -> Callable[[Figures], Parts | None]:
    """The leak at the highest pressure, or at the deepest vacuum, of the last closure that was tested."""

    def how(figures: Figures) -> Parts | None:
        leaks = figures.of("leak_rate")
        if not leaks:
            return None
        pressures = {e.measurement.label: e.measurement.value for e in figures.of("test_pressure")}
        closure = leaks[-1].measurement.conditions.get("closure")
        stages = []
        for entry in leaks:
            pressure = entry.measurement.conditions.get("pressure", pressures.get(entry.measurement.label))
            same = entry.measurement.conditions.get("closure") == closure
            if same and isinstance(pressure, Value) and (pressure.magnitude < 0) is vacuum:
                stages.append((pressure.magnitude, entry))
        if not stages:
            return None
        entry = pick(stages, key=lambda stage: stage[0])[1]
        return _magnitude(entry), (entry,)

    return how


def _quartz_scatter(figures: Figures) -> Parts | None:
    """The standard deviation between the periods of the last quartz rate; at least two periods."""
    readings = [e for e in figures.of("quartz_rate") if e.measurement.n > 1 and e.measurement.stdev is not None]
    return (readings[-1].measurement.stdev or 0.0, (readings[-1],)) if readings else None


def _computed(key: str, fr: str, en: str, how: Callable[[Figures], Parts | None]) -> Computed:
    return Computed(key, Text(fr, en), how)


# Timing figures leave out what was measured 24 h after full winding, except the one that says so. A difference of
# rates stands as the quantity “spread”, which has no sign.
COMPUTED: dict[str, Computed] = {
    "amplitude_highest": _computed("amplitude", "amplitude la plus haute", "highest amplitude", _highest("amplitude")),
    "amplitude_flat_24h": _computed(
        "amplitude", "amplitude à plat après 24 h", "amplitude lying flat after 24 h", _flat_a_day_later
    ),
    "amplitude_drop": _computed(
        "amplitude", "perte d’amplitude du plat au pendu", "amplitude drop horizontal to vertical", _drop
    ),
    "amplitude_flat_difference": _computed(
        "amplitude", "écart d’amplitude CH–CB", "amplitude difference CH–CB", _flat_difference("amplitude")
    ),
    "rate_flat_difference": _computed(
        "rate_spread", "écart de marche CH–CB", "rate difference CH–CB", _flat_difference("rate")
    ),
    "rate_outlier": _computed(
        "rate_spread", "avance d’une position sur les autres", "gain of one position on the others", _outlier
    ),
    "beat_error_highest": _computed("beat_error", "repère le plus grand", "highest beat error", _highest("beat_error")),
    "beat_error_range": _computed(
        "beat_error", "variation du repère entre positions", "beat error's range over positions", _range("beat_error")
    ),
    "leak_final": _computed(
        "leak_rate", "fuite à la pression finale", "leak at the final pressure", _stage(max, vacuum=False)
    ),
    "leak_vacuum": _computed("leak_rate", "fuite sous vide", "leak under vacuum", _stage(min, vacuum=True)),
    "quartz_rate_scatter": _computed(
        "rate_spread", "dispersion de la marche quartz", "scatter of the quartz rate", _quartz_scatter
    ),
}
