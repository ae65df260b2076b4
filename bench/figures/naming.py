"""The lines of figures as people call what they are about: technicians, calibres, procedures by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from bench.calibre import ProfileLibrary
from bench.errors import EtabliError
from bench.figures.model import Figure, Report
from bench.journal.titles import Events, StepTitles
from bench.people import Operator

Naming = Mapping[str, Callable[[str], str]]
"""What a figure is about (`Figure.about`), and the name of each id there."""


def naming(operators: Iterable[Operator], profiles: ProfileLibrary, journal: Events) -> Naming:
    """Return the names of a workshop; who has left it, and what has no profile, is called by the id.

    Procedures are called as in the newest version that the journal holds.
    """
    titles = StepTitles(journal)
    people = {operator.id: operator.name for operator in operators}

    def calibre(profile: str) -> str:
        try:
            return profiles.calibre(profile).name
        except EtabliError:
            return profile

    return {
        "technician": lambda operator: people.get(operator, operator),
        "calibre": calibre,
        "procedure": lambda procedure: str(titles.procedure(procedure) or procedure),
    }


def called(figure: Figure, names: Naming) -> Figure:
    """Return the figure with its lines called by name."""
    name = names.get(figure.about)
    if name is None:
        return figure
    lines = (replace(line, label=name(line.label)) if isinstance(line.label, str) else line for line in figure.lines)
    return replace(figure, lines=tuple(lines))


def for_people(report: Report, names: Naming) -> Report:
    """Return the report as people read it; programs keep the ids (`Report.to_json`)."""
    return replace(report, figures=tuple(called(figure, names) for figure in report.figures))
