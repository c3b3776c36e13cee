"""What the report says in words: nothing more than what was computed, and nothing left unsaid."""

import re

import pytest

from fjordby.report import content
from fjordby.report.render import html

LEVELS = [0.0, 1.0, 2.0, 3.0]


def rows(factor=1.0):
    """Figures by level that grow by 10 people and 1 million a metre; the models are far apart."""
    line = [10 * factor * level for level in LEVELS]
    money = [1e6 * factor * level for level in LEVELS]
    return {
        **dict.fromkeys(("buildings", "homes", "people", "places", "cut_from_care"), line),
        "road_km": line,
        "isolated": line,
        "groups": dict.fromkeys(("children", "adults", "older", "oldest"), line),
        "damage": {"low": [m / 2 for m in money], "mid": money, "high": [2 * m for m in money],
                   "families": {}},
    }  # fmt: skip


RISK = {
    "currency": "DKK",
    "ead": {"low": 1e6, "mid": 2e6, "high": 3e6},
    "futures": [],
    "curve": [
        {"return_period": float(t), "level": {"low": 1.0 + k, "mid": 1.5 + k, "high": 2.5 + k}}
        for k, t in ((0.0, 20), (0.1, 100), (0.2, 1000))
    ],
}


def english(da, en):
    return en


def test_a_scenario_carries_the_band_of_the_sea_and_of_the_ground():
    sure, unsure = content.scenario_levels(RISK), content.scenario_levels(RISK, 0.2)
    assert (sure[0]["low"], sure[0]["mid"], sure[0]["high"]) == (1.0, 1.5, 2.5)
    assert (unsure[0]["sea_low"], unsure[0]["sea_high"]) == (1.0, 2.5)
    assert unsure[0]["low"] == pytest.approx(1.5 - (0.5**2 + (1.645 * 0.2) ** 2) ** 0.5)
    assert unsure[0]["high"] == pytest.approx(1.5 + (1.0**2 + (1.645 * 0.2) ** 2) ** 0.5)
    assert [s["period"] for s in sure] == [20, 100, 1000]


def test_what_a_scenario_does_goes_from_the_mildest_to_the_worst():
    """Low sea with the lowest model, high sea with the highest: 0.5 x 1.0 to 2 x 2.5 million."""
    impact = content.impact_at(rows(), LEVELS, content.scenario_levels(RISK)[0])
    assert impact["people"] == {"low": 10.0, "mid": 15.0, "high": 25.0}
    assert impact["damage"] == {"low": 0.5e6, "mid": 1.5e6, "high": 5e6}
    assert impact["groups"]["oldest"]["high"] == 25.0


def short(unknown=(), people=100.0):
    scenario = content.scenario_levels(RISK)[1]
    impact = content.impact_at(rows(), LEVELS, scenario)
    return content.short_lines(impact, scenario, people, RISK, unknown, english, "en")


def test_in_short_the_storm_has_its_range_and_the_sum_says_what_it_leaves_out():
    storm, sum_ = short()
    assert "about 1.6 m (1.1-2.6)" in storm
    assert "16 (11-26) people (2 in 10)" in storm
    assert "about 1.6 million kr (0.55-5.2)" in storm
    assert "Streams that leave their banks are not in it" in sum_
    assert "everything" not in sum_


def test_where_nobody_was_counted_nobody_is_said_to_be_hit():
    storm, _ = short({"people", "groups"}, 0.0)
    assert "not known" in storm
    assert "people" not in storm


def test_what_is_not_known_is_not_nought_in_any_table():
    scenarios = content.scenario_levels(RISK)
    impacts = [content.impact_at(rows(0.0), LEVELS, s) for s in scenarios]
    said = content.scenario_rows(
        impacts, scenarios, "DKK", {"people", "groups", "road_km", "cut_from_care"}, "en"
    )
    cells = {row["name"].strip(): row["cells"][0] for row in said}
    assert cells["People with water at their home"] == "not known"
    assert cells["People who cannot drive to a doctor or hospital"] == "not known"
    assert cells["Road under water [km]"] == "not known"
    assert cells["Dwellings"] == "0"
    assert not any(name.startswith("of these") for name in cells)


def test_what_lies_in_no_district_has_its_own_row(valley_study):
    names = {"north": "Nord", "": "uden for bydelene"}
    scenario = content.scenario_levels(RISK)[0]
    found = content.district_rows(
        {"north": rows(), "": rows(0.1), "dry": rows(0.0)}, names, LEVELS, scenario, "DKK", (), "da"
    )
    assert [row["name"] for row in found] == ["Nord", "uden for bydelene"]
    said = valley_study.table("levels")
    for key in ("buildings", "people", "places", "road_km"):
        parts = [*said["districts"].values(), said["elsewhere"]]
        total = [sum(each) for each in zip(*(p[key] for p in parts), strict=True)]
        assert total == pytest.approx(said["all"][key], abs=0.01)


@pytest.mark.parametrize(
    ("changes", "published", "ratio"),
    [
        ({}, "about 8.7 billion kr", "0.33 times theirs"),
        (
            {"published_now": 10.3e9, "price_year": 2015, "currency": "DKK"},
            "about 8.7 billion kr in prices of 2015, that is about 10 billion kr in those of 2024",
            "0.28 times theirs",
        ),
        ({"published_now": 8.7e9, "price_year": 2024}, "about 8.7 billion kr", "0.33 times theirs"),
        ({"unit": "DKK/year"}, "about 8.7 billion kr a year", "0.33 times theirs"),
        ({"unit": "USD"}, "about 8.7 billion USD", "0.33 times theirs"),
        ({"published": 0.0}, "0 kr", ""),
        (
            {"unit": "buildings", "published": 1234567.0},
            "1,230,000 buildings",
            "2,300 times theirs",
        ),
    ],
)
def test_a_published_figure_is_held_against_ours_in_the_same_money(changes, published, ratio):
    row = {"what": {"en": "D"}, "published": 8.7e9, "unit": "DKK", "why": [], "source": "s",
           "ours": {"low": 1e9, "mid": 2.9e9, "high": 4e9}, **changes}  # fmt: skip
    (said,) = content.comparison_rows([row], 2024, english, "en")
    assert said["published"] == published
    assert said["ratio"] == ratio


def test_a_sea_that_falls_is_said_to_fall():
    """Where the land rises faster than the sea."""
    future = {"name": {"en": "Trend"}, "year": 2100, "sea_level_rise": -0.123, "ead": RISK["ead"]}
    _, (row,) = content.future_rows([future], "DKK", "en")
    assert row["cells"][0]["rise"] == "-12 cm"
    _, (row,) = content.future_rows([{**future, "sea_level_rise": 0.482}], "DKK", "en")
    assert row["cells"][0]["rise"] == "+48 cm"


def test_people_are_counted_as_people_and_not_as_rows(valley_study):
    city = valley_study.city
    said = {row["name"]: row["count"] for row in content.layer_rows(city, "en")}
    assert said["people"] == "67"
    assert said["buildings"] == "28"
    assert content.counts(city, "en") == "67 people, 28 buildings and 1.1 km of road"
    alone = city.with_(people=city.people.iloc[:0], roads=city.roads.iloc[:0])
    assert content.counts(alone, "da") == "28 bygninger"


def test_the_report_claims_no_more_than_was_computed(valley_study):
    text = re.sub(r'src="data:[^"]*"', "", html(valley_study, "en"))
    assert "everything that can happen" not in text
    assert "only the largest counts" in text
    assert "Left out: streams that leave their banks" in text
    assert "Danish Ministry of Finance" in text
    for family in valley_study.table("risk")["families"]:
        assert family["source"] in text


def test_without_published_figures_the_report_says_where_to_put_them(valley_study, monkeypatch):
    risk = {**valley_study.table("risk"), "comparison": []}
    real = type(valley_study).table
    monkeypatch.setattr(
        type(valley_study), "table", lambda self, name: risk if name == "risk" else real(self, name)
    )
    assert "published.toml" in html(valley_study, "en")


def test_a_layer_with_nothing_in_it_is_not_called_invented(valley_study):
    said = content.invented(valley_study.city, "en")
    assert {"terrain", "buildings", "people"} <= set(said)
    assert "barriers" not in said
