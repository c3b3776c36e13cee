"""A coastal city keeps its services running for all its people when the water rises.

Each room of the house is a module that is loaded when it is first asked for:
`fj.city`, `fj.shock`, `fj.flood`, `fj.harm`, `fj.choice`, `fj.study`, `fj.report`, `fj.web`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fjordby.compiled import keep_apart

if TYPE_CHECKING:
    from fjordby import choice, city, flood, harm, report, shock, study, web

__version__ = "0.1.0"

ROOMS = ("city", "shock", "flood", "harm", "choice", "study", "report", "web")

keep_apart(Path(__file__).parent)

__all__ = ["choice", "city", "flood", "harm", "report", "shock", "study", "web"]


def __getattr__(name: str) -> Any:
    """Load a room when it is first asked for, so that `import fjordby` stays quick."""
    if name in ROOMS:
        return import_module(f"fjordby.{name}")
    raise AttributeError(f"fjordby has {', '.join(ROOMS)}, not {name!r}")


def __dir__() -> list[str]:
    """Return what can be asked for."""
    return sorted([*globals(), *ROOMS])
