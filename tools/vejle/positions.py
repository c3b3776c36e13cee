"""Where the point samples of the terrain model were really taken.

The samples came from a web coverage service asked for three coarse grids. Such a service answers
from a thinned copy of the terrain model: each height is a true height of bare ground, but at the
nearest node of the thinned copy (102.4 m apart, 256 cells of 0.4 m) and not where the asked cell
lies; the grids were also labelled with a shift of their own. The labels are wrong by 40 to 160 m.

Three facts give the nodes back:

1. north of N 6,175,000 a 50 m tile of the same terrain model shows where each row belongs: the
   right node fits 2-3 times better than the next;
2. two samples at one node have the same height to the centimetre. Where two grids meet at a node
   they must agree, and where they do not agree they must not meet;
3. south of the tile, a row belongs where it fits the surface model plus what the other rows say
   of its error.

`place` returns the nodes, and the share of equal heights where grids meet: 0.96; by the labels
it would be chance. Equal heights in the tile itself fix the nodes to about 2 m.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from rasterio.transform import Affine
from scipy.interpolate import LinearNDInterpolator

from fjordby.city.terrain import Samples, Surface, read_surface, registration

NODE = 102.4  # m, 256 cells of 0.4 m
WEST, SOUTH = 92.4, 55.5  # a node, modulo NODE [m]; from equal heights in the tile
#: First line of each grid in the file.
GRIDS = (0, 4366, 7252)
#: (grid, labels from, labels to, phase, nodes to add): how a column's label becomes a node. The
#: two first grids were fetched in two pieces that meet near E 530,300. Found by search.
COLUMNS = (
    (0, -np.inf, 530100.0, 73.0, 0),
    (0, 530100.0, np.inf, 93.0, -1),
    (1, -np.inf, 530350.0, 74.0, 0),
    (1, 530350.0, np.inf, 94.0, -1),
    (2, -np.inf, np.inf, -3.0, -2),
)
FIRST_ROW = 6166100.0  # m; the row south of this has no rows beyond it to hold it
TILE_NODE = 25.6  # m, the thinned copy that the 50 m tile was read from


@dataclass
class Rows:
    """The samples with a column node each, and a row node for each (grid, label)."""

    grid: np.ndarray
    label: np.ndarray
    x: np.ndarray
    column: np.ndarray
    z: np.ndarray
    node: dict[tuple[int, float], int]

    def of(self, key: tuple[int, float]) -> np.ndarray:
        """Which samples are of one row."""
        return (self.grid == key[0]) & (self.label == key[1])

    @property
    def y(self) -> np.ndarray:
        """Northing of each sample's node."""
        return SOUTH + NODE * np.array(
            [self.node[g, n] for g, n in zip(self.grid, self.label, strict=True)]
        )


def read_tile(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the tile's true node positions, west to east and north to south, and its heights."""
    with rasterio.open(path) as source:
        heights, t = source.read(1).astype(float), source.transform
    x = t.c + t.a * (np.arange(heights.shape[1]) + 0.5)
    y = t.f + t.e * (np.arange(heights.shape[0]) + 0.5)
    return (
        WEST + TILE_NODE * np.round((x - WEST) / TILE_NODE),
        SOUTH + TILE_NODE * np.round((y - SOUTH) / TILE_NODE),
        heights,
    )


def misfit(error: np.ndarray, scale: float = 0.7) -> float:
    """Robust mean of errors [scale]."""
    return float(np.nanmean(np.sqrt(1.0 + (error / scale) ** 2)))


def column_nodes(grid: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the column node of each sample from its label."""
    node = np.zeros(len(label), dtype=int)
    for g, low, high, phase, more in COLUMNS:
        mine = (grid == g) & (label > low) & (label <= high)
        node[mine] = np.round((label[mine] - phase) / NODE).astype(int) + more
    return node


def columns(rows: Rows, label: np.ndarray, tile: Surface) -> None:
    """Move each column of each grid to the node where its northern samples fit the tile best."""
    north = np.array([(g, n) in rows.node for g, n in zip(rows.grid, rows.label, strict=True)])
    y = np.full(len(north), np.nan)
    y[north] = SOUTH + NODE * np.array(
        [rows.node[g, n] for g, n in zip(rows.grid[north], rows.label[north], strict=True)]
    )
    for g, easting in sorted(set(zip(rows.grid.tolist(), label.tolist(), strict=True))):
        mine = (rows.grid == g) & (label == easting)
        ask = mine & north & (label > 520400) & (label < 547500)
        if not ask.any():
            continue
        first = rows.column[mine][0]
        tries = {}
        for node in range(first - 3, first + 4):
            x = np.full(ask.sum(), WEST + NODE * node)
            tries[node] = misfit(tile.at(x, y[ask]) - rows.z[ask])
        rows.column[mine] = min(tries, key=tries.__getitem__)
    rows.x[:] = WEST + NODE * rows.column


def northern_rows(rows: Rows, tile: Surface, south: float, north: float) -> None:
    """Place the rows that the tile covers."""
    for key in sorted(set(zip(rows.grid.tolist(), rows.label.tolist(), strict=True))):
        if key[1] < south + 350:
            continue
        mine = rows.of(key) & (rows.x > 520100) & (rows.x < 547800)
        near = round((key[1] - 50 - SOUTH) / NODE)
        tries = {}
        for node in range(near - 3, near + 4):
            y = SOUTH + NODE * node
            if south + 30 < y < north - 30:
                error = tile.at(rows.x[mine], np.full(mine.sum(), y)) - rows.z[mine]
                tries[node] = misfit(error)
        rows.node[key] = min(tries, key=tries.__getitem__)


def meetings(rows: Rows) -> tuple[list, list]:
    """Return the pairs of rows (of different grids) that share a node row, and that do not."""
    keys = sorted(set(zip(rows.grid.tolist(), rows.label.tolist(), strict=True)))
    heights = {}
    for key in keys:
        mine = rows.of(key) & (rows.z > 0.05)
        heights[key] = dict(zip(rows.column[mine], rows.z[mine], strict=True))
    same, different = [], []
    for a, b in combinations(keys, 2):
        both = heights[a].keys() & heights[b].keys()
        if abs(a[1] - b[1]) < 400 and len(both) > 5:
            equal = np.mean([abs(heights[a][c] - heights[b][c]) < 0.011 for c in both])
            (same if equal > 0.5 else different).append((a, b))
    return same, different


def together(keys: list, same: list) -> list[list]:
    """Return groups of rows that share a node row."""
    leader = {key: key for key in keys}
    for a, b in same:
        old, new = leader[b], leader[a]
        leader = {key: new if lead == old else lead for key, lead in leader.items()}
    return [[k for k in keys if leader[k] == lead] for lead in sorted(set(leader.values()))]


def southern_rows(rows: Rows, surface: Surface, north_of: float) -> None:
    """Place the rows south of the tile, in three rounds over all of them."""
    keys = sorted(set(zip(rows.grid.tolist(), rows.label.tolist(), strict=True)))
    same, different = meetings(rows)
    groups = [g for g in together(keys, same) if min(k[1] for k in g) < north_of + 350]
    for key in keys:
        rows.node.setdefault(key, round((key[1] - 35 - SOUTH) / NODE))
    for _ in range(4):
        for group in sorted(groups, key=lambda g: g[0][1]):
            place_group(rows, group, different, surface, north_of)


def place_group(
    rows: Rows, group: list, different: list, surface: Surface, north_of: float
) -> None:
    """Move one group of rows to the node where it fits the surface and the other rows best."""
    mine = np.any([rows.of(key) for key in group], axis=0)
    others = ~mine & (np.abs(rows.label - group[0][1]) < 2000)
    y = rows.y
    wrong = rows.z[others] - surface.at(rows.x[others], y[others])
    correction = LinearNDInterpolator(np.column_stack([rows.x[others], y[others]]), wrong)
    taken = {
        rows.node[b]
        for a, b in [*different, *((b, a) for a, b in different)]
        if a in group and b not in group and b[1] > north_of + 350
    }
    ask = mine & (rows.z > 0.05) & (rows.x > 520100) & (rows.x < 547800)
    near = round((np.mean([key[1] for key in group]) - 35 - SOUTH) / NODE)
    tries = {}
    for node in range(near - 3, near + 4):
        at = np.full(ask.sum(), SOUTH + NODE * node)
        error = rows.z[ask] - surface.at(rows.x[ask], at) - correction(rows.x[ask], at)
        if node not in taken and np.isfinite(error).mean() > 0.5:
            tries[node] = misfit(error, 1.0)
    if tries:
        best = min(tries, key=tries.__getitem__)
        rows.node.update(dict.fromkeys(group, best))


def place(csv: Path, tile_path: Path, surface: Surface) -> tuple[Samples, Surface, float]:
    """Return the samples at their nodes, the surface registered to them, and the equal share."""
    table = pd.read_csv(csv)
    table["grid"] = np.searchsorted(GRIDS, np.arange(len(table)), side="right") - 1
    table = table[table.n > FIRST_ROW]
    grid = table.grid.to_numpy()
    column = column_nodes(grid, table.e.to_numpy())
    rows = Rows(
        grid, table.n.to_numpy(), WEST + NODE * column, column, table.z_dvr90.to_numpy(), {}
    )
    with rasterio.open(tile_path) as source:
        flat: Affine = source.transform
        tile = Surface(source.read(1).astype(float), flat, "EPSG:25832", "EPSG:25832")
        bounds = source.bounds
    northern_rows(rows, tile, bounds.bottom, bounds.top)
    columns(rows, table.e.to_numpy(), tile)
    placed = np.array([(g, n) in rows.node for g, n in zip(grid, rows.label, strict=True)])
    northern = replace(rows, grid=grid[placed], label=rows.label[placed])
    fits = Samples(rows.x[placed], northern.y, rows.z[placed])
    inside = (fits.x > 520300) & (fits.x < 547700)
    surface = registration(surface, fits.where(inside), 80.0, 20.0)
    southern_rows(rows, surface, bounds.bottom)
    nodes = pd.DataFrame({"column": column, "y": rows.y, "x": rows.x, "z": rows.z})
    spread = nodes[nodes.z > 0.05].groupby(["column", "y"]).z.agg(["count", np.ptp])
    equal = float((spread[spread["count"] > 1]["ptp"] < 0.011).mean())
    one = nodes.groupby(["column", "y"], as_index=False).first()
    return Samples(one.x.to_numpy(), one.y.to_numpy(), one.z.to_numpy()), surface, equal


def main() -> None:
    """Write data/vejle/terrain/dhm_points.csv: each node once, with its height."""
    folder = Path(__file__).parents[2] / "data" / "vejle" / "terrain"
    surface = read_surface(folder / "copernicus_glo30_resampled_vejle.tif", "EPSG:25832")
    samples, surface, equal = place(
        folder / "dhm_terraen_point_samples_vejle.csv",
        folder / "dhm_terraen_50m_E520-548_N6175-6182.tif",
        surface,
    )
    pd.DataFrame({"e": samples.x.round(1), "n": samples.y.round(1), "z": samples.z}).to_csv(
        folder / "dhm_points.csv", index=False
    )
    print(f"{len(samples)} nodes; equal heights where grids meet: {equal:.3f}; ", end="")
    print(f"surface model moved by {surface.shift} m")


if __name__ == "__main__":
    main()
