"""Who and what is hurt? Damage, people, roads and safety of life."""

from fjordby.harm.access import Access, WayToCare, access, cut_level, way_to_care
from fjordby.harm.costs import Costs, from_curves
from fjordby.harm.danger import Danger, danger
from fjordby.harm.doubts import doubts
from fjordby.harm.exposure import Exposure, exposure
from fjordby.harm.families import (
    FAMILIES,
    MEASURES,
    WATERS,
    Family,
    cost_at,
    costs_for,
    damage,
    families_for,
    jrc_for,
    spread,
)
from fjordby.harm.footprints import (
    Footprints,
    StillWater,
    Water,
    footprints,
    gather_still,
    line_prints,
    point_prints,
    still_water_at,
    water_at,
)
from fjordby.harm.impact import Impact, impact
from fjordby.harm.levels import LevelTable, impacts_by_level
from fjordby.harm.losses import Hazard, LossTable, hazard, load, loss_table
from fjordby.harm.maps import depth_of_levels, read_depth
from fjordby.harm.measures import FLOODED, Measure, measures
from fjordby.harm.own_curves import read_curves
from fjordby.harm.prices import PRICE_YEAR, moved
from fjordby.harm.roads import CLOSED, RoadNetwork, road_network, speed_in_water
from fjordby.harm.stakes import Stakes, stakes
from fjordby.harm.why import FamilySays, Reasons, why

__all__ = [
    "CLOSED",
    "FAMILIES",
    "FLOODED",
    "MEASURES",
    "PRICE_YEAR",
    "WATERS",
    "Access",
    "Costs",
    "Danger",
    "Exposure",
    "Family",
    "FamilySays",
    "Footprints",
    "Hazard",
    "Impact",
    "LevelTable",
    "LossTable",
    "Measure",
    "Reasons",
    "RoadNetwork",
    "Stakes",
    "StillWater",
    "Water",
    "WayToCare",
    "access",
    "cost_at",
    "costs_for",
    "cut_level",
    "damage",
    "danger",
    "depth_of_levels",
    "doubts",
    "exposure",
    "families_for",
    "footprints",
    "from_curves",
    "gather_still",
    "hazard",
    "impact",
    "impacts_by_level",
    "jrc_for",
    "line_prints",
    "load",
    "loss_table",
    "measures",
    "moved",
    "point_prints",
    "read_curves",
    "read_depth",
    "road_network",
    "speed_in_water",
    "spread",
    "stakes",
    "still_water_at",
    "water_at",
    "way_to_care",
    "why",
]
