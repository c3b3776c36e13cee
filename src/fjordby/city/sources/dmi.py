"""Sea levels, weather, tides and forecasts from the Danish Meteorological Institute (DMI)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import Transformer
from shapely.geometry import box, shape

from fjordby.catalogue import Row, rows
from fjordby.city.sources import times
from fjordby.city.sources.answers import Answer
from fjordby.city.sources.bounds import Bounds, checked, system
from fjordby.city.sources.fetch import Client, Question, default_client
from fjordby.city.sources.loaded import Loaded, derived, measured
from fjordby.errors import BadValue, SourceFailed

SERVICE = "DMI Open Data"
LICENCE = "CC BY 4.0, DMI"
BASE_URL = "https://opendataapi.dmi.dk"
#: Items on one page; the service takes up to 300,000 (DMI, oceanObs), smaller pages are kinder.
PAGE = 10_000
#: Longest span in one question, so that paging stays within what offsets can reach.
LONGEST = timedelta(days=366)
#: How old stored observations [s], forecasts [s] and lists of stations [s] may be.
OBSERVATION_AGE, FORECAST_AGE, STATION_AGE = 600.0, 3600.0, 86_400.0


def stations(
    service: str = "oceanObs",
    *,
    bounds: Bounds | None = None,
    crs: str = "EPSG:25832",
    collection: str = "station",
    client: Client | None = None,
    base_url: str = BASE_URL,
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the stations that are in use.

    Parameters
    ----------
    service
        "oceanObs" or "metObs".
    bounds
        West, south, east, north [in the unit of `crs`]; None takes all.
    crs
        Coordinate system of the bounds and of the answer.
    collection
        "station", or "tidewaterstation" for those with tide tables.
    client, base_url
        Who asks, and where; see docs/sources.md.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Points with id, name and parameters (words with spaces between), one for each station.
    """
    _service(service)
    found, day = _items(service, collection, {}, client, base_url, STATION_AGE)
    used: dict[str, dict[str, Any]] = {}
    for item in found:
        about = item["properties"]
        if about.get("status", "Active") == "Active" and not about.get("validTo"):
            used[str(about["stationId"])] = item
    told = [
        {
            "id": key,
            "name": item["properties"].get("name") or "",
            "parameters": " ".join(item["properties"].get("parameterId") or ()),
        }
        for key, item in sorted(used.items())
    ]
    geometry = [shape(used[row["id"]]["geometry"]) for row in told]
    table = gpd.GeoDataFrame(
        pd.DataFrame(told, columns=["id", "name", "parameters"]),
        geometry=geometry,
        crs="EPSG:4326",
    ).to_crs(system(crs))
    if bounds is not None:
        table = table[table.intersects(box(*checked(bounds)))].reset_index(drop=True)
    return Loaded(table, measured(f"DMI {service} {collection}", LICENCE, day))


def observations(
    station: str,
    start: str | datetime,
    end: str | datetime,
    parameter: str = "sealev_dvr",
    *,
    client: Client | None = None,
    base_url: str = BASE_URL,
    page: int = PAGE,
    max_age: float | None = None,
) -> Loaded[pd.DataFrame]:
    """Fetch what a station has measured.

    Parameters
    ----------
    station
        Id of the station, such as "23259".
    start, end
        Times with their zone.
    parameter
        One of `data/dmi_parameters.csv`.
    client, base_url
        Who asks, and where; see docs/sources.md.
    page
        Items on one page.
    max_age
        How old stored answers may be [s]; None takes ten minutes, and a year for spans that ended
        a week ago.

    Returns
    -------
    Loaded[pd.DataFrame]
        time (UTC) and one column named and measured as the table says: level [m], rain [m], ...
    """
    about = _parameter(parameter)
    found: list[dict[str, Any]] = []
    day = ""
    for first, last in times.spans(start, end, LONGEST):
        params = {
            "stationId": station,
            "parameterId": parameter,
            "datetime": f"{first}/{last}",
        }
        age = times.max_age(max_age, last, datetime.now(UTC), OBSERVATION_AGE)
        part, day = _items(about["service"], "observation", params, client, base_url, age, page)
        found += part
    data = _series(found, "observed", about["column"], float(about["factor"]))
    source = f"DMI {about['service']} {parameter}, station {station}"
    datum = f"Heights above {about['datum']}." if about["datum"] else ""
    return Loaded(data, measured(source, LICENCE, day, f"Unit: {about['unit']}.", datum))


def tides(
    station: str,
    start: str | datetime,
    end: str | datetime,
    kind: str = "10minutes",
    *,
    client: Client | None = None,
    base_url: str = BASE_URL,
    page: int = PAGE,
) -> Loaded[pd.DataFrame]:
    """Fetch the tide table of a station: the sea level without weather.

    Parameters
    ----------
    station, start, end, client, base_url, page
        As in `observations`.
    kind
        "10minutes", or "minimum_maximum" for high and low water.

    Returns
    -------
    Loaded[pd.DataFrame]
        time (UTC) and level [m].

    Raises
    ------
    BadValue
        For another kind.
    """
    if kind not in ("10minutes", "minimum_maximum"):
        raise BadValue("10minutes or minimum_maximum", repr(kind), "Choose one of these.")
    found: list[dict[str, Any]] = []
    day = ""
    for first, last in times.spans(start, end, LONGEST):
        params = {"stationId": station, "predictionType": kind, "datetime": f"{first}/{last}"}
        part, day = _items("oceanObs", "tidewater", params, client, base_url, STATION_AGE, page)
        found += part
    data = _series(found, "predictionTime", "level", 0.01)
    return Loaded(data, derived(f"DMI tide table, station {station}", LICENCE, day))


def forecast(
    x: float,
    y: float,
    *,
    crs: str = "EPSG:25832",
    collection: str = "dkss_idw",
    parameter: str = "sea-mean-deviation",
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = FORECAST_AGE,
) -> Loaded[pd.DataFrame]:
    """Fetch the forecast at a point.

    Parameters
    ----------
    x, y
        The point [in the unit of `crs`].
    crs
        Its coordinate system.
    collection
        The model: "dkss_idw" (storm surge, inner Danish waters), "harmonie_dini_sf" (weather), ...
    parameter
        What to forecast, as the model calls it.
    client, base_url, max_age
        As in `observations`.

    Returns
    -------
    Loaded[pd.DataFrame]
        time (UTC) and value, in the model's own unit; sea-mean-deviation in metres above the
        model's mean sea level, which is not DVR90.
    """
    turn = Transformer.from_crs(system(crs), "EPSG:4326", always_xy=True)
    longitude, latitude = turn.transform(x, y)
    question = Question(
        f"{SERVICE} forecast",
        f"{base_url.rstrip('/')}/v1/forecastedr/collections/{collection}/position",
        {
            "coords": f"POINT({longitude:.5f} {latitude:.5f})",
            "parameter-name": parameter,
            "f": "GeoJSON",
        },
        max_age=max_age,
    )
    answer = (client or default_client()).ask(question, flaw=lambda a: _edr_flaw(a, parameter))
    moments, values = read_edr(answer.json, parameter)
    data = pd.DataFrame({"time": times.column(moments), "value": pd.Series(values, dtype=float)})
    data = data.dropna().drop_duplicates("time").sort_values("time").reset_index(drop=True)
    note = "Metres above the model's mean sea level." if parameter == "sea-mean-deviation" else ""
    return Loaded(data, derived(f"DMI {collection} {parameter}", LICENCE, answer.fetched, note))


def read_edr(told: Mapping[str, Any], parameter: str) -> tuple[list[str], list[float | None]]:
    """Return times and values of a forecast at one point, from GeoJSON or CoverageJSON."""
    if told.get("type") == "FeatureCollection":
        steps = [feature["properties"] for feature in told["features"]]
        return [s["step"] for s in steps], [s.get(parameter) for s in steps]
    moments = told["domain"]["axes"]["t"]["values"]
    ranges = told["ranges"][parameter]
    if ranges.get("shape") and _product(ranges["shape"]) != len(moments):
        raise KeyError("more than one point")
    return list(moments), list(ranges["values"])


def _edr_flaw(answer: Answer, parameter: str) -> str | None:
    try:
        moments, values = read_edr(answer.json, parameter)
    except (KeyError, TypeError, AttributeError) as missing:
        return f"a forecast without what it should hold ({missing})"
    if not moments:
        return "a forecast without times; is the point in the model's waters?"
    if len(moments) != len(values):
        return f"{len(values)} values for {len(moments)} times"
    if all(value is None for value in values):
        return f"a forecast without {parameter}; is the point in the model's waters?"
    return None


def _items(
    service: str,
    collection: str,
    params: Mapping[str, str],
    client: Client | None,
    base_url: str,
    max_age: float,
    page: int = PAGE,
) -> tuple[list[dict[str, Any]], str]:
    """Return all items of all pages, each once, and the day they came."""
    asker = client or default_client()
    url = f"{base_url.rstrip('/')}/v2/{service}/collections/{collection}/items"
    found: dict[str, dict[str, Any]] = {}
    offset = 0
    while True:
        asked = {**params, "limit": str(page), **({"offset": str(offset)} if offset else {})}
        answer = asker.ask(
            Question(f"{SERVICE} {service}", url, asked, max_age=max_age), flaw=_items_flaw
        )
        features = answer.json["features"]
        before = len(found)
        for feature in features:
            found[feature.get("id") or repr(feature["properties"])] = feature
        more = any(link.get("rel") == "next" for link in answer.json.get("links", ()))
        if not features or not (more or len(features) >= page):
            return list(found.values()), answer.day
        if len(found) == before:
            raise SourceFailed(
                f"the next page of {collection} from {SERVICE}",
                "the same page again",
                "The service is ill: try again later.",
            )
        offset += len(features)


def _items_flaw(answer: Answer) -> str | None:
    told = answer.json
    if not isinstance(told, dict) or not isinstance(told.get("features"), list):
        return "JSON without features"
    number = told.get("numberReturned")
    if number is not None and number != len(told["features"]):
        return f"{len(told['features'])} of {number} items"
    return None


def _series(
    found: list[dict[str, Any]], time_name: str, column: str, factor: float
) -> pd.DataFrame:
    """Return items as a table of times and values, sorted, each time once."""
    told = [item["properties"] for item in found if item["properties"].get("value") is not None]
    data = pd.DataFrame(
        {
            "time": times.column([p[time_name] for p in told]),
            column: pd.Series([p["value"] * factor for p in told], dtype=float),
        }
    )
    return data.sort_values("time").drop_duplicates("time").reset_index(drop=True)


def _service(name: str) -> None:
    if name not in ("oceanObs", "metObs"):
        raise BadValue("oceanObs or metObs", repr(name), "Choose one of these.")


def _parameter(name: str) -> Row:
    known = {row["parameter"]: row for row in rows("city/sources/data/dmi_parameters.csv")}
    if name not in known:
        raise BadValue(f"one of {', '.join(known)}", repr(name), "Choose one of these.")
    return known[name]


def _product(numbers: list[int]) -> int:
    product = 1
    for number in numbers:
        product *= number
    return product
