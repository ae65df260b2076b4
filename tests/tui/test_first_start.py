"""The first start: a workshop from a few answers, the demonstration, or what answers on the ports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from screen_pilot import SMALL, Hands

from bench import language
from bench.language import use
from tui.app import EtabliApp
from tui.first_start import FirstStart
from tui.folder import Folder
from tui.workshop import Workshop


def run(home: Path, work: Callable[[Hands], Awaitable[None]], lang: str = "en") -> None:
    folder = Folder(home)

    async def session() -> None:
        app = EtabliApp(lambda: Workshop.open(folder), language=lang, first=FirstStart(folder))
        async with app.run_test(size=SMALL) as pilot:
            hands = Hands(app, pilot, None)  # type: ignore[arg-type]
            await hands.until(lambda: len(app.screen_stack) > 1)
            await work(hands)
            assert app.crashes == []
            await app.leave()

    before = language.current()
    try:
        asyncio.run(session())
    finally:
        use(before)


def test_three_answers_make_a_workshop_and_open_it(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.sees("Welcome", "Name of the workshop", "Your name")
        await hands.press("right", "enter")
        await hands.until(lambda: language.current() == "fr" and " FR" in hands.screen)
        await hands.press(*'L"Heure', "enter", *"Zoé Perret", "enter", "enter")
        await hands.sees("Zoé Perret")

    run(tmp_path / "home", work)
    settings = Folder(tmp_path / "home").settings()
    assert settings.house.name == 'L"Heure' and settings.language == "fr"
    assert [(o.id, o.name) for o in settings.operators] == [("zoe-perret", "Zoé Perret")]


def test_an_answer_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    async def work(hands: Hands) -> None:
        await hands.press("enter", "enter")
        await hands.sees("needed")
        assert not (tmp_path / "home" / "workshop.toml").exists()

    run(tmp_path / "home", work)


def test_the_demonstration_leaves_the_real_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def demonstration(self: FirstStart) -> Workshop:
        opened.append("demonstration")
        folder = Folder(tmp_path / "demo")
        folder.found("Demo", "Anne", "en")
        return Workshop.open(folder)

    monkeypatch.setattr(FirstStart, "demonstration", demonstration)

    async def work(hands: Hands) -> None:
        await hands.press("enter", "a", "enter", "b", "enter", "right", "right", "enter")
        await hands.sees("Anne")

    run(tmp_path / "home", work)
    assert opened and not (tmp_path / "home").exists()


def test_instruments_are_looked_for_on_every_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FirstStart, "look", lambda self: ["/dev/ttyUSB0  Timegrapher Studio TS-1, timegrapher-studio"])

    async def work(hands: Hands) -> None:
        await hands.press("enter", "a", "enter", "b", "enter", "right", "enter")
        await hands.sees("Timegrapher Studio TS-1", "etabli instruments register")
        await hands.press("enter")
        await hands.sees("Who works at the bench?")

    run(tmp_path / "home", work)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    async def work(hands: Hands) -> None:
        await hands.press("enter", "a", "enter", "b", "enter", "enter")
        await hands.sees("cannot be made", "ETABLI_HOME")

    run(tmp_path / "file" / "home", work)
