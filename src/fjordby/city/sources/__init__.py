"""Loaders for official and open sources, by name: what each gives, needs and may be used for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd

from fjordby.city.model import Layer
from fjordby.city.sources import datafordeler, dhm, dmi, osm, overpass, statbank, vanda
from fjordby.city.sources.bounds import Bounds
from fjordby.city.sources.fetch import Client, Key
from fjordby.city.sources.loaded import Loaded
from fjordby.errors import BadValue
from fjordby.words import Words

__all__ = ["SOURCES", "Client", "Key", "Loaded", "Source", "find"]

#: What a loader is called with, before `crs` and `client` by name:
#: box (bounds), terrain (bounds, cell), station (id, start, end), stations (bounds=),
#: point (x, y), areas (codes).
Takes = Literal["box", "terrain", "station", "stations", "point", "areas"]


@dataclass(frozen=True)
class Source:
    """One loader, with the words a person needs to choose it.

    Parameters
    ----------
    id
        Short name on the command line.
    name, what
        Whose data they are, and what comes.
    takes
        What the loader is called with; see `Takes`.
    gives
        "raster", "map" (a GeoDataFrame) or "table" (a DataFrame).
    load
        The loader; every one also takes `client=`, and those with places `crs=`.
    licence
        What the data may be used for.
    key
        The key it needs, if any.
    layer
        The layer of a city whose columns it gives, if any.
    """

    id: str
    name: Words
    what: Words
    takes: Takes
    gives: Literal["raster", "map", "table"]
    load: Callable[..., Loaded[Any]]
    licence: str
    key: Key | None = None
    layer: Layer | None = None


def bbr_buildings(
    bounds: Bounds, *, crs: str = "EPSG:25832", client: Client | None = None
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch registered buildings; `datafordeler.buildings` with the usual versions."""
    return datafordeler.buildings(bounds, crs=crs, registers=datafordeler.Registers(client=client))


def dar_addresses(
    bounds: Bounds, *, crs: str = "EPSG:25832", client: Client | None = None
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch addresses; `datafordeler.addresses` with the usual versions."""
    return datafordeler.addresses(bounds, crs=crs, registers=datafordeler.Registers(client=client))


_OSM = Words("OpenStreetMap", "OpenStreetMap")
_DMI = Words("DMI", "Danish Meteorological Institute (DMI)")
_VANDA = Words("Danmarks Miljøportal (VanDa)", "Danmarks Miljøportal (VanDa)")
_DHM = Words("Danmarks Højdemodel", "Danish height model (DHM)")

_ALL = (
    Source(
        "terrain",
        _DHM,
        Words("terrænets højde", "height of the ground"),
        "terrain",
        "raster",
        dhm.terrain,
        dhm.LICENCE,
        dhm.KEY,
        Layer.TERRAIN,
    ),
    Source(
        "roads",
        _OSM,
        Words("veje med fart", "roads with speeds"),
        "box",
        "map",
        osm.roads,
        overpass.LICENCE,
        layer=Layer.ROADS,
    ),
    Source(
        "buildings",
        _OSM,
        Words("bygningers omrids", "outlines of buildings"),
        "box",
        "map",
        osm.buildings,
        overpass.LICENCE,
        layer=Layer.BUILDINGS,
    ),
    Source(
        "streams",
        _OSM,
        Words("vandløb", "streams"),
        "box",
        "map",
        osm.streams,
        overpass.LICENCE,
        layer=Layer.STREAMS,
    ),
    Source(
        "water",
        _OSM,
        Words("søer og bassiner", "lakes and basins"),
        "box",
        "map",
        osm.water,
        overpass.LICENCE,
        layer=Layer.GREEN,
    ),
    Source(
        "coastline",
        _OSM,
        Words("kystlinje", "coastline"),
        "box",
        "map",
        osm.coastline,
        overpass.LICENCE,
    ),
    Source(
        "green",
        _OSM,
        Words("parker, skov, eng og mark", "parks, woods, meadows and fields"),
        "box",
        "map",
        osm.green,
        overpass.LICENCE,
        layer=Layer.GREEN,
    ),
    Source(
        "places",
        _OSM,
        Words("steder folk har brug for", "places that people need"),
        "box",
        "map",
        osm.places,
        overpass.LICENCE,
        layer=Layer.PLACES,
    ),
    Source(
        "bbr",
        Words("Bygnings- og Boligregistret (BBR)", "Danish building register (BBR)"),
        Words("anvendelse, etager, kælder, boliger", "use, floors, basements, homes"),
        "box",
        "map",
        bbr_buildings,
        datafordeler.LICENCE,
        datafordeler.KEY,
    ),
    Source(
        "addresses",
        Words("Danmarks Adresseregister (DAR)", "Danish address register (DAR)"),
        Words("adresser", "addresses"),
        "box",
        "map",
        dar_addresses,
        datafordeler.LICENCE,
        datafordeler.KEY,
    ),
    Source(
        "people",
        Words("Danmarks Statistik", "Statistics Denmark"),
        Words("folk efter alder i sogne", "people by age in parishes"),
        "areas",
        "table",
        statbank.people_by_age,
        statbank.LICENCE,
    ),
    Source(
        "sea-stations",
        _DMI,
        Words("havmålere i drift", "sea gauges in use"),
        "stations",
        "map",
        dmi.stations,
        dmi.LICENCE,
    ),
    Source(
        "sea",
        _DMI,
        Words("målt vandstand eller vejr", "measured sea level or weather"),
        "station",
        "table",
        dmi.observations,
        dmi.LICENCE,
    ),
    Source(
        "tide",
        _DMI,
        Words("tidevandstabel", "tide table"),
        "station",
        "table",
        dmi.tides,
        dmi.LICENCE,
    ),
    Source(
        "sea-forecast",
        _DMI,
        Words("varslet vandstand i et punkt", "forecast sea level at a point"),
        "point",
        "table",
        dmi.forecast,
        dmi.LICENCE,
    ),
    Source(
        "stream-stations",
        _VANDA,
        Words("målestationer i vandløb", "gauges in streams"),
        "stations",
        "map",
        vanda.stations,
        vanda.LICENCE,
    ),
    Source(
        "stream-level",
        _VANDA,
        Words("vandstand i vandløb", "water level in streams"),
        "station",
        "table",
        vanda.levels,
        vanda.LICENCE,
    ),
    Source(
        "stream-flow",
        _VANDA,
        Words("vandføring i vandløb", "flow in streams"),
        "station",
        "table",
        vanda.flows,
        vanda.LICENCE,
    ),
)

#: All loaders by their short name.
SOURCES: Mapping[str, Source] = {source.id: source for source in _ALL}


def find(name: str) -> Source:
    """Return a loader by its short name; raises `BadValue` for a name nobody knows."""
    if name not in SOURCES:
        raise BadValue(f"a source among {', '.join(SOURCES)}", repr(name), "Choose one of these.")
    return SOURCES[name]
