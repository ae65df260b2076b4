"""The titles of steps as people know them: each row of the log by the very procedure that its order was led by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from bench.events import Event, EventKind
from bench.language import Text

_LED_BY = (EventKind.ORDER_OPENED, EventKind.PROCEDURE_CHANGED)


class Events(Protocol):
    """What this asks of a journal."""

    def events(
        self, order: str | None = None, after: int = 0, kinds: Iterable[EventKind] | None = None
    ) -> Iterator[Event]: ...


class StepTitles:
    """Looks titles up in the procedures that a journal has pinned; an order is read only where versions differ."""

    def __init__(self, journal: Events) -> None:
        self._journal = journal
        self._seq = 0
        self._procedures: dict[str, Text] = {}
        self._choices: dict[tuple[str, str, str], Text] = {}
        self._titles: dict[tuple[str, str], dict[str, Text]] = {}
        self._agreed: dict[tuple[str, str], Text] = {}
        self._led: dict[str, dict[str, str]] = {}
        self.catch_up()

    def catch_up(self) -> None:
        """Take in the procedures that were pinned since."""
        for event in self._journal.events(after=self._seq, kinds=(EventKind.PROCEDURE_PINNED,)):
            self._seq = event.seq
            content = event.payload["content"]
            if content.get("title"):
                self._procedures[event.payload["id"]] = Text.from_json(content["title"])
            sha256 = (event.order or "").rpartition("/")[2]
            for step in content.get("step", ()):
                if step.get("title"):
                    known = self._titles.setdefault((event.payload["id"], step["id"]), {})
                    known[sha256] = Text.from_json(step["title"])
                for field in step.get("fields", ()):
                    for choice in field.get("choices", ()):
                        self._choices[event.payload["id"], step["id"], choice["id"]] = Text.from_json(choice["label"])
        self._agreed = {key: next(iter(known.values())) for key, known in self._titles.items() if _alike(known)}

    def procedure(self, procedure: str) -> Text | None:
        """Return what a procedure is called (in its newest version), None where the record does not hold it."""
        return self._procedures.get(procedure)

    def choice(self, procedure: str, step: str, choice: str) -> Text | None:
        """Return what a choice of a step reads (in the newest version), None for one that is not known there."""
        return self._choices.get((procedure, step, choice))

    def of(self, order: str, procedure: str, step: str) -> Text | None:
        """Return the title of a step of an order's procedure (its id), None where the record does not hold it."""
        agreed = self._agreed.get((procedure, step))
        if agreed is not None:
            return agreed
        known = self._titles.get((procedure, step))
        return known.get(self._pin(order, procedure)) if known else None

    def _pin(self, order: str, procedure: str) -> str:
        """Return the SHA-256 of the procedure's version that the order was led by."""
        if order not in self._led:
            led = (event.payload["procedure"] for event in self._journal.events(order=order, kinds=_LED_BY))
            self._led[order] = {each["id"]: each["sha256"] for each in led if each}
        return self._led[order].get(procedure, "")


def _alike(known: Mapping[str, Text]) -> bool:
    """Whether every version of a procedure calls a step the same."""
    return len(set(known.values())) == 1
