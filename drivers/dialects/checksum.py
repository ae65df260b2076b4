"""The checksum algorithms that dialect files name.

A new one is a function of the covered bytes in `ALGORITHMS`, with its size; dialect files then use its name.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor


@dataclass(frozen=True)
class Algorithm:
    """One algorithm: how many bytes its sum has, and the sum of the covered bytes as an integer."""

    name: str
    size: int
    of: Callable[[bytes], int]


def twos_complement_low_byte(data: bytes) -> int:
    """Return what makes the byte sum end in 00h (Cosmo LS manuals; "#00 00 2 -000.4:" gives 32h)."""
    return -sum(data) & 0xFF


def sum_low_byte(data: bytes) -> int:
    """Return the low byte of the byte sum."""
    return sum(data) & 0xFF


def xor_byte(data: bytes) -> int:
    """Return all bytes combined by exclusive or, as NMEA 0183 does."""
    return reduce(xor, data, 0)


def crc16_ccitt_false(data: bytes) -> int:
    """Return CRC-16/CCITT-FALSE: polynomial 1021h, start FFFFh, not reflected; "123456789" gives 29B1h."""
    return crc_hqx(data, 0xFFFF)


def crc16_xmodem(data: bytes) -> int:
    """Return CRC-16/XMODEM: polynomial 1021h, start 0, not reflected; "123456789" gives 31C3h."""
    return crc_hqx(data, 0)


def crc16_modbus(data: bytes) -> int:
    """Return CRC-16/MODBUS: polynomial 8005h, start FFFFh, reflected; "123456789" gives 4B37h."""
    from pymodbus.framer import FramerRTU  # loaded where something speaks Modbus, nowhere else

    low_first = FramerRTU.compute_CRC(data)
    return low_first >> 8 | (low_first & 0xFF) << 8


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("twos-complement-low-byte", 1, twos_complement_low_byte),
        Algorithm("sum-low-byte", 1, sum_low_byte),
        Algorithm("xor", 1, xor_byte),
        Algorithm("crc16-ccitt-false", 2, crc16_ccitt_false),
        Algorithm("crc16-xmodem", 2, crc16_xmodem),
        Algorithm("crc16-modbus", 2, crc16_modbus),
    )
}
