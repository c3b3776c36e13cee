"""Classes and stability of the worst moment, from the largest depth, speed and product."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.flood.dynamic.record import Simulation, Snapshot, WaterBalance
from fjordby.grid import Grid
from fjordby.harm.danger import class_limits, danger, danger_class
from fjordby.harm.moving_water import hazard, stabilities


def run_of(depths, speeds):
    """A run whose cells go through depths and speeds over time, shapes (times, cells)."""
    depths, speeds = np.atleast_2d(depths, speeds)
    grid = Grid(0.0, 10.0, 10.0, 1, depths.shape[1], "EPSG:25832")

    def most(values):
        return values.max(axis=0).astype(np.float32)[None, :]

    still, none = most(0 * depths), pd.DataFrame()
    return Simulation(
        grid, still, most(depths), most(speeds), most(depths * speeds), still, still[None],
        (0.05,), Snapshot(0.0, still, still, still), (), none, none, none, none,
        WaterBalance(0, 0, 0, 0, 0, 0, 0, 0),
    )  # fmt: skip


def swept(depth, speed):
    return {who for who, raster in hazard(run_of([depth], [speed])).swept.items() if raster.any()}


@pytest.mark.parametrize(
    ("depth", "speed", "who"),
    [
        (0.0, 0.0, set()),
        (0.25, 1.0, set()),
        (0.29, 1.1, {"small_car"}),
        (0.35, 1.2, {"small_car", "children"}),  # 0.42 m2/s
        (0.45, 0.1, {"small_car", "large_car"}),
        (0.6, 0.5, {"small_car", "large_car", "large_4wd", "children"}),
        (1.0, 0.7, {"small_car", "large_car", "large_4wd", "children", "adults"}),
        (0.05, 3.1, {one.id for one in stabilities()}),
    ],
)
def test_people_and_cars_stand_as_in_the_tables(depth, speed, who):
    """Cox et al. 2010 (people) and Shand et al. 2011 (cars), read off their tables by hand."""
    assert swept(depth, speed) == who


def test_every_row_of_the_table_holds_at_its_own_limits_and_not_beyond():
    for one in stabilities():
        assert one.source
        assert one.name["da"] != one.name["en"]
        assert one.id not in swept(one.depth, one.product / one.depth * 0.999)
        assert one.id in swept(one.depth * 1.001, 0.0)
        assert one.id in swept(one.depth, one.product / one.depth * 1.001)


MOMENTS = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None)
@given(MOMENTS)
def test_the_largest_of_each_gives_the_class_and_the_stability_of_the_worst_moment(moments):
    values = np.array(moments, np.float32).astype(np.float64)
    depth, speed = values.T
    product = (depth * speed).astype(np.float32).astype(np.float64)
    each = danger_class(depth, speed, product)
    found = hazard(run_of(depth[:, None], speed[:, None]))
    if (depth > 0).any():
        worst = each[depth > 0].max()
        dry_speed = speed[depth == 0].max(initial=0.0)
        if dry_speed == 0.0:
            assert found.danger.classes.values[0, 0] == worst
    for one in stabilities():
        limits = np.float32([one.depth, one.speed, one.product])
        beyond = ((depth > limits[0]) | (speed > limits[1]) | (product > limits[2])).any()
        assert found.swept[one.id].values[0, 0] == beyond


def test_the_limits_of_the_classes_rise_from_class_to_class():
    """What makes the class of the largest values the largest class."""
    limits = np.array([row[2:] for row in class_limits()])
    assert (np.diff(limits[:-1], axis=0) >= 0).all()


def test_a_wave_that_is_deep_and_fast_at_other_times_is_less_dangerous_than_their_product():
    run = run_of([[1.0], [0.1]], [[0.2], [1.9]])
    flood = run.flood("surge")
    apart = danger(type(flood)(flood.depth, "surge", "x", speed=flood.speed))
    together = hazard(run).danger
    assert apart.classes.values[0, 0] == 5  # as if 1 m had run at 1.9 m/s
    assert together.classes.values[0, 0] == 3
    assert together.rating.values[0, 0] == pytest.approx(0.2 + 0.5 * 1.0 + 1.0)
    assert apart.rating.values[0, 0] == pytest.approx(1.9 + 0.5 * 1.0 + 1.0)


def test_the_dataset_explains_its_classes():
    data = hazard(run_of([0.0, 0.6], [0.0, 0.5])).dataset()
    assert isinstance(data, xr.Dataset)
    for name, variable in data.data_vars.items():
        assert variable.attrs["long_name"]
        assert variable.attrs["references"]
        if name != "hazard_rating":
            values = variable.attrs["flag_values"]
            assert values.dtype == variable.dtype
            words = variable.attrs["flag_meanings"].split()
            assert len(words) == len(values)
            assert all(word.replace("_", "").isalnum() and word.isascii() for word in words)
    assert data.swept_children.values.tolist() == [[0, 1]]
    assert data.swept_adults.values.tolist() == [[0, 0]]
