"""The key sheet: every place with its keys, from the bindings themselves."""

from __future__ import annotations

from bench.language import N_, _, speaking
from tui.keys import APP, PLACES, bound, name_of

TITLE = N_("The keys of Établi")
ABOUT = N_(
    "Every key can be given to something else in the settings (F8, “Keys”). The last line of the screen names those "
    "that do something now; F1 or ? lists all of them."
)
HANDS = N_(
    "A scanner is a keyboard: a label with OR:, PC:, OP: or OK: is an order, a part, an operator, a confirmation. "
    "Copying: drag with the mouse, then Ctrl+C; or hold Shift and drag."
)


def sheet(language: str) -> str:
    """Return the key sheet in one language: a table for every place that has keys."""
    with speaking(language):
        lines = [f"# {_(TITLE)}", "", _(ABOUT), "", _(HANDS)]
        places = list(dict.fromkeys(place for place, _binding in bound()))
        ordered = sorted(
            places, key=lambda place: (place != APP, list(PLACES).index(place) if place in PLACES else len(PLACES))
        )
        for place in ordered:
            lines += ["", f"## {_(PLACES.get(place, place))}", "", f"| {_('Key')} | {_('What it does')} |", "|---|---|"]
            lines += [f"| {keys} | {word} |" for word, keys in rows(place)]
    return "\n".join(lines) + "\n"


def rows(place: str) -> list[tuple[str, str]]:
    """Return (word, keys) of one place, keys that do the same together, in the order of its bindings."""
    found: dict[str, list[str]] = {}
    for other, binding in bound():
        if other == place:
            found.setdefault(_(binding.description), []).append(name_of(binding.key))
    return [(word, " · ".join(keys)) for word, keys in found.items()]
