"""Merewether 2007: a flood between houses, held against five surveyed levels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rasterio
import shapely
from matplotlib.figure import Figure
from rasterio.features import rasterize

from fjordby.flood import dynamic
from fjordby.flood.dynamic import (
    Asked,
    Domain,
    Forcing,
    Gauge,
    Inflow,
    OpenEdge,
    Options,
    Simulation,
)
from fjordby.grid import Grid
from flood_validation.exact import Floats
from flood_validation.table import Finding, Outcome, kept_water, told, work_of
from flood_validation.waves import BLUE, ORANGE

DATA = Path(__file__).parents[2] / "tests" / "data" / "merewether"
#: Steady inflow [m3/s], over a disc [m].
FLOW, CENTRE, RADIUS = 19.7, (382265.0, 6354280.0), 10.0
#: How houses stand in the ground: not at all, without ground, or 3 m above it.
Houses = Literal["none", "blocks", "raised"]
RAISED = 3.0
ROAD, ELSEWHERE = 0.02, 0.04


@dataclass(frozen=True)
class Town:
    """The ground of the town on some grid, with what stands on it."""

    grid: Grid
    ground: Floats
    house: np.ndarray
    roughness: Floats
    levels: pd.DataFrame


def town(cells: int = 1) -> Town:
    """Read the town, `cells` x `cells` of the 1 m terrain made one by their mean."""
    with rasterio.open(DATA / "terrain_mm.tif") as source:
        fine = source.read(1).astype(np.float64)
        transform = source.transform
    fine[fine == 0.0] = np.nan
    fine /= 1e3
    ny, nx = fine.shape[0] // cells, fine.shape[1] // cells
    blocks = fine[: ny * cells, : nx * cells].reshape(ny, cells, nx, cells)
    grid = Grid(transform.c, transform.f, transform.a * cells, ny, nx, "EPSG:32756")
    corners = pd.read_csv(DATA / "houses.csv")
    shapes = [shapely.Polygon(g[["x", "y"]].to_numpy()) for _, g in corners.groupby("house")]
    road = shapely.Polygon(pd.read_csv(DATA / "road.csv").to_numpy())

    def cover(shape: list[shapely.Polygon]) -> np.ndarray:
        return np.asarray(
            rasterize([(s, 1) for s in shape], (ny, nx), transform=grid.transform, dtype="uint8")
        ).astype(bool)

    rough = np.where(cover([road]), ROAD, ELSEWHERE)
    levels = pd.read_csv(DATA / "levels.csv", index_col="point")
    return Town(grid, blocks.mean((1, 3)), cover(shapes), rough, levels)


def flood(
    houses: Houses, cells: int = 1, seconds: float = 1000.0, options: Options | None = None
) -> tuple[Simulation, Town]:
    """Run the steady flood from a dry start."""
    place = town(cells)
    bed = place.ground.copy()
    if houses == "blocks":
        bed[place.house] = np.nan
    elif houses == "raised":
        bed[place.house] += RAISED
    x, y = np.meshgrid(place.grid.x, place.grid.y)
    disc = (np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS) & np.isfinite(bed)
    rows, columns = np.nonzero(disc)
    # The outline on a coarse grid may take the cell of a surveyed point: the nearest free one then.
    free = np.isfinite(bed) & ~(place.house & (houses != "none"))
    gauges = []
    for point, at in place.levels.iterrows():
        far = np.where(free, np.hypot(x - at.x, y - at.y), np.inf)
        k = np.unravel_index(int(far.argmin()), far.shape)
        gauges.append(Gauge(str(point), float(x[k]), float(y[k])))
    run = dynamic.run(
        Domain(place.grid, bed, place.roughness),
        Forcing(
            inflows=(Inflow("storm water", rows, columns, dynamic.steady(FLOW)),),
            open_edges=(OpenEdge("east"), OpenEdge("north")),
        ),
        seconds,
        asked=Asked(series_every=10.0, gauges=tuple(gauges)),
        options=options or Options(),
    )
    return run, place


def computed_levels(run: Simulation, place: Town, over: float = 100.0) -> pd.Series:
    """Return the level at the five points, the mean of the last seconds [m]."""
    late = run.gauges.index >= run.seconds - over
    return pd.Series(
        {p: float(run.gauges[str(p), "level"][late].mean()) for p in place.levels.index}
    )


def merewether(cells: int = 1, seconds: float = 1000.0) -> Outcome:
    """Hold the flood with houses as blocks, raised and left out against the surveyed levels."""
    runs = {kind: flood(kind, cells, seconds) for kind in ("blocks", "raised", "none")}
    levels = {kind: computed_levels(*pair) for kind, pair in runs.items()}
    survey = runs["blocks"][1].levels
    names = {"blocks": "houses as blocks", "raised": "houses raised", "none": "without houses"}
    findings = []
    for kind, computed in levels.items():
        findings += [
            told(f"level at point {p}, {names[kind]}", survey.surveyed_m[p], computed[p], "m",
                 f"computed less surveyed {computed[p] - survey.surveyed_m[p]:+.2f} m; TUFLOW "
                 f"{survey.tuflow_m[p] - survey.surveyed_m[p]:+.2f} m"
                 + (", of its 0.5, 1 and 2 m grids "
                    + ", ".join(f"{survey.at[p, c] - survey.surveyed_m[p]:+.2f}" for c in GRIDS)
                    if kind == "blocks" else ""))
            for p in survey.index
        ]  # fmt: skip
    tuflow = float((survey.tuflow_m - survey.surveyed_m).abs().mean())
    best = {k: float((c - survey.surveyed_m).abs().mean()) for k, c in levels.items()}
    findings += [
        told(f"mean size of the five differences, {names[kind]}", tuflow, mean, "m",
             "expected: TUFLOW's own") for kind, mean in best.items()
    ]  # fmt: skip
    findings += [
        Finding("mean size of the five differences, houses as blocks", 0.0, best["blocks"],
                tuflow + 0.10, "m",
                f"TUFLOW's own, {tuflow:.2f} m, and 0.10 m; nothing was fitted"),
        kept_water(*(run for run, _ in runs.values())),
    ]  # fmt: skip

    def draw() -> Figure:
        run, place = runs["blocks"]
        figure, axes = plt.subplots(1, 2, figsize=(8.0, 4.4), layout="constrained",
                                    width_ratios=(1.25, 1))  # fmt: skip
        west, south, east, north = place.grid.bounds
        axes[0].imshow(np.where(place.house, 0.7, np.nan), extent=(west, east, south, north),
                       cmap="Greys", vmin=0, vmax=1)  # fmt: skip
        shown = np.where(run.last.depth > 0.03, run.last.depth, np.nan)
        image = axes[0].imshow(shown, extent=(west, east, south, north), cmap="Blues", vmin=0,
                               vmax=1.5)  # fmt: skip
        figure.colorbar(image, label="depth [m]", shrink=0.7)
        axes[0].plot(survey.x, survey.y, "o", color=ORANGE, ms=4)
        for p in survey.index:
            axes[0].annotate(str(p), (survey.x[p], survey.y[p]), (4, 4),
                             textcoords="offset points", fontsize=8)  # fmt: skip
        axes[0].set(xticks=[], yticks=[])
        axes[1].axhline(0.0, color="#5a5a5a", lw=0.6)
        at = np.arange(len(survey))
        marks = {"blocks": ("o", BLUE), "raised": ("s", "#7fb2d6"), "none": ("^", "#b8ab95")}
        for kind, (mark, colour) in marks.items():
            axes[1].plot(at, (levels[kind] - survey.surveyed_m).to_numpy(), mark, color=colour,
                         label=names[kind])  # fmt: skip
        axes[1].plot(at, survey.tuflow_m - survey.surveyed_m, "x", color=ORANGE, label="TUFLOW")
        axes[1].set(xticks=at, xticklabels=[str(p) for p in survey.index], xlabel="point",
                    ylabel="computed less surveyed level [m]")  # fmt: skip
        axes[1].legend(frameon=False, fontsize=8)
        return figure

    return Outcome(
        "Merewether 2007",
        "Smith & Wasko (2012), Australian Rainfall and Runoff, Revision Project 15; data of the "
        "Water Research Laboratory with ANUGA (tests/data/merewether).",
        findings, draw,
        "19.7 m3/s, steady, over a disc of 10 m; west and south closed, east and north over a free "
        "fall; Manning's n 0.02 on the road and 0.04 elsewhere, as the case's description has it; "
        "nothing was fitted.",
        work_of(runs["blocks"][0]),
    )  # fmt: skip


GRIDS = ("tuflow_half_metre_m", "tuflow_1m_m", "tuflow_2m_m")
