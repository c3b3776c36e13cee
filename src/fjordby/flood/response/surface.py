"""The response surface of a city: the depth map of any event, at once, with its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from fjordby.arrays import Array, Floats, Ints
from fjordby.errors import BadValue
from fjordby.flood.model import Flood
from fjordby.flood.response import kernels
from fjordby.flood.response.axes import Axis, Point, all_shares, beyond_of, shares_of
from fjordby.flood.response.fit import STEP, Fit, without
from fjordby.flood.response.recipe import Recipe, point_of
from fjordby.flood.response.score import Tolerance
from fjordby.grid import Grid, Raster
from fjordby.shock.event import Event


@dataclass(frozen=True)
class Band:
    """Depth with what is not known of it; rasters [m], 0 where dry and NaN where no ground.

    Parameters
    ----------
    low, middle, high
        The middle is what `Surface.depth` gives.
    coverage
        Share of the cells that the band was made to hold [-].
    """

    low: Raster
    middle: Raster
    high: Raster
    coverage: float


@dataclass(frozen=True)
class Surface:
    """The depth of every cell at any point of some axes, between runs of a slower engine.

    Parameters
    ----------
    fit
        The cells that were ever wet.
    cells
        Where they are: indices of the flat map, increasing, shape (cells,), int32.
    grid
        Where all cells lie.
    ground
        False on cells without ground, shape (ny, nx).
    water
        Where the water came from, as `Flood` says it.
    errors
        How far foretold depths were off, a row for each run and way of foretelling it:
        `run`, `how` ("foretold" before it was made, "left out" of all runs at the end, "check"),
        the axes, and the numbers of `Score` ([m], [-]).
    tolerance, met
        What was asked for, and whether the last runs were foretold that well.
    recipe
        How an event becomes a point; None when points are all it takes.
    about
        What it was made from, and how.
    """

    fit: Fit
    cells: Array
    grid: Grid
    ground: Array
    water: str
    errors: pd.DataFrame
    tolerance: Tolerance
    met: bool
    recipe: Recipe | None = None
    about: Mapping[str, object] = field(default_factory=dict)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What events differ in."""
        return self.fit.axes

    def point(self, what: Point | Event) -> Point:
        """Return the point of an event.

        Raises
        ------
        BadValue
            When the surface has no recipe for events, or an axis that events are not read by.
        """
        if not isinstance(what, Event):
            return what
        if self.recipe is None:
            raise BadValue(
                "a point on the axes", f"the event {what.id}", "Build the surface with a recipe."
            )
        return point_of(what, self.axes, self.recipe)

    def beyond(self, what: Point | Event) -> tuple[str, ...]:
        """Return the names of the axes that an event lies beyond."""
        return beyond_of(self.axes, self.point(what))

    def depth(self, what: Point | Event, beyond: str = "refuse") -> Flood:
        """Return the flood of an event or of a point.

        Parameters
        ----------
        what
            An event, or a value for each axis.
        beyond
            "refuse" what lies outside the axes, or take the "nearest" end (see `beyond`, which
            tells them apart).

        Raises
        ------
        BadValue
            Outside the axes, or for a point that has other names than the axes.
        """
        which, weight = self.fit.corners(self._share(what, beyond))
        out = self._dry.copy()
        kernels.blend_onto(
            self.fit.nodes, which, weight, self.cells, kernels.new_tile(), out.reshape(-1)
        )
        return Flood(self.grid.raster(out, "depth"), self.water, "response")

    def band(self, what: Point | Event, beyond: str = "refuse") -> Band:
        """Return the depth of an event with its band; arguments and errors as `depth`."""
        rows = self.fit.band(self._share(what, beyond))
        low, middle, high = (self._map(row) for row in rows)
        return Band(low, middle, high, self.fit.model.coverage)

    def at(self, cells: Ints) -> Places:
        """Take some cells out of the surface, to ask of many events there.

        Parameters
        ----------
        cells
            Indices of the flat map, any order, shape (places,).

        Raises
        ------
        BadValue
            For an index outside the map.
        """
        asked = np.asarray(cells, np.int64)
        if asked.size and (asked.min() < 0 or asked.max() >= self.ground.size):
            raise BadValue(
                f"cells from 0 to {self.ground.size - 1}",
                f"{asked.min()} to {asked.max()}",
                "Number them row by row from the north-west.",
            )
        place = np.searchsorted(self.cells, asked)
        inside = np.minimum(place, max(self.cells.size - 1, 0))
        known = self.cells[inside] == asked if self.cells.size else np.zeros(asked.shape, bool)
        used, row = np.unique(inside[known], return_inverse=True)
        where = np.full(asked.shape, used.size, np.int64)
        where[known] = row
        return Places(self, self.fit.only(used), where)

    def _share(self, what: Point | Event, beyond: str) -> Floats:
        return shares_of(self.axes, self.point(what), beyond)

    @cached_property
    def _dry(self) -> Array:
        """The map of no water, float32."""
        return np.where(self.ground, np.float32(0.0), np.float32(np.nan))

    def _map(self, row: Array) -> Raster:
        out = self._dry.copy()
        out.reshape(-1)[self.cells] = row
        return self.grid.raster(out, "depth")


@dataclass(frozen=True)
class Places:
    """A surface at some cells only: thousands of events without a single map.

    Parameters
    ----------
    surface
        Which they are cells of.
    fit
        Those of them that are ever wet.
    where
        Row of the fit for each place, its length for places that never are, shape (places,).
    """

    surface: Surface
    fit: Fit
    where: Ints

    def depths(self, what: Sequence[Point | Event] | Array, beyond: str = "refuse") -> Array:
        """Return depths, shape (events, places), float32 [m].

        Parameters
        ----------
        what
            Events or points, or values of the axes in their order, shape (events, axes).
        beyond
            As for `Surface.depth`.

        Raises
        ------
        BadValue
            As `Surface.depth`.
        """
        surface = self.surface
        if isinstance(what, np.ndarray):
            shares = all_shares(surface.axes, what, beyond)
        else:
            each = [shares_of(surface.axes, surface.point(one), beyond) for one in what]
            shares = np.array(each, float).reshape(-1, len(surface.axes))
        return self._placed(self.fit.depths(shares))

    def run_depths(self) -> Array:
        """Return the depths of the runs themselves, shape (runs, places), float32 [m]."""
        runs = np.maximum(self.fit.runs, 0).astype(np.float32) * np.float32(STEP)
        return self._placed(runs)

    def left_out(self) -> Array:
        """Return what each run is foretold to be by the others, shape (runs, places) [m]."""
        told = [without(self.fit, k).depth(share) for k, share in enumerate(self.fit.shares)]
        return self._placed(np.array(told, np.float32))

    def _placed(self, rows: Array) -> Array:
        known = np.zeros((rows.shape[0], self.fit.spread.size + 1), np.float32)
        known[:, :-1] = rows
        return np.asarray(known[:, self.where])

    def bands(
        self, what: Point | Event, beyond: str = "refuse"
    ) -> tuple[Array, Array, Array]:  # fmt: skip
        """Return low, middle and high depth of one event, each of shape (places,), float32 [m].

        Parameters and errors as for `Surface.band`.
        """
        surface = self.surface
        share = shares_of(surface.axes, surface.point(what), beyond)
        low, middle, high = (
            np.append(row, 0.0)[self.where].astype(np.float32) for row in self.fit.band(share)
        )
        return low, middle, high
