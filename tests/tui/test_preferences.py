"""What a person likes is kept in a file of their own: whole or not at all, and a broken one hurts nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import EtabliError
from tui.preferences import CHARSETS, CONFIRM_KEYS, THEMES, Preferences, load, save

LIKED = st.builds(
    Preferences,
    language=st.sampled_from(["", "fr", "en"]),
    theme=st.sampled_from(THEMES),
    charset=st.sampled_from(CHARSETS),
    sounds=st.booleans(),
    auto_advance=st.booleans(),
    big_digits=st.booleans(),
    confirm_key=st.sampled_from(CONFIRM_KEYS),
    scanner_ms=st.integers(0, 200),
    debounce_ms=st.integers(0, 2000),
    keys=st.dictionaries(st.from_regex("[a-z-]+", fullmatch=True), st.sampled_from(["r", "f4", "m,f2"])),
)


@given(liked=LIKED)
def test_what_is_kept_is_read_again(tmp_path_factory: pytest.TempPathFactory, liked: Preferences) -> None:
    path = tmp_path_factory.mktemp("user") / "etabli" / "preferences.toml"
    save(liked, path)
    assert load(path) == (liked, [])
    assert [entry.name for entry in path.parent.iterdir()] == ["preferences.toml"]


def test_without_a_file_the_usual_ones_hold(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == (Preferences(), [])


@pytest.mark.parametrize("content", [b"theme = ", b"\xff\xfe", b"[[[", b"= 3"])
def test_a_broken_file_is_said_and_the_usual_ones_hold(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "preferences.toml"
    path.write_bytes(content)
    liked, notices = load(path)
    assert liked == Preferences()
    assert "cannot be read" in str(notices[0]) and "F8" in str(notices[0])


def test_a_value_that_cannot_be_is_left_out_and_the_others_hold(tmp_path: Path) -> None:
    path = tmp_path / "preferences.toml"
    path.write_text('theme = "pink"\nsounds = false\nscanner_ms = "soon"\ncolour = 1\n[keys]\nsheet = "7"\n')
    liked, notices = load(path)
    assert liked == replace(Preferences(), sounds=False)
    assert [word for word in ("colour", "keys", "scanner_ms", "theme") if any(word in str(n) for n in notices)] == [
        "colour",
        "keys",
        "scanner_ms",
        "theme",
    ]


def test_a_folder_that_cannot_be_written_is_an_error_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "etabli").write_text("a file where the folder should be")
    with pytest.raises(EtabliError, match="cannot be written"):
        save(Preferences(), tmp_path / "etabli" / "preferences.toml")
