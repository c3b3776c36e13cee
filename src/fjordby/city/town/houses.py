"""Houses with their garages, halls of trade and industry, and farms, along the streets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from shapely import STRtree

from fjordby.arrays import Bools, Floats, Ints
from fjordby.city.town import multistorey
from fjordby.city.town.batch import Batch, Objects, batch, pick, together
from fjordby.city.town.blocks import (
    DETACHED,
    HALLS,
    PERIMETER,
    QUAY,
    SLAB,
    TERRACE,
    Blocks,
)
from fjordby.city.town.boxes import FORCE, Standing, boxes_of
from fjordby.city.town.fronts import Fronts, corners
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import OPEN, Settlement, Uses
from fjordby.city.town.shapes import draw_boxes
from fjordby.grid import Grid, Raster

#: Widest and narrowest plot of a detached house [m].
PLOT_LEAST, PLOT_MOST = 15.0, 40.0
#: What shops and offices of the centre are: two shops for each office, eating place and service.
TRADES = (322, 322, 321, 333, 334)


#: Houses of a perimeter block stand within this distance of a street's middle [m].
KERB = 13.0
#: Codes of the buildings of work areas and of the harbour, with their shares; assumed: halls and
#: workshops first, shops and offices among them; by the quay stores and silos.
WORKS = {222: 0.2, 223: 0.2, 323: 0.2, 322: 0.16, 321: 0.14, 221: 0.1}
QUAYSIDE = {323: 0.4, 222: 0.25, 315: 0.2, 223: 0.1, 321: 0.05}


@dataclass(frozen=True)
class Land:
    """What building asks of the land: dry, known, and its use."""

    ground: Ground
    use: Uses
    sea: Raster
    terrain: Raster

    def dry(self, boxes: Floats) -> Bools:
        """Return which boxes stand on known land, at all of nine points."""
        x, y = corners(boxes)
        grid = Grid.of(self.sea)
        row, column = grid.rows_columns(x, y)
        inside = (row >= 0) & (row < grid.ny) & (column >= 0) & (column < grid.nx)
        r, c = np.clip(row, 0, grid.ny - 1), np.clip(column, 0, grid.nx - 1)
        sea = np.asarray(self.sea.values, bool)[r, c]
        known = np.isfinite(np.asarray(self.terrain.values))[r, c]
        return np.asarray((inside & ~sea & known).all(axis=1))


def multi_storey(
    blocks: Blocks,
    roads: Objects,
    standing: Standing,
    land: Land,
    numbers: Parameters,
    rng: np.random.Generator,
) -> list[Batch]:
    """Return perimeter blocks, slabs of flats and terraces, with the dwellings wanted there."""
    found = []
    wanted = blocks.dwellings
    tree = STRtree(roads)
    for i in np.flatnonzero(np.isin(blocks.kind, (TERRACE, SLAB, PERIMETER))):
        kind, block = int(blocks.kind[i]), blocks.shape[i]
        if kind == PERIMETER:
            houses = multistorey.perimeter(block, rng)
        elif kind == SLAB:
            houses = multistorey.rows(block, 11.0, 30.0, (18.0, 62.0), rng, 5.0)
        else:
            houses = multistorey.rows(block, 8.5, 25.0, (12.0, 46.0), rng, 4.0)
        if not houses:
            continue
        shape = np.array(houses, object)
        boxes = boxes_of(shape)
        # Neighbours share walls, so each is held against what stood before the block.
        probe = standing.free(boxes, -0.2 if kind == PERIMETER else 0.3) & land.dry(boxes)
        if kind == PERIMETER:
            probe[:] &= np.isin(np.arange(len(shape)), tree.query(shape, "dwithin", KERB)[0])
        shape, boxes = shape[probe], boxes[probe]
        if not len(shape):
            continue
        made = _homes(shape, kind, float(wanted[i]), numbers, rng)
        keep = np.arange(len(made))
        if kind != PERIMETER:
            keep = _enough(made.dwellings, 1.15 * float(wanted[i]), rng)
        standing.claim(boxes[keep], FORCE)
        found.append(pick(made, keep))
    return found


def _enough(dwellings: Floats, wanted: float, rng: np.random.Generator) -> Ints:
    """Return rows, in order, that hold the wanted dwellings; the rest is left as green."""
    order = rng.permutation(len(dwellings))
    before = np.cumsum(dwellings[order]) - dwellings[order]
    return np.sort(order[before < max(wanted, 1.0)])


def _homes(
    shape: np.ndarray, kind: int, wanted: float, numbers: Parameters, rng: np.random.Generator
) -> Batch:
    area = np.array([s.area for s in shape])
    n = len(shape)
    if kind == TERRACE:
        units = np.maximum(np.round(area / 8.5 / 6.8), 1)
        return batch(shape, 131, np.where(rng.random() < 0.5, 1, 2), units, "terrace", "terrace")
    need = wanted * numbers["flat_area"] / max(area.sum(), 1.0)
    if kind == SLAB:
        floors = np.full(n, float(np.clip(round(need), 2, 4)))
        trade = np.zeros(n, bool)
    else:
        floors = np.clip(np.round(1.25 * need + rng.normal(0.0, 0.6, n)), 2, 5)
        # What the residents do not need is shops and offices; some there always are.
        spare = 1.0 - wanted * numbers["flat_area"] / max(float((area * floors).sum()), 1.0)
        trade = rng.random(n) < np.clip(spare, numbers["trade_share"], numbers["trade_most"])
    dwellings = np.where(trade, 0.0, np.maximum(np.round(area * floors / numbers["flat_area"]), 1))
    code = np.where(trade, rng.choice(TRADES, n), 140)
    made = batch(shape, code, floors.astype(np.int64), dwellings, "flat", "block")
    made.home[trade] = ""
    return made


def detached(
    fronts: Fronts, blocks: Blocks, standing: Standing, land: Land, numbers: Parameters,
    rng: np.random.Generator,
) -> list[Batch]:  # fmt: skip
    """Return detached houses on plots as wide as the census cell's need allows."""
    probe = fronts.box(12.0, 12.0, 6.0)
    block = blocks.at(probe[:, 0], probe[:, 1])
    here = np.flatnonzero((block >= 0) & (blocks.kind[np.maximum(block, 0)] == DETACHED))
    if not len(here):
        return []
    some, block = fronts.pick(here), block[here]
    cell = blocks.census[block]
    low = blocks.kind == DETACHED
    n = int(blocks.census.max()) + 1
    inside = low & (blocks.census >= 0)
    need = np.bincount(blocks.census[inside], blocks.dwellings[inside], n)
    front = np.bincount(cell[cell >= 0], minlength=n) * 2.0
    plot = np.clip(0.78 * front / np.maximum(need, 1e-9), PLOT_LEAST, PLOT_MOST)
    width = np.where(cell >= 0, plot[np.maximum(cell, 0)], PLOT_MOST)
    key = some.road * 2 + some.side
    lane = rng.uniform(3.0, 7.0, int(key.max()) + 1)
    jitter = rng.uniform(0.88, 1.12, len(some))
    boxes = some.box(width * jitter, 25.0, 0.3)
    quota = np.asarray(need * 1.06 + 1.0, np.float64)
    # The fullest blocks first: a census cell that needs fewer plots than it has streets
    # leaves its thin edge open.
    per_area = blocks.dwellings / np.maximum([s.area for s in blocks.shape], 1.0)
    order = np.lexsort((np.arange(len(some)), -np.round(per_area[block] * 1e4, 0)))
    boxes, some = boxes[order], some.pick(order)
    cell, key = cell[order], key[order]
    ok = land.dry(boxes) & (
        blocks.kind[np.maximum(blocks.at(boxes[:, 0], boxes[:, 1]), 0)] == DETACHED
    )
    boxes, some, cell, key = boxes[ok], some.pick(np.flatnonzero(ok)), cell[ok], key[ok]
    taken = standing.claim(boxes, 0.0, None, cell, quota)
    return _plots(boxes[taken], lane[key[taken]], numbers, rng)


def _plots(
    plot: Floats, setback: Floats, numbers: Parameters, rng: np.random.Generator
) -> list[Batch]:
    """Return a house on each plot, some with a garage beside it and a shed behind."""
    n = len(plot)
    wide = 2.0 * plot[:, 4]
    garage = (rng.random(n) < numbers["garage_share"]) & (wide > 16.5)
    width = np.clip(wide - np.where(garage, 6.6, 3.4), 8.0, rng.uniform(11.0, 16.5, n))
    depth = rng.uniform(8.0, 10.5, n)
    left = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    along = left * (plot[:, 4] - width / 2.0 - 1.3)
    house = _within(plot, along, setback + depth / 2.0, width, depth)
    two = rng.random(n) < numbers["two_floor_share"]
    bent = (rng.random(n) < 0.32) & (width > 12.0)
    grown = house[bent].copy()
    extra = 2.8
    grown[:, 5] += extra / 2.0
    grown[:, 0] -= extra / 2.0 * grown[:, 3]
    grown[:, 1] += extra / 2.0 * grown[:, 2]
    found = [
        batch(draw_boxes("rect", house[~bent]), 120, np.where(two[~bent], 2, 1), 1.0, "detached",
              "detached"),
        batch(draw_boxes("l", grown), 120, np.where(two[bent], 2, 1), 1.0, "detached", "detached"),
    ]  # fmt: skip
    car = _within(plot, -left * (plot[:, 4] - 2.2), setback + 2.0 + 3.4, np.full(n, 3.6),
                  np.full(n, 6.8))[garage]  # fmt: skip
    found.append(batch(draw_boxes("rect", car), np.where(rng.random(len(car)) < 0.5, 910, 920)))
    shed = rng.random(n) < numbers["shed_share"]
    hut = _within(plot, left * (plot[:, 4] - 2.8), np.full(n, 2.0 * plot[:, 5] - 2.2),
                  np.full(n, 3.8), np.full(n, 2.8))[shed]  # fmt: skip
    found.append(batch(draw_boxes("rect", hut), 930))
    return found


def _within(plot: Floats, along: Floats, back: Floats, width: Floats, depth: Floats) -> Floats:
    """Return boxes placed in plots: `along` from the middle, `back` from the front edge [m]."""
    up = back - plot[:, 5]
    return np.column_stack(
        [
            plot[:, 0] + along * plot[:, 2] - up * plot[:, 3],
            plot[:, 1] + along * plot[:, 3] + up * plot[:, 2],
            plot[:, 2],
            plot[:, 3],
            width / 2.0,
            depth / 2.0,
        ]
    )


def halls(
    fronts: Fronts, blocks: Blocks, standing: Standing, land: Land, rng: np.random.Generator
) -> list[Batch]:
    """Return halls, offices and shops of work areas and sheds and silos of the harbour."""
    found = []
    sizes = (((48.0, 85.0), (36.0, 60.0), 10.0), ((24.0, 46.0), (18.0, 32.0), 7.0),
             ((14.0, 24.0), (12.0, 18.0), 5.0))  # fmt: skip
    for (w0, w1), (d0, d1), yard in sizes:
        # A second and third row stands behind the first, reached over its yard.
        for back in (0.0, 45.0, 85.0):
            some = fronts.pick(np.arange(0, len(fronts), 4))
            width, depth = rng.uniform(w0, w1, len(some)), rng.uniform(d0, d1, len(some))
            boxes = some.box(width, depth, 9.0 + back)
            block = blocks.at(boxes[:, 0], boxes[:, 1])
            kind = np.where(block >= 0, blocks.kind[np.maximum(block, 0)], 0)
            x, y = corners(boxes)
            same = (blocks.at(x.ravel(), y.ravel()).reshape(x.shape) == block[:, None]).all(axis=1)
            ok = np.isin(kind, (HALLS, QUAY)) & same & (rng.random(len(some)) < 0.5)
            index = np.flatnonzero(ok)
            index = index[land.dry(boxes[index])]
            taken = standing.claim(boxes[index], yard)
            box, quay = boxes[index][taken], kind[index][taken] == QUAY
            n = len(box)
            code = np.where(quay, _pick_codes(QUAYSIDE, n, rng), _pick_codes(WORKS, n, rng))
            floors = np.where(code == 321, rng.integers(2, 5, n), 1)
            found.append(batch(draw_boxes("rect", box), code, floors, 0.0, "", "none"))
    return found


def _pick_codes(shares: Mapping[int, float], n: int, rng: np.random.Generator) -> Ints:
    return np.asarray(rng.choice(list(shares), n, p=list(shares.values())), np.int64)


def country(
    fronts: Fronts, town: Settlement, standing: Standing, land: Land, numbers: Parameters,
    rng: np.random.Generator,
) -> list[Batch]:  # fmt: skip
    """Return farms and single houses along the lanes, as many as live in the open country."""
    ground = land.ground
    open_people = np.where(land.use == OPEN, town.persons, 0.0)
    cells = ground.census
    n = int(cells.max()) + 1
    people = np.bincount(cells[cells >= 0], open_people[cells >= 0], n)
    need = np.ceil(people / numbers["household_farm"] - 0.05)
    order = rng.permutation(np.arange(0, len(fronts), 5))
    some = fronts.pick(order)
    back = rng.uniform(8.0, 45.0, len(some))
    yard = some.box(46.0, 44.0, back)
    cell = ground.at(cells, yard[:, 0], yard[:, 1])
    open_land = ground.at(land.use, yard[:, 0], yard[:, 1]) == OPEN
    good = ground.at(ground.suit, yard[:, 0], yard[:, 1]) > 0.3
    ok = np.flatnonzero(open_land & good & (cell >= 0))
    ok = ok[land.dry(yard[ok])]
    yard, cell = yard[ok], cell[ok]
    farm = rng.random(len(yard)) < numbers["farm_share"]
    site = yard.copy()
    site[~farm, 4:] = (13.0, 13.0)
    quota = need.copy()
    taken = standing.claim(site, 22.0, None, cell, quota)
    site, farm = site[taken], farm[taken]
    setback = np.full((~farm).sum(), 5.0)
    return [*_farms(site[farm], rng), *_plots(site[~farm], setback, numbers, rng)]


def _farms(yard: Floats, rng: np.random.Generator) -> list[Batch]:
    """Return farmhouses with barns around a yard."""
    n = len(yard)
    if n == 0:
        return []
    house = _within(yard, np.zeros(n), np.full(n, 6.0), rng.uniform(15.0, 20.0, n), np.full(n, 9.0))
    left = _within(
        yard, np.full(n, -17.0), np.full(n, 24.0), np.full(n, 10.0), rng.uniform(18.0, 26.0, n)
    )
    right = _within(
        yard, np.full(n, 17.0), np.full(n, 24.0), np.full(n, 10.0), rng.uniform(18.0, 26.0, n)
    )
    behind = _within(
        yard, np.zeros(n), np.full(n, 38.0), rng.uniform(16.0, 22.0, n), np.full(n, 11.0)
    )
    has_right, has_behind = rng.random(n) < 0.6, rng.random(n) < 0.75
    return [
        batch(draw_boxes("rect", house), 110, 1 + (rng.random(n) < 0.5), 1.0, "farm", "detached"),
        batch(draw_boxes("rect", left), rng.choice([211, 212, 217], n)),
        batch(draw_boxes("rect", right[has_right]), rng.choice([216, 217], has_right.sum())),
        batch(draw_boxes("rect", behind[has_behind]), rng.choice([218, 216], has_behind.sum())),
    ]


def everything(batches: list[Batch]) -> Batch:
    """Return all batches as one; without any, an empty one."""
    return together(batches) if batches else batch(np.zeros(0, object), 999)
