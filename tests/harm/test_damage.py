"""Damage by the families of functions: known answers, and what must hold for each of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fjordby.errors import BadCity, BadValue
from fjordby.harm import (
    FAMILIES,
    WATERS,
    Water,
    cost_at,
    costs_for,
    damage,
    exposure,
    families_for,
    jrc_for,
    moved,
    spread,
)
from fjordby.harm.danish import functions
from fjordby.harm.exposure import use_rows
from fjordby.harm.jrc import curves, values


@pytest.fixture(scope="module")
def who(valley):
    return exposure(valley)


def house(who, **changes):
    """Return one building of 100 m2 on one floor level with the ground, no basement."""
    one = {
        "ids": who.ids[:1], "use": np.array(["home"], object), "area": np.array([100.0]),
        "floors": np.array([1.0]), "floor_height": np.array([0.0]),
        "basement_area": np.array([0.0]), "dwellings": np.array([1.0]), "home": who.home[:1],
        "people": who.people[:1], "district": who.district[:1],
    }  # fmt: skip
    return replace(who, **(one | changes))


def at(depth):
    depth = np.atleast_1d(np.asarray(depth, float))
    return Water(depth, depth, (depth > 0).astype(float))


@pytest.mark.parametrize(("cm", "per_m2"), [(50, 3997), (100, 4807), (200, 5616)])
def test_a_home_under_sea_water_costs_what_the_danish_report_says(any_kernels, who, cm, per_m2):
    """SkadesØkonomi faglig beskrivelse: 1167.86 ln(cm) - 571.21 kr per m2 of ground floor."""
    kr = damage("danish", house(who), at(cm / 100), price_year=2017)
    assert kr[0] / 100.0 == pytest.approx(per_m2, abs=0.6)


def test_river_is_a_third_of_surge_and_cloudburst_is_flat(any_kernels, who):
    surge, river, rain, more_rain = (
        damage("danish", house(who), at(depth), water, price_year=2017)[0]
        for water, depth in (("surge", 1), ("river", 1), ("cloudburst", 0.25), ("cloudburst", 2))
    )
    assert river == pytest.approx(surge / 3, rel=1e-4)
    assert rain == more_rain == pytest.approx(125_700)


def test_a_garage_costs_the_same_whatever_its_size(any_kernels, who):
    for area in (10.0, 90.0):
        garage = house(who, use=np.array(["garage"], object), area=np.array([area]))
        assert damage("danish", garage, at(1.0), price_year=2017)[0] == 30_000


def test_a_basement_costs_by_its_own_area_from_the_least_depth(any_kernels, who):
    dry_floor = damage("danish", house(who), at(0.2), price_year=2017)
    with_cellar = house(who, basement_area=np.array([50.0]))
    assert damage("danish", with_cellar, at(0.2), price_year=2017) - dry_floor == pytest.approx(
        [50 * 578]
    )
    assert damage("danish", with_cellar, at(0.19), price_year=2017)[0] == 0.0


def test_shallow_water_never_earns_money_where_the_formula_goes_negative(any_kernels, who):
    costs = replace(
        costs_for("danish", house(who, use=np.array(["holiday_home"], object))), least=0
    )
    assert cost_at(costs, np.array([0.03]))[0] == 0.0


@pytest.mark.parametrize(
    ("use", "metres", "share"),
    [("home", 1, 0.40), ("business", 1, 0.30), ("industry", 1, 0.27), ("home", 2.5, 0.675)],
)
def test_the_european_curves_give_their_published_shares(any_kernels, who, use, metres, share):
    """Huizinga et al. 2017, doi:10.2760/16510, Europe; 2.5 m lies between 2 and 3 m."""
    largest = {"home": 886.9, "business": 1218.2, "industry": 977.0}[use]
    euro = damage("jrc", house(who, use=np.array([use], object)), at(metres), currency="EUR",
                  price_year=2010)  # fmt: skip
    assert euro[0] / 100.0 == pytest.approx(share * largest, rel=1e-4)


def test_the_european_maxima_of_denmark_follow_from_its_wealth():
    """Huizinga 2017: 24.078 GDP^0.3852 and so on, at 57,647.925 US dollars of 2010."""
    for value in values().values():
        assert value.largest(57_647.925) == pytest.approx(value.largest(), rel=1e-3)


def test_a_poorer_country_loses_less_and_nonsense_is_refused(who):
    poorer = jrc_for(20_000.0)
    assert damage(poorer, house(who), at(1.0)) < damage("jrc", house(who), at(1.0))
    with pytest.raises(BadValue, match="per head"):
        jrc_for(-1.0)


def test_the_european_depth_counts_from_the_floor_and_two_floors_count(any_kernels, who):
    raised = house(who, floor_height=np.array([0.5]))
    assert damage("jrc", raised, at(0.5))[0] == 0.0
    np.testing.assert_allclose(damage("jrc", raised, at(1.5)), damage("jrc", house(who), at(1.0)))
    by_floors = [
        damage("jrc", house(who, floors=np.array([f])), at(1.0))[0] for f in (1.0, 2.0, 6.0)
    ]
    assert by_floors[1] == by_floors[2] == pytest.approx(2 * by_floors[0])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(sorted(FAMILIES)), st.sampled_from(sorted(WATERS)),
    st.sampled_from(sorted(use_rows())), st.lists(st.floats(0, 12), min_size=2, max_size=8),
    st.floats(0, 1.5), st.floats(0, 200),
)  # fmt: skip
def test_more_water_never_costs_less_and_no_water_nothing(
    any_kernels, who, family, water, use, depths, lift, cellar
):
    depths = np.sort(depths)
    n = depths.size
    row = house(who, use=np.array([use] * n, object), area=np.full(n, 80.0), floors=np.ones(n),
                floor_height=np.full(n, lift), basement_area=np.full(n, cellar),
                ids=np.arange(n).astype(object))  # fmt: skip
    cost = damage(family, row, at(depths), water)
    assert (cost >= 0).all()
    assert (np.diff(cost) >= -1e-6).all()
    assert (cost[depths == 0] == 0).all()


def test_every_use_has_a_row_in_every_catalogue():
    assert {row.jrc for row in use_rows().values()} <= set(curves()[0]) & set(values())
    for row in use_rows().values():
        for water in WATERS:
            assert (water, row.danish) in functions()


def test_the_order_of_the_buildings_changes_nothing(who):
    order = np.random.default_rng(4).permutation(who.count)
    depth = np.linspace(0, 3, who.count)
    mixed = replace(
        who,
        **{
            name: getattr(who, name)[order]
            for name in ("ids", "use", "area", "floors", "floor_height", "basement_area",
                         "dwellings", "home", "people", "district")
        },
    )  # fmt: skip
    for family in FAMILIES:
        straight = damage(family, who, at(depth))
        np.testing.assert_array_equal(damage(family, mixed, at(depth[order])), straight[order])


def test_money_is_moved_by_the_index_and_back():
    assert moved("DKK", 2017, "DKK", 2024) == pytest.approx(118.82 / 101.40)
    assert moved("EUR", 2010, "DKK", 2010) == 7.45
    assert moved("EUR", 2010, "DKK", 2024) == pytest.approx(7.45 * 118.82 / 93.34)
    assert moved("DKK", 2010, "DKK", 2024) * moved("DKK", 2024, "DKK", 2010) == pytest.approx(1)


def test_a_price_year_or_currency_without_numbers_is_refused():
    with pytest.raises(BadValue, match=r"prices\.csv"):
        moved("DKK", 2017, "DKK", 1872)
    with pytest.raises(BadValue, match=r"currencies\.csv"):
        moved("DKK", 2017, "SEK", 2017)
    assert families_for("SEK") == ()


def test_an_unknown_family_water_or_measure_is_refused(who):
    for wrong in (
        {"family": "hazus"}, {"water": "tsunami"}, {"measure": "median"}
    ):  # fmt: skip
        words = {"family": "jrc", "exposure": house(who), "water_at": at(1.0)} | wrong
        with pytest.raises(BadValue, match=next(iter(wrong.values()))):
            damage(**words)


def test_low_middle_and_high_are_the_smallest_median_and_largest():
    members = np.array([[4.0, 1.0], [1.0, 1.0], [2.0, 1.0], [9.0, 1.0]])
    assert spread(members).tolist() == [[1.0, 1.0], [3.0, 1.0], [9.0, 1.0]]


def test_buildings_that_do_not_fit_are_all_named_at_once(valley):
    buildings = valley.buildings.assign(use="castle")
    buildings.loc[1, "id"] = "b0"
    with pytest.raises(BadCity) as error:
        exposure(valley.with_(buildings=buildings))
    assert len(error.value.problems) == 3
    assert "castle" in str(error.value)


def test_residents_add_up_to_everybody(valley):
    columns = ["children", "adults", "older", "oldest"]
    assert exposure(valley).people.sum() == pytest.approx(valley.people[columns].sum().sum())
