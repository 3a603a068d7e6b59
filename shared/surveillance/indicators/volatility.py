"""How widely prices move: ranges, deviations, and the bands and channels drawn from them."""

from typing import Final

import numpy as np

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function

_TRANGE, _ATR, _NATR = talib_function("TRANGE"), talib_function("ATR"), talib_function("NATR")
_STDDEV, _SMA, _DONCHIAN = talib_function("STDDEV"), talib_function("SMA"), talib_function("DONCHIAN")
_BBANDS = talib_function("BBANDS")


def true_range(bars: Bars) -> Floats:
    """True range (J. W. Wilder, 1978)."""
    return _TRANGE(bars.high, bars.low, bars.close)  # type: ignore[no-any-return]


def atr(bars: Bars, period: int) -> Floats:
    """Average true range (J. W. Wilder, 1978)."""
    return _ATR(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def atr_percent(bars: Bars, period: int) -> Floats:
    """Average true range in percent of the close."""
    return _NATR(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def stdev(bars: Bars, period: int) -> Floats:
    """Standard deviation of the close, of the population."""
    return _STDDEV(bars.close, period, 1.0)  # type: ignore[no-any-return]


def zscore(bars: Bars, period: int) -> Floats:
    """Distance of the close from its mean in standard deviations; none where the close does not move."""
    deviation = _STDDEV(bars.close, period, 1.0)
    deviation[deviation == 0.0] = np.nan
    return (bars.close - _SMA(bars.close, period)) / deviation  # type: ignore[no-any-return]


def bollinger(bars: Bars, period: int, width: float) -> tuple[Floats, Floats, Floats]:
    """Upper, middle and lower Bollinger band (J. Bollinger), so many standard deviations from the mean."""
    return _BBANDS(bars.close, period, width, width)  # type: ignore[no-any-return]


def donchian(bars: Bars, period: int) -> tuple[Floats, Floats, Floats]:
    """Upper, middle and lower Donchian channel of the bars before this one, which may so break out of it."""
    upper, middle, lower = _DONCHIAN(bars.high, bars.low, period)
    upper[1:] = upper[:-1]
    middle[1:] = middle[:-1]
    lower[1:] = lower[:-1]
    return upper, middle, lower


VOLATILITY: Final = (
    Indicator(
        "true_range",
        "True range",
        "greatest of high − low, |high − close₋₁|, |low − close₋₁|",
        ("true_range",),
        true_range,
        lambda: 1,
        named=0,
    ),
    Indicator(
        "atr",
        "Average true range",
        "Wilder's average (E = E₋₁ + (x − E₋₁)/n) of the true range, beginning with the mean of the first n",
        ("atr",),
        atr,
        lambda n: n,
        parameters=(Parameter("period", 14, 2),),
        kind="recursive",
    ),
    Indicator(
        "atr_percent",
        "Average true range in percent",
        "100 · ATR / close",
        ("atr_percent",),
        atr_percent,
        lambda n: n,
        parameters=(Parameter("period", 14, 2),),
        kind="recursive",
    ),
    Indicator(
        "stdev",
        "Standard deviation",
        "√(Σ (close − SMA)² / n) over the last n bars",
        ("stdev",),
        stdev,
        lambda n: n - 1,
        parameters=(Parameter("period", 14, 2),),
    ),
    Indicator(
        "zscore",
        "Distance from the mean",
        "(close − SMA) / standard deviation over the last n bars",
        ("zscore",),
        zscore,
        lambda n: n - 1,
        parameters=(Parameter("period", 14, 2),),
    ),
    Indicator(
        "bollinger",
        "Bollinger bands",
        "SMA ± width · standard deviation of the last n closes",
        ("bollinger_upper", "bollinger_middle", "bollinger_lower"),
        bollinger,
        lambda n, width: n - 1,
        parameters=(Parameter("period", 20, 2), Parameter("width", 2.0, 0.01, 100.0)),
    ),
    Indicator(
        "donchian",
        "Donchian channel",
        "highest high and lowest low of the n bars before this one, and the middle between them",
        ("donchian_upper", "donchian_middle", "donchian_lower"),
        donchian,
        lambda n: n,
        parameters=(Parameter("period", 20, 2),),
    ),
)
