"""The rule book: the shipped rules, and a workshop's own that add to them or stand in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.datafile import fingerprint, read, validate
from bench.diagnosis.figures import quantity_of
from bench.diagnosis.model import Rule, RuleFile
from bench.errors import DataFileError, EtabliError
from bench.language import Message, Text, msg

SHIPPED = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True)
class RuleBook:
    """All rules by id, the facts and sources that they name, the file that each comes from, and what a record pins."""

    rules: Mapping[str, Rule]
    facts: Mapping[str, Text]
    sources: Mapping[str, str]
    origins: Mapping[str, str]
    sha256: str

    def references(self, rule: Rule) -> str:
        """Return who says so, in full."""
        return "; ".join(self.sources[code] for code in rule.source.split())

    def overridden(self) -> tuple[str, ...]:
        """Return the ids of the rules that are not the shipped ones."""
        return tuple(key for key, origin in self.origins.items() if origin != SHIPPED.name)


def load(folder: Path | None = None) -> RuleBook:
    """Read the shipped rules, then every *.toml of a workshop's `folder`, later files over earlier ones.

    Raises DataFileError naming the file, the key and the reason.
    """
    return _shipped() if folder is None else _book((SHIPPED, *sorted(folder.glob("*.toml"))))


@lru_cache(maxsize=1)
def _shipped() -> RuleBook:
    return _book((SHIPPED,))


def _book(paths: tuple[Path, ...]) -> RuleBook:
    rules: dict[str, Rule] = {}
    facts: dict[str, Text] = {}
    sources: dict[str, str] = {}
    origins: dict[str, str] = {}
    contents = []
    for path in paths:
        data = read(path)
        file = validate(data, RuleFile, path)
        contents.append(data)
        facts |= {key: words.text for key, words in file.facts.items()}
        sources |= file.sources
        rules |= file.rule
        origins |= dict.fromkeys(file.rule, path.name)
    book = RuleBook(rules, facts, sources, origins, fingerprint(contents))
    for rule in rules.values():
        _check(rule, book)
    return book


def _check(rule: Rule, book: RuleBook) -> None:
    """Check that a rule names only rules, facts, sources and figures that there are. Raises DataFileError."""
    here = f"rule.{rule.id}"
    file = book.origins[rule.id]
    for key, names in (("before", rule.before), ("contradicts", tuple(rule.contradicts))):
        for name in names:
            if name not in book.rules:
                raise _unknown(file, f"{here}.{key}", name, msg("there is no such rule"))
    for name in rule.source.split():
        if name not in book.sources:
            raise _unknown(file, f"{here}.source", name, msg("[sources] does not say what it is"))
    for name in rule.ask:
        if name not in book.facts:
            raise _unknown(file, f"{here}.ask", name, msg("[facts] does not say what it is"))
    for condition in rule.conditions():
        if condition.fact and condition.fact not in book.facts:
            raise _unknown(file, f"{here}.when", condition.fact, msg("[facts] does not say what it is"))
        if condition.missing and condition.missing not in book.facts and not _is_figure(condition.missing):
            raise _unknown(file, f"{here}.when", condition.missing, msg("it is neither a fact nor a figure"))


def _is_figure(name: str) -> bool:
    try:
        quantity_of(name)
    except EtabliError:
        return False
    return True


def _unknown(file: str, key: str, name: str, why: Message) -> DataFileError:
    return DataFileError(
        msg("{file} is not right: {key} names “{name}”, but {why}.", file=file, key=key, name=name, why=why),
        remedy=msg("Mend these keys."),
    )
