"""What is counted of a flood: each measure with its words, unit and definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fjordby.city.model import AGE_GROUPS
from fjordby.harm.families import Family
from fjordby.words import Words

#: Depth against a building from which it counts as flooded [m]: the least depth with damage in
#: the Danish functions (SkadesØkonomi user manual, January 2024).
FLOODED = 0.20


@dataclass(frozen=True)
class Measure:
    """One number that is counted, with its unit and what exactly it means."""

    id: str
    name: Words
    unit: str
    means: Words


def _measure(key: str, da: str, en: str, unit: str, means_da: str, means_en: str) -> Measure:
    return Measure(key, Words(da, en), unit, Words(means_da, means_en))


_FIXED = (
    _measure(
        "buildings",
        "bygninger",
        "buildings",
        "1",
        "bygninger med mindst 20 cm vand ved muren",
        "buildings with at least 20 cm of water against the wall",
    ),
    _measure(
        "homes",
        "beboelsesbygninger",
        "residential buildings",
        "1",
        "oversvømmede bygninger, hvor anvendelsen er helårs- eller fritidsbolig",
        "flooded buildings whose use is home or holiday home",
    ),
    _measure(
        "dwellings",
        "boliger",
        "dwellings",
        "1",
        "alle boliger i oversvømmede bygninger, også på de øvre etager",
        "all dwellings in flooded buildings, those on upper floors too",
    ),
    _measure(
        "people",
        "mennesker",
        "people",
        "persons",
        "beboere i oversvømmede bygninger, også på de øvre etager",
        "residents of flooded buildings, those on upper floors too",
    ),
)

_AFTER = (
    _measure(
        "road_km",
        "km vej",
        "km of road",
        "km",
        "vej for biler med mindst 30 cm vand; broer over åer tæller ikke",
        "roads for cars under at least 30 cm of water; bridges over streams do not count",
    ),
    _measure(
        "places",
        "steder",
        "places",
        "1",
        "steder, hvor vandet når den dybde, hvor stedet svigter",
        "places where the water reaches the depth at which they fail",
    ),
    _measure(
        "cut_from_care",
        "afskåret fra hjælp",
        "cut off from care",
        "persons",
        "beboere, der på en tør dag kan køre til sygehus eller læge, men nu ikke kan",
        "residents who can drive to a hospital or doctor on a dry day, but not now",
    ),
    _measure(
        "isolated",
        "isoleret i tør bolig",
        "isolated in a dry home",
        "persons",
        "de af de afskårne, hvis egen bygning ikke er oversvømmet",
        "those cut off whose own building is not flooded",
    ),
)

_SPREAD = (
    ("damage_low", "skade, lav", "damage, low", "mindste", "smallest"),
    ("damage_mid", "skade, midt", "damage, middle", "midterste", "median"),
    ("damage_high", "skade, høj", "damage, high", "største", "largest"),
)


def measures(families: Sequence[Family], currency: str) -> Mapping[str, Measure]:
    """Return everything that is counted, by key, in the order of the tables.

    Parameters
    ----------
    families
        Families of damage functions, one measure each beside low, middle and high.
    currency
        Unit of the damages.
    """
    found = list(_FIXED)
    found += [
        Measure(key, name, "persons", Words(f"heraf {name.da}", f"of these {name.en}"))
        for key, name in AGE_GROUPS.items()
    ]
    found += _AFTER
    for family in families:
        found.append(
            Measure(
                f"damage_{family.id}",
                Words(f"skade, {family.name.da}", f"damage, {family.name.en}"),
                currency,
                Words(
                    f"bygninger og indbo; {family.source}", f"buildings, contents; {family.source}"
                ),
            )
        )
    for key, da, en, which_da, which_en in _SPREAD if families else ():
        found.append(
            Measure(
                key,
                Words(da, en),
                currency,
                Words(
                    f"{which_da} over alle skadesmodeller og dybdemål",
                    f"{which_en} over all damage models and depth measures",
                ),
            )
        )
    return {measure.id: measure for measure in found}
