"""The key sheets: `python -m docs.keys` writes docs/keys.en.md and docs/keys.fr.md from the bindings."""

from __future__ import annotations

import sys
from pathlib import Path

from tui.key_sheet import sheet

HERE = Path(__file__).parent


def main() -> int:
    for language in ("en", "fr"):
        (HERE / f"keys.{language}.md").write_text(sheet(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
