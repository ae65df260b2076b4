"""What other packages add to the drivers, through Python's entry points.

etabli.drivers    dialect id = "package.module:DriverClass", a subclass of drivers.wire.WireInstrument
etabli.dialects   any name = "package", whose folder holds the dialect files
etabli.trials     dialect id = "package.module:TRIAL", a drivers.simulated.desk.Trial, for `etabli drivers check`

docs/how-to/write-a-driver.md walks through one.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import UsageError
from bench.language import msg

if TYPE_CHECKING:
    from drivers.simulated.desk import Trial
    from drivers.wire import WireInstrument

DRIVERS = "etabli.drivers"
DIALECTS = "etabli.dialects"
TRIALS = "etabli.trials"


@cache
def names() -> tuple[str, ...]:
    """Return the dialects that other packages' drivers speak."""
    return tuple(sorted(entry_points(group=DRIVERS).names))


def driver(dialect: str) -> type[WireInstrument] | None:
    """Return the driver class that another package gives for `dialect`. Raises UsageError where it cannot be loaded."""
    from drivers.wire import WireInstrument

    found = _loaded(DRIVERS, dialect)
    if found is not None and not (isinstance(found, type) and issubclass(found, WireInstrument)):
        raise _wrong(DRIVERS, dialect, "drivers.wire.WireInstrument")
    return found


def trial(dialect: str) -> Trial | None:
    """Return the trial that another package gives for `dialect`. Raises UsageError where it cannot be loaded."""
    from drivers.simulated.desk import Trial

    found = _loaded(TRIALS, dialect)
    if found is not None and not isinstance(found, Trial):
        raise _wrong(TRIALS, dialect, "drivers.simulated.desk.Trial")
    return found


@cache
def dialect_folders() -> tuple[Path, ...]:
    """Return the folders of dialect files that other packages bring; one that is not there is left out."""
    folders = []
    for entry in entry_points(group=DIALECTS):
        try:
            spec = find_spec(entry.value)
        except (ImportError, ValueError):
            continue
        if spec is not None:
            folders += [Path(place) for place in spec.submodule_search_locations or ()]
    return tuple(folders)


def _loaded(group: str, name: str) -> Any:
    entries: list[EntryPoint] = list(entry_points(group=group, name=name))
    if not entries:
        return None
    if len(entries) > 1:
        where = ", ".join(entry.value for entry in entries)
        raise UsageError(
            msg("“{name}” is given twice under {group}: {where}.", name=name, group=group, where=where),
            remedy=msg("Uninstall one of the packages."),
        )
    try:
        return entries[0].load()
    except Exception as error:  # a third party's module may raise anything when it is imported
        raise UsageError(
            msg("“{name}” ({where}) cannot be loaded: {error}.", name=name, where=entries[0].value, error=str(error)),
            remedy=msg("Correct or uninstall the package that brings it."),
        ) from error


def _wrong(group: str, name: str, wanted: str) -> UsageError:
    return UsageError(
        msg("“{name}” under {group} is no {wanted}.", name=name, group=group, wanted=wanted),
        remedy=msg("Correct or uninstall the package that brings it."),
    )
