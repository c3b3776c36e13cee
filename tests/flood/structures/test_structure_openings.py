"""A run tells how far what moves is open: gates, breaches and pumps, over time."""

import numpy as np
import pytest
from shapely import LineString

from fjordby.flood.dynamic import Asked, Domain, Forcing, Keep, Level, run
from fjordby.flood.dynamic.structures import Breach, Gate, Pump, Wall
from fjordby.grid import Grid
from fjordby.shock.event import Series

GRID = Grid(0.0, 30.0, 10.0, 3, 12, "EPSG:25832")
ACROSS = LineString([(60, -10), (60, 40)])
#: Open for five minutes, then half open.
HALF = Series(np.array([0.0, 299.0, 300.0]), np.array([1.0, 1.0, 0.5]))
ASKED = Asked(series_every=60.0)


def lakes(depth=1.0):
    return Domain(GRID, np.zeros(GRID.shape), depth=np.full(GRID.shape, depth))


def test_a_gate_tells_how_far_its_leaf_is_on_its_way():
    """The leaf goes 50 m from open to shut, at 0.1 m/s: half of it takes 250 s."""
    gate = Gate("gate", ACROSS, 0.0, 2.0, rule=HALF, kind="aside", speed=0.1)
    found = run(lakes(), Forcing(), 900.0, (gate,), ASKED).opened["gate"]
    assert found[0.0] == found[240.0] == 1.0
    assert found[360.0] == pytest.approx(1.0 - 60.0 * 0.1 / 50.0, abs=0.04)
    assert found[900.0] == pytest.approx(0.5)
    assert (np.diff(found) <= 0.0).all()


def test_a_breach_tells_how_wide_it_is():
    parts = (
        Wall("wall", ACROSS, 2.0),
        Breach("breach", "wall", 60.0, 15.0, 0.0, width=20.0, duration=600.0, start=0.0),
    )
    found = run(lakes(), Forcing(), 900.0, parts, ASKED).opened["breach"]
    assert found[300.0] == pytest.approx(10.0, abs=0.5)
    assert found[900.0] == pytest.approx(20.0)


def test_nothing_moves_nothing_is_told():
    found = run(lakes(), Forcing(), 60.0, (Wall("wall", ACROSS, 2.0),), ASKED)
    assert found.opened.empty
    assert "wall" in found.structures


def test_a_run_that_goes_on_tells_the_whole_way(tmp_path):
    gate = Gate("gate", ACROSS, 0.0, 2.0, rule=HALF, kind="aside", speed=0.1)
    tide = Series(np.array([0.0, 900.0]), np.array([1.0, 1.4]))
    sea = Level("sea", np.arange(3), np.zeros(3, np.int64), tide)
    asked = (lakes(), Forcing(levels=(sea,)), 900.0, (gate,), ASKED)

    def stop(done, _):
        if done > 0.5:
            raise KeyboardInterrupt

    keep = Keep(tmp_path / "run.checkpoint", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run(*asked, progress=stop, keep=keep)
    whole, again = run(*asked), run(*asked, keep=keep)
    np.testing.assert_array_equal(whole.opened.to_numpy(), again.opened.to_numpy())


def test_a_pump_tells_how_many_units_run():
    """Water of 1 m starts the first of two, and it never falls to where that one stops."""
    pump = Pump("pump", (15.0, 15.0), (95.0, 15.0), starts=(0.5, 2.0), stops=(0.1, 1.5),
                heads=(0.0, 4.0), flows=(0.01, 0.005))  # fmt: skip
    found = run(lakes(), Forcing(), 120.0, (pump,), ASKED).opened["pump"]
    assert found.to_list()[1:] == [1.0, 1.0]
