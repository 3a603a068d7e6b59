"""Which quote a trade met, and what the mid was some time after: as-of joins of sorted times."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from surveillance.microstructure.inputs import Floats, Times, floats, same_shape, times


def quotes_before(trade_order: Any, quote_order: Any) -> Times:
    """Count, for each trade, the quotes strictly before it, (trades,); the last of them is the quote it met.

    Both in ns or, for one venue's feed, in its sequence numbers.
    """
    return np.searchsorted(times("quotes", quote_order), times("trades", trade_order), "left").astype(np.int64)


def met(values: ArrayLike, before: Any) -> Floats:
    """Give the value of the last quote before each trade, nan where there was none."""
    value = floats("values", values)
    place = np.asarray(before, np.int64) - 1
    return np.concatenate((value, [np.nan]))[np.where(place < 0, len(value), place)]


def mid_after(mid: ArrayLike, quote_ts: Any, trade_ts: Any, horizon_ns: int, until: int) -> Floats:
    """Give the last valid mid at or before trade_ts + horizon_ns, (trades,); nan where that is later than `until`.

    `mid` (quotes,) is nan where a quote is not valid, see `quoted`; `until` is the time through which quotes
    are known, ns.
    """
    value, at, traded = floats("mid", mid), times("quote_ts", quote_ts), times("trade_ts", trade_ts)
    same_shape(mid=value, quote_ts=at)
    known = ~np.isnan(value)
    value, at = value[known], at[known]
    found = met(value, np.searchsorted(at, traded + horizon_ns, "right"))
    return np.where(traded + horizon_ns > until, np.nan, found)
