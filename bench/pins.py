"""PINs of the operators: hashed in a file of their own, checked against guessing."""

from __future__ import annotations

import hmac
import json
import os
import re
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from filelock import FileLock, Timeout

from bench.errors import DataFileError, EtabliError, Refusal, Refused, UsageError
from bench.language import Message, msg

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FREE_ATTEMPTS = 2
FIRST_WAIT = 5.0
LONGEST_WAIT = 900.0
# How long another program may look at a PIN before this one gives up.
TURN_SECONDS = 10.0
_SHAPE = re.compile(r"[0-9]{4,12}")
# No operator has this id: whatever nobody's name is tried with is counted together.
_NOBODY = ""
_BY_RESET = msg("a workshop manager, who resets the PIN")


class Time(Protocol):
    """What waiting needs: the wall clock, which survives a restart, and the monotonic one in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class WrongPin(Refused):
    """The PIN was wrong, or came too soon after wrong ones: then it was not looked at (`looked_at`).

    `attempts` counts the wrong ones since the last right one, `wait` is in seconds.
    """

    def __init__(self, reason: Message, *, attempts: int, wait: float, looked_at: bool, rule: str = "pin") -> None:
        super().__init__(Refusal(rule, reason, _again(wait), _BY_RESET))
        self.attempts = attempts
        self.wait = wait
        self.looked_at = looked_at

    def under(self, rule: str) -> WrongPin:
        """Return the same refusal under the rule of what the PIN was asked for."""
        reason, looked_at = self.refusal.reason, self.looked_at
        return WrongPin(reason, attempts=self.attempts, wait=self.wait, looked_at=looked_at, rule=rule)


def _again(wait: float) -> Message:
    if not wait:
        return msg("Type it again.")
    if wait > 120:
        return msg("Wait {minutes} min, then type it again.", minutes=ceil(wait / 60))
    return msg("Wait {seconds} s, then type it again.", seconds=ceil(wait))


def wait_after(attempts: int) -> float:
    """Return the seconds to wait after so many wrong PINs: none after two, then 5, 10, 20 … up to 15 minutes."""
    if attempts <= FREE_ATTEMPTS:
        return 0.0
    # Past the 16th doubling the longest wait is long reached, and the power stays small.
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - FREE_ATTEMPTS - 1, 16)))


def check_shape(pin: str) -> None:
    """Raise UsageError for what cannot be a PIN."""
    if not _SHAPE.fullmatch(pin):
        raise UsageError(msg("A PIN has 4 to 12 digits, and nothing else."), remedy=msg("Choose another one."))


@dataclass(frozen=True)
class _Attempts:
    """Wrong PINs in a row, and when the last one came (UTC, seconds)."""

    count: int
    at: float


@dataclass
class _Kept:
    """What the file holds."""

    hashes: dict[str, str] = field(default_factory=dict)
    attempts: dict[str, _Attempts] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> _Kept:
        hashes = {str(who): str(entry) for who, entry in data["pins"].items()}
        attempts = {
            str(who): _Attempts(int(entry["count"]), float(entry["at"])) for who, entry in data["attempts"].items()
        }
        return cls(hashes, attempts)

    def to_json(self) -> dict[str, Any]:
        attempts = {who: {"count": entry.count, "at": entry.at} for who, entry in self.attempts.items()}
        return {"pins": self.hashes, "attempts": attempts}


class Pins:
    """The PINs of one workshop, argon2id in a file that only its owner reads. Any thread may use them.

    With `preset`, whoever has no PIN of their own has that one: for demonstrations, where it is no secret; not those
    in `own`, who choose one all the same. Every method raises EtabliError where the file cannot be read or written:
    then nobody gets in.
    """

    def __init__(self, path: Path, clock: Time, *, preset: str = "", own: Collection[str] = ()) -> None:
        self.path = path
        self.preset = preset
        self.own = frozenset(own)
        self._clock = clock
        self._turn = threading.Lock()
        self._lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
        # What this program saw of the last wrong PIN: its own monotonic clock cannot be set.
        self._seen: dict[str, tuple[_Attempts, float]] = {}

    def has(self, operator_id: str) -> bool:
        return bool(self._preset(operator_id)) or operator_id in self._read().hashes

    def preset_for(self, operator_id: str) -> str:
        """Return the PIN that this person has without having chosen it, "" for everybody else."""
        return "" if operator_id in self._read().hashes else self._preset(operator_id)

    def set(self, operator_id: str, pin: str) -> None:
        """Keep a new PIN; who may, is the caller's to know. Raises UsageError for what is no PIN."""
        check_shape(pin)
        hashed = self._hasher.hash(pin)
        with self._alone():
            kept = self._read()
            kept.hashes[operator_id] = hashed
            kept.attempts.pop(operator_id, None)
            self._write(kept)

    def clear(self, operator_id: str) -> None:
        """Forget a PIN and its wrong attempts: the next sign-in chooses a new one."""
        with self._alone():
            kept = self._read()
            kept.hashes.pop(operator_id, None)
            kept.attempts.pop(operator_id, None)
            self._write(kept)

    def wait(self, operator_id: str) -> float:
        """Return the seconds before the next PIN of this person is looked at, 0 where it is looked at now."""
        with self._alone():
            kept = self._read()
            return self._wait(kept, self._account(kept, operator_id))

    def check(self, operator_id: str, pin: str) -> None:
        """Return where the PIN is right. Raises WrongPin for a wrong one, and for any one while a wait lasts.

        The attempt is on the disk before the PIN is looked at, so that a program that is ended meanwhile has counted
        it. A person without a PIN takes as long to refuse as one whose PIN is wrong.
        """
        with self._alone():
            kept = self._read()
            account = self._account(kept, operator_id)
            before = kept.attempts.get(account, _Attempts(0, 0.0))
            if wait := self._wait(kept, account):
                reason = msg("Too many wrong PINs: this one was not looked at.")
                raise WrongPin(reason, attempts=before.count, wait=wait, looked_at=False)
            attempts = _Attempts(before.count + 1, self._clock.now().timestamp())
            kept.attempts[account] = attempts
            self._write(kept)
            self._seen[account] = (attempts, self._clock.monotonic())
            if not self._right(kept, account, pin):
                wait = wait_after(attempts.count)
                raise WrongPin(msg("The PIN is wrong."), attempts=attempts.count, wait=wait, looked_at=True)
            del kept.attempts[account]
            self._write(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep everybody else from the file, other programs too: sessions in browsers count in the same one."""
        with self._turn:
            try:
                self._lock.acquire(timeout=TURN_SECONDS)
            except (OSError, Timeout) as error:
                raise self._unwritten(str(error)) from error
            try:
                yield
            finally:
                self._lock.release()

    def _preset(self, operator_id: str) -> str:
        return "" if operator_id in self.own else self.preset

    def _account(self, kept: _Kept, operator_id: str) -> str:
        return operator_id if self._preset(operator_id) or operator_id in kept.hashes else _NOBODY

    def _wait(self, kept: _Kept, account: str) -> float:
        attempts = kept.attempts.get(account)
        if attempts is None or not wait_after(attempts.count):
            return 0.0
        now = self._clock.monotonic()
        seen, since = self._seen.get(account, (None, now))
        if seen != attempts:
            gone = self._clock.now().timestamp() - attempts.at
            if gone < 0:  # the clock was set back: the wait begins again, and does not last until that day
                attempts = kept.attempts[account] = _Attempts(attempts.count, self._clock.now().timestamp())
                self._write(kept)
                gone = 0.0
            since = now - gone
            self._seen[account] = (attempts, since)
        return max(0.0, wait_after(attempts.count) - (now - since))

    def _right(self, kept: _Kept, account: str, pin: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

        hashed = kept.hashes.get(account)
        preset = self._preset(account)
        if hashed is None and preset and account != _NOBODY:
            return hmac.compare_digest(pin.encode(), preset.encode())
        if hashed is None:
            self._hasher.hash(pin)  # the work of a check: how long a refusal takes tells nothing
            return False
        try:
            return self._hasher.verify(hashed, pin)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError):
            raise self._damaged() from None

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher()  # argon2id with the costs of RFC 9106, second recommendation

    def _read(self) -> _Kept:
        try:
            return _Kept.from_json(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return _Kept()
        except OSError as error:
            raise EtabliError(
                msg("The file of the PINs, {file}, cannot be read.", file=str(self.path)),
                msg("The system says: {reason}.", reason=error.strerror or str(error)),
                msg("Let this user read it."),
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._damaged() from None

    def _damaged(self) -> DataFileError:
        return DataFileError(
            msg("The file of the PINs, {file}, is damaged.", file=str(self.path)),
            remedy=msg("Put a backup in its place; where it is taken away, everybody chooses a new PIN."),
        )

    def _unwritten(self, reason: str) -> EtabliError:
        return EtabliError(
            msg("The file of the PINs, {file}, cannot be written.", file=str(self.path)),
            msg("The system says: {reason}.", reason=reason),
            msg("Make room, or let this user write there; nobody gets in meanwhile."),
        )

    def _write(self, kept: _Kept) -> None:
        """Replace the file at once and whole; nobody but its owner reads it (mode 0600, where the system has modes)."""
        name = ""
        try:
            handle, name = tempfile.mkstemp(prefix=".pins-", dir=self.path.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept.to_json(), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            if name:
                with suppress(OSError):
                    Path(name).unlink()
            raise self._unwritten(error.strerror or str(error)) from error
