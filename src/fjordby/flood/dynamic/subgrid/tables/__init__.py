"""What the fine terrain means for a coarse grid: volume by level, and conveyance by level."""

from fjordby.flood.dynamic.subgrid.tables.make import LEVELS, Tables, tables, volume_at

__all__ = ["LEVELS", "Tables", "tables", "volume_at"]
