"""The loss table: what every event costs every asset, sparse, built and summed in one pass."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fjordby.arrays import Array, Floats
from fjordby.errors import BadFile, BadValue
from fjordby.harm import kernels
from fjordby.harm.costs import Costs
from fjordby.storage import write_folder

#: Pieces that a table is worked on in; fixed, so that sums do not depend on the machine.
PIECES = 4

#: Assets that are worked on at a time: 8192 rows of 64 bytes stay in a core's own cache.
TILE = 8192

#: Version of the folder format.
FORMAT = 1

_ARRAYS = ("starts", "asset", "loss", "rate", "at_event", "expected")


@dataclass(frozen=True)
class Hazard:
    """How deep each event is at each asset: compressed rows, events by assets.

    Parameters
    ----------
    starts
        Where each event's entries begin, shape (events + 1,), int64.
    asset
        Asset of each entry, shape (m,), int32.
    depth
        Depth above the ground of each entry, shape (m,), float32 [m].
    assets
        Number of assets.
    rate
        Yearly rate of each event, shape (events,) [1/year].
    """

    starts: Array
    asset: Array
    depth: Array
    assets: int
    rate: Floats

    def __post_init__(self) -> None:
        """Check that the rows fit together; a kernel would not notice."""
        events = self.starts.size - 1
        if (
            self.rate.shape != (events,)
            or not np.isfinite(self.rate).all()
            or (self.rate < 0).any()
        ):
            raise BadValue(
                f"one rate of zero or more for each of {events} events",
                f"{self.rate.shape[0]} rates",
                "Give the yearly rates in the order of the events.",
            )
        whole = self.starts[0] == 0 and (np.diff(self.starts) >= 0).all()
        if not whole or self.starts[-1] != self.asset.size or self.asset.size != self.depth.size:
            raise BadValue(
                "rows that begin where the last ended", "others", "Make them with `hazard`."
            )
        if self.asset.size and (self.asset.min() < 0 or self.asset.max() >= self.assets):
            raise BadValue(
                f"assets from 0 to {self.assets - 1}",
                f"{self.asset.min()} to {self.asset.max()}",
                "Number the assets as the costs do.",
            )


@dataclass(frozen=True)
class LossTable:
    """What every event costs every asset, with its sums; what is not there costs nothing.

    Parameters
    ----------
    starts, asset
        As in `Hazard`.
    loss
        Loss of each entry, shape (m,), float32 [currency].
    rate
        Yearly rate of each event, shape (events,) [1/year].
    at_event
        Loss of each event, shape (events,) [currency].
    expected
        Expected annual loss of each asset, shape (assets,) [currency/year].
    currency, price_year
        What the losses are in.
    """

    starts: Array
    asset: Array
    loss: Array
    rate: Floats
    at_event: Floats
    expected: Floats
    currency: str
    price_year: int

    @property
    def events(self) -> int:
        """Number of events."""
        return self.starts.size - 1

    @property
    def assets(self) -> int:
        """Number of assets."""
        return self.expected.size

    @property
    def expected_annual(self) -> float:
        """Expected annual loss of everything [currency/year]."""
        return float(self.rate @ self.at_event)

    def by_group(self, group: Array, groups: int) -> Floats:
        """Return the loss of each event in each group of assets, shape (events, groups).

        Parameters
        ----------
        group
            Group of each asset in [0, groups), or -1 for none, shape (assets,).
        groups
            Number of groups.
        """
        group = np.ascontiguousarray(group, dtype=np.int64)
        if group.shape != (self.assets,) or (group.size and group.max() >= groups):
            raise BadValue(
                f"a group below {groups} for each of {self.assets} assets",
                f"shape {group.shape}",
                "Give one group number for each asset.",
            )
        out = np.zeros((self.events, groups))

        def work(first: int, last: int) -> None:
            kernels.table_groups(first, last, self.starts, self.asset, self.loss, group, out)

        _in_pieces(self.starts, work)
        return out

    def weighted(self, rate: Floats) -> LossTable:
        """Return the same losses under other yearly rates, such as those of another climate."""
        Hazard(self.starts, self.asset, self.loss, self.assets, rate)
        at_event, expected = _sums(self.starts, self.asset, self.loss, rate, self.assets)
        return LossTable(
            self.starts,
            self.asset,
            self.loss,
            rate,
            at_event,
            expected,
            self.currency,
            self.price_year,
        )

    def save(self, folder: str | Path) -> None:
        """Write the table to a folder of plain NumPy arrays, whole or not at all.

        Raises
        ------
        StorageFailed
            When it could not be written; nothing half-written is left behind.
        """
        note = {"format": FORMAT, "currency": self.currency, "price_year": self.price_year}
        arrays = {f"{name}.npy": partial(np.save, arr=getattr(self, name)) for name in _ARRAYS}
        write_folder(Path(folder), {**arrays, "table.json": json.dumps(note).encode()})


def load(folder: str | Path, *, mapped: bool = True) -> LossTable:
    """Read a loss table that `LossTable.save` wrote.

    Parameters
    ----------
    folder
        The folder.
    mapped
        Leave the large arrays on disk and read them as they are needed.

    Raises
    ------
    BadFile
        When the folder is not a whole loss table.
    """
    source = Path(folder)
    try:
        note = json.loads((source / "table.json").read_text(encoding="utf-8"))
        arrays = {
            name: np.load(source / f"{name}.npy", mmap_mode="r" if mapped else None)
            for name in _ARRAYS
        }
        if note["format"] != FORMAT:
            raise BadFile(
                f"a loss table of format {FORMAT}", f"format {note['format']}", "Compute it again."
            )
        table = LossTable(**arrays, currency=note["currency"], price_year=int(note["price_year"]))
        Hazard(table.starts, table.asset, table.loss, table.assets, np.asarray(table.rate))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(
            "a folder with a whole loss table", f"{source}: {error}", "Compute it again."
        ) from None
    return table


def hazard(depths: Iterable[Floats], rates: Sequence[float] | Floats, least: float = 0.0) -> Hazard:
    """Gather the depths of many events at the same assets into one sparse table.

    Parameters
    ----------
    depths
        For each event the depth at every asset, shape (assets,) [m]; may be a generator, so that
        only one event is in memory at a time.
    rates
        Yearly rate of each event [1/year].
    least
        Depths up to this are left out [m].

    Raises
    ------
    BadValue
        When two events speak of different numbers of assets.
    """
    starts, asset, depth, assets = [0], [], [], -1
    for one in depths:
        if assets not in (-1, one.size):
            raise BadValue(
                f"{assets} depths for every event", f"{one.size}", "Use the same assets in all."
            )
        assets = one.size
        wet = np.flatnonzero(one > least)
        asset.append(wet.astype(np.int32))
        depth.append(one[wet].astype(np.float32))
        starts.append(starts[-1] + wet.size)
    return Hazard(
        np.array(starts, np.int64),
        np.concatenate(asset) if asset else np.zeros(0, np.int32),
        np.concatenate(depth) if depth else np.zeros(0, np.float32),
        max(assets, 0),
        np.asarray(rates, dtype=float),
    )


def loss_table(
    hazard: Hazard, costs: Costs, currency: str = "DKK", price_year: int = 0
) -> LossTable:
    """Return what every event costs every asset: lookup, value, both sums, in one pass.

    Parameters
    ----------
    hazard
        Depth of each event at each asset.
    costs
        Curves and values of the assets, from `costs_for` or `from_curves`.
    currency, price_year
        What the costs are in.

    Raises
    ------
    BadValue
        When hazard and costs speak of different numbers of assets.
    """
    if costs.value.size != hazard.assets:
        raise BadValue(
            f"costs of {hazard.assets} assets",
            f"{costs.value.size}",
            "Use the same assets in both.",
        )
    loss = np.empty(hazard.depth.size, np.float32)
    at_event = np.zeros(hazard.rate.size)
    partial = np.zeros((PIECES, hazard.assets))
    cursor = np.zeros(hazard.rate.size, np.int64)
    packed, pieces = costs.packed, costs.pieces

    def work(first: int, last: int, piece: int) -> None:
        kernels.table_costs(
            first, last, TILE, hazard.starts, hazard.asset, hazard.depth, packed, costs.least,
            *pieces, hazard.rate, cursor, loss, at_event, partial[piece],
        )  # fmt: skip

    _in_pieces(hazard.starts, work, numbered=True)
    return LossTable(
        hazard.starts,
        hazard.asset,
        loss,
        hazard.rate,
        at_event,
        partial.sum(axis=0),
        currency,
        price_year,
    )


def _sums(starts: Array, asset: Array, loss: Array, rate: Floats, assets: int) -> tuple[Any, Any]:
    at_event, partial = np.zeros(starts.size - 1), np.zeros((PIECES, assets))
    cursor = np.zeros(starts.size - 1, np.int64)

    def work(first: int, last: int, piece: int) -> None:
        kernels.table_sums(
            first, last, TILE, starts, asset, loss, rate, cursor, at_event, partial[piece]
        )

    _in_pieces(starts, work, numbered=True)
    return at_event, partial.sum(axis=0)


def _in_pieces(starts: Array, work: Callable[..., None], *, numbered: bool = False) -> None:
    """Run work on ranges of events with about equally many entries, on all cores."""
    goal = np.linspace(0, starts[-1], PIECES + 1)
    edge = np.searchsorted(starts, goal)
    edge[0], edge[-1] = 0, starts.size - 1
    edge = np.maximum.accumulate(np.minimum(edge, starts.size - 1))
    jobs = [(int(edge[k]), int(edge[k + 1]), *((k,) if numbered else ())) for k in range(PIECES)]
    with ThreadPoolExecutor(min(PIECES, os.cpu_count() or 1)) as pool:
        for job in [pool.submit(work, *arguments) for arguments in jobs]:
            job.result()
