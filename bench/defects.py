"""The codes with which a diagnosis names a defect: zone, part, defect, with what is said beside them.

Ours stand in defects.toml; a workshop adds zones and codes of its own with a defects.toml in its folder. Ours are
not renamed there: records of other years carry them.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bench import datafile
from bench.errors import DataFileError, UsageError
from bench.language import Text, msg
from bench.words import folded, words

FILE_NAME = "defects.toml"
_SHIPPED = Path(__file__).with_name(FILE_NAME)
_CODE = re.compile(r"[A-Z]{3}(-[A-Z]{1,3}){1,2}")


@dataclass(frozen=True)
class Defect:
    """One defect: its code ("MEC-AMP-B"), its zone ("MEC"), what it is called."""

    code: str
    zone: str
    label: Text


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = "1"
    zones: dict[str, Text] = Field(default_factory=dict)
    severities: dict[str, Text] = Field(default_factory=dict)
    origins: dict[str, Text] = Field(default_factory=dict)
    outcomes: dict[str, Text] = Field(default_factory=dict)
    defects: dict[str, Text] = Field(default_factory=dict)

    @field_validator("defects")
    @classmethod
    def _codes(cls, written: dict[str, Text]) -> dict[str, Text]:
        wrong = [code for code in written if not _CODE.fullmatch(code)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: a code is ZONE-PART-DEFECT or ZONE-DEFECT in capitals")
        return written


@lru_cache(maxsize=4)
def _known(own: Path | None) -> _File:
    ours = datafile.load(_SHIPPED, _File)
    path = own / FILE_NAME if own is not None else None
    if path is None or not path.is_file():
        return ours
    theirs = datafile.load(path, _File)
    if theirs.severities or theirs.origins or theirs.outcomes:
        raise DataFileError(
            msg("{file} may add zones and defects only.", file=path.name),
            msg("Severities, origins and outcomes are the same in every workshop."),
            msg("Take them out of the file."),
        )
    again = sorted({*theirs.zones} & {*ours.zones} | {*theirs.defects} & {*ours.defects})
    if again:
        raise DataFileError(
            msg("{file} names again what there is already: {codes}.", file=path.name, codes=", ".join(again)),
            msg("Records of other years carry these codes."),
            msg("Give yours a code of their own."),
        )
    known = ours.model_copy(
        update={"zones": {**ours.zones, **theirs.zones}, "defects": {**ours.defects, **theirs.defects}}
    )
    stray = [code for code in theirs.defects if _zone(code) not in known.zones]
    if stray:
        raise DataFileError(
            msg("{file}: the zone of {codes} is not known.", file=path.name, codes=", ".join(stray)),
            remedy=msg("Known zones: {known}.", known=", ".join(known.zones)),
        )
    return known


_adopted: list[Path] = []


def adopt(own: Path | None) -> None:
    """Let the codes of the workshop's folder be known where none is named. Raises DataFileError when it is broken."""
    _adopted[:] = []
    if own is not None:
        _known(own)
        _adopted[:] = [own]


def defects(own: Path | None = None) -> dict[str, Defect]:
    """Return every defect by its code, ours and those of the folder `own` (where none is named: of the adopted one).

    Raises DataFileError for a broken file.
    """
    return _listed(own or next(iter(_adopted), None))


@lru_cache(maxsize=4)
def _listed(own: Path | None) -> dict[str, Defect]:
    return {code: Defect(code, _zone(code), label) for code, label in _known(own).defects.items()}


def defect(code: str, own: Path | None = None) -> Defect:
    """Return the defect of a code, in whatever case it is typed. Raises UsageError naming those that are near."""
    known = defects(own)
    wanted = code.strip().upper()
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=5, cutoff=0.5)
    raise UsageError(
        msg("There is no defect code {code}.", code=code.strip() or "—"),
        remedy=msg("Near to it: {codes}.", codes="; ".join(f"{each} {known[each].label}" for each in near))
        if near
        else msg("Search for a word of it: “gasket”, “battery”."),
    )


def search(text: str, language: str, own: Path | None = None) -> list[Defect]:
    """Return the defects whose code or label ("fr" or "en") holds every word of `text`, as far as it is typed.

    Accents, case and plurals make no difference; nothing typed finds all.
    """
    typed = words(text)
    return [
        each
        for each in defects(own).values()
        if all(any(word.startswith(part) for word in _searched(each, language)) for part in typed)
    ]


def zones(own: Path | None = None) -> dict[str, Text]:
    """Return the zones by their three letters."""
    return _known(own).zones


def severities() -> dict[str, Text]:
    """Return how grave a defect is, "0" (a note) to "3" (the watch stops)."""
    return _known(None).severities


def origins() -> dict[str, Text]:
    """Return where a defect comes from, by its letter; "?" is unknown."""
    return _known(None).origins


def outcomes() -> dict[str, Text]:
    """Return what may become of a defect, by code."""
    return _known(None).outcomes


def _zone(code: str) -> str:
    return code.partition("-")[0]


def _searched(entry: Defect, language: str) -> tuple[str, ...]:
    label = entry.label.fr if language == "fr" else entry.label.en
    return (*words(label), *words(entry.code), folded(entry.code))
