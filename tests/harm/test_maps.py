"""Depth maps from other programs are read as they are meant, or refused with a reason."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from fjordby.errors import BadFile, BadValue
from fjordby.flood import city_connection, sea_flood
from fjordby.grid import Grid
from fjordby.harm import depth_of_levels, impact, read_depth

CRS = "EPSG:25832"


@pytest.fixture
def write(tmp_path):
    def make(values, name="depth.tif", cell=10.0, west=0.0, north=400.0, crs=CRS, **more):
        path = tmp_path / name
        values = np.asarray(values, np.float32)
        profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1]}
        profile |= {"count": 1, "dtype": "float32", "crs": crs}
        profile |= {"transform": Affine(cell, 0.0, west, 0.0, -cell, north)} | more
        units = profile.pop("units", None)
        with rasterio.open(path, "w", **profile) as file:
            file.write(values, 1)
            if units:
                file.units = (units,)
        return path

    return make


def model_output(valley, level=1.5):
    """Return a depth as flood models write it: nodata where dry, the sea deep."""
    depth = level - valley.terrain.values
    return np.where(depth > 0, depth, -9999.0)


def test_a_map_of_our_own_flood_hurts_the_same(valley, write):
    ours = impact(valley, sea_flood(valley, 1.5, city_connection(valley)))
    path = write(model_output(valley), nodata=-9999.0)
    theirs = impact(valley, read_depth(path, valley))
    np.testing.assert_allclose(theirs.values, ours.values, rtol=1e-5, atol=1e-6)
    assert "its own cells kept" in theirs.engine[0]


def test_a_finer_map_keeps_its_cells_and_hurts_about_the_same(valley, write):
    fine = np.kron(valley.terrain.values, np.ones((4, 4)))
    path = write(np.maximum(1.5 - fine, 0.0), cell=2.5)
    flood = read_depth(path, valley)
    assert flood.grid.cell == 2.5
    ours = impact(valley, sea_flood(valley, 1.5))
    theirs = impact(valley, flood)
    for measure in ("buildings", "people", "damage_danish", "damage_jrc"):
        assert theirs.total(measure) == pytest.approx(ours.total(measure), rel=1e-4)
    assert theirs.total("road_km") == pytest.approx(ours.total("road_km"), rel=0.05)


def test_a_larger_map_is_cut_to_the_city_and_a_part_is_a_part(valley, write):
    wide = write(np.ones((60, 140)), west=-200.0, north=500.0)
    assert read_depth(wide, valley.grid).grid == valley.grid
    part = write(np.ones((40, 20)), west=300.0, name="part.tif")
    assert read_depth(part, valley.grid).grid.bounds == (300.0, 0.0, 500.0, 400.0)
    with pytest.raises(BadFile, match="covering 20%"):
        read_depth(part, valley.grid, least_cover=0.5)


def test_a_map_in_degrees_is_brought_to_the_citys_grid(write):
    city_grid = Grid(530_000.0, 6_175_000.0, 10.0, 100, 100, CRS)
    path = write(np.full((40, 40), 0.7), crs="EPSG:4326", cell=0.001, west=9.46, north=55.73)
    flood = read_depth(path, city_grid)
    assert flood.grid == city_grid
    assert "nearest from EPSG:4326" in flood.engine
    known = np.isfinite(flood.depth.values)
    assert known.any()
    assert flood.depth.values[known] == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("unit", "factor"), [("cm", 0.01), ("mm", 0.001), ("ft", 0.3048), ("m", 1)]
)
def test_units_are_what_the_caller_or_the_file_says(valley, write, unit, factor):
    said = write(np.full((40, 100), 0.5 / factor), name="said.tif")
    tagged = write(np.full((40, 100), 0.5 / factor), name="tagged.tif", units=unit)
    for flood in (read_depth(said, valley.grid, unit=unit), read_depth(tagged, valley.grid)):
        assert flood.depth.values == pytest.approx(0.5)


def test_a_speed_comes_along_and_must_fit(valley, write):
    depth, speed = write(np.ones((40, 100))), write(np.full((40, 100), 0.5), name="v.tif")
    flood = read_depth(depth, valley, speed=speed, water="river")
    assert flood.speed is not None
    assert impact(valley, flood).danger_basis == "depth and speed"
    with pytest.raises(BadFile, match="same cells"):
        read_depth(depth, valley, speed=write(np.ones((20, 50)), name="w.tif", cell=20.0))
    with pytest.raises(BadFile, match="speeds from 0"):
        read_depth(depth, valley, speed=write(np.full((40, 100), 90.0), name="x.tif"))


def test_the_quiet_sea_of_the_city_is_no_flood(valley, write):
    flood = read_depth(write(np.ones((40, 100))), valley)
    assert np.isnan(flood.depth.values[valley.sea.values]).all()


def test_what_is_wrong_with_a_map_is_said(valley, write, tmp_path):
    text = tmp_path / "notes.tif"
    text.write_text("not a raster")
    cases = [
        (text, {}, "can be opened"),
        (tmp_path / "missing.tif", {}, "can be opened"),
        (write(np.ones((4, 4)), name="a.tif", crs=None), {}, "coordinate system"),
        (write(np.ones((4, 4)), name="b.tif", west=9e5), {}, "overlaps"),
        (write(np.ones((4, 4)), name="c.tif", crs="EPSG:4326", west=100, north=50), {}, "overlaps"),
        (write(np.full((40, 100), -9999.0), name="d.tif"), {}, "nodata="),
        (write(np.full((40, 100), 150.0), name="e.tif"), {}, "unit='cm'"),
        (write(np.ones((40, 100)), name="f.tif"), {"band": 2}, "band 1 to 1"),
        (write(np.ones((40, 100)), name="g.tif", units="fathom"), {}, "fathom"),
    ]
    for path, more, words in cases:
        with pytest.raises(BadFile, match=words):
            read_depth(path, valley, **more)
    for wrong in ({"unit": "inch"}, {"resampling": "cubic"}, {"water": "lava"}):
        with pytest.raises(BadValue, match=next(iter(wrong.values()))):
            read_depth(write(np.ones((40, 100)), name="h.tif"), valley, **wrong)


def test_a_nodata_number_that_only_the_caller_knows_is_dry(valley, write):
    values = np.where(valley.terrain.values < 1, 0.5, 1e20)
    flood = read_depth(write(values), valley.grid, nodata=1e20)
    assert flood.depth.values.max() == 0.5


def test_levels_become_depths(valley):
    level = np.where(valley.terrain.values < 1.5, 1.5, np.nan)
    depth = depth_of_levels(valley.grid.raster(level, "level"), valley.terrain)
    assert depth.values.max() == pytest.approx(1.5 - valley.terrain.values.min())
    assert depth.values.min() == 0.0
    other = Grid(0.0, 10.0, 10.0, 1, 1, CRS)
    with pytest.raises(BadValue, match="terrain's grid"):
        depth_of_levels(other.raster(np.ones((1, 1)), "level"), valley.terrain)
