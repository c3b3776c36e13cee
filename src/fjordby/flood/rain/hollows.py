"""Bluespots: every hollow of the ground, the hollows inside it, and where it spills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Array
from fjordby.errors import BadValue
from fjordby.flood.rain import kernels
from fjordby.flood.surge.connection import check_ground
from fjordby.flood.surge.edges import NEIGHBOURS, Edges
from fjordby.grid import Grid, Raster

#: Values of `Bluespots.catchment` and `Bluespots.down` that are no hollow.
TO_SEA, OFF_MAP, NO_LAND = kernels.IN_SEA, kernels.IN_OUTSIDE, kernels.UNKNOWN

#: The neighbour back, for each of NEIGHBOURS.
_BACK = np.array([NEIGHBOURS.index((-r, -c)) for r, c in NEIGHBOURS])


@dataclass(frozen=True)
class Bluespots:
    """All hollows of a terrain as a forest: when two hollows side by side are full, they are one.

    A hollow has a number: the n innermost ones, one for each lowest place, first; a merger comes
    after its two parts. Arrays over hollows have shape (m,), and speak of a hollow with all of
    its parts.

    Parameters
    ----------
    terrain
        The ground [m datum], shape (ny, nx).
    catchment
        The innermost hollow that the rain of a cell runs to, or TO_SEA (-1), OFF_MAP (-2: over
        the edge of the map or into unknown ground), NO_LAND (-3); int32, (ny, nx).
    drowned
        The innermost hollow that drowns a cell when it is full, -4 for none; int32, (ny, nx).
    innermost
        Number n of innermost hollows.
    parent, left, right
        The hollow it becomes part of when full, and its two parts; -1 for none.
    outermost
        The hollow around it that is part of no other.
    order
        Rank of an outermost hollow: its spill only ever goes to lower ranks; -1 for inner ones.
    down
        The innermost hollow that gets its spill, or TO_SEA or OFF_MAP.
    pour
        Flat index (row * nx + column) of the cell over which it spills.
    spill, bottom
        Level at which it spills, and its lowest ground [m datum].
    cells, catchment_cells
        Number of cells under water when full, and of cells that drain to it by themselves.
    room
        Depth times cells that it takes when its parts are full already [m].
    fills
        Net rain, the same everywhere, that fills it, spill from above included [m].
    """

    terrain: Raster
    catchment: Raster
    drowned: Raster
    innermost: int
    parent: Array
    left: Array
    right: Array
    outermost: Array
    order: Array
    down: Array
    pour: Array
    spill: Array
    bottom: Array
    cells: Array
    catchment_cells: Array
    room: Array
    fills: Array

    @property
    def grid(self) -> Grid:
        """The grid of the terrain."""
        return Grid.of(self.terrain)

    def __len__(self) -> int:
        """Return the number of hollows, mergers included."""
        return self.parent.size

    @property
    def volume(self) -> Array:
        """Water that each hollow holds when full, shape (m,) [m3]."""
        total = self.room.copy()
        _to_parents(self.parent, total)
        return total * self.grid.cell_area


def bluespots(terrain: Raster, sea: Raster, edges: Edges | None = None) -> Bluespots:
    """Find every hollow of a terrain, what it holds, what drains to it and where it spills.

    Rain runs down the steepest of eight steps; flats lead to where they drain; land beside the
    sea drains to it. The sea, the edge of the map and unknown ground take all that comes. The
    forest of hollows is that of Barnes, Callaghan and Wickert (2020), doi
    10.5194/esurf-8-431-2020; "bluespot" is the word of Danish practice (Balstrøm and Crawford
    2018, doi 10.1016/j.cageo.2018.04.010). Culverts and pipes are not known: a road across a
    stream makes a hollow unless its culvert is cut into the terrain.

    Parameters
    ----------
    terrain
        Ground height, NaN where unknown [m datum], shape (ny, nx).
    sea
        True where the open sea stands, shape (ny, nx); there may be none.
    edges
        Crests between cells that also keep rain in, as `barrier_edges` gives them.

    Raises
    ------
    BadValue
        When shapes differ, there is no known land, or a height is infinite.

    Examples
    --------
    A pit of 1 m in one cell of 100 m2; the eight cells around drain to it, the edge is its rim:

    >>> ground = np.full((3, 3), 5.0, np.float32)
    >>> ground[1, 1] = 4.0
    >>> grid = Grid(0.0, 30.0, 10.0, 3, 3, "EPSG:25832")
    >>> spots = bluespots(grid.raster(ground, "t"), grid.raster(np.zeros((3, 3), bool), "s"))
    >>> spots.spill.tolist(), spots.volume.tolist(), spots.catchment_cells.tolist()
    ([5.0], [100.0], [9])
    """
    grid = check_ground(terrain, sea)
    edges = Edges.none(grid) if edges is None else edges
    edges.expect(grid)
    board = _board(terrain.values, sea.values, edges)
    owner, pits = _catchments(board)
    tree = _forest(board, owner, pits)
    return _described(grid, terrain, board, owner, pits, tree)


def spill_chain(spots: Bluespots, hollow: int) -> list[int]:
    """List the outermost hollows that the spill of a hollow passes, and the outlet it ends in.

    The first is the outermost hollow around the asked one; the last is TO_SEA or OFF_MAP.

    Raises
    ------
    BadValue
        For a hollow that is not there.
    """
    if not 0 <= hollow < len(spots):
        raise BadValue(
            f"a hollow from 0 to {len(spots) - 1}", repr(hollow), "See bluespot_table for ids."
        )
    chain = [int(spots.outermost[hollow])]
    while chain[-1] >= 0:
        down = int(spots.down[chain[-1]])
        chain.append(int(spots.outermost[down]) if down >= 0 else down)
    return chain


def bluespot_table(
    spots: Bluespots, least_depth: float = 0.0, least_volume: float = 0.0, inner: bool = True
) -> pd.DataFrame:
    """List the hollows, largest first.

    Parameters
    ----------
    spots
        What `bluespots` found.
    least_depth, least_volume
        Leave out what is shallower [m] or smaller [m3].
    inner
        False leaves out hollows that are part of another.

    Returns
    -------
    pandas.DataFrame
        id; parent (-1 = none); downstream (the other part of the same parent, else the next
        outermost hollow, else TO_SEA or OFF_MAP); level and bottom [m datum]; depth [m]; volume
        [m3]; area [m2] when full; catchment [m2]; own_rain [m] that fills it from its own
        catchment; rain_to_fill [m], the same with the spill from above; x, y of the pour point.
    """
    grid = spots.grid
    ids = np.arange(len(spots))
    inside = spots.parent >= 0
    beside = np.where(
        inside, spots.left[spots.parent] + spots.right[spots.parent] - ids, spots.down
    )
    outer = np.where(spots.down >= 0, spots.outermost[spots.down], spots.down)
    volume = spots.volume
    area = spots.cells * grid.cell_area
    catchment = spots.catchment_cells * grid.cell_area
    row, column = np.divmod(spots.pour, grid.nx)
    table = pd.DataFrame(
        {
            "id": ids,
            "parent": spots.parent,
            "downstream": np.where(inside, beside, outer),
            "level": spots.spill,
            "bottom": spots.bottom,
            "depth": spots.spill - spots.bottom,
            "volume": volume,
            "area": area,
            "catchment": catchment,
            "own_rain": volume / catchment,
            "rain_to_fill": spots.fills,
            "x": grid.x[column],
            "y": grid.y[row],
        }
    )
    keep = (table["depth"] >= least_depth) & (table["volume"] >= least_volume)
    if not inner:
        keep &= table["parent"] < 0
    return table[keep].sort_values("volume", ascending=False, ignore_index=True, kind="stable")


def _to_parents(parent: Array, values: Array) -> None:
    """Add the value of each hollow to the one around it, from the inside out, in place."""
    kernels.add_up(parent, values)


def _board(terrain: Array, sea: Array, edges: Edges) -> Any:
    """Lay out the terrain with a rim of OUTSIDE cells."""
    ny, nx = terrain.shape
    height = np.zeros((ny + 2, nx + 2), np.float32)
    what = np.full(height.shape, kernels.OUTSIDE, np.uint8)
    height[1:-1, 1:-1] = terrain
    inner = what[1:-1, 1:-1]
    inner[~np.isnan(terrain)] = kernels.LAND
    inner[sea] = kernels.SEA
    walled = (edges.cells // nx + 1) * (nx + 2) + edges.cells % nx + 1
    row = np.zeros(height.size, bool)
    row[walled] = True
    offsets = np.array([r * (nx + 2) + c for r, c in NEIGHBOURS])
    return kernels.Board(height.reshape(-1), what.reshape(-1), offsets, walled, row, edges.crest)


def _catchments(board: Any) -> tuple[Array, Array]:
    """Return whose ground each cell of the board is, and the pit cell of each innermost hollow."""
    size = board.height.size
    way = np.full(size, kernels.UNDECIDED, np.int8)
    kernels.downhill(board, way)
    queue = np.empty(size, np.int32)
    pits = np.empty(size, np.int32)
    found = kernels.across_flats(board, way, _BACK, queue, pits)
    pits = pits[:found].copy()
    owner = np.full(size, kernels.UNKNOWN, np.int32)
    kernels.catchments(board, way, pits, owner)
    return owner, pits


def _forest(board: Any, owner: Array, pits: Array) -> Any:
    """Let the hollows merge over their passes, lowest first."""
    count = pits.size
    nothing = np.empty(0, np.float32), np.empty(0, np.int32), np.empty(0, np.int8)
    found = kernels.passes(board, owner, *nothing)
    level = np.empty(found, np.float32)
    cell = np.empty(found, np.int32)
    way = np.empty(found, np.int8)
    kernels.passes(board, owner, level, cell, way)
    sequence = _by_level(level)
    tree = kernels.Tree(
        parent=np.full(2 * count, -1, np.int32),
        left=np.full(2 * count, -1, np.int32),
        right=np.full(2 * count, -1, np.int32),
        spill=np.full(2 * count, np.inf),
        pour=np.full(2 * count, -1, np.int64),
        down=np.full(2 * count, kernels.IN_OUTSIDE, np.int32),
        order=np.full(2 * count, -1, np.int32),
    )
    link = np.arange(count + 1)
    hollows = kernels.merge(
        board, owner, level, cell, way, sequence, tree, link, np.arange(count + 1), count
    )
    return kernels.Tree(*(values[:hollows].copy() for values in tree))


def _by_level(level: Array) -> Array:
    """Return the order of float32 levels, ties by position: sorted as integers, which is fast."""
    bits = (level + np.float32(0.0)).view(np.int32)
    keys = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64) << 32
    keys |= np.arange(level.size)
    keys.sort()
    return keys & 0xFFFFFFFF


def _described(
    grid: Grid, terrain: Raster, board: Any, owner: Array, pits: Array, tree: Any
) -> Bluespots:
    """Count, sum and fill the hollows of a forest."""
    count, hollows = pits.size, tree.parent.size
    depth = np.empty(hollows, np.int32)
    jump = np.empty(hollows, np.int32)
    outermost = np.empty(hollows, np.int32)
    kernels.ancestors(tree.parent, depth, jump, outermost)
    inside = np.empty(owner.size, np.int32)
    cells = np.zeros(hollows, np.int64)
    room = np.zeros(hollows)
    kernels.drown(board.height, owner, tree.spill, tree.parent, jump, inside, cells, room)
    kernels.gather(tree, cells, room)
    drains = np.zeros(hollows, np.int64)
    drains[:count] = np.bincount(owner[owner >= 0], minlength=count)
    catchment_cells = drains.copy()
    _to_parents(tree.parent, catchment_cells)
    bottom = np.full(hollows, np.inf)
    bottom[:count] = board.height[pits]
    kernels.lowest(tree.parent, bottom)
    row, column = np.divmod(tree.pour, grid.nx + 2)

    def crop(values: Array) -> Array:
        return values.reshape(grid.ny + 2, grid.nx + 2)[1:-1, 1:-1].copy()

    return Bluespots(
        terrain=terrain,
        catchment=grid.raster(crop(owner), "catchment", "1"),
        drowned=grid.raster(crop(inside), "drowned", "1"),
        innermost=count,
        parent=tree.parent,
        left=tree.left,
        right=tree.right,
        outermost=outermost,
        order=tree.order,
        down=tree.down,
        pour=(row - 1) * grid.nx + column - 1,
        spill=tree.spill,
        bottom=bottom,
        cells=cells,
        catchment_cells=catchment_cells,
        room=room,
        fills=_fills(tree, room, drains),
    )


def _fills(tree: Any, room: Array, drains: Array) -> Array:
    """Return the even net rain that fills each hollow, spill from above included [m]."""
    hollows = room.size
    filled = np.full(hollows, np.inf)
    kernels.rain_that_fills(
        tree,
        room,
        drains.astype(np.float64),
        np.zeros(hollows, bool),
        np.arange(hollows),
        np.zeros(hollows),
        np.zeros(hollows),
        np.empty(3 * hollows),
        np.empty(3 * hollows, np.int64),
        filled,
    )
    return filled
