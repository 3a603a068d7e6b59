"""All indicators, those computed unless others are asked for, and how a request is written."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from surveillance.errors import ParameterError
from surveillance.indicators.candlesticks import CANDLESTICKS, PLAIN_CANDLESTICKS
from surveillance.indicators.definition import Indicator, Request
from surveillance.indicators.momentum import MOMENTUM
from surveillance.indicators.moving_averages import MOVING_AVERAGES
from surveillance.indicators.trend import TREND
from surveillance.indicators.volatility import VOLATILITY
from surveillance.indicators.volume import VOLUME

INDICATORS: Final[tuple[Indicator, ...]] = (
    *MOVING_AVERAGES,
    *MOMENTUM,
    *VOLATILITY,
    *TREND,
    *VOLUME,
    *CANDLESTICKS,
    *PLAIN_CANDLESTICKS,
)
BY_NAME: Final = {indicator.name: indicator for indicator in INDICATORS}
PERIODS: Final = (10, 20, 50, 100, 200)
_AT_DEFAULTS: Final = (
    "macd bollinger rsi atr stochastic obv vwap mfi cci adx plus_di minus_di donchian williams_r roc "
    "hma dema tema stdev"
)
STUDIES: Final[tuple[Request, ...]] = (
    *(BY_NAME[name](period) for name in ("sma", "ema", "wma") for period in PERIODS),
    *(BY_NAME[name]() for name in _AT_DEFAULTS.split()),
)
"""Averages, oscillators, bands and volume."""
PATTERNS: Final[tuple[Request, ...]] = tuple(indicator() for indicator in CANDLESTICKS)
DEFAULT: Final[tuple[Request, ...]] = (*STUDIES, *PATTERNS)


def request(text: str) -> Request:
    """Read `sma:20`, `bollinger:20,2.5` or `vwap`; raises ParameterError for an unknown name or a bad value."""
    name, _, told = text.partition(":")
    indicator = BY_NAME.get(name.strip())
    if indicator is None:
        near = get_close_matches(name.strip(), BY_NAME, 1)
        raise ParameterError(f"{name.strip()!r} is no indicator{f'; {near[0]} is' if near else ''}.")
    try:
        return indicator(*(float(value) for value in told.split(",") if value.strip()))
    except ValueError as error:
        raise ParameterError(f"{told!r} of {name.strip()} is no list of numbers.") from error


def requests(texts: Iterable[str]) -> tuple[Request, ...]:
    """Read several; none stand for the default. Raises ParameterError where two ask for the same column."""
    read = tuple(request(text) for text in texts) or DEFAULT
    columns = [column for each in read for column in each.columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ParameterError(f"{twice[0]} is asked for twice.")
    return read
