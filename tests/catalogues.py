"""`python -m tests.catalogues`: extract every sentence, update the French catalogue, compile it.

Writes bench/locale/fr/LC_MESSAGES/etabli.po and .mo; prints what is still untranslated.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = ROOT / "bench" / "locale" / "fr" / "LC_MESSAGES" / "etabli.po"
KEYWORDS = ("_", "N_", "msg", "Message")


def extracted() -> Catalog:
    """Return every sentence of the four packages, those inside f-strings too (Babel's own reader passes over them)."""
    catalogue = Catalog(project="Établi", charset="utf-8")
    for package in ("bench", "drivers", "profiles", "tui"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for sentence in sentences(path.read_text("utf-8")):
                catalogue.add(sentence, locations=[(str(path.relative_to(ROOT)), 0)])
    return catalogue


def sentences(source: str) -> list[str]:
    """Return what a module gives to the catalogues' functions; a bare placeholder needs no translation."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args)
    named = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in KEYWORDS)
    written = (arg.value for arg in named if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    return [sentence for sentence in written if re.sub(r"\{\w*\}|\W", "", sentence) or ":" in sentence]


def french() -> Catalog:
    """Return the French catalogue as it stands."""
    if not PO.exists():
        return Catalog(locale="fr", project="Établi", charset="utf-8")
    with PO.open("rb") as file:
        return read_po(file, locale="fr")


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as the program reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the sentences without a French word, or only with a guessed one."""
    return [str(m.id) for m in catalogue if m.id and (not m.string or m.fuzzy)]


def main() -> int:
    catalogue = french()
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, no_location=True, omit_header=False)
    PO.with_suffix(".mo").write_bytes(compiled(french()))
    missing = untranslated(french())
    for sentence in missing:
        print(sentence, file=sys.stderr)
    print(f"{len(french())} sentences, {len(missing)} untranslated")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
