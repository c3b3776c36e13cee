"""How far two maps of largest depth lie apart, and where."""

from __future__ import annotations

import numpy as np
from case import Case

WET = 0.1  # depth from which a cell counts as flooded here [m]
STEP = 1.0  # a bed step to a neighbour that makes a cell one beside a wall [m]


def beside_walls(bed: np.ndarray) -> np.ndarray:
    """Return the cells with a step of more than `STEP` to one of four neighbours."""
    down, right = np.abs(np.diff(bed, axis=0)) > STEP, np.abs(np.diff(bed, axis=1)) > STEP
    beside = np.zeros(bed.shape, bool)
    beside[1:] |= down
    beside[:-1] |= down
    beside[:, 1:] |= right
    beside[:, :-1] |= right
    return beside


def places(case: Case) -> dict[str, np.ndarray]:
    """Return parts of the map by name; each cell but those of a held column lies in one."""
    free = np.ones(case.bed.shape, bool)
    free[:, 0] = not case.has_sea
    sea = (case.depth > 0) & free
    walls = beside_walls(case.bed) & free & ~sea
    high = float(case.sea_level.max()) if case.has_sea else -np.inf
    low = (case.bed < high) & free & ~sea & ~walls
    return {
        "water at first": sea,
        "lower than the surge": low,
        "beside a wall": walls,
        "all other land": free & ~sea & ~walls & ~low,
    }


def apart(found: np.ndarray, ours: np.ndarray, where: np.ndarray) -> dict[str, float]:
    """Return how two maps differ on some cells.

    `rmse` and `mean` (theirs less ours) [m] are over cells with `WET` or more in one of the two,
    `csi` is the critical success index of these cells: wet in both by wet in one.
    """
    a, b = found[where].astype(float), ours[where].astype(float)
    either, both = (a >= WET) | (b >= WET), (a >= WET) & (b >= WET)
    if not either.any():
        return {"wet": 0, "rmse": 0.0, "mean": 0.0, "largest": 0.0, "csi": 1.0}
    off = (a - b)[either]
    return {
        "wet": int(either.sum()),
        "rmse": float(np.sqrt((off**2).mean())),
        "mean": float(off.mean()),
        "largest": float(off[np.abs(off).argmax()]),
        "csi": float(both.sum() / either.sum()),
    }


def differences(found: np.ndarray, ours: np.ndarray, case: Case) -> dict[str, dict[str, float]]:
    """Return how two maps differ on all land that was dry at first, and by place."""
    parts = places(case)
    land = parts["lower than the surge"] | parts["beside a wall"] | parts["all other land"]
    named = {"all land": land, **parts}
    return {name: apart(found, ours, cells) for name, cells in named.items() if cells.any()}
