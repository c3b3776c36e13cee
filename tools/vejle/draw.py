"""The pictures of docs/terrain.md, drawn from the terrain as it is built."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LightSource

from vejle.terrain import FOLDER, FRAME, Built, build

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
Window = tuple[float, float, float, float]
WHOLE: Window = (524.0, 544.0, 6168.0, 6180.0)
TOWN: Window = (530.0, 536.5, 6172.3, 6175.2)


def draw(built: Built, window: Window, top: float, name: str, points: bool) -> None:
    """Draw hillshade with low ground in colour, streams and, if asked, the trusted points."""
    west, east, south, north = window
    heights, sea = built.terrain.values, built.sea.values
    rows = slice(round((6180 - north) * 100), round((6180 - south) * 100))
    columns = slice(round((west - 524) * 100), round((east - 524) * 100))
    z, wet = heights[rows, columns], sea[rows, columns]
    figure, axes = plt.subplots(figsize=(9, 9 * (north - south) / (east - west) + 0.4))
    shade = LightSource(315, 40).hillshade(z, vert_exag=3, dx=10, dy=10)
    frame = {"extent": (west, east, south, north), "interpolation": "nearest"}
    axes.imshow(shade, cmap="gray", **frame)
    low = np.where((z < top) & ~wet, z, np.nan)
    colour = axes.imshow(low, cmap="viridis", vmin=0, vmax=top, alpha=0.8, **frame)
    axes.imshow(np.where(wet, 1.0, np.nan), cmap="Blues", vmin=0, vmax=1.6, **frame)
    for line in built.streams.geometry:
        x, y = np.asarray(line.coords).T / 1000
        axes.plot(x, y, color="white", lw=1.8)
        axes.plot(x, y, color="tab:blue", lw=1.0)
    if points:
        table = pd.read_csv(FOLDER / "dhm_points.csv")
        axes.plot((table.e + FRAME[0]) / 1e3, (table.n + FRAME[1]) / 1e3, "k.", ms=1.5)
    axes.set(xlim=(west, east), ylim=(south, north), xlabel="east [km]", ylabel="north [km]")
    figure.colorbar(colour, ax=axes, shrink=0.6, label="ground [m DVR90]")
    figure.savefig(PICTURES / name, dpi=90, bbox_inches="tight")
    plt.close(figure)


def main() -> None:
    """Write the pictures."""
    mpl.use("Agg")
    built = build()
    draw(built, WHOLE, 6.0, "terrain_whole.png", points=False)
    draw(built, TOWN, 4.0, "terrain_town.png", points=True)


if __name__ == "__main__":
    main()
