"""Build a response surface: run, foretell, compare, and run again where it is farthest off."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fjordby.arrays import Array, Floats, Ints
from fjordby.errors import BadValue, StaysDry
from fjordby.flood.model import Flood
from fjordby.flood.response import design, order
from fjordby.flood.response.axes import Axis, Point, check_axes, point_at, shares_of
from fjordby.flood.response.fit import Fit, Model, inside, lattice, lay, learn, without
from fjordby.flood.response.folder import load, save
from fjordby.flood.response.recipe import Recipe
from fjordby.flood.response.runs import Run, keep_plan, read_run, run_of, write_run
from fjordby.flood.response.score import Score, Tolerance, score, together
from fjordby.flood.response.surface import Surface
from fjordby.progress import Progress, silent

#: Gives the flood at a point.
Simulator = Callable[[Point], Flood]

#: Cells that the design is steered by [-]; more cost time and change the choice little.
SAMPLE = 4000
#: Of them, cells that are looked at to know whether to stop [-].
FEW = 1000
#: So many runs in a row must be foretold within the tolerance: one may be luck. Assumed.
PATIENCE = 3
SURFACE = "surface"


@dataclass(frozen=True)
class Settings:
    """How far to go.

    Parameters
    ----------
    tolerance
        When to stop: the last three runs, each where the surface was likely worst (every second one
        for what usual events do in a year), were foretold within it, and so are all runs inside the
        box taken together when each is left out.
    budget
        Most runs in all, checks included.
    checks
        Runs that are only used to measure, spread over the box.
    most_nodes
        How large the lattice may grow; the surface takes 2 bytes for each node and wet cell.
    coverage
        Share of depths that the band shall hold [-].
    at_once
        Runs that are made side by side.
    """

    tolerance: Tolerance = field(default_factory=Tolerance)
    budget: int = 60
    checks: int = 4
    most_nodes: int = 300
    coverage: float = 0.9
    at_once: int = 1

    def __post_init__(self) -> None:
        if min(self.budget, self.most_nodes, self.at_once) < 1 or self.checks < 0:
            raise BadValue(
                "numbers of runs, nodes and workers of 1 or more, checks of 0 or more",
                f"{self.budget}, {self.most_nodes}, {self.at_once}, {self.checks}",
                "60, 300, 1 and 4 are usual.",
            )
        if not 0.0 < self.coverage < 1.0:
            raise BadValue("a coverage between 0 and 1", f"{self.coverage}", "0.9 is usual.")


def build(
    axes: Sequence[Axis],
    simulate_at: Simulator,
    folder: Path | str,
    settings: Settings | None = None,
    weight: Array | None = None,
    inputs: str = "",
    recipe: Recipe | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
    also: Sequence[Point] = (),
    usual: Sequence[tuple[Point, float]] = (),
) -> Surface:
    """Build a response surface from runs of an engine; a stopped build goes on where it was.

    Begins with all axes low, all high, and each high alone. Then, again and again, the next run is
    where the surface is likely to be farthest off; it is foretold before it is made. It ends when
    three in a row came out within the tolerance, and all runs do when left out, or at the budget.

    Parameters
    ----------
    axes
        What events differ in, and how far.
    simulate_at
        Gives the flood at a point; always on the same grid. Picklable when an executor of
        processes runs it.
    folder
        Where finished runs and the surface are kept.
    settings
        When to stop; None = the usual.
    weight
        How much each cell matters, shape (ny, nx), zero or more: buildings, for example. It steers
        the design and weighs the errors. None = all the same.
    inputs
        What else the runs depend on, such as the city's fingerprint and the engine's options:
        runs of other inputs are not mixed.
    recipe
        How events become points.
    executor
        Makes `settings.at_once` runs side by side; None = one by one, here.
    progress
        Told how far the work is.
    also
        Points that are run in any case, within the budget: what is asked of most.
    usual
        Points of known events with the slices of the yearly rate that they stand for [1/year]:
        every second run is chosen where what they do in a year is likely farthest off. Points
        beyond the axes count as their ends.

    Raises
    ------
    BadValue
        For axes or weights that make no sense, or a simulator that gives other grids or no depths.
    StaysDry
        For a box in which nothing is flooded.
    BadFile
        When the folder holds runs of other axes or inputs, or a damaged one.
    StorageFailed
        When the disk is full; finished runs stay.
    """
    check_axes(axes)
    asked, place = settings or Settings(), Path(folder)
    begin = _first(axes, also)
    least = len(begin) + asked.checks
    if asked.budget < least:
        raise BadValue(
            f"a budget of {least} runs or more: {least - asked.checks} to begin with and "
            f"{asked.checks} checks",
            f"{asked.budget}",
            "Allow more runs, or use fewer axes or checks.",
        )
    keep_plan(place, axes, inputs)
    known = _usual(axes, usual)
    work = _Work(tuple(axes), simulate_at, place, asked, weight, executor, progress, known)
    work.begin(begin)
    why = work.go_on()
    return work.finish(why, recipe, inputs)


@dataclass
class _Work:
    """A build on its way."""

    axes: tuple[Axis, ...]
    simulate_at: Simulator
    folder: Path
    settings: Settings
    weight: Array | None
    executor: Executor | None
    progress: Progress
    usual: design.Usual | None = None
    first: Run | None = None
    sample: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    shares: list[Floats] = field(default_factory=list)
    depths: list[Array] = field(default_factory=list)
    seconds: float = 0.0
    count: int = 0
    rows: list[dict[str, object]] = field(default_factory=list)

    def begin(self, points: Floats) -> None:
        """Make the first runs and the checks."""
        top, *rest = self.runs([*points, *self.checks])[: len(points)]
        self.first = top
        self.sample = _sample(top, self.weight)
        for run in (top, *rest):
            self.add(run)

    @property
    def checks(self) -> Floats:
        """Where it is only measured, shape (checks, axes)."""
        return design.check_runs(self.axes, self.settings.checks)

    def go_on(self) -> str:
        """Run where it is likely worst until it is good enough; return why it ended."""
        good = 0
        while True:
            fit = self.fit()
            left = self.settings.budget - len(self.shares) - self.settings.checks
            if good >= PATIENCE and self.good_without(fit):
                return "tolerance"
            if left <= 0:
                return "budget"
            picks = self.picks(fit, min(self.settings.at_once, left))
            if not picks:
                return "lattice"
            for run in self.runs(picks):
                told = self.tell(run, fit)
                good = good + 1 if told.within(self.settings.tolerance) else 0
                self.add(run)

    def good_without(self, fit: Fit) -> bool:
        """Say whether the runs, each left out, are foretold within the tolerance taken together."""
        told = [one for _, one in self.left_out(fit, every=max(self.sample.size // FEW, 1))]
        return bool(told) and together(told).within(self.settings.tolerance)

    def left_out(self, fit: Fit, every: int = 1) -> list[tuple[int, Score]]:
        """Return how each run inside the box is foretold by all the others, at some cells."""
        found = []
        fit = fit.only(np.arange(0, self.sample.size, every))
        for number in np.flatnonzero(inside(fit.shares)).tolist():
            low, middle, high = without(fit, number).band(fit.shares[number])
            found.append((number, score(middle, self.depths[number][::every], band=(low, high))))
        return found

    def picks(self, fit: Fit, count: int) -> list[Floats]:
        """Choose the next runs: for the map, and for what events do in a year, by turns."""
        found: list[Floats] = []
        for k in range(count):
            taken = np.array(found).reshape(-1, len(self.axes))
            usual = self.usual if (len(self.shares) + k) % 2 else None
            point, _ = design.next_run(fit, taken, self.settings.most_nodes, usual)
            if point is None:
                break
            found.append(point)
        return found

    def fit(self) -> Fit:
        """Fit the sample of cells to the runs so far."""
        shares, depth = np.array(self.shares), np.stack(self.depths)
        model = learn(self.axes, shares, depth, self.settings.coverage)
        return lay(self.axes, shares, depth, model)

    def runs(self, points: Sequence[Floats]) -> list[Run]:
        """Return the runs at some points: those on disk, and the others made and kept."""
        found = {k: read_run(self.folder, point) for k, point in enumerate(points)}
        self.count = max(self.count, len(self.shares))
        missing = [k for k, run in found.items() if run is None]
        for k, run in zip(missing, self.made([points[k] for k in missing]), strict=True):
            found[k] = run
        whole = [run for run in found.values() if run is not None]
        self.seconds += sum(run.seconds for run in whole)
        for run in whole:
            _same_ground(run, self.first or whole[0])
        return whole

    def made(self, points: Sequence[Floats]) -> list[Run]:
        """Run the engine at some points; each run is kept as soon as it is finished."""
        at = [point_at(self.axes, point) for point in points]
        found: dict[int, Run] = {}
        if self.executor is None:
            for k, one in enumerate(at):
                self.tell_of(one)
                found[k] = self.keep(points[k], *timed(self.simulate_at, one))
            return list(found.values())
        jobs = {self.executor.submit(timed, self.simulate_at, one): k for k, one in enumerate(at)}
        for job in as_completed(jobs):
            k = jobs[job]
            found[k] = self.keep(points[k], *job.result())
            self.tell_of(at[k])
        return [found[k] for k in range(len(points))]

    def keep(self, point: Floats, flood: Flood, seconds: float) -> Run:
        """Write a finished run down."""
        run = run_of(point, flood, seconds)
        write_run(self.folder, run)
        self.count += 1
        return run

    def tell_of(self, at: Point) -> None:
        """Say how far it is, and which point it is at."""
        said = ", ".join(f"{k} {v:.3g}" for k, v in at.items())
        self.progress(min(self.count / self.settings.budget, 0.99), said)

    def add(self, run: Run) -> None:
        """Take a run in."""
        self.shares.append(run.share)
        self.depths.append(run.at(self.sample))

    def tell(self, run: Run, fit: Fit) -> Score:
        """Hold what was foretold of a run against it, at the sample; write it down."""
        low, middle, high = fit.band(run.share)
        told = score(middle, run.at(self.sample), band=(low, high))
        self.write(len(self.shares), "foretold", run.share, told)
        return told

    def write(self, number: int, how: str, share: Floats, told: Score) -> None:
        """Add a row to the table of errors."""
        self.rows.append(
            {"run": number, "how": how, **point_at(self.axes, share), **told.as_dict()}
        )

    def table(self) -> pd.DataFrame:
        """Return all that was written down."""
        names = [axis.name for axis in self.axes]
        numbers = [one.name for one in fields(Score)]
        return pd.DataFrame(self.rows, columns=["run", "how", *names, *numbers])

    def finish(self, why: str, recipe: Recipe | None, inputs: str) -> Surface:
        """Lay the surface for all cells, measure it, keep it."""
        self.progress(0.99, "")
        fit = self.fit()
        for number, told in self.left_out(fit):
            self.write(number, "left out", self.shares[number], told)
        try:
            surface = self.whole(fit.model, why, recipe, inputs)
            self.measure(surface)
            save(replace(surface, errors=self.table()), self.folder / SURFACE)
        finally:
            _room(self.folder).unlink(missing_ok=True)
        self.progress(1.0, "")
        return load(self.folder / SURFACE)

    def whole(self, model: Model, why: str, recipe: Recipe | None, inputs: str) -> Surface:
        """Lay the surface for all cells that were ever wet."""
        runs = self.runs(self.shares)
        first = runs[0]
        wet = np.zeros(first.depth.size, bool)
        for run in runs:
            wet |= (run.depth.ravel() > 0) & run.ground.ravel()
        cells = np.flatnonzero(wet)
        depth = np.stack([run.at(cells) for run in runs])
        shares = np.array(self.shares)
        _, bent = order.straighten(self.axes, shares, depth)
        size = int(np.prod([values.size for values in lattice(shares)]))
        nodes = np.lib.format.open_memmap(_room(self.folder), "w+", np.int16, (size, cells.size))
        return Surface(
            fit=lay(self.axes, shares, depth, model, nodes),
            cells=cells.astype(np.int32),
            grid=first.grid,
            ground=first.ground,
            water=first.water,
            errors=self.table(),
            tolerance=self.settings.tolerance,
            met=why == "tolerance",
            recipe=recipe,
            about={
                "inputs": inputs,
                "runs": len(runs),
                "ended": why,
                "bent": round(bent, 4),
                "seconds": round(self.seconds, 1),
            },
        )

    def measure(self, surface: Surface) -> None:
        """Write down how far the surface is off where it was never run, over all its cells."""
        weight = None if self.weight is None else self.weight.ravel()[surface.cells]
        for number, run in enumerate(self.runs(list(self.checks)), len(self.shares)):
            low, middle, high = surface.fit.band(run.share)
            told = score(middle, run.at(surface.cells), weight, (low, high))
            self.write(number, "check", run.share, told)


def _first(axes: Sequence[Axis], also: Sequence[Point]) -> Floats:
    """Return where to begin: the corners, then other points that are not among them."""
    found = list(design.first_runs(axes))
    for point in also:
        share = np.round(shares_of(axes, point), 12)
        if not any(np.allclose(share, one, atol=order.SAME) for one in found):
            found.append(share)
    return np.array(found)


def _usual(axes: Sequence[Axis], usual: Sequence[tuple[Point, float]]) -> design.Usual | None:
    if not usual:
        return None
    shares = np.array([shares_of(axes, point, "nearest") for point, _ in usual])
    return design.Usual(shares, np.array([rate for _, rate in usual], float))


def timed(simulate_at: Simulator, at: Point) -> tuple[Flood, float]:
    """Run the engine at a point; return the flood and how long it took [s]."""
    begun = time.perf_counter()
    return simulate_at(at), time.perf_counter() - begun


def _room(folder: Path) -> Path:
    """Return where nodes are laid that may be more than memory holds."""
    return folder / ".nodes.part"


def _sample(top: Run, weight: Array | None) -> Ints:
    """Choose cells that the design is steered by, among those wet when all axes are high."""
    wet = (top.depth > 0) & top.ground
    if weight is not None:
        if weight.shape != wet.shape or not (np.asarray(weight)[wet] >= 0).all():
            raise BadValue(
                f"weights of zero or more, of shape {wet.shape}",
                f"shape {weight.shape} or some below zero",
                "Give one for each cell.",
            )
        if (wet & (weight > 0)).any():
            wet = wet & (weight > 0)
        else:
            weight = None  # where nothing that matters is ever wet, all that is wet counts alike
    cells = np.flatnonzero(wet)
    if not cells.size:
        raise StaysDry(
            "water somewhere with every axis at its high end",
            "none",
            "Set the high ends higher, or look at what the engine gave.",
        )
    if cells.size <= SAMPLE:
        return cells
    part = None
    if weight is not None:
        part = weight.ravel()[cells] / weight.ravel()[cells].sum()
    drawn = np.random.default_rng(1).choice(cells, SAMPLE, replace=False, p=part)
    return np.sort(drawn)


def _same_ground(run: Run, first: Run) -> None:
    """Refuse runs on other ground than the first; raises `BadValue`."""
    if run.grid != first.grid or not np.array_equal(run.ground, first.ground):
        raise BadValue(
            f"every run on the grid and ground of the first, {first.grid}",
            f"{run.grid}, or other cells without ground",
            "Let the simulator use one domain for all.",
        )
