"""In a real Chromium: signing in, an order that is followed while the bench works on it, no way to change it."""

from __future__ import annotations

from pathlib import Path

from browser_screen import Tab, browser, drawn
from test_serve import served
from window import fingerprint, workbench

KEYS = [*"abcdefghijklmnopqrtuvwxyz", "Enter", "Space", "Tab", "Delete", "F5", "F8", "F7", "Control+l", "Backspace"]


def test_what_is_drawn_is_read_back() -> None:
    told = "\x1b[?1049h\x1b[2;3H\x1b[1;38;2;1;2;3mone\x1b[0m two\x1b[1;1Htop\n\x1b[2;7H≤ 2"
    assert drawn(told, 20, 3) == ["top", "  one ≤ 2", ""]


def test_an_order_is_followed_in_chromium_and_cannot_be_changed(tmp_path: Path) -> None:
    bench = workbench(tmp_path)
    with browser() as chromium, served(tmp_path) as (address, _process):
        tab = Tab(chromium.new_page(viewport={"width": 1280, "height": 900}))
        tab.page.goto(address)
        tab.sees("READ ONLY", "Who looks in?", "Anne Perret")
        tab.press("Enter")
        tab.sees("Anne Perret · technician", "PIN")
        tab.press(*"0000", "Enter")
        tab.sees("The PIN is wrong.")
        tab.press(*"4711", "Enter")
        tab.sees("OR-1001", "OR-1002", "Tissot Le Locle")
        tab.press(*"tissot", "Enter")
        tab.sees("▶ Identify the watch", "not begun")

        bench.lead_to("OR-1001", "timing-before")
        tab.sees("▶ Timing before the intervention", "✔  C O N F O R M I N G", "residual field")
        bench.lead_to("OR-1001", "decide")
        tab.sees("▶ Decide what follows", "lowest amplitude")

        before = fingerprint(bench)
        tab.press(*KEYS)
        tab.press("Control+p")
        tab.sees("Search a command", "Language:")
        for word in ("Repeat", "Give up", "Correct", "Settings", "order in", "Import"):
            assert word not in tab.screen
        tab.press("Escape")
        tab.lets_go_of("Language:")
        with tab.page.context.expect_page() as sheet:
            tab.press("s")
        assert sheet.value.url.startswith(f"{address}download/")
        assert fingerprint(bench) == before
    bench.close()
