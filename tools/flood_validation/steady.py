"""Steady flow: Manning's uniform flow along, across and diagonal to the grid; a given profile."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from fjordby.flood import dynamic
from fjordby.flood.dynamic import Domain, Forcing, Inflow, Level, OpenEdge, Options, Simulation
from fjordby.grid import Grid
from flood_validation.exact import GRAVITY, Floats, bed_below, uniform_depth
from flood_validation.table import Finding, Outcome, kept_water, told, work_of
from flood_validation.waves import BLUE, GREY, ORANGE, strip


@dataclass(frozen=True)
class Slope:
    """A plane, its slope to the east and to the south [m/m]."""

    name: str
    east: float
    south: float

    @property
    def size(self) -> float:
        """The greatest slope."""
        return float(np.hypot(self.east, self.south))


SLOPES = (
    Slope("along x", 2e-3, 0.0),
    Slope("along y", 0.0, 2e-3),
    Slope("diagonal", 2e-3 / np.sqrt(2.0), 2e-3 / np.sqrt(2.0)),
    Slope("2 : 1 to the grid", 2e-3 * 2 / np.sqrt(5.0), 2e-3 / np.sqrt(5.0)),
)


def uniform(
    slope: Slope, flow: float = 0.5, roughness: float = 0.04, cells: int = 30,
    seconds: float = 3600.0, start: float = 0.6, options: Options | None = None,
) -> tuple[Simulation, float]:  # fmt: skip
    """Run water down a plane until it is steady; return the run and the depth that is due [m].

    Each cell of the upper edges is given its part of the flow, and each lower edge lets out what
    uniform flow carries over it, so that uniform flow is a solution up to the edges. `start` is
    the depth at first as a share of the due.
    """
    cell = 10.0
    grid = Grid(0.0, cells * cell, cell, cells, cells, "EPSG:25832")
    x, y = np.meshgrid(grid.x, grid.y)
    bed = -slope.east * x + slope.south * y
    due = uniform_depth(flow, slope.size, roughness)
    inflows, edges = [], []
    for part, side, outlet in ((slope.east, "west", "east"), (slope.south, "north", "south")):
        if part > 0.0:
            rows, columns = dynamic.along_edge(grid, side)
            total = flow * part / slope.size * cell * cells
            inflows.append(Inflow(side, rows, columns, dynamic.steady(total)))
            edges.append(OpenEdge(outlet, part**2 / slope.size))
    run = dynamic.run(
        Domain(grid, bed, roughness, np.full(grid.shape, start * due)),
        Forcing(inflows=tuple(inflows), open_edges=tuple(edges)),
        seconds,
        options=options or Options(),
    )
    return run, due


def released(
    slope: Slope, flow: float = 0.5, roughness: float = 0.04, cells: int = 60,
    seconds: float = 300.0, options: Options | None = None,
) -> tuple[Simulation, float]:  # fmt: skip
    """Let an even sheet of water go on a plane; in its middle nothing is felt of the edges yet.

    It runs at Manning's speed once friction has caught up, after some u / (2 g slope), 20 s.
    """
    grid = Grid(0.0, cells * 40.0, 40.0, cells, cells, "EPSG:25832")
    x, y = np.meshgrid(grid.x, grid.y)
    due = uniform_depth(flow, slope.size, roughness)
    run = dynamic.run(
        Domain(grid, -slope.east * x + slope.south * y, roughness, np.full(grid.shape, due)),
        Forcing(),
        seconds,
        options=options or Options(),
    )
    return run, due


def manning(cells: int = 30, seconds: float = 3600.0) -> Outcome:
    """Hold uniform flow down planes against Manning's law."""
    findings, runs = [], []
    for slope in SLOPES:
        sheet, due = released(slope)
        middle = (sheet.grid.ny // 2, sheet.grid.nx // 2)
        east, north = float(sheet.last.speed_x[middle]), float(sheet.last.speed_y[middle])
        findings += [
            Finding(f"speed far from the edges, {slope.name}", 0.5 / due,
                    float(np.hypot(east, north)), 2e-3 * 0.5 / due, "m/s",
                    "300 s after the start: fifteen times the time that friction needs"),
            Finding(f"direction south of east, {slope.name}",
                    float(np.degrees(np.arctan2(slope.south, slope.east))),
                    float(np.degrees(np.arctan2(-north, east))), 0.1, "degrees", ""),
        ]  # fmt: skip
    for slope in SLOPES[:2]:
        run, due = uniform(slope, cells=cells, seconds=seconds)
        runs.append(run)
        inner = (slice(2, -2), slice(2, -2))
        depth = run.last.depth[inner].astype(float)
        speed = np.hypot(run.last.speed_x, run.last.speed_y)[inner]
        findings += [
            Finding(f"depth, {slope.name}", due, float(depth.mean()), 5e-3 * due, "m",
                    "steady and even: only the edges and rounding are left"),
            Finding(f"largest unevenness, {slope.name}", 0.0,
                    float(np.abs(depth - depth.mean()).max()), 1e-2 * due, "m", ""),
            Finding(f"speed, {slope.name}", 0.5 / due, float(speed.mean()), 5e-3 * 0.5 / due,
                    "m/s", ""),
        ]  # fmt: skip
    findings.append(kept_water(*runs))

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
        for run, slope, style in zip(runs, SLOPES, ("-", "--", ":", "-."), strict=False):
            diagonal = np.diagonal(run.last.depth)
            axes.plot(diagonal, style, color=BLUE, label=slope.name)
        axes.axhline(uniform_depth(0.5, 2e-3, 0.04), color=ORANGE, lw=0.8, label="Manning")
        axes.set(xlabel="cell from north-west to south-east", ylabel="depth [m]")
        axes.set_ylim(bottom=0.0)
        axes.legend(frameon=False, fontsize=8, ncols=3)
        return figure

    return Outcome(
        "Uniform flow on slopes", "Manning (1891); Chow (1959), Open-Channel Hydraulics.",
        findings, draw,
        "Were friction taken from each component of the flow alone, the diagonal would be "
        f"{100 * (1 - 2 ** (-0.15)):.0f} % too shallow.",
        work_of(runs[-1]),
    )  # fmt: skip


def profile(
    advection: bool, cell: float = 5.0, flow: float = 1.5, hump: float = 0.4,
    seconds: float = 7200.0, options: Options | None = None,
) -> tuple[Simulation, Floats]:  # fmt: skip
    """Run a steady flow over the bed that gives it a known depth; return the run and the depth."""
    length, roughness = 1000.0, 0.033
    grid = strip(round(length / cell), cell)
    fine = np.linspace(-cell, length + cell, 40 * grid.nx + 1)

    def chosen(x: Floats) -> Floats:
        return 1.1 + hump * np.exp(-16.0 * (x / length - 0.5) ** 2)

    bed = np.interp(grid.x, fine, bed_below(fine, chosen(fine), flow, roughness, advection))
    depth = chosen(grid.x)
    west, east = (dynamic.along_edge(grid, side) for side in ("west", "east"))
    run = dynamic.run(
        Domain(grid, np.tile(bed, (grid.ny, 1)), roughness, np.tile(depth, (grid.ny, 1))),
        Forcing(
            inflows=(Inflow("river", *west, dynamic.steady(flow * grid.ny * cell)),),
            levels=(Level("weir", *east, dynamic.steady(float(bed[-1] + depth[-1]))),),
        ),
        seconds,
        options=options or Options(),
    )
    return run, depth


def macdonald(cell: float = 5.0) -> Outcome:
    """Hold steady flow over an uneven bed against profiles that are exact by construction."""
    run, depth = profile(False, cell, options=Options(theta=1.0))
    usual, _ = profile(False, cell)
    whole, _ = profile(True, cell)
    x = run.grid.x
    inner = slice(3, -3)
    got, got_whole = (r.last.depth[1].astype(float) for r in (run, whole))
    velocity_head = (1.5 / depth) ** 2 / (2 * GRAVITY)
    span = float(np.ptp(velocity_head))
    findings = [
        Finding("depth, largest difference from the local inertial profile", 0.0,
                float(np.abs(got - depth)[inner].max()), 0.02, "m",
                "the depth between two cells is that of the upper one: first order in the cell"),
        told("the same with theta 0.9", 0.0,
             float(np.abs(usual.last.depth[1] - depth)[inner].max()), "m",
             "smoothing counts no flow beyond the ends: head is lost where the river comes in"),
        Finding("flow along the channel, largest unevenness", 0.0, float(np.ptp(
                (got * whole_speed(run))[inner]) / 1.5 * 100), 1.0, "%", "steady"),
        Finding("depth, largest difference from the whole equations' profile", 0.0,
                float(np.abs(got_whole - depth)[inner].max()), 1.3 * span + 0.02, "m",
                "without the acceleration along the flow the level lacks the differences of "
                f"velocity head, {span:.3f} m here, at Froude numbers to "
                f"{float((1.5 / np.sqrt(GRAVITY * depth**3)).max()):.2f}"),
        kept_water(run, whole),
    ]  # fmt: skip

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        axes.plot(x, depth, color=ORANGE, label="exact")
        axes.plot(x, got, "--", color=BLUE, label="engine, bed for the local inertial form")
        axes.plot(x, got_whole, ":", color=GREY, label="engine, bed for the whole equations")
        axes.set(xlabel="distance [m]", ylabel="depth [m]")
        axes.legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Steady flow over an uneven bed",
        "The inverse way of MacDonald et al. (1997), "
        "doi:10.1061/(ASCE)0733-9429(1997)123:11(1041), with a subcritical profile of our own.",
        findings, draw, work=work_of(run),
    )  # fmt: skip


def whole_speed(run: Simulation) -> Floats:
    """Return the speed along x in the middle row [m/s]."""
    return np.asarray(run.last.speed_x[1], np.float64)
