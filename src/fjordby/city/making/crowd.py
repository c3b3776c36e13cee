"""How many people live in each building, from columns, from a table, or from a grid of persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.enums import Resampling
from rasterio.warp import transform as move

from fjordby.arrays import Array
from fjordby.city.making.settings import Settings
from fjordby.city.making.terrain import frame, opened, pixels, places
from fjordby.city.making.vectors import mapped, plain, vectors
from fjordby.city.model import AGE_GROUPS, Layer
from fjordby.errors import BadCity, BadFile
from fjordby.grid import Grid

_RASTERS = (".tif", ".tiff", ".vrt", ".asc", ".img", ".nc")


def people(
    settings: Settings, grid: Grid, buildings: gpd.GeoDataFrame, own: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Return persons by building and age group, and notes on what was assumed.

    Parameters
    ----------
    settings, grid
        What was asked for, and where the city lies.
    buildings
        The city's buildings.
    own
        The rows of the user's file that the buildings came from, in the same order.
    """
    said = settings.layers[Layer.PEOPLE]
    if not len(buildings):
        raise BadCity(
            "buildings for the people to live in",
            "none on the map",
            "Add a [buildings] section, or take [people] out.",
        )
    if said["how"] == "buildings":
        persons, notes = _groups(pd.DataFrame(own), said)
        persons.insert(0, "building", buildings["id"].to_numpy())
    elif said["how"] == "table":
        rows = plain(settings.path(said["file"]), said)
        persons, notes = _groups(rows, said)
        keys, _ = mapped(rows, Layer.PEOPLE, {"columns": {"building": said["columns"]["building"]}})
        persons.insert(0, "building", keys["building"].to_numpy())
        here = persons["building"].isin(buildings["id"])
        if not here.any():
            raise BadFile(
                f"ids of buildings in {said['file']}",
                f"{keys['building'].iloc[0] if len(keys) else 'no rows'!r}, which none has",
                "Map the id of the buildings in [buildings.columns], the same key in both files.",
            )
        if not here.all():
            notes.append(f"{int((~here).sum())} rows of buildings off the map left out.")
        persons = persons[here]
    else:
        persons, notes = _spread(settings.path(said["file"]), said, grid, buildings)
    groups = list(AGE_GROUPS)
    persons = persons.groupby("building", as_index=False, sort=False)[groups].sum()
    return persons[persons[groups].sum(axis=1) > 0].reset_index(drop=True), notes


def _groups(rows: pd.DataFrame, said: Any) -> tuple[pd.DataFrame, list[str]]:
    """Return a column of persons for each age group."""
    columns = said.get("columns", {})
    notes = []
    if "total" in said:
        if said["total"] not in rows:
            raise BadFile(
                f"a column {said['total']!r} of persons",
                f"columns {', '.join(map(repr, rows.columns))}",
                "Write the name of yours as total = ….",
            )
        total = _count(rows[said["total"]])
        made = {group: total * float(said["shares"].get(group, 0.0)) for group in AGE_GROUPS}
        notes.append("Ages by the same shares everywhere (assumed).")
    else:
        named = {group: columns[group] for group in AGE_GROUPS if group in columns}
        lost = [his for his in named.values() if his not in rows]
        if lost:
            raise BadFile(
                f"columns {', '.join(map(repr, lost))} of persons",
                f"columns {', '.join(map(repr, rows.columns))}",
                "Mend [people.columns].",
            )
        made = {
            group: _count(rows[named[group]]) if group in named else np.zeros(len(rows))
            for group in AGE_GROUPS
        }
    return pd.DataFrame(made), notes


def _count(values: pd.Series[Any]) -> Array:
    numbers = pd.to_numeric(values, errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)
    if (numbers < 0).any():
        raise BadFile(
            "persons of 0 or more",
            f"{numbers.min():g} in {values.name!r}",
            "Negative numbers often mean unknown; take these rows out with where = ….",
        )
    return numbers


def _spread(
    path: Path, said: Any, grid: Grid, buildings: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Share out the persons of areas, points or raster cells over the homes in them."""
    homes = buildings[buildings["dwellings"] > 0]
    if not len(homes):
        homes = buildings
    area = shapely.area(homes.geometry.to_numpy()) * homes["floors"].to_numpy(dtype=np.float64)
    dwellings = homes["dwellings"].to_numpy(dtype=np.float64)
    weight = dwellings if (dwellings > 0).any() else np.maximum(area, 1.0)
    points = shapely.get_coordinates(shapely.point_on_surface(homes.geometry.to_numpy()))
    if path.suffix.lower() in _RASTERS:
        cells, middles, cell, persons, notes = _raster(path, said, grid, points)
    else:
        cells, middles, cell, persons, notes = _areas(path, said, grid, points)
    moved = np.zeros(len(persons), dtype=bool)
    moved[np.setdiff1d(np.arange(len(persons)), cell[cell >= 0])] = True
    moved &= persons.sum(axis=1) > 0
    share = np.zeros((len(homes), len(AGE_GROUPS)))
    inside = cell >= 0
    sums = np.bincount(cell[inside], weights=weight[inside], minlength=cells)
    share[inside] = persons[cell[inside]] * (weight[inside] / sums[cell[inside]])[:, None]
    if moved.any():
        nearest = shapely.STRtree(np.asarray(shapely.points(points))).nearest(
            shapely.points(middles[moved])
        )
        np.add.at(share, nearest, persons[moved])
        count = round(float(persons[moved].sum()))
        notes.append(f"{count} persons of places without homes moved to the nearest home.")
    notes.append(
        f"Spread over {len(homes)} homes by {'dwellings' if weight is dwellings else 'floor area'}."
    )
    made = pd.DataFrame(share, columns=list(AGE_GROUPS))
    made.insert(0, "building", homes["id"].to_numpy())
    return made, notes


def _areas(path: Path, said: Any, grid: Grid, points: Array) -> Any:
    """Return count, middles, the area of each home (-1 = none), persons (n, groups), notes."""
    table = vectors(path, said, grid)
    groups, notes = _groups(pd.DataFrame(table), said)
    persons = groups.to_numpy(dtype=np.float64)
    shapes = table.geometry.to_numpy()
    box = shapely.box(*grid.bounds)
    flat = shapely.area(shapes) > 0
    part = np.ones(len(shapes))
    part[flat] = shapely.area(shapely.intersection(shapes[flat], box)) / shapely.area(shapes[flat])
    if (part < 1 - 1e-9).any():
        notes.append("Areas across the edge of the map count by the part of them that lies on it.")
    cell = np.full(len(points), -1)
    home, area = shapely.STRtree(shapes).query(shapely.points(points), predicate="intersects")
    cell[home[::-1]] = area[::-1]
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    return len(shapes), middles, cell, persons * part[:, None], notes


def _raster(path: Path, said: Any, grid: Grid, points: Array) -> Any:
    """Return the same for a raster that holds persons in each cell."""
    with opened(path) as file:
        own = frame(file, path, said.get("crs")).to_wkt()
        band = file.read(1, masked=True, resampling=Resampling.nearest)
        transform = file.transform
    counts = np.maximum(np.ma.filled(band.astype(np.float64), 0.0), 0.0)
    counts[~np.isfinite(counts)] = 0.0
    row, column = np.nonzero(counts)
    x, y = places(transform, column + 0.5, row + 0.5)
    x, y = map(np.asarray, move(own, grid.crs, x, y)) if len(row) else (x, y)
    here = grid.inside(x, y)
    row, column, x, y = row[here], column[here], x[here], y[here]
    number = np.full(counts.shape, -1)
    number[row, column] = np.arange(len(row))
    hx, hy = map(np.asarray, move(grid.crs, own, points[:, 0], points[:, 1]))
    hc, hr = (np.floor(v).astype(int) for v in pixels(transform, hx, hy))
    on = (hr >= 0) & (hr < counts.shape[0]) & (hc >= 0) & (hc < counts.shape[1])
    cell = np.full(len(points), -1)
    cell[on] = number[hr[on], hc[on]]
    total = counts[row, column]
    persons = np.stack([total * float(said["shares"].get(g, 0.0)) for g in AGE_GROUPS], axis=1)
    return len(row), np.c_[x, y], cell, persons, ["Ages by the same shares everywhere (assumed)."]
