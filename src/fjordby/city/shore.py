"""Where land ends: a coarse coastline moved to where points are known to be wet or dry."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import distance_transform_edt, label, map_coordinates

from fjordby.arrays import Array, Bools, Floats
from fjordby.grid import Grid

Mask = Bools


def distance_inland(land: Mask, cell: float) -> Floats:
    """Return the distance to the shore [m], positive on land and negative at sea."""
    inland = distance_transform_edt(land) - 0.5
    off = distance_transform_edt(~land) - 0.5
    return np.asarray(np.where(land, inland, -off) * cell)


def shoreline(
    land: Mask, grid: Grid, x: Floats, y: Floats, wet: Mask, clear: float = 15.0
) -> tuple[Mask, int]:
    """Return land and sea agreeing with all points, and how many points moved the shore.

    Where a point contradicts the coarse coast, the distance to the shore is corrected so that
    the point comes to lie `clear` [m] on its right side; the correction fades linearly to
    nothing at the nearest points that agree (a triangulation of all points).

    Parameters
    ----------
    land
        The coarse coast: True on land, shape of the grid.
    x, y, wet
        Points [m], and whether each is at sea.
    """
    inland = distance_inland(land, grid.cell)
    there = grid.inside(x, y)
    x, y, wet = x[there], y[there], wet[there]
    at = [(grid.north - y) / grid.cell - 0.5, (x - grid.west) / grid.cell - 0.5]
    here = map_coordinates(inland, at, order=1, mode="nearest")
    wrong = wet == (here > 0)
    correction = np.where(wrong, np.where(wet, -clear, clear) - here, 0.0)
    spread = LinearNDInterpolator(np.column_stack([x, y]), correction, fill_value=0.0)
    return inland + spread(*np.meshgrid(grid.x, grid.y)) > 0, int(wrong.sum())


def open_sea(land: Mask) -> Mask:
    """Return the largest body of water that is not land, joined by cell sides."""
    bodies, count = label(~land)
    if not count:
        return np.zeros_like(land)
    sizes = np.bincount(bodies.ravel())
    sizes[0] = 0
    return np.asarray(bodies == sizes.argmax())


def sea_bed(sea: Mask, cell: float, slope: float, depth: float) -> Floats:
    """Return a plausible bed where nothing is known: falling from the shore to a flat bottom [m].

    Parameters
    ----------
    slope
        Fall per metre from the shore.
    depth
        Depth of the flat bottom, positive [m].
    """
    off = distance_transform_edt(sea) * cell
    return np.asarray(-np.minimum(off * slope, depth))


def patches(mask: Mask, smallest: float, cell: float) -> Array:
    """Return the number of each connected patch of at least `smallest` [m2]; 0 elsewhere."""
    bodies, _ = label(mask)
    sizes = np.bincount(bodies.ravel()) * cell * cell
    small = sizes < smallest
    small[0] = True
    return np.where(small[bodies], 0, bodies)
