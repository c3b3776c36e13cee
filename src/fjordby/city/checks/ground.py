"""Is the ground right? Units, nodata, holes, spikes, the zero of the heights, and the sea."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from fjordby.arrays import Array
from fjordby.city.checks.known import Known
from fjordby.city.model import Layer
from fjordby.city.problem import Problem, problem
from fjordby.city.rasters import Picture
from fjordby.grid import Grid
from fjordby.words import Words

#: Deepest sea and highest land, rounded outwards [m] (Challenger Deep 10,935; Everest 8,849).
LOWEST, HIGHEST = -11_000.0, 8_850.0
#: Names of the metre among units; all else is not a metre.
METRE = {"m", "metre", "metres", "meter", "meters"}
#: A lone cell this far from all its neighbours, and steeper than 1 in 1, is looked at [m]; assumed.
SPIKE = 3.0
#: Half of a town's houses or streets on slopes above this are not in metres; assumed: the streets
#: of the steepest towns reach a third (Baldwin Street, Dunedin: 34.8 %), few of them do.
STEEP = 0.35
#: The quiet sea lies this near to a land survey's zero [m]; assumed: mean sea level and
#: national zeros differ by decimetres, ellipsoids and geoids by metres to 100 m.
NEAR_ZERO = 1.0
#: Half a coast above this is cliffs, or another unit or zero [m]; assumed.
HIGH_COAST = 8.0
_EIGHT = np.ones((3, 3), dtype=bool)


def ground(known: Known) -> Iterator[Problem]:
    """Find what is wrong with the heights."""
    picture = known.terrain
    if picture is None:
        return
    z, grid = picture.values, picture.grid
    yield from unit(picture.unit)
    yield from nodata(known)
    good = np.isfinite(z) & ~known.not_heights
    if not good.any():
        return
    low, high = float(z[good].min()), float(z[good].max())
    if low < LOWEST or high > HIGHEST:
        yield problem("terrain-odd-heights", Layer.TERRAIN, low=low, high=high)
    if high - low < 0.1:
        yield problem("terrain-flat", Layer.TERRAIN, low=low, high=high)
        return
    yield from _steps(z[good])
    yield from _holes(known, good)
    yield from _spikes(np.where(good, z, np.nan), grid)
    yield from _steep(known)


def unit(said: str) -> Iterator[Problem]:
    """Find heights that say they are in another unit than the metre, or in none."""
    if not said.strip():
        yield problem("terrain-unit-unsaid", Layer.TERRAIN)
    elif said.strip().lower() not in METRE:
        yield problem("terrain-unit", Layer.TERRAIN, got=said)


def nodata(known: Known) -> Iterator[Problem]:
    """Find numbers for "unknown" left among the heights, and a terrain of nothing else."""
    assert known.terrain is not None
    z, bad = known.terrain.values, known.not_heights
    if bad.any():
        got = ", ".join(f"{one:g}" for one in np.unique(z[bad])[:3])
        where = places(bad, known.terrain.grid)
        yield problem("terrain-nodata", Layer.TERRAIN, count=bad.sum(), got=got, where=where)
    if not (np.isfinite(z) & ~bad).any():
        yield problem("terrain-empty", Layer.TERRAIN)


def _steps(z: Array) -> Iterator[Problem]:
    """Find heights that come in whole steps; the sea's flat cells say nothing."""
    some = np.unique(z[:: max(1, z.size // 200_000)])
    if some.size < 5:
        return
    for step in (10.0, 1.0, 0.5):
        if (np.abs(some / step - np.round(some / step)) < 1e-6).all():
            yield problem("terrain-steps", Layer.TERRAIN, step=step)
            return


def _holes(known: Known, good: Array) -> Iterator[Problem]:
    """Find unknown ground that has land or sea all around it."""
    hidden = ~good & ~known.wet
    if not hidden.any():
        return
    labels, count = ndimage.label(hidden, _EIGHT)
    inner = np.ones(count + 1, dtype=bool)
    inner[np.unique(edge(labels))] = False
    inner[0] = False
    holes = inner[labels]
    if holes.any():
        assert known.terrain is not None
        yield problem(
            "terrain-holes",
            Layer.TERRAIN,
            count=holes.sum(),
            holes=int(inner.sum()),
            where=places(holes, known.terrain.grid, labels),
        )


def _spikes(z: Array, grid: Grid) -> Iterator[Problem]:
    """Find single cells far above, or below, all of their neighbours."""
    least = max(SPIKE, grid.cell)
    highest, lowest = _neighbours(z)
    known = np.isfinite(z)
    with np.errstate(invalid="ignore"):
        up = known & np.isfinite(highest) & (z - highest > least)
        down = known & np.isfinite(lowest) & (lowest - z > least)
    for code, cells in (("terrain-spikes", up), ("terrain-pits", down)):
        if cells.any():
            yield problem(
                code, Layer.TERRAIN, count=cells.sum(), least=least, where=places(cells, grid)
            )


def _neighbours(z: Array) -> tuple[Array, Array]:
    """Return the highest and the lowest of the eight neighbours, unknown ones left out."""
    wide = np.pad(z, 1, constant_values=np.nan)
    ny, nx = z.shape
    highest, lowest = np.full(z.shape, -np.inf, z.dtype), np.full(z.shape, np.inf, z.dtype)
    for row in range(3):
        for column in range(3):
            if (row, column) != (1, 1):
                one = wide[row : row + ny, column : column + nx]
                np.fmax(highest, one, out=highest)
                np.fmin(lowest, one, out=lowest)
    return highest, lowest


def _steep(known: Known) -> Iterator[Problem]:
    """Find towns that stand too steep: nobody builds so, so the unit is not the metre."""
    for layer, what in (
        (Layer.BUILDINGS, Words("bygningerne", "buildings")),
        (Layer.ROADS, Words("vejenes punkter", "points of the roads")),
    ):
        points = known.points(layer)
        if len(points) < 10:
            continue
        slope = known.slope(points)
        slope = slope[np.isfinite(slope)]
        if slope.size >= 10 and float(np.median(slope)) > STEEP:
            yield problem("terrain-steep", Layer.TERRAIN, what=what, slope=round(STEEP * 100))
            return


def sea(known: Known) -> Iterator[Problem]:
    """Find what is wrong with the sea: none, all, inland, or far from the zero of the heights."""
    picture = known.sea
    if picture is None:
        return
    wrong = list(some_sea(picture))
    yield from wrong
    if wrong:
        return
    wet = picture.values == 1
    if known.terrain is None or known.terrain.values.shape != wet.shape:
        yield from _ponds(wet, np.zeros_like(wet), picture.grid)
    else:
        yield from _ponds(wet, np.isnan(known.terrain.values), picture.grid)
        yield from _zero(known, wet)


def some_sea(picture: Picture) -> Iterator[Problem]:
    """Find a sea of other words than 0 and 1, none at all, or nothing else."""
    wet, dry = picture.values == 1, picture.values == 0
    odd = ~(wet | dry) & np.isfinite(picture.values)
    if odd.any():
        got = ", ".join(f"{one:g}" for one in np.unique(picture.values[odd])[:5])
        yield problem("sea-words", Layer.SEA, got=got)
    elif not wet.any():
        yield problem("sea-none", Layer.SEA)
    elif not dry.any():
        yield problem("sea-all", Layer.SEA)


def _ponds(wet: Array, unknown: Array, grid: Grid) -> Iterator[Problem]:
    """Find pieces of sea that reach neither the edge of the map nor of the known terrain."""
    labels, count = ndimage.label(wet, _EIGHT)
    beyond = labels[ndimage.binary_dilation(unknown & ~wet, _EIGHT)]
    inland = np.ones(count + 1, dtype=bool)
    inland[np.unique(np.concatenate([edge(labels), beyond]))] = False
    inland[0] = False
    if inland[1:].all():
        yield problem("sea-inland", Layer.SEA, where=places(wet, grid, labels))
    elif inland.any():
        ponds = inland[labels]
        yield problem(
            "sea-ponds",
            Layer.SEA,
            count=ponds.sum(),
            ponds=int(inland.sum()),
            where=places(ponds, grid, labels),
        )


def _zero(known: Known, wet: Array) -> Iterator[Problem]:
    """Hold the zero of the heights against the quiet sea: on it, and where it meets the land."""
    assert known.terrain is not None
    z = np.where(known.not_heights, np.nan, known.terrain.values)
    bed = z[wet & np.isfinite(z)]
    if bed.size and float(np.median(bed)) > NEAR_ZERO:
        yield problem("sea-high", Layer.SEA, median=round(float(np.median(bed)), 1))
        return
    coast = ndimage.binary_dilation(wet, _EIGHT) & ~wet & np.isfinite(z)
    if not coast.any():
        return
    median = float(np.median(z[coast]))
    if median > HIGH_COAST:
        yield problem("coast-high", Layer.SEA, median=round(median, 1))
    under = coast & (z < -NEAR_ZERO)
    if under.any():
        yield problem(
            "sea-above-land",
            Layer.SEA,
            count=under.sum(),
            least=NEAR_ZERO,
            where=places(under, known.terrain.grid),
        )


def edge(cells: Array) -> Array:
    """Return the cells along the four edges."""
    return np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]])


def places(cells: Array, grid: Grid, labels: Array | None = None) -> list[tuple[float, float]]:
    """Return the middle of a few cells: the first ones, or one of each of the largest pieces."""
    flat = np.flatnonzero(cells)
    if labels is not None:
        _, first, size = np.unique(labels.ravel()[flat], return_index=True, return_counts=True)
        flat = flat[first[np.argsort(-size, kind="stable")]]
    rows, columns = np.divmod(flat[:5], grid.nx)
    return list(zip(grid.x[columns].tolist(), grid.y[rows].tolist(), strict=True))
