"""Code 128: what our labels say to a scanner, as bars for the page (python-barcode does the code itself)."""

from __future__ import annotations

from html import escape
from itertools import groupby

from bench.errors import EtabliError
from bench.language import _, msg

ORDER, PART, OPERATOR, CONFIRM = "OR:", "PC:", "OP:", "OK:"
"""How a label's code begins: an order, a part, an operator, a confirmation."""

LONGEST = 48
_QUIET = 10  # modules of white on each side, as ISO/IEC 15417 asks


def modules(text: str) -> str:
    """Return the code of `text` as "1" for a bar and "0" for a gap, one sign a module, without the quiet zones.

    Raises EtabliError for what Code 128 cannot say (accents, nothing at all) or what is too long for a label.
    """
    if not text or len(text) > LONGEST or not all(" " <= sign <= "~" for sign in text):
        raise EtabliError(
            msg("“{text}” cannot be a barcode.", text=text),
            msg("A barcode holds up to {longest} plain letters, digits and signs, without accents.", longest=LONGEST),
            msg("Write the label by hand, or give a number, reference or badge in plain letters."),
        )
    from barcode.codex import Code128

    bars: str = Code128(text).build()[0]
    return bars


def svg(text: str, height: float = 40.0) -> str:
    """Draw the code of `text` as SVG, one unit a module, the quiet zones included. Raises EtabliError."""
    bars = modules(text)
    width = len(bars) + 2 * _QUIET
    parts, x = [], _QUIET
    for sign, run in groupby(bars):
        length = len(list(run))
        if sign == "1":
            parts.append(f"M{x} 0h{length}v{height:g}h-{length}z")
        x += length
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" viewBox="0 0 {width} {height:g}" '
        f'role="img" aria-label="{escape(alt(text))}" shape-rendering="crispEdges">'
        f'<path d="{"".join(parts)}" fill="#000"/></svg>'
    )


def alt(text: str) -> str:
    """Say what the picture of a code is, for who cannot see it."""
    return _("Barcode {text}").format(text=text)
