"""How long work tells the person waiting how far it has come."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the share of the work that is done, in [0, 1], and what is being done now.
Progress = Callable[[float, str], None]


def silent(share: float, doing: str) -> None:
    """Say nothing."""
