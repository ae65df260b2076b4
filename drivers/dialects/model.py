"""What a dialect file may say: the models that check it, and the JSON Schema made from them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from bench.instrument import InstrumentKind
from bench.language import Message, msg
from bench.quantities import DIMENSIONS, QUANTITIES
from drivers.dialects.checksum import ALGORITHMS

MODBUS_CRC = "crc16-modbus"
BINARY = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q"}

Word = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Byte = Annotated[int, Field(ge=0, le=255)]


def wrong(rule: str, reason: Message, key: str = "") -> PydanticCustomError:
    """Build the error of a broken rule; `key` says where, when pydantic cannot know."""
    sentence = str(reason).replace("{", "(").replace("}", ")")
    return PydanticCustomError(rule, sentence, {"key": key} if key else None)


def _unknown_unit(unit: str, known: Iterable[str] = (), key: str = "") -> PydanticCustomError:
    if known:
        return wrong(
            "unknown-unit", msg("unknown unit “{unit}”; use one of: {known}", unit=unit, known=", ".join(known)), key
        )
    return wrong("unknown-unit", msg("unknown unit “{unit}”", unit=unit), key)


class Strict(BaseModel):
    """Base of the models: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Strict):
    """Text for people, in both languages."""

    fr: str
    en: str


class Serial(Strict):
    """The port's settings; `note` says what the documents leave open."""

    baudrate: int = Field(default=9600, gt=0)
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    note: Words | None = None


class Pacing(Strict):
    """How slowly the instrument must be talked to, in seconds: between characters, and between commands."""

    char_delay: float = Field(default=0.0, ge=0, le=1)
    gap: float = Field(default=0.0, ge=0, le=10)


class LineFraming(Strict):
    """Text lines: everything up to the terminator; `start` is where each one begins, if there is such a mark.

    `strip` lists characters dropped from both ends before reading; `single` names bytes that are whole replies
    (ACK).
    """

    kind: Literal["line"]
    terminator: str = Field(min_length=1)
    start: str = Field(default="", description="One or more characters; a line begins with one of them.")
    longest: int = Field(default=128, ge=2, le=65536)
    strip: str = ""
    printer: Literal["text", "esc-pos"] = Field(
        default="text", description="A printer's stream: control sequences of this language are taken out first."
    )
    single: dict[Word, Byte] = Field(default_factory=dict)


class FixedFraming(Strict):
    """Frames of one length, between two known bytes where there are such; `order` is that of binary numbers."""

    kind: Literal["fixed"]
    length: int = Field(ge=2, le=4096)
    start: Byte | None = None
    end: Byte | None = None
    order: Literal["little", "big"] = "little"


class BinaryFraming(Strict):
    """Binary frames: start byte, type (u8), length (u16), payload, checksum; little- or big-endian."""

    kind: Literal["binary"]
    start: Byte
    order: Literal["little", "big"] = "little"


class ModbusFraming(Strict):
    """Modbus RTU frames: unit address, function code (a message's `type`), data, CRC; big-endian.

    The first field of every layout is the unit's address; a field of open length is preceded by its number of bytes.
    """

    kind: Literal["modbus-rtu"]
    order: Literal["big"] = "big"


Framed = LineFraming | FixedFraming | BinaryFraming | ModbusFraming
Framing = Annotated[Framed, Field(discriminator="kind")]


class Checksum(Strict):
    """The checksum at a frame's end. Text: hexadecimal, over everything before it. Binary: over the payload."""

    algorithm: str

    @model_validator(mode="after")
    def _known(self) -> Checksum:
        if self.algorithm not in ALGORITHMS:
            raise wrong("checksum", msg("unknown algorithm; known: {known}", known=", ".join(ALGORITHMS)))
        return self


class FieldModel(Strict):
    """One field of a message: how it is written on the wire and what it means.

    Text: `integer`, `decimal`, `exponent` (+123.456E-01), `word` (a code with its word), `text`, `json`. Binary: u8 …
    i64 and `bytes`. A range (`low`, `high`) is in `unit`; a value outside is refused as out of range.
    """

    type: Literal[
        "integer", "decimal", "exponent", "word", "text", "json", "bytes",
        "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64",
    ]  # fmt: skip
    label: Words | None = None
    quantity: str | None = Field(default=None, description="A quantity of the catalogue; the field is then a Value.")
    unit: str | None = None
    width: int | None = Field(default=None, ge=1, le=64, description="Characters on the wire, sign and point included.")
    decimals: int | None = Field(default=None, ge=0, le=12)
    sign: Literal["never", "negative", "always"] = "never"
    pad: Literal["0", " "] = "0"
    base: Literal[10, 16] = 10
    scale: float = Field(default=1.0, gt=0, description="Binary: what one count is worth in `unit`.")
    low: float | None = None
    high: float | None = None
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict, description="Range per unit of `unit_from`.")
    words: dict[str, Word] = Field(default_factory=dict, description="Code on the wire → word.")
    units: dict[str, str] = Field(default_factory=dict, description="Code on the wire → unit symbol.")
    bits: dict[Name, int] = Field(default_factory=dict, description="Named bits of a binary number.")
    matches: str | None = Field(default=None, description="Regular expression of a text field.")
    default: int | float | str | None = None
    sign_from: Name | None = None
    decimals_from: Name | None = None
    unit_from: Name | None = None

    @model_validator(mode="after")
    def _sound(self) -> FieldModel:
        if self.quantity is not None:
            if self.quantity not in QUANTITIES:
                raise wrong("unknown-quantity", msg("there is no quantity “{quantity}”", quantity=self.quantity))
            known = DIMENSIONS[QUANTITIES[self.quantity].dimension]
            if self.unit is None and self.unit_from is None:
                raise wrong("unknown-unit", msg("a field with a quantity needs its unit"))
            if self.unit is not None and self.unit not in known:
                raise _unknown_unit(self.unit, known)
        elif self.unit is not None and not any(self.unit in units for units in DIMENSIONS.values()):
            raise _unknown_unit(self.unit)
        for unit in self.units.values():
            if not any(unit in units for units in DIMENSIONS.values()):
                raise _unknown_unit(unit)
        for low, high in [(self.low, self.high), *self.ranges.values()]:
            if low is not None and high is not None and low > high:
                raise wrong("range", msg("range inside out: low {low} is above high {high}", low=low, high=high))
        if self.type == "word" and not (self.words or self.units):
            raise wrong("field", msg("a word needs its codes in `words` or `units`"))
        if self.matches is not None:
            try:
                groups = re.compile(self.matches).groups
            except re.error as error:
                raise wrong("pattern", msg("`matches` is no regular expression: {error}", error=str(error))) from None
            if groups:
                raise wrong("pattern", msg("`matches` has a group; write it as (?:…)"))
        if self.type == "decimal" and self.width and self.decimals is None:
            raise wrong("field", msg("a decimal with a width needs its decimals"))
        return self


class MessageModel(Strict):
    """One command or reply. Text: `pattern` with {field} places ({{ and }} for braces). Binary: `type`, `layout`.

    `match` is a tolerant regular expression with named groups, for instruments whose spacing is not certain; `pattern`
    then says what is written.
    """

    name: Word
    label: Words | None = None
    pattern: str | None = None
    match: str | None = None
    type: Byte | None = None
    layout: list[Name] = Field(default_factory=list)
    lengths: tuple[int, int] | None = Field(default=None, description="Binary: shortest and longest payload.")
    fields: dict[Name, FieldModel] = Field(default_factory=dict)
    replies: list[Word] = Field(default_factory=list, description="What may answer this command.")
    settle: float = Field(default=0.0, ge=0, le=60, description="Seconds to leave the instrument alone afterwards.")

    def places(self) -> list[str]:
        """Return the names of the fields, in wire order."""
        if self.pattern is None:
            return list(self.layout)
        return [name for _, name, _, _ in Formatter().parse(self.pattern) if name is not None]

    @model_validator(mode="after")
    def _sound(self) -> MessageModel:
        if (self.pattern is None) == (not self.layout):
            raise wrong("pattern", msg("give either a `pattern` or a `layout`"))
        try:
            places = self.places()
        except ValueError as error:
            raise wrong("pattern", msg("the pattern has an odd brace: {error}", error=str(error))) from None
        if len(set(places)) != len(places):
            raise wrong("pattern", msg("a field stands twice in the pattern"))
        if self.match is not None:
            try:
                groups = set(re.compile(self.match).groupindex)
            except re.error as error:
                raise wrong("pattern", msg("`match` is no regular expression: {error}", error=str(error))) from None
            if groups != set(places):
                raise wrong("pattern", msg("`match` and `pattern` name different fields"))
            if re.compile(self.match).groups != len(groups):
                raise wrong("pattern", msg("`match` has a group without a name; write it as (?:…)"))
        if self.lengths is not None and self.lengths[0] > self.lengths[1]:
            raise wrong("range", msg("`lengths` inside out"))
        return self


class ErrorModel(Strict):
    """One error that the instrument reports: its code on the wire, our word for it, a sentence for people."""

    code: str
    word: Word
    fr: str
    en: str


class ExampleModel(Strict):
    """One whole frame, as text or hexadecimal, with the message and the fields that it must give.

    `text` or `hex` must be exact; `canonical = false` marks one that we read but would write otherwise.
    """

    direction: Literal["command", "reply"]
    name: Word
    text: str | None = None
    hex: str | None = None
    fields: dict[Name, int | float | str] = Field(default_factory=dict)
    canonical: bool = True
    source: str = ""

    @property
    def raw(self) -> bytes:
        return bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode("latin-1")

    @model_validator(mode="after")
    def _sound(self) -> ExampleModel:
        if (self.text is None) == (self.hex is None):
            raise wrong("example", msg("give either `text` or `hex`"))
        try:
            frame = self.raw
        except ValueError as error:
            raise wrong("example", msg("the bytes cannot be read: {error}", error=str(error))) from None
        if not frame:
            raise wrong("example", msg("the frame is empty"))
        return self


class DialectModel(Strict):
    """A whole dialect file."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Words
    kind: InstrumentKind
    model: str
    source: str
    note: Words | None = None
    echo: bool = False
    agreeing: int = Field(default=1, ge=1, le=9, description="How many equal readings make one (no checksum).")
    serial: Serial = Serial()
    pacing: Pacing = Pacing()
    framing: Framing
    command_framing: Framing | None = Field(default=None, description="Of the commands, where it is another one.")
    checksum: Checksum | None = None
    fields: dict[Name, FieldModel] = Field(default_factory=dict)
    commands: list[MessageModel] = Field(default_factory=list)
    replies: list[MessageModel] = Field(default_factory=list)
    errors: list[ErrorModel] = Field(default_factory=list)
    examples: list[ExampleModel] = Field(default_factory=list)

    def field(self, message: MessageModel, name: str) -> FieldModel:
        """Return the field's definition: the message's own, else the file's."""
        return message.fields.get(name) or self.fields[name]

    def framing_of(self, side: str) -> Framed:
        """Return the framing of one side: "commands" or "replies"."""
        return self.command_framing if side == "commands" and self.command_framing is not None else self.framing

    @model_validator(mode="after")
    def _sound(self) -> DialectModel:
        for side, messages in (("commands", self.commands), ("replies", self.replies)):
            framing = self.framing_of(side)
            names = [message.name for message in messages]
            for name in {name for name in names if names.count(name) > 1}:
                raise wrong("duplicate", msg("the name stands twice"), f"{side}.{name}")
            for message in messages:
                for place in message.places():
                    if place not in message.fields and place not in self.fields:
                        raise wrong(
                            "field", msg("the field “{field}” is not defined", field=place), f"{side}.{message.name}"
                        )
                    self._linked(side, message, place)
                if isinstance(framing, (BinaryFraming, ModbusFraming)) and message.type is None:
                    raise wrong("type", msg("a binary frame needs its `type`"), f"{side}.{message.name}")
                if message.layout and isinstance(framing, LineFraming):
                    raise wrong("type", msg("lines of text have no `layout`"), f"{side}.{message.name}")
        if isinstance(self.framing, ModbusFraming) and (self.checksum is None or self.checksum.algorithm != MODBUS_CRC):
            raise wrong("checksum", msg("Modbus RTU has the checksum {name}", name=MODBUS_CRC), "checksum")
        return self

    def _linked(self, side: str, message: MessageModel, place: str) -> None:
        """Check that sign_from, decimals_from and unit_from name fields of the same message."""
        spec = self.field(message, place)
        where = f"{side}.{message.name}.{place}"
        for other in (spec.sign_from, spec.decimals_from, spec.unit_from):
            if other is not None and other not in message.places():
                raise wrong("field", msg("“{field}” is no field of this message", field=other), where)
        if spec.unit_from and spec.quantity:
            known = DIMENSIONS[QUANTITIES[spec.quantity].dimension]
            for unit in self.field(message, spec.unit_from).units.values():
                if unit not in known:
                    raise _unknown_unit(unit, known, where)
        if message.layout and spec.type not in BINARY and spec.type not in ("bytes", "json"):
            raise wrong("type", msg("“{type}” is no binary type", type=spec.type), where)
        if message.layout and spec.type in ("bytes", "json") and place != message.layout[-1]:
            raise wrong("type", msg("bytes of open length stand last"), where)
        if message.pattern is not None and (spec.type in BINARY or spec.type == "bytes"):
            raise wrong("type", msg("“{type}” belongs in a binary layout", type=spec.type), where)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a dialect file, for editors."""
    return DialectModel.model_json_schema()
