"""What every screen looks like, small and large, in both languages; the bench in every theme and with every charset.

`python -m pytest tests/tui/test_snapshots.py --snapshot-update` takes new pictures; look at them before you keep them.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from found_out import opens_the_review
from pytest_textual_snapshot import SVGImageExtension
from screen_pilot import LARGE, SMALL, Hands
from still_world import FRAMES, StillDeck, StillWorkshop, picture, still
from syrupy.assertion import SnapshotAssertion
from textual.screen import Screen

from bench import hierarchy, language
from bench.journal.rows import LogFilter
from bench.language import Text
from bench.people import Role
from bench.quantities import quantity
from bench.recording import Recording
from bench.recording.player import Bookmark
from bench.recording.what_if import WhatIf, what_if
from bench.training import Exercises
from bench.training.bundle import ENDING, Card, pack
from bench.training.runs import Training
from bench.training.sessions import bundle, with_bookmarks
from tui.app import EtabliApp
from tui.first_start import FirstStart
from tui.folder import Folder
from tui.follow_app import FollowApp
from tui.following import FollowedOrder, FollowedWorkshop
from tui.preferences import CHARSETS, STEADY, THEMES
from tui.screens import dialogs
from tui.screens.asked import AskingRoom
from tui.screens.bench import BenchScreen
from tui.screens.certificate import CertificateScreen
from tui.screens.check import CheckScreen
from tui.screens.errands import ROOMS
from tui.screens.faults import FaultsScreen
from tui.screens.first_start import FirstStartScreen
from tui.screens.follow import FollowListScreen
from tui.screens.follow_order import FollowOrderScreen
from tui.screens.import_orders import ImportScreen
from tui.screens.instrument import InstrumentScreen
from tui.screens.lock import LockScreen
from tui.screens.log_row import LogRowScreen
from tui.screens.new_order import NewOrderScreen
from tui.screens.orders import OrdersScreen
from tui.screens.probe import ProbeScreen
from tui.screens.procedures import StepScreen, TreeScreen
from tui.screens.profile import DifferenceScreen, ProfileScreen
from tui.screens.register import RegisterScreen
from tui.screens.review import ReviewScreen
from tui.screens.settings import KeysScreen
from tui.screens.summary import SummaryScreen
from tui.screens.trainer_evidence import EvidenceScreen
from tui.screens.trainer_exercise import ExerciseScreen
from tui.screens.trainer_library import LibraryScreen
from tui.screens.trainer_player import PlayerScreen
from tui.screens.trainer_what_if import WhatIfScreen
from tui.screens.wire import WireScreen
from tui.training.sessions import SessionLibrary
from tui.training.workshop import begin
from tui.widgets.picklist import PickList

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
import virtual_session

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a picture is the same on one kind of system only")
SIZES = {"small": SMALL, "large": LARGE}


class Album:
    """Compares what stands on the screen with the picture of that name; says at the end which are not the same."""

    def __init__(self, hands: Hands, kept: SnapshotAssertion, where: Path) -> None:
        self.hands, self.where = hands, where
        self._kept = kept.use_extension(SVGImageExtension)
        self.other: list[str] = []

    async def keep(self, name: str, *, busy: bool = False) -> None:
        """Compare once everything has settled; what waits for an answer, and a run that is `busy`, never do."""
        if not (busy or self.hands.app.screen.is_modal):
            await self.hands.settle()
        await self.hands.pilot.pause(0.05)
        await self.hands.pilot.pause()
        drawn = picture(self.hands.app)
        if drawn != self._kept(name=name):
            self.where.mkdir(parents=True, exist_ok=True)
            (self.where / f"{name}.svg").write_text(drawn, encoding="utf-8")
            self.other.append(name)

    async def over(self, screen: Screen[object], name: str) -> None:
        """Show a screen over the one that stands there, and take it away again."""
        app, hands = self.hands.app, self.hands
        under = len(app.screen_stack)
        app.push_screen(screen)
        await hands.until(lambda: screen in app.screen_stack and screen.is_running)
        asking = isinstance(screen, AskingRoom | ImportScreen)
        if asking:  # its worker waits for the answer
            await hands.until(lambda: app.focused is not None)
        if isinstance(screen, WireScreen):  # it repaints what it has heard by its own clock
            await hands.until(lambda: len(screen.query_one(PickList).rows) == len(FRAMES))
        await self.keep(name, busy=asking)
        while len(app.screen_stack) > under:
            await app.pop_screen()


Visit = Callable[[Album, StillWorkshop], Awaitable[None]]


def visit(
    tmp_path: Path,
    kept: SnapshotAssertion,
    patch: pytest.MonkeyPatch,
    walk: Visit,
    *,
    size: tuple[int, int] = LARGE,
    lang: str = "en",
    furnish: Callable[[Folder], StillWorkshop] = StillWorkshop.furnish,
) -> None:
    """Walk through the application of a workshop that stands still, and compare what was kept on the way."""

    async def session() -> None:
        workshop: list[StillWorkshop] = []

        def opener() -> StillWorkshop:
            workshop.append(furnish(Folder(Path("workshop"))))
            return workshop[0]

        app = EtabliApp(opener, language=lang, demo=True, liked=STEADY)
        async with app.run_test(size=size, notifications=True) as pilot:
            hands = Hands(app, pilot, workshop)  # type: ignore[arg-type]
            album = Album(hands, kept, tmp_path / "drawn")
            await hands.until(lambda: len(app.screen_stack) > 1)
            await walk(album, workshop[0])
            if app.crashes:
                raise app.crashes[0]
        assert not album.other, f"drawn otherwise, as in {album.where}: {', '.join(album.other)}"

    before = language.current()
    language.use(lang)
    try:
        with still(patch, tmp_path):
            asyncio.run(session())
    finally:
        language.use(before)


async def sign_in(album: Album, workshop: StillWorkshop, role: Role = Role.TECHNICIAN) -> None:
    hands = album.hands
    hands.app.signed_in(workshop.person(role), role)
    await hands.until(lambda: isinstance(hands.app.focused, dialogs.PinEntry))
    await hands.tap(*"0000", "enter")
    await hands.until(lambda: isinstance(hands.app.screen, OrdersScreen))
    await hands.settle()


async def at(album: Album, number: str) -> BenchScreen:
    """Put an order on the bench."""
    album.hands.app.open_order(number)
    await album.hands.until(lambda: isinstance(album.hands.app.screen, BenchScreen))
    bench = album.hands.app.screen
    assert isinstance(bench, BenchScreen)
    bench.pictures.clock = lambda: 0.0  # what is left of a measurement does not run
    await album.hands.until(lambda: bench.now is not None)
    return bench


async def measure(album: Album, workshop: StillWorkshop, bench: BenchScreen, name: str) -> None:
    """Keep the picture of a run that stands still in its middle, then let it end."""
    pool = workshop.pool
    pool.gate = threading.Event()
    pool.began.clear()
    await album.hands.tap("enter")
    await album.hands.until(lambda: pool.began.is_set() and bench.running is not None and not bench.samples)
    await album.hands.pilot.pause(0.2)
    await album.keep(name, busy=True)
    pool.gate.set()
    await album.hands.until(lambda: bench.running is None)
    await album.hands.settle()
    pool.gate = None


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_of_the_bench(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, size: str, lang: str
) -> None:
    async def walk(album: Album, workshop: StillWorkshop) -> None:
        hands, press = album.hands, album.hands.press
        await album.keep("sign-in")
        await hands.tap("enter")
        await hands.until(lambda: isinstance(hands.app.focused, dialogs.PinEntry))
        await album.keep("pin")
        await hands.tap("escape")
        await sign_in(album, workshop)
        await album.keep("orders")

        bench = await at(album, "D-110")
        await album.keep("bench-stages")
        await press("enter")
        await album.keep("bench-not-theirs")
        await press("escape")
        bench = await at(album, "D-101")
        await press("enter")
        await album.keep("bench-form")
        await press("escape")
        await hands.app.at_bench(workshop.lead, "D-101", "timing-before")
        bench = await at(album, "D-101")
        await album.keep("bench-before")
        await press("enter")
        await album.keep("bench-to-measure")
        await measure(album, workshop, bench, "bench-measuring")
        await album.keep("bench-next-run")
        while bench.now is not None and bench.now.outcome is None:
            await press("enter")
        await album.keep("bench-measured")
        await press("v")
        await album.keep("bench-curve")
        for key, name in (("m", "bench-more"), ("f1", "help"), ("f9", "palette")):
            await hands.tap(key)
            await hands.until(lambda: hands.app.screen.is_modal)
            await album.keep(name)
            await hands.tap("escape")
            await hands.until(lambda: hands.app.screen is bench)
        await album.over(SummaryScreen(await hands.app.at_bench(workshop.desk.work, "D-102")), "summary")
        await album.over(dialogs.Reason(lambda: "?"), "reason")
        await album.over(dialogs.Confirm(lambda: "?"), "confirm")
        await album.over(dialogs.Keying(quantity("rate"), "CH"), "keying")
        await press("escape")

        bench = await at(album, "D-102")
        await press("enter")
        await album.keep("bench-deciding")
        await hands.tap("f7")
        await album.keep("jump")
        await press("escape", "right", "right", "enter")
        await album.keep("bench-refusal")
        await press("escape", "f8")
        await album.keep("settings")
        await album.over(KeysScreen(), "settings-keys")
        await press("escape", "escape")
        hands.app.lock("person")
        await hands.until(lambda: isinstance(hands.app.screen, LockScreen))
        await album.keep("locked")
        await hands.pilot.resize_terminal(60, 20)
        await album.keep("too-small")

    visit(tmp_path, snapshot, monkeypatch, walk, size=SIZES[size], lang=lang)


def rooms(workshop: StillWorkshop) -> Iterator[tuple[str, Screen[Any]]]:
    """Give every room beside the bench, and what opens from it; something waits for the manager meanwhile."""
    hierarchy.raise_alert(workshop.desk.work("D-101"), "supply", "Couronne sans stock chez le fournisseur.")
    hierarchy.raise_alert(workshop.desk.work("D-102"), "help", "La vis de raquette ne tient plus.", blocking=True)
    for _word, module, name in ROOMS:
        yield module.rpartition(".")[2], getattr(importlib.import_module(module), name)()
    pool, desk = workshop.pool, workshop.desk
    record = pool.records()[0]
    profile = desk.profiles.calibre("eta-2824-2")
    procedure = desk.procedures.get("controle-mecanique")
    yield "instrument", InstrumentScreen(record.id)
    yield "check", CheckScreen(record.id)
    yield "certificate", CertificateScreen(record, pool.capabilities(record.id))
    yield "register", RegisterScreen()
    yield "profile", ProfileScreen(profile)
    yield "difference", DifferenceScreen(profile, desk.profiles.calibre("eta-2892-a2"))
    yield "tree", TreeScreen(procedure)
    yield "step", StepScreen(procedure, next(step for step in procedure.steps if step.measure is not None))
    yield "log-row", LogRowScreen(list(desk.journal.log(LogFilter(order="D-102")))[-1])
    yield "probe", ProbeScreen()
    yield "wire", WireScreen(replace(record, dialect="cosmo-ls", model="Cosmo LS-1866"))
    yield "review", ReviewScreen(opens_the_review(workshop.journal, "D-101", "D-102"))
    workshop._simulation = StillDeck()  # type: ignore[assignment]
    yield "faults", FaultsScreen(record.id)
    # What asks waits for an answer for ever: last.
    yield "import", ImportScreen()
    yield "new-order", NewOrderScreen()


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_every_room_beside_the_bench(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, size: str, lang: str
) -> None:
    async def walk(album: Album, workshop: StillWorkshop) -> None:
        await sign_in(album, workshop, Role.MANAGER)
        for name, room in rooms(workshop):
            await album.over(room, name)

    visit(tmp_path, snapshot, monkeypatch, walk, size=SIZES[size], lang=lang)


@pytest.fixture(scope="module")
def recorded_session(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A magnetised watch, measured, demagnetised and measured again, with a note and a question."""
    made = virtual_session.recorded(
        tmp_path_factory.mktemp("session"), "mechanical-magnetised", "controle-mecanique", until="dry-test"
    )
    card = Card(Text("Montre aimantée", "A magnetised watch"), 2, ("C.2.2",), 15)
    packed = bundle([made.events], [Recording.open(made.path)], card)
    marks = [Bookmark(60.0, "CH"), Bookmark(120.0, "", "+92 s/d ?")]
    return pack(with_bookmarks(packed, marks))


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_a_session_that_is_played(
    tmp_path: Path,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
    recorded_session: bytes,
    size: str,
    lang: str,
) -> None:
    async def walk(album: Album, workshop: StillWorkshop) -> None:
        hands = album.hands
        await sign_in(album, workshop, Role.MANAGER)
        library = SessionLibrary(Folder(Path("workshop")))
        library.path.mkdir(parents=True, exist_ok=True)
        (library.path / f"aimantee{ENDING}").write_bytes(recorded_session)
        screen = PlayerScreen(library, library.open("aimantee"))
        hands.app.push_screen(screen)
        await hands.until(lambda: screen.is_current and screen.opened.reading.share == 1.0)
        await album.keep("player-begin")
        player = screen.player
        for name, step in (("field", "magnetism"), ("strip", "timing-before")):
            number = [n for n, heard in enumerate(player.tasks) if heard.task.step == step][-1]
            begin, end = player.span(number)
            player.seek((begin + end) / 2)
            screen._show()
            await album.keep(f"player-{name}")
        player.seek(120.0)
        screen._show()
        await album.keep("player-question")
        player.seek(player.moments("step")[-1])
        screen._show()
        await album.keep("player-measured")
        await hands.press("h")
        await album.keep("player-hidden")
        other = what_if(player.tasks, WhatIf(lift_angle=52.0))
        await album.over(WhatIfScreen(other, lambda: "52°", player.titles), "player-what-if")

    visit(tmp_path, snapshot, monkeypatch, walk, size=SIZES[size], lang=lang)


@pytest.mark.parametrize("charset", [name for name in CHARSETS if name != "auto"])
def test_the_bench_in_every_theme_with_every_charset(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, charset: str
) -> None:
    async def walk(album: Album, workshop: StillWorkshop) -> None:
        await sign_in(album, workshop)
        await album.hands.app.at_bench(workshop.lead, "D-101", "timing-before")
        bench = await at(album, "D-101")
        await album.hands.press("enter")
        while bench.now is not None and bench.now.outcome is None:
            await album.hands.press("enter")
        for theme in THEMES:
            album.hands.app.like(replace(STEADY, language="en", theme=theme, charset=charset))
            await album.keep(f"{theme}-{charset}")

    visit(tmp_path, snapshot, monkeypatch, walk)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_of_an_exercise(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, size: str, lang: str
) -> None:
    """Before it begins, blind at the bench, under way, after the reveal, and its evidence for the trainer."""

    async def walk(album: Album, workshop: StillWorkshop) -> None:
        hands, desk = album.hands, workshop.desk
        await album.keep("sign-in")
        await sign_in(album, workshop, Role.TRAINEE)
        await album.keep("orders")
        exercises = Exercises()
        await album.over(LibraryScreen(), "library")
        await album.over(ExerciseScreen(exercises, exercises.get("m-06"), None), "before")
        run = await hands.app.at_bench(begin, desk, exercises, "m-06", workshop.person(Role.TRAINEE), blind=True)
        await hands.app.at_bench(workshop.lead, run.order, "timing-before")
        bench = await at(album, run.order)
        await hands.press("enter")
        while bench.now is not None and bench.now.outcome is None:
            await hands.press("enter")
        await album.keep("bench-blind")
        await hands.app.pop_screen()
        training = Training(desk)
        judged = [entry for task in bench.work.state.tasks for entry in task.judged]
        run = await hands.app.at_bench(training.answer, run, "q1", "Le champ, avant la marche.")
        await album.over(ExerciseScreen(exercises, exercises.get("m-06"), run), "under-way")
        diagnosis = partial(training.answer, codes=["MEC-AVA"], cites=["mean_rate"], judged=judged)
        run = await hands.app.at_bench(diagnosis, run, "diagnosis", "Réglage seulement.")
        run = await hands.app.at_bench(training.reveal, run, workshop.person(Role.TRAINEE))
        await album.over(ExerciseScreen(exercises, exercises.get("m-06"), run), "revealed")
        paul = workshop.person(Role.TRAINER)
        run = await hands.app.at_bench(training.observe, run, "C.2.3-a", "partly", "Champ mesuré trop près.", paul)
        hands.app.operator, hands.app.role = paul, Role.TRAINER
        await album.over(EvidenceScreen(run), "evidence")

    visit(tmp_path, snapshot, monkeypatch, walk, size=SIZES[size], lang=lang, furnish=StillWorkshop.school)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_of_a_window_that_only_looks(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, size: str, lang: str
) -> None:
    async def session() -> None:
        place = Folder(Path("workshop"))
        bench = StillWorkshop.furnish(place)
        app = FollowApp(lambda: FollowedWorkshop(place), language=lang, simulated=True)
        async with app.run_test(size=SIZES[size], notifications=True) as pilot:
            hands = Hands(app, pilot, bench)  # type: ignore[arg-type]
            album = Album(hands, snapshot, tmp_path / "drawn")
            await hands.until(lambda: len(app.screen_stack) > 1)
            await album.keep("sign-in")
            app.signed_in(bench.person(Role.MANAGER), Role.MANAGER)
            await hands.until(lambda: isinstance(app.focused, dialogs.PinEntry))
            await hands.tap(*"0000", "enter")
            await hands.until(lambda: isinstance(app.screen, FollowListScreen))
            await album.keep("orders")
            order = FollowOrderScreen(FollowedOrder(app.desk, "D-102"))
            app.push_screen(order)
            await hands.until(lambda: order.now is not None)
            await album.keep("order")
            if app.crashes:
                raise app.crashes[0]
        bench.close()
        assert not album.other, f"drawn otherwise, as in {album.where}: {', '.join(album.other)}"

    before = language.current()
    language.use(lang)
    try:
        with still(monkeypatch, tmp_path):
            asyncio.run(session())
    finally:
        language.use(before)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("size", SIZES)
def test_the_first_start(
    tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, size: str, lang: str
) -> None:
    async def session() -> None:
        place = Folder(Path("workshop"))
        app = EtabliApp(lambda: StillWorkshop.furnish(place), language=lang, liked=STEADY, first=FirstStart(place))
        async with app.run_test(size=SIZES[size]) as pilot:
            hands = Hands(app, pilot, None)  # type: ignore[arg-type]
            album = Album(hands, snapshot, tmp_path / "drawn")
            await hands.until(lambda: isinstance(app.screen, FirstStartScreen))
            await album.keep("first-start")
        assert not album.other, f"drawn otherwise, as in {album.where}: {', '.join(album.other)}"

    before = language.current()
    language.use(lang)
    try:
        with still(monkeypatch, tmp_path):
            asyncio.run(session())
    finally:
        language.use(before)
