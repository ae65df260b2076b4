"""`etabli journal backup · backups · restore · export`, as somebody types them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from command_line import here

from bench.journal import Journal
from bench.journal.canonical import canonical
from tui import demo
from tui.folder import Folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ETABLI_HOME", str(tmp_path / "workshop"))
    monkeypatch.setenv("ETABLI_LANG", "en")
    folder = Folder(tmp_path / "workshop")
    demo.prepare(folder)
    with demo.open_workshop(folder, None, 1.0):
        return folder.path


def test_a_workshop_is_backed_up_and_put_back(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "disk"
    made = here(capsys, "journal", "backup", place, "--keep", "2")
    assert made.code == 0
    assert "0 older backups were removed" in made.out
    head = made.out.split("Head: ")[1].split()[0]
    listed = here(capsys, "journal", "backups", place)
    assert next(place.glob("2*")).name in listed.out
    restored = here(capsys, "journal", "restore", place, tmp_path / "again")
    assert restored.code == 0
    assert "every one as it was backed up" in restored.out
    assert "everybody chooses a new one" in restored.out
    with Journal.open(tmp_path / "again" / "journal.sqlite", station="", writable=False) as journal:
        assert "{}:{}".format(*journal.head()) == head
        assert len(journal.orders()) == 7


def test_what_cannot_be_done_is_said_with_its_remedy(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = here(capsys, "journal", "restore", tmp_path / "disk", tmp_path / "again")
    assert (nothing.code, "There is no backup at" in nothing.err) == (2, True)
    assert "There is no backup at" in here(capsys, "journal", "backups", tmp_path / "disk").out
    over = here(capsys, "journal", "backup", tmp_path / "disk")
    assert over.code == 0
    over = here(capsys, "journal", "restore", tmp_path / "disk", home)
    assert (over.code, "nothing is written over" in over.err) == (2, True)
    none = here(capsys, "journal", "backup", tmp_path / "disk", "--keep", "0")
    assert (none.code, "At least one backup is kept" in none.err) == (2, True)


def test_the_record_is_exported_so_that_anybody_can_prove_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "record.jsonl"
    said = here(capsys, "journal", "export", "-o", path)
    assert said.code == 0
    prev, count = "0" * 64, 0
    for line in path.read_text("utf-8").splitlines():
        event = json.loads(line)
        assert event.pop("prev") == prev
        digest = event.pop("hash")
        event["monotonic_ns"] = str(event["monotonic_ns"])
        assert hashlib.sha256((prev + canonical(event)).encode()).hexdigest() == digest
        prev, count = digest, count + 1
    assert f"{count} events in" in said.out
    assert count > 10
    again = here(capsys, "journal", "export", "-o", path)
    assert (again.code, "it is not overwritten" in again.err) == (2, True)
    assert here(capsys, "journal", "export").out.count("\n") == count
