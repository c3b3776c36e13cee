"""What a run writes down over time: gauges, lines, structures, and pictures of the whole map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fjordby.arrays import Array, Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.dynamic.forcing import Forcing
from fjordby.flood.dynamic.record import Asked, Line, Snapshot
from fjordby.flood.dynamic.survey.kernels import FILM
from fjordby.grid import Grid

if TYPE_CHECKING:
    from fjordby.flood.dynamic.engine import Engine


#: Rows of a map that are drawn at a time.
_STRIP = 64


class Diary:
    """What a run writes down over time.

    Parameters
    ----------
    asked
        What to write down.
    engine
        The run.
    seconds
        How long it is [s].
    """

    def __init__(self, asked: Asked, engine: Engine, seconds: float) -> None:
        grid = engine.domain.grid
        self.asked, self.end = asked, seconds
        self.names = engine.laid.names
        x = np.array([one.x for one in asked.gauges])
        y = np.array([one.y for one in asked.gauges])
        off = ~grid.inside(x, y) if x.size else np.zeros(0, bool)
        if off.any():
            name = asked.gauges[int(np.argmax(off))].name
            raise BadValue(f"the gauge {name} on the map", "one outside", "Move it onto the map.")
        rows, columns = grid.rows_columns(x, y) if x.size else (np.zeros(0, int), np.zeros(0, int))
        self.at = engine.board.cells(rows, columns)
        self.places = list(zip(rows.tolist(), columns.tolist(), strict=True))
        self.held = [engine.inlets.holder(cell) >= 0 for cell in self.at.tolist()]
        self.faces = [line_faces(one, grid, engine) for one in asked.lines]
        self.times: list[float] = []
        self.water: list[Floats] = []
        self.over: list[Floats] = []
        self.through: list[Floats] = []
        self.opened: list[Floats] = []
        self.moving = tuple(engine.laid.opened())
        self.snapshots: list[Snapshot] = []
        self.last = (0.0, engine.passed())
        self._series = _moments(asked.series_every, seconds)
        self._looks = _moments(asked.every, seconds)
        self._pictures = np.unique([t for t in asked.snapshots if 0.0 <= t <= seconds])
        self.write(engine)

    def next(self, now: float, looks: bool = False) -> float:
        """Return the next time at which something is written down, or looked at [s]."""
        ahead = [m[np.searchsorted(m, now + 1e-6)] for m in (self._series, self._looks)[: 1 + looks]
                 if m.size and m[-1] > now + 1e-6]  # fmt: skip
        pictures = self._pictures[self._pictures > now + 1e-6]
        return float(min([*ahead, *pictures[:1], self.end]))

    def write(self, engine: Engine) -> None:
        """Write down what is due at this time."""
        now = engine.seconds
        if _due(self._pictures, now):
            self.snapshots.append(self.picture(engine))
        if not (_due(self._series, now) or now == 0.0 or now >= self.end - 1e-6):
            return
        state = engine.state
        depth = state.depth[self.at].astype(np.float64)
        speed = state.flow[self.at] / np.maximum(depth, FILM)
        self.times.append(now)
        level = np.array([engine.level(row, column) for row, column in self.places])
        for k, place in enumerate(self.places):
            if self.held[k]:
                depth[k] = max(level[k] - engine.domain.bed[place], 0.0)
        self.water.append(np.concatenate([level, depth, speed]))
        cell = engine.domain.grid.cell
        self.over.append(np.array([
            cell * (float((state.east[e] * s).sum()) + float((state.south[d] * t).sum()))
            for e, s, d, t in self.faces
        ]))  # fmt: skip
        since, before = self.last
        passed = engine.passed()
        self.through.append(
            (passed - before) / (now - since) if now > since else np.zeros(passed.size)
        )
        self.last = (now, passed)
        self.opened.append(np.array(list(engine.laid.opened().values()), np.float64))

    @staticmethod
    def picture(engine: Engine) -> Snapshot:
        """Return the whole map as it is now."""
        board = engine.board
        return picture(engine, *(np.empty((board.ny, board.nx), np.float32) for _ in range(3)))

    def gauges_frame(self) -> pd.DataFrame:
        """Return level, depth and speed of each gauge over time."""
        names = [one.name for one in self.asked.gauges]
        columns = pd.MultiIndex.from_product(
            [["level", "depth", "speed"], names], names=["quantity", "gauge"]
        ).swaplevel()
        return self._frame(self.water, columns)

    def lines_frame(self) -> pd.DataFrame:
        """Return the flow over each line over time [m3/s]."""
        return self._frame(self.over, [one.name for one in self.asked.lines])

    def structures_frame(self) -> pd.DataFrame:
        """Return the flow through each structure over time [m3/s]: the mean since the last row."""
        return self._frame(self.through, list(self.names))

    def opened_frame(self) -> pd.DataFrame:
        """Return how far each thing that moves is open over time: see `Simulation.opened`."""
        # Nothing has moved when the first row is written: what moves stands as it does next.
        return self._frame(self.opened, list(self.moving)).bfill()

    def forcing_frame(self, forcing: Forcing) -> pd.DataFrame:
        """Return what drove the run over time: levels [m], inflows [m3/s], rain [m/s]."""
        times = np.array(self.times)
        found = {one.name: one.series.at(times) for one in forcing.levels}
        found |= {one.name: one.series.at(times) for one in forcing.inflows}
        if forcing.rain is not None:
            for k, series in enumerate(forcing.rain.series):
                found["rain" if k == 0 else f"rain {k + 1}"] = series.at(times)
        return pd.DataFrame(found, index=pd.Index(times, name="seconds"))

    def _frame(self, rows: list[Floats], columns: pd.Index | list[str]) -> pd.DataFrame:
        index = pd.Index(np.array(self.times), name="seconds")
        values = np.array(rows).reshape(len(rows), len(columns))
        return pd.DataFrame(values, index=index, columns=columns)

    def memory(self) -> dict[str, Array]:
        """Return what has been written down so far."""
        kept = {
            "diary:times": np.array(self.times),
            "diary:water": np.array(self.water),
            "diary:over": np.array(self.over),
            "diary:through": np.array(self.through),
            "diary:opened": np.array(self.opened),
            "diary:last": np.concatenate([[self.last[0]], self.last[1]]),
            "diary:pictures": np.array([one.seconds for one in self.snapshots]),
        }
        for k, one in enumerate(self.snapshots):
            kept[f"diary:picture{k}"] = np.stack([one.depth, one.speed_x, one.speed_y])
        return kept

    def remember(self, kept: dict[str, Array]) -> None:
        """Go on from `memory`."""
        self.times = [float(t) for t in kept["diary:times"]]
        self.water, self.over, self.through, self.opened = (
            list(kept[f"diary:{name}"]) for name in ("water", "over", "through", "opened")
        )
        self.last = (float(kept["diary:last"][0]), kept["diary:last"][1:].copy())
        self.snapshots = [
            Snapshot(float(t), *kept[f"diary:picture{k}"])
            for k, t in enumerate(kept["diary:pictures"])
        ]


def picture(engine: Engine, depth: Array, along: Array, across: Array) -> Snapshot:
    """Write the map as it is now into three arrays of shape (ny, nx), and return them.

    They may lie in the memory of depth, flow and flow to the east, when nobody needs these again.
    """
    board, state, land = engine.board, engine.state, engine.domain.land
    depth[...] = board.view(state.depth)
    engine.show_held(depth, engine.inlets.levels(np.array([engine.seconds]))[0])
    east = state.east.reshape(-1, board.width)[1 : board.ny + 1, 1 : board.nx + 2]
    south = state.south.reshape(-1, board.width)[1 : board.ny + 2, 1 : board.nx + 1]
    for row in range(0, board.ny, _STRIP):  # little room is needed for a strip
        strip = slice(row, min(row + _STRIP, board.ny))
        shallow, deep = depth[strip] < FILM, np.maximum(depth[strip], FILM)
        to_east = 0.5 * (east[strip, :-1] + east[strip, 1:])
        to_north = -0.5 * (south[strip] + south[strip.start + 1 : strip.stop + 1])
        for flow, speed in ((to_east, along), (to_north, across)):
            speed[strip] = np.where(land[strip], np.where(shallow, 0.0, flow / deep), np.nan)
        depth[strip][~land[strip]] = np.nan
    return Snapshot(engine.seconds, depth, along, across)


def line_faces(line: Line, grid: Grid, engine: Engine) -> tuple[Ints, Floats, Ints, Floats]:
    """Return the faces between the cells on the two sides of a line, and the sign of their flow.

    A face counts when the straight step between its two cell centres crosses the line; flow from
    the left of the line to its right is positive.
    """
    board = engine.board
    x0, y0, x1, y1 = line.geometry.bounds
    (r0, r1), (c0, c1) = grid.rows_columns(np.array([x0, x1]), np.array([y1, y0]))
    found: list[tuple[Ints, Floats]] = []
    for d_row, d_column in ((0, 1), (1, 0)):
        rows_at, columns_at = np.meshgrid(
            np.arange(max(r0 - 1, 0), min(r1 + 2, grid.ny - d_row)),
            np.arange(max(c0 - 1, 0), min(c1 + 2, grid.nx - d_column)), indexing="ij",
        )  # fmt: skip
        rows, columns = rows_at.ravel(), columns_at.ravel()
        start = np.column_stack([grid.x[columns], grid.y[rows]])
        stop = np.column_stack([grid.x[columns + d_column], grid.y[rows + d_row]])
        # A hair aside, so that a line through cell centres has each of them on one side.
        steps = shapely.linestrings(np.stack([start, stop], axis=1) + 1e-5 * grid.cell)
        hit = shapely.intersects(steps, line.geometry)
        rows, columns, start, stop = rows[hit], columns[hit], start[hit], stop[hit]
        signs = np.array([_side(line.geometry, a, b) for a, b in zip(start, stop, strict=True)])
        found.append((board.cells(rows + d_row, columns + d_column), signs))
    (east, sign_east), (south, sign_south) = found
    if not east.size and not south.size:
        raise BadValue(
            f"the line {line.name} between cells of the map",
            "one that crosses no step between two cells",
            "Draw it longer than a cell, on the map.",
        )
    return east, sign_east, south, sign_south


def _side(line: shapely.LineString, start: Floats, stop: Floats) -> float:
    """Return +1 where the step from `start` to `stop` goes from the left of a line to its right."""
    middle = shapely.Point(*(0.5 * (start + stop)))
    along = line.project(middle)
    a = line.interpolate(max(along - 0.01, 0.0))
    b = line.interpolate(min(along + 0.01, line.length))
    cross = (b.x - a.x) * (stop[1] - start[1]) - (b.y - a.y) * (stop[0] - start[0])
    return -1.0 if cross > 0.0 else 1.0


def _moments(every: float, seconds: float) -> Floats:
    """Return the times from `every` up to `seconds`."""
    if not every > 0.0:
        raise BadValue("a time above zero between looks [s]", f"{every}", "10 s is usual.")
    return np.arange(1, int(np.floor(seconds / every + 1e-9)) + 1, dtype=np.float64) * every


def _due(moments: Floats, now: float) -> bool:
    return bool(moments.size) and bool(np.abs(moments - now).min() < 1e-6)
