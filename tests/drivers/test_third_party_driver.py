"""A driver from another package, exactly as docs/how-to/write-a-driver.md says: found, tried, used."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.instrument import InstrumentKind
from bench.metrology import InstrumentRecord
from drivers import conformance, dialects, extensions, trials
from drivers.dialects.check import check
from drivers.registry import driver_class
from drivers.simulated.desk import set_up

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-driver.md").read_text("utf-8")


def files() -> dict[str, str]:
    """Return the page's files: blocks that begin with a comment that names one."""
    blocks = re.findall(r"```\w+\n# (\S+\.\w+)\n(.*?)```", PAGE, re.DOTALL)
    return dict(blocks)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's package, as an installer leaves it."""
    package = tmp_path / "acme_etabli"
    package.mkdir()
    (package / "__init__.py").touch()
    written = files()
    for name in ("acme_etabli/acme-gauss.toml", "acme_etabli/gauss.py"):
        (tmp_path / name).write_text(written[name], "utf-8")
    about = tmp_path / "acme_etabli-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-etabli\nVersion: 1.0\n", "utf-8")
    groups = re.findall(r'\[project\.entry-points\."(.*?)"\]\n(.*?)\n\n', written["pyproject.toml"], re.DOTALL)
    entries = "\n".join(f"[{group}]\n" + lines.replace('"', "") for group, lines in groups)
    (about / "entry_points.txt").write_text(entries, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield tmp_path
    forget()
    for name in [name for name in sys.modules if name.startswith("acme_etabli")]:
        del sys.modules[name]


def forget() -> None:
    extensions.names.cache_clear()
    extensions.dialect_folders.cache_clear()


def record(dialect: str) -> InstrumentRecord:
    return InstrumentRecord("gauss", InstrumentKind.FIELD_METER, "Acme G1", "1207", dialect, "here")


def test_the_pages_dialect_has_no_mistake(acme: Path) -> None:
    assert [str(problem) for problem in check(acme / "acme_etabli" / "acme-gauss.toml")] == []


def test_the_pages_package_is_found(acme: Path) -> None:
    assert extensions.names() == ("acme-gauss",)
    assert "acme-gauss" in dialects.available()
    assert dialects.load("acme-gauss").model == "Acme G1"
    assert driver_class(record("acme-gauss")).__name__ == "Gaussmeter"


def test_the_pages_driver_measures_and_keeps_every_promise(acme: Path) -> None:
    trial = trials.find("acme-gauss")
    assert trial is not None
    at = set_up(trial)
    assert at.driver.check_identity().serial == "1207"
    assert at.run() == {"watch_field": 1.25}
    assert {name: str(why) for name, why in conformance.run(trial) if why is not None} == {}


def test_a_package_that_cannot_be_loaded_is_named(acme: Path) -> None:
    (acme / "acme_etabli" / "gauss.py").write_text("raise RuntimeError('out of gauss')\n", "utf-8")
    with pytest.raises(UsageError, match=r"acme_etabli\.gauss.*out of gauss"):
        driver_class(record("acme-gauss"))


def test_an_entry_that_is_no_driver_is_named(acme: Path) -> None:
    (acme / "acme_etabli" / "gauss.py").write_text("Gaussmeter = TRIAL = 12\n", "utf-8")
    with pytest.raises(UsageError, match="WireInstrument"):
        driver_class(record("acme-gauss"))
    with pytest.raises(UsageError, match="Trial"):
        trials.find("acme-gauss")


def test_without_a_package_there_is_no_such_driver() -> None:
    with pytest.raises(UsageError, match="no driver speaks"):
        driver_class(record("acme-gauss"))
    assert trials.find("acme-gauss") is None
