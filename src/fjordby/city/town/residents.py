"""Who lives where: the census cell's residents, shared over its dwellings and ages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fjordby.arrays import Bools, Floats, Ints
from fjordby.catalogue import rows
from fjordby.city.model import AGE_GROUPS
from fjordby.city.town.parameters import Parameters

#: Residents are written to this fraction of a person.
GRAIN = 0.01
HOMES = ("detached", "farm", "terrace", "flat", "care")


@cache
def age_tendency() -> Mapping[str, tuple[float, ...]]:
    """Return how much each age group is drawn to each kind of home (`household_ages.csv`)."""
    return {
        row["home"]: tuple(float(row[group]) for group in AGE_GROUPS)
        for row in rows("city/town/household_ages.csv")
    }


def household(home: NDArray[np.object_], numbers: Parameters) -> Floats:
    """Return the usual number of persons in a dwelling of each kind of home."""
    size = {kind: numbers[f"household_{kind}"] for kind in HOMES}
    return np.array([size.get(str(kind), 0.0) for kind in home], np.float64)


def adjust_flats(
    cell: Ints, people: Floats, dwellings: Floats, home: NDArray[np.object_], numbers: Parameters
) -> Floats:
    """Return dwellings with flats made more or fewer, so that households have a usual size."""
    usual = household(home, numbers)
    n = len(people)
    inside = cell >= 0
    flat = inside & np.isin(home, ("flat", "terrace"))
    would = np.bincount(cell[inside], (dwellings * usual)[inside], n)
    flats = np.bincount(cell[flat], (dwellings * usual)[flat], n)
    factor = np.clip((people - (would - flats)) / np.maximum(flats, 1e-9), 0.55, 1.6)
    changed = dwellings.copy()
    changed[flat] = np.maximum(np.round(dwellings[flat] * factor[cell[flat]]), 1.0)
    return changed


def rehouse(cell: Ints, people: Floats, beds: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Move residents of census cells without a home to the nearest cell with one.

    Parameters
    ----------
    cell, beds
        Census cell of each building (-1 outside) and its dwellings.
    people
        Residents of each census cell.
    places
        Middle of each census cell, shape (cells, 2) [m].

    Returns
    -------
    Residents of each census cell after, and those who had to leave theirs.
    """
    n = len(people)
    inside = cell >= 0
    homes = np.bincount(cell[inside], beds[inside], n) > 0
    away = np.where(homes, 0.0, people)
    moved = people - away
    if homes.any():
        for i in np.flatnonzero(away > 0):
            apart = np.where(homes, ((places - places[i]) ** 2).sum(1), np.inf)
            moved[int(np.argmin(apart))] += away[i]
    return moved, away


def share(
    cell: Ints,
    people: Floats,
    dwellings: Floats,
    home: NDArray[np.object_],
    numbers: Parameters,
) -> Floats:
    """Return residents of each building by age group, adding up to each census cell.

    Parameters
    ----------
    cell
        Census cell of each building, -1 outside.
    people
        Residents of each census cell.
    dwellings, home
        Dwellings of each building and the kind of home.
    numbers
        The town's parameters.

    Returns
    -------
    Array of shape (buildings, 4) in hundredths of a person; zero where nobody lives.
    """
    n = len(people)
    weight = np.where(cell >= 0, dwellings * household(home, numbers), 0.0)
    index = np.maximum(cell, 0)
    total = np.bincount(index, weight, n)
    persons = np.divide(
        people[index] * weight, total[index], out=np.zeros(len(weight)), where=total[index] > 0
    )
    wish = np.array([age_tendency().get(str(h), (0.0,) * 4) for h in home]).reshape(-1, 4)
    shares = np.array([numbers[f"{group}_share"] for group in AGE_GROUPS])
    shares = shares / shares.sum()
    by_age = persons[:, None] * wish * shares
    # Iterative proportional fitting (Deming & Stephan 1940, doi:10.1214/aoms/1177731829):
    # the town has its ages, each building its people.
    for _ in range(30):
        by_age *= shares * persons.sum() / np.maximum(by_age.sum(0), 1e-12)
        have = by_age.sum(1)
        by_age *= np.divide(persons, have, out=np.zeros(len(have)), where=have > 0)[:, None]
    return _whole_grains(by_age, index, people, total > 0)


def _whole_grains(by_age: Floats, cell: Ints, people: Floats, lived: Bools) -> Floats:
    """Round to grains so that each census cell still adds up (largest remainders first)."""
    grains = by_age / GRAIN
    whole = np.floor(grains)
    rest = (grains - whole).ravel()
    owner = np.repeat(cell, by_age.shape[1])
    target = np.round(people / GRAIN) * lived
    missing = target - np.bincount(owner, whole.ravel(), len(people))
    order = np.lexsort((-rest, owner))
    order = order[rest[order] > 0]
    start = np.searchsorted(owner[order], np.arange(len(people)))
    rank = np.arange(len(order)) - start[owner[order]]
    add = np.zeros(whole.size)
    add[order[rank < missing[owner[order]]]] = 1.0
    return np.asarray((whole + add.reshape(whole.shape)) * GRAIN)
