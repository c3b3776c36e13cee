"""The user's tables in the city's system and columns, whatever file and words they come in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.warp import transform_bounds

from fjordby.city.frames import horizontal
from fjordby.city.layers import specs
from fjordby.city.model import Layer
from fjordby.city.rasters import first_words
from fjordby.city.tables import as_text
from fjordby.errors import BadFile, BadValue
from fjordby.grid import Grid

Said = Mapping[str, Any]
#: Shapely's numbers of the shapes that a layer may hold, and of a mixed collection.
_TYPES = {"point": (0,), "line": (1,), "polygon": (3, 6)}
_COLLECTION = 7
#: Columns whose default is a guess that results depend on, and is said in the layer's note.
_GUESSED = ("floors", "floor_height", "basement_area", "width", "speed", "threshold")


def vectors(path: Path, said: Said, grid: Grid) -> gpd.GeoDataFrame:
    """Return the rows of a file that touch the grid, in its system.

    Raises
    ------
    BadFile
        When the file cannot be read or does not say where it lies.
    """
    table = _read(path, said, grid)
    if "x" in said:
        table = _points(table, path, said)
    if not isinstance(table, gpd.GeoDataFrame):
        raise BadFile(
            f"shapes in {path.name}",
            "a table without",
            'For a table of points write x = "…", y = "…" and crs = "…" beside the file.',
        )
    own = _frame(table.crs, path, said)
    table = table.set_crs(own, allow_override=True).to_crs(grid.crs)
    box = shapely.box(*grid.bounds)
    touches = shapely.intersects(table.geometry.to_numpy(), box)
    return table[touches].reset_index(drop=True)


def plain(path: Path, said: Said) -> pd.DataFrame:
    """Return all rows of a file without looking at where they lie."""
    return pd.DataFrame(_read(path, said, None))


def _read(path: Path, said: Said, grid: Grid | None) -> Any:
    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            try:
                return gpd.read_parquet(path)
            except ValueError:
                return pd.read_parquet(path)
        options: dict[str, Any] = {
            key: said[key] for key in ("layer", "encoding", "where") if key in said
        }
        layer = said.get("layer")
        if grid is not None and "x" not in said:
            info = pyogrio.read_info(path, layer=layer, encoding=said.get("encoding"))
            own = info["crs"] or said.get("crs")
            if own and info["geometry_type"]:
                options["bbox"] = _reach(grid, own)
        return pyogrio.read_dataframe(path, **options)
    except (
        DataSourceError,
        DataLayerError,
        pa.ArrowException,
        OSError,
        ValueError,
        LookupError,
    ) as wrong:
        raise BadFile(
            f"a file of shapes or rows at {path}",
            f"{str(wrong).splitlines()[0]} {first_words(path)}".strip(),
            "Give a file that GDAL opens (GeoPackage, GeoJSON, Shapefile, CSV …) or GeoParquet; "
            "see layer, encoding and where.",
        ) from None


def _reach(grid: Grid, own: str) -> tuple[float, ...]:
    """Return the grid's bounds in another system, a little wider."""
    west, south, east, north = transform_bounds(
        grid.crs, horizontal(pyproj.CRS(own)).to_wkt(), *grid.bounds, densify_pts=51
    )
    dx, dy = 0.01 * (east - west), 0.01 * (north - south)
    return west - dx, south - dy, east + dx, north + dy


def _points(table: Any, path: Path, said: Said) -> gpd.GeoDataFrame:
    for key in ("x", "y"):
        if said[key] not in table:
            raise BadFile(
                f"a column {said[key]!r} in {path.name}",
                f"columns {', '.join(map(str, table.columns))}",
                f"Write the name of yours as {key} = ….",
            )
    x, y = (pd.to_numeric(table[said[key]], errors="coerce") for key in ("x", "y"))
    geometry = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=said.get("crs"))
    return gpd.GeoDataFrame(pd.DataFrame(table), geometry=geometry)


def _frame(own: Any, path: Path, said: Said) -> Any:
    if own is not None:
        asked = said.get("crs")
        if (
            asked
            and "x" not in said
            and not horizontal(own).equals(horizontal(pyproj.CRS(asked)), ignore_axis_order=True)
        ):
            raise BadValue(
                f"crs only where {path.name} does not say its own",
                f"{asked} against the file's {own.name}",
                "Take crs out, or mend the file.",
            )
        return horizontal(own)
    if "crs" in said:
        return horizontal(pyproj.CRS(said["crs"]))
    raise BadFile(
        f"{path.name} to say its coordinate reference system",
        "none",
        'Find out which it is and write crs = "EPSG:…" beside the file in the settings.',
    )


def layer_table(
    table: gpd.GeoDataFrame, layer: Layer, said: Said
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return a table with our columns and clean shapes, and notes on what was done.

    The index says from which row of the user's each row came.
    """
    columns, notes = mapped(table, layer, said)
    made = gpd.GeoDataFrame(columns, geometry=table.geometry.to_numpy(), crs=table.crs)
    made, cleaned = _clean(made, specs()[layer].geometry)
    notes += cleaned
    if "id" not in said.get("columns", {}):
        made["id"] = [f"{layer.value[0]}{number}" for number in range(1, len(made) + 1)]
    elif made["id"].duplicated().any() and made.index.has_duplicates:
        part = made.groupby(level=0).cumcount()
        several = made.index.duplicated(keep=False)
        made.loc[several, "id"] = made["id"] + "-" + (part + 1).astype(str)
    return made, notes


def mapped(table: pd.DataFrame, layer: Layer, said: Said) -> tuple[pd.DataFrame, list[str]]:
    """Return our columns from the user's, and notes on what was assumed."""
    names, values = said.get("columns", {}), said.get("values", {})
    factors, defaults = said.get("factors", {}), said.get("defaults", {})
    lost = {ours: his for ours, his in names.items() if his not in table}
    if lost:
        raise BadFile(
            f"columns {', '.join(map(repr, lost.values()))} for {layer}",
            f"columns {', '.join(map(repr, table.columns))}",
            f"Mend [{layer}.columns].",
        )
    made: dict[str, Any] = {}
    notes = []
    for column in specs()[layer].columns:
        name = column.name
        if name in names:
            made[name] = _worded(table[names[name]], values.get(name), column.type, name, layer)
            if name in factors:
                made[name] = pd.to_numeric(made[name], errors="coerce") * float(factors[name])
            if name in defaults:
                gaps = made[name].isna() | (made[name].astype(str) == "")
                made[name] = made[name].where(~gaps, defaults[name])
                if gaps.any():
                    notes.append(f"{name} assumed {defaults[name]} on {int(gaps.sum())} rows.")
        elif name in defaults:
            made[name] = pd.Series([defaults[name]] * len(table))
            notes.append(f"{name} assumed {defaults[name]}.")
        elif name in _GUESSED:
            notes.append(f"{name} assumed {column.default:g} {column.unit}".strip() + ".")
    if layer is Layer.BUILDINGS and "dwellings" not in made:
        notes.append("One dwelling assumed in each home.")
    return pd.DataFrame(made, index=range(len(table))), notes


def _worded(values: Any, words: Any, type_: str, name: str, layer: Layer) -> Any:
    """Return a column with the user's words for ours; `*` stands for any other."""
    values = values.reset_index(drop=True)
    if words is None:
        return as_text(values) if type_ == "text" else values
    text = as_text(values)
    known = text.isin([key for key in words if key != "*"])
    other = sorted(set(text[~known].dropna()))
    if other and "*" not in words:
        raise BadValue(
            f"our word for each {name} of the {layer}",
            f"none for {', '.join(map(repr, other[:10]))}",
            f'Write it in [{layer}.values.{name}], or "*" = … for any other.',
        )
    return text.map(lambda one: words.get(one, words.get("*")), na_action="ignore")


def _clean(table: gpd.GeoDataFrame, want: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Mend and flatten shapes, split lines in parts; rows that are not of the kind wanted go."""
    shapes = shapely.force_2d(table.geometry.to_numpy())
    notes: list[str] = []
    if want == "polygon":
        shapes, notes = _areas(shapes)
    elif want == "point":
        wide = shapely.get_type_id(shapes) > 0
        shapes[wide] = shapely.point_on_surface(shapes[wide])
    table = table.set_geometry(gpd.GeoSeries(shapes, crs=table.crs, index=table.index))
    if want == "line":
        table = table.explode(index_parts=False)
    ours = np.isin(shapely.get_type_id(table.geometry.to_numpy()), _TYPES[want])
    clean = table[ours & ~shapely.is_empty(table.geometry.to_numpy())]
    count = len(shapes) - clean.index.nunique()
    return clean, [*notes, *([f"{count} rows without a {want} left out."] if count else [])]


def _areas(shapes: Any) -> tuple[Any, list[str]]:
    """Return shapes with closed lines made areas and crossed areas mended."""
    notes = []
    closed = (shapely.get_type_id(shapes) == 1) & shapely.is_closed(shapes)
    closed &= shapely.get_num_points(shapes) > 3
    if closed.any():
        corners, line = shapely.get_coordinates(shapes[closed], return_index=True)
        shapes[closed] = shapely.polygons(shapely.linearrings(corners, indices=line))
        notes.append(f"{int(closed.sum())} closed lines made areas.")
    crossed = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if crossed.any():
        mended = shapely.make_valid(shapes[crossed])
        for i in np.flatnonzero(shapely.get_type_id(mended) == _COLLECTION):
            parts = shapely.get_parts(mended[i])
            mended[i] = shapely.union_all(parts[shapely.area(parts) > 0])
        shapes[crossed] = mended
        notes.append(f"{int(crossed.sum())} self-crossing shapes mended.")
    return shapes, notes
