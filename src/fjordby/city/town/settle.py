"""Where the town lies: built-up land, its centres, work areas and harbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fjordby.arrays import Bools, Floats, Ints
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters

#: Codes of land use on the planning grid.
OPEN, HOMES, WORK, HARBOUR, SITE = 0, 1, 2, 3, 4

Uses = NDArray[np.int8]


@dataclass(frozen=True)
class Centre:
    """A settlement's middle: row and column on the planning grid, and its residents."""

    row: int
    column: int
    persons: float


@dataclass(frozen=True)
class Settlement:
    """Built-up land on the planning grid.

    Parameters
    ----------
    use
        Land use of each planning cell (OPEN, HOMES, WORK, HARBOUR, SITE).
    persons
        Residents in each planning cell, on built-up land where the census cell has some.
    density
        Gross density around each cell [persons/km2].
    centres
        Middles of settlements, largest first.
    """

    use: Uses
    persons: Floats
    density: Floats
    centres: list[Centre]


def settle(ground: Ground, numbers: Parameters, rng: np.random.Generator) -> Settlement:
    """Find the built-up land: in each census cell the best ground its residents need."""
    texture = _texture(ground, rng)
    score = ndimage.gaussian_filter(ground.persons, 125.0 / ground.grid.cell)
    score = score * ground.suit * (1.0 + 0.35 * texture)
    built = _built(ground, score, numbers)
    persons = _gather(ground, built)
    density = ndimage.gaussian_filter(persons, 200.0 / ground.grid.cell)
    density = density / ground.grid.cell_area * 1e6
    use = np.where(built, HOMES, OPEN).astype(np.int8)
    return Settlement(use, persons, density, _centres(ground, persons, density))


def _texture(ground: Ground, rng: np.random.Generator) -> Floats:
    """Return smooth noise of unit spread that makes edges of towns less round."""
    noise = ndimage.gaussian_filter(
        rng.standard_normal(ground.grid.shape), 150.0 / ground.grid.cell
    )
    return np.asarray(np.clip(noise / max(float(noise.std()), 1e-12), -2.0, 2.0))


def area_per_person(density: Floats, numbers: Parameters) -> Floats:
    """Return built-up area for each resident [m2] of a cell with a density [persons/km2].

    Examples
    --------
    >>> float(area_per_person(np.array([1000.0]), Parameters({}))[0])
    450.0
    """
    area = numbers["area_per_person"] * np.maximum(density / 1000.0, 1e-6) ** (
        -numbers["area_exponent"]
    )
    return np.asarray(np.clip(area, numbers["area_smallest"], numbers["area_largest"]))


def _built(ground: Ground, score: Floats, numbers: Parameters) -> Bools:
    cells = ground.census
    inside = cells >= 0
    n = int(cells.max()) + 1
    if n <= 0:
        return np.zeros(cells.shape, bool)
    people = np.bincount(cells[inside], ground.persons[inside], n)
    size = np.bincount(cells[inside], minlength=n) * ground.grid.cell_area
    density = people / np.maximum(size, 1.0) * 1e6
    want = people * area_per_person(density, numbers) / ground.grid.cell_area
    want[people < numbers["village_least"]] = 0.0
    built = np.zeros(cells.shape, bool)
    flat_cells, flat_score = cells.ravel(), score.ravel()
    order = np.lexsort((-flat_score, flat_cells))
    order = order[flat_cells[order] >= 0]
    start = np.searchsorted(flat_cells[order], np.arange(n))
    rank = np.arange(len(order)) - start[flat_cells[order]]
    good = (rank < want[flat_cells[order]]) & (ground.suit.ravel()[order] > 0.2)
    built.ravel()[order[good]] = True
    return _tidy(built, ground)


def _tidy(built: Bools, ground: Ground) -> Bools:
    """Let edges be smooth: a cell does as most of its neighbours within 60 m."""
    share = ndimage.gaussian_filter(built.astype(float), 45.0 / ground.grid.cell)
    tidy = (share > 0.5) & ground.land & (ground.suit > 0.1)
    label, count = ndimage.label(tidy)
    if count:
        area = np.bincount(label.ravel()) * ground.grid.cell_area
        area[0] = 0.0
        tidy &= area[label] >= 12_000.0
    return np.asarray(tidy, bool)


def _gather(ground: Ground, built: Bools) -> Floats:
    """Move residents onto the built-up land of their census cell, where it has any."""
    cells = ground.census
    inside = cells >= 0
    n = int(cells.max()) + 1
    if n <= 0:
        return ground.persons.copy()
    total = np.bincount(cells[inside], ground.persons[inside], n)
    town = ground.persons * built
    held = np.bincount(cells[inside], town[inside], n)
    town_area = np.bincount(cells[inside], built[inside].astype(float), n)
    keeps = (held > 0) & (town_area * ground.grid.cell_area >= 12_000.0)
    scale = np.where(keeps, total / np.maximum(held, 1e-12), 1.0)
    moved = np.where(keeps[np.maximum(cells, 0)] & inside, town, ground.persons)
    return np.where(inside, moved * scale[np.maximum(cells, 0)], 0.0)


def _centres(ground: Ground, persons: Floats, density: Floats) -> list[Centre]:
    """Return peaks of density at least 700 m apart on land, largest first."""
    reach = max(int(700.0 / ground.grid.cell), 1)
    smooth = ndimage.gaussian_filter(density, 150.0 / ground.grid.cell)
    peak = (ndimage.maximum_filter(smooth, size=2 * reach + 1) == smooth) & (smooth > 1.0)
    rows, columns = np.nonzero(peak & (ground.land))
    window = ndimage.uniform_filter(persons, size=2 * reach + 1) * (2 * reach + 1) ** 2
    centres = [
        Centre(int(r), int(c), float(window[r, c])) for r, c in zip(rows, columns, strict=True)
    ]
    return sorted(centres, key=lambda c: (-smooth[c.row, c.column], c.row, c.column))


def add_work(
    ground: Ground,
    town: Settlement,
    to_route: Floats,
    numbers: Parameters,
    rng: np.random.Generator,
) -> Uses:
    """Return land use with work areas by main roads and a harbour by the sea near the centre.

    Parameters
    ----------
    ground, town
        The land and its homes.
    to_route
        Distance to the nearest main road [m].
    numbers, rng
        Parameters and the source of chance.
    """
    use = town.use.copy()
    if not town.centres:
        return use
    people = float(town.persons.sum())
    rows, columns = np.indices(use.shape)
    main = town.centres[0]
    to_centre = np.hypot(rows - main.row, columns - main.column) * ground.grid.cell
    free = (ground.suit > 0.35) & (ground.slope < numbers["work_slope"])
    texture = _texture(ground, rng)
    if np.isfinite(ground.sea).any() and people > 3000:
        near = free & (ground.sea < 420.0) & (to_centre < numbers["harbour_reach"])
        thin = near & (town.density < 0.35 * town.density.max())
        score = ground.sea + 0.25 * to_centre
        _take(use, thin, score, numbers["harbour_area"] * people, HARBOUR, ground)
    score = to_route * 1.2 + 0.12 * to_centre - 220.0 * texture + 3000.0 * ground.slope
    near_town = ndimage.gaussian_filter((use == HOMES).astype(float), 300.0 / ground.grid.cell)
    outside = free & (use == OPEN) & (to_route < 450.0) & (near_town > 0.03) & ~ground.wet
    _take(use, outside & (people > 800), score, numbers["work_area"] * people, WORK, ground)
    return use


def _take(use: Uses, where: Bools, score: Floats, area: float, code: int, ground: Ground) -> None:
    """Give the best cells of `where`, up to an area [m2], a land use; crumbs are given back."""
    index = np.flatnonzero(where)
    if not len(index):
        return
    best = index[np.argsort(score.ravel()[index], kind="stable")]
    mask = np.zeros(use.shape, bool)
    mask.ravel()[best[: int(area / ground.grid.cell_area)]] = True
    mask = (ndimage.gaussian_filter(mask.astype(float), 40.0 / ground.grid.cell) > 0.45) & where
    label, count = ndimage.label(mask)
    if not count:
        return
    size = np.bincount(label.ravel()) * ground.grid.cell_area
    size[0] = 0.0
    use[mask & (size[label] > 15_000.0)] = code


def weighted_middles(
    weight: Floats, count: int, rng: np.random.Generator, rounds: int = 12
) -> Ints:
    """Return `count` cells (row, column) spread by weight: Lloyd's means on the planning grid.

    Each means' cell is the one that its share of the weight lies around (Lloyd 1982,
    doi:10.1109/TIT.1982.1056489).
    """
    index = np.flatnonzero(weight > 0)
    if not len(index) or count < 1:
        return np.zeros((0, 2), np.int64)
    w = weight.ravel()[index]
    points = np.column_stack(np.unravel_index(index, weight.shape)).astype(float)
    if len(points) > 6000:
        keep = rng.choice(len(points), 6000, p=w / w.sum(), replace=False)
        points, w = points[keep], np.ones(6000)
    count = min(count, len(points))
    middles = points[rng.choice(len(points), count, p=w / w.sum(), replace=False)]
    for _ in range(rounds):
        owner = np.argmin(((points[:, None, :] - middles[None]) ** 2).sum(2), axis=1)
        mass = np.maximum(np.bincount(owner, w, count), 1e-12)
        for axis in (0, 1):
            middles[:, axis] = np.bincount(owner, w * points[:, axis], count) / mass
    return np.asarray(np.round(middles), np.int64)
