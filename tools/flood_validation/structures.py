"""Structures in whole runs, held against hand calculations; and a lake at rest among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from shapely import LineString

from fjordby.flood import dynamic
from fjordby.flood.dynamic import Asked, Domain, Forcing, Level, Options, Simulation
from fjordby.flood.dynamic.structures import Bridge, Culvert, Flap, Gate, Pump, Wall
from fjordby.grid import Grid
from flood_validation.exact import Floats
from flood_validation.table import Finding, Outcome, kept_water, work_of
from flood_validation.waves import BLUE, GREY, ORANGE

#: Standard gravity [m/s2], CGPM 1901, as the laws of structures take it.
G = 9.80665
CELL, ROWS, COLUMNS = 10.0, 3, 12
WIDTH = ROWS * CELL
#: The line of a structure across the channel: its left side is the west.
ACROSS = LineString([(COLUMNS / 2 * CELL, 0.0), (COLUMNS / 2 * CELL, WIDTH)])


def two_lakes(
    west: float, east: float, structures: Sequence[Any], seconds: float = 300.0,
    options: Options | None = None,
) -> Simulation:  # fmt: skip
    """Run two lakes of held levels, the west one over a bed at 0 m, with structures between.

    The cells beside the structures are free, and smooth, so that their level is the lake's;
    the east one is 2 m deeper, so that a jet runs free.
    """
    grid = Grid(0.0, WIDTH, CELL, ROWS, COLUMNS, "EPSG:25832")
    rows, columns = (a.ravel() for a in np.indices(grid.shape))
    levels = []
    for name, height, here in (
        ("west", west, columns < COLUMNS // 2 - 1),
        ("east", east, columns > COLUMNS // 2),
    ):
        levels.append(Level(name, rows[here], columns[here], dynamic.steady(height)))
    bed = np.where(np.arange(COLUMNS) < COLUMNS // 2, 0.0, -2.0) * np.ones((ROWS, 1))
    depth = np.where(bed == 0.0, west, east) - bed
    return dynamic.run(
        Domain(grid, bed, 1e-3, depth),
        Forcing(levels=tuple(levels)),
        seconds,
        structures=tuple(structures),
        asked=Asked(series_every=10.0),
        options=options or Options(),
    )


def passed(run: Simulation, name: str) -> float:
    """Return the flow through a structure in the last minute [m3/s]."""
    series = run.structures[name]
    return float(series[series.index > run.seconds - 60.0].mean())


def weir_by_hand(head: float, tail: float) -> float:
    """Return the flow over a broad crest, all heights from it [m2/s].

    Critical depth on the crest, two thirds of the head, or the tail where that is higher; speed by
    the drop from the head to it (Belanger; Bos 1989, ILRI publication 20).
    """
    depth = max(2.0 / 3.0 * head, tail)
    return depth * np.sqrt(2.0 * G * (head - depth))


def orifice_by_hand(head: float, tail: float, height: float, contraction: float = 0.611) -> float:
    """Return the flow under a leaf, all heights from the sill [m2/s] (Torricelli)."""
    jet = contraction * height
    return jet * np.sqrt(2.0 * G * (head - max(jet, tail)))


def culvert_by_hand(drop: float, side: float, length: float, n: float, entrance: float) -> float:
    """Return the flow of a full square culvert, both ends drowned [m3/s] (FHWA HDS-5)."""
    losses = entrance + 1.0 + 2.0 * G * n**2 * length / (side / 4.0) ** (4.0 / 3.0)
    return side**2 * np.sqrt(2.0 * G * drop / losses)


def laws() -> Outcome:
    """Hold weir, gate, culvert, flap and pump in whole runs against calculations by hand."""
    wall = Wall("wall", ACROSS, 1.0, thin=False)
    gate = Gate("gate", ACROSS, 0.0, 5.0, dynamic.steady(0.3), height=1.0)
    flap = Flap("flap", ACROSS, 0.0, 5.0, height=0.5)
    culvert = Culvert(
        "culvert", (55.0, 15.0), (65.0, 15.0), 0.0, 0.0, 1.0, width=1.0, roughness=0.013,
        length=90.0, entrance=0.5,
    )  # fmt: skip
    shut = Wall("shut", ACROSS, 50.0)
    cases = [
        ("weir, free", (1.5, 0.4), (wall,), "wall", WIDTH * weir_by_hand(0.5, -0.6)),
        ("weir, drowned", (1.5, 1.4), (wall,), "wall", WIDTH * weir_by_hand(0.5, 0.4)),
        ("weir, drowned, back", (1.4, 1.5), (wall,), "wall", -WIDTH * weir_by_hand(0.5, 0.4)),
        ("gate leaf, free jet", (2.0, 0.05), (gate,), "gate",
         WIDTH * orifice_by_hand(2, 0.05, 0.3)),
        ("gate leaf, drowned", (2.0, 1.5), (gate,), "gate", WIDTH * orifice_by_hand(2, 1.5, 0.3)),
        ("flap, with the flow", (2.0, 1.5), (flap,), "flap", WIDTH * orifice_by_hand(2, 1.5, 0.5)),
        ("flap, against it", (1.5, 2.0), (flap,), "flap", 0.0),
        ("culvert, full", (3.0, 2.5), (shut, culvert), "culvert",
         culvert_by_hand(0.5, 1.0, 90.0, 0.013, 0.5)),
        ("culvert, full, back", (2.5, 3.0), (shut, culvert), "culvert",
         -culvert_by_hand(0.5, 1.0, 90.0, 0.013, 0.5)),
    ]  # fmt: skip
    findings, bars = [], []
    for what, (west, east), parts, name, due in cases:
        run = two_lakes(west, east, parts)
        got = passed(run, name)
        bars.append((what, due, got))
        findings.append(
            Finding(what, due, got, max(2e-3 * abs(due), 1e-9), "m3/s",
                    "the law by hand; the flow settles within some steps")
        )  # fmt: skip
    pump_run, pump_findings = pumped()
    findings += pump_findings
    level_run, level_findings = levelled()
    findings += [*level_findings, kept_water(pump_run, level_run)]

    def draw() -> Figure:
        figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.0), layout="constrained")
        at = np.arange(len(bars))
        axes[0].barh(at, [b[1] for b in bars], 0.8, color=ORANGE, label="by hand")
        axes[0].barh(at, [b[2] for b in bars], 0.35, color=BLUE, label="engine")
        axes[0].set(yticks=at, yticklabels=[b[0] for b in bars], xlabel="flow [m3/s]")
        axes[0].invert_yaxis()
        axes[0].legend(frameon=False, fontsize=8)
        series = pump_run.structures["pump"]
        axes[1].plot(series.index / 60, series, color=BLUE)
        axes[1].set(xlabel="minutes", ylabel="pumped [m3/s]")
        axes[1].grid(color=GREY, alpha=0.3)
        return figure

    return Outcome(
        "Structures by hand",
        "Weir: Belanger, Bos (1989), ILRI publication 20. Gate: Torricelli, contraction 0.611 "
        "(Kirchhoff 1869). Culvert: FHWA (2012), HDS-5. Pump: its curve.",
        findings, draw, work=work_of(pump_run),
    )  # fmt: skip


def pumped() -> tuple[Simulation, list[Finding]]:
    """Pump a closed basin out of the map with two units that start and stop at their levels.

    3600 m2 with 2 m of water. Both units, started at 1.5 and 1.8 m, run at once with 0.4 m3/s each
    until the second stops at 1.2 m; the first runs on until 0.5 m.
    """
    grid = Grid(0.0, WIDTH, CELL, ROWS, COLUMNS, "EPSG:25832")
    pump = Pump("pump", (55.0, 15.0), None, (1.5, 1.8), (0.5, 1.2), (-10.0, 10.0), (0.4, 0.4),
                outlet=3.0)  # fmt: skip
    run = dynamic.run(
        Domain(grid, np.zeros(grid.shape), 0.02, np.full(grid.shape, 2.0)),
        Forcing(),
        3 * 3600.0,
        structures=(pump,),
        asked=Asked(series_every=30.0),
    )
    area = ROWS * COLUMNS * CELL**2
    both = 0.8 * area / 0.8
    one = 0.7 * area / 0.4
    series = run.structures["pump"]
    t = series.index.to_numpy(float)
    ran = [float(np.sum(np.diff(t)[series.to_numpy()[1:] > limit])) for limit in (0.6, 0.1)]
    findings = [
        Finding("pump, both units run for", both, ran[0], 90.0, "s",
                "0.8 m of 3600 m2 at 0.8 m3/s; the water looked at swings a little"),
        Finding("pump, any unit runs for", both + one, ran[1], 120.0, "s",
                "and 0.7 m more at 0.4 m3/s"),
        Finding("level at which the pump leaves the basin", 0.5,
                float(run.last.depth.astype(float).mean()), 0.02, "m", "its stop level"),
    ]  # fmt: skip
    return run, findings


def levelled() -> tuple[Simulation, list[Finding]]:
    """Let two closed basins run together through a culvert below a wall until they are level."""
    grid = Grid(0.0, WIDTH, CELL, ROWS, COLUMNS, "EPSG:25832")
    depth = np.where(np.arange(COLUMNS) < COLUMNS // 2, 2.0, 0.5) * np.ones((ROWS, 1))
    culvert = Culvert("culvert", (25.0, 15.0), (95.0, 15.0), 0.0, 0.0, 1.0, width=1.0, length=70.0,
                      entrance=0.5)  # fmt: skip
    run = dynamic.run(
        Domain(grid, np.zeros(grid.shape), 0.03, depth),
        Forcing(),
        4 * 3600.0,
        structures=(Wall("wall", ACROSS, 9.0), culvert),
        asked=Asked(series_every=60.0),
    )
    last = run.last.depth.astype(float)
    return run, [
        Finding("two basins joined by a culvert, mean depth of the one that was full", 1.25,
                float(last[:, : COLUMNS // 2].mean()), 5e-3, "m",
                "half of 2.0 and 0.5 m; it levels out ever slower"),
    ]  # fmt: skip


def rough_ground(seed: int = 7, ny: int = 60, nx: int = 90) -> tuple[Grid, Floats]:
    """Return hills and hollows of a metre with noise, cliffs and cells of no ground."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(nx), np.arange(ny))
    bed = sum(
        rng.normal() * np.sin(rng.uniform(0.05, 0.6) * x + rng.uniform(0.05, 0.6) * y + k)
        for k in range(6)
    )
    bed = bed + 0.2 * rng.normal(size=bed.shape)
    bed[rng.random(bed.shape) < 0.03] += 5.0
    bed[rng.random(bed.shape) < 0.03] = np.nan
    return Grid(0.0, ny * CELL, CELL, ny, nx, "EPSG:25832"), np.asarray(bed)


def all_structures(grid: Grid, level: float) -> tuple[Any, ...]:
    """Return one structure of each kind that can stand in water at rest, open as far as they go."""
    _, south, east, north = grid.bounds
    x = [east * k / 8 for k in range(1, 8)]

    def line(at: float) -> LineString:
        return LineString([(at, south), (at, north)])

    return (
        Wall("wall", line(x[0]), level - 0.5),
        Wall("high wall", line(x[1]), level + 2.0),
        Gate("gate", line(x[2]), level - 0.8, level + 1.0, dynamic.steady(0.5)),
        Flap("flap", line(x[3]), level - 0.8, level + 1.0, height=0.5),
        Bridge("bridge", line(x[4]), level - 0.2, level + 1.0, piers=0.1),
        Culvert("culvert", (x[5], north / 2), (x[6], north / 2), level - 1.0, level - 1.0, 0.8),
    )


def rest_run(level: float = 0.4, options: Options | None = None, datum: float = 0.0) -> Simulation:
    """Run a lake at rest over rough ground with a structure of each kind."""
    grid, bed = rough_ground()
    depth = np.where(np.isnan(bed), 0.0, np.maximum(level - np.nan_to_num(bed), 0.0))
    return dynamic.run(
        Domain(grid, bed + datum, 0.03, depth), Forcing(), 1800.0,
        structures=all_structures(grid, level + datum), options=options or Options(),
    )  # fmt: skip


def at_rest() -> Outcome:
    """Let a lake lie for half an hour over rough ground with every structure in it."""
    findings, runs = [], []
    for precision, most, why in (
        ("single", 5e-4, "levels known to 2e-7 m even out: half a millimetre a second at most"),
        ("double", 1e-9, "levels known to 4e-16 m: 1e-12 m/s, and a thousand times that (assumed)"),
    ):
        run = rest_run(options=Options(precision=precision))
        runs.append(run)
        speed = np.hypot(run.last.speed_x, run.last.speed_y)
        findings.append(
            Finding(f"largest speed after half an hour, {precision} precision", 0.0,
                    float(np.nanmax(speed)), most, "m/s", why)
        )  # fmt: skip
        findings.append(
            Finding(f"largest flow of a structure, {precision} precision", 0.0,
                    float(np.abs(run.structures.to_numpy()).max()), 10 * most, "m3/s",
                    "that speed over 10 m2; along 600 m most signs cancel (assumed)")
        )  # fmt: skip
    findings.append(kept_water(*runs))
    return Outcome(
        "A lake at rest among structures",
        "By definition: still water over rough ground, islands, cliffs and cells of no ground, "
        "with a wall, a gate, a flap, a bridge and a culvert in it.",
        findings, work=work_of(runs[0]),
    )  # fmt: skip
