"""`check` names file, line, key and rule of whatever is wrong in a dialect file."""

from __future__ import annotations

import pytest

from bench.errors import DataFileError
from drivers.dialects import read
from drivers.dialects.check import check
from drivers.dialects.library import path_of
from drivers.dialects.model import schema

MENDED = path_of("cosmo-ls").read_text("utf-8")
SETTING = 'name = "setting"\npattern = "#{unit} 00 {channel} {value}:"'


def broken(tmp_path, old, new):
    assert old in MENDED
    path = tmp_path / "cosmo-ls.toml"
    path.write_text(MENDED.replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "rule", "key"),
    [
        ('unit = "s"', 'unit = "parsec"', "unknown-unit", "fields.timer"),
        ('quantity = "measuring_time"', 'quantity = "mesuring_time"', "unknown-quantity", "fields.timer"),
        ("high = 15", "high = -15", "range", "fields.channel"),
        ('matches = "[A-Z]{3}"', 'matches = "[A-Z{3}"', "pattern", "fields.parameter"),
        ("{unit} 00 RLD", "{unti} 00 RLD", "field", "commands.read-result"),
        ("{unit} 00 RLD", "{unit 00 RLD", "pattern", "commands.3"),
        ('name = "stop"', 'name = "start"', "duplicate", "commands.start"),
        ('"twos-complement-low-byte"', '"crc7"', "checksum", "checksum"),
        ("leak = -0.4 }", "leak = 0.4 }", "example", "examples.1 (result)"),
        (":32\\r", ":33\\r", "example", "examples.1 (result)"),
        (SETTING, SETTING.replace("{value}", "{code}"), "ambiguous", "examples.12 (error)"),
        ('id = "cosmo-ls"', 'id = "cosmo"', "id", "id"),
        ("baudrate = 9600", "baud = 9600", "extra_forbidden", "serial.baud"),
        ("[framing]", "[framing", "toml", ""),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, rule, key):
    path = broken(tmp_path, old, new)
    problems = check(path)
    assert rule in {problem.rule for problem in problems}
    problem = next(one for one in problems if one.rule == rule)
    assert problem.file == "cosmo-ls.toml"
    assert problem.key == key or rule in ("ambiguous", "example")
    assert problem.line > 0
    assert str(problem)


def test_the_line_is_the_one_to_mend(tmp_path):
    path = broken(tmp_path, "high = 15", "high = -15")
    (problem,) = check(path)
    assert path.read_text("utf-8").splitlines()[problem.line - 1] == "[fields.channel]"
    path = broken(tmp_path, "baudrate = 9600", "baudrate = -1")
    (problem,) = check(path)
    assert path.read_text("utf-8").splitlines()[problem.line - 1] == "baudrate = -1"


def test_a_wrong_file_cannot_be_loaded(tmp_path):
    with pytest.raises(DataFileError, match=r"cosmo-ls\.toml.*parsec"):
        read(broken(tmp_path, 'unit = "s"', 'unit = "parsec"'))


def test_a_missing_file_is_a_problem_not_a_traceback(tmp_path):
    (problem,) = check(tmp_path / "nothing.toml")
    assert "nothing.toml" in str(problem)


def test_editors_get_a_schema():
    described = schema()
    assert {"id", "framing", "commands", "replies", "examples"} <= set(described["properties"])
    assert "unit" in described["$defs"]["FieldModel"]["properties"]
