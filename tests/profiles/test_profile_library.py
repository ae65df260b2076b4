"""The library as it ships: every file right, every value with unit, source and mark, found by the names people use."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib

import pytest
import rfc8785

from bench.calibre import ProfileLibrary
from bench.errors import UsageError
from bench.limit import Mark
from bench.order import Family
from bench.quantities import Value
from profiles.check import drifted
from profiles.coverage import marks
from profiles.fingerprint import canonical, content
from profiles.library import Library
from profiles.reading import FOLDERS, SHIPPED


@pytest.fixture(scope="module")
def library() -> Library:
    return Library()


def test_nothing_is_wrong_in_the_shipped_library(library):
    assert [str(problem) for problem in library.problems] == []


def test_what_is_generated_from_the_profiles_is_up_to_date():
    assert [path.name for path in drifted()] == [], "run: python -m profiles.check --write"


def test_it_is_what_the_core_asks_for(library):
    wanted: ProfileLibrary = library
    assert len(wanted.calibres()) >= 85
    assert {case.identity.id for case in wanted.cases()} >= {"case-3-bar", "case-5-bar", "case-10-bar"}


def test_every_file_is_one_profile():
    names = {path.stem for path in (SHIPPED / "calibres").glob("*.toml")}
    assert names == {calibre.identity.id for calibre in Library().calibres()}


def test_every_value_has_its_source_and_its_mark(library):
    for calibre in library.calibres():
        for fact in calibre.facts.values():
            assert fact.source and isinstance(fact.mark, Mark)
        for entry in calibre.limits:
            assert entry.limit.source, (calibre.name, entry)
        assert bool(calibre.battery) == (calibre.battery_mark is not None) == bool(calibre.battery_source)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("eta-2824-2", "eta-2824-2"),
        ("ETA 2824-2", "eta-2824-2"),
        ("2824", "eta-2824-2"),
        ("NH36", "seiko-4r36a"),
        ("nh35a", "seiko-4r35b"),
        ("Unitas 6497-1", "eta-6497-1"),
        ("f06.115", "eta-f06-115"),
        ("Ronda 505", "ronda-505"),
        ("sw-200", "sellita-sw200-1"),
    ],
)
def test_a_calibre_answers_to_the_names_people_use(library, asked, found):
    assert library.calibre(asked).identity.id == found


@pytest.mark.parametrize(("asked", "near"), [("eta-2842-2", "eta-2824-2"), ("NH37", "seiko-4r3")])
def test_an_unknown_calibre_names_the_nearest(library, asked, near):
    with pytest.raises(UsageError, match=near):
        library.calibre(asked)


def test_an_unknown_name_far_from_all_says_where_to_look(library):
    with pytest.raises(UsageError, match="profiles list"):
        library.calibre("zzzzzzzz")
    with pytest.raises(UsageError, match="case-3-bar"):
        library.case("case-3-bars")


# What the sources say


def limit(profile, quantity, **circumstances):
    found = profile.limit(quantity, **circumstances)
    return (found.low, found.high) if found else None


@pytest.mark.parametrize(
    ("grade", "mean", "spread", "isochronism", "positions"),
    [
        ("standard", 12, 30, 20, 2),
        ("elabore", 7, 20, 15, 3),
        ("top", 4, 15, 10, 5),
    ],
)
def test_the_three_grades_of_the_2824_2(library, grade, mean, spread, isochronism, positions):
    eta = library.calibre("eta-2824-2")
    assert limit(eta, "mean_rate", grade=grade) == (-mean, mean)
    assert limit(eta, "rate_spread", grade=grade) == (None, spread)
    assert limit(eta, "isochronism", grade=grade) == (-isochronism, isochronism)
    assert len(eta.positions(grade)) == positions
    assert eta.fact("beat_rate") == Value.of("beat_rate", 28800)
    assert eta.fact("lift_angle") == Value.of("lift_angle", 50)


def test_without_its_grade_a_graded_calibre_has_no_limit_for_the_mean(library):
    assert library.calibre("eta-2824-2").limit("mean_rate") is None
    assert library.calibre("eta-2824-2").limit("mean_rate", grade="") is None


def test_seikos_bench_limits_depend_on_the_position(library):
    seiko = library.calibre("NH36")
    assert [limit(seiko, "rate", position=p) for p in ("CH", "6H", "9H", "3H")] == [
        (-20, 20), (-30, 30), (-30, 30), None,
    ]  # fmt: skip
    assert seiko.positions("") == ("CH", "6H", "9H")
    assert limit(seiko, "mean_rate") is None  # no limit known


def test_the_r150_is_regulated_fast(library):
    ronda = library.calibre("ronda-r150")
    assert limit(ronda, "mean_rate") == (0, 24)
    assert ronda.positions("") == ("CH", "6H")


def test_the_sw200_1s_amplitude_is_its_own_and_documented(library):
    found = library.calibre("sellita-sw200-1").limit("amplitude")
    assert (found.low, found.high, found.mark) == (200, 315, Mark.DOCUMENTED)
    etas = library.calibre("eta-2824-2").limit("amplitude")
    assert etas.mark is Mark.COMMON_KNOWLEDGE


def test_the_f06_115(library):
    eta = library.calibre("eta-f06-115")
    assert limit(eta, "consumption") == (None, 1.20)
    assert limit(eta, "consumption_stem_pulled") == (None, 0.25)
    assert limit(eta, "battery_voltage") == (1.50, None)
    assert limit(eta, "insulation_resistance") == (1.0, None)
    assert eta.fact("inhibition_period") == Value.of("inhibition_period", 60)
    assert (eta.battery, eta.batteries) == ("371", ("395",))
    # 40 mAh for 68 months is 0.80 µA on average, well under the limit of 1.20
    assert eta.fact("battery_capacity").magnitude * 1000 / 68 / 730 == pytest.approx(0.80, abs=0.01)


def test_a_makers_rate_comes_before_the_general_one(library):
    assert limit(library.calibre("ronda-505"), "quartz_rate") == pytest.approx((-1 / 3, 2 / 3))
    assert limit(library.calibre("eta-f06-115"), "quartz_rate") == (-0.1, 0.3)


def test_what_is_not_known_stays_blank(library):
    sw300 = library.calibre("sellita-sw300-1")
    assert sw300.fact("lift_angle") is None
    assert library.calibre("eta-956-112").limits == ()
    assert marks(sw300, "amplitude") == "·"
    assert library.calibre("ronda-505").fact("inhibition_period") is None


def test_what_is_carried_over_is_marked_so_and_names_its_sister(library):
    found = library.calibre("sellita-sw210-1").facts["lift_angle"]
    assert found.mark is Mark.CARRIED_OVER
    assert "SW215-1" in found.source
    coil = library.calibre("eta-955-112").limit("coil_resistance")
    assert coil.mark is Mark.CARRIED_OVER and "955.422" in coil.source


def test_documented_lift_angles_are_those_that_the_reference_calls_safe(library):
    safe = {c.identity.id for c in library.calibres() if c.facts.get("lift_angle", None) and marks_lift(c)}
    assert safe == {
        "eta-2824-2", "sellita-sw200-1", "sellita-sw215-1", "sellita-sw500", "ronda-r150", "stp1-21", "miyota-8315",
        "seiko-4r35a", "seiko-4r35b", "seiko-4r36a", "seiko-4205", "seiko-4206", "seiko-4207", "poljot-2416a",
    }  # fmt: skip


def marks_lift(calibre) -> bool:
    return calibre.facts["lift_angle"].mark is Mark.DOCUMENTED


def test_the_poljot_2416_is_not_the_vostok_2416(library):
    assert library.calibre("Poljot 2416A").identity.id == "poljot-2416a"
    assert library.calibre("Vostok 2416").identity.id == "vostok-2416b"


def test_a_three_volt_calibre_takes_a_three_volt_cell_and_gets_no_limit_of_a_silver_oxide_one(library):
    eta = library.calibre("eta-956-612")
    assert library.battery(eta.battery).voltage == Value.of("battery_voltage", 3.0)
    assert eta.limit("battery_voltage") is None


@pytest.mark.parametrize(
    ("case", "stages"),
    [
        ("case-3-bar", [(-0.4, 200), (3.0, 50)]),
        ("case-5-bar", [(-0.5, 200), (5.0, 50)]),
        ("case-10-bar", [(-0.7, 200), (1.0, 200), (10.0, 50)]),
    ],
)
def test_cases_are_tested_by_the_presets_the_preliminary_stages_at_200(library, case, stages):
    profile = library.case(case)
    assert [(s.pressure.magnitude, s.limit.high) for s in profile.stages] == stages
    assert profile.max_pressure.magnitude == profile.rating.magnitude
    assert profile.free_volume.mark is Mark.UNCONFIRMED
    assert sorted(v.value.magnitude for v in profile.free_volumes.values()) == [1000, 2100, 4000]
    assert all(stage.fill > 0 and stage.stabilise > 0 and stage.measure > 0 for stage in profile.stages)


@pytest.mark.parametrize(("asked", "found"), [("SR920SW", "371"), ("371", "371"), ("sr626sw", "377"), ("399", "399")])
def test_a_battery_answers_to_trade_number_and_designation(library, asked, found):
    assert library.battery(asked).id == found


def test_battery_twins_point_at_each_other(library):
    cells = {cell.id: cell for cell in library.batteries()}
    for cell in cells.values():
        if cell.twin:
            assert cells[cell.twin].twin == cell.id


def test_an_unknown_battery(library):
    with pytest.raises(UsageError, match="SR999"):
        library.battery("SR999")


def test_search_by_maker_words_diameter_and_train(library):
    slow = library.search(maker="eta", diameter=Value.of("diameter", 36.6), beat_rate=Value.of("beat_rate", 18000))
    assert [c.identity.id for c in slow] == ["eta-6497-1", "eta-6498-1"]
    assert [c.identity.id for c in library.search("nh36")] == ["seiko-4r36a"]
    assert {c.family for c in library.search("kinetic")} == {Family.AUTOQUARTZ}
    assert library.search("no such calibre") == []


# Identity


def test_the_fingerprint_is_the_sha256_of_rfc_8785_json(library):
    for profile in (*library.calibres(), *library.cases()):
        assert canonical(content(profile)) == rfc8785.dumps(content(profile))
        assert len(profile.identity.sha256) == 64


def test_fingerprints_differ_and_do_not_depend_on_the_moment(library):
    first = {c.identity.id: c.identity.sha256 for c in library.calibres()}
    assert len(set(first.values())) == len(first)
    assert {c.identity.id: c.identity.sha256 for c in Library().calibres()} == first


def test_a_shipped_profile_is_approved(library):
    assert all(c.identity.approved and c.identity.origin == "shipped" for c in library.calibres())


# Schemas and loading


def test_a_json_schema_is_shipped_for_every_kind_of_file():
    for kind in (*FOLDERS, "batteries", "sources"):
        schema = json.loads((SHIPPED / "schemas" / f"{kind}.schema.json").read_text("utf-8"))
        assert schema["additionalProperties"] is False


def test_the_shipped_files_are_as_they_were_checked():
    checked = json.loads((SHIPPED / "checked.json").read_text("utf-8"))
    for name, entry in checked.items():
        assert entry["data"] == tomllib.loads((SHIPPED / name).read_text("utf-8")), name


def test_loading_everything_needs_neither_pydantic_nor_pint_nor_a_toml_parser():
    program = (
        "import sys; from profiles.library import Library; library = Library(); library.calibres(); library.cases();"
        "print([name for name in ('pydantic', 'pint', 'tomllib') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=SHIPPED.parent, check=True
    )
    assert run.stdout.strip() == "[]"
