"""An exercise and its watch: the simulator's file of it, and whether the exercise says what measuring really shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import datafile
from bench.calibre import CalibreProfile
from bench.diagnosis.figures import Figure, words_of
from bench.errors import DataFileError, UsageError
from bench.language import Message, msg
from bench.order import Family, Watch
from bench.procedure.library import ProcedureLibrary
from bench.quantities import Value, quantity
from bench.training.library import frames, session_of
from bench.training.model import Exercise, Finding, quantity_of_figure
from drivers.simulated import cases
from drivers.simulated.cases import CaseFile
from drivers.simulated.movement import MechanicalSpec
from profiles.library import Library
from tui.training import replayed
from tui.training.looking import Looked, look
from tui.training.sessions import SessionLibrary

PREFIX = "exercise/"
"""What the watch of an exercise is called by: an order's note names it, and says nothing of its fault."""
HIGHEST_AMPLITUDE = 345.0
"""Degrees at which a balance has knocked long since: no watch runs above."""
_QUARTZ = (Family.QUARTZ, Family.AUTOQUARTZ)


def watch_of(exercise: Exercise, path: Path) -> CaseFile:
    """Return the simulated watch of an exercise. Raises DataFileError, UsageError for no case."""
    name = PREFIX + exercise.id
    if exercise.case:
        return cases.load(exercise.case).model_copy(update={"id": name})
    written: dict[str, Any] = {"id": name, **(exercise.watch or {})}
    return datafile.validate(written, CaseFile, path)


def lend(exercise: Exercise, path: Path) -> str:
    """Let the simulated bench find the exercise's watch; return its name there."""
    watch = watch_of(exercise, path)
    cases.lend(watch)
    return watch.id


def ordered(exercise: Exercise) -> Watch:
    """Return the watch as the exercise's order describes it."""
    about = exercise.order
    if about is None:
        raise UsageError(msg("The exercise {id} replays a session: it has no watch.", id=exercise.id))
    return about.watch()


def check(
    exercise: Exercise,
    path: Path,
    profiles: Library,
    procedures: ProcedureLibrary,
    sessions: SessionLibrary | None = None,
) -> list[Message]:
    """Return what is wrong with an exercise, having really measured its watch or heard its session; nothing is good.

    Raises DataFileError for a watch that cannot be, UsageError for a profile, procedure or session that is not there.
    """
    procedure = procedures.get(exercise.procedure)
    problems = []
    if exercise.frame and exercise.procedure not in frames()[exercise.frame].procedures:
        allowed = ", ".join(frames()[exercise.frame].procedures)
        problems.append(msg("The setting {frame} works with: {allowed}.", frame=exercise.frame, allowed=allowed))
    if exercise.replayed:
        return [*problems, *_session(exercise, path, sessions)]
    about = ordered(exercise)
    if about.family not in procedure.families:
        problems.append(
            msg("The procedure “{procedure}” is not for this watch ({family}).",
                procedure=procedure.title, family=about.family)
        )  # fmt: skip
    watch = watch_of(exercise, path)
    impossible = _impossible(watch, about, profiles.calibre(about.calibre))
    if impossible is not None:
        raise DataFileError(
            msg("{file}: there can be no such watch.", file=path.name), impossible, msg("Mend the table [watch].")
        )
    return [*problems, *_unfounded(exercise, look(watch, about, profiles))]


def _session(exercise: Exercise, path: Path, sessions: SessionLibrary | None) -> list[Message]:
    """Return what the exercise claims of its session and the session does not hold."""
    player = replayed.player(session_of(exercise, path), sessions)
    end = player.duration
    problems = [
        msg("The question {id} is asked after {at} s, and the session ends after {end} s.",
            id=question.id, at=question.at, end=round(end, 1))
        for question in exercise.question if question.at is not None and question.at > end
    ]  # fmt: skip
    return [*problems, *_unfounded(exercise, replayed.looked(exercise, player.tasks))]


def _impossible(watch: CaseFile, about: Watch, calibre: CalibreProfile) -> Message | None:
    movement = watch.movement
    mechanical = isinstance(movement, MechanicalSpec)
    if mechanical is (about.family in _QUARTZ):
        return msg("Its movement is {kind}, and the order says {family}.", kind=movement.kind, family=about.family)
    if watch.calibre != about.calibre:
        return msg("It is a {watch}, and the order says {order}.", watch=watch.calibre, order=about.calibre)
    if not isinstance(movement, MechanicalSpec):
        if movement.circuit > movement.consumption:
            return msg(
                "Its circuit alone draws {circuit} µA, more than the whole watch with {whole} µA.",
                circuit=movement.circuit,
                whole=movement.consumption,
            )
        return None
    for key, has in (("beat_rate", float(movement.beat_rate)), ("lift_angle", movement.lift_angle)):
        wanted = calibre.fact(key)
        if wanted is not None and abs(wanted.magnitude - has) > 1e-6:
            return msg(
                "{quantity}: the watch has {has}, every {calibre} has {wanted}.",
                quantity=quantity(key).name,
                has=Value.of(key, has),
                calibre=calibre.name,
                wanted=wanted,
            )
    highest = max(movement.amplitude.values()) - movement.friction
    if highest > HIGHEST_AMPLITUDE:
        return msg("An amplitude of {value}° is more than a balance can swing: it knocks before.", value=highest)
    return None


def _unfounded(exercise: Exercise, looked: Looked) -> list[Message]:
    """Return what the exercise claims of the watch and measuring does not show."""
    problems = []
    for finding in exercise.expected:
        figure = looked.figures.get(finding.figure)
        if figure is None:
            problems.append(msg("{figure} is expected, and nothing measures it on this watch.", figure=finding.figure))
            continue
        problems += _contradicted(finding, figure)
    for cited in exercise.answer.cites:
        if looked.figures.get(cited) is None:
            problems.append(msg("The model answer cites {figure}, which this watch does not show.", figure=cited))
    hints = [hint.rule.id for hint in looked.diagnosis.hints] if looked.diagnosis else []
    for rule in exercise.rules:
        if rule not in hints:
            shown = ", ".join(hints) or "—"
            problems.append(
                msg("The rule {rule} finds nothing on this watch; these do: {hints}.", rule=rule, hints=shown)
            )
    return problems


def _contradicted(finding: Finding, figure: Figure) -> list[Message]:
    low, high = finding.bounds()
    found = figure.value
    problems = []
    outside = (low is not None and found.magnitude < low) or (high is not None and found.magnitude > high)
    if outside:
        key = quantity_of_figure(finding.figure)
        sides = " … ".join(str(Value.of(key, side)) if side is not None else "" for side in (low, high))
        problems.append(
            msg("{figure}: measuring gives {found}, expected was {sides}.",
                figure=words_of(finding.figure), found=found, sides=sides.strip())
        )  # fmt: skip
    state = figure.verdict.state.value if figure.verdict else ""
    if finding.verdict and state != finding.verdict:
        problems.append(
            msg("{figure}: the verdict is “{state}”, expected was “{wanted}”.",
                figure=words_of(finding.figure), state=state or "—", wanted=finding.verdict)
        )  # fmt: skip
    return problems
