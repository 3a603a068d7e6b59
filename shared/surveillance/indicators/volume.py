"""Price and volume together. Cumulative ones begin with a symbol's first bar of known volume."""

from typing import Final

import numpy as np

from surveillance.indicators.definition import Bars, Floats, Indicator, Parameter, talib_function

_OBV, _MFI, _VWAP = talib_function("OBV"), talib_function("MFI"), talib_function("VWAP")


def obv(bars: Bars) -> Floats:
    """On-balance volume (J. Granville), which begins at 0."""
    found = _OBV(bars.close, bars.volume)
    if len(found):
        first = found[0] if found[0] == found[0] else found[np.isfinite(found).argmax()]
        found -= first
    return found  # type: ignore[no-any-return]


def mfi(bars: Bars, period: int) -> Floats:
    """Money flow index."""
    return _MFI(bars.high, bars.low, bars.close, bars.volume, period)  # type: ignore[no-any-return]


def vwap(bars: Bars) -> Floats:
    """Average price weighted by volume since the first bar; none before anything was traded, where TA-Lib says 0."""
    found = _VWAP(bars.high, bars.low, bars.close, bars.volume)
    if len(found) and not bars.volume[0] > 0.0:
        found[found == 0.0] = np.nan
    return found  # type: ignore[no-any-return]


VOLUME: Final = (
    Indicator(
        "obv",
        "On-balance volume",
        "sum of volume, + where the close rose, − where it fell, from 0 at the first bar",
        ("obv",),
        obv,
        lambda: 0,
        named=0,
        kind="cumulative",
        needs_volume=True,
    ),
    Indicator(
        "mfi",
        "Money flow index",
        "100 · P / (P + N), P and N the sums over n bars of T · volume where T = (high + low + close) / 3 rose, fell",
        ("mfi",),
        mfi,
        lambda n: n,
        parameters=(Parameter("period", 14, 2),),
        needs_volume=True,
    ),
    Indicator(
        "vwap",
        "Volume-weighted average price",
        "Σ T · volume / Σ volume since the first bar, T = (high + low + close) / 3",
        ("vwap",),
        vwap,
        lambda: 0,
        named=0,
        kind="cumulative",
        needs_volume=True,
    ),
)
