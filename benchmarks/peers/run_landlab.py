"""landlab's OverlandFlow: de Almeida et al. (2012) on a raster grid, double precision.

A ring of closed nodes stands around our cells. The west column is held by writing its depth
before each step. `alpha` is 0.6, not its default of 0.7: with `theta` = 0.8 the scheme is stable in
two directions up to sqrt(theta / 2) = 0.63, and at 0.7 the deep fjord swings to twice its depth.
Steps are cut to 5 s, as itzi-core does by default: on dry ground the first one would last minutes,
and the rain of minutes let go at once never settles. `steep_slopes` stays off, as by default.
"""

from __future__ import annotations

import numpy as np
from case import Answer, Case, measured
from landlab import RasterModelGrid
from landlab.components import OverlandFlow

LONGEST = 5.0  # longest step, as itzi-core's default [s]


def prepared(case: Case):
    """Return a call that computes a case."""
    ny, nx = case.bed.shape
    west = 0 if case.has_sea else 1
    ring = ((1, 1), (west, 1))
    grid = RasterModelGrid((ny + 2, nx + 1 + west), xy_spacing=case.cell)
    bed = np.pad(case.bed[::-1].astype(float), ring, mode="edge").ravel()
    depth = np.pad(case.depth[::-1].astype(float), ring).ravel()
    grid.add_field("topographic__elevation", bed, at="node")
    h = grid.add_field("surface_water__depth", depth, at="node")
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    held = grid.nodes[1:-1, 0]
    if case.has_sea:
        grid.status_at_node[held] = grid.BC_NODE_IS_FIXED_VALUE
    flow = OverlandFlow(grid, alpha=0.6, theta=0.8, mannings_n=case.roughness)
    eastward = grid.links_at_node[held, 0]
    q = grid.at_link["surface_water__discharge"]
    ours = grid.nodes[1:-1, west:-1].ravel()
    core = grid.core_nodes
    area = case.cell**2

    def work() -> Answer:
        start = h[core].sum() * area
        largest, seconds, steps, rained, entered = h.copy(), 0.0, 0, 0.0, 0.0
        next_look = 0.0
        while seconds < case.end - 1e-9:
            raining = seconds < case.rain_until
            flow.rainfall_intensity = case.rain if raining else 0.0
            if case.has_sea:
                h[held] = np.maximum(case.sea(seconds) - bed[held], 0.0)
            stop = case.rain_until if raining and case.rain_until < case.end else case.end
            dt = min(flow.calc_time_step(), LONGEST, stop - seconds)
            flow.run_one_step(dt)
            seconds, steps = seconds + dt, steps + 1
            rained += flow.rainfall_intensity * dt * core.size * area
            if case.has_sea:
                entered += q[eastward].sum() * case.cell * dt
            if seconds >= next_look:
                np.maximum(largest, h, out=largest)
                next_look = seconds + 10.0
        np.maximum(largest, h, out=largest)
        error = h[core].sum() * area - start - rained - entered
        words = f"alpha 0.6, theta 0.8, steps of at most {LONGEST:g} s"
        return Answer(largest[ours].reshape(ny, nx)[::-1], steps, error, words)

    return work


if __name__ == "__main__":
    measured("landlab", prepared)
