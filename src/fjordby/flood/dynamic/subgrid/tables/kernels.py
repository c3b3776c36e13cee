"""Loops that turn fine terrain into tables: which cells share a level, volumes, conveyance."""

from __future__ import annotations

import numpy as np
from numba import njit

from fjordby.arrays import Array

#: Manning's n below which ground counts as smooth: it keeps 1/n finite [s/m^(1/3)].
SMOOTH = 1.0e-4


@njit(cache=True)
def find(parent: Array, i: int) -> int:
    """Return the body that a cell belongs to now, and shorten the way to it."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True)
def leads(
    a: int, b: int, z: float, values: Array, owner: Array, area: Array, lift: Array, rim: Array
) -> bool:  # fmt: skip
    """Return whether body a stays the main one where it meets b at level z.

    By rim, by the water that each holds then, by the lowest ground. By water, not by area: a
    stream through a low meadow is to stay whole, although the meadow is wider.
    """
    if rim[a] != rim[b]:
        return bool(rim[a] > rim[b])
    held, other = area[a] * z - lift[a], area[b] * z - lift[b]
    if held != other:
        return bool(held > other)
    return bool(values[owner[a]] < values[owner[b]])


@njit(cache=True)
def join_window(
    bed: Array, row0: int, row1: int, col0: int, col1: int, own: Array, joins: Array,
    parent: Array, owner: Array, above: Array, merged: Array, area: Array, lift: Array,
    rim: Array,
) -> None:  # fmt: skip
    """Find from which level on each fine cell of a coarse cell shares its main body of water.

    Cells are wetted from the lowest up; where two bodies meet, the one that reaches the side of
    the coarse cell, then the larger one, stays the main one, and the level of the meeting is
    when the other joined. Ways through the window around the coarse cell count, so that a single
    house is walked around and a long wall is not.

    Parameters
    ----------
    bed
        Fine ground, NaN where no water can be [m].
    row0, row1, col0, col1
        The window.
    own
        First and last (excluded) row and column of the coarse cell itself.
    joins
        Written: the level of joining, for cells of the coarse cell; inf = never [m].
    parent, owner, above, merged, area, lift, rim
        Room for at least as many cells as the window has.
    """
    width = col1 - col0
    count = (row1 - row0) * width
    values = np.empty(count)
    for k in range(count):
        values[k] = bed[row0 + k // width, col0 + k % width]
        parent[k] = -1
    order = np.argsort(values)
    for k in order:
        z = values[k]
        if np.isnan(z):
            continue
        row, col = row0 + k // width, col0 + k % width
        inside = own[0] <= row < own[1] and own[2] <= col < own[3]
        edge = row == own[0] or row == own[1] - 1 or col == own[2] or col == own[3] - 1
        parent[k], owner[k], above[k], merged[k] = k, k, -1, z
        area[k] = 1.0 if inside else 0.0
        lift[k] = z if inside else 0.0
        rim[k] = 1 if inside and edge else 0
        # The best of the bodies around takes the cell in, then the others meet it.
        for take in range(5):
            best = -1
            for side in range(4):
                dr, dc = (-1, 1, 0, 0)[side], (0, 0, -1, 1)[side]
                if not (row0 <= row + dr < row1 and col0 <= col + dc < col1):
                    continue
                near = k + dr * width + dc
                if parent[near] < 0:
                    continue
                body = find(parent, near)
                if body == find(parent, k):
                    continue
                if best < 0 or leads(body, best, z, values, owner, area, lift, rim):
                    best = body
            if best < 0:
                break
            a, b = find(parent, k), best
            if take == 0 or leads(b, a, z, values, owner, area, lift, rim):
                a, b = b, a
            above[owner[b]] = owner[a]
            merged[owner[b]] = z
            parent[b] = a
            area[a] += area[b]
            lift[a] += lift[b]
            rim[a] = max(rim[a], rim[b])
    write_joins(
        bed, values, row0, col0, width, own, joins, parent, owner, above, merged, area, lift, rim
    )


@njit(cache=True)
def write_joins(
    bed: Array, values: Array, row0: int, col0: int, width: int, own: Array, joins: Array,
    parent: Array, owner: Array, above: Array, merged: Array, area: Array, lift: Array,
    rim: Array,
) -> None:  # fmt: skip
    """Write the level of joining of each cell of the coarse cell, from the tree of meetings."""
    main, top = -1, np.nanmax(values) if np.isfinite(values).any() else 0.0
    for k in range(values.size):
        whole = parent[k] == k and area[k] > 0.0
        if whole and (main < 0 or leads(k, main, top, values, owner, area, lift, rim)):
            main = k
    for row in range(own[0], own[1]):
        for col in range(own[2], own[3]):
            k = (row - row0) * width + col - col0
            joins[row, col] = np.inf
            if parent[k] < 0:
                continue
            level = bed[row, col]
            k_owner = k
            while above[k_owner] >= 0:
                level = merged[k_owner]
                k_owner = above[k_owner]
            if k_owner == owner[main]:
                joins[row, col] = level


@njit(cache=True)
def join_levels(bed: Array, factor: int, reach: int, joins: Array) -> None:
    """Do `join_window` for every coarse cell, with a window `reach` cells wider on each side."""
    ny, nx = bed.shape
    room = (factor + 2 * reach) ** 2
    parent, owner, above = (
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )
    rim = np.empty(room, np.int32)
    merged, area, lift = np.empty(room), np.empty(room), np.empty(room)
    own = np.empty(4, np.int64)
    for row in range(0, ny, factor):
        for col in range(0, nx, factor):
            own[0], own[1], own[2], own[3] = row, row + factor, col, col + factor
            join_window(
                bed, max(row - reach, 0), min(row + factor + reach, ny),
                max(col - reach, 0), min(col + factor + reach, nx), own, joins,
                parent, owner, above, merged, area, lift, rim,
            )  # fmt: skip


@njit(cache=True)
def fill_table(
    joins: Array, bed: Array, share: Array, count: int, cells: int, table: Array
) -> float:
    """Write the level at equal steps of the root of volume; return the volume at the last.

    Exact at each step: V(level) is the sum of level less bed over the fine cells that have
    joined, and stands still in level while a hollow behind its rim fills.

    Parameters
    ----------
    joins, bed
        Of the joined fine cells, above the lowest, by rising `joins`, shape (count,) [m].
    share
        Open part of each fine cell.
    cells
        Fine cells of a coarse cell.
    table
        Written: level above the lowest ground, shape (steps + 1,) [m].

    Returns
    -------
    float
        Mean depth over the whole coarse cell when the last cell has joined [m].
    """
    steps = table.size - 1
    area, lift = 0.0, 0.0
    for i in range(count):
        area += share[i]
        lift += share[i] * bed[i]
    full = float(max((area * joins[count - 1] - lift) / cells, 0.0))
    area, lift, i, last = 0.0, 0.0, 0, 0.0
    for k in range(steps + 1):
        volume = full * (k / steps) ** 2 * cells
        while i < count and (area == 0.0 or volume > area * joins[i] - lift):
            area += share[i]
            lift += share[i] * bed[i]
            last = joins[i]
            i += 1
        table[k] = max((volume + lift) / area, last)
    return full


@njit(cache=True)
def volumes(
    bed: Array, joins: Array, share: Array, factor: int, base: Array, full: Array, open_: Array,
    table: Array,
) -> None:  # fmt: skip
    """Write the volume table of every coarse cell (arrays with a rim of one closed cell)."""
    cells = factor * factor
    join, low, part = np.empty(cells), np.empty(cells), np.empty(cells)
    for j in range(bed.shape[0] // factor):
        for i in range(bed.shape[1] // factor):
            n = 0
            for k in range(cells):
                row, col = j * factor + k // factor, i * factor + k % factor
                if np.isfinite(joins[row, col]) and share[row, col] > 0.0:
                    join[n], low[n], part[n] = joins[row, col], bed[row, col], share[row, col]
                    n += 1
            if n == 0:
                continue
            order = np.argsort(join[:n])
            lowest = join[order[0]]
            base[j + 1, i + 1] = lowest
            open_[j + 1, i + 1] = part[:n].sum() / cells
            full[j + 1, i + 1] = fill_table(
                join[order] - lowest,
                low[order] - lowest,
                part[order],
                n,
                cells,
                table[j + 1, i + 1],
            )


@njit(cache=True)
def section(
    sill: Array, rough: Array, share: Array, sheet: int, level: float
) -> tuple[float, float]:
    """Return mean depth [m] and conveyance per metre of width [m2/s] of one cut across the flow."""
    factor = sill.shape[1]
    area, carry = 0.0, 0.0
    for r in range(factor):
        h = level - sill[sheet, r]
        if h > 0.0:
            root = np.cbrt(h)
            area += share[sheet, r] * h
            carry += share[sheet, r] * h * root * root / rough[sheet, r]
    return area / factor, carry / factor


@njit(cache=True)
def along(
    sill: Array, rough: Array, share: Array, weight: Array, lowest: Array, face: int, depth: float
) -> tuple[float, float]:
    """Return depth [m] and square of roughness that all cuts from centre to centre make together.

    One flow Q passes them one after the other, so the drop of the surface is the sum of
    dQ/dt / (g A) and Q^2 / K^2 over the cuts: A is their harmonic mean, 1/K^2 the mean of theirs.
    Where the ground rises from the face, a cut is as deep at its lowest point as the face is.
    """
    inertia, loss, total = 0.0, 0.0, 0.0
    for t in range(weight.size):
        if weight[t] == 0.0 or not np.isfinite(lowest[t]):
            continue
        level = max(lowest[face], lowest[t]) + depth
        area, carry = section(sill, rough, share, t, level)
        inertia += weight[t] / area
        loss += weight[t] / (carry * carry)
        total += weight[t]
    h = total / inertia
    return h, h ** (10.0 / 3.0) * loss / total


@njit(cache=True)
def gather_cuts(
    joins: Array, rough: Array, share: Array, factor: int, row: int, col: int,
    sill: Array, n: Array, part: Array, lowest: Array,
) -> float:  # fmt: skip
    """Collect the cuts between two coarse cells whose face begins at a fine row and column.

    Cut t lies over the fine faces at column `col + t - factor // 2`. Returns the range of
    heights from the lowest to the highest sill of a cut [m].
    """
    spread = 0.0
    for t in range(sill.shape[0]):
        c = col + t - factor // 2
        lowest[t] = np.inf
        highest = -np.inf
        for r in range(factor):
            s = max(joins[row + r, c - 1], joins[row + r, c])
            open_part = min(share[row + r, c - 1], share[row + r, c])
            if open_part <= 0.0:
                s = np.inf
            sill[t, r], part[t, r] = s, open_part
            n0, n1 = rough[row + r, c - 1], rough[row + r, c]
            n[t, r] = max(np.sqrt(0.5 * (n0 * n0 + n1 * n1)), SMOOTH)
            if np.isfinite(s):
                lowest[t] = min(lowest[t], s)
                highest = max(highest, s)
        if np.isfinite(lowest[t]):
            spread = max(spread, highest - lowest[t])
    return spread


@njit(cache=True)
def faces(
    joins: Array, rough: Array, share: Array, factor: int, least_spread: float, base: Array,
    spread: Array, width: Array, table: Array,
) -> None:  # fmt: skip
    """Write the table of the west face of every coarse cell (arrays with a rim of one cell)."""
    steps = table.shape[2] - 1
    half = factor // 2
    cuts = 2 * half + 1
    weight = np.ones(cuts)
    if factor % 2 == 0:
        weight[0], weight[cuts - 1] = 0.5, 0.5
    sill, n, part = np.empty((cuts, factor)), np.empty((cuts, factor)), np.empty((cuts, factor))
    lowest = np.empty(cuts)
    for j in range(joins.shape[0] // factor):
        for i in range(1, joins.shape[1] // factor):
            reach = gather_cuts(
                joins, rough, share, factor, j * factor, i * factor, sill, n, part, lowest
            )
            if not np.isfinite(lowest[half]):
                continue
            top = max(reach, least_spread)
            base[j + 1, i + 1], spread[j + 1, i + 1] = lowest[half], top
            for k in range(steps + 1):
                depth = top * (max(k, 0.25) / steps) ** 2
                h, n2 = along(sill, n, part, weight, lowest, half, depth)
                table[j + 1, i + 1, k, 0] = h if k > 0 else 0.0
                table[j + 1, i + 1, k, 1] = n2
            above, _ = along(sill, n, part, weight, lowest, half, 2.0 * top)
            width[j + 1, i + 1] = (above - h) / top
