"""A simulated instrument made from nothing but its dialect file: it says the file's own examples.

Enough to try a driver whose instrument nobody has simulated: each question gets the example of its first answer, with
the fields that the question carries repeated; what answers no question is said by itself now and then.
"""

from __future__ import annotations

from typing import Any

from drivers import dialects
from drivers.dialects import CannotEncode, Dialect, Frame
from drivers.simulated.devices.base import Device

PERIOD = 0.5  # s between two messages that nobody asked for


class RoteDevice(Device):
    """Knows nothing and measures nothing."""

    serial = ""

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._examples = examples(self.dialect)
        asked = {answer for command in self.dialect.commands for answer in self.dialect.answers(command)}
        self._unasked = [frame for name, frame in self._examples.items() if name not in asked]
        self._next = 0.0
        self._turn = 0

    def receive(self, frame: Frame, now: float) -> None:
        if self.dialect.echo:
            self.reply("echo", command=frame.name, **frame.fields)
        for name in self.dialect.answers(frame.name):
            if (answer := self._examples.get(name)) is not None:
                self.send(self._answer(answer, frame))
                return

    def process(self, now: float) -> None:
        if self._unasked and now >= self._next:
            self._next = now + PERIOD
            self.send(self._unasked[self._turn % len(self._unasked)].raw)
            self._turn += 1

    def due(self) -> float | None:
        return self._next if self._unasked else None

    def restart(self, now: float) -> None:
        self._next = now + 2.0

    def _answer(self, example: Frame, question: Frame) -> bytes:
        """Write the example as an answer to this question."""
        fields: dict[str, Any] = dict(example.fields)
        repeated = {name: value for name, value in question.fields.items() if name in fields}
        if not repeated:
            return example.raw
        try:
            return self.dialect.reply(example.name, **{**fields, **repeated})
        except CannotEncode:
            return example.raw


def rote(dialect_id: str) -> type[Device]:
    """Return the simulated instrument of a dialect. Raises UsageError for an unknown one."""
    dialect = dialects.load(dialect_id)
    return type("Rote", (RoteDevice,), {"kind": dialect.kind, "dialect_id": dialect_id, "id": dialect_id})


def examples(dialect: Dialect) -> dict[str, Frame]:
    """Return the first example of each reply that reports no error."""
    found: dict[str, Frame] = {}
    for example in dialect.data.examples:
        if example.direction == "reply" and example.name not in found:
            frames = [one for one in dialect.host_decoder().feed(example.raw) if isinstance(one, Frame)]
            if len(frames) == 1 and dialect.error_text(frames[0]) is None:
                found[example.name] = frames[0]
    return found
