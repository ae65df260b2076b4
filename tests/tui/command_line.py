"""Running the command line as people do: another process, a workshop of its own, no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from tui.main import main; sys.exit(main())"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def environment(home: Path | None, **more: str) -> dict[str, str]:
    """Return an environment without the machine's own language and workshop."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "ETABLI"))}
    home_of = {"ETABLI_HOME": str(home)} if home else {}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "ETABLI_LANG": "en", **home_of, **more}


def etabli(*arguments: str | Path, home: Path | None = None, cwd: Path | None = None, **more: str) -> Outcome:
    """Run a command to its end."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=environment(home, **more),
        cwd=cwd,
        timeout=90,
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return Outcome(run.returncode, run.stdout, run.stderr)


def here(capsys, *arguments: str | Path) -> Outcome:
    """Run a command in this process; ETABLI_HOME is what the test has set."""
    from tui.main import main

    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Outcome(code, captured.out, captured.err)
