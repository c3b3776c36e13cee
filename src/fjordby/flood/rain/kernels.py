"""Loops of the rain: ways downhill, hollows within hollows, and water that spills onward."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array
from fjordby.flood.surge.kernels import heap_drop, heap_push

# What a cell of the board is.
LAND, SEA, OUTSIDE = 0, 1, 2
# Ways of the water from a cell: 0 to 7 to a neighbour, or
PIT, TO_SEA, TO_OUTSIDE, UNDECIDED = 8, 9, 10, 11
# Ways found while a flat is being walked are set apart by this, so that they lead nobody yet.
APART = 16
# Whose ground a cell is: a hollow's number from 0, or
IN_SEA, IN_OUTSIDE, UNKNOWN, NOBODY = -1, -2, -3, -4

DIAGONAL = 2.0**0.5


class Board(NamedTuple):
    """Cells in one row after another with a rim of OUTSIDE cells around."""

    height: Array  # (cells,) float32 [m]
    what: Array  # (cells,) uint8: LAND, SEA or OUTSIDE
    offsets: Array  # (8,) from a cell to its neighbours; the first four are the straight ones
    walled: Array  # (w,) cells with a barrier on a step, ascending
    row: Array  # (cells,) bool: is the cell walled
    crest: Array  # (w, 8) crest on each step out of them, -inf for none [m]


class Tree(NamedTuple):
    """Hollows within hollows: n innermost ones first, then each merger after its two parts."""

    parent: Array  # (2n,) the hollow it becomes part of when it is full, -1 for none
    left: Array  # (2n,) its two parts, -1 for an innermost hollow
    right: Array  # (2n,)
    spill: Array  # (2n,) level at which it spills [m]
    pour: Array  # (2n,) the cell over which it spills
    down: Array  # (2n,) the innermost hollow that gets the spill, or IN_SEA, IN_OUTSIDE
    order: Array  # (2n,) when an outermost hollow was bound to the outlets; -1 for inner ones


@njit(cache=True)
def crest_on(board: Board, i: int, k: int) -> float:
    """Return the crest on a step, -inf for none [m]."""
    if not board.row[i]:
        return -np.inf
    low, high = 0, board.walled.size - 1
    while low < high:
        middle = (low + high) >> 1
        if board.walled[middle] < i:
            low = middle + 1
        else:
            high = middle
    return float(board.crest[low, k])


@njit(cache=True)
def downhill(board: Board, way: Array) -> None:
    """Give each land cell its way: to the sea beside it, else down the steepest step, else out.

    A barrier closes a step unless the ground of the upper cell is as high as its crest. Cells
    without any of these are left UNDECIDED.
    """
    reach = board.offsets.max()
    for i in range(reach, way.size - reach):
        if board.what[i] != LAND:
            continue
        here = float(board.height[i])
        best, steepest = UNDECIDED, 0.0
        outside = False
        for k in range(8):
            n = i + board.offsets[k]
            if crest_on(board, i, k) > here:
                continue
            if board.what[n] == SEA:
                best = TO_SEA
                break
            if board.what[n] == OUTSIDE:
                outside = True
                continue
            slope = here - float(board.height[n])
            if k > 3:
                slope /= DIAGONAL
            if slope > steepest:
                best, steepest = k, slope
        if best == UNDECIDED and outside:
            best = TO_OUTSIDE
        way[i] = best


@njit(cache=True)
def spread_flat(board: Board, way: Array, back: Array, queue: Array, head: int, tail: int) -> int:
    """Lead UNDECIDED cells of a flat to the cells on the queue, nearest first; return its end."""
    while head < tail:
        i = queue[head]
        head += 1
        here = board.height[i]
        for k in range(8):
            n = i + board.offsets[k]
            if way[n] == UNDECIDED and board.height[n] == here and crest_on(board, i, k) <= here:
                way[n] = back[k]
                queue[tail] = n
                tail += 1
    return tail


@njit(cache=True)
def across_flats(board: Board, way: Array, back: Array, queue: Array, pits: Array) -> int:
    """Lead flats to where they drain; a flat that drains nowhere becomes one pit.

    Returns the number of pits; their cells are written to `pits`.
    """
    tail = 0
    reach = board.offsets.max()
    for i in range(reach, way.size - reach):
        if way[i] != UNDECIDED or board.what[i] != LAND:
            continue
        here = board.height[i]
        for k in range(8):
            n = i + board.offsets[k]
            if (
                board.what[n] == LAND
                and way[n] < UNDECIDED
                and board.height[n] == here
                and crest_on(board, i, k) <= here
            ):
                queue[tail] = i
                tail += 1
                way[i] = APART + k
                break
    for q in range(tail):
        way[queue[q]] -= APART
    spread_flat(board, way, back, queue, 0, tail)
    found = 0
    for i in range(reach, way.size - reach):
        if way[i] == UNDECIDED and board.what[i] == LAND:
            way[i] = PIT
            pits[found] = i
            found += 1
            queue[0] = i
            spread_flat(board, way, back, queue, 0, 1)
    return found


@njit(cache=True)
def catchments(board: Board, way: Array, pits: Array, owner: Array) -> None:
    """Write to each land cell the number of the pit, or the outlet, that its water runs to."""
    for p in range(pits.size):
        owner[pits[p]] = p
    for start in range(way.size):
        if board.what[start] != LAND or owner[start] != UNKNOWN:
            continue
        i = start
        while owner[i] == UNKNOWN and way[i] < PIT:
            i = i + board.offsets[way[i]]
        end = owner[i]
        if end == UNKNOWN:
            end = IN_SEA if way[i] == TO_SEA else IN_OUTSIDE
            owner[i] = end
        i = start
        while owner[i] == UNKNOWN:
            owner[i] = end
            i = i + board.offsets[way[i]]


@njit(cache=True)
def passes(board: Board, owner: Array, level: Array, cell: Array, way: Array) -> int:
    """List the steps between two catchments, and out of one, with the level that passes them.

    Returns how many there are; what does not fit the arrays is counted and not written.
    """
    found = 0
    reach = board.offsets.max()
    for i in range(reach, owner.size - reach):
        if board.what[i] != LAND:
            continue
        for k in range(8):
            n = i + board.offsets[k]
            if board.what[n] == LAND:
                # Each step between land cells once: east, south and the two diagonals down.
                if k in (1, 3, 6, 7) or owner[n] == owner[i] or (owner[i] < 0 and owner[n] < 0):
                    continue
                high = max(board.height[i], board.height[n])
            else:
                if owner[i] < 0:
                    continue
                high = board.height[i]
            if found < level.size:
                level[found] = max(float(high), crest_on(board, i, k))
                cell[found] = i
                way[found] = k
            found += 1
    return found


@njit(cache=True)
def find(link: Array, i: int) -> int:
    """Follow links to their end, shortening the path for the next who asks."""
    while link[i] != i:
        link[i] = link[link[i]]
        i = link[i]
    return i


@njit(cache=True)
def merge(
    board: Board,
    owner: Array,
    level: Array,
    cell: Array,
    way: Array,
    sequence: Array,
    tree: Tree,
    link: Array,
    top: Array,
    count: int,
) -> int:
    """Let the hollows meet over their passes, lowest first; return the number of hollows.

    `count` is the number of innermost hollows; `link` and `top` have one place more, the last,
    for all that already drains.
    """
    drained = count
    hollows = count
    bound = 0
    for e in sequence:
        i, n = cell[e], cell[e] + board.offsets[way[e]]
        here, there = owner[i], owner[n]
        if board.what[n] != LAND:
            there = IN_SEA if board.what[n] == SEA else IN_OUTSIDE
        a = find(link, here if here >= 0 else drained)
        b = find(link, there if there >= 0 else drained)
        if a == b:
            continue
        pour = n if board.what[n] == LAND and board.height[n] > board.height[i] else i
        if a == find(link, drained):
            a, b, here, there = b, a, there, here
        one, two = top[a], top[b]
        tree.spill[one], tree.pour[one], tree.down[one] = level[e], pour, there
        link[a] = b
        if b == find(link, drained):
            tree.order[one] = bound
            bound += 1
            continue
        tree.spill[two], tree.pour[two], tree.down[two] = level[e], pour, here
        tree.parent[one] = tree.parent[two] = hollows
        tree.left[hollows], tree.right[hollows] = one, two
        top[b] = hollows
        hollows += 1
    return hollows


@njit(cache=True)
def ancestors(parent: Array, depth: Array, jump: Array, outermost: Array) -> None:
    """Find the outermost hollow around each, and a far ancestor that shortens any search.

    The skew-binary pointers of Myers (1983), doi 10.1016/0020-0190(83)90106-0.
    """
    for h in range(parent.size - 1, -1, -1):
        p = parent[h]
        if p < 0:
            depth[h], jump[h], outermost[h] = 0, h, h
            continue
        outermost[h] = outermost[p]
        depth[h] = depth[p] + 1
        j = jump[p]
        jump[h] = jump[j] if depth[p] - depth[j] == depth[j] - depth[jump[j]] else p


@njit(cache=True)
def drown(
    height: Array,
    owner: Array,
    spill: Array,
    parent: Array,
    jump: Array,
    inside: Array,
    cells: Array,
    room: Array,
) -> None:
    """Find for each cell the innermost hollow that drowns it when full, NOBODY for none.

    Counts these cells by hollow, and sums the depth below its spill level [m].
    """
    for i in range(height.size):
        h = owner[i]
        inside[i] = NOBODY
        if h < 0:
            continue
        z = height[i]
        while spill[h] <= z and parent[h] >= 0:
            h = jump[h] if spill[jump[h]] <= z else parent[h]
        if spill[h] > z:
            inside[i] = h
            cells[h] += 1
            room[h] += spill[h] - float(z)


@njit(cache=True)
def gather(tree: Tree, cells: Array, room: Array) -> None:
    """Add to each hollow the cells of its parts, and the room above their full water."""
    for h in range(cells.size):
        p = tree.parent[h]
        if p >= 0:
            cells[p] += cells[h]
            room[p] += cells[h] * (tree.spill[p] - tree.spill[h])


@njit(cache=True)
def add_up(parent: Array, values: Array) -> None:
    """Add the value of each hollow to the one around it, from the inside out."""
    for h in range(values.size):
        if parent[h] >= 0:
            values[parent[h]] += values[h]


@njit(cache=True)
def lowest(parent: Array, values: Array) -> None:
    """Give each hollow the lowest value of its parts."""
    for h in range(values.size):
        p = parent[h]
        if p >= 0 and values[h] < values[p]:
            values[p] = values[h]


@njit(cache=True)
def pour_into(
    tree: Tree, room: Array, water: Array, full: Array, link: Array, leaf: int, amount: float
) -> tuple[int, float]:
    """Pour water into an innermost hollow; return where the rest goes to, and how much it is.

    A full hollow spills to the other part of the hollow around it until that is full too; then
    both go on as one. `link` leads from a full part to the hollow it went into.
    """
    h = find(link, leaf)
    while amount > 0.0:
        if not full[h]:
            free = room[h] - water[h]
            if amount < free:
                water[h] += amount
                return h, 0.0
            water[h] = room[h]
            amount -= free
            fill_up(tree, full, link, h)
        p = tree.parent[h]
        if p < 0:
            return tree.down[h], amount
        h = find(link, p) if link[h] != h else find(link, tree.down[h])
    return h, 0.0


@njit(cache=True)
def fill_up(tree: Tree, full: Array, link: Array, h: int) -> None:
    """Mark a hollow full, and link it to the hollow around it when the other part is full."""
    full[h] = True
    p = tree.parent[h]
    if p >= 0:
        other = tree.left[p] + tree.right[p] - h
        if full[other]:
            link[h] = p
            link[other] = p


@njit(cache=True)
def settle(
    tree: Tree, room: Array, leaves: Array, inflow: Array, water: Array, full: Array, link: Array
) -> tuple[float, float]:
    """Let all inflow find its rest; return what ran to the sea and what left the map.

    `leaves` lists the innermost hollows such that spill between outermost hollows only goes
    onward in the list. Quantities are sums of depths over cells [m].
    """
    to_sea = 0.0
    to_outside = 0.0
    for leaf in leaves:
        end, rest = pour_into(tree, room, water, full, link, leaf, inflow[leaf])
        if rest > 0.0:
            if end == IN_SEA:
                to_sea += rest
            elif end == IN_OUTSIDE:
                to_outside += rest
            else:
                inflow[end] += rest
    return to_sea, to_outside


@njit(cache=True)
def rain_that_fills(
    tree: Tree,
    room: Array,
    rate: Array,
    full: Array,
    link: Array,
    water: Array,
    since: Array,
    times: Array,
    items: Array,
    filled: Array,
) -> None:
    """Let equal rain fall everywhere, ever more of it, and note the rain that fills each hollow.

    `rate` is the number of cells that drain to each innermost hollow; it moves on with the spill.
    `times` and `items` are the queue of the next to be full; an entry whose time is no longer
    the hollow's own is passed over.
    """
    size = 0
    for h in range(room.size):
        if tree.left[h] < 0:
            filled[h] = room[h] / rate[h]
            size = heap_push(times, items, size, filled[h], h)
    while size > 0:
        now, h = times[0], items[0]
        size = heap_drop(times, items, size)
        if full[h] or now != filled[h]:
            continue
        fill_up(tree, full, link, h)
        target = h
        while full[target]:
            if link[target] != target:
                target = find(link, target)
            elif tree.parent[target] >= 0:
                target = find(link, tree.down[target])
            elif tree.down[target] < 0:
                break
            else:
                # An outermost hollow that is full stays full: its spill goes the same way for good.
                link[target] = find(link, tree.down[target])
                target = link[target]
        if full[target]:
            continue
        water[target] += rate[target] * (now - since[target])
        since[target] = now
        rate[target] += rate[h]
        free = max(room[target] - water[target], 0.0)
        filled[target] = now + free / rate[target]
        size = heap_push(times, items, size, filled[target], target)


@njit(cache=True)
def surfaces(
    keys: Array, heights: Array, start: Array, area: Array, water: Array, level: Array
) -> None:
    """Find the water level of each partly filled hollow.

    The drowned cells of a hollow that are not of its parts are `heights[k]` with `keys[k]` its
    number, ascending by hollow and height. Water rises from `start` [m] over `area` cells and
    over each further cell as it is reached.
    """
    k = 0
    while k < keys.size:
        h = keys[k]
        surface, wet, left = start[h], float(area[h]), water[h]
        while k < keys.size and keys[k] == h:
            rise = float(heights[k]) - surface
            if rise * wet >= left:
                break
            left -= rise * wet
            surface += rise
            wet += 1.0
            k += 1
        level[h] = surface + left / wet
        while k < keys.size and keys[k] == h:
            k += 1


@njit(cache=True)
def hand_down(tree: Tree, level: Array) -> None:
    """Give the level of a hollow with water of its own to all of its parts."""
    for h in range(level.size - 1, -1, -1):
        p = tree.parent[h]
        if p >= 0 and level[p] > -np.inf:
            level[h] = level[p]


@njit(cache=True)
def depths(height: Array, owner: Array, level: Array, depth: Array) -> None:
    """Write the depth of the water over each land cell [m]."""
    for i in range(height.size):
        h = owner[i]
        if h >= 0:
            depth[i] = max(level[h] - float(height[i]), 0.0)
