"""The loops of the response surface: rows of cells, blended, bounded and made to rise."""

from __future__ import annotations

import numba
import numpy as np

from fjordby.arrays import Array, Floats, Ints

#: Cells worked on at a time: their sums stay in a core's first cache.
TILE = 2048


@numba.njit(cache=True, error_model="numpy")
def blend(rows: Array, which: Ints, weight: Array, tile: Array, out: Array) -> None:
    """Sum weighted rows into `out`; `tile` is room for TILE sums (float32)."""
    cells = out.size
    for first in range(0, cells, TILE):
        count = min(TILE, cells - first)
        for c in range(count):
            tile[c] = 0.0
        for k in range(which.size):
            row = rows[which[k]]
            w = weight[k]
            for c in range(count):
                tile[c] += w * row[first + c]
        for c in range(count):
            out[first + c] = tile[c]


@numba.njit(cache=True, error_model="numpy")
def mix(weight: Array, rows: Array, out: Array) -> None:
    """Put the product of two matrices into `out`, the same bits on every machine."""
    cells, runs = rows.shape[1], weight.shape[1]
    for first in range(0, cells, TILE):
        last = min(first + TILE, cells)
        for p in range(weight.shape[0]):
            for c in range(first, last):
                out[p, c] = 0.0
            k = 0
            while k + 3 < runs:  # four at a time: a sum is fetched and put back once for all
                w0, w1, w2, w3 = weight[p, k], weight[p, k + 1], weight[p, k + 2], weight[p, k + 3]
                for c in range(first, last):
                    out[p, c] += (w0 * rows[k, c] + w1 * rows[k + 1, c]) + (
                        w2 * rows[k + 2, c] + w3 * rows[k + 3, c]
                    )
                k += 4
            while k < runs:
                w0 = weight[p, k]
                for c in range(first, last):
                    out[p, c] += w0 * rows[k, c]
                k += 1


@numba.njit(cache=True, error_model="numpy")
def blend_onto(
    rows: Array, which: Ints, weight: Array, cells: Array, tile: Array, out: Array
) -> None:
    """Put the positive part of a sum of weighted rows at `cells` of a map."""
    for first in range(0, cells.size, TILE):
        count = min(TILE, cells.size - first)
        for c in range(count):
            tile[c] = 0.0
        for k in range(which.size):
            row = rows[which[k]]
            w = weight[k]
            for c in range(count):
                tile[c] += w * row[first + c]
        for c in range(count):
            out[cells[first + c]] = max(tile[c], 0.0)


@numba.njit(cache=True, error_model="numpy")
def blend_many(rows: Array, which: Ints, weight: Array, out: Array) -> None:
    """Put the positive parts of many sums into `out`: `which` and `weight` have a row for each."""
    for p in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[p, c] = 0.0
        for k in range(which.shape[1]):
            w = weight[p, k]
            if w > 0.0:
                row = rows[which[p, k]]
                for c in range(out.shape[1]):
                    out[p, c] += w * row[c]
        for c in range(out.shape[1]):
            out[p, c] = max(out[p, c], 0.0)


@numba.njit(cache=True, error_model="numpy")
def raise_to(rows: Array, which: Ints, out: Array) -> None:
    """Raise `out` to the highest of some rows, cell by cell."""
    for k in range(which.size):
        row = rows[which[k]]
        for c in range(out.size):
            out[c] = max(out[c], row[c])


@numba.njit(cache=True, error_model="numpy")
def lower_to(rows: Array, which: Ints, out: Array) -> None:
    """Lower `out` to the lowest of some rows, cell by cell."""
    for k in range(which.size):
        row = rows[which[k]]
        for c in range(out.size):
            out[c] = min(out[c], row[c])


@numba.njit(cache=True, error_model="numpy")
def rise_along(nodes: Array, stride: int, size: int) -> None:
    """Raise each node of a lattice to the one before it on an axis."""
    for n in range(nodes.shape[0]):
        if (n // stride) % size > 0:
            for c in range(nodes.shape[1]):
                nodes[n, c] = max(nodes[n, c], nodes[n - stride, c])


@numba.njit(cache=True, error_model="numpy")
def sink_along(nodes: Array, stride: int, size: int) -> None:
    """Lower each node of a lattice to the one after it on an axis."""
    for n in range(nodes.shape[0] - 1, -1, -1):
        if (n // stride) % size < size - 1:
            for c in range(nodes.shape[1]):
                nodes[n, c] = min(nodes[n, c], nodes[n + stride, c])


@numba.njit(cache=True, error_model="numpy")
def prolong(depth: Array, gaps: Floats, floor: float, out: Array) -> None:
    """Say of each dry run how much water is short: from the wet runs, down a common slope.

    `gaps[i, w]` is how much lower the water may be in run i than in run w.
    """
    runs, cells = depth.shape
    for i in range(runs):
        for c in range(cells):
            if depth[i, c] > 0.0:
                out[i, c] = depth[i, c]
                continue
            best = floor
            for w in range(runs):
                if depth[w, c] > 0.0:
                    best = max(best, depth[w, c] - gaps[i, w])
            out[i, c] = min(best, 0.0)


def mixed(weight: Array, rows: Array) -> Array:
    """Return weighted sums of rows, float32 of shape (weights, cells)."""
    out = np.empty((weight.shape[0], rows.shape[1]), np.float32)
    mix(weight.astype(np.float32), rows, out)
    return out


def new_tile() -> Array:
    """Return room for the sums of one tile."""
    return np.empty(TILE, np.float32)
