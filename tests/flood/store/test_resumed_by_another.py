"""A run put aside belongs to its inputs: with any of them changed it is refused."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import LineString

from fjordby.errors import BadFile
from fjordby.flood.dynamic import Asked, Domain, Forcing, Keep, Options, Rain, run, steady
from fjordby.flood.dynamic.structures import Wall
from fjordby.grid import Grid

GRID = Grid(0.0, 60.0, 10.0, 6, 9, "EPSG:25832")
INPUTS = {
    "domain": Domain(GRID, np.zeros(GRID.shape), depth=np.full(GRID.shape, 0.2)),
    "forcing": Forcing(rain=Rain((steady(1e-6),))),
    "seconds": 600.0,
    "structures": (Wall("wall", LineString([(40, -5), (40, 65)]), 1.0),),
    "asked": Asked(series_every=60.0),
    "options": Options(),
}
OTHERS = {
    "domain": replace(INPUTS["domain"], roughness=0.05),
    "forcing": Forcing(rain=Rain((steady(2e-6),))),
    "seconds": 660.0,
    "structures": (replace(INPUTS["structures"][0], crest=1.1),),
    "asked": Asked(series_every=60.0, thresholds=(0.1,)),
    "options": Options(theta=0.8),
}


@pytest.fixture
def aside(tmp_path):
    """A run that was stopped half way, and where it was put."""
    keep = Keep(tmp_path / "run.checkpoint", every=0.0)

    def stop(share, doing):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(**INPUTS, keep=keep, progress=stop)
    assert keep.path.exists()
    return keep


@pytest.mark.parametrize("changed", OTHERS)
def test_a_run_put_aside_is_refused_to_another(aside, changed):
    with pytest.raises(BadFile, match="a checkpoint of this run"):
        run(**(INPUTS | {changed: OTHERS[changed]}), keep=aside)


def test_a_run_put_aside_goes_on_to_the_same_bits(aside):
    whole, resumed = run(**INPUTS), run(**INPUTS, keep=aside)
    np.testing.assert_array_equal(whole.last.depth, resumed.last.depth)
    assert whole.balance == resumed.balance
