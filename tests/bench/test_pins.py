"""PINs: what the file holds, what a wrong one costs, and that no restart and no clock makes guessing quicker."""

from __future__ import annotations

import json
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from scripted import FixedClock

from bench.errors import DataFileError, EtabliError, UsageError
from bench.pins import LONGEST_WAIT, Pins, WrongPin, wait_after

HOUR = timedelta(hours=1)


class Time(FixedClock):
    """A wall clock that can be set, over a monotonic one that only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = 1000.0

    def monotonic(self) -> float:
        return self.gone

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.gone += seconds


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at little cost: what a PIN costs to guess is argon2's to prove."""
    monkeypatch.setattr(Pins, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pins(tmp_path: Path, time: Time) -> Pins:
    kept = Pins(tmp_path / "pins.json", time)
    kept.set("claire", "4711")
    return kept


def wrong(pins: Pins, times: int = 1, who: str = "claire") -> WrongPin:
    """Try a wrong PIN; return the last refusal."""
    for _time in range(times):
        with pytest.raises(WrongPin) as caught:
            pins.check(who, "0815")
    return caught.value


def test_the_right_pin_is_right_and_the_file_does_not_hold_it(pins: Pins) -> None:
    pins.check("claire", "4711")
    assert pins.has("claire")
    assert not pins.has("marc")
    assert "4711" not in pins.path.read_text().replace(json.loads(pins.path.read_text())["pins"]["claire"], "")
    assert json.loads(pins.path.read_text())["pins"]["claire"].startswith("$argon2id$")


def test_a_hash_costs_what_rfc_9106_recommends(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    pins = Pins(tmp_path / "pins.json", time)
    pins.set("claire", "4711")
    assert json.loads(pins.path.read_text())["pins"]["claire"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    pins.check("claire", "4711")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_only_the_owner_reads_the_file_whatever_the_mask(pins: Pins) -> None:
    before = os.umask(0)
    try:
        pins.path.chmod(0o644)
        pins.set("marc", "2222")
    finally:
        os.umask(before)
    assert stat.S_IMODE(pins.path.stat().st_mode) == 0o600
    assert {path.name for path in pins.path.parent.iterdir()} <= {"pins.json", "pins.json.lock"}


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "12 4", "١٢٣٤", "1234\n", "-123"])
def test_what_is_no_pin_is_not_kept(pins: Pins, pin: str) -> None:
    with pytest.raises(UsageError, match="4 to 12 digits"):
        pins.set("marc", pin)
    assert not pins.has("marc")


def test_the_waits_double_from_the_third_wrong_one_up_to_a_quarter_of_an_hour() -> None:
    assert [wait_after(n) for n in range(1, 12)] == [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert wait_after(10_000) == LONGEST_WAIT


def test_while_a_wait_lasts_not_even_the_right_pin_is_looked_at(pins: Pins, time: Time) -> None:
    assert (wrong(pins).wait, wrong(pins).wait) == (0, 0)
    third = wrong(pins)
    assert (third.attempts, third.wait, third.looked_at) == (3, 5.0, True)
    assert "5" in str(third)
    time.pass_by(4)
    with pytest.raises(WrongPin) as soon:
        pins.check("claire", "4711")
    assert (soon.value.looked_at, soon.value.attempts, soon.value.wait) == (False, 3, 1.0)
    time.pass_by(1)
    pins.check("claire", "4711")
    assert (wrong(pins).attempts, pins.wait("claire")) == (1, 0)


def test_a_restart_forgets_no_attempt_and_no_wait(pins: Pins, time: Time) -> None:
    wrong(pins, 3)
    time.pass_by(2)
    again = Pins(pins.path, time)
    assert again.wait("claire") == 3.0
    time.pass_by(3)
    assert wrong(again).attempts == 4
    assert Pins(pins.path, time).wait("claire") == 10.0


def test_an_attempt_that_is_cut_off_has_counted(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_args: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pins, "_right", cut_off)
    with pytest.raises(KeyboardInterrupt):
        pins.check("claire", "4711")
    assert json.loads(pins.path.read_text())["attempts"]["claire"]["count"] == 1


def test_setting_the_clock_neither_shortens_a_wait_nor_makes_it_endless(pins: Pins, time: Time) -> None:
    for _time in range(5):
        time.pass_by(pins.wait("claire"))
        wrong(pins)
    time.time += HOUR
    assert pins.wait("claire") == 20.0, "the running program asks its own clock"
    time.time -= 30 * 24 * HOUR
    assert pins.wait("claire") == 20.0
    again = Pins(pins.path, time)
    assert again.wait("claire") == 20.0, "set back and started again: the wait begins again"
    time.pass_by(19)
    assert Pins(pins.path, time).wait("claire") == 1.0
    time.pass_by(1)
    again.check("claire", "4711")


def test_each_person_has_their_own_attempts(pins: Pins) -> None:
    pins.set("marc", "2222")
    wrong(pins, 4)
    pins.check("marc", "2222")
    assert pins.wait("marc") == 0


def test_nobodys_names_wait_like_everybodys_and_fill_no_file(pins: Pins, time: Time) -> None:
    for n in range(3):
        wrong(pins, who=f"guess-{n}")
    assert pins.wait("guess-99") == 5.0
    assert pins.wait("claire") == 0
    time.pass_by(5)
    wrong(pins, who="guess-99")
    assert list(json.loads(pins.path.read_text())["attempts"]) == [""]


def test_a_name_without_a_pin_takes_the_same_work(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    work: list[str] = []

    class Hasher:
        def hash(self, pin: str) -> str:
            work.append("hash")
            return ""

        def verify(self, hashed: str, pin: str) -> bool:
            work.append("verify")
            from argon2.exceptions import VerifyMismatchError

            raise VerifyMismatchError

    pins._hasher = Hasher()  # type: ignore[assignment]
    wrong(pins)
    wrong(pins, who="nobody")
    assert work == ["verify", "hash"]


def test_a_new_pin_or_a_reset_ends_the_wait(pins: Pins) -> None:
    wrong(pins, 6)
    pins.set("claire", "1234")
    pins.check("claire", "1234")
    wrong(pins, 6)
    pins.clear("claire")
    assert not pins.has("claire")
    assert pins.wait("claire") == 0


def test_a_demonstrations_pin_is_everybodys_until_they_choose(tmp_path: Path, time: Time) -> None:
    pins = Pins(tmp_path / "pins.json", time, preset="0000")
    assert pins.has("claire")
    assert pins.preset_for("claire") == "0000"
    pins.check("claire", "0000")
    wrong(pins, 3)
    assert pins.wait("claire") == 5.0
    pins.set("claire", "4711")
    assert pins.preset_for("claire") == ""
    with pytest.raises(WrongPin):
        pins.check("claire", "0000")


@pytest.mark.parametrize("content", ["", "[]", '{"pins": 1}', '{"pins": {}, "attempts": {"a": {}}}', "\x00"])
def test_a_damaged_file_lets_nobody_in_and_says_so(pins: Pins, content: str) -> None:
    pins.path.write_text(content)
    for act in (lambda: pins.check("claire", "4711"), lambda: pins.has("claire"), lambda: pins.set("claire", "1234")):
        with pytest.raises(DataFileError, match="damaged"):
            act()
    assert pins.path.read_text() == content


def test_a_damaged_hash_is_no_wrong_pin(pins: Pins) -> None:
    data = json.loads(pins.path.read_text())
    pins.path.write_text(json.dumps({**data, "pins": {"claire": "$argon2id$broken"}}))
    with pytest.raises(DataFileError, match="damaged"):
        pins.check("claire", "4711")


def test_where_nothing_can_be_written_nobody_gets_in(pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EtabliError, match="cannot be written") as caught:
        pins.check("claire", "4711")
    assert not isinstance(caught.value, WrongPin)
    assert {path.name for path in pins.path.parent.iterdir()} <= {"pins.json", "pins.json.lock"}


def test_many_programs_at_once_get_no_more_guesses_than_one(pins: Pins, time: Time) -> None:
    """Each session in a browser is a program of its own, and all count in the same file."""

    def guess(_n: int) -> bool:
        with pytest.raises(WrongPin) as caught:
            Pins(pins.path, time).check("claire", "0815")
        return caught.value.looked_at

    with ThreadPoolExecutor(8) as programs:
        looked_at = list(programs.map(guess, range(24)))
    assert looked_at.count(True) == 3, "two free guesses, and the one that the waits begin with"
    assert pins.wait("claire") == 5.0
