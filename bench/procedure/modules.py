"""Reusable modules: a few steps written once, that procedures use by name.

In a procedure file a `[[step]]` with `use = "DIA-04"` stands for the steps of that module. `as` names them ("open",
and "open-count" … where the module has several; the module's id in small letters where it is left out). A module
leaves by an exit, "@fail"; the use says where that leads: `next = { fail = "gaskets" }`. An exit of which the use says
nothing leads to the step after the module; "@done" is the exit that always may: from any step of the module to the one
after it, or to where the use's "*" leads. What else the use says is said of each of the module's steps: lists
(guards, acts, criteria, skip, back) are added to theirs, anything else takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import datafile
from bench.errors import DataFileError
from bench.language import msg

SHIPPED = Path(__file__).parent / "modules"
_ADDED = ("guards", "acts", "criteria", "skip", "back")
_OF_THE_USE = ("use", "as", "next", "steps")
_DONE = "@done"

Raw = dict[str, Any]


class Modules:
    """The modules of a workshop: ours, overridden or joined by its own."""

    def __init__(self, own: Path | None = None) -> None:
        self._files = {
            path.stem.upper(): path
            for folder in (SHIPPED, own)
            if folder is not None and folder.is_dir()
            for path in sorted(folder.glob("*.toml"))
        }
        self._read: dict[str, Raw] = {}

    def ids(self) -> tuple[str, ...]:
        return tuple(sorted(self._files))

    def get(self, module_id: str) -> Raw:
        """Return a module as written. Raises DataFileError for an unknown or broken one."""
        wanted = module_id.upper()
        if wanted not in self._read:
            if wanted not in self._files:
                raise DataFileError(
                    msg("There is no module {id}.", id=module_id),
                    remedy=msg("Known modules: {known}.", known=", ".join(self.ids())),
                )
            data = datafile.read(self._files[wanted])
            unknown = sorted(set(data) - {"id", "title", "step"})
            if unknown or not isinstance(data.get("step"), list):
                raise DataFileError(
                    msg("The module {file} is not right.", file=self._files[wanted].name),
                    msg("It holds id, title and [[step]]; not {unknown}.", unknown=", ".join(unknown) or "—"),
                )
            self._read[wanted] = data
        return self._read[wanted]


def expand(data: Mapping[str, Any], modules: Modules, path: Path) -> Raw:
    """Return the procedure with the steps of its modules in their places. Raises DataFileError."""
    steps: list[Raw] = []
    module: list[Raw] = []
    for entry in data.get("step", ()):
        used = isinstance(entry, dict) and "use" in entry
        new = _used(entry, modules.get(str(entry["use"])), path) if used else [entry]
        _lead_on(module, str(new[0].get("id", "")) if isinstance(new[0], dict) else "")
        module = new if used else []
        steps += new
    _lead_on(module, "end")
    return {**data, "step": steps}


def _lead_on(module: list[Raw], after: str) -> None:
    """Let "@done" lead to the step after the module."""
    for step in module:
        if _DONE in step.get("next", {}).values():
            step["next"] = {outcome: after if to == _DONE else to for outcome, to in step["next"].items()}


def _used(use: Raw, module: Raw, path: Path) -> list[Raw]:
    prefix = str(use.get("as", str(use["use"]).lower()))
    written = module["step"]
    ids = {step["id"]: prefix if len(written) == 1 else f"{prefix}-{step['id']}" for step in written}
    exits = dict(use.get("next", {}))
    single = use.get("steps", {})
    strangers = sorted(set(single) - set(ids))
    if strangers:
        raise DataFileError(
            msg(
                "{file}: the module {id} has no step {steps}.",
                file=path.name,
                id=use["use"],
                steps=", ".join(strangers),
            ),
            remedy=msg("Its steps are: {known}.", known=", ".join(ids)),
        )
    said = {key: value for key, value in use.items() if key not in _OF_THE_USE}
    steps = [_step(step, ids, exits, {**said, **single.get(step["id"], {})}, str(module["id"])) for step in written]
    named = {
        target.removeprefix("@") for step in written for target in step.get("next", {}).values() if target[:1] == "@"
    }
    own = {outcome: target for outcome, target in exits.items() if outcome not in named}
    if own:
        steps[-1]["next"] = {**steps[-1].get("next", {}), **own}
    return steps


def _step(step: Raw, ids: Mapping[str, str], exits: Mapping[str, str], said: Raw, module: str) -> Raw:
    made: Raw = {**step, "module": module, "id": ids[step["id"]]}
    targets = {outcome: _target(target, ids, exits) for outcome, target in step.get("next", {}).items()}
    if targets:
        made["next"] = {outcome: target for outcome, target in targets.items() if target}
    if "back" in made:
        made["back"] = [ids.get(each, each) for each in made["back"]]
    if made.get("wait", {}).get("since"):
        made["wait"] = {**made["wait"], "since": ids.get(made["wait"]["since"], made["wait"]["since"])}
    for key, value in said.items():
        made[key] = [*made.get(key, ()), *value] if key in _ADDED else value
    return made


def _target(target: str, ids: Mapping[str, str], exits: Mapping[str, str]) -> str:
    if target == _DONE:
        return exits.get("done", exits.get("*", _DONE))
    if target.startswith("@"):
        return exits.get(target[1:], "")
    return ids.get(target, target)
