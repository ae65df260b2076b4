"""What stands on the screen is selected with the mouse and copied; the bench says whether it can."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from screen_pilot import Hands, at_the_bench

from tui import clipboard


def run(folder: Path, work: Callable[[Hands], Awaitable[None]]) -> None:
    async def session() -> None:
        async with at_the_bench(folder) as hands:
            await work(hands)

    asyncio.run(session())


async def select_and_copy(hands: Hands) -> None:
    """Drag over the first operator's name, then Ctrl+C."""
    await hands.sees("Anne Perret")
    rows = hands.screen.splitlines()
    y = next(n for n, row in enumerate(rows) if "Anne Perret" in row)
    x = rows[y].index("Anne")
    await hands.pilot.mouse_down(offset=(x, y))
    await hands.pilot.hover(offset=(x + 11, y))
    await hands.pilot.mouse_up(offset=(x + 11, y))
    await hands.press("ctrl+c")


@pytest.mark.parametrize(
    ("taken", "term", "word"),
    [(True, "xterm", "Copied."), (False, "xterm", "Given to the terminal"), (False, "linux", "cannot copy")],
)
def test_selected_words_are_copied_and_it_is_said_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool, term: str, word: str
) -> None:
    given: list[str] = []
    monkeypatch.setattr(clipboard, "put", lambda text, _command: given.append(text) or taken)
    monkeypatch.setattr(clipboard, "terminal_copies", lambda: term != "linux")

    async def work(hands: Hands) -> None:
        await select_and_copy(hands)
        await hands.sees(word)
        assert "Anne Perret" in given[0] and hands.app.clipboard == given[0]

    run(tmp_path, work)


@pytest.mark.skipif(sys.platform == "win32", reason="a tool written as a shell script")
def test_a_tool_gets_the_text_on_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wl-copy").write_text(f"#!/bin/sh\ncat > {tmp_path}/taken\n")
    (tmp_path / "wl-copy").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    command = clipboard.tool({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert command == ("wl-copy",) and clipboard.put("− 4,2 s/j · Zoé", command)
    assert (tmp_path / "taken").read_text("utf-8") == "− 4,2 s/j · Zoé"


def test_without_a_display_or_with_a_broken_tool_nothing_is_taken(tmp_path: Path) -> None:
    assert clipboard.tool({}, "linux") is None
    assert not clipboard.put("text", None)
    assert not clipboard.put("text", (str(tmp_path / "none"),))
    assert not clipboard.put("text", ("false",))


def test_terminals_that_pass_it_over_are_known() -> None:
    assert clipboard.terminal_copies({"TERM": "xterm-256color"})
    assert not clipboard.terminal_copies({"TERM": "linux"})
    assert not clipboard.terminal_copies({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"})
