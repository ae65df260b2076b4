"""Two profiles beside each other: every value that differs, and nothing else."""

from __future__ import annotations

from profiles.difference import Difference, differences
from profiles.library import Library
from profiles.reading import SHIPPED


def test_a_profile_does_not_differ_from_itself():
    library = Library()
    for profile in (*library.calibres(), *library.cases()):
        assert differences(profile, profile) == []


def test_what_a_workshop_changed_in_our_profile(tmp_path):
    text = (SHIPPED / "calibres" / "eta-2824-2.toml").read_text("utf-8")
    assert '"50 °"' in text
    (tmp_path / "calibres").mkdir()
    (tmp_path / "calibres" / "eta-2824-2.toml").write_text(
        text.replace('"50 °"', '"51 °"').replace('version = "1"', 'version = "2"')
        + '\n[[limits]]\nquantity = "rate"\nposition = "CH"\nhigh = "9 s/d"\nmark = "house"\nsource = "ours"\n',
        "utf-8",
    )
    library = Library(tmp_path)
    ours = library.shipped_calibre("eta-2824-2")
    assert ours is not None
    found = differences(ours, library.calibre("eta-2824-2"))
    assert Difference("facts.lift_angle.value", "50.0", "51.0") in found
    assert Difference("version", "1", "2") in found
    assert Difference("limits.rate CH.high", "", "9.0") in found
    assert {d.key.split(".")[0] for d in found} == {"facts", "version", "limits"}


def test_two_cases():
    library = Library()
    found = {d.key: (d.before, d.after) for d in differences(library.case("case-3-bar"), library.case("case-5-bar"))}
    assert found["max_pressure.value"] == ("3.0", "5.0")
    assert found["programme"] == ("p03", "p04")
