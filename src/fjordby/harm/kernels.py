"""The loops of harm: exact coverage, water at footprints, costs, loss tables, bottleneck paths."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from fjordby.arrays import Array

#: A cell of which less than this share is covered counts as not touched.
SLIVER = 1e-9


@njit(cache=True, nogil=True)
def add_span(buffer: Array, at: int, nx: int, left: float, right: float, rise: float) -> None:
    """Add to one row what an edge leaves covered to its right; columns in cells, rise signed."""
    if left > right:
        left, right = right, left
    if left >= nx:
        return
    if right <= 0.0:
        buffer[at] += rise
        return
    width = right - left
    if left < 0.0:
        buffer[at] += rise * (-left / width)
        start = 0.0
    else:
        start = left
    column = math.floor(start)
    while column < nx:
        near = max(start, float(column))
        far = min(right, column + 1.0)
        part = rise if width <= 0.0 else rise * ((far - near) / width)
        middle = 0.5 * (near + far) - column
        buffer[at + column] += part * (1.0 - middle)
        if column + 1 < nx:
            buffer[at + column + 1] += part * middle
        column += 1
        if column >= right:
            break


@njit(cache=True, nogil=True)
def add_edge(
    buffer: Array,
    at: int,
    ny: int,
    nx: int,
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    sign: float,
) -> None:
    """Add one edge of a ring to the running coverage of a window; coordinates in cells."""
    if y0 == y1:
        return
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
        sign = -sign
    y = max(y0, 0.0)
    bottom = min(y1, float(ny))
    slope = (x1 - x0) / (y1 - y0)
    row = math.floor(y)
    while y < bottom:
        below = min(row + 1.0, bottom)
        add_span(
            buffer,
            at + row * nx,
            nx,
            x0 + slope * (y - y0),
            x0 + slope * (below - y0),
            (below - y) * sign,
        )
        y = below
        row += 1


@njit(cache=True, nogil=True)
def cover(
    x: Array,
    y: Array,
    rings: Array,
    hole: Array,
    shapes: Array,
    window: Array,
    offset: Array,
    buffer: Array,
) -> None:
    """Fill `buffer` with the covered share of each cell in each shape's window, exactly.

    The area right of every edge is summed with the sign of the edge's direction and then run
    along the rows, which is the area integral itself: nothing is sampled.
    """
    for shape in range(shapes.size - 1):
        row0, column0, ny, nx = (
            window[shape, 0],
            window[shape, 1],
            window[shape, 2],
            window[shape, 3],
        )
        if ny <= 0 or nx <= 0:
            continue
        at = offset[shape]
        for ring in range(shapes[shape], shapes[shape + 1]):
            first, last = rings[ring], rings[ring + 1]
            twice = 0.0
            for k in range(first, last - 1):
                twice += (x[k] - x[first]) * (y[k + 1] - y[first])
                twice -= (x[k + 1] - x[first]) * (y[k] - y[first])
            sign = 1.0 if twice < 0.0 else -1.0
            if hole[ring]:
                sign = -sign
            for k in range(first, last - 1):
                add_edge(
                    buffer,
                    at,
                    ny,
                    nx,
                    x[k] - column0,
                    y[k] - row0,
                    x[k + 1] - column0,
                    y[k + 1] - row0,
                    sign,
                )
        for row in range(ny):
            running = 0.0
            for k in range(at + row * nx, at + (row + 1) * nx):
                running += buffer[k]
                buffer[k] = min(max(running, 0.0), 1.0)


@njit(cache=True, nogil=True)
def touched(offset: Array, buffer: Array, counts: Array) -> None:
    """Count the cells that each shape touches."""
    for shape in range(counts.size):
        found = 0
        for k in range(offset[shape], offset[shape + 1]):
            if buffer[k] > SLIVER:
                found += 1
        counts[shape] = found


@njit(cache=True, nogil=True)
def gather_touched(
    window: Array,
    offset: Array,
    buffer: Array,
    nx_grid: int,
    starts: Array,
    cells: Array,
    share: Array,
) -> None:
    """Write the touched cells and their covered shares, shape by shape."""
    for shape in range(starts.size - 1):
        write = starts[shape]
        nx = window[shape, 3]
        for k in range(offset[shape], offset[shape + 1]):
            if buffer[k] > SLIVER:
                local = k - offset[shape]
                row = window[shape, 0] + local // nx
                column = window[shape, 1] + local % nx
                cells[write] = row * nx_grid + column
                share[write] = buffer[k]
                write += 1


@njit(cache=True, nogil=True)
def trace(
    x: Array,
    y: Array,
    lines: Array,
    cell: float,
    ny: int,
    nx: int,
    starts: Array,
    cells: Array,
    length: Array,
) -> int:
    """Walk polylines through the grid; returns how many (cell, length [m]) pairs were written.

    `x`, `y` are in cells; `starts` gets the first pair of each line.
    """
    write = 0
    for line in range(lines.size - 1):
        starts[line] = write
        for k in range(lines[line], lines[line + 1] - 1):
            x0, y0, x1, y1 = x[k], y[k], x[k + 1], y[k + 1]
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            whole = math.hypot(x1 - x0, y1 - y0)
            if whole == 0.0:
                continue
            row = math.floor(y0)
            done = 0.0
            while done < 1.0:
                upto = 1.0
                if y1 > row + 1.0:
                    upto = min(1.0, (row + 1.0 - y0) / (y1 - y0))
                left = x0 + done * (x1 - x0)
                right = x0 + upto * (x1 - x0)
                if left > right:
                    left, right = right, left
                column = math.floor(left)
                while True:
                    near = max(left, float(column))
                    far = min(right, column + 1.0)
                    if right > left:
                        part = (upto - done) * (far - near) / (right - left)
                    else:
                        part = upto - done
                    if part > SLIVER and 0 <= row < ny and 0 <= column < nx:
                        cells[write] = row * nx + column
                        length[write] = part * whole * cell
                        write += 1
                    column += 1
                    if column >= right:
                        break
                done = upto
                row += 1
    starts[lines.size - 1] = write
    return write


@njit(cache=True, nogil=True)
def water(
    starts: Array, cells: Array, share: Array, depth: Array, deepest: Array, mean: Array, wet: Array
) -> None:
    """Gather a depth map: deepest, mean over the wet part [m], and the wet share of each shape."""
    for shape in range(starts.size - 1):
        most, volume, under, whole = 0.0, 0.0, 0.0, 0.0
        for k in range(starts[shape], starts[shape + 1]):
            d = depth[cells[k]]
            whole += share[k]
            if d > 0.0:
                under += share[k]
                volume += share[k] * d
                most = max(most, d)
        deepest[shape] = most
        mean[shape] = volume / under if under > 0.0 else 0.0
        wet[shape] = under / whole if whole > 0.0 else 0.0


@njit(cache=True, nogil=True)
def still_water(
    starts: Array,
    share: Array,
    ground: Array,
    connection: Array,
    level: float,
    deepest: Array,
    mean: Array,
    wet: Array,
) -> None:
    """Do as `water` does, for a still sea at `level`: depth = level - ground where it connects."""
    for shape in range(starts.size - 1):
        most, volume, under, whole = 0.0, 0.0, 0.0, 0.0
        for k in range(starts[shape], starts[shape + 1]):
            whole += share[k]
            if connection[k] < level:
                d = level - ground[k]
                if d > 0.0:
                    under += share[k]
                    volume += share[k] * d
                    most = max(most, d)
        deepest[shape] = most
        mean[shape] = volume / under if under > 0.0 else 0.0
        wet[shape] = under / whole if whole > 0.0 else 0.0


@njit(cache=True, nogil=True)
def deeper(
    starts: Array, cells: Array, share: Array, depth: Array, least: float, amount: Array
) -> None:
    """Sum, for each shape, the share (area or length) that lies under at least `least` [m]."""
    for shape in range(starts.size - 1):
        total = 0.0
        for k in range(starts[shape], starts[shape + 1]):
            if depth[cells[k]] >= least:
                total += share[k]
        amount[shape] = total


@njit(cache=True, nogil=True)
def highest_class(starts: Array, cells: Array, classes: Array, highest: Array) -> None:
    """Find the highest class that each shape touches; class 0 is dry."""
    for shape in range(starts.size - 1):
        most = 0
        for k in range(starts[shape], starts[shape + 1]):
            most = max(most, classes[cells[k]])
        highest[shape] = most


@njit(cache=True, nogil=True)
def cost_of(
    depth: float, least: float, fixed: float, slope: float, base: float, worth: float
) -> float:
    """Cost of one building at one depth [currency]: fixed, logarithmic and tabled parts together.

    fixed + max(0, slope ln(depth) + base) + worth, and nothing below `least` [m].
    """
    if not (depth > 0.0 and depth >= least):
        return 0.0
    total = fixed + worth
    if slope != 0.0 or base != 0.0:
        total += max(0.0, slope * math.log(depth) + base)
    return total


@njit(cache=True, nogil=True)
def costs(
    depth: Array,
    lift: Array,
    least: float,
    fixed: Array,
    slope: Array,
    base: Array,
    value: Array,
    curve: Array,
    depths: Array,
    start: Array,
    gradient: Array,
    out: Array,
) -> None:
    """Cost of each building at its own depth above the ground [m]."""
    for k in range(depth.size):
        d = depth[k] - lift[k]
        piece = 0
        for point in range(depths.shape[1]):
            piece += depths[curve[k], point] < d
        worth = value[k] * (start[curve[k], piece] + gradient[curve[k], piece] * d)
        out[k] = cost_of(d, least, fixed[k], slope[k], base[k], worth)


@njit(cache=True, nogil=True)
def table_costs(
    first: int,
    last: int,
    tile: int,
    starts: Array,
    asset: Array,
    depth: Array,
    packed: Array,
    least: float,
    depths: Array,
    start: Array,
    gradient: Array,
    rate: Array,
    cursor: Array,
    loss: Array,
    at_event: Array,
    per_asset: Array,
) -> None:
    """Fill the rows first..last of an event-by-asset table, with both sums, in one pass.

    Assets are taken `tile` at a time over all events, so that what is looked up about them
    stays near the processor; `cursor` holds where each event has come to. The columns of
    `packed` are lift, fixed, slope, base, value, curve.
    """
    for event in range(first, last):
        cursor[event] = starts[event]
    for tile_end in range(tile, per_asset.size + tile, tile):
        for event in range(first, last):
            k = cursor[event]
            end = starts[event + 1]
            total = 0.0
            while k < end and asset[k] < tile_end:
                a = asset[k]
                d = depth[k] - packed[a, 0]
                c = int(packed[a, 5])
                piece = 0
                for point in range(depths.shape[1]):
                    piece += depths[c, point] < d
                worth = packed[a, 4] * (start[c, piece] + gradient[c, piece] * d)
                cost = cost_of(d, least, packed[a, 1], packed[a, 2], packed[a, 3], worth)
                loss[k] = cost
                total += cost
                per_asset[a] += rate[event] * cost
                k += 1
            at_event[event] += total
            cursor[event] = k


@njit(cache=True, nogil=True)
def table_sums(
    first: int,
    last: int,
    tile: int,
    starts: Array,
    asset: Array,
    loss: Array,
    rate: Array,
    cursor: Array,
    at_event: Array,
    per_asset: Array,
) -> None:
    """Sum the rows first..last of a table by event, and rate-weighted by asset."""
    for event in range(first, last):
        cursor[event] = starts[event]
    for tile_end in range(tile, per_asset.size + tile, tile):
        for event in range(first, last):
            k = cursor[event]
            end = starts[event + 1]
            total = 0.0
            while k < end and asset[k] < tile_end:
                total += loss[k]
                per_asset[asset[k]] += rate[event] * loss[k]
                k += 1
            at_event[event] += total
            cursor[event] = k


@njit(cache=True, nogil=True)
def table_groups(
    first: int, last: int, starts: Array, asset: Array, loss: Array, group: Array, by_group: Array
) -> None:
    """Sum the rows first..last of a table by group of assets; group < 0 is left out."""
    for event in range(first, last):
        for k in range(starts[event], starts[event + 1]):
            g = group[asset[k]]
            if g >= 0:
                by_group[event, g] += loss[k]


@njit(cache=True, nogil=True)
def root(parent: Array, node: int) -> int:
    """Find the head of a set, halving the path on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True, nogil=True)
def bottleneck(
    order: Array,
    a: Array,
    b: Array,
    weight: Array,
    source: int,
    parent: Array,
    size: Array,
    following: Array,
    tail: Array,
    out: Array,
) -> None:
    """Find for every node the largest weight w such that edges of at least w lead to the source.

    Edges are joined from the largest weight down; what joins the source's set at weight w has w.
    `parent` and `tail` start as 0..n-1, `size` as 1, `following` as -1 and `out` as -inf.
    """
    out[source] = np.inf
    for e in order:
        ra, rb = root(parent, a[e]), root(parent, b[e])
        if ra == rb:
            continue
        home = root(parent, source)
        if home in (ra, rb):
            node = rb if ra == home else ra
            while node >= 0:
                out[node] = weight[e]
                node = following[node]
        if size[ra] < size[rb]:
            ra, rb = rb, ra
        parent[rb] = ra
        size[ra] += size[rb]
        following[tail[ra]] = rb
        tail[ra] = tail[rb]
