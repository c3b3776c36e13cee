"""Loops over turned boxes that must not touch."""

from __future__ import annotations

from numba import njit

from fjordby.arrays import Array, Floats, Ints


@njit(cache=True)
def boxes_touch(
    ax: float,
    ay: float,
    ac: float,
    as_: float,
    al: float,
    aw: float,
    bx: float,
    by: float,
    bc: float,
    bs: float,
    bl: float,
    bw: float,
) -> bool:
    """Whether two turned rectangles overlap, by separating axes.

    Centre, cosine and sine of the long axis, half length and half width [m] of each.
    """
    dx = bx - ax
    dy = by - ay
    cos = abs(ac * bc + as_ * bs)
    sin = abs(as_ * bc - ac * bs)
    if abs(dx * ac + dy * as_) >= al + bl * cos + bw * sin:
        return False
    if abs(-dx * as_ + dy * ac) >= aw + bl * sin + bw * cos:
        return False
    if abs(dx * bc + dy * bs) >= bl + al * cos + aw * sin:
        return False
    return not abs(-dx * bs + dy * bc) >= bw + al * sin + aw * cos


@njit(cache=True)
def box_free(
    box: Floats,
    grow: float,
    boxes: Floats,
    head: Ints,
    following: Ints,
    entry: Ints,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
) -> bool:
    """Whether a box, grown by `grow` [m], touches none of the boxes that stand."""
    ex = abs(box[2]) * box[4] + abs(box[3]) * box[5] + grow
    ey = abs(box[3]) * box[4] + abs(box[2]) * box[5] + grow
    r0 = max(int((north - box[1] - ey) / cell), 0)
    r1 = min(int((north - box[1] + ey) / cell), ny - 1)
    c0 = max(int((box[0] - ex - west) / cell), 0)
    c1 = min(int((box[0] + ex - west) / cell), nx - 1)
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            i = head[r * nx + c]
            while i >= 0:
                b = boxes[entry[i]]
                if boxes_touch(
                    box[0],
                    box[1],
                    box[2],
                    box[3],
                    box[4] + grow,
                    box[5] + grow,
                    b[0],
                    b[1],
                    b[2],
                    b[3],
                    b[4],
                    b[5],
                ):
                    return False
                i = following[i]
    return True


@njit(cache=True)
def add_box(
    box: Floats,
    boxes: Floats,
    count: int,
    head: Ints,
    following: Ints,
    entry: Ints,
    used: int,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
) -> int:
    """Let a box stand as number `count`; returns the entries used, -1 when there is no room."""
    ex = abs(box[2]) * box[4] + abs(box[3]) * box[5]
    ey = abs(box[3]) * box[4] + abs(box[2]) * box[5]
    r0 = max(int((north - box[1] - ey) / cell), 0)
    r1 = min(int((north - box[1] + ey) / cell), ny - 1)
    c0 = max(int((box[0] - ex - west) / cell), 0)
    c1 = min(int((box[0] + ex - west) / cell), nx - 1)
    for k in range(6):
        boxes[count, k] = box[k]
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            if used >= entry.shape[0]:
                return -1
            entry[used] = count
            following[used] = head[r * nx + c]
            head[r * nx + c] = used
            used += 1
    return used


@njit(cache=True)
def claim(
    wanted: Floats,
    group: Ints,
    grow: Floats,
    quota_of: Ints,
    quota: Floats,
    takes: Floats,
    boxes: Floats,
    count: int,
    used: int,
    head: Ints,
    following: Ints,
    entry: Ints,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
    taken: Array,
) -> tuple[int, int]:
    """Let wanted boxes stand in order, where they touch nothing and their quota has room.

    Boxes with the same `group` number follow each other and stand or fall together. A group
    takes `takes` of `quota[quota_of]` (-1: no quota). `taken` is set for those that stand.
    Returns the boxes and entries used; (-1, -1) when there is no room.
    """
    n = wanted.shape[0]
    i = 0
    while i < n:
        end = i + 1
        while end < n and group[end] == group[i]:
            end += 1
        q = quota_of[i]
        free = q < 0 or quota[q] > 0.0
        j = i
        while free and j < end:
            free = box_free(
                wanted[j], grow[j], boxes, head, following, entry, west, north, cell, ny, nx
            )
            j += 1
        if free:
            if q >= 0:
                quota[q] -= takes[i]
            for k in range(i, end):
                if count >= boxes.shape[0]:
                    return -1, -1
                used = add_box(
                    wanted[k], boxes, count, head, following, entry, used, west, north, cell, ny, nx
                )
                if used < 0:
                    return -1, -1
                count += 1
                taken[k] = True
        i = end
    return count, used


@njit(cache=True)
def which_free(
    wanted: Floats,
    grow: float,
    boxes: Floats,
    head: Ints,
    following: Ints,
    entry: Ints,
    west: float,
    north: float,
    cell: float,
    ny: int,
    nx: int,
    free: Array,
) -> None:
    """Tell which wanted boxes touch nothing that stands; none of them is let stand."""
    for i in range(wanted.shape[0]):
        free[i] = box_free(
            wanted[i], grow, boxes, head, following, entry, west, north, cell, ny, nx
        )
