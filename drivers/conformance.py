"""What every driver must do, whatever it drives: the truth or a typed error, in time, through every fault of a line.

Each check takes a Trial (drivers/simulated/desk.py) and raises NotKept where the driver breaks the promise. `etabli
drivers check` runs them all; so do our own tests, and a third party's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from bench.errors import EtabliError, UsageError
from bench.instrument import (
    DeviceFault,
    Instrument,
    InstrumentError,
    LinkLost,
    Malformed,
    NoReply,
    OutOfRange,
    Program,
    Stopped,
    Truncated,
    WrongInstrument,
)
from bench.language import N_, Message, msg
from bench.measurement import Provenance
from bench.recording.model import WireFrame
from drivers.dialects.frames import OUT_OF_RANGE
from drivers.exchange import KEPT
from drivers.link.replay import ReplayLink
from drivers.registry import build
from drivers.simulated.desk import Trial, handshake_frames, healthy, program_frames, set_up
from drivers.simulated.faults import FIELD_METER_FRAME, LEAK_TESTER_FRAME, WIRE
from drivers.simulated.findings import (
    MAKING_SAFE,
    NotKept,
    must,
    raised,
    said,
    same,
    sound_again,
    too_long,
    true,
    true_or_typed,
    wrong,
)
from drivers.simulated.mangle import NOISES, Nth, held_back, misheard, mutations, then_silence, with_parity_bit

# A handshake, with its repetitions on a suspect link, is over within this time.
HANDSHAKE = 30.0
SEED = 20260628
UNREADABLE = (NoReply, Truncated, Malformed)
# A program shorter than this cannot be caught in its middle.
MIDDLE = 2.0

Figures = dict[str, float]


def check_interface(trial: Trial) -> None:
    """Identity, programs and every figure of a healthy run are what the register and the capabilities say."""
    at = set_up(trial)
    must(isinstance(at.driver, Instrument), msg("It has not the methods of bench.instrument.Instrument."))
    identity = at.driver.check_identity()
    must(identity.model == at.record.model, msg("It names the model {model}.", model=identity.model))
    known = {entry.quantity for entry in at.driver.capabilities()}
    for program in trial.programs:
        at = set_up(trial)
        samples: list[Any] = []
        result = at.driver.run(program, samples.append)
        must(bool(result.readings), msg("“{program}” gives no readings.", program=program.name))
        must(result.samples == len(samples), msg("“{program}” miscounts its samples.", program=program.name))
        for reading in result.readings:
            must(
                math.isfinite(reading.value.magnitude) and reading.value.quantity.id in known,
                msg("“{quantity}” is no capability of it.", quantity=reading.value.quantity.id),
            )
        for sample in samples:
            must(bool(sample.raw), msg("A sample does not carry its bytes."))
            must(sample.provenance is Provenance.SIMULATED, msg("A sample does not say where it comes from."))
    must(isinstance(raised(lambda: set_up(trial).driver.run(Program("dance"))), UsageError), wrong("dance"))


def check_partial(trial: Trial) -> None:
    """A reply that breaks off at any byte is an error that keeps the bytes; so is one in the middle of a program."""
    frames = handshake_frames(trial)
    for kept in range(max(map(len, frames), default=0)):
        at = set_up(trial)
        at.link.wire = Nth(lambda frame, kept=kept: frame[: min(kept, len(frame) - 1)])  # type: ignore[misc]
        error, took = at.timed(at.driver.identify)
        must(isinstance(error, UNREADABLE), wrong(error))
        must(took <= HANDSHAKE, too_long(took))
        must(not isinstance(error, Truncated) or bool(error.partial), msg("The broken-off bytes are not kept."))
    for nth in _spread(len(program_frames(trial)), 4):
        at = set_up(trial)
        at.link.wire = then_silence(nth)
        true_or_typed(at, trial)


def check_repetitions(trial: Trial) -> None:
    """A suspect link is tried again three times at most."""
    at = set_up(trial)
    at.fault("silent")
    at.timed(at.driver.identify)
    once = len(at.link.written)
    at.timed(at.driver.identify)
    again = len(at.link.written) - once
    must(at.driver.suspect, msg("It believes a link that does not answer."))
    must(again <= 3 * max(once, 1), msg("It repeats its question {count} times.", count=again))


def check_split(trial: Trial) -> None:
    """Byte by byte gives the same figures as whole frames."""
    at = set_up(trial)
    at.fault("split")
    true(at.timed(at.run)[0], trial)


def check_joined(trial: Trial) -> None:
    """Several frames in one chunk, or a half and a whole one, are all read, in order."""
    for ragged in (False, True):
        at = set_up(trial)
        at.link.latency, at.link.ragged = 0.5, ragged
        true(at.timed(at.run)[0], trial)


def check_garbage(trial: Trial) -> None:
    """Whatever stands before or after a frame costs at most that frame: the next run is sound."""
    middle = max(1, len(program_frames(trial)) // 2)
    for noise in NOISES.values():
        for mangle in (lambda frame, n=noise: n + frame, lambda frame, n=noise: frame + n):
            for chosen in ((middle,), ()):
                at = set_up(trial)
                at.link.wire = Nth(mangle, chosen)
                true_or_typed(at, trial)
                sound_again(at, trial)


def check_mutation(trial: Trial) -> None:
    """One mutated frame never changes a figure; with a checksum, not even when every frame is mutated."""
    random = Random(SEED)
    frames = program_frames(trial)
    for nth in _spread(len(frames), 5):
        for mutant in mutations(frames[nth - 1], random):
            at = set_up(trial)
            at.link.wire = Nth(lambda _frame, mutant=mutant: mutant, (nth,))  # type: ignore[misc]
            true_or_typed(at, trial)
    if set_up(trial).link.device.dialect.data.checksum is not None:
        at = set_up(trial)
        at.link.wire = Nth(lambda frame: next(mutations(frame, random)))
        error, _ = at.timed(at.run)
        must(isinstance(error, InstrumentError), wrong(error))


def check_stale(trial: Trial) -> None:
    """A frame that comes twice, and frames that wait from before the start, change nothing."""
    at = set_up(trial)
    at.fault("duplicate")
    true_or_typed(at, trial)
    at = set_up(trial)
    for frame in program_frames(trial, trial.another):
        at.link.say(frame)
    true(at.timed(at.run)[0], trial)


def check_line_settings(trial: Trial) -> None:
    """At a wrong speed or parity nothing is read, and the error says what to look at."""
    for name, mangle in (
        ("twice the speed", lambda frame: misheard(frame, sent=9600, heard=19200)),
        ("half the speed", lambda frame: misheard(frame, sent=9600, heard=4800)),
        ("another parity", with_parity_bit),
    ):
        if all(mangle(frame) == frame for frame in handshake_frames(trial)):
            continue
        at = set_up(trial)
        at.link.wire = Nth(mangle)
        error, took = at.timed(at.driver.identify)
        must(isinstance(error, UNREADABLE), msg("{line}: {got}", line=name, got=said(error)))
        must(took <= HANDSHAKE, too_long(took))
        must(error.remedy is not None, msg("{line}: it gives no remedy.", line=name))


def check_crosstalk(trial: Trial) -> None:
    """The answer to another question, and another instrument's frame, are never taken for the answer."""
    at = set_up(trial)
    own = at.link.device.dialect.host_decoder()
    for other in (FIELD_METER_FRAME, LEAK_TESTER_FRAME):
        if not any(type(item).__name__ == "Frame" for item in own.feed(other)):
            at = set_up(trial)
            at.link.wire = Nth(lambda _frame, other=other: other)  # type: ignore[misc]
            error, _ = at.timed(at.driver.identify)
            must(isinstance(error, UNREADABLE), wrong(error))
    frames = program_frames(trial)
    for nth in _spread(len(frames), 4):
        for other in {frames[n - 1] for n in _spread(len(frames), 4)} - {frames[nth - 1]}:
            at = set_up(trial)
            at.link.wire = Nth(lambda _frame, other=other: other, (nth,))  # type: ignore[misc]
            true_or_typed(at, trial)


def check_reset(trial: Trial) -> None:
    """An instrument that restarts in the middle interrupts the program; two halves are never stitched together."""
    at = set_up(trial)
    _figures, took = at.timed(at.run)
    for part in (0.25, 0.5, 0.75):
        at = set_up(trial)
        at.link.at(part * took, lambda at=at: at.link.device.restart(at.link.clock.now))  # type: ignore[misc]
        true_or_typed(at, trial)
        sound_again(at, trial)


def check_unplugged(trial: Trial) -> None:
    """A cable pulled while reading or writing is a lost link at once; closing what is gone is no error."""
    _figures, whole = (at := set_up(trial)).timed(at.run)
    for moment in (0.0, whole / 2):
        at = set_up(trial)
        at.link.at(moment, lambda at=at: setattr(at.link, "plugged", False))  # type: ignore[misc]
        error, took = at.timed(at.run)
        must(type(error) is LinkLost, wrong(error))
        must(took <= moment + 0.5, too_long(took))
        at.driver.close()
        at.link.plugged = True
        at.link.open()
        at.link.clock.sleep(whole)  # what runs on the instrument meanwhile ends by itself
        sound_again(at, trial)


def check_babble(trial: Trial) -> None:
    """An endless stream at 1 MB/s neither fills the memory nor outlasts the deadline."""
    at = set_up(trial)
    at.fault("babble")
    outcome, took = at.timed(at.driver.identify)
    must(isinstance(outcome, InstrumentError) or outcome == set_up(trial).driver.identify(), wrong(outcome))
    must(took <= HANDSHAKE, too_long(took))
    kept = len(at.driver.exchange.heard)
    must(kept <= KEPT, msg("It keeps {count} bytes.", count=kept))
    true_or_typed(at, trial)


def check_silence(trial: Trial) -> None:
    """Silence, a hang, one byte a minute and answers three seconds late end within the overall deadline."""
    for fault in ("silent", "hang", "trickle", "slow", "late"):
        at = set_up(trial)
        at.fault(fault)
        error, took = at.timed(at.driver.identify)
        must(took <= HANDSHAKE, too_long(took))
        must(isinstance(error, NoReply) or fault not in ("silent", "hang"), wrong(error))


def check_deck(trial: Trial) -> None:
    """Each fault of the deck in a whole run, and the next run, without it, is sound."""
    for fault in WIRE:
        at = set_up(trial)
        at.fault(fault)
        at.timed(at.driver.identify)
        true_or_typed(at, trial)
        at.fault(fault, on=False)
        if fault in ("slow", "trickle"):
            at.link.forget()  # else it would talk about the past for hours
        sound_again(at, trial)


def check_late(trial: Trial) -> None:
    """The late answer to a lost question is never taken for the next one's."""
    for late in (2.2, 3.5, 5.0):
        for nth in _spread(len(program_frames(trial)), 3):
            at = set_up(trial)
            at.link.wire = held_back(nth, late)
            true_or_typed(at, trial)
            sound_again(at, trial)


def check_clock_jump(trial: Trial) -> None:
    """Setting the machine's time of day in the middle changes no figure."""
    for jump in (3600.0, -86400.0):
        at = set_up(trial)
        at.link.at(0.1, lambda at=at, jump=jump: setattr(at.link.clock, "wall_jump", jump))  # type: ignore[misc]
        outcome, _ = at.timed(at.run)
        must(outcome == healthy(trial), msg("With the clock set by {jump} s: {got}", jump=jump, got=said(outcome)))


def check_own_errors(trial: Trial) -> None:
    """What the instrument reports itself (error, lid, no signal, off the scale) has a name and gives no number."""
    at = set_up(trial)
    dialect = at.link.device.dialect
    for example in dialect.data.examples:
        heard = dialect.host_decoder().feed(example.raw) if example.direction == "reply" else []
        if len(heard) != 1 or not (_reports(dialect, heard[0]) or getattr(heard[0], "reason", "") == OUT_OF_RANGE):
            continue
        at = set_up(trial)
        at.link.wire = Nth(lambda _frame, raw=example.raw: raw)  # type: ignore[misc]
        error, _ = at.timed(at.driver.identify)
        must(isinstance(error, (DeviceFault, OutOfRange, *UNREADABLE)), wrong(error))
    for fault in ("lid-open", "no-signal", "out-of-range"):
        at = set_up(trial)
        at.fault(fault)
        outcome, took = at.timed(at.run)
        must(took <= trial.programs[0].deadline + MAKING_SAFE, too_long(took))
        must(isinstance(outcome, (dict, InstrumentError)), wrong(outcome))
        must(fault == "no-signal" or isinstance(outcome, InstrumentError) or same(outcome, trial), wrong(outcome))


def check_other_instrument(trial: Trial) -> None:
    """Another model or serial number than the register's is refused."""
    at = set_up(trial)
    at.driver.record = replace(at.record, model="another", serial="0")
    error, _ = at.timed(at.driver.check_identity)
    must(type(error) is WrongInstrument, wrong(error))
    must(at.driver.suspect, msg("It goes on believing the link."))


def check_stop(trial: Trial) -> None:
    """A stop ends the program and leaves the instrument at rest."""
    _figures, took = (at := set_up(trial)).timed(at.run)
    if took < MIDDLE / 4:
        return
    at = set_up(trial)
    stopping = threading.Thread(target=at.driver.stop)

    def stop() -> None:
        stopping.start()
        at.driver._halted.wait(5.0)

    at.link.at(0.3 * took, stop)
    error, _ = at.timed(at.run)
    stopping.join(5.0)
    must(not stopping.is_alive(), msg("The stop does not return."))
    must(type(error) is Stopped, wrong(error))
    sound_again(at, trial)


def check_replay(trial: Trial) -> None:
    """What was recorded gives the same figures, or the same error, when it is heard again, through every fault."""
    for fault in ("", *WIRE):
        at = set_up(trial)
        if fault:
            at.fault(fault)
        heard: list[WireFrame] = []
        at.driver.prepare()
        state = at.driver.state()
        at.link.tap = lambda *chunk, heard=heard: heard.append(WireFrame(*chunk))
        first, _ = at.timed(at.run)
        again = build(at.record, ReplayLink(at.record.id, heard), Provenance.REPLAYED)
        again.resume(state)
        second = raised(lambda again=again: _figures_of(again, trial))  # type: ignore[misc]
        alike = first == second if isinstance(first, dict) else type(first) is type(second)
        must(alike, msg("“{fault}”: {first}, replayed {second}", fault=fault, first=said(first), second=said(second)))


CHECKS: dict[str, tuple[Callable[[Trial], None], str]] = {
    "interface": (check_interface, N_("identity, programs and figures are as stated")),
    "partial": (check_partial, N_("a reply that breaks off")),
    "repetitions": (check_repetitions, N_("three repetitions at most")),
    "split": (check_split, N_("a frame split at every byte")),
    "joined": (check_joined, N_("two frames in one chunk, a half and a whole one")),
    "garbage": (check_garbage, N_("garbage before and after")),
    "mutation": (check_mutation, N_("bits, digits, signs, points and units changed")),
    "stale": (check_stale, N_("frames that come twice or from before the start")),
    "line-settings": (check_line_settings, N_("wrong speed or parity")),
    "crosstalk": (check_crosstalk, N_("the answer to another question")),
    "reset": (check_reset, N_("a restart in mid-test")),
    "unplugged": (check_unplugged, N_("a cable pulled while reading, writing, closing")),
    "babble": (check_babble, N_("an endless stream")),
    "silence": (check_silence, N_("silence, a hang, one byte a minute")),
    "deck": (check_deck, N_("every fault of the simulation, and the run after it")),
    "late": (check_late, N_("a late reply")),
    "clock-jump": (check_clock_jump, N_("the time of day is set in mid-test")),
    "own-errors": (check_own_errors, N_("errors that the instrument reports itself")),
    "other-instrument": (check_other_instrument, N_("another instrument than the register’s")),
    "stop": (check_stop, N_("a stop in mid-test")),
    "replay": (check_replay, N_("the recording replayed, through every fault")),
}


def run(trial: Trial) -> Iterator[tuple[str, Message | None]]:
    """Run every check; give its name, and why it failed or None. Raises nothing for a driver that breaks."""
    for name, (check, _title) in CHECKS.items():
        try:
            check(trial)
        except EtabliError as error:
            yield name, error.why or error.what
        except Exception as error:  # a driver under test may raise anything; that is the finding
            yield name, msg("{kind}: {detail}", kind=type(error).__name__, detail=str(error))
        else:
            yield name, None


def _figures_of(driver: Any, trial: Trial) -> Figures:
    readings = driver.run(trial.programs[0]).readings
    return {f"{r.value.quantity.id} {r.label}".strip(): r.value.magnitude for r in readings}


def _spread(count: int, most: int) -> list[int]:
    """Return up to `most` numbers from 1 to `count`, evenly spread."""
    return sorted({1 + round(n * (count - 1) / max(1, most - 1)) for n in range(min(most, count))})


def _reports(dialect: Any, item: Any) -> bool:
    return hasattr(item, "fields") and dialect.error_text(item) is not None


__all__ = ["CHECKS", "NotKept", "run"]
