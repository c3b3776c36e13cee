"""Streams as the terrain remembers them: courses along the valleys, beds that only go down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import binary_dilation, minimum_filter
from scipy.optimize import isotonic_regression
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString

from fjordby.arrays import Array, Bools, Floats
from fjordby.errors import BadValue
from fjordby.grid import Grid

Point = tuple[float, float]

#: Steps to the neighbours that are looked at once each: east, south, south-east, south-west.
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


def valley_course(
    height: Array,
    grid: Grid,
    waypoints: Sequence[Point],
    climb: float = 1.0,
    around: float = 300.0,
    margin: float = 1500.0,
) -> LineString:
    """Return the line through the waypoints that keeps to the bottom of the valley.

    Between two waypoints it is the cheapest way where a metre of way costs 1 + `climb` x
    (height above the lowest ground within `around` [m]).

    Parameters
    ----------
    height
        Ground on the grid [m], without NaN.
    waypoints
        Points that the stream is known to pass, from its upper to its lower end [m].
    margin
        How far outside the box of two waypoints the way may go [m].

    Raises
    ------
    BadValue
        For fewer than two waypoints, or one that lies off the grid.
    """
    if len(waypoints) < 2:
        raise BadValue(
            "two waypoints or more", str(len(waypoints)), "Say where it begins and ends."
        )
    x, y = np.array(waypoints, dtype=float).T
    if not grid.inside(x, y).all():
        raise BadValue("waypoints on the grid", "some outside", "Move them inside the grid.")
    above = _above_valley(height, grid, around)
    cells: list[tuple[int, int]] = []
    rows, columns = grid.rows_columns(x, y)
    for leg in range(len(x) - 1):
        ends = (int(rows[leg]), int(columns[leg])), (int(rows[leg + 1]), int(columns[leg + 1]))
        cells += _cheapest(1.0 + climb * above, ends, round(margin / grid.cell))[bool(cells) :]
    line = np.column_stack([grid.x[[c for _, c in cells]], grid.y[[r for r, _ in cells]]])
    line[0], line[-1] = waypoints[0], waypoints[-1]
    return LineString(_smooth(line))


def _above_valley(height: Array, grid: Grid, around: float) -> Floats:
    """Return the height above the lowest ground within a square of +- `around` [m]."""
    size = 2 * round(around / grid.cell) + 1
    return np.asarray(height - minimum_filter(height, size), dtype=np.float64)


def _cheapest(
    cost: Floats, ends: tuple[tuple[int, int], tuple[int, int]], margin: int
) -> list[tuple[int, int]]:
    """Return the cells of the cheapest way between two cells, 8-connected."""
    (r0, c0), (r1, c1) = ends
    top, left = max(0, min(r0, r1) - margin), max(0, min(c0, c1) - margin)
    part = cost[top : max(r0, r1) + margin + 1, left : max(c0, c1) + margin + 1]
    ny, nx = part.shape
    number = np.arange(ny * nx).reshape(ny, nx)
    starts, stops, costs = [], [], []
    for down, right in _STEPS:
        a = (slice(0, ny - down), slice(max(0, -right), nx - max(0, right)))
        b = (slice(down, ny), slice(max(0, right), nx + min(0, right)))
        starts.append(number[a].ravel())
        stops.append(number[b].ravel())
        costs.append(((part[a] + part[b]) / 2 * np.hypot(down, right)).ravel())
    graph = coo_array(
        (np.concatenate(costs), (np.concatenate(starts), np.concatenate(stops))),
        shape=(ny * nx, ny * nx),
    ).tocsr()
    goal = int(number[r1 - top, c1 - left])
    _, before = dijkstra(
        graph, directed=False, indices=int(number[r0 - top, c0 - left]), return_predecessors=True
    )
    way = [goal]
    while before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return [(cell // nx + top, cell % nx + left) for cell in reversed(way)]


def _smooth(line: Floats, window: int = 7) -> Floats:
    """Return the line without the steps of its cells: a moving mean that keeps both ends."""
    half = window // 2
    padded = np.vstack([np.repeat(line[:1], half, 0), line, np.repeat(line[-1:], half, 0)])
    mean = np.column_stack(
        [np.convolve(padded[:, i], np.ones(window) / window, mode="valid") for i in (0, 1)]
    )
    mean[0], mean[-1] = line[0], line[-1]
    return np.asarray(LineString(mean).simplify(2.0).coords)


def downhill(bank: Floats, depth: float, mouth: float, step: float, grade: float) -> Floats:
    """Return a bed about `depth` under the banks that never rises downstream and ends at `mouth`.

    The bed is the falling line nearest to the banks less `depth` in the sense of least squares
    (isotonic regression): one low bank upstream does not dig a trench all the way down.

    Parameters
    ----------
    bank
        Height of the ground along the stream, from its upper to its lower end [m].
    depth
        Depth of the bed under the ground [m].
    mouth
        Height of the bed at the lower end; no bed lies lower [m].
    step
        Distance between the points along the stream [m].
    grade
        The bed rises no faster than this from the mouth up [m/m]; what the ground says above it
        near the mouth are banks and bridges.

    Examples
    --------
    >>> downhill(np.array([5.0, 3.0, 4.0, 2.0]), 1.0, 0.0, 10.0, 0.2).tolist()
    [4.0, 2.5, 2.0, 0.0]
    """
    bed = np.maximum(isotonic_regression(bank - depth, increasing=False).x, mouth)
    return np.asarray(np.minimum(bed, mouth + grade * step * np.arange(len(bed))[::-1]))


def carve(
    height: Array,
    grid: Grid,
    course: LineString,
    width: float,
    depth: float,
    mouth: float,
    grade: float,
) -> tuple[Array, Bools, Floats]:
    """Return the ground with the stream's bed cut into it, the cells that were cut, and the bed.

    The bed goes `downhill` along the course. All cells whose centre lies within half the width,
    and at least one unbroken 4-connected row of cells, take the bed's height, so that water goes
    all along the course. The bed [m] is given at points a quarter of a cell apart.

    Raises
    ------
    BadValue
        For a course that leaves the grid.
    """
    along = np.linspace(0.0, course.length, 1 + int(np.ceil(4 * course.length / grid.cell)))
    points = np.array([course.interpolate(d).coords[0] for d in along])
    rows, columns = grid.rows_columns(points[:, 0], points[:, 1])
    inside = grid.inside(points[:, 0], points[:, 1])
    if not inside.all():
        raise BadValue("a course on the grid", "one that leaves it", "Cut the line at the edge.")
    bank = height[rows, columns].astype(np.float64)
    bed = downhill(bank, depth, mouth, float(along[1]), grade)
    cut = np.full(grid.shape, np.inf)
    reach = int(np.ceil(width / 2 / grid.cell))
    for (px, py), r, c, z in zip(points, rows, columns, bed, strict=True):
        block = (slice(max(0, r - reach), r + reach + 1), slice(max(0, c - reach), c + reach + 1))
        near = np.hypot(grid.x[block[1]][None, :] - px, grid.y[block[0]][:, None] - py) <= width / 2
        cut[block] = np.where(near, np.minimum(cut[block], z), cut[block])
        cut[r, c] = min(cut[r, c], z)
    for i in np.flatnonzero((np.diff(rows) != 0) & (np.diff(columns) != 0)):
        cut[rows[i], columns[i + 1]] = min(cut[rows[i], columns[i + 1]], bed[i])
    carved = np.where(np.isfinite(cut), cut, height).astype(height.dtype)
    return carved, np.isfinite(cut), bed


def hold_banks(
    height: Array,
    water: Bools,
    crest: float,
    stream: Bools | None = None,
) -> tuple[Array, Bools]:
    """Return the ground with the cells beside a stream raised to a known level of its banks.

    A bank is a cell that touches the `stream` (all of `water` by default), by side or corner,
    and is itself no water. Only banks lower than `crest` [m] are raised. Also returns which were.
    """
    beside = binary_dilation(water if stream is None else stream, np.ones((3, 3)))
    raised = beside & ~water & (height < crest)
    return np.where(raised, crest, height).astype(height.dtype), raised
