"""`etabli exercises list · show · check · settings · start · play · answer · reveal`: exercises and their runs."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path

from bench.defects import defects
from bench.diagnosis.figures import words_of
from bench.errors import EtabliError, ExitCode, UsageError
from bench.language import _, msg
from bench.quantities import Value
from bench.training import Exercise, Exercises, frames
from bench.training.library import load
from bench.training.runs import DIAGNOSIS, Run, Training, compare, find, may_see_answers
from tui import lines, proof
from tui.folder import Folder
from tui.headless import narrate
from tui.training import replayed
from tui.training.exercises import check
from tui.training.sessions import SessionLibrary
from tui.training.workshop import begin, exercises_of, measured
from tui.workshop import Workshop

ASIDE = ("phase", "beat_rate", "signal_level")


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    exercises = exercises_of(folder)
    for problem in exercises.problems:
        narrate(str(problem))
    match arguments.act:
        case "list":
            _list(exercises)
        case "show":
            exercise = exercises.get(arguments.id)
            if arguments.answer:
                _trainer_only(folder, arguments.by)
            _show(exercise, answer=arguments.answer)
        case "check":
            return _check(folder, exercises, [Path(each) for each in arguments.files])
        case "settings":
            _settings()
        case "play":
            _play(folder, exercises, arguments.run)
        case _:
            _at_work(arguments, folder, exercises)
    return 0


def _list(exercises: Exercises) -> None:
    headings = [_("exercise"), _("title"), _("level"), _("setting"), _("duration"), _("competences"), _("procedure")]
    rows = [
        [
            each.id,
            str(each.title),
            str(each.level),
            each.frame or "—",
            _("{minutes} min").format(minutes=each.minutes),
            ", ".join(each.competences),
            each.procedure if not each.session else _("replayed"),
        ]
        for each in exercises.all()
    ]
    print(lines.table(headings, rows))


def _settings() -> None:
    for frame in frames().values():
        prepare = _("{minutes} min to prepare, ").format(minutes=frame.prepare) if frame.prepare else ""
        print(f"{frame.id}  {frame.title} · {prepare}" + _("{minutes} min").format(minutes=frame.minutes))
        print(f"     {frame.task}")
        print("     " + _("competences: {codes}").format(codes=", ".join(frame.competences())))
        for watched in frame.watched:
            print(f"     ☐ {watched}")


def _show(exercise: Exercise, *, answer: bool) -> None:
    print(f"{exercise.id}  {exercise.title}")
    if exercise.frame:
        print(f"{frames()[exercise.frame].title} · " + _("{minutes} min").format(minutes=exercise.minutes))
    print(_("Situation: {text}").format(text=exercise.situation))
    print(_("Asked for: {text}").format(text=exercise.request))
    if exercise.order is not None:
        print(f"{exercise.order.brand} {exercise.order.model} · {exercise.order.calibre}")
    for question in exercise.question:
        print(f"? {question.id}  {question.text}")
    if answer:
        print()
        model_answer(exercise)


def _trainer_only(folder: Folder, by: str | None) -> None:
    """Let a trainer prove to be here. Raises UsageError, Refused: the answer is not for the trainee."""
    if not by:
        raise UsageError(
            msg("The model answer is a trainer's to see, and nobody is named."),
            remedy=msg(
                "A trainer names themselves with --by ID and gives their PIN; a trainee reveals it after a run."
            ),
        )
    with Workshop.open(folder, instruments=False) as workshop:
        operator = workshop.operator(by)
        may_see_answers(operator)
        proof.sign_in(workshop.desk, operator)


def model_answer(exercise: Exercise) -> None:
    """Print the fault, what should have been found, and the reference answers."""
    print(_("Planted fault: {text}").format(text=exercise.fault))
    for finding in exercise.expected:
        print(f"  · {finding.text} ({words_of(finding.figure)})")
    print(_("Model answer: {text}").format(text=exercise.answer.text))
    known = defects()
    for code in exercise.answer.defects:
        print(f"  {code}  {known[code].label}")
    for question in exercise.question:
        print(f"? {question.text}\n  → {question.answer}")


def _check(folder: Folder, exercises: Exercises, named: list[Path]) -> int:
    """Measure the watch of every file named; return 1 where one does not show what its exercise says."""
    files = named or [exercises.path(each.id) for each in exercises.all()]
    profiles, procedures, sessions = folder.profiles(), folder.procedures(training=True), SessionLibrary(folder)
    wrong = 0
    for path in files:
        try:
            exercise = load(path)
            problems = [str(each) for each in check(exercise, path, profiles, procedures, sessions)]
        except EtabliError as error:
            problems = [str(error)]
            exercise = None
        wrong += bool(problems)
        name = exercise.id if exercise else path.name
        print(f"{name}: " + (_("its watch shows what it says.") if not problems else _("not right:")))
        for problem in problems:
            print(f"  · {problem}")
    if wrong:
        narrate(_("Not right: {wrong} of {count}.").format(wrong=wrong, count=len(files)))
        return ExitCode.FAILURE
    return ExitCode.OK


def _at_work(arguments: Namespace, folder: Folder, exercises: Exercises) -> None:
    with Workshop.open(folder, instruments=False) as workshop:
        desk = workshop.desk
        training = Training(desk)
        if arguments.act == "start":
            trainee = workshop.operator(arguments.trainee)
            proof.sign_in(desk, trainee)
            _started(begin(desk, exercises, arguments.id, trainee, arguments.setting, blind=arguments.blind))
            return
        told = training.run(arguments.run)
        exercise = exercises.get(told.exercise)
        if arguments.act == "answer":
            question = arguments.question or DIAGNOSIS
            if question != DIAGNOSIS and question not in [each.id for each in exercise.question]:
                raise UsageError(
                    msg("The exercise asks no question “{id}”.", id=question),
                    remedy=msg(
                        "Its questions: {known}.", known=", ".join(each.id for each in exercise.question) or "—"
                    ),
                )
            proof.sign_in(desk, workshop.operator(told.trainee))
            training.answer(
                told,
                question,
                arguments.text,
                codes=arguments.defect,
                cites=arguments.cite,
                judged=measured(desk, told, exercises, SessionLibrary(folder)) if arguments.cite else (),
            )
            narrate(_("Kept."))
            return
        operator = workshop.operator(arguments.by)
        pin = proof.ask_or_take(desk, operator)
        desk.authenticate(operator, pin)
        shown = training.reveal(told, operator, pin)
        model_answer(exercise)
        _beside(exercise, shown)


def _play(folder: Folder, exercises: Exercises, run_id: str) -> None:
    """Print what the session of a run measured up to the first question that is not answered yet, then ask that."""
    with folder.read_journal() as journal:
        run = find(journal, run_id)
    exercise = exercises.get(run.exercise)
    if not exercise.replayed:
        raise UsageError(
            msg("The run {run} replays no session.", run=run.id),
            remedy=msg("Work at the bench: “etabli run {order}”.", order=run.order),
        )
    player = replayed.player(exercises.session(exercise.id), SessionLibrary(folder))
    asked = [] if run.revealed else [stop for stop in replayed.stops(exercise) if run.answer(stop.note) is None]
    end = asked[0].at if asked else player.duration
    blind = not run.revealed and bool({"verdicts", "limits"} & set(run.hide))
    for number, heard in enumerate(player.tasks):
        if player.span(number)[1] <= end:
            for entry in heard.judged:
                print(lines.blind_line(entry) if blind else lines.measurement_line(entry))
    for sample in player.at(end).latest.values():  # of a measurement that is not over yet at the question
        if sample.quantity.id not in ASIDE:
            name = lines.padded(lines.named(sample.quantity, sample.label), 34)
            print(f"{name}  {Value(sample.quantity, sample.magnitude)}  …")
    if asked:
        print(f"? {asked[0].note}  {asked[0].question}")
        narrate(_("Answer, then play on: “etabli exercises answer {run} --question {question} --text …”.").format(
            run=run.id, question=asked[0].note))  # fmt: skip
    elif run.diagnosis is None:
        narrate(_("The session is over. Give your diagnosis:"))
        narrate(f"  etabli exercises answer {run.id} --text … --defect … --cite …")


def _started(run: Run) -> None:
    print(run.id)
    ends = datetime.fromisoformat(run.begun) + run.left(datetime.fromisoformat(run.begun))
    narrate(_("Until {time} ({minutes} min).").format(time=f"{ends.astimezone():%H:%M}", minutes=run.limit))
    if run.order:
        narrate(_("Work at the bench: “etabli run {order}”.").format(order=run.order))
    else:
        narrate(_("Play it up to its next question: “etabli exercises play {run}”.").format(run=run.id))


def _beside(exercise: Exercise, run: Run) -> None:
    """Print the trainee's diagnosis beside the reference: no score, what each names."""
    given = run.diagnosis
    if given is None:
        print(_("{name} gave no diagnosis.").format(name=run.name))
        return
    found = compare(exercise, given)
    print()
    print(_("{name}: {text}").format(name=run.name, text=given.text or "—"))
    for word, codes in (
        (_("named by both"), found.named),
        (_("missed"), found.missed),
        (_("named beyond it"), found.beyond),
    ):
        for code in codes:
            print(f"  {word}: {code}  {defects()[code].label}")
    for cited in given.cites:
        print(f"  {_('cited')}: {words_of(cited.figure)} = {cited.value}")
    for figure in found.uncited:
        print(f"  {_('not cited')}: {words_of(figure)}")
    taken = run.taken or timedelta(0)
    print("  " + _("after {minutes} of {limit} min").format(minutes=round(taken.total_seconds() / 60), limit=run.limit))
