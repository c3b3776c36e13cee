"""A coastal city keeps its services running for all its people when the water rises."""

__version__ = "0.1.0"
