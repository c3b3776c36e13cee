"""geoswe: finite volumes (HLLC, full shallow water), its NumPy path for the CPU, double precision.

The west column is its stage boundary; all other edges are walls.
"""

from __future__ import annotations

import os

os.environ["GEOSWE_BACKEND"] = "numpy"

import numpy as np
from case import Answer, Case, measured
from geoswe import Config, Mesh2D, RainfallForcing, Solver2D, StageBoundary


class Counted(StageBoundary):
    """A stage boundary that remembers the water it put in or took out [m]."""

    put: float = 0.0

    def apply(self, q: np.ndarray, t: float, **more: object) -> None:
        """Hold the cells at the level of the sea."""
        cells = self.cells[:, 0], self.cells[:, 1]
        before = q[0][cells].sum()
        super().apply(q, t, **more)
        self.put += float(q[0][cells].sum() - before)


def prepared(case: Case):
    """Return a call that computes a case."""
    bed = np.ascontiguousarray(case.bed[::-1].T, float)
    mesh = Mesh2D(nx=bed.shape[0], ny=bed.shape[1], dx=case.cell, dy=case.cell)
    state = np.zeros((3, *bed.shape))
    state[0] = case.depth[::-1].T
    sea = None
    if case.has_sea:
        west = np.zeros(bed.shape, bool)
        west[0] = True
        sea = Counted.from_mask(west, mesh, bed, case.sea_seconds, case.sea_level)
    rain = RainfallForcing([0.0, case.rain_until], [case.rain * 3.6e6, 0.0])
    config = Config(friction="manning", manning_n=case.roughness, bc_x="wall", bc_y="wall",
                    rainfall_forcing=rain, stage_boundary=sea)  # fmt: skip
    solver = Solver2D(mesh, config, state, bed)

    def work() -> Answer:
        area = case.cell**2
        start = solver.depth().sum()
        rained = 0.0

        def note(_: object, step: int) -> None:
            nonlocal rained, seconds
            rained += float(rain.rate_at_time(seconds)) * (solver.t - seconds)
            seconds = solver.t

        seconds = 0.0
        steps = solver.run(t_end=case.end, callback=note)
        put = sea.put if sea is not None else 0.0
        error = (solver.depth().sum() - start - rained * bed.size - put) * area
        words = f"{config.dtype}, {config.flux}, its defaults"
        return Answer(solver.max_depth().T[::-1], steps, error, words)

    return work


if __name__ == "__main__":
    measured("geoswe", prepared)
