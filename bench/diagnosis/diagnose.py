"""From what an order has measured to ranked hints: pure, and never more than hints.

Conditions are decided on unrounded values without a guard band: a hint costs a look, not a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.conformity import State, Verdict
from bench.diagnosis.figures import Figure, Figures, Finding, words_of
from bench.diagnosis.model import Condition, Kind, Rule
from bench.diagnosis.rules import RuleBook
from bench.judging import Judged
from bench.language import LANGUAGES, Message, Text, msg, speaking
from bench.limit import Limit, Mark, show_against
from bench.order import Family
from bench.procedure.state import LEAK_RATE, OrderState
from bench.quantities import Value

_GROUPS = list(Kind)
_IN_ORDER = frozenset({State.CONFORMING, State.CONDITIONALLY_CONFORMING})


@dataclass(frozen=True)
class FirstCheck:
    """A question to settle before the hints that rest on it: the fact that answers it, and those hints' rules."""

    rule: Rule
    fact: str
    question: Text
    hints: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "fact": self.fact,
            "question": self.question.to_json(),
            "hints": list(self.hints),
        }


@dataclass(frozen=True)
class Hint:
    """A rule whose conditions hold: why, in words with the values, and what it rests on.

    `cites` are ids of measurements, `facts` the answers; `evidence` counts what shows a fault in the fullest
    alternative: what was not measured, or found in order, only rules something out.
    """

    rule: Rule
    cites: tuple[str, ...]
    facts: tuple[str, ...]
    because: tuple[Message, ...]
    evidence: int

    @property
    def text(self) -> Message:
        """The hypothesis and why, in one sentence."""
        return msg("{hypothesis}: {because}", hypothesis=self.rule.hypothesis.text, because=_joined(self.because))

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule.id,
            "hypothesis": self.rule.hypothesis.text.to_json(),
            "action": self.rule.action.text.to_json(),
            "source": self.rule.source,
            "mark": self.rule.mark.value,
            "defects": list(self.rule.defects),
            "cites": list(self.cites),
            "facts": list(self.facts),
            "because": [message.to_json() for message in self.because],
        }


@dataclass(frozen=True)
class Contradiction:
    """What does not go together: two hints, or one hint and a measurement that speaks against it."""

    rules: tuple[str, ...]
    why: Text
    because: tuple[Message, ...]
    cites: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "rules": list(self.rules),
            "why": self.why.to_json(),
            "because": [message.to_json() for message in self.because],
            "cites": list(self.cites),
        }


@dataclass(frozen=True)
class Diagnosis:
    """What to check first, the hints in their order, what contradicts; `sha256` pins the rule book."""

    first_checks: tuple[FirstCheck, ...]
    hints: tuple[Hint, ...]
    contradictions: tuple[Contradiction, ...]
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {
            "first_checks": [entry.to_json() for entry in self.first_checks],
            "hints": [entry.to_json() for entry in self.hints],
            "contradictions": [entry.to_json() for entry in self.contradictions],
            "sha256": self.sha256,
        }


def diagnose(judged: Sequence[Judged], facts: Mapping[str, str], family: Family, book: RuleBook) -> Diagnosis:
    """Weigh every rule for this family of watch against what was measured and seen.

    `judged` is in time order; `facts` are what people answered, by the names of the rule book. Rules that see the
    fault itself come before those that infer it, then those with more evidence, then in the book's order.
    """
    bench = _Bench(Figures(judged), facts, book.facts)
    rules = [rule for rule in book.rules.values() if family in rule.families]
    found = [hint for rule in rules if (hint := bench.weigh(rule)) is not None]
    found.sort(key=lambda h: (_GROUPS.index(h.rule.kind), not h.rule.direct, -h.evidence))
    hints = {hint.rule.id: hint for hint in found}
    checks = [check for rule in rules for check in bench.checks(rule, hints)]
    return Diagnosis(tuple(checks), tuple(found), tuple(bench.contradictions(hints)), book.sha256)


def known_of(state: OrderState, phase: str = "") -> tuple[tuple[Judged, ...], dict[str, str]]:
    """Return what an order knows, for `diagnose`: its measurements (of one phase, "" for all) and its facts.

    The fact "big_leak" is "yes" where the tester ended the last leak test itself: such a test leaves no number.
    """
    tasks = [task for task in state.tasks if phase in ("", task.phase)]
    facts = dict(state.facts)
    if facts.pop("magnetised", None) and state.magnetised is not None:
        facts["magnetised"] = "yes" if state.magnetised else "no"
    for task in tasks:
        if task.aborted:
            facts["big_leak"] = "yes"
        elif any(entry.measurement.quantity.id == LEAK_RATE for entry in task.judged):
            facts["big_leak"] = "no"
    return tuple(entry for task in tasks for entry in task.judged), facts


@dataclass(frozen=True)
class _Met:
    """One condition that holds: in words, on which measurements, on which fact; whether it shows a fault."""

    words: Message
    cites: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    shows: bool = True


class _Bench:
    """What is known about the watch."""

    def __init__(self, figures: Figures, answers: Mapping[str, str], questions: Mapping[str, Text]) -> None:
        self.figures = figures
        self.questions = questions
        # What an instrument found goes before what somebody said of the same thing.
        self.known = {name: Finding(word, ()) for name, word in answers.items()} | figures.findings()

    def weigh(self, rule: Rule) -> Hint | None:
        held = [met for alternative in rule.when if (met := self._all(alternative)) is not None]
        if not held:
            return None
        flat = [met for alternative in held for met in alternative]
        return Hint(
            rule,
            _unique(cite for met in flat for cite in met.cites),
            _unique(fact for met in flat for fact in met.facts),
            _unique(met.words for met in flat),
            max(sum(met.shows for met in alternative) for alternative in held),
        )

    def checks(self, rule: Rule, hints: Mapping[str, Hint]) -> list[FirstCheck]:
        resting = tuple(key for key in hints if key in rule.before)
        if not resting and rule.id not in hints:
            return []
        open_ = [fact for fact in rule.ask if fact not in self.known]
        return [FirstCheck(rule, fact, self.questions[fact], resting or (rule.id,)) for fact in open_]

    def contradictions(self, hints: Mapping[str, Hint]) -> Iterable[Contradiction]:
        for hint in hints.values():
            for other, why in hint.rule.contradicts.items():
                if other in hints:
                    cites = _unique((*hint.cites, *hints[other].cites))
                    because = _unique((*hint.because, *hints[other].because))
                    yield Contradiction((hint.rule.id, other), why.text, because, cites)
            for against in hint.rule.against:
                met = self._all(against.when)
                if met is not None:
                    cites = _unique((*hint.cites, *(cite for entry in met for cite in entry.cites)))
                    yield Contradiction((hint.rule.id,), against.why.text, tuple(m.words for m in met), cites)

    def _all(self, conditions: Sequence[Condition]) -> list[_Met] | None:
        met = []
        for condition in conditions:
            one = self._one(condition)
            if one is None:
                return None
            met.append(one)
        return met

    def _one(self, condition: Condition) -> _Met | None:
        if condition.missing:
            return self._missing(condition.missing)
        if condition.fact:
            return self._fact(condition.fact, condition.is_ or "")
        return self._figure(condition)

    def _missing(self, name: str) -> _Met | None:
        if name in self.questions:
            words, there = self.questions[name], name in self.known
        else:
            words, there = words_of(name), self.figures.get(name) is not None
        return None if there else _Met(msg("{name}: not known", name=words), shows=False)

    def _fact(self, name: str, word: str) -> _Met | None:
        found = self.known.get(name)
        if found is None or found.word != word:
            return None
        statement = self.questions[name]
        # A fact is written as a statement: "yes" adds nothing to it.
        bare = Message("{statement}", {"statement": statement})
        said = bare if word == "yes" else msg("{name}: {answer}", name=statement, answer=_answer(word))
        return _Met(said, found.cites, (name,))

    def _figure(self, condition: Condition) -> _Met | None:
        figure = self.figures.get(condition.figure)
        if figure is None or not _lies(figure.value, condition.low, condition.high):
            return None
        if condition.verdict and not _judged_so(figure, condition):
            return None
        in_order = condition.verdict and _IN_ORDER.issuperset(condition.verdict)
        return _Met(_words(figure, condition), figure.cites, shows=not in_order)


def _lies(value: Value, low: Value | None, high: Value | None) -> bool:
    return (low is None or value > low) and (high is None or value < high)


def _judged_so(figure: Figure, condition: Condition) -> bool:
    """Whether the figure's verdict is one of those asked for. A figure that several measurements give has none."""
    verdict = figure.verdict
    state = verdict.state if verdict else State.REFUSED
    if state not in condition.verdict:
        return False
    return condition.side is None or (verdict is not None and _side(figure.value, verdict) == condition.side)


def _side(value: Value, verdict: Verdict) -> str:
    """On which side of its limit a value lies, or at which it leans where it lies inside; "" without a limit."""
    limit = verdict.limit
    if limit is None:
        return ""
    if limit.low is None:
        return "above"
    if limit.high is None:
        return "below"
    return "above" if value.magnitude > (limit.low + limit.high) / 2 else "below"


def _words(figure: Figure, condition: Condition) -> Message:
    """Write one figure with what it was compared with."""
    verdict, low, high = figure.verdict, condition.low, condition.high
    if condition.verdict and verdict is not None and verdict.state is not State.REFUSED and verdict.limit is not None:
        return msg(
            "{figure} (limit {limit})", figure=_written(figure, verdict.limit), limit=_in_both(str, verdict.limit)
        )
    said = _written(figure, _beyond(low, high))
    if low and high:
        said = msg("{figure} (between {low} and {high})", figure=said, low=_in_both(str, low), high=_in_both(str, high))
    elif low:
        said = msg("{figure} (above {bound})", figure=said, bound=_in_both(str, low))
    elif high:
        said = msg("{figure} (below {bound})", figure=said, bound=_in_both(str, high))
    return msg("{said}, our own threshold", said=said) if condition.mark == "ours" else said


def _written(figure: Figure, beside: Limit | None) -> Message:
    """Name and value, with enough decimals never to look the other side of what stands beside it."""
    value = _in_both(lambda value: show_against(value, beside), figure.value)
    return Message("{name} {value}", {"name": figure.words, "value": value})


def _beyond(low: Value | None, high: Value | None) -> Limit | None:
    """The threshold as a limit that the figure misses."""
    if low is not None:
        return Limit(low.quantity, None, low.magnitude, "", Mark.UNCONFIRMED)
    return Limit(high.quantity, high.magnitude, None, "", Mark.UNCONFIRMED) if high is not None else None


def _in_both(write: Callable[[Any], str], value: object) -> Text:
    """Write a value or a limit in both languages, so that it may be kept and shown in either."""
    written = {}
    for language in LANGUAGES:
        with speaking(language):
            written[language] = write(value)
    return Text(**written)


def _answer(word: str) -> Message | str:
    return {
        "no": msg("no"),
        "open": msg("open circuit"),
        "short": msg("short circuit"),
    }.get(word, word)


def _joined(messages: Sequence[Message]) -> Message:
    pattern = "; ".join(f"{{_{n}}}" for n in range(len(messages)))
    return Message(pattern, {f"_{n}": message for n, message in enumerate(messages)})


def _unique(items: Iterable[Any]) -> tuple[Any, ...]:
    """Drop what comes again, keeping the order; messages count as the same by what they say."""
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(str(item), item)
    return tuple(found.values())
