"""`etabli demo`: the bench on a throw-away workshop; without a terminal, one order of each procedure to its sheet."""

from __future__ import annotations

import math
import sys
from argparse import Namespace

from bench.catalogue import _, current
from tui.terminal import here


def run(arguments: Namespace) -> int:
    from bench.errors import UsageError
    from bench.language import msg

    speed = arguments.speed
    if speed is not None and not (speed > 0 and not math.isnan(speed)):
        raise UsageError(msg("The speed must be more than 0, not {speed}.", speed=speed))
    return _screen(arguments) if here() and not arguments.headless else _headless(arguments)


def _headless(arguments: Namespace) -> int:
    from tui.demo import folder, run_headless
    from tui.headless import Ended, narrate

    try:
        run_headless(folder(), arguments.case, arguments.speed)
    except Ended as ended:
        narrate(str(ended))
        return ended.code
    return 0


def _screen(arguments: Namespace) -> int:
    from tui import app
    from tui.folder import Folder
    from tui.opened import Workshop as Opened

    places: list[Folder] = []

    def opened() -> Opened:
        from tui import demo

        place = demo.folder()
        places.append(place)
        return demo.open_workshop(place, arguments.case, arguments.speed)

    code = app.run(opened, language=current(), demo=True)
    for place in places:
        print(_("Demonstration workshop: {folder}").format(folder=place.path), file=sys.stderr)
    return code
