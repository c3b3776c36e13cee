"""What the levels of a coarse grid mean on the fine one."""

from __future__ import annotations

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic.subgrid.fine import kernels
from fjordby.flood.dynamic.subgrid.fine.kernels import Fine
from fjordby.flood.dynamic.subgrid.tables import Tables


def fine_ground(tables: Tables) -> Fine:
    """Return the fine ground as the kernels see it."""
    rough = np.asarray(tables.fine.roughness, np.float32)
    return Fine(
        np.asarray(tables.fine.bed, np.float32), tables.joins,
        rough if rough.ndim == 2 else rough.reshape(1, 1), tables.factor,
    )  # fmt: skip


def downscale(tables: Tables, levels: Floats, smooth: bool = False) -> Array:
    """Return the depth on the fine grid under levels of coarse cells.

    A fine cell is wet when the level stands above the ground there and above every crest on the
    way from the main body of water of its coarse cell, so no water appears in hollows that it
    could not reach.

    Parameters
    ----------
    tables
        The coarse grid.
    levels
        Level of each coarse cell, shape (ny, nx) [m datum]; NaN = dry.
    smooth
        Whether the surface is linear between the middles of coarse cells that water joins, instead
        of flat in each: better on slopes, but the volume is then no longer that of the run.

    Returns
    -------
    Array
        Depth, shape of the fine grid that the tables were made from (with the cells that were
        added to fill the last coarse ones), float32 [m]; NaN where there is no ground.
    """
    if levels.shape != tables.grid.shape:
        raise BadValue(
            f"levels of the coarse grid's shape {tables.grid.shape}", f"shape {levels.shape}",
            "Give one level for each coarse cell.",
        )  # fmt: skip
    level = tables.base.copy()
    level[1:-1, 1:-1] = np.where(np.isnan(levels), level[1:-1, 1:-1], levels)
    return fine_depth(tables, level, smooth)


def fine_depth(tables: Tables, level: Floats, smooth: bool = False) -> Array:
    """Return the depth on the fine grid under levels with their rim (see `downscale`)."""
    fine = fine_ground(tables)
    found = np.zeros(fine.bed.shape, np.float32)
    if smooth:
        kernels.smooth_depths(level, tables.base, tables.sill_x, tables.sill_y, fine, found)
    else:
        kernels.depths(level, fine, found)
    found[np.isnan(fine.bed)] = np.nan
    return found


def fine_speed(tables: Tables, flow: Floats, level: Floats) -> Array:
    """Return the speed on the fine grid of flows of coarse cells at their levels [m/s]."""
    fine = fine_ground(tables)
    found = np.zeros(fine.bed.shape, np.float32)
    kernels.speeds(flow, level, fine, found)
    found[np.isnan(fine.bed)] = np.nan
    return found
