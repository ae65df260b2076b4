"""What was typed into forms that are not confirmed yet; it lives as long as the program, and is nobody's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Key = tuple[str, str]
"""An order and a step."""


@dataclass
class Drafts:
    """Unfinished forms by order and step, and the folder that photos were last taken from."""

    photos: Path | None = None
    _filled: dict[Key, Mapping[str, Any]] = field(default_factory=dict)

    def keep(self, order: str, step: str, filled: Mapping[str, Any]) -> None:
        """Keep what stands in a form that is left; nothing where nothing does."""
        if filled:
            self._filled[order, step] = dict(filled)
        else:
            self.forget(order, step)

    def of(self, order: str, step: str) -> Mapping[str, Any]:
        """Return what was typed at that step, {} where nothing was."""
        return self._filled.get((order, step), {})

    def forget(self, order: str, step: str) -> None:
        """The form has been confirmed."""
        self._filled.pop((order, step), None)
