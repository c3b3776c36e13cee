"""Results on the grid come back as they were written, or say what is wrong."""

import numpy as np
import pytest
import rasterio

from fjordby.errors import BadFile, StorageFailed
from fjordby.grid import Grid
from fjordby.study.rasters import read_raster, write_raster

GRID = Grid(500_000.0, 6_200_000.0, 5.0, 7, 9, "EPSG:25832")


@pytest.fixture
def depth():
    values = np.linspace(0, 3, 63, dtype=np.float32).reshape(7, 9)
    values[2, 3] = np.nan
    return GRID.raster(values, "depth")


def test_a_result_comes_back_with_its_place_its_gaps_and_its_unit(depth, tmp_path):
    back = read_raster(write_raster(depth, tmp_path / "deep" / "d.tif"), "depth")
    assert Grid.of(back) == GRID
    assert np.array_equal(back.values, depth.values, equal_nan=True)
    assert back.values.dtype == np.float32
    assert back.attrs["units"] == depth.attrs["units"] == "m"


def test_anybody_s_map_program_reads_it(depth, tmp_path):
    path = write_raster(depth, tmp_path / "d.tif", {"event": "bodil-2013"})
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 25832
        assert tuple(file.bounds) == (500_000.0, 6_199_965.0, 500_045.0, 6_200_000.0)
        assert file.tags()["event"] == "bodil-2013"


def test_the_same_result_is_the_same_file(depth, tmp_path):
    one, other = (write_raster(depth, tmp_path / name) for name in ("a.tif", "b.tif"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("content", [b"", b"not a raster", b"II*\0" + b"\0" * 60])
def test_what_is_no_raster_says_how_to_mend_it(content, tmp_path):
    path = tmp_path / "d.tif"
    path.write_bytes(content)
    with pytest.raises(BadFile, match="Run the study again"):
        read_raster(path, "depth")


def test_half_a_raster_is_refused(depth, tmp_path):
    big = Grid(0.0, 5000.0, 5.0, 600, 600, "EPSG:25832")
    noise = np.random.default_rng(1).normal(size=big.shape).astype(np.float32)
    path = write_raster(big.raster(noise, "depth"), tmp_path / "d.tif")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadFile, match="the result depth"):
        read_raster(path, "depth")


def test_a_raster_that_does_not_say_where_on_earth_is_refused(tmp_path):
    path, about = tmp_path / "d.tif", {"height": 2, "width": 2, "count": 1, "dtype": "float32"}
    place = rasterio.Affine(5.0, 0.0, 0.0, 0.0, -5.0, 10.0)
    with rasterio.open(path, "w", driver="GTiff", transform=place, **about) as file:
        file.write(np.zeros((1, 2, 2), np.float32))
    with pytest.raises(BadFile, match="no coordinate system"):
        read_raster(path, "depth")


def test_a_missing_raster_is_named(tmp_path):
    with pytest.raises(BadFile, match="the result connection"):
        read_raster(tmp_path / "none.tif", "connection")


def test_a_raster_that_cannot_be_written_leaves_nothing(depth, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        write_raster(depth, tmp_path / "file" / "d.tif")
