"""How long a step may be: by the depth and speed of each block, in powers of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.flood.dynamic.flow.kernels import Pace
from fjordby.flood.dynamic.options import GRAVITY, Options
from fjordby.flood.dynamic.sweep.kernels import LEVELS

#: Depth by which even a film steps [m]: its own waves are slow, but rain and neighbours are not.
FILM = 0.1

#: Largest square of alpha, over theta: the shortest waves on two axes stay bounded up to half of
#: theta (their factor over a step, x, solves x^2 - (2 theta - 8 alpha^2) x + 2 theta - 1 = 0,
#: whose roots stay within 1 up to there). Beyond it the quiet deep sea boils after some hours.
BOUNDED = 0.49

#: Water crosses at most this part of a cell in a step: a face may take a quarter of a cell.
CROSSED = 0.24

#: Small steps in a stretch, and how long it lasts at most [s], unless one round of the slowest
#: blocks is longer. Where water rises so fast that steps become too long, a stretch ends early.
STEPS, HOLDS = 32, 15.0

#: A stretch may be so many times as long as asked, so that two rounds of steps fit in it [-].
LATER = 1.5

#: A step shorter than this means that something is wrong [s].
SHORTEST = 1.0e-4

#: What one face may take of a cell in one step: a hair below a quarter, for four faces.
QUARTER = 0.2495


@dataclass(frozen=True)
class Plan:
    """The next stretch of a run.

    Parameters
    ----------
    step
        The smallest time step [s].
    count
        How many of them: whole rounds of the slowest block.
    level
        Time step of each block as a power of two of the smallest, shape (blocks, segments).
    turn
        Small steps in a round of the slowest block.
    """

    step: float
    count: int
    level: Array
    turn: int


def alpha_of(options: Options) -> float:
    """Return the share of the step that a wave takes to cross a cell: see `BOUNDED`."""
    return min(options.alpha, float(np.sqrt(BOUNDED * options.theta)))


def roofs(plan: Plan, cell: float, options: Options) -> Floats:
    """Return the depth above which the time step of each block is too long [m].

    Waves in it stay bounded up to half of theta, a hair above `BOUNDED`.
    """
    seconds = plan.step * 2.0 ** plan.level.astype(np.float64)
    waves = (alpha_of(options) * cell / seconds) ** 2 / GRAVITY
    return np.asarray(waves * 0.5 / BOUNDED)


def limits(top: Floats, quick: Floats, wet: Array, cell: float, options: Options) -> Floats:
    """Return the longest step of each block [s]; infinity where it is dry.

    Parameters
    ----------
    top, quick
        Largest depth [m] and speed [m/s] of each block, shape (blocks, segments).
    wet
        Which have water, shape (blocks, segments).
    """
    waves = alpha_of(options) * cell / np.sqrt(GRAVITY * np.maximum(top, FILM))
    with np.errstate(divide="ignore", over="ignore"):
        crossing = CROSSED * cell / quick
    longest = np.minimum(np.minimum(waves, crossing), options.longest_step)
    return np.where(wet, longest, np.inf)


def beside(level: Array) -> Array:
    """Return the lowest level of each block and the eight around it."""
    wide = np.pad(level, 1, mode="edge")
    rows = np.minimum(np.minimum(wide[:-2], wide[1:-1]), wide[2:])
    return np.asarray(np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:]))


def plan(
    limit: Floats, forced: Array, remaining: float, hold: float, cell: float, options: Options
) -> Plan:
    """Choose the steps of the next stretch.

    Parameters
    ----------
    limit
        From `limits`.
    forced
        Blocks that must take the smallest step: water is poured or pumped there.
    remaining
        Time until something must be written down [s]; the stretches end exactly there.
    hold
        How long stretches are about, at most [s].
    cell
        Side of a cell [m].
    """
    # Where all is dry yet, the first water will be a film.
    film = alpha_of(options) * cell / float(np.sqrt(GRAVITY * FILM))
    smallest = min(float(limit.min()), film, options.longest_step)
    highest = LEVELS - 1 if options.local_steps else 0
    with np.errstate(over="ignore"):
        ratio = np.minimum(limit / smallest, 2.0**highest)
    level = np.floor(np.log2(ratio) + 1e-9)
    level[forced] = 0
    # A wave may enter a block from its neighbours before the stretch is over.
    level = beside(level.astype(np.uint8))
    used = level[np.isfinite(limit)]
    top = int(used.max()) if used.size else highest
    level = np.minimum(level, np.uint8(top))
    round_ = 1 << top
    rounds = max(1, int(np.ceil(remaining / (smallest * round_) - 1e-9)))
    # Several rounds by one plan, as long as depths do not change much meanwhile.
    most = max(1, min(STEPS // round_, int(min(HOLDS, LATER * hold) / (smallest * round_))))
    stretches = -(-rounds // most)
    return Plan(remaining / (rounds * round_), -(-rounds // stretches) * round_, level, round_)


def pace(step: float, cell: float, gust: Floats, options: Options, real: type) -> Pace:
    """Return what the time steps mean for the kernels.

    `gust` is the wind's stress over the density of water, to the east and the south [m2/s2].
    """
    seconds = step * 2.0 ** np.arange(LEVELS)
    least = real(options.least_depth)
    return Pace(
        seconds=seconds,
        push=(GRAVITY * seconds / cell).astype(real),
        drag=(GRAVITY * seconds).astype(real),
        most=(QUARTER * cell / seconds).astype(real),
        share=(seconds / cell).astype(real),
        gust=(seconds[:, None] * gust[None, :]).astype(real),
        theta=real(options.theta),
        aside=real(0.5 * (1.0 - options.theta)),
        least=least,
        least_bits=least.view(np.int32 if real is np.float32 else np.int64),
    )
