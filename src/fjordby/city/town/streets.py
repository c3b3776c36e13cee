"""Local streets: lines that follow the field at a block's distance, and streets across them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from fjordby.arrays import Bools, Floats
from fjordby.city.town import kernels
from fjordby.city.town.field import Field
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import HARBOUR, HOMES, WORK, Uses
from fjordby.errors import BadValue

#: Step of a street [m] and the most steps one way from its seed.
STEP, LONGEST = 6.0, 110
#: Side of the buckets that hold street points [m]; no gap looked for is larger.
BUCKET = 160.0
MAIN, ALONG, ACROSS = 0, 1, 2


@dataclass
class _Points:
    """Points of the streets so far, in buckets."""

    ground: Ground
    x: Floats
    y: Floats
    family: np.ndarray
    head: np.ndarray
    following: np.ndarray
    ny: int
    nx: int
    count: int = 0

    def store(self, xy: Floats, family: int) -> None:
        grid = self.ground.grid
        count = kernels.store_points(
            np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), family, self.count,
            self.x, self.y, self.family, self.head, self.following,
            grid.west, grid.north, BUCKET, self.ny, self.nx,
        )  # fmt: skip
        if count < 0:
            raise BadValue(
                f"streets of at most {len(self.x)} points", "more", "Make the town smaller."
            )
        self.count = int(count)

    def near(self, x: float, y: float, reach: float, family: int) -> bool:
        grid = self.ground.grid
        found = kernels.nearest_point(
            x, y, min(reach, BUCKET), family, self.x, self.y, self.family, self.head,
            self.following, grid.west, grid.north, BUCKET, self.ny, self.nx,
        )  # fmt: skip
        return bool(found >= 0)


def _points(ground: Ground, area: float) -> _Points:
    grid = ground.grid
    ny = int(grid.ny * grid.cell / BUCKET) + 1
    nx = int(grid.nx * grid.cell / BUCKET) + 1
    room = int(area / 100.0) + 400_000
    return _Points(
        ground, np.zeros(room), np.zeros(room), np.zeros(room, np.int64),
        np.full(ny * nx, -1, np.int64), np.full(room, -1, np.int64), ny, nx,
    )  # fmt: skip


@dataclass(frozen=True)
class StreetPlan:
    """What local streets need to know of each planning cell: where, and how far apart."""

    allowed: Bools
    along_gap: Floats
    across_gap: Floats


def plan_streets(use: Uses, density: Floats, ground: Ground, numbers: Parameters) -> StreetPlan:
    """Return where local streets may run and how far apart: closer in the centre."""
    centre = np.clip(density / numbers["centre_density"], 0.0, 1.0) ** 2
    work = (use == WORK) | (use == HARBOUR)

    def gap(name: str) -> Floats:
        homes = numbers[f"{name}_gap_suburb"] + centre * (
            numbers[f"{name}_gap_centre"] - numbers[f"{name}_gap_suburb"]
        )
        return np.where(work, numbers[f"{name}_gap_work"], homes)

    allowed = ((use == HOMES) | work) & (ground.suit > 0.05)
    return StreetPlan(allowed, gap("street"), gap("cross"))


def local_streets(
    ground: Ground,
    field: Field,
    plan: StreetPlan,
    main: list[LineString],
    numbers: Parameters,
    rng: np.random.Generator,
) -> list[LineString]:
    """Trace streets along the field, then streets across them; none of them crosses water.

    Evenly spaced lines after Jobard & Lefer (1997, doi:10.1007/978-3-7091-6876-9_5): each
    street plants seeds a gap to both sides.
    """
    points = _points(ground, ground.grid.ny * ground.grid.nx * ground.grid.cell_area)
    roads = [shapely.get_coordinates(shapely.segmentize(r, 5.0)) for r in main if r.length > 0]
    for xy in roads:
        points.store(xy, MAIN)
    tracer = _Tracer(ground, field, plan, numbers, points)
    streets = _along(tracer, roads, rng)
    streets += _across(tracer, roads, streets, rng)
    return [LineString(xy) for xy in streets]


@dataclass
class _Tracer:
    ground: Ground
    field: Field
    plan: StreetPlan
    numbers: Parameters
    points: _Points

    def gap(self, x: float, y: float, across: int) -> float:
        table = self.plan.across_gap if across else self.plan.along_gap
        grid = self.ground.grid
        row = min(max(int((grid.north - y) // grid.cell), 0), grid.ny - 1)
        column = min(max(int((x - grid.west) // grid.cell), 0), grid.nx - 1)
        return float(table[row, column])

    def allowed(self, x: float, y: float) -> bool:
        grid = self.ground.grid
        row, column = int((grid.north - y) // grid.cell), int((x - grid.west) // grid.cell)
        inside = 0 <= row < grid.ny and 0 <= column < grid.nx
        return inside and bool(self.plan.allowed[row, column])

    def line(self, x: float, y: float, across: int, ways: tuple[float, ...]) -> Floats:
        """Return the street through a seed, traced one or both ways."""
        halves = [self._half(x, y, sign, across) for sign in ways]
        seed = np.array([[x, y]])
        if len(halves) == 2:
            return np.vstack([halves[1][::-1], seed, halves[0]])
        return np.vstack([seed, halves[0]])

    def _half(self, x: float, y: float, sign: float, across: int) -> Floats:
        out = np.empty((LONGEST, 2))
        grid, points = self.ground.grid, self.points
        gap = self.plan.across_gap if across else self.plan.along_gap
        n, _ = kernels.trace(
            x, y, sign, across, self.field.cos2, self.field.sin2, self.plan.allowed, gap,
            self.ground.height, self.numbers["slope_street"], grid.west, grid.north, grid.cell,
            STEP, LONGEST, points.x, points.y, points.family, points.head, points.following,
            BUCKET, points.ny, points.nx, out,
        )  # fmt: skip
        return out[:n].copy()


def _sides(xy: Floats, every: float, gap: float) -> Floats:
    """Return seeds beside a line, `gap` to both sides at each `every` metres."""
    if len(xy) < 2:
        return np.zeros((0, 2))
    step = max(int(every / STEP), 1)
    index = np.arange(step // 2, len(xy) - 1, step)
    along = xy[index + 1] - xy[index]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / length
    return np.vstack([xy[index] + gap * normal, xy[index] - gap * normal])


def _along(tracer: _Tracer, roads: list[Floats], rng: np.random.Generator) -> list[Floats]:
    streets: list[Floats] = []
    queue: deque[tuple[float, float]] = deque()
    for xy in roads:
        middle = xy[len(xy) // 2]
        gap = tracer.gap(middle[0], middle[1], 0)
        queue.extend(map(tuple, _sides(xy, 60.0, gap)))
    rows, columns = np.nonzero(tracer.plan.allowed)
    grid = tracer.ground.grid
    for k in rng.permutation(len(rows)):
        queue.append((grid.west + (columns[k] + 0.5) * grid.cell,
                      grid.north - (rows[k] + 0.5) * grid.cell))  # fmt: skip
    while queue:
        x, y = queue.popleft()
        if not tracer.allowed(x, y):
            continue
        gap = tracer.gap(x, y, 0)
        if tracer.points.near(x, y, 0.85 * gap, ALONG) or tracer.points.near(x, y, 0.6 * gap, MAIN):
            continue
        xy = tracer.line(x, y, 0, (1.0, -1.0))
        if len(xy) * STEP < 1.1 * gap:
            continue
        tracer.points.store(xy, ALONG)
        streets.append(xy)
        queue.extendleft(map(tuple, _sides(xy, 1.2 * gap, gap)))
    return streets


def _across(
    tracer: _Tracer, roads: list[Floats], along: list[Floats], rng: np.random.Generator
) -> list[Floats]:
    streets: list[Floats] = []
    seeds = []
    both: list[tuple[Floats, tuple[tuple[float, ...], ...]]] = []
    both += [(road, ((1.0,), (-1.0,))) for road in roads]
    both += [(street, ((1.0, -1.0),)) for street in along]
    for xy, ways in both:
        first = float(rng.uniform(0.15, 0.5))
        middle = xy[len(xy) // 2]
        gap = tracer.gap(float(middle[0]), float(middle[1]), 1)
        spacing = 5.0 if len(ways) == 2 else STEP
        at = np.arange(first * gap / spacing, len(xy) - 1, gap / spacing).astype(int)
        if not len(at) and len(xy) > 2:
            at = np.array([len(xy) // 2])
        seeds += [(float(xy[i, 0]), float(xy[i, 1]), way) for i in at for way in ways]
    for x, y, way in seeds:
        gap = tracer.gap(x, y, 1)
        if not tracer.allowed(x, y) or tracer.points.near(x, y, 0.6 * gap, ACROSS):
            continue
        xy = tracer.line(x, y, 1, way)
        if len(xy) * STEP < 0.6 * tracer.gap(x, y, 0):
            continue
        tracer.points.store(xy, ACROSS)
        streets.append(xy)
    return streets
