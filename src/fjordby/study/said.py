"""Results as the tables that the page, the report and the command line read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pyproj import Transformer

from fjordby.choice.city_risk import CityRisk
from fjordby.city import City, Layer
from fjordby.city.model import AGE_GROUPS
from fjordby.harm import Impact, LevelTable, Stakes
from fjordby.shock import NOW, Event, Future, climate
from fjordby.shock.catalogue import streams_left_out
from fjordby.shock.future import TODAY
from fjordby.words import Words

#: Years that the futures are told for.
YEARS = (2050, 2070, 2100)
#: Low, median and high of the rise of the sea.
RISES = {"low": 0.05, "median": 0.5, "high": 0.95}
DAMAGES = ("low", "mid", "high")


def city_said(city: City, height_error: float) -> dict[str, Any]:
    """Return what the page says of the city: names, extent, layers and how far to believe them."""
    west, south, east, north = city.grid.bounds
    degrees = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    count = {
        layer: 0 if layer in (Layer.TERRAIN, Layer.SEA) else len(getattr(city, layer.value))
        for layer in Layer
    }
    if len(city.people):
        count[Layer.PEOPLE] = round(float(city.people[list(AGE_GROUPS)].to_numpy().sum()))
    return {
        "id": city.id,
        "name": city.name.as_dict(),
        "crs": city.crs,
        "datum": city.vertical_datum,
        "currency": city.currency,
        "bounds": [round(v, 6) for v in degrees.transform_bounds(west, south, east, north)],
        "cell": city.grid.cell,
        "height_error": round(height_error, 2),
        "layers": [
            {
                "layer": layer.value,
                "kind": about.kind.value,
                "source": about.source,
                "licence": about.licence,
                "date": about.date,
                "note": about.note,
                "count": count[layer],
            }
            for layer, about in city.provenance.items()
            if count[layer] or layer in (Layer.TERRAIN, Layer.SEA)
        ],
        "districts": [
            {"id": str(i), "name": str(name)}
            for i, name in zip(city.districts["id"], city.districts["name"], strict=True)
        ],
        "groups": [{"id": key, "name": words.as_dict()} for key, words in AGE_GROUPS.items()],
    }


def _figures(pick: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of one place in the shape of the page; `pick` gives one by its key."""
    families = [k.removeprefix("damage_") for k in names if k.startswith("damage_")]
    return {
        "buildings": pick("buildings"),
        "homes": pick("dwellings"),
        "people": pick("people"),
        "groups": {group: pick(group) for group in AGE_GROUPS},
        "road_km": pick("road_km"),
        "places": pick("places"),
        "cut_from_care": pick("cut_from_care"),
        "isolated": pick("isolated"),
        "damage": {
            **{part: pick(f"damage_{part}") for part in DAMAGES},
            "families": {f: pick(f"damage_{f}") for f in families if f not in DAMAGES},
        },
    }


def _row(values: Any) -> list[float]:
    return [round(float(v), 3) for v in np.nan_to_num(values)]


def unknown(stakes: Stakes) -> list[str]:
    """Return the figures that a city has no layers for: their noughts mean "not known".

    Without people nobody can be counted, and without roads, or a hospital or doctor that they
    lead to, nobody knows who is cut off.
    """
    city = stakes.city
    found = [] if len(city.people) else ["people", "groups"]
    found += [] if len(city.roads) else ["road_km"]
    found += [] if len(city.places) else ["places"]
    if not (stakes.access.known and len(city.people)):
        found += ["cut_from_care", "isolated"]
    return found


def levels_said(table: LevelTable, unknown: Sequence[str] = ()) -> dict[str, Any]:
    """Return the figures at every sea level, for the city and each district.

    Parameters
    ----------
    table
        What every sea level does.
    unknown
        The figures that are not known, from `unknown`.

    Returns
    -------
    `all`, each of `districts`, `elsewhere` (what lies in no district), and what is `unknown`.
    """
    keys = list(table.measures)

    def of(place: int) -> dict[str, Any]:
        return _figures(lambda key: _row(table.values[:, place, keys.index(key)]), table.measures)

    return {
        "levels": _row(table.levels),
        "all": of(-1),
        "districts": {name: of(k) for k, name in enumerate(table.districts) if name},
        "elsewhere": of(table.districts.index("")) if "" in table.districts else None,
        "unknown": list(unknown),
    }


def without_streams(city: City) -> Words | None:
    """Return what a reader must know of a city whose record knows streams that have no lines.

    None where all have one. A caution: no person gave these flows for this study, and the rest of
    it holds.
    """
    missing = streams_left_out(city)
    if not missing:
        return None
    names = ", ".join(one.id for one in missing)
    return Words(
        f"Pas på: shocks.toml har vandløb ({names}), men byens lag af vandløb er tomt. Deres vand "
        "er ikke med i nogen oversvømmelse. Tegn dem i laget (docs/city.md), og regn igen.",
        f"Caution: shocks.toml has streams ({names}), but the city's layer of streams is empty. "
        "Their water is in no flood. Draw them in the layer (docs/city.md), and compute again.",
    )


def event_said(city: City, event: Event, today: Event | None, impact: Impact) -> dict[str, Any]:
    """Return an event with what it does.

    Parameters
    ----------
    city
        Whose event it is.
    event
        As it was, or as it was published.
    today
        The same storm on today's sea; None when it is set in a future of its own.
    impact
        What it does.
    """
    keys = list(impact.measures)

    def of(place: int) -> dict[str, Any]:
        return _figures(
            lambda key: _row([impact.values[place, keys.index(key)]])[0], impact.measures
        )

    return {
        "id": event.id,
        "name": event.name.as_dict(),
        "kind": event.kind.value,
        "source": event.source,
        "sea_peak": event.sea_peak,
        "sea_peak_today": None if today is None else today.sea_peak,
        "rain_depth": event.rain_depth,
        "rate": event.rate,
        "year": event.year,
        # The instant engines know no streams; who reads the figures must know that. Rain also
        # falls on the catchments of streams that the event lacks because they have no lines.
        "left_out": ["streams"] if event.streams or (event.rain and streams_left_out(city)) else [],
        "impact": of(-1),
        "districts": {name: of(k) for k, name in enumerate(impact.districts) if name},
    }


def futures(city: City) -> list[Future]:
    """Return the climates that are told: today, then every scenario in every year."""
    sky = climate(city)
    return [NOW, *(Future(key, year) for key in sky.scenarios for year in YEARS)]


def future_said(city: City, future: Future) -> dict[str, Any]:
    """Return a climate with the rise of its sea from today [m] and how much heavier rain gets."""
    sky = climate(city)
    now = sky.mean_sea_level(NOW)
    rise = {part: sky.mean_sea_level(future, q) - now for part, q in RISES.items()}
    return {
        "scenario": future.scenario,
        "name": sky.scenarios[future.scenario].as_dict(),
        "year": future.year,
        "sea_level_rise": {part: round(v, 3) for part, v in rise.items()},
        "rain_factor": round(sky.rain_factor(future, 100.0), 3),
    }


def risk_said(city: City, risk: CityRisk) -> dict[str, Any]:
    """Return the yearly risk of one climate."""
    said = future_said(city, risk.future)
    return {
        "scenario": said["scenario"],
        "name": said["name"],
        "year": said["year"] if risk.future != NOW else TODAY,
        "sea_level_rise": said["sea_level_rise"]["median"],
        "ead": risk.total.as_dict(),
        "sea": risk.sea.as_dict(),
        "rain": risk.rain.as_dict(),
    }
