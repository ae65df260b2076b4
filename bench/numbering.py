"""Order numbers: counted for each workshop and year, "AT-2026-0042"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.errors import UsageError
from bench.language import msg

PREFIX = re.compile(r"[A-Z0-9]{0,8}")
_NUMBER = re.compile(r"[^\s/\\\x00-\x1f][^/\\\x00-\x1f]{0,39}")


def beginning(year: int, prefix: str) -> str:
    """Return what every number of this workshop and year begins with."""
    return f"{prefix}-{year}-" if prefix else f"{year}-"


def next_number(taken: Iterable[str], year: int, prefix: str) -> str:
    """Return the number after the highest of `taken` that this workshop gave in `year`; gaps stay gaps.

    It is free as long as the journal is held by one writer, and `Desk.open_order` refuses a number that is taken.
    Benches with journals of their own need a prefix each ([house] order_prefix): they cannot see each other's.
    """
    start = beginning(year, prefix)
    counted = re.compile(re.escape(start) + r"([0-9]+)")
    highest = max((int(found[1]) for each in taken if (found := counted.fullmatch(each))), default=0)
    return f"{start}{highest + 1:04}"


def check_number(number: str) -> None:
    """Raise UsageError for what cannot be an order's number.

    A slash would let it be taken for another shelf of the journal (bench/events.py), and it names files.
    """
    if not _NUMBER.fullmatch(number) or number != number.strip() or number.strip(".") == "":
        raise UsageError(
            msg("“{number}” cannot be an order's number.", number=number),
            remedy=msg("Use up to 40 letters, digits, dashes and dots."),
        )
