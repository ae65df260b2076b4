"""The two languages of the interface: gettext catalogues for the program's words, `Text` for words in data files.

Messages are written in English in the code and translated when they are shown, so one refusal can stand in
French on the sheet and in English on the screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.catalogue import LANGUAGES, N_, _, choose, current, speaking, use


@dataclass(frozen=True)
class Text:
    """Words in a data file, in both languages."""

    fr: str
    en: str

    def __str__(self) -> str:
        return self.fr if current() == "fr" else self.en

    def to_json(self) -> dict[str, str]:
        return {"fr": self.fr, "en": self.en}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Text:
        return cls(fr=data["fr"], en=data["en"])


@dataclass(frozen=True)
class Message:
    """A sentence with its parameters, kept untranslated until it is shown: `str(message)` translates.

    Parameters that are themselves `Text`, `Message` or a number are rendered in the language of the moment.
    """

    msgid: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        sentence = _(self.msgid)
        if not self.parameters:
            return sentence
        try:
            return sentence.format(**{name: show(value) for name, value in self.parameters.items()})
        except (KeyError, IndexError, ValueError):
            return sentence

    def to_json(self) -> dict[str, Any]:
        plain = {name: to_plain(value) for name, value in self.parameters.items()}
        return {"msgid": self.msgid, "parameters": plain}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        return cls(data["msgid"], {k: from_plain(v) for k, v in data.get("parameters", {}).items()})


def msg(msgid: str, **parameters: Any) -> Message:
    """Build a `Message`; `msg` is a catalogue keyword, so the sentence is found by the extraction."""
    return Message(msgid, parameters)


def show(value: Any) -> str:
    """Render one parameter of a sentence: floats with the language's decimal sign, the rest by `str`."""
    if isinstance(value, float):
        return number(value)
    return str(value)


def to_plain(value: Any) -> Any:
    """Turn a parameter into what JSON can hold, reversibly for `Text` and `Message`."""
    if isinstance(value, Text):
        return {"text": value.to_json()}
    if isinstance(value, Message):
        return {"message": value.to_json()}
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)


def from_plain(value: Any) -> Any:
    """Undo `to_plain`."""
    if isinstance(value, Mapping) and set(value) == {"text"}:
        return Text.from_json(value["text"])
    if isinstance(value, Mapping) and set(value) == {"message"}:
        return Message.from_json(value["message"])
    return value


def number(value: float, decimals: int | None = None, *, sign: bool = False) -> str:
    """Write a number as the language does: decimal comma and narrow no-break space in French.

    `decimals=None` writes the shortest form that reads back to the same float.
    """
    if decimals is None:
        written = f"{value:+}" if sign else f"{value}"
        written = written.removesuffix(".0")
    else:
        written = f"{value:{'+' if sign else ''},.{decimals}f}"
        if float(written.replace(",", "")) == 0.0:
            written = written.replace("-", "+" if sign else "")
    if current() == "fr":
        written = written.replace(",", "\u202f").replace(".", ",")
    return written.replace("-", "−")


__all__ = [
    "LANGUAGES",
    "Message",
    "N_",
    "Text",
    "_",
    "choose",
    "current",
    "from_plain",
    "msg",
    "number",
    "show",
    "speaking",
    "to_plain",
    "use",
]


def byte_size(count: int) -> str:
    """Write a number of bytes in the unit that suits it (decimal multiples), octets in French."""
    unit = "o" if current() == "fr" else "B"
    amount = float(count)
    for prefix in ("", "k", "M", "G"):
        if amount < 1000:
            return f"{number(amount, 0 if not prefix else 1)} {prefix}{unit}"
        amount /= 1000
    return f"{number(amount, 1)} T{unit}"
