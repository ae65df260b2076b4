"""Which field of a form a refusal speaks of: the keyboard goes there, and what was typed stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.errors import EtabliError, Refused

if TYPE_CHECKING:
    from bench.procedure.model import FormField, Step


def blamed(step: Step, fields: Sequence[FormField], answers: Mapping[str, Any], error: EtabliError) -> str | None:
    """Return the id of the field whose answer was refused, None where the refusal is about none of them."""
    from bench.procedure.answers import fits

    if not isinstance(error, Refused):
        return None
    rule = error.refusal.rule
    if rule == "vocabulary":
        label = str(error.refusal.reason)
        return next((entry.id for entry in fields if entry.technical and str(entry.label) in label), None)
    for entry in fields:
        given = answers.get(entry.id)
        taken = given if isinstance(given, list) else [given]
        if any(choice.guard == rule and choice.id in taken for choice in entry.choices):
            return entry.id
    for said in step.outcome:
        given = answers.get(said.field)
        if said.refuse is not None and given is not None and fits(_plain(given), said.equals):
            return said.field
    return None


def _plain(given: Any) -> str:
    return "yes" if given is True else str(given)
