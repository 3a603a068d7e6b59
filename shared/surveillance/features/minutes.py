"""Whole minutes of trading in figures, each beside what is usual for the market: the statistical rules look at these.

What is usual is an exponential mean and variance of the figure's square root, which makes counts and skewed sums about
normal and their distance in standard deviations free of units: sizes, prices and counts may be scaled. Once some
minutes are known, one moves them by no more than `FAR` standard deviations: an attack is not the usual.
"""

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, NEW
from surveillance.engine.kernel import kernel
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.events import MINUTE
from surveillance.features.bars import head

FIGURES = len(MINUTE_FIGURES)
SMOOTHING = 0.05
LEARNING = 10
"""So many minutes with a figure make its usual range known."""
FAR = 3.0
LEAST_SHARE = 0.05
LEAST_OF_COUNTS = 0.5
"""A standard deviation of a square root is at least this share of its mean, and that of a count at least what chance
gives: the root of a Poisson count varies by a half, whatever its mean.
"""
MOST = 20.0
STORY_NS = 5 * MINUTE
"""A story explains what happens in the five minutes after it."""
_TRADES, _MESSAGES = MINUTE_FIGURES.index("trades"), MINUTE_FIGURES.index("messages")


@kernel
def forget(m):
    """Begin a session: what is usual is learnt anew."""
    m.told_minutes = 0
    for k in range(FIGURES):
        m.figures_known[k] = 0


@kernel
def order(m, e, c):
    """Count a message about an order, and what was entered."""
    if m.tell_end == 0 or c.restated or e.action == FILL:
        return
    m.told_messages += 1
    if e.action == NEW:
        m.told_orders += 1
        if c.side > 0:
            m.told_entered_buy += e.quantity
        else:
            m.told_entered_sell += e.quantity
    elif e.action == CANCEL:
        m.told_cancels += 1


@kernel
def trade(m, e, c):
    """Count a print; one that is corrected later has been a print of its minute."""
    if m.tell_end == 0:
        return
    m.told_trades += 1
    m.told_volume += e.quantity
    if c.side > 0:
        m.told_bought += e.quantity
    elif c.side < 0:
        m.told_sold += e.quantity


@kernel
def quote(m):
    """Count a quote as a message where no orders are known."""
    if m.tell_end and m.orders == 0:
        m.told_messages += 1


@kernel
def sample(m):
    """Take spread and mid at the turn of a second, before the event that makes it turn."""
    spread = m.ask - m.bid
    if m.tell_end and not np.isnan(spread):
        mid = (m.bid + m.ask) / 2
        m.told_high = max(m.told_high, mid) if m.told_samples else mid
        m.told_low = min(m.told_low, mid) if m.told_samples else mid
        m.told_spread += max(spread, 0.0)
        m.told_samples += 1


@kernel
def _share(one, other):
    """Tell how far two sums lie apart, as a share of both."""
    return abs(one - other) / (one + other) if one + other > 0 else np.nan


@kernel
def _learn(m, k, root):
    """Take the root of a figure into its mean and variance."""
    known = m.figures_known[k]
    apart = root - m.figure_mean[k]
    if known >= LEARNING:
        far = FAR * _deviation(m, k)
        apart = min(max(apart, -far), far)
    weight = max(SMOOTHING, 1.0 / (known + 1.0))
    if known == 0:
        m.figure_mean[k] = root
        m.figure_variance[k] = 0.0
    else:
        m.figure_mean[k] += weight * apart
        m.figure_variance[k] = (1.0 - weight) * (m.figure_variance[k] + weight * apart * apart)
    m.figures_known[k] = min(known + 1, 1_000_000)


@kernel
def _deviation(m, k):
    """Give the standard deviation of a figure's root, not below what is worth a word."""
    least = LEAST_SHARE * m.figure_mean[k]
    if k == _TRADES or k == _MESSAGES:
        least = max(least, LEAST_OF_COUNTS)
    return max(np.sqrt(m.figure_variance[k]), least)


@kernel
def _tell(t, row, out, place, mid):
    """Write the running minute beside what is usual, and take it into that."""
    m = t.markets[row]
    n = out.minutes_used[0]
    out.minutes_used[0] = n + 1
    b = out.minutes[n]
    head(b, m, row, place, m.tell_end)
    b.minutes = m.told_minutes
    b.story = m.story_ts > 0 and m.tell_end - m.story_ts <= STORY_NS and m.story_ts <= m.tell_end
    b.value[0] = abs(mid - m.told_mid)
    b.value[1] = m.told_high - m.told_low if m.told_samples else np.nan
    b.value[2] = m.told_volume
    b.value[3] = m.told_trades
    b.value[4] = m.told_spread / m.told_samples if m.told_samples else np.nan
    b.value[5] = _share(m.told_entered_buy, m.told_entered_sell) if m.orders else _share(m.told_bought, m.told_sold)
    b.value[6] = m.told_messages
    b.value[7] = np.float64(m.told_cancels) / m.told_orders if m.told_orders else np.nan
    b.value[8] = (m.told_entered_buy + m.told_entered_sell) / m.told_orders if m.told_orders else np.nan
    for k in range(FIGURES):
        b.z[k] = 0.0
        b.usual[k] = np.nan
        value = b.value[k]
        if np.isnan(value):
            continue
        root = np.sqrt(value)
        if m.figures_known[k] >= LEARNING and m.figure_mean[k] > 0:
            b.usual[k] = m.figure_mean[k] * m.figure_mean[k]
            b.z[k] = min(max((root - m.figure_mean[k]) / _deviation(m, k), -MOST), MOST)
        _learn(m, k, root)
    m.told_minutes += 1


@kernel
def stop(t, row, out, place, ts):
    """Tell the running minute if it is over and was seen whole, and let no other run."""
    m = t.markets[row]
    if m.tell_end == 0:
        return
    mid = (m.bid + m.ask) / 2
    if np.isnan(mid):
        mid = m.last_price
    if m.tell_whole and ts >= m.tell_end and (m.told_messages or m.told_trades):
        _tell(t, row, out, place, mid)
    m.tell_end = 0
    m.tell_whole = 0
    m.told_mid = mid
    m.told_messages = 0
    m.told_orders = 0
    m.told_cancels = 0
    m.told_trades = 0
    m.told_samples = 0
    m.told_volume = 0.0
    m.told_bought = 0.0
    m.told_sold = 0.0
    m.told_entered_buy = 0.0
    m.told_entered_sell = 0.0
    m.told_spread = 0.0


@kernel
def advance(t, row, out, place, ts):
    """Tell the minute that ended at or before `ts` and begin the one that holds it.

    The first after a pause of trading is seen in part; a minute in which nothing is heard is none.
    """
    m = t.markets[row]
    if ts < m.tell_end:
        return
    runs = m.tell_end > 0
    stop(t, row, out, place, ts)
    m.tell_end = (ts // MINUTE + 1) * MINUTE
    m.tell_whole = runs
