"""The way to care: who is cut off at which sea level, by which flood, and how much longer it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from fjordby.arrays import Bools, Floats, Ints
from fjordby.catalogue import rows
from fjordby.city.model import City
from fjordby.harm import kernels
from fjordby.harm.roads import RoadNetwork, speed_in_water


@dataclass(frozen=True)
class Access:
    """The road network with who and what hangs on it.

    Parameters
    ----------
    network
        The roads.
    node
        Nearest node on the drivable network of each building, shape (buildings,), -1 = no roads.
    care
        Rows of `City.places` that give care.
    care_node
        Nearest drivable node of each of them.
    quiet
        Seconds to the nearest care on a dry day of each building; +inf where the roads that we
        know do not lead there.
    """

    network: RoadNetwork
    node: Ints
    care: Ints
    care_node: Ints
    quiet: Floats

    @property
    def known(self) -> bool:
        """Whether anything can be said: there are roads for cars and there is care."""
        return bool(self.network.cars.any() and self.care.size)


@cache
def care_uses() -> Mapping[str, int]:
    """Return which uses of places are care: 1 always, 2 where there is none of the first."""
    return {row["use"]: int(row["care"]) for row in rows("harm/place_uses.csv")}


def access(city: City, network: RoadNetwork) -> Access:
    """Hang buildings and places of care on the road network, each at its nearest node.

    Parameters
    ----------
    city
        The city.
    network
        Its roads, from `road_network`.
    """
    care = _care(city)
    inside = city.buildings.geometry.representative_point()
    places = city.places.geometry.iloc[care]
    node = _nearest(network, inside.x.to_numpy(dtype=float), inside.y.to_numpy(dtype=float))
    at = _nearest(network, places.x.to_numpy(dtype=float), places.y.to_numpy(dtype=float))
    made = Access(network, node, care, at, np.full(node.size, np.inf))
    open_care = np.ones(care.size, bool)
    quiet = travel(made, network.seconds, np.ones(network.a.size, bool), open_care)
    return Access(network, node, care, at, quiet)


def _care(city: City) -> Ints:
    if not len(city.places):
        return np.zeros(0, np.int64)
    kind = city.places["use"].astype(str).map(care_uses()).fillna(0).to_numpy(dtype=int)
    first = np.flatnonzero(kind == 1)
    return first if first.size else np.flatnonzero(kind == 2)


def _nearest(network: RoadNetwork, x: Floats, y: Floats) -> Ints:
    """Return the nearest node that cars reach, -1 without roads."""
    used = np.unique(np.concatenate([network.a[network.cars], network.b[network.cars]]))
    if not used.size or not x.size:
        return np.full(x.size, -1, np.int64)
    tree = cKDTree(np.stack([network.x[used], network.y[used]], axis=1))
    return np.asarray(used[tree.query(np.stack([x, y], axis=1))[1]], dtype=np.int64)


def travel(made: Access, seconds: Floats, passable: Bools, open_care: Bools) -> Floats:
    """Return the time from each building to the nearest open care [s], +inf where none is.

    Parameters
    ----------
    made
        The network with buildings and care on it.
    seconds
        Time for each piece of road [s].
    passable
        True for each piece that can be driven.
    open_care
        True for each place of care that is open.
    """
    if not (made.known and open_care.any()):
        return np.full(made.node.size, np.inf)
    network = made.network
    use = passable & network.cars
    nodes = network.x.size
    order = np.lexsort((seconds[use], network.b[use], network.a[use]))
    a, b, cost = network.a[use][order], network.b[use][order], seconds[use][order]
    # Two roads between the same nodes: the quickest; scipy would add them up.
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], cost[order]
    keep = low != high
    keep[1:] &= (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    cost = np.maximum(cost[keep], 1e-6)  # scipy takes a zero for "no road"
    graph = coo_matrix((cost, (low[keep], high[keep])), shape=(nodes, nodes)).tocsr()
    goals = np.unique(made.care_node[open_care])
    reached = dijkstra(graph, directed=False, indices=goals, min_only=True)
    return np.asarray(reached)[made.node]


@dataclass(frozen=True)
class WayToCare:
    """The way to care during one flood, for each building.

    Parameters
    ----------
    cut
        True where care is reached on a dry day but not now.
    extra
        Seconds more than on a dry day, 0 where cut or never connected.
    care_closed
        Rows of `City.places` of the care that the water closes.
    """

    cut: Bools
    extra: Floats
    care_closed: Ints


def way_to_care(made: Access, depth: Floats, care_wet: Bools) -> WayToCare:
    """Return who is cut from care by a flood.

    Parameters
    ----------
    made
        The network with buildings and care on it.
    depth
        Deepest water on each piece of road [m].
    care_wet
        True for each place of care that the water closes.
    """
    network = made.network
    speed = np.minimum(speed_in_water(depth), network.speed)
    passable = speed > 0.0
    seconds = network.length / np.where(passable, speed, 1.0) * 3.6
    now = travel(made, seconds, passable, ~care_wet)
    on_quiet = np.isfinite(made.quiet)
    cut = on_quiet & ~np.isfinite(now)
    with np.errstate(invalid="ignore"):
        extra = np.where(on_quiet & ~cut, np.maximum(now - made.quiet, 0.0), 0.0)
    return WayToCare(cut, extra, made.care[care_wet])


def cut_level(made: Access, closes: Floats, care_floods: Floats) -> Floats:
    """Return the sea level from which each building is cut from care [m datum], all at once.

    A way is open up to the lowest level that closes a piece of it; of all ways to all care the
    one that stays open longest counts. That is a bottleneck path, and one union of the road
    pieces in falling order of their levels finds it for every node and every level.

    Parameters
    ----------
    made
        The network with buildings and care on it.
    closes
        Sea level that closes each piece of road, +inf = never [m datum].
    care_floods
        Sea level that closes each place of care, +inf = never [m datum].

    Returns
    -------
    Shape (buildings,): cut when the sea is at or above it; +inf = never cut, or not connected on
    a dry day either.
    """
    if not made.known:
        return np.full(made.node.size, np.inf)
    network = made.network
    nodes = network.x.size
    use = network.cars
    a = np.concatenate([network.a[use], made.care_node])
    b = np.concatenate([network.b[use], np.full(made.care.size, nodes)])
    weight = np.concatenate([closes[use], care_floods])
    out = np.full(nodes + 1, -np.inf)
    kernels.bottleneck(
        np.argsort(-weight, kind="stable"),
        a,
        b,
        weight,
        nodes,
        np.arange(nodes + 1),
        np.ones(nodes + 1, np.int64),
        np.full(nodes + 1, -1),
        np.arange(nodes + 1),
        out,
    )
    level = out[made.node]
    return np.where(np.isneginf(level), np.inf, level)
