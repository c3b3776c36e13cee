"""Elements of OpenStreetMap inside a box, asked of an Overpass server until all have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fjordby.city.sources.answers import Answer
from fjordby.city.sources.bounds import Bounds
from fjordby.city.sources.fetch import DAY, Client, Question, default_client
from fjordby.errors import SourceFailed

SERVICE = "OpenStreetMap (Overpass)"
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"
BASE_URL = "https://overpass-api.de/api/interpreter"
#: What the server may spend on one question: time [s] and memory [bytes].
SECONDS, MEMORY = 180, 512 * 1024 * 1024
#: How often a box that is too much for the server is cut in four.
DEPTH = 3

Element = dict[str, Any]


@dataclass(frozen=True)
class Elements:
    """Nodes, ways and relations by their ids, and the moment of the map they come from."""

    nodes: dict[int, Element]
    ways: dict[int, Element]
    relations: dict[int, Element]
    moment: str

    @property
    def day(self) -> str:
        """The day of the map, as "2023-02-14"."""
        return self.moment[:10]


def query(filters: Sequence[str], box: Bounds) -> str:
    """Return the question in Overpass QL.

    Parameters
    ----------
    filters
        What to find, such as 'way["highway"]' or 'nwr["amenity"~"^(school|hospital)$"]'.
    box
        West, south, east, north [degrees].

    Examples
    --------
    >>> print(query(['way["highway"]'], (9.5, 55.6, 9.6, 55.7)))
    [out:json][timeout:180][maxsize:536870912][bbox:55.6000000,9.5000000,55.7000000,9.6000000];
    (way["highway"];)->.found;
    (.found;.found >;)->.all;
    .all out body qt;
    .all out count;
    """
    west, south, east, north = box
    return "\n".join(
        [
            f"[out:json][timeout:{SECONDS}][maxsize:{MEMORY}]"
            f"[bbox:{south:.7f},{west:.7f},{north:.7f},{east:.7f}];",
            f"({''.join(f'{f};' for f in filters)})->.found;",
            "(.found;.found >;)->.all;",
            ".all out body qt;",
            ".all out count;",
        ]
    )


def elements(
    filters: Sequence[str],
    box: Bounds,
    *,
    client: Client | None = None,
    base_url: str = BASE_URL,
    max_age: float = 30 * DAY,
) -> Elements:
    """Return everything in the box that matches a filter, with all nodes its shapes need.

    The server may answer half with status 200 and a `remark`: such an answer is never used or
    stored. When it ran out of time or memory the box is cut in four; other remarks are errors.
    The server also counts what it sent, and the count must agree.

    Parameters
    ----------
    filters, box
        See `query`.
    client, base_url, max_age
        Who asks, where, and how old stored answers may be [s]; see docs/sources.md.

    Raises
    ------
    SourceFailed
        When there is no whole answer.
    """
    parts = _parts(filters, box, client or default_client(), base_url, max_age, DEPTH)
    nodes: dict[int, Element] = {}
    ways: dict[int, Element] = {}
    relations: dict[int, Element] = {}
    shelves = {"node": nodes, "way": ways, "relation": relations}
    for part in parts:
        for element in part["elements"]:
            shelf = shelves.get(element.get("type", ""))
            if shelf is not None:
                # The same node may come bare in one part and with tags in another.
                shelf[element["id"]] = {**shelf.get(element["id"], {}), **element}
    moments = [part.get("osm3s", {}).get("timestamp_osm_base", "") for part in parts]
    return Elements(nodes, ways, relations, min(m for m in moments))


def _parts(
    filters: Sequence[str], box: Bounds, client: Client, base_url: str, max_age: float, depth: int
) -> list[dict[str, Any]]:
    """Return the answers that together cover the box."""
    question = Question(
        SERVICE,
        base_url,
        body=query(filters, box),
        body_type="text/plain; charset=utf-8",
        max_age=max_age,
        spacing=1.0,  # assumed: the public server has few places, and asks for patience
        timeout=SECONDS + 30.0,
    )
    answer = client.ask(question, flaw=_flaw, keep=lambda a: not remark(a))
    said = remark(answer)
    if not said:
        return [answer.json]
    if depth and ("timed out" in said or "out of memory" in said):
        return [
            part
            for quarter in quarters(box)
            for part in _parts(filters, quarter, client, base_url, max_age, depth - 1)
        ]
    raise SourceFailed(
        f"a whole answer from {SERVICE}",
        f"half of one, with the remark: {said[:300]}",
        "Try again later, ask for a smaller box, or give another server as base_url.",
    )


def remark(answer: Answer) -> str:
    """Return what the server remarks on an answer that it could not finish, or ""."""
    said = answer.json.get("remark", "")
    return str(said) if "error" in str(said).lower() else ""


def quarters(box: Bounds) -> list[Bounds]:
    """Return the four quarters of a box."""
    west, south, east, north = box
    x, y = (west + east) / 2, (south + north) / 2
    return [
        (west, south, x, y),
        (x, south, east, y),
        (west, y, x, north),
        (x, y, east, north),
    ]


def _flaw(answer: Answer) -> str | None:
    """Return what is missing in an answer without a remark, or None."""
    told = answer.json
    if not isinstance(told, dict) or not isinstance(told.get("elements"), list):
        return "JSON without elements"
    if told.get("remark"):
        return None
    kinds = [element.get("type") for element in told["elements"]]
    for element in told["elements"]:
        if element.get("type") != "count":
            continue
        tags = element.get("tags", {})
        for name, kind in (("nodes", "node"), ("ways", "way"), ("relations", "relation")):
            if name in tags and int(tags[name]) != kinds.count(kind):
                return f"{kinds.count(kind)} of {tags[name]} {name}"
    return None
