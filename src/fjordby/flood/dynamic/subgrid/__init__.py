"""Water on a coarse grid that knows the fine terrain by tables."""

from fjordby.flood.dynamic.subgrid.fine.down import downscale
from fjordby.flood.dynamic.subgrid.run import run_subgrid
from fjordby.flood.dynamic.subgrid.tables import Tables, tables

__all__ = ["Tables", "downscale", "run_subgrid", "tables"]
