"""What events cost each building, read from a response surface: no map is made for any of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Array, Ints
from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.response import Surface
from fjordby.grid import Grid
from fjordby.harm import (
    PRICE_YEAR,
    Family,
    LossTable,
    Stakes,
    Water,
    costs_for,
    hazard,
    loss_table,
    water_at,
)
from fjordby.harm.families import measured
from fjordby.harm.footprints import Footprints
from fjordby.shock import Event

#: Events whose depths are in memory at a time [-].
BATCH = 256


@dataclass(frozen=True)
class Strip:
    """The cells under buildings, side by side: a map of one row that the same functions read.

    Parameters
    ----------
    cells
        Their places in the city's map, flat and increasing, shape (cells,).
    prints
        The buildings on the row.
    """

    cells: Ints
    prints: Footprints

    @classmethod
    def of(cls, prints: Footprints) -> Strip:
        """Lay the cells under buildings of the city's map side by side."""
        cells, place = np.unique(prints.cells, return_inverse=True)
        size, crs = prints.grid.cell, prints.grid.crs
        row = Grid(0.0, size, size, 1, max(cells.size, 1), crs)
        return cls(cells, Footprints(row, prints.starts, place.astype(np.int64), prints.share))

    def water(self, depth: Array) -> Water:
        """Return the water at each building of depths in the order of `cells` [m]."""
        line = np.zeros(self.prints.grid.shape, np.float32)
        line[0, : depth.size] = depth
        return water_at(self.prints, self.prints.grid.raster(line, "depth"))


def surface_waters(
    prints: Footprints, surface: Surface, events: Sequence[Event], beyond: str = "nearest"
) -> Iterator[Water]:
    """Give the water at each building in each event, one after the other.

    Parameters
    ----------
    prints
        The buildings on the surface's grid.
    surface
        With a recipe for events.
    events
        What happens.
    beyond
        As for `Surface.depth`. "nearest": an event milder than all runs is taken as the mildest,
        one beyond them as the worst; `beyond_share` tells how much of the yearly rate that is.

    Raises
    ------
    BadValue
        When the surface has another grid, or as `Surface.depth` says.
    """
    if surface.grid != prints.grid:
        raise BadValue(
            f"a surface on the buildings' grid {prints.grid}",
            f"{surface.grid}",
            "Simulate on the city's own grid (or downscale to it) when the surface is built.",
        )
    strip = Strip.of(prints)
    at = surface.at(strip.cells)
    for first in range(0, len(events), BATCH):
        for row in at.depths(events[first : first + BATCH], beyond):
            yield strip.water(row)


def surface_losses(
    city: City,
    ready: Stakes,
    families: Sequence[Family],
    surface: Surface,
    events: Sequence[Event],
) -> dict[str, LossTable]:
    """Return the losses of an event set by damage family, events by buildings.

    `rate` of each table is the slice of the yearly rate that its events stand for, so its
    `expected` is the expected annual loss of each building [currency/year].

    Parameters
    ----------
    city, ready, families
        What is there, laid out, and how water harms it.
    surface
        Of this city.
    events
        With weights, as `event_set` gives them.
    """
    waters = list(surface_waters(ready.prints, surface, events))
    weights = [float(event.weight or 0.0) for event in events]
    tables = {}
    for family in families:
        depths = (measured(water, family.measure) for water in waters)
        costs = costs_for(family, ready.exposure, surface.water, city.currency, PRICE_YEAR)
        tables[family.id] = loss_table(hazard(depths, weights), costs, city.currency, PRICE_YEAR)
    return tables


def beyond_share(surface: Surface, events: Sequence[Event]) -> float:
    """Return the share of the yearly rate of events that lie above the surface's axes [-].

    Milder ones do not count: they flood no more than the mildest run.
    """
    weights = np.array([float(event.weight or 0.0) for event in events])
    above = np.array(
        [
            any(surface.point(event)[axis.name] > axis.high for axis in surface.axes)
            for event in events
        ],
        bool,
    )
    whole = float(weights.sum())
    return float(weights[above].sum()) / whole if whole > 0 else 0.0
