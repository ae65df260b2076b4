"""The matrix of the criteria: `python -m docs.criteria` writes docs/criteria.md from the data."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.criteria.page import markdown
from bench.procedure.library import ProcedureLibrary

HERE = Path(__file__).parent


def main() -> int:
    (HERE / "criteria.md").write_text(markdown(ProcedureLibrary().all()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
