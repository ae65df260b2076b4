"""`etabli figures`: what the workshop is run by, over a period: as text, as JSON, as a PDF report."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.dates import read_day
from bench.exports import whole_file
from bench.figures import SIMULATION, TRAINING, Figure, Period, Report, figures
from bench.figures.naming import for_people, naming
from bench.figures.report import ABOUT, shown, to_pdf
from bench.language import _, current
from tui import lines
from tui.folder import Folder

if TYPE_CHECKING:
    from bench.journal.reading import JournalReading
    from tui.settings import Settings


def run(arguments: Namespace) -> int:
    folder = Folder.home()
    settings = folder.settings()
    wanted = period(arguments.first, arguments.last, date.today())
    _own_codes(folder)
    with folder.read_journal() as journal:
        report = of(journal, settings, wanted, arguments.names)
        if arguments.format != "json":
            report = for_people(report, naming(settings.operators, folder.profiles(), journal))
    if arguments.format == "pdf":
        return _pdf(folder, report, arguments)
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2) if arguments.format == "json" else written(report)
    if arguments.output in (None, "-"):
        print(text)
        return 0
    with whole_file(Path(arguments.output), force=arguments.force) as half:
        half.write_text(text + "\n", encoding="utf-8")
    print(arguments.output)
    return 0


def _own_codes(folder: Folder) -> None:
    from bench.defects import adopt

    adopt(folder.path)


def period(first: str | None, last: str | None, today: date) -> Period:
    """Return the period asked for; where nothing is said, from the first of this month to today. Raises UsageError."""
    end = read_day(last) if last else today
    return Period(read_day(first) if first else end.replace(day=1), end)


def of(journal: JournalReading, settings: Settings, wanted: Period, names: list[str] | tuple[str, ...] = ()) -> Report:
    """Return the report of a workshop. In a demonstration and in training everything is made up, and marked so."""
    mark = TRAINING if settings.house.training else SIMULATION if settings.simulation is not None else ""
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return figures(journal, wanted, workshop=settings.house.name, made=made, mark=mark, only=names)


def _pdf(folder: Folder, report: Report, arguments: Namespace) -> int:
    data = to_pdf(report, current())
    if arguments.output == "-":
        sys.stdout.buffer.write(data)
        return 0
    name = f"figures-{report.period.first:%Y%m%d}-{report.period.last:%Y%m%d}-{report.head[0]}-{current()}.pdf"
    path = Path(arguments.output) if arguments.output else folder.sheets / name
    with whole_file(path, force=arguments.force or not arguments.output) as half:
        half.write_bytes(data)
    print(path)
    return 0


def written(report: Report) -> str:
    """Write the report as text."""
    parts = [f"{report.workshop} · {shown(report.period)}", *report.notes()]
    return "\n\n".join(["\n".join(parts), *(_figure(figure) for figure in report.figures)])


def _figure(figure: Figure) -> str:
    head = f"{figure.title}  [{figure.id}]\n  {figure.definition}"
    if not figure.lines:
        return f"{head}\n  {_('Nothing in this period.')}"
    headings = [_(ABOUT[figure.about]), *(column.heading() for column in figure.columns)]
    every = [*figure.lines, *([figure.whole] if figure.whole else [])]
    rows = [
        [str(line.label), *(column.show(cell) for column, cell in zip(figure.columns, line.cells, strict=True))]
        for line in every
    ]
    more = [_("{n} more lines are not shown.").format(n=figure.more)] if figure.more else []
    table = [f"  {line}" for line in lines.table(headings, rows).splitlines()]
    return "\n".join([head, "", *table, *(f"  {line}" for line in more)])
