"""Losses read from a response surface are those of the maps it stands for."""

import numpy as np
import pytest

from fjordby.errors import BadValue
from fjordby.flood import city_connection, still_water
from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, Settings, Tolerance, build, recipe_of
from fjordby.harm import cost_at, costs_for, families_for, stakes, water_at
from fjordby.harm.families import measured
from fjordby.shock import NOW, event_set
from fjordby.study.losses import SURGES
from fjordby.study.response_losses import beyond_share, surface_losses, surface_waters


@pytest.fixture(scope="module")
def surface(stormy_valley, tmp_path_factory):
    """The instant engine between some sea levels."""
    connection = city_connection(stormy_valley)

    def at(point):
        depth = still_water(stormy_valley.terrain, connection, point["sea_peak"])
        return Flood(depth, "surge", "sea_connection")

    asked = Settings(Tolerance(0.01, 0.03), budget=20, checks=2)
    axes, folder = (Axis("sea_peak", 0.5, 3.5),), tmp_path_factory.mktemp("surface")
    return build(axes, at, folder, asked, recipe=recipe_of(stormy_valley))


@pytest.fixture(scope="module")
def surges(stormy_valley):
    """The surges of today's climate."""
    return event_set(stormy_valley, NOW, SURGES, families=("surge",))


def test_water_at_buildings_is_that_of_the_map(stormy_valley, surface, surges):
    prints = stakes(stormy_valley).prints
    for event, water in zip(surges, surface_waters(prints, surface, surges), strict=True):
        whole = water_at(prints, surface.depth(event, "nearest").depth)
        assert water.deepest == pytest.approx(whole.deepest, abs=1e-6)
        assert water.mean == pytest.approx(whole.mean, abs=1e-6)
        assert water.wet == pytest.approx(whole.wet)


def test_yearly_losses_from_the_surface_are_those_of_every_map(stormy_valley, surface, surges):
    """The engine run for each of thirteen surges, against the surface of some runs."""
    ready, connection = stakes(stormy_valley), city_connection(stormy_valley)
    families = families_for(stormy_valley.currency)
    found = surface_losses(stormy_valley, ready, families, surface, surges)
    for family in families:
        costs = costs_for(family, ready.exposure, "surge", stormy_valley.currency)
        true = 0.0
        for event in surges:
            depth = still_water(stormy_valley.terrain, connection, event.sea_peak)
            loss = cost_at(costs, measured(water_at(ready.prints, depth), family.measure))
            true += event.weight * float(np.sum(loss))
        assert found[family.id].expected.sum() == pytest.approx(true, rel=0.05)
        assert found[family.id].events == len(surges)


def test_a_surface_on_another_grid_is_refused(stormy_valley, surface, surges):
    coarse = stormy_valley.grid
    other = type(coarse)(coarse.west, coarse.north, 20.0, 20, 50, coarse.crs)
    prints = stakes(stormy_valley, other).prints
    with pytest.raises(BadValue, match="a surface on the buildings' grid"):
        list(surface_waters(prints, surface, surges))


def test_what_lies_above_the_runs_is_told(surface, surges):
    assert 0.0 <= beyond_share(surface, surges) < 0.2
    assert beyond_share(surface, ()) == 0.0
