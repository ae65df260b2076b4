"""The first line and the strip of instruments say all they have room for, and nothing of them is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

import pytest
from screen_bench import SteppedPool
from textual.app import App, ComposeResult
from textual.widget import Widget

from bench import language
from bench.instrument import LinkState
from bench.people import Operator, Role
from tui.widgets.bars import TopBar
from tui.widgets.instruments import InstrumentStrip

ANNE = Operator("anne", "Anne Perrenoud", frozenset({Role.MANAGER}))


class Alone(App[None]):
    """One widget, with what the first line asks of the program."""

    def __init__(self, widget: Widget, *, training: bool = False, read_only: bool = False) -> None:
        super().__init__()
        self.widget = widget
        self.simulated = True
        self.training = training
        self.read_only = read_only
        self.operator: Operator | None = ANNE
        self.role: Role | None = Role.MANAGER

    def compose(self) -> ComposeResult:
        yield self.widget


def drawn(app: Alone, width: int, lang: str) -> tuple[str, int]:
    """Return the line, and the cells that it would take."""

    async def look() -> tuple[str, int]:
        async with app.run_test(size=(width, 4)) as pilot:
            await pilot.pause()
            content = app.widget.render()
            return content.plain, content.cell_length  # type: ignore[union-attr]

    before = language.current()
    language.use(lang)
    try:
        return asyncio.run(look())
    finally:
        language.use(before)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize(("training", "read_only"), [(False, False), (False, True), (True, False), (True, True)])
def test_the_first_line_shortens_who_works_here_and_never_what_is_marked(
    width: int, lang: str, training: bool, read_only: bool
) -> None:
    line, cells = drawn(Alone(TopBar(), training=training, read_only=read_only), width, lang)
    assert cells <= width
    assert line.endswith(f"{lang.upper()} ")
    with language.speaking(lang):
        marks = [language._(mark) for mark, on in (("TRAINING MODE", training), ("READ ONLY", read_only)) if on]
    assert all(mark in line for mark in marks)
    if width == 160:
        assert "Anne Perrenoud · " in line


def test_at_80_columns_the_manager_who_only_looks_is_named_by_an_initial() -> None:
    line, _cells = drawn(Alone(TopBar(), read_only=True), 80, "fr")
    assert "A. Perrenoud · " in line


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [80, 120, 160, 200])
@pytest.mark.parametrize("lost", [(), ("timegrapher", "field-meter")])
def test_the_strip_is_in_words_where_all_of_them_fit(width: int, lang: str, lost: Sequence[str]) -> None:
    records = SteppedPool().records()
    states = {record.id: LinkState.LOST if record.id in lost else LinkState.READY for record in records}
    strip = InstrumentStrip(records, lambda instrument: states[instrument], date.today())
    line, cells = drawn(Alone(strip), width, lang)
    assert cells <= width
    if width >= 160 and not lost:
        assert str(date.today().year + 1) in line
