"""A workshop with its bench at work, and a window from which it is followed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from screen_bench import Workbench
from screen_pilot import LARGE, Hands

from bench import language
from tui.folder import Folder
from tui.follow_app import FollowApp
from tui.following import FollowedWorkshop

PINS = {"anne": "4711"}
WORKSHOP = """
name = "Atelier Test"
station = "bench"
[house]
self_check = true
pins = {pins}
[[operator]]
id = "anne"
name = "Anne Perret"
roles = ["technician"]
[[operator]]
id = "luc"
name = "Luc Favre"
roles = ["controller", "manager"]
"""


def workbench(folder: Path, pins: Mapping[str, str] | None = PINS) -> Workbench:
    """Open the bench of a workshop in `folder`: its writer."""
    asks = "false" if pins is None else "true"
    (folder / "workshop.toml").write_text(WORKSHOP.replace("{pins}", asks), encoding="utf-8")
    return Workbench(folder, pins=pins)


@asynccontextmanager
async def at_the_window(bench: Workbench, *, size: tuple[int, int] = LARGE, lang: str = "en") -> AsyncIterator[Hands]:
    """Open the application of a browser's tab beside the bench; closes it again. A crash fails the test."""
    before = language.current()
    language.use(lang)
    followed: list[FollowedWorkshop] = []

    def opener() -> FollowedWorkshop:
        followed.append(FollowedWorkshop(Folder(bench.folder)))
        return followed[-1]

    app = FollowApp(opener, language=lang)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            hands = Hands(app, pilot, bench)
            await hands.until(lambda: len(app.screen_stack) > 1)
            await hands.settle()
            yield hands
            if app.crashes:
                raise app.crashes[0]
    finally:
        for each in followed:
            each.close()
        language.use(before)


async def come_in(hands: Hands, pin: str = PINS["anne"]) -> None:
    """Sign in as the first of the list."""
    await hands.tap("enter")
    await hands.until(lambda: hands.app.focused is not None and hands.app.screen.is_modal)
    await hands.tap(*pin, "enter")


def fingerprint(bench: Workbench) -> tuple[int, str, str]:
    """Return what must not change while somebody looks: the journal's head, and all that its file holds."""
    with bench.journal._reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM event ORDER BY seq").fetchall()
        orders = connection.exec_driver_sql("SELECT * FROM repair_order ORDER BY number").fetchall()
    held = hashlib.sha256(repr((rows, orders)).encode()).hexdigest()
    return (*bench.journal.head(), held)
