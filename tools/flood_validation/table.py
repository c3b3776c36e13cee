"""What a case found: expected and got, how far they may be apart and why, and the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fjordby.flood.dynamic import Simulation


@dataclass(frozen=True)
class Finding:
    """One figure of a case, held against what it should be.

    Parameters
    ----------
    what
        The figure in words.
    expected, got
        In `unit`.
    tolerance
        How far they may be apart, in `unit`; NaN = the difference is told, not judged.
    unit
        "m", "%", "s", ...
    why
        Where the tolerance comes from, or what the difference says.
    """

    what: str
    expected: float
    got: float
    tolerance: float
    unit: str
    why: str

    @property
    def judged(self) -> bool:
        """Whether the difference can fail."""
        return not np.isnan(self.tolerance)

    @property
    def good(self) -> bool:
        """Whether it is near enough; what is only told is good if it is a number."""
        if not self.judged:
            return bool(np.isfinite(self.got))
        return bool(abs(self.got - self.expected) <= self.tolerance)


@dataclass(frozen=True)
class Outcome:
    """What a case found, with its picture.

    Parameters
    ----------
    case
        Its name, as the table shows it.
    source
        Where the case comes from, with DOI.
    findings
        Its figures.
    draw
        Returns its picture.
    told
        What a reader must know beside the figures.
    """

    case: str
    source: str
    findings: Sequence[Finding]
    draw: Callable[[], Figure] | None = None
    told: str = ""
    work: str = field(default="")


def told(what: str, expected: float, got: float, unit: str, why: str) -> Finding:
    """Return a finding whose difference is told and not judged."""
    return Finding(what, expected, got, float("nan"), unit, why)


def kept_water(*runs: Simulation) -> Finding:
    """Return the finding that the runs made and lost no water [% of all that was there].

    Sums over all steps in single precision are rounded at 6e-8 of the depth each time; over
    some thousand steps, with signs that change, 1e-4 % is what remains.
    """
    worst = 0.0
    for run in runs:
        b = run.balance
        moved = abs(b.start) + abs(b.rain) + abs(b.inflows) + abs(b.levels)
        worst = max(worst, abs(b.error) / max(moved, abs(b.end), 1e-9))
    return Finding(
        "water made or lost", 0.0, 100 * worst, 1e-3, "%", "rounding of the depths, step by step"
    )


def write(outcomes: Sequence[Outcome], pictures: dict[str, str], path: Path, head: str) -> None:
    """Write the page: the table of all findings, then each case with its picture.

    Parameters
    ----------
    outcomes
        In the order of the page.
    pictures
        Name of the picture file of a case, relative to the page.
    path
        The Markdown file.
    head
        What stands above the table.
    """
    lines = [
        head,
        "",
        "| case | figure | expected | got | may differ by | |",
        "|---|---|--:|--:|--:|---|",
    ]
    for outcome in outcomes:
        for f in outcome.findings:
            mark = ("kept" if f.good else "**missed**") if f.judged else "told"
            apart = number(f.tolerance, f.unit) if f.judged else "-"
            lines.append(
                f"| {outcome.case} | {f.what} | {number(f.expected, f.unit)} |"
                f" {number(f.got, f.unit)} | {apart} | {mark} |"
            )
    for outcome in outcomes:
        lines += ["", f"## {outcome.case}", "", f"Source: {outcome.source}", ""]
        if outcome.told:
            lines += [outcome.told, ""]
        lines += [f"- {f.what}: {f.why}." for f in outcome.findings if f.why]
        if outcome.work:
            lines += [f"- {outcome.work}"]
        if outcome.case in pictures:
            lines += ["", f"![{outcome.case}]({pictures[outcome.case]})"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def number(value: float, unit: str) -> str:
    """Return a figure with its unit, with the digits that matter."""
    if np.isnan(value):
        return "-"
    if value == 0.0:
        return f"0 {unit}".strip()
    size = abs(value)
    if size < 1e-3 or size >= 1e5:
        text = f"{value:.1e}"
    else:
        text = f"{value:.{max(0, 3 - max(0, int(np.floor(np.log10(size)))))}f}"
    return f"{text} {unit}".strip()


def work_of(run: Simulation) -> str:
    """Say how much work a run was."""
    return (
        f"{run.grid.ny} x {run.grid.nx} cells of {run.grid.cell:g} m, {run.seconds:g} s in"
        f" {run.steps} steps, {run.cpu_seconds:.1f} s of computing."
    )
