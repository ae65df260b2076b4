"""workshop.toml: what it gives the bench, and how its mistakes are told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bench.errors import DataFileError
from bench.instrument import InstrumentKind
from bench.people import Role
from tui.folder import Folder
from tui.settings import load
from tui.workshop import Workshop

WHOLE = """
name = "Atelier du Doubs"
language = "fr"
station = "bench-2"

[house]
residual_field_max = "0.1 mT"
self_check = true

[[operator]]
id = "cl"
name = "Claire"
roles = ["technician", "controller"]
badge = "2041"
level = 3
instruments = ["timegrapher", "water-resistance"]

[[instrument]]
id = "leak"
kind = "water-resistance"
model = "Cosmo LS-1866"
serial = "4711"
dialect = "cosmo-ls"
connection = "socket://127.0.0.1:1"
options = { channels = { 1 = "-0.4 bar", 2 = "3 bar" } }

[[instrument.certificate]]
number = "C-1"
laboratory = "Lab"
issued = 2026-06-01
interval_days = 200

[[instrument.capability]]
quantity = "leak_rate"
accuracy = 1.0
"""


def write(tmp_path: Path, text: str = WHOLE) -> Path:
    path = tmp_path / "workshop.toml"
    path.write_text(text)
    return path


def test_it_names_the_house_the_people_and_the_instruments(tmp_path: Path) -> None:
    settings = load(write(tmp_path))
    assert (settings.house.name, settings.language, settings.station) == ("Atelier du Doubs", "fr", "bench-2")
    assert settings.house.residual_field_max is not None
    assert settings.house.residual_field_max.magnitude == 0.1
    operator = settings.operator("cl")
    assert operator is not None
    assert operator.roles == {Role.TECHNICIAN, Role.CONTROLLER}
    assert (operator.badge, operator.level) == ("2041", 3)
    assert operator.may_use(InstrumentKind.TIMEGRAPHER)
    assert not operator.may_use(InstrumentKind.DEMAGNETISER)
    assert (settings.pins, settings.lock_after, settings.house.training) == (True, 600.0, False)
    record = settings.records[0]
    assert record.certificate is not None
    assert (record.certificate.due, record.certificate.serial) == (date(2026, 12, 18), "4711")
    assert record.calibration(date(2026, 7, 1)).proves
    assert not record.calibration(date(2027, 1, 1)).proves
    assert [c.quantity for c in record.capabilities] == ["leak_rate"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "Atelier du Doubs"', ""), "name"),
        (('language = "fr"', 'language = "de"'), "language"),
        (('"0.1 mT"', '"0.1 bar"'), "residual_field_max"),
        (('"technician", ', '"boss", '), "roles"),
        (('kind = "water-resistance"', 'kind = "kettle"'), "kind"),
        (('dialect = "cosmo-ls"', 'dialect = "witschi"'), "no driver speaks it"),
        (("issued = 2026-06-01", 'issued = "soon"'), "issued"),
        (("interval_days = 200", "interval_days = 0"), "interval_days"),
        (('quantity = "leak_rate"', 'quantity = "leaks"'), "unknown quantity"),
        (("accuracy = 1.0", "acuracy = 1.0"), "acuracy"),
        (("[house]", '[[operator]]\nid = "cl"\nname = "C"\nroles = ["manager"]\n[house]'), "stands twice"),
        (("[house]", "[house"), "line"),
        (("level = 3", "level = 5"), "level"),
        (("level = 3", "level = 0"), "level"),
        (('"timegrapher", "water', '"oven", "water'), "instruments"),
        (
            ("[house]", '[[operator]]\nid = "2041"\nname = "C"\nroles = ["manager"]\n[house]'),
            "badge '2041' stands twice",
        ),
        (("self_check = true", "lock_after_minutes = -1"), "lock_after_minutes"),
        (("self_check = true", 'pins = "sometimes"'), "pins"),
        (("self_check = true", 'training = "no way"'), "training"),
        (("[house]", '[simulation]\npin = "12"\n[house]'), "pin"),
        (("[house]", '[simulation]\npin = "12a4"\n[house]'), "pin"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_reason(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(DataFileError) as caught:
        load(write(tmp_path, WHOLE.replace(*change)))
    assert "workshop.toml" in str(caught.value)
    assert said in str(caught.value)


def test_what_is_left_out_holds_nobody_back(tmp_path: Path) -> None:
    plain = WHOLE.replace('badge = "2041"\nlevel = 3\ninstruments = ["timegrapher", "water-resistance"]\n', "")
    rules = "training = true\npins = false\nlock_after_minutes = 0\n"
    settings = load(write(tmp_path, plain.replace("self_check = true\n", rules)))
    operator = settings.operator("cl")
    assert operator is not None
    assert (operator.badge, operator.level) == ("cl", 4)
    assert all(operator.may_use(kind) for kind in InstrumentKind)
    assert (settings.pins, settings.lock_after, settings.house.training) == (False, 0.0, True)
    assert operator.may_use(InstrumentKind.DEMAGNETISER)


def test_a_first_start_makes_a_workshop_that_can_be_opened(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    assert folder.found()
    assert not folder.found()
    with Workshop.open(folder) as workshop:
        assert len(workshop.operators) == 1
        assert workshop.desk.orders() == []
        assert workshop.records == ()
    assert not folder.recordings.exists()


def test_an_opened_workshop_records_and_writes_sheets_among_its_own_things(tmp_path: Path) -> None:
    write(tmp_path)
    folder = Folder(tmp_path)
    with Workshop.open(folder) as workshop:
        assert [record.id for record in workshop.records] == ["leak"]
        assert len(list(folder.recordings.glob("*.mcap"))) == 1
    with Workshop.open(folder):
        assert len(list(folder.recordings.glob("*.mcap"))) == 2


def test_a_folder_that_cannot_record_is_noticed_and_works(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "recordings").write_text("a file where the folder should be")
    with Workshop.open(Folder(tmp_path)) as workshop:
        assert len(workshop.notices) == 1
        assert "recorded" in str(workshop.notices[0])
