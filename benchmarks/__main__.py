"""Run the benchmarks and print one table: `python -m benchmarks`, or `python -m benchmarks query stream` for some.

Every module of this package with a function `run() -> list[Row]` is a benchmark. Ends with 1 when a required ratio is
missed.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

import benchmarks
from benchmarks.row import Row


def modules(wanted: Sequence[str]) -> Iterator[str]:
    """Yield the names of the modules to run: all, or those that begin with one of `wanted`."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_") and (not wanted or module.name.startswith(tuple(wanted))):
            yield module.name


def table(rows: Sequence[Row]) -> str:
    lines = [("", "ours", "other", "ratio", "required", "")]
    for row in rows:
        ours, other = (f"{_figure(value)} {row.unit}".rstrip() for value in (row.ours, row.other))
        mark = "" if row.required is None else "ok" if row.ok else "MISSED"
        lines.append((row.name, ours, other, f"{row.ratio:.2f}", row.bound, mark))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures, mark = line
    cells = [figure.rjust(width) for figure, width in zip(figures, widths[1:-1], strict=True)]
    return "  ".join([name.ljust(widths[0]), *cells, mark]).rstrip()


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def main(wanted: Sequence[str]) -> int:
    rows: list[Row] = []
    for name in modules(wanted):
        try:
            run = getattr(import_module(f"benchmarks.{name}"), "run", None)
        except ModuleNotFoundError as missing:
            print(f"{name}: {missing.name} is not installed; `make bench` installs it", file=sys.stderr)
            return 2
        if run is not None:
            print(f"{name} …", file=sys.stderr)
            rows += run()
    if not rows:
        print(f"no benchmark is called {', '.join(wanted)}", file=sys.stderr)
        return 2
    print(table(rows))
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
