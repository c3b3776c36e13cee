"""Tables of a city as GeoParquet, brought to the right columns and types."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from fjordby.arrays import Bools
from fjordby.city.frames import horizontal
from fjordby.city.layers import GEOMETRY, Column, fill, specs
from fjordby.city.model import Layer
from fjordby.city.problem import Problem, problem
from fjordby.city.rasters import first_words

Mask: TypeAlias = Bools
#: A DataFrame, or a GeoDataFrame where the layer lies on the map.
Table: TypeAlias = pd.DataFrame


def parquet_bytes(table: Table) -> bytes:
    """Return a table as the bytes of a (Geo)Parquet file, zstd-compressed.

    Raises
    ------
    ValueError, TypeError, pyarrow.ArrowException
        When a column of the user's own holds what Parquet cannot store.
    """
    out = io.BytesIO()
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(out, index=False, compression="zstd", schema_version="1.1.0")
    else:
        table.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def read(path: Path, layer: Layer, crs: str) -> tuple[Table | None, list[Problem]]:
    """Read a table that should be in `crs` and bring it into shape, with all that is wrong."""
    spatial = specs()[layer].geometry != "none"
    try:
        table = gpd.read_parquet(path) if spatial else pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as wrong:
        want = "GeoParquet" if spatial else "Parquet"
        got = first_words(path) or str(wrong).splitlines()[0].rstrip(".")
        return None, [problem("file-unreadable", layer, file=path.name, want=want, got=got)]
    return shape(table, layer, crs)


def shape(table: Table, layer: Layer, crs: str) -> tuple[Table | None, list[Problem]]:
    """Return a table with the right columns, types, order and defaults, and all that is wrong.

    Columns of the user's own follow after ours. Rows without a usable geometry are left out, and
    None comes back when nobody can say where the rows lie; an error is noted in both cases.
    """
    spec = specs()[layer]
    found: list[Problem] = []
    made: dict[str, pd.Series[Any]] = {}
    plain = pd.DataFrame(table).reset_index(drop=True)
    for column in spec.columns:
        values, wrong = _column(plain, column, layer)
        found += wrong
        made[column.name] = values
    if layer is Layer.BUILDINGS and "dwellings" not in plain:
        made["dwellings"] = (made["use"] == "home").astype(np.int64)
    if "id" in made and "id" in plain:
        found += _ids(made["id"], layer)
    geometry_name = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    for name in plain.columns:
        if name not in made and name != geometry_name:
            made[str(name)] = plain[name]
    if spec.geometry == "none":
        result: Table = pd.DataFrame(made)
    elif geometry_name is None:
        found.append(problem("column-missing", layer, column="geometry"))
        return None, found
    else:
        geometry, usable, wrong = _geometry(table, layer, crs)
        found += wrong
        if any(one.code in ("crs-missing", "crs-other") for one in wrong):
            return None, found
        result = gpd.GeoDataFrame(made, geometry=geometry, crs=crs)
        result = result if usable.all() else result[usable].reset_index(drop=True)
    return result, found


def _column(table: pd.DataFrame, column: Column, layer: Layer) -> tuple[Any, list[Problem]]:
    """Return one column in its type, its gaps filled with the default."""
    if column.name not in table:
        wrong = [problem("column-missing", layer, column=column.name)] if column.need else []
        return fill(column, len(table)), wrong
    values = table[column.name]
    if column.type == "text":
        values = as_text(values)
        gaps = int(values.isna().sum())
        found = []
        if gaps and not (column.name == "id" or column.default == ""):
            found = [
                problem(
                    "values-missing",
                    layer,
                    column=column.name,
                    count=gaps,
                    default=str(column.default),
                )
            ]
        return values.fillna(str(column.default)).astype(str), found
    numbers = pd.to_numeric(values, errors="coerce")
    text = values.notna() & numbers.isna()
    found = []
    if text.any():
        got = repr(values[text].iloc[0])
        found.append(
            problem(
                "column-type",
                layer,
                column=column.name,
                got=got,
                want="numbers",
                count=int(text.sum()),
            )
        )
    numbers = numbers.astype(np.float64)
    return _numbers(numbers, ~text & numbers.isna(), column, layer, found)


def _numbers(
    numbers: pd.Series[float],
    gaps: pd.Series[bool],
    column: Column,
    layer: Layer,
    found: list[Problem],
) -> tuple[Any, list[Problem]]:
    count = int(gaps.sum())
    if count and column.need:
        found.append(problem("values-needed", layer, column=column.name, count=count))
    elif count and not np.isnan(float(column.default)):
        found.append(
            problem(
                "values-missing",
                layer,
                column=column.name,
                count=count,
                default=float(column.default),
            )
        )
    numbers = numbers.fillna(float(column.default)) if not column.need else numbers
    if column.type != "whole":
        return numbers, found
    whole = numbers.fillna(0.0).round()
    if (whole != numbers.fillna(0.0)).any() or not np.isfinite(whole).all():
        first = numbers[(whole != numbers) & numbers.notna()].iloc[:1].tolist()
        found.append(
            problem("column-type", layer, column=column.name, got=str(first), want="whole numbers")
        )
        whole = whole.where(np.isfinite(whole), 0.0)
    return whole.astype(np.int64), found


def as_text(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return values as text, whole numbers without a decimal point and gaps left as they are."""
    if pd.api.types.is_float_dtype(values):
        known = values.dropna()
        if len(known) and (known == known.round()).all():
            values = values.astype("Int64")
    return values.astype(object).where(values.notna(), None).map(str, na_action="ignore")


def _ids(ids: pd.Series[str], layer: Layer) -> list[Problem]:
    found = []
    gaps = ids == ""
    if gaps.any():
        found.append(problem("id-missing", layer, count=int(gaps.sum())))
    twice = ids.duplicated(keep=False) & ~gaps
    if twice.any():
        found.append(problem("id-twice", layer, count=int(twice.sum()), ids=ids[twice].unique()))
    return found


def _geometry(
    table: gpd.GeoDataFrame, layer: Layer, crs: str
) -> tuple[gpd.GeoSeries, Mask, list[Problem]]:
    """Return flat geometries, which of them are of the layer's own type, and what is wrong."""
    want = specs()[layer].geometry
    series = table.geometry.reset_index(drop=True)
    found = []
    if series.crs is None:
        found.append(problem("crs-missing", layer, want=crs))
    elif not horizontal(series.crs).equals(horizontal(pyproj.CRS(crs)), ignore_axis_order=True):
        found.append(problem("crs-other", layer, got=series.crs.name, want=crs))
    shapes = shapely.force_2d(series.to_numpy())
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if none.any():
        found.append(
            problem("geometry-empty", layer, count=int(none.sum()), ids=_some(table, none))
        )
    alone = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_type_id(shapes) > 3)
    if want != "polygon" and alone.any():
        shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    names = pd.Series(gpd.GeoSeries(shapes).geom_type)
    other = ~names.isin(GEOMETRY[want]).to_numpy() & ~none
    if other.any():
        got = ", ".join(sorted(set(names[other])))
        found.append(
            problem(
                "geometry-type",
                layer,
                count=int(other.sum()),
                got=got,
                want=" / ".join(GEOMETRY[want]),
                ids=_some(table, other),
            )
        )
    return gpd.GeoSeries(shapes, crs=crs), ~(none | other), found


def _some(table: Table, where: Mask) -> list[str]:
    return list(map(str, table.loc[where, "id"][:5])) if "id" in table else []
