"""The answer to a question that timed out comes after the next question: who can tell, and do the documents say so?

docs/protocols/README.md has a column for it; what it says is measured here, dialect by dialect.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from bench.instrument import Identity, InstrumentError, NoReply
from drivers import dialects
from drivers.dialects import Dialect, Frame, available, load
from drivers.dialects.library import FOLDER
from drivers.exchange import QUIET, Exchange
from drivers.link.base import Link
from drivers.link.replay import VirtualClock
from drivers.simulated.rote import examples

INDEX = (Path(__file__).parents[2] / "docs" / "protocols" / "README.md").read_text("utf-8")
DIALECTS = sorted(path.stem for path in FOLDER.glob("*.toml"))
ASKED = [name for name in DIALECTS if any(load(name).answers(command) for command in load(name).commands)]
WITHIN = 1.0


class Line(Link):
    """A link whose far end says exactly what the test puts on it, at its moments of a virtual clock."""

    clock: VirtualClock

    def __init__(self) -> None:
        super().__init__("asked", VirtualClock(100.0, 1.7e9))
        self.coming: list[tuple[float, bytes]] = []
        self.written: list[bytes] = []

    def open(self) -> None: ...

    def close(self) -> None: ...

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def say(self, data: bytes, after: float) -> None:
        self.coming.append((self.clock.monotonic() + after, data))
        self.coming.sort()

    def read(self, deadline: float) -> bytes:
        if self.coming and self.coming[0][0] <= max(deadline, self.clock.monotonic()):
            moment, data = self.coming.pop(0)
            self.clock.advance(moment)
            return data
        self.clock.advance(deadline)
        return b""


def questions(dialect: Dialect) -> dict[str, tuple[dict[str, Any], list[Frame]]]:
    """Return the commands that have an answer: their fields, and the example of each answer."""
    known = examples(dialect)
    given: dict[str, dict[str, Any]] = {}
    for example in dialect.data.examples:
        if example.direction == "command":
            for frame in dialect.device_decoder().feed(example.raw):
                if isinstance(frame, Frame):
                    given.setdefault(frame.name, dict(frame.fields))
    found = {}
    for command in dialect.commands:
        answers = [known[name] for name in dialect.answers(command) if name in known]
        if command in given and answers:
            found[command] = (given[command], answers)
    return found


def timed_out(dialect: Dialect, command: str, fields: dict[str, Any]) -> tuple[Line, Exchange]:
    line = Line()
    exchange = Exchange(line, dialect, pacing=0.0)
    with pytest.raises(NoReply):
        exchange.ask(command, wanted=dialect.answers(command), within=WITHIN, **fields)
    assert exchange.suspect
    return line, exchange


def answered(exchange: Exchange, dialect: Dialect, command: str, **fields: Any) -> Frame | None:
    """Return what is taken for the answer to the command that has just been sent; None for an error."""
    number = fields.get("sequence")
    try:
        return exchange.expect(
            dialect.answers(command), within=WITHIN, ours=lambda frame: frame.fields.get("sequence", number) == number
        )
    except InstrumentError:
        return None


@pytest.mark.parametrize("dialect_id", ASKED)
def test_a_late_answer_of_another_kind_is_never_taken(dialect_id: str) -> None:
    dialect = load(dialect_id)
    asked = questions(dialect)
    for (first, (fields, late)), (second, (others, _)) in permutations(asked.items(), 2):
        for answer in late:
            if answer.name in dialect.answers(second):
                continue
            line, exchange = timed_out(dialect, first, fields)
            exchange.send(second, **others)
            line.say(answer.raw, 0.1)
            assert answered(exchange, dialect, second, **others) is None, (first, second, answer)


def told(dialect: Dialect) -> bool:
    """Whether the late answer to a question is told from the answer to the same question asked again."""
    verdicts = []
    for command, (fields, answers) in questions(dialect).items():
        for late in answers:
            again = {**fields, "sequence": late["sequence"] + 1} if "sequence" in fields else fields  # type: ignore[operator]
            line, exchange = timed_out(dialect, command, fields)
            exchange.send(command, **again)
            line.say(late.raw, 0.1)
            if dialect.echo:
                line.say(dialect.reply("echo", command=command, **fields), 0.2)
            verdicts.append(answered(exchange, dialect, command, **again) is None)
    return bool(verdicts) and all(verdicts)


def documented(dialect_id: str) -> str:
    row = next(line for line in INDEX.splitlines() if line.startswith(f"| [{dialect_id}]"))
    return row.strip("| ").split(" | ")[-1]


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_documents_say_who_can_tell(dialect_id: str) -> None:
    said = documented(dialect_id)
    can = told(load(dialect_id))
    assert can == said.startswith(("yes", "by the echo")), (said, can)
    if dialect_id not in ASKED:
        assert said.startswith(("no", "nothing is asked", "beats are numbered"))


@pytest.mark.parametrize("dialect_id", [name for name in ASKED if questions(load(name))])
def test_where_nobody_can_tell_the_line_is_drained_before_the_next_question(dialect_id: str) -> None:
    """What comes while the link is brought back to trust answers nothing any more."""
    dialect = load(dialect_id)
    command, (fields, (answer, *_)) = next(iter(questions(dialect).items()))
    line, exchange = timed_out(dialect, command, fields)
    for after in (0.0, QUIET / 2, QUIET * 0.9):
        line.say(answer.raw, after)
    exchange.recover(lambda: Identity("somebody", ""))
    assert not exchange.suspect
    with pytest.raises(NoReply):
        exchange.ask(command, wanted=dialect.answers(command), within=WITHIN, **fields)


def test_every_dialect_stands_here() -> None:
    assert set(DIALECTS) <= set(available())
    assert dialects.load("etabli-quartz-1").id in ASKED
