"""The procedures of a workshop: ours, and those in its own folder, checked before they are used."""

from __future__ import annotations

from pathlib import Path

from bench import datafile
from bench.errors import DataFileError, EtabliError, UsageError
from bench.language import msg
from bench.procedure.guards import GUARDS
from bench.procedure.model import END, Procedure, Step, StepKind

SHIPPED = Path(__file__).parent / "files"


def load(path: Path, origin: str = "shipped") -> Procedure:
    """Read one procedure file. Raises DataFileError when it is broken or its steps do not hold together."""
    data = datafile.read(path)
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
    for step in procedure.steps:
        problems += [f"{step.id}: guard {code} does not exist" for code in step.guards if code not in GUARDS]
        problems += [
            f"{step.id}: outcome {outcome!r} leads to {target!r}, which is no step"
            for outcome, target in step.next.items()
            if target != END and target not in ids
        ]
        problems += [
            f"{step.id}: rule names field {rule.field!r}, which it has not"
            for rule in step.outcome
            if step.field(rule.field) is None
        ]
        if step.kind is StepKind.MEASUREMENT and step.measure and step.measure.judged and "fail" not in step.next:
            problems.append(f"{step.id}: no branch for a failed measurement (next.fail)")
        if step.kind is StepKind.DECISION:
            problems += [
                f"{step.id}: choice {choice.id!r} has no branch"
                for choice in step.fields[0].choices
                if choice.id not in step.next
            ]
    reached = reachable(procedure)
    problems += [f"{i}: no way leads to this step" for i in ids if i not in reached]
    if END not in reached:
        problems.append("no way leads to the end")
    problems += [
        f"{where}: a language is missing" for where, text in procedure.texts() if bool(text.fr) != bool(text.en)
    ]
    problems += [f"{step.id}: the title is empty" for step in procedure.steps if not step.title.fr]
    return problems


def ways(procedure: Procedure, step: Step) -> set[str]:
    """Return every step id (or "end") that `step` may lead to."""
    ahead = set(step.next.values())
    everything_named = step.kind is StepKind.DECISION and not step.when
    if "*" not in step.next and not everything_named:
        ahead.add(procedure.following(step.id))
    return ahead


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
    """Ours, overridden or joined by the workshop's. A broken file is left out and named in `problems`."""

    def __init__(self, own: Path | None = None) -> None:
        self.problems: list[EtabliError] = []
        self._procedures: dict[str, Procedure] = {}
        for folder, origin in ((SHIPPED, "shipped"), (own, "workshop")):
            for path in sorted(folder.glob("*.toml")) if folder and folder.is_dir() else ():
                try:
                    procedure = load(path, origin)
                except DataFileError as error:
                    self.problems.append(error)
                else:
                    self._procedures[procedure.id] = procedure

    def all(self) -> tuple[Procedure, ...]:
        return tuple(self._procedures[key] for key in sorted(self._procedures))

    def get(self, procedure_id: str) -> Procedure:
        """Return a procedure. Raises UsageError naming those there are."""
        try:
            return self._procedures[procedure_id]
        except KeyError:
            raise UsageError(
                msg("There is no procedure “{id}”.", id=procedure_id),
                remedy=msg("Known procedures: {known}.", known=", ".join(sorted(self._procedures))),
            ) from None
