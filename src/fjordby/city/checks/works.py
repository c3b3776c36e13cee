"""What can be wrong with the gates, pumps and culverts of a city."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fjordby.city.checks.known import Known
from fjordby.city.model import Layer
from fjordby.city.problem import Problem, problem
from fjordby.city.works import RECORD, Works, mistakes

FILE = f"{RECORD}.toml"


def works(known: Known) -> Iterator[Problem]:
    """Find keys of structures.toml that are wrong, and structures off the known ground."""
    record = known.records.get(RECORD)
    if record is None:
        return
    barriers = known.table(Layer.BARRIERS)
    gates = (
        dict(zip(barriers["id"].astype(str), barriers["type"] == "gate", strict=True))
        if len(barriers)
        else {}
    )
    wrong = mistakes(record, gates)
    for one in wrong:
        yield problem("structures-bad", Layer.BARRIERS, file=FILE, got=one)
    if wrong or known.terrain is None:
        return
    ends = Works.model_validate(dict(record)).ends()
    if not ends:
        return
    points = np.array([end for _, end in ends], np.float64)
    off = ~np.isfinite(known.height(points)) & ~known.sample(known.wet, points, False)
    if off.any():
        yield problem(
            "structures-nowhere",
            Layer.BARRIERS,
            file=FILE,
            count=int(off.sum()),
            ids=[ends[i][0] for i in np.flatnonzero(off)],
            where=points[off][:5],
        )
