"""The library of profiles: ours, and a workshop's own over them; opens without what is wrong, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bench.calibre import CalibreProfile, CaseProfile
from bench.errors import UsageError
from bench.language import Message, msg
from bench.quantities import Value
from profiles.building import Battery, Builder, Shelf, plain
from profiles.reading import SHIPPED, DataFile, Place, Problem, error, read_folder

Profile = TypeVar("Profile", CalibreProfile, CaseProfile)


class Library:
    """Profiles by id or by any name people use (“NH36”, “eta 2824-2”, “2824-2” where only one maker has it).

    `workshop` is a folder of the same layout as ours (calibres/, cases/, grades/, programmes/, batteries.toml,
    sources.toml); a file there stands in place of ours of the same id. Nothing is read before the first question.
    """

    def __init__(self, workshop: Path | None = None, *, shipped: Path = SHIPPED) -> None:
        self._folders = [(shipped, "shipped")] + ([(workshop, "workshop")] if workshop else [])
        self._calibres: dict[str, CalibreProfile | None] = {}
        self._cases: dict[str, CaseProfile | None] = {}
        self._found: dict[str, list[Problem]] = {}

    def calibre(self, profile_id: str) -> CalibreProfile:
        """Return a calibre's profile. Raises UsageError for an unknown name, DataFileError for a faulty file."""
        profile = self._build_calibre(self._resolve("calibres", profile_id))
        if profile is None:
            raise error(self._problems_of("calibres", self._resolve("calibres", profile_id)))
        return profile

    def case(self, profile_id: str) -> CaseProfile:
        """Return a case's profile. Raises UsageError for an unknown name, DataFileError for a faulty file."""
        profile = self._build_case(self._resolve("cases", profile_id))
        if profile is None:
            raise error(self._problems_of("cases", self._resolve("cases", profile_id)))
        return profile

    def calibres(self) -> Sequence[CalibreProfile]:
        """Return every calibre that is right, by maker and name."""
        built = (self._build_calibre(name) for name in self._shelf.of("calibres"))
        return sorted((p for p in built if p is not None), key=lambda p: (p.maker.casefold(), p.calibre.casefold()))

    def cases(self) -> Sequence[CaseProfile]:
        """Return every case that is right, by rating."""
        built = (self._build_case(name) for name in self._shelf.of("cases"))
        return sorted((p for p in built if p is not None), key=lambda p: (p.rating.magnitude, p.name))

    def battery(self, name: str) -> Battery:
        """Return a cell by trade number or designation (“371”, “SR920SW”). Raises UsageError for an unknown one."""
        cell = self._builder.battery(name)
        if cell is None:
            raise _unknown(msg("There is no battery called “{name}”.", name=name), name, self._builder.batteries)
        return cell

    def batteries(self) -> Sequence[Battery]:
        """Return every cell, by trade number."""
        return sorted(self._builder.batteries.values(), key=lambda cell: cell.id)

    @property
    def own(self) -> bool:
        """Whether a workshop's folder stands over ours: only then can a file be wrong that was right when shipped."""
        return len(self._folders) > 1

    @property
    def overrides(self) -> tuple[str, ...]:
        """The files of ours that the workshop's stand in place of ("calibres/eta-2824-2")."""
        return tuple(self._overridden)

    def shipped_calibre(self, profile_id: str) -> CalibreProfile | None:
        """Return our own profile of a calibre that the workshop overrides, None where there is none."""
        return Library(shipped=self._folders[0][0])._build_calibre(profile_id)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong in any file; asking builds the whole library."""
        self.calibres(), self.cases()
        found = [*self._read_problems, *self._builder.battery_problems]
        found += [
            problem for file in self._shelf.of("grades").values() for problem in self._builder.shared(file).problems
        ]
        found += [
            problem for file in self._shelf.of("programmes").values() for problem in self._builder.programme(file)[1]
        ]
        found += [problem for problems in self._found.values() for problem in problems]
        return (*found, *self._clashes)

    def search(
        self,
        words: str = "",
        *,
        maker: str = "",
        diameter: Value | None = None,
        beat_rate: Value | None = None,
    ) -> Sequence[CalibreProfile]:
        """Return the calibres whose name or aliases hold every word, of this diameter (± 0.05 mm) and train."""
        wanted = [plain(word) for word in words.split()]
        return [
            profile
            for profile in self.calibres()
            if all(any(word in plain(name) for name in (profile.name, *profile.aliases)) for word in wanted)
            and (not maker or plain(maker) == plain(profile.maker))
            and _near(profile.fact("diameter"), diameter, 0.05)
            and _near(profile.fact("beat_rate"), beat_rate, 0.5)
        ]

    # Reading

    @cached_property
    def _read(self) -> tuple[Shelf, list[Problem], list[str]]:
        shelf, problems, overridden = Shelf(), [], []
        for folder, origin in self._folders:
            files, wrong = read_folder(folder, origin)
            problems += wrong
            for problem in wrong:
                # A broken file of the workshop withholds ours: its limits were meant to replace these.
                kind, _, name = problem.file.removesuffix(".toml").partition("/")
                shelf.files.get(kind, {}).pop(name, None)
            for file in files:
                shelves = shelf.files.setdefault(file.kind, {})
                key = file.id if file.kind not in ("batteries", "sources") else f"{file.kind}@{origin}"
                if key in shelves:
                    overridden.append(f"{file.kind}/{key}")
                shelves[key] = file
        return shelf, problems, overridden

    @property
    def _shelf(self) -> Shelf:
        return self._read[0]

    @property
    def _read_problems(self) -> list[Problem]:
        return self._read[1]

    @property
    def _overridden(self) -> list[str]:
        return self._read[2]

    @cached_property
    def _builder(self) -> Builder:
        return Builder(self._shelf)

    def _build_calibre(self, name: str) -> CalibreProfile | None:
        if name not in self._calibres:
            file = self._shelf.of("calibres").get(name)
            if file is None:
                return None
            self._calibres[name], self._found[f"calibres/{name}"] = self._builder.calibre(file)
        return self._calibres[name]

    def _build_case(self, name: str) -> CaseProfile | None:
        if name not in self._cases:
            file = self._shelf.of("cases").get(name)
            if file is None:
                return None
            self._cases[name], self._found[f"cases/{name}"] = self._builder.case(file)
        return self._cases[name]

    # Names

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, list[str]]]:
        """For each kind, what people call a profile (letters and digits only) → the ids that answer to it."""
        names: dict[str, dict[str, list[str]]] = {"calibres": {}, "cases": {}}
        for kind in names:
            for file in self._shelf.of(kind).values():
                for called in _called(file):
                    ids = names[kind].setdefault(plain(called), [])
                    if file.id not in ids:
                        ids.append(file.id)
        return names

    @cached_property
    def _clashes(self) -> list[Problem]:
        """Two files for one calibre: the same id, maker and name, or alias."""
        clashes = []
        owner: dict[str, DataFile] = {}
        for file in self._shelf.of("calibres").values():
            data = file.data
            given: list[tuple[str, Place]] = [(f"{data['maker']} {data['calibre']}", ("calibre",))]
            given += [(alias, ("aliases", index)) for index, alias in enumerate(data.get("aliases", ()))]
            for called, place in given:
                other = owner.setdefault(plain(called), file)
                if other is not file:
                    clashes.append(
                        file.problem(place, msg("{file} answers to that name too.", file=other.name), called)
                    )
        return clashes

    def _problems_of(self, kind: str, name: str) -> Sequence[Problem]:
        read = [problem for problem in self._read_problems if problem.file == f"{kind}/{name}.toml"]
        return read or self._found.get(f"{kind}/{name}", [])

    def _resolve(self, kind: str, asked: str) -> str:
        if asked in self._shelf.of(kind) or self._problems_of(kind, asked):
            return asked
        ids = self._names[kind].get(plain(asked), [])
        if len(ids) == 1:
            return ids[0]
        if ids:
            raise UsageError(
                msg("“{name}” can be several profiles: {ids}.", name=asked, ids=", ".join(ids)),
                remedy=msg("Give one of these ids."),
            )
        what = msg("There is no profile called “{name}”.", name=asked)
        raise _unknown(what, asked, self._shelf.of(kind), self._names[kind])


def _called(file: DataFile) -> list[str]:
    data = file.data
    if file.kind == "calibres":
        return [file.id, data["calibre"], f"{data['maker']} {data['calibre']}", *data.get("aliases", ())]
    return [file.id, data["name"]]


def _near(value: Value | None, wanted: Value | None, within: float) -> bool:
    if wanted is None:
        return True
    return value is not None and abs((value - wanted).magnitude) <= within


def _unknown(
    what: Message, asked: str, ids: Mapping[str, object], names: Mapping[str, list[str]] | None = None
) -> UsageError:
    import difflib

    near = difflib.get_close_matches(plain(asked), [plain(i) for i in ids] + list(names or {}), n=5, cutoff=0.6)
    by_plain = {plain(i): i for i in ids}
    meant = list(dict.fromkeys(i for n in near for i in ((names or {}).get(n) or [by_plain[n]])))
    remedy = (
        msg("Did you mean {near}?", near=", ".join(meant[:3]))
        if meant
        else msg("“etabli profiles list” shows what there is.")
    )
    return UsageError(what, remedy=remedy)
