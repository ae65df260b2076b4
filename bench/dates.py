"""Days as people write them: ISO, dd.mm.yyyy or dd/mm/yyyy; the record keeps ISO."""

from __future__ import annotations

import re
from datetime import date, datetime

from bench.errors import UsageError
from bench.language import Text, msg

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([./])([0-9]{1,2})\2([0-9]{4})")
# A watch can be older than this, a repair order cannot; what lies outside is a slip of the hand.
YEARS = range(1950, 2200)


def read_day(written: str) -> date:
    """Read a day. Raises UsageError for another form and for a day that the calendar has not."""
    text = written.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
    else:
        raise UsageError(
            msg("“{written}” is not a date.", written=written),
            remedy=msg("Write it as 2026-12-24, 24.12.2026 or 24/12/2026."),
        )
    try:
        if year not in YEARS:
            raise ValueError
        return date(year, month, day)
    except ValueError:
        raise UsageError(
            msg("There is no such day as “{written}”.", written=written), remedy=msg("Correct the date.")
        ) from None


def iso_day(written: str) -> str:
    """Return a day in ISO form, "" for "". Raises UsageError as `read_day` does."""
    return read_day(written).isoformat() if written.strip() else ""


def iso_moment(written: str) -> str:
    """Return a day or a time in ISO form, "" for "". Raises UsageError as `read_day` does."""
    text = written.strip()
    if len(text) > 10 and text[10] in "T ":
        try:
            return datetime.fromisoformat(text).isoformat()
        except ValueError:
            pass
    return iso_day(text)


def day_text(iso: str) -> Text:
    """Return an ISO day as each language writes it, for sentences that are kept: 24.12.2026, 2026-12-24."""
    day = iso[:10]
    return Text(".".join(reversed(day.split("-"))), day)
