"""What really happened in Vejle against what the dynamic engine says: hits and misses, as a table.

`PYTHONPATH=tools python -m vejle.storms [--cell 20] [--pictures FOLDER]` runs the storms and prints
the table of docs/flood_validation.md. Nothing is tuned towards it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely

from fjordby import city as cities
from fjordby import shock
from fjordby.city import City
from fjordby.flood.dynamic.of_city import CityRun, setup, start
from fjordby.flood.dynamic.options import Options
from fjordby.flood.dynamic.record import Asked, Gauge, Line, Simulation
from fjordby.shock.event import Event, Series
from fjordby.words import Words

FACTS = Path(__file__).parents[2] / "data" / "vejle" / "floods" / "what_happened.csv"

#: A place is called wet when at least this part of its ground has had 5 cm of water; assumed: a
#: street is called flooded when a part of it is.
PART = 0.1

DAY = 86400.0


@dataclass(frozen=True)
class Answer:
    """One fact, and what the engine says of it."""

    event: str
    what: str
    expected: str
    got: str
    tolerance: str
    hit: bool
    source: str
    place: str


def event_of(city: City, name: str) -> Event:
    """Return an event of the table: one that the city knows, or one of the quiet ones."""
    mean = shock.climate(city).mean_sea_level()
    if name == "ordinary-day":
        sea = Series(np.array([0.0, DAY / 4]), np.array([mean, mean]))
        return Event(name, Words("En almindelig dag", "An ordinary day"), sea=sea)
    if name.startswith("daily-water-"):
        high = shock.sea_event(city, mean + float(name.rsplit("-", 1)[1]))
        return Event(name, high.name, sea=high.sea)
    return shock.named_event(city, name)


def ask(facts: pd.DataFrame) -> Asked:
    """Return what the engine must write down for some facts: levels and flows."""
    shapes = shapely.from_wkt(facts["where"].to_numpy())
    gauges = [Gauge(w, s.x, s.y) for w, s in zip(facts.what, shapes, strict=True)
              if s.geom_type == "Point"]  # fmt: skip
    lines = [
        Line(w, s) for w, s, k in zip(facts.what, shapes, facts.kind, strict=True) if k == "flow"
    ]
    return Asked(every=60.0, series_every=300.0, gauges=tuple(gauges), lines=tuple(lines))


def answer(fact: pd.Series, made: Simulation, laid: CityRun) -> Answer:
    """Hold one fact against a run."""
    wet = made.depth >= 0.05
    beds = laid.ground.channel
    shape = shapely.from_wkt(fact["where"])
    area = shape.buffer(fact.reach) if fact.reach else shape
    if fact.kind == "level":
        level = float(made.gauges[fact.what, "level"].max())
        hit = abs(level - fact.expected) <= fact.tolerance
        said = f"{fact.expected:.2f} m", f"{level:.2f} m", f"{fact.tolerance:.2f} m"
    elif fact.kind == "flow":
        flow = float(np.abs(made.lines[fact.what].iloc[-1]))
        hit = abs(flow - fact.expected) <= fact.tolerance
        said = f"{fact.expected:.1f} m3/s", f"{flow:.1f} m3/s", f"{fact.tolerance:.1f} m3/s"
    else:
        x, y = np.meshgrid(made.grid.x, made.grid.y)
        inside = np.zeros(made.grid.shape, bool)
        near = (np.abs(x - area.centroid.x) < 3000) & (np.abs(y - area.centroid.y) < 3000)
        inside[near] = shapely.contains_xy(area, x[near], y[near])
        land = inside & laid.ground.land & ~beds
        if fact.kind == "land":
            size = float((wet & land).sum()) * made.grid.cell_area / 1e6
            hit = size <= fact.tolerance
            said = "dry", f"{size:.2f} km2 wet", f"{fact.tolerance:.2f} km2"
        else:
            part = float((wet & land).sum()) / max(int(land.sum()), 1)
            hit = (part >= PART) == (fact.kind == "wet")
            deep = float(np.max(made.depth[land], initial=0.0))
            said = str(fact.kind), f"{100 * part:.0f} % wet, to {deep:.1f} m", f"{100 * PART:.0f} %"
    return Answer(fact.event, fact.what, *said, bool(hit), fact.source, fact.place)


def picture(made: Simulation, laid: CityRun, title: str, path: Path) -> None:
    """Draw the largest depth over the town, and its course at the structures."""
    import matplotlib.pyplot as plt

    west, east, south, north = 530000.0, 536000.0, 6172300.0, 6175300.0
    box = (made.grid.bounds[0], made.grid.bounds[2], made.grid.bounds[1], made.grid.bounds[3])
    figure, axes = plt.subplots(figsize=(13, 7.5))
    ground = np.where(laid.ground.sea | np.isnan(laid.ground.bed), np.nan, laid.ground.bed)
    axes.imshow(ground, extent=box, cmap="gray", vmin=-1, vmax=12, interpolation="nearest")
    depth = np.where((made.depth >= 0.05) & ~laid.ground.sea, made.depth, np.nan)
    colour = axes.imshow(depth, extent=box, cmap="YlGnBu", vmin=0, vmax=2, interpolation="nearest")
    beds = np.where(laid.ground.channel, 1.0, np.nan)
    axes.imshow(beds, extent=box, cmap="Reds", vmin=0, vmax=1.4, alpha=0.5, interpolation="nearest")
    axes.set(xlim=(west, east), ylim=(south, north), title=title)
    figure.colorbar(colour, ax=axes, shrink=0.6, label="largest depth [m]")
    figure.savefig(path, dpi=75, bbox_inches="tight")
    plt.close(figure)


def main() -> None:
    """Run the storms and print what hit and what missed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--cell", type=float, help="side of a cell [m]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=Path, help="a folder for maps")
    parser.add_argument("--hours", type=float, help="how long to run each [h]")
    parser.add_argument("--only", nargs="*", help="some events only")
    chosen = parser.parse_args()
    mpl.use("Agg")
    city = cities.load("vejle")
    facts = pd.read_csv(FACTS)
    answers: list[Answer] = []
    for name, group in facts.groupby("event", sort=False):
        if chosen.only and name not in chosen.only:
            continue
        began = time.perf_counter()
        laid = setup(city, event_of(city, str(name)), cell=chosen.cell, hours=chosen.hours)
        made = start(laid, asked=ask(group), options=Options(threads=chosen.threads))
        took = time.perf_counter() - began
        print(
            f"{name}: {made.seconds / 3600:.0f} h in {made.wall_seconds:.0f} s "
            f"({took:.0f} s with layout and warm-up), {made.steps} steps, "
            f"{made.cpu_seconds:.0f} CPU s, balance error {made.balance.error:.1f} m3, "
            f"cautions {[(c.what, round(c.share, 4)) for c in made.cautions]}",
            flush=True,
        )
        if len(made.structures.columns):
            print(made.structures.abs().max().to_dict(), flush=True)
        answers += [answer(fact, made, laid) for _, fact in group.iterrows()]
        if chosen.pictures:
            chosen.pictures.mkdir(parents=True, exist_ok=True)
            picture(made, laid, str(name), chosen.pictures / f"{name}.png")
    print("\n| event | what | expected | got | tolerance | | source | place |")
    print("|---|---|---|---|---|---|---|---|")
    for a in answers:
        print(
            f"| {a.event} | {a.what} | {a.expected} | {a.got} | {a.tolerance} | "
            f"{'hit' if a.hit else '**miss**'} | {a.source} | {a.place} |"
        )
    print(f"\n{sum(a.hit for a in answers)} of {len(answers)} hit")


if __name__ == "__main__":
    main()
