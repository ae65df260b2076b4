"""The instrument of the benchmarks: a process of its own at the far end of a pseudo-terminal.

It answers every line that ends in "?" with one reading, and "GO n" with n lines of a stream.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

QUESTION = b"MEAS?\n"
REPLY = b"+1.23456789E-03\n"
BLOCK = 64


def serve(fd: int, line: bytes) -> None:
    """Answer until the other side closes."""
    pending = b""
    while True:
        try:
            pending += os.read(fd, 4096)
        except OSError:
            return
        *questions, pending = pending.split(b"\n")
        for question in questions:
            if question.endswith(b"?"):
                os.write(fd, REPLY)
            elif question.startswith(b"GO "):
                stream(fd, line, int(question[3:]))


def stream(fd: int, line: bytes, count: int) -> None:
    for _ in range(count // BLOCK):
        rest = line * BLOCK
        while rest:
            rest = rest[os.write(fd, rest) :]


@contextmanager
def device(line: bytes = b"") -> Iterator[str]:
    """Start the process; give the path of the pseudo-terminal it listens on."""
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    command = [sys.executable, "-m", "benchmarks.device", str(master), line.hex()]
    process = subprocess.Popen(command, pass_fds=[master])
    os.close(master)
    try:
        yield os.ttyname(slave)
    finally:
        process.terminate()
        process.wait()
        os.close(slave)


if __name__ == "__main__":
    serve(int(sys.argv[1]), bytes.fromhex(sys.argv[2] if len(sys.argv) > 2 else ""))
