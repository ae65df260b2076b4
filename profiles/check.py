"""Checking a library, and keeping what is made from it in step: digests, JSON Schemas, the coverage page.

`python -m profiles.check` tells every problem and what has drifted; `--write` writes the generated files anew.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.language import speaking
from profiles.library import Library
from profiles.reading import CHECKED, SHIPPED, Problem, digest, read_folder, shape_problems

PAGE = SHIPPED.parent / "docs" / "calibres.md"


def check(workshop: Path | None = None) -> Sequence[Problem]:
    """Return every problem of our profiles and a workshop's: shape, units, references, limits, clashing names."""
    return Library(workshop).problems


def generated() -> Mapping[Path, str]:
    """Return the text of every generated file; the shape of each shipped file is checked anew on the way.

    Raises ValueError when a shipped file has the wrong shape: its digest must not be written.
    """
    from profiles.models import MODELS

    files, problems = read_folder(SHIPPED, "shipped")
    problems += [problem for file in files for problem in shape_problems(file)]
    if problems:
        raise ValueError("\n".join(str(problem) for problem in problems))
    contents = {file.name: {"sha256": digest(file.text), "data": tomllib.loads(file.text)} for file in files}
    lines = (f"{json.dumps(name)}: {json.dumps(data, ensure_ascii=False)}" for name, data in contents.items())
    made = {SHIPPED / CHECKED: "{\n" + ",\n".join(lines) + "\n}\n"}
    for kind, model in MODELS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        made[SHIPPED / "schemas" / f"{kind}.schema.json"] = _json(schema)
    with speaking("en"):
        from profiles.coverage import table

        made[PAGE] = table(Library())
    return made


def drifted() -> list[Path]:
    """Return the generated files that no longer say what the profiles say."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check; returns 0 when all is right."""
    parser = argparse.ArgumentParser(prog="profiles.check", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the generated files anew")
    parser.add_argument("--workshop", type=Path, help="a workshop's own folder of profiles")
    options = parser.parse_args(arguments)
    problems = check(options.workshop)
    for problem in problems:
        print(problem)
    if problems:
        return 1
    stale = drifted()
    for path in stale:
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8", newline="\n")
        print(f"{'written' if options.write else 'drifted, run with --write'}: {path.name}")
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
