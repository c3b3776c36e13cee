"""A made-up but plausible town on real land: streets, buildings, people and places."""

from fjordby.city.town.build import Town, build_town
from fjordby.city.town.parameters import Parameters

__all__ = ["Parameters", "Town", "build_town"]
