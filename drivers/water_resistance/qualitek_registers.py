"""The registers of a Uson Qualitek mR as its manual numbers them, its status word, and what its refusals mean."""

from __future__ import annotations

from dataclasses import dataclass

from bench.language import msg

SOURCE = "Uson Qualitek mR manual p. 217–233"

STATUS = 30002  # then 30003 heartbeat, 30004 program
RESULT_UNIT = 30032
CONTROL = 40001
SELECT = 40002
FILL_TARGET = 40003
FILL_TIMER = 40015
STABILISE_TIMER = 40021  # then 40023 measure
START, ABORT, REST = 1, 2, 0
UNUSED_BITS = 0xE000
STANDARD_CODES = {"input": 4, "holding": 3}
READ = {3: ("read-holding", "holding"), 4: ("read-input", "input")}
EXCEPTIONS = {
    1: msg("It does not know this function: look at function_codes in its options."),
    2: msg("It has no such register: look at function_codes in its options."),
    3: msg("It does not take this value."),
    4: msg("It could not do it."),
    6: msg("It is busy."),
}


@dataclass(frozen=True)
class Status:
    """What 30002 to 30004 say: the status bits, the heartbeat, the program that is chosen."""

    bits: int
    heartbeat: int
    program: int

    def __getitem__(self, bit: int) -> bool:
        return bool(self.bits >> bit & 1)

    @property
    def at_rest(self) -> bool:
        return self[0] and not self[1]

    @property
    def verdict(self) -> str:
        return {(True, False): "fail", (False, True): "pass", (True, True): "salvage"}.get((self[4], self[5]), "")


BUSY, CYCLE_END, PRESSURE_OK, ALARM = 1, 3, 6, 8


def address(register: int) -> int:
    """Return the address in a frame of a register's number: 30001 and 40001 are 0."""
    return register - (30001 if register < CONTROL else CONTROL)
