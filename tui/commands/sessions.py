"""`etabli sessions list · show · export · import`: the library of recorded sessions."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.language import _
from bench.training import Exercises
from bench.training.bundle import ENDING, Card, pack
from tui import lines, sheets
from tui.folder import Folder
from tui.headless import narrate
from tui.training.sessions import IMPORTED, SessionLibrary, card_of


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    folder.use_dialects()
    library = SessionLibrary(folder)
    match arguments.act:
        case "list":
            _list(library, Exercises(folder.path / "exercises"))
        case "show":
            _show(library, arguments.session)
        case "export":
            _export(library, arguments)
        case "import":
            _import(library, arguments)
    return 0


def _list(library: SessionLibrary, exercises: Exercises) -> None:
    rows = []
    for entry in library.entries():
        if entry.problem is not None:
            rows.append([entry.name, _("refused"), str(entry.problem), "", "", ""])
            continue
        origin = _("imported") if entry.origin == IMPORTED else _("recorded here")
        rows.append([entry.name, origin, *_card(entry.card)])
    for exercise in exercises.all():
        kind, competences = _("replayed") if exercise.replayed else _("virtual watch"), ", ".join(exercise.competences)
        minutes = _("{minutes} min").format(minutes=exercise.minutes)
        rows.append([exercise.id, kind, str(exercise.title), str(exercise.level), competences, minutes])
    headings = [_("session"), _("kind"), _("title"), _("level"), _("competences"), _("duration")]
    print(lines.table(headings, rows))
    for problem in exercises.problems:
        narrate(str(problem))


def _card(card: Card | None) -> list[str]:
    if card is None:
        return ["—", "", "", ""]
    minutes = _("{minutes} min").format(minutes=card.minutes) if card.minutes else ""
    return [str(card.title), str(card.level), ", ".join(card.competences), minutes]


def _show(library: SessionLibrary, name: str) -> None:
    opened = library.open(name)
    opened.judge()
    player = opened.player
    print(f"{opened.name} · {opened.card.title}" if opened.card else opened.name)
    print(_("duration {time}, {count} measurements").format(time=clock(player.duration), count=len(player.tasks)))
    rows = []
    for number, heard in enumerate(player.tasks):
        begin, end = player.span(number)
        place = f"{heard.task.step} {heard.task.label}".strip()
        result = "; ".join(lines.outcome(entry.verdict) for entry in heard.judged if entry.verdict.limit) or "—"
        rows.append([clock(begin), clock(end - begin), heard.order, place, heard.segment.instrument, result])
    headings = [_("at"), _("for"), _("order"), _("step"), _("instrument"), _("verdict")]
    print(lines.table(headings, rows))
    for bookmark in player.bookmarks:
        print(f"★ {clock(bookmark.at)}  {bookmark.note}  {bookmark.question}".rstrip())
    for notice in (*opened.notices, *opened.differing()):
        narrate(str(notice))


def _export(library: SessionLibrary, arguments: Namespace) -> None:
    card = card_of(
        arguments.title or ", ".join(arguments.orders), arguments.level, arguments.competence, arguments.minutes
    )
    made = library.give_out(arguments.orders, card, arguments.strike)
    if not arguments.title:  # the orders' own numbers stay here
        title = replace(card.title, fr=_("Session"), en=_("Session"))
        made = replace(made, card=replace(made.card, title=title))
    data = pack(made)
    if arguments.output == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    path = Path(arguments.output)
    path = path if path.name.endswith(ENDING) else path.with_name(path.name + ENDING)
    print(sheets.write(path, data, force=arguments.force))
    narrate(_("Customer, people and photos stayed behind. Read its texts before you give it away:"))
    for event in made.events:
        for key in ("declared", "request", "expectation", "accessories"):
            said = event.payload.get("order", {}).get(key) if isinstance(event.payload.get("order"), dict) else ""
            if said:
                narrate(f"  {said}")


def _import(library: SessionLibrary, arguments: Namespace) -> None:
    entry, notices = library.take_in(Path(arguments.file), force=arguments.force)
    print(entry.path)
    for notice in notices:
        narrate(str(notice))


def clock(seconds: float) -> str:
    """Write a time in a session: minutes and seconds, hours where there are any."""
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
