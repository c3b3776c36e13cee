"""The town from the land up: settlements, roads, blocks, houses, residents, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage
from shapely import LineString

from fjordby.arrays import Array, Floats
from fjordby.city.town import (
    blocks,
    boxes,
    fronts,
    green,
    houses,
    network,
    places,
    routes,
    services,
    settle,
    streets,
)
from fjordby.city.town.batch import Batch
from fjordby.city.town.bridges import bridges
from fjordby.city.town.field import street_field
from fjordby.city.town.ground import Ground, lay
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.record import building_table, people_table, place_table, real_buildings
from fjordby.city.town.roadclass import road_class
from fjordby.errors import BadValue
from fjordby.grid import Raster
from fjordby.progress import Progress, silent
from fjordby.provenance import Kind

#: Room for the boxes that stand in a town, for each square kilometre.
BOXES_PER_KM2 = 3000


@dataclass(frozen=True)
class Town:
    """What was built, as tables of a `City`; each row says its own `kind`.

    Parameters
    ----------
    roads, buildings, places, green
        As in `City`, with the column `kind` beside (measured, assumed or synthetic).
    people
        As in `City`: adding up to each census cell, but for those in `moved`.
    moved
        Residents whose census cell has no room for a home, by row of the census; they live in the
        nearest cell that has.
    """

    roads: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    people: pd.DataFrame
    places: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    moved: Mapping[int, float]


def build_town(
    terrain: Raster,
    sea: Raster,
    streams: gpd.GeoDataFrame,
    census: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    *,
    real_roads: gpd.GeoDataFrame | None = None,
    real_houses: gpd.GeoDataFrame | None = None,
    known_places: gpd.GeoDataFrame | None = None,
    numbers: Parameters | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Town:
    """Build a plausible town for the residents of a census on real land.

    What is real stays as it is: roads and buildings that are given are kept and the rest
    grows around them. Equal input and seed give the same town.

    Parameters
    ----------
    terrain, sea, streams, districts
        As in `City`.
    census
        Polygons with the column `population`, in the terrain's coordinate system.
    real_roads
        Lines with the columns `road_class` (OpenStreetMap's words) and `name`.
    real_houses
        Polygons with the columns `use_code`, `floors` and `name`.
    known_places
        Points with the columns `use` (see `place_kinds.csv`) and `name`.
    numbers
        Parameters other than the catalogue's.
    seed
        Seed of everything that is left to chance.
    progress
        Told how far the work is.

    Raises
    ------
    BadValue
        For a census without a population.

    Examples
    --------
    >>> # town = build_town(terrain, sea, streams, census, districts, seed=7)
    """
    if "population" not in census:
        raise BadValue(
            "a census with the column population", str(list(census.columns)), "Rename the column."
        )
    numbers = numbers or Parameters({})
    chance = [np.random.default_rng([seed, k]) for k in range(12)]
    progress(0.0, "land")
    ground = lay(terrain, sea, streams, census, numbers)
    town = settle.settle(ground, numbers, chance[0])
    progress(0.1, "roads")
    net = _main_network(ground, town, real_roads, numbers, chance)
    away = ndimage.distance_transform_edt(~net.cells) * ground.grid.cell
    use = settle.add_work(ground, town, away, numbers, chance[3])
    spots = places.wanted(ground, town, use, known_places, chance[4])
    wide = ndimage.binary_dilation(net.cells)
    use, sites, small = places.reserve(ground, use, wide, spots)
    progress(0.25, "streets")
    plan = streets.plan_streets(use, town.density, ground, numbers)
    field = street_field(ground, net.lines, chance[5])
    local = streets.local_streets(ground, field, plan, net.lines, numbers, chance[6])
    local += bridges(streams, net.lines + local, ground, use, numbers)
    site_boxes, drives = services.site_boxes(sites, net.lines + local)
    roads = _weave(net, local, drives, ground, numbers)
    progress(0.5, "blocks")
    land = houses.Land(ground, use, sea, terrain)
    half = np.array([road_class(c).width / 2.0 for c in roads["road_class"]])
    real = real_buildings(real_houses)
    standing = boxes.obstacles(ground.grid, roads, half, streams, real.shape, _room(ground))
    cut = blocks.cut_blocks(ground, use, town, roads, half, _water(streams), numbers, chance[7])
    built, placed, roads = _build(
        cut, standing, land, town, roads, sites, site_boxes, small, numbers, chance
    )
    everything = houses.everything([real, *built])
    everything, central = services.in_centre(placed.central, everything, len(real) + placed.first)
    progress(0.8, "people")
    buildings, cell, everything = building_table(everything, ground, districts, numbers, chance[10])
    people, moved = people_table(everything, buildings, cell, ground, numbers)
    found = place_table(placed.spots, central, buildings, placed.first, ground)
    progress(1.0, "done")
    return Town(roads, buildings, people, found, green.green(ground, use, numbers), moved)


def _room(ground: Ground) -> int:
    area = ground.grid.ny * ground.grid.nx * ground.grid.cell_area / 1e6
    return int(area * BOXES_PER_KM2) + 50_000


def _main_network(
    ground: Ground,
    town: settle.Settlement,
    real: gpd.GeoDataFrame | None,
    numbers: Parameters,
    chance: list[np.random.Generator],
) -> routes.Network:
    """Return real roads, and main roads and lanes where there are none."""
    net = routes.empty_network(ground, numbers)
    if real is not None:
        whole = real.explode(index_parts=False)
        for line, word, name in zip(
            whole.geometry, whole["road_class"], whole["name"], strict=True
        ):
            net.add(line, str(word), str(Kind.MEASURED), str(name) if isinstance(name, str) else "")
    routes.main_roads(net, town)
    routes.collectors(net, town, chance[1])
    routes.way_out(net, town)
    routes.lanes(net, town, chance[2])
    routes.need_a_network(net)
    return net


def _weave(
    net: routes.Network,
    local: list[LineString],
    drives: list[LineString],
    ground: Ground,
    numbers: Parameters,
) -> gpd.GeoDataFrame:
    made_up = str(Kind.SYNTHETIC)
    more = len(local) + len(drives)
    source = network.Source(
        [*net.lines, *local, *drives],
        [*net.classes, *["residential"] * len(local), *["service"] * len(drives)],
        [*net.kinds, *[made_up] * more],
        [*net.names, *[""] * more],
    )

    def passable(link: LineString) -> bool:
        xy = shapely.get_coordinates(shapely.segmentize(link, 10.0))
        return bool((ground.at(ground.sea, xy[:, 0], xy[:, 1]) > 0.0).all())

    return network.weave(source, ground.grid.crs, numbers, passable)


def _water(streams: gpd.GeoDataFrame) -> Array:
    """Return streams with their banks as polygons."""
    if streams.empty:
        return np.zeros(0, object)
    half = streams["width"].to_numpy(np.float64) / 2.0 + 3.0
    return np.asarray(shapely.buffer(streams.geometry.to_numpy(), half, quad_segs=2))


@dataclass(frozen=True)
class _Placed:
    """Places with a building of their own, in order after `first` other buildings."""

    spots: list[places.Spot]
    central: list[places.Spot]
    first: int


def _build(
    cut: blocks.Blocks,
    standing: boxes.Standing,
    land: houses.Land,
    town: settle.Settlement,
    roads: gpd.GeoDataFrame,
    sites: list[places.Site],
    site_boxes: Floats,
    small: list[places.Spot],
    numbers: Parameters,
    chance: list[np.random.Generator],
) -> tuple[list[Batch], _Placed, gpd.GeoDataFrame]:
    """Let everything stand, the largest first; places' buildings come last in the list."""
    front = fronts.walk(roads)
    on_site = services.on_sites(sites, site_boxes, standing)
    central = [s for s in small if s.kind.near == "centre"]
    other = [s for s in small if s.kind.near != "centre"]
    large = [s for s in other if s.kind.width >= services.TINY]
    tiny = [s for s in other if s.kind.width < services.TINY]
    among, homeless = services.among_houses(large, front, cut, standing, land)
    made = houses.multi_storey(cut, roads.geometry.to_numpy(), standing, land, numbers, chance[8])
    between, lost = services.among_houses(tiny, front, cut, standing, land)
    made += houses.halls(front, cut, standing, land, chance[8])
    made += houses.detached(front, cut, standing, land, numbers, chance[9])
    made += houses.country(front, town, standing, land, numbers, chance[9])
    made = [b for b in made if len(b)]
    spots = [*on_site.spots, *among.spots, *between.spots]
    own = [*on_site.buildings, *among.buildings, *between.buildings]
    first = sum(len(b) for b in made)
    return [*made, *own], _Placed(spots, [*central, *homeless, *lost], first), roads
