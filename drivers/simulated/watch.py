"""The virtual watch: movement, case, battery and magnetism in one, changed by what the technician does to it."""

from __future__ import annotations

from bench.errors import UsageError
from bench.instrument import InstrumentKind
from bench.judging import HANDLINGS
from bench.language import msg
from drivers.simulated.battery import Battery
from drivers.simulated.case import WatchCase
from drivers.simulated.cases import CaseFile
from drivers.simulated.magnetism import Magnetism
from drivers.simulated.movement import Beat, MechanicalMovement, MechanicalSpec, position
from drivers.simulated.quartz import QuartzMovement, QuartzSpec

RUNNING_CHECK = 60.0  # s between two looks at what the battery has lost


class VirtualWatch:
    """One watch, the same for the same case and seed. Times are device time in seconds.

    Until it is first placed, it lies under every instrument except the field meter; after that only where it was
    put, so that a field meter alone sees the background.
    """

    def __init__(self, file: CaseFile, seed: object = 1) -> None:
        self.file = file
        self.case = WatchCase(file.case)
        self.magnetism = Magnetism(file.magnetism)
        self.battery = Battery(file.battery) if file.battery else None
        self.mechanical = MechanicalMovement(file.movement, seed) if isinstance(file.movement, MechanicalSpec) else None
        self.quartz = None if isinstance(file.movement, MechanicalSpec) else QuartzMovement(file.movement, seed)
        self.supply: float | None = None
        self.placed: str | None = None
        self._now = 0.0

    def lies_on(self, kind: InstrumentKind) -> bool:
        """Return whether the instrument of `kind` has this watch under it."""
        if self.placed is None:
            return kind is not InstrumentKind.FIELD_METER
        return self.placed == kind.value

    # What the technician does

    def handle(self, act: str, detail: str, now: float) -> None:
        """Do one of bench.judging.HANDLINGS. Raises UsageError for an unknown act or detail."""
        if act not in HANDLINGS:
            raise UsageError(
                msg("Nobody can “{act}” a watch.", act=act),
                remedy=msg("Known acts: {known}.", known=", ".join(HANDLINGS)),
            )
        try:
            getattr(self, "_" + act.replace("-", "_"))(detail.strip(), now)
        except (ValueError, OverflowError):
            raise UsageError(
                msg("“{detail}” does not say how to “{act}”.", detail=detail, act=act),
                remedy=msg("Examples: turn CH, wind 0h, regulate -5, place timegrapher, stem pulled."),
            ) from None

    def _turn(self, detail: str, now: float) -> None:
        code = position(detail)
        if self.mechanical:
            self.mechanical.position = code

    def _wind(self, detail: str, now: float) -> None:
        hours = float(detail.removesuffix("h") or 0)
        if not 0.0 <= hours <= 1000.0:
            raise ValueError(detail)
        if self.mechanical:
            self.mechanical.wind(hours, now)

    def _regulate(self, detail: str, now: float) -> None:
        delta = float(detail.replace("−", "-").replace(",", ".")) if detail else None
        if delta is not None and not abs(delta) <= 3600.0:
            raise ValueError(detail)
        if self.mechanical:
            self.mechanical.regulate(delta)

    def _place(self, detail: str, now: float) -> None:
        self.placed = InstrumentKind(detail).value if detail else ""
        if self.placed != InstrumentKind.QUARTZ_TESTER:
            self.supply = None

    def _stem(self, detail: str, now: float) -> None:
        if detail not in ("in", "pulled"):
            raise ValueError(detail)
        if self.quartz:
            self.quartz.stem_pulled = detail == "pulled"

    def _open(self, detail: str, now: float) -> None:
        self.case.open = True
        self.case.inside = 0.0

    def _close(self, detail: str, now: float) -> None:
        self.case.open = False
        self.case.inside = 0.0

    def _new_gasket(self, detail: str, now: float) -> None:
        self.case.new_gasket()

    def _new_battery(self, detail: str, now: float) -> None:
        if self.battery:
            self.battery.replace()

    def _battery_out(self, detail: str, now: float) -> None:
        if self.battery:
            self.battery.fitted = False

    def _new_movement(self, detail: str, now: float) -> None:
        """Put a sound quartz movement of the same calibre in the old one's place; its battery is not in yet."""
        if self.quartz and self.battery:
            defaults = QuartzSpec(kind="quartz")
            sound = {name: getattr(defaults, name) for name in ("friction", "coil", "insulation", "lower_voltage")}
            self.quartz = QuartzMovement(self.quartz.spec.model_copy(update=sound), "new")
            self.battery.fitted = False

    def _demagnetise(self, detail: str, now: float) -> None:
        """Nothing: the simulated coil has already acted on the watch."""

    def _clean(self, detail: str, now: float) -> None:
        if self.mechanical:
            self.mechanical.friction = 0.0
        if self.quartz:
            self.quartz.friction = 0.0

    # What the instruments see

    @property
    def voltage(self) -> float:
        """Return the voltage at the quartz movement: the instrument's supply, else the battery's under its load."""
        if self.supply is not None:
            return self.supply
        return self.battery.loaded(2e3) if self.battery and self.battery.fitted else 0.0

    @property
    def rate(self) -> float | None:
        """Return the mechanical movement's true rate now, s/d; None for a quartz watch."""
        return self.mechanical.rate(self._now, self.magnetism.rate) if self.mechanical else None

    @property
    def amplitude(self) -> float | None:
        """Return the mechanical movement's settled amplitude now, °; None for a quartz watch."""
        return self.mechanical.amplitude(self._now, self.magnetism.amplitude) if self.mechanical else None

    def pass_time(self, now: float) -> None:
        """Let device time reach `now`: a running quartz watch takes from its battery."""
        if now - self._now < RUNNING_CHECK and self.quartz:
            return
        if self.quartz and self.battery and self.battery.fitted and self.supply is None:
            self.battery.drain(self.quartz.consumption(self.voltage), now - self._now)
        self._now = max(self._now, now)

    def beat_due(self, now: float) -> float | None:
        """Return when the next beat falls, None where nothing beats."""
        return self.mechanical.due(now) if self.mechanical else None

    def beat(self, now: float) -> Beat | None:
        """Take the next beat; None where it was not heard."""
        if not self.mechanical:
            return None
        self._now = max(self._now, now)
        rate, amplitude = self.rate, self.amplitude
        return self.mechanical.beat(now, rate or 0.0, amplitude or 0.0)
