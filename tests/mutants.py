"""Each guard taken out in turn: which tests notice. `make mutate-guards` prints the table.

Runs the tests of the guards and of the walks once for each rule, without that rule, and counts those that fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ("tests/bench/test_guards.py", "tests/bench/test_procedure_walk.py")
ENVIRONMENT = "ETABLI_TEST_WITHOUT_GUARD"


def noticed(code: str) -> tuple[str, int]:
    """Return how many tests fail without the guard `code`."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--maxfail=50", "-p", "no:cacheprovider", *TESTS]
    chosen = ["-k", "not taken_out"]
    ran = subprocess.run(
        [*command, *chosen],
        cwd=ROOT,
        env={**os.environ, ENVIRONMENT: code},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return code, len(failed)


def main() -> int:
    """Print the table; exit 1 when a guard may be missing without a test that notices."""
    codes = [f"G-{n:02}" for n in range(1, 41)]
    missed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for code, count in pool.map(noticed, codes):
            print(f"{code}  {count:3d} tests notice" if count else f"{code}  NOBODY NOTICES", flush=True)
            missed += [] if count else [code]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
