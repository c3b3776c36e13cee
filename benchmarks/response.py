"""How fast a response surface answers: seconds per million cells, beside plain interpolators.

    python benchmarks/response.py [--cells 1e6] [--runs 40] [--axes 4]

A made-up surface in which every cell is wet in some run, the worst case: a real one only holds the
cells that are ever wet. Printed are the depth map of one event (best and mean of thirty events
that were never asked for before), the band, ten thousand events at a thousand places, and what
scipy's interpolators on the same cells take. One thread.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.interpolate import RBFInterpolator, RegularGridInterpolator

from fjordby.flood.response import Axis, Surface, Tolerance, load, save
from fjordby.flood.response.design import candidates, first_runs
from fjordby.flood.response.fit import cleaned, lay, learn, points_of
from fjordby.grid import Grid

SIDE = 1000


def shares_for(axes: tuple[Axis, ...], runs: int) -> np.ndarray:
    """Return runs on a lattice of at most 300 nodes, as a build chooses them."""
    rng, shares = np.random.default_rng(1), first_runs(axes)
    while shares.shape[0] < runs:
        points = candidates(axes, shares, 300)
        shares = np.vstack([shares, points[rng.integers(points.shape[0])]])
    return shares


def depths_of(shares: np.ndarray, cells: int) -> np.ndarray:
    """Return depth of every cell in every run: rising, with a jump, and dry at first in many."""
    rng = np.random.default_rng(2)
    need = rng.uniform(-0.2, 1.0, cells).astype(np.float32)
    found = np.empty((shares.shape[0], cells), np.float32)
    for k, share in enumerate(shares):
        level = np.float32(1.4 * share[0] ** 0.8 + 0.3 * share[1:].sum() * share[0])
        found[k] = np.maximum(level - need, 0) + (level > need + 0.4) * np.float32(0.3)
    found[0] = np.maximum(found[0], np.float32(0.02))
    return cleaned(found)


def surface_of(axes: tuple[Axis, ...], runs: int, cells: int) -> tuple[Surface, float]:
    """Return a surface with so many wet cells, and how long it took to lay [s]."""
    shares = shares_for(axes, runs)
    depth = depths_of(shares, cells)
    model = learn(axes, shares, np.ascontiguousarray(depth[:, :4000]), 0.9)
    begun = time.perf_counter()
    fit = lay(axes, shares, depth, model)
    took = time.perf_counter() - begun
    grid = Grid(0.0, 10.0 * (cells // SIDE), 10.0, cells // SIDE, SIDE, "EPSG:25832")
    where = np.arange(cells, dtype=np.int32)
    ground, none = np.ones(grid.shape, bool), pd.DataFrame({"run": []})
    return Surface(fit, where, grid, ground, "surge", none, Tolerance(), False), took


def timed(work: object, tries: int = 30) -> tuple[float, float]:
    """Return the best and the mean time of some tries [s], the first not counted."""
    work()
    found = []
    for _ in range(tries):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found), sum(found) / len(found)


def row(name: str, best: float, mean: float, cells: float) -> None:
    """Print a line of the table."""
    print(f"{name:44} {best:9.4f} {mean:9.4f} {best / cells * 1e6:14.4f}")


def rivals(surface: Surface, points: np.ndarray) -> None:
    """Time scipy's interpolators over the same lattice and the same runs."""
    fit, count = surface.fit, min(surface.cells.size, 200_000)
    board = fit.nodes[:, :count].astype(np.float32).reshape(*(c.size for c in fit.coordinates), -1)
    grid = RegularGridInterpolator(fit.coordinates, board)
    turn = iter(np.tile(points, (9, 1)))
    row("scipy RegularGridInterpolator, same lattice", *timed(lambda: grid(next(turn)), 10), count)
    spline = RBFInterpolator(fit.shares, fit.runs[:, :count].astype(np.float64), kernel="linear")
    row("scipy RBFInterpolator, the same runs", *timed(lambda: spline(next(turn)[None]), 10), count)


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--cells", type=float, default=1e6)
    ask.add_argument("--runs", type=int, default=40)
    ask.add_argument("--axes", type=int, default=4)
    said = ask.parse_args()
    cells = int(said.cells) // SIDE * SIDE
    axes = tuple(Axis(f"axis {k}", 0.0, 1.0) for k in range(said.axes))
    made, laid = surface_of(axes, said.runs, cells)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    nodes = made.fit.nodes
    print(f"{cells:,} cells, all wet; {said.axes} axes, {said.runs} runs")
    print(f"{nodes.shape[0]} nodes, {nodes.nbytes / 1e6:.0f} MB, laid in {laid:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        surface = load(save(made, Path(folder) / "surface"))
        points = points_of([np.linspace(0.03, 0.97, 5)] * said.axes)
        np.random.default_rng(4).shuffle(points)
        turn = iter(np.tile(points, (3, 1)))

        def point() -> dict[str, float]:
            return {axis.name: float(s) for axis, s in zip(axes, next(turn), strict=True)}

        print(f"{'':44} {'best s':>9} {'mean s':>9} {'s/1e6 cells':>14}")
        row("depth map of an event", *timed(lambda: surface.depth(point())), cells)
        row("depth map with its band", *timed(lambda: surface.band(point())), cells)
        many, some = 10_000, surface.at(np.arange(0, cells, cells // 1000)[:1000])
        draws = np.random.default_rng(5).random((many, said.axes))
        best = timed(lambda: some.depths(draws), 3)
        row(f"{many} events at 1000 places", *best, many * 1000)
        rivals(surface, points)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")


if __name__ == "__main__":
    main()
