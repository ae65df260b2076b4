"""The simulated bench on its own, for any client: prints the ports, takes commands line by line."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any, Literal, Self, TextIO

from bench.errors import EtabliError, ExitCode, UsageError
from bench.judging import HANDLINGS
from bench.language import _, msg
from drivers.simulated import cases
from drivers.simulated.bench import SimulatedBench
from drivers.simulated.faults import FAULTS

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class _Ended(BaseException):
    """A signal asked for the end; not an error, so nothing catches it by accident."""


def serve(
    case: str,
    *,
    speed: float = 1.0,
    seed: int = 1,
    ports: Literal["pty", "tcp"] = "pty",
    instruments: Sequence[str] = (),
    faults: Iterable[tuple[str, str]] = (),
    line_speed: bool = False,
    commands: TextIO | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run the simulated instruments around a watch of `case` until `quit`, the end of `commands`, or a signal.

    Prints one line an instrument on `out`: id, model, dialect and port, separated by tabs. `instruments` names those
    to run (none: all), `faults` are (instrument, fault) pairs that are on from the start. A wrong command is
    told on `err` and changes nothing. Returns the exit code. Raises UsageError for wrong options.
    """
    out, err = out or sys.stdout, err or sys.stderr
    try:
        with (
            _Signals() as signals,
            SimulatedBench(
                speed=speed, seed=seed, ports=ports, instruments=instruments, line_speed=line_speed
            ) as bench,
        ):
            try:
                bench.select(case, case)
                for instrument, fault in faults:
                    bench.fault(instrument, fault)
                for line in bench.records:
                    print(line.id, line.model, line.dialect, line.connection, sep="\t", file=out)
                print(_help(), file=err)
                out.flush()
                err.flush()
                for command in commands or sys.stdin:
                    if not _obey(bench, command.split(), out, err):
                        break
            finally:
                signals.disarm()
    except _Ended:
        pass
    except BrokenPipeError:
        return ExitCode.FAILURE
    return ExitCode.OK


def _obey(bench: SimulatedBench, words: list[str], out: TextIO, err: TextIO) -> bool:
    """Do one command; return False where it asks for the end."""
    if not words:
        return True
    if words[0] in ("quit", "exit"):
        return False
    try:
        if words[0] == "help":
            print(_help(), file=err)
        else:
            _act(bench, words)
            print("ok", file=out)
    except EtabliError as error:
        print(error, file=err)
    out.flush()
    err.flush()
    return True


def _act(bench: SimulatedBench, words: list[str]) -> None:
    act, *details = words
    if act in HANDLINGS:
        bench.handle(act, " ".join(details))
        return
    match act, details:
        case "select", [case]:
            bench.select(case, case)
        case "select", [case, key]:
            bench.select(key, case)
        case "fault", [instrument, fault]:
            bench.fault(instrument, fault)
        case "fault", [instrument, fault, ("on" | "off") as switch]:
            bench.fault(instrument, fault, switch == "on")
        case "unplug", [instrument]:
            bench.unplug(instrument)
        case "replug", [instrument]:
            bench.replug(instrument)
        case _:
            raise UsageError(
                msg("“{command}” is no command of the simulator.", command=" ".join(words)),
                remedy=msg("Type “help” for the list."),
            )


def _help() -> str:
    return "\n".join(
        (
            _("Commands, one a line:"),
            "  select CASE [KEY]",
            "  " + " | ".join(HANDLINGS),
            "  fault INSTRUMENT FAULT [on|off]",
            "  unplug INSTRUMENT | replug INSTRUMENT",
            "  help | quit",
            _("Cases: {cases}.").format(cases=", ".join(cases.available())),
            _("Faults: {faults}.").format(faults=", ".join(FAULTS)),
        )
    )


class _Signals:
    """While armed, a signal that asks the program to end raises _Ended in the main thread."""

    def __enter__(self) -> Self:
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._end)
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def disarm(self) -> None:
        """Hear no signal from here on: the ports are being closed."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.disarm()
        raise _Ended
