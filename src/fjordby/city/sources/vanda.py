"""Levels and flows of Danish streams from VanDa Hydro (Danmarks Miljøportal)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from fjordby.city.sources import times
from fjordby.city.sources.answers import Answer
from fjordby.city.sources.bounds import Bounds, checked, system
from fjordby.city.sources.fetch import DAY, Client, Question, default_client
from fjordby.city.sources.loaded import Loaded, measured
from fjordby.errors import SourceFailed

SERVICE = "VanDa Hydro (Danmarks Miljøportal)"
LICENCE = "Danmarks Miljøportal, terms of use (open data with attribution)"
BASE_URL = "https://vandah.miljoeportal.dk/api"
#: Longest span in one question; five-minute values make 26,000 rows.
LONGEST = timedelta(days=90)
#: How old stored answers about the last days may be [s].
RECENT_AGE = 600.0
#: Factors to SI by the unit the service names.
LEVEL_UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001}
FLOW_UNITS = {"l/s": 0.001, "m3/s": 1.0, "m³/s": 1.0}

_CATCHMENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*km(?:2|²|\^2)", re.IGNORECASE)


def stations(
    bounds: Bounds | None = None,
    *,
    crs: str = "EPSG:25832",
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = 7 * DAY,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the stations on streams.

    Parameters
    ----------
    bounds
        West, south, east, north [in the unit of `crs`]; None takes all.
    crs
        Coordinate system of the bounds and of the answer.
    client, base_url, max_age
        Who asks, where, and how old stored answers may be [s]; see docs/sources.md.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Points with id, name, operator, points (numbers of the measurement points) and catchment
        [m2], where the description says it, else NaN.
    """
    question = Question(SERVICE, f"{base_url.rstrip('/')}/stations", max_age=max_age)
    answer = (client or default_client()).ask(question, flaw=_list_flaw)
    by_system: dict[str, list[dict[str, Any]]] = {}
    unplaced = 0
    for told in answer.json:
        place = told.get("location") or {}
        if place.get("x") is None or place.get("y") is None:
            unplaced += 1
            continue
        by_system.setdefault(str(place.get("srid") or "25832"), []).append(told)
    parts = [_placed(found, srid, crs) for srid, found in by_system.items()]
    empty = gpd.GeoDataFrame(
        pd.DataFrame(columns=["id", "name", "operator", "points", "catchment"]),
        geometry=[],
        crs=system(crs),
    )
    table = pd.concat(parts, ignore_index=True) if parts else empty
    if bounds is not None:
        table = table[table.intersects(box(*checked(bounds)))]
    table = table.sort_values("id").drop_duplicates("id").reset_index(drop=True)
    note = f"{unplaced} stations without a place were left out." if unplaced else ""
    return Loaded(table, measured("VanDa Hydro stations", LICENCE, answer.day, note))


def levels(
    station: str,
    start: str | datetime,
    end: str | datetime,
    *,
    point: int | None = None,
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float | None = None,
) -> Loaded[pd.DataFrame]:
    """Fetch measured water levels.

    Parameters
    ----------
    station
        Id of the station, such as "61000181".
    start, end
        Times with their zone.
    point
        Number of the measurement point; None takes all.
    client, base_url
        As in `stations`.
    max_age
        How old stored answers may be [s]; None takes ten minutes, and a year for spans that ended
        a week ago.

    Returns
    -------
    Loaded[pd.DataFrame]
        time (UTC), point, level [m] as read, and elevation [m] as the service corrects it for the
        height of the gauge; it tells a correction only where the two differ.
    """
    found, day = _results("water-levels", station, start, end, point, client, base_url, max_age)
    data = _frame(found, "level", "result", LEVEL_UNITS)
    corrected = _frame(found, "level", "resultElevationCorrected", LEVEL_UNITS)["level"]
    data["elevation"] = corrected.fillna(data["level"])
    source = f"VanDa Hydro water levels, station {station}"
    return Loaded(_tidy(data), measured(source, LICENCE, day))


def flows(
    station: str,
    start: str | datetime,
    end: str | datetime,
    *,
    point: int | None = None,
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float | None = None,
) -> Loaded[pd.DataFrame]:
    """Fetch water flows; parameters as in `levels`.

    Returns
    -------
    Loaded[pd.DataFrame]
        time (UTC), point and flow [m3/s]; negative where the sea pushes the stream back.
    """
    found, day = _results("water-flows", station, start, end, point, client, base_url, max_age)
    data = _frame(found, "flow", "result", FLOW_UNITS)
    source = f"VanDa Hydro water flows, station {station}"
    return Loaded(_tidy(data), measured(source, LICENCE, day))


def _results(
    what: str,
    station: str,
    start: str | datetime,
    end: str | datetime,
    point: int | None,
    client: Client | None,
    base_url: str,
    max_age: float | None,
) -> tuple[list[dict[str, Any]], str]:
    """Return the results of a station over all pieces of the span, and the day they came."""
    found: list[dict[str, Any]] = []
    day = ""
    for first, last in times.spans(start, end, LONGEST):
        params = {"stationId": station, "from": f"{first[:16]}Z", "to": f"{last[:16]}Z"}
        age = times.max_age(max_age, last, datetime.now(UTC), RECENT_AGE)
        if point is not None:
            params["measurementPointNumber"] = str(point)
        question = Question(
            SERVICE, f"{base_url.rstrip('/')}/{what}", params, max_age=age, timeout=180.0
        )
        answer = (client or default_client()).ask(question, flaw=_list_flaw)
        day = answer.day
        for series in answer.json:
            if str(series.get("stationId")) == station:
                found += series.get("results") or []
    return found, day


def _frame(
    found: list[dict[str, Any]], column: str, field: str, units: dict[str, float]
) -> pd.DataFrame:
    """Return results as times, points and values in SI."""
    values = []
    for result in found:
        factor = units.get(str(result.get("unit")))
        if factor is None:
            raise SourceFailed(
                f"{column}s in one of {', '.join(units)}",
                repr(result.get("unit")),
                "The service measures in another unit than it did: tell the makers of fjordby.",
            )
        told = result.get(field)
        values.append(math.nan if told is None else told * factor)
    return pd.DataFrame(
        {
            "time": times.column([result["measurementDateTime"] for result in found]),
            "point": pd.Series([r.get("measurementPointNumber", 1) for r in found], dtype=int),
            column: pd.Series(values, dtype=float),
        }
    )


def _tidy(data: pd.DataFrame) -> pd.DataFrame:
    """Return rows sorted by point and time, each once: the ends of pieces come twice."""
    data = data.sort_values(["point", "time"], kind="stable")
    return data.drop_duplicates(["point", "time"]).reset_index(drop=True)


def _placed(found: list[dict[str, Any]], srid: str, crs: str) -> gpd.GeoDataFrame:
    told = [
        {
            "id": str(station["stationId"]),
            "name": station.get("name") or "",
            "operator": station.get("operatorName") or "",
            "points": " ".join(str(p["number"]) for p in station.get("measurementPoints") or ()),
            "catchment": catchment(station.get("description")),
        }
        for station in found
    ]
    geometry = gpd.points_from_xy(
        [s["location"]["x"] for s in found], [s["location"]["y"] for s in found]
    )
    table = gpd.GeoDataFrame(pd.DataFrame(told), geometry=geometry, crs=system(f"EPSG:{srid}"))
    return table.to_crs(system(crs))


def catchment(description: str | None) -> float:
    """Return the catchment that a description names [m2], or NaN.

    Examples
    --------
    >>> catchment("Opland = 27,01 km2")
    27010000.0
    """
    match = _CATCHMENT.search(description or "")
    return round(float(match[1].replace(",", ".")) * 1e6, 1) if match else math.nan


def _list_flaw(answer: Answer) -> str | None:
    return None if isinstance(answer.json, list) else "JSON that is no list"
