"""Do the layers agree? People with buildings, buildings with land, streams, roads and barriers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fjordby.arrays import Array
from fjordby.city.checks.known import Known, along
from fjordby.city.checks.tables import middles, names
from fjordby.city.model import AGE_GROUPS, Layer
from fjordby.city.problem import Problem, problem

#: A stream that ends so much above where it begins is drawn the wrong way round [m]; assumed:
#: twice the height error of a national terrain model and some noise of banks and bridges.
UPHILL = 1.0
#: Bed levels that rise by more from one stream to the next are looked at [m]; assumed.
BED_STEP = 0.1
#: Ends nearer to each other than this meet [m]; assumed: the rounding of drawn maps.
MEET = 0.5
#: So much of the length of the roads may lie outside the largest piece; assumed.
LOOSE = 0.05
#: A crest so much below the ground is lower than it [m]; assumed: the noise of terrain models.
BELOW = 0.1
#: A building partly outside its district is fine; one whose middle is farther off is not [m].
OFF = 1.0
#: Uses whose place may be on the water.
AFLOAT = ("ferry", "harbour", "gate", "shelter")


def people(known: Known) -> Iterator[Problem]:
    """Find people in unknown buildings, in the sea, or off the land."""
    table, buildings = known.table(Layer.PEOPLE), known.table(Layer.BUILDINGS)
    if not len(table) or Layer.BUILDINGS not in known.tables:
        return
    yield from ghosts(known)
    twice = table["building"].duplicated().to_numpy()
    if twice.any():
        yield problem("people-twice", Layer.PEOPLE, count=twice.sum(), ids=names(table, twice))
    if known.terrain is None or not len(buildings):
        return
    points = known.points(Layer.BUILDINGS)
    off = known.sample(known.wet, points, True) | ~np.isfinite(known.height(points))
    groups = [group for group in AGE_GROUPS if group in table]
    lost = table["building"].isin(buildings["id"][off])
    persons = float(table.loc[lost, groups].to_numpy().sum())
    if persons > 0:
        yield problem(
            "people-off-land",
            Layer.PEOPLE,
            count=max(1, round(persons)),
            ids=names(table, lost.to_numpy()),
            where=points[off][:5],
        )


def ghosts(known: Known) -> Iterator[Problem]:
    """Find people in buildings that do not exist."""
    table, buildings = known.table(Layer.PEOPLE), known.table(Layer.BUILDINGS)
    if not len(table) or Layer.BUILDINGS not in known.tables:
        return
    nowhere = ~table["building"].isin(buildings["id"]).to_numpy()
    if nowhere.any():
        yield problem(
            "people-nowhere", Layer.PEOPLE, count=nowhere.sum(), ids=names(table, nowhere)
        )


def buildings(known: Known) -> Iterator[Problem]:
    """Find buildings in the sea, on unknown ground, and without their district."""
    table = known.spatial().get(Layer.BUILDINGS)
    if table is None:
        return
    points = shapely.get_coordinates(shapely.point_on_surface(table.geometry.to_numpy()))
    if known.terrain is not None:
        wet = known.sample(known.wet, points, False)
        unknown = ~np.isfinite(known.height(points)) & ~wet
        unknown &= known.terrain.grid.inside(points[:, 0], points[:, 1])
        for code, which in (("buildings-sea", wet), ("buildings-unknown", unknown)):
            if which.any():
                yield problem(
                    code,
                    Layer.BUILDINGS,
                    count=which.sum(),
                    ids=names(table, which),
                    where=points[which][:5],
                )
    yield from _districts(known, table, points)


def _districts(known: Known, table: pd.DataFrame, points: Array) -> Iterator[Problem]:
    districts = known.spatial().get(Layer.DISTRICTS)
    if districts is None:
        return
    row = (
        pd.Index(districts["id"]).get_indexer(table["district"])
        if (districts["id"].is_unique)
        else np.full(len(table), -1)
    )
    none = row < 0
    if none.any():
        yield problem(
            "buildings-no-district",
            Layer.BUILDINGS,
            count=none.sum(),
            ids=names(table, none),
            where=points[none][:5],
        )
    own = districts.geometry.to_numpy()[row[~none]]
    wrong = np.zeros(len(table), dtype=bool)
    wrong[~none] = ~_within(own, table.geometry.to_numpy()[~none])
    if wrong.any():
        yield problem(
            "buildings-wrong-district",
            Layer.BUILDINGS,
            count=wrong.sum(),
            ids=names(table, wrong),
            where=points[wrong][:5],
        )


def _within(districts: Array, houses: Array) -> Array:
    """Return which houses are within reach of the district beside them in the list."""
    found = np.zeros(len(houses), dtype=bool)
    for one in set(districts.tolist()):
        mine = np.array([other is one for other in districts])
        shapely.prepare(one)
        found[mine] = shapely.dwithin(one, houses[mine], OFF)
    return found


def districts(known: Known) -> Iterator[Problem]:
    """Find districts that overlap."""
    table = known.spatial().get(Layer.DISTRICTS)
    if table is None or not shapely.is_valid(table.geometry.to_numpy()).all():
        return
    geometry = table.geometry.to_numpy()
    one, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = one < other
    area = shapely.area(shapely.intersection(geometry[one[pairs]], geometry[other[pairs]]))
    if area.sum() > 0.001 * shapely.area(geometry).sum():
        which = np.zeros(len(table), dtype=bool)
        which[one[pairs][area > 1.0]] = True
        yield problem(
            "districts-overlap",
            Layer.DISTRICTS,
            area=round(float(area.sum())),
            count=which.sum(),
            ids=names(table, which),
        )


def places(known: Known) -> Iterator[Problem]:
    """Find places in the sea, or in buildings that do not exist."""
    table = known.spatial().get(Layer.PLACES)
    if table is None:
        return
    if Layer.BUILDINGS in known.tables:
        keys = table["building"]
        lost = ((keys != "") & ~keys.isin(known.table(Layer.BUILDINGS)["id"])).to_numpy()
        if lost.any():
            yield problem("places-nowhere", Layer.PLACES, count=lost.sum(), ids=names(table, lost))
    if known.terrain is not None:
        points = shapely.get_coordinates(table.geometry.to_numpy())
        wet = known.sample(known.wet, points, False) & ~table["use"].isin(AFLOAT).to_numpy()
        if wet.any():
            yield problem(
                "places-sea",
                Layer.PLACES,
                count=wet.sum(),
                ids=names(table, wet),
                where=points[wet][:5],
            )


def streams(known: Known) -> Iterator[Problem]:
    """Find streams that flow uphill, over ground or from bed to bed, or that have no line."""
    table = known.spatial().get(Layer.STREAMS)
    if table is None:
        yield from _undrawn(known)
        return
    lines = table.geometry.to_numpy()
    starts, ends = (shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1))
    if known.terrain is not None:
        with np.errstate(invalid="ignore"):
            up = known.height(ends) - known.height(starts) > UPHILL
        if up.any():
            yield problem(
                "streams-uphill",
                Layer.STREAMS,
                count=up.sum(),
                ids=names(table, up),
                where=ends[up],
            )
    bed = table["bed"].to_numpy(dtype=np.float64)
    end, start = shapely.STRtree(np.asarray(shapely.points(starts))).query(
        shapely.points(ends), predicate="dwithin", distance=MEET
    )
    rises = (end != start) & (bed[start] - bed[end] > BED_STEP)
    if rises.any():
        which = np.zeros(len(table), dtype=bool)
        which[end[rises]] = True
        yield problem(
            "streams-bed-up",
            Layer.STREAMS,
            count=which.sum(),
            ids=names(table, which),
            where=ends[which],
        )


def _undrawn(known: Known) -> Iterator[Problem]:
    """Find streams of the record of shocks where the layer holds no line at all."""
    flows = known.records.get("shocks", {}).get("streams")
    if Layer.STREAMS in known.tables and isinstance(flows, list | tuple) and flows:
        ids = [str(one["id"]) for one in flows if isinstance(one, Mapping) and "id" in one]
        yield problem("streams-undrawn", Layer.STREAMS, count=len(flows), ids=ids)


def roads(known: Known) -> Iterator[Problem]:
    """Find roads that do not hang together: an end meets a line where it is within reach."""
    table = known.spatial().get(Layer.ROADS)
    if table is None:
        return
    lines = table.geometry.to_numpy()
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=MEET)
    n = len(lines)
    links = coo_array((np.ones(len(end)), (end % n, line)), shape=(n, n))
    pieces, piece = connected_components(links, directed=False)
    if pieces < 2:
        return
    lengths = np.bincount(piece, weights=shapely.length(lines), minlength=pieces)
    main = int(lengths.argmax())
    share = 1.0 - float(lengths[main] / max(lengths.sum(), 1e-9))
    if share > LOOSE:
        loose = piece != main
        yield problem(
            "roads-pieces",
            Layer.ROADS,
            pieces=int(pieces),
            count=loose.sum(),
            share=round(share * 100),
            ids=names(table, loose),
            where=middles(lines[loose]),
        )


def barriers(known: Known) -> Iterator[Problem]:
    """Find walls and gates that are lower than the ground they stand on."""
    table = known.spatial().get(Layer.BARRIERS)
    if table is None or known.terrain is None:
        return
    lines = table.geometry.to_numpy()
    points, line = along(lines, known.terrain.grid.cell)
    ground = known.height(points)
    crest = table["crest"].to_numpy(dtype=np.float64)
    seen = np.isfinite(ground)
    low = seen & (crest[line] < ground - BELOW)
    hits = np.bincount(line[low], minlength=len(lines))
    all_ = (hits > 0) & (hits == np.bincount(line[seen], minlength=len(lines)))
    for code, which in (("barriers-below", all_), ("barriers-low", (hits > 0) & ~all_)):
        if which.any():
            yield problem(
                code,
                Layer.BARRIERS,
                count=which.sum(),
                ids=names(table, which),
                where=points[low & which[line]][:5],
            )
