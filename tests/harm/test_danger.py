"""Danger to life: the published classes at known depths and speeds."""

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.grid import Grid
from fjordby.harm import danger, footprints

GRID = Grid(0.0, 10.0, 10.0, 1, 8, "EPSG:25832")


def flood(depth, speed=None):
    row = np.zeros((1, 8))
    row[0, : len(depth)] = depth
    fast = None
    if speed is not None:
        fast = np.zeros((1, 8))
        fast[0, : len(speed)] = speed
        fast = GRID.raster(fast, "speed", "m/s")
    return Flood(GRID.raster(row, "depth"), "surge", "test", fast)


def test_the_uk_rating_at_known_points(any_kernels):
    """FD2321: HR = d (v + 0.5) + DF with DF 0, 0.5, 1 in woodland and 0, 1, 1 in towns."""
    water = flood([0.2, 0.5, 1.0, 0.2], [1.0, 1.0, 1.0, 3.0])
    town = danger(water).rating.values[0, :4]
    assert town == pytest.approx([0.3, 1.75, 2.5, 1.7])
    wood = danger(water, land="woodland").rating.values[0, :4]
    assert wood == pytest.approx([0.3, 1.25, 2.5, 1.7])
    cautious = danger(water, land="cautious").rating.values[0, :2]
    assert cautious == pytest.approx([0.8, 1.75])


def test_the_two_reports_differ_only_where_danger_is_for_all(any_kernels):
    water = flood([1.0, 1.0, 0.5, 0.2], [0.8, 1.2, 0.0, 0.0])  # 2.3, 2.7, 1.25, 0.1
    assert danger(water).rating_class.values[0, :4].tolist() == [3, 3, 2, 0]
    other = danger(water, limits="FD2321").rating_class.values[0, :4]
    assert other.tolist() == [2, 3, 2, 0]


@pytest.mark.parametrize(
    ("depth", "speed", "name"),
    [
        (0.3, 1.0, 1), (0.3, 1.5, 2), (0.5, 1.2, 2), (0.5, 1.3, 4), (1.2, 0.5, 3), (1.3, 0.4, 4),
        (2.0, 0.5, 4), (2.1, 0.1, 5), (1.0, 2.1, 5), (4.0, 1.0, 5), (4.1, 0.0, 6), (0.1, 4.1, 6),
    ],
)  # fmt: skip
def test_the_australian_classes_at_their_limits(any_kernels, depth, speed, name):
    """AIDR Guideline 7-3 (2017): D 0.3 0.5 1.2 2 4, V 2 2 2 2 4, DV 0.3 0.6 0.6 1 4."""
    assert danger(flood([depth], [speed])).classes.values[0, 0] == name


def test_without_a_speed_depth_alone_speaks_and_says_so(any_kernels):
    still, moving = danger(flood([0.6, 1.5])), danger(flood([0.6, 1.5], [1.0, 1.0]))
    assert (still.basis, moving.basis) == ("depth", "depth and speed")
    assert (still.classes.values <= moving.classes.values).all()
    assert still.classes.values[0, :2].tolist() == [3, 4]


def test_dry_is_safe_unknown_is_unknown_and_a_building_has_its_worst_cell(any_kernels, valley):
    found = danger(flood([0.0, np.nan, 0.4, 2.5]))
    assert found.classes.values[0, :2].tolist() == [0, 0]
    assert np.isnan(found.rating.values[0, 1])
    import geopandas as gpd
    from shapely.geometry import box

    house = footprints(gpd.GeoSeries([box(15, 2, 35, 8)], crs=GRID.crs), GRID)
    rating, classes = found.at(house)
    assert (rating[0], classes[0]) == (3, 5)


def test_unknown_land_or_limits_are_refused():
    with pytest.raises(BadValue, match="pasture"):
        danger(flood([1.0]), land="moon")
    with pytest.raises(BadValue, match="FD2321"):
        danger(flood([1.0]), limits="FD9999")
