"""Buildings of the places: on their sites, among the houses, or in a house of the centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString

from fjordby.arrays import Floats
from fjordby.city.town.batch import Batch, batch
from fjordby.city.town.blocks import PERIMETER, Blocks
from fjordby.city.town.boxes import FORCE, Standing
from fjordby.city.town.fronts import Fronts
from fjordby.city.town.houses import Land
from fjordby.city.town.places import Site, Spot
from fjordby.city.town.shapes import draw_boxes

#: Places among houses look for room within this distance [m].
REACH = 900.0
#: Places whose building is narrower stand at the kerb [m].
TINY = 8.0


@dataclass(frozen=True)
class Placed:
    """Places with their buildings, one building each, in the same order."""

    spots: list[Spot]
    buildings: list[Batch]


def _building(spot: Spot, shape: np.ndarray, name: str) -> Batch:
    kind = spot.kind
    care = kind.use == "care_home"
    cellar = "always" if kind.basement else "none"
    return batch(shape, kind.code, kind.floors, 48.0 if care else 0.0, "care" if care else "",
                 cellar, name)  # fmt: skip


def site_boxes(sites: list[Site], lines: list[LineString]) -> tuple[Floats, list[LineString]]:
    """Return a box on each site, turned as the nearest road, and a drive from that road to it."""
    boxes = np.zeros((len(sites), 6))
    drives = []
    tree = shapely.STRtree(lines)
    for i, site in enumerate(sites):
        kind = site.spot.kind
        point = shapely.Point(site.x, site.y)
        road = lines[int(tree.nearest(point))]
        on = road.interpolate(road.project(point))
        # The front faces the nearest point of the road, so that the drive meets it straight.
        away = max(point.distance(on), 1e-6)
        cos, sin = (site.y - on.y) / away, (on.x - site.x) / away
        room = site.side / (abs(cos) + abs(sin)) - 4.0
        shrink = min(1.0, room / kind.width)
        boxes[i] = (site.x, site.y, cos, sin, shrink * kind.width / 2, shrink * kind.depth / 2)
        front = np.array([site.x + sin * (boxes[i, 5] + 3.0), site.y - cos * (boxes[i, 5] + 3.0)])
        drive = LineString([(on.x, on.y), (float(front[0]), float(front[1]))])
        if drive.length > 12.0:
            drives.append(drive)
    return boxes, drives


def on_sites(sites: list[Site], boxes: Floats, standing: Standing) -> Placed:
    """Let the places with a site of their own stand on it."""
    standing.claim(boxes, FORCE)
    spots, buildings = [], []
    for site, box in zip(sites, boxes, strict=True):
        shape = draw_boxes(site.spot.kind.shape, box[None, :])
        spots.append(site.spot)
        buildings.append(_building(site.spot, shape, site.spot.name))
    return Placed(spots, buildings)


def among_houses(
    spots: list[Spot], fronts: Fronts, blocks: Blocks, standing: Standing, land: Land
) -> tuple[Placed, list[Spot]]:
    """Let small places stand at the nearest free front; returns them and those without room."""
    placed: list[Spot] = []
    buildings: list[Batch] = []
    rest: list[Spot] = []
    every = np.arange(0, len(fronts), 3)
    some = fronts.pick(every)
    for spot in spots:
        kind = spot.kind
        away = np.hypot(some.x - spot.x, some.y - spot.y)
        rank = {"route": 4, "street": 6}.get(kind.near, 9)
        near = np.flatnonzero((away < REACH) & (some.rank <= rank))
        near = near[np.argsort(away[near], kind="stable")][:1500]
        candidates = some.pick(near)
        boxes = candidates.box(kind.width, kind.depth, 0.5 if kind.width < TINY else 6.0)
        inside = np.ones(len(boxes), bool)
        if kind.width >= TINY and kind.where != "country":
            block = blocks.at(boxes[:, 0], boxes[:, 1])
            inside = (block >= 0) & (blocks.kind[np.maximum(block, 0)] != PERIMETER)
        elif kind.where == "country":
            inside = land.ground.at(land.ground.suit, boxes[:, 0], boxes[:, 1]) > 0.3
        boxes = boxes[inside]
        boxes = boxes[land.dry(boxes)] if len(boxes) else boxes
        taken = standing.claim(
            boxes,
            0.5 if kind.width < TINY else 3.0,
            None,
            np.zeros(len(boxes), np.int64),
            np.ones(1),
        )
        if not taken.any():
            rest.append(spot)
            continue
        box = boxes[taken][0]
        shape = draw_boxes(kind.shape, box[None, :])
        placed.append(spot)
        buildings.append(_building(spot, shape, "" if kind.width < TINY else spot.name))
    return Placed(placed, buildings), rest


def in_centre(spots: list[Spot], houses: Batch, last: int) -> tuple[Batch, list[tuple[Spot, int]]]:
    """Give places a house among the first `last` ones; returns the houses and (place, row)."""
    if not len(houses) or not spots:
        return houses, []
    middle = shapely.centroid(houses.shape)
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    area = shapely.area(houses.shape)
    fits = np.isin(houses.home, ("flat", "terrace")) | np.isin(houses.code, (321, 322, 333, 334))
    fits[last:] = False
    code, home, name, dwellings = (
        houses.code.copy(), houses.home.copy(), houses.name.copy(), houses.dwellings.copy()
    )  # fmt: skip
    rows = []
    for spot in spots:
        want = 0.35 * spot.kind.width * spot.kind.depth
        away = np.hypot(x - spot.x, y - spot.y) + np.where(area < want, 600.0, 0.0)
        away = np.where(fits, away, np.inf)
        k = int(np.argmin(away))
        if not np.isfinite(away[k]):
            continue
        fits[k] = False
        code[k], home[k], name[k], dwellings[k] = spot.kind.code, "", spot.name, 0.0
        rows.append((spot, k))
    changed = Batch(
        houses.shape, code, houses.floors, dwellings, home, houses.cellar, name, houses.kind
    )
    return changed, rows
