"""A simulated Uson Qualitek mR: the leak tester's chamber behind Modbus registers."""

from __future__ import annotations

import math
import struct
from typing import Any, ClassVar

from drivers.dialects import Frame
from drivers.simulated.devices.leak_tester import PRESSURES, Phase, SimulatedLeakTester

ILLEGAL_ADDRESS, ILLEGAL_VALUE, BUSY = 2, 3, 6
MODEL = 1
# The manual pages that were read name no register of the result: this place is the simulation's own.
RESULT = 30045
TARGETS = {40003: "pressure", 40015: "CHG", 40021: "STB", 40023: "DET"}
NAME = "ETABLI SIM".ljust(36)
READS = {"read-input": ("input", "3"), "read-holding": ("holding", "4")}


class SimulatedQualitek(SimulatedLeakTester):
    """Speaks only when it is asked. `as_the_manual` exchanges the function codes 3 and 4, `low_first` a float's words.

    Program n has the pressure of the leak tester's channel n − 1; the fill target is in bar.
    """

    dialect_id = "uson-qualitek-mr"
    id = "qualitek"
    serial = "SIM-QM-1"
    checksum = slice(-2, None)
    options: ClassVar[dict[str, Any]] = {
        "programs": {str(number): f"{pressure} bar" for number, pressure in enumerate(PRESSURES, 1)},
        "pressure_unit": "bar",
        "set_targets": True,
        "result_register": RESULT,
        "result_unit": "Pa",
    }
    full_scale = math.inf

    def __init__(self, seed: object) -> None:
        super().__init__(seed)
        self.unit = 1
        self.as_the_manual = False
        self.low_first = False
        self._alarm = False
        self._control = 0

    def restart(self, now: float) -> None:
        super().restart(now)
        self._alarm, self._control = False, 0

    def reply(self, name: str, **fields: Any) -> None:
        """Say nothing of what the ASCII tester would say by itself."""
        if name in self.dialect.replies:
            super().reply(name, unit=self.unit, **fields)

    def garbled(self, raw: bytes, reason: str, now: float) -> None:
        """Ignore it, as the Modbus standard asks."""

    def receive(self, frame: Frame, now: float) -> None:
        if frame["unit"] != self.unit:
            return
        self.process(now)
        address = _int(frame, "address")
        if frame.name in READS:
            self._give_registers(frame.name, address, _int(frame, "count"))
            return
        values = [_int(frame, "value")] if frame.name == "write-register" else _words(frame)
        code = self._put(40001 + address, values)
        if code:
            self.reply(f"refused-{frame.name}", code=code)
        elif frame.name == "write-register":
            self.reply("written", address=address, value=values[0])
        else:
            self.reply("written-many", address=address, count=len(values))

    def _give_registers(self, command: str, address: int, count: int) -> None:
        answer, table = READS[command]
        if self.as_the_manual:
            table = {"3": "4", "4": "3"}[table]
        known = self._inputs() if table == "3" else self._holdings()
        first = int(f"{table}0001") + address
        try:
            registers = b"".join(struct.pack(">H", known[first + n]) for n in range(count))
        except KeyError:
            self.reply(f"refused-{command}", code=ILLEGAL_ADDRESS)
            return
        self.reply(answer, registers=registers)

    def _inputs(self) -> dict[int, int]:
        registers = {30001: MODEL, 30002: self._status(), 30003: int(self._now) & 0xFFFF, 30004: self._selected + 1}
        registers |= {30005 + n: word for n, (word,) in enumerate(struct.iter_unpack(">H", NAME.encode()))}
        result = math.nan if "out-of-range" in self.deck else self._result[1]
        return {**registers, 30032: 0, **self._float(RESULT, result)}

    def _holdings(self) -> dict[int, int]:
        channel = self._running
        registers = {40001: self._control, 40002: self._selected + 1}
        for register, name in TARGETS.items():
            value = channel.pressure if name == "pressure" else channel.settings[name]
            registers |= self._float(register, value)
        return registers

    def _float(self, register: int, value: float) -> dict[int, int]:
        high, low = struct.unpack(">2H", struct.pack(">f", value))
        return {register: low, register + 1: high} if self.low_first else {register: high, register + 1: low}

    def _status(self) -> int:
        rest = self._phase is Phase.REST
        judged = self._result[0] if rest else "no-data"
        holds = self._phase in (Phase.STABILISE, Phase.BALANCE, Phase.DETECT)
        watch = self.watch
        bits = {
            0: rest,
            1: not rest,
            2: self._phase is Phase.CHARGE,
            3: judged != "no-data",
            4: judged in ("low-ng", "high-ng", "low-low-ng", "high-high-ng"),
            5: judged == "good",
            6: holds and watch is not None and not watch.case.gaping,
            7: self._phase is Phase.STABILISE,
            8: self._alarm or judged == "error",
            9: True,
        }
        return sum(1 << bit for bit, on in bits.items() if on)

    def _put(self, register: int, values: list[int]) -> int:
        """Write registers; return the code of an exception, 0 for none."""
        if register == 40001:
            return self._control_to(values[0])
        if self._phase is not Phase.REST:
            return BUSY
        if register == 40002:
            if values[0] - 1 not in self._channels:
                return ILLEGAL_VALUE
            self._selected = values[0] - 1
            self._result = ("no-data", 0.0)
            return 0
        if register not in TARGETS or len(values) != 2:
            return ILLEGAL_ADDRESS
        words = values[::-1] if self.low_first else values
        value = struct.unpack(">f", struct.pack(">2H", *words))[0]
        if TARGETS[register] == "pressure":
            self._running.pressure = round(value, 4)
        else:
            self._running.settings[TARGETS[register]] = value
        return 0

    def _control_to(self, value: int) -> int:
        rises = value & ~self._control
        self._control = value
        if rises & 2:
            self._stop()
        elif rises & 1 and self._phase is Phase.REST:
            self._alarm = "lid-open" in self.deck
            self._result = ("no-data", 0.0)
            self._start(self._selected)
        return 0


def _int(frame: Frame, name: str) -> int:
    return int(frame[name])  # type: ignore[arg-type]  # an integer by the dialect


def _words(frame: Frame) -> list[int]:
    return [word for (word,) in struct.iter_unpack(">H", bytes(frame["registers"]))]  # type: ignore[arg-type]
