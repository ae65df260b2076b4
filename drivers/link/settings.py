"""How a serial port must be set for an instrument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SerialSettings:
    """Line settings of one protocol.

    `baudrate` is in bits a second, `parity` one of "N", "E", "O", "M", "S", `stopbits` 1, 1.5 or 2. `char_delay` is the
    pause in seconds that the instrument needs after each character (2G600: 0.15), 0 for none.
    """

    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1.0
    char_delay: float = 0.0

    @property
    def char_time(self) -> float:
        """Seconds that one character takes on the line: start bit, data, parity, stop bits, then the pause."""
        bits = 1 + self.bytesize + (self.parity != "N") + self.stopbits
        return bits / self.baudrate + self.char_delay
