"""What is worth doing? Risk over all that can happen, and what it is worth over the years."""

from fjordby.choice.city_risk import CityRisk, city_risk, rain_events, sea_rates
from fjordby.choice.level_risk import Span, shares_by_period, yearly_losses
from fjordby.choice.present_value import (
    NET_TAX_FACTOR,
    consumer_prices,
    discount_factors,
    present_value,
    yearly_rates,
)
from fjordby.choice.rain_losses import RainLosses, rain_losses
from fjordby.choice.risk import CurveRisk, expected_annual_loss, integrate

__all__ = [
    "NET_TAX_FACTOR",
    "CityRisk",
    "CurveRisk",
    "RainLosses",
    "Span",
    "city_risk",
    "consumer_prices",
    "discount_factors",
    "expected_annual_loss",
    "integrate",
    "present_value",
    "rain_events",
    "rain_losses",
    "sea_rates",
    "shares_by_period",
    "yearly_losses",
    "yearly_rates",
]
