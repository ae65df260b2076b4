"""A simulated SCPI bench multimeter at the probes of a quartz watch: it measures, it neither supplies nor switches."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from bench.instrument import Capability, InstrumentKind
from drivers.dialects import Frame
from drivers.simulated.devices.base import Device

READING = 0.4  # s that one reading takes: 10 power-line cycles and as many for the zero
OVERLOAD = 9.9e37
HIGHEST = 1e8  # Ω, the end of the highest range
INPUT = 1e7  # Ω of the voltage input
SUPPLY = 1.55  # V that the supply beside the meter is set to
DRIFT = 0.002  # of a value, a second
SOURCE = "simulated instrument"
SHORT = {"voltage": b"VOLT", "current": b"CURR", "resistance": b"RES"}
UNDEFINED = (-113, "Undefined header")


class SimulatedMultimeter(Device):
    """Answers the commands of the 34401A.

    What a person does beside it: `load` Ω on the battery (None: nothing), `insulation` = the probes moved from the coil
    to coil and ground.
    """

    kind = InstrumentKind.QUARTZ_TESTER
    dialect_id = "scpi-multimeter"
    id = "multimeter"
    serial = "SIM-MM-1"
    options: ClassVar = {"serial": {"bytesize": 8, "parity": "N"}}  # a pseudo-terminal has no others
    capabilities = (
        Capability("battery_voltage", 0.0, 10.0, 0.00001, 0.0005, 0.00004, SOURCE),
        Capability("battery_voltage_loaded", 0.0, 10.0, 0.00001, 0.0005, 0.00004, SOURCE),
        Capability("consumption", 0.0, 10000.0, 0.01, 0.02, 0.0005, SOURCE),
        Capability("consumption_stem_pulled", 0.0, 10000.0, 0.01, 0.02, 0.0005, SOURCE),
        Capability("coil_resistance", 0.0, 100000.0, 0.0001, 0.001, 0.0001, SOURCE),
        Capability("insulation_resistance", 0.0, HIGHEST / 1e6, 0.0001, 0.01, 0.008, SOURCE),
    )

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self.load: float | None = None
        self.insulation = False
        self._function = "voltage"
        self._errors: deque[tuple[int, str]] = deque()
        self._heard: deque[Frame] = deque()
        self._ends: float | None = None
        self._shown: float | None = None
        self._drifts_since: float | None = None

    def restart(self, now: float) -> None:
        self._function, self._ends = "voltage", None
        self._errors.clear()
        self._heard.clear()

    def receive(self, frame: Frame, now: float) -> None:
        self._heard.append(frame)
        self.process(now)

    def garbled(self, raw: bytes, reason: str, now: float) -> None:
        """Note a command that it does not know; nothing of the whole message is done."""
        if raw.strip():
            self._errors.append(UNDEFINED)

    def process(self, now: float) -> None:
        if self._ends is not None and now >= self._ends:
            self._ends = None
            value = self._value(now)
            code, text = self._errors.popleft() if self._errors else (0, "No error")
            if value == OVERLOAD:  # no number, so the dialect does not write it as one
                self.send(b'%+.8E;%+.8E;"%s";%+d,"%s"\n' % (value, value, SHORT[self._function], code, text.encode()))
            else:
                self.reply("measured", reading=value, again=value, function=self._function, code=code, text=text)
        while self._heard and self._ends is None:
            self._obey(self._heard.popleft(), now)

    def due(self) -> float | None:
        return self._ends

    def _obey(self, frame: Frame, now: float) -> None:
        match frame.name:
            case "identify":
                self.reply("identity", maker="Simulated", model=self.dialect.model, serial=self.serial, firmware="1")
            case "clear":
                self._errors.clear()
            case "read-error":
                code, text = self._errors.popleft() if self._errors else (0, "No error")
                self.reply("error", code=code, text=text)
            case "measure":
                self._ends = now + READING
            case name if name.startswith("configure-"):
                self._function = name.removeprefix("configure-")

    def _value(self, now: float) -> float:
        if "out-of-range" in self.deck:
            return OVERLOAD
        value = {"voltage": self._volts, "current": self._amperes, "resistance": self._ohms}[self._function]()
        if value == OVERLOAD:
            return value
        value *= self.random.gauss(1.0, 5e-6)
        if "drift" in self.deck:
            self._drifts_since = now if self._drifts_since is None else self._drifts_since
            value *= 1.0 + DRIFT * (now - self._drifts_since)
        if "stuck" not in self.deck or self._shown is None:
            self._shown = value
        return self._shown

    def _volts(self) -> float:
        watch = self.watch
        if watch is None or watch.battery is None:
            return 0.0
        return watch.battery.loaded(self.load or INPUT)

    def _amperes(self) -> float:
        watch = self.watch
        if watch is None or watch.quartz is None:
            return 0.0
        return watch.quartz.consumption(SUPPLY) * 1e-6 * self.random.gauss(1.0, 0.008)

    def _ohms(self) -> float:
        watch = self.watch
        if watch is None or watch.quartz is None:
            return OVERLOAD
        ohms = watch.quartz.spec.insulation * 1e6 if self.insulation else watch.quartz.spec.coil * 1e3
        return ohms if ohms <= HIGHEST else OVERLOAD
