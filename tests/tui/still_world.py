"""A world that stands still: the same clock, chain of hashes and paths in every run, for pictures that are compared."""

from __future__ import annotations

import datetime as time_of_day
import importlib
import pkgutil
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from screen_bench import SteppedPool, Workbench
from textual.app import App

from bench.instrument import Identity, InstrumentKind, PortUnavailable
from bench.people import Operator, Role
from drivers.probing import Found
from tui import demo
from tui.folder import Folder
from tui.record_health import Store
from tui.training.workshop import found
from tui.widgets import charset
from tui.workshop import Workshop

NOW = time_of_day.datetime(2026, 11, 23, 9, 41, 7, tzinfo=time_of_day.UTC)
# A picture asks no server for its letters.
DIGEST = re.compile(r"\b[0-9a-f]{12}\b")
FONTS = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->", re.DOTALL)


class _Like(type):
    """Lets whatever is a real date or time pass for one of ours."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__mro__[1])


class StillDatetime(time_of_day.datetime, metaclass=_Like):
    @classmethod
    def now(cls, tz: time_of_day.tzinfo | None = None) -> Any:
        return NOW.astimezone(tz) if tz else NOW.replace(tzinfo=None)

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: time_of_day.tzinfo | None = None) -> Any:
        return cls.now(tz)  # when a file was written


class StillDate(time_of_day.date, metaclass=_Like):
    @classmethod
    def today(cls) -> Any:
        return NOW.date()


def everything() -> None:
    """Import all of the program: what is imported later would see the real clock."""
    for name in ("bench", "drivers", "profiles", "tui"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


@contextmanager
def still(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Stop the clock, count what would be drawn by lot, and stand in `folder`: paths are short and always the same."""
    everything()
    patch.setenv("TZ", "UTC")
    time.tzset()
    patch.chdir(folder)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("bench", "drivers", "profiles", "tui", "screen_bench"):
            for attribute, real, ours in (
                ("datetime", time_of_day.datetime, StillDatetime),
                ("date", time_of_day.date, StillDate),
            ):
                if getattr(module, attribute, None) is real:
                    patch.setattr(module, attribute, ours)
    numbers = count(1)
    patch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=next(numbers)))
    patch.setattr("bench.journal.journal.time", SimpleNamespace(monotonic_ns=lambda: 0))
    patch.setattr("bench.journal.journal.boot_id", lambda: "boot")
    patch.setattr(charset, "_chosen", charset.named("braille"))
    patch.setattr("getpass.getuser", lambda: "claire")
    patch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(total=500_000_000_000, free=120_000_000_000))
    # What follows from every letter of the data files is not what a picture is for.
    patch.setattr("bench.journal.journal.chained", lambda record: f"{record.seq:064x}")
    patch.setattr("tui.record_health.store", lambda path, *_more: Store(path, 1, 1_500_000, NOW))
    patch.setattr("tui.screens.probe.ProbeScreen._ports", lambda self: (list(PORTS), self.app.workshop.records))
    patch.setattr("drivers.probing.probe", lambda _ports, **_more: iter(ANSWERS))
    patch.setattr("drivers.probing.probe_visa", lambda *_more: iter(()))
    patch.setattr("bench.running.time", SimpleNamespace(monotonic=lambda: 0.0))
    try:
        yield
    finally:
        patch.undo()
        time.tzset()


# What crosses the wire of a leak tester, and who answers when every port is asked.
FRAMES = (
    ("tx", b"#00 00 03 STT:25\r"),
    ("rx", b"\x06"),
    ("rx", b"#00 00 2 +018.1:2E\r"),
    ("rx", b"#00 00 2 +0\xff\x00\r"),
)
PORTS = ("COM4", "COM5", "COM7")
ANSWERS = (
    Found("COM4", "etabli-quartz-1", InstrumentKind.QUARTZ_TESTER, Identity("etabli-quartz/1", "QT-12", "1.2")),
    Found("COM5"),
    Found("COM7", error=PortUnavailable("COM7")),
)


class StillPool(SteppedPool):
    """The stepped instruments, with a wire that can be listened to."""

    def overhear(self, instrument: str, hear: Callable[[str, bytes, float, float], None]) -> Callable[[], None]:
        for direction, data in FRAMES:
            hear(direction, data, 0.0, NOW.timestamp())
        return lambda: None


class StillDeck:
    """A fault deck with two faults on and the cable plugged in."""

    def faults(self, instrument: str) -> tuple[str, ...]:
        return ("late", "bit-flip")

    def plugged(self, instrument: str) -> bool:
        return True


class StillWorkshop(Workshop):
    """The demonstration's workshop as it is, over instruments that answer from a table."""

    pool: StillPool

    @classmethod
    def furnish(cls, place: Folder) -> StillWorkshop:
        """Open it with orders at their beginning, in the middle and closed."""
        demo.prepare(place)
        self = cls.open(place, instruments=False)
        assert isinstance(self, StillWorkshop)
        self.pool = self.desk.pool = StillPool()
        self.records = self.pool.records()
        demo.take_in(self, demo.samples())
        self.lead("D-101", "inspect")
        self.pool.field_at_watch = 1.5
        self.lead("D-102", "decide")
        self.pool.field_at_watch = 0.06
        return self

    @classmethod
    def school(cls, place: Folder) -> StillWorkshop:
        """Open a training workshop: Léa learns, Paul teaches, and his PIN is 0000 by his own choice."""
        found(place, "École d’horlogerie", ["lea=Léa Petit"], ["paul=Paul Roy"])
        self = cls.open(place, instruments=False)
        assert isinstance(self, StillWorkshop)
        self.pool = self.desk.pool = StillPool()
        self.records = self.pool.records()
        assert self.desk.keys is not None
        self.desk.keys.set("paul", "0000")
        return self

    def lead(self, number: str, step: str) -> None:
        """Bring an order to a step by the shortest way; whoever is signed in stays so."""
        here = self.desk.operator, self.desk.role
        Workbench.lead_to(self, number, step)  # type: ignore[arg-type]
        self.desk.operator, self.desk.role = here

    def person(self, role: Role) -> Operator:
        return next(operator for operator in self.operators if operator.may_act_as(role))


def picture(app: App[Any]) -> str:
    """Draw what is on the screen now."""
    svg = DIGEST.sub("0" * 12, FONTS.sub("", app.export_screenshot(title="etabli", simplify=True)))
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
