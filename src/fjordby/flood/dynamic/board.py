"""The arrays that a run lives in, made from a domain: a rim of closed cells around, flat rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fjordby.arrays import Array, Floats, Ints
from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.options import GRAVITY, Options
from fjordby.flood.dynamic.sources.kernels import CLOSED
from fjordby.flood.dynamic.survey.kernels import FILM, WILD, Seen
from fjordby.flood.dynamic.sweep import kernels
from fjordby.flood.dynamic.sweep.kernels import GHOSTS, LEVELS, ROWS, SEGMENT, Scratch, State

#: Rows begin on a boundary of so many numbers, a cache line of single precision.
_ALIGN = 16


@dataclass(frozen=True)
class Board:
    """Where cell (row, column) of a domain lies in the flat arrays of a run.

    Parameters
    ----------
    ny, nx
        Rows and columns of the domain.
    stripes
        Parts of the map that are computed side by side.
    real
        The precision.
    """

    ny: int
    nx: int
    stripes: int
    real: type[np.floating]

    @property
    def width(self) -> int:
        """Numbers from one row to the next."""
        return -(-(self.segments * SEGMENT + 2) // _ALIGN) * _ALIGN

    @property
    def rows(self) -> int:
        """Rows with the rim, and behind them those that stripes keep."""
        return self.ny + 2 + GHOSTS * self.stripes

    @property
    def segments(self) -> int:
        """Segments of a row; the last may go on beyond the map."""
        return -(-self.nx // SEGMENT)

    @property
    def whole(self) -> type[np.signedinteger]:
        """The whole numbers as wide as the precision."""
        return np.int32 if self.real is np.float32 else np.int64

    def cells(self, rows: Ints, columns: Ints) -> Ints:
        """Return where cells lie in flat arrays."""
        return (np.asarray(rows, np.int64) + 1) * self.width + np.asarray(columns, np.int64) + 1

    def rows_columns(self, cells: Ints) -> tuple[Ints, Ints]:
        """Return rows and columns of cells in flat arrays."""
        rows, columns = np.divmod(np.asarray(cells, np.int64), self.width)
        return rows - 1, columns - 1

    def blocks(self, cells: Ints) -> tuple[Ints, Ints]:
        """Return block of rows and segment of cells in flat arrays."""
        rows, columns = self.rows_columns(cells)
        return rows // ROWS, columns // SEGMENT

    def flat(self, value: float = 0.0) -> Array:
        """Return a flat array of one value."""
        return np.full(self.rows * self.width, value, self.real)

    def lay(self, values: Array | float, outside: float = 0.0) -> Array:
        """Return values of shape (ny, nx) in a flat array."""
        flat = self.flat(outside)
        self.view(flat)[:] = values
        return flat

    def view(self, flat: Array) -> Array:
        """Return the cells of a flat array, shape (ny, nx), without copying."""
        return flat.reshape(-1, self.width)[1 : self.ny + 1, 1 : self.nx + 1]

    def stripe_bounds(self, work: Floats | None) -> Ints:
        """Return first rows of stripes of equal work, shape (stripes + 1,).

        `work` is what each row costs, shape (ny,); None where there is one stripe.
        """
        if work is None:
            return np.array([1, self.ny + 1], np.int64)
        total = np.concatenate([[0.0], np.cumsum(work + 1e-3 * work.mean() + 1e-9)])
        parts = np.linspace(0.0, total[-1], self.stripes + 1)[1:-1]
        middle = np.searchsorted(total, parts) + 1
        low = np.arange(1, self.stripes) + 1
        high = self.ny + 1 - np.arange(self.stripes - 1, 0, -1)
        return np.concatenate([[1], np.clip(middle, low, high), [self.ny + 1]]).astype(np.int64)


def board_for(domain: Domain, options: Options) -> Board:
    """Return the layout for a domain."""
    real = np.float32 if options.precision == "single" else np.float64
    stripes = max(1, min(options.threads, domain.grid.ny))
    return Board(domain.grid.ny, domain.grid.nx, stripes, real)


def fresh_state(board: Board, domain: Domain, least: float) -> State:
    """Return the state at the start of a run."""
    land = domain.land
    bed, depth = board.flat(CLOSED), board.flat()
    np.copyto(board.view(bed), domain.bed, where=land, casting="same_kind")
    if domain.depth is not None:
        np.copyto(board.view(depth), domain.depth, where=land, casting="same_kind")
    rough = np.asarray(domain.roughness, float)
    friction = (
        board.lay(0.5 * np.square(rough))
        if rough.ndim
        else np.full(board.width, 0.5 * float(rough) ** 2, board.real)
    )
    state = State(
        bed=bed,
        friction=friction,
        depth=depth,
        bits=depth.view(board.whole),
        east=board.flat(),
        south=board.flat(),
        flow=board.flat(),
        wet=np.zeros((board.ny + 2, board.segments), np.uint8),
        top=np.zeros((board.ny + 2, board.segments), board.whole),
        level=np.zeros((-(-board.ny // ROWS), board.segments), np.uint8),
        roof=np.zeros((-(-board.ny // ROWS), board.segments), board.whole),
        span=np.zeros((board.ny + 2, LEVELS, 2), np.int64),
    )
    tops = segment_largest(board, depth)
    state.top.view(board.real)[1:-1] = tops
    state.wet[1:-1] = np.where(tops > least, kernels.WET_NOW, 0)
    return state


def segment_largest(board: Board, flat: Array) -> Array:
    """Return the largest value of each segment, shape (ny, segments)."""
    starts = np.arange(board.segments) * SEGMENT
    return np.maximum.reduceat(board.view(flat), starts, axis=1)


def fresh_crests(board: Board) -> tuple[Array, Array, Array]:
    """Return room for the largest depth and speed of each block, as bits, and whether it is wet."""
    shape = -(-board.ny // ROWS), board.segments
    return np.zeros(shape, board.whole), np.zeros(shape, board.whole), np.zeros(shape, np.bool_)


def fresh_scratch(board: Board) -> Scratch:
    """Return room to work in."""
    return Scratch(
        buffer=np.zeros(3 * board.stripes * board.width, board.real),
        wet=np.zeros((board.stripes, 2, board.segments), np.uint8),
        times=np.zeros((board.stripes, 4, board.segments + 1), board.real),
        done=np.zeros(board.stripes, np.int64),
        alarm=np.zeros(board.stripes, np.bool_),
    )


def fresh_seen(board: Board, thresholds: tuple[float, ...]) -> Seen:
    """Return a record of nothing seen yet."""
    cells = board.rows * board.width
    quick = np.zeros((board.ny + 2, board.segments), board.real)
    now = np.zeros(SEGMENT, board.real)
    return Seen(
        depth=board.flat(),
        speed=board.flat(),
        flow=board.flat(),
        arrival=np.zeros(cells, np.uint16),
        duration=np.zeros((len(thresholds), cells), np.uint16),
        thresholds=np.array(thresholds, board.real),
        quick=quick,
        quick_bits=quick.view(board.whole),
        froude=np.zeros((board.ny + 2, 4)),
        now=now,
        now_bits=now.view(board.whole),
        passed=np.zeros(1, np.uint16),
        film=board.real(FILM),
        wild=board.real(WILD * GRAVITY**0.5),
        wade_bits=board.real(thresholds[0]).view(board.whole),
    )
