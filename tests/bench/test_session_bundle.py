"""A session leaves as one file without anybody's name, and comes in only as it left."""

from __future__ import annotations

import json
import random
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from virtual_session import Session, recorded

from bench.events import Event, EventKind
from bench.language import Text
from bench.recording import Recording
from bench.recording.player import Bookmark, Player
from bench.sheet import events_of
from bench.training import bundle as files
from bench.training.bundle import BundleRefused, Card, pack, unpack
from bench.training.sessions import bundle, missing, recorded_in
from tui.replay import replay

CARD = Card(Text("Montre aimantée", "Magnetised watch"), 2, ("C.2.2",), 20, "etabli 0", bookmarks=(Bookmark(5.0, "x"),))
SAYS = "Mme Dupont avance, la rappeler au 06 12 34 56 78 ou à dupont@example.org ; montre de Zoé Martin"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return recorded(
        tmp_path_factory.mktemp("bundle"),
        "mechanical-magnetised",
        "controle-mecanique",
        until="demagnetise",
        declared=SAYS,
        customer="C-000917",
    )


def events(session: Session) -> list[Event]:
    return events_of(session.desk.journal, session.number)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def packed(session: Session) -> bytes:
    made = bundle([events(session)], [Recording.open(session.path)], CARD, names=["Zoé", "Martin"])
    return pack(made)


def test_what_is_played_elsewhere_is_what_was_measured_here(session: Session, packed: bytes) -> None:
    there = unpack(packed, "s")
    player = Player(list(replay(there.open_recording(Path("s")))), there.events)
    here = session.player()
    assert [h.judged[0].measurement.value for h in player.tasks] == [h.judged[0].measurement.value for h in here.tasks]
    assert not player.differences()
    assert {heard.order for heard in player.tasks} == {"S-1"}
    assert player.duration == pytest.approx(here.duration)
    assert player.moments("step") == pytest.approx(list(here.moments("step")))
    assert there.card.bookmarks == CARD.bookmarks


def test_the_customer_and_the_people_stay_behind(packed: bytes) -> None:
    text = "".join(json.dumps(e.payload, ensure_ascii=False) + str(e.operator) for e in unpack(packed, "s").events)
    for gone in (
        "C-000917",
        "Dupont",
        "06 12 34",
        "dupont@",
        "Zoé",
        "Martin",
        "Claire",
        "Vuille",
        "12345",
        "2026-0001",
    ):
        assert gone not in text, gone
    opened = next(e for e in unpack(packed, "s").events if e.kind is EventKind.ORDER_OPENED)
    assert opened.payload["order"]["declared"].startswith("… avance")
    assert opened.payload["order"]["watch"]["brand"] == "Test"
    assert b"2026-0001" not in unpack(packed, "s").recording


def test_only_the_chosen_order_is_in_the_recording(session: Session, packed: bytes, tmp_path: Path) -> None:
    """Each measured event finds its task in the session's own recording."""
    there = unpack(packed, "s")
    recording = there.open_recording(Path("s"))
    known = {segment.id for segment in recording.segments()}
    named = {
        judged["measurement"]["recording"]
        for event in there.events
        if event.kind is EventKind.MEASURED
        for judged in event.payload["judged"]
    }
    assert named == known
    assert recorded_in(there.events) == ["session"]


def test_one_byte_tampered_is_refused(packed: bytes) -> None:
    chosen = random.Random(7)
    for place in [*chosen.sample(range(len(packed)), 150), 0, len(packed) - 1]:
        other = packed[:place] + bytes([packed[place] ^ 1 << chosen.randrange(8)]) + packed[place + 1 :]
        with pytest.raises(BundleRefused):
            unpack(other, "s.etabli-session")


@pytest.mark.parametrize("part", files.PARTS)
def test_the_part_that_does_not_match_is_named(packed: bytes, part: str) -> None:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = parts[part][:-2] + b"!" + parts[part][-1:]
    with pytest.raises(BundleRefused, match=part) as refused:
        unpack(zipped(parts), "s.etabli-session")
    assert "s.etabli-session" in str(refused.value)


def zipped(parts: dict[str, bytes]) -> bytes:
    """A file by somebody who knows how it is made, the checksum of the whole included."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        archive.comment = b"0" * 64
    content = stream.getvalue()[:-64]
    return content + files._sha256(content).encode()


def test_a_cut_off_file_is_refused(packed: bytes) -> None:
    with pytest.raises(BundleRefused):
        unpack(packed[: len(packed) // 2], "s")
    with pytest.raises(BundleRefused, match="not a session"):
        unpack(b"", "s")
    with pytest.raises(BundleRefused, match="not a session"):
        unpack(b"\x89PNG and so on", "s")


def test_a_newer_version_says_so(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    there = unpack(packed, "s")
    with monkeypatch.context() as newer:
        newer.setattr(files, "FORMAT", 2)
        from_there = pack(there)
    with pytest.raises(BundleRefused, match="newer version"):
        unpack(from_there, "s")


def test_a_profile_that_is_not_here_is_named_and_the_session_plays(packed: bytes) -> None:
    card = unpack(packed, "s").card
    assert set(card.profiles) == {"eta-2824-2", "case-3-bar"}
    assert set(card.procedures) == {"controle-mecanique"}
    assert not list(missing(card, dict(card.profiles), dict(card.procedures)))
    said = sorted(str(each) for each in missing(card, {"eta-2824-2": "0"}, dict(card.procedures)))
    assert len(said) == 2
    assert "another version" in said[1]
    assert "case-3-bar is not here" in said[0]


def test_a_recording_that_was_cut_says_so_wherever_it_goes(session: Session, tmp_path: Path) -> None:
    data = session.path.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: len(data) * 2 // 3])
    made = bundle([events(session)], [Recording.open(tmp_path / "cut.mcap")], CARD)
    assert made.card.cut_off
    again = unpack(pack(made), "s")
    player = Player(list(replay(again.open_recording(Path("s")))), again.events, truncated=again.card.cut_off)
    assert player.cut_off is not None
    assert len(player.tasks) <= len(session.player().tasks)


def test_the_same_session_is_the_same_file(session: Session, packed: bytes) -> None:
    assert pack(unpack(packed, "s")) == packed
    other = replace(unpack(packed, "s"), card=replace(CARD, level=3))
    assert pack(other) != packed
