"""Following the bench from another screen: what is seen there, who is let in, and that nothing can be changed."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from command_line import PROGRAM, environment, etabli, here
from screen_pilot import LARGE, SMALL, Hands
from textual.command import CommandPalette
from window import at_the_window, come_in, fingerprint, workbench

from bench.errors import EtabliError, Refused, UsageError
from bench.journal import Journal
from bench.journal.errors import JournalReadOnly
from tui import serving
from tui.folder import Folder
from tui.following import FollowedOrder, FollowedWorkshop
from tui.keys import hints
from tui.screens.follow import FollowListScreen, FollowSignInScreen
from tui.screens.follow_order import FollowOrderScreen
from tui.widgets.pin_entry import PinEntry


@pytest.mark.parametrize(("size", "lang"), [(LARGE, "en"), (SMALL, "fr")])
def test_an_order_is_followed_while_the_bench_works_on_it(tmp_path: Path, size: tuple[int, int], lang: str) -> None:
    async def look() -> None:
        with_bench = workbench(tmp_path)
        async with at_the_window(with_bench, size=size, lang=lang) as hands:
            await come_in(hands)
            await hands.sees("OR-1001", "OR-1002")
            await hands.press("enter")
            await hands.sees("Le Locle [bold]")
            seen: list[str] = []
            for step in ("magnetism", "timing-before", "decide"):
                with_bench.lead_to("OR-1001", step)
                row = with_bench.journal.order("OR-1001")
                assert row is not None
                title = next(str(s.title) for s in with_bench.desk.work("OR-1001").procedure.steps if s.id == row.step)
                await hands.sees(f"▶ {title}")
                seen.append(title)
            assert len(set(seen)) == 3
            if size == SMALL:
                await hands.press("pagedown")
            await hands.sees("amplitude", "285")
        with_bench.close()

    asyncio.run(look())


def test_a_verdict_stands_large_on_the_second_screen(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path)
        bench.pool.figures["amplitude"] = 150.0
        bench.lead_to("OR-1001", "timing-before")
        async with at_the_window(bench) as hands:
            await come_in(hands)
            await hands.sees("OR-1001")
            await hands.press("enter")
            work = bench.desk.work("OR-1001")
            bench.desk.sign_in(bench.operators[0])
            work.start()
            while (task := work.next_task()) is not None:
                work.measure(task)
            await hands.sees("N O N C O N F O R M I N G", "150", "Timing before the intervention")
        bench.close()

    asyncio.run(look())


def test_what_stopped_the_work_and_whom_it_waits_for_is_seen(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path)
        bench.lead_to("OR-1001", "magnetism")
        async with at_the_window(bench) as hands:
            await come_in(hands)
            await hands.sees("OR-1001")
            await hands.press("enter")
            with pytest.raises(Refused):
                bench.desk.work("OR-1001").start()  # nobody is signed in
            await hands.sees("REFUSED G-01", "✘ Check for magnetism")
            bench.desk.sign_in(bench.operators[0])
            bench.desk.work("OR-1001").start()
            await hands.sees("▶ Check for magnetism", "under way since", "Anne Perret")
            assert "REFUSED" not in hands.screen
        bench.close()

    asyncio.run(look())


def test_looking_leaves_the_record_as_it_is(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path)
        bench.lead_to("OR-1001", "decide")
        before = fingerprint(bench)
        beside = {path.name for path in tmp_path.iterdir()}
        async with at_the_window(bench) as hands:
            await come_in(hands, "0000")
            await hands.sees("The PIN is wrong.")
            await hands.tap(*"4711", "enter")
            await hands.sees("OR-1001")
            await hands.press("right", "right", *"hamilton", "escape", "enter")
            sheet = await hands.app.at_bench(hands.app.workshop.sheet, "OR-1001", "pdf")
            assert sheet.read_bytes().startswith(b"%PDF")
            assert tmp_path not in sheet.parents
            await hands.press("f4")
            await hands.sees("Who looks in?")
        assert not sheet.exists(), "the sheet was this window's alone"
        assert fingerprint(bench) == before
        assert {path.name for path in tmp_path.iterdir()} - beside == {"logs"}
        bench.close()

    asyncio.run(look())


def test_no_key_and_no_command_changes_an_order(tmp_path: Path) -> None:
    """Every key that does something, and every command of the palette, on every screen."""

    async def every(hands: Hands) -> None:
        screen = type(hands.app.screen)
        left = ("quit", "operator", "language")
        keys = [hint.raw for hint in hints(hands.app.screen, hidden=True) if hint.id not in left]
        assert keys
        for key in [*keys, *"abcdefghijklmnopqrtuvwxyz", "space", "f5", "f8", "ctrl+l", "tab", "delete"]:
            await hands.tap(key)
            while hands.app.screen.is_modal:
                await hands.press("escape")
        await hands.settle()
        assert isinstance(hands.app.screen, screen) or screen is FollowOrderScreen

    async def look() -> None:
        bench = workbench(tmp_path)
        bench.lead_to("OR-1001", "decide")
        before = fingerprint(bench)
        async with at_the_window(bench) as hands:
            hands.app.deliver_binary = lambda *_a, **_k: None  # type: ignore[method-assign]
            await come_in(hands)
            await hands.sees("OR-1001")
            await every(hands)
            if isinstance(hands.app.screen, FollowListScreen):
                await hands.press("escape", "home", "enter")
            await hands.until(lambda: isinstance(hands.app.screen, FollowOrderScreen))
            words = {command.title for command in hands.app.get_system_commands(hands.app.screen)}
            await every(hands)
            assert words == {
                *("Sheet", "Change operator", "Orders", "Help", "Quit", "Language: Français"),
                *("Next field", "Previous field", "Copy the selection"),
            }
        assert fingerprint(bench) == before
        bench.close()

    asyncio.run(look())


def test_the_journal_of_a_window_cannot_be_written_by_anything(tmp_path: Path) -> None:
    bench = workbench(tmp_path)
    bench.lead_to("OR-1001", "magnetism")
    before = fingerprint(bench)
    followed = FollowedWorkshop(Folder(tmp_path))
    desk = followed.desk
    desk.authenticate(followed.operators[0], "4711")
    with pytest.raises(JournalReadOnly):
        desk.sign_quote("OR-1002", "Q-1", "paper")
    with pytest.raises(JournalReadOnly):
        desk.work("OR-1001").start()
    with pytest.raises(JournalReadOnly):
        desk.open_order(desk.work("OR-1001").order.__class__.from_json({**_order(bench), "number": "OR-9"}))
    with pytest.raises(JournalReadOnly):
        desk.acknowledge_card("lathe")
    with pytest.raises(UsageError, match="not shown here"):
        followed.customer_store()
    assert followed.desk.pool.records() == ()
    followed.close()
    followed.close()
    assert fingerprint(bench) == before
    bench.close()


def _order(bench: object) -> dict[str, object]:
    return bench.desk.work("OR-1002").order.to_json()  # type: ignore[attr-defined, no-any-return]


def test_a_bench_starts_and_stops_while_it_is_followed(tmp_path: Path) -> None:
    workbench(tmp_path).close()
    followed = FollowedWorkshop(Folder(tmp_path))
    order = FollowedOrder(followed.desk, "OR-1001")
    for step in ("magnetism", "timing-before"):
        bench = workbench(tmp_path)  # takes the writer's lock each time
        bench.lead_to("OR-1001", step)
        bench.close()
        assert order.catch_up()
        assert order.look().state.current == step
    assert not order.catch_up()
    followed.close()
    with Journal.open(tmp_path / "journal.sqlite", station="bench") as journal:
        assert journal.verify().ok


# -- who is let in


def test_wrong_pins_count_as_at_the_bench_and_are_told_to_the_visitors_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A wait that no machine is slow enough to sit out.
    monkeypatch.setattr("bench.pins.wait_after", lambda attempts: 100.0 if attempts > 2 else 0.0)

    async def look() -> None:
        bench = workbench(tmp_path)
        async with at_the_window(bench) as hands:
            for n in (1, 2, 3):
                await (come_in(hands, "0000") if n == 1 else hands.tap(*"0000", "enter"))
                await hands.until(lambda n=n: attempts(tmp_path) == n)
                await hands.until(lambda: isinstance(hands.app.focused, PinEntry))
            await hands.sees("The PIN is wrong. Wait: 1:")
            await hands.tap(*"4711", "enter")
            assert hands.app.operator is None
        assert bench.desk.keys is not None
        assert bench.desk.keys.wait("anne") > 0, "the bench makes anne wait too"
        told = (tmp_path / "logs" / "visitors.log").read_text("utf-8").splitlines()
        assert [line.split(" ", 1)[1] for line in told] == [f"refused wrong-pin anne {n}" for n in (1, 2, 3)]
        bench.close()

    asyncio.run(look())


def attempts(folder: Path) -> int:
    return int(json.loads((folder / "pins.json").read_text("utf-8"))["attempts"].get("anne", {"count": 0})["count"])


def test_who_has_no_pin_yet_chooses_it_at_the_bench(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path)
        async with at_the_window(bench) as hands:
            await hands.press("down", "enter")
            await hands.sees("Luc Favre has no PIN yet.")
            assert isinstance(hands.app.screen, FollowSignInScreen)
        assert "luc" not in json.loads((tmp_path / "pins.json").read_text("utf-8"))["pins"]
        bench.close()

    asyncio.run(look())


def test_who_cannot_be_written_down_does_not_get_in(tmp_path: Path) -> None:
    bench = workbench(tmp_path)
    (tmp_path / "logs").write_text("a file where the folder should be", encoding="utf-8")
    followed = FollowedWorkshop(Folder(tmp_path))
    with pytest.raises(EtabliError, match="visitors' book"):
        followed.desk.authenticate(followed.operators[0], "4711")
    assert followed.desk.operator is None
    followed.close()
    bench.close()


def test_a_house_without_pins_is_followed_on_its_own_machine_only(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path, pins=None)
        async with at_the_window(bench) as hands:
            await hands.press("enter")
            await hands.sees("OR-1001")
        bench.close()

    asyncio.run(look())
    serving.check(Folder(tmp_path), "127.0.0.1")
    with pytest.raises(UsageError, match="asks for no PIN"):
        serving.check(Folder(tmp_path), "0.0.0.0")


def test_nobody_sees_anything_after_signing_out(tmp_path: Path) -> None:
    async def look() -> None:
        bench = workbench(tmp_path)
        async with at_the_window(bench) as hands:
            await come_in(hands)
            await hands.sees("OR-1001")
            await hands.press("enter")
            await hands.sees("Le Locle")
            await hands.press("f4")
            await hands.sees("Who looks in?")
            await hands.press("escape", "escape")
            assert isinstance(hands.app.screen, FollowSignInScreen)
            assert hands.app.operator is None
            assert hands.app.desk.operator is None
            await hands.tap("f9")
            await hands.until(lambda: isinstance(hands.app.screen, CommandPalette))
            assert "Sheet" not in hands.screen
        bench.close()

    asyncio.run(look())


# -- the server


@contextmanager
def served(home: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `etabli serve` on a free port; yields its address and its process, and ends it."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", "--port", "0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(home),
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def status(address: str, **headers: str) -> int:
    try:
        with urlopen(Request(address, headers={k.replace("_", "-"): v for k, v in headers.items()})) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_it_listens_on_this_machine_alone_and_ends_when_told(tmp_path: Path) -> None:
    workbench(tmp_path).close()
    with served(tmp_path) as (address, process):
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as answer:
            page = answer.read().decode()
            assert answer.headers["X-Frame-Options"] == "DENY"
        assert "https://" not in page.replace('"https:"', ""), "the page asks no other server for anything"
        for part in ("static/js/textual.js", "static/css/xterm.css", "static/fonts/RobotoMono-VariableFont_wght.ttf"):
            assert part in page
            assert status(address + part) == 200
        if sys.platform != "win32":
            process.send_signal(signal.SIGTERM)
            _out, narrated = process.communicate(timeout=30)
            assert process.returncode == 0
            assert narrated == "Read only, beside the bench. Ctrl+C ends it.\n"


def test_another_site_in_the_same_browser_gets_nothing(tmp_path: Path) -> None:
    workbench(tmp_path).close()
    with served(tmp_path) as (address, _process):
        own = address.removesuffix("/")
        assert status(address, Origin=own) == 200
        assert status(f"{address}ws", Origin="https://elsewhere.example") == 403
        assert status(address, Host="elsewhere.example") == 403, "a foreign name that leads to this machine"
        assert status(address, Host=f"localhost:{own.rsplit(':', 1)[1]}") == 200


def test_an_address_of_the_network_comes_with_a_warning(tmp_path: Path) -> None:
    workbench(tmp_path).close()
    with served(tmp_path, "--host", "0.0.0.0") as (address, process):
        process.terminate()
        _out, narrated = process.communicate(timeout=30)
    assert address.startswith("http://0.0.0.0:")
    assert narrated.startswith("Warning: everybody on the network of 0.0.0.0 can open this page")
    assert "not encrypted" in narrated


def test_what_cannot_be_served_is_said(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path))
    assert here(capsys, "serve").err.startswith("etabli: There is no workshop in")
    workbench(tmp_path).close()
    assert "There is no port 70000" in here(capsys, "serve", "--port", "70000").err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = etabli("serve", "--port", str(taken.getsockname()[1]), home=tmp_path)
    assert refused.code == 2
    assert "cannot be served" in refused.err
    assert "--port" in refused.err
