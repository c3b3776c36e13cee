"""Why a building floods at a level, and what it costs: one row of the study, in plain words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fjordby.arrays import Array
from fjordby.errors import BadFile, BadValue
from fjordby.plain import amount, number
from fjordby.words import LANGUAGES, Words

#: Sea levels that a question may be asked for [m]: far above any slider, and finite.
LEVELS_ASKED = (-5.0, 50.0)


#: Low, middle and high over the damage families.
PARTS = ("low", "mid", "high")


@dataclass(frozen=True)
class Buildings:
    """The answers of a study about its buildings, read when first asked for.

    Parameters
    ----------
    folder
        The study's page folder, with `building_answers.parquet`, `.npy` and `.json`.
    """

    folder: Path

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each building, by its id."""
        table: pd.DataFrame = pd.read_parquet(self._file("parquet"))
        table["row"] = np.arange(len(table))
        return table.set_index(table["id"].astype(str))

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """The levels and families of the damage."""
        about: Mapping[str, Any] = json.loads(self._file("json").read_text(encoding="utf-8"))
        return about

    @cached_property
    def damage(self) -> Array:
        """Damage by building, family and level, left on the disk until a row is asked for."""
        values: Array = np.load(self._file("npy"), mmap_mode="r", allow_pickle=False)
        return values

    def _file(self, ending: str) -> Path:
        path = self.folder / f"building_answers.{ending}"
        if not path.is_file():
            raise BadFile(
                "a study with answers for each building",
                f"one without {path.name}",
                "Compute the study again with this version.",
            )
        return path

    def ask(self, building: str, level: float, currency: str) -> dict[str, Any]:
        """Return what is known of a building when the sea stands at a level [m datum].

        Raises
        ------
        BadFile
            When the study has no building of that id.
        BadValue
            When the level is no level of a sea.
        """
        low, high = LEVELS_ASKED
        if not low <= level <= high:
            raise BadValue(
                f"a sea level between {low:g} and {high:g} m", f"{level}", "Ask for another level."
            )
        if building not in self.table.index:
            raise BadFile(
                "the id of a building of this study",
                repr(building),
                "Click a building on the map, or look its id up in the city's buildings.",
            )
        row = self.table.loc[[building]].to_dict("records")[0]
        said = {str(name): value for name, value in row.items()}
        return describe(said, level, self._damage_at(int(row["row"]), level), currency)

    def _damage_at(self, row: int, level: float) -> dict[str, float]:
        """Return damage by family at a level, straight between the levels that were computed."""
        levels = np.asarray(self.about["levels"], float)
        values = self.damage[row]
        return {
            name: float(np.interp(level, levels, values[i]))
            for i, name in enumerate(self.about["families"])
        }


def describe(
    row: Mapping[str, Any], level: float, damage: Mapping[str, float], currency: str
) -> dict[str, Any]:
    """Return one building's answer as plain values and as sentences in both languages."""
    ground, floor = float(row["ground"]), float(row["floor"])
    connection = float(row["connection"])
    reached = math.isfinite(connection) and level >= connection
    depth = max(level - ground, 0.0) if reached else 0.0
    above = level - floor if reached else None
    answer: dict[str, Any] = {
        "id": str(row["id"]),
        "use": str(row["use"]),
        "kind": str(row["kind"]),
        "name": str(row.get("name") or ""),
        "district": str(row.get("district") or ""),
        "level": level,
        "ground": _tidy(ground),
        "floor": _tidy(floor),
        "connection": _tidy(connection),
        "depth": _tidy(depth),
        "above_floor": _tidy(above),
        "residents": _tidy(float(row["residents"])),
        "damage": {name: round(value) for name, value in damage.items()},
        "yearly": {part: round(float(row.get(f"yearly_{part}", 0.0))) for part in PARTS},
    }
    words = {
        language: [
            *_sentences(answer, language, currency),
            *_by_year(answer["yearly"], language, currency),
        ]
        for language in LANGUAGES
    }
    return answer | {"words": words}


def _by_year(yearly: Mapping[str, float], language: str, currency: str) -> list[str]:
    """Return what the building loses in an average year, as a sentence, if anything."""
    if yearly["high"] <= 0:
        return []
    cost = amount(yearly["low"], yearly["mid"], yearly["high"], currency, language)
    return [
        Words(
            f"I gennemsnit af alle år, også de tørre, er det {cost} om året i dagens klima.",
            f"On average over all years, the dry ones too, it is {cost} a year in today's climate.",
        )[language]
    ]


def _tidy(value: float | None) -> float | None:
    """Return a value to the centimetre, or None for what JSON cannot say."""
    return None if value is None or not math.isfinite(value) else round(value, 2)


def _sentences(answer: Mapping[str, Any], language: str, currency: str) -> list[str]:
    """Return what happens to a building as sentences."""

    def metres(value: float) -> str:
        return f"{number(value, language, decimals=2)} m"

    connection, above = answer["connection"], answer["above_floor"]
    if connection is None:
        return [
            Words(
                "Havet når ikke denne bygning ved nogen af de regnede vandstande.",
                "The sea does not reach this building at any level computed.",
            )[language]
        ]
    said = []
    barred = connection - answer["ground"]
    if barred > 0.1:
        said.append(
            Words(
                f"Jorden her ligger i {metres(answer['ground'])}, men vandet skal op i "
                f"{metres(connection)} for at komme hertil.",
                f"The ground here is at {metres(answer['ground'])}, but the water must rise to "
                f"{metres(connection)} to get here.",
            )[language]
        )
    else:
        said.append(
            Words(
                f"Vandet når huset, når havet står i {metres(connection)}.",
                f"The water reaches the house when the sea stands at {metres(connection)}.",
            )[language]
        )
    if answer["depth"] <= 0:
        dry = Words(
            f"Ved {metres(answer['level'])} er her tørt.",
            f"At {metres(answer['level'])} it is dry here.",
        )
        return [*said, dry[language]]
    at_wall, over = metres(answer["depth"]), metres(abs(above))
    side = Words("over gulvet", "above the floor") if above > 0 else Words(
        "under gulvet", "below the floor"
    )  # fmt: skip
    said.append(
        Words(
            f"Ved {metres(answer['level'])} står der {at_wall} vand ved muren, {over} {side.da}.",
            f"At {metres(answer['level'])} there is {at_wall} of water at the wall, "
            f"{over} {side.en}.",
        )[language]
    )
    costs = sorted(answer["damage"].values())
    if costs and costs[-1] > 0:
        cost = amount(costs[0], sum(costs) / len(costs), costs[-1], currency, language)
        said.append(Words(f"Skaden anslås til {cost}.", f"The damage is put at {cost}.")[language])
    return said
