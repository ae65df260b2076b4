"""Errors and refusals: what happened, why, and what to do next, in the user's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bench.language import Message


class ExitCode(IntEnum):
    """What a command's exit status means; documented in docs/command-line.md."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    INSTRUMENT = 3
    TIMEOUT = 4
    NONCONFORMING = 10


class EtabliError(Exception):
    """Base of every error that a person may see. `str(error)` is the whole text in the language in force."""

    exit_code = ExitCode.FAILURE

    def __init__(self, what: Message, why: Message | None = None, remedy: Message | None = None) -> None:
        super().__init__(what.msgid)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.what, self.why, self.remedy) if part is not None)

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what.to_json(),
            "why": self.why.to_json() if self.why else None,
            "remedy": self.remedy.to_json() if self.remedy else None,
        }


class UsageError(EtabliError):
    """The person asked for something that does not exist or cannot be read."""

    exit_code = ExitCode.USAGE


class DataFileError(EtabliError):
    """A data file (profile, procedure, dialect, configuration, answers) is wrong: file, line, key, reason."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Refusal:
    """A guard's "no": the rule, the reason, the remedy, and who may lift it.

    `rule` is the guard's code ("G-17") or a short word for refusals outside the guards ("dimension").
    """

    rule: str
    reason: Message
    remedy: Message
    lifted_by: Message

    def __str__(self) -> str:
        return f"{self.rule} · {self.reason} {self.remedy}"

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "reason": self.reason.to_json(),
            "remedy": self.remedy.to_json(),
            "lifted_by": self.lifted_by.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Refusal:
        return cls(
            data["rule"],
            Message.from_json(data["reason"]),
            Message.from_json(data["remedy"]),
            Message.from_json(data["lifted_by"]),
        )


class Refused(EtabliError):
    """Raised where an action is refused by a guard; carries the `Refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason, None, refusal.remedy)
        self.refusal = refusal

    def __str__(self) -> str:
        return str(self.refusal)
