"""Loops of the surge: the flood that climbs from the sea, and lines that cross steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from fjordby.arrays import Array

# Marks of a cell, as bits.
SEEN = 1  # its answer is known, or there is nothing to ask (sea, unknown, the rim of the array)
WALLED = 2  # at least one of the steps out of it crosses a barrier


class Ground(NamedTuple):
    """Cells in one row after another with a rim of seen cells around: the board of the flood."""

    height: Array  # (cells,) float32; -inf for the sea [m]
    mark: Array  # (cells,) uint8, see above
    offsets: Array  # (4 or 8,) from a cell to its neighbours
    walled: Array  # (w,) the walled cells, ascending
    crest: Array  # (w, 8) crest on each step out of them, -inf for none [m]


class Queue(NamedTuple):
    """Rim cells, and steps over barriers, that wait for their turn.

    They wait on shelves by height (linked lists); only the shelf in use is kept in order, in a
    small heap. An item is a cell, or the number of cells plus the number of a step.
    """

    shelf: Array  # (shelves,) first item of each shelf, -1 for none
    behind: Array  # (cells + steps,) the item behind each item
    levels: Array  # (cells + steps,) the heap: level [m] ...
    items: Array  # ... and item
    step_level: Array  # (steps,) the crest of each step that waits [m]
    step_to: Array  # (steps,) the cell it leads to
    lowest: float  # height at the foot of the first shelf [m]
    per_metre: float  # shelves per metre
    tally: Array  # (4,) items in the heap, next shelf, steps noted, items that left the heap


IN_HEAP, NEXT_SHELF, STEPS, SERVED = 0, 1, 2, 3


@njit(cache=True)
def heap_push(levels: Array, items: Array, size: int, level: float, item: int) -> int:
    """Put an item into a four-way heap, lowest level first; return its new size."""
    hole = size
    while hole > 0:
        above = (hole - 1) >> 2
        if levels[above] <= level:
            break
        levels[hole] = levels[above]
        items[hole] = items[above]
        hole = above
    levels[hole] = level
    items[hole] = item
    return size + 1


@njit(cache=True)
def heap_drop(levels: Array, items: Array, size: int) -> int:
    """Take the lowest item, `items[0]`, out of the heap; return its new size."""
    size -= 1
    level = levels[size]
    hole = 0
    while True:
        first = 4 * hole + 1
        if first >= size:
            break
        least = first
        for child in range(first + 1, min(first + 4, size)):
            if levels[child] < levels[least]:
                least = child
        if levels[least] >= level:
            break
        levels[hole] = levels[least]
        items[hole] = items[least]
        hole = least
    levels[hole] = level
    items[hole] = items[size]
    return size


@njit(cache=True)
def find_sorted(values: Array, value: int) -> int:
    """Return where an integer stands in a sorted array that has it."""
    low, high = 0, values.size - 1
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def open_beside(mark: Array, offsets: Array, i: int) -> bool:
    """Say whether a cell touches one whose answer is not known yet."""
    for offset in offsets:  # noqa: SIM110 (the compiler takes no generator)
        if not mark[i + offset] & SEEN:
            return True
    return False


@njit(cache=True)
def coast(ground: Ground, stack: Array) -> int:
    """Put the sea cells that touch an open question on the stack; return how many.

    The first and last rows are the rim of the array and are not walked.
    """
    top = 0
    reach = ground.offsets.max()
    for i in range(reach, ground.height.size - reach):
        if ground.height[i] == -np.inf and open_beside(ground.mark, ground.offsets, i):
            stack[top] = i
            top += 1
    return top


@njit(cache=True)
def wait(queue: Queue, level: float, item: int) -> None:
    """Put an item on its shelf, or in the heap when its shelf is already in use.

    A higher level never stands on a lower shelf, so the heap always holds the lowest items.
    """
    last = queue.shelf.size - 1
    s = min(max(int((level - queue.lowest) * queue.per_metre), 0), last)
    if s < queue.tally[NEXT_SHELF]:
        size = heap_push(queue.levels, queue.items, queue.tally[IN_HEAP], level, item)
        queue.tally[IN_HEAP] = size
    else:
        queue.behind[item] = queue.shelf[s]
        queue.shelf[s] = item


@njit(cache=True)
def next_shelf(shelf: Array, s: int) -> int:
    """Return the first shelf from `s` on that holds something, or the number of shelves."""
    while s < shelf.size and shelf[s] < 0:
        s += 1
    return s


@njit(cache=True)
def clear_shelf(ground: Ground, queue: Queue) -> None:
    """Move what still has a question beside it from the next shelf into the heap."""
    s = queue.tally[NEXT_SHELF]
    cells = ground.height.size
    size = queue.tally[IN_HEAP]
    item = queue.shelf[s]
    while item >= 0:
        if item >= cells:
            level = queue.step_level[item - cells]
            size = heap_push(queue.levels, queue.items, size, level, item)
        elif open_beside(ground.mark, ground.offsets, item):
            size = heap_push(queue.levels, queue.items, size, ground.height[item], item)
        item = queue.behind[item]
    queue.shelf[s] = -1
    queue.tally[IN_HEAP] = size
    queue.tally[NEXT_SHELF] = s + 1


@njit(cache=True)
def take(ground: Ground, queue: Queue) -> tuple[int, float]:
    """Take the lowest waiting item; return the cell to flood from (-1 for none) and its level."""
    cells = ground.height.size
    while True:
        while not queue.tally[IN_HEAP]:
            s = next_shelf(queue.shelf, queue.tally[NEXT_SHELF])
            if s == queue.shelf.size:
                return -1, 0.0
            queue.tally[NEXT_SHELF] = s
            clear_shelf(ground, queue)
        item, level = queue.items[0], queue.levels[0]
        queue.tally[IN_HEAP] = heap_drop(queue.levels, queue.items, queue.tally[IN_HEAP])
        queue.tally[SERVED] += 1
        if item < cells:
            if open_beside(ground.mark, ground.offsets, item):
                return item, level
            continue
        cell = queue.step_to[item - cells]
        if not ground.mark[cell] & SEEN:
            ground.height[cell] = level
            ground.mark[cell] |= SEEN
            return cell, level


@njit(cache=True)
def over_walls(
    ground: Ground, queue: Queue, i: int, level: float, stack: Array, top: int
) -> tuple[int, bool]:
    """Go from a walled cell to its neighbours; return the stack's size and whether it is a rim.

    A step whose crest stands above both its cells cannot be settled now: it waits its turn.
    """
    here = ground.height[i]
    rim = False
    row = find_sorted(ground.walled, i)
    for k in range(ground.offsets.size):
        n = i + ground.offsets[k]
        if ground.mark[n] & SEEN:
            continue
        wall = ground.crest[row, k]
        if wall > here and wall > ground.height[n]:
            step = queue.tally[STEPS]
            queue.step_level[step] = wall
            queue.step_to[step] = n
            queue.tally[STEPS] = step + 1
            wait(queue, wall, ground.height.size + step)
            continue
        if ground.height[n] < here:
            if here > level:
                rim = True
                continue
            ground.height[n] = here
        ground.mark[n] |= SEEN
        stack[top] = n
        top += 1
    return top, rim


@njit(cache=True)
def climb(ground: Ground, queue: Queue, level: float, stack: Array, top: int) -> int:
    """Settle all that the cells on the stack settle at once; return where the rims begin.

    Hollows are filled to `level`, the lowest level still in question. The stack grows from the
    start of its array and the rims from its end: a cell is never in both.
    """
    height, mark, offsets = ground.height, ground.mark, ground.offsets
    rims = stack.size
    while top > 0:
        top -= 1
        i = stack[top]
        rim = False
        if mark[i] & WALLED:
            top, rim = over_walls(ground, queue, i, level, stack, top)
        else:
            here = height[i]
            for offset in offsets:
                n = i + offset
                if mark[n] & SEEN:
                    continue
                if height[n] < here:
                    if here > level:
                        rim = True
                        continue
                    height[n] = here
                mark[n] |= SEEN
                stack[top] = n
                top += 1
        if rim:
            rims -= 1
            stack[rims] = i
    return rims


@njit(cache=True)
def connect(ground: Ground, queue: Queue, stack: Array) -> None:
    """Raise the heights in place to the lowest level at which the sea reaches each cell.

    What is uphill of a settled cell is settled at once, in any order, from a plain stack. Only
    rim cells, with an open hollow behind them, must wait; when the lowest of them is taken, its
    level is the level of everything lower behind it.
    """
    level = -np.inf
    top = coast(ground, stack)
    while top > 0:
        rims = climb(ground, queue, level, stack, top)
        for r in range(rims, stack.size):
            i = stack[r]
            if open_beside(ground.mark, ground.offsets, i):
                wait(queue, ground.height[i], i)
        cell, level = take(ground, queue)
        top = 0
        if cell >= 0:
            stack[0] = cell
            top = 1


@njit(cache=True)
def side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """Return on which side of the line from a to b a point lies, times the length of the line."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@njit(cache=True)
def meets(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    cx: float,
    cy: float,
    dx: float,
    dy: float,
    near: float,
) -> bool:
    """Say whether the segments a-b and c-d cross or touch; nearer than `near` counts as touching.

    All in cells. To err towards touching keeps a wall tight where lines meet.
    """
    if max(ax, bx) < min(cx, dx) - near or min(ax, bx) > max(cx, dx) + near:
        return False
    if max(ay, by) < min(cy, dy) - near or min(ay, by) > max(cy, dy) + near:
        return False
    slack = near * (abs(bx - ax) + abs(by - ay) + near)
    c, d = side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)
    if min(c, d) > slack or max(c, d) < -slack:
        return False
    slack = near * (abs(dx - cx) + abs(dy - cy) + near)
    a, b = side(cx, cy, dx, dy, ax, ay), side(cx, cy, dx, dy, bx, by)
    return min(a, b) <= slack and max(a, b) >= -slack


@njit(cache=True)
def steps_crossed(
    segments: Array, ny: int, nx: int, near: float, cell: Array, way: Array, line: Array
) -> int:
    """List the steps between neighbouring cell centres that line segments cross or touch.

    `segments` is (s, 4): column and row of both ends, in cells, cell centres at whole numbers.
    A step is written as its cell and one of four ways: east, south, south-east, south-west.
    Returns how many there are; what does not fit the arrays is counted and not written.
    """
    found = 0
    for s in range(segments.shape[0]):
        ax, ay, bx, by = segments[s, 0], segments[s, 1], segments[s, 2], segments[s, 3]
        top, bottom = min(ay, by), max(ay, by)
        lean = (bx - ax) / (by - ay) if abs(by - ay) > near else 0.0
        for row in range(max(int(top) - 2, 0), min(int(bottom) + 2, ny - 1) + 1):
            left, right = min(ax, bx), max(ax, bx)
            if lean != 0.0:
                one = ax + (row - 1.0 - ay) * lean
                two = ax + (row + 2.0 - ay) * lean
                left, right = max(left, min(one, two)), min(right, max(one, two))
            for column in range(max(int(left) - 2, 0), min(int(right) + 2, nx - 1) + 1):
                for k in range(4):
                    to_row = row + (k != 0)
                    to_column = column + (1 if k in (0, 2) else -(k == 3))
                    if to_row >= ny or to_column >= nx or to_column < 0:
                        continue
                    if meets(ax, ay, bx, by, column, row, to_column, to_row, near):
                        if found < cell.size:
                            cell[found] = row * nx + column
                            way[found] = k
                            line[found] = s
                        found += 1
    return found
