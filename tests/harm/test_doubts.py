"""A map that may be no map of depths is told to the person; curves that count twice are refused."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from fjordby.errors import BadFile, BadValue
from fjordby.flood import sea_flood
from fjordby.harm import doubts, families_for, read_curves, read_depth


def stored(path, grid, values, nodata=None):
    place = Affine(grid.cell, 0, grid.west, 0, -grid.cell, grid.north)
    profile = {"height": values.shape[0], "width": values.shape[1], "count": 1, "crs": grid.crs}
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", transform=place, nodata=nodata, **profile
    ) as file:
        file.write(values.astype("float32"), 1)
    return path


@pytest.fixture
def depth(valley):
    return np.nan_to_num(sea_flood(valley, 2.0).depth.values)


def said(tmp_path, valley, values):
    map_ = read_depth(stored(tmp_path / "map.tif", valley.grid, values), valley)
    return " ".join(doubt.en for doubt in doubts(map_, valley))


def test_a_map_of_depths_of_the_whole_city_raises_no_doubt(valley, depth, tmp_path):
    assert said(tmp_path, valley, depth) == ""


def test_a_map_of_half_the_city_says_how_much_it_knows(valley, depth, tmp_path):
    """The sea is the western fifth of the valley: of its land, the western half is 3 in 8."""
    assert "covers 38 % of the city's land" in said(tmp_path, valley, depth[:, :50])


def test_a_map_without_water_says_so(valley, depth, tmp_path):
    assert "no water on land" in said(tmp_path, valley, 0 * depth)


def test_water_on_every_hill_is_doubted(valley, depth, tmp_path):
    assert "All land" in said(tmp_path, valley, depth + 1.0)


def test_a_map_of_levels_or_of_wet_and_dry_is_doubted(valley, depth, tmp_path):
    assert "All water is 2.00 m deep" in said(tmp_path, valley, np.where(depth > 0, 2.0, 0.0))


def test_half_a_file_is_told_as_one(valley, depth, tmp_path):
    path = stored(tmp_path / "map.tif", valley.grid, depth)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadFile, match="all of it was copied") as caught:
        read_depth(path, valley)
    assert "previous exception" not in str(caught.value)


def test_curves_of_one_name_do_not_count_twice(tmp_path):
    """Each model counts once in the middle over all: the same file twice moved it."""
    path = tmp_path / "mine.csv"
    path.write_text(
        "use,depth_m,damage_per_m2,price_year,currency\n"
        "default,0,0,2024,DKK\ndefault,1,1000,2024,DKK\n"
    )
    mine = read_curves(path)
    with pytest.raises(BadValue, match="two called own:mine"):
        families_for("DKK", mine, read_curves(path))
    assert families_for("DKK", mine, replace(mine, id="own:other"))[-2:] != (mine, mine)
