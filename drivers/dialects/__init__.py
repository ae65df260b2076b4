"""Wire protocols as data: one TOML file a protocol serves driver, simulator, docs page and conformance tests."""

from drivers.dialects.codec import Dialect
from drivers.dialects.fields import CannotEncode
from drivers.dialects.frames import Frame, Garbage
from drivers.dialects.framing import Decoder
from drivers.dialects.library import available, load, read

__all__ = ["CannotEncode", "Decoder", "Dialect", "Frame", "Garbage", "available", "load", "read"]
