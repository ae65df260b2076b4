"""`etabli instruments listen`: what comes on a port, in bytes, text and decoded; a first dialect file from it."""

from __future__ import annotations

import math
import re
import signal
import sys
from argparse import Namespace
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bench.errors import EtabliError, ExitCode, UsageError
from bench.instrument import LinkLost
from bench.language import _, msg
from drivers import dialects
from drivers.learning import classes
from drivers.link.serial_link import SerialLink
from drivers.link.settings import SerialSettings
from drivers.listening import WireLine, learn, listen
from tui import lines
from tui.folder import Folder
from tui.wire_watch import meaning

KEPT = 10_000  # frames that are learnt from; of a stream without end the last ones


def run(arguments: Namespace) -> int:
    Folder.home().use_dialects()
    dialect = dialects.load(arguments.dialect) if arguments.dialect else None
    settings = dialect.serial if dialect else SerialSettings()
    if arguments.baud:
        settings = replace(settings, baudrate=arguments.baud)
    file = _new_file(arguments.learn) if arguments.learn else None
    heard: deque[bytes] = deque(maxlen=KEPT)
    lost: LinkLost | None = None
    link = SerialLink(arguments.port, arguments.port, settings)
    # A shell that starts it in the background leaves Ctrl+C ignored; `kill -INT` must end it all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with link:
            serial = f"{settings.baudrate} {settings.bytesize}{settings.parity}{settings.stopbits:g}"
            say = _("Listening on {port} at {settings}; Ctrl+C ends.")
            print(say.format(port=arguments.port, settings=serial), file=sys.stderr, flush=True)
            until = link.clock.monotonic() + (math.inf if arguments.seconds is None else arguments.seconds)
            for line in listen(link, dialect.host_decoder() if dialect else None, until):
                heard.append(line.data)
                print(_shown(line), flush=True)
    except KeyboardInterrupt:
        pass  # the usual end
    except LinkLost as error:
        lost = error
    if file is not None and (heard or lost is None):
        _write(file, list(heard))
    if lost is not None:
        raise lost
    return ExitCode.OK


def _shown(line: WireLine) -> str:
    """Write one frame: time of day, direction, hexadecimal, text, and what it means where that is known."""
    at = datetime.fromtimestamp(line.at).strftime("%H:%M:%S.%f")[:-3]
    arrow = "←" if line.direction == "rx" else "→"
    return f"{at} {arrow} {line.hex}  {line.text}  {meaning(line)}".rstrip()


def _new_file(name: str) -> Path:
    """Return where the learnt file goes, before anything is heard. Raises UsageError where it cannot be written."""
    path = Path(name)
    if path.suffix != ".toml" or not re.fullmatch(r"[a-z0-9][a-z0-9-]*", path.stem):
        raise UsageError(
            msg("“{file}” cannot name a dialect.", file=path.name),
            remedy=msg("Take small letters, digits and hyphens, with “.toml” at the end."),
        )
    if path.exists():
        raise UsageError(
            msg("{file} exists already; it is not written over.", file=str(path)), remedy=msg("Name another file.")
        )
    if not path.parent.is_dir():
        raise UsageError(
            msg("There is no folder {folder}.", folder=str(path.parent)), remedy=msg("Make the folder first.")
        )
    return path


def _write(path: Path, heard: Sequence[bytes]) -> None:
    """Write the first dialect file, and show the shapes that it is made of."""
    learnt = learn(heard)
    toml = learnt.toml(path.stem)
    try:
        path.write_text(toml, "utf-8", newline="\n")
    except OSError as error:
        raise EtabliError(
            msg("{file} cannot be written.", file=str(path)),
            msg("The system says: {reason}.", reason=error.strerror or str(error)),
        ) from error
    rows = [[str(len(shape.frames)), shape.text, classes(shape.frames[0])] for shape in learnt.shapes]
    if rows:
        print(lines.table([_("seen"), _("shape"), _("characters")], rows), file=sys.stderr)
    say = _("{file} is written. Complete it, then: etabli dialects check {file}")
    print(say.format(file=path), file=sys.stderr)
