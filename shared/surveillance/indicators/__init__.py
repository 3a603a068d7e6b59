"""Technical indicators and candlestick patterns of daily, weekly and monthly bars, through TA-Lib."""

from surveillance.indicators.catalogue import DEFAULT, INDICATORS, PATTERNS, STUDIES, request, requests
from surveillance.indicators.definition import Bars, Indicator, Parameter, Request
from surveillance.indicators.increments import STATE, Increment, increment, merged, state_of
from surveillance.indicators.periods import INTERVALS, in_interval
from surveillance.indicators.series import PRICES, Gathered, Prices, Series, gathered
from surveillance.indicators.tables import indicator_table, indicator_tables, schema

__all__ = [
    "DEFAULT",
    "INDICATORS",
    "INTERVALS",
    "PATTERNS",
    "PRICES",
    "STATE",
    "STUDIES",
    "Bars",
    "Gathered",
    "Increment",
    "Indicator",
    "Parameter",
    "Prices",
    "Request",
    "Series",
    "gathered",
    "in_interval",
    "increment",
    "indicator_table",
    "indicator_tables",
    "merged",
    "request",
    "requests",
    "schema",
    "state_of",
]
