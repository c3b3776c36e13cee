"""Between runs of the dynamic engine: a shore, a surge and a stream."""

import numpy as np
import pytest

from fjordby.flood.dynamic import Domain, Forcing, Inflow, Level, along_edge, run
from fjordby.flood.response import Axis, Settings, Tolerance, build, score
from fjordby.flood.response.fit import cleaned
from fjordby.grid import Grid
from fjordby.shock import Series

AXES = (Axis("sea_peak", 0.3, 2.0), Axis("stream_peak", 0.5, 8.0, "m3/s"))
GRID = Grid(0.0, 160.0, 20.0, 8, 24, "EPSG:25832")


def flood_at(point):
    """Half an hour of surge from the west over a shore with a stream in its middle."""
    x = np.arange(GRID.nx) * 0.1 - 0.3
    bed = np.repeat(x[None, :], GRID.ny, axis=0)
    bed[3:5] -= 0.4
    rows, columns = along_edge(GRID, "west")
    times = np.array([0.0, 900.0, 1800.0])
    sea = Series(times, np.array([0.0, point["sea_peak"], 0.0]))
    flow = Series(times, np.array([0.0, point["stream_peak"], 0.0]))
    forcing = Forcing(
        levels=(Level("sea", rows, columns, sea),),
        inflows=(Inflow("stream", np.array([3, 4]), np.array([23, 23]), flow),),
    )
    return run(Domain(GRID, bed), forcing, 1800.0).flood("surge")


def test_a_few_runs_foretell_the_others_to_centimetres(tmp_path):
    asked = Settings(Tolerance(0.03, 0.08), budget=20, checks=3)
    surface = build(AXES, flood_at, tmp_path, asked)
    told = surface.errors[surface.errors.how == "check"]
    assert surface.met
    assert told.rms.max() < 0.06
    assert told.held.mean() > 0.8
    assert float(surface.about["bent"]) < 0.05
    point = {"sea_peak": 1.37, "stream_peak": 3.3}
    true = cleaned(flood_at(point).depth.values.ravel())
    found = surface.depth(point).depth.values.ravel()
    assert score(found, true).rms == pytest.approx(0.0, abs=0.06)
