"""Green land around the town: woods on the slopes, meadows by the water, parks between blocks."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import shapes
from scipy import ndimage
from shapely.geometry import shape as as_shape

from fjordby.arrays import Bools
from fjordby.city.town.ground import Ground
from fjordby.city.town.parameters import Parameters
from fjordby.city.town.settle import OPEN, SITE, Uses
from fjordby.provenance import Kind


def green(ground: Ground, use: Uses, numbers: Parameters) -> gpd.GeoDataFrame:
    """Return woods, meadows and parks: columns id, name, use, kind.

    Steep open land is wood, low open land by the water is meadow, open land shut in by the
    town is park, the grounds of large places are grass.
    """
    cell = ground.grid.cell
    town = ndimage.gaussian_filter((use != OPEN).astype(float), 120.0 / cell)
    free = (use == OPEN) & ground.land
    steep = ndimage.gaussian_filter(ground.slope, 50.0 / cell) > 0.6 * numbers["slope_steep"]
    wood = free & steep
    meadow = free & ~steep & ground.wet & (ground.water < 900.0)
    park = free & ~steep & ~meadow & (town > 0.45)
    tables = [
        _polygons(mask, word, ground)
        for mask, word in (
            (wood, "wood"),
            (meadow, "meadow"),
            (park, "park"),
            (use == SITE, "grass"),
        )
    ]
    shape = np.concatenate([t[0] for t in tables])
    word = np.concatenate([t[1] for t in tables])
    return gpd.GeoDataFrame(
        {
            "id": [f"g{i}" for i in range(len(shape))],
            "name": "",
            "use": word,
            "kind": str(Kind.SYNTHETIC),
        },
        geometry=shape,
        crs=ground.grid.crs,
    )


def _polygons(mask: Bools, word: str, ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """Return a mask's pieces of at least a hectare with rounded edges."""
    cell = ground.grid.cell
    soft = ndimage.gaussian_filter(mask.astype(float), 0.9) > 0.5
    soft = np.asarray(soft & mask)
    pieces = [
        as_shape(g)
        for g, v in shapes(soft.astype("uint8"), mask=soft, transform=ground.grid.transform)
        if v
    ]
    kept = np.array([p for p in pieces if p.area > 10_000.0], object)
    if len(kept):
        kept = shapely.simplify(shapely.buffer(shapely.buffer(kept, 0.6 * cell), -0.6 * cell), 8.0)
        kept = shapely.get_parts(shapely.make_valid(kept))
        kept = kept[(shapely.get_type_id(kept) == 3) & (shapely.area(kept) > 5000.0)]
        kept = shapely.set_precision(kept, 1.0)
        kept = shapely.get_parts(kept)
        kept = kept[(shapely.get_type_id(kept) == 3) & (shapely.area(kept) > 5000.0)]
    return kept, np.full(len(kept), word, object)
