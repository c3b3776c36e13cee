"""Vejle's terrain, sea, streams, gate and woods, from its sources in data/vejle/terrain.

`build()` returns the layers with their provenance, and the error of the terrain as plain data.
Run as a program it prints the table of errors, and with --learn it learns the law of likeness
anew (a few minutes).
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio.features import rasterize, shapes
from scipy.interpolate import LinearNDInterpolator, RectBivariateSpline
from scipy.ndimage import binary_dilation, uniform_filter, zoom
from shapely.geometry import LineString, shape

from fjordby.city import Layer
from fjordby.city import terrain as tr
from fjordby.city.shore import open_sea, patches, sea_bed, shoreline
from fjordby.city.streams import carve, hold_banks, valley_course
from fjordby.grid import Grid, Raster
from fjordby.progress import Progress, silent
from fjordby.provenance import Kind, Provenance
from vejle.positions import read_tile

FOLDER = Path(__file__).parents[2] / "data" / "vejle" / "terrain"
CRS = "EPSG:25832"
GRID = Grid(524000.0, 6180000.0, 10.0, 1200, 2000, CRS)
#: How far the surface model must be moved to fit the points, east and north [m]; `positions`.
SHIFT = (40.0, -40.0)
#: How far points and tile are moved, east and north [m]. They agree with each other to the metre,
#: but stand north of the world: the coast of the parishes fits best 25 m further south, the roads
#: of OpenStreetMap (least climbing) 55 m further south, both within 10 m east and west.
FRAME = (0.0, -30.0)
#: How alike the ground is at two places; learnt with --learn on the low land, see docs/terrain.md.
LAW = tr.Law()
#: The tile speaks alone north of this line; in the 150 m north of its edge it takes over.
TILE_SOUTH, TILE_ALONE = 6175060.0, 6175210.0


@dataclass(frozen=True)
class Sources:
    """What the terrain is made from, read once."""

    points: tr.Samples
    wet: np.ndarray
    surface: tr.Surface
    tile: tuple[np.ndarray, np.ndarray, np.ndarray]
    land: gpd.GeoDataFrame
    courses: pd.DataFrame


def read(folder: Path = FOLDER) -> Sources:
    """Read the sources; a point is wet where the terrain model stands at 0.00 outside the land."""
    table = pd.read_csv(folder / "dhm_points.csv")
    east, north = FRAME
    points = tr.Samples(
        table.e.to_numpy() + east, table.n.to_numpy() + north, table.z.to_numpy(dtype=float)
    )
    land = gpd.read_file(folder.parent / "admin" / "vejle_sogne_dagi500.geojson")
    at_sea = gpd.GeoSeries.from_xy(points.x, points.y, crs=CRS)
    inner = land.union_all().buffer(-400.0)
    wet = (points.z == 0.0) & ~at_sea.within(inner).to_numpy()
    surface = tr.read_surface(folder / "copernicus_glo30_resampled_vejle.tif", CRS)
    surface = replace(surface, shift=(SHIFT[0] - east, SHIFT[1] - north))
    x, y, heights = read_tile(folder / "dhm_terraen_50m_E520-548_N6175-6182.tif")
    tile = (x + east, y + north, heights)
    return Sources(points, wet, surface, tile, land, pd.read_csv(folder / "streams.csv"))


def dry_points(sources: Sources, grid: Grid = GRID) -> tr.Samples:
    """Return the points on land in and around the grid, south of where the tile speaks alone."""
    west, south, east, _ = grid.bounds
    p = sources.points
    near = (p.x > west - 1000) & (p.x < east + 1000) & (p.y > south - 1000) & (p.y < TILE_ALONE)
    return p.where(near & ~sources.wet)


def with_tile_edge(points: tr.Samples, sources: Sources) -> tr.Samples:
    """Return the points and the southern edge of the tile, so that both meet without a step."""
    x, y, heights = sources.tile
    edge = y < TILE_ALONE + 300
    at_x, at_y = np.meshgrid(x[::3], y[edge])
    keep = (at_x > points.x.min()) & (at_x < points.x.max())
    return tr.Samples(
        np.r_[points.x, at_x[keep]],
        np.r_[points.y, at_y[keep]],
        np.r_[points.z, heights[edge][:, ::3][keep]],
    )


def tile_surface(sources: Sources) -> RectBivariateSpline:
    """Return the tile as a function of northing and easting."""
    x, y, heights = sources.tile
    return RectBivariateSpline(y[::-1], x, heights[::-1], kx=3, ky=3, s=0)


def ground(sources: Sources, grid: Grid = GRID, progress: Progress = silent) -> np.ndarray:
    """Return the bare ground on the grid: kriged south of the tile, the tile itself north of it."""
    points = with_tile_edge(dry_points(sources, grid), sources)
    seen = tr.looks(sources.surface, points.x, points.y)
    fused = tr.fuse(points, seen, LAW, tr.doubts(points, seen, LAW))
    coarse = 2
    cell = coarse * grid.cell
    x = grid.west + cell * (np.arange(grid.nx // coarse) + 0.5)
    y = grid.north - cell * (np.arange(grid.ny // coarse) + 0.5)
    south = y < TILE_ALONE + 2 * cell
    at_x, at_y = (a.ravel() for a in np.meshgrid(x, y[south]))
    kriged = np.zeros((len(y), len(x)))
    kriged[south] = fused.at(at_x, at_y, tr.looks(sources.surface, at_x, at_y), progress).reshape(
        -1, len(x)
    )
    height = zoom(kriged, coarse, order=1, mode="nearest", grid_mode=True)
    tile = tile_surface(sources)(grid.y[::-1], grid.x)[::-1]
    share = np.clip((grid.y - TILE_SOUTH) / (TILE_ALONE - TILE_SOUTH), 0.0, 1.0)[:, None]
    return np.asarray(np.where(share > 0, share * tile, 0.0) + (1 - share) * height)


#: A neighbouring municipality in the north-east has no polygon: there, land is what stands
#: higher than this [m] (assumed; the shore is then moved to agree with the points).
NEIGHBOUR, NEIGHBOUR_LAND = (542200.0, 6173000.0), 0.7
#: The sea's bed is not known: the fjord is about 2 m deep at the motorway bridge (okolariet.dk),
#: and is assumed to fall 1 in 25 from the shore to that depth.
SEA_SLOPE, SEA_DEPTH = 0.04, 2.0
#: Isles smaller than this come from the triangulation, not from the world [m2] (assumed).
SMALLEST_ISLE = 20_000.0
#: Land beside the sea stands at least this high [m]: the edge of daily water (assumed).
WATERS_EDGE = 0.2


def land_and_sea(sources: Sources, height: np.ndarray, grid: Grid = GRID) -> tuple[np.ndarray, int]:
    """Return the sea, and how many points moved the coarse coast."""
    land = rasterize(sources.land.geometry, out_shape=grid.shape, transform=grid.transform) == 1
    east, north = NEIGHBOUR
    other = (grid.x > east)[None, :] & (grid.y > north)[:, None] & (height > NEIGHBOUR_LAND)
    points = sources.points
    land, moved = shoreline(land | other, grid, points.x, points.y, sources.wet)
    land = patches(land, SMALLEST_ISLE, grid.cell) > 0
    return open_sea(land), moved


def streams_of(
    sources: Sources, height: np.ndarray, grid: Grid = GRID
) -> tuple[gpd.GeoDataFrame, np.ndarray, dict[str, np.ndarray]]:
    """Return the streams, the ground with their beds, and the cells of each stream."""
    rows, cells = [], {}
    original = height
    for name, way in sources.courses.groupby("name", sort=False):
        first = way.iloc[0]
        points = list(zip(way.x, way.y, strict=True))
        if first.route == "valley":
            course = valley_course(original, grid, points)
        else:
            course = LineString(points)
        height, cut, bed = carve(
            height, grid, course, first.width, first.depth, first.mouth, first.grade
        )
        cells[str(name)] = cut
        rows.append(
            {
                "id": first.id,
                "name": name,
                "width": first.width,
                "bed": float(bed[-1]),
                "geometry": course,
            }
        )
    return gpd.GeoDataFrame(rows, crs=CRS), height, cells


#: The lock where Omløbsåen meets Vejle Å at Bryggen. It shuts out the sea; its crest is assumed
#: equal to the 2.5 m that new building must be secured to. Place and length are assumed.
GATE = {
    "id": "sluse-omloebsaaen",
    "name": "Slusen i Omløbsåen",
    "type": "gate",
    "crest": 2.5,
    "geometry": LineString([(533265.0, 6173421.0), (533345.0, 6173421.0)]),
}
#: Omløbsåen leaves its banks when the water stands at +1.30 m (vejlespildevand.dk).
BANKS = {"Omløbsåen": 1.30}


def woods(
    sources: Sources, height: np.ndarray, sea: np.ndarray, grid: Grid = GRID
) -> gpd.GeoDataFrame:
    """Return where the surface model stands high above the ground outside the built-up floor."""
    x, y = np.meshgrid(grid.x, grid.y)
    top = sources.surface.at(x.ravel(), y.ravel(), order=1).reshape(grid.shape)
    like_surface = uniform_filter(np.where(sea, 0.0, height), 15, mode="nearest")
    tall = uniform_filter(top - like_surface, 15) > WOOD_HEIGHT
    found = patches(tall & ~sea & (height > WOOD_ABOVE), WOOD_AREA, grid.cell)
    made = shapes(found.astype(np.int32), mask=found > 0, transform=grid.transform)
    outlines = [shape(outline).simplify(15.0).buffer(0) for outline, _ in made]
    return gpd.GeoDataFrame(
        {"id": [f"wood-{i}" for i in range(len(outlines))], "name": "", "use": "wood"},
        geometry=outlines,
        crs=CRS,
    )


#: A wood is a patch of at least 4 ha that stands 6 m or more above the ground, higher up than the
#: town floor (assumed; houses of the hills are lower and wider apart).
WOOD_HEIGHT, WOOD_ABOVE, WOOD_AREA = 6.0, 6.0, 40_000.0


def before(folder: Path, inside: Grid, side: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return heights foreseen and true by the first merge's method, made again on left-out data.

    The surface model plus a linear interpolation of its error at the points, everything where
    its labels say. `side` is that of the blocks left out [m]; None leaves out a tenth at a time.
    """
    table = pd.read_csv(folder / "dhm_terraen_point_samples_vejle.csv")
    land = gpd.read_file(folder.parent / "admin" / "vejle_sogne_dagi500.geojson").union_all()
    west, south, east, _ = inside.bounds
    near = table.e.between(west - 1000, east + 1000) & table.n.between(south - 1000, TILE_SOUTH)
    at = gpd.GeoSeries.from_xy(table.e, table.n, crs=CRS)
    table = table[near & ~((table.z_dvr90 == 0) & ~at.within(land.buffer(-400.0)))]
    x, y, z = (table[c].to_numpy() for c in ("e", "n", "z_dvr90"))
    surface = tr.read_surface(folder / "copernicus_glo30_resampled_vejle.tif", CRS)
    top = surface.at(x, y)
    if side is None:
        fold = np.random.default_rng(1872).integers(0, 10, len(z))
    else:
        fold = tr.square_blocks(x, y, side)
    foreseen = np.full(len(z), np.nan)
    for one in np.unique(fold):
        out = fold == one
        middle = (x[out].mean(), y[out].mean()) if side else (0.0, 0.0)
        far = np.hypot(x - middle[0], y - middle[1]) > 4000.0 if side else np.zeros(len(x), bool)
        rest = ~out & ~far
        error = LinearNDInterpolator(np.column_stack([x[rest], y[rest]]), (z - top)[rest])
        foreseen[out] = top[out] + error(x[out], y[out])
    keep = inside.inside(x, y) & np.isfinite(foreseen)
    return foreseen[keep], z[keep]


def errors(sources: Sources, folder: Path = FOLDER, grid: Grid = GRID) -> list[dict[str, Any]]:
    """Return the error of the terrain at points left out, before and after, zone by zone."""
    points = dry_points(sources, grid)
    points = points.where(points.y < TILE_SOUTH)
    seen = tr.looks(sources.surface, points.x, points.y)
    told = grid.inside(points.x, points.y)
    km = tr.square_blocks(points.x, points.y, 1000.0)
    tile = sources.points.where(sources.points.y > TILE_ALONE)
    tile = tile.where(grid.inside(tile.x, tile.y) & ~on_tile_node(tile, sources))
    alone, block = "one point left out", "a square kilometre left out"
    tenths = np.random.default_rng(1872).integers(0, 10, len(points))
    single, one_tenth, square = (
        tr.left_out(points, seen, LAW, blocks)[told] for blocks in (None, tenths, km)
    )
    true, raw = points.z[told], sources.surface.at(points.x, points.y)[told]
    tenth, square_before = before(folder, grid, None), before(folder, grid, 1000.0)
    north = tile_surface(sources).ev(tile.y, tile.x)
    runs = [
        ("the surface model alone", "-", raw, true, None),
        ("the first merge's method", "a tenth left out", *tenth, None),
        ("the first merge's method", block, *square_before, None),
        ("this terrain", alone, single, true, None),
        ("this terrain", "a tenth left out", one_tenth, true, None),
        ("this terrain", block, square, true, None),
        ("this terrain, zones by itself", alone, single, true, single),
        ("this terrain, the tile in the north", "points never used", north, tile.z, None),
    ]
    return [
        {
            "method": {"da": DANISH[method], "en": method},
            "held_out": {"da": DANISH[held_out], "en": held_out},
            "zone": {"da": DANISH[error.zone], "en": error.zone},
            **{
                k: round(v, 2) if isinstance(v, float) else v
                for k, v in asdict(error).items()
                if k != "zone"
            },
        }
        for method, held_out, foreseen, true, by in runs
        for error in tr.terrain_error(foreseen, true, by=by)
    ]


def low_town_error(sources: Sources, grid: Grid = GRID) -> float:
    """Return how far the whole low town may be too high or too low [m].

    The errors at points left out, where the terrain itself shows less than 3 m: what is told is
    the root of their squared mean and its squared standard error, with each square kilometre as
    one cluster, since neighbours err alike (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13).
    """
    points = dry_points(sources, grid)
    points = points.where(points.y < TILE_SOUTH)
    seen = tr.looks(sources.surface, points.x, points.y)
    foreseen = tr.left_out(points, seen, LAW, None)
    low = grid.inside(points.x, points.y) & (foreseen < LOW_TOWN)
    blocks = tr.square_blocks(points.x, points.y, 1000.0)[low]
    error = (foreseen - points.z)[low]
    away = [np.sum(error[blocks == block] - error.mean()) for block in np.unique(blocks)]
    return float(np.hypot(error.mean(), np.linalg.norm(away) / error.size))


def on_tile_node(points: tr.Samples, sources: Sources) -> np.ndarray:
    """Return which points were read at the very place of a cell of the tile."""
    x, y, _ = sources.tile
    near_x = np.abs(points.x[:, None] - x[None, :]).min(axis=1)
    near_y = np.abs(points.y[:, None] - y[None, :]).min(axis=1)
    return np.asarray((near_x < 5.0) & (near_y < 5.0))


@dataclass(frozen=True)
class Built:
    """Vejle's ground layers, ready for the city; `record` is its record `terrain_error`."""

    terrain: Raster
    sea: Raster
    streams: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    provenance: dict[Layer, Provenance]
    record: dict[str, Any]


def build(grid: Grid = GRID, folder: Path = FOLDER, progress: Progress = silent) -> Built:
    """Build the ground layers of Vejle on a grid inside 524-544 km east, 6,168-6,180 km north."""
    sources = read(folder)
    height = ground(sources, grid, progress)
    sea, moved = land_and_sea(sources, height, grid)
    shore = binary_dilation(sea, iterations=3) & ~sea
    height = np.where(shore, np.maximum(height, WATERS_EDGE), height)
    green = woods(sources, height, sea, grid)
    streams, height, cells = streams_of(sources, height, grid)
    for name, crest in BANKS.items():
        height, _ = hold_banks(height, np.any(list(cells.values()), axis=0), crest, cells[name])
    height = np.where(sea, sea_bed(sea, grid.cell, SEA_SLOPE, SEA_DEPTH), height)
    height = np.round(height.astype(np.float32), 2)
    barriers = gpd.GeoDataFrame([GATE], crs=CRS)
    return Built(
        grid.raster(height, "terrain"),
        grid.raster(sea, "sea", "1"),
        streams,
        barriers,
        green,
        provenance(moved),
        {
            "low_town": round(low_town_error(sources, grid), 2),
            "zones": errors(sources, folder, grid),
            "published_first_merge": FIRST_MERGE,
        },
    )


#: What the table of errors says, in Danish.
DANISH = {
    "the surface model alone": "overflademodellen alene",
    "the first merge's method": "den første sammensætnings metode",
    "this terrain": "dette terræn",
    "this terrain, zones by itself": "dette terræn, højdezoner efter det selv",
    "this terrain, the tile in the north": "dette terræn, terrænmodellen i nord",
    "-": "-",
    "one point left out": "et punkt udeladt",
    "a tenth left out": "en tiendedel udeladt",
    "a square kilometre left out": "en kvadratkilometer udeladt",
    "points never used": "punkter, der aldrig blev brugt",
    "town floor, below 3 m": "bybunden, under 3 m",
    "3-10 m": "3-10 m",
    "10-50 m": "10-50 m",
    "above 50 m": "over 50 m",
}

#: Ground shown lower than this counts as the low town [m].
LOW_TOWN = 3.0

#: What the first merge said of itself, from points it had not seen.
FIRST_MERGE = {
    "zone": "town floor",
    "mae_low": 1.0,
    "mae_high": 2.4,
    "bias_low": 0.9,
    "bias_high": 2.0,
}

DHM = "Danmarks Højdemodel, Klimadatastyrelsen"
COPERNICUS = (
    "Copernicus DEM GLO-30 © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH 2014-2018 "
    "provided under COPERNICUS by the European Union and ESA; all rights reserved"
)


def provenance(moved: int) -> dict[Layer, Provenance]:
    """Return where each layer comes from and how far it may be believed."""
    free = "CC BY 4.0 (Klimadatastyrelsen); Copernicus DEM licence"
    return {
        Layer.TERRAIN: Provenance(
            Kind.DERIVED,
            f"{DHM} (points, 50 m tile); {COPERNICUS}",
            free,
            "2026",
            "Bare ground kriged between true heights about 100-400 m apart, guided by a surface "
            "model; a 50 m tile north of N 6,175,000. Town floor: median error 0.5 m, mean 0.8 to "
            "1.1 m at points left out. Stream beds, bank heights and the sea bed are assumed.",
        ),
        Layer.SEA: Provenance(
            Kind.DERIVED,
            f"DAGI 1:500,000, Geodatastyrelsen; {DHM}",
            "CC BY 4.0",
            "2014",
            f"The coast of the parishes, moved where {moved} points of the terrain model show "
            "water or land. Good to about 50 m; quays and piers are not drawn.",
        ),
        Layer.STREAMS: Provenance(
            Kind.DERIVED,
            f"Drawn by us along the valleys of this terrain ({DHM})",
            free,
            "2026",
            "Vejle Å, Grejs Å and Højen Å follow the valley bottom; in the town Omløbsåen, "
            "Mølleåen and the last kilometres of Vejle Å are assumed. Widths and beds are assumed.",
        ),
        Layer.BARRIERS: Provenance(
            Kind.ASSUMED,
            "vejlespildevand.dk, tvsyd.dk; place drawn by us",
            "facts",
            "2016",
            "The lock in Omløbsåen at Bryggen closes in under a minute; its exact place and its "
            "crest (2.5 m) are assumed.",
        ),
        Layer.GREEN: Provenance(
            Kind.DERIVED,
            f"{COPERNICUS}; {DHM}",
            free,
            "2026",
            "Where the surface model stands 6 m or more above the ground over 4 ha: mostly the "
            "woods of the slopes, at times buildings. Nothing else green is drawn.",
        ),
    }


def main() -> None:
    """Print the table of errors; with --learn, learn the law of likeness first."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--learn", action="store_true", help="learn the law anew (minutes)")
    sources = read()
    if parser.parse_args().learn:
        points = dry_points(sources)
        seen = tr.looks(sources.surface, points.x, points.y)
        low = (seen[:, 1] < 20) & GRID.inside(points.x, points.y)
        print(tr.learn(points.where(low), seen[low], LAW))
    print(pd.DataFrame(errors(sources)).to_string(index=False))


if __name__ == "__main__":
    main()
