"""The state of one order: what guards, branches and screens read. bench/procedure/fold.py makes it of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.alerts import Alert
from bench.house import House
from bench.judging import Judged
from bench.language import Text
from bench.order import RepairOrder

LEAK_RATE = "leak_rate"
RESIDUAL_FIELD = "residual_field"


@dataclass(frozen=True)
class Task:
    """A measured task of the record: which visit of which step, its label, what was judged."""

    step: str
    visit: int
    phase: str
    label: str
    judged: tuple[Judged, ...]
    closure: int
    aborted: bool


@dataclass(frozen=True)
class DryTest:
    """The last dry water-resistance test: on which closure, its highest pressure in bar, when, and how it ended."""

    closure: int
    passed: bool
    pressure: float
    at: str


@dataclass(frozen=True)
class StepEnd:
    """How one visit of a step ended. `code` is the coded reason of a skip, "carried" where an earlier procedure of the
    order had done it.
    """

    step: str
    visit: int
    outcome: str
    next: str
    code: str = ""


@dataclass(frozen=True)
class Item:
    """An entry of one of the order's lists: a symptom, a defect, an accessory, a function."""

    key: str
    label: Text


@dataclass(frozen=True)
class Given:
    """What one answered step has put into the order's lists, counts and sums; a correction takes its place."""

    step: str
    lists: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    counts_out: Mapping[str, int] = field(default_factory=dict)
    counts_in: Mapping[str, int] = field(default_factory=dict)
    adds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Signature:
    """A signature on the order; `void` once what was signed has been corrected since."""

    step: str
    acts: tuple[str, ...]
    role: str
    operator: str
    seq: int
    void: bool = False


@dataclass(frozen=True)
class OrderState:
    """Where an order stands. `current` is "" before the first step and "end" after the last.

    `started` says whether the current step has been entered; `facts` are the answers that guards read, `fact_closure`
    the closure at which each was given; `magnetised` is None before any check; `interrupted` is the step and visit
    whose measurement broke off last; `closure` counts how often the case has been closed, `case_open` whether it is now
    open. `given` is what each answer added, by its event's number. `liftings` are (rule, scope) that somebody entitled
    lifted. `holder` is the operator who has the watch (`holder_name` as people know them), `workers` those who have
    worked on it, `touched` says that something was done to it and not only looked at. `carried` are the modules that an
    earlier procedure of this order has done, so that this one passes over them, each step once: `begun` are the steps
    that this procedure has come by.
    """

    order: RepairOrder
    house: House
    procedure: Mapping[str, Any]
    profiles: Mapping[str, Any]
    current: str = ""
    started: bool = False
    answered: bool = False
    visits: Mapping[str, int] = field(default_factory=dict)
    ends: tuple[StepEnd, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    interruptions: int = 0
    interrupted: tuple[str, int] | None = None
    magnetised: bool | None = None
    closure: int = 1
    case_open: bool = False
    dry: DryTest | None = None
    watch_on: str = ""
    signatures: tuple[Signature, ...] = ()
    alerts: tuple[Alert, ...] = ()
    closed: bool = False
    started_at: Mapping[str, str] = field(default_factory=dict)
    ended_at: Mapping[str, str] = field(default_factory=dict)
    fact_closure: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[int, Given] = field(default_factory=dict)
    operations: tuple[str, ...] = ()
    liftings: frozenset[tuple[str, str]] = frozenset()
    photos: frozenset[str] = frozenset()
    photo_kinds: frozenset[str] = frozenset()
    photo_steps: frozenset[str] = frozenset()
    holder: str = ""
    holder_name: str = ""
    workers: frozenset[str] = frozenset()
    touched: bool = False
    carried: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()

    @property
    def visit(self) -> int:
        """Which visit of the current step this is, counted from 1."""
        return self.visits.get(self.current, 0)

    def tasks_of(self, step: str, visit: int) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if (task.step, task.visit) == (step, visit))

    def last_end(self, step: str) -> StepEnd | None:
        return next((end for end in reversed(self.ends) if end.step == step), None)

    @property
    def signed(self) -> tuple[str, ...]:
        """The steps whose signatures stand."""
        return tuple(each.step for each in self.signatures if not each.void)

    @property
    def alert_kinds(self) -> tuple[str, ...]:
        return tuple(alert.kind for alert in self.alerts)

    def items(self, name: str) -> tuple[Item, ...]:
        """Return a list of the order: each step's last word on it, each key once, in the order they were given."""
        last = {given.step: given.lists[name] for given in self.given.values() if name in given.lists}
        return tuple({item.key: item for items in last.values() for item in items}.values())

    def counted(self) -> dict[str, tuple[int, int]]:
        """Return what was taken out of the watch and put back: {what: (out, in)}."""
        found: dict[str, tuple[int, int]] = {}
        for given in self.given.values():
            for what, n in given.counts_out.items():
                out, back = found.get(what, (0, 0))
                found[what] = (out + n, back)
            for what, n in given.counts_in.items():
                out, back = found.get(what, (0, 0))
                found[what] = (out, back + n)
        return found

    def sum_of(self, what: str) -> float:
        """Return what the work has come to so far: "cost" in EUR, "minutes"."""
        return sum(given.adds.get(what, 0.0) for given in self.given.values())

    def lifted(self, rule: str, scope: str) -> bool:
        return (rule, scope) in self.liftings


def items_from_json(lists: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, tuple[Item, ...]]:
    return {
        name: tuple(Item(str(item["key"]), Text.from_json(item["label"])) for item in items)
        for name, items in lists.items()
    }
