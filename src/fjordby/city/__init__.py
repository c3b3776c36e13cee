"""What is there? Terrain, sea, streams, buildings, people, networks and places of a city."""

from fjordby.city.folder import builtin, load, save
from fjordby.city.model import City, Layer

__all__ = ["City", "Layer", "builtin", "load", "save"]
