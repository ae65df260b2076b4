"""The decoders on good and bad streams, protocol by protocol."""

from __future__ import annotations

import pytest

from bench.errors import UsageError
from bench.quantities import Value
from drivers.dialects import CannotEncode, Frame, Garbage, available, load

COSMO = b"#00 00 2 -000.4:32\r"
BEAT = bytes.fromhex("a5021000010000000010000000000000e300307582a3")
FIELD = b"\x0241B20200000052\r"


def names(read):
    return [one.name if isinstance(one, Frame) else one.reason for one in read]


def test_the_five_protocols_are_there():
    assert {"timegrapher-studio", "cosmo-ls", "2g600", "lutron-16-digit", "etabli-quartz-1"} <= set(available())


def test_an_unknown_dialect_names_the_known_ones():
    with pytest.raises(UsageError, match="cosmo-ls"):
        load("witschi")


def test_half_a_frame_is_no_frame():
    decoder = load("cosmo-ls").host_decoder()
    assert decoder.feed(COSMO[:-1]) == []
    assert decoder.pending == COSMO[:-1]
    assert names(decoder.feed(COSMO[-1:])) == ["result"]
    assert decoder.pending == b""


def test_reset_forgets_what_came_so_far():
    decoder = load("cosmo-ls").host_decoder()
    decoder.feed(COSMO[:9])
    decoder.reset()
    assert decoder.pending == b""
    assert names(decoder.feed(COSMO)) == ["result"]


def test_two_frames_and_a_half_in_one_read():
    decoder = load("cosmo-ls").host_decoder()
    assert names(decoder.feed(COSMO + COSMO + COSMO[:4])) == ["result", "result"]
    assert decoder.pending == COSMO[:4]


def test_a_wrong_checksum_is_garbage_with_its_bytes():
    wrong = COSMO.replace(b"-", b"+")
    assert load("cosmo-ls").host_decoder().feed(wrong) == [Garbage(wrong, "bad-checksum")]


def test_a_frame_after_noise_is_found():
    read = load("cosmo-ls").host_decoder().feed(b"\xff\x00garb#00 00 9" + COSMO)
    assert names(read) == ["noise", "result"]
    assert read[0].raw == b"\xff\x00garb#00 00 9"


def test_an_acknowledgement_counts_only_where_a_frame_begins():
    decoder = load("cosmo-ls").host_decoder()
    assert names(decoder.feed(b"\x06")) == ["ack"]
    assert names(decoder.feed(b"\x06\x06" + COSMO + b"\x06")) == ["ack", "ack", "result", "ack"]
    assert names(decoder.feed(b"\xf0\x06")) == []
    assert names(decoder.feed(b"\r")) == ["bad-checksum"]


def test_the_tester_takes_no_acknowledgement_from_the_host():
    decoder = load("cosmo-ls").device_decoder()
    assert names(decoder.feed(b"\x06\r")) == ["bad-checksum"]


def test_a_value_outside_its_range_is_garbage():
    frame = load("etabli-quartz-1").reply("battery", sequence=1, open=1.5, loaded=1.4)
    body = frame[:-6].replace(b"1.500", b"9.500")
    from binascii import crc_hqx

    wrong = body + b"%04X\r\n" % crc_hqx(body, 0xFFFF)
    assert load("etabli-quartz-1").host_decoder().feed(wrong) == [Garbage(wrong, "out-of-range")]


def test_a_babbling_device_fills_no_memory_and_its_next_frame_is_found():
    decoder = load("cosmo-ls").host_decoder()
    babble = b"U" * 10_000
    read = []
    for _ in range(100):
        read += decoder.feed(babble)
        assert len(decoder.pending) <= 200
    read += decoder.feed(COSMO)
    assert {one.reason for one in read[:-2]} == {"too-long"}
    assert names(read)[-1] == "result"
    assert sum(len(one.raw) for one in read) == 100 * len(babble) + len(COSMO)


def test_the_end_of_an_endless_line_is_not_taken_for_a_line():
    """Without a start mark nothing tells where in a babble a line begins: "DONE" at its end proves nothing."""
    decoder = load("2g600").host_decoder()
    assert {one.reason for one in decoder.feed(b"U" * 80 + b"DONE\r")} == {"too-long"}
    assert names(decoder.feed(b"DONE\r")) == ["done"]


def test_the_degausser_echoes_commands():
    dialect = load("2g600")
    read = dialect.host_decoder().feed(b"\rDCA0500\rDERC\r\nDONE\r")
    assert names(read) == ["echo", "echo", "done"]
    assert read[0].fields == {"command": "configure-amplitude", "amplitude": 500}
    assert dialect.reply("echo", command="configure-amplitude", amplitude=500) == b"DCA0500\r"
    assert dialect.settle("configure-amplitude") == 1.5
    assert (dialect.serial.baudrate, dialect.serial.char_delay, dialect.gap) == (1200, 0.15, 1.0)


@pytest.mark.parametrize(
    "line", [b"S Z  A    0\r", b"DSS S Z R3 A    0\r", b"SZ R3 D1 CX A0000\r", b" S Z ... A    0 \r"]
)
def test_the_degaussers_status_is_read_whatever_its_spacing(line):
    (frame,) = load("2g600").host_decoder().feed(line)
    assert frame.fields == {"state": "zero", "amplitude": 0}


def test_a_field_carries_unit_sign_and_decimals_of_its_frame():
    dialect = load("lutron-16-digit")
    assert dialect.agreeing == 2
    (frame,) = dialect.host_decoder().feed(FIELD)
    field = frame["field"]
    assert isinstance(field, Value)
    assert field.to("µT") == pytest.approx(0.52)
    assert dialect.reply("field", unit="mT", decimals=2, field=Value.of("background_field", -1.25)) == bytes.fromhex(
        "02 34 31 45 33 31 32 30 30 30 30 30 31 32 35 0D"
    )


@pytest.mark.parametrize("before", [b"\r", b"\x02", b"\x0241B2", FIELD[3:], b"\x02" * 20, bytes(range(256))])
def test_a_meter_that_was_listened_to_late_is_understood_at_its_next_frame(before):
    read = load("lutron-16-digit").host_decoder().feed(before + FIELD + FIELD)
    assert names(read)[-1] == "field"
    assert b"".join(one.raw for one in read) == before + FIELD + FIELD


def test_a_beat_after_a_damaged_one_is_not_lost():
    damaged = BEAT[:10] + b"\xa5" + BEAT[11:]
    read = load("timegrapher-studio").host_decoder().feed(damaged + BEAT)
    assert names(read)[-1] == "beat"
    assert "beat" not in names(read)[:-1]


def test_a_length_that_the_type_cannot_have_is_put_aside_at_once():
    """The CRC does not cover the header; a flipped length bit must not swallow the beats that follow."""
    wrong = BEAT[:2] + b"\x11" + BEAT[3:]
    read = load("timegrapher-studio").host_decoder().feed(wrong + BEAT)
    assert names(read)[0] == "bad-length"
    assert names(read)[-1] == "beat"


def test_a_type_that_nobody_knows_is_said():
    unknown = BEAT[:1] + b"\x77" + BEAT[2:]
    assert names(load("timegrapher-studio").host_decoder().feed(unknown)) == ["unknown-type"]


def test_json_that_is_none_is_no_greeting():
    dialect = load("timegrapher-studio")
    assert names(dialect.host_decoder().feed(dialect.reply("hello", json='{"firmware": 1}'))) == ["hello"]
    assert names(dialect.host_decoder().feed(dialect.reply("hello", json="{firmware"))) == ["out-of-range"]


def test_bits_are_read_and_written_by_name():
    dialect = load("timegrapher-studio")
    raw = dialect.reply("status", gain=32, clock_locked=1, temperature=24.75, sample_rate=48000)
    assert raw == bytes.fromhex("a504080020 01ab0980bb0000f7ab")
    (frame,) = dialect.host_decoder().feed(raw)
    assert (frame["flags"], frame["clock_locked"]) == (1, 1)
    assert frame["temperature"] == Value.of("temperature", 24.75)


def test_an_error_reply_has_its_sentence():
    dialect = load("etabli-quartz-1")
    (frame,) = dialect.host_decoder().feed(dialect.reply("error", sequence=7, code="lid-open"))
    assert str(dialect.error_text(frame)) == "The lid is open."
    (frame,) = dialect.host_decoder().feed(dialect.reply("battery", sequence=7, open=1.5, loaded=1.4))
    assert dialect.error_text(frame) is None


def test_values_are_written_in_the_unit_of_the_wire():
    dialect = load("etabli-quartz-1")
    raw = dialect.reply(
        "coil-resistance", sequence=3, coil=Value.of("coil_resistance", 1.59), finding="measured", test=0.2
    )
    assert raw.startswith(b"<0003 RESISTANCE coil=1590Ohm finding=measured test=0.20V*")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("start", {"channel": 16}),
        ("start", {"channel": "two"}),
        ("start", {"unit": 100}),
        ("start", {"chanel": 1}),
        ("write-limit", {"parameter": "BLO"}),
        ("write-limit", {"parameter": "blow", "limit": 1}),
        ("write-limit", {"parameter": "BLO", "limit": 12345}),
        ("write-limit", {"parameter": "BLO", "limit": float("nan")}),
        ("write-timer", {"parameter": "DET", "timer": Value.of("rate", 1.0)}),
    ],
)
def test_what_a_command_cannot_carry_is_refused(name, fields):
    with pytest.raises((CannotEncode, UsageError, TypeError)) as caught:
        load("cosmo-ls").command(name, **fields)
    assert str(caught.value)


def test_an_unknown_command_names_the_known_ones():
    with pytest.raises(UsageError, match="read-result"):
        load("cosmo-ls").command("explode")


def test_the_answers_of_a_command_are_data():
    dialect = load("cosmo-ls")
    assert set(dialect.answers("stop")) == {"ack", "error"}
    assert set(dialect.answers("read-result")) <= set(dialect.replies)
