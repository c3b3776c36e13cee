"""The sweep and what feeds it, compiled and as plain Python: both must tell the same story."""

from importlib import import_module

import numpy as np
import pytest
from numba import njit
from shapely import LineString

from fjordby.flood.dynamic import (
    Domain,
    Forcing,
    Infiltration,
    Inflow,
    Level,
    OpenEdge,
    Options,
    Rain,
    run,
    steady,
)
from fjordby.flood.dynamic.flow import kernels as flow_kernels
from fjordby.flood.dynamic.structures import Culvert, Wall
from fjordby.grid import Grid
from kernels_run import kernels_run

MODULES = [
    import_module(f"fjordby.flood.dynamic.{name}.kernels")
    for name in ("flow", "sweep", "sources", "survey", "march", "structures")
]


def plain_python():
    """Swap every kernel for the Python it was written in."""
    return kernels_run("python", *MODULES, more_than=40)


def town(precision, threads=1):
    """A tiny coast with everything that moves water."""
    grid = Grid(0.0, 100.0, 10.0, 10, 40, "EPSG:25832")
    hills = np.random.default_rng(3).random(grid.shape) * 0.2
    bed = 0.02 * (grid.x - 60.0)[None, :] / 10.0 + hills
    bed[7, 20] = np.nan
    rows, column = np.arange(10), np.zeros(10, int)
    forcing = Forcing(
        levels=(Level("sea", rows, column, steady(0.8)),),
        inflows=(Inflow("beck", np.array([4]), np.array([30]), steady(0.4)),),
        rain=Rain((steady(20 / 3.6e6),)),
        infiltration=Infiltration("green-ampt", 1e-6, suction=0.1, deficit=0.3),
        sewer=1e-6,
        open_edges=(OpenEdge("east", 0.01), OpenEdge("north")),
    )
    things = (
        Wall("dike", LineString([(100, 0), (100, 100)]), crest=0.6),
        Culvert("pipe", (85, 55), (125, 55), 0.0, 0.05, height=0.4),
    )
    return run(
        Domain(grid, bed, 0.03), forcing, 20.0, things,
        options=Options(precision=precision, threads=threads),
    )  # fmt: skip


@pytest.mark.parametrize("precision", ["single", "double"])
def test_the_engine_is_the_same_compiled_and_as_plain_python(precision):
    compiled = town(precision)
    with plain_python():
        plain = town(precision)
    assert compiled.depth[np.isfinite(compiled.depth)].max() > 0.5
    for name in ("depth", "speed", "arrival"):
        left, right = getattr(compiled, name), getattr(plain, name)
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=2e-5)
    assert compiled.balance.end == pytest.approx(plain.balance.end, abs=1e-3)
    assert abs(compiled.balance.error) < (1e-2 if precision == "single" else 1e-9)


def test_a_run_that_was_put_aside_ends_with_the_same_bits_compiled(tmp_path):
    from fjordby.flood.dynamic import Keep

    grid = Grid(0.0, 200.0, 10.0, 20, 50, "EPSG:25832")
    bed = np.random.default_rng(1).random(grid.shape)
    ground = Domain(grid, bed, 0.03)
    forcing = Forcing(
        inflows=(Inflow("beck", np.array([10]), np.array([10]), steady(2.0)),),
        rain=Rain((steady(5 / 3.6e6),)),
    )
    whole = run(ground, forcing, 300.0)

    def stop(share, doing):
        if share > 0.4:
            raise KeyboardInterrupt

    keep = Keep(tmp_path / "run.check")
    with pytest.raises(KeyboardInterrupt):
        run(ground, forcing, 300.0, progress=stop, keep=keep)
    assert keep.path.exists()
    resumed = run(ground, forcing, 300.0, keep=keep)
    for name in ("depth", "speed", "arrival", "duration"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
    assert resumed.balance == whole.balance


@pytest.mark.parametrize(("real", "most"), [(np.float32, 1.1e-4), (np.float64, 1e-13)])
def test_the_power_of_friction_is_as_near_as_it_says(real, most):
    depths = np.geomspace(1e-6, 5e3, 20_001).astype(real)
    found = inverse_at(depths)
    assert np.abs(found / depths.astype(np.float64) ** (-7.0 / 3.0) - 1.0).max() < most


@njit
def inverse_at(depths):
    found = np.empty(depths.size)
    for i in range(depths.size):
        found[i] = flow_kernels.inverse_seven_thirds(depths[i])
    return found
