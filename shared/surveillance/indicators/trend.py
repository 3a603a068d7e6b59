"""Whether there is a trend, and which way (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""

from typing import Final

import numpy as np

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function

_ADX, _DX = talib_function("ADX"), talib_function("DX")
_PLUS_DI, _MINUS_DI = talib_function("PLUS_DI"), talib_function("MINUS_DI")
_PERIOD: Final = (Parameter("period", 14, 2),)


def adx(bars: Bars, period: int) -> Floats:
    """Average directional index."""
    return _ADX(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def adxr(bars: Bars, period: int) -> Floats:
    """Average directional index rating as in the book; TA-Lib's looks one bar less back."""
    found = _ADX(bars.high, bars.low, bars.close, period)
    rating = np.full_like(found, np.nan)
    rating[period:] = (found[period:] + found[:-period]) / 2.0
    return rating  # type: ignore[no-any-return]


def dx(bars: Bars, period: int) -> Floats:
    """Directional movement index."""
    return _DX(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def plus_di(bars: Bars, period: int) -> Floats:
    """Positive directional indicator."""
    return _PLUS_DI(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def minus_di(bars: Bars, period: int) -> Floats:
    """Negative directional indicator."""
    return _MINUS_DI(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


TREND: Final = (
    Indicator(
        "adx",
        "Average directional index",
        "Wilder's average of DX over n bars",
        ("adx",),
        adx,
        lambda n: 2 * n - 1,
        parameters=_PERIOD,
        kind="recursive",
    ),
    Indicator(
        "adxr",
        "Average directional index rating",
        "mean of ADX and of ADX n bars before",
        ("adxr",),
        adxr,
        lambda n: 3 * n - 1,
        parameters=_PERIOD,
        kind="recursive",
    ),
    Indicator(
        "dx",
        "Directional movement index",
        "100 · |+DI − −DI| / (+DI + −DI)",
        ("dx",),
        dx,
        lambda n: n,
        parameters=_PERIOD,
        kind="recursive",
    ),
    Indicator(
        "plus_di",
        "Positive directional indicator",
        "100 · Wilder's average of rises of the high beyond falls of the low / ATR",
        ("plus_di",),
        plus_di,
        lambda n: n,
        parameters=_PERIOD,
        kind="recursive",
    ),
    Indicator(
        "minus_di",
        "Negative directional indicator",
        "100 · Wilder's average of falls of the low beyond rises of the high / ATR",
        ("minus_di",),
        minus_di,
        lambda n: n,
        parameters=_PERIOD,
        kind="recursive",
    ),
)
