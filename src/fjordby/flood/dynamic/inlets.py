"""Forcing laid on a board: which cells are held, fed or drained, and by what at a given time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.dynamic.board import Board
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.forcing import (
    Forcing,
    Infiltration,
    Inflow,
    Level,
    Rain,
    Wind,
    along_edge,
    at_times,
)
from fjordby.flood.dynamic.options import GRAVITY
from fjordby.flood.dynamic.sources.kernels import (
    CLOSED,
    CONSTANT,
    GREEN_AMPT,
    HORTON,
    Ground,
    Points,
)
from fjordby.flood.dynamic.structures.laid import Laid
from fjordby.flood.dynamic.structures.tables import LinkTable
from fjordby.flood.dynamic.sweep.kernels import State

LAWS = {"constant": CONSTANT, "horton": HORTON, "green-ampt": GREEN_AMPT}

#: Density of air over that of water at 10 degrees C: 1.247 / 1000 (ISO 2533; brackish water 1005
#: would be half a percent less).
AIR_OVER_WATER = 1.247e-3

#: Rain heavier than this is a mistake of units [m/s]; the heaviest minute on record had 38 mm, a
#: sixteenth of it (Guadeloupe 1970, WMO).
HEAVIEST = 0.01

#: Critical flow over an edge, (2/3)^(3/2) sqrt(g) [m^(1/2)/s] (Belanger's principle).
FREE_FALL = (2.0 / 3.0) ** 1.5 * np.sqrt(GRAVITY)


@dataclass(frozen=True)
class Inlets:
    """Forcing on a board.

    Parameters
    ----------
    forcing
        As given.
    points, ground
        What the kernels see.
    board
        Where cells lie.
    """

    forcing: Forcing
    points: Points
    ground: Ground
    board: Board

    @cached_property
    def holders(self) -> tuple[Ints, Ints]:
        """The cells that are held, in order of their places, and which level holds each."""
        cells, first = np.unique(self.points.held, return_index=True)
        return cells, self.points.held_series[first]

    def holder(self, cell: int) -> int:
        """Return which level holds a cell; -1 for none."""
        cells, series = self.holders
        k = int(np.searchsorted(cells, cell))
        return int(series[k]) if k < cells.size and cells[k] == cell else -1

    @property
    def held(self) -> Bools:
        """Which cells are held, shape (ny, nx)."""
        found = np.zeros((self.board.ny, self.board.nx), bool)
        found[self.board.rows_columns(self.points.held)] = True
        return found

    @property
    def poured(self) -> Ints:
        """The cells with inflows or ends of links."""
        points = self.points
        return np.concatenate(
            [points.inflow, points.link_from, points.link_to[points.link_to >= 0]]
        )

    def highest(self, seconds: float) -> Floats:
        """Return the highest level of each series until a time [m datum]."""
        found = []
        for one in self.forcing.levels:
            inner = one.series.seconds[(one.series.seconds > 0.0) & (one.series.seconds < seconds)]
            found.append(one.series.at(np.concatenate([[0.0], inner, [seconds]])).max())
        return np.array(found, np.float64)

    def levels(self, seconds: Floats) -> Floats:
        """Return the levels held at some times, shape (times, levels) [m datum]."""
        return at_times([one.series for one in self.forcing.levels], seconds)

    def inflows(self, seconds: Floats) -> Floats:
        """Return the inflows at some times, shape (times, inflows) [m3/s]."""
        return at_times([one.series for one in self.forcing.inflows], seconds)

    def rain(self, start: float, end: float) -> Floats:
        """Return what falls in each zone from one time to another [m]."""
        rain = self.forcing.rain
        if rain is None:
            return np.zeros(1)
        found = []
        for series in rain.series:
            inner = series.seconds[(series.seconds > start) & (series.seconds < end)]
            times = np.concatenate([[start], inner, [end]])
            found.append(float(np.trapezoid(series.at(times), times)))
        return np.array(found)

    def gust(self, seconds: float) -> Floats:
        """Return the wind's stress over the density of water, to the east and south [m2/s2]."""
        return wind_stress(self.forcing.wind, seconds)

    @property
    def soaks(self) -> bool:
        """Whether it ever rains, or ground or sewers take anything."""
        forcing = self.forcing
        sewer = bool(np.any(np.asarray(forcing.sewer) > 0.0))
        return forcing.rain is not None or forcing.infiltration is not None or sewer


def wind_stress(wind: Wind | None, seconds: float) -> Floats:
    """Return the stress of wind over the density of water, to the east and south [m2/s2].

    rho_air / rho_water x C x U^2 with C = (0.61 + 0.063 U) / 1000 (Smith & Banke 1975,
    doi:10.1002/qj.49710142920).
    """
    if wind is None:
        return np.zeros(2)
    at = np.array([seconds])
    speed, origin = float(wind.speed.at(at)[0]), np.radians(float(wind.origin.at(at)[0]))
    stress = AIR_OVER_WATER * (0.61 + 0.063 * speed) * 1e-3 * speed * speed
    return np.array([-stress * np.sin(origin), stress * np.cos(origin)])


def lay_inlets(forcing: Forcing, domain: Domain, board: Board, links: LinkTable) -> Inlets:
    """Lay forcing on a board.

    Raises
    ------
    BadValue
        For cells off the map or without ground, a level that reaches none of its cells, two levels
        on one cell, rain in zones that have no series, or a law of infiltration that is not known.
    """
    level_cells = [_inside(one.name, one.rows, one.columns, domain) for one in forcing.levels]
    for level, (rows, columns) in zip(forcing.levels, level_cells, strict=True):
        _reaches(level, rows, columns, domain)
    apart(forcing.levels, level_cells, domain)
    flow_cells = [_inside(one.name, one.rows, one.columns, domain) for one in forcing.inflows]
    held = _flat(board, level_cells)
    for inflow, (rows, columns) in zip(forcing.inflows, flow_cells, strict=True):
        _flows_free(inflow, board.cells(rows, columns), held, domain, board)
    edge, factor, power = _open_edges(forcing, domain, board, held)
    to = np.where(links.row1 >= 0, board.cells(links.row1, links.column1), -1)
    points = Points(
        held=held,
        held_series=_owner(level_cells),
        inflow=_flat(board, flow_cells),
        inflow_series=_owner(flow_cells),
        inflow_part=np.concatenate([np.full(len(r), 1.0 / len(r)) for r, _ in flow_cells])
        if flow_cells else np.zeros(0),
        inflow_owed=np.zeros(sum(len(r) for r, _ in flow_cells)),
        edge=board.cells(*edge),
        edge_factor=factor,
        edge_power=power,
        counted=np.zeros(4),
        entered=np.zeros(max(1, len(forcing.inflows))),
        edge_water=np.zeros(factor.size),
        link_from=board.cells(links.row0, links.column0),
        link_to=to.astype(np.int64),
        link_flow=np.zeros(links.owner.size),
        link_passed=np.zeros(links.owner.size),
        link_water=np.zeros(links.owner.size),
    )  # fmt: skip
    return Inlets(forcing, points, _ground(forcing, domain, board), board)


def lift_held(state: State, inlets: Inlets, board: Board, laid: Laid) -> None:
    """Raise the bed of held cells to the lowest of their other neighbours, or above all water.

    The depth over a face is taken from the higher of its two beds, so no flow changes; but a deep
    sea beside a quay would set the time step of the quay, and a sea that meets no low ground
    would be computed for nothing. Where a culvert or a pump ends, or where a structure stands
    between two held cells, the bed stays: the flow there follows the level, whatever ground is
    around.
    """
    cells, _ = inlets.holders
    if not cells.size:
        return
    own, w = state.bed[cells].copy(), board.width
    state.bed[cells] = np.inf
    beside = np.minimum.reduce([state.bed[cells + step] for step in (-w, w, -1, 1)])
    lifted = np.where(np.isfinite(beside), np.maximum(own, beside), CLOSED)
    state.bed[cells] = np.where(np.isin(cells, _met(inlets, board, laid)), own, lifted)


def _met(inlets: Inlets, board: Board, laid: Laid) -> Ints:
    """Return the cells at ends of links, and on both sides of structures between held cells."""
    points, held = inlets.points, inlets.held
    met = [points.link_from, points.link_to[points.link_to >= 0]]
    for faces, down in ((laid.faces_x, 0), (laid.faces_y, 1)):
        row = np.repeat(np.arange(board.ny), np.diff(faces.start))
        behind = row - down, faces.column - (1 - down)
        both = held[row, faces.column] & held[behind]
        met += [board.cells(row[both], faces.column[both]), board.cells(*(k[both] for k in behind))]
    return np.concatenate(met)


def apart(levels: Sequence[Level], cells: Sequence[tuple[Ints, Ints]], domain: Domain) -> None:
    """Look that no cell is held by two levels: nobody could say which of them the water follows.

    A level that names one of its own cells twice is fine.

    Parameters
    ----------
    levels
        What holds the cells.
    cells
        Rows and columns of the cells of each, on the domain's grid.
    domain
        Where cells lie.

    Raises
    ------
    BadValue
        Naming the first two levels that meet, how many cells they share, and where one is.
    """
    columns = domain.grid.nx
    flat = [np.unique(row * columns + column) for row, column in cells]
    owner = np.repeat(np.arange(len(flat)), [one.size for one in flat])
    cell = np.concatenate([np.zeros(0, np.int64), *flat])
    order = np.argsort(cell, kind="stable")
    twice = np.flatnonzero(np.diff(cell[order]) == 0)
    if not twice.size:
        return
    first, second = owner[order[twice[0]]], owner[order[twice[0] + 1]]
    both = np.zeros(domain.grid.shape, bool)
    both[np.divmod(np.intersect1d(flat[first], flat[second]), columns)] = True
    count = int(both.sum())
    raise BadValue(
        "each cell held by one level",
        f"{levels[first].name} and {levels[second].name} on the same "
        f"{f'{count} cells,' if count > 1 else 'cell,'} {domain.where(both)}",
        "Give each of these cells to one of the two levels.",
    )


def _inside(name: str, rows: Ints, columns: Ints, domain: Domain) -> tuple[Ints, Ints]:
    rows, columns = np.atleast_1d(rows).astype(np.int64), np.atleast_1d(columns).astype(np.int64)
    ny, nx = domain.grid.shape
    if rows.shape != columns.shape or not rows.size:
        raise BadValue(
            f"as many rows as columns for {name}, at least one",
            f"{rows.size} and {columns.size}",
            "Name the cells as two equally long rows of numbers.",
        )
    outside = (rows < 0) | (rows >= ny) | (columns < 0) | (columns >= nx)
    if outside.any():
        raise BadValue(
            f"cells of {name} on the map of {ny} x {nx} cells",
            f"row {rows[outside][0]}, column {columns[outside][0]}",
            "Move the point onto the map.",
        )
    dry = ~domain.land[rows, columns]
    if dry.any():
        where = np.zeros(domain.grid.shape, bool)
        where[rows[dry], columns[dry]] = True
        raise BadValue(
            f"ground under {name}",
            f"a cell without any (a building, or off the terrain) {domain.where(where)}",
            "Move it beside the building, or leave that cell out.",
        )
    return rows, columns


def _reaches(level: Level, rows: Ints, columns: Ints, domain: Domain) -> None:
    lowest = float(domain.bed[rows, columns].min())
    if level.series.peak <= lowest:
        k = int(np.argmin(domain.bed[rows, columns]))
        x, y = domain.grid.x[columns[k]], domain.grid.y[rows[k]]
        raise BadValue(
            f"ground below the highest level of {level.name}, {level.series.peak:.2f} m",
            f"none: its lowest cell, at {x:.0f}, {y:.0f}, lies at {lowest:.2f} m",
            "Hold the level where the water is, and check that both use the same datum.",
        )


def _flows_free(inflow: Inflow, cells: Ints, held: Ints, domain: Domain, board: Board) -> None:
    into = cells[np.isin(cells, held)]
    if into.size:
        row, column = (int(k[0]) for k in board.rows_columns(into))
        raise BadValue(
            f"{inflow.name} in cells whose level is free",
            f"one at {domain.grid.x[column]:.0f}, {domain.grid.y[row]:.0f} where the level is held",
            "Let the stream end beside the held water: what enters there would be lost.",
        )


def _falls(rain: Rain, domain: Domain) -> None:
    if rain.zone is not None and np.shape(rain.zone) != domain.grid.shape:
        raise BadValue(
            f"zones of rain of the grid's shape {domain.grid.shape}",
            f"shape {np.shape(rain.zone)}",
            "Resample them to the grid.",
        )
    for one in rain.series:
        low, high = float(np.min(one.values)), float(np.max(one.values))
        if not 0.0 <= low <= high <= HEAVIEST:
            raise BadValue(
                f"rain from 0 to {HEAVIEST:g} m/s",
                f"{low if not low >= 0.0 else high:g}",
                "Give metres a second: 1 mm/h is 2.78e-7.",
            )


def _open_edges(
    forcing: Forcing, domain: Domain, board: Board, held: Ints
) -> tuple[tuple[Ints, Ints], Floats, Floats]:
    rows, columns, factors, powers = [], [], [], []
    sides = [edge.side for edge in forcing.open_edges]
    if len(set(sides)) < len(sides):
        raise BadValue("each side open once", ", ".join(sides), "Leave the repeated one out.")
    rough = np.broadcast_to(np.asarray(domain.roughness), domain.grid.shape)
    for edge in forcing.open_edges:
        r, c = along_edge(domain.grid, edge.side)
        keep = domain.land[r, c] & ~np.isin(board.cells(r, c), held)
        r, c = r[keep], c[keep]
        if edge.slope is not None and not edge.slope > 0.0:
            raise BadValue(
                f"a slope above zero outside the {edge.side} edge",
                f"{edge.slope:g}",
                "Give metres of fall per metre, or None for a free fall.",
            )
        rows.append(r)
        columns.append(c)
        if edge.slope is None:
            factors.append(np.full(r.size, FREE_FALL))
            powers.append(np.full(r.size, 1.5))
        else:
            factors.append(np.sqrt(edge.slope) / np.maximum(rough[r, c].astype(float), 1e-3))
            powers.append(np.full(r.size, 5.0 / 3.0))
    none = np.zeros(0, np.int64)
    return (
        (np.concatenate([none, *rows]), np.concatenate([none, *columns])),
        np.concatenate([np.zeros(0), *factors]),
        np.concatenate([np.zeros(0), *powers]),
    )


def _ground(forcing: Forcing, domain: Domain, board: Board) -> Ground:
    soil = forcing.infiltration or Infiltration()
    if soil.law not in LAWS:
        raise BadValue(f"infiltration by {', '.join(LAWS)}", repr(soil.law), "Name one of these.")
    if forcing.rain is not None:
        _falls(forcing.rain, domain)
    zone = np.zeros(1, np.int32)
    if forcing.rain is not None and forcing.rain.zone is not None:
        zone = board.lay(forcing.rain.zone).astype(np.int32)
        if zone.min() < 0 or zone.max() >= len(forcing.rain.series):
            raise BadValue(
                f"zones of rain from 0 to {len(forcing.rain.series) - 1}",
                f"{zone.min()} to {zone.max()}",
                "Give one series for each zone.",
            )

    def spread(name: str, values: float | Array) -> Floats:
        array = np.asarray(values, np.float64)
        if not (array >= 0.0).all():
            raise BadValue(f"{name} of zero or more", "less, or NaN", "Give it in m and s.")
        if array.ndim == 0:
            return array.reshape(1)
        if array.shape != domain.grid.shape:
            raise BadValue(
                f"{name} of the grid's shape {domain.grid.shape}",
                f"shape {array.shape}",
                "Resample it to the grid.",
            )
        return board.lay(array).astype(np.float64)

    size = board.rows * board.width if soil.law != "constant" else 1
    return Ground(
        zone=zone,
        law=LAWS[soil.law],
        rate=spread("infiltration", soil.rate),
        first=spread("first infiltration", soil.first),
        decay=spread("decay of infiltration", soil.decay),
        suction=spread("suction head", soil.suction),
        deficit=spread("moisture deficit", soil.deficit),
        taken=np.zeros(size),
        soaked=np.zeros(size),
        sewer=spread("sewer capacity", forcing.sewer),
        owed=np.zeros((1 if forcing.rain is None else len(forcing.rain.series)) + 1),
        counted=np.zeros(3),
    )


def _flat(board: Board, cells: Sequence[tuple[Ints, Ints]]) -> Ints:
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *(board.cells(rows, columns) for rows, columns in cells)])


def _owner(cells: Sequence[tuple[Ints, Ints]]) -> Ints:
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *(np.full(len(r), k) for k, (r, _) in enumerate(cells))])
