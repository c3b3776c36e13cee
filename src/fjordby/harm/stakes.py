"""What a flood of one city is held against: prepared once, asked many times."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from fjordby.arrays import Array, Floats, Ints
from fjordby.city.model import City
from fjordby.errors import BadValue
from fjordby.grid import Grid
from fjordby.harm.access import Access, access
from fjordby.harm.exposure import ELSEWHERE, Exposure, exposure
from fjordby.harm.footprints import Footprints, footprints, point_prints
from fjordby.harm.roads import road_network

#: Depth at which a place fails where nobody said one [m]; assumed: one high step to the door.
USUAL_THRESHOLD = 0.2


@dataclass(frozen=True)
class Stakes:
    """The buildings, people, roads and places of a city, laid on one grid.

    Parameters
    ----------
    city
        The city.
    grid
        The grid of the floods to come.
    exposure, prints
        Its buildings, and the cells they cover.
    access
        Its roads, and the way of each building to care.
    place_prints, threshold
        Cells of each place (its building's where it names one), and the depth at which it fails
        [m].
    piece_district, place_district
        District of each piece of road and of each place, as in `Exposure.districts`.
    """

    city: City
    grid: Grid
    exposure: Exposure
    prints: Footprints
    access: Access
    place_prints: Footprints
    threshold: Floats
    piece_district: Ints
    place_district: Ints


def stakes(city: City, grid: Grid | None = None) -> Stakes:
    """Prepare a city for questions about floods.

    Parameters
    ----------
    city
        The city; without buildings `MissingLayer` is raised, roads and places may be missing.
    grid
        Grid of the floods to come; None = the city's own.

    Raises
    ------
    BadValue
        For a grid in another coordinate system than the city's.
    """
    grid = grid or city.grid
    if grid.crs != city.crs:
        raise BadValue(f"a grid in {city.crs}", grid.crs, "Read the map with harm.read_depth.")
    people = exposure(city)
    prints = footprints(city.buildings, grid)
    network = road_network(city, grid)
    places = city.places
    points = places.geometry
    x, y = points.x.to_numpy(dtype=float), points.y.to_numpy(dtype=float)
    threshold = np.full(len(places), USUAL_THRESHOLD)
    if "threshold" in places:
        threshold = places["threshold"].fillna(USUAL_THRESHOLD).to_numpy(dtype=float)
    return Stakes(
        city,
        grid,
        people,
        prints,
        access(city, network),
        _place_prints(city, grid, prints, people.ids, x, y),
        np.maximum(threshold, 0.01),
        district_of(city.districts, network.middle_x, network.middle_y, people.districts),
        district_of(city.districts, x, y, people.districts),
    )


def district_of(districts: gpd.GeoDataFrame, x: Floats, y: Floats, names: tuple[str, ...]) -> Ints:
    """Return the district that each point lies in; the last one, `ELSEWHERE`, where in none."""
    found = np.full(x.size, names.index(ELSEWHERE), np.int64)
    if not len(districts) or not x.size:
        return found
    tree = shapely.STRtree(np.asarray(shapely.points(x, y), dtype=object))
    # Later districts are written first, so that on a border the first one holds.
    for row in reversed(range(len(districts))):
        found[tree.query(districts.geometry.iloc[row], predicate="intersects")] = row
    return found


def _place_prints(
    city: City,
    grid: Grid,
    prints: Footprints,
    ids: Array,
    x: Floats,
    y: Floats,
) -> Footprints:
    """Return the cells of each place: those of its building, else the one it stands on."""
    alone = point_prints(x, y, grid)
    if not len(city.places) or "building" not in city.places:
        return alone
    row_of = {name: k for k, name in enumerate(ids)}
    rows = [row_of.get(str(name), -1) for name in city.places["building"].fillna("")]
    cells, share = [], []
    for place, row in enumerate(rows):
        source, k = (prints, row) if row >= 0 else (alone, place)
        part = slice(source.starts[k], source.starts[k + 1])
        cells.append(source.cells[part])
        share.append(source.share[part])
    starts = np.concatenate(([0], np.cumsum([c.size for c in cells]))).astype(np.int64)
    return Footprints(grid, starts, np.concatenate(cells), np.concatenate(share))
