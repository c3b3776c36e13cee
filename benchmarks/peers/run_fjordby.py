"""Our own engine, under the same clock as the others.

The variable FJORDBY_OPTIONS holds options as JSON; "laden": true puts gauges, lines, snapshots and
structures into the case, to see what they cost.
"""

from __future__ import annotations

import json
import os

import numpy as np
from case import Answer, Case, measured
from laden import laden

from fjordby.flood.dynamic import (
    Asked,
    Domain,
    Forcing,
    Level,
    Options,
    Rain,
    along_edge,
    run,
)
from fjordby.grid import Grid
from fjordby.shock.event import Series

WANTED = json.loads(os.environ.get("FJORDBY_OPTIONS", "{}"))
LADEN = bool(WANTED.pop("laden", False))


def prepared(case: Case):
    """Return a call that computes a case."""
    grid = Grid(0.0, case.bed.shape[0] * case.cell, case.cell, *case.bed.shape, "EPSG:25832")
    levels = ()
    if case.has_sea:
        series = Series(case.sea_seconds, case.sea_level)
        levels = (Level("sea", *along_edge(grid, "west"), series),)
    rain = Rain((Series.steps(np.array([0.0, case.rain_until]), np.array([case.rain])),))
    forcing = Forcing(levels=levels, rain=rain)
    domain = Domain(grid, case.bed, case.roughness, case.depth)
    options = Options(**{"threads": int(os.environ["OMP_NUM_THREADS"])} | WANTED)
    full = LADEN and case.bed.size > 10_000
    asked, structures = laden(grid, case.end) if full else (Asked(), ())

    def work() -> Answer:
        done = run(domain, forcing, case.end, structures, asked, options)
        words = ", ".join(f"{c.what} {100 * c.share:.1f} %" for c in done.cautions)
        extra = {"cell_updates": done.cell_updates, "engine_cpu": done.cpu_seconds}
        return Answer(done.depth, done.steps, done.balance.error, words, extra)

    return work


if __name__ == "__main__":
    measured("fjordby", prepared)
