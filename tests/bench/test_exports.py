"""Rows into files: the same in every form, one after the other, whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from managed_workshop import Told

from bench.errors import EtabliError, UsageError
from bench.exports import COLUMNS, Between, rows, whole_file, write_csv, write_jsonl, write_xlsx, writers
from bench.journal import LogFilter
from bench.journal.rows import LogKind
from bench.language import speaking
from bench.quantities import QuantityMismatch, Value

EVERY = LogFilter(kinds=None)
HEAD = ("order", "value", "unit", "text")
SOME = [("A", -4.25, "s/d", "=1+1"), ("B", None, "", 'dit « oui », "non"; ligne\nsuivante'), ("C", 12.0, "µg/min", "")]


@pytest.fixture
def told(tmp_path: Path):
    told = Told(tmp_path)
    with told.journal:
        told.opened("A")
        told.measured("A", "rate", 4.5, "conforming")
        told.measured("A", "leak_rate", 80.0, "nonconforming", provenance="simulated")
        told.alert("A", "a1", "supply")
        yield told


def sheet(path: Path, number: int = 1) -> list[list[object]]:
    """Read a sheet of a workbook as Excel stores it: numbers as numbers, text as text."""
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    found = []
    for row in root.iterfind(".//m:row", ns):
        cells: list[object] = []
        for cell in row.iterfind("m:c", ns):
            assert cell.find("m:f", ns) is None, "a formula"
            text = cell.find("m:is/m:t", ns)
            value = cell.find("m:v", ns)
            cells.append(text.text if text is not None else float(value.text) if value is not None else None)
        found.append(cells)
    return found


def test_units_stand_in_a_column_of_their_own(told: Told) -> None:
    found = list(rows(told.journal, LogFilter()))
    place = {name: n for n, name in enumerate(COLUMNS)}
    assert [(row[place["value"]], row[place["unit"]]) for row in found] == [(4.5, "s/d"), (80.0, "µg/min")]
    assert all(len(row) == len(COLUMNS) for row in found)


def test_every_form_holds_the_same_rows(told: Told, tmp_path: Path) -> None:
    every = [dict(zip(COLUMNS, row, strict=True)) for row in rows(told.journal, EVERY)]
    assert [row["kind"] for row in every] == ["opened", "measurement", "measurement", "alert"]
    text = io.StringIO()
    write_csv(text, list(COLUMNS), rows(told.journal, EVERY))
    read = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in every] == read
    lines = io.StringIO()
    write_jsonl(lines, list(COLUMNS), rows(told.journal, EVERY))
    assert [json.loads(line) for line in lines.getvalue().splitlines()] == every
    write_xlsx(tmp_path / "log.xlsx", list(COLUMNS), rows(told.journal, EVERY), title="Log")
    head, *told_rows = sheet(tmp_path / "log.xlsx")
    assert head == list(COLUMNS)
    for row, stored in zip(every, told_rows, strict=True):
        assert stored == [value for value in row.values() if value not in (None, "")]


def test_a_sentence_is_written_in_the_language_in_force(told: Told) -> None:
    place = list(COLUMNS).index("text")
    wanted = LogFilter(kinds=(LogKind.ALERT,))
    for language in ("fr", "en"):
        with speaking(language):
            (row,) = rows(told.journal, wanted)
            assert not row[place].startswith("{")


def test_a_french_desk_reads_decimal_commas() -> None:
    text = io.StringIO()
    write_csv(text, HEAD, SOME, comma=True)
    assert text.getvalue().splitlines()[:2] == ["order;value;unit;text", "A;-4,25;s/d;=1+1"]
    assert list(csv.reader(io.StringIO(text.getvalue()), delimiter=";"))[2][3] == SOME[1][3]


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "x.xlsx", HEAD, SOME, title="Log")
    assert sheet(tmp_path / "x.xlsx")[1] == ["A", -4.25, "s/d", "=1+1"]


def test_what_is_too_long_for_a_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "SHEET_ROWS", 3)
    write_xlsx(tmp_path / "x.xlsx", ("n",), ((float(n),) for n in range(5)), title="Log")
    assert [sheet(tmp_path / "x.xlsx", n) for n in (1, 2, 3)] == [
        [["n"], [0.0], [1.0]],
        [["n"], [2.0], [3.0]],
        [["n"], [4.0]],
    ]


def test_rows_are_not_kept(tmp_path: Path) -> None:
    """Ten times as many rows take no more memory."""

    def peak(count: int, form: str) -> int:
        many: Iterator[tuple[object, ...]] = ((f"order {n}", n / 7, "s/d", "text " * 9) for n in range(count))
        tracemalloc.start()
        with whole_file(tmp_path / f"{form}-{count}") as half:
            if form == "xlsx":
                write_xlsx(half, HEAD, many, title="Log")
            else:
                with half.open("w", encoding="utf-8", newline="") as stream:
                    (write_csv if form == "csv" else write_jsonl)(stream, HEAD, many)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    for form, count in (("csv", 4000), ("jsonl", 4000), ("xlsx", 1500)):
        peak(10, form)  # what is imported at first is not the rows'
        assert peak(count * 10, form) < peak(count, form) + 200_000, form


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name != "journal.sqlite"]


def full(*_rows: object) -> Iterator[tuple[object, ...]]:
    yield ("A", 1.0, "s/d", "")
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    path.write_text("what was there")
    with pytest.raises(EtabliError) as caught, whole_file(path, force=True) as half:
        if form == "xlsx":
            write_xlsx(half, HEAD, full(), title="Log")
        else:
            with half.open("w", encoding="utf-8") as stream:
                write_csv(stream, HEAD, full())
    assert "No space left" in str(caught.value)
    assert "Make room" in str(caught.value)
    assert names(tmp_path) == [path.name]
    assert path.read_text() == "what was there"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a limit of the system")
def test_a_disk_that_is_really_full_is_said(tmp_path: Path) -> None:
    """The system itself refuses to let the file grow."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        for form in ("csv", "xlsx"):
            with pytest.raises(EtabliError, match="cannot be written"), whole_file(tmp_path / f"log.{form}") as half:
                many = ((f"order {n}", n / 7, "s/d", f"text {n * n}") for n in range(20_000))
                if form == "xlsx":
                    write_xlsx(half, HEAD, many, title="Log")
                else:
                    with half.open("w", encoding="utf-8") as stream:
                        write_csv(stream, HEAD, many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert names(tmp_path) == []


def test_a_file_that_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="--force"), whole_file(path):
        raise AssertionError("nothing is written")
    assert path.read_text() == "mine"
    with whole_file(path, force=True) as half:
        half.write_text("new")
    assert path.read_text() == "new"
    with pytest.raises(UsageError, match="not a file"), whole_file(tmp_path, force=True):
        raise AssertionError("a folder is no file")


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with pytest.raises(UsageError, match="exists"), whole_file(path) as half:
        half.write_text("ours")
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert names(tmp_path) == ["log.csv"]


def test_values_are_kept_inside_bounds_in_their_unit(told: Told) -> None:
    between = Between("rate", Value.parse("rate", "4 s/d"), Value.parse("rate", "150 s/month"))
    assert [row[list(COLUMNS).index("value")] for row in rows(told.journal, EVERY, between)] == [4.5]
    assert not list(rows(told.journal, EVERY, Between("rate", Value.parse("rate", "5 s/d"), None)))
    with pytest.raises(QuantityMismatch):
        Value.parse("rate", "5 bar")
