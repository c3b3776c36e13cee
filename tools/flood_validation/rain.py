"""Rain that runs off: a plane, and the tilted V-catchment."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import shapely
from matplotlib.figure import Figure

from fjordby.flood import dynamic
from fjordby.flood.dynamic import (
    Asked,
    Domain,
    Forcing,
    Line,
    OpenEdge,
    Options,
    Rain,
    Simulation,
)
from fjordby.grid import Grid
from fjordby.shock.event import Series
from flood_validation.exact import Floats
from flood_validation.kinematic import Plane, Valley
from flood_validation.table import Finding, Outcome, kept_water, work_of
from flood_validation.waves import BLUE, ORANGE, strip

#: Sheets of rain are millimetres deep: the depth below which nothing flows must be far less.
THIN = Options(least_depth=1e-5)


def shower(rain: float, stops: float) -> Rain:
    """Return even rain that stops [m/s, s]."""
    return Rain((Series.steps(np.array([0.0, stops]), np.array([rain])),))


def plane_run(
    cell: float = 2.0, options: Options = THIN, plane: Plane | None = None
) -> tuple[Simulation, Plane]:
    """Run rain on a plane that drains over its east edge."""
    plane = plane or Plane(200.0, 0.01, 0.03, 50e-3 / 3600.0, 3600.0)
    grid = strip(round(plane.length / cell), cell)
    bed = np.tile(-plane.slope * grid.x, (grid.ny, 1))
    east = grid.bounds[2] - cell
    run = dynamic.run(
        Domain(grid, bed, plane.roughness),
        Forcing(rain=shower(plane.rain, plane.stops), open_edges=(OpenEdge("east", plane.slope),)),
        2.0 * plane.stops,
        asked=Asked(
            series_every=30.0,
            lines=(Line("foot", shapely.LineString([(east, 0.0), (east, grid.north)])),),
        ),
        options=options,
    )
    return run, plane


def plane_runoff(cell: float = 2.0) -> Outcome:
    """Hold the runoff of a plane against the kinematic wave."""
    run, plane = plane_run(cell)
    series = run.lines["foot"]
    t = series.index.to_numpy(float)
    width = run.grid.ny * cell
    share = 1.0 - cell / plane.length
    got = series.to_numpy(float) / width
    upper = Plane(plane.length - cell, plane.slope, plane.roughness, plane.rain, plane.stops)
    exact = upper.outflow(t)
    steady = plane.rain * plane.length * share
    findings = [
        Finding("outflow when steady", steady * 1e3,
                1e3 * float(np.interp(plane.stops - 60, t, got)), 0.01 * steady * 1e3,
                "L/s per m", "rain times length"),
        Finding("outflow, root mean square difference / steady", 0.0,
                100 * float(np.sqrt(np.mean((got - exact) ** 2)) / steady), 3.0, "%",
                "the kinematic wave leaves out the slope of the surface; the depth of the first"
                " order scheme; rises by the exact 5/3 power of time"),
        Finding("outflow at half the time of concentration", 1e3 * steady * 0.5 ** (5 / 3),
                1e3 * float(np.interp(0.5 * upper.concentration, t, got)), 0.03 * steady * 1e3,
                "L/s per m", "(rain x time)^(5/3) sqrt(slope) / n"),
        kept_water(run),
    ]  # fmt: skip

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        axes.plot(t / 60, exact * 1e3, color=ORANGE, label="kinematic wave, exact")
        axes.plot(t / 60, got * 1e3, "--", color=BLUE, label="engine")
        axes.set(xlabel="minutes", ylabel="outflow [L/s per m]")
        axes.legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Rain on a plane", "Henderson & Wooding (1964), doi:10.1029/JZ069i008p01531.",
        findings, draw, work=work_of(run),
    )  # fmt: skip


def valley_run(cell: float = 20.0, options: Options = THIN) -> tuple[Simulation, Valley]:
    """Run the tilted V-catchment; its channel leaves over the south edge."""
    valley = Valley()
    nx = round((2 * valley.side + valley.channel) / cell)
    grid = Grid(0.0, valley.length, cell, round(valley.length / cell), nx, "EPSG:25832")
    x, y = np.meshgrid(grid.x, grid.y)
    beside = np.maximum(np.abs(x - valley.side - valley.channel / 2) - valley.channel / 2, 0.0)
    bed = valley.side_slope * beside + valley.channel_slope * y
    stream = beside == 0.0
    rough = np.where(stream, valley.channel_roughness, valley.side_roughness)
    outlet = grid.bounds[1] + cell
    left, right = valley.side, valley.side + valley.channel
    # Only the channel is open: the hillsides' last row stands behind a wall of no ground.
    bed[-1, ~stream[-1]] = np.nan
    run = dynamic.run(
        Domain(grid, bed, rough),
        Forcing(
            rain=shower(valley.rain, valley.stops),
            open_edges=(OpenEdge("south", valley.channel_slope),),
        ),
        2.0 * valley.stops,
        asked=Asked(
            series_every=60.0,
            lines=(Line("outlet", shapely.LineString([(left, outlet), (right, outlet)])),),
        ),
        options=options,
    )
    return run, valley


def valley_series(run: Simulation, valley: Valley) -> tuple[Floats, Floats, Floats]:
    """Return times [s], the engine's outflow and the kinematic wave's [m3/s]."""
    series = run.lines["outlet"]
    t = series.index.to_numpy(float)
    shorter = Valley(length=valley.length - run.grid.cell)
    exact = shorter.outflow(t[1:]) if t[0] == 0.0 else shorter.outflow(t)
    return t, series.to_numpy(float), np.concatenate([[0.0], exact]) if t[0] == 0.0 else exact


def valley_runoff(cell: float = 20.0) -> Outcome:
    """Hold the tilted V-catchment's outflow against its equilibrium and a kinematic wave."""
    run, valley = valley_run(cell)
    t, got, exact = valley_series(run, valley)
    steady = valley.steady * (1.0 - cell / valley.length)
    rising = t <= valley.stops
    half = [float(np.interp(steady / 2, q[rising], t[rising])) for q in (exact, got)]
    findings = [
        Finding("outflow at the end of the rain", steady,
                float(np.interp(valley.stops, t, got)), 0.02 * steady, "m3/s",
                "4.86 m3/s is rain times area; the last row of cells lies below the outlet's"
                " gauge"),
        Finding("time to half of it", half[0], half[1], 400.0, "s",
                "the face between side and channel is 50 times as rough as the side (mean of n2):"
                " the first water is led along the toe and comes early; published hydrographs"
                " differ by some minutes among themselves"),
        Finding("outflow, root mean square difference from the kinematic wave / steady", 0.0,
                100 * float(np.sqrt(np.mean((got - exact) ** 2)) / steady), 8.0, "%", "the same"),
        kept_water(run),
    ]  # fmt: skip

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        axes.plot(t / 60, exact, color=ORANGE, label="kinematic wave, 10 m")
        axes.plot(t / 60, got, "--", color=BLUE, label=f"engine, {cell:g} m")
        axes.axhline(steady, color="#5a5a5a", lw=0.6)
        axes.set(xlabel="minutes", ylabel="outflow [m3/s]")
        axes.legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Tilted V-catchment",
        "Di Giammarco et al. (1996), doi:10.1016/S0022-1694(96)80014-X: 2 x 800 m x 1000 m at "
        "0.05 and n 0.015 beside a channel of 20 m at 0.02 and n 0.15, 10.8 mm/h for 90 minutes. "
        "The published hydrographs are curves without numbers; the rising limb is held against a "
        "kinematic wave of our own on another grid.",
        findings, draw, work=work_of(run),
    )  # fmt: skip
