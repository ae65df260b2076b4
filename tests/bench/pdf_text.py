"""Reads the words back out of a PDF, page by page, as a reader's copy and paste would: for the tests of the sheet."""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf

_BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)endbf", re.S)
_HEX = re.compile(rb"<([0-9A-Fa-f]*)>")


def pages(pdf: bytes) -> list[str]:
    """Return the text of every page with all white space taken out (line ends are the layout's business)."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return ["".join("".join(_words(page.obj, page.Resources)).split()) for page in document.pages]


def squeezed(text: str) -> str:
    """Return `text` as `pages` would give it."""
    return "".join(text.split())


def _words(holder: Any, resources: Any) -> list[str]:
    found: list[str] = []
    table: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(holder):
        match str(operator):
            case "Tf":
                table = _unicode(resources.Font[str(operands[0])])
            case "Tj":
                found.append(_decoded(bytes(operands[0]), table))
            case "TJ":
                strings = (part for part in operands[0] if isinstance(part, pikepdf.String))
                found.extend(_decoded(bytes(part), table) for part in strings)
            case "Do":
                inner = resources.XObject[str(operands[0])]
                if inner.Subtype == "/Form":
                    found.extend(_words(inner, inner.get("/Resources", resources)))
    return [part.replace("\u200b", "") for part in found]


def _decoded(codes: bytes, table: dict[int, str]) -> str:
    return "".join(table.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes), 2))


def _unicode(font: Any) -> dict[int, str]:
    table: dict[int, str] = {}
    for kind, body in _BLOCK.findall(font.ToUnicode.read_bytes()):
        codes = [bytes.fromhex(code.decode()) for code in _HEX.findall(body)]
        if kind == b"bfchar":
            for code, text in zip(codes[::2], codes[1::2], strict=True):
                table[int.from_bytes(code, "big")] = text.decode("utf-16-be")
        else:
            for first, last, text in zip(codes[::3], codes[1::3], codes[2::3], strict=True):
                for step in range(int.from_bytes(last, "big") - int.from_bytes(first, "big") + 1):
                    table[int.from_bytes(first, "big") + step] = chr(ord(text.decode("utf-16-be")) + step)
    return table
