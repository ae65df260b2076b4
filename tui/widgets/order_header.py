"""Two lines that say which watch lies on the bench, what it was promised for, and what is special about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from textual.content import Content
from textual.widget import Widget

from bench.language import _, current


@dataclass(frozen=True)
class Heading:
    """What stands in the header of an order; `promised` is an ISO date, "" where nothing is promised."""

    number: str
    watch: str
    calibre: str
    version: str
    promised: str
    closure: int
    case_open: bool = False
    magnetised: bool | None = None
    wet_forbidden: bool = False


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
            self.refresh()

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
        for word, style in self._flags(h):
            parts += ["  ", (f" {word} ", style)]
        return Content("\n").join([first, Content.assemble(*parts)])

    def _flags(self, h: Heading) -> list[tuple[str, str]]:
        flags = []
        if h.case_open:
            flags.append((_("CASE OPEN"), "bold $background on $warning"))
        if h.magnetised:
            flags.append((_("MAGNETISED"), "bold $background on $error"))
        if h.wet_forbidden:
            flags.append((_("NO WATER TEST"), "bold $background on $error"))
        return flags
