"""Figures large enough to be read from a metre, drawn from blocks (or ASCII) in two sizes."""

from __future__ import annotations

from tui.widgets.charset import BLOCK, current

WIDTH, HEIGHT = 5, 7
_FONT = {
    "0": "01110 10001 10001 10001 10001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    "+": "00000 00100 00100 11111 00100 00100 00000",
    "−": "00000 00000 00000 11111 00000 00000 00000",
    "–": "00000 00000 00000 01110 00000 00000 00000",
    ",": "00 00 00 00 00 11 01",
    ".": "00 00 00 00 00 11 11",
    " ": "00 00 00 00 00 00 00",
}


def draw(figure: str, *, large: bool = False) -> list[str]:
    """Return the rows of `figure` ("+4,2", "−12.0"): four rows of half blocks, or seven rows of double width.

    Characters that the font lacks (thin spaces of thousands) are drawn as a space.
    """
    signs = current()
    halves = (signs if signs.down == 2 else BLOCK).cells
    pixels = [""] * HEIGHT
    for character in figure:
        rows = _FONT.get(character, _FONT[" "]).split(" ")
        pixels = [line + row + "0" for line, row in zip(pixels, rows, strict=True)]
    if large:
        return ["".join(2 * signs.full if dot == "1" else "  " for dot in line) for line in pixels]
    pixels.append("0" * len(pixels[0]))
    return [
        "".join(halves[(above == "1") + 2 * (below == "1")] for above, below in zip(top, bottom, strict=True))
        for top, bottom in zip(pixels[::2], pixels[1::2], strict=True)
    ]
