"""Everything that a run can carry, laid over the fjord city, to see what it costs.

A quay with a gate across the river, culverts under streets, pumps into the fjord, gauges, lines
and snapshots. Points are given in the metres of the town as it was drawn, from its north-west
corner, and stretched to its real size.
"""

from __future__ import annotations

import numpy as np
import shapely

from fjordby.flood.dynamic import Asked, Gauge, Line
from fjordby.flood.dynamic.structures import Culvert, Gate, Pump, ShutAbove, Wall
from fjordby.grid import Grid

DRAWN = 5000.0  # [m]
CROSSES = 3200.0  # where the gate closes the river [m]


def middle(u: float) -> float:
    """Return the winding middle line of fjord and river [m], as `fjord_city.ground` draws it."""
    return 2500 + 250 * float(np.sin(u / 900))


def laden(grid: Grid, seconds: float) -> tuple[Asked, tuple]:
    """Return what a fully laden run writes down, and the structures in it."""
    size = grid.nx * grid.cell

    def at(u: float, v: float) -> tuple[float, float]:
        return u * size / DRAWN, grid.north - v * size / DRAWN

    def line(*points: tuple[float, float]) -> shapely.LineString:
        return shapely.LineString([at(*point) for point in points])

    river = middle(CROSSES)
    along = np.linspace(400.0, 2500.0, 40)
    width = np.interp(along, [0, 1500, 2600], [700, 450, 120]) + 60
    asked = Asked(
        snapshots=tuple(np.arange(600.0, seconds + 1, 600.0)),
        gauges=tuple(
            Gauge(f"gauge {k}", *at(u, middle(u))) for k, u in enumerate(range(200, 4800, 500))
        ),
        lines=tuple(
            Line(f"line {k}", line((u, 1500.0), (u, 3500.0)))
            for k, u in enumerate(range(500, 4500, 1000))
        ),
        thresholds=(0.05, 0.3, 0.5, 1.0),
    )
    quay = line(*((u, middle(u) - w) for u, w in zip(along, width, strict=True)))
    structures: list[object] = [
        Wall("quay", quay, 1.7),
        Gate("gate", line((CROSSES, river - 40.0), (CROSSES, river + 40.0)), -1.5, 2.5,
             ShutAbove(1.0, reopen=0.8)),
    ]  # fmt: skip
    for k, u in enumerate(range(3400, 4800, 200)):
        ends = at(u, middle(u) - 60.0), at(u, middle(u) - 10.0)
        structures.append(Culvert(f"culvert {k}", *ends, -1.0, -1.0, 1.0))
    for k, u in enumerate(range(600, 2400, 300)):
        w = float(np.interp(u, along, width))
        ends = at(u, middle(u) - w - 60.0), at(u, middle(u) - w + 120.0)
        structures.append(Pump(f"pump {k}", *ends, (1.6,), (1.4,), (0.0, 4.0), (2.0, 1.0)))
    return asked, tuple(structures)
