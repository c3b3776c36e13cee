"""Where does the water go, hour by hour? Shallow water in the local-inertial form."""

from fjordby.flood.dynamic.domain import Domain
from fjordby.flood.dynamic.forcing import (
    Forcing,
    Infiltration,
    Inflow,
    Level,
    OpenEdge,
    Rain,
    Wind,
    along_edge,
    steady,
)
from fjordby.flood.dynamic.options import Options
from fjordby.flood.dynamic.record import (
    Asked,
    Caution,
    Gauge,
    Line,
    Simulation,
    Snapshot,
    WaterBalance,
)
from fjordby.flood.dynamic.run import Keep, run

__all__ = [
    "Asked",
    "Caution",
    "Domain",
    "Forcing",
    "Gauge",
    "Infiltration",
    "Inflow",
    "Keep",
    "Level",
    "Line",
    "OpenEdge",
    "Options",
    "Rain",
    "Simulation",
    "Snapshot",
    "WaterBalance",
    "Wind",
    "along_edge",
    "run",
    "steady",
]
