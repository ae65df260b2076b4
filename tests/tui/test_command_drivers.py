"""`etabli drivers`: who speaks what, and a driver tried through every fault."""

from __future__ import annotations

from command_line import etabli

from drivers.conformance import CHECKS
from drivers.registry import DRIVERS


def test_list_names_every_driver() -> None:
    told = etabli("drivers", "list")
    assert told.code == 0
    for dialect in DRIVERS:
        assert dialect in told.out


def test_check_tries_a_driver_through_every_row() -> None:
    told = etabli("drivers", "check", "lutron-16-digit")
    assert told.code == 0, told.out + told.err
    assert told.out.count("✓") == len(CHECKS)
    assert "✗" not in told.out
    assert "Every promise is kept." in told.err


def test_check_of_a_dialect_without_driver_says_what_there_is() -> None:
    told = etabli("drivers", "check", "ateq")
    assert told.code != 0
    assert "There is no trial of “ateq”" in told.err
    assert "lutron-16-digit" in told.err
    assert "Traceback" not in told.err
