"""Values that are judged by no limit, set close together: one line a position, one column a quantity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def of(group: Row) -> dict[str, Any]:
    """Return the group's rows that need a line each (`rows`), and the others as a matrix: `columns`, and `lines` of
    cells as people read them, before → after. What all values of a column have in common stands once, in its head.
    """
    close = [row for row in group["rows"] if row["place"] and all(not cell["limit"] for cell in row["cells"] if cell)]
    if len({row["quantity"] for row in close}) < 2:
        close = []
    labels = list(dict.fromkeys(row["label_shown"] for row in close))
    quantities = list(dict.fromkeys(row["quantity"] for row in close))
    several = len(group["instruments"]) > 1
    columns = [_column([row for row in close if row["quantity"] == quantity], several) for quantity in quantities]
    return {
        "rows": [row for row in group["rows"] if row not in close],
        "columns": [column["head"] for column in columns],
        "lines": [[label, *(column["cells"].get(label, "–") for column in columns)] for label in labels],
    }


def _column(rows: Sequence[Row], several: bool) -> dict[str, Any]:
    cells = [cell for row in rows for cell in row["cells"] if cell]
    told = [_circumstances(cell, several) for cell in cells]
    common = [each for each in told[0] if all(each in others for others in told)]
    verdicts = list(dict.fromkeys(_verdict(cell) for cell in cells))
    mixed = len(verdicts) > 1
    # Several verdicts in one column: each cell has its sign, and the head says once what the signs stand for.
    key = dict.fromkeys(f"{cell['symbol']} {cell['verdict']}".strip() for cell in cells) if mixed else verdicts
    shown = {
        row["label_shown"]: " → ".join(_cell(cell, common, several, mixed=mixed) for cell in row["cells"])
        for row in rows
    }
    return {"head": {"name": rows[0]["name"], "common": [*key, *common]}, "cells": shown}


def _verdict(cell: Row) -> str:
    return f"{cell['symbol']} {cell['verdict']} {cell['verdict_note']}".strip()


def _circumstances(cell: Row, several: bool) -> list[str]:
    """Return what is said of a value beside its figure and its verdict."""
    return [*cell["details"], *([f"[{cell['instrument']}]"] if several else [])]


def _cell(cell: Row | None, common: Sequence[str], several: bool, *, mixed: bool) -> str:
    if cell is None:
        return "–"
    own = [each for each in _circumstances(cell, several) if each not in common]
    note = re.search(r"\(\d+\)$", cell["verdict_note"])
    sign = f"{cell['symbol']} {note[0] if note else cell['verdict_note']}".strip() if mixed else ""
    figure = f"{cell['shown']} {cell['uncertainty_shown']} {sign}".replace("  ", " ").strip()
    return f"{figure} ({' · '.join(own)})" if own else figure
