"""A simulated 2G600 degausser: an alternating field on one axis that ramps up, holds and ramps down."""

from __future__ import annotations

from enum import StrEnum

from bench.instrument import InstrumentKind
from drivers.dialects import Frame
from drivers.simulated.devices.base import Device

COUNTS_PER_MT = 10.0  # as ikayaki sends it
RAMP = 50.0  # counts a second for each step of the ramp rate code
COOKS_AFTER = 10.0  # s at the peak, then the coil trips
SWALLOWS = 1.0  # s after DCA during which the BASIC computer hears nothing
BEYOND = b"S T A 9999\r"


class Phase(StrEnum):
    """What the field does."""

    ZERO = "zero"
    UP = "up"
    PEAK = "tracking"
    DOWN = "down"


class SimulatedDemagnetiser(Device):
    """Echoes every command; says DONE at the end of a ramp, TRACK ERROR or ZERO ERROR where the field fails it.

    The watch in the coil is demagnetised by a whole ramp down, and magnetised by a field that ends abruptly.
    """

    kind = InstrumentKind.DEMAGNETISER
    dialect_id = "2g600"
    id = "demagnetiser"
    serial = "SIM-DM-1"

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self._now = 0.0
        self._configure()

    def _configure(self) -> None:
        self._axis = "Z"
        self._amplitude = 0
        self._delay = 1.0
        self._ramp = 3
        self._phase = Phase.ZERO
        self._cycle = False
        self._counts = 0.0
        self._reached = 0.0
        self._deaf_until = 0.0

    def restart(self, now: float) -> None:
        self._fail(None)
        self._configure()

    def receive(self, frame: Frame, now: float) -> None:
        if now < self._deaf_until:
            return
        self.process(now)
        self.send(frame.raw)
        if frame.name == "status":
            self._status()
        elif frame.name == "ramp-down":
            self._start(Phase.DOWN, now)
        elif self._phase is not Phase.ZERO:
            return  # while the field is on it obeys nothing else
        elif frame.name == "ramp-up":
            self._start(Phase.UP, now)
        elif frame.name == "ramp-cycle":
            self._start(Phase.UP, now, cycle=True)
        elif frame.name == "configure-coil":
            self._axis = str(frame["coil"]).upper()
        elif frame.name == "configure-amplitude":
            self._amplitude = int(frame["amplitude"])  # type: ignore[arg-type]  # an integer by the dialect
            self._deaf_until = now + SWALLOWS
        elif frame.name == "configure-delay":
            self._delay = float(frame["delay"])  # type: ignore[arg-type]  # an integer by the dialect
        elif frame.name == "configure-ramp":
            self._ramp = int(frame["ramp"])  # type: ignore[arg-type]  # a digit by the dialect

    def process(self, now: float) -> None:
        while (due := self.due()) is not None and due <= now:
            self._now = due
            self._turn()
        moved = RAMP * self._ramp * (now - self._now)
        if self._phase is Phase.UP:
            self._counts += moved
        elif self._phase is Phase.DOWN:
            self._counts = max(0.0, self._counts - moved)
        self._now = now

    def due(self) -> float | None:
        speed = RAMP * self._ramp
        match self._phase:
            case Phase.ZERO:
                return None
            case Phase.UP:
                return self._now + max(0.0, self._amplitude - self._counts) / speed
            case Phase.PEAK:
                return self._reached + (self._delay if self._cycle else COOKS_AFTER)
            case Phase.DOWN:
                return self._now + self._counts / speed

    def _turn(self) -> None:
        """End the phase that is over at `self._now`."""
        if self._phase is Phase.UP:
            self._counts = float(self._amplitude)
            self._phase, self._reached = Phase.PEAK, self._now
            if not self._cycle:
                self.reply("done")
        elif self._phase is Phase.PEAK and self._cycle:
            self._phase = Phase.DOWN
        elif self._phase is Phase.PEAK:
            self._fail("track-error")
        else:
            self._arrive()

    def _start(self, phase: Phase, now: float, *, cycle: bool = False) -> None:
        if phase is Phase.DOWN and self._phase is Phase.ZERO:
            self.reply("done")
            return
        if phase is Phase.UP:
            self._peak = float(self._amplitude)
            if "lid-open" in self.deck:
                self._fail("track-error")
                return
        else:
            self._peak = self._counts
        self._phase, self._cycle, self._now = phase, cycle, now

    def _arrive(self) -> None:
        """The field is back at zero: what lies in the coil has felt all of its decay."""
        self._phase, self._counts = Phase.ZERO, 0.0
        watch = self.watch
        if watch is not None:
            watch.magnetism.decay(self._axis, self._peak / COUNTS_PER_MT)
        self.reply("zero-error" if "stuck" in self.deck else "done")

    def _fail(self, event: str | None) -> None:
        """The field breaks down at once: the watch keeps some of it."""
        watch = self.watch
        if watch is not None and self._counts > 0.0:
            watch.magnetism.cut(self._axis, self._counts / COUNTS_PER_MT)
        self._phase, self._counts = Phase.ZERO, 0.0
        if event is not None:
            self.reply(event)

    def _status(self) -> None:
        if "out-of-range" in self.deck:
            self.send(BEYOND)
            return
        state = {Phase.ZERO: "zero", Phase.PEAK: "tracking"}.get(self._phase, "unknown")
        self.reply("status", state=state, amplitude=round(self._counts))
