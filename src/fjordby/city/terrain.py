"""Bare ground between trusted points, with a surface model as the guide.

A surface model (a satellite's view of roofs and treetops) is everywhere but too high; points of
bare ground are right but far apart. The ground is taken as a random field on a logarithmic
height scale whose mean follows the surface model, and which is most alike where two places are
near each other *and* look alike in the surface model: universal kriging in which height
differences count as distance. Every step is a linear solve, so the error at points left out, one
by one or a whole block at a time, is exact and costs no refitting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.ndimage import grey_opening, map_coordinates, minimum_filter
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from fjordby.arrays import Array, Bools, Floats, Ints
from fjordby.errors import BadFile, BadValue
from fjordby.progress import Progress, silent

#: Spread of the drift's coefficients before any point is seen: wide enough to say nothing.
VAGUE = 100.0
#: Points predicted in one go; keeps the table of covariances below about 200 MB.
BATCH = 4096


@dataclass(frozen=True)
class Samples:
    """Points of bare ground that are trusted.

    Parameters
    ----------
    x, y
        Position [m], shape (n,).
    z
        Height of the ground [m datum], shape (n,).
    """

    x: Floats
    y: Floats
    z: Floats

    def __post_init__(self) -> None:
        if not (self.x.shape == self.y.shape == self.z.shape and self.x.ndim == 1):
            raise BadValue(
                "x, y and z of one length",
                f"shapes {self.x.shape}, {self.y.shape} and {self.z.shape}",
                "Give one position and one height for each point.",
            )
        if not all(np.isfinite(a).all() for a in (self.x, self.y, self.z)):
            raise BadValue("finite numbers", "NaN or infinity", "Leave those points out.")

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.z)

    def where(self, keep: Array) -> Samples:
        """Return some of the points, by mask or index."""
        return Samples(self.x[keep], self.y[keep], self.z[keep])


@dataclass(frozen=True)
class Surface:
    """A surface model on its own grid, read at points in the city's coordinate system.

    Parameters
    ----------
    heights
        Heights [m], shape (ny, nx), rows from north to south.
    transform
        From column and row (outer corners) to the surface's own coordinates.
    crs, city_crs
        Coordinate systems of the surface and of the points it is asked at.
    shift
        East and north metres to add to a point before the surface is read there; see
        `registration`.
    """

    heights: Floats
    transform: Affine
    crs: str
    city_crs: str
    shift: tuple[float, float] = (0.0, 0.0)

    def at(self, x: Floats, y: Floats, order: int = 1, lowest: int = 1) -> Floats:
        """Return the surface's height at points [m].

        `order` 1 is bilinear and 3 cubic; `lowest` = 3 first takes the lowest of 3 x 3 cells.
        """
        own_x, own_y = _transformer(self.city_crs, self.crs).transform(
            np.asarray(x) + self.shift[0], np.asarray(y) + self.shift[1]
        )
        t = ~self.transform
        column = t.a * np.asarray(own_x) + t.b * np.asarray(own_y) + t.c
        row = t.d * np.asarray(own_x) + t.e * np.asarray(own_y) + t.f
        heights = minimum_filter(self.heights, lowest) if lowest > 1 else self.heights
        read = map_coordinates(heights, [row - 0.5, column - 0.5], order=order, mode="nearest")
        return np.asarray(read, dtype=np.float64)


@cache
def _transformer(source: str, target: str) -> Transformer:
    """Return the transformer between two systems; making one is slow, so it is kept."""
    return Transformer.from_crs(source, target, always_xy=True)


def read_surface(path: Path, city_crs: str) -> Surface:
    """Read a surface model that rasterio opens; raises `BadFile` when it has no place on Earth."""
    try:
        with rasterio.open(path) as source:
            heights = source.read(1).astype(np.float64)
            if source.nodata is not None:
                heights[heights == source.nodata] = np.nan
            transform, crs = source.transform, source.crs
    except rasterio.errors.RasterioIOError as problem:
        raise BadFile("a raster of heights", str(problem), f"Check {path}.") from None
    if crs is None or np.isnan(heights).any():
        raise BadFile(
            "a surface model with a coordinate system and no holes",
            "one without" if crs is None else "one with holes",
            f"Mend {path} before it guides the ground.",
        )
    return Surface(heights, transform, crs.to_string(), city_crs)


def registration(surface: Surface, samples: Samples, reach: float, step: float) -> Surface:
    """Return the surface moved sideways to where it fits the points best.

    Elevation models from different hands often lie some tens of metres apart, which on a slope
    shows as error in height (Nuth and Kääb 2011, doi:10.5194/tc-5-271-2011). Every shift on a
    square of `step` [m] up to `reach` [m] is tried; the one with the smallest robust misfit
    (pseudo-Huber about the median, 2 m) is kept.
    """
    moves = np.arange(-reach, reach + step / 2, step)

    def misfit(move: tuple[float, float]) -> float:
        difference = replace(surface, shift=move).at(samples.x, samples.y) - samples.z
        difference -= np.median(difference)
        return float(np.mean(np.sqrt(1.0 + (difference / 2.0) ** 2)))

    return replace(
        surface, shift=min(((east, north) for east in moves for north in moves), key=misfit)
    )


#: Where the lowest nearby is below the first height, a peak one or two cells wide is a roof; above
#: the second it is a hill [m]. Chosen by errors at points left out, which hardly feel it; without
#: it a single large roof lifts the street beside it by metres.
ROOF, HILL = 2.2, 4.0
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)


def looks(surface: Surface, x: Floats, y: Floats, floor: float = 0.0) -> Floats:
    """Return what the surface model says at points: its height, and the lowest nearby [m].

    The lowest of 3 x 3 cells sees the streets between the houses; where it is low, narrow peaks
    are taken off the height (a grey opening by a cross of five cells). Below `floor` a surface
    model shows the noise of open water, and is not heeded. Shape (n, 2).
    """
    low = np.maximum(surface.at(x, y, lowest=3), floor)
    high = np.maximum(surface.at(x, y, order=3), floor)
    opened = replace(surface, heights=grey_opening(surface.heights, footprint=_CROSS))
    bare = np.maximum(opened.at(x, y, order=3), floor)
    hill = np.clip((low - ROOF) / (HILL - ROOF), 0.0, 1.0)
    return np.column_stack([bare + (high - bare) * hill, low])


@dataclass(frozen=True)
class Law:
    """How alike the ground is at two places; learnt by `learn`, or given.

    Parameters
    ----------
    offset, scale
        The height scale is ln(1 + (h + offset) / scale) [m]: a decimetre on the town floor
        weighs as much as metres on the hills.
    sill, reach, breadth
        Standard deviation [log height], horizontal reach [m] and, for each look of the surface
        model, the difference [log height] that counts as much as `reach`.
    local_sill, local_reach
        The same for small forms that the surface model does not see.
    noise
        Standard deviation of a point itself [log height]: ditches, kerbs, embankments.
    """

    offset: float = 1.5
    scale: float = 2.0
    sill: float = 0.4
    reach: float = 2100.0
    breadth: tuple[float, ...] = (1.0, 2.0)
    local_sill: float = 0.2
    local_reach: float = 300.0
    noise: float = 0.05

    def log(self, height: Floats) -> Floats:
        """From metres to log height; nothing counts as lower than 0.5 m - offset."""
        return np.asarray(
            np.log1p((np.maximum(height, 0.5 - self.offset) + self.offset) / self.scale)
        )

    def metres(self, log_height: Floats) -> Floats:
        """From log height to metres: the median, not the mean, of what the ground may be."""
        return np.asarray(self.scale * np.expm1(log_height) - self.offset)


def _places(x: Floats, y: Floats, seen: Floats, law: Law) -> Floats:
    """Return places as rows of x, y and the log of each look."""
    if seen.ndim != 2 or seen.shape[1] != len(law.breadth):
        raise BadValue(
            f"{len(law.breadth)} looks of the surface model for each point",
            f"an array of shape {seen.shape}",
            "Use `looks`, or give the law a breadth for each look.",
        )
    return np.column_stack([x, y, law.log(seen)])


def _covariance(a: Floats, b: Floats, law: Law) -> Floats:
    """Return the covariance of log heights between places, without noise; shape (na, nb)."""
    size = np.array([law.reach, law.reach, *law.breadth])
    table: Floats = law.sill**2 * np.exp(-cdist(a / size, b / size))
    table += law.local_sill**2 * np.exp(-cdist(a[:, :2], b[:, :2]) / law.local_reach)
    return table + VAGUE**2 * (1.0 + a[:, 2:] @ b[:, 2:].T)


@dataclass(frozen=True)
class Ground:
    """Bare ground that can be asked for anywhere; made by `fuse`."""

    places: Floats
    weights: Floats
    law: Law

    def at(self, x: Floats, y: Floats, seen: Floats, progress: Progress = silent) -> Floats:
        """Return the height of the ground at points, given the `looks` there [m datum]."""
        places = _places(np.asarray(x), np.asarray(y), seen, self.law)
        log_height = np.empty(len(places))
        for start in range(0, len(places), BATCH):
            part = slice(start, start + BATCH)
            log_height[part] = _covariance(places[part], self.places, self.law) @ self.weights
            progress(min(1.0, (start + BATCH) / len(places)), "ground between the points")
        return self.law.metres(log_height)


def _solve(
    samples: Samples, seen: Floats, law: Law, doubt: Floats | None = None
) -> tuple[Floats, Floats, Any]:
    """Return places, log heights and the Cholesky factor of their covariance."""
    places = _places(samples.x, samples.y, seen, law)
    table = _covariance(places, places, law)
    table[np.diag_indices_from(table)] += law.noise**2 + (0.0 if doubt is None else doubt**2)
    try:
        return places, law.log(samples.z), cho_factor(table, lower=True, overwrite_a=True)
    except LinAlgError:
        raise BadValue(
            "points at different places",
            "several at one place",
            "Merge points that share a place, or give the law a larger noise.",
        ) from None


def doubts(samples: Samples, seen: Floats, law: Law, tolerance: float = 2.5) -> Floats:
    """Return how far each point may be from speaking for its surroundings [log height].

    A point on an embankment or in a ditch is right, but not about its neighbourhood. Where a
    point lies more than `tolerance` standard deviations from what all others foresee there, it
    is doubted until it lies at `tolerance` (one step of Huber's weights, Huber 1964,
    doi:10.1214/aoms/1177703732); all other doubts are nought.
    """
    _, log_height, factor = _solve(samples, seen, law)
    inverse = cho_solve(factor, np.eye(len(samples)))
    variance = 1.0 / np.diag(inverse)
    error = (inverse @ log_height) * variance
    return np.asarray(np.sqrt(np.maximum((error / tolerance) ** 2 - variance, 0.0)))


def fuse(samples: Samples, seen: Floats, law: Law, doubt: Floats | None = None) -> Ground:
    """Fuse trusted points with what a surface model shows around them.

    Parameters
    ----------
    samples
        Points of bare ground; a few thousand (time grows with the cube of their number).
    seen
        `looks` of the surface model at the points [m], shape (n, k).
    law
        How alike the ground is at two places.
    doubt
        Further standard deviation of each point, from `doubts` [log height].

    Examples
    --------
    >>> flat = Samples(np.arange(5.0) * 100, np.zeros(5), np.full(5, 2.0))
    >>> roofs = np.full((5, 2), 4.0)
    >>> round(float(fuse(flat, roofs, Law()).at(np.r_[250.0], np.zeros(1), roofs[:1])[0]), 2)
    2.0
    """
    places, log_height, factor = _solve(samples, seen, law, doubt)
    return Ground(places, cho_solve(factor, log_height), law)


def left_out(samples: Samples, seen: Floats, law: Law, blocks: Ints | None = None) -> Floats:
    """Return the height foreseen at each point from the points of all other blocks [m datum].

    Without `blocks` each point is left out alone. Exact, from one inverse: with Q the inverse
    covariance, the error of block B is Q_BB⁻¹ (Q y)_B (Dubrule 1983, doi:10.1007/BF01033030).
    """
    _, log_height, factor = _solve(samples, seen, law)
    inverse = cho_solve(factor, np.eye(len(samples)))
    pull = inverse @ log_height
    if blocks is None:
        return law.metres(log_height - pull / np.diag(inverse))
    foreseen = np.empty(len(samples))
    for block in np.unique(blocks):
        members = np.flatnonzero(blocks == block)
        error = np.linalg.solve(inverse[np.ix_(members, members)], pull[members])
        foreseen[members] = log_height[members] - error
    return law.metres(foreseen)


def square_blocks(x: Floats, y: Floats, side: float) -> Ints:
    """Return the number of the square of `side` [m] that each point lies in."""
    squares = np.floor(np.column_stack([x, y]) / side)
    return np.unique(squares, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def learn(samples: Samples, seen: Floats, start: Law, rounds: int = 25) -> Law:
    """Return the law under which the points are most likely (marginal likelihood, L-BFGS).

    The height scale is kept. Some hundred points are enough, and take about a minute.
    """

    def law_of(logs: Floats) -> Law:
        reach, noise, sill, local_sill, local_reach, *breadth = (float(v) for v in np.exp(logs))
        return replace(
            start,
            reach=reach,
            noise=noise,
            sill=sill,
            local_sill=local_sill,
            local_reach=local_reach,
            breadth=tuple(breadth),
        )

    def unlikelihood(logs: Floats) -> float:
        _, log_height, factor = _solve(samples, seen, law_of(logs))
        fit = 0.5 * float(log_height @ cho_solve(factor, log_height))
        near_start = 0.01 * float(((logs - first) ** 2).sum())
        return fit + float(np.log(np.diag(factor[0])).sum()) + near_start

    begin = (start.reach, start.noise, start.sill, start.local_sill, start.local_reach)
    first = np.log(np.array([*begin, *start.breadth]))
    bounds = [(value - 3.0, value + 3.0) for value in first]
    found = minimize(
        unlikelihood, first, method="L-BFGS-B", bounds=bounds, options={"maxiter": rounds}
    )
    return law_of(found.x)


#: Height zones in which the error of a terrain is told [m datum].
ZONES: Mapping[str, tuple[float, float]] = {
    "town floor, below 3 m": (-np.inf, 3.0),
    "3-10 m": (3.0, 10.0),
    "10-50 m": (10.0, 50.0),
    "above 50 m": (50.0, np.inf),
}


@dataclass(frozen=True)
class ZoneError:
    """Error of a terrain in one zone: foreseen minus true [m], over n points."""

    zone: str
    n: int
    bias: float
    mae: float
    rmse: float
    median: float


def terrain_error(
    foreseen: Floats,
    true: Floats,
    zones: Mapping[str, tuple[float, float]] = ZONES,
    by: Floats | None = None,
) -> list[ZoneError]:
    """Return the error by height zone of the true ground; zones without points are left out.

    `median` is the median of the absolute error. Zones are cut by the true height, so that a
    terrain pulled to the middle shows a bias up in the lowest zone and down in the highest; give
    the foreseen heights as `by` to ask how right the map is where it shows low ground.

    Examples
    --------
    >>> terrain_error(np.array([1.0, 3.0]), np.array([1.0, 2.0]))[0].bias
    0.5
    """
    cut = true if by is None else by
    told: Sequence[tuple[str, Bools]] = [
        (name, (cut >= low) & (cut < high)) for name, (low, high) in zones.items()
    ]
    return [_zone_error(name, (foreseen - true)[inside]) for name, inside in told if inside.any()]


def _zone_error(name: str, error: Floats) -> ZoneError:
    """Sum up the errors of one zone."""
    return ZoneError(
        zone=name,
        n=len(error),
        bias=float(error.mean()),
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        median=float(np.median(np.abs(error))),
    )
