"""Terrain comes tile by tile, fits together to the centimetre, and goes on where it stopped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from fjordby.city.sources import dhm
from fjordby.errors import BadValue, SourceFailed
from fjordby.grid import Grid
from fjordby.provenance import Kind

#: Inside the recorded 3 x 2 km of DHM at 50 m.
BOX = (530_000.0, 6_175_000.0, 533_000.0, 6_177_000.0)


def tiff(values, west, north, cell, nodata=-9999.0, crs="EPSG:25832"):
    with MemoryFile() as file:
        with file.open(
            driver="GTiff",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype="float32",
            crs=crs,
            transform=Affine(cell, 0.0, west, 0.0, -cell, north),
            nodata=nodata,
        ) as out:
            out.write(values.astype("float32"), 1)
        return file.read()


@pytest.fixture
def model(recorded):
    """The recorded heights of the model, as an array."""
    with MemoryFile(recorded("dhm_terraen_50m.tif")) as file, file.open() as source:
        return source.read(1)


@pytest.fixture
def wcs(model, reply):
    """A coverage service that cuts what it is asked for out of the recorded model."""

    def answer(asked):
        west, south, east, north = map(float, asked.query["bbox"].split(","))
        nx, ny = int(asked.query["width"]), int(asked.query["height"])
        cell = (east - west) / nx
        assert (north - south) / ny == pytest.approx(cell)
        x = west + cell * (np.arange(nx) + 0.5)
        y = north - cell * (np.arange(ny) + 0.5)
        column, row = ((x - BOX[0]) // 50).astype(int), ((BOX[3] - y) // 50).astype(int)
        inside = ((row >= 0) & (row < 40))[:, None] & ((column >= 0) & (column < 60))[None, :]
        values = np.full((ny, nx), -9999.0, np.float32)
        block = model[np.ix_(row.clip(0, 39), column.clip(0, 59))]
        values[inside] = block[inside]
        return reply(tiff(values, west, north, cell), type="image/tiff")

    return answer


def test_tiles_make_the_whole_that_one_tile_would_make(play, client, wcs, model):
    play.say(wcs)
    loaded = dhm.terrain(BOX, 50.0, tile=17, client=client, base_url=play.url)
    assert np.array_equal(loaded.data.values, model)
    assert len(play.asked) == 4 * 3
    assert Grid.of(loaded.data) == Grid(BOX[0], BOX[3], 50.0, 40, 60, "EPSG:25832")
    assert loaded.data.attrs["vertical_datum"] == "DVR90"
    assert loaded.provenance.kind is Kind.MEASURED
    assert "CC BY 4.0" in loaded.provenance.licence


def test_the_service_is_asked_as_its_standard_says(play, client, wcs):
    play.say(wcs)
    dhm.terrain(BOX, 100.0, client=client, base_url=play.url)
    (asked,) = play.asked
    assert asked.query == {
        "service": "WCS",
        "version": "1.0.0",
        "request": "GetCoverage",
        "coverage": "dhm_terraen",
        "crs": "EPSG:25832",
        "response_crs": "EPSG:25832",
        "bbox": "530000.000,6175000.000,533000.000,6177000.000",
        "width": "30",
        "height": "20",
        "format": "GTiff",
        "token": "very-secret-token",
    }


def test_where_the_model_has_no_height_there_is_none(play, client, wcs):
    play.say(wcs)
    west = (BOX[0] - 500.0, BOX[1], BOX[0] + 500.0, BOX[3])
    heights = dhm.terrain(west, 50.0, client=client, base_url=play.url).data.values
    assert np.isnan(heights[:, :10]).all()
    assert np.isfinite(heights[:, 10:]).all()


def test_a_box_outside_the_country_says_so(play, client, wcs):
    play.say(wcs)
    far = (100_000.0, 6_000_000.0, 100_500.0, 6_000_500.0)
    loaded = dhm.terrain(far, 50.0, client=client, base_url=play.url)
    assert "No cell has a height" in loaded.provenance.note


def test_fine_samples_are_averaged_and_not_picked(play, client, wcs, model):
    play.say(wcs)
    loaded = dhm.terrain(BOX, 200.0, sample=50.0, tile=30, client=client, base_url=play.url)
    means = model.reshape(10, 4, 15, 4).astype(float).mean(axis=(1, 3))
    assert np.allclose(loaded.data.values, means, atol=1e-4)
    assert loaded.data.attrs["cell"] == 200.0


def test_a_load_that_broke_off_goes_on_where_it_stopped(play, client, wcs, reply, model):
    play.say(wcs, wcs, wcs, reply(status=503))
    with pytest.raises(SourceFailed, match=r"tile 4 of 12.*3 tiles are stored"):
        dhm.terrain(BOX, 50.0, tile=17, client=client, base_url=play.url)
    before = len(play.asked)
    play.say(wcs)
    loaded = dhm.terrain(BOX, 50.0, tile=17, client=client, base_url=play.url)
    assert len(play.asked) - before == 9
    assert np.array_equal(loaded.data.values, model)


def test_half_a_tile_is_asked_for_again(play, client, wcs, reply, model):
    def half(asked):
        return reply(wcs(asked).body[:-900], type="image/tiff")

    play.say(half, lambda asked: reply(wcs(asked).body, cut=500), wcs)
    loaded = dhm.terrain(BOX, 50.0, client=client, base_url=play.url)
    assert np.array_equal(loaded.data.values, model)
    assert len(play.asked) == 3


def test_the_words_of_the_service_reach_the_person(play, client, reply):
    xml = (
        '<?xml version="1.0"?><ServiceExceptionReport><ServiceException code="InvalidCRS">'
        "SRS EPSG:1 is not supported</ServiceException></ServiceExceptionReport>"
    )
    play.say(reply(xml, type="application/vnd.ogc.se_xml"))
    with pytest.raises(SourceFailed, match="SRS EPSG:1 is not supported"):
        dhm.terrain(BOX, 50.0, client=client, base_url=play.url)
    assert len(play.asked) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: tiff(v[:-1], BOX[0], BOX[3], 50.0), "pixels, not 60 x 40"),
        (lambda v: tiff(v, BOX[0] + 5000, BOX[3], 50.0), "another place"),
        (lambda v: tiff(v * 30.0, BOX[0], BOX[3], 50.0), "no metres"),
    ],
)
def test_a_tile_that_is_not_what_was_asked_for_is_refused(
    play, client, reply, model, change, words
):
    play.say(reply(change(model), type="image/tiff"))
    with pytest.raises(SourceFailed, match=words):
        dhm.terrain(BOX, 50.0, client=client, base_url=play.url)


def test_the_mark_for_nothing_in_the_file_is_honoured(play, client, reply, model):
    values = model.copy()
    values[0, 0] = -32768.0
    play.say(reply(tiff(values, BOX[0], BOX[3], 50.0, nodata=-32768.0)))
    heights = dhm.terrain(BOX, 50.0, client=client, base_url=play.url).data.values
    assert np.isnan(heights).sum() == 1


def test_the_usual_mark_for_nothing_is_known_when_the_file_does_not_name_it(
    play, client, reply, model
):
    values = model.copy()
    values[3, 5:9] = -9999.0
    play.say(reply(tiff(values, BOX[0], BOX[3], 50.0, nodata=None)))
    heights = dhm.terrain(BOX, 50.0, client=client, base_url=play.url).data.values
    assert np.isnan(heights[3, 5:9]).all()
    assert np.isnan(heights).sum() == 4


@pytest.mark.parametrize(
    ("bounds", "more"),
    [
        (BOX, {"cell": 0.1}),
        (BOX, {"cell": 10.0, "sample": 3.0}),
        (BOX, {"cell": 10.0, "sample": 20.0}),
        (BOX, {"cell": 10.0, "crs": "EPSG:4326"}),
        (BOX, {"cell": 10.0, "crs": "nonsense"}),
        ((0.0, 0.0, 1e6, 1e6), {"cell": 1.0}),
        ((BOX[2], BOX[1], BOX[0], BOX[3]), {"cell": 10.0}),
        ((BOX[0], BOX[1], float("nan"), BOX[3]), {"cell": 10.0}),
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(play, client, bounds, more):
    with pytest.raises(BadValue):
        dhm.terrain(bounds, client=client, base_url=play.url, **more)
    assert play.asked == []


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 1e5),
    st.floats(0, 1e5),
    st.floats(1, 5e3),
    st.floats(1, 5e3),
    st.sampled_from([0.4, 1.0, 2.5, 10.0, 25.0]),
    st.integers(1, 900),
)
def test_tiles_cover_the_grid_once_and_the_grid_covers_the_box(west, south, wide, high, cell, side):
    grid = dhm._grid((west, south, west + wide, south + high), cell, "EPSG:25832")
    side = max(side, max(grid.ny, grid.nx) // 20)
    box = grid.bounds
    reach = 1e-6 * cell + 1e-6
    assert box[0] <= west + reach
    assert box[1] <= south + reach
    assert box[2] >= west + wide - reach
    assert box[3] >= south + high - reach
    assert box[2] - box[0] < wide + 2 * cell + reach
    tiles = list(dhm._tiles(grid, side))
    assert sum(t.ny * t.nx for t in tiles) == grid.ny * grid.nx
    assert len({(t.row, t.column) for t in tiles}) == len(tiles)


def test_progress_runs_from_nothing_to_all(play, client, wcs):
    play.say(wcs)
    told = []
    dhm.terrain(
        BOX,
        50.0,
        tile=30,
        client=client,
        base_url=play.url,
        progress=lambda share, doing: told.append(share),
    )
    assert told == [0.0, 0.25, 0.5, 0.75, 1.0]
