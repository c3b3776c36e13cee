"""For every place the lowest sea level that reaches it, and the still water at any level."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from fjordby.arrays import Array
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.flood.surge import kernels
from fjordby.flood.surge.edges import NEIGHBOURS, Edges, barrier_edges
from fjordby.grid import Grid, Raster
from fjordby.shock.event import Event

#: No sea stands farther from any datum in use [m]; the largest tides reach 16 m from low to high
#: (Bay of Fundy: NOAA). A higher one is a number in the wrong unit.
HIGHEST = 50.0
#: Shelves of the waiting queue; assumed: their first items (256 kB) stay in a core's own cache.
_SHELVES = 1 << 16


def sea_connection(
    terrain: Raster, sea: Raster, edges: Edges | None = None, connectivity: int = 8
) -> Raster:
    """Find for every land cell the lowest sea level at which the sea reaches it.

    It is the smallest, over all paths from the sea, of the highest ground or crest on the path
    (a minimax path). The sea at level w floods exactly the cells whose connection is below w, so
    one pass answers for every level. The answer is exact: each value is the height of a cell or
    of a crest.

    The flood climbs from the sea: uphill of a known cell every cell is its own answer, and only
    the rims of hollows wait in a queue by height, after the priority-flood of Barnes, Lehman and
    Mulla (2014), doi 10.1016/j.cageo.2013.04.024, and its use of plain queues on slopes by Wei,
    Zhou and Fu (2019), doi 10.1080/17538947.2018.1429503.

    Parameters
    ----------
    terrain
        Ground height, NaN where unknown [m datum], shape (ny, nx). Heights of other types than
        float32 are rounded to it.
    sea
        True where the open sea stands, shape (ny, nx).
    edges
        Crests between cells, as `barrier_edges` gives them; None for none.
    connectivity
        8: water also passes between cells that touch at a corner; 4: it does not.

    Returns
    -------
    Raster
        float32 [m datum]: -inf on the sea, NaN where the ground is unknown (water does not pass
        there), +inf on land that no sea level reaches (an island in the unknown).

    Raises
    ------
    BadValue
        When shapes differ, there is no sea or no known land, or a height is infinite.

    Examples
    --------
    Sea, a beach at 1 m, a dune at 3 m and a hollow at 0 m behind it:

    >>> grid = Grid(0.0, 10.0, 10.0, 1, 4, "EPSG:25832")
    >>> terrain = grid.raster(np.array([[-2, 1, 3, 0]], np.float32), "terrain")
    >>> sea = grid.raster(np.array([[True, False, False, False]]), "sea")
    >>> sea_connection(terrain, sea).values.tolist()
    [[-inf, 1.0, 3.0, 3.0]]
    """
    grid = check_ground(terrain, sea)
    edges = Edges.none(grid) if edges is None else edges
    _check(grid, sea, edges, connectivity)
    ground, land = _ground(terrain.values, sea.values, edges, connectivity)
    kernels.connect(ground, _queue(ground, land), np.empty(ground.height.size, np.int32))
    board = ground.height.reshape(grid.ny + 2, grid.nx + 2)
    reached = (ground.mark & kernels.SEEN).astype(bool).reshape(board.shape)[1:-1, 1:-1]
    level = board[1:-1, 1:-1].copy()
    level[land & ~reached] = np.inf
    return grid.raster(level, "connection")


def still_water(terrain: Raster, connection: Raster, level: float) -> Raster:
    """Find the depth of water when the sea stands still at a level.

    Parameters
    ----------
    terrain
        Ground height [m datum], shape (ny, nx).
    connection
        What `sea_connection` says of this terrain, shape (ny, nx) [m datum].
    level
        Sea level [m datum].

    Returns
    -------
    Raster
        float32 [m]: `level` minus the ground where the connection is below the level, else 0;
        the open sea and unknown ground are NaN, as in `Flood.depth`.

    Raises
    ------
    BadValue
        When the level is no number or the grids differ.

    Examples
    --------
    >>> grid = Grid(0.0, 10.0, 10.0, 1, 3, "EPSG:25832")
    >>> terrain = grid.raster(np.array([[-2, 1, 0.5]], np.float32), "terrain")
    >>> connection = grid.raster(np.array([[-np.inf, 1, 1]], np.float32), "connection")
    >>> still_water(terrain, connection, 1.5).values.tolist()
    [[nan, 0.5, 1.0]]
    """
    if not np.isfinite(level):
        raise BadValue("a sea level in metres", repr(level), "Give a finite number.")
    grid = _same_grid(terrain, connection, "connection")
    depth = np.full(grid.shape, np.nan, np.float32)
    reach = connection.values
    with np.errstate(invalid="ignore"):
        known = (reach > -np.inf) & ~np.isnan(terrain.values)
        wet = known & (reach < level)
    depth[known] = 0.0
    depth[wet] = level - terrain.values[wet].astype(np.float64)
    return grid.raster(depth, "depth")


def sea_flood(
    city: City,
    event_or_level: Event | float,
    connection: Raster | None = None,
    open_gates: Collection[str] = (),
) -> Flood:
    """Flood a city from the sea, still water at the highest level of an event.

    Gates are shut unless named in `open_gates`. The sea is taken to stay at its peak for as long
    as the water needs: an upper bound for short surges and for land far behind a low dike.

    Parameters
    ----------
    city
        The city, with its barriers.
    event_or_level
        An event with a sea level, or a level [m datum].
    connection
        The city's `sea_connection` when already known; it must have been made with the same
        gates.
    open_gates
        Ids of gates that stand open.

    Raises
    ------
    BadValue
        When the event leaves the sea quiet, for a level that cannot be in metres, or for what
        `sea_connection` does not take.
    """
    level = event_or_level.sea_peak if isinstance(event_or_level, Event) else event_or_level
    if level is None:
        raise BadValue(
            "an event that moves the sea",
            "one with a quiet sea",
            "Give the event a sea level, or ask rain_flood about its rain.",
        )
    if abs(float(level)) > HIGHEST:
        raise BadValue(
            f"a sea level in metres, at most {HIGHEST:.0f} from the datum",
            f"{float(level):g}",
            "Give it in metres, not in centimetres.",
        )
    if connection is None:
        connection = city_connection(city, open_gates)
    return Flood(still_water(city.terrain, connection, float(level)), "surge", "sea_connection")


def city_connection(city: City, open_gates: Collection[str] = ()) -> Raster:
    """Find the `sea_connection` of a city with its barriers, gates shut unless named open."""
    edges = barrier_edges(city.barriers, city.grid, open_gates)
    return sea_connection(city.terrain, city.sea, edges)


def check_ground(terrain: Raster, sea: Raster) -> Grid:
    """Return the grid of a terrain that water can be asked about; raises `BadValue`."""
    grid = _same_grid(terrain, sea, "sea")
    if sea.dtype != np.bool_:
        raise BadValue("a sea of True and False", f"{sea.dtype}", "Make it a mask.")
    if not np.issubdtype(terrain.dtype, np.floating):
        raise BadValue("heights as floats [m]", f"{terrain.dtype}", "Convert them to float32.")
    if np.isinf(terrain.values).any():
        raise BadValue(
            "finite heights, or NaN where unknown", "infinity", "Mark unknown ground with NaN."
        )
    if not (~np.isnan(terrain.values) & ~sea.values).any():
        raise BadValue(
            "ground with a known height", "none at all", "Check the terrain's nodata and the sea."
        )
    if (grid.ny + 2) * (grid.nx + 2) >= 2**31 - 2**24:
        raise BadValue(
            "at most 2.1 billion cells", f"{grid.ny} x {grid.nx}", "Cut the terrain in parts."
        )
    return grid


def _same_grid(terrain: Raster, other: Raster, name: str) -> Grid:
    """Return the one grid of two rasters; raises `BadValue` when they differ."""
    if terrain.shape != other.shape:
        raise BadValue(
            f"a {name} of the terrain's shape {terrain.shape}",
            f"shape {other.shape}",
            "Resample one to the other.",
        )
    grid = Grid.of(terrain)
    if Grid.of(other) != grid:
        raise BadValue(
            f"a {name} on the terrain's grid {grid}",
            f"{Grid.of(other)}",
            "Resample one to the other.",
        )
    return grid


def _check(grid: Grid, sea: Raster, edges: Edges, connectivity: int) -> None:
    """Raise `BadValue` for what else a connection cannot be asked of."""
    if connectivity not in (4, 8):
        raise BadValue("a connectivity of 4 or 8", repr(connectivity), "Choose one of them.")
    if not sea.values.any():
        raise BadValue(
            "a terrain with sea on it", "one without", "Mark the open sea, or ask about rain only."
        )
    edges.expect(grid)


def _ground(terrain: Array, sea: Array, edges: Edges, connectivity: int) -> tuple[Any, Array]:
    """Lay the board of the flood: the terrain with a rim of seen cells; also say what is land."""
    ny, nx = terrain.shape
    height = np.zeros((ny + 2, nx + 2), np.float32)
    inner = height[1:-1, 1:-1]
    inner[...] = terrain
    inner[sea] = -np.inf
    mark = np.full(height.shape, kernels.SEEN, np.uint8)
    land = np.isfinite(inner)
    mark[1:-1, 1:-1] = ~land
    walled = (edges.cells // nx + 1) * (nx + 2) + edges.cells % nx + 1
    mark.reshape(-1)[walled] |= kernels.WALLED
    offsets = np.array([r * (nx + 2) + c for r, c in NEIGHBOURS[:connectivity]])
    ground = kernels.Ground(height.reshape(-1), mark.reshape(-1), offsets, walled, edges.crest)
    return ground, land


def _queue(ground: Any, land: Array) -> Any:
    """Set up an empty queue; its pages are only used as far as items come to wait."""
    # A walled cell is visited at most twice, once as a rim: twice its steps are enough.
    steps = 2 * int(np.isfinite(ground.crest).sum())
    inner = ground.height.reshape(land.shape[0] + 2, -1)[1:-1, 1:-1]
    lowest = float(inner.min(where=land, initial=np.inf))
    highest = max(
        float(inner.max(where=land, initial=-np.inf)), float(ground.crest.max(initial=-np.inf))
    )
    shelves = min(_SHELVES, ground.height.size)
    items = ground.height.size + steps
    return kernels.Queue(
        shelf=np.full(shelves, -1, np.int32),
        behind=np.empty(items, np.int32),
        levels=np.empty(items, np.float32),
        items=np.empty(items, np.int32),
        step_level=np.empty(steps, np.float32),
        step_to=np.empty(steps, np.int32),
        lowest=lowest,
        per_metre=(shelves - 1) / max(highest - lowest, 1e-30),
        tally=np.zeros(4, np.int64),
    )
