"""Tables of volume and conveyance of a coarse grid, made from a fine domain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.subgrid.tables import kernels
from fjordby.grid import Grid

#: Steps of a table. They lie at the square of equal parts, so the first is 1/400 of the range.
LEVELS, MOST_LEVELS = 20, 512

#: Least range of heights that a face's table covers [m]: above it the roughness no longer
#: changes. Assumed: over ground that is flat to half a metre it then changes by a percent.
LEAST_SPREAD = 1.0


@dataclass(frozen=True)
class Tables:
    """A coarse grid with what it must know of the fine ground.

    Arrays of the coarse grid have a rim of one closed cell: shape (ny + 2, nx + 2). Steps k of a
    table lie at (k / levels)^2 of its range, so that the place in it is found by a square root.

    Parameters
    ----------
    grid
        The coarse grid.
    fine
        The domain that it was made from.
    factor
        Fine cells along the side of a coarse cell.
    joins
        Level from which each fine cell shares the water of its coarse cell, float32; inf = never
        [m]. It is the ground itself where the ground leads down to the main body of water of the
        coarse cell, and the crest in between where it does not.
    share
        Open part of each fine cell, shape of the fine grid, float32.
    base, full, part
        Of each coarse cell: level of its lowest ground [m], mean depth over the whole coarse
        cell when its last fine cell has joined [m], open part of its area.
    level
        Level above `base` at steps of mean depth up to `full`, float32 [m].
    sill, spread, width
        Of the west (`_x`) and north (`_y`) face of each coarse cell: lowest level at which water
        passes [m] (inf = never), range of its table [m], open part of its width above.
    section
        Depth over the whole width [m] and square of the representative roughness, at steps of
        level from the sill up to `spread`, float32, shape (ny + 2, nx + 2, levels + 1, 2).
    """

    grid: Grid
    fine: Domain
    factor: int
    joins: Array
    share: Array
    base: Floats
    full: Floats
    part: Floats
    level: Array
    sill_x: Floats
    spread_x: Floats
    width_x: Floats
    section_x: Array
    sill_y: Floats
    spread_y: Floats
    width_y: Floats
    section_y: Array

    @property
    def memory(self) -> int:
        """Bytes that the tables take, the fine `joins` and `share` included."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    @property
    def levels(self) -> int:
        """Steps of each table."""
        return int(self.level.shape[2]) - 1


def tables(domain: Domain, factor: int, levels: int = LEVELS, share: Array | None = None) -> Tables:
    """Make the tables of a grid whose cells are `factor` fine cells wide.

    The level of a coarse cell is that of its *main body of water*. A fine cell joins it at the
    lowest level at which water gets there through the coarse cell and half a coarse cell around
    it; a wall through a coarse cell therefore holds, wherever it stands in it. The volume is that
    of the joined cells (Casulli 2009, doi:10.1002/fld.1896). Over a face, flow meets the cuts from
    centre to centre one after the other, each with a conveyance K = sum of h^(5/3)/n x width
    at a friction slope that is the same over the cut (Volp et al. 2013, doi:10.1002/wrcr.20429).

    Parameters
    ----------
    domain
        The fine ground.
    factor
        Fine cells along the side of a coarse cell, 1 or more. Where the fine grid is no multiple
        of it, closed cells are added in the east and south.
    levels
        Steps of each table. Tables take 12 bytes for each step and coarse cell.
    share
        Open part of each fine cell, 0 to 1, shape of the fine grid: porous ground such as cells
        partly covered by houses. None = all open.

    Raises
    ------
    BadValue
        For a factor or levels below 1, or shares outside 0 to 1.

    Examples
    --------
    A coarse cell of four fine ones at 0, 1, 2 and 3 m holds 1.5 m of mean depth at 3 m.
    """
    if factor < 1 or not 1 <= levels <= MOST_LEVELS:
        raise BadValue(
            f"a factor of 1 or more, and 1 to {MOST_LEVELS} levels", f"{factor} and {levels}",
            "Name how coarse to go.",
        )  # fmt: skip
    fine = _padded(domain, factor)
    open_ = _open(domain, fine.grid, share)
    bed = np.asarray(fine.bed, np.float32)
    rough = np.array(np.broadcast_to(np.asarray(fine.roughness, np.float32), bed.shape))
    joins = np.full(bed.shape, np.inf, np.float32)
    kernels.join_levels(bed, factor, factor // 2, joins)
    coarse = fine.grid
    grid = Grid(
        coarse.west, coarse.north, coarse.cell * factor, coarse.ny // factor, coarse.nx // factor,
        coarse.crs,
    )  # fmt: skip
    shape = (grid.ny + 2, grid.nx + 2)
    base, full, part = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    level = np.zeros((*shape, levels + 1), np.float32)
    kernels.volumes(bed, joins, open_, factor, base, full, part, level)
    across = _faces(joins, rough, open_, factor, levels)
    down = _faces(joins.T, rough.T, open_.T, factor, levels)
    sill, spread, width, section = (np.ascontiguousarray(np.swapaxes(a, 0, 1)) for a in down)
    return Tables(
        grid, fine, factor, joins, open_, base, full, part, level, *across, sill, spread, width,
        section,
    )  # fmt: skip


def volume_at(made: Tables, level: Floats) -> Floats:
    """Return the mean depth of each coarse cell at a level, shape (ny + 2, nx + 2) [m].

    Parameters
    ----------
    level
        Of each coarse cell with the rim [m datum].
    """
    above = level - made.base
    last = made.levels
    k = np.clip((made.level <= above[:, :, None]).sum(axis=2) - 1, 0, last - 1)
    low, high = (np.take_along_axis(made.level, (k + more)[:, :, None], 2)[:, :, 0].astype(float)
                 for more in (0, 1))  # fmt: skip
    inside = (above - low) / np.where(high > low, high - low, 1.0)
    volume = made.full * (k**2 + (2 * k + 1) * inside) / last**2
    top = made.level[:, :, last].astype(float)
    over = made.full + made.part * (above - top)
    volume = np.where(above >= top, over, np.where(above > 0.0, volume, 0.0))
    return np.asarray(np.where(made.part > 0.0, volume, 0.0))


def _faces(
    joins: Array, rough: Array, share: Array, factor: int, levels: int
) -> tuple[Floats, Floats, Floats, Array]:
    shape = (joins.shape[0] // factor + 2, joins.shape[1] // factor + 2)
    sill, spread, width = np.full(shape, np.inf), np.ones(shape), np.zeros(shape)
    section = np.zeros((*shape, levels + 1, 2), np.float32)
    kernels.faces(
        np.ascontiguousarray(joins), np.ascontiguousarray(rough), np.ascontiguousarray(share),
        factor, LEAST_SPREAD, sill, spread, width, section,
    )  # fmt: skip
    return sill, spread, width, section


def _padded(domain: Domain, factor: int) -> Domain:
    """Return the domain with closed cells added up to a multiple of the factor."""
    grid = domain.grid
    more = (-grid.ny % factor, -grid.nx % factor)
    if more == (0, 0):
        return domain

    def wider(values: Array, fill: float) -> Array:
        return np.pad(values, ((0, more[0]), (0, more[1])), constant_values=fill)

    rough, depth = domain.roughness, domain.depth
    wide = Grid(grid.west, grid.north, grid.cell, grid.ny + more[0], grid.nx + more[1], grid.crs)
    return Domain(
        wide,
        wider(np.asarray(domain.bed, np.float32), np.nan),
        wider(rough, 0.0) if isinstance(rough, np.ndarray) else rough,
        None if depth is None else wider(depth, 0.0),
    )


def _open(domain: Domain, wide: Grid, share: Array | None) -> Array:
    if share is None:
        return np.ones(wide.shape, np.float32)
    if share.shape != domain.grid.shape:
        raise BadValue(
            f"shares of the grid's shape {domain.grid.shape}", f"shape {share.shape}",
            "Resample them to the grid.",
        )  # fmt: skip
    wrong = domain.land & ~((share >= 0.0) & (share <= 1.0))
    if wrong.any():
        raise BadValue(
            "open shares from 0 to 1", f"{share[wrong][0]} {domain.where(wrong)}",
            "Give the part of each cell that water can stand in.",
        )  # fmt: skip
    more = (wide.ny - domain.grid.ny, wide.nx - domain.grid.nx)
    filled = np.where(domain.land, share, 0.0).astype(np.float32)
    return np.pad(filled, ((0, more[0]), (0, more[1])))
