"""What the water did: largest depth, and where an engine knows them speed, arrival, duration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fjordby.errors import BadValue
from fjordby.grid import Grid, Raster
from fjordby.provenance import Kind


@dataclass(frozen=True)
class Flood:
    """The flood that an engine computed for one event, all rasters on one grid.

    Parameters
    ----------
    depth
        Largest depth of water above the ground, 0 where dry [m]; open sea and unknown are NaN.
    speed
        Largest speed [m/s], or None when the engine does not know it.
    arrival
        Time from the start of the event until the first 0.05 m [s], NaN where dry, or None.
    duration
        Time with at least 0.05 m [s], or None.
    water
        Where the water came from: "surge", "river" or "cloudburst"; damage depends on it.
    engine
        The engine's name.
    depth_speed
        Largest product of depth and speed at one moment [m2/s], or None.
    """

    depth: Raster
    water: str
    engine: str
    speed: Raster | None = None
    arrival: Raster | None = None
    duration: Raster | None = None
    kind: Kind = Kind.DERIVED
    depth_speed: Raster | None = None

    @property
    def grid(self) -> Grid:
        """The grid of the depth."""
        return Grid.of(self.depth)


def one_grid(floods: Sequence[Flood]) -> Grid:
    """Return the grid that several floods share; raises `BadValue` when they share none."""
    if not floods:
        raise BadValue("at least one flood", "none", "Give the floods of an event.")
    grid = floods[0].grid
    for flood in floods[1:]:
        if flood.grid != grid:
            raise BadValue(f"floods on one grid {grid}", f"{flood.grid}", "Resample one of them.")
    return grid
