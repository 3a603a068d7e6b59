"""Candlestick patterns: TA-Lib's, which judge a candle by those before it, and two by the candle's own proportions.

100 = the bullish pattern, −100 = the bearish one, 0 = none; hikkake patterns tell a confirmation by ±200.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import talib
import talib.abstract as abstract

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function


def _names() -> list[str]:
    return talib.get_function_groups()["Pattern Recognition"]  # type: ignore[no-any-return, no-untyped-call]


def _pattern(name: str) -> Indicator:
    told: Any = abstract.Function(name)  # type: ignore[attr-defined]
    warm_up: int = told.lookback
    return Indicator(
        "cdl_" + name.removeprefix("CDL").lower(),
        str(told.info["display_name"]),
        f"TA-Lib {name}",
        ("cdl_" + name.removeprefix("CDL").lower(),),
        _computed(talib_function(name), warm_up),
        lambda: warm_up,
        named=0,
    )


def _computed(function: Callable[..., Floats], warm_up: int) -> Callable[[Bars], Floats]:
    def compute(bars: Bars) -> Floats:
        found = function(bars.open, bars.high, bars.low, bars.close).astype(np.float64)
        found[:warm_up] = np.nan
        return found

    return compute


def doji_by_percent(bars: Bars, most_percent: float) -> Floats:
    """Tell candles whose close is so near to the open."""
    return np.where(np.abs(bars.close / bars.open - 1.0) * 100.0 <= most_percent, 100.0, 0.0)


def marubozu_by_percent(bars: Bars, least_percent: float) -> Floats:
    """Tell candles that are nearly all body."""
    body, reach = bars.close - bars.open, bars.high - bars.low
    is_full = (np.abs(body) >= least_percent / 100.0 * reach) & (reach > 0.0)
    return np.where(is_full, np.sign(body) * 100.0, 0.0)


TOLD: Final = (
    "3blackcrows",
    "3inside",
    "3outside",
    "3whitesoldiers",
    "abandonedbaby",
    "darkcloudcover",
    "doji",
    "dragonflydoji",
    "engulfing",
    "eveningdojistar",
    "eveningstar",
    "gravestonedoji",
    "hammer",
    "hangingman",
    "harami",
    "haramicross",
    "invertedhammer",
    "kicking",
    "marubozu",
    "morningdojistar",
    "morningstar",
    "piercing",
    "shootingstar",
    "tristar",
)
"""Patterns told in words, by TA-Lib's names."""


def in_words(found: Mapping[str, Floats], rows: int) -> pa.Array:
    """Name the patterns each row shows, as `+hammer;-doji`; null where it shows none of those told in words."""
    names = [name for name in TOLD if f"cdl_{name}" in found]
    codes = np.zeros(rows, np.int64)  # a digit of base 3 each
    for place, name in enumerate(names):
        values = found[f"cdl_{name}"]
        codes += ((values > 0.0).astype(np.int64) + 2 * (values < 0.0)) * 3**place
    known, places = np.unique(codes, return_inverse=True)
    digits = known[:, None] // 3 ** np.arange(len(names)) % 3
    words = [
        ";".join(("", "+", "-")[digit] + name for name, digit in zip(names, row, strict=True) if digit) or None
        for row in digits.tolist()
    ]
    return pa.array(words, pa.string()).take(pa.array(places))


CANDLESTICKS: Final = tuple(_pattern(name) for name in _names())
PLAIN_CANDLESTICKS: Final = (
    Indicator(
        "doji_by_percent",
        "Doji by its body",
        "100 where |close / open − 1| ≤ most_percent",
        ("doji_by_percent",),
        doji_by_percent,
        lambda most_percent: 0,
        parameters=(Parameter("most_percent", 0.1, 0.0, 100.0),),
        named=0,
        source="own",
    ),
    Indicator(
        "marubozu_by_percent",
        "Marubozu by its body",
        "±100 where |close − open| ≥ least_percent of high − low",
        ("marubozu_by_percent",),
        marubozu_by_percent,
        lambda least_percent: 0,
        parameters=(Parameter("least_percent", 95.0, 0.0, 100.0),),
        named=0,
        source="own",
    ),
)
