"""Which profile exactly: its identity, and the SHA-256 over everything in it that decides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any, TypeVar

from bench.calibre import CalibreProfile, CaseProfile, Fact, ProfileIdentity, ProfileLimit
from profiles.reading import DataFile

Profile = TypeVar("Profile", CalibreProfile, CaseProfile)


def identity(file: DataFile) -> ProfileIdentity:
    # A workshop's profile is a draft until the record holds its manager's approval (G-08, bench/approvals.py).
    return ProfileIdentity(file.id, file.data["version"], "", file.origin, file.origin == "shipped")


def fingerprinted(profile: Profile) -> Profile:
    """Return the profile with the SHA-256 of its content (canonical JSON, RFC 8785) in its identity."""
    sha256 = hashlib.sha256(canonical(content(profile))).hexdigest()
    return replace(profile, identity=replace(profile.identity, sha256=sha256))


def canonical(data: Any) -> bytes:
    """Return RFC 8785 JSON of what profiles hold: ASCII keys, words, and numbers that need no exponent.

    The standard library writes the same bytes as an RFC 8785 library for these, ten times as fast (a test compares).
    """
    return json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _plain(data: Any) -> Any:
    if isinstance(data, float) and data.is_integer():
        return int(data)
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, list) else data


def content(profile: CalibreProfile | CaseProfile) -> dict[str, Any]:
    """Return everything that decides in a profile, references resolved, as JSON: what its SHA-256 is taken over."""
    common = {
        "id": profile.identity.id,
        "version": profile.identity.version,
        "rule": profile.rule.id if profile.rule else None,
        "notes": [note.to_json() for note in profile.notes],
    }
    if isinstance(profile, CalibreProfile):
        return common | {
            "maker": profile.maker,
            "calibre": profile.calibre,
            "family": profile.family.value,
            "aliases": list(profile.aliases),
            "battery": profile.battery,
            "batteries": list(profile.batteries),
            "battery_mark": profile.battery_mark.value if profile.battery_mark else None,
            "demagnetisable": profile.demagnetisable,
            "grades": {name: list(positions) for name, positions in profile.grades.items()},
            "facts": {key: _fact_json(fact) for key, fact in profile.facts.items()},
            "limits": [_limit_json(entry) for entry in profile.limits],
        }
    return common | {
        "name": profile.name,
        "rating": profile.rating.to_json(),
        "programme": profile.programme,
        "max_pressure": profile.max_pressure.to_json(),
        "validity_hours": profile.validity_hours,
        "free_volume": _fact_json(profile.free_volume) if profile.free_volume else None,
        "free_volumes": {glass: _fact_json(fact) for glass, fact in profile.free_volumes.items()},
        "stages": [
            {
                "label": stage.label,
                "pressure": stage.pressure.to_json(),
                "limit": stage.limit.to_json(),
                "times": [stage.fill, stage.stabilise, stage.measure],
            }
            for stage in profile.stages
        ],
    }


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {**fact.value.to_json(), "source": fact.source, "mark": fact.mark.value}


def _limit_json(entry: ProfileLimit) -> dict[str, Any]:
    names = ("grade", "position", "wind", "stage", "temperature")
    circumstances = {name: value for name, value in zip(names, entry.circumstances, strict=True) if value}
    return {**entry.limit.to_json(), **circumstances, "shared": entry.shared}
