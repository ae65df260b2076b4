"""`python -m tests.catalogues`: extract every sentence, update the French catalogue, compile it.

Writes bench/locale/fr/LC_MESSAGES/etabli.po and .mo; prints what is still untranslated.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = ROOT / "bench" / "locale" / "fr" / "LC_MESSAGES" / "etabli.po"
KEYWORDS = {"_": None, "N_": None, "msg": None}


def extracted() -> Catalog:
    """Return every sentence of the four packages."""
    catalogue = Catalog(project="Établi", charset="utf-8")
    for package in ("bench", "drivers", "profiles", "tui"):
        found = extract_from_dir(ROOT / package, [("**.py", "python")], {"**.py": {}}, keywords=KEYWORDS)
        for name, _line, message, _comments, _context in found:
            catalogue.add(message, locations=[(f"{package}/{name}", 0)])
    return catalogue


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
