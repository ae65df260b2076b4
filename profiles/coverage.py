"""The table of what is documented, carried over, known, unconfirmed and blank: what a workshop has to complete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.calibre import CalibreProfile, Fact
from bench.limit import Mark
from bench.order import Family
from bench.quantities import quantity
from profiles.library import Library

LETTERS = {
    Mark.DOCUMENTED: "D",
    Mark.CARRIED_OVER: "C",
    Mark.COMMON_KNOWLEDGE: "K",
    Mark.UNCONFIRMED: "U",
    Mark.HOUSE: "H",
}
BLANK = "·"
_MECHANICAL = (
    ("beat_rate", "lift_angle", "jewels", "power_reserve", "diameter", "height"),
    ("mean_rate", "rate", "rate_spread", "isochronism", "amplitude", "min_amplitude", "beat_error"),
)
_QUARTZ = (
    (
        "supply_voltage",
        "inhibition_period",
        "pulse_period",
        "battery_capacity",
        "autonomy",
        "jewels",
        "diameter",
        "height",
    ),
    (
        "consumption",
        "consumption_stem_pulled",
        "coil_resistance",
        "insulation_resistance",
        "lower_working_voltage",
        "battery_voltage",
        "quartz_rate",
    ),
)
_HEAD = """\
# What the calibre profiles know

Generated from `profiles/` by `python -m profiles.check --write`; a test fails when it drifts.

**D** documented: read in its source · **C** carried over from a sister calibre · **K** common knowledge of the
trade · **U** unconfirmed: no verdict rests on it · **H** house rule · **·** blank: no limit known, the value is kept as
information. A small **g** marks a general limit, not this calibre's own. Two letters: the grades or positions differ.
Each value's source stands in its file.

## Completing it

A workshop's own files lie in the folder `profiles` of its `ETABLI_HOME`, laid out as ours (`calibres/`, `cases/`,
`grades/`, `programmes/`, `batteries.toml`, `sources.toml`). A file there stands in place of ours of the same id. The
shape of each kind of file is in `profiles/schemas/`; `etabli profiles check` names file, line, key and reason. It is a
draft, values without verdicts, until the manager approves it (`etabli profiles approve`); once an order refers to a
version, that version stays as it is.

```toml
id = "eta-2892-a2"                # the file is called eta-2892-a2.toml
version = "1"
maker = "ETA"
calibre = "2892-A2"
family = "automatic"
shared = ["mechanical"]

[grades]
from = "eta"
sold = ["elabore", "top", "chronometer"]

[facts]                           # a value that is not known is left out
lift_angle = { value = "51 °", mark = "documented", source = "technical communication, p. 4" }

[[limits]]
quantity = "min_amplitude"
wind = "24h"
low = "200 °"
mark = "documented"
source = "technical communication, p. 12"
```
"""


def marks(profile: CalibreProfile, key: str) -> str:
    """Return the letters of one quantity's limits in a profile, BLANK where it has none."""
    found = [
        LETTERS[entry.limit.mark] + ("g" if entry.shared else "")
        for entry in profile.limits
        if entry.limit.quantity.id == key
    ]
    own = [letters for letters in found if not letters.endswith("g")]
    return " ".join(dict.fromkeys(own or found)) or BLANK


def table(library: Library) -> str:
    """Return the whole page in Markdown."""
    calibres = library.calibres()
    quartz = (Family.QUARTZ, Family.AUTOQUARTZ)
    parts = [
        _HEAD,
        *_section("Mechanical and automatic", [c for c in calibres if c.family not in quartz], *_MECHANICAL),
        *_section("Quartz and autoquartz", [c for c in calibres if c.family in quartz], *_QUARTZ, battery=True),
        *_cases(library),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _section(
    title: str,
    calibres: Sequence[CalibreProfile],
    facts: Sequence[str],
    limits: Sequence[str],
    *,
    battery: bool = False,
) -> Iterable[str]:
    yield f"## {title} ({len(calibres)})\n"
    head = ["calibre", "id", *(["battery"] if battery else ["grades"]), *(quantity(key).name.en for key in facts)]
    head += [f"limit: {quantity(key).name.en}" for key in limits]
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for calibre in calibres:
        second = _battery(calibre) if battery else ", ".join(name for name in calibre.grades if name) or BLANK
        row = [calibre.name, f"`{calibre.identity.id}`", second]
        row += [_letter(calibre.facts.get(key)) for key in facts]
        row += [marks(calibre, key) for key in limits]
        yield "| " + " | ".join(row) + " |"
    yield ""


def _letter(fact: Fact | None) -> str:
    return LETTERS[fact.mark] if fact else BLANK


def _battery(calibre: CalibreProfile) -> str:
    if not calibre.battery or calibre.battery_mark is None:
        return BLANK
    return f"{', '.join((calibre.battery, *calibre.batteries))} {LETTERS[calibre.battery_mark]}"


def _cases(library: Library) -> Iterable[str]:
    cases = library.cases()
    yield f"## Cases ({len(cases)})\n"
    yield "| case | id | programme | stages: pressure, leak limit, mark | free volume |"
    yield "|---|---|---|---|---|"
    for case in cases:
        stages = "; ".join(
            f"{stage.label} {stage.limit} {LETTERS[stage.limit.mark]}".replace("\u00a0", " ") for stage in case.stages
        )
        volume = f"{case.free_volume.value} {LETTERS[case.free_volume.mark]}" if case.free_volume else BLANK
        yield f"| {case.name} | `{case.identity.id}` | {case.programme} | {stages} | {volume} |".replace("\u00a0", " ")
    yield "\nThe filling, stabilising and measuring times of the programmes are the house's own default."
