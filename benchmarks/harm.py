"""How fast harm is counted: targets, measured times, and plain numpy and scipy doing the same.

Run `python benchmarks/harm.py`; `--quick` leaves out the table of a million assets.
Each time is the best of three after one run that compiles: on the clock, and the work of all cores
together, which other programs on the machine change less. What is timed is said in each row.
CLIMADA's and Delft-FIAT's times are those published or measured elsewhere on two cores; neither
is run here.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from scipy.sparse import csr_matrix, diags_array
from shapely.geometry import LineString, Point, box

from fjordby import harm
from fjordby.city import City, Layer
from fjordby.flood import city_connection
from fjordby.grid import Grid
from fjordby.harm.jrc import curves
from fjordby.provenance import Kind, Provenance
from fjordby.words import Words

CRS = "EPSG:25832"


class Took(float):
    """A time on the clock [s] that also knows what all cores together worked [s]."""

    work = 0.0

    def __format__(self, spec):
        """Say both, such as "0.20 (0.31 of work)"."""
        return f"{float(self):{spec}} s ({self.work:{spec}} s of work)"


def best(work, times=3):
    """Return the shortest time of some runs after a first one, and the last answer."""
    work()
    found = []
    for _ in range(times):
        begin, cores = time.perf_counter(), time.process_time()
        answer = work()
        took = Took(time.perf_counter() - begin)
        took.work = time.process_time() - cores
        found.append(took)
    return min(found), answer


def row(what, target, measured, rival="", published=""):
    """Print one row of the table."""
    print(f"| {what} | {target} | {measured} | {rival} | {published} |", flush=True)


def loss_tables(assets, events, target, published):
    """Time the event-by-asset table: hazard x curve x value, by event and by asset."""
    rng = np.random.default_rng(7)
    rows = [
        np.flatnonzero(rng.random(assets, dtype=np.float32) < 0.05).astype(np.int32)
        for _ in range(events)
    ]
    starts = np.concatenate(([0], np.cumsum([r.size for r in rows])))
    asset = np.concatenate(rows)
    del rows
    depth = rng.random(asset.size, dtype=np.float32) * 3.0
    rate = np.full(events, 1.0 / events)
    hazard = harm.Hazard(starts, asset, depth, assets, rate)
    _, points, shares = curves()
    kind = rng.integers(0, 3, assets)
    value = rng.random(assets) * 1e6
    costs = harm.from_curves(points[:3], shares[:3], kind, value)
    seconds, table = best(lambda: harm.loss_table(hazard, costs))
    rival, answer = best(lambda: plain_table(hazard, points, shares, kind, value), 1)
    assert np.allclose(table.at_event, answer[0], rtol=1e-4)
    assert np.allclose(table.expected, answer[1], rtol=1e-4)
    row(
        f"loss table {assets:,} x {events:,}, 5 % wet: curve, value, by event, by asset",
        target,
        f"{seconds:.2f}",
        f"{rival:.2f} (numpy interp by curve, scipy.sparse)",
        published,
    )


def plain_table(hazard, points, shares, kind, value):
    """Do the same with numpy and scipy.sparse, as CLIMADA's ImpactCalc does."""
    shape = (hazard.rate.size, hazard.assets)
    matrix = csr_matrix((hazard.depth, hazard.asset, hazard.starts), shape=shape)
    out = matrix.copy()
    kinds = kind[matrix.indices]
    for k in range(3):
        chosen = kinds == k
        out.data[chosen] = np.interp(matrix.data[chosen], points[k], shares[k])
    out = out @ diags_array(value.astype(np.float32))
    at_event = np.asarray(out.sum(axis=1)).ravel()
    expected = np.asarray(out.T @ hazard.rate).ravel()
    return at_event, expected


def town(buildings, grid):
    """Make a town of squares in rows on land that rises from the sea in the west."""
    rng = np.random.default_rng(3)
    side = int(np.ceil(np.sqrt(buildings)))
    west, south, east, north = grid.bounds
    x = np.tile(np.linspace(west + 0.06 * (east - west), east - 40, side), side)[:buildings]
    y = np.repeat(np.linspace(south + 20, north - 40, side), side)[:buildings]
    size = rng.uniform(7, 16, buildings)
    shapes = [box(a, b, a + s, b + s) for a, b, s in zip(x, y, size, strict=True)]
    uses = rng.choice(["home", "business", "industry", "garage"], buildings, p=[0.6, 0.1, 0.1, 0.2])
    home = uses == "home"
    ids = [f"b{k}" for k in range(buildings)]
    streets = np.linspace(south + 10, north - 10, 60)
    avenues = np.linspace(west + 0.06 * (east - west), east - 10, 60)
    lines = [LineString([(avenues[0], b), (avenues[-1], b)]) for b in streets]
    lines += [LineString([(a, streets[0]), (a, streets[-1])]) for a in avenues]
    bands = np.linspace(south, north, 13)
    rise = 6.0 * (grid.x - west) / (east - west) - 0.3
    height = rise[None, :] + rng.normal(0, 0.15, grid.shape)
    frame = {"crs": CRS}
    made = Provenance(Kind.SYNTHETIC, "made up for the benchmark", "EUPL-1.2", "2026-11-23")
    empty = gpd.GeoDataFrame({"id": []}, geometry=[], **frame)
    return City(
        "bench",
        Words("Prøveby", "Test town"),
        "DVR90",
        "DKK",
        grid.raster(height.astype(np.float32), "terrain"),
        grid.raster(np.repeat((grid.x < west + 0.05 * (east - west))[None], grid.ny, 0), "sea"),
        empty,
        gpd.GeoDataFrame({"id": [], "name": [], "type": [], "crest": []}, geometry=[], **frame),
        gpd.GeoDataFrame(
            {
                "id": ids,
                "use": uses,
                "floors": rng.integers(1, 4, buildings),
                "floor_height": 0.3,
                "basement_area": np.where(rng.random(buildings) < 0.3, 60.0, 0.0),
                "dwellings": home.astype(int),
                "district": [f"d{k}" for k in rng.integers(0, 12, buildings)],
                "name": "",
            },
            geometry=shapes,
            **frame,
        ),
        pd.DataFrame(
            {"building": ids, "children": home * 0.5, "adults": home * 1.2, "older": home * 0.3}
            | {"oldest": home * 0.1}
        ),
        gpd.GeoDataFrame(
            {"id": [f"d{k}" for k in range(12)], "name": ""},
            geometry=[box(west, bands[k], east, bands[k + 1]) for k in range(12)],
            **frame,
        ),
        gpd.GeoDataFrame(
            {"id": range(len(lines)), "name": "", "road_class": "residential", "speed": 50.0},
            geometry=lines,
            **frame,
        ),
        gpd.GeoDataFrame(
            {"id": ["c"], "name": ["Hospital"], "use": ["hospital"], "threshold": [0.3]}
            | {"building": [""]},
            geometry=[Point(east - 100, 0.5 * (south + north))],
            **frame,
        ),
        empty,
        dict.fromkeys(Layer, made),
    )


def maps(folder):
    """Time 20,000 buildings against five GeoTIFFs of 4000 x 4000 cells, reading included."""
    grid = Grid(500_000.0, 6_200_000.0, 2.0, 4000, 4000, CRS)
    city = town(20_000, grid)
    rng = np.random.default_rng(5)
    files = []
    for k in range(5):
        depth = 1.0 + 0.4 * k - (city.terrain.values + 0.3)
        depth = np.where(depth > 0, np.round(depth, 2), -9999.0).astype(np.float32)
        depth[rng.random(depth.shape) < 0.001] = -9999.0
        path = Path(folder) / f"depth_{k}.tif"
        profile = {"driver": "GTiff", "height": 4000, "width": 4000, "count": 1, "nodata": -9999.0}
        profile |= {"dtype": "float32", "crs": CRS, "transform": grid.transform}
        profile |= {"compress": "deflate", "tiled": True, "predictor": 3, "zlevel": 6}
        with rasterio.open(path, "w", **profile) as file:
            file.write(depth, 1)
        files.append(path)

    def work():
        who = harm.exposure(city)
        prints = harm.footprints(city.buildings, grid)
        costs = harm.costs_for("danish", who)
        total = []
        for path in files:
            flood = harm.read_depth(path, grid)
            total.append(harm.cost_at(costs, harm.water_at(prints, flood.depth).deepest).sum())
        return total

    seconds, total = best(work)
    from exactextract import exact_extract

    begin = time.perf_counter()
    exact_extract(str(files[0]), city.buildings[["geometry"]], ["max", "mean"])
    rival = 5 * (time.perf_counter() - begin)
    row(
        "20,000 buildings x 5 maps 4000 x 4000: footprints, read GeoTIFF, deepest, damage",
        "< 3 s",
        f"{seconds:.2f}",
        f"{rival:.1f} s (exactextract max and mean, one map x 5, no damage)",
        "100 s (Delft-FIAT)",
    )
    assert all(a > b for a, b in zip(total[1:], total, strict=False))


def levels():
    """Time 101 sea levels over 25,000 buildings: water alone, and everything by district."""
    grid = Grid(500_000.0, 6_200_000.0, 10.0, 1200, 2000, CRS)
    city = town(25_000, grid)
    connection = city_connection(city)
    heights = np.arange(0.0, 5.001, 0.05)
    seconds, prints = best(lambda: harm.footprints(city.buildings, grid))
    row("footprints of 25,000 buildings on 10 m cells, exact", "", f"{seconds:.3f}")

    def water():
        still = harm.gather_still(prints, city.terrain, connection)
        return [still.at(height) for height in heights]

    seconds, waters = best(water)

    def plain():
        out = []
        owner = np.repeat(np.arange(prints.count), np.diff(prints.starts))
        ground, reach = prints.gather(city.terrain), prints.gather(connection)
        reach[np.isneginf(reach)] = np.nan
        for height in heights:
            depth = np.where(reach < height, height - ground, 0.0)
            deepest = np.zeros(prints.count)
            np.maximum.at(deepest, owner, depth)
            under = np.bincount(owner, prints.share * (depth > 0), prints.count)
            volume = np.bincount(owner, prints.share * depth, prints.count)
            out.append((deepest, volume, under))
        return out

    rival, answer = best(plain, 1)
    assert np.allclose(waters[60].deepest, answer[60][0])
    row(
        "water at 25,000 buildings for 101 sea levels",
        "< 1 s",
        f"{seconds:.2f}",
        f"{rival:.2f} (numpy)",
    )
    seconds, ready = best(lambda: harm.stakes(city), 1)
    row("preparing a city: footprints, road network, way to care", "", f"{seconds:.2f}")
    seconds, _ = best(lambda: harm.impacts_by_level(city, connection, heights, prepared=ready))
    row(
        "impacts_by_level: 101 levels x 13 districts x all measures",
        "a few s",
        f"{seconds:.2f}",
    )


def main():
    """Print the table."""
    print("| what is timed | target | measured | rival, same answer | elsewhere |")
    print("|---|---|---|---|---|")
    loss_tables(100_000, 1000, "< 0.3 s", "0.4-6.6 s (CLIMADA)")
    if "--quick" not in sys.argv:
        loss_tables(1_000_000, 1000, "< 3 s", "7-65 s (CLIMADA)")
    levels()
    with tempfile.TemporaryDirectory() as folder:
        maps(folder)


if __name__ == "__main__":
    main()
