"""A real browser with a tab of `etabli serve`: what it was told to draw, read as text."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PARTS = re.compile(r"\x1b\[[?>=]?([0-9;]*)\$?([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\r\n]|[^\x1b\r\n]+")
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0


def drawn(data: str, width: int, height: int) -> list[str]:
    """Return the rows of a terminal that got `data`: where the cursor was sent, and what was written there."""
    rows = [[" "] * width for _row in range(height)]
    x = y = 0
    for part in PARTS.finditer(data):
        text = part[0]
        if text[0] == "\x1b":
            if part[2] == "H":
                to = [int(n or 1) for n in (part[1] or "1;1").split(";")]
                y, x = to[0] - 1, (to[1] if len(to) > 1 else 1) - 1
            elif part[2] == "J":
                rows = [[" "] * width for _row in range(height)]
        elif text == "\r":
            x = 0
        elif text == "\n":
            y += 1
        else:
            for sign in text:
                if y < height and x < width:
                    rows[y][x] = sign
                x += cell_len(sign)
    return ["".join(row).rstrip() for row in rows]


class Tab:
    """One tab that is open on a followed workshop."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._heard: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._hear))

    def _hear(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):  # text is the page's own talk with the server
            self._heard.append(frame.decode("utf-8", "replace"))

    @property
    def screen(self) -> str:
        return "\n".join(drawn("".join(self._heard), 300, 120)).rstrip()

    def sees(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        self._until(lambda screen: all(word in screen for word in words), f"never seen: {words}")

    def lets_go_of(self, word: str) -> None:
        """Wait until a word is off the screen."""
        self._until(lambda screen: word not in screen, f"never gone: {word}")

    def _until(self, so: Callable[[str], bool], else_: str) -> None:
        end = time.monotonic() + PATIENCE
        while not so(self.screen):
            assert time.monotonic() < end, f"{else_}\n{self.screen}"
            self.page.wait_for_timeout(50)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Playwright's own Chromium, else one that is installed; skips the test where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (group “browser”)")
    with playwright.sync_playwright() as player:
        found = next((path for name in INSTALLED if (path := shutil.which(name))), None)
        try:
            opened = player.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        try:
            yield opened
        finally:
            opened.close()
