"""`etabli simulate`: the simulated instruments on their own, for any other client."""

from __future__ import annotations

from argparse import Namespace

from bench.errors import UsageError
from bench.language import msg


def run(arguments: Namespace) -> int:
    from drivers.simulated.serve import serve

    return serve(
        arguments.case,
        speed=arguments.speed,
        seed=arguments.seed,
        ports="tcp" if arguments.tcp else "pty",
        instruments=arguments.instrument,
        line_speed=arguments.line_speed,
        faults=[_fault(written) for written in arguments.fault],
    )


def _fault(written: str) -> tuple[str, str]:
    instrument, colon, fault = written.partition(":")
    if not (colon and instrument and fault):
        raise UsageError(
            msg("“{written}” is no fault.", written=written),
            remedy=msg("Write the instrument, a colon, and the fault: timegrapher:silent."),
        )
    return instrument, fault
