"""ANUGA: finite volumes on triangles, full shallow water, double precision, compiled code.

Each of our cells is two triangles with the bed of the cell. The level of the sea is a boundary
along the west edge, half a cell further out than the held cells of the others, with no momentum:
where it lets momentum out, a cell that the sea falls away from stops the run after 98 minutes.
"""

from __future__ import annotations

import anuga
import numpy as np
from anuga.operators.collect_max_quantities_operator import Collect_max_quantities_operator
from case import Answer, Case, measured


def prepared(case: Case):
    """Return a call that computes a case."""
    ny, nx = case.bed.shape
    domain = anuga.Domain(*anuga.rectangular(nx, ny, nx * case.cell, ny * case.cell))
    domain.set_name("case")
    domain.set_store(False)
    x, y = domain.centroid_coordinates.T
    row, column = ny - 1 - (y // case.cell).astype(int), (x // case.cell).astype(int)
    bed, depth = case.bed[row, column].astype(float), case.depth[row, column].astype(float)
    domain.set_quantity("elevation", bed, location="centroids")
    domain.set_quantity("stage", bed + depth, location="centroids")
    domain.set_quantity("friction", case.roughness)
    wall = anuga.Reflective_boundary(domain)
    west = wall
    if case.has_sea:
        west = anuga.Time_boundary(domain, function=lambda t: [case.sea(t), 0.0, 0.0])
    domain.set_boundary({"left": west, "right": wall, "top": wall, "bottom": wall})
    anuga.Rate_operator(domain, rate=lambda t: case.rain if t < case.rain_until else 0.0)
    deepest = Collect_max_quantities_operator(domain)

    def work() -> Answer:
        start = domain.get_water_volume()
        steps = 0
        for _ in domain.evolve(yieldstep=case.end / 24, finaltime=case.end):
            steps += domain.number_of_steps  # counted anew after each yield
        given = domain.get_boundary_flux_integral() + domain.get_fractional_step_volume_integral()
        error = domain.get_water_volume() - start - given
        largest = case.depth.copy()
        np.maximum.at(largest, (row, column), deepest.max_depth)
        words = f"{domain.flow_algorithm}, {2 * nx * ny} triangles; deeper triangle of each cell"
        return Answer(largest, steps, error, words)

    return work


if __name__ == "__main__":
    measured("anuga", prepared)
