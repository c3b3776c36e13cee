"""The parts of a made-up town one by one: bridges, dry land, blocks, outlines, residents."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from fjordby.city.town.bridges import bridges
from fjordby.city.town.ground import lay
from fjordby.city.town.houses import Land
from fjordby.city.town.multistorey import perimeter, rows
from fjordby.city.town.network import Source, pieces_of, weave
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.residents import HOMES as KINDS
from fjordby.city.town.residents import rehouse, share
from fjordby.city.town.settle import HOMES, OPEN, area_per_person, weighted_middles
from fjordby.city.town.shapes import SHAPES, draw
from fjordby.errors import BadValue
from fjordby.grid import Grid

CRS = "EPSG:25832"
NUMBERS = Parameters({})


@pytest.fixture(scope="module")
def plain():
    """A flat square kilometre, its last 100 m in the east sea, a stream along the middle."""
    grid = Grid(0.0, 1000.0, 10.0, 100, 100, CRS)
    sea = np.zeros(grid.shape, bool)
    sea[:, 90:] = True
    terrain = grid.raster(np.where(sea, -1.0, 3.0).astype(np.float32), "terrain")
    stream = gpd.GeoDataFrame(
        {"id": ["s"], "name": [""], "width": [10.0], "bed": [0.0]},
        geometry=[LineString([(0, 500), (900, 500)])],
        crs=CRS,
    )
    census = gpd.GeoDataFrame({"population": [900]}, geometry=[box(0, 0, 1000, 1000)], crs=CRS)
    wet = grid.raster(sea, "sea", "1")
    return lay(terrain, wet, stream, census, NUMBERS), stream, wet, terrain


def test_people_are_spread_on_dry_land_only(plain):
    ground, *_ = plain
    assert ground.persons.sum() == pytest.approx(900.0)
    assert ground.persons[~ground.land].sum() == 0.0


def test_bridges_join_streets_on_both_banks_at_their_distance(plain):
    ground, stream, *_ = plain
    banks = [LineString([(0, 540), (880, 540)]), LineString([(0, 465), (880, 465)])]
    town = np.full(ground.grid.shape, HOMES, np.int8)
    built = bridges(stream, banks, ground, town, NUMBERS)
    at = np.sort([b.centroid.x for b in built])
    assert len(built) >= 3
    assert (np.diff(at) >= NUMBERS["bridge_gap"]).all()
    assert all(b.crosses(stream.geometry[0]) for b in built)
    assert all(b.distance(bank) < 1e-6 for b in built for bank in banks)


def test_no_bridge_in_the_country_nor_beside_one_nor_to_nowhere(plain):
    ground, stream, *_ = plain
    banks = [LineString([(0, 540), (880, 540)]), LineString([(0, 465), (880, 465)])]
    country = np.full(ground.grid.shape, OPEN, np.int8)
    town = np.full(ground.grid.shape, HOMES, np.int8)
    assert bridges(stream, banks, ground, country, NUMBERS) == []
    assert bridges(stream, banks[:1], ground, town, NUMBERS) == []
    there = [LineString([(x, 400), (x, 600)]) for x in (100.0, 300.0, 500.0, 700.0, 890.0)]
    assert bridges(stream, [*banks, *there], ground, town, NUMBERS) == []


def test_a_house_with_one_corner_in_the_sea_is_not_dry(plain):
    ground, _, sea, terrain = plain
    land = Land(ground, np.zeros(ground.grid.shape, np.int8), sea, terrain)
    inland = [500.0, 200.0, 1.0, 0.0, 8.0, 5.0]
    corner = [893.0, 200.0, np.cos(0.7), np.sin(0.7), 8.0, 5.0]
    outside = [2.0, 200.0, 1.0, 0.0, 8.0, 5.0]
    assert land.dry(np.array([inland, corner, outside])).tolist() == [True, False, False]


def test_a_perimeter_block_stands_around_its_yard():
    block = box(0, 0, 90, 70)
    houses = perimeter(block, np.random.default_rng(1))
    whole = shapely.union_all(houses)
    assert sum(h.area for h in houses) == pytest.approx(whole.area, abs=0.5)
    assert block.contains(whole)
    assert not whole.intersects(box(20, 20, 70, 50))
    assert 0.3 < whole.area / block.area < 0.55


def test_rows_lie_side_by_side_inside_their_block():
    block = shapely.Polygon([(0, 0), (120, 10), (110, 90), (5, 80)])
    houses = rows(block, 9.0, 25.0, (12.0, 45.0), np.random.default_rng(2))
    assert len(houses) >= 4
    assert all(block.contains(h) for h in houses)
    assert sum(h.area for h in houses) == pytest.approx(shapely.union_all(houses).area)
    assert rows(box(0, 0, 8, 8), 9.0, 25.0, (12.0, 45.0), np.random.default_rng(2)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_a_plan_fills_its_box_and_no_more(shape):
    one = np.ones(1)
    turn = 0.4 * one
    drawn = draw(shape, 10 * one, 5 * one, np.cos(turn), np.sin(turn), 60 * one, 40 * one)[0]
    frame = draw("rect", 10 * one, 5 * one, np.cos(turn), np.sin(turn), 60 * one, 40 * one)[0]
    assert drawn.is_valid
    assert frame.buffer(0.2).contains(drawn)
    assert drawn.area > 0.3 * frame.area
    assert shapely.oriented_envelope(drawn).area == pytest.approx(frame.area, rel=0.02)


def test_an_unknown_plan_is_refused():
    one = np.ones(1)
    with pytest.raises(BadValue, match="rect"):
        draw("star", one, one, one, one, one, one)


homes = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 40), st.sampled_from(KINDS)),
    min_size=4,
    max_size=60,
)


@given(homes, st.lists(st.integers(0, 4000), min_size=4, max_size=4))
@settings(max_examples=60, deadline=None)
def test_residents_always_add_up_to_their_census_cell(rows_, people):
    cell = np.array([r[0] for r in rows_], np.int64)
    beds = np.array([r[1] for r in rows_], np.float64)
    kind = np.array([r[2] for r in rows_], object)
    total = np.array(people, np.float64)
    by_age = share(cell, total, beds, kind, NUMBERS)
    held = np.bincount(cell, by_age.sum(1), 4)
    lived = np.bincount(cell, beds, 4) > 0
    assert np.allclose(held, np.where(lived, total, 0.0), atol=1e-6)
    assert (by_age >= 0).all()


def test_who_has_no_home_moves_to_the_nearest_cell_with_one():
    cell, beds = np.array([0, 2]), np.array([5.0, 1.0])
    middle = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 5.0]])
    people, away = rehouse(cell, np.array([10.0, 3.0, 7.0]), beds, middle)
    assert people.tolist() == [13.0, 0.0, 7.0]
    assert away.tolist() == [0.0, 3.0, 0.0]


def test_denser_places_take_less_land_for_each_resident():
    """450 m2 where 1000 live on a square kilometre, by the parameters; less where more do."""
    area = area_per_person(np.array([100.0, 1000.0, 3000.0, 20000.0]), NUMBERS)
    assert area[1] == pytest.approx(450.0)
    assert (np.diff(area) < 0).all()
    assert area[0] == NUMBERS["area_largest"]


def test_middles_lie_where_the_weight_is():
    weight = np.zeros((60, 60))
    weight[5:10, 5:10] = 1.0
    weight[45:50, 45:50] = 1.0
    middles = weighted_middles(weight, 2, np.random.default_rng(3))
    assert sorted(middles.tolist()) == [[7, 7], [47, 47]]
    assert weighted_middles(np.zeros((5, 5)), 3, np.random.default_rng(3)).shape == (0, 2)


def test_roads_are_cut_where_they_meet_and_stumps_are_left_out():
    cross = [LineString([(0, 50), (200, 50)]), LineString([(100, 0), (100, 60)])]
    far = LineString([(0, 300), (90, 300)])
    source = Source([*cross, far], ["primary", "residential", "residential"],
                    ["measured", "synthetic", "synthetic"], ["Vej", "", ""])  # fmt: skip
    roads = weave(source, CRS, NUMBERS, lambda link: True)
    assert pieces_of(roads).max() == 0
    # 100 + 100 m of the road and 50 m of the street; its 10 m stump and the far crumb are gone.
    assert roads.length.sum() == pytest.approx(250.0, abs=0.5)
    assert sorted(roads["name"]) == ["", "Vej", "Vej"]


def test_a_real_road_on_its_own_is_joined_by_a_link():
    lines = [LineString([(0, 0), (300, 0)]), LineString([(400, 0), (450, 0)])]
    source = Source(lines, ["primary"] * 2, ["measured"] * 2, ["A", "B"])
    roads = weave(source, CRS, NUMBERS, lambda link: False)
    assert pieces_of(roads).max() == 0
    assert roads[roads["kind"] == "synthetic"].length.tolist() == [100.0]
