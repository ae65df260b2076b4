"""What somebody wants to see of the intervention log, as one line of words: typed, saved, given to a command.

A word with a colon narrows ("by:jm", "calibre:eta-2824", "since:2026-11-01"), a comparison bounds a value
("rate>10s/d"), every other word is looked for in the text. Keys and values are those of either language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from bench.alerts import ALERTS
from bench.conformity import State
from bench.dates import read_day
from bench.errors import UsageError
from bench.exports import Between
from bench.journal.blocks import folded
from bench.journal.rows import LogFilter, LogKind
from bench.language import LANGUAGES, N_, _, msg, speaking
from bench.quantities import QUANTITIES, QuantityMismatch, Value

KINDS: dict[str, str] = {
    LogKind.MEASUREMENT: N_("measurement"),
    LogKind.INTERRUPTION: N_("interruption"),
    LogKind.STEP: N_("step"),
    LogKind.ANSWER: N_("answer"),
    LogKind.REFUSAL: N_("refusal"),
    LogKind.LIFTING: N_("lifting"),
    LogKind.CORRECTION: N_("correction"),
    LogKind.ALERT: N_("alert"),
    LogKind.DECISION: N_("decision"),
    LogKind.SIGNATURE: N_("signature"),
    LogKind.OPENED: N_("opened"),
    LogKind.QUOTE: N_("quote"),
    LogKind.PROMISE: N_("promise moved"),
    LogKind.CUSTODY: N_("custody"),
    LogKind.HANDLING: N_("handling"),
    LogKind.PHOTO: N_("photo"),
    LogKind.PROCEDURE: N_("procedure changed"),
    LogKind.REVIEW: N_("impact review"),
    LogKind.CLOSED: N_("closed"),
}
"""What each kind of row is called (English msgid)."""

ORIGINS = {
    "real": N_("measured"),
    "simulated": N_("simulated"),
    "replayed": N_("replayed"),
    "manual": N_("keyed in"),
}
OUTCOMES = {
    "pass": N_("passed"),
    "fail": N_("failed"),
    "conditional": N_("conditional"),
    "repeat": N_("measured again"),
    "back": N_("gone back"),
    "skipped": N_("skipped"),
    "not-measured": N_("not measured"),
    "no-limit": N_("no limit"),
    "no-verdict": N_("no verdict"),
    "accepted": N_("accepted"),
    "refused": N_("refused"),
    "acknowledged": N_("acknowledged"),
    "blocking": N_("blocking"),
    "corrected": N_("corrected"),
    "complaint": N_("complaint"),
    "reserved": N_("with a reservation"),
    "recalled": N_("recalled"),
    "retested": N_("tested again"),
    "accepted-as-is": N_("accepted as it is"),
}

# Every way to write a key, French and English, for the field of the filter that it narrows.
KEYS: dict[str, tuple[str, ...]] = {
    "order": ("order", "ordre"),
    "operator": ("by", "par", "technician", "technicien", "operator"),
    "calibre": ("calibre", "caliber"),
    "watch": ("watch", "montre"),
    "instrument": ("instrument", "appareil"),
    "quantity": ("quantity", "grandeur"),
    "state": ("verdict", "state", "etat"),
    "guard": ("rule", "regle", "guard", "garde"),
    "alert": ("alert", "alerte"),
    "procedure": ("procedure",),
    "provenance": ("origin", "origine", "provenance"),
    "kinds": ("kind", "genre", "what", "quoi"),
    "since": ("since", "depuis", "from", "du"),
    "until": ("until", "jusqu", "jusqu'au", "to", "au"),
}
_FIELD_OF = {word: field for field, words in KEYS.items() for word in words}
_TOKEN = re.compile(r"""([^\s"]*)"([^"]*)"?|(\S+)""")
_BOUND = re.compile(r"(?P<quantity>[^<>:]+?)(?P<sign>>=|<=|>|<|≥|≤)(?P<value>.+)")
_AGO = re.compile(r"(\d{1,5})\s?[dj]")
_TODAY = ("today", "aujourd'hui", "aujourd’hui")
_ALL = ("all", "tout", "tous")


@dataclass(frozen=True)
class Query:
    """A filter of the log, with bounds of a value where there are any, and the line it was read from."""

    filter: LogFilter
    between: Between | None = None
    line: str = ""


def parse(line: str, today: date | None = None) -> Query:
    """Read a line. Raises UsageError for a key, a value, a unit or a date that there is not."""
    day = today or date.today()
    fields: dict[str, Any] = {}
    text: list[str] = []
    bounds: list[tuple[str, str, str]] = []
    for token in tokens(line):
        key, colon, value = token.partition(":")
        field = _FIELD_OF.get(folded(key))
        if colon and field is not None:
            if value:  # a key whose value is not typed yet narrows nothing
                _narrow(fields, field, value, day)
        elif colon and key.isalpha() and value:
            raise UsageError(
                msg("There is no filter “{key}”.", key=key),
                remedy=msg("Filters: {known}.", known=", ".join(words[0] for words in KEYS.values())),
            )
        elif bound := _BOUND.fullmatch(token):
            bounds.append((bound["quantity"], bound["sign"], bound["value"]))
        else:
            text.append(token)
    if text:
        fields["text"] = " ".join(text)
    between = _between(bounds, fields)
    return Query(LogFilter(**{"kinds": None, **fields}), between, line.strip())


def tokens(line: str) -> list[str]:
    """Cut a line into words; what stands between quotes is one, an open quote reaches to the end."""
    return [
        match[3] if match[3] is not None else match[1] + match[2]
        for match in _TOKEN.finditer(line)
        if match[3] is not None or match[1] or match[2]
    ]


def _narrow(fields: dict[str, Any], field: str, value: str, today: date) -> None:
    if field in ("since", "until"):
        fields[field] = moment(value, end=field == "until", today=today)
    elif field == "watch":
        fields[field] = " ".join((fields.get(field, ""), value)).strip()
    else:
        chosen = tuple(_named(field, word) for word in value.split(",") if word)
        if field == "kinds" and "" in chosen:
            return
        fields[field] = (*fields.get(field, ()), *chosen)


def _named(field: str, word: str) -> str:
    """Return the id behind a word of either language, or the beginning of one of its words where only one fits.

    Raises UsageError where the field has a list of its own that does not hold it.
    """
    names = _names(field)
    if names is None:
        return word.upper() if field == "guard" else word
    typed = folded(word).replace(" ", "-")
    found = names.get(typed)
    if found is None:
        fitting = {key for name, key in names.items() if key and any(part.startswith(typed) for part in _parts(name))}
        if len(fitting) == 1:
            return fitting.pop()
        known = sorted(shown(field, key).replace(" ", "-") for key in fitting or set(names.values()) - {""})
        raise UsageError(
            msg("There is no {what} called “{word}”.", what=msg(_WHAT[field]), word=word),
            remedy=msg("Known: {known}.", known=", ".join(known)),
        )
    return found


def _parts(name: str) -> list[str]:
    """Return a name from each of its words on: “fuite” begins the last word of “debit-de-fuite”."""
    words = name.replace("_", "-").split("-")
    return ["-".join(words[place:]) for place in range(len(words))]


_WHAT = {
    "quantity": N_("quantity"),
    "state": N_("verdict or outcome"),
    "alert": N_("alert"),
    "provenance": N_("origin"),
    "kinds": N_("kind of row"),
}


@lru_cache
def _names(field: str) -> Mapping[str, str] | None:
    """Return {word in either language, folded: id} of a field with a list of its own, None where anything may stand."""
    words: dict[str, Callable[[], object]] = {}
    match field:
        case "quantity":
            words = {key: (lambda q=q: q.name) for key, q in QUANTITIES.items()}  # type: ignore[misc]
        case "state":
            words = {state.value: (lambda s=state: s) for state in State}  # type: ignore[misc]
            words |= _marked(OUTCOMES)
        case "alert":
            words = {key: (lambda k=kind: k.title) for key, kind in ALERTS.items()}  # type: ignore[misc]
        case "provenance":
            words = _marked(ORIGINS)
        case "kinds":
            words = _marked(KINDS)
        case _:
            return None
    found = {folded(str(key)): str(key) for key in words}
    for language in LANGUAGES:
        with speaking(language):
            for key, word in words.items():
                found.setdefault(folded(str(word())).replace(" ", "-"), str(key))
    if field == "kinds":
        found |= dict.fromkeys(_ALL, "")
    return found


def shown(field: str, value: str) -> str:
    """Write a value of a field as people read it, in the language in force."""
    match field:
        case "quantity":
            return str(QUANTITIES[value].name) if value in QUANTITIES else value
        case "state":
            return str(State(value)) if value in list(State) else _(OUTCOMES.get(value, value))
        case "alert":
            return str(ALERTS[value].title) if value in ALERTS else value
        case "provenance":
            return _(ORIGINS.get(value, value))
        case "kinds":
            return _(KINDS.get(value, value))
    return value


def _marked(words: Mapping[str, str]) -> dict[str, Callable[[], object]]:
    return {key: (lambda w=word: _(w)) for key, word in words.items()}  # type: ignore[misc]


def _between(bounds: Iterable[tuple[str, str, str]], fields: dict[str, Any]) -> Between | None:
    """Read bounds such as rate>10s/d. Raises UsageError; a wrong unit is named with those that fit."""
    low: Value | None = None
    high: Value | None = None
    low_in = high_in = True
    key = ""
    for quantity, sign, written in bounds:
        named = _named("quantity", quantity)
        if key and named != key:
            raise UsageError(
                msg("Only the values of one quantity can be bounded at a time."),
                remedy=msg("Leave “{one}” or “{other}” out.", one=key, other=named),
            )
        key = named
        try:
            value = Value.parse(key, written)
        except QuantityMismatch as error:
            raise UsageError(error.what, error.why, error.remedy) from error
        if sign in (">", ">=", "≥"):
            low, low_in = value, sign != ">"
        else:
            high, high_in = value, sign != "<"
    if not key:
        return None
    fields["quantity"] = (key,)
    return Between(key, low, high, low_in=low_in, high_in=high_in)


def moment(written: str, *, end: bool = False, today: date | None = None) -> datetime:
    """Read a day, a time or “7d” (days ago), in the machine's zone where it names none; with `end`, a day counts to
    its end. Raises UsageError.
    """
    text = written.strip()
    day = today or date.today()
    try:
        if text.casefold() in _TODAY:
            return _edge(day, end)
        if ago := _AGO.fullmatch(text):
            return _edge(day - timedelta(days=int(ago[1])), end)
        if len(text) > 10 and text[10] in "T ":
            return datetime.fromisoformat(text).astimezone()
        return _edge(read_day(text), end)
    except (UsageError, ValueError, OverflowError):
        raise UsageError(
            msg("“{written}” is no date.", written=written),
            remedy=msg("Write 2026-11-22 or 22.11.2026, 2026-11-22T14:30 for a time, or 7d for the last seven days."),
        ) from None


def _edge(day: date, end: bool) -> datetime:
    return datetime.combine(day + timedelta(days=1 if end else 0), time()).astimezone()


def with_options(query: Query, options: Mapping[str, str | None], today: date | None = None) -> Query:
    """Return the query narrowed by options of the command line, as far as they are given. Raises UsageError."""
    fields: dict[str, Any] = {}
    for field, value in options.items():
        if value is not None:
            _narrow(fields, field, value, today or date.today())
    return replace(query, filter=replace(query.filter, **fields))
