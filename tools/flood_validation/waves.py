"""Waves: the swing of a basin, a wave over a dry plane, water that swings in a bowl."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from fjordby.flood import dynamic
from fjordby.flood.dynamic import Asked, Domain, Forcing, Gauge, Level, Options, Simulation
from fjordby.grid import Grid
from fjordby.shock.event import Series
from flood_validation.exact import GRAVITY, Bowl, Floats, PlaneWave, merian_period
from flood_validation.table import Finding, Outcome, kept_water, told, work_of

BLUE, ORANGE, GREY = "#1b6ca8", "#c8641e", "#5a5a5a"
#: Reads best without smoothing: nothing in the exact solution damps the wave.
SHARP = Options(theta=1.0, precision="double", least_depth=1e-5)


def strip(cells: int, cell: float, rows: int = 3) -> Grid:
    """Return a grid of a few rows for flow along x."""
    return Grid(0.0, rows * cell, cell, rows, cells, "EPSG:25832")


def fitted_period(seconds: Floats, level: Floats, guess: float) -> float:
    """Return the period of a swing from its crossings of the still level, by straight lines [s]."""
    y = level - level.mean()
    at = np.nonzero(y[:-1] * y[1:] < 0)[0]
    times = seconds[at] - y[at] * np.diff(seconds)[at] / (y[at + 1] - y[at])
    if times.size < 3:
        return float("nan")
    count = np.round((times[-1] - times[0]) / (guess / 2.0))
    return float(2.0 * (times[-1] - times[0]) / count)


def standing_wave(
    depth: float, cells: int = 100, periods: float = 5.0, options: Options = SHARP
) -> tuple[Simulation, float]:
    """Run a small standing wave in a closed basin; return the run and the period found [s]."""
    cell = 10.0
    grid = strip(cells, cell)
    length = cells * cell
    wave = 1e-3 * depth * np.cos(np.pi * grid.x / length)
    bed = np.full(grid.shape, -depth)
    due = merian_period(length, depth)
    run = dynamic.run(
        Domain(grid, bed, 0.0, np.tile(depth + wave, (grid.ny, 1))),
        Forcing(),
        periods * due,
        asked=Asked(series_every=due / 50, gauges=(Gauge("end", grid.x[0], grid.y[1]),)),
        options=options,
    )
    series = run.gauges["end", "level"]
    return run, fitted_period(series.index.to_numpy(float), series.to_numpy(float), due)


def merian(cells: int = 100, depths: tuple[float, ...] = (0.5, 5.0, 50.0)) -> Outcome:
    """Hold the period of a closed basin against Merian's."""
    runs, findings = [], []
    for depth in depths:
        run, period = standing_wave(depth, cells)
        due = merian_period(cells * 10.0, depth)
        runs.append(run)
        findings.append(
            Finding(
                f"period at a depth of {depth:g} m", due, period, 2e-3 * due, "s",
                "the grid's own dispersion, (pi / cells)2 / 24 of the period, and the amplitude",
            )
        )  # fmt: skip
    kept = runs[-1].gauges["end", "level"].to_numpy(float)
    last = kept[-max(2, kept.size // 5) :]
    findings.append(
        Finding(
            "height of the fifth swing beside the first", 1.0,
            float(np.ptp(last) / np.ptp(kept[: max(2, kept.size // 5)])), 0.03, "",
            "without friction and smoothing nothing damps the wave",
        )
    )  # fmt: skip
    findings.append(kept_water(*runs))

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        for run, depth, style in zip(runs, depths, ("-", "--", ":"), strict=False):
            due = merian_period(cells * 10.0, depth)
            series = run.gauges["end", "level"]
            axes.plot(series.index / due, series / (1e-3 * depth), style, color=BLUE,
                      label=f"depth {depth:g} m")  # fmt: skip
        t = np.linspace(0, 5, 400)
        axes.plot(t, np.cos(2 * np.pi * t), color=ORANGE, lw=0.8, label="exact")
        axes.set(xlabel="Merian's periods", ylabel="level at the wall / first level")
        axes.legend(frameon=False, fontsize=8, loc="upper right")
        return figure

    return Outcome(
        "Standing wave in a basin", "Merian (1828); Proudman (1953), Dynamical Oceanography.",
        findings, draw, work=work_of(runs[-1]),
    )  # fmt: skip


def plane_wave(
    cell: float = 10.0,
    seconds: float = 3600.0,
    inertial: bool = True,
    options: Options | None = None,
) -> tuple[Simulation, PlaneWave]:
    """Run a wave of even speed over a dry plane, its level held at the west end."""
    wave = PlaneWave(0.5, 0.05)
    grid = strip(round(1.15 * wave.speed * seconds / cell), cell)
    rows, columns = dynamic.along_edge(grid, "west")
    times = np.linspace(0.0, seconds, 361)
    exact = wave.inertial_depth if inertial else wave.depth
    held = np.array([float(exact(grid.x[:1], t)[0]) for t in times])
    run = dynamic.run(
        Domain(grid, np.zeros(grid.shape), wave.roughness),
        Forcing(levels=(Level("sea", rows, columns, Series(times, held)),)),
        seconds,
        options=options or Options(precision="double"),
    )
    return run, wave


def hunter(cell: float = 10.0, seconds: float = 3600.0) -> Outcome:
    """Hold a wave over a dry plane against the exact ones, of both forms of the equations."""
    run, wave = plane_wave(cell, seconds, options=Options(theta=1.0, precision="double"))
    usual, _ = plane_wave(cell, seconds)
    whole, _ = plane_wave(cell, seconds, inertial=False)
    x = run.grid.x
    got, got_whole = (r.last.depth[1].astype(float) for r in (run, whole))
    exact, exact_whole = wave.inertial_depth(x, seconds), wave.depth(x, seconds)
    front = x[got > 0.05].max() + cell / 2
    behind = x < wave.speed * seconds - 10 * cell
    findings = [
        Finding(
            "depth, root mean square difference from the inertial wave", 0.0,
            float(np.sqrt(np.mean((got - exact)[behind] ** 2))), 0.015, "m",
            "first order at the front: it shrinks with the cell; without smoothing, theta 1",
        ),
        told(
            "the same with theta 0.9", 0.0,
            float(np.sqrt(np.mean((usual.last.depth[1] - exact)[behind] ** 2))), "m",
            "smoothing takes some momentum where the flow changes",
        ),
        Finding(
            "front", wave.speed * seconds, float(front), 5 * cell, "m",
            "the front moves from cell to cell and is a cliff in the exact solution",
        ),
        Finding(
            "depth, root mean square difference from the whole equations", 0.0,
            float(np.sqrt(np.mean((got_whole - exact_whole)[behind] ** 2))),
            0.02 * float(exact_whole[0]), "m",
            "the local inertial form is itself off by about the Froude number squared, "
            f"{100 * wave.speed**2 / GRAVITY / exact_whole[0]:.1f} % at the west end",
        ),
        kept_water(run, whole),
    ]  # fmt: skip

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
        axes.plot(x, exact_whole, color=GREY, lw=0.9, label="exact, whole equations")
        axes.plot(x, exact, color=ORANGE, label="exact, local inertial")
        axes.plot(x, got, "--", color=BLUE, label="engine")
        axes.set(xlabel="distance [m]", ylabel="depth [m]")
        axes.legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Wave over a dry horizontal plane",
        "Hunter et al. (2005), doi:10.1016/j.advwatres.2005.03.007; the form for the local "
        "inertial equations is derived in tools/flood_validation/exact.py.",
        findings, draw, work=work_of(run),
    )  # fmt: skip


def swing(
    cells: int = 120, periods: float = 1.0, options: Options = SHARP
) -> tuple[Simulation, Bowl]:
    """Run water that swings in a frictionless paraboloid."""
    bowl = Bowl(10.0, 3000.0, 150.0)
    cell = 7200.0 / cells
    grid = Grid(-3600.0, 3600.0, cell, cells, cells, "EPSG:25832")
    x, y = np.meshgrid(grid.x, grid.y)
    run = dynamic.run(
        Domain(grid, bowl.bed(x, y), 0.0, bowl.water(x, y, 0.0)),
        Forcing(),
        periods * bowl.period,
        asked=Asked(
            series_every=bowl.period / 60,
            gauges=(Gauge("east", 1500.0, cell / 2), Gauge("middle", cell / 2, cell / 2)),
            snapshots=tuple(bowl.period * k for k in (0.25, 0.5, 0.75) if k <= periods),
        ),
        options=options,
    )
    return run, bowl


def thacker(cells: int = 120, periods: float = 3.0) -> Outcome:
    """Hold the swing of water in a bowl against Thacker's."""
    run, bowl = swing(cells, periods, Options(theta=0.95, precision="double"))
    series = run.gauges["east", "level"]
    period = fitted_period(series.index.to_numpy(float), series.to_numpy(float), bowl.period)
    x, y = np.meshgrid(run.grid.x, run.grid.y)
    most = 2.0 * bowl.depth * bowl.swing / bowl.radius
    half = run.snapshots[1]
    exact = bowl.water(x, y, half.seconds)
    wet = exact > 0.1
    error = np.sqrt(np.mean((half.depth - exact)[wet] ** 2)) / most
    early = series[series.index <= bowl.period]
    findings = [
        Finding("period", bowl.period, period, 0.015 * bowl.period, "s",
                "terms of (swing / radius)2 that the local inertial form leaves out, 0.5 %, and"
                " the stepped shore"),
        Finding("depth after half a period, root mean square difference / largest level", 0.0,
                100 * float(error), 10.0, "%",
                "the stepped shore"),
        Finding("height of the first swing in the east", 2 * bowl.depth / bowl.radius**2 * 2
                * bowl.swing * 1500.0, float(np.ptp(early)), 0.1 * most, "m",
                "the stepped shore"),
        kept_water(run),
    ]  # fmt: skip

    def draw() -> Figure:
        figure, axes = plt.subplots(1, 2, figsize=(7.6, 3.0), layout="constrained")
        t = np.linspace(0, periods * bowl.period, 300)
        axes[0].plot(t / 60, [float(bowl.level(np.array(1500.0), s)) for s in t], color=ORANGE,
                     label="exact")  # fmt: skip
        axes[0].plot(series.index / 60, series, "--", color=BLUE, label="engine")
        axes[0].set(xlabel="minutes", ylabel="level 1500 m east [m]")
        axes[0].legend(frameon=False, fontsize=8)
        row = run.grid.ny // 2
        axes[1].plot(run.grid.x, run.bed[row], color=GREY, lw=0.8)
        for snap, colour in zip((run.snapshots[0], half), (ORANGE, BLUE), strict=True):
            wet_row = snap.depth[row] > 0.01
            axes[1].plot(run.grid.x[wet_row], (run.bed + snap.depth)[row][wet_row], color=colour,
                         label=f"{snap.seconds / bowl.period:g} periods")  # fmt: skip
        axes[1].set(xlabel="x [m]", ylabel="[m]", ylim=(-2, 2))
        axes[1].legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Water that swings in a bowl", "Thacker (1981), doi:10.1017/S0022112081001882.",
        findings, draw, work=work_of(run),
    )  # fmt: skip
