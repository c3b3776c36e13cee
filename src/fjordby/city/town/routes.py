"""Main roads and lanes: cheapest ways over the land between settlements, farms and the edge."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy import ndimage
from scipy.spatial import Delaunay, QhullError
from shapely import LineString, Point, STRtree

from fjordby.arrays import Bools, Floats
from fjordby.city.town import kernels
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import HOMES, Centre, Settlement, weighted_middles
from fjordby.errors import BadCity

#: Steps of a road on the planning grid: eight neighbours and eight knight's moves, each with
#: a cell that it passes.
MOVES = np.array(
    [(dr, dc, dr, dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1) if (dr, dc) != (0, 0)]
    + [
        (dr, dc, int(np.sign(dr)), int(np.sign(dc)))
        for dr in (-2, -1, 1, 2)
        for dc in (-2, -1, 1, 2)
        if abs(dr) != abs(dc)
    ],
    np.int64,
)


@dataclass
class Network:
    """Roads while they are made: lines, their classes, and the cells they stand on."""

    ground: Ground
    numbers: Parameters
    factor: Floats
    lines: list[LineString] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    cells: Bools = field(init=False)

    def __post_init__(self) -> None:
        """Start with no roads on any cell."""
        self.cells = np.zeros(self.ground.grid.shape, bool)

    def add(
        self, line: LineString, road_class: str, kind: str = "synthetic", name: str = ""
    ) -> None:
        """Add a road and mark the cells it stands on."""
        if line.length < 1.0:
            return
        self.lines.append(line)
        self.classes.append(road_class)
        self.kinds.append(kind)
        self.names.append(name)
        grid = self.ground.grid
        west, south, east, north = line.bounds
        rows, columns = grid.rows_columns(np.array([west, east]), np.array([north, south]))
        r0, r1 = np.clip(rows + np.array([0, 1]), 0, grid.ny)
        c0, c1 = np.clip(columns + np.array([0, 1]), 0, grid.nx)
        if r1 <= r0 or c1 <= c0:
            return
        burnt = rasterize(
            [line],
            out_shape=(int(r1 - r0), int(c1 - c0)),
            transform=Affine(
                grid.cell,
                0.0,
                grid.west + float(c0) * grid.cell,
                0.0,
                -grid.cell,
                grid.north - float(r0) * grid.cell,
            ),
            all_touched=True,
        )
        self.cells[r0:r1, c0:c1] |= burnt > 0

    def cost(self) -> Floats:
        """Return the factor of each planning cell for a new road, 0 where closed."""
        return np.where(self.cells, self.numbers["reuse_cost"], self.factor)


def empty_network(ground: Ground, numbers: Parameters) -> Network:
    """Return a network without roads on land that says what a road costs."""
    factor = np.ones(ground.grid.shape)
    factor[~ground.land] = numbers["bridge_cost"]
    factor[ground.slope > numbers["slope_steep"]] *= 2.5
    factor[ground.sea < 1.6 * ground.grid.cell] = 3.0
    factor[ground.sea <= 0.0] = 0.0
    return Network(ground, numbers, factor)


def way(network: Network, start: tuple[int, int], goal: Bools) -> list[tuple[int, int]]:
    """Return the cheapest way from a cell to the first goal as (row, column); empty if none."""
    grid = network.ground.grid
    size = grid.ny * grid.nx
    best = np.full(size, np.inf)
    came = np.full(size, -1, np.int64)
    factor = network.cost()
    index = int(start[0] * grid.nx + start[1])
    found = kernels.cheapest_way(
        factor,
        network.ground.height,
        goal,
        index,
        grid.cell,
        network.numbers["slope_route"],
        MOVES,
        best,
        came,
        np.empty(size * 8),
        np.empty(size * 8, np.int64),
    )
    if found < 0:
        return []
    steps = [int(found)]
    while steps[-1] != index:
        steps.append(int(came[steps[-1]]))
    return [(s // grid.nx, s % grid.nx) for s in reversed(steps)]


def _points(network: Network, cells: list[tuple[int, int]]) -> Floats:
    grid = network.ground.grid
    rc = np.array(cells, float)
    return np.column_stack(
        [grid.west + (rc[:, 1] + 0.5) * grid.cell, grid.north - (rc[:, 0] + 0.5) * grid.cell]
    )


def smooth(points: Floats) -> LineString:
    """Return a line through points with corners cut twice (Chaikin 1974), ends kept."""
    line = shapely.simplify(LineString(points), 14.0)
    xy = shapely.get_coordinates(line)
    for _ in range(3):
        if len(xy) < 3:
            break
        a, b = xy[:-1], xy[1:]
        cut = np.empty((2 * len(a), 2))
        cut[0::2] = 0.75 * a + 0.25 * b
        cut[1::2] = 0.25 * a + 0.75 * b
        xy = np.vstack([xy[:1], cut[1:-1], xy[-1:]])
    return shapely.simplify(LineString(xy), 0.8)


def build(network: Network, cells: list[tuple[int, int]], road_class: str) -> None:
    """Build the parts of a way that have no road yet, and join them to the roads that are."""
    if len(cells) < 2:
        return
    on_road = np.array([network.cells[c] for c in cells])
    tree = STRtree(network.lines) if network.lines else None
    lines = list(network.lines)
    i = 0
    runs = []
    while i < len(cells):
        if on_road[i]:
            i += 1
            continue
        j = i
        while j + 1 < len(cells) and not on_road[j + 1]:
            j += 1
        runs.append((i, j))
        i = j + 1
    for i, j in runs:
        points = _points(network, cells[i : j + 1])
        before = _join(network, cells[i - 1], tree, lines) if i > 0 else None
        after = _join(network, cells[j + 1], tree, lines) if j + 1 < len(cells) else None
        if before and after and before[1] == after[1]:
            line = lines[before[1]]
            along = abs(line.project(Point(before[0])) - line.project(Point(after[0])))
            own = 25.0 * (j - i + 2)
            if own < 160.0 and along < 2.5 * own:
                continue
        if before:
            points = np.vstack([before[0], points])
        if after:
            points = np.vstack([points, after[0]])
        if len(points) >= 2:
            network.add(smooth(points), road_class)


def _join(
    network: Network, cell: tuple[int, int], tree: STRtree | None, lines: list[LineString]
) -> tuple[Floats, int] | None:
    """Return the point on the nearest road to a cell, and which road it is."""
    if tree is None:
        return None
    point = Point(_points(network, [cell])[0])
    near = int(tree.nearest(point))
    line = lines[near]
    on = line.interpolate(line.project(point))
    # An end close by is the better joint: roads meet in one place.
    for end in (line.coords[0], line.coords[-1]):
        if on.distance(Point(end)) < 25.0:
            on = Point(end)
    return np.array([[on.x, on.y]])[0], near


def main_roads(network: Network, town: Settlement) -> None:
    """Join the settlements: the heaviest relations first, each using the roads that are."""
    centres = [c for c in town.centres if c.persons >= 60.0]
    pairs = _neighbours(centres)
    cell = network.ground.grid.cell

    def pull(pair: tuple[int, int]) -> float:
        a, b = centres[pair[0]], centres[pair[1]]
        apart = np.hypot(a.row - b.row, a.column - b.column) * cell
        return float(np.sqrt(a.persons * b.persons) / max(apart, 1.0))

    ordered = sorted(pairs, key=lambda p: (-pull(p), p))
    for rank, (a, b) in enumerate(ordered):
        share = rank / max(len(ordered), 1)
        road_class = "primary" if share < 0.2 else "secondary" if share < 0.5 else "tertiary"
        goal = np.zeros(network.ground.grid.shape, bool)
        goal[centres[b].row, centres[b].column] = True
        build(network, way(network, (centres[a].row, centres[a].column), goal), road_class)


def _neighbours(centres: list[Centre]) -> list[tuple[int, int]]:
    """Return pairs of centres with no third one between them (Gabriel & Sokal 1969)."""
    xy = np.array([(c.row, c.column) for c in centres], float).reshape(-1, 2)
    if len(xy) < 2:
        return []
    try:
        triangles = Delaunay(xy).simplices
        pairs = {
            (int(min(t[i], t[j])), int(max(t[i], t[j])))
            for t in triangles
            for i, j in ((0, 1), (1, 2), (0, 2))
        }
    except (QhullError, ValueError):
        pairs = {(i, j) for i in range(len(xy)) for j in range(i + 1, len(xy))}
    keep = []
    for i, j in sorted(pairs):
        middle = 0.5 * (xy[i] + xy[j])
        radius = 0.25 * ((xy[i] - xy[j]) ** 2).sum()
        others = np.delete(np.arange(len(xy)), [i, j])
        if not (((xy[others] - middle) ** 2).sum(1) < radius - 1e-9).any():
            keep.append((i, j))
    return keep


def collectors(network: Network, town: Settlement, rng: np.random.Generator) -> None:
    """Join the quarters of a town: one node for some 1400 residents, tertiary roads between."""
    homes = np.where(town.use == HOMES, town.persons, 0.0)
    count = int(homes.sum() / 1400.0)
    middles = weighted_middles(homes, count, rng)
    grid = network.ground.grid
    quarters = [Centre(int(r), int(c), 1.0) for r, c in middles if network.factor[r, c] > 0]
    for a, b in _neighbours(quarters):
        start, end = quarters[a], quarters[b]
        if np.hypot(start.row - end.row, start.column - end.column) * grid.cell > 1600.0:
            continue
        goal = np.zeros(grid.shape, bool)
        goal[end.row, end.column] = True
        build(network, way(network, (start.row, start.column), goal), "tertiary")


def way_out(network: Network, town: Settlement) -> None:
    """Lead main roads over the edge of the map, one for some four kilometres of edge."""
    ground = network.ground
    ny, nx = ground.grid.shape
    reach = max(int(4000.0 / ground.grid.cell), 1)
    sides = [
        [(0, c) for c in range(nx)],
        [(ny - 1, c) for c in range(nx)],
        [(r, 0) for r in range(ny)],
        [(r, nx - 1) for r in range(ny)],
    ]
    goal = np.zeros(ground.grid.shape, bool)
    for c in town.centres:
        goal[c.row, c.column] = c.persons >= 150.0
    if not goal.any():
        return
    for side in sides:
        for i in range(0, len(side), reach):
            part = [s for s in side[i : i + reach] if ground.suit[s] > 0.4]
            if len(part) < reach // 4:
                continue
            middle = sum(part[len(part) // 2])
            best = max(
                part,
                key=lambda s: (
                    round(float(ground.suit[s]), 2),
                    -abs(sum(s) - middle),
                ),
            )
            build(network, way(network, best, goal), "secondary")


def lanes(network: Network, town: Settlement, rng: np.random.Generator) -> None:
    """Lead lanes to the people who live outside the towns."""
    ground = network.ground
    rural = np.where(town.use == HOMES, 0.0, town.persons)
    cells = ground.census
    nodes = _villages_apart(network, town)
    # A lane leads well into the cell, not just over its edge.
    size = 2 * int(200.0 / ground.grid.cell) + 1
    deep = ndimage.minimum_filter(cells, size) == ndimage.maximum_filter(cells, size)
    good = (ground.suit > 0.3) & (town.use != HOMES)
    like = np.where(deep, 1.0, 0.01) * np.where(good, 1.0, 1e-6)
    order = np.argsort(cells.ravel(), kind="stable")
    first = np.searchsorted(cells.ravel()[order], np.arange(int(cells.max()) + 2))
    for cell in range(int(cells.max()) + 1):
        inside = order[first[cell] : first[cell + 1]]
        people = rural.ravel()[inside].sum() if len(inside) else 0.0
        if people < 0.5:
            continue
        for _ in range(1 + min(int(people / 20.0), 3)):
            chance = like.ravel()[inside] * rng.uniform(0.2, 1.0, len(inside))
            nodes.append(int(inside[np.argmax(chance)]))
    for node in nodes:
        start = (node // ground.grid.nx, node % ground.grid.nx)
        if network.cells[start] or ground.sea[start] <= 0.0:
            continue
        build(network, way(network, start, network.cells), "unclassified")
    _loops(network, nodes, rng)


def _villages_apart(network: Network, town: Settlement) -> list[int]:
    """Return the densest cell of each piece of built-up land that no road reaches yet."""
    label, count = ndimage.label(town.use == HOMES)
    reached = set(np.unique(label[network.cells]).tolist())
    nodes = []
    for k in range(1, count + 1):
        if k not in reached:
            nodes.append(int(np.argmax(np.where(label == k, town.density + 1.0, 0.0))))
    return nodes


def _loops(network: Network, nodes: list[int], rng: np.random.Generator) -> None:
    """Join some neighbouring farms directly: country lanes are a net, not a tree."""
    nx = network.ground.grid.nx
    spots = [Centre(n // nx, n % nx, 1.0) for n in sorted(set(nodes))]
    for a, b in _neighbours(spots):
        apart = np.hypot(spots[a].row - spots[b].row, spots[a].column - spots[b].column)
        if rng.random() > 0.7 or apart * network.ground.grid.cell > 2000.0:
            continue
        goal = np.zeros(network.ground.grid.shape, bool)
        goal[spots[b].row, spots[b].column] = True
        if network.factor[spots[a].row, spots[a].column] > 0:
            build(network, way(network, (spots[a].row, spots[a].column), goal), "unclassified")


def need_a_network(network: Network) -> None:
    """Raise `BadCity` when there is no road to build a town along."""
    if not network.lines:
        raise BadCity(
            "people enough for a road between two places",
            "a census and land that give none",
            "Give a census with residents on dry land inside the terrain.",
        )
