"""The lines of a figure: called by name for people, by id for programs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from managed_workshop import Told

from bench.figures import Period, Report, figures
from bench.figures.naming import for_people, naming
from bench.people import Operator, Role
from profiles.library import Library

PERIOD = Period(date(2026, 10, 1), date(2026, 10, 31))
PEOPLE = [Operator("jm", "Jeanne Monnier", frozenset({Role.TECHNICIAN}))]


@pytest.fixture
def report(tmp_path: Path) -> tuple[Report, Report]:
    """The figures of a month as counted, and as people read them."""
    told = Told(tmp_path)
    told.opened("R-1")
    told.opened("R-2", calibre="a calibre without a profile")
    for number, who in (("R-1", "jm"), ("R-2", "left")):
        told.later(hours=1).done(number, "final", who=who)
        told.later(hours=1).closed(number)
    counted = figures(told.journal, PERIOD, workshop="", made="")
    shown = for_people(counted, naming(PEOPLE, Library(), told.journal))
    told.journal.close()
    return counted, shown


def labels(report: Report, figure: str) -> set[str]:
    return {str(line.label) for found in report.figures if found.id == figure for line in found.lines}


def test_people_and_calibres_are_called_by_their_names(report: tuple[Report, Report]) -> None:
    counted, shown = report
    assert labels(counted, "repeats-by-technician") == {"jm", "left"}
    assert labels(shown, "repeats-by-technician") == {"Jeanne Monnier", "left"}
    assert labels(counted, "first-pass") == {"eta-2824-2", "a calibre without a profile"}
    assert labels(shown, "first-pass") == {"ETA 2824-2", "a calibre without a profile"}


def test_names_change_nothing_but_the_labels(report: tuple[Report, Report]) -> None:
    for counted, shown in zip(report[0].figures, report[1].figures, strict=True):
        assert [(line.cells, line.behind) for line in counted.lines] == [
            (line.cells, line.behind) for line in shown.lines
        ]
        assert counted.whole == shown.whole
