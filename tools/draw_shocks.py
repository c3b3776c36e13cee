"""Draw the pictures of docs/shocks.md from a city's record of shocks."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from fjordby.shock.catalogue import levels_of_record
from fjordby.shock.future import NOW, Future
from fjordby.shock.rain import cloudburst
from fjordby.shock.records import Shocks, read_shocks
from fjordby.shock.sea import surge, surge_shapes

ROOT = Path(__file__).parents[1]
BLUE, ORANGE, GREY = "#1b6ca8", "#c8641e", "#5a5a5a"


def draw_curve(shocks: Shocks, path: Path) -> None:
    """Sea level by return period, today and in 2100, with bands and the known facts."""
    periods = np.geomspace(1, 10_000, 80)
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    futures = ((NOW, BLUE, "today"), (Future("all", 2100), ORANGE, "2100, all projections"))
    for future, colour, label in futures:
        levels = levels_of_record(shocks, periods, future)
        axes.fill_between(periods, levels.low, levels.high, color=colour, alpha=0.18, lw=0)
        axes.plot(periods, levels.central, color=colour, label=f"{label} (5, 50 and 95 %)")
    mean = shocks.climate_of().mean_sea_level(NOW)
    for anchor in shocks.sea.anchors:
        period = anchor.return_period or (anchor.years or 0) / (anchor.count or 1)
        axes.errorbar(
            period, anchor.level + mean, anchor.error, fmt="o", color=GREY, ms=4, capsize=3
        )
    axes.errorbar([], [], [], fmt="o", color=GREY, ms=4, capsize=3, label="what is known")
    axes.set(xscale="log", xlabel="return period [years]", ylabel="sea level [m DVR90]")
    axes.set_ylim(0.5, 4.5)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def draw_shapes(path: Path) -> None:
    """The recorded surges, scaled to one peak."""
    figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
    for shape, style in zip(surge_shapes().values(), ("-", "--", ":"), strict=True):
        sea = surge(2.0, 0.07, shape)
        axes.plot(sea.seconds / 3600 - 48, sea.values, style, color=BLUE, label=shape.name.en)
    axes.set(xlabel="hours from the peak", ylabel="sea level [m]")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def draw_rain(shocks: Shocks, path: Path) -> None:
    """Three cloudbursts of the record's table."""
    table, entry = shocks.depth_table(), shocks.rain
    if table is None or entry is None:
        return
    figure, axes = plt.subplots(figsize=(6.4, 3.0), layout="constrained")
    for period, style in zip((5.0, 100.0, 1000.0), (":", "--", "-"), strict=True):
        rain = cloudburst(table.curve(period), entry.storm_hours * 3600, entry.peak_position)
        label = f"{period:g} years, {rain.total * 1000:.0f} mm in {entry.storm_hours:g} h"
        axes.plot(rain.seconds / 60, rain.values * 6e4, style, color=BLUE, label=label)
    axes.set(xlabel="minutes", ylabel="rain [mm/min]")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    """Draw into docs/pictures from the record named on the command line."""
    default = ROOT / "data" / "vejle" / "records" / "shocks.toml"
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    shocks = read_shocks(tomllib.loads(source.read_text(encoding="utf-8")), str(source))
    out = ROOT / "docs" / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    draw_curve(shocks, out / "shock_sea_levels.png")
    draw_shapes(out / "shock_surge_shapes.png")
    draw_rain(shocks, out / "shock_cloudbursts.png")


if __name__ == "__main__":
    main()
