"""One network of roads: cut at each crossing, without stumps, and all in one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import LineString, STRtree

from fjordby.arrays import Array, Ints
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.roadclass import road_class
from fjordby.provenance import Kind

#: Roads are cut on a grid of this size [m]; their ends meet exactly.
SNAP = 0.1
#: A made-up piece of network shorter than this is not joined but left out, and so is one
#: whose link would be longer than that [m].
CRUMB, LINK = 120.0, 600.0


@dataclass(frozen=True)
class Source:
    """Roads before they are cut: lines with class, kind and name, and which are local streets."""

    lines: list[LineString]
    classes: list[str]
    kinds: list[str]
    names: list[str]


def weave(
    source: Source, crs: str, numbers: Parameters, passable: Callable[[LineString], bool]
) -> gpd.GeoDataFrame:
    """Return the roads cut at each crossing, as one network.

    Columns: id, name, road_class, speed [km/h], kind. Dead ends of made-up streets shorter
    than `cul_de_sac_least` are not built; real
    roads that reach nothing are joined by the shortest link.
    """
    roads = _cut(source, crs)
    for _ in range(3):
        roads = _without_stumps(roads, numbers["cul_de_sac_least"])
    roads = _one_piece(roads, crs, passable)
    speed = [road_class(c).speed_country for c in roads["road_class"]]
    roads["speed"] = np.asarray(speed, float)
    roads["id"] = [f"r{i}" for i in range(len(roads))]
    return roads[["id", "name", "road_class", "speed", "kind", "geometry"]]


def _cut(source: Source, crs: str) -> gpd.GeoDataFrame:
    """Node all lines with each other; each piece takes what its line said."""
    union = shapely.union_all(np.array(source.lines), grid_size=SNAP)
    pieces = shapely.get_parts(union)
    pieces = pieces[shapely.length(pieces) > 0]
    tree = STRtree(source.lines)
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, line = tree.query(middle, predicate="dwithin", distance=3 * SNAP)
    rank = np.array(
        [
            (k != Kind.MEASURED) * 100 + road_class(c).rank
            for c, k in zip(source.classes, source.kinds, strict=True)
        ]
    )
    order = np.lexsort((line, rank[line], piece))
    piece, line = piece[order], line[order]
    first = np.unique(piece, return_index=True)[1]
    owner = np.zeros(len(pieces), np.int64)
    owner[piece[first]] = line[first]
    return gpd.GeoDataFrame(
        {
            "name": np.array(source.names, object)[owner],
            "road_class": np.array(source.classes, object)[owner],
            "kind": np.array(source.kinds, object)[owner],
        },
        geometry=pieces,
        crs=crs,
    )


def ends(roads: gpd.GeoDataFrame) -> tuple[Ints, Ints, Array]:
    """Return the node number of each road's first and last point, and the nodes' places."""
    lines = roads.geometry.to_numpy()
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    whole = np.round(np.vstack([first, last]) / SNAP).astype(np.int64)
    nodes, index = np.unique(whole, axis=0, return_inverse=True)
    index = index.reshape(-1)
    return index[: len(roads)], index[len(roads) :], nodes * SNAP


def _without_stumps(roads: gpd.GeoDataFrame, least: float) -> gpd.GeoDataFrame:
    a, b, nodes = ends(roads)
    degree = np.bincount(np.concatenate([a, b]), minlength=len(nodes))
    local = roads["road_class"].isin(["residential", "unclassified"]).to_numpy()
    made_up = (roads["kind"] != Kind.MEASURED).to_numpy()
    dead = (degree[a] == 1) | (degree[b] == 1)
    loop = (a == b) & (roads.length.to_numpy() < 20.0)
    keep = ~((dead & (roads.length.to_numpy() < least) & local & made_up) | loop)
    return roads[keep].reset_index(drop=True)


def pieces_of(roads: gpd.GeoDataFrame) -> Ints:
    """Return for each road the number of the connected piece it belongs to; 0 is the longest."""
    a, b, nodes = ends(roads)
    n = len(nodes)
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    length = np.bincount(label[a], roads.length.to_numpy(), label.max() + 1)
    rank = np.empty(len(length), np.int64)
    rank[np.argsort(-length, kind="stable")] = np.arange(len(length))
    return np.asarray(rank[label[a]], np.int64)


def _one_piece(
    roads: gpd.GeoDataFrame, crs: str, passable: Callable[[LineString], bool]
) -> gpd.GeoDataFrame:
    """Join each piece to the longest by the shortest link; made-up crumbs are left out.

    A made-up piece is left out when it is shorter than `CRUMB`, or when its link would be longer
    than `LINK` or is not `passable`. Real roads are always joined.
    """
    while True:
        label = pieces_of(roads)
        if label.max() == 0:
            return roads
        real = (roads["kind"] == Kind.MEASURED).to_numpy()
        length = roads.length.to_numpy()
        trunk = shapely.union_all(roads.geometry.to_numpy()[label == 0])
        shapely.prepare(trunk)
        links: list[LineString] = []
        drop = np.zeros(len(roads), bool)
        for piece in range(1, int(label.max()) + 1):
            mine = label == piece
            link = shapely.shortest_line(trunk, shapely.union_all(roads.geometry.to_numpy()[mine]))
            fits = link.length <= LINK and length[mine].sum() >= CRUMB and passable(link)
            if fits or real[mine].any():
                links.append(link)
            else:
                drop |= mine
        roads = roads[~drop].reset_index(drop=True)
        if not links:
            return roads
        source = Source(
            [*roads.geometry, *links],
            [*roads["road_class"], *["unclassified"] * len(links)],
            [*roads["kind"], *[str(Kind.SYNTHETIC)] * len(links)],
            [*roads["name"], *[""] * len(links)],
        )
        roads = _cut(source, crs)
