"""What differs between two profiles: a workshop's own and ours, or two versions of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.calibre import CalibreProfile, CaseProfile
from profiles.fingerprint import content

# What tells one entry of a list from another: a limit by what it limits and when, a stage by its label.
_NAMES = ("quantity", "label", "grade", "position", "wind", "stage", "temperature")


@dataclass(frozen=True)
class Difference:
    """One key with its value in each profile; "" where one of them has none."""

    key: str
    before: str
    after: str


def differences(before: CalibreProfile | CaseProfile, after: CalibreProfile | CaseProfile) -> Sequence[Difference]:
    """Return every key whose value differs, references resolved: facts.lift_angle.value, limits.rate CH.high."""
    one, other = _flat(content(before)), _flat(content(after))
    return [
        Difference(key, one.get(key, ""), other.get(key, ""))
        for key in sorted({*one, *other})
        if one.get(key, "") != other.get(key, "")
    ]


def _flat(data: Any, key: str = "") -> dict[str, str]:
    if isinstance(data, dict):
        parts = list(data.items())
    elif isinstance(data, list) and data and all(isinstance(entry, dict) for entry in data):
        parts = [(_name(entry) or str(index), entry) for index, entry in enumerate(data, 1)]
    elif isinstance(data, list):
        return {key: ", ".join(str(entry) for entry in data)}
    else:
        return {key: "" if data is None else str(data)}
    return {k: v for name, value in parts for k, v in _flat(value, f"{key}.{name}" if key else str(name)).items()}


def _name(entry: dict[str, Any]) -> str:
    return " ".join(str(entry[name]) for name in _NAMES if entry.get(name))
