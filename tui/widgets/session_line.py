"""Where one stands in a session that is played: time, speed, and a line with its tasks and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from bench.errors import UsageError
from bench.language import _, msg, number


def clock(seconds: float) -> str:
    """Write a time in a session: minutes and seconds, hours where there are any."""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def moment(written: str) -> float:
    """Read a time in a session: 90, 1:30 or 1:02:03. Raises UsageError."""
    try:
        parts = [float(part.replace(",", ".")) for part in written.split(":")]
        if not 1 <= len(parts) <= 3 or any(part < 0 for part in parts):
            raise ValueError(written)
    except ValueError:
        raise UsageError(
            msg("“{written}” is no time in a session.", written=written), remedy=msg("Write 90, 1:30 or 1:02:03.")
        ) from None
    return sum(part * 60.0**place for place, part in enumerate(reversed(parts)))


class SessionLine(Widget):
    """The mark and the pace, what runs there, the tasks on the session's time, and the place below them.

    `bookmarks` are moments, and whether each asks something; `heard` is the share of the session heard so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.what = self.note = ""
        self.at = self.duration = 0.0
        self.speed = 1.0
        self.playing = self.blind = False
        self.heard = 1.0
        self.tasks: Sequence[tuple[float, float]] = ()
        self.bookmarks: Sequence[tuple[float, bool]] = ()
        self.styles.height = 4

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 4

    def render(self) -> Content:
        return Content("\n").join(self.lines(self.size.width))

    def lines(self, width: int) -> list[Content]:
        """Return the lines for this many cells."""
        marks: list[Content | str | tuple[str, str]] = [(" " + _("REPLAY") + " ", "bold $background on $error"), " "]
        if self.blind:
            marks += [(" " + _("VERDICTS HIDDEN") + " ", "bold $background on $warning"), " "]
        if self.heard < 1.0:
            said = _("Reading … {share} %").format(share=int(self.heard * 100))
            marks += [(f" {said} ", "bold $background on $primary"), " "]
        sign = "▶" if self.playing else "‖"
        pace = f"{sign} ×{number(self.speed)}  {clock(self.at)} / {clock(self.duration)}"
        first = Content.assemble(*marks, (self.title, "bold"))
        room = max(0, width - len(pace) - 2)
        first = first.truncate(room, ellipsis=True)
        head = Content.assemble(first, " " * max(1, width - first.cell_length - len(pace) - 1), (pace, "bold $primary"))
        what = Content.styled(f" {self.what}", "").truncate(width, ellipsis=True)
        return [head, what, self._line(width), self._needle(width)]

    def _cell(self, at: float, width: int) -> int:
        return min(width - 1, int(at / self.duration * width)) if self.duration else 0

    def _line(self, width: int) -> Content:
        cells = ["─"] * width
        for begin, end in self.tasks:
            for cell in range(self._cell(begin, width), self._cell(end, width) + 1):
                cells[cell] = "━"
        for at, asks in self.bookmarks:
            cells[self._cell(at, width)] = "?" if asks else "★"
        here = self._cell(self.at, width)
        return Content.assemble(("".join(cells[: here + 1]), "$primary"), ("".join(cells[here + 1 :]), "$text-muted"))

    def _needle(self, width: int) -> Content:
        """The needle, with the note of the bookmark where it stands: after it, or before it near the end."""
        here = self._cell(self.at, width)
        note = Content.styled(self.note, "bold $warning")
        needle = ("▲", "bold $primary")
        if here + 2 + note.cell_length <= width or here < width // 2:
            return Content.assemble(" " * here, needle, " ", note).truncate(width, ellipsis=True)
        note = note.truncate(here - 1, ellipsis=True)
        return Content.assemble(" " * (here - 1 - note.cell_length), note, " ", needle)
