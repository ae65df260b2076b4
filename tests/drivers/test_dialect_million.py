"""Mutated frames in great number: nothing escapes from a decoder, nothing corrupted is believed where a sum tells.

`make fuzz` reads a million; ETABLI_FUZZ_FRAMES and ETABLI_FUZZ_SEED choose otherwise. Hypothesis finds the shapes
(valid frames of every message), a plain loop makes the count.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest
from dialect_shapes import SIDES, decoder, frames
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from bench.instrument import InstrumentError
from bench.quantities import Value
from drivers.dialects import CannotEncode, Dialect, Frame, Garbage, load
from drivers.dialects.model import BinaryFraming, FieldModel
from drivers.simulated.desk import healthy, set_up
from drivers.trials import TRIALS

FRAMES = int(os.environ.get("ETABLI_FUZZ_FRAMES", "250000"))
SEED = int(os.environ.get("ETABLI_FUZZ_SEED", "0")) or time.time_ns() % 1_000_000_007
SHAPES = 150
PENDING_LIMIT = 8192


@st.composite
def sayable(draw: st.DrawFn, dialect: Dialect, direction: str) -> bytes:
    try:
        return draw(frames(dialect, direction))
    except CannotEncode:
        reject()


def shapes(dialect: Dialect, direction: str) -> list[bytes]:
    """Return valid frames of every message: what hypothesis draws, and the file's own examples."""
    pool: list[bytes] = [example.raw for example in dialect.data.examples if example.direction == direction]

    @settings(
        max_examples=SHAPES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(sayable(dialect, direction))
    def draw(frame: bytes) -> None:
        pool.append(frame)

    draw()
    return sorted(set(pool))


# Each mutation takes the pool's frame and another one; the first group is what every checksum in use must find.


def one_bit(frame: bytes, _other: bytes, random: Random) -> bytes:
    at = random.randrange(len(frame))
    return frame[:at] + bytes([frame[at] ^ 1 << random.randrange(8)]) + frame[at + 1 :]


def one_byte(frame: bytes, _other: bytes, random: Random) -> bytes:
    at = random.randrange(len(frame))
    return frame[:at] + bytes([(frame[at] + random.randrange(1, 256)) % 256]) + frame[at + 1 :]


def cut_short(frame: bytes, _other: bytes, random: Random) -> bytes:
    return frame[: random.randrange(len(frame))]


def tail_only(frame: bytes, _other: bytes, random: Random) -> bytes:
    return frame[random.randrange(1, len(frame) + 1) :]


def byte_lost(frame: bytes, _other: bytes, random: Random) -> bytes:
    at = random.randrange(len(frame))
    return frame[:at] + frame[at + 1 :]


def byte_added(frame: bytes, _other: bytes, random: Random) -> bytes:
    at = random.randrange(len(frame) + 1)
    return frame[:at] + bytes([random.randrange(256)]) + frame[at:]


def several_bytes(frame: bytes, _other: bytes, random: Random) -> bytes:
    changed = bytearray(frame)
    for _ in range(random.randrange(2, 9)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def spliced(frame: bytes, other: bytes, random: Random) -> bytes:
    return frame[: random.randrange(len(frame) + 1)] + other[random.randrange(len(other) + 1) :]


def interleaved(frame: bytes, other: bytes, random: Random) -> bytes:
    at = random.randrange(len(frame))
    return frame[:at] + other + frame[at:]


def noise(_frame: bytes, _other: bytes, random: Random) -> bytes:
    return random.randbytes(random.randrange(1, 64))


def doubled(frame: bytes, _other: bytes, _random: Random) -> bytes:
    return frame + frame


FOUND_BY_ANY_SUM = (one_bit, one_byte)
OTHERS = (
    cut_short,
    tail_only,
    byte_lost,
    byte_added,
    several_bytes,
    spliced,
    interleaved,
    noise,
    doubled,
)


@dataclass
class Campaign:
    """One side of one dialect under fire; `chance` counts what a short sum lets through as it must now and then."""

    dialect: Dialect
    direction: str
    random: Random
    count: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.pool = shapes(self.dialect, self.direction)
        self.said = set(self.pool)
        self.listener = decoder(self.dialect, self.direction)
        self.summed = self.dialect.data.checksum is not None
        # Timegrapher Studio's sum covers the payload only: bytes 1 to 3 (type and length) are its documented hole.
        self.covered_from = 4 if isinstance(self.dialect.data.framing, BinaryFraming) else 0

    def fire(self, rounds: int) -> None:
        random, listener, pool, summed = self.random, self.listener, self.pool, self.summed
        for _ in range(rounds):
            frame, other = random.choice(pool), random.choice(pool)
            sure = random.random() < 0.4
            mutate = random.choice(FOUND_BY_ANY_SUM if sure else OTHERS)
            mutant = mutate(frame, other, random)
            listener.reset()
            cut = random.randrange(len(mutant) + 1)
            read = listener.feed(mutant[:cut]) + listener.feed(mutant[cut:])
            assert len(listener.pending) <= PENDING_LIMIT
            for one in read:
                if type(one) is Garbage:
                    continue
                check_ranges(self.dialect, one)
                if one.raw in self.said:
                    continue
                self.count["believed"] += 1
                if not summed or len(one.raw) == 1:  # of a text frame, the first byte may turn into an ACK
                    continue
                hole = one.raw[: self.covered_from] != frame[: self.covered_from] and self.covered_from
                if sure and not hole:
                    raise AssertionError(f"{self.dialect.id}: {mutate.__name__} of {frame!r} is believed: {one!r}")
                self.count["chance"] += not hole
            self.count["fired"] += 1
            self.count["beyond"] += not sure


def check_ranges(dialect: Dialect, frame: Frame) -> None:
    """Read every field; none with a range lies outside it."""
    messages = [*dialect.data.replies, *dialect.data.commands]
    spec = next((message for message in messages if message.name == frame.name), None)
    for name, value in frame.fields.items():
        known = spec is not None and (name in dialect.data.fields or name in spec.fields)
        if spec is None or not known or isinstance(value, (str, bytes)):
            continue
        bounds: FieldModel = dialect.data.field(spec, name)
        unit = bounds.unit if not bounds.unit_from else None
        if bounds.low is None and bounds.high is None:
            continue
        if isinstance(value, Value):
            if unit is None:
                continue
            number = value.to(unit)
        else:
            number = float(value)
        slack = 1e-9 * abs(number)
        assert bounds.low is None or number >= bounds.low - slack, (name, number)
        assert bounds.high is None or number <= bounds.high + slack, (name, number)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("dialect_id", "direction"), SIDES)
def test_mutated_frames(dialect_id: str, direction: str) -> None:
    print(f"ETABLI_FUZZ_SEED={SEED}")
    campaign = Campaign(load(dialect_id), direction, Random(f"{SEED}/{dialect_id}/{direction}"))
    campaign.fire(-(-FRAMES // len(SIDES)))
    count = campaign.count
    print(f"{dialect_id} {direction}: {dict(count)}")
    assert count["fired"] >= FRAMES // len(SIDES)
    if campaign.summed:
        # Where more is wrong than a sum can surely find, it lets through one in 256 (8 bits) or 65,536 (16) at most.
        bits = 16 if "16" in campaign.dialect.data.checksum.algorithm else 8  # type: ignore[union-attr]
        expected = count["beyond"] / 2**bits
        assert count["chance"] <= expected + 6 * expected**0.5 + 3, f"seed {SEED}"


@pytest.mark.parametrize("dialect_id", [name for name in TRIALS if load(name).agreeing > 1])
def test_without_a_sum_two_agreeing_readings_keep_a_mutated_one_out(dialect_id: str) -> None:
    print(f"ETABLI_FUZZ_SEED={SEED}")
    random = Random(f"{SEED}/{dialect_id}/agreeing")
    trial = TRIALS[dialect_id]
    (truth,) = healthy(trial).values()
    given_up = 0
    for _ in range(max(50, FRAMES // 2000)):
        at = set_up(trial)
        spoilt = False

        def wire(frame: bytes) -> list[tuple[float, bytes]]:
            nonlocal spoilt
            spoilt = not spoilt and random.random() < 0.3
            return [(0.0, random.choice(FOUND_BY_ANY_SUM)(frame, frame, random) if spoilt else frame)]

        at.link.wire = wire
        outcome, _ = at.timed(at.run)
        if isinstance(outcome, InstrumentError):
            given_up += 1
        else:
            (figure,) = outcome.values()
            assert figure == pytest.approx(truth, rel=0.01), f"seed {SEED}"
    print(f"{dialect_id}: {given_up} runs ended with an error")
