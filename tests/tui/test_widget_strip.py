"""The paper strip: where beats come to stand, how it scrolls and zooms, and how little of it is drawn again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from tui.widgets import charset
from tui.widgets.charset import BRAILLE, CHARSETS
from tui.widgets.strip import HEIGHTS, Beat, PaperStrip, beats_of

INTERVAL = 0.125  # 28,800 A/h


def watch(count: int, *, rate: float = 0.0, apart: float = 0.0, first: int = 0) -> list[Beat]:
    """Beats of a watch that gains `rate` ms a second, its two lines `apart` ms."""
    beats = []
    for n in range(first, first + count):
        late = -rate * n * INTERVAL + (apart if n % 2 else 0.0)
        beats.append(Beat(n * INTERVAL + late / 1000.0, late, n % 2))
    return beats


def paper(beats: Sequence[Beat], *, zoom: float = 10.0) -> PaperStrip:
    strip = PaperStrip()
    strip.zoom = HEIGHTS.index(zoom)
    strip.hear(beats)
    return strip


def rows_of(strip: PaperStrip, look: str, width: int = 40, height: int = 21) -> list[int]:
    """The rows in which marks of this look stand."""
    drawn = strip.rows(width, height, BRAILLE)
    return [y for y, row in enumerate(drawn) if y and any(part.strip() and name == look for part, name in row)]


def test_a_watch_on_time_draws_a_level_line_and_one_that_gains_rises() -> None:
    level = paper(watch(60)).text(40, 21, "braille")
    assert sum(1 for line in level[1:] if line.strip()) == 1
    rising = paper(watch(60, rate=0.3)).text(40, 21, "braille")
    ends = [len(line.rstrip()) for line in rising[1:] if line.strip()]
    assert len(ends) > 3
    assert ends == sorted(ends, reverse=True)  # the higher, the farther right


def test_tic_and_toc_differ_in_place_shape_and_colour() -> None:
    strip = paper(watch(60, apart=2.0))
    assert set(rows_of(strip, "main")).isdisjoint(rows_of(strip, "other"))
    for name in CHARSETS:
        lines = strip.text(40, 21, name)[1:]
        tic, toc = (set(line.strip()) for line in lines if line.strip())
        assert tic and toc and not tic & toc


def test_the_lines_of_tic_and_toc_lie_their_distance_apart_and_zoom_widens_it() -> None:
    distances = []
    for zoom in (20.0, 10.0, 5.0):
        strip = paper(watch(60, apart=1.0), zoom=zoom)
        distances.append(rows_of(strip, "other")[0] - rows_of(strip, "main")[0])
    assert distances == [1, 2, 4]  # 20 rows of 1, 1/2 and 1/4 ms


def test_zooming_goes_through_all_heights_and_says_which() -> None:
    strip = paper(watch(20))
    said = []
    for _step in HEIGHTS:
        strip.closer()
        said.append(strip.window)
    assert sorted(said, reverse=True) == list(HEIGHTS)
    assert f"{strip.window:g} ms" in strip.text(80, 5)[0]


@pytest.mark.parametrize(("rows", "name", "height"), [(6, "ascii", 2), (8, "braille", 5), (21, "braille", 10)])
def test_until_one_zooms_the_height_suits_the_room(rows: int, name: str, height: int) -> None:
    strip = PaperStrip()
    strip.hear(watch(20))
    assert f"{height} ms" in strip.text(80, rows, name)[0]


def test_each_oscillation_has_a_column_and_missing_beats_leave_theirs_empty() -> None:
    beats = [beat for beat in watch(40) if not 10 <= beat.second / INTERVAL < 20]
    (line,) = [line for line in paper(beats).text(40, 21, "braille")[1:] if line.strip()]
    assert line[:20].count(" ") == 5
    assert line[4] != " " and line[5:10].strip() == "" and line[10] != " "


def test_full_paper_moves_on_and_the_newest_beat_stands_at_the_right() -> None:
    short = paper(watch(60)).text(40, 11, "braille")
    assert all(line[35:].strip() == "" for line in short[1:])
    full = paper(watch(400)).text(40, 11, "braille")
    (line,) = [line for line in full[1:] if line.strip()]
    assert line.strip() == line


def test_beats_beyond_the_edge_come_in_again_at_the_other() -> None:
    strip = paper(watch(200, rate=0.6))  # 15 ms in 25 s on paper of 10 ms
    assert set(rows_of(strip, "both", width=120)) == set(range(1, 21))


def test_a_finished_trace_fills_the_width_and_knows_its_sides() -> None:
    points = [(beat.second, beat.late) for beat in watch(600, apart=2.0)]
    beats = beats_of(points, 28800)
    assert [beat.side for beat in beats[:4]] == [0, 1, 0, 1]
    strip = PaperStrip()
    strip.show(beats)
    lines = [line for line in strip.text(40, 21, "braille")[1:] if line.strip()]
    assert len(lines) == 2
    assert all(len(line.rstrip()) > 35 for line in lines)


class Desk(App[None]):
    def compose(self) -> ComposeResult:
        self.strip = PaperStrip()
        yield self.strip


def test_a_new_beat_draws_its_own_row_again_and_no_other() -> None:
    async def session() -> None:
        app = Desk()
        async with app.run_test(size=(60, 12)) as pilot:
            app.strip.hear(watch(40, apart=4.0))
            await pilot.pause()
            before = [app.strip.render_line(y) for y in range(12)]
            app.strip.hear(watch(1, apart=4.0, first=40))
            await pilot.pause()
            after = [app.strip.render_line(y) for y in range(12)]
            changed = [y for y in range(1, 12) if before[y] is not after[y]]
            assert len(changed) == 1
            assert [y for y in range(1, 12) if after[y].text.strip()] != changed  # the other side's row stays

    asyncio.run(session())


def test_the_strip_drawn_beat_by_beat_is_the_strip_drawn_at_once() -> None:
    beats = watch(400, rate=0.2, apart=0.7)

    async def session() -> None:
        app = Desk()
        async with app.run_test(size=(60, 20)) as pilot:
            for beat in beats:
                app.strip.hear([beat])
            await pilot.pause()
            live = [app.strip.render_line(y).text for y in range(20)]
            assert live == paper(beats).text(60, 20, "braille")

    with charset.drawing("braille"):
        asyncio.run(session())


@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 1)), max_size=60
    ),
    st.integers(1, 50),
    st.integers(1, 20),
    st.sampled_from(sorted(CHARSETS)),
)
def test_no_beats_whatever_break_the_strip(
    heard: list[tuple[float, float, int]], width: int, height: int, name: str
) -> None:
    strip = paper([Beat(*each) for each in heard])
    lines = strip.text(width, height, name)
    assert [len(line) for line in lines] == [width] * height


@pytest.mark.parametrize("name", CHARSETS)
def test_an_empty_strip_is_empty_paper(name: str) -> None:
    assert not "".join(PaperStrip().text(30, 8, name)[1:]).strip()
