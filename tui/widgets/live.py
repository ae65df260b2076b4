"""The samples of a running measurement: the newest of each quantity, and what a finished one reads as."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bench.judging import Judged, MeasureTask
from bench.language import Text
from bench.limit import Limit
from bench.measurement import Sample
from bench.quantities import quantity
from tui.widgets.readout import Shown
from tui.widgets.verdict import hidden_first, is_hidden, is_information, ranked

# Single beats are drawn on the paper strip, never read as a figure.
DRAWN = ("phase",)
# What each program gives, the main figure first (docs/architecture.md, "Programs"); others by their parameters.
GIVES: dict[str, tuple[str, ...]] = {
    "timing": ("rate", "amplitude", "beat_error"),
    "leak-test": ("leak_rate", "test_pressure"),
    "demagnetise": ("demagnetising_field",),
    "battery": ("battery_voltage", "battery_voltage_loaded"),
    "quartz-rate": ("quartz_rate",),
    "pulse": ("pulse_width", "pulse_period"),
    "resistance": ("coil_resistance", "insulation_resistance"),
    "lower-voltage": ("lower_working_voltage",),
}
# What is judged of a sequence once all its positions are measured; its limit stands by the single readings meanwhile.
FOLLOWS = {"rate": "mean_rate", "amplitude": "min_amplitude", "beat_error": "max_beat_error"}


def gives(task: MeasureTask) -> tuple[str, ...]:
    """Return the quantities that a task's program gives, the main one first."""
    parameters = task.program.parameters
    if task.program.name == "field":
        return (str(parameters["quantity"]),)
    if task.program.name == "consumption":
        return ("consumption" if parameters["state"] == "running" else "consumption_stem_pulled",)
    return GIVES.get(task.program.name, ())


class Live:
    """What a running task has said so far."""

    def __init__(self, task: MeasureTask | None = None, *, hidden: bool = False) -> None:
        self.task = task
        self.hidden = hidden
        self.newest: dict[str, float] = {}

    def take(self, samples: deque[Sample]) -> list[Sample]:
        """Empty the buffer that the instrument's thread fills; return what was in it."""
        new = []
        while samples:
            sample = samples.popleft()
            new.append(sample)
            if sample.quantity.id not in DRAWN:
                self.newest[sample.quantity.id] = sample.magnitude
        return new

    def order(self) -> list[str]:
        """Return quantity ids, the task's main one first."""
        given = list(gives(self.task)) if self.task else []
        return given + [key for key in self.newest if key not in given]

    def shown(self) -> list[Shown]:
        """Return what the readout shows now."""
        judged = self.task.judged if self.task else ()
        return [
            Shown(quantity(key), self.newest.get(key), self.limit(key), asked=key in judged, hidden=self.hidden)
            for key in self.order()
        ]

    def limit(self, key: str) -> Limit | None:
        """Return the limit to show for a quantity: the label's own, else the only one that is for it, else that of
        the figure which will be derived from it.
        """
        if self.task is None:
            return None
        fitting = [entry.limit for entry in self.task.limits if entry.limit.quantity.id == key]
        own = self.task.limit_for(key, self.task.label) or (fitting[0] if fitting else None)
        return own or (self.task.limit_for(FOLLOWS[key], "") if key in FOLLOWS else None)


def traced(judged: Sequence[Judged]) -> tuple[list[Shown], str]:
    """Return what the readout shows of a finished run: the worst verdict first, derived figures before single ones."""
    ordered = ranked(judged) + hidden_first([entry for entry in judged if is_information(entry)])
    shown = [
        Shown(
            entry.measurement.quantity,
            entry.measurement.value.magnitude,
            entry.verdict.limit,
            entry.measurement.uncertainty.expanded if entry.measurement.uncertainty else None,
            entry.verdict.guard_band or 0.0,
            None if is_information(entry) else entry.verdict.state,
            hidden=is_hidden(entry),
        )
        for entry in ordered
    ]
    return shown, _where(ordered[0]) if ordered else ""


def _where(entry: Judged) -> str:
    """Return the label of a figure, with what is printed beside it ("before demagnetisation")."""
    tag = entry.measurement.conditions.get("tag")
    return " · ".join(part for part in (entry.measurement.label, str(Text.from_json(tag)) if tag else "") if part)
