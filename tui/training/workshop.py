"""A training workshop: its folder, and the orders that exercises open in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from bench.desk import Desk
from bench.errors import EtabliError, UsageError
from bench.judging import Judged
from bench.language import N_, _, current, msg
from bench.order import Quote, RepairOrder
from bench.people import Operator
from bench.training import Exercises, frames
from bench.training.model import Exercise, Hidden
from bench.training.runs import Run, Training
from tui.folder import Folder
from tui.simulation import CASE
from tui.training import replayed
from tui.training.exercises import PREFIX, lend, ordered
from tui.training.sessions import SessionLibrary

SPEED = 5.0
WAITS = 7200.0
PROMISED_DAYS = 10
INTERVIEW = "BC1"
BLIND: tuple[Hidden, ...] = ("verdicts", "limits", "hints")
_EVERYBODY = (("lea", N_("Trainee")),)
_TRAINERS = (("formateur", N_("Trainer")),)


def found(folder: Folder, name: str = "", trainees: list[str] | None = None, trainers: list[str] | None = None) -> None:
    """Make the folder of a training workshop: simulated instruments, a journal of its own, the mark on everything.

    `trainees` and `trainers` are "id=Name". Raises UsageError where a workshop is already there.
    """
    if folder.file.exists():
        raise UsageError(
            msg("{folder} holds a workshop already.", folder=str(folder.path)),
            msg("A training workshop never shares the folder of another."),
            msg("Name an empty folder."),
        )
    people = [
        _person(each, ("trainee", "technician", "controller", "reception")) for each in _given(trainees, _EVERYBODY)
    ]
    people += [
        _person(each, ("trainer", "manager", "technician", "controller", "reception"))
        for each in _given(trainers, _TRAINERS)
    ]
    content = _FILE.format(
        head=_("A training workshop: no customer's watch comes here. Its journal is its own, everything is marked."),
        waits=_("24 hours pass in 12 seconds here; the sheet says so."),
        name=json.dumps(name.strip() or _("Training workshop"), ensure_ascii=False),
        language=current(),
        speed=SPEED,
        wait_scale=WAITS,
        people="\n".join(people),
    )
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.file.write_text(content, encoding="utf-8")
        (folder.path / "exercises").mkdir(exist_ok=True)
    except OSError as error:
        raise EtabliError(
            msg("The workshop's folder {folder} cannot be made.", folder=str(folder.path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
        ) from error


def _given(written: list[str] | None, otherwise: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    if not written:
        return [(key, _(name)) for key, name in otherwise]
    pairs = [each.partition("=")[::2] for each in written]
    for key, name in pairs:
        if not key.strip() or not name.strip():
            raise UsageError(msg("“{text}” names nobody.", text=key), remedy=msg("Write ID=NAME, as in lea=Léa Petit."))
    return [(key.strip(), name.strip()) for key, name in pairs]


def _person(who: tuple[str, str], roles: tuple[str, ...]) -> str:
    key, name = (json.dumps(each, ensure_ascii=False) for each in who)
    return f"[[operator]]\nid = {key}\nname = {name}\nroles = {json.dumps(roles)}\n"


def exercises_of(folder: Folder) -> Exercises:
    """Return the exercises of a workshop: those of the program and those of its folder `exercises`."""
    return Exercises(folder.path / "exercises")


def lend_all(folder: Folder) -> None:
    """Let the simulated bench find the watch of every exercise; one that is wrong is left out, and the bench opens."""
    exercises = exercises_of(folder)
    for exercise in exercises.all():
        if not exercise.replayed:
            try:
                lend(exercise, exercises.path(exercise.id))
            except EtabliError:
                continue


def begin(
    desk: Desk, exercises: Exercises, exercise_id: str, trainee: Operator, setting: str = "", *, blind: bool = False
) -> Run:
    """Begin a run: for a virtual watch its order is opened, which says nothing of the fault.

    `setting` puts the exercise into another of the four evaluation settings than its own; `blind` hides verdicts,
    limits and hints until the reveal, whatever the exercise hides by itself. Raises UsageError, and Refused outside a
    training workshop.
    """
    training = Training(desk)
    exercise = exercises.get(exercise_id)
    if setting:
        exercise = in_setting(desk, exercise, setting)
    if blind:
        exercise = exercise.model_copy(update={"hide": tuple(dict.fromkeys((*exercise.hide, *BLIND)))})
    if not trainee.trains():
        raise UsageError(
            msg("{name} is no trainee.", name=trainee.name),
            remedy=msg("Give them the role “trainee” in workshop.toml."),
        )
    number = training.next_id()
    if exercise.replayed:
        return training.begin(exercise, trainee, number)
    lend(exercise, exercises.path(exercise.id))
    desk.open_order(_order(exercise, number, desk))
    return training.begin(exercise, trainee, number, order=number)


def settings_of(desk: Desk, exercise: Exercise) -> list[str]:
    """Return the settings that an exercise can be begun in: a replay its own, a watch those with a procedure for it."""
    if exercise.replayed or exercise.order is None:
        return [exercise.frame] if exercise.frame else []
    return [frame for frame in frames() if _procedure(desk, exercise, frame)]


def in_setting(desk: Desk, exercise: Exercise, setting: str) -> Exercise:
    """Return the exercise in one of the four settings: its time, and a procedure that belongs there.

    Raises UsageError for a setting that does not suit it.
    """
    if setting not in frames():
        raise UsageError(
            msg("There is no setting {setting}.", setting=setting),
            remedy=msg("Known: {known}.", known=", ".join(frames())),
        )
    suiting = settings_of(desk, exercise)
    if setting not in suiting:
        raise UsageError(
            msg("The exercise {id} does not suit the setting {setting}.", id=exercise.id, setting=setting),
            msg("A session that is replayed has no other work in it than what was recorded.")
            if exercise.replayed
            else msg("None of its procedures is for this watch."),
            msg("It can be begun in: {known}.", known=", ".join(suiting) or "—"),
        )
    if exercise.replayed:
        return exercise
    minutes = exercise.minutes if setting == exercise.frame else frames()[setting].minutes
    procedure = _procedure(desk, exercise, setting)
    return exercise.model_copy(update={"frame": setting, "minutes": minutes, "procedure": procedure})


def _procedure(desk: Desk, exercise: Exercise, setting: str) -> str:
    """Return the exercise's own procedure in its own setting, elsewhere the setting's first one for its watch."""
    allowed = frames()[setting].procedures
    if setting == exercise.frame:
        return exercise.procedure
    family = exercise.order.family if exercise.order else None
    return next((each for each in allowed if family in desk.procedures.get(each).families), "")


def measured(desk: Desk, run: Run, exercises: Exercises, library: SessionLibrary) -> list[Judged]:
    """Return what was measured in the run's order, or in the session that it replays, in time order.

    Raises UsageError for a session that is not there any more.
    """
    if not run.order:
        return replayed.judged(replayed.player(exercises.session(run.exercise), library).tasks)
    return [entry for task in desk.work(run.order).state.tasks for entry in task.judged]


def _order(exercise: Exercise, number: str, desk: Desk) -> RepairOrder:
    now = desk.clock.now()
    today = now.date().isoformat()
    about = exercise.order
    quote = None
    if about is not None and exercise.frame != INTERVIEW:  # nothing is signed before the interview
        quote = Quote(f"Q-{number}", "signature", today, about.operations, about.ceiling, about.minutes)
    return RepairOrder(
        number=number,
        customer="C-000001",
        watch=ordered(exercise),
        procedure=exercise.procedure,
        declared=str(exercise.situation),
        request=str(exercise.request),
        received=today,
        promised=(now + timedelta(days=PROMISED_DAYS)).date().isoformat(),
        quote=quote,
        notes={CASE: PREFIX + exercise.id},
    )


def new_folder(path: str) -> Folder:
    """Return the folder that a person named."""
    return Folder(Path(path).expanduser().absolute())


_FILE = """# {head}
name = {name}
station = "training-1"
language = "{language}"

[simulation]
speed = {speed}
seed = 1
pin = "0000"

[house]
training = true
# {waits}
wait_scale = {wait_scale:g}
residual_field_max = "0.1 mT"
self_check = true

{people}"""
