"""What a map that was read as depths may be instead: told to the person, who knows."""

from __future__ import annotations

import numpy as np

from fjordby.city.model import City
from fjordby.flood.model import Flood
from fjordby.plain import number
from fjordby.words import Words

#: A map that knows less of the land than this share is said to end early (assumed: a frame of a
#: cell or two is no matter).
WHOLE = 0.99

#: Depths closer than this to each other are the same [m] (assumed: what maps are rounded to).
SAME = 0.001

#: Wet cells that must all have one depth before that is strange (assumed).
MANY = 20


def doubts(flood: Flood, city: City) -> tuple[Words, ...]:
    """Return what is strange about a depth map, each in a sentence; none of it is surely wrong.

    Parameters
    ----------
    flood
        A map read by `read_depth`.
    city
        The city it was read for.
    """
    row, column = np.nonzero(~np.asarray(city.sea.values, dtype=bool))
    grid = city.grid
    row, column = flood.grid.rows_columns(grid.x[column], grid.y[row])
    inside = (row >= 0) & (row < flood.grid.ny) & (column >= 0) & (column < flood.grid.nx)
    depth = flood.depth.values[row[inside], column[inside]]
    depth = depth[np.isfinite(depth)]
    land, wet = inside.size, depth[depth > 0.0]
    found = []
    if depth.size < WHOLE * land:
        share = 100.0 * depth.size / land
        found.append(
            Words(
                f"Kortet dækker {number(share, 'da')} % af byens land; resten regnes for tørt.",
                f"The map covers {number(share, 'en')} % of the city's land; the rest counts as "
                "dry.",
            )
        )
    if not wet.size:
        found.append(Words("Kortet har intet vand på land.", "The map has no water on land."))
    elif wet.size == depth.size:
        found.append(
            Words(
                "Alt land på kortet er under vand. Viser kortet vandstande, skal terrænet først "
                "trækkes fra.",
                "All land on the map is under water. If the map holds water levels, subtract the "
                "terrain first.",
            )
        )
    if wet.size >= MANY and np.ptp(wet) < SAME:
        da, en = (number(float(wet[0]), lang, decimals=2) for lang in ("da", "en"))
        found.append(
            Words(
                f"Alt vand er {da} m dybt. Et kort over vandstande, eller over vådt og tørt, er "
                "intet kort over dybder.",
                f"All water is {en} m deep. A map of water levels, or of wet and dry, is no map "
                "of depths.",
            )
        )
    return tuple(found)
