"""What is written about a run is read back as it was, says what it is, and tells of damage."""

import contextlib
import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from fjordby.errors import BadFile, BadValue, StorageFailed
from fjordby.flood.dynamic import cf, store
from fjordby.flood.dynamic.record import Caution, Simulation, Snapshot, WaterBalance
from fjordby.grid import Grid

EXACT = ("nc", "zarr")


def a_run(ny=5, nx=7, snapshots=(60.0, 120.0), thresholds=(0.05, 0.5), seed=0, **more):
    """A run with something in every place, NaN and a hole in the ground among it."""
    rng = np.random.default_rng(seed)
    hole = rng.random((ny, nx)) < 0.2

    def field(*shape):
        values = rng.gamma(1.0, 1.0, (*shape, ny, nx)).astype(np.float32)
        values[..., hole] = np.nan
        return values

    def moment(seconds):
        return Snapshot(seconds, field(), field() - 1.0, field() - 1.0)

    index = pd.Index([0.0, 30.0, 60.5], name="seconds")
    gauges = pd.MultiIndex.from_tuples(
        [("Å", "level"), ("Å", "depth"), ("Å", "speed"), ("quay", "level"), ("quay", "depth")],
        names=["gauge", "quantity"],
    )
    run = Simulation(
        grid=Grid(500_000.123, 6_200_000.7, 2.5, ny, nx, "EPSG:25832"),
        bed=field(),
        depth=field(),
        speed=field(),
        depth_speed=field(),
        arrival=field(),
        duration=field(len(thresholds)),
        thresholds=thresholds,
        last=moment(180.0),
        snapshots=tuple(moment(seconds) for seconds in snapshots),
        gauges=pd.DataFrame(rng.random((3, 5)), index, gauges),
        lines=pd.DataFrame(rng.random((3, 1)), index, ["bro"]),
        structures=pd.DataFrame(rng.random((3, 2)), index, ["gate", "pump"]),
        opened=pd.DataFrame(rng.random((3, 2)), index, ["gate", "pump"]),
        forcing=pd.DataFrame(rng.random((3, 2)), index, ["sea", "rain"]),
        balance=WaterBalance(0.1, 1 / 3, 12.5, -7.25, 1e-17, 2.0, 0.0, 3.6500000000000004),
        cautions=(Caution("supercritical", 0.01, 500_010.0, 6_199_990.0, 1.7),),
        seconds=180.0,
        steps=321,
        cell_updates=12_345_678_901,
        wall_seconds=1.25,
        cpu_seconds=1.2,
        about={"title": "Stormflod på øen", "every": 10.0, "theta": 0.9},
    )
    return dataclasses.replace(run, **more)


def same(one, other):
    for field in dataclasses.fields(Simulation):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, field.name
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        elif isinstance(a, pd.DataFrame):
            pd.testing.assert_frame_equal(a, b, check_column_type=False)
        elif field.name in ("last", "snapshots"):
            pairs = zip(a, b, strict=True) if field.name == "snapshots" else [(a, b)]
            for x, y in pairs:
                for part in dataclasses.fields(Snapshot):
                    np.testing.assert_array_equal(getattr(x, part.name), getattr(y, part.name))
        else:
            assert a == b, field.name


@pytest.fixture(scope="module")
def run():
    return a_run()


@pytest.mark.parametrize("ending", EXACT)
def test_a_run_is_read_back_to_the_last_bit(run, ending, tmp_path):
    place = store.write(run, tmp_path / f"storm.{ending}")
    same(run, store.read(place))
    assert [p.name for p in tmp_path.iterdir()] == [place.name]


@settings(max_examples=6, deadline=None)
@given(
    ny=st.integers(1, 4),
    nx=st.integers(1, 4),
    snapshots=st.lists(st.sampled_from([0.0, 1.5, 60.0, 180.0]), max_size=4, unique=True),
    thresholds=st.lists(st.floats(0.001, 3.0), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
    ending=st.sampled_from(EXACT),
    crs=st.sampled_from(["EPSG:25832", "EPSG:3857", "made up"]),
    odd=st.sampled_from([np.float32("-inf"), np.float32(-0.0), np.float32(1e-45)]),
)
def test_any_run_is_read_back(
    tmp_path_factory, ny, nx, snapshots, thresholds, seed, ending, crs, odd
):
    run = a_run(ny, nx, tuple(s for s in snapshots if s != 180.0), tuple(thresholds), seed)
    if 180.0 in snapshots:  # the map at the end was asked for as well
        run = dataclasses.replace(run, snapshots=(*run.snapshots, run.last))
    run.speed[0, 0] = odd
    run.depth[:] = -np.float32(np.nan)  # NaN with another sign, everywhere
    run = dataclasses.replace(run, grid=dataclasses.replace(run.grid, crs=crs))
    place = tmp_path_factory.mktemp("any") / f"run.{ending}"
    same(run, store.read(store.write(run, place)))


@pytest.mark.parametrize("ending", EXACT)
def test_a_run_that_wrote_nothing_down_over_time_is_read_back(run, ending, tmp_path):
    none = pd.DataFrame(index=pd.Index([], dtype=float, name="seconds"))
    names = pd.DataFrame(index=pd.Index([0.0, 1.0], name="seconds"))
    bare = dataclasses.replace(
        run, gauges=none, lines=names, structures=none, forcing=none, snapshots=(), cautions=()
    )
    back = store.read(store.write(bare, tmp_path / f"a.{ending}"))
    assert back.gauges.shape == (0, 0)
    assert back.lines.shape == (2, 0)
    assert back.forcing.shape == (0, 0)
    assert back.snapshots == ()


@pytest.mark.parametrize("ending", EXACT)
def test_two_gauges_of_one_name_are_not_mixed_up(run, ending, tmp_path):
    head = pd.MultiIndex.from_tuples(
        [("a", "level"), ("a", "level"), ("b", "depth")], names=["gauge", "quantity"]
    )
    gauges = pd.DataFrame([[1.0, 2.0, 3.0]], pd.Index([5.0], name="seconds"), head)
    back = store.read(
        store.write(dataclasses.replace(run, gauges=gauges), tmp_path / f"a.{ending}")
    )
    pd.testing.assert_frame_equal(back.gauges, gauges)


def test_two_different_maps_of_one_moment_are_refused(run):
    other = dataclasses.replace(run.last, depth=run.last.depth + 1)
    with pytest.raises(BadValue, match=r"two different ones of 180\.0 s"):
        cf.dataset(dataclasses.replace(run, snapshots=(other,)))


# --- What it says -------------------------------------------------------------------------------

#: Canonical units of the standard names that are used; CF standard name table (version 86).
CANONICAL = {
    "ground_level_altitude": "m",
    "flood_water_thickness": "m",
    "flood_water_speed": "m s-1",
    "time": None,
    "time_when_flood_water_rises_above_threshold": "s",
    "projection_x_coordinate": "m",
    "projection_y_coordinate": "m",
}


def test_every_variable_says_what_it_is_in_the_words_of_cf(run):
    data = store.dataset(run)
    assert data.attrs["Conventions"] == "CF-1.11"
    for name, variable in data.variables.items():
        if name == cf.CRS:
            continue
        assert variable.attrs["long_name"]
        if variable.dtype.kind == "f" and name not in ("inputs", "leaf_opening"):
            assert variable.attrs["units"], name
        if "standard_name" in variable.attrs:
            units = CANONICAL[variable.attrs["standard_name"]]
            assert units in (variable.attrs["units"], None), name
        if variable.dims[-2:] == ("y", "x"):
            assert variable.attrs["grid_mapping"] == cf.CRS
    mapping = data[cf.CRS].attrs
    assert mapping["grid_mapping_name"] == "transverse_mercator"
    assert "25832" in mapping["crs_wkt"]


def test_a_run_with_a_date_keeps_it_and_one_without_says_that_it_is_made_up(run, tmp_path):
    dated = dataclasses.replace(run, about={"start": "2017-01-04T18:00"})
    with xr.open_dataset(store.write(dated, tmp_path / "a.nc"), engine="h5netcdf") as data:
        assert str(data.time.values[0])[:19] == "2017-01-04T18:01:00"
        assert data.gauge_level.gauge_name.values.tolist() == ["Å", "quay"]
        assert data.arrival.dtype == np.float32
    assert "made up" in store.dataset(run).time.attrs["comment"]
    same(dated, store.read(tmp_path / "a.nc"))


def test_the_water_balance_and_the_cautions_stand_in_the_file(run, tmp_path):
    with xr.open_dataset(store.write(run, tmp_path / "a.nc"), engine="h5netcdf") as data:
        assert data.attrs["water_balance_rain_m3"] == 1 / 3
        assert data.attrs["water_balance_error_m3"] == run.balance.error
        assert "supercritical" in data.attrs["cautions"]
        assert "10.1029/2011WR011570" in data.attrs["references"]
        assert data.depth.encoding["chunksizes"] == (5, 7)
        assert "_FillValue" not in data.x.attrs | data.x.encoding


def test_the_file_tells_nothing_of_the_machine_it_was_made_on(run, tmp_path, monkeypatch):
    import socket

    with xr.open_dataset(store.write(run, tmp_path / "a.nc"), engine="h5netcdf") as data:
        text = json.dumps({k: str(v) for k, v in data.attrs.items()})
    assert socket.gethostname() not in text
    assert str(tmp_path) not in text


def test_a_made_up_coordinate_system_leaves_out_the_grid_mapping(run):
    grid = dataclasses.replace(run.grid, crs="nowhere")
    data = store.dataset(dataclasses.replace(run, grid=grid))
    assert cf.CRS not in data
    assert "grid_mapping" not in data.depth.attrs


# --- GeoTIFF ------------------------------------------------------------------------------------


def test_one_geotiff_has_the_maps_of_the_whole_run_as_bands(run, tmp_path):
    with rasterio.open(store.write(run, tmp_path / "a.tif")) as file:
        names = ("ground", "depth", "speed", "depth_speed", "arrival")
        assert file.descriptions == (*names, "duration_0.05m", "duration_0.5m")
        assert file.units == ("m", "m", "m s-1", "m2 s-1", "s", "s", "s")
        np.testing.assert_array_equal(file.read(2), run.depth)
        np.testing.assert_array_equal(file.read(7), run.duration[1])
        assert file.crs.to_epsg() == 25832
        assert file.transform == run.grid.transform
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_a_folder_has_a_geotiff_of_each_map_and_moment_and_the_tables(run, tmp_path):
    place = store.write(run, tmp_path / "maps")
    with rasterio.open(place / "water_speed_y_60s.tif") as file:
        np.testing.assert_array_equal(file.read(1), run.snapshots[0].speed_y)
        assert file.units == ("m s-1",)
    table = pd.read_csv(place / "structure_flow.csv", index_col=0)
    np.testing.assert_allclose(table.to_numpy(), run.structures.to_numpy())
    assert list(table.columns) == ["gate", "pump"]
    about = json.loads((place / "run.json").read_text())
    assert about["water_balance_inflows_m3"] == 12.5


def test_geotiff_of_a_made_up_coordinate_system_is_refused(run, tmp_path):
    grid = dataclasses.replace(run.grid, crs="nowhere")
    with pytest.raises(BadValue, match="nowhere"):
        store.write(dataclasses.replace(run, grid=grid), tmp_path / "a.tif")
    assert not list(tmp_path.iterdir())


# --- Errors -------------------------------------------------------------------------------------


def test_an_unknown_ending_is_refused_with_those_that_are_known(run, tmp_path):
    with pytest.raises(BadValue, match=r"\.nc, \.zarr, \.tif, no ending"):
        store.write(run, tmp_path / "a.xlsx")
    with pytest.raises(BadValue, match=r"\.nc, \.zarr"):
        store.read(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.nc", "a.zarr", "a.tif", "a"])
def test_a_place_that_cannot_be_written_is_refused_in_words(run, name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        store.write(run, tmp_path / "file" / name)


@pytest.mark.parametrize("name", ["a.zarr", "a"])
def test_a_folder_of_somebody_else_is_never_replaced(run, name, tmp_path):
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.odt").write_text("years of work")
    with pytest.raises(BadFile, match="nothing was changed"):
        store.write(run, tmp_path / name)
    assert (tmp_path / name / "thesis.odt").read_text() == "years of work"


@pytest.mark.parametrize("name", ["a.nc", "a.zarr", "a.tif", "a"])
def test_an_older_run_is_replaced(run, name, tmp_path):
    store.write(a_run(3, 3), tmp_path / name)
    place = store.write(run, tmp_path / name)
    if place.suffix in (".nc", ".zarr"):
        same(run, store.read(place))
    assert len(list(tmp_path.iterdir())) == 1


def test_files_of_something_else_are_refused(run, tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        store.read(tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("not at all")
    with pytest.raises(BadFile, match="cannot be read"):
        store.read(tmp_path / "text.nc")
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(BadFile, match="something else"):
        store.read(tmp_path / "other.nc")


def test_a_later_format_is_refused(run):
    data = store.dataset(run)
    record = json.loads(data.attrs[cf.RECORD]) | {"format": 2}
    with pytest.raises(BadFile, match="newer"):
        cf.simulation_of(data.assign_attrs({cf.RECORD: json.dumps(record)}))


def test_a_flipped_byte_of_netcdf_is_told_or_does_not_matter(run, tmp_path):
    whole = store.write(a_run(3, 4, ()), tmp_path / "a.nc").read_bytes()
    before = store.read(tmp_path / "a.nc")
    rng = np.random.default_rng(1)
    told = 0
    for position in rng.integers(0, len(whole), 12):
        broken = bytearray(whole)
        broken[position] ^= 1 << int(rng.integers(8))
        place = tmp_path / "b.nc"
        place.write_bytes(broken)
        try:
            same(before, store.read(place))
        except BadFile:
            told += 1
    assert told > 1


def test_a_changed_figure_of_the_water_balance_is_told(run, tmp_path):
    place = store.write(run, tmp_path / "a.nc")
    changed = place.read_bytes().replace(b'"inflows": 12.5', b'"inflows": 13.5')
    place.write_bytes(changed)
    with pytest.raises(BadFile, match=f"damage in {cf.RECORD}"):
        store.read(place)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_netcdf_is_told(run, share, tmp_path):
    place = store.write(run, tmp_path / "a.nc")
    whole = place.read_bytes()
    place.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BadFile):
        store.read(place)


def test_lost_and_changed_pieces_of_zarr_are_told(run, tmp_path):
    place = store.write(run, tmp_path / "a.zarr")
    pieces = [p for p in place.rglob("*") if p.is_file() and not p.name.startswith(".")]
    assert len(pieces) > 15
    for piece in sorted(pieces)[::2]:
        whole = piece.read_bytes()
        piece.unlink()  # Zarr itself takes a lost piece for empty
        with pytest.raises(BadFile):
            store.read(place)
        piece.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with contextlib.suppress(BadFile):
            same(run, store.read(place))  # a bit that means nothing
        piece.write_bytes(whole)
    same(run, store.read(place))
    shutil.rmtree(place / "depth")
    with pytest.raises(BadFile):
        store.read(place)


def test_more_maps_go_along_and_must_fit(run, tmp_path):
    grid = run.grid
    also = xr.Dataset(
        {"wet": (("y", "x"), (run.depth > 0.1).astype(np.uint8), {"long_name": "wet"})},
        coords={"y": grid.y, "x": grid.x},
    )
    place = store.write(run, tmp_path / "a.nc", also)
    same(run, store.read(place))
    with xr.open_dataset(place, engine="h5netcdf") as data:
        assert data.wet.dtype == np.uint8
        assert data.wet.attrs["grid_mapping"] == cf.CRS
    with pytest.raises(BadValue, match="depth"):
        store.write(run, tmp_path / "b.nc", also.rename(wet="depth"))
    with pytest.raises(BadValue, match="shape"):
        store.write(run, tmp_path / "b.nc", also.isel(x=slice(2)))


def test_the_netcdf_is_read_by_gdal_with_its_place_on_earth(run, tmp_path):
    if "netCDF" not in rasterio.drivers.raster_driver_extensions().values():
        pytest.skip("this GDAL reads no netCDF")
    place = store.write(run, tmp_path / "a.nc")
    with rasterio.open(f"netcdf:{place}:depth") as file:
        assert file.crs.to_epsg() == 25832
        np.testing.assert_allclose(file.transform[:6], run.grid.transform[:6])
        np.testing.assert_array_equal(file.read(1), run.depth)
