"""Watching a wire, and learning a first dialect file from what is heard."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from listening_desk import Talker

from bench.errors import UsageError
from bench.instrument import InstrumentKind, LinkLost
from drivers import dialects
from drivers.dialects.check import check
from drivers.learning import classes
from drivers.link.serial_link import SerialLink
from drivers.listening import cut, learn, listen
from drivers.simulated import cases
from drivers.simulated.desk import DeskLink
from drivers.simulated.ports import PTYS
from drivers.simulated.watch import VirtualWatch

HEARD = [
    b"Rate +4.5 s/d\r\n",
    b"Amp 286 Err 0.3\r\n",
    b"\r\n",
    b"Rate  -14.5 s/d\r\n",
    b"Amp  86 Err 10.3\r\n",
    b"OK\r\n",
]


def quiet_link() -> DeskLink:
    link = DeskLink(Talker(1), VirtualWatch(cases.load("mechanical-healthy"), 1))
    link.open()
    return link


def test_without_a_dialect_a_frame_is_a_line_or_what_a_silence_ends() -> None:
    link = quiet_link()
    for moment, piece in ((1.0, b"Rate +4.5"), (1.02, b" s/d\r"), (1.04, b"\nAm"), (2.0, b"p\r"), (3.0, b"\x02")):
        link.at(moment, lambda piece=piece: link.say(piece))  # type: ignore[misc]
    lines = list(listen(link, None, link.clock.now + 5.0))
    assert [line.data for line in lines] == [b"Rate +4.5 s/d\r\n", b"Am", b"p\r", b"\x02"]
    assert lines[0].text == "Rate +4.5 s/d␍␊"
    assert lines[3].hex == "02"
    assert {line.direction for line in lines} == {"rx"}
    assert lines[0].at < lines[1].at < lines[3].at


def test_with_a_dialect_each_frame_has_its_name_and_fields() -> None:
    link = quiet_link()
    link.at(1.0, lambda: link.say(b"?!\r<01>:(OK):  027 Pa\r<0"))
    lines = list(listen(link, dialects.load("ateq-results").host_decoder(), link.clock.now + 5.0))
    assert [(line.name, line.reason) for line in lines] == [("", "undecodable"), ("result", ""), ("", "")]
    assert lines[1].fields["leak"] == 27.0
    assert lines[2].data == b"<0"


@pytest.mark.parametrize("silent", [True, False])
def test_every_byte_is_shown_once_however_it_is_cut(silent: bool) -> None:
    stream = b"".join(HEARD) + bytes(range(256)) * 3
    frames, rest = cut(stream, silent=silent)
    assert b"".join(frames) + rest == stream
    assert (rest == b"") is silent
    assert max(map(len, frames)) <= 256


@pytest.mark.skipif(not PTYS, reason="needs pseudo-terminals")
def test_a_real_port_is_heard_until_its_cable_is_pulled() -> None:
    master, slave = os.openpty()
    link = SerialLink("port", os.ttyname(slave))
    link.open()
    os.close(slave)
    heard = listen(link, None, time.monotonic() + 30.0)
    os.write(master, HEARD[0] + HEARD[1])
    assert [next(heard).data, next(heard).data] == HEARD[:2]
    threading.Timer(0.1, os.close, (master,)).start()
    with pytest.raises(LinkLost):
        list(heard)
    link.close()


# Learning


def written(tmp_path: Path, frames: list[bytes]) -> Path:
    path = tmp_path / "first.toml"
    path.write_text(learn(frames).toml("first"), "utf-8")
    assert [str(problem) for problem in check(path)] == []
    return path


def test_the_repeating_shapes_are_found() -> None:
    learnt = learn(HEARD)
    assert learnt.terminator == b"\r\n"
    assert learnt.printer == "text"
    assert [(shape.text, len(shape.frames)) for shape in learnt.shapes] == [
        ("Rate ±9.9 s/d", 2),
        ("Amp 9 Err 9.9", 2),
        ("OK", 1),
    ]
    assert classes("Rate  -14.5 s/d\t") == "A␣-9.9␣A/A␉"


def test_the_first_file_reads_what_was_heard_and_what_was_not(tmp_path: Path) -> None:
    decoder = dialects.read(written(tmp_path, HEARD)).host_decoder()
    frames = decoder.feed(b"".join(HEARD) + b"Rate +99.9 s/d\r\nAmp 301 Err 1.1\r\n")
    assert [frame.name for frame in frames] == ["line1", "line2", "line1", "line2", "line3", "line1", "line2"]  # type: ignore[union-attr]
    assert dict(frames[-2].fields) == {"value1": 99.9}  # type: ignore[union-attr]
    assert dict(frames[-1].fields) == {"value2": 301, "value3": 1.1}  # type: ignore[union-attr]


ODD = {
    "braces and quotes": [b'{a} "7" \\d\n', b'{a} "-8" \\d\n'],
    "dates and times": [b"2026-06-01 12:30:05 A-7\n"],
    "start and end bytes": [b"\x02+12.50\x03", b"\x02-01.25\x03"],
    "signs now and then": [b"T 21\r", b"T -3.5\r", b"T +4\r"],
    "degree sign": [b"A 286\xb0\r\n"],
    "a printer": [b"\x1b@Rate \x1bE\x01+4.5\x1bE\x00 s/d\n", b"\x1b!\x10Amp 286\n\x1dV\x42\x00"],
    "no line end": [b"12.5", b"13.5"],
    "binary": [bytes.fromhex("a50102ff00905a"), bytes.fromhex("a50302fe80905a")],
    "numbers alone": [b"12\n", b"13\n"],
    "long numbers": [b"41B20200000000000000052\r"],
}


@pytest.mark.parametrize("frames", ODD.values(), ids=ODD.keys())
def test_whatever_is_heard_gives_a_file_that_is_right(frames: list[bytes], tmp_path: Path) -> None:
    assert dialects.read(written(tmp_path, frames)).replies


def test_a_printers_control_sequences_are_no_text() -> None:
    learnt = learn(ODD["a printer"])
    assert learnt.printer == "esc-pos"
    assert [shape.text for shape in learnt.shapes] == ["Rate ±9.9 s/d", "Amp 9"]


def test_nothing_and_formless_bytes_are_told() -> None:
    for frames in ([], [b"\x80\x81\x00", b"\x90\x01\x02\x03"]):
        with pytest.raises(UsageError):
            learn(frames).toml("first")


def test_the_kind_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    assert 'kind = "field-meter"' in learn(HEARD).toml("first", InstrumentKind.FIELD_METER)


def bytes_of_any_sort() -> Iterator[list[bytes]]:
    from random import Random

    chance = Random(20260628)
    for _round in range(60):
        signs = b"0123456789+-. {}\"'\\<>:()ABab\xb0\x02\x1b\x1d@!E\r\n" if chance.random() < 0.8 else bytes(range(256))
        stream = bytes(chance.choice(signs) for _ in range(chance.randint(1, 60)))
        yield cut(stream, silent=True)[0]


def test_no_bytes_give_a_wrong_file_or_an_exception(tmp_path: Path) -> None:
    for frames in bytes_of_any_sort():
        try:
            toml = learn(frames).toml("first")
        except UsageError:
            continue
        path = tmp_path / "first.toml"
        path.write_text(toml, "utf-8")
        assert [str(problem) for problem in check(path)] == [], (frames, toml)
