"""The road network: pieces between junctions, the water on each, and the speed that is left."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import rasterize
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.city.model import City, Layer
from fjordby.grid import Grid
from fjordby.harm.footprints import Footprints, line_prints

#: Depth at which a road is closed to cars [m]; Pregnolato et al. 2017,
#: doi:10.1016/j.trd.2017.06.020.
CLOSED = 0.30

#: Longest piece of road between two nodes [m]; assumed: about a block, so that a flood at one end
#: of a long road does not close the other end too.
LONGEST_PIECE = 100.0

#: Ends and crossings closer than this are one junction [m]; assumed: drawing accuracy.
SNAP = 1.0

#: Roads that no car or ambulance uses.
NO_CARS = frozenset(
    {"footway", "path", "cycleway", "steps", "bridleway", "corridor", "pedestrian", "ferry"}
)

#: Slowest speed limit that is believed [km/h]; assumed: guards against 0 and missing numbers.
SLOWEST = 5.0

#: Speed where nobody said one [km/h]; assumed: the usual limit in European towns.
USUAL = 50.0


@dataclass(frozen=True)
class RoadNetwork:
    """Pieces of road between nodes; all arrays in the order of the pieces, shape (m,).

    Parameters
    ----------
    a, b
        Nodes at the ends.
    road
        Row of `City.roads` that the piece belongs to.
    length
        Length [m].
    seconds
        Time to drive it on a dry day [s].
    speed
        Speed limit [km/h].
    cars
        True where cars may go.
    x, y
        Where the nodes are, shape (nodes,) [m].
    middle_x, middle_y
        Middle of each piece [m].
    prints
        Cells that each piece runs through, without its bridges.
    """

    a: Ints
    b: Ints
    road: Ints
    length: Floats
    seconds: Floats
    speed: Floats
    cars: Bools
    x: Floats
    y: Floats
    middle_x: Floats
    middle_y: Floats
    prints: Footprints


def speed_in_water(depth: Floats) -> Floats:
    """Return the speed at which a car goes through water [km/h], 0 where the road is closed.

    Parameters
    ----------
    depth
        Depth of the water on the road [m].

    Notes
    -----
    v = 0.0009 w^2 - 0.5529 w + 86.9448 with w in mm, closed from 300 mm; Pregnolato et al. 2017,
    doi:10.1016/j.trd.2017.06.020. The limit of the road holds as well.

    Examples
    --------
    >>> speed_in_water(np.array([0.0, 0.15, 0.3])).round(1)
    array([86.9, 24.3,  0. ])
    """
    w = np.asarray(depth, dtype=float) * 1000.0
    speed = 0.0009 * w * w - 0.5529 * w + 86.9448
    return np.where(w >= CLOSED * 1000.0 - 1e-6, 0.0, np.maximum(speed, 0.0))


def road_network(city: City, grid: Grid | None = None) -> RoadNetwork:
    """Return the road network of a city, with the cells that each piece lies on.

    Junctions are where roads end, touch or cross (within `SNAP`); long pieces are cut. A road
    over a stream or the quiet sea is taken as a bridge there: these cells do not flood it, its
    banks do.

    Parameters
    ----------
    city
        The city; without roads the network is empty.
    grid
        Grid of the depth maps to come; None = the city's own.
    """
    grid = grid or city.grid
    lines, owner = _lines(city.roads)
    cuts = _cuts(lines)
    x, y, starts, of_line = _pieces(lines, cuts)
    road = owner[of_line]
    first, last = starts[:-1], starts[1:] - 1
    ends = np.concatenate([np.stack([x[first], y[first]], 1), np.stack([x[last], y[last]], 1)])
    node, nodes_xy = _snapped(ends)
    step = np.hypot(np.diff(x), np.diff(y))
    step[starts[1:-1] - 1] = 0.0
    run = np.concatenate(([0.0], np.cumsum(step)))
    length = run[last] - run[first]
    limit = _limits(city.roads)[road]
    middle = (first + last) // 2
    over_water = _over_water(city, grid)
    return RoadNetwork(
        node[: first.size],
        node[first.size :],
        road,
        length,
        length / (limit / 3.6),
        limit,
        ~city.roads["road_class"].isin(NO_CARS).to_numpy(dtype=bool)[road]
        if len(city.roads)
        else np.zeros(0, bool),
        nodes_xy[:, 0],
        nodes_xy[:, 1],
        0.5 * (x[middle] + x[np.minimum(middle + 1, last)]) if first.size else np.zeros(0),
        0.5 * (y[middle] + y[np.minimum(middle + 1, last)]) if first.size else np.zeros(0),
        line_prints(x, y, starts, grid).without(over_water),
    )


def _limits(roads: gpd.GeoDataFrame) -> Floats:
    if "speed" not in roads:
        return np.full(len(roads), USUAL)
    said: Floats = roads["speed"].fillna(USUAL).to_numpy(dtype=float)
    return np.maximum(said, SLOWEST)


def _lines(roads: gpd.GeoDataFrame) -> tuple[Array, Ints]:
    """Return single lines with a length, and the road that each belongs to."""
    parts, owner = shapely.get_parts(np.asarray(roads.geometry.values), return_index=True)
    keep = shapely.length(parts) > 0.0
    return shapely.force_2d(parts[keep]), owner[keep].astype(np.int64)


def _cuts(lines: Array) -> tuple[Ints, Floats]:
    """Return where lines are cut: line and distance along it [m] of every junction on it."""
    tree = shapely.STRtree(lines)
    one, other = tree.query(lines, predicate="dwithin", distance=SNAP)
    one, other = one[one != other], other[one != other]
    line, at = [], []
    for end in (0, -1):
        points = shapely.get_point(lines[one], end)
        near = shapely.distance(points, lines[other]) <= SNAP
        line.append(other[near])
        at.append(shapely.line_locate_point(lines[other][near], points[near]))
    half = one < other
    crossing = shapely.intersection(lines[one[half]], lines[other[half]])
    points, pair = shapely.get_coordinates(crossing, return_index=True)
    spots = shapely.points(points) if len(points) else np.zeros(0, dtype=object)
    for side in (one[half][pair], other[half][pair]):
        line.append(side)
        at.append(shapely.line_locate_point(lines[side], spots) if len(points) else np.zeros(0))
    return np.concatenate(line).astype(np.int64), np.concatenate(at)


def _pieces(lines: Array, cuts: tuple[Ints, Floats]) -> tuple[Floats, Floats, Ints, Ints]:
    """Cut lines into pieces; returns vertices x, y, where pieces begin, and each piece's line."""
    vertices, line_of = shapely.get_coordinates(lines, return_index=True)
    whole = shapely.length(lines)
    step = np.hypot(*np.diff(vertices, axis=0).T) if len(vertices) > 1 else np.zeros(0)
    step[np.diff(line_of) != 0] = 0.0
    run = np.concatenate(([0.0], np.cumsum(step)))[: len(vertices)]
    begin = np.searchsorted(line_of, np.arange(lines.size))
    along = run - run[begin][line_of] if lines.size else run
    cut_line, cut_at = _all_cuts(whole, cuts)
    cut_xy = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[cut_line], cut_at) if lines.size else []
    )
    at = np.concatenate([cut_at, along])
    line = np.concatenate([cut_line, line_of])
    xy = np.concatenate([cut_xy, vertices])
    cut = np.arange(at.size) < cut_at.size
    # Cuts come before vertices at the same place, and the vertex is then dropped.
    order = np.lexsort((~cut, np.round(at, 6), line))
    at, line, xy, cut = at[order], line[order], xy[order], cut[order]
    same = np.zeros(at.size, bool)
    same[1:] = (line[1:] == line[:-1]) & (np.round(at[1:], 6) == np.round(at[:-1], 6)) & ~cut[1:]
    at, line, xy, cut = at[~same], line[~same], xy[~same], cut[~same]
    # Every cut that is neither first nor last of its line ends one piece and begins the next.
    index = np.flatnonzero(cut)
    inner = np.ones(index.size, bool)
    if index.size:
        inner[:-1] &= line[index[:-1]] == line[index[1:]]
        inner[-1] = False
    first = index[inner]
    last = index[np.flatnonzero(inner) + 1]
    size = last - first + 1
    starts = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
    take = np.arange(starts[-1]) - np.repeat(starts[:-1], size) + np.repeat(first, size)
    return xy[take, 0], xy[take, 1], starts, line[first].astype(np.int64)


def _all_cuts(whole: Floats, cuts: tuple[Ints, Floats]) -> tuple[Ints, Floats]:
    """Return junctions, both ends, and the cuts of long stretches, each once and in order."""
    count = whole.size
    line = np.concatenate([cuts[0], np.arange(count), np.arange(count)])
    at = np.concatenate([np.clip(cuts[1], 0.0, whole[cuts[0]]), np.zeros(count), whole])
    # A junction within SNAP of an end is that end.
    at = np.where(at < SNAP, 0.0, np.where(at > whole[line] - SNAP, whole[line], at))
    order = np.lexsort((at, line))
    line, at = line[order], at[order]
    keep = np.ones(at.size, bool)
    keep[1:] = (line[1:] != line[:-1]) | (at[1:] - at[:-1] > 1e-6)
    line, at = line[keep], at[keep]
    gap = np.where(line[1:] == line[:-1], at[1:] - at[:-1], 0.0)
    more = np.maximum(np.ceil(gap / LONGEST_PIECE).astype(np.int64) - 1, 0)
    of = np.repeat(np.arange(gap.size), more)
    k = np.arange(of.size) - np.repeat(np.cumsum(more) - more, more) + 1
    extra = at[:-1][of] + gap[of] * k / (more[of] + 1) if of.size else np.zeros(0)
    line, at = np.concatenate([line, line[:-1][of]]), np.concatenate([at, extra])
    order = np.lexsort((at, line))
    return line[order].astype(np.int64), at[order]


def _snapped(ends: Floats) -> tuple[Ints, Floats]:
    """Return the node of each end, and where the nodes are: ends within SNAP are one node."""
    if not len(ends):
        return np.zeros(0, np.int64), np.zeros((0, 2))
    pairs = cKDTree(ends).query_pairs(SNAP, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(ends), len(ends)))
    count, node = connected_components(links, directed=False)
    number = np.bincount(node, minlength=count)
    x = np.bincount(node, ends[:, 0], count) / number
    y = np.bincount(node, ends[:, 1], count) / number
    return node.astype(np.int64), np.stack([x, y], axis=1)


def _over_water(city: City, grid: Grid) -> Bools:
    """Return where roads are bridges: on the quiet sea, and within a cell of a stream's banks."""
    row = ((city.grid.north - grid.y) / city.grid.cell).astype(np.int64)
    column = ((grid.x - city.grid.west) / city.grid.cell).astype(np.int64)
    inside = ((row >= 0) & (row < city.grid.ny))[:, None] & (
        (column >= 0) & (column < city.grid.nx)
    )
    row, column = row.clip(0, city.grid.ny - 1), column.clip(0, city.grid.nx - 1)
    water = np.asarray(city.sea.values, dtype=bool)[np.ix_(row, column)] & inside
    if len(getattr(city, Layer.STREAMS.value)):
        reach = city.streams["width"].fillna(0.0).to_numpy(dtype=float) / 2.0 + city.grid.cell
        banks = shapely.buffer(np.asarray(city.streams.geometry.values), reach)
        shapes = [(shape, 1) for shape in banks if not shape.is_empty]
        if shapes:
            burnt = rasterize(shapes, out_shape=grid.shape, transform=grid.transform)
            water |= burnt.astype(bool)
    return water
