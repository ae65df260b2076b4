"""What stands over the work: which watch lies on the bench, what it was promised for, whom it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from textual.content import Content
from textual.widget import Widget

from bench.language import Message, _, current
from bench.people import Role

LAST_MINUTES = 10
"""From so many minutes before its end on, the time of an exercise is drawn to the eye."""


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision: about what, whose, since when (ISO), and whether the order stands still meanwhile."""

    text: Message
    role: Role | None
    since: str
    holds_up: bool


@dataclass(frozen=True)
class Heading:
    """What stands in the header of an order; `promised` is an ISO date, "" where nothing is promised. `holder` is who
    has the watch, where that is somebody else; `void` whether a signature is void since a correction; `ends` when the
    time of an exercise is over.
    """

    number: str
    watch: str
    calibre: str
    version: str
    promised: str
    closure: int
    case_open: bool = False
    magnetised: bool | None = None
    wet_forbidden: bool = False
    waits: tuple[Waiting, ...] = ()
    holder: str = ""
    void: bool = False
    ends: datetime | None = None


def time_left(ends: datetime, now: datetime) -> tuple[str, str]:
    """Return how much of an exercise's time is left, or by how much it is over, and the style to write it in."""
    left = (ends - now).total_seconds()
    minutes = int(abs(left) // 60)
    if left < 0:
        return _("{minutes} min over the time").format(minutes=minutes), "bold $error"
    return _("{minutes} min left").format(minutes=minutes), "bold" if left > LAST_MINUTES * 60 else "bold $warning"


def show_date(iso: str) -> str:
    """Write an ISO date as the language in force does: 28.11.2026 in French, 28 Nov 2026 as ISO in English."""
    day = iso[:10]
    return ".".join(reversed(day.split("-"))) if current() == "fr" else day


def days_left(promised: str, today: date) -> str:
    """Return what is left until an ISO date, in words; "" where there is no date."""
    try:
        days = (date.fromisoformat(promised[:10]) - today).days
    except ValueError:
        return ""
    if days < 0:
        return _("{days} d late").format(days=-days)
    return _("today") if days == 0 else _("in {days} d").format(days=days)


class OrderHeader(Widget):
    """Draws a `Heading`."""

    def __init__(self) -> None:
        super().__init__()
        self.heading: Heading | None = None

    def show(self, heading: Heading) -> None:
        """Draw this heading."""
        if heading != self.heading:
            self.heading = heading
            self.refresh(layout=True)

    def render(self) -> Content:
        h = self.heading
        if h is None:
            return Content("")
        calibre = f"{h.calibre} v{h.version}" if h.version else h.calibre or _("calibre unknown")
        first = Content.assemble((f" {h.number} ", "bold $primary"), " ", (h.watch, "bold"), f"  {calibre}")
        parts: list[str | tuple[str, str]] = []
        if h.promised:
            left = days_left(h.promised, date.today())
            late = "bold $error" if left and h.promised[:10] < date.today().isoformat() else "$text-muted"
            parts += [
                " ",
                _("promised {date}").format(date=show_date(h.promised)),
                (f" ({left})" if left else "", late),
            ]
        parts.append("  " + _("closure n° {number}").format(number=h.closure))
        if h.ends is not None:
            parts += ["  ", time_left(h.ends, datetime.now(h.ends.tzinfo))]
        for word, style in self._flags(h):
            parts += ["  ", (f" {word} ", style)]
        return Content("\n").join([first, Content.assemble(*parts), *self._waits(h)])

    def _waits(self, h: Heading) -> list[Content]:
        """Say what waits for a decision, that which holds the order up first; on one line."""
        if not h.waits:
            return []
        first, *more = sorted(h.waits, key=lambda each: (not each.holds_up, each.since))
        at = datetime.fromisoformat(first.since).astimezone()
        since = f"{at:%H:%M}" if at.date() == date.today() else show_date(first.since)[: 5 if current() == "fr" else 10]
        words = _("waits for: {role}, since {time}").format(role=first.role, time=since)
        count = f" (+{len(more)})" if more else ""
        room = self.size.width - len(words) - len(count) - 8
        text = str(first.text)
        said = text if len(text) <= room else text[: max(0, room - 1)] + "…"
        style = "bold $error" if first.holds_up else "$warning"
        return [Content.assemble(" ", (f"⚠ {words}{count}", style), "  ", said)]

    def _flags(self, h: Heading) -> list[tuple[str, str]]:
        flags = []
        if h.case_open:
            flags.append((_("CASE OPEN"), "bold $background on $warning"))
        if h.magnetised:
            flags.append((_("MAGNETISED"), "bold $background on $error"))
        if h.wet_forbidden:
            flags.append((_("NO WATER TEST"), "bold $background on $error"))
        if h.void:
            flags.append((_("SIGNATURE VOID"), "bold $background on $error"))
        if h.holder:
            flags.append((_("{name} has the watch").format(name=h.holder), "bold $background on $warning"))
        return flags
