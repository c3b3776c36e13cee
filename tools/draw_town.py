"""Draw the pictures of docs/synthetic_town.md from the built-in city, by its name."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

from fjordby import city
from fjordby.city import City
from fjordby.city.town.roadclass import road_class

mpl.use("Agg")
import matplotlib.pyplot as plt

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
BUILDINGS = {
    "home": "#b06a43", "holiday_home": "#c99a5b", "business": "#5b7fa6", "industry": "#6d6f7c",
    "storage": "#9a9ca8", "public": "#7b4fa3", "culture": "#a35b94", "utility": "#222222",
}  # fmt: skip
GREEN = {"wood": "#bcd3ab", "meadow": "#dbe8c3", "park": "#d3e4c2", "grass": "#e2ead2"}


def draw(town: City, box: tuple[float, float, float, float], name: str, width: float) -> None:
    """Write one picture of what lies in a box (west, south, east, north) [m]."""
    west, south, east, north = box
    figure, axes = plt.subplots(figsize=(width, width * (north - south) / (east - west)))
    axes.set_facecolor("#f6f4ee")
    here = {n: getattr(town, n).cx[west:east, south:north] for n in ("green", "roads", "buildings")}
    if len(here["green"]):
        here["green"].plot(ax=axes, color=[GREEN.get(u, "#eceee0") for u in here["green"]["use"]])
    bounds = town.grid.bounds
    axes.imshow(
        np.where(town.sea.values, 0.55, np.nan), cmap="Blues", vmin=0, vmax=1,
        extent=(bounds[0], bounds[2], bounds[1], bounds[3]),
    )  # fmt: skip
    if len(town.streams):
        town.streams.buffer(town.streams["width"] / 2).plot(ax=axes, color="#6fa8d6")
    wide = here["roads"].buffer([road_class(c).width / 2 for c in here["roads"]["road_class"]])
    real = here["roads"]["kind"] == "measured"
    wide.plot(ax=axes, color=np.where(real, "#c9b8d8", "#dcdad4"))
    colours = [BUILDINGS.get(u, "#c8c2ba") for u in here["buildings"]["use"]]
    here["buildings"].plot(ax=axes, color=colours)
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_axis_off()
    figure.tight_layout(pad=0)
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(PICTURES / f"{name}.webp", dpi=80, pil_kwargs={"quality": 70, "method": 6})
    plt.close(figure)


if __name__ == "__main__":
    one = city.load(sys.argv[1] if len(sys.argv) > 1 else "vejle")
    draw(one, one.grid.bounds, f"{one.id}_whole", 11.0)
    streets = one.buildings.cx[532400:535400, 6172700:6175100]
    if len(streets):
        draw(one, (532400, 6172900, 535200, 6174900), f"{one.id}_centre", 11.0)
        draw(one, (534300, 6174500, 535700, 6175500), f"{one.id}_suburb", 9.0)
