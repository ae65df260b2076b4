"""A workshop's events in flat tables of plain SQL: what filters, figures and exports are held against.

Read from the payloads of the chained events alone, by the log's definition in docs/architecture.md: no projection, no
index and no code of the log stands in between.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from bench.journal import LogFilter

COLUMNS = (
    "n", "seq", "position", "kind", "at", "order", "watch", "calibre", "procedure", "operator", "step", "visit",
    "attempt", "phase", "quantity", "label", "value", "unit", "expanded", "state", "limit_low", "limit_high",
    "limit_source", "limit_mark", "rule", "refusal", "alert", "instrument", "model", "serial", "provenance", "tag_fr",
    "tag_en", "measurement", "recording", "text",
)  # fmt: skip
_REST = ", ".join(f'"{name}"' for name in COLUMNS[1:])
_TABLES = f"""
CREATE TABLE line (n INTEGER PRIMARY KEY, {_REST}, us INTEGER, said TEXT, watched TEXT);
CREATE TABLE opened (number TEXT PRIMARY KEY, us INTEGER, at TEXT, promised TEXT, complaint TEXT, content TEXT);
CREATE TABLE filled (seq INTEGER, number TEXT, path TEXT, value TEXT);
CREATE TABLE answer (seq INTEGER PRIMARY KEY, us INTEGER, number TEXT, step TEXT, answers TEXT);
CREATE TABLE moved (seq INTEGER PRIMARY KEY, us INTEGER, number TEXT, before TEXT, after TEXT, reason TEXT);
CREATE TABLE checked (us INTEGER, at TEXT, instrument TEXT, serial TEXT, quantity TEXT, value REAL, result TEXT,
                      low REAL, high REAL, reference REAL, provenance TEXT);
CREATE TABLE procedure (content TEXT);
"""
_NAMED = ", ".join(f'"{name}"' for name in COLUMNS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = {
    "order": "order", "quantity": "quantity", "state": "state", "instrument": "instrument", "operator": "operator",
    "provenance": "provenance", "kinds": "kind", "calibre": "calibre", "procedure": "procedure", "guard": "refusal",
    "alert": "alert",
}  # fmt: skip


def microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def words(written: str) -> list[str]:
    """Cut a text into words: lower case, no accents, letters and figures only."""
    signs = "".join(
        sign for sign in unicodedata.normalize("NFKD", written.casefold()) if not unicodedata.combining(sign)
    )
    return "".join(sign if sign.isalnum() else " " for sign in signs).split()


class Plain:
    """The flat tables of one journal."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection
        self._values: dict[str, list[str]] = {}

    @classmethod
    def of(cls, journal: Path, kept: Path | None = None) -> Plain:
        """Read a journal; where `kept` names a file, that is written once and found there again."""
        if kept is not None and kept.exists():
            return cls(sqlite3.connect(kept))
        part = kept.with_suffix(".part") if kept else None
        if part is not None:
            part.unlink(missing_ok=True)
        connection = sqlite3.connect(part or ":memory:")
        connection.executescript("PRAGMA synchronous = off; PRAGMA journal_mode = off;" + _TABLES)
        events = sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)
        _Reading(connection).take(events)
        events.close()
        connection.execute("CREATE INDEX line_us ON line (us)")
        connection.execute('CREATE INDEX line_order ON line ("order")')
        connection.execute("CREATE INDEX answer_number ON answer (number)")
        connection.execute("CREATE INDEX filled_number ON filled (number)")
        connection.commit()
        if part is None or kept is None:
            return cls(connection)
        connection.close()
        part.rename(kept)
        return cls(sqlite3.connect(kept))

    def all(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        return self.db.execute(query, given).fetchall()

    def one(self, query: str, *given: Any) -> Any:
        return self.db.execute(query, given).fetchone()[0]

    def values(self, column: str) -> list[str]:
        """Return the values of a column that occur, sorted."""
        if column not in self._values:
            found = self.all(f'SELECT DISTINCT "{column}" FROM line ORDER BY 1')
            self._values[column] = [value for (value,) in found if value]
        return self._values[column]

    @cached_property
    def made_up(self) -> frozenset[str]:
        """The orders that hold simulated or replayed values."""
        found = self.all("SELECT DISTINCT \"order\" FROM line WHERE provenance IN ('simulated', 'replayed')")
        return frozenset(order for (order,) in found)

    def rows(self, wanted: LogFilter, more: str = "") -> Iterator[tuple[Any, ...]]:
        """Give the rows that a filter lets through, in all columns of the log, oldest first."""
        where, given = condition(wanted)
        return self.db.execute(f"SELECT {_NAMED} FROM line WHERE {where}{more} ORDER BY rowid", given)

    def numbered(self, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the rows of these numbers, newest first, in all columns of the log."""
        query = f"SELECT {_NAMED} FROM line WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid DESC"
        return self.all(query, json.dumps(list(numbers)))

    def numbers(self, wanted: LogFilter) -> list[int]:
        """Return the numbers of these rows, oldest first."""
        where, given = condition(wanted)
        return [n for (n,) in self.db.execute(f"SELECT rowid FROM line WHERE {where} ORDER BY rowid", given)]


def condition(wanted: LogFilter) -> tuple[str, list[Any]]:
    """Write a filter as SQL says it."""
    parts, given = ["1"], []
    for field, column in _FIELDS.items():
        value = getattr(wanted, field)
        if value is not None:
            chosen = [value] if isinstance(value, str) else [str(each) for each in value]
            parts.append(f'"{column}" IN (SELECT value FROM json_each(?))')
            given.append(json.dumps(chosen))
    if wanted.without is not None:
        parts.append('"order" NOT IN (SELECT value FROM json_each(?))')
        given.append(json.dumps(list(wanted.without)))
    if wanted.since is not None:
        parts.append("us >= ?")
        given.append(microseconds(wanted.since))
    if wanted.until is not None:
        parts.append("us < ?")
        given.append(microseconds(wanted.until))
    parts += [f"watched LIKE '{_begun(word)}'" for word in words(wanted.watch or "")]
    for term in (wanted.text or "").split():
        said = words(term)
        if said:
            both = [f"(said LIKE '{_begun(word)}' OR watched LIKE '{_begun(word)}')" for word in said]
            ways = [f"({' AND '.join(both)})"]
            if any(sign.isdigit() for sign in term):
                ways += ['substr("order", 1, length(?)) = ?'] * 2
                given += [term, term, term.upper(), term.upper()]
            parts.append(f"({' OR '.join(ways)})")
    return " AND ".join(parts), given


def _begun(word: str) -> str:
    """A word begins another; a single letter is one by itself."""
    return f"% {word}%" if len(word) > 1 else f"% {word} %"


class _Reading:
    """Takes event after event into the tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = connection
        self.n = 0
        self.lines: list[tuple[Any, ...]] = []
        self.orders: dict[str, dict[str, str]] = {}
        self.alerts: dict[tuple[str, str], str] = {}
        self.answers: dict[int, dict[str, Any]] = {}

    def take(self, events: sqlite3.Connection) -> None:
        query = "SELECT seq, kind, order_number, operator, at, payload FROM event ORDER BY seq"
        for seq, kind, order, operator, at, payload in events.execute(query):
            self._event(seq, kind, order, operator, at, json.loads(payload))
            if len(self.lines) >= 20_000:
                self._flush()
        self._flush()

    def _flush(self) -> None:
        self.db.executemany(f"INSERT INTO line VALUES ({', '.join('?' * (len(COLUMNS) + 3))})", self.lines)
        self.lines.clear()

    def _event(self, seq: int, kind: str, order: str | None, operator: str | None, at: str, p: dict[str, Any]) -> None:
        us = microseconds(datetime.fromisoformat(at))
        if kind == "order-opened":
            self._opened(order or "", us, at, p)
        elif kind == "instrument-checked":
            self._checked(us, at, p)
        elif kind == "procedure-pinned":
            self.db.execute("INSERT INTO procedure VALUES (?)", (json.dumps(p["content"]),))
        row = self.orders.get(order or "")
        if row is None:
            return
        if kind == "procedure-changed":
            row["procedure"] = p["procedure"]["id"]
        elif kind == "promise-moved":
            row["promised"] = p["to"]
            moved = (seq, us, order, p["from"], p["to"], p["reason"])
            self.db.execute("INSERT INTO moved VALUES (?, ?, ?, ?, ?, ?)", moved)
        elif kind in ("step-answered", "corrected"):
            self._answered(seq, kind, us, order or "", p)
        if kind == "measured":
            head = (at, order, row["watch"], row["calibre"], row["procedure"], operator or "")
            for position, judged in enumerate(p["judged"]):
                self._line(us, row, (seq, position, "measurement", *head, *_measured(p, judged)))
        elif kind in _TOLD:
            name, tell = _TOLD[kind]
            told = {**_EMPTY, **tell(p)}
            if name == "alert":
                self.alerts[order or "", told["label"]] = told["alert"]
            elif name == "decision":
                told["alert"] = self.alerts.get((order or "", told["label"]), "")
            elif name == "closed":
                told["label"] = row["promised"]
            place = (p.get("step", ""), p.get("visit", 0), p.get("attempt", 0), p.get("phase", ""))
            head = (seq, 0, name, at, order, row["watch"], row["calibre"], row["procedure"], operator or "", *place)
            self._line(us, row, (*head, *(told[column] for column in COLUMNS[14:])))

    def _line(self, us: int, row: Mapping[str, str], cells: tuple[Any, ...]) -> None:
        self.n += 1
        line = (self.n, *cells)
        said = _said(line[10], line[15], line[29], line[35])
        self.lines.append((*line, us, said, row["watched"]))

    def _opened(self, number: str, us: int, at: str, p: dict[str, Any]) -> None:
        order, calibre = p["order"], (p.get("profiles") or {}).get("calibre") or {}
        watch = " ".join(filter(None, (order["watch"].get(part) for part in ("brand", "model", "reference"))))
        self.orders[number] = {
            "watch": watch,
            "watched": f" {' '.join(words(watch))} ",
            "calibre": calibre.get("id") or order["watch"].get("calibre") or "",
            "procedure": order["procedure"],
            "promised": order.get("promised") or "",
        }
        complaint, content = order.get("complaint_of") or "", json.dumps(order)
        self.db.execute(
            "INSERT INTO opened VALUES (?, ?, ?, ?, ?, ?)",
            (number, us, at, order.get("promised") or "", complaint, content),
        )
        if order.get("warranty"):
            self.db.execute("INSERT INTO filled VALUES (0, ?, 'warranty', ?)", (number, order["warranty"]))

    def _answered(self, seq: int, kind: str, us: int, number: str, p: dict[str, Any]) -> None:
        if kind == "step-answered":
            self.db.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (seq, us, number, p["step"], json.dumps(p["answers"]))
            )
        elif p.get("answers"):
            before = json.loads(self.db.execute("SELECT answers FROM answer WHERE seq = ?", (p["seq"],)).fetchone()[0])
            told = json.dumps({**before, **p["answers"]})
            self.db.execute("UPDATE answer SET answers = ? WHERE seq = ?", (told, p["seq"]))
        for path, value in (p.get("order") or {}).items():
            assert not path.startswith("watch."), "the flat tables know a watch by its order's opening only"
            self.db.execute("INSERT INTO filled VALUES (?, ?, ?, ?)", (seq, number, path, value))

    def _checked(self, us: int, at: str, p: dict[str, Any]) -> None:
        m, check, device = p["judged"]["measurement"], p["check"], p["instrument"]
        row = (
            us,
            at,
            device["id"],
            device["serial"],
            m["quantity"],
            m["value"],
            p["result"],
            check["low"],
            check["high"],
        )
        row = (*row, check["reference"]["value"], m["provenance"])
        self.db.execute(f"INSERT INTO checked VALUES ({', '.join('?' * 11)})", row)


def _measured(p: Mapping[str, Any], judged: Mapping[str, Any]) -> tuple[Any, ...]:
    m, v = judged["measurement"], judged["verdict"]
    limit, refusal, tag, device = v["limit"] or {}, v["refusal"] or {}, p.get("tag") or {}, m["instrument"]
    return (
        p["step"], p["visit"], p["attempt"], p["phase"], m["quantity"], m["label"], m["value"], m["unit"],
        (m["uncertainty"] or {}).get("U"), v["state"], limit.get("low"), limit.get("high"), limit.get("source", ""),
        limit.get("mark", ""), v["rule"] or "", refusal.get("rule", ""), "", device["id"], device["model"],
        device["serial"], m["provenance"], tag.get("fr", ""), tag.get("en", ""), m["id"], m.get("recording") or "",
        p.get("reason") or "",
    )  # fmt: skip


_EMPTY: dict[str, Any] = dict.fromkeys(COLUMNS[14:], "") | dict.fromkeys(
    ("value", "expanded", "limit_low", "limit_high")
)
_YES_NO = ({"fr": "oui", "en": "yes"}, {"fr": "non", "en": "no"})


def _answer_text(p: Mapping[str, Any]) -> str:
    said: dict[str, str] = {}
    for language in ("en", "fr"):
        shown = [p["shown"][name] for name in sorted(p["shown"])]
        parts = [words_[language] for words_ in shown if words_ not in _YES_NO and words_.get(language)]
        said[language] = " · ".join([*parts, *([p["note"]] if p.get("note") else [])])
    return said["en"] if said["en"] == said["fr"] else _kept(said)


def _kept(sentence: Mapping[str, Any] | None) -> str:
    return json.dumps(sentence, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if sentence else ""


_TOLD: dict[str, tuple[str, Any]] = {
    "measurement-interrupted": ("interruption", lambda p: {
        "label": p["label"], "recording": p["recording"], "text": _kept(p["error"]["what"])}),
    "step-done": ("step", lambda p: {"label": p.get("code", ""), "state": p["outcome"], "text": p["reason"]}),
    "step-answered": ("answer", lambda p: {"text": _answer_text(p)}),
    "refused": ("refusal", lambda p: {"refusal": p["refusal"]["rule"], "text": _kept(p["refusal"]["reason"])}),
    "lifted": ("lifting", lambda p: {"label": p["scope"], "refusal": p["rule"], "text": p["reason"]}),
    "corrected": ("correction", lambda p: {"label": str(p["seq"]), "state": "corrected", "text": p["reason"]}),
    "alert-raised": ("alert", lambda p: {
        "label": p["id"], "state": "blocking" if p["blocking"] else "", "refusal": p["rule"], "alert": p["alert"],
        "text": _kept(p["text"])}),
    "alert-acknowledged": ("decision", lambda p: {"label": p["id"], "state": "acknowledged"}),
    "alert-decided": ("decision", lambda p: {"label": p["id"], "state": p["decision"], "text": p["reason"]}),
    "signed": ("signature", lambda p: {
        "label": p["role"], "state": "self-check" if p["self_check"] else "again" if p["again"] else "",
        "text": _kept(p["meaning"])}),
    "order-opened": ("opened", lambda p: {
        "label": p["order"]["promised"], "state": "complaint" if p["order"]["complaint_of"] else "",
        "text": p["order"]["declared"]}),
    "quote-signed": ("quote", lambda p: {"label": p["reference"], "text": p["how"]}),
    "promise-moved": ("promise", lambda p: {
        "label": p["to"], "text": " · ".join(filter(None, (p["reason"], p["told"])))}),
    "custody-taken": ("custody", lambda p: {"label": p["holder"], "text": p["note"]}),
    "handled": ("handling", lambda p: {"label": p["act"], "text": p["detail"]}),
    "photo-attached": ("photo", lambda p: {"label": p["kind"], "text": p["note"]}),
    "procedure-changed": ("procedure", lambda p: {"label": p["procedure"]["id"], "text": p["reason"]}),
    "order-closed": ("closed", lambda p: {"state": p["outcome"]}),
}  # fmt: skip


@lru_cache(maxsize=20_000)
def _said(step: str, label: str, serial: str, text: str) -> str:
    """Return the words that a row's text is searched by, each between blanks."""
    plain = text
    if text.startswith("{"):
        plain = " ".join(_leaves(json.loads(text)))
    return f" {' '.join(words(' '.join((step, label, serial, plain))))} "


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    return [re.sub(r"\{\w*\}", " ", str(value))]
