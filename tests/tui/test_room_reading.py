"""Rooms to read in: profiles with their sources, two compared, a draft approved; procedures; the journal's health."""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path

import pytest
from room_pilot import RoomHands, at_every_size, chapters, work

from bench.events import EventKind
from bench.journal import Journal
from bench.language import byte_size, use
from tui.folder import Folder
from tui.record_health import look
from tui.screens.errands import ErrandRoom
from tui.screens.journal import JournalScreen
from tui.screens.profile import ProfileScreen
from tui.screens.profiles import ProfilesScreen

ROOT = Path(__file__).parents[2]


def with_a_draft(folder: Path) -> Path:
    """Give the workshop a profile of its own: ours under another version."""
    own = folder / "profiles" / "calibres"
    own.mkdir(parents=True)
    ours = (ROOT / "profiles" / "calibres" / "eta-2824-2.toml").read_text("utf-8")
    (own / "eta-2824-2.toml").write_text(ours.replace('version = "1"', 'version = "9"'), "utf-8")
    return folder


async def to_the_profiles(hands: RoomHands) -> None:
    """Go to the profiles and wait until all are read."""
    await hands.menu("Profiles of calibres and cases")
    await hands.until(lambda: isinstance(hands.app.screen, ProfilesScreen) and "calibres 134" in hands.screen)


async def all_calibres_and_cases_are_found_by_any_name(hands: RoomHands) -> None:
    await to_the_profiles(hands)
    await hands.sees("cases 8", "drafts 1", "the workshop's 1")
    await hands.types("nh36")
    await hands.sees("1 of 134", "seiko")
    await hands.tap("escape")
    await hands.tap("right")
    await hands.sees("3 bar · 3 ATM · 30 m", "case-divers-10-bar")

    async def look_at_it() -> None:
        assert "134" in hands.screen and "case-30-bar" in hands.screen

    await at_every_size(hands, look_at_it)


async def each_value_stands_with_its_source_and_how_sure_it_is(hands: RoomHands) -> None:
    await to_the_profiles(hands)
    await hands.types("2892")
    await hands.sees("1 of 134")
    await hands.tap("enter")
    await hands.sees("ETA 2892-A2", "beat rate", "28,800", "common knowledge of the trade", "documented", "[2]")

    async def look_at_it() -> None:
        assert "2892" in hands.screen and all(len(r) <= hands.app.size.width for r in hands.screen.splitlines())

    await at_every_size(hands, look_at_it)
    await hands.tap("end")
    await hands.sees("[1] ")


async def two_are_compared_side_by_side(hands: RoomHands) -> None:
    await to_the_profiles(hands)
    await hands.types("2892")
    await hands.sees("1 of 134")
    await hands.menu("Compare ETA 2892-A2 with another")
    await hands.sees("Compare ETA 2892-A2 with which?")
    await hands.types("6497-1")
    await hands.sees("1 of 133")
    await hands.tap("enter")
    await hands.sees(" differences, ", "lift angle", "51.0", "ETA 2892-A2 v1", "ETA 6497-1 v1")


async def a_draft_is_approved_by_the_manager(hands: RoomHands) -> None:
    await to_the_profiles(hands)
    await hands.tap("left")
    await hands.sees("✘ draft", "ETA 2824-2")
    await hands.tap("enter")
    await hands.until(lambda: isinstance(hands.app.screen, ProfileScreen))
    await hands.sees("✘ draft", "version 9", "Enter Approve")
    await hands.tap("enter")
    await hands.sees("✔ approved")
    approved = [e for e in hands.bench.journal.events() if e.kind is EventKind.PROFILE_APPROVED]
    assert [(e.operator, e.payload["version"]) for e in approved] == [("anne", "9")]


async def a_procedure_is_read_as_a_tree_with_its_rules_and_criteria(hands: RoomHands) -> None:
    await hands.menu("Procedures")
    await hands.sees("Mechanical check", "Full service", "controle-mecanique")
    assert sum("Établi" in row for row in hands.screen.splitlines()[1:]) == 6
    await hands.types("etancheite")
    await hands.sees("1 of 6")
    await hands.tap("enter")
    await hands.sees("etancheite-et-joints, version", "Greet", "signature")
    await hands.types("dry test")
    await hands.until(lambda: " of " in hands.screen)
    await hands.tap("enter")
    await hands.sees("Kind", "Role", "Leads to")
    step = hands.app.screen

    async def look_at_it() -> None:
        assert hands.app.screen is step and "→" in hands.screen

    await at_every_size(hands, look_at_it)
    await hands.tap("end")
    await hands.sees("Rules that stop here", "Lifted by", "Criteria that it supports", "C.")


async def the_chain_is_checked_and_the_files_are_measured(hands: RoomHands) -> None:
    await hands.menu("Journal")
    await hands.sees("has not been checked", "Orders", "7, 0 closed", "Last backup", "etabli journal backup", "free of")

    async def look_at_it() -> None:
        assert "journal.sqlite" not in hands.screen and str(hands.bench.folder.path)[:20] in hands.screen

    await at_every_size(hands, look_at_it)
    count = hands.bench.journal.head()[0]
    await hands.tap("enter")
    await hands.sees(f"✔ {count} events, all as they were written.")


def test_the_rooms_to_read_in(tmp_path: Path) -> None:
    chapters(
        with_a_draft(tmp_path),
        all_calibres_and_cases_are_found_by_any_name,
        each_value_stands_with_its_source_and_how_sure_it_is,
        two_are_compared_side_by_side,
        a_draft_is_approved_by_the_manager,
        a_procedure_is_read_as_a_tree_with_its_rules_and_criteria,
        the_chain_is_checked_and_the_files_are_measured,
    )


def test_a_technician_reads_a_draft_and_is_told_who_approves_it(tmp_path: Path) -> None:
    async def does(hands: RoomHands) -> None:
        await to_the_profiles(hands)
        await hands.tap("left", "enter")
        await hands.sees("version 9")
        await hands.tap("enter")
        await hands.sees("REFUSED", "G-08", "Only the workshop manager approves a profile.", "May be lifted by")
        await hands.menu("Journal")
        await hands.until(lambda: isinstance(hands.app.screen, JournalScreen))
        await hands.sees("has not been checked")
        broken = sqlite3.connect(hands.bench.folder.journal)
        for (trigger,) in broken.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            broken.execute(f"DROP TRIGGER {trigger}")
        broken.execute("UPDATE event SET payload = payload || ' ' WHERE seq = 3")
        broken.commit()
        broken.close()
        await hands.tap("enter")
        await hands.sees("✘ first bad event: 3", "Keep the file as it is")
        assert isinstance(hands.app.screen, ErrandRoom)

    work(with_a_draft(tmp_path), does, who="claire")


def test_a_check_of_the_chain_shows_how_far_it_is_and_is_cancelled_with_esc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bench.journal.verify"], "TELL_EVERY", 5)
    go_on = threading.Event()

    async def does(hands: RoomHands) -> None:
        await hands.menu("Journal")
        await hands.sees("has not been checked")
        room = hands.app.screen
        assert isinstance(room, JournalScreen)
        told = room._told

        def slowly(checked: int) -> None:
            told(checked)
            go_on.wait(20)
            told(checked)

        room._told = slowly  # type: ignore[method-assign]
        await hands.tap("enter")
        await hands.sees("5 of ", " events checked")
        assert await hands.app.at_bench(lambda: "free") == "free", "orders go on meanwhile"
        await hands.tap("escape")
        go_on.set()
        await hands.sees("The check was cancelled")
        assert hands.app.screen is room

    try:
        work(tmp_path, does)
    finally:
        go_on.set()


def test_the_record_is_measured_without_changing_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "a.mcap").write_bytes(b"x" * 1500)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "journal-1.sqlite").write_bytes(b"x" * 10)
    with Journal.open(folder.journal, station="bench") as journal:
        health = look(folder, journal)
    assert (health.events, health.orders, health.recordings.files, health.recordings.size) == (0, 0, 1, 1500)
    assert health.copy is not None and health.copy.path.name == "journal-1.sqlite"
    assert health.sheets.files == 0 and health.disk >= health.free > 0


def test_sizes_are_written_in_the_language() -> None:
    use("fr")
    assert byte_size(1500) == "1,5 ko" and byte_size(12) == "12 o"
    use("en")
    assert byte_size(2_200_000) == "2.2 MB" and byte_size(3_000_000_000_000) == "3.0 TB"
