"""What the conformance suite concludes from a trial: a promise kept, or NotKept with what came instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bench.errors import EtabliError, ExitCode
from bench.instrument import InstrumentError
from bench.language import Message, msg
from drivers.simulated.desk import Desk, Trial, healthy

# Beyond its deadline a program may still need this long to bring the instrument to rest.
MAKING_SAFE = 15.0


class NotKept(EtabliError):
    """A promise that the driver does not keep."""

    exit_code = ExitCode.FAILURE


def same(figures: dict[str, float], trial: Trial) -> bool:
    """Whether a run gave the same figures, as far as another moment of a living watch allows."""
    expected = healthy(trial)
    return figures.keys() == expected.keys() and all(
        math.isclose(figures[key], expected[key], rel_tol=0.03, abs_tol=1.0 if "leak" in key or "rate" in key else 0.05)
        for key in expected
    )


def true(outcome: Any, trial: Trial) -> None:
    must(isinstance(outcome, dict) and same(outcome, trial), wrong(outcome))


def true_or_typed(at: Desk, trial: Trial) -> None:
    outcome, took = at.timed(at.run)
    must(took <= trial.programs[0].deadline + MAKING_SAFE, too_long(took))
    if isinstance(outcome, InstrumentError):
        must(outcome.evidence()["instrument"] == at.record.id, msg("The error does not carry its evidence."))
    else:
        true(outcome, trial)


def sound_again(at: Desk, trial: Trial) -> None:
    """What the fault left behind may cost one more repetition, no more; then the figures are right."""
    at.link.wire = at.link.device.deck.outgoing
    at.link.clock.sleep(0.5)
    outcome, _ = at.timed(at.run)
    if isinstance(outcome, InstrumentError):
        outcome, _ = at.timed(at.run)
    true(outcome, trial)


def raised(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return error


def must(kept: bool, why: Message) -> None:
    if not kept:
        raise NotKept(why)


def too_long(took: float) -> Message:
    return msg("It took {seconds} s.", seconds=round(took, 1))


def wrong(outcome: Any) -> Message:
    return msg("It gives {outcome}.", outcome=said(outcome))


def said(outcome: Any) -> str:
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}"
    if isinstance(outcome, dict):
        return ", ".join(f"{key} = {value:g}" for key, value in outcome.items())
    return str(outcome)
