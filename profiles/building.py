"""From checked files to the core's profiles: units, references, limits, and everything that can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench.calibre import CalibreProfile, CaseProfile, Fact, ProfileLimit, Stage
from bench.conformity import RULES
from bench.language import Text, msg
from bench.limit import Mark
from bench.order import Family
from bench.quantities import Value
from profiles.entries import Report
from profiles.fingerprint import fingerprinted, identity
from profiles.reading import DataFile, Place, Problem

# The trains that movements are made with (instruments.md 1.3): anything else is a slip of the pen.
BEAT_RATES = (12000, 14400, 17280, 18000, 19800, 21600, 25200, 28800, 36000, 43200, 72000)
LIFT_ANGLES = (10.0, 90.0)
# A cell may differ from the supply of the calibre's tests by this much (1.55 V cells are tested at 1.50 to 1.55 V).
VOLTAGE_LEEWAY = 0.3


@dataclass(frozen=True)
class Battery:
    """A cell: trade number, what it is also called, its voltage; sizes and capacity where known."""

    id: str
    designation: str
    twin: str
    aliases: tuple[str, ...]
    chemistry: str
    facts: Mapping[str, Fact]
    mark: Mark
    source: str
    notes: tuple[Text, ...] = ()

    @property
    def voltage(self) -> Value:
        return self.facts["battery_voltage"].value

    def __str__(self) -> str:
        return f"{self.id} ({self.designation})" if self.designation else self.id


@dataclass(frozen=True)
class SharedValues:
    """What a grades file holds: values for all who refer to it, and by grade its name, positions and limits."""

    facts: Mapping[str, Fact]
    limits: tuple[ProfileLimit, ...]
    grades: Mapping[str, tuple[Text, tuple[str, ...], tuple[ProfileLimit, ...]]]
    problems: list[Problem]


@dataclass
class Shelf:
    """All the files of a library by kind and id, the workshop's in place of ours where ids are the same."""

    files: dict[str, dict[str, DataFile]] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, DataFile]:
        return self.files.get(kind, {})

    def sources(self) -> Mapping[str, str]:
        return {k: v for file in self.of("sources").values() for k, v in file.data["sources"].items()}


class Builder:
    """Builds profiles from a shelf. Each method returns the profile, or None, and the problems of its file."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._sources = shelf.sources()
        self._shared: dict[str, SharedValues] = {}
        self.battery_problems: list[Problem] = []
        self.batteries = self._batteries()
        self._cell = {plain(name): cell for cell in self.batteries.values() for name in _cell_names(cell)}

    def calibre(self, file: DataFile, trail: tuple[str, ...] = ()) -> tuple[CalibreProfile | None, list[Problem]]:
        """Build one calibre; `trail` holds the sister calibres it was reached from."""
        report = Report(file, self._sources)
        data = file.data
        facts = report.facts(data.get("facts", {}), ("facts",))
        limits = report.limits(data.get("limits", ()), ("limits",))
        grades, names, graded = self._grades(report, data.get("grades"))
        limits += graded
        if data.get("positions"):
            grades[""] = tuple(data["positions"])
        self._carry_over(report, data.get("carried_over"), facts, limits, (*trail, file.id))
        for index, name in enumerate(data.get("shared", ())):
            self._share(report, name, ("shared", index), facts, limits)
        limits = _without_shadowed(limits)
        for index, entry in enumerate(data.get("limits", ())):
            if entry.get("grade", "") not in ("", *grades):
                report(("limits", index, "grade"), msg("there is no grade of that name."), entry["grade"])
        _check_plausible(report, facts)
        reference = data.get("battery")
        cell = self._check_battery(report, reference, facts) if reference else ""
        if report.problems:
            return None, report.problems
        profile = CalibreProfile(
            identity=identity(file),
            maker=data["maker"],
            calibre=data["calibre"],
            family=Family(data["family"]),
            aliases=tuple(data.get("aliases", ())),
            facts=facts,
            limits=tuple(limits),
            grades=grades,
            battery=cell,
            demagnetisable=data.get("demagnetisable", True),
            rule=RULES[data["rule"]] if "rule" in data else None,
            notes=_texts(data.get("notes", ())),
            batteries=tuple(reference.get("others", ())) if reference else (),
            battery_names=self._battery_names(reference) if reference else frozenset(),
            battery_mark=Mark(reference["mark"]) if reference else None,
            battery_source=report.source(reference["source"], ("battery", "source")) if reference else "",
            grade_names=names,
        )
        return fingerprinted(profile), []

    def case(self, file: DataFile) -> tuple[CaseProfile | None, list[Problem]]:
        """Build one case with the stages of its programme."""
        report = Report(file, self._sources)
        data = file.data
        rating = report.value("rated_pressure", data["rating"], ("rating",))
        highest = report.value("test_pressure", data["max_pressure"], ("max_pressure",))
        volumes = {
            glass: fact
            for glass, entry in data.get("free_volumes", {}).items()
            if (fact := report.fact("free_volume", entry, ("free_volumes", glass)))
        }
        glass = data.get("glass", "medium")
        stages = self._stages(report, data["programme"])
        if stages and glass not in volumes:
            report(
                ("free_volumes",), msg("without the free volume of “{glass}” no leak rate can be stated.", glass=glass)
            )
        for stage in stages:
            if highest is not None and stage.pressure > highest:
                report(
                    ("max_pressure",),
                    msg("the programme goes up to {pressure}.", pressure=stage.pressure),
                    data["max_pressure"],
                )
        if report.problems or rating is None or highest is None:
            return None, report.problems
        profile = CaseProfile(
            identity=identity(file),
            name=data["name"],
            rating=rating,
            stages=tuple(stages),
            free_volume=volumes.get(glass),
            max_pressure=highest,
            rule=RULES[data["rule"]] if "rule" in data else None,
            validity_hours=float(data.get("validity_hours", 24.0)),
            notes=_texts(data.get("notes", ())),
            programme=data["programme"],
            free_volumes=volumes,
        )
        return fingerprinted(profile), []

    def programme(self, file: DataFile) -> tuple[list[Stage], list[Problem]]:
        """Build the stages of one test programme."""
        report = Report(file, self._sources)
        times = file.data["times"]
        stages = []
        for index, entry in enumerate(file.data["stages"]):
            place: Place = ("stages", index)
            pressure = report.value("test_pressure", entry["pressure"], (*place, "pressure"))
            limit = report.limit(
                {**entry, "quantity": "leak_rate", "low": None, "high": entry["limit"]}, place, "limit"
            )
            seconds = [
                report.value("measuring_time", entry.get(name, times[name]), (*place, name))
                for name in ("fill", "stabilise", "measure")
            ]
            if pressure is None or limit is None or None in seconds:
                continue
            fill, stabilise, measure = (value.magnitude for value in seconds if value is not None)
            stages.append(Stage(entry["label"], pressure, limit, fill, stabilise, measure))
        labels = [stage.label for stage in stages]
        for label in sorted({label for label in labels if labels.count(label) > 1}):
            report(("stages",), msg("two stages are labelled alike."), label)
        return stages, report.problems

    def shared(self, file: DataFile) -> SharedValues:
        """Read a grades file, once however many calibres refer to it."""
        if file.id not in self._shared:
            report = Report(file, self._sources)
            general = file.id if file.data.get("general") else ""
            grades = {}
            for name, entry in file.data.get("grades", {}).items():
                limits = report.limits(entry.get("limits", ()), ("grades", name, "limits"))
                graded = tuple(replace(limit, grade=name) for limit in limits)
                grades[name] = (Text.from_json(entry["name"]), tuple(entry.get("positions", ())), graded)
            self._shared[file.id] = SharedValues(
                report.facts(file.data.get("facts", {}), ("facts",)),
                tuple(report.limits(file.data.get("limits", ()), ("limits",), shared=general)),
                grades,
                report.problems,
            )
        return self._shared[file.id]

    def battery(self, name: str) -> Battery | None:
        """Return the cell of this trade number or alias (SR920SW), None where it is unknown."""
        return self._cell.get(plain(name))

    def _grades(
        self, report: Report, reference: Mapping[str, Any] | None
    ) -> tuple[dict[str, tuple[str, ...]], dict[str, Text], list[ProfileLimit]]:
        positions: dict[str, tuple[str, ...]] = {}
        names: dict[str, Text] = {}
        limits: list[ProfileLimit] = []
        if reference is None:
            return positions, names, limits
        file = self.shelf.of("grades").get(reference["from"])
        if file is None:
            report(("grades", "from"), msg("there is no grades file of that name."), reference["from"])
            return positions, names, limits
        theirs = self.shared(file)
        for grade in reference.get("sold") or theirs.grades:
            if grade not in theirs.grades:
                known = ", ".join(theirs.grades)
                report(
                    ("grades", "sold"),
                    msg("{file} has no such grade; it has {known}.", file=file.name, known=known),
                    grade,
                )
                continue
            names[grade], positions[grade], graded = theirs.grades[grade]
            limits += graded
        limits += theirs.limits
        if theirs.problems:
            report(("grades", "from"), msg("{file} is not right.", file=file.name), file.id)
        return positions, names, limits

    def _share(
        self, report: Report, name: str, place: Place, facts: dict[str, Fact], limits: list[ProfileLimit]
    ) -> None:
        file = self.shelf.of("grades").get(name)
        if file is None:
            report(place, msg("there is no shared file of that name."), name)
            return
        theirs = self.shared(file)
        for key, fact in theirs.facts.items():
            facts.setdefault(key, fact)
        limits += theirs.limits
        if theirs.problems:
            report(place, msg("{file} is not right.", file=file.name), name)

    def _carry_over(
        self,
        report: Report,
        wanted: Mapping[str, Any] | None,
        facts: dict[str, Fact],
        limits: list[ProfileLimit],
        trail: tuple[str, ...],
    ) -> None:
        if wanted is None:
            return
        place: Place = ("carried_over", "from")
        name = wanted["from"]
        if name in trail:
            report(place, msg("the references run in a circle: {circle}.", circle=" → ".join((*trail, name))), name)
            return
        file = self.shelf.of("calibres").get(name)
        sister, problems = self.calibre(file, trail) if file else (None, [])
        if sister is None:
            reason = msg("{file} is not right.", file=file.name) if file else msg("there is no calibre of that name.")
            circular = any("circle" in problem.reason.msgid for problem in problems)
            report(place, problems[0].reason if circular else reason, name)
            return
        for key in wanted.get("facts", ()):
            if key not in sister.facts:
                report(("carried_over", "facts"), msg("{sister} has no such value.", sister=sister.name), key)
            else:
                facts.setdefault(key, _carried(sister.facts[key], sister.name))
        for key in wanted.get("limits", ()):
            theirs = [entry for entry in sister.limits if entry.limit.quantity.id == key and not entry.shared]
            if not theirs:
                report(("carried_over", "limits"), msg("{sister} has no such limit.", sister=sister.name), key)
            limits += [replace(entry, limit=_carried(entry.limit, sister.name)) for entry in theirs]

    def _stages(self, report: Report, name: str) -> list[Stage]:
        file = self.shelf.of("programmes").get(name)
        if file is None:
            report(("programme",), msg("there is no test programme of that name."), name)
            return []
        stages, problems = self.programme(file)
        if problems:
            report(("programme",), msg("{file} is not right.", file=file.name), name)
        return stages

    def _batteries(self) -> dict[str, Battery]:
        cells: dict[str, Battery] = {}
        for file in self.shelf.of("batteries").values():
            report = Report(file, self._sources)
            for name, entry in file.data["batteries"].items():
                place: Place = ("batteries", name)
                keys = {"battery_voltage": "voltage", "battery_capacity": "capacity"}
                keys |= {"diameter": "diameter", "height": "height"}
                facts = {
                    key: fact
                    for key, word in keys.items()
                    if word in entry and (fact := report.fact(key, entry[word], (*place, word)))
                }
                source = report.source(entry["source"], (*place, "source"))
                if "battery_voltage" in facts:
                    cells[name] = Battery(
                        name,
                        entry.get("designation", ""),
                        entry.get("twin", ""),
                        tuple(entry.get("aliases", ())),
                        entry.get("chemistry", "silver-oxide"),
                        facts,
                        Mark(entry["mark"]),
                        source,
                        _texts(entry.get("notes", ())),
                    )
            self.battery_problems += report.problems
        return cells

    def _check_battery(self, report: Report, reference: Mapping[str, Any], facts: dict[str, Fact]) -> str:
        """Return the id of the usual cell, whose capacity becomes a fact of the calibre where it states none.

        A cell of another voltage than the calibre's is a problem.
        """
        supply = facts.get("supply_voltage")
        report.source(reference["source"], ("battery", "source"))
        named: list[tuple[Place, str]] = [(("battery", "cell"), reference["cell"])]
        named += [(("battery", "others", index), name) for index, name in enumerate(reference.get("others", ()))]
        for place, name in named:
            cell = self.battery(name)
            if cell is None:
                report(place, msg("there is no battery of that name."), name)
            elif supply and abs(cell.voltage.magnitude - supply.value.magnitude) > VOLTAGE_LEEWAY:
                report(
                    place,
                    msg(
                        "a battery of {voltage} does not go with a calibre of {supply}.",
                        voltage=cell.voltage.show(2),
                        supply=supply.value,
                    ),
                    name,
                )
        usual = self.battery(reference["cell"])
        if usual and (capacity := usual.facts.get("battery_capacity")):
            facts.setdefault("battery_capacity", capacity)
        return usual.id if usual else ""

    def _battery_names(self, reference: Mapping[str, Any]) -> frozenset[str]:
        """Return every name under which a cell that fits may be written: trade numbers, designations, aliases."""
        cells = (self.battery(name) for name in (reference["cell"], *reference.get("others", ())))
        return frozenset(name for cell in cells if cell for name in (cell.id, cell.designation, *cell.aliases) if name)


def _carried(what: Any, sister: str) -> Any:
    """Return a fact or limit of a sister calibre: what was documented there is carried over here."""
    mark = Mark.CARRIED_OVER if what.mark is Mark.DOCUMENTED else what.mark
    return replace(what, mark=mark, source=f"{what.source} [{sister}]")


def _without_shadowed(limits: Iterable[ProfileLimit]) -> list[ProfileLimit]:
    """Keep the first limit for the same quantity and circumstances: own before grade, sister and shared ones."""
    kept: dict[tuple[object, ...], ProfileLimit] = {}
    for entry in limits:
        kept.setdefault((entry.limit.quantity.id, *entry.circumstances), entry)
    return list(kept.values())


def _check_plausible(report: Report, facts: Mapping[str, Fact]) -> None:
    beat = facts.get("beat_rate")
    if beat and round(beat.value.magnitude, 6) not in BEAT_RATES:
        known = ", ".join(f"{rate}" for rate in BEAT_RATES)
        report(
            ("facts", "beat_rate", "value"),
            msg("no movement beats like that; known trains: {known} A/h.", known=known),
            beat.value,
        )
    lift = facts.get("lift_angle")
    if lift and not LIFT_ANGLES[0] <= lift.value.magnitude <= LIFT_ANGLES[1]:
        report(("facts", "lift_angle", "value"), msg("a lift angle lies between 10° and 90°."), lift.value)


def _texts(entries: Iterable[Mapping[str, str]]) -> tuple[Text, ...]:
    return tuple(Text.from_json(entry) for entry in entries)


def plain(name: str) -> str:
    """Return a name as it is looked up: letters and digits only, in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _cell_names(cell: Battery) -> tuple[str, ...]:
    return tuple(name for name in (cell.id, cell.designation, *cell.aliases) if name)
