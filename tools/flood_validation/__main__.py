"""Run all cases in full, write docs/flood_validation.md and its pictures; fail if one is missed.

python -m flood_validation [CASE ...] runs some by their names here and only prints what they found.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

from flood_validation import agency, merewether, rain, steady, structures, waves
from flood_validation.table import Outcome, number, write

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "flood_validation.md"
PICTURES = ROOT / "docs" / "pictures"

CASES: dict[str, Callable[[], Outcome]] = {
    "rest": structures.at_rest,
    "merian": waves.merian,
    "hunter": waves.hunter,
    "thacker": waves.thacker,
    "manning": steady.manning,
    "macdonald": steady.macdonald,
    "plane": rain.plane_runoff,
    "valley": rain.valley_runoff,
    "structures": structures.laws,
    "uk1": agency.disconnected,
    "uk2": agency.depressions,
    "uk3": agency.obstruction,
    "uk4": agency.extended_plain,
    "merewether": merewether.merewether,
}

HEAD = """# The dynamic flood engine, held against what is known

Written by `make validate` (`python -m flood_validation`), that runs each case in full; the tests
in `tests/validation` run them small. *Kept* and *missed* say whether a figure came as near to what
was expected as it must; *told* is a difference that nobody promised to keep small, such as a known
limit of the local inertial form or a surveyed level. No number of the engine was fitted to any
case.

The engine solves the local inertial form of the shallow-water equations: friction, the slope of the
surface and the acceleration in time, but not the transport of momentum along the flow. It is right
for floods that rise and spread at Froude numbers well below one, and not for what dam breaks and
steep chutes do; case 3 of the UK benchmarks and Merewether show what that costs."""


def save(outcome: Outcome, name: str) -> str | None:
    """Draw an outcome into docs/pictures, with few colours to keep it small; return its name."""
    if outcome.draw is None:
        return None
    figure = outcome.draw()
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100)
    plt.close(figure)
    picture = Image.open(buffer).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    file = f"flood_{name}.png"
    picture.save(PICTURES / file, optimize=True)
    return file


def main(asked: list[str]) -> int:
    """Run the cases and return how many figures were missed."""
    mpl.use("Agg")
    outcomes, pictures = [], {}
    for name, case in CASES.items():
        if asked and name not in asked:
            continue
        begun = time.perf_counter()
        outcome = case()
        print(f"{outcome.case} ({time.perf_counter() - begun:.0f} s)", flush=True)
        for f in outcome.findings:
            mark = ("kept" if f.good else "MISSED") if f.judged else "told"
            line = f"  {mark:6} {f.what}: expected {number(f.expected, f.unit)},"
            print(f"{line} got {number(f.got, f.unit)}", flush=True)
        outcomes.append(outcome)
        if not asked and (file := save(outcome, name)):
            pictures[outcome.case] = f"pictures/{file}"
    if not asked:
        write(outcomes, pictures, PAGE, HEAD)
    return sum(not f.good for outcome in outcomes for f in outcome.findings)


if __name__ == "__main__":
    missed = main(sys.argv[1:])
    if missed:
        sys.exit(f"{missed} figures were missed; see above.")
