"""From a measurement step to its tasks: which program with which parameters, which limits, which blockers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.calibre import CalibreProfile, CaseProfile
from bench.conformity import RULES, DecisionRule
from bench.errors import Refusal, UsageError
from bench.instrument import InstrumentKind, Program
from bench.judging import Handling, MeasureTask, TaskLimit
from bench.language import Text, msg
from bench.limit import Limit
from bench.procedure.model import Run, Step
from bench.procedure.state import OrderState
from bench.quantities import Value
from bench.uncertainty import Doubts

# Parameter of a program → the quantity that it is written in; the others are words or counts.
PARAMETERS = {
    "lift_angle": "lift_angle",
    "beat_rate": "beat_rate",
    "stabilise": "measuring_time",
    "measure": "measuring_time",
    "supply": "supply_voltage",
    "inhibition_period": "inhibition_period",
    "level": "demagnetising_field",
    "free_volume": "free_volume",
}
# What the trade uses where a profile is silent, marked in the conditions: 60 s is the usual inhibition period and
# 1.55 V the supply of a silver-oxide calibre (Witschi Analyzer Q1 manual p. 26; ETA communications).
USUAL = {"inhibition_period": "60 s", "supply": "1.55 V"}
# Weakest signal that a timing verdict may rest on (G-19), mean beat level as a share of full scale: our choice.
MIN_SIGNAL = 0.1
MARGIN = 30.0

POSITIONS = {
    "CH": Text("cadran en haut", "dial up"),
    "CB": Text("cadran en bas", "dial down"),
    "3H": Text("3 h en haut (couronne en haut)", "3 up (crown up)"),
    "6H": Text("6 h en haut (couronne à gauche)", "6 up (crown left)"),
    "9H": Text("9 h en haut (couronne en bas)", "9 up (crown down)"),
    "12H": Text("12 h en haut (couronne à droite)", "12 up (crown right)"),
}
BEFORE_DEMAGNETISING = Text("avant démagnétisation", "before demagnetisation")


@dataclass(frozen=True)
class Watch:
    """The profiles of the order's watch, None where unknown."""

    calibre: CalibreProfile | None
    case: CaseProfile | None
    grade: str


def tasks(step: Step, state: OrderState, watch: Watch) -> tuple[MeasureTask, ...]:
    """Return the tasks of a measurement step, in order. Raises UsageError where the watch lacks what it needs."""
    assert step.measure is not None
    builder = _Builder(step, state, watch)
    found = [task for run in step.measure.run for task in builder.of_run(run)]
    return tuple(found)


def highest_pressure(step: Step, watch: Watch, answers: dict[str, Any] | None = None) -> float | None:
    """Return the highest gauge pressure in bar that the step would apply, None where it applies none."""
    if step.measure is not None and step.measure.instrument is InstrumentKind.WATER_RESISTANCE and watch.case:
        return max(stage.pressure.magnitude for stage in watch.case.stages)
    for entry in step.fields:
        if entry.quantity == "test_pressure" and answers and entry.id in answers:
            answer = answers[entry.id]
            return answer.magnitude if isinstance(answer, Value) else None
    return None


class _Builder:
    def __init__(self, step: Step, state: OrderState, watch: Watch) -> None:
        assert step.measure is not None
        self.step, self.state, self.watch, self.measure = step, state, watch, step.measure

    def of_run(self, run: Run) -> Iterator[MeasureTask]:
        if run.positions:
            for n, position in enumerate(self._positions(run)):
                yield self._timing(run, position, first=n == 0)
        elif run.program == "leak-test":
            yield self._leak_test(run)
        else:
            yield self._plain(run)

    def _positions(self, run: Run) -> tuple[str, ...]:
        if run.positions != "grade":
            return run.positions
        return self.watch.calibre.positions(self.watch.grade) if self.watch.calibre else ("CH", "6H", "9H")

    def _timing(self, run: Run, position: str, *, first: bool) -> MeasureTask:
        calibre = self.watch.calibre
        parameters = {"position": position, **self._parameters(run)}
        blockers = list(self._profile_blockers())
        for name, key in (("lift_angle", "lift_angle"), ("beat_rate", "beat_rate")):
            value = calibre.fact(key) if calibre else None
            if value is not None:
                parameters[name] = value
            else:
                blockers.append(_condition_missing(name))
        if not run.wind:
            blockers.append(_condition_missing("wind"))
        # Without a documented lift angle the usual 52° lets the machine show something; the blocker stays.
        parameters.setdefault("lift_angle", Value.of("lift_angle", 52.0))
        handlings = [*run.handlings, Handling("turn", position)]
        if first:
            handlings.insert(0, Handling("place", InstrumentKind.TIMEGRAPHER.value))
            if run.wind:
                handlings.insert(1, Handling("wind", run.wind))
        seconds = sum(_seconds(parameters.get(name)) for name in ("stabilise", "measure"))
        return self._task(
            run,
            Program("timing", parameters, seconds + MARGIN),
            label=position,
            prompt=_turn(position, run.wind if first else ""),
            handlings=handlings,
            limits=self._calibre_limits(position, run.wind),
            conditions={"position": position, "wind": run.wind},
            blockers=blockers,
            tag=BEFORE_DEMAGNETISING if self.state.magnetised else None,
            min_signal=MIN_SIGNAL,
        )

    def _leak_test(self, run: Run) -> MeasureTask:
        case = self.watch.case
        if case is None:
            raise UsageError(
                msg("The order names no case profile: the test pressures are unknown."),
                remedy=msg("Give the order a case profile (etabli profiles list), or skip the test."),
            )
        stages = [
            {
                "label": stage.label,
                "pressure": stage.pressure,
                "fill": Value.of("measuring_time", stage.fill),
                "stabilise": Value.of("measuring_time", stage.stabilise),
                "measure": Value.of("measuring_time", stage.measure),
            }
            for stage in case.stages
        ]
        blockers = list(_approval(case.identity.approved, case.name))
        parameters: dict[str, Any] = {"stages": stages}
        free_volume = case.free_volumes.get(self.state.order.watch.glass, case.free_volume)
        if free_volume is not None:
            parameters["free_volume"] = free_volume.value
        else:
            raise UsageError(
                msg("The case profile {case} gives no free volume: a leak rate cannot be computed.", case=case.name),
                remedy=msg("Add the free volume to the case profile."),
            )
        seconds = sum(stage.fill + stage.stabilise + stage.measure for stage in case.stages)
        return self._task(
            run,
            Program("leak-test", parameters, 2 * seconds + MARGIN),
            label="",
            handlings=[Handling("place", InstrumentKind.WATER_RESISTANCE.value), *run.handlings],
            limits=[TaskLimit(stage.limit, stage.label) for stage in case.stages],
            conditions={"closure": self.state.closure, "case_profile": case.identity.id},
            blockers=blockers,
            rule=case.rule or self.state.house.rule,
        )

    def _plain(self, run: Run) -> MeasureTask:
        parameters = self._parameters(run)
        limits = list(self._calibre_limits(None, None))
        house = self.state.house.residual_field_limit
        if house is not None:
            limits.append(TaskLimit(house))
        background = run.parameters.get("quantity") == "background_field"
        place = Handling("place", "" if background else self.measure.instrument.value)
        usual = {f"usual_{name}": text for name, text in USUAL.items() if self._is_usual(run, name)}
        seconds = _seconds(parameters.get("inhibition_period")) * float(parameters.get("periods", 1))
        blockers = [] if self.measure.instrument in _NO_PROFILE else list(self._profile_blockers())
        return self._task(
            run,
            Program(run.program, parameters, seconds + 4 * MARGIN),
            label=run.label,
            handlings=[place, *run.handlings],
            limits=limits,
            conditions={**usual, **self._capacity(run)},
            blockers=blockers,
        )

    def _task(
        self,
        run: Run,
        program: Program,
        *,
        label: str,
        handlings: Iterable[Handling],
        limits: Iterable[TaskLimit],
        conditions: dict[str, Any],
        blockers: Iterable[Refusal],
        prompt: Text | None = None,
        rule: DecisionRule | None = None,
        tag: Text | None = None,
        min_signal: float = 0.0,
    ) -> MeasureTask:
        stated = self.watch.calibre.rule if self.watch.calibre else None
        default = RULES[self.measure.rule] if self.measure.rule else stated or self.state.house.rule
        return MeasureTask(
            step=self.step.id,
            phase=self.step.phase,
            kind=self.measure.instrument,
            program=program,
            label=label,
            prompt=run.prompt or prompt,
            handlings=tuple(handlings),
            judged=self.measure.judged,
            limits=tuple(limits),
            rule=rule or default,
            conditions=conditions,
            doubts=Doubts(),
            blockers=tuple(blockers),
            tag=tag,
            min_signal=min_signal,
        )

    def _parameters(self, run: Run) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, written in run.parameters.items():
            key = PARAMETERS.get(name)
            if key is None or isinstance(written, int):
                found[name] = written
            elif written == "profile":
                fact = self.watch.calibre.fact(key) if self.watch.calibre else None
                found[name] = fact if fact is not None else Value.parse(key, USUAL[name])
            else:
                found[name] = Value.parse(key, written)
        return found

    def _capacity(self, run: Run) -> dict[str, Any]:
        """The battery's capacity beside a consumption: battery life follows from both."""
        capacity = self.watch.calibre.fact("battery_capacity") if self.watch.calibre else None
        return {"battery_capacity": capacity} if run.program == "consumption" and capacity is not None else {}

    def _is_usual(self, run: Run, name: str) -> bool:
        calibre = self.watch.calibre
        return run.parameters.get(name) == "profile" and (calibre is None or calibre.fact(PARAMETERS[name]) is None)

    def _calibre_limits(self, position: str | None, wind: str | None) -> list[TaskLimit]:
        calibre = self.watch.calibre
        if calibre is None:
            return []
        keys = {*self.measure.judged, *self.measure.derive}
        found: list[Limit | None] = [
            calibre.limit(key, grade=self.watch.grade, position=position, wind=wind) for key in sorted(keys)
        ]
        return [TaskLimit(limit) for limit in found if limit is not None]

    def _profile_blockers(self) -> tuple[Refusal, ...]:
        calibre = self.watch.calibre
        if calibre is None:
            return ()
        return _approval(calibre.identity.approved, calibre.name)


# Instruments whose verdicts rest on no calibre profile.
_NO_PROFILE = (InstrumentKind.DEMAGNETISER, InstrumentKind.FIELD_METER)


def _approval(approved: bool, name: str) -> tuple[Refusal, ...]:
    if approved:
        return ()
    return (
        Refusal(
            "G-08",
            msg("The profile {name} is a draft: its values are information, not limits.", name=name),
            msg("Have the manager approve the profile."),
            msg("the workshop manager, by approving the profile"),
        ),
    )


def _condition_missing(name: str) -> Refusal:
    words = {
        "lift_angle": msg("the profile gives no lift angle"),
        "beat_rate": msg("the profile gives no beat rate"),
        "wind": msg("the state of wind is not declared"),
    }
    return Refusal(
        "G-19",
        msg("The conditions for a timing verdict are not met: {what}.", what=words[name]),
        msg("Complete the profile or the conditions; the reading is kept without a verdict."),
        msg("nobody"),
    )


def _turn(position: str, wind: str) -> Text:
    where = POSITIONS[position]
    fr, en = f"Posez la montre en {position} : {where.fr}.", f"Turn the watch to {position}: {where.en}."
    if wind == "0h":
        return Text(f"Remontez à fond. {fr}", f"Wind fully. {en}")
    if wind == "24h":
        return Text(f"24 h après le remontage complet. {fr}", f"24 h after full winding. {en}")
    return Text(fr, en)


def _seconds(value: object) -> float:
    return value.to("s") if isinstance(value, Value) else 0.0
