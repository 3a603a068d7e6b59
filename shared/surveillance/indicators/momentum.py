"""How far and how fast the close has moved, and where it stands in its range."""

from typing import Final

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function

_MACD, _RSI, _SMA = talib_function("MACD"), talib_function("RSI"), talib_function("SMA")
_STOCHF = talib_function("STOCHF")
_CCI, _WILLR = talib_function("CCI"), talib_function("WILLR")
_ROC, _MOM = talib_function("ROC"), talib_function("MOM")
_SIMPLE: Final = 0
_PERIOD: Final = (Parameter("period", 14, 2),)
_STOCHASTIC: Final = (Parameter("period", 14, 1), Parameter("slowing", 3, 1), Parameter("signal", 3, 1))


def macd(bars: Bars, fast: int, slow: int, signal: int) -> tuple[Floats, Floats, Floats]:
    """Moving average convergence divergence (G. Appel), its signal line, and their difference."""
    return _MACD(bars.close, fast, slow, signal)  # type: ignore[no-any-return]


def rsi(bars: Bars, period: int) -> Floats:
    """Relative strength index (J. W. Wilder, New Concepts in Technical Trading Systems, 1978)."""
    return _RSI(bars.close, period)  # type: ignore[no-any-return]


def stochastic(bars: Bars, period: int, slowing: int, signal: int) -> tuple[Floats, Floats]:
    """Slow stochastic oscillator (G. Lane); TA-Lib's STOCH would begin K only with D."""
    _, k = _STOCHF(bars.high, bars.low, bars.close, period, slowing, _SIMPLE)
    d = _SMA(k, signal) if signal > 1 else k.copy()
    return k, d


def stochastic_j(bars: Bars, period: int, slowing: int, signal: int) -> Floats:
    """Where K is heading: as far beyond D again, twice."""
    k, d = stochastic(bars, period, slowing, signal)
    return 3.0 * k - 2.0 * d


def cci(bars: Bars, period: int) -> Floats:
    """Commodity channel index (D. Lambert, Commodities, October 1980)."""
    return _CCI(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def williams_r(bars: Bars, period: int) -> Floats:
    """Williams %R (L. Williams)."""
    return _WILLR(bars.high, bars.low, bars.close, period)  # type: ignore[no-any-return]


def roc(bars: Bars, period: int) -> Floats:
    """Rate of change, in percent."""
    return _ROC(bars.close, period)  # type: ignore[no-any-return]


def momentum(bars: Bars, period: int) -> Floats:
    """Change over a period, in units of price."""
    return _MOM(bars.close, period)  # type: ignore[no-any-return]


MOMENTUM: Final = (
    Indicator(
        "macd",
        "Moving average convergence divergence",
        "EMA(fast) − EMA(slow), both from the slow one's first bar; signal: its EMA; histogram: their difference",
        ("macd", "macd_signal", "macd_histogram"),
        macd,
        lambda fast, slow, signal: max(fast, slow) - 1 + signal - 1,
        parameters=(Parameter("fast", 12, 2), Parameter("slow", 26, 2), Parameter("signal", 9, 1)),
        named=0,
        kind="recursive",
    ),
    Indicator(
        "rsi",
        "Relative strength index",
        "100 · U / (U + D), U and D Wilder's averages (E = E₋₁ + (x − E₋₁)/n) of rises and falls of the close",
        ("rsi",),
        rsi,
        lambda n: n,
        parameters=_PERIOD,
        kind="recursive",
    ),
    Indicator(
        "stochastic",
        "Stochastic oscillator",
        "K: SMA(slowing) of 100 · (close − lowest low) / (highest high − lowest low) over n bars; D: SMA(signal) of K",
        ("stochastic_k", "stochastic_d"),
        stochastic,
        lambda n, slowing, signal: n - 1 + slowing - 1 + signal - 1,
        parameters=_STOCHASTIC,
    ),
    Indicator(
        "stochastic_j",
        "Stochastic oscillator, J line",
        "3 K − 2 D",
        ("stochastic_j",),
        stochastic_j,
        lambda n, slowing, signal: n - 1 + slowing - 1 + signal - 1,
        parameters=_STOCHASTIC,
    ),
    Indicator(
        "cci",
        "Commodity channel index",
        "(T − SMA of T) / (0.015 · mean |T − SMA of T|) over n bars, T = (high + low + close) / 3",
        ("cci",),
        cci,
        lambda n: n - 1,
        parameters=(Parameter("period", 20, 2),),
    ),
    Indicator(
        "williams_r",
        "Williams %R",
        "−100 · (highest high − close) / (highest high − lowest low) over n bars",
        ("williams_r",),
        williams_r,
        lambda n: n - 1,
        parameters=_PERIOD,
    ),
    Indicator(
        "roc",
        "Rate of change",
        "100 · (close / close₋ₙ − 1)",
        ("roc",),
        roc,
        lambda n: n,
        parameters=(Parameter("period", 14, 1),),
    ),
    Indicator(
        "momentum",
        "Momentum",
        "close − close₋ₙ",
        ("momentum",),
        momentum,
        lambda n: n,
        parameters=(Parameter("period", 14, 1),),
    ),
)
