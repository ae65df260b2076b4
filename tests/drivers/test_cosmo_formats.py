"""A Cosmo tester may be set to report in format T or I: the driver reads both."""

from __future__ import annotations

import pytest
from driver_desk import LEAK_TEST, desk

from bench.instrument import InstrumentKind
from drivers import dialects
from drivers.dialects import Frame


def test_format_i_gives_the_same_figures_as_format_t() -> None:
    expected = desk(InstrumentKind.WATER_RESISTANCE).run(LEAK_TEST)
    at = desk(InstrumentKind.WATER_RESISTANCE)
    dialect = dialects.load("cosmo-ls")
    others = {"high_limit": 50.0, "low_limit": -50.0, "auxiliary": 0.0, "first": 0, "second": 0, "third": 0}
    sent = 0

    def in_format_i(frame: bytes) -> list[tuple[float, bytes]]:
        nonlocal sent
        (told,) = dialect.host_decoder().feed(frame)
        assert isinstance(told, Frame)
        if told.name == "result":
            sent += 1
            frame = dialect.reply("result-long", **told.fields, **others, last="C")
        return [(0.0, frame)]

    at.link.wire = in_format_i
    assert at.driver.check_identity().model == at.record.model
    assert at.run(LEAK_TEST) == pytest.approx(expected)
    assert sent == 3  # the handshake's last result, and one a stage
