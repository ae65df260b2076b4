"""The simulator on its own: ports on standard output, commands on standard input, a clean end in every way."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import ExitCode, UsageError
from drivers.simulated.serve import serve

ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def spoken(commands: str, **options: object) -> tuple[int, list[str], str]:
    out, err = io.StringIO(), io.StringIO()
    code = serve("mechanical-healthy", commands=io.StringIO(commands), out=out, err=err, **options)  # type: ignore[arg-type]
    return code, out.getvalue().splitlines(), err.getvalue()


def test_it_prints_one_line_an_instrument_and_ends_at_the_end_of_its_input() -> None:
    code, out, err = spoken("")
    assert code == ExitCode.OK
    assert [line.split("\t")[0] for line in out] == [
        "timegrapher",
        "leak-tester",
        "demagnetiser",
        "field-meter",
        "quartz-tester",
    ]
    assert all(len(line.split("\t")) == 4 for line in out)
    assert "mechanical-magnetised" in err and "wrong-checksum" in err


def test_commands_change_the_bench_and_are_acknowledged() -> None:
    commands = (
        "turn 6H\nwind 0h\nplace field-meter\nfault timegrapher silent on\nfault timegrapher silent off\n"
        "fault leak-tester reset\nunplug leak-tester\nreplug leak-tester\nselect case-leaking\n"
        "select case-leaking order-7\n\nhelp\nquit\nturn CH\n"
    )
    code, out, _ = spoken(commands, instruments=["timegrapher", "leak-tester"])
    assert code == ExitCode.OK
    assert out[2:] == ["ok"] * 10


def test_wrong_commands_are_told_and_change_nothing() -> None:
    commands = "jump\nturn 13H\nfault toaster silent\nfault timegrapher moody\nselect\nfault timegrapher silent maybe\n"
    code, out, err = spoken(commands, ports="tcp")
    assert code == ExitCode.OK
    assert "ok" not in out
    assert "Traceback" not in err
    assert err.count("“") >= 6


def test_faults_may_be_on_from_the_start() -> None:
    with pytest.raises(UsageError):
        spoken("", faults=[("timegrapher", "moody")])
    assert spoken("", faults=[("timegrapher", "silent")])[0] == ExitCode.OK


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    code = "import sys; from drivers.simulated.serve import serve; sys.exit(serve('mechanical-healthy'))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        yield child
        child.kill()


@POSIX
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_it_cleanly(process: subprocess.Popen[str], number: str) -> None:
    assert process.stdout is not None and process.stderr is not None
    ports = [process.stdout.readline().strip().split("\t")[3] for _ in range(5)]
    assert all(Path(port).exists() for port in ports)
    os.kill(process.pid, getattr(signal, number))
    assert process.wait(10.0) == ExitCode.OK
    assert "Traceback" not in process.stderr.read()
    assert not Path(ports[0]).parent.exists()
