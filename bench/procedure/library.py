"""The procedures of a workshop: ours, and those in its own folder, checked before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import datafile
from bench.alerts import ALERTS
from bench.errors import DataFileError, EtabliError, UsageError
from bench.language import msg
from bench.operations import operations
from bench.procedure.guards import RULES, acts_of
from bench.procedure.guards.agreement import ZONES
from bench.procedure.guards.water import PREPARED, rests
from bench.procedure.model import END, SKIPPED, Act, Choice, FormField, Procedure, Step, StepKind
from bench.procedure.modules import Modules, expand

SHIPPED = Path(__file__).parent / "files"


def load(path: Path, origin: str = "shipped", modules: Modules | None = None) -> Procedure:
    """Read one procedure file, its modules in their places.

    Raises DataFileError when it is broken or its steps do not hold together.
    """
    data = expand(datafile.read(path), modules or Modules(), path)
    procedure = datafile.validate(data, Procedure, path)
    problems = check(procedure)
    if problems:
        raise DataFileError(
            msg("{file} is inconsistent: {problems}.", file=path.name, problems="; ".join(problems)),
            remedy=msg("Mend these steps."),
        )
    return procedure.model_copy(update={"sha256": datafile.fingerprint(data), "origin": origin})


def check(procedure: Procedure) -> list[str]:
    """Return what is wrong with the steps together: ids, branches, reachability, guards, languages."""
    ids = [step.id for step in procedure.steps]
    problems = [f"step {i!r} stands twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    if not ids:
        return ["a procedure needs a step"]
    stages = [stage.id for stage in procedure.stage]
    for step in procedure.steps:
        problems += _of_step(step, ids)
        if stages and step.stage not in stages:
            problems.append(f"{step.id}: stage {step.stage!r} does not exist")
    problems += [
        f"stage {each}: no step belongs to it" for each in stages if all(s.stage != each for s in procedure.steps)
    ]
    problems += _what_acts_need(procedure)
    reached = reachable(procedure)
    problems += [f"{i}: no way leads to this step" for i in ids if i not in reached]
    if END not in reached:
        problems.append("no way leads to the end")
    ending = leading_to_end(procedure)
    problems += [f"{i}: from here no way leads to the end" for i in ids if i in reached and i not in ending]
    problems += [
        f"{where}: a language is missing" for where, text in procedure.texts() if bool(text.fr) != bool(text.en)
    ]
    problems += [f"{step.id}: the title is empty" for step in procedure.steps if not step.title.fr]
    return problems


def _what_acts_need(procedure: Procedure) -> list[str]:
    """Guards that no answer of the procedure could ever satisfy would hold every order up."""
    acts = {act for step in procedure.steps for act in acts_of(step)}
    facts = {entry.fact for step in procedure.steps for entry in step.fields if entry.fact}
    problems = []
    if Act.PRESSURISE in acts and not rests(procedure):
        problems.append('a pressure test needs a wait step with the purpose "thermal-rest" (G-10)')
    for act, code, wanted in (
        (Act.PRESSURISE, "G-11", (*PREPARED, "watch_temperature", "chamber_temperature")),
        (Act.CUSTODY, "G-03", tuple(f"zone.{zone}" for zone in ZONES)),
        (Act.IMMERSE_EMPTY, "G-13", ("movement_out", "movement_photo")),
        (
            Act.FIT_BATTERY,
            "G-35",
            ("battery_reference", "battery_voltage_new", "battery_polarity", "battery_old_logged"),
        ),
        (Act.POLISH, "G-37", ("polish_consent", "finish", "movement_out")),
        (Act.HAND_OVER, "G-33", ("commercial_release",)),
    ):
        missing = [fact for fact in wanted if fact not in facts]
        if act in acts and missing:
            problems.append(f"{code} asks for what no field gives: {', '.join(missing)}")
    return problems


def _of_step(step: Step, ids: list[str]) -> list[str]:
    codes = {*step.guards, *(choice.guard for entry in step.fields for choice in _choices(entry) if choice.guard)}
    problems = [f"{step.id}: guard {code} does not exist" for code in sorted(codes) if code not in RULES]
    problems += [
        f"{step.id}: {choice.alert!r} is no alert; known: {', '.join(ALERTS)}"
        for entry in step.fields
        for choice in _choices(entry)
        if choice.alert and choice.alert not in ALERTS
    ]
    problems += [
        f"{step.id}: outcome {outcome!r} leads to {target!r}, which is no step"
        for outcome, target in step.next.items()
        if target != END and target not in ids
    ]
    problems += [f"{step.id}: back leads to {target!r}, which is no step" for target in step.back if target not in ids]
    if step.wait and step.wait.since and step.wait.since not in ids:
        problems.append(f"{step.id}: waits since {step.wait.since!r}, which is no step")
    problems += [
        f"{step.id}: rule names field {rule.field!r}, which it has not"
        for rule in step.outcome
        if step.field(rule.field) is None
    ]
    names = [entry.id for entry in step.fields]
    problems += [f"{step.id}: field {each!r} stands twice" for each in sorted({n for n in names if names.count(n) > 1})]
    problems += [
        f"{step.id}.{entry.id}: asked when {other!r} is answered, which is no field of the step"
        for entry in step.fields
        for other in entry.when
        if other not in names
    ]
    if step.operation and step.operation not in operations():
        problems.append(f"{step.id}: operation {step.operation!r} does not exist")
    if step.kind is StepKind.MEASUREMENT and step.measure and step.measure.judged and "fail" not in step.next:
        problems.append(f"{step.id}: no branch for a failed measurement (next.fail)")
    if step.kind is StepKind.DECISION:
        problems += [
            f"{step.id}: choice {choice.id!r} has no branch"
            for choice in step.fields[0].choices
            if choice.id not in step.next
        ]
    return problems


def _choices(entry: FormField) -> tuple[Choice, ...]:
    return (*entry.choices, *(choice for column in entry.columns for choice in column.choices))


def lost(original: Procedure, edited: Procedure) -> list[str]:
    """Return what an edited procedure no longer does that its original did: criteria, acts with their guards."""
    problems = []
    before = {code for step in original.steps for code in step.all_criteria()}
    after = {code for step in edited.steps for code in step.all_criteria()}
    problems += [f"criterion {code} is no longer covered" for code in sorted(before - after)]
    for step in original.steps:
        now = edited.get(step.id)
        if now is None:
            continue
        problems += [f"{step.id}: lost its act {act.value!r}" for act in step.acts if act not in now.acts]
        problems += [f"{step.id}: lost its guard {code}" for code in step.guards if code not in now.guards]
        if step.intervention and not now.intervention:
            problems.append(f"{step.id}: is no longer an intervention")
    kinds = {act for step in edited.steps for act in step.acts}
    wanted = {act for step in original.steps for act in step.acts}
    problems += [f"no step has the act {act.value!r} any more" for act in sorted(wanted - kinds)]
    return problems


def ways(procedure: Procedure, step: Step) -> set[str]:
    """Return every step id (or "end") that `step` may lead to."""
    ahead = {*step.next.values(), *step.back}
    everything_named = step.kind is StepKind.DECISION and not step.when
    passed = (step.when or step.skip) and SKIPPED not in step.next
    if "*" not in step.next and (passed or not everything_named):
        ahead.add(procedure.following(step.id))
    return ahead


def leading_to_end(procedure: Procedure) -> set[str]:
    """Return every step id from which some way leads to "end"."""
    before: dict[str, set[str]] = {}
    for step in procedure.steps:
        for target in ways(procedure, step):
            before.setdefault(target, set()).add(step.id)
    seen: set[str] = set()
    todo = [END]
    while todo:
        for step_id in before.get(todo.pop(), set()) - seen:
            seen.add(step_id)
            todo.append(step_id)
    return seen


def reachable(procedure: Procedure) -> set[str]:
    """Return every step id that can be reached from the first step, and "end"."""
    seen: set[str] = set()
    todo = [procedure.steps[0].id]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        step = procedure.get(here)
        if step is not None:
            todo += ways(procedure, step)
    return seen


class ProcedureLibrary:
    """Ours, overridden or joined by the workshop's. Files are read when they are first asked for.

    `more` are folders of ours that only some workshops need (training). A broken file is left out and named in
    `problems`.
    """

    def __init__(self, own: Path | None = None, more: Sequence[Path] = ()) -> None:
        self.modules = Modules(own / "modules" if own else None)
        self._shipped = (SHIPPED, *more)
        self._own = sorted(own.glob("*.toml")) if own is not None and own.is_dir() else []
        self._read: dict[Path, Procedure | EtabliError] = {}

    @property
    def problems(self) -> list[EtabliError]:
        """What is wrong with the files, ours and the workshop's."""
        return [found for path in self._paths() if isinstance(found := self._load(path), EtabliError)]

    @property
    def own_problems(self) -> list[EtabliError]:
        """What is wrong with the workshop's own files."""
        return [found for path in self._own if isinstance(found := self._load(path), EtabliError)]

    def all(self) -> tuple[Procedure, ...]:
        found = {each.id: each for path in self._paths() if isinstance(each := self._load(path), Procedure)}
        return tuple(found[key] for key in sorted(found))

    def get(self, procedure_id: str) -> Procedure:
        """Return a procedure. Raises UsageError naming those there are."""
        for path in (*self._own, *(folder / f"{procedure_id}.toml" for folder in self._shipped)):
            if path in self._own or path.is_file():
                found = self._load(path)
                if isinstance(found, Procedure) and found.id == procedure_id:
                    return found
        raise UsageError(
            msg("There is no procedure “{id}”.", id=procedure_id),
            remedy=msg("Known procedures: {known}.", known=", ".join(each.id for each in self.all())),
        )

    def _paths(self) -> list[Path]:
        return [*(path for folder in self._shipped for path in sorted(folder.glob("*.toml"))), *self._own]

    def _load(self, path: Path) -> Procedure | EtabliError:
        if path not in self._read:
            try:
                self._read[path] = load(path, "workshop" if path in self._own else "shipped", self.modules)
            except DataFileError as error:
                self._read[path] = error
        return self._read[path]
