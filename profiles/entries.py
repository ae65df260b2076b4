"""Reading the values, facts and limits of one profile file, and collecting what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bench.calibre import Fact, ProfileLimit
from bench.language import Message, msg
from bench.limit import Limit, Mark
from bench.quantities import QUANTITIES, QuantityMismatch, Value, quantity
from profiles.reading import DataFile, Place, Problem

_CODE = re.compile(r"[A-Z]\d{1,2}[a-z]?$")


class Report:
    """Reads the values of one file and collects what is wrong with them."""

    def __init__(self, file: DataFile, sources: Mapping[str, str]) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._sources = sources

    def __call__(self, place: Place, reason: Message, value: object = "") -> None:
        self.problems.append(self.file.problem(place, reason, value))

    def value(self, key: str, written: str, place: Place) -> Value | None:
        """Read a value with its unit."""
        try:
            return Value.parse(key, written)
        except QuantityMismatch as fault:
            self(place, fault.what, written)
        return None

    def source(self, written: str, place: Place) -> str:
        """Write out the codes of sources.toml; other words stay as they are."""
        words = written.split()
        if not any(_CODE.match(word) or word in self._sources for word in words):
            return written
        for word in words:
            if word not in self._sources:
                self(place, msg("there is no source of that code."), word)
        return "; ".join(f"{word} {self._sources.get(word, '')}".strip() for word in words)

    def facts(self, entries: Mapping[str, Any], place: Place) -> dict[str, Fact]:
        found = ((key, self.fact(key, entry, (*place, key))) for key, entry in entries.items())
        return {key: fact for key, fact in found if fact is not None}

    def fact(self, key: str, entry: Mapping[str, Any], place: Place) -> Fact | None:
        if key not in QUANTITIES:
            self(place, msg("there is no quantity of that name."), key)
            return None
        value = self.value(key, entry["value"], (*place, "value"))
        source = self.source(entry["source"], (*place, "source"))
        if value is None:
            return None
        if value.magnitude <= 0 and key != "jewels":
            self((*place, "value"), msg("it must be greater than zero."), entry["value"])
            return None
        return Fact(value, source, Mark(entry["mark"]))

    def limits(self, entries: Sequence[Mapping[str, Any]], place: Place, shared: str = "") -> list[ProfileLimit]:
        found = []
        for index, entry in enumerate(entries):
            limit = self.limit(entry, (*place, index))
            if limit is not None:
                circumstances = {key: entry.get(key) for key in ("grade", "position", "wind", "stage", "temperature")}
                found.append(ProfileLimit(limit, **circumstances, shared=shared))
        return found

    def limit(self, entry: Mapping[str, Any], place: Place, high_key: str = "high") -> Limit | None:
        """Read one limit; `high_key` is how the file calls its upper side."""
        key = entry["quantity"]
        if key not in QUANTITIES:
            self((*place, "quantity"), msg("there is no quantity of that name."), key)
            return None
        source = self.source(entry["source"], (*place, "source"))
        names = {"low": "low", "high": high_key}
        written = {side: entry[side] for side in names if entry.get(side) is not None}
        sides = {side: self.value(key, text, (*place, names[side])) for side, text in written.items()}
        if not written:
            self(place, msg("a limit needs a lower or an upper side."), key)
            return None
        if any(value is None for value in sides.values()):
            return None
        if entry.get("temperature"):
            self.value("temperature", entry["temperature"], (*place, "temperature"))
        low, high = sides.get("low"), sides.get("high")
        if low is not None and high is not None and low >= high:
            self(
                (*place, "low"),
                msg("the limits are inside out: {low} does not lie below {high}.", low=low, high=high),
                entry["low"],
            )
            return None
        return Limit(
            quantity(key),
            low.magnitude if low else None,
            high.magnitude if high else None,
            source,
            Mark(entry["mark"]),
            entry.get("document", ""),
            entry.get("includes_margin", False),
        )
