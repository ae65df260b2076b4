"""`etabli replay SESSION`: judge a recorded session again as text, and say where a verdict differs, or would differ."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Iterable

from bench.conformity import RULES, State
from bench.errors import ExitCode, UsageError
from bench.judging import Judged
from bench.language import Message, _, msg
from bench.recording import Recording
from bench.recording.heard import Depth, Heard, same
from bench.recording.what_if import WhatIf, what_if
from bench.training import bundle
from tui import lines
from tui.folder import Folder
from tui.headless import narrate
from tui.replay import hear_all, replay
from tui.training.sessions import IMPORTED, SessionLibrary


def run(arguments: Namespace) -> int:
    speed = arguments.speed
    if speed is not None and not (speed > 0 and math.isfinite(speed)):
        raise UsageError(msg("The speed must be more than 0, not {speed}.", speed=speed))
    folder = Folder.home()
    folder.use_dialects()
    library = SessionLibrary(folder)
    entry = library.find(arguments.session)
    if entry.origin == IMPORTED:
        packed = bundle.read(entry.path)
        recording, truncated = packed.open_recording(entry.path), packed.card.cut_off
        for notice in library.lacking(packed.card):
            narrate(str(notice))
    else:
        recording = Recording.open(entry.path)
        truncated = recording.truncated
    if truncated:
        narrate(_("The recording ends before its end was written; what stands before it is replayed."))
    if recording.damaged:
        narrate(_("Stretches of the recording are damaged: {count}.").format(count=recording.damaged))
    other = _other(arguments, folder)
    if other.changes:
        return _what_if(hear_all(recording, Depth.JUDGED), other)
    return _again(replay(recording, speed, Depth.JUDGED), recording, blind=arguments.blind)


def _again(tasks: Iterable[Heard], recording: Recording, *, blind: bool) -> int:
    count = differing = 0
    for replayed in tasks:
        count += 1
        if blind:
            _show_blind(replayed)
            continue
        _show(replayed)
        differing += not replayed.agrees
    if not count:
        raise UsageError(msg("The recording {path} holds no measurement.", path=str(recording.path)))
    if blind:
        narrate(_("Replayed blind: verdicts and limits are not shown."))
        return ExitCode.OK
    if differing:
        narrate(
            _("Measurements that differ from the record: {differing} of {count}.").format(
                differing=differing, count=count
            )
        )
        return ExitCode.FAILURE
    narrate(_("All {count} measurements replayed; every verdict is the recorded one.").format(count=count))
    return ExitCode.OK


def _other(arguments: Namespace, folder: Folder) -> WhatIf:
    angle = arguments.lift_angle
    if angle is not None and not 10 <= angle <= 90:
        raise UsageError(
            msg("A lift angle of {angle}° does not exist.", angle=angle), remedy=msg("Calibres have 38° to 58°.")
        )
    profiles = folder.profiles()
    return WhatIf(
        lift_angle=angle,
        rule=RULES[arguments.rule] if arguments.rule else None,
        calibre=profiles.calibre(arguments.calibre) if arguments.calibre else None,
        grade=arguments.grade,
        case=profiles.case(arguments.case) if arguments.case else None,
    )


def _what_if(heard: list[Heard], other: WhatIf) -> int:
    """Print the original and what would have been, side by side; only what judges or changes anything."""
    rows = []
    for task in what_if(heard, other):
        for new, old in task.pairs():
            if old is None or ((_said(new), _said(old)) == (_information(), _information()) and new == old):
                continue
            name = lines.named(new.measurement.quantity, new.measurement.label)
            changed = "" if same(new, old) and new.verdict.limit == old.verdict.limit else "≠"
            rows.append([task.task.step, name, *_cells(old), *_cells(new), changed])
    if not rows:
        raise UsageError(msg("Nothing in this session would be otherwise."))
    headings = [_("step"), _("quantity"), _("value"), _("limit"), _("verdict")]
    print(lines.table([*headings, *(f"{_('what if')}: {each}" for each in headings[2:]), ""], rows))
    narrate(_("What would be otherwise is marked ≠; nothing of it goes into a record."))
    return ExitCode.OK


def _cells(judged: Judged) -> list[str]:
    limit = judged.verdict.limit
    return [str(judged.measurement.value), str(limit) if limit else "—", _said(judged)]


def _information() -> str:
    return _("information")


def _show_blind(replayed: Heard) -> None:
    for entry in replayed.judged:
        m = entry.measurement
        name = lines.padded(lines.named(m.quantity, m.label), 34)
        print(f"{replayed.order}  {name}  {lines.padded(str(m.value), 14)}  {lines.uncertainty(m)}", flush=True)


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
    if replayed.error is not None and replayed.cut_off:
        print(f"{replayed.order}  {replayed.segment.id}  " + _("the recording breaks off in this measurement"))
    elif replayed.error is not None:
        alike = replayed.recorded_error and replayed.agrees
        word = _("interrupted, as recorded") if alike else _("does not replay")
        print(f"{replayed.order}  {replayed.segment.id}  {word}: {replayed.error}")
    elif not replayed.agrees and replayed.recorded_error:
        print("    " + _("differs: recorded was an interruption: {error}").format(error=_recorded(replayed)))


def _recorded(replayed: Heard) -> str:
    """Return the recorded error in words."""
    return str(Message.from_json((replayed.segment.outcome or {})["error"]["what"]))


def _said(judged: Judged) -> str:
    state = judged.verdict.state
    return lines.outcome(judged.verdict) if state is State.REFUSED else f"{state.symbol} {state}"
