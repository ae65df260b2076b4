"""The `etabli` command: choose the language, read the command line, run the command, tell errors plainly."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from bench.catalogue import LANGUAGES, _, choose, use
from tui.arguments import parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (docs/command-line.md)."""
    given = list(sys.argv[1:] if argv is None else argv)
    _speak_utf8()
    use(choose(_language(given)))
    try:
        arguments = parser(given).parse_args(given)
    except SystemExit as end:  # argparse has said what there is to say
        return end.code if isinstance(end.code, int) else 2
    if arguments.module is None:
        arguments.parser.print_help(sys.stderr)
        return 2
    return _run(arguments.module, arguments)


def _language(given: Sequence[str]) -> str | None:
    """Return what --lang says, before the command line can be read in that language."""
    for n, word in enumerate(given):
        name, _equals, value = word.partition("=")
        if name == "--lang":
            value = value or (given[n + 1] if n + 1 < len(given) else "")
            return value if value in LANGUAGES else None
    return None


def _speak_utf8() -> None:
    """Let no console refuse a µ or a −: a sign it cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            reconfigure(errors="replace")


def _run(module: str, arguments: object) -> int:
    from importlib import import_module

    from bench.errors import EtabliError, ExitCode

    try:
        code: int = import_module(f"tui.commands.{module}").run(arguments)
        sys.stdout.flush()
        return int(code)
    except EtabliError as error:
        print(f"etabli: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read us has enough (`| head`); what is left in the buffer must not fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.FAILURE)
    except Exception as error:
        if os.environ.get("ETABLI_DEBUG"):
            raise
        sentence = _("The program made a mistake: {kind}: {detail}. What was saved is safe.")
        print("etabli: " + sentence.format(kind=type(error).__name__, detail=error), file=sys.stderr)
        return int(ExitCode.FAILURE)


if __name__ == "__main__":
    sys.exit(main())
