"""The ground between trusted points: made-up landscapes whose truth is known."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from fjordby.city import terrain as tr
from fjordby.errors import BadFile, BadValue

CRS = "EPSG:25832"


def valley(x, y):
    """A floor at 1.5 m between slopes of 1 in 10 that begin 500 m north and south of y = 0."""
    return 1.5 + np.maximum(np.abs(y) - 500.0, 0.0) * 0.1 + 0 * x


@pytest.fixture(scope="module")
def landscape():
    """A town with houses of 5 m on the floor, woods of 12 m on the slopes, and points of ground."""
    rng = np.random.default_rng(1)
    cell = 100.0
    gx, gy = np.meshgrid(np.arange(40) * cell + 50, 2000 - np.arange(40) * cell - 50)
    built = (np.abs(gy) < 450) & (rng.random(gx.shape) < 0.6)
    wood = np.abs(gy) > 700
    top = valley(gx, gy) + np.where(built, 5.0, 0.0) + np.where(wood, 12.0, 0.0)
    surface = tr.Surface(top, Affine(cell, 0, 0.0, 0, -cell, 2000.0), CRS, CRS)
    x, y = rng.uniform(200, 3800, 300), rng.uniform(-1800, 1800, 300)
    points = tr.Samples(x, y, valley(x, y) + rng.normal(0, 0.05, 300))
    return surface, points, rng


def test_the_bias_of_roofs_and_woods_is_taken_off(landscape):
    surface, points, rng = landscape
    ground = tr.fuse(points, tr.looks(surface, points.x, points.y), tr.Law())
    x, y = rng.uniform(300, 3700, 500), rng.uniform(-1700, 1700, 500)
    true = valley(x, y)
    before = surface.at(x, y) - true
    after = ground.at(x, y, tr.looks(surface, x, y)) - true
    floor = np.abs(y) < 450
    assert before[floor].mean() > 2.0
    assert abs(after[floor].mean()) < 0.15
    assert np.abs(after[floor]).mean() < 0.3
    assert np.abs(after).mean() < 0.15 * np.abs(before).mean()


def test_the_ground_honours_the_points(landscape):
    surface, points, _ = landscape
    seen = tr.looks(surface, points.x, points.y)
    here = tr.fuse(points, seen, tr.Law(noise=0.01)).at(points.x, points.y, seen)
    assert np.abs(here - points.z).max() < 0.3
    assert np.abs(here - points.z).mean() < 0.05


def test_a_point_left_out_is_foreseen_as_if_it_had_never_been(landscape):
    surface, points, _ = landscape
    seen = tr.looks(surface, points.x, points.y)
    told = tr.left_out(points, seen, tr.Law())
    for i in (3, 77):
        rest = np.arange(len(points)) != i
        refitted = tr.fuse(points.where(rest), seen[rest], tr.Law())
        assert told[i] == pytest.approx(
            refitted.at(points.x[[i]], points.y[[i]], seen[[i]])[0], abs=1e-4
        )


def test_a_block_left_out_is_foreseen_as_if_it_had_never_been(landscape):
    surface, points, _ = landscape
    seen = tr.looks(surface, points.x, points.y)
    blocks = tr.square_blocks(points.x, points.y, 1000.0)
    told = tr.left_out(points, seen, tr.Law(), blocks)
    out = blocks == blocks[0]
    refitted = tr.fuse(points.where(~out), seen[~out], tr.Law())
    again = refitted.at(points.x[out], points.y[out], seen[out])
    np.testing.assert_allclose(told[out], again, atol=1e-3)
    alone = np.abs(tr.left_out(points, seen, tr.Law()) - points.z).mean()
    assert np.abs(told - points.z).mean() > alone


def test_a_lone_embankment_is_doubted_and_does_not_raise_the_town(landscape):
    surface, points, _ = landscape
    i = int(np.argmin(np.hypot(points.x - 2000, points.y)))
    z = points.z.copy()
    z[i] = 9.0
    odd = tr.Samples(points.x, points.y, z)
    seen = tr.looks(surface, odd.x, odd.y)
    doubt = tr.doubts(odd, seen, tr.Law())
    assert doubt[i] == doubt.max() > 0.1
    beside = odd.x[[i]] + 60.0, odd.y[[i]]
    look = tr.looks(surface, *beside)
    trusting = tr.fuse(odd, seen, tr.Law()).at(*beside, look)[0]
    wary = tr.fuse(odd, seen, tr.Law(), doubt).at(*beside, look)[0]
    assert abs(wary - 1.5) < 0.5 * abs(trusting - 1.5)


def test_one_large_roof_does_not_become_a_hill():
    top = np.full((20, 20), 4.0)
    top[3:17, 3:17] = 2.0
    top[10, 10] = 14.0
    surface = tr.Surface(top, Affine(100, 0, 0, 0, -100, 2000), CRS, CRS)
    at = np.array([1050.0]), np.array([950.0])
    assert surface.at(*at)[0] == pytest.approx(14.0)
    assert tr.looks(surface, *at)[0, 0] < 3.0


def test_a_surface_that_lies_aside_is_found_and_moved():
    x, y = np.meshgrid(np.arange(0, 3000, 100.0), np.arange(3000, 0, -100.0))
    hills = 20 * np.sin(x / 300) * np.cos(y / 400)
    surface = tr.Surface(hills, Affine(100, 0, -50, 0, -100, 3050), CRS, CRS)
    rng = np.random.default_rng(2)
    px, py = rng.uniform(500, 2500, 200), rng.uniform(500, 2500, 200)
    points = tr.Samples(px, py, surface.at(px + 60, py - 40) - 3.0)
    assert tr.registration(surface, points, 80.0, 20.0).shift == (60.0, -40.0)


def test_learning_makes_the_points_likelier_and_finds_the_noise(landscape):
    surface, points, _ = landscape
    some = points.where(np.arange(120))
    law = tr.learn(some, tr.looks(surface, some.x, some.y), tr.Law(noise=0.3), rounds=6)
    assert law.noise < 0.15
    assert law.scale == tr.Law().scale


@given(st.floats(-1.0, 200.0))
def test_log_heights_come_back_as_metres(height):
    law = tr.Law()
    assert law.metres(law.log(np.array([height])))[0] == pytest.approx(height, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.5, 30.0))
def test_flat_land_stays_flat(level):
    rng = np.random.default_rng(3)
    points = tr.Samples(rng.uniform(0, 1000, 20), rng.uniform(0, 1000, 20), np.full(20, level))
    seen = np.full((20, 2), max(level, 0.0))
    ground = tr.fuse(points, seen, tr.Law())
    there = ground.at(np.array([500.0]), np.array([500.0]), seen[:1])[0]
    assert there == pytest.approx(level, abs=0.02)


def test_the_error_is_told_by_zone_with_known_answers():
    true = np.array([0.0, 2.0, 5.0, 60.0])
    foreseen = np.array([1.0, 5.0, 5.0, 57.0])
    told = {e.zone: e for e in tr.terrain_error(foreseen, true)}
    assert set(told) == {"town floor, below 3 m", "3-10 m", "above 50 m"}
    floor = told["town floor, below 3 m"]
    assert (floor.n, floor.bias, floor.mae, floor.median) == (2, 2.0, 2.0, 2.0)
    assert floor.rmse == pytest.approx(np.sqrt(5.0))
    assert told["above 50 m"].bias == -3.0
    by_itself = {e.zone: e for e in tr.terrain_error(foreseen, true, by=foreseen)}
    assert by_itself["town floor, below 3 m"].n == 1


def test_bad_input_is_said_plainly(tmp_path):
    with pytest.raises(BadValue, match="one length"):
        tr.Samples(np.zeros(2), np.zeros(2), np.zeros(3))
    with pytest.raises(BadValue, match="NaN"):
        tr.Samples(np.zeros(1), np.zeros(1), np.array([np.nan]))
    with pytest.raises(BadValue, match="looks"):
        tr.fuse(tr.Samples(np.zeros(1), np.zeros(1), np.zeros(1)), np.zeros((1, 5)), tr.Law())
    twice = tr.Samples(np.zeros(2), np.zeros(2), np.zeros(2))
    with pytest.raises(BadValue, match="several at one place"):
        tr.fuse(twice, np.zeros((2, 2)), tr.Law(noise=0.0))
    text = tmp_path / "dem.tif"
    text.write_text("not a raster")
    with pytest.raises(BadFile, match=r"dem\.tif"):
        tr.read_surface(text, CRS)


def test_a_surface_with_holes_is_refused(tmp_path):
    path = tmp_path / "holes.tif"
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float32"}
    with rasterio.open(
        path, "w", **profile, crs=CRS, transform=Affine(10, 0, 0, 0, -10, 20), nodata=-9999
    ) as file:
        file.write(np.array([[1, 2], [3, -9999]], dtype="float32"), 1)
    with pytest.raises(BadFile, match="holes"):
        tr.read_surface(path, CRS)
