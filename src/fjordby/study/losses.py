"""What every event of a year costs every building: the table behind the yearly figure of a house.

The risk of the city is carried through every plausible sea (`risk_table`). A single house is told
one central figure: the event set of today's climate, each event with the slice of the yearly rate
that it stands for, in one sparse table of events by buildings for each damage family and water.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from fjordby.choice.city_risk import rain_events
from fjordby.flood import rain_flood
from fjordby.harm import (
    PRICE_YEAR,
    LossTable,
    Water,
    costs_for,
    gather_still,
    hazard,
    loss_table,
    water_at,
)
from fjordby.harm.families import measured
from fjordby.shock import NOW, event_set
from fjordby.shock.yearly import PERIODS
from fjordby.study.workshop import Workshop

#: Return periods of the surges [years]: the usual ones, and the yearly storm before them.
SURGES = (1.0, *PERIODS)


def event_losses(shop: Workshop) -> dict[tuple[str, str], LossTable]:
    """Return the losses of the event set by family and water: events by buildings.

    `rate` of each table is the slice of the yearly rate that its events stand for, so its
    `expected` is the expected annual loss of each building [currency/year].
    """
    city, ready = shop.city, shop.stakes
    still = gather_still(ready.prints, city.terrain, shop.connection)
    surges = event_set(city, NOW, SURGES, families=("surge", "surge-rain"))
    rains = [(event, left) for event, left in rain_events(city, NOW) if left > 0]
    waters: Mapping[str, tuple[list[Water], list[float]]] = {
        "surge": (
            [still.at(float(event.sea_peak or 0.0)) for event in surges],
            [float(event.weight or 0.0) for event in surges],
        ),
        "cloudburst": (
            [water_at(ready.prints, rain_flood(shop.spots, left).flood.depth) for _, left in rains],
            [float(event.weight or 0.0) for event, _ in rains],
        ),
    }
    tables = {}
    for family in shop.families:
        for source, (at_buildings, weights) in waters.items():
            depths = (measured(water, family.measure) for water in at_buildings)
            costs = costs_for(family, ready.exposure, source, city.currency, PRICE_YEAR)
            if weights:
                found = loss_table(hazard(depths, weights), costs, city.currency, PRICE_YEAR)
                tables[family.id, source] = found
    return tables


def write_losses(shop: Workshop, out: Path) -> None:
    """Write the tables, and the expected annual loss of each building by family."""
    tables = event_losses(shop)
    for (family, source), table in tables.items():
        table.save(out / f"{family}-{source}")
    count = shop.stakes.exposure.count
    yearly = {
        family.id: np.sum(
            [np.zeros(count), *(t.expected for (f, _), t in tables.items() if f == family.id)],
            axis=0,
        )
        for family in shop.families
    }
    ids = shop.stakes.exposure.ids.astype(str)
    pd.DataFrame({"id": ids, **yearly}).to_parquet(out / "yearly.parquet", index=False)


def spread_of(yearly: pd.DataFrame) -> pd.DataFrame:
    """Return low, mid and high of each building's expected annual loss over the families."""
    families = yearly.drop(columns="id").to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "yearly_low": families.min(axis=1),
            "yearly_mid": families.mean(axis=1),
            "yearly_high": families.max(axis=1),
        }
    )
