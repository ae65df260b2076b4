"""The water-resistance certificate: one dry test, passed on the closure that the case has now, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.conformity import State
from bench.errors import EtabliError
from bench.events import Event, EventKind
from bench.instrument import InstrumentKind
from bench.judging import Judged
from bench.language import Message, _, msg
from bench.papers.model import Paper
from bench.papers.slips import Source, plain
from bench.sheet import facts, figures, model, words
from bench.sheet.record import Record
from bench.sheet.taken import Taken

LEAK, PRESSURE = "leak_rate", "test_pressure"


def certificate(source: Source) -> Paper:
    """Certify the last dry test. Raises EtabliError where it did not pass, or not on the closure of now (G-14)."""
    record = source.reading.record
    tested = _passed(record)
    values = [value for value in source.reading.values if value.event.seq == tested.seq]
    leaks = [value for value in values if value.measurement.quantity.id == LEAK]
    measurement = leaks[0].measurement
    instrument = measurement.instrument
    rule = leaks[0].judged.verdict.rule
    about = (
        facts.entry("engraved", _("Engraved on the watch"), record.order.watch.water_resistance),
        facts.entry("tested", _("Tested"), tested.at, words.moment(tested.at)),
        facts.entry("closure", _("Closure n°"), tested.payload["closure"]),
        facts.entry("operator", _("Tested by"), tested.operator, source.reading.history.name(tested)),
        facts.entry("instrument", _("Instrument"), instrument.model),
        facts.entry("serial", _("Serial number"), instrument.serial),
        facts.entry("calibrated", _("Calibrated"), instrument.calibrated, words.day(instrument.calibrated)),
        facts.entry("due", _("Calibration due"), instrument.due, words.day(instrument.due)),
        facts.entry("certificate", _("Calibration certificate"), instrument.certificate),
        facts.entry("rule", _("Decision rule"), rule.id if rule else None, str(rule) if rule else None),
    )
    highest = max((_pressure(value, values) for value in leaks), key=lambda pair: pair[0], default=(0.0, ""))[1]
    verdict = _("Conforming up to {pressure}").format(pressure=highest) if highest else str(State.CONFORMING)
    return replace(
        source.paper("certificate", _("Water-resistance certificate")),
        verdict=f"{State.CONFORMING.symbol} {verdict}",
        blocks=(
            *plain(source.filled("watch")),
            model.Block("own", _("The test"), "filled", about, (_stages(values, leaks),)),
        ),
        closing=(
            _("This certificate is for this closure alone: any opening of the case ends it."),
            _("Gaskets age: have the watch tested once a year. A dry test tells nothing of shocks, heat or cold."),
        ),
        signatures=(_("For the workshop"),),
    )


def _passed(record: Record) -> Event:
    """Return the last dry test, passed on the closure of now. Raises EtabliError."""
    handled = record.of(EventKind.HANDLED)
    case = [event.payload["act"] for event in handled if event.payload["act"] in ("open", "close")]
    closure = next((e.payload["closure"] for e in reversed(handled) if e.payload.get("closure") is not None), 0)
    tests = [event for event in record.of(EventKind.MEASURED) if _dry(event.payload)]
    if case and case[-1] == "open":
        raise _refused(msg("The case is open."), msg("Close the case and repeat the dry test."))
    if not tests:
        raise _refused(
            msg("No dry test was done on this order."), msg("Do the dry water-resistance test on the closed case.")
        )
    last = tests[-1]
    if last.payload["closure"] != closure:
        raise _refused(
            msg(
                "The last test was on closure n° {tested}; the case is now at closure n° {now}.",
                tested=last.payload["closure"],
                now=closure,
            ),
            msg("Repeat the dry test on the present closure."),
        )
    # The test of one visit may come in several runs: none of them may have failed.
    visit = [
        e for e in tests if (e.payload["step"], e.payload["visit"]) == (last.payload["step"], last.payload["visit"])
    ]
    attempt = [event for event in visit if event.payload["attempt"] == last.payload["attempt"]]
    leaks = [judged for event in attempt for judged in _leaks(event.payload)]
    aborted = any(event.payload.get("aborted") for event in attempt)
    if aborted or not leaks or any(judged.verdict.state is not State.CONFORMING for judged in leaks):
        raise _refused(
            msg("The last dry test on this closure was not passed."),
            msg("Find the leak, close the case again and repeat the test; or let the customer sign the waiver."),
        )
    return last


def _refused(why: Message, remedy: Message) -> EtabliError:
    return EtabliError(msg("There is no water-resistance certificate for this order."), why, remedy)


def _dry(payload: Mapping[str, Any]) -> bool:
    """Tell a dry test: the record says so; before it did, any run of a leak tester was one."""
    kinds = {entry["measurement"]["instrument"]["kind"] for entry in payload["judged"]}
    return bool(payload.get("dry_test", InstrumentKind.WATER_RESISTANCE.value in kinds))


def _leaks(payload: Mapping[str, Any]) -> list[Judged]:
    judged = [Judged.from_json(entry) for entry in payload["judged"]]
    return [entry for entry in judged if entry.measurement.quantity.id == LEAK]


def _pressure(leak: Taken, values: list[Taken]) -> tuple[float, str]:
    """Return the pressure of a stage, as measured: in bar, and as people read it."""
    held = leak.measurement.conditions.get("pressure")
    if held is None:
        held = next(
            (v.measurement.value for v in values if v.measurement.quantity.id == PRESSURE and v.label == leak.label),
            None,
        )
    return (held.magnitude, held.show()) if held is not None and hasattr(held, "magnitude") else (0.0, "")


def _stages(values: list[Taken], leaks: list[Taken]) -> model.Table:
    lines = []
    for leak in leaks:
        verdict, measurement = leak.judged.verdict, leak.measurement
        symbol, word, note = figures.verdict_words(verdict)
        cells = (
            leak.place, _pressure(leak, values)[1] or "—", figures.shown(measurement.value, verdict.limit),
            figures.uncertainty_shown(measurement) or "—", verdict.limit.show() if verdict.limit else "—",
            f"{symbol} {word} {note}".strip(),
        )  # fmt: skip
        lines.append(model.Line(leak.label, cells))
    heads = (_("Stage"), _("Pressure"), _("Leak rate"), _("U (k = 2)"), _("Limit"), _("Verdict"))
    return model.Table("stages", "", heads, tuple(lines))
