"""Loops of the town's making: cheapest ways, and streets along a field."""

from __future__ import annotations

import numpy as np
from numba import njit

from fjordby.arrays import Array, Floats, Ints


@njit(cache=True)
def heap_push(keys: Floats, items: Ints, size: int, key: float, item: int) -> int:
    """Put an item on a binary heap; returns the new size."""
    i = size
    keys[i] = key
    items[i] = item
    while i > 0:
        parent = (i - 1) // 2
        if keys[parent] <= keys[i]:
            break
        keys[parent], keys[i] = keys[i], keys[parent]
        items[parent], items[i] = items[i], items[parent]
        i = parent
    return size + 1


@njit(cache=True)
def heap_pop(keys: Floats, items: Ints, size: int) -> int:
    """Drop the first item of a binary heap (read it before); returns the new size."""
    size -= 1
    keys[0] = keys[size]
    items[0] = items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[i] <= keys[child]:
            break
        keys[child], keys[i] = keys[i], keys[child]
        items[child], items[i] = items[i], items[child]
        i = child
    return size


@njit(cache=True)
def step_cost(length: float, climb: float, slope_scale: float) -> float:
    """Cost of a step of a road [m of flat road]; a slope of `slope_scale` doubles it."""
    if length <= 0.0:
        return 0.0
    slope = climb / length / slope_scale
    return float(length * (1.0 + slope * slope))


@njit(cache=True)
def cheapest_way(
    factor: Floats,
    height: Floats,
    goal: Array,
    start: int,
    cell: float,
    slope_scale: float,
    moves: Ints,
    best: Floats,
    came: Ints,
    keys: Floats,
    items: Ints,
) -> int:
    """Walk by Dijkstra from `start` to the first cell where `goal` is true.

    `factor` [1] multiplies the cost of entering a cell; 0 or less is closed. `moves` is
    (n, 4): row and column step, then one cell passed on the way (a knight's step). `best`
    must be infinite and `came` -1 on entry. Returns the goal's index, -1 when there is no
    way, -2 when the heap is full.
    """
    ny, nx = factor.shape
    best[start] = 0.0
    size = heap_push(keys, items, 0, 0.0, start)
    while size > 0:
        cost = keys[0]
        here = items[0]
        size = heap_pop(keys, items, size)
        if cost > best[here]:
            continue
        row = here // nx
        column = here - row * nx
        if goal[row, column]:
            return int(here)
        for m in range(moves.shape[0]):
            r = row + moves[m, 0]
            c = column + moves[m, 1]
            if r < 0 or c < 0 or r >= ny or c >= nx or factor[r, c] <= 0.0:
                continue
            pr = row + moves[m, 2]
            pc = column + moves[m, 3]
            passed = factor[pr, pc]
            if passed <= 0.0:
                continue
            length = cell * np.sqrt(float(moves[m, 0] ** 2 + moves[m, 1] ** 2))
            climb = abs(height[r, c] - height[row, column])
            weight = 0.5 * (factor[r, c] + passed)
            new = cost + weight * step_cost(length, climb, slope_scale)
            there = r * nx + c
            if new < best[there]:
                if size >= keys.shape[0]:
                    return -2
                best[there] = new
                came[there] = here
                size = heap_push(keys, items, size, new, there)
    return -1


@njit(cache=True)
def bilinear(field: Floats, row: float, column: float) -> float:
    """Value of a field between cell centres; outside, the edge's value."""
    ny, nx = field.shape
    row = min(max(row, 0.0), ny - 1.0)
    column = min(max(column, 0.0), nx - 1.0)
    r = min(int(row), ny - 2)
    c = min(int(column), nx - 2)
    v = row - r
    u = column - c
    value = (
        field[r, c] * (1 - u) * (1 - v)
        + field[r, c + 1] * u * (1 - v)
        + field[r + 1, c] * (1 - u) * v
        + field[r + 1, c + 1] * u * v
    )
    return float(value)


@njit(cache=True)
def hash_cell(x: float, y: float, west: float, north: float, cell: float, ny: int, nx: int) -> int:
    """Bucket of a point in a grid of buckets; points outside go to the edge."""
    r = min(max(int((north - y) / cell), 0), ny - 1)
    c = min(max(int((x - west) / cell), 0), nx - 1)
    return r * nx + c


@njit(cache=True)
def nearest_point(
    x: float,
    y: float,
    reach: float,
    family: int,
    px: Floats,
    py: Floats,
    pf: Ints,
    head: Ints,
    following: Ints,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
) -> int:
    """Nearest stored point of a family within `reach` [m]; -1 when there is none.

    `reach` is at most the side of a bucket.
    """
    found = -1
    least = reach * reach
    centre = hash_cell(x, y, west, north, cell, ny, nx)
    r0 = centre // nx
    c0 = centre - r0 * nx
    for r in range(max(r0 - 1, 0), min(r0 + 2, ny)):
        for c in range(max(c0 - 1, 0), min(c0 + 2, nx)):
            i = head[r * nx + c]
            while i >= 0:
                if pf[i] == family:
                    d = (px[i] - x) ** 2 + (py[i] - y) ** 2
                    if d < least:
                        least = d
                        found = i
                i = following[i]
    return found


@njit(cache=True)
def direction(
    cos2: Floats, sin2: Floats, row: float, column: float, across: int
) -> tuple[float, float]:
    """Unit vector (x, y) of a street at a place; `across` = 1 turns it by a right angle."""
    angle = 0.5 * np.arctan2(bilinear(sin2, row, column), bilinear(cos2, row, column))
    if across == 1:
        angle += 0.5 * np.pi
    return np.cos(angle), np.sin(angle)


#: Cosine of the sharpest turn of a street in one step: 0.45 radians in some 6 m is a radius of
#: 13 m; assumed: a lorry turns in 12.5 m.
SHARPEST = float(np.cos(0.45))


@njit(cache=True)
def heading(
    x: float,
    y: float,
    vx: float,
    vy: float,
    across: int,
    cos2: Floats,
    sin2: Floats,
    west: float,
    north: float,
    cell: float,
    half: float,
) -> tuple[float, float]:
    """Direction of the next step, by the middle of it (Runge-Kutta 2), on from (vx, vy)."""
    dx, dy = direction(cos2, sin2, (north - y) / cell - 0.5, (x - west) / cell - 0.5, across)
    if dx * vx + dy * vy < 0.0:
        dx = -dx
        dy = -dy
    row = (north - y - half * dy) / cell - 0.5
    column = (x + half * dx - west) / cell - 0.5
    ex, ey = direction(cos2, sin2, row, column, across)
    if ex * dx + ey * dy < 0.0:
        return -ex, -ey
    return ex, ey


@njit(cache=True)
def height_at(height: Floats, x: float, y: float, west: float, north: float, cell: float) -> float:
    """Height of the ground at a point [m]."""
    return bilinear(height, (north - y) / cell - 0.5, (x - west) / cell - 0.5)


@njit(cache=True)
def meets_itself(x: float, y: float, out: Floats, before: int, reach: float) -> bool:
    """Whether a point is within `reach` of the first `before` points of its own street."""
    met = False
    for k in range(before):
        if (out[k, 0] - x) ** 2 + (out[k, 1] - y) ** 2 < reach * reach:
            met = True
            break
    return met


@njit(cache=True)
def trace(
    x: float,
    y: float,
    sign: float,
    across: int,
    cos2: Floats,
    sin2: Floats,
    allowed: Array,
    gap: Floats,
    height: Floats,
    steepest: float,
    plan_west: float,
    plan_north: float,
    plan_cell: float,
    step: float,
    longest: int,
    px: Floats,
    py: Floats,
    pf: Ints,
    head: Ints,
    following: Ints,
    cell: float,
    ny: int,
    nx: int,
    out: Floats,
) -> tuple[int, int]:
    """Follow the field from a seed into `out` (n, 2), until something ends the street.

    Returns the number of points and why it ended: 0 edge of the allowed land or too steep,
    1 met a main road (its point is the last one), 2 too near a street of its own family,
    3 long enough.
    """
    row = (plan_north - y) / plan_cell - 0.5
    column = (x - plan_west) / plan_cell - 0.5
    vx, vy = direction(cos2, sin2, row, column, across)
    vx *= sign
    vy *= sign
    for n in range(longest):
        ex, ey = heading(
            x, y, vx, vy, across, cos2, sin2, plan_west, plan_north, plan_cell, 0.5 * step
        )
        if n > 0 and ex * vx + ey * vy < SHARPEST:
            return n, 0
        there_x = x + step * ex
        there_y = y + step * ey
        r = int(np.floor((plan_north - there_y) / plan_cell))
        c = int(np.floor((there_x - plan_west) / plan_cell))
        if r < 0 or c < 0 or r >= allowed.shape[0] or c >= allowed.shape[1] or not allowed[r, c]:
            return n, 0
        climb = height_at(height, there_x, there_y, plan_west, plan_north, plan_cell)
        climb -= height_at(height, x, y, plan_west, plan_north, plan_cell)
        if abs(climb) > steepest * step:
            return n, 0
        main = nearest_point(
            there_x, there_y, 1.2 * step, 0, px, py, pf, head, following,
            plan_west, plan_north, cell, ny, nx,
        )  # fmt: skip
        if main >= 0 and n > 2:
            out[n, 0] = px[main]
            out[n, 1] = py[main]
            return n + 1, 1
        reach = 0.55 * gap[r, c]
        near = nearest_point(
            there_x, there_y, min(reach, cell), 1 + across, px, py, pf, head, following,
            plan_west, plan_north, cell, ny, nx,
        )  # fmt: skip
        if near >= 0 or meets_itself(there_x, there_y, out, n - int(gap[r, c] / step) - 4, reach):
            return n, 2
        x, y, vx, vy = there_x, there_y, ex, ey
        out[n, 0] = x
        out[n, 1] = y
    return longest, 3


@njit(cache=True)
def store_points(
    xs: Floats,
    ys: Floats,
    family: int,
    count: int,
    px: Floats,
    py: Floats,
    pf: Ints,
    head: Ints,
    following: Ints,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
) -> int:
    """Remember the points of a street; returns the new count, -1 when there is no room."""
    if count + xs.shape[0] > px.shape[0]:
        return -1
    for i in range(xs.shape[0]):
        px[count] = xs[i]
        py[count] = ys[i]
        pf[count] = family
        bucket = hash_cell(xs[i], ys[i], west, north, cell, ny, nx)
        following[count] = head[bucket]
        head[bucket] = count
        count += 1
    return count
