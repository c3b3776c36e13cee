"""Buildings (BBR) and addresses (DAR) from Datafordeler, page by page by GraphQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fjordby import catalogue
from fjordby.city.sources.answers import Answer, utc_text
from fjordby.city.sources.bounds import Bounds, metric, moved
from fjordby.city.sources.checks import words_of
from fjordby.city.sources.fetch import DAY, Client, Key, Question, default_client
from fjordby.city.sources.loaded import Loaded, measured
from fjordby.city.uses import use_codes
from fjordby.errors import SourceFailed

SERVICE = "Datafordeler"
BASE_URL = "https://graphql.datafordeler.dk"
KEY = Key(
    "apikey",
    "DATAFORDELER_APIKEY",
    "A key is free: make a user and an IT system at portal.datafordeler.dk and create an API key. "
    "A new key may be refused now and then in its first hours.",
)
LICENCE = "Free public data (grunddata): Vurderingsstyrelsen (BBR), Klimadatastyrelsen (DAR)"
#: The coordinate system of the registers.
CRS = "EPSG:25832"
#: Rows to ask for on one page, and keys in one `in` list (the service refuses more than 100).
PAGE, KEYS = 1000, 100
#: Life-cycle codes: a building that stands (BBR) and an address in force (DAR).
STANDING, IN_FORCE = "6", "3"
#: Building code where the register has none.
UNKNOWN_CODE = 999

Row = dict[str, Any]


@dataclass(frozen=True)
class Registers:
    """Where and how the registers are asked.

    Parameters
    ----------
    bbr, dar
        Versions, the last part of the address; they move on from time to time.
    base_url
        Address of the service.
    client
        Who asks; None takes the shared one.
    max_age
        How old stored pages may be [s].
    """

    bbr: str = "v3"
    dar: str = "v3"
    base_url: str = BASE_URL
    client: Client | None = None
    max_age: float = 30 * DAY


def buildings(
    bounds: Bounds, *, crs: str = CRS, registers: Registers | None = None
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the buildings registered in a box, one point each.

    Parameters
    ----------
    bounds
        West, south, east, north [m in `crs`].
    crs
        Coordinate system of the bounds and of the answer, projected, in metres.
    registers
        Where and how to ask.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Points with id, use, use_code, floors, dwellings, year, floor_area, home_area,
        business_area, footprint_area, basement_area [m2] and address (a key of `addresses`).
        `onto_outlines` puts them on footprints.

    Raises
    ------
    BadValue, SourceFailed
        When the box makes no sense; when there is no whole answer.
    """
    metric(crs)
    how = registers or Registers()
    where = {"status": {"eq": STANDING}, "byg404Koordinat": _inside(bounds, crs)}
    found, day = entity_rows("BBR", "BBR_Bygning", where, how)
    table = _points("BBR_Bygning", found, crs)
    cellars = _by_keys("BBR", "BBR_Etage", "bygning", list(table["id"]), how)
    below = _frame("BBR_Etage", cellars).groupby("building")["basement_area"].sum()
    table["basement_area"] = table["id"].map(below).fillna(0.0).astype(float)
    table["dwellings"] = table.pop("homes_with_kitchen") + table.pop("homes_without_kitchen")
    table["floors"] = table["floors"].clip(lower=1)
    table.loc[~table["use_code"].isin(list(use_codes())), "use_code"] = UNKNOWN_CODE
    table.insert(1, "use", [use_codes()[code].use for code in table["use_code"]])
    return Loaded(table, measured(f"BBR {how.bbr} by {SERVICE}, GraphQL", LICENCE, day))


def addresses(
    bounds: Bounds, *, crs: str = CRS, registers: Registers | None = None
) -> Loaded[gpd.GeoDataFrame]:
    """Fetch the addresses in force in a box; parameters as in `buildings`.

    Returns
    -------
    Loaded[gpd.GeoDataFrame]
        Points with id (as in `buildings`' column address) and name, the address as people write it.
    """
    metric(crs)
    how = registers or Registers()
    where = {"status": {"eq": IN_FORCE}, "position": _inside(bounds, crs)}
    found, day = entity_rows("DAR", "DAR_Adressepunkt", where, how)
    spots = _points("DAR_Adressepunkt", found, crs).set_index("id")["geometry"]
    houses = _frame(
        "DAR_Husnummer",
        _by_keys("DAR", "DAR_Husnummer", "adgangspunkt", list(spots.index), how, IN_FORCE),
    )
    geometry = gpd.GeoSeries(list(houses["point"].map(spots)), crs=crs)
    table = gpd.GeoDataFrame(houses[["id", "name"]], geometry=geometry, crs=crs)
    return Loaded(table, measured(f"DAR {how.dar} by {SERVICE}, GraphQL", LICENCE, day))


def onto_outlines(
    outlines: gpd.GeoDataFrame, registered: gpd.GeoDataFrame, reach: float = 5.0
) -> gpd.GeoDataFrame:
    """Put what the register says on the outlines of buildings.

    A registered building belongs to the outline it lies in, else to the nearest within reach.
    Where several share an outline the largest gives use, code and floors, and dwellings and
    basements are added up. Outlines without any keep what they said before.

    Parameters
    ----------
    outlines
        Areas with the columns of `City.buildings`.
    registered
        The points of `buildings`, in the same coordinate system.
    reach
        How far a point may lie from its outline [m]; assumed: entrances are drawn at the wall.
    """
    table = outlines.copy()
    if not len(table) or not len(registered):
        return table
    spots = registered.to_crs(table.crs).geometry.to_numpy()
    tree = shapely.STRtree(table.geometry.to_numpy())
    pairs = tree.query_nearest(spots, max_distance=reach, all_matches=False)
    joined = registered.iloc[pairs[0]].assign(outline=pairs[1])
    joined = joined.sort_values(["floor_area", "id"], ascending=[False, True])
    groups = joined.groupby("outline")
    first, total = groups.first(), groups[["dwellings", "basement_area"]].sum()
    at = table.index[first.index]
    for column in ("use", "use_code", "floors"):
        table.loc[at, column] = first[column].to_numpy()
    for column in ("dwellings", "basement_area"):
        table.loc[at, column] = total[column].to_numpy()
    return table


def entity_rows(
    register: str, entity: str, where: Mapping[str, Any], how: Registers
) -> tuple[list[Row], str]:
    """Return all rows of an entity that match, and the day of the register they show.

    The registers keep their history: all pages are asked as of one moment, that of the first
    page, so that a load that goes on another day still shows one state of the register.
    Fields are those of `data/datafordeler_fields.csv`.
    """
    client = how.client or default_client()
    version = how.bbr if register == "BBR" else how.dar
    url = f"{how.base_url.rstrip('/')}/{register}/{version}"
    moment, cursor = utc_text(client.now()), ""
    found: dict[str, Row] = {}
    seen: set[str] = set()
    while True:
        question = Question(
            f"{SERVICE} ({register} {version})",
            url,
            body=_body(entity, where, moment, cursor),
            key=KEY,
            identity=_body(entity, where, moment if cursor else "now", cursor),
            stamp=moment,
            max_age=how.max_age,
        )
        answer = client.ask(question, flaw=lambda a: _flaw(a, entity), keep=_no_errors)
        if not _no_errors(answer):
            raise _refused(answer, register, version)
        if not cursor:
            moment = answer.stamp or moment
        page = answer.json["data"][entity]
        for row in page["nodes"]:
            found[row.get("id_lokalId") or f"row {len(found)}"] = row
        if not page["pageInfo"]["hasNextPage"]:
            return list(found.values()), moment[:10]
        cursor = page["pageInfo"]["endCursor"]
        if not cursor or cursor in seen:
            raise SourceFailed(
                f"the next page of {entity} from {SERVICE}",
                "the same page again",
                "The service is ill: try again later.",
            )
        seen.add(cursor)


def _by_keys(
    register: str,
    entity: str,
    field: str,
    keys: Sequence[str],
    how: Registers,
    status: str | None = None,
) -> list[Row]:
    """Return the rows whose field is among the keys, a hundred keys at a time."""
    found: list[Row] = []
    for start in range(0, len(keys), KEYS):
        where: dict[str, Any] = {field: {"in": list(keys[start : start + KEYS])}}
        if status:
            where["status"] = {"eq": status}
        found += entity_rows(register, entity, where, how)[0]
    return found


def _body(entity: str, where: Mapping[str, Any], moment: str, cursor: str) -> str:
    """Return the question: one root field, no aliases, both times, as the service demands."""
    after = f" after: {json.dumps(cursor)}" if cursor else ""
    fields = " ".join(
        f"{row['field']} {{ wkt }}" if row["type"] == "point" else row["field"]
        for row in _fields(entity)
    )
    query = (
        f'{{ {entity}(first: {PAGE}{after} registreringstid: "{moment}" virkningstid: "{moment}" '
        f"where: {literal(where)}) "
        f"{{ pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }} }} }}"
    )
    return json.dumps({"query": query})


def literal(value: Any) -> str:
    """Return a value as a GraphQL literal.

    Examples
    --------
    >>> literal({"status": {"eq": "6"}, "crs": 25832})
    '{ status: { eq: "6" } crs: 25832 }'
    """
    if isinstance(value, Mapping):
        return "{ " + " ".join(f"{k}: {literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _inside(bounds: Bounds, crs: str) -> dict[str, Any]:
    """Return the filter for points in a box."""
    west, south, east, north = moved(bounds, crs, CRS)
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    corners = ", ".join(f"{x:.2f} {y:.2f}" for x, y in ring)
    return {"intersects": {"crs": 25832, "wkt": f"POLYGON(({corners}))"}}


def _flaw(answer: Answer, entity: str) -> str | None:
    told = answer.json
    if not isinstance(told, dict):
        return "JSON that is no GraphQL answer"
    if told.get("errors"):
        return None
    page = (told.get("data") or {}).get(entity)
    if not isinstance(page, dict) or not isinstance(page.get("nodes"), list):
        return f"an answer without {entity}"
    if "hasNextPage" not in (page.get("pageInfo") or {}):
        return "a page that does not say whether there are more"
    return None


def _no_errors(answer: Answer) -> bool:
    return not answer.json.get("errors")


def _refused(answer: Answer, register: str, version: str) -> SourceFailed:
    return SourceFailed(
        f"rows from {SERVICE}, register {register} {version}",
        f"an error with status 200: {words_of(answer.body)}",
        "If a field or entity is unknown the register has a new version: give it as "
        f"Registers({register.lower()}=...) and compare data/datafordeler_fields.csv with its "
        "schema (docs/sources.md).",
    )


def _fields(entity: str) -> list[catalogue.Row]:
    return [
        row
        for row in catalogue.rows("city/sources/data/datafordeler_fields.csv")
        if row["entity"] == entity
    ]


def _frame(entity: str, found: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a table with our names and types; points as text."""
    columns: dict[str, Any] = {}
    for row in _fields(entity):
        values = [line.get(row["field"]) for line in found]
        if row["type"] == "point":
            columns[row["column"]] = [v.get("wkt") if isinstance(v, dict) else v for v in values]
        elif row["type"] == "text":
            columns[row["column"]] = ["" if v is None else str(v) for v in values]
        else:
            numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").fillna(0.0)
            columns[row["column"]] = numbers.astype(np.int64 if row["type"] == "whole" else float)
    return pd.DataFrame(columns)


def _points(entity: str, found: Sequence[Row], crs: str) -> gpd.GeoDataFrame:
    """Return rows as points in `crs`; rows without a place are left out."""
    frame = _frame(entity, found)
    placed = frame[frame["geometry"].notna() & (frame["geometry"] != "")]
    geometry = gpd.GeoSeries.from_wkt(list(placed["geometry"]), crs=CRS)
    table = gpd.GeoDataFrame(
        placed.drop(columns="geometry").reset_index(drop=True), geometry=geometry, crs=CRS
    )
    return table.to_crs(crs).sort_values("id").reset_index(drop=True)
