"""The ground that a city's water runs over: cells of a wanted size, in which streams stay whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from rasterio.features import rasterize
from scipy.ndimage import binary_dilation, label

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.dynamic.roughness import channel_roughness, land_roughness, manning
from fjordby.flood.dynamic.structures.buildings import HALF, covered
from fjordby.grid import Grid

#: What may be done with buildings.
BUILDINGS = ("ground", "blocks", "raised", "porous")

#: How much a raised building stands above its highest ground [m]; assumed: the floor of most houses
#: (0.3 m) and a door that holds for a while. Water then goes through a house, but late and slowly.
RAISED = 0.3

#: So many rows of sea cells beside the land are kept; the open sea beyond costs nothing.
RIM = 2


@dataclass(frozen=True)
class Course:
    """A stream on the grid: its cells in the order of the flow, 4-connected, and its width."""

    id: str
    rows: Ints
    columns: Ints
    width: float


@dataclass(frozen=True)
class CityGround:
    """The ground of a city in the cells of a run.

    Parameters
    ----------
    grid
        The cells.
    bed
        Ground, shape (ny, nx) float64 [m datum]; NaN outside the map, far out at sea and in blocks.
    roughness
        Manning's n, shape (ny, nx) [s/m^(1/3)].
    sea
        The cells of the sea that are kept, along the shore, shape (ny, nx).
    blocked
        Cells taken out for buildings, shape (ny, nx).
    channel
        The cells of stream beds, shape (ny, nx).
    courses
        Streams by id.
    share
        Part of each cell that houses leave open, shape (ny, nx); None = all of it.
    """

    grid: Grid
    bed: Floats
    roughness: Array
    sea: Bools
    blocked: Bools
    channel: Bools
    courses: Mapping[str, Course]
    share: Array | None = None

    @cached_property
    def land(self) -> Bools:
        """Ground that is not sea, shape (ny, nx)."""
        return np.asarray(~np.isnan(self.bed) & ~self.sea)


def city_ground(city: City, cell: float | None = None, buildings: str = "ground") -> CityGround:
    """Return the ground of a city for a run.

    Parameters
    ----------
    city
        The city.
    cell
        Side of a cell [m], a multiple of the terrain's; None = the terrain's own. A larger cell
        takes the mean of its ground. Where a stream passes, it takes the mean of the stream's bed
        alone, so that the stream stays whole and as deep as it is, and is made rougher by as much
        as it is too wide.
    buildings
        "ground": they stand on the ground and are only rough (the default: a cell of 10 m holds
        half a house and half a street, and blocking it would close the street). "blocks": cells
        of which they cover more than half are taken out. "raised": such cells are lifted by 0.3 m.
        "porous": they take their part of each cell; for runs with tables of the fine ground.

    Raises
    ------
    BadValue
        For a cell that is no multiple, an unknown way with buildings, or ground inside the land
        that is not known.
    """
    if buildings not in BUILDINGS:
        raise BadValue(
            f"buildings among {', '.join(BUILDINGS)}", repr(buildings), "Choose one of these."
        )
    factor = _factor(city.grid, cell)
    _no_holes(city)
    courses = {c.id: c for c in _courses(city, city.grid)}
    grid, bed, sea = _coarse(city, factor, courses)
    if factor > 1:
        courses = {c.id: c for c in _courses(city, grid)}
    rough = land_roughness(city, grid, houses=buildings == "ground")
    channel = _channel(courses.values(), grid, city) & ~sea
    rough[channel] = _bed_roughness(courses.values(), grid, city)[channel]
    rough[sea] = manning("sea")
    kept = _rim(sea, bed)
    bed[sea & ~kept] = np.nan
    bed[kept & np.isnan(bed)] = float(np.nanmin(bed)) - 1.0  # a bed is needed; the level is held
    blocked, share = np.zeros(grid.shape, bool), None
    if buildings != "ground":
        houses = covered(city.buildings.geometry.to_numpy(), grid)
        houses[sea | channel] = 0.0
        if buildings == "porous":
            share = 1.0 - houses
        elif buildings == "raised":
            bed[houses > HALF] += RAISED
        else:
            blocked = houses > HALF
    bed[blocked] = np.nan
    return CityGround(grid, bed, rough, kept, blocked, channel, courses, share)


def _factor(grid: Grid, cell: float | None) -> int:
    """Return how many of the terrain's cells go into the side of a cell."""
    if cell is None:
        return 1
    factor = round(cell / grid.cell) if np.isfinite(cell) else 0
    if factor < 1 or abs(factor * grid.cell - cell) > 1e-6 * cell:
        raise BadValue(
            f"a cell that is a multiple of the terrain's {grid.cell:g} m",
            f"{cell:g} m",
            f"Use {max(factor, 1) * grid.cell:g} m, or a finer terrain.",
        )
    return factor


def _no_holes(city: City) -> None:
    """Raise `BadValue` for unknown ground that lies inside the land.

    Ground is outside where the unknown reaches the edge of the map or the open sea.
    """
    unknown = np.isnan(city.terrain.values) & ~city.sea.values
    if not unknown.any():
        return
    pieces, count = label(unknown | city.sea.values, np.ones((3, 3)))
    edge = np.zeros(count + 1, bool)
    for side in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1], pieces[city.sea.values]):
        edge[side] = True
    holes = unknown & ~edge[pieces]
    if holes.any():
        row, column = (int(k[0]) for k in np.nonzero(holes))
        grid = city.grid
        raise BadValue(
            "ground of known height all over the land",
            f"{int(holes.sum())} cells without, the first at {grid.x[column]:.0f}, "
            f"{grid.y[row]:.0f} (row {row}, column {column})",
            "Fill the holes in the terrain from another source; `fjordby city check` names them.",
        )


def _coarse(city: City, factor: int, courses: Mapping[str, Course]) -> tuple[Grid, Floats, Bools]:
    """Return grid, bed and sea in cells of `factor` x `factor` of the terrain's."""
    fine, bed, sea = city.grid, city.terrain.values.astype(np.float64), city.sea.values.copy()
    if factor == 1:
        return fine, bed, sea
    ny, nx = -(-fine.ny // factor), -(-fine.nx // factor)
    grid = Grid(fine.west, fine.north, fine.cell * factor, ny, nx, fine.crs)
    deep = _channel(courses.values(), fine, city) & ~sea
    full = (ny * factor, nx * factor)
    pad = [(0, full[0] - fine.ny), (0, full[1] - fine.nx)]
    blocks = (ny, factor, nx, factor)
    known = np.pad(~np.isnan(bed), pad)
    height = np.pad(np.nan_to_num(bed), pad)
    wet, stream = np.pad(sea, pad), np.pad(deep, pad)

    def mean(where: Array) -> tuple[Floats, Floats]:
        count = where.reshape(blocks).sum(axis=(1, 3)).astype(np.float64)
        total = np.where(where, height, 0.0).reshape(blocks).sum(axis=(1, 3))
        return total / np.maximum(count, 1.0), count

    ground, dry = mean(known & ~wet)
    channel, streams = mean(known & stream)
    under, _ = mean(known & wet)
    seas = wet.reshape(blocks).sum(axis=(1, 3))
    is_sea = (seas > dry) & (streams == 0)
    coarse = np.where(streams > 0, channel, np.where(is_sea, under, ground))
    coarse[(dry == 0) & (seas == 0)] = np.nan
    return grid, coarse, np.asarray(is_sea)


def _rim(sea: Bools, bed: Array) -> Bools:
    """Return the cells of the sea within `RIM` cells of land."""
    land = ~np.isnan(bed) & ~sea
    return np.asarray(sea & binary_dilation(land, np.ones((3, 3)), iterations=RIM))


def _courses(city: City, grid: Grid) -> list[Course]:
    """Return the streams on a grid; one that never comes onto it is left out."""
    found = []
    for row in city.streams.itertuples(index=False):
        rows, columns = cells_along(row.geometry, grid)
        if rows.size:
            found.append(Course(str(row.id), rows, columns, float(row.width)))
    return found


def _channel(courses: Iterable[Course], grid: Grid, city: City) -> Bools:
    """Return the cells of stream beds: those along the lines, and those within half the width."""
    cells = _within_banks(grid, city)
    for course in courses:
        cells[course.rows, course.columns] = True
    return cells


def _within_banks(grid: Grid, city: City) -> Bools:
    """Return the cells within half the width of streams that are wider than a cell."""
    wide = city.streams[city.streams["width"] > grid.cell]
    if not len(wide):
        return np.zeros(grid.shape, bool)
    areas = shapely.buffer(wide.geometry.to_numpy(), wide["width"].to_numpy(float) / 2.0)
    return np.asarray(rasterize(areas, out_shape=grid.shape, transform=grid.transform) > 0)


def _bed_roughness(courses: Iterable[Course], grid: Grid, city: City) -> Floats:
    """Return Manning's n of stream beds; where streams meet, that of the widest [s/m^(1/3)]."""
    rough = np.where(_within_banks(grid, city), manning("stream"), np.inf)
    for course in courses:
        cells = course.rows, course.columns
        rough[cells] = np.minimum(rough[cells], channel_roughness(course.width, grid.cell))
    return rough


def cells_along(line: shapely.LineString, grid: Grid) -> tuple[Ints, Ints]:
    """Return the cells that a line passes on a grid, in its order and 4-connected.

    Where the line steps across a corner the cell beside the corner is taken along: the one in the
    row that the line leaves.
    """
    count = 1 + int(np.ceil(4.0 * line.length / grid.cell))
    points = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.linspace(0.0, line.length, count))
    )
    inside = grid.inside(points[:, 0], points[:, 1])
    row, column = grid.rows_columns(points[inside, 0], points[inside, 1])
    turn = np.flatnonzero((np.abs(np.diff(row)) == 1) & (np.abs(np.diff(column)) == 1))
    row, column = (
        np.insert(row, turn + 1, row[turn]),
        np.insert(column, turn + 1, column[turn + 1]),
    )
    if not row.size:
        return row, column
    flat = row * grid.nx + column
    _, first = np.unique(flat, return_index=True)
    first.sort()
    return row[first], column[first]
