"""A run on a coarse grid on its way: the engine's clock and records, with tables below them."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadValue
from fjordby.flood.dynamic import pacing
from fjordby.flood.dynamic.board import Board
from fjordby.flood.dynamic.engine import Engine
from fjordby.flood.dynamic.inlets import lay_inlets
from fjordby.flood.dynamic.options import GRAVITY, Options
from fjordby.flood.dynamic.pacing import Plan
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.subgrid import kernels
from fjordby.flood.dynamic.subgrid.coarse import Driven
from fjordby.flood.dynamic.subgrid.fine import kernels as fine_kernels
from fjordby.flood.dynamic.subgrid.fine.down import fine_ground
from fjordby.flood.dynamic.subgrid.kernels import SEGMENT, Cells, Faces, Water
from fjordby.flood.dynamic.subgrid.march import kernels as march_kernels
from fjordby.flood.dynamic.subgrid.sources import kernels as source_kernels
from fjordby.flood.dynamic.subgrid.tables import Tables
from fjordby.flood.dynamic.sweep.kernels import State, walls_of

#: Most small steps between two looks at the depth that sets them, and between two portions of
#: rain; a level that swings within them is calmed by `kernels.subgrid_flow`.
STRETCH, PORTION = 32, 4

#: Part of the longest step that is planned.
STEADY = 0.98

_WATER = ("volume", "level", "rise", "flow", "east", "south", "wet")
_SEEN = ("highest", "quick", "strong", "low", "high", "pending", "lit", "arrival", "duration",
         "froude")  # fmt: skip
_POINTS = ("counted", "entered", "link_flow", "link_passed")
_GROUND = ("taken", "soaked", "counted")


@dataclass(frozen=True)
class CoarseBoard(Board):
    """The layout of coarse arrays: a rim of one cell and nothing else."""

    @property
    def width(self) -> int:
        """Numbers from one row to the next."""
        return self.nx + 2

    @property
    def rows(self) -> int:
        """Rows with the rim."""
        return self.ny + 2


class SubgridEngine(Engine):
    """A run on a coarse grid on its way.

    All is double precision, on one core, and all cells take the same time steps: of the options,
    `precision`, `threads` and `local_steps` change nothing.

    Parameters
    ----------
    tables
        The coarse grid and what it knows of the fine one.
    driven
        Forcing and ground as the coarse grid sees them.
    laid
        Structures on the faces and cells of the coarse grid.
    options
        How to compute.
    thresholds
        Depths whose duration is counted [m].
    """

    def __init__(
        self, tables: Tables, driven: Driven, laid: Laid, options: Options,
        thresholds: tuple[float, ...],
    ) -> None:  # fmt: skip
        self.tables, self.driven, self.laid, self.options = tables, driven, laid, options
        self.domain, grid = driven.domain, tables.grid
        self.board = CoarseBoard(grid.ny, grid.nx, 1, np.float64)
        self.inlets = lay_inlets(driven.forcing, driven.domain, self.board, laid.links)
        self.across = walls_of(laid.faces_x)
        self.down = walls_of(laid.faces_y)
        square = float(tables.levels**2)
        self.cells = Cells(
            tables.base, tables.full, square / np.maximum(tables.full, 1e-12), tables.part,
            tables.level,
        )  # fmt: skip
        self.faces_x = Faces(
            tables.sill_x, tables.spread_x, square / tables.spread_x, tables.width_x,
            tables.section_x,
        )  # fmt: skip
        self.faces_y = Faces(
            tables.sill_y, tables.spread_y, square / tables.spread_y, tables.width_y,
            tables.section_y,
        )  # fmt: skip
        self.water = fresh_water(tables, driven.volume)
        self.water.held[1:-1, 1:-1] = self.inlets.held
        self.fine = fine_ground(tables)
        self.seen_levels = _fresh_seen(tables, self.water.wet.shape, thresholds)
        held = np.divmod(self.inlets.points.held, self.board.width)
        self.brim = driven.brim._replace(held_row=held[0], held_column=held[1])
        self.now, self.tally = 0, np.zeros(3)
        self.seconds, self.steps, self.updates, self.looked = 0.0, 0, 0, 0.0
        self.whole = True
        self._flows = np.zeros(len(laid.names))
        kernels.start_levels(self.water, self.cells, options.least_depth)
        self._hold(0.0)
        self.tally[0] = march_kernels.deepest(self.water, tables.base)
        self.start = self.stored()
        self.show()
        self.look()

    def look(self) -> None:
        """Take the largest level, the flow and who is flooded into account."""
        fine_kernels.look(
            self.water, self.tables.base, self.fine, self.seen_levels, self.seconds,
            self.seconds - self.looked, self.options.least_depth,
        )  # fmt: skip
        self.looked = self.seconds

    def show(self) -> None:
        """Write the water as the records of a run read it: depth above the lowest ground."""
        water, flat = self.water, np.zeros(0)
        bed = self.tables.base.ravel()
        self.state = State(
            bed=bed, friction=flat, depth=water.level.ravel() - bed, bits=flat,
            east=water.east[self.now].ravel(), south=water.south[self.now].ravel(),
            flow=water.flow.ravel(), wet=water.wet, top=flat, level=flat, roof=flat,
            span=flat,
        )  # fmt: skip
        # The survey of cautions reads only this of what a run has seen.
        self.seen = cast(Any, SimpleNamespace(froude=self.seen_levels.froude))

    def stored(self) -> float:
        """Return the water on the map, held cells left out [m3]."""
        return float(march_kernels.stored(self.water)) * self.domain.grid.cell_area

    def held_change(self) -> float:
        """Return 0: what goes into held cells leaves the map [m3]."""
        return 0.0

    def level(self, row: int, column: int) -> float:
        """Water level of a coarse cell [m datum]; its lowest ground where it is dry."""
        return float(self.water.level[row + 1, column + 1])

    def depth(self, row: int, column: int) -> float:
        """Depth over the lowest ground of a coarse cell [m]."""
        return self.level(row, column) - float(self.tables.base[row + 1, column + 1])

    def memory(self) -> dict[str, Array]:
        """Return everything that must be kept to go on bit for bit."""
        kept = {
            f"{place}:{name}": getattr(values, name)
            for place, values, names in self._places()
            for name in names
        }
        kept |= {f"laid:{name}": values for name, values in self.laid.memory().items()}
        kept |= {"across": self.across.passed, "down": self.down.passed, "tally": self.tally}
        kept["clock"] = np.array([self.seconds, self.looked, self.start])
        kept["work"] = np.array([self.steps, self.updates, self.now], np.int64)
        kept["flows"] = self._flows
        return kept

    def remember(self, kept: dict[str, Array]) -> None:
        """Go on from `memory`."""
        for place, values, names in self._places():
            for name in names:
                getattr(values, name)[...] = kept[f"{place}:{name}"]
        self.laid.remember({k[5:]: v for k, v in kept.items() if k.startswith("laid:")})
        self.across.passed[:], self.down.passed[:] = kept["across"], kept["down"]
        self.tally[:] = kept["tally"]
        self.seconds, self.looked, self.start = (float(v) for v in kept["clock"])
        self.steps, self.updates, self.now = (int(v) for v in kept["work"])
        self._flows = kept["flows"].copy()
        self.show()

    # ------------------------------------------------------------------------------------------

    def _places(self) -> tuple[tuple[str, Any, tuple[str, ...]], ...]:
        return (
            ("water", self.water, _WATER),
            ("seen", self.seen_levels, _SEEN),
            ("points", self.inlets.points, _POINTS),
            ("ground", self.inlets.ground, _GROUND),
        )

    def _plan(self, remaining: float, hold: float) -> Plan:
        """Choose the next stretch, and check that the run is still of this world."""
        deep = float(self.tally[0])
        if not deep < 5.0e3:
            self._lost()
        cell, options = self.tables.grid.cell, self.options
        # Averaging flows with their neighbours' shortens the step that waves on two axes allow.
        alpha = pacing.alpha_of(options)
        wave = alpha * cell / np.sqrt(GRAVITY * max(deep, pacing.FILM))
        step = min(wave, options.longest_step)
        most = PORTION if self.inlets.soaks else STRETCH
        # A little short, so that the next plan can keep the step: changing steps shake short waves.
        count = max(1, int(np.ceil(remaining / (STEADY * step) - 1e-6)))
        most = max(1, min(most, int(hold / step)))
        return Plan(remaining / count, min(count, most), np.zeros((1, 1), np.uint8), 1)

    def _lost(self) -> None:
        """Say where a run has left every bound."""
        depth = self.water.level - self.tables.base
        j, i = np.unravel_index(int(np.nanargmax(depth)), depth.shape)
        grid = self.tables.grid
        raise BadValue(
            "water of less than 5000 m",
            f"{depth[j, i]:.3g} m at {grid.x[i - 1]:.0f}, {grid.y[j - 1]:.0f} after "
            f"{self.seconds:.0f} s",
            "Look at the terrain and the inflow there; a smaller alpha calms a run.",
        )

    def _stretch(self, plan: Plan) -> None:
        """Take `plan.count` small steps."""
        water, options, cell = self.water, self.options, self.tables.grid.cell
        end = self.seconds + plan.step * plan.count
        before = self.passed()
        if self.laid.names:
            self.laid.update(self.seconds, self)
        times = self.seconds + plan.step * (np.arange(plan.count, dtype=np.float64) + 0.5)
        self.tally[1:] = 0.0
        self.now = march_kernels.stretch(
            water, self.cells, self.faces_x, self.faces_y, self.across, self.down,
            self.inlets.points, self.brim, self.laid.links, self.inlets.levels(times),
            self.inlets.inflows(times), options.theta, options.least_depth,
            self.inlets.gust(self.seconds), plan.step, cell, self.now, self.tally,
        )  # fmt: skip
        self.steps += plan.count
        self.updates += int(self.tally[1])
        if self.inlets.soaks:
            source_kernels.soak(
                water, self.cells, self.inlets.ground, self.driven.catch,
                self.inlets.rain(self.seconds, end), end - self.seconds, cell, options.least_depth,
            )  # fmt: skip
        self._flows = (self.passed() - before) / (end - self.seconds)
        self.seconds = end

    def _hold(self, seconds: float) -> None:
        """Set the held cells to their level."""
        points = self.inlets.points
        if points.held.size:
            levels = self.inlets.levels(np.array([seconds]))[0][points.held_series]
            rows, columns = np.divmod(points.held, self.board.width)
            level = np.maximum(levels, self.tables.base[rows, columns])
            self.water.level[rows, columns] = level
            self.water.volume[rows, columns] = level - self.tables.base[rows, columns]
            wet = level - self.tables.base[rows, columns] > self.options.least_depth
            self.water.wet[rows[wet], (columns[wet] - 1) // SEGMENT + 1] = kernels.WET_NOW


def fresh_water(tables: Tables, volume: Floats) -> Water:
    """Return the water at the start of a run, from the mean depth of each coarse cell [m]."""
    shape = tables.base.shape
    segments = (shape[0], -(-tables.grid.nx // SEGMENT) + 2)
    return Water(
        volume=volume.copy(),
        level=tables.base.copy(),
        rise=np.ones(shape),
        flow=np.zeros(shape),
        east=np.zeros((2, *shape)),
        south=np.zeros((2, *shape)),
        wet=np.zeros(segments, np.uint8),
        busy=np.zeros((2, segments[0] * segments[1]), np.int32),
        many=np.zeros(1, np.int64),
        held=np.zeros(shape, np.uint8),
    )


def _fresh_seen(
    tables: Tables, segments: tuple[int, ...], thresholds: tuple[float, ...]
) -> fine_kernels.Seen:
    shape, fine = tables.base.shape, tables.joins.shape
    return fine_kernels.Seen(
        highest=tables.base.copy(),
        quick=np.zeros((3, *shape)),
        strong=np.zeros((2, *shape)),
        low=np.full(shape, np.inf),
        high=np.full(shape, -np.inf),
        pending=np.zeros(shape),
        lit=np.ones(segments, np.uint8),
        arrival=np.full(fine, -1.0, np.float32),
        duration=np.zeros((len(thresholds), *fine), np.float32),
        thresholds=np.array(thresholds, np.float64),
        froude=np.zeros((shape[0], 4)),
    )
