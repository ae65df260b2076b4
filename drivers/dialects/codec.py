"""A dialect: commands into bytes and bytes into frames, for the host and for the instrument alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.errors import UsageError
from bench.instrument import InstrumentKind
from bench.language import Text, msg
from drivers.dialects.checksum import ALGORITHMS
from drivers.dialects.frames import Frame
from drivers.dialects.framing import BinaryDecoder, Decoder, FixedDecoder, LineDecoder
from drivers.dialects.messages import Echo, Message, TextMessage, compiled
from drivers.dialects.model import BinaryFraming, DialectModel, FixedFraming, LineFraming, ModbusFraming
from drivers.dialects.printer import PrintedDecoder
from drivers.link.settings import SerialSettings


class Dialect:
    """One wire protocol, both sides of it, made from its data file.

    The host writes `command` and reads with `host_decoder`; the instrument writes `reply` and reads with
    `device_decoder`. Where the instrument echoes, the host decoder also gives frames called "echo".
    """

    def __init__(self, model: DialectModel) -> None:
        self.data = model
        self.id = model.id
        self.title = Text(model.title.fr, model.title.en)
        self.kind: InstrumentKind = model.kind
        self.model = model.model
        self.source = model.source
        self.echo = model.echo
        self.agreeing = model.agreeing
        self.gap = model.pacing.gap
        self.serial = SerialSettings(
            baudrate=model.serial.baudrate,
            bytesize=model.serial.bytesize,
            parity=model.serial.parity,
            stopbits=float(model.serial.stopbits),
            char_delay=model.pacing.char_delay,
        )
        self.errors: Mapping[str, Text] = {error.word: Text(error.fr, error.en) for error in model.errors}
        self._checksum = ALGORITHMS[model.checksum.algorithm] if model.checksum else None
        self._commands = {spec.name: compiled(model, spec) for spec in model.commands}
        self._replies = {spec.name: compiled(model, spec) for spec in model.replies}

    @property
    def commands(self) -> tuple[str, ...]:
        return tuple(self._commands)

    @property
    def replies(self) -> tuple[str, ...]:
        return tuple(self._replies)

    def settle(self, command: str) -> float:
        """Return the seconds to leave the instrument alone after this command."""
        return self._find(self._commands, command).spec.settle

    def answers(self, command: str) -> tuple[str, ...]:
        """Return the names of the replies that may answer this command."""
        return tuple(self._find(self._commands, command).spec.replies)

    def command(self, name: str, /, **fields: Any) -> bytes:
        """Return the bytes of a command. Raises UsageError for an unknown command or an impossible field."""
        return self._framed("commands", self._find(self._commands, name), fields)

    def reply(self, name: str, /, **fields: Any) -> bytes:
        """Return the bytes of a reply, as the instrument sends it. Raises UsageError as `command` does."""
        framing = self.data.framing
        if isinstance(framing, LineFraming) and name in framing.single:
            return bytes([framing.single[name]])
        if name == "echo" and self.echo:
            return self.command(str(fields.pop("command")), **fields)
        return self._framed("replies", self._find(self._replies, name), fields)

    def host_decoder(self) -> Decoder:
        """Return a decoder of what the instrument sends."""
        spoken: list[Any] = list(self._replies.values())
        if self.echo:
            spoken += [Echo(command) for command in self._commands.values() if isinstance(command, TextMessage)]
        return self._decoder("replies", spoken)

    def device_decoder(self) -> Decoder:
        """Return a decoder of what the host sends."""
        return self._decoder("commands", list(self._commands.values()))

    def matching(self, direction: str, raw: bytes) -> list[str]:
        """Return the names of all messages that this whole, valid frame fits ("command" or "reply" direction)."""
        framing = self.data.framing_of("replies" if direction == "reply" else "commands")
        digits = self._checksum.size if self._checksum else 0
        messages = list((self._replies if direction == "reply" else self._commands).values())
        if isinstance(framing, BinaryFraming):
            body = raw[4 : len(raw) - digits]
            messages = [message for message in messages if message.spec.type == raw[1]]
        elif isinstance(framing, ModbusFraming):
            from drivers.dialects.modbus import body_of

            messages = [message for message in messages if message.spec.type == raw[1]]
            return [message.name for message in messages if message.read(body_of(message, raw)) is not None]
        elif isinstance(framing, FixedFraming):
            body = raw[framing.start is not None : len(raw) - (framing.end is not None)]
        else:
            body = raw.removesuffix(framing.terminator.encode("latin-1"))
            body = body[: len(body) - 2 * digits].strip(framing.strip.encode("latin-1") or None)
        return [message.name for message in messages if message.read(body) is not None]

    def error_text(self, frame: Frame) -> Text | None:
        """Return the sentence for an error reply, None when the frame reports no known error."""
        for value in frame.fields.values():
            if isinstance(value, str) and value in self.errors:
                return self.errors[value]
        return None

    def _find(self, messages: dict[str, Message], name: str) -> Message:
        try:
            return messages[name]
        except KeyError:
            raise UsageError(
                msg("The dialect {dialect} has no message “{message}”.", dialect=self.id, message=name),
                remedy=msg("Known: {known}.", known=", ".join(messages)),
            ) from None

    def _framed(self, side: str, message: Message, fields: Mapping[str, Any]) -> bytes:
        body = message.write(fields)
        framing = self.data.framing_of(side)
        if isinstance(framing, FixedFraming):
            marks = [b"" if mark is None else bytes([mark]) for mark in (framing.start, framing.end)]
            return body.join(marks)
        if isinstance(framing, ModbusFraming):
            from drivers.dialects.modbus import framed  # pymodbus is loaded where something speaks Modbus

            return framed(message, body)
        size = self._checksum.size if self._checksum else 0
        total = self._checksum.of(body) if self._checksum else 0
        if isinstance(framing, BinaryFraming):
            order = framing.order
            head = bytes([framing.start, message.spec.type or 0]) + len(body).to_bytes(2, order)
            return head + body + total.to_bytes(size, order)
        return body + (b"%0*X" % (2 * size, total) if size else b"") + framing.terminator.encode("latin-1")

    def _decoder(self, side: str, messages: list[Any]) -> Decoder:
        framing = self.data.framing_of(side)
        if isinstance(framing, LineFraming):
            if side == "commands":
                framing = framing.model_copy(update={"single": {}})
            lines = LineDecoder(framing, self._checksum, messages)
            return PrintedDecoder(lines) if framing.printer == "esc-pos" else lines
        if isinstance(framing, FixedFraming):
            return FixedDecoder(framing, messages)
        if isinstance(framing, ModbusFraming):
            from drivers.dialects.modbus import ModbusDecoder

            return ModbusDecoder(messages, device=side == "commands")
        return BinaryDecoder(framing, self._checksum, messages)
