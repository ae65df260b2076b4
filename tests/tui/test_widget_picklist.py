"""A list to pick from: every row is one line, whatever its columns ask for."""

from __future__ import annotations

import asyncio

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.widgets.picklist import Column, PickList

ASKED = (16, 22, 20, 15, 12, 20, 12, 10, 12)


class Lists(App[None]):
    def compose(self) -> ComposeResult:
        yield PickList[int](
            [Column(f"title {place}", width, lambda row, w=width: "x" * w) for place, width in enumerate(ASKED)]
        )


@pytest.mark.parametrize("width", [80, 100, 118, 130, 160, 200])
def test_a_row_never_runs_over_its_line(width: int) -> None:
    async def look() -> None:
        app = Lists()
        async with app.run_test(size=(width, 12)):
            picked = app.query_one(PickList)
            picked.fill(list(range(5)))
            rows = str(picked.render().plain).splitlines()
            assert len(rows) == 2 + 5
            assert max(cell_len(row.rstrip()) for row in rows) <= width
            assert all("x" in row for row in rows[2:])

    asyncio.run(look())
