"""A run on disk: NetCDF and Zarr that are read back, GeoTIFF for maps, each whole or not at all."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from rasterio.errors import CRSError

from fjordby.city.rasters import cog_bytes, cog_of_bands
from fjordby.errors import BadFile, BadValue
from fjordby.flood.dynamic.balance import balance_text
from fjordby.flood.dynamic.cf import MOMENTS, RECORD, dataset, simulation_of
from fjordby.flood.dynamic.record import Simulation
from fjordby.grid import Grid, Raster
from fjordby.storage import write_folder, write_whole

__all__ = ["balance_text", "dataset", "read", "write"]

#: The attribute with a checksum of each variable, and of the record, as JSON.
CHECKSUMS = "fjordby_crc32"

#: Name of the file that makes a folder of GeoTIFFs one of ours.
ABOUT = "run.json"

#: Side of the squares that maps are stored in [cells]; assumed: about a megabyte each, which a
#: reader of a part of the map can fetch one by one.
CHUNK = 512

#: How hard to compress, 1 (quick) to 9. Measured on maps of 2.4 million cells (56 MB): 4 saves 2 %
#: of a NetCDF and 8 % of a Zarr, and takes one and a half times and twice as long.
EFFORT = 1

Way = TypeVar("Way")

#: How the libraries are to read: seconds stay numbers, and names (which may be damaged) names.
_AS_STORED: Mapping[str, Any] = {"decode_times": False, "create_default_indexes": False}

_AGAIN = "Write the run again, or take another copy of the file."


def write(simulation: Simulation, path: Path | str, also: xr.Dataset | None = None) -> Path:
    """Write a run; the name says how.

    Parameters
    ----------
    simulation
        The run.
    path
        `*.nc` (NetCDF 4) and `*.zarr` (a folder, Zarr format 2) hold everything and can be read
        back. `*.tif` is one cloud-optimised GeoTIFF with the maps of the whole run as its bands.
        A name without an ending is a folder of such files, one for each map, with the tables as
        CSV.
    also
        More maps (y, x) on the same grid, such as hazard classes.

    Returns
    -------
    pathlib.Path
        Where it is.

    Raises
    ------
    BadValue
        For another ending, maps of another shape or name, or for GeoTIFF a coordinate reference
        system that nobody knows.
    BadFile
        When something stands there that is not ours to replace.
    StorageFailed
        When it cannot be written; what was there is then as it was.
    """
    place = Path(path)
    writer = _by_ending(place, WRITERS)
    data = dataset(simulation)
    if also is not None:
        data = _with(data, also)
    writer(place, data)
    return place


def read(path: Path | str) -> Simulation:
    """Read a run from NetCDF or Zarr, every number checked.

    Raises
    ------
    BadValue
        For another ending.
    BadFile
        When it is missing, damaged, or no run of ours.
    """
    place = Path(path)
    reader = _by_ending(place, READERS)
    if not place.exists():
        raise BadFile(f"a run at {place}", "no such file", "Check the path.")
    try:
        with reader(place) as data:
            data.load()
            _check(data, place)
            return simulation_of(data)
    except BadFile:
        raise
    # Damaged files break the libraries below in all these ways; who reads gets one.
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError) as wrong:
        raise BadFile(
            f"a run at {place}", f"a file that cannot be read ({wrong})", _AGAIN
        ) from wrong


def _by_ending(place: Path, known: Mapping[str, Way]) -> Way:
    ending = place.suffix.lower()
    if ending not in known:
        names = ", ".join(one or "no ending (a folder)" for one in known)
        raise BadValue(f"a name that ends on {names}", repr(place.name), "Choose one of these.")
    return known[ending]


def _with(data: xr.Dataset, also: xr.Dataset) -> xr.Dataset:
    """Add maps to a dataset."""
    shape = (data.sizes["y"], data.sizes["x"])
    for name, one in also.data_vars.items():
        if name in data.variables or one.dims != ("y", "x") or one.shape != shape:
            raise BadValue(
                f"more maps of shape {shape} under names of their own",
                f"{name} {one.dims} of shape {one.shape}",
                "Rename or resample it.",
            )
        attrs = dict(one.attrs)
        if "grid_mapping" in data["depth"].attrs:
            attrs["grid_mapping"] = data["depth"].attrs["grid_mapping"]
        data[name] = (("y", "x"), one.values, attrs)
    return data


def _checksums(data: xr.Dataset) -> dict[str, int]:
    """Return a checksum of each variable of numbers and of the record."""
    found = {RECORD: zlib.crc32(str(data.attrs[RECORD]).encode())}
    for name, variable in data.variables.items():
        values = np.ascontiguousarray(variable.values)
        if values.dtype.kind == "f":
            # Not a number is not a number, whatever its other bits say.
            values = np.where(np.isnan(values), values.dtype.type(np.nan), values)
        if values.dtype.kind in "OUT":
            values = np.frombuffer("\0".join(map(str, values.ravel())).encode() or b"\0", np.uint8)
        found[str(name)] = zlib.crc32(values.reshape(-1).view(np.uint8).data)
    return found


def _check(data: xr.Dataset, place: Path) -> None:
    """Hold what was read against its checksums."""
    if RECORD not in data.attrs or CHECKSUMS not in data.attrs:
        raise BadFile(
            f"a run that fjordby wrote at {place}", "a file of something else", "Check the path."
        )
    wanted, found = json.loads(data.attrs[CHECKSUMS]), _checksums(data)
    damaged = sorted(name for name in wanted if wanted[name] != found.get(name))
    if damaged:
        raise BadFile(f"a whole run at {place}", f"damage in {', '.join(damaged)}", _AGAIN)


def _encoding(data: xr.Dataset, packed: Mapping[str, Any], chunks: str) -> dict[str, Any]:
    """Return how each variable is stored: maps in squares, packed; numbers to the last bit."""
    encoding: dict[str, Any] = {}
    for name, variable in data.variables.items():
        own: dict[str, Any] = {}
        if variable.dims[-2:] == ("y", "x"):
            squares = tuple(min(CHUNK, n) for n in variable.shape[-2:])
            own |= {**packed, chunks: (1,) * (variable.ndim - 2) + squares}
        is_coordinate = name in data.coords
        if variable.dtype.kind == "f":
            own["_FillValue"] = None if is_coordinate else variable.dtype.type(np.nan)
        encoding[str(name)] = own
    return encoding


def _signed(data: xr.Dataset) -> xr.Dataset:
    return data.assign_attrs({CHECKSUMS: json.dumps(_checksums(data))})


def _write_netcdf(place: Path, data: xr.Dataset) -> None:
    packed = {"zlib": True, "complevel": EFFORT, "shuffle": True}
    encoding = _encoding(data, packed, "chunksizes")
    content = _signed(data).to_netcdf(engine="h5netcdf", format="NETCDF4", encoding=encoding)
    write_whole(place, bytes(content))


def _read_netcdf(place: Path) -> xr.Dataset:
    return xr.open_dataset(place, engine="h5netcdf", **_AS_STORED)


def _write_zarr(place: Path, data: xr.Dataset) -> None:
    from numcodecs import Blosc
    from zarr.storage import MemoryStore

    _ours_or_empty(place, ".zattrs", RECORD)
    packed = {"compressors": (Blosc(cname="zstd", clevel=EFFORT, shuffle=Blosc.SHUFFLE),)}
    files: dict[str, Any] = {}
    # Format 2: format 3 has no settled type for texts yet, and fewer programs read it.
    _signed(data).to_zarr(
        MemoryStore(store_dict=files),
        zarr_format=2,
        consolidated=True,
        encoding=_encoding(data, packed, "chunks"),
    )
    write_folder(place, {name: content.to_bytes() for name, content in files.items()})


def _read_zarr(place: Path) -> xr.Dataset:
    return xr.open_dataset(place, engine="zarr", backend_kwargs={"zarr_format": 2}, **_AS_STORED)


def _write_tif(place: Path, data: xr.Dataset) -> None:
    write_whole(place, cog_of_bands(list(_whole_maps(data).values()), _tags(data)))


def _write_tifs(place: Path, data: xr.Dataset) -> None:
    """Write a folder of GeoTIFFs, the tables as CSV, and what is known about the run."""
    _ours_or_empty(place, ABOUT, RECORD)
    maps = _whole_maps(data)
    for name in MOMENTS:
        for i, seconds in enumerate(data["time"].values):
            maps[f"{name}_{seconds:.0f}s"] = _raster(data, name, data[name].values[i])
    tags = _tags(data)
    files = {f"{name}.tif": cog_bytes(raster, tags) for name, raster in maps.items()}
    for table, variable in data.data_vars.items():
        if variable.dims and variable.dims[0] not in ("y", "x", "time", "threshold"):
            files[f"{table}.csv"] = _csv(variable)
    files[ABOUT] = json.dumps(dict(data.attrs), indent=1, ensure_ascii=False).encode()
    write_folder(place, files)


def _csv(variable: xr.DataArray) -> bytes:
    """Return a table over time as text: a row for each time, a column for each name."""
    times, columns = variable.dims
    names = variable[f"{columns}_name"].values
    table = pd.DataFrame(variable.values, variable[times].values, names)
    return table.to_csv(index_label="seconds").encode()


def _whole_maps(data: xr.Dataset) -> dict[str, Raster]:
    """Return the maps of the whole run as rasters, one for each threshold."""
    try:
        rasterio.CRS.from_user_input(_grid(data).crs)
    except CRSError as wrong:
        raise BadValue(
            "a coordinate reference system that GeoTIFF can name",
            repr(_grid(data).crs),
            "Write .nc or .zarr, or run it on a grid with a known system.",
        ) from wrong
    found = {}
    for name, variable in data.data_vars.items():
        if name in MOMENTS or variable.dims[-2:] != ("y", "x"):
            continue
        if variable.ndim == 2:
            found[str(name)] = _raster(data, str(name), variable.values)
        else:
            for k, depth in enumerate(data["threshold"].values):
                title = f"{name}_{depth:g}m"
                found[title] = _raster(data, str(name), variable.values[k]).rename(title)
    return found


def _grid(data: xr.Dataset) -> Grid:
    return Grid(**json.loads(data.attrs[RECORD])["grid"])


def _raster(data: xr.Dataset, name: str, values: Any) -> Raster:
    units = str(data[name].attrs.get("units", "1"))
    return _grid(data).raster(np.asarray(values, np.float32), name, units)


def _tags(data: xr.Dataset) -> dict[str, str]:
    names = ("title", "source", "history", "references", "comment", "cautions")
    return {name: str(data.attrs[name]) for name in names}


def _ours_or_empty(place: Path, sign: str, mark: str) -> None:
    """Make sure that a folder in the way may be replaced: it is empty, or one of ours."""
    if place.is_dir() and any(place.iterdir()):
        about = place / sign
        if about.is_file() and mark in about.read_text(encoding="utf-8", errors="replace"):
            return
        raise BadFile(
            f"an empty place, or an older run, at {place}",
            "a folder with other things in it",
            "Choose another name; nothing was changed.",
        )
    if place.is_file():
        raise BadFile(
            f"a folder, or nothing, at {place}", "a file", "Choose another name, or remove it."
        )


WRITERS: Mapping[str, Callable[[Path, xr.Dataset], None]] = {
    ".nc": _write_netcdf,
    ".zarr": _write_zarr,
    ".tif": _write_tif,
    "": _write_tifs,
}
READERS: Mapping[str, Callable[[Path], xr.Dataset]] = {".nc": _read_netcdf, ".zarr": _read_zarr}
