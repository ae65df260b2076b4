"""`etabli replay SESSION`: judge a recorded session again as text, and say where a verdict differs."""

from __future__ import annotations

import math
from argparse import Namespace

from bench.conformity import State
from bench.errors import ExitCode, UsageError
from bench.judging import Judged
from bench.language import _, msg
from bench.recording.heard import Heard, same
from tui import lines
from tui.folder import Folder
from tui.headless import narrate
from tui.replay import open_session, replay


def run(arguments: Namespace) -> int:
    speed = arguments.speed
    if speed is not None and not (speed > 0 and math.isfinite(speed)):
        raise UsageError(msg("The speed must be more than 0, not {speed}.", speed=speed))
    recording = open_session(arguments.session, Folder.home())
    if recording.truncated:
        narrate(_("The recording ends before its end was written; what stands before it is replayed."))
    if recording.damaged:
        narrate(_("Stretches of the recording are damaged: {count}.").format(count=recording.damaged))
    count = differing = 0
    for replayed in replay(recording, speed):
        count += 1
        _show(replayed)
        differing += not replayed.agrees
    if not count:
        raise UsageError(msg("The recording {path} holds no measurement.", path=str(recording.path)))
    if differing:
        narrate(
            _("Measurements that differ from the record: {differing} of {count}.").format(
                differing=differing, count=count
            )
        )
        return ExitCode.FAILURE
    narrate(_("All {count} measurements replayed; every verdict is the recorded one.").format(count=count))
    return ExitCode.OK


def _show(replayed: Heard) -> None:
    for new, old in replayed.pairs():
        print(f"{replayed.order}  {lines.measurement_line(new)}", flush=True)
        if replayed.recorded_error or replayed.cut_off:
            continue
        if old is None:
            print("    " + _("differs: nothing of this was recorded"))
        elif not same(new, old):
            print(
                "    "
                + _("differs: recorded was {value}, {verdict}").format(value=old.measurement.value, verdict=_said(old))
            )
    for old in replayed.missing():
        name = lines.named(old.measurement.quantity, old.measurement.label)
        print(
            f"{replayed.order}  "
            + _("differs: {name} was recorded ({value}) and does not come out again").format(
                name=name, value=old.measurement.value
            )
        )
    if replayed.error is not None:
        word = _("interrupted, as recorded") if replayed.recorded_error else _("does not replay")
        print(f"{replayed.order}  {replayed.segment.id}  {word}: {replayed.error}")


def _said(judged: Judged) -> str:
    state = judged.verdict.state
    return lines.outcome(judged.verdict) if state is State.REFUSED else f"{state.symbol} {state}"
