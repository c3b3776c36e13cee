"""The pictures of a report: maps of depth, the curve of extreme levels, risk by district."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LightSource, ListedColormap
from matplotlib.figure import Figure

from fjordby.city import City
from fjordby.grid import Raster
from fjordby.plain import number

#: Depth classes [m] and their one-hue sequence of blues, light to deep.
DEPTHS = (0.05, 0.1, 0.3, 0.5, 1.0, 2.0, 20.0)
BLUES = ("#d6e9f8", "#a9d0ef", "#74b0e0", "#3f8bcb", "#1f63a8", "#0c3c75")
INK, QUIET, ACCENT = "#1c2733", "#8895a3", "#0b6e99"
STYLE: dict[str, Any] = {"fontsize": 8, "color": INK}


def _uri(figure: Figure, kind: str, dpi: int = 160) -> str:
    """Return a figure as a data address that an HTML page can carry within itself."""
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    # Without the metadata, the same results make the same file.
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "fjordby"}):
        figure.savefig(out, format=kind, dpi=dpi, metadata=metadata)
    mime = "image/svg+xml" if kind == "svg" else "image/png"
    return f"data:{mime};base64,{base64.b64encode(out.getvalue()).decode()}"


def _land(axes: Axes, city: City) -> None:
    """Draw quiet land with a soft relief, and the water of an ordinary day."""
    west, south, east, north = city.grid.bounds
    height = np.nan_to_num(city.terrain.values, nan=0.0).astype(float)
    relief = LightSource(azdeg=315, altdeg=40).hillshade(
        height, vert_exag=3, dx=city.grid.cell, dy=city.grid.cell
    )
    extent = (west, east, south, north)
    axes.imshow(relief, cmap="gray", vmin=-0.6, vmax=1.15, extent=extent)
    sea = np.ma.masked_where(~city.sea.values.astype(bool), np.ones(city.grid.shape))
    axes.imshow(sea, cmap=ListedColormap(["#e3edf4"]), extent=extent, interpolation="nearest")


def _frame(axes: Axes, language: str, bounds: Sequence[float]) -> None:
    """Add what makes a picture a map: a scale, north, and no axes."""
    west, south, east, north = bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_axis_off()
    width = east - west
    # The longest of 1, 2 or 5 times a power of ten within a quarter of the width.
    power = 10 ** np.floor(np.log10(width / 4))
    length = max(k * power for k in (1, 2, 5) if k * power <= width / 4)
    x, y = west + 0.03 * width, south + 0.04 * (north - south)
    axes.plot([x, x + length], [y, y], color=INK, lw=2, solid_capstyle="butt")
    text = f"{number(length / 1000, language, decimals=0 if length >= 1000 else 1)} km"
    axes.text(x + length / 2, y + 0.012 * (north - south), text, ha="center", va="bottom", **STYLE)
    axes.annotate(
        "N",
        (east - 0.03 * width, north - 0.03 * (north - south)),
        (east - 0.03 * width, north - 0.11 * (north - south)),
        ha="center",
        arrowprops={"arrowstyle": "-|>", "color": INK},
        **STYLE,
    )


def wet_bounds(city: City, depth: Raster, margin: float = 400.0) -> tuple[float, ...]:
    """Return the bounds around the wet land with a margin [m]; the whole city when it is dry."""
    wet = np.nan_to_num(depth.values, nan=0.0) > DEPTHS[0]
    west, south, east, north = city.grid.bounds
    if not wet.any():
        return west, south, east, north
    rows, columns = np.flatnonzero(wet.any(axis=1)), np.flatnonzero(wet.any(axis=0))
    grid = city.grid
    return (
        max(west, float(grid.x[columns[0]]) - margin),
        max(south, float(grid.y[rows[-1]]) - margin),
        min(east, float(grid.x[columns[-1]]) + margin),
        min(north, float(grid.y[rows[0]]) + margin),
    )


def depth_map(city: City, depth: Raster, language: str, bounds: Sequence[float]) -> str:
    """Draw a map of the depth of water on land with the named classes; returns a data address."""
    west, south, east, north = city.grid.bounds
    shape = (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
    figure = Figure(figsize=(7.2, min(7.2 * shape, 8.5) + 0.5), layout="constrained")
    axes = figure.add_subplot()
    _land(axes, city)
    water = np.ma.masked_less(np.nan_to_num(depth.values, nan=0.0), DEPTHS[0])
    picture = axes.imshow(
        water,
        cmap=ListedColormap(BLUES),
        norm=BoundaryNorm(DEPTHS, len(BLUES)),
        extent=(west, east, south, north),
        interpolation="nearest",
    )
    if len(city.buildings):
        city.buildings.plot(ax=axes, facecolor="none", edgecolor="#5a6570", linewidth=0.12)
    if len(city.districts):
        city.districts.boundary.plot(ax=axes, color=INK, linewidth=0.4, linestyle=(0, (4, 3)))
    _frame(axes, language, bounds)
    bar = figure.colorbar(
        picture, ax=axes, orientation="horizontal", shrink=0.6, aspect=40, pad=0.01,
        ticks=DEPTHS[1:-1],
    )  # fmt: skip
    bar.ax.set_xticklabels([number(d, language, decimals=1) for d in DEPTHS[1:-1]], fontsize=8)
    bar.set_label("m", fontsize=8)
    bar.outline.set_visible(False)
    return _uri(figure, "png")


def _plain_axes(figure: Figure) -> Axes:
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="y", color="#e4e8ec", linewidth=0.6)
    axes.set_axisbelow(True)
    return axes


def level_curve(
    curve: Sequence[Mapping[str, Any]], language: str, labels: Mapping[str, str]
) -> str:
    """Draw extreme sea level by return period with its band; returns a data address."""
    period = [row["return_period"] for row in curve]
    low, middle, high = ([row["level"][part] for row in curve] for part in ("low", "mid", "high"))
    figure = Figure(figsize=(6.2, 3.0), layout="constrained")
    axes = _plain_axes(figure)
    axes.fill_between(period, low, high, color=ACCENT, alpha=0.18, linewidth=0)
    axes.plot(period, middle, color=ACCENT, lw=1.8)
    axes.set_xscale("log")
    ticks = [t for t in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000) if t <= max(period)]
    axes.set_xticks(ticks, [number(t, language) for t in ticks])
    axes.minorticks_off()
    axes.set_xlabel(labels["period"], fontsize=8)
    axes.set_ylabel(labels["level"], fontsize=8)
    return _uri(figure, "svg")


def bars(
    names: Sequence[str], low: Sequence[float], middle: Sequence[float], high: Sequence[float],
    label: str,
) -> str:  # fmt: skip
    """Draw amounts by name as dots with their range; returns a data address."""
    figure = Figure(figsize=(6.2, 0.28 * len(names) + 0.8), layout="constrained")
    axes = _plain_axes(figure)
    axes.grid(axis="x", color="#e4e8ec", linewidth=0.6)
    axes.grid(visible=False, axis="y")
    place = np.arange(len(names))[::-1]
    axes.hlines(place, low, high, color=ACCENT, alpha=0.35, lw=5)
    axes.plot(middle, place, "o", color=ACCENT, ms=5)
    axes.set_yticks(place, names)
    axes.set_xlim(left=0)
    axes.set_xlabel(label, fontsize=8)
    return _uri(figure, "svg")
