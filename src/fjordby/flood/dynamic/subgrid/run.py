"""A whole run on a coarse grid: the same question and the same answer as on the fine one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from fjordby.arrays import Array
from fjordby.errors import BadValue
from fjordby.flood.dynamic.diary import Diary
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.engine import Engine
from fjordby.flood.dynamic.forcing import Forcing
from fjordby.flood.dynamic.options import Options
from fjordby.flood.dynamic.record import Asked, Simulation, Snapshot
from fjordby.flood.dynamic.run import Keep, balance, carry_through, cautions, whose_run
from fjordby.flood.dynamic.structures.lay import Structure, lay
from fjordby.flood.dynamic.subgrid.coarse import driven
from fjordby.flood.dynamic.subgrid.engine import SubgridEngine
from fjordby.flood.dynamic.subgrid.fine import kernels as fine_kernels
from fjordby.flood.dynamic.subgrid.fine.down import fine_depth, fine_speed
from fjordby.flood.dynamic.subgrid.tables import Tables, tables
from fjordby.progress import Progress, silent


def run_subgrid(
    domain: Domain,
    factor: int,
    forcing: Forcing,
    seconds: float,
    structures: Sequence[Structure] = (),
    asked: Asked | None = None,
    options: Options | None = None,
    progress: Progress = silent,
    share: Array | None = None,
    made: Tables | None = None,
    smooth: bool = False,
    enough: Callable[[SubgridEngine], bool] | None = None,
    keep: Keep | None = None,
) -> Simulation:
    """Let water move over a coarse grid that knows the fine ground by tables.

    As `run`, but the equations are solved in cells `factor` times as wide, with volume and
    conveyance from the fine ground (van Ormondt et al. 2025, doi:10.5194/gmd-18-843-2025; Volp et
    al. 2013, doi:10.1002/wrcr.20429), and the results are brought down to the fine grid.

    Parameters
    ----------
    domain, forcing, seconds, structures, asked, options, progress
        As in `run`, on the fine grid. Structures stand on the faces of the coarse cells.
    factor
        Fine cells along the side of a coarse cell.
    share
        Open part of each fine cell, for porous ground; None = all open.
    made
        Tables of this ground, roughness and factor from an earlier run; None = make them. The
        water at the start is the domain's, whatever stood there when they were made.
    smooth
        See `fine.down.downscale`: whether largest depths lie under a smoothed surface.
    enough
        Asked whenever something is written down (`Asked.series_every`): True ends the run there.
        What it remembers itself is not put aside.
    keep
        As in `run`. A checkpoint is of the same tables too: factor, steps and share. `smooth` may
        differ, it matters only at the end.

    Returns
    -------
    Simulation
        On the fine grid. `about` holds the factor, the coarse cell and the memory of the tables.

    Raises
    ------
    BadValue
        As `run` does, for a factor below 1, and for tables of another domain.
    BadFile
        For a checkpoint of another run, or one that is damaged with the one before it.

    Examples
    --------
    A closed box of 1 m of water stays at rest:

    >>> from fjordby.grid import Grid
    >>> grid = Grid(0.0, 40.0, 10.0, 4, 4, "EPSG:25832")
    >>> box = Domain(grid, np.zeros((4, 4)), depth=np.ones((4, 4)))
    >>> still = run_subgrid(box, 2, Forcing(), 60.0)
    >>> float(still.speed.max()), still.balance.end
    (0.0, 1600.0)
    """
    asked, options = asked or Asked(), options or Options()
    if not 0.0 < seconds < np.inf:
        raise BadValue("a time above zero [s]", f"{seconds}", "Say how long to compute.")
    if not asked.thresholds:
        raise BadValue("at least one threshold of depth", "none", "0.05 m is usual.")
    made = made or tables(domain, factor, share=share)
    if made.factor != factor or not _same_ground(made, domain):
        raise BadValue(
            "tables of this ground, roughness and factor", f"others, of factor {made.factor}",
            "Make them again with tables(domain, factor).",
        )  # fmt: skip
    seen_by = driven(made, forcing, domain.depth)
    laid = lay(structures, seen_by.domain)
    engine = SubgridEngine(made, seen_by, laid, options, asked.thresholds)
    diary = FineDiary(asked, engine, seconds)
    whose = ""
    if keep is not None:
        # Of the options these change nothing here.
        same = replace(options, threads=1, precision="double", local_steps=False)
        ends = enough is not None
        whose = whose_run(domain, forcing, seconds, structures, asked, same, made, ends)
    spent = carry_through(engine, diary, progress, keep, whose, enough)
    return _result(domain, forcing, asked, engine, diary, spent, smooth)


class FineDiary(Diary):
    """What a coarse run writes down over time, on the fine ground."""

    def write(self, engine: Engine) -> None:
        """Write down what is due at this time."""
        if isinstance(engine, SubgridEngine) and (self.asked.gauges or self.asked.lines):
            engine.show()
        super().write(engine)

    @staticmethod
    def picture(engine: Engine) -> Snapshot:
        """Return the whole fine map as it is now."""
        assert isinstance(engine, SubgridEngine)
        made, water, now = engine.tables, engine.water, engine.now
        along, across = np.zeros(made.base.shape), np.zeros(made.base.shape)
        east, south = water.east[now], water.south[now]
        along[1:-1, 1:-1] = 0.5 * (east[1:-1, 1:-1] + east[1:-1, 2:])
        across[1:-1, 1:-1] = -0.5 * (south[1:-1, 1:-1] + south[2:, 1:-1])
        return Snapshot(
            engine.seconds,
            fine_depth(made, water.level),
            fine_speed(made, along, water.level),
            fine_speed(made, across, water.level),
        )


def _same_ground(made: Tables, domain: Domain) -> bool:
    ny, nx = domain.grid.shape
    bed = np.asarray(made.fine.bed)[:ny, :nx]
    rough = np.broadcast_to(np.asarray(made.fine.roughness, np.float32), made.fine.bed.shape)
    return bool(
        made.fine.grid.cell == domain.grid.cell
        and bed.shape == domain.bed.shape
        and np.array_equal(bed.astype(np.float32), domain.bed.astype(np.float32), equal_nan=True)
        # Conveyance is in the tables, and with it roughness.
        and (rough[:ny, :nx] == np.asarray(domain.roughness, np.float32))[domain.land].all()
    )


def _result(
    domain: Domain, forcing: Forcing, asked: Asked, engine: SubgridEngine, diary: Diary,
    spent: tuple[float, float], smooth: bool,
) -> Simulation:  # fmt: skip
    made, seen = engine.tables, engine.seen_levels
    ny, nx = domain.grid.shape
    fine_kernels.count_all(engine.fine, seen)

    def cut(values: Array) -> Array:
        return np.where(domain.land, values[..., :ny, :nx], np.nan).astype(np.float32)

    depth = fine_depth(made, seen.highest, smooth)
    speed, flow = np.zeros_like(depth), np.zeros_like(depth)
    for moved, level in ((seen.quick[1], seen.quick[2]), (seen.strong[0], seen.strong[1])):
        there = fine_speed(made, moved, level)
        speed = np.fmax(speed, there)
        flow = np.fmax(flow, there * fine_depth(made, level))
    arrival = cut(seen.arrival)
    arrival[arrival < 0.0] = np.nan
    pictures = (FineDiary.picture(engine), *diary.snapshots)
    last, *snapshots = (
        Snapshot(one.seconds, cut(one.depth), cut(one.speed_x), cut(one.speed_y))
        for one in pictures
    )
    return Simulation(
        grid=domain.grid,
        bed=np.asarray(domain.bed, np.float32),
        depth=cut(depth),
        speed=cut(speed),
        depth_speed=cut(flow),
        arrival=arrival,
        duration=cut(seen.duration),
        thresholds=asked.thresholds,
        last=last,
        snapshots=tuple(snapshots),
        gauges=_gauges(diary.gauges_frame(), asked, domain, made),
        lines=diary.lines_frame(),
        structures=diary.structures_frame(),
        opened=diary.opened_frame(),
        forcing=diary.forcing_frame(forcing),
        balance=balance(engine),
        cautions=cautions(engine),
        seconds=engine.seconds,
        steps=engine.steps,
        cell_updates=engine.updates,
        wall_seconds=spent[0],
        cpu_seconds=spent[1],
        about={
            "subgrid_factor": made.factor, "coarse_cell": made.grid.cell,
            "table_bytes": made.memory,
        },
    )  # fmt: skip


def _gauges(found: pd.DataFrame, asked: Asked, domain: Domain, made: Tables) -> pd.DataFrame:
    """Return gauges with the depth over the fine ground under them, and the level where dry."""
    for one in asked.gauges:
        row, column = (int(k) for k in domain.grid.rows_columns(np.array(one.x), np.array(one.y)))
        bed, join = float(domain.bed[row, column]), float(made.joins[row, column])
        level = found[one.name, "level"].to_numpy()
        wet = level > join
        found[one.name, "depth"] = np.where(wet, level - bed, 0.0)
        found[one.name, "level"] = np.where(wet, level, bed)
    return found
