"""What the bench says to the ear: patterns of the terminal's bell, for eyes that are on the watch."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


class Sound(Enum):
    """When each bell of a pattern rings, in seconds from the first."""

    STABLE = (0.0,)
    PASS = (0.0, 0.18)
    FAIL = (0.0, 0.3, 0.6)
    LOST = (0.0, 0.12, 0.24, 0.9, 1.02, 1.14)


def ring(app: App[int], sound: Sound, bell: Callable[[], None] | None = None) -> None:
    """Ring a pattern; the application's bell is silent where sounds are turned off."""
    bell = bell or app.bell
    for delay in sound.value:
        if delay:
            app.set_timer(delay, bell)
        else:
            bell()
