"""What moving water costs: the event set and the named storms by the response surface.

Beside each figure stands that of still water for the same events, so that the two differ by the
way of reckoning alone. Streams that leave their banks have a figure here only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.city import City
from fjordby.flood.response import COORDINATES, Places, Point, Surface, Totals, totals
from fjordby.flood.response.axes import point_at
from fjordby.flood.response.city_runs import coarser
from fjordby.harm import PRICE_YEAR, Water, cost_at, costs_for, gather_still
from fjordby.harm.families import measured
from fjordby.harm.footprints import Footprints
from fjordby.shock import NOW, Event, event_set, events
from fjordby.study.losses import SURGES
from fjordby.study.moving_words import caution_of, sentences
from fjordby.study.response_losses import Strip, beyond_share
from fjordby.study.workshop import Workshop

PARTS = ("low", "mid", "high")


@dataclass(frozen=True)
class Reader:
    """Water at each building by the surface, over what stands there on a quiet day.

    What the streams hold on the mildest day of the axes is no flood: houses beside them, or over
    them, are told how much higher the water stands.
    """

    surface: Surface
    prints: Footprints

    def at(self, what: Point | Event) -> Water:
        """Return the water of an event or a point; the ends of the axes beyond them."""
        return self.water(self.places.bands(what, "nearest")[1])

    def water(self, depth: Array) -> Water:
        """Return the water of depths at the houses' cells, in the order of `cells`, float32 [m]."""
        return self._strip.water(np.maximum(depth - self._quiet, 0.0))

    @cached_property
    def places(self) -> Places:
        """The surface at the houses' cells."""
        return self.surface.at(self._strip.cells)

    @cached_property
    def left_out(self) -> Array:
        """Each run as the others foretell it, shape (runs, cells) [m]."""
        return self.places.left_out()

    @cached_property
    def _strip(self) -> Strip:
        return Strip.of(self.prints)

    @cached_property
    def _quiet(self) -> Array:
        mildest = {axis.name: axis.low for axis in self.surface.axes}
        return np.asarray(self.places.depths([mildest])[0])


@dataclass(frozen=True)
class Priced:
    """What events cost by the surface, with how far such sums were off when runs were left out.

    Parameters
    ----------
    reader
        Of the water at the houses.
    price
        What a water costs by damage family, shape (families,) [currency].
    """

    reader: Reader
    price: Callable[[Water], Floats]

    def of(self, what: Point | Event) -> Floats:
        """Return low, middle and high cost by damage family, shape (3, families) [currency]."""
        return self.totals.span(what, self.price(self.reader.at(what)))

    @cached_property
    def totals(self) -> Totals:
        """How far sums are off."""
        return totals(self.reader.places, self.reader.left_out,
                      lambda depth: self.price(self.reader.water(depth)))  # fmt: skip


def moving_table(shop: Workshop, surface: Surface | None, checks: Path) -> dict[str, Any]:
    """Return what the page, the report and the command line say of moving water.

    Parameters
    ----------
    shop
        Of the study.
    surface
        Of the city; None when no event of it moves any water.
    checks
        Depths under houses in the check runs, from `response_step`.
    """
    if surface is None:
        return {}
    city, reader = shop.city, Reader(surface, shop.stakes.prints)
    sea = event_set(city, NOW, SURGES, families=("surge", "surge-rain"))
    streams = event_set(city, NOW, families=("stream",))
    still = gather_still(shop.stakes.prints, city.terrain, shop.connection)

    def calm(event: Event) -> Water:
        return still.at(float(event.sea_peak or 0.0))

    priced = {water: Priced(reader, _pricer(shop, water)) for water in ("surge", "river")}
    yearly = []
    for name, known, water in (("sea", sea, "surge"), ("streams", streams, "river")):
        if not known or not _told(surface, name):
            continue
        price = priced[water].price
        rates = np.array([float(event.weight or 0.0) for event in known])
        moving = [priced[water].of(event) for event in known]
        yearly.append({
            "id": name,
            "still": _span(_sum(rates, [np.array([price(calm(e))] * 3) for e in known]))
            if name == "sea" else None,
            "moving": _span(_sum(rates, moving)),
            # The same by the middle of the damage models: what is not known of depth alone.
            "by_depth": dict(zip(PARTS, _sum(rates, moving).mean(axis=1).tolist(), strict=True)),
            "events": len(known),
            "beyond": round(beyond_share(surface, known), 4),
        })  # fmt: skip
    found = {
        "currency": city.currency,
        "price_year": PRICE_YEAR,
        **_about(city, surface),
        "yearly": yearly,
        "events": _named(shop, surface, priced, calm),
        "checked": _checked(surface, priced, checks),
        # Whether ranges are learned from left out runs, or all that the order of runs allows.
        "learned": all(bool((one.totals.reach < 1.0).all()) for one in priced.values()),
    }
    words = caution_of(found)
    return {
        **found,
        "words": [w.as_dict() for w in sentences(found)],
        "caution": None if words is None else words.as_dict(),
    }


def _told(surface: Surface, name: str) -> bool:
    """Say whether the surface has an axis for a kind of water."""
    start = {"sea": "sea", "streams": "stream"}[name]
    return any(axis.name.startswith(start) for axis in surface.axes)


def _about(city: City, surface: Surface) -> dict[str, Any]:
    """Return how the surface was made and how far it is off."""
    rows = surface.errors[surface.errors.how == "check"]
    error = None
    if len(rows):
        error = {
            "rms": float(np.sqrt((rows.rms**2).mean())),
            "bias": float(rows.bias.mean()),
            "most": float(rows["most"].mean()),
            "csi": float(rows.csi.mean()),
            "held": float(np.nan_to_num(rows.held.mean())),
        }
    return {
        "runs": int(surface.fit.shares.shape[0]),
        "checks": len(rows),
        "error": error,
        "met": surface.met,
        "cell": city.grid.cell,
        "coarse_cell": city.grid.cell * coarser(city),
        "seconds": surface.about.get("seconds"),
        "coverage": surface.fit.model.coverage,
        "axes": [
            {"name": axis.name, "words": COORDINATES[axis.name].words.as_dict(),
             "unit": axis.unit, "low": axis.low, "high": axis.high}
            for axis in surface.axes
        ],
    }  # fmt: skip


def _named(
    shop: Workshop, surface: Surface, priced: Mapping[str, Priced], calm: Callable[[Event], Water]
) -> list[dict[str, Any]]:
    """Return what the storms and stream floods that have a name cost."""
    found = []
    for event in events(shop.city):
        if event.sea is None and not event.streams:
            continue
        known = priced["surge" if event.sea is not None else "river"]
        found.append({
            "id": event.id,
            "name": event.name.as_dict(),
            "still": None if event.sea is None
            else _span(np.array([known.price(calm(event))] * 3)),
            "moving": _span(known.of(event)),
            "rain": event.rain is not None,
            "beyond": [a.name for a in surface.axes if surface.point(event)[a.name] > a.high],
        })  # fmt: skip
    return found


def _checked(surface: Surface, priced: Mapping[str, Priced], checks: Path) -> list[dict[str, Any]]:
    """Return what the check runs cost, by themselves and as the surface foretold it."""
    found = []
    with np.load(checks) as file:
        shares, depths = file["shares"], file["depth"]
    known = priced[surface.water]
    for share, depth in zip(shares, depths, strict=True):
        point = point_at(surface.axes, share)
        run = [known.price(known.reader.water(depth))] * 3
        found.append({
            "point": {name: round(value, 3) for name, value in point.items()},
            "run": _span(np.array(run)),
            "foretold": _span(known.of(point)),
        })  # fmt: skip
    return found


def _pricer(shop: Workshop, water: str) -> Callable[[Water], Floats]:
    """Return what a water costs by damage family, shape (families,) [currency]."""
    ready, city = shop.stakes, shop.city
    laid = [
        (costs_for(family, ready.exposure, water, city.currency, PRICE_YEAR), family.measure)
        for family in shop.families
    ]

    def price(there: Water) -> Floats:
        return np.array([float(np.sum(cost_at(c, measured(there, m)))) for c, m in laid])

    return price


def _sum(rates: Floats, costs: Sequence[Floats]) -> Floats:
    """Return the yearly cost, shape (low-mid-high, families)."""
    return np.asarray(np.tensordot(rates, np.array(costs, float), axes=1))


def _span(costs: Floats) -> Mapping[str, float]:
    """Return low, middle and high of costs, shape (low-mid-high, families).

    Low is the low end by the damage model that is lowest there, and so on; the middle is the mean
    of the models.
    """
    low, mid, high = costs
    return {"low": float(low.min()), "mid": float(mid.mean()), "high": float(high.max())}
