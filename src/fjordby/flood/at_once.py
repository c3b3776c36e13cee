"""An event as still water at once: the surge from the sea, and the rain that stands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from fjordby.city import City
from fjordby.errors import BadValue
from fjordby.flood.model import Flood, one_grid
from fjordby.flood.rain import Bluespots, bluespots, rain_flood, rain_left
from fjordby.flood.surge import barrier_edges, gates, sea_flood
from fjordby.grid import Grid, Raster
from fjordby.shock.catalogue import check_flows
from fjordby.shock.event import Event, Series


def instant(
    city: City,
    event: Event,
    connection: Raster | None = None,
    spots: Bluespots | None = None,
    infiltration: float | Raster = 0.0,
    sewer: float | Raster = 0.0,
    open_gates: Collection[str] | None = None,
) -> tuple[Flood, ...]:
    """Flood a city by an event without time: one flood for each kind of water.

    An event that moves the sea gives a flood of water "surge", one with rain a flood of water
    "cloudburst", one with both gives both, in this order. Each is complete in itself, because
    damage depends on where the water came from. They are computed apart from each other and do
    not flow together: where both stand, the deeper counts (assumed: the peaks seldom meet, and
    adding depths would count the same low ground twice). `deepest` gives that depth; harm is the
    larger of the two for each thing harmed, never their sum. Streams need the dynamic engine: their
    flow is left out here, but it must be that of a stream that the city has.

    Parameters
    ----------
    city, event
        What is there, and what happens.
    connection, spots
        The city's `city_connection` and `city_bluespots` when already known, made with the same
        gates.
    infiltration, sewer
        What the ground and the sewer take while it rains [m/s], each a number or a raster on the
        city's grid; 0 by default, which is the worst case.
    open_gates
        Ids of gates that stand open. None: gates are shut against an event's sea, and stand open
        to let rain out when the sea is quiet.

    Raises
    ------
    BadValue
        When the event has neither sea nor rain, or a flow of a stream that the city does not have.
    """
    if event.sea is None and event.rain is None:
        raise BadValue(
            "an event with a sea level or rain",
            f"{event.name.en} with neither",
            "Streams alone need the dynamic engine.",
        )
    check_flows(city, event)
    if open_gates is None and event.sea is not None:
        open_gates = ()
    floods = []
    if event.sea is not None:
        floods.append(sea_flood(city, event, connection, open_gates or ()))
    if event.rain is not None:
        if spots is None:
            spots = city_bluespots(city, open_gates)
        left = _left(city.grid, event.rain, infiltration, sewer)
        floods.append(rain_flood(spots, left).flood)
    return tuple(floods)


def deepest(floods: Sequence[Flood]) -> Raster:
    """Return the larger depth of several floods, cell by cell [m]; NaN where all are NaN."""
    grid = one_grid(floods)
    depth = floods[0].depth.values
    for flood in floods[1:]:
        depth = np.fmax(depth, flood.depth.values)
    return grid.raster(depth.copy(), "depth")


def city_bluespots(city: City, open_gates: Collection[str] | None = None) -> Bluespots:
    """Find the bluespots of a city; its barriers keep rain in.

    Parameters
    ----------
    city
        The city.
    open_gates
        Ids of gates that stand open, () for none; None = all, as on a day with a quiet sea.
    """
    if open_gates is None:
        open_gates = gates(city.barriers)
    return bluespots(city.terrain, city.sea, barrier_edges(city.barriers, city.grid, open_gates))


def _left(
    grid: Grid, rain: Series, infiltration: float | Raster, sewer: float | Raster
) -> float | Raster:
    """Return the rain left by ground and sewer that take up to their capacity all the time [m]."""
    total = np.zeros(())
    for name, value in (("infiltration", infiltration), ("sewer", sewer)):
        array = np.asarray(value.values if isinstance(value, Raster) else value, np.float64)
        if array.ndim and array.shape != grid.shape:
            raise BadValue(
                f"{name} of the city's shape {grid.shape}", f"shape {array.shape}", "Resample it."
            )
        if (array < 0.0).any() or (not array.ndim and np.isnan(array)):
            raise BadValue(f"{name} of zero or more [m/s]", "less", "Give what it takes as m/s.")
        total = total + array
    if not total.ndim:
        return float(rain_left(rain, float(total)))
    rates, place = np.unique(total, return_inverse=True)
    return grid.raster(np.asarray(rain_left(rain, rates))[place].reshape(grid.shape), "rain")
