"""A journal in trouble: second writer, full or read-only disk, damaged or newer file. Said plainly, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from journal_material import judged, measured, opened, started, story
from sqlalchemy import create_engine

import bench.journal
from bench.errors import ExitCode
from bench.journal import (
    Journal,
    JournalDamaged,
    JournalError,
    JournalFull,
    JournalInUse,
    JournalMissing,
    JournalReadOnly,
    JournalTooNew,
    schema,
    store,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "workshop" / "journal.sqlite"
    with Journal.open(path, station="bench-1") as journal:
        journal.append(story())
    return path


def test_a_second_writer_is_told_who_is_first(path: Path) -> None:
    with Journal.open(path, station="bench-1") as first:
        with pytest.raises(JournalInUse) as caught:
            Journal.open(path, station="bench-1")
        assert f"process {os.getpid()}" in str(caught.value)
        assert first.append([started("a")])[0].seq == 7
    Journal.open(path, station="bench-1").close()


def test_a_second_program_is_told_too_and_may_read(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bench.journal import Journal, JournalInUse\n"
        "path = Path(sys.argv[1])\n"
        "print(Journal.open(path, station='x', writable=False).head()[0])\n"
        "try: Journal.open(path, station='x')\n"
        "except JournalInUse as error: print(error)\n"
    )
    with Journal.open(path, station="bench-1"):
        run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    head, refusal = run.stdout.splitlines()
    assert head == "6"
    assert f"process {os.getpid()}" in refusal


def test_a_full_disk_saves_nothing_and_says_so(path: Path) -> None:
    with Journal.open(path, station="bench-1") as journal:
        connection = journal._writer
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 8}")
        saved = journal.head()[0]
        with pytest.raises(JournalFull, match="disk is full"):
            for _ in range(100):
                journal.append([measured(judged(4.0))])
                saved += 1
        assert journal.head()[0] == saved
        assert journal.verify().count == saved

        connection.execute("PRAGMA max_page_count = 100000")
        assert journal.append([measured(judged(4.0))])[0].seq == saved + 1
        assert journal.verify().ok


def test_a_connection_that_may_only_read_saves_nothing(path: Path) -> None:
    with Journal.open(path, station="bench-1") as journal:
        assert journal._writer is not None
        journal._writer.execute("PRAGMA query_only = 1")
        with pytest.raises(JournalReadOnly, match="nothing was saved"):
            journal.append([started("a")])
        assert journal.verify().count == 6


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with a journal that cannot be written: a read-only mount for root, a mode otherwise."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid"):
        pytest.skip("needs a POSIX system")
    mounted = False
    if os.geteuid() == 0:
        mount = ["mount", "-t", "tmpfs", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if not mounted:
            pytest.skip("root here may not mount")
    try:
        with Journal.open(folder / "journal.sqlite", station="bench-1") as journal:
            journal.append(story())
        if mounted:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        else:
            folder.chmod(0o500)
        yield folder / "journal.sqlite"
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        else:
            folder.chmod(0o700)


def test_a_read_only_disk_refuses_the_writer_and_serves_the_reader(read_only_disk: Path) -> None:
    with pytest.raises(JournalReadOnly, match="cannot be written"):
        Journal.open(read_only_disk, station="bench-1")
    with Journal.open(read_only_disk, station="x", writable=False) as journal:
        assert journal.verify().count == 6
        assert journal.orders()[0].number == "R-1"


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(JournalReadOnly):
        Journal.open(tmp_path / "file" / "journal.sqlite", station="bench-1")


def test_reading_a_journal_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing) as caught:
        Journal.open(tmp_path / "journal.sqlite", station="x", writable=False)
    assert caught.value.exit_code == ExitCode.USAGE
    assert not (tmp_path / "journal.sqlite").exists()


@pytest.mark.parametrize("writable", [True, False])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, writable: bool) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is a letter to the customer " * 300)
    before = path.read_bytes()
    with pytest.raises(JournalDamaged):
        Journal.open(path, station="x", writable=writable)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE invoices (n)")
    raw.close()
    with pytest.raises(JournalDamaged, match="another program"):
        Journal.open(path, station="x")


def test_broken_pages_are_found_at_the_start(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(JournalError, match="damaged"):
        Journal.open(path, station="x")


@pytest.mark.parametrize("writable", [True, False])
def test_a_journal_of_a_newer_program_is_left_alone(path: Path, writable: bool) -> None:
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = '0099'")
    raw.commit()
    raw.close()
    with pytest.raises(JournalTooNew, match="0099"):
        Journal.open(path, station="x", writable=writable)


def test_a_creation_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.touch()
    with Journal.open(path, station="x") as journal:
        assert journal.append([opened()])[0].seq == 1


def test_a_path_with_signs_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "l’atelier 100 %?#" / "journal.sqlite"
    with Journal.open(path, station="x") as journal:
        journal.append([opened()])
    with Journal.open(path, station="x", writable=False) as journal:
        assert journal.head()[0] == 1


def test_the_migrations_make_the_tables_that_the_program_knows(path: Path) -> None:
    migrations = Path(bench.journal.__file__).with_name("migrations")
    assert ScriptDirectory(str(migrations)).get_current_head() == schema.HEAD
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        names = [row[1] for row in connection.exec_driver_sql("PRAGMA table_info(log)")]
    assert names == [column.name for column in schema.log.columns]
    engine.dispose()


def test_a_setting_that_sqlite_does_not_take_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A database in memory cannot have a write-ahead log: it stays "memory", as a network disk's would stay "delete".
    monkeypatch.setattr(store, "_WRITER", {"journal_mode": "wal", "synchronous": "7"})
    with pytest.raises(JournalError, match="synchronous"):
        Journal.open(tmp_path / "journal.sqlite", station="x")


def test_a_long_journal_opens_without_reading_all_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_CHECKED_WHOLE", 1024)
    with Journal.open(path, station="x") as journal:
        assert journal.verify().ok
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    root, size = (
        raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'repair_order'").fetchone()[0],
        raw.execute("PRAGMA page_size").fetchone()[0],
    )
    raw.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : (root - 1) * size + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(JournalError, match="damaged"):
        Journal.open(path, station="x")
