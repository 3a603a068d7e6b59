"""Missing values and impossible ones: a price is a positive number, a volume is no negative one."""

from typing import Final

import numpy as np

from surveillance.quality.bars import PRICES, Bars, Floats, Mask
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FIXED, FLAGGED, QUARANTINED

LEAST_PRICE: Final = 1e-7
LARGEST_PRICE: Final = 1e9
LARGEST_VOLUME: Final = 1e15


def check_missing_values(bars: Bars, findings: Findings) -> Bars:
    """Quarantine rows without a close; fill other prices from what the row has; take impossible volumes as unknown."""
    for name in PRICES:
        values = getattr(bars, name)
        bad = ~np.isnan(values) & ~_possible(values)
        if bad.any():
            outcome = QUARANTINED if name == "close" else FIXED
            for check, some in (("not_positive", values <= 0.0), ("out_of_range", values > 0.0)):
                findings.add(bars, np.flatnonzero(bad & some), check, name, outcome)
            bars = bars.with_columns(**{name: np.where(bad, np.nan, values)})
    unpriced = np.isnan(bars.close)
    if unpriced.any():
        findings.add(bars, np.flatnonzero(unpriced), "missing_value", "close", QUARANTINED)
        bars = bars.where(~unpriced)
    bars = _filled(bars, findings)
    for check, bad in (("negative_volume", bars.volume < 0), ("out_of_range", bars.volume > LARGEST_VOLUME)):
        if bad.any():
            findings.add(bars, np.flatnonzero(bad), check, "volume", FIXED)
            bars = bars.with_columns(volume=np.where(bad, np.nan, bars.volume))
    given = _possible(bars.adjusted)
    some = np.bincount(bars.symbol[given], minlength=len(bars.names)) > 0
    absent = some[bars.symbol] & ~given
    findings.add(bars, np.flatnonzero(absent), "missing_value", "adjusted_close", FLAGGED)
    return bars.with_columns(adjusted=np.where(given, bars.adjusted, np.nan))


def _possible(values: Floats) -> Mask:
    return (values >= LEAST_PRICE) & (values <= LARGEST_PRICE)


def _filled(bars: Bars, findings: Findings) -> Bars:
    """Take the close for an absent open, and the extremes of what there is for an absent high or low."""
    lacking = {name: ~np.isfinite(getattr(bars, name)) for name in ("open", "high", "low")}
    if not any(mask.any() for mask in lacking.values()):
        return bars
    opened = np.where(lacking["open"], bars.close, bars.open)
    high = np.where(lacking["high"], np.fmax(opened, bars.close), bars.high)
    low = np.where(lacking["low"], np.fmin(opened, bars.close), bars.low)
    for name, values in (("open", opened), ("high", high), ("low", low)):
        places = np.flatnonzero(lacking[name])
        findings.add(bars, places, "missing_value", name, FIXED, values[places])
    return bars.with_columns(open=opened, high=high, low=low)
