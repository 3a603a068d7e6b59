"""Moving averages of the close."""

from math import isqrt
from typing import Any, Final

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function

_SMA, _EMA, _WMA = talib_function("SMA"), talib_function("EMA"), talib_function("WMA")
_HMA, _DEMA, _TEMA = talib_function("HMA"), talib_function("DEMA"), talib_function("TEMA")


def sma(bars: Bars, period: int) -> Floats:
    """Simple moving average."""
    return _SMA(bars.close, period)  # type: ignore[no-any-return]


def ema(bars: Bars, period: int) -> Floats:
    """Exponential moving average, seeded with the first period's mean."""
    return _EMA(bars.close, period)  # type: ignore[no-any-return]


def wma(bars: Bars, period: int) -> Floats:
    """Linearly weighted moving average."""
    return _WMA(bars.close, period)  # type: ignore[no-any-return]


def hma(bars: Bars, period: int) -> Floats:
    """Hull moving average: a short WMA of twice the WMA of half the period less that of the whole."""
    return _HMA(bars.close, period)  # type: ignore[no-any-return]


def dema(bars: Bars, period: int) -> Floats:
    """Double exponential moving average (P. Mulloy, Stocks & Commodities, February 1994)."""
    return _DEMA(bars.close, period)  # type: ignore[no-any-return]


def tema(bars: Bars, period: int) -> Floats:
    """Triple exponential moving average (P. Mulloy, Stocks & Commodities, January 1994)."""
    return _TEMA(bars.close, period)  # type: ignore[no-any-return]


def _average(default: int) -> dict[str, Any]:
    return {"parameters": (Parameter("period", default, 2),)}


MOVING_AVERAGES: Final = (
    Indicator(
        "sma",
        "Simple moving average",
        "Σ close / n over the last n bars",
        ("sma",),
        sma,
        lambda n: n - 1,
        **_average(20),
    ),
    Indicator(
        "ema",
        "Exponential moving average",
        "E = E₋₁ + 2/(n+1) · (close − E₋₁), beginning with the SMA of the first n closes",
        ("ema",),
        ema,
        lambda n: n - 1,
        kind="recursive",
        **_average(20),
    ),
    Indicator(
        "wma",
        "Weighted moving average",
        "Σ k · close_k / Σ k over the last n bars, k = 1 (oldest) … n",
        ("wma",),
        wma,
        lambda n: n - 1,
        **_average(20),
    ),
    Indicator(
        "hma",
        "Hull moving average",
        "WMA over ⌊√n⌋ of 2 · WMA(⌊n/2⌋) − WMA(n)",
        ("hma",),
        hma,
        lambda n: n - 1 + isqrt(n) - 1,
        **_average(14),
    ),
    Indicator(
        "dema",
        "Double exponential moving average",
        "2 · EMA − EMA of EMA",
        ("dema",),
        dema,
        lambda n: 2 * (n - 1),
        kind="recursive",
        **_average(20),
    ),
    Indicator(
        "tema",
        "Triple exponential moving average",
        "3 · EMA − 3 · EMA of EMA + EMA of EMA of EMA",
        ("tema",),
        tema,
        lambda n: 3 * (n - 1),
        kind="recursive",
        **_average(20),
    ),
)
