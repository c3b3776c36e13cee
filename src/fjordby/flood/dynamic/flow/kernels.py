"""Flow over faces and depth in cells: the physics as scalar functions, and runs of them.

Runs go over unsigned places in flat arrays. A signed index may be negative, and asking that
stops vector code; so do more than one kind of number in a loop, and the largest of floats.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from fjordby.arrays import Array

#: Liberties for the compiler: none that could reorder a sum, so that a lake stays at rest.
FAST = {"contract", "nnan", "ninf", "nsz", "arcp"}

#: How loops are compiled: division as numpy does it, and no counting of references, which costs
#: more than a short run of cells.
LOOP: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
PHYSICS: dict[str, Any] = {**LOOP, "fastmath": FAST}
#: The same, made part of whatever calls them: to hand over a dozen arrays takes longer than to
#: compute 32 cells.
INLINE: dict[str, Any] = {**LOOP, "forceinline": True}
WITHIN: dict[str, Any] = {**PHYSICS, "forceinline": True}


class Pace(NamedTuple):
    """What a time step means, for each level of block."""

    seconds: Array  # (levels,) the time step [s]
    push: Array  # gravity x time step / cell side [m/s]
    drag: Array  # gravity x time step [m]
    most: Array  # the flow out of one face that takes a quarter of the cell, per depth [m/s]
    share: Array  # time step / cell side [s/m]
    gust: Array  # (levels, 2) wind stress x time step to the east and south [m2/s]
    theta: Any  # weight of the face's own flow, and of each neighbour's
    aside: Any
    least: Any  # depth below which water does not move [m]
    least_bits: Any  # the same as bits


def inverse_seven_thirds(x: Any) -> Any:
    """Return x^(-7/3) without a logarithm, to 1.1 parts in 10,000, in double to 1e-13.

    A guess at x^(-1/3) from the exponent bits, as much too large as too small, then a series in its
    error.
    """
    if isinstance(x, np.float32):
        return _single(x)
    return float(x) ** (-7.0 / 3.0)


def _single(x: Any) -> Any:
    bits = np.float32(x).view(np.int32)
    third = np.int32(np.float32(bits) * np.float32(0.33333334))
    y = np.int32(np.int32(0x54A1C000) - third).view(np.float32)
    cube = y * y * y
    e = np.float32(1.0) - x * cube
    series = np.float32(455.0 / 81.0) + e * np.float32(1820.0 / 243.0)
    series = np.float32(7.0 / 3.0) + e * (np.float32(35.0 / 9.0) + e * series)
    return cube * cube * y * (np.float32(1.0) + e * series)


def _double(x: Any) -> Any:
    bits = np.float64(x).view(np.int64)
    third = np.int64(np.float64(bits) * (1.0 / 3.0))
    y = np.int64(np.int64(0x553EF0FF289DD796) - third).view(np.float64)
    for _ in range(2):  # two series of third order in the error of y: to the last digits
        e = 1.0 - x * y * y * y
        y = y * (1.0 + e * (1.0 / 3.0 + e * (2.0 / 9.0 + e * (14.0 / 81.0))))
    cube = y * y * y
    return cube * cube * y


@overload(inverse_seven_thirds, jit_options={"fastmath": FAST, "error_model": "numpy"})
def _seven_thirds(x: Any) -> Any:
    return _single if x.bitwidth == 32 else _double


@njit(**WITHIN)
def face_flow(
    depth0: Any, depth1: Any, step: Any, friction: Any, size: Any, own: Any, mean: Any,
    push: Any, drag: Any, gust: Any, most: Any, least: Any, one: Any,
) -> Any:  # fmt: skip
    """Return the flow over a face after one time step [m2/s].

    Bates et al. (2010), eq. 11, with the mean of neighbouring flows of de Almeida et al. (2012),
    eq. 14, and the size of the whole flow in the friction (de Almeida & Bates 2013, eq. 5):

        q' = mean - g h dt d(level)/dx - g dt n2 |q| q' / h^(7/3)

    They take |q| from the last step. Then a film whose friction is stronger than its step is long
    swings about its uniform flow, the error changing sign each time; so here |q| is that of the
    flow sought, beside the part of the last that went across: a quadratic equation. Steady flow
    is the same (docs/decisions/0005).

    Parameters
    ----------
    depth0, depth1
        Water on both sides [m].
    step
        Bed of side 1 less bed of side 0 [m]; depths are never added to heights, so that single
        precision is enough on a mountain.
    friction
        Square of Manning's n.
    size
        Size of the flow about the face [m2/s].
    own, mean
        The flow over the face, and its mean with the neighbours' [m2/s].
    push, drag, gust, most, least
        See `Pace`.
    one
        1 in the precision of the rest: a plain 1 would make everything double.
    """
    zero, two = one - one, one + one
    depth = max(depth0 - max(step, zero), depth1 + min(step, zero))
    rise = step + (depth1 - depth0)
    h = max(depth, least)
    resist = drag * friction * inverse_seven_thirds(h)
    driven = mean - push * h * rise + gust
    across = one + resist * max(size - abs(own), zero)
    q = two * driven / (across + np.sqrt(across * across + two * two * resist * abs(driven)))
    q = max(min(q, depth0 * most), -depth1 * most)
    return q if depth > least else zero


@njit(**WITHIN)
def flow_faces(
    depth: Array, bed: Array, friction: Array, flow: Array, own: Array, new: Array,
    water0: Any, water1: Any, ground0: Any, ground1: Any, rough0: Any, rough1: Any, before: Any,
    face: Any, after: Any, to: Any, count: Any, pace: Pace, k: int, side: int,
) -> None:  # fmt: skip
    """Compute a run of `count` faces.

    `water0` and `water1` are where the cells on both sides begin in `depth` and `flow`,
    `ground0` and `ground1` where they begin in `bed`, `rough0` and `rough1` in `friction`;
    `before`, `face` and `after` are places in `own`, the old flows, and `to` one in `new`. All
    are unsigned: a signed index may be negative, and asking that stops vector code.
    """
    theta, aside, least = pace.theta, pace.aside, pace.least
    push, drag, gust, most = pace.push[k], pace.drag[k], pace.gust[k, side], pace.most[k]
    one = least / least
    half = one / (one + one)
    none = least - least
    for i in range(count):
        q, p, n = own[face + i], own[before + i], own[after + i]
        # A neighbour that carries nothing (a rim, a wall, dry ground, the sea) has no say.
        p = p if p != none else q
        n = n if n != none else q
        new[to + i] = face_flow(
            depth[water0 + i], depth[water1 + i], bed[ground1 + i] - bed[ground0 + i],
            friction[rough0 + i] + friction[rough1 + i],
            half * (flow[water0 + i] + flow[water1 + i]), q,
            theta * q + aside * (p + n),
            push, drag, gust, most, least, one,
        )  # fmt: skip


@njit(**INLINE)
def copy_run(source: Array, target: Array, first: Any, to: Any, count: Any) -> None:
    """Copy a run of numbers."""
    for i in range(count):
        target[to + i] = source[first + i]


@njit(**WITHIN)
def fill_cells(
    depth: Array, flow: Array, east: Array, beside: Array, cell: Any, north: Any, south: Any,
    count: Any, share: Any, share_north: Any, share_south: Any,
) -> None:  # fmt: skip
    """Change the depth of a run of cells by what came over their faces.

    `cell` is where the run begins in `depth`, `flow` and `east`; `north` and `south` where the
    flows over its north and south faces begin in `beside`.
    """
    half = share / (share + share)
    next_cell = cell + np.uint64(1)
    for i in range(count):
        h = depth[cell + i] + (
            share * (east[cell + i] - east[next_cell + i])
            + (share_north * beside[north + i] - share_south * beside[south + i])
        )
        depth[cell + i] = h
        along = half * (east[cell + i] + east[next_cell + i])
        across = half * (beside[north + i] + beside[south + i])
        flow[cell + i] = np.sqrt(along * along + across * across)


@njit(**WITHIN)
def receive(
    depth: Array, beside: Array, cell: Any, north: Any, south: Any, count: Any, share_north: Any,
    share_south: Any,
) -> None:  # fmt: skip
    """Change depths by the faces of quicker neighbours north and south."""
    for i in range(count):
        depth[cell + i] = depth[cell + i] + (
            share_north * beside[north + i] - share_south * beside[south + i]
        )


@njit(**INLINE)
def largest(bits: Array, first: Any, count: Any) -> Any:
    """Return the largest of a run, as bits: compilers make vector code of whole numbers only."""
    top = bits[first]
    for i in range(count):
        top = max(top, bits[first + i])
    return top
