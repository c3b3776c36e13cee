"""A run on its way: its arrays, its clock, and one stretch of small steps after another."""

from __future__ import annotations

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic import pacing
from fjordby.flood.dynamic.board import (
    Board,
    board_for,
    fresh_crests,
    fresh_scratch,
    fresh_seen,
    fresh_state,
    segment_largest,
)
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.forcing import Forcing
from fjordby.flood.dynamic.inlets import Inlets, lay_inlets, lift_held
from fjordby.flood.dynamic.march import kernels as march_kernels
from fjordby.flood.dynamic.options import GRAVITY, Options
from fjordby.flood.dynamic.pacing import Plan
from fjordby.flood.dynamic.sources import kernels as source_kernels
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.survey import kernels as survey_kernels
from fjordby.flood.dynamic.sweep import kernels
from fjordby.flood.dynamic.sweep.kernels import ROWS, SEGMENT, walls_of

#: Water deeper than this is no flood but a mistake [m].
DEEPEST = 5.0e3

#: The map is looked at when this part of the time between two looks is over [-].
NEARLY = 0.6


class Engine:
    """A run on its way.

    Parameters
    ----------
    domain, forcing, laid, options
        What it computes.
    thresholds
        Depths whose duration is counted [m].
    tick
        In which arrival and duration are counted [s]; 65,000 of them must be enough.

    Attributes
    ----------
    seconds
        The time that has been reached [s].
    steps, updates
        Small steps taken, and cells computed in them.
    """

    def __init__(
        self,
        domain: Domain,
        forcing: Forcing,
        laid: Laid,
        options: Options,
        thresholds: tuple[float, ...],
        tick: float,
    ) -> None:
        self.domain, self.laid, self.options = domain, laid, options
        self.tick = tick
        self.board: Board = board_for(domain, options)
        self.inlets: Inlets = lay_inlets(forcing, domain, self.board, laid.links)
        self.state = fresh_state(self.board, domain, options.least_depth)
        self.scratch = fresh_scratch(self.board)
        self.seen = fresh_seen(self.board, thresholds)
        self.across = walls_of(laid.faces_x)
        self.down = walls_of(laid.faces_y)
        self.forced = self._forced_blocks()
        self.awake = self._awake_segments()
        self.room = np.zeros((2, self.board.ny + 2), np.int64)
        self.crests = fresh_crests(self.board)
        self.seconds, self.steps, self.updates = 0.0, 0, 0
        self.looked = 0.0
        self.whole = True
        self._flows = np.zeros(len(laid.names))
        lift_held(self.state, self.inlets, self.board, laid)
        self._hold(0.0)
        self.start = self.stored()
        self.held_start = self._in_held()
        self.look()

    def advance(self, until: float, every: float) -> None:
        """Compute up to a time, and look at the map about every so often and at the end [s].

        Looks fall between two stretches: to end stretches at set times would shorten the steps.

        Raises
        ------
        BadValue
            When the time step collapses or the water leaves every bound, saying where.
        """
        while self.seconds < until - 1e-9:
            plan = self._plan(until - self.seconds, every)
            self.whole = False
            self._stretch(plan)
            if self.seconds - self.looked > NEARLY * every:
                self.look()
            self.whole = True
        self.seconds = until
        if self.seconds > self.looked:
            self.look()

    def look(self) -> None:
        """Take the largest depth, speed and so on into account."""
        board = self.board
        least = board.real(self.options.least_depth)
        now, before = round(self.seconds / self.tick), round(self.looked / self.tick)
        survey_kernels.look(
            self.state, self.seen, board.width, now, now - before, GRAVITY, least
        )  # fmt: skip
        self.looked = self.seconds

    def stored(self) -> float:
        """Return the water on the map, held cells left out [m3]."""
        board = self.board
        total = survey_kernels.volume(self.state.depth, board.width, board.ny, board.nx)
        return float(total * self.domain.grid.cell_area) - self._in_held()

    def level(self, row: int, column: int) -> float:
        """Water level of a cell [m datum]; the ground where it is dry."""
        cell = int(self.board.cells(np.array(row), np.array(column)))
        holder = self.inlets.holder(cell)
        if holder >= 0:
            return float(self.inlets.levels(np.array([self.seconds]))[0, holder])
        return float(self.state.bed[cell]) + float(self.state.depth[cell])

    def show_held(self, depth: Array, levels: Floats) -> Array:
        """Return depths of shape (ny, nx) with those of held cells by some levels [m]."""
        cells, series = self.inlets.holders
        if cells.size:
            held = self.board.rows_columns(cells)
            depth[held] = np.maximum(levels[series] - self.domain.bed[held], 0.0)
        return depth

    def depth(self, row: int, column: int) -> float:
        """Depth of water in a cell [m]."""
        return float(self.state.depth[int(self.board.cells(np.array(row), np.array(column)))])

    def passed(self) -> Floats:
        """Return what has passed each structure since the start [m3]."""
        links = self.inlets.points.link_passed
        return self.laid.flows(self.across.passed, self.down.passed, links)

    def flow(self, name: str) -> float:
        """Flow of a structure at this moment [m3/s]: the mean of the last stretch."""
        return float(self._flows[self.laid.names.index(name)])

    def held_change(self) -> float:
        """Return how much more water stands in the held cells than at the start [m3]."""
        return self._in_held() - self.held_start

    def _in_held(self) -> float:
        held = self.state.depth[self.inlets.holders[0]].astype(np.float64).sum()
        return float(held * self.domain.grid.cell_area)

    def memory(self) -> dict[str, Array]:
        """Return everything that must be kept to go on bit for bit."""
        kept = {f"water:{name}": getattr(self.state, name) for name in _WATER}
        kept |= {f"seen:{name}": getattr(self.seen, name) for name in _SEEN}
        kept |= {f"points:{name}": getattr(self.inlets.points, name) for name in _POINTS}
        kept |= {f"ground:{name}": getattr(self.inlets.ground, name) for name in _GROUND}
        kept |= {f"laid:{name}": values for name, values in self.laid.memory().items()}
        kept |= {"across": self.across.passed, "down": self.down.passed}
        kept["clock"] = np.array([self.seconds, self.looked, self.start, self.held_start])
        kept["work"] = np.array([self.steps, self.updates], np.int64)
        kept["flows"] = self._flows
        return kept

    def remember(self, kept: dict[str, Array]) -> None:
        """Go on from `memory`."""
        for prefix, names, place in (
            ("water", _WATER, self.state),
            ("seen", _SEEN, self.seen),
            ("points", _POINTS, self.inlets.points),
            ("ground", _GROUND, self.inlets.ground),
        ):
            for name in names:
                getattr(place, name)[...] = kept[f"{prefix}:{name}"]
        self.laid.remember({k[5:]: v for k, v in kept.items() if k.startswith("laid:")})
        self.across.passed[:], self.down.passed[:] = kept["across"], kept["down"]
        self.seconds, self.looked, self.start, self.held_start = (float(v) for v in kept["clock"])
        self.steps, self.updates = (int(v) for v in kept["work"])
        self._flows = kept["flows"].copy()

    # ------------------------------------------------------------------------------------------

    def _plan(self, remaining: float, hold: float) -> Plan:
        """Choose the next stretch, and check that the run is still of this world."""
        state, board, crests = self.state, self.board, self.crests
        survey_kernels.crests(state, self.seen.quick_bits, *crests)
        top, quick = (bits.view(board.real).astype(np.float64) for bits in crests[:2])
        if not top.max() < DEEPEST:
            self._report("water of less than 5000 m", state.top.view(board.real)[1:-1])
        limit = pacing.limits(top, quick, crests[2], self.domain.grid.cell, self.options)
        plan = pacing.plan(limit, self.forced, remaining, hold, self.domain.grid.cell, self.options)
        if plan.step < pacing.SHORTEST and plan.step < 0.5 * remaining:
            self._report(f"a time step above {pacing.SHORTEST:g} s", self.seen.quick[1:-1])
        return plan

    def _report(self, expected: str, worst: Array) -> None:
        """Say where a run has left every bound."""
        row, segment = np.unravel_index(int(np.nanargmax(worst)), worst.shape)
        first = int(segment) * SEGMENT
        depths = self.board.view(self.state.depth)[row, first : first + SEGMENT]
        column = first + int(np.argmax(depths))
        grid = self.domain.grid
        raise BadValue(
            expected,
            f"{depths.max():.3g} m of water and {worst[row, segment]:.3g} at "
            f"{grid.x[column]:.0f}, {grid.y[row]:.0f} after {self.seconds:.0f} s",
            "Look at the terrain and the inflow there; a smaller alpha or a larger Manning's n "
            "calms a run, and what a dam break needs is another method.",
        )

    def _stretch(self, plan: Plan) -> None:
        """Take `plan.count` small steps."""
        board, state, points = self.board, self.state, self.inlets.points
        state.level[...] = plan.level
        roofs = pacing.roofs(plan, self.domain.grid.cell, self.options).astype(board.real)
        state.roof[...] = roofs.view(board.whole)
        kernels.find_spans(state, pacing.beside(plan.level), self.awake, plan.count, *self.room)
        cell = self.domain.grid.cell
        before = self.passed()
        if self.laid.names:
            self.laid.update(self.seconds, self)
        pace = pacing.pace(
            plan.step, cell, self.inlets.gust(self.seconds), self.options, board.real
        )
        times = self.seconds + plan.step * np.arange(0.5, plan.count, dtype=np.float64)
        bounds = board.stripe_bounds(self._work(plan) if board.stripes > 1 else None)
        march = march_kernels.alone if board.stripes == 1 else march_kernels.together
        done, taken = march(
            state, self.across, self.down, pace, self.scratch, points, self.laid.links,
            self.inlets.levels(times), self.inlets.inflows(times), bounds, board.nx,
            board.width, cell, plan.turn,
        )  # fmt: skip
        end = self.seconds + plan.step * taken
        self.updates += done
        self.steps += taken
        if self.inlets.soaks:
            source_kernels.soak(
                state, self.inlets.ground, self.inlets.rain(self.seconds, end), board.width,
                end - self.seconds, cell, pace.least_bits, self._grain(),
            )  # fmt: skip
        self._flows = (self.passed() - before) / (end - self.seconds)
        self.seconds = end

    def _grain(self) -> float:
        """Return the last digit of the deepest water [m]."""
        top = self.state.top.view(self.board.real)
        return float(np.spacing(np.maximum(top.max(), self.board.real(1.0))))

    def _work(self, plan: Plan) -> Floats:
        """Return what each row costs in a stretch, shape (ny,)."""
        each = plan.count / 2.0 ** plan.level.astype(float)
        rows = np.repeat(each, ROWS, axis=0)[: self.board.ny]
        return np.asarray((rows * (self.state.wet[1:-1] != 0)).sum(axis=1))

    def _forced_blocks(self) -> Array:
        """Return the blocks in which water is poured, pumped or drained."""
        forced = np.zeros(self.state.level.shape, np.bool_)
        cells = np.concatenate([self.inlets.poured, self.inlets.points.edge])
        forced[self.board.blocks(cells)] = True
        return forced

    def _awake_segments(self) -> Array:
        """Return the segments that may get water otherwise than over faces, rim included."""
        awake = np.zeros(self.state.wet.shape, np.bool_)
        cells = np.concatenate([self.inlets.poured, self.inlets.points.held])
        rows, columns = self.board.rows_columns(cells)
        awake[rows + 1, columns // SEGMENT] = True
        return awake

    def _hold(self, seconds: float) -> None:
        """Set the held cells to their level."""
        points = self.inlets.points
        if points.held.size:
            levels = self.inlets.levels(np.array([seconds]))[0][points.held_series]
            self.state.depth[points.held] = np.maximum(levels - self.state.bed[points.held], 0.0)
            tops = segment_largest(self.board, self.state.depth)
            self.state.top.view(self.board.real)[1:-1] = tops
            wet = tops > self.options.least_depth
            self.state.wet[1:-1] = np.where(wet, kernels.WET_NOW, 0)


#: What changes in a run.
_WATER = ("depth", "east", "south", "flow", "wet", "top")
_SEEN = ("depth", "speed", "flow", "arrival", "duration", "quick", "froude")
_POINTS = ("counted", "entered", "inflow_owed", "link_flow", "link_passed")
_GROUND = ("taken", "soaked", "owed", "counted")
