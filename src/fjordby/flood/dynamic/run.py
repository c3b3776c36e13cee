"""A whole run: from ground and forcing to what the water did, with progress and checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numba
import numpy as np

from fjordby.arrays import Array
from fjordby.errors import BadValue
from fjordby.flood.dynamic import checkpoint as checkpoints
from fjordby.flood.dynamic.diary import Diary, picture
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.engine import Engine
from fjordby.flood.dynamic.forcing import Forcing
from fjordby.flood.dynamic.options import Options
from fjordby.flood.dynamic.record import Asked, Caution, Simulation, Snapshot, WaterBalance
from fjordby.flood.dynamic.sources.kernels import EDGES, INFLOWS, LEVELS, LINKS_OUT
from fjordby.flood.dynamic.structures.lay import Structure, lay
from fjordby.progress import Progress, silent

#: Share of the wet cell-hours above which flow faster than its waves is worth a caution; assumed:
#: a thousandth, so that one weir or kerb does not cry wolf.
TOLD = 1.0e-3

#: Ticks in a run at most: what two bytes can hold, less some.
TICKS = 65_000

E = TypeVar("E", bound=Engine)


@dataclass(frozen=True)
class Keep:
    """Where a run writes down how far it is, and how often.

    Parameters
    ----------
    path
        File of the checkpoint. A run that finds one of its own there goes on from it.
    every
        Seconds on the clock between two.
    """

    path: Path
    every: float = 60.0


def run(
    domain: Domain,
    forcing: Forcing,
    seconds: float,
    structures: Sequence[Structure] = (),
    asked: Asked | None = None,
    options: Options | None = None,
    progress: Progress = silent,
    keep: Keep | None = None,
) -> Simulation:
    """Let water move over ground for a time.

    Shallow water in the local-inertial form: Bates, Horritt & Fewtrell (2010),
    doi:10.1016/j.jhydrol.2010.03.027; theta-stabilised after de Almeida et al. (2012),
    doi:10.1029/2011WR011570. Without the convective acceleration: good for floods that rise and
    spread, not for dam breaks, hydraulic jumps and other flow faster than its own waves. A run
    that enters such flow says so in `Simulation.cautions`.

    Parameters
    ----------
    domain, forcing, structures
        The ground, what drives the water, and what stands in its way.
    seconds
        How long [s].
    asked
        What to write down.
    options
        How to compute.
    progress
        Told how far the run is.
    keep
        Where to write checkpoints; None = nowhere.

    Raises
    ------
    BadValue
        For a time that is not above zero, forcing or structures that do not fit the ground, a
        time step that collapses, or a checkpoint of another run; the message says where.

    Examples
    --------
    A closed box of 1 m of water stays at rest:

    >>> from fjordby.grid import Grid
    >>> grid = Grid(0.0, 30.0, 10.0, 3, 4, "EPSG:25832")
    >>> still = run(Domain(grid, np.zeros((3, 4)), depth=np.ones((3, 4))), Forcing(), 60.0)
    >>> float(still.speed.max()), still.balance.end
    (0.0, 1200.0)
    """
    asked, options = asked or Asked(), options or Options()
    if not 0.0 < seconds < np.inf:
        raise BadValue("a time above zero [s]", f"{seconds}", "Say how long to compute.")
    if not asked.thresholds:
        raise BadValue("at least one threshold of depth", "none", "0.05 m is usual.")
    most: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(options.threads, most))
    laid = lay(structures, domain)
    engine = Engine(domain, forcing, laid, options, asked.thresholds, tick_of(seconds))
    diary = Diary(asked, engine, seconds)
    whose = whose_run(domain, forcing, seconds, structures, asked, options) if keep else ""
    spent = carry_through(engine, diary, progress, keep, whose)
    return _result(domain, forcing, asked, engine, diary, seconds, spent)


def tick_of(seconds: float) -> float:
    """Return the tick of a run's clock for arrival and duration [s]: a power of two, 1/8 or more.

    They are kept in two bytes each; a day is counted in ticks of 2 s, between looks of 10 s.
    """
    return float(2.0 ** max(-3.0, np.ceil(np.log2(seconds / TICKS))))


def carry_through(
    engine: E, diary: Diary, progress: Progress, keep: Keep | None = None, whose: str = "",
    enough: Callable[[E], bool] | None = None,
) -> tuple[float, float]:  # fmt: skip
    """Let a run go from where it is, or from where it was put aside, to its end.

    Parameters
    ----------
    engine, diary
        The run, and what it writes down; the diary knows the end.
    progress, keep
        As in `run`.
    whose
        What a checkpoint must be of; see `whose_run`.
    enough
        Asked whenever something has been written down: True ends the run there.

    Returns
    -------
    tuple
        Time on the clock and of the processors that it took [s].
    """
    clock, cpu = time.perf_counter(), time.process_time()
    ended = keep is not None and take_up(engine, diary, keep.path, whose)
    kept, until = clock, np.inf
    try:
        while engine.seconds < diary.end and not ended:
            until = diary.next(engine.seconds)
            engine.advance(until, diary.asked.every)
            diary.write(engine)
            ended = enough is not None and bool(enough(engine))
            until = np.inf  # all that is due by now is written down
            progress(engine.seconds / diary.end, "")
            if keep is not None and time.perf_counter() - kept > keep.every:
                put_aside(engine, diary, keep.path, whose, ended)
                kept = time.perf_counter()
    except KeyboardInterrupt:
        # Between two stretches everything is whole. Within one, and while something that is due
        # is written down, the last checkpoint stands.
        if keep is not None and engine.whole and engine.seconds < until - 1e-6:
            put_aside(engine, diary, keep.path, whose, ended)
        raise
    return time.perf_counter() - clock, time.process_time() - cpu


def whose_run(
    domain: Domain, forcing: Forcing, seconds: float, structures: Sequence[Structure],
    asked: Asked, options: Options, *more: object,
) -> str:  # fmt: skip
    """Return what a checkpoint must be of; the number of cores does not matter."""
    same = replace(options, threads=1)
    lines = tuple((one.name, one.geometry.wkb.hex()) for one in asked.lines)
    return checkpoints.fingerprint(
        domain, forcing, seconds, tuple(structures), replace(asked, lines=()), lines, same, *more
    )


def put_aside(engine: Engine, diary: Diary, path: Path, whose: str, ended: bool) -> None:
    """Write a checkpoint; `ended` says whether the run was over before its time."""
    about = {"fingerprint": whose, "ended": ended}
    checkpoints.write(path, {**engine.memory(), **diary.memory()}, about)


def take_up(engine: Engine, diary: Diary, path: Path, whose: str) -> bool:
    """Go on from a checkpoint where there is one; return whether that run was over already."""
    if not checkpoints.exists(path):
        return False
    arrays, about = checkpoints.read(path, whose)
    engine.remember(arrays)
    diary.remember(arrays)
    return bool(about.get("ended", False))


def _result(
    domain: Domain, forcing: Forcing, asked: Asked, engine: Engine, diary: Diary, seconds: float,
    spent: tuple[float, float],
) -> Simulation:  # fmt: skip
    into, told = balance(engine), cautions(engine)
    last = last_picture(engine)
    seen = seen_maps(engine)
    return Simulation(
        grid=domain.grid,
        bed=np.asarray(domain.bed, np.float32),
        depth=engine.show_held(seen["depth"], engine.inlets.highest(seconds)),
        speed=seen["speed"],
        depth_speed=seen["flow"],
        arrival=seen["arrival"],
        duration=seen["duration"],
        thresholds=asked.thresholds,
        last=last,
        snapshots=tuple(diary.snapshots),
        gauges=diary.gauges_frame(),
        lines=diary.lines_frame(),
        structures=diary.structures_frame(),
        opened=diary.opened_frame(),
        forcing=diary.forcing_frame(forcing),
        balance=into,
        cautions=told,
        seconds=seconds,
        steps=engine.steps,
        cell_updates=engine.updates,
        wall_seconds=spent[0],
        cpu_seconds=spent[1],
    )


def last_picture(engine: Engine) -> Snapshot:
    """Return the map at the end, and let go of the water: the engine cannot go on after this."""
    board, state = engine.board, engine.state
    room = (board.view(flat) for flat in (state.depth, state.flow, state.east))
    last = picture(engine, *room)
    seconds, maps = last.seconds, [last.depth, last.speed_x, last.speed_y]
    del engine.state, state, room, last
    for k in range(len(maps)):  # one after the other, so that each makes room for the next
        maps[k] = np.ascontiguousarray(maps[k], np.float32)
    return Snapshot(seconds, *maps)


def seen_maps(engine: Engine) -> dict[str, Array]:
    """Return what was seen by name, shape (ny, nx), and let go of the records one by one."""
    board, land, tick = engine.board, engine.domain.land, np.float32(engine.tick)
    flat = {name: getattr(engine.seen, name) for name in ("depth", "speed", "flow")}
    arrival, duration = engine.seen.arrival, engine.seen.duration
    del engine.seen
    maps: dict[str, Array] = {}
    for name in tuple(flat):
        maps[name] = np.array(board.view(flat.pop(name)), np.float32, order="C")
    maps["arrival"] = (board.view(arrival).astype(np.float32) - np.float32(1.0)) * tick
    maps["arrival"][board.view(arrival) == 0] = np.nan
    maps["duration"] = np.empty((len(duration), board.ny, board.nx), np.float32)
    for one, lasted in zip(maps["duration"], duration, strict=True):
        np.multiply(board.view(lasted), tick, out=one)
    for one in maps.values():
        one[..., ~land] = np.nan
    return maps


def balance(engine: Engine) -> WaterBalance:
    """Return where the water came from and went."""
    points, ground = engine.inlets.points, engine.inlets.ground
    levels = points.counted[LEVELS] - engine.held_change()
    return WaterBalance(
        start=engine.start,
        rain=float(ground.counted[0]),
        inflows=float(points.counted[INFLOWS]),
        levels=float(levels),
        open_edges=float(points.counted[EDGES] + points.counted[LINKS_OUT]),
        infiltration=float(ground.counted[1]),
        sewer=float(ground.counted[2]),
        end=engine.stored(),
    )


def cautions(engine: Engine) -> tuple[Caution, ...]:
    """Return where the method is near or beyond its limits."""
    rows = engine.seen.froude
    wet, fast = rows[:, 0].sum(), rows[:, 1].sum()
    if not wet or fast < TOLD * wet:
        return ()
    row = int(np.argmax(rows[:, 2]))
    grid = engine.domain.grid
    return (
        Caution(
            what="supercritical",
            share=float(fast / wet),
            x=float(grid.x[int(rows[row, 3])]),
            y=float(grid.y[row - 1]),
            worst=float(np.sqrt(rows[row, 2])),
        ),
    )
