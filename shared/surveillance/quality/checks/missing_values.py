"""Missing values and impossible ones: a price is a positive number, a volume is no negative one."""

import numpy as np

from surveillance.quality.bars import PRICES, Bars
from surveillance.quality.findings import Findings
from surveillance.quality.settings import FIXED, FLAGGED, QUARANTINED


def check_missing_values(bars: Bars, findings: Findings) -> Bars:
    """Quarantine rows without a close; fill other prices from what the row has; take impossible volumes as unknown."""
    for name in PRICES:
        values = getattr(bars, name)
        bad = np.isfinite(values) & (values <= 0.0)
        if bad.any():
            _report(bars, bad, name, "not_positive", findings)
            bars = bars.with_columns(**{name: np.where(bad, np.nan, values)})
    unpriced = np.isnan(bars.close) | np.isinf(bars.close)
    if unpriced.any():
        findings.add(bars, np.flatnonzero(unpriced), "missing_value", "close", QUARANTINED)
        bars = bars.where(~unpriced)
    bars = _filled(bars, findings)
    negative = bars.volume < 0
    if negative.any():
        findings.add(bars, np.flatnonzero(negative), "negative_volume", "volume", FIXED)
        bars = bars.with_columns(volume=np.where(negative, np.nan, bars.volume))
    given = np.isfinite(bars.adjusted)
    some = np.bincount(bars.symbol[given], minlength=len(bars.names)) > 0
    absent = some[bars.symbol] & ~(given & (bars.adjusted > 0))
    if absent.any():
        findings.add(bars, np.flatnonzero(absent), "missing_value", "adjusted_close", FLAGGED)
        bars = bars.with_columns(adjusted=np.where(absent, np.nan, bars.adjusted))
    return bars


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


def _report(bars: Bars, bad: np.ndarray, name: str, check: str, findings: Findings) -> None:  # type: ignore[type-arg]
    findings.add(bars, np.flatnonzero(bad), check, name, QUARANTINED if name == "close" else FIXED)
