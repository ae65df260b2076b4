"""`etabli run ORDER`: one order at the bench, or with --headless from a file of answers."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bench.errors import EtabliError, ExitCode, UsageError
from bench.language import _, msg


def run(arguments: Namespace) -> int:
    if not arguments.headless:
        if arguments.answers:
            raise UsageError(
                msg("--answers is for a run without a screen."), remedy=msg("Add --headless, or leave --answers out.")
            )
        from tui.commands.bench import open_bench

        return open_bench(arguments.order)
    if not arguments.answers:
        raise UsageError(
            msg("A run without a screen needs its answers."), remedy=msg("Give them with --answers FILE (TOML).")
        )
    return _headless(arguments.order, Path(arguments.answers))


def _headless(number: str, file: Path) -> int:
    from bench.training.blind import HIDDEN, veil_of
    from tui.answers import Answers
    from tui.folder import Folder
    from tui.headless import Ended, HeadlessRun, Reader, SafeEnd, narrate, verdict_code
    from tui.lines import blind_line, measurement_line
    from tui.workshop import Workshop

    answers = Answers.load(file)
    reader = Reader(answers)
    with Workshop.open(Folder.home(), asker=reader) as workshop:
        for notice in workshop.notices:
            narrate(str(notice))
        workshop.on_order(number)
        veil = veil_of(workshop.journal, number, workshop.settings.house)
        with SafeEnd(workshop.desk.stop) as end:
            headless = HeadlessRun(
                workshop.desk,
                workshop.settings,
                answers,
                end,
                photos=workshop.folder.photos,
                say=narrate,
                show=lambda judged: print(blind_line(judged) if veil else measurement_line(judged), flush=True),
            )
            try:
                work = headless.run(number, reader)
            except Ended as ended:
                narrate(str(ended))
                return ended.code
            except EtabliError:
                step = workshop.desk.work(number).step if workshop.journal.order(number) else None
                if step is not None:
                    narrate(_("The order {number} stays at “{step}”.").format(number=number, step=step.title))
                raise
        if veil:
            narrate(str(HIDDEN.reason))
            return ExitCode.OK
        print(workshop.sheet(number, "pdf"))
        code = verdict_code(workshop.journal, work.number)
        if code is ExitCode.NONCONFORMING:
            narrate(_("A value is out of tolerance."))
        return code
