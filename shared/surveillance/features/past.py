"""Where the mid stood a second and a minute ago, from the turns of the clock: no ring of prices is kept."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import MINUTE, SECOND


@kernel
def turn(m, ts):
    """Remember the mid at the turn of a second, before the event that makes it turn.

    What is told is between one and two of the unit old, or older where nothing has happened since. Where nobody quotes
    and no order is known, the last price stands in.
    """
    mid = (m.bid + m.ask) / 2
    if np.isnan(mid):
        mid = m.second_mid if m.quoted or m.orders else m.last_price
    m.mid_second_ago = m.second_mid if ts < m.next_sample_ts + SECOND else mid
    m.second_mid = mid
    if ts >= m.minute_end:
        m.mid_minute_ago = m.minute_mid if ts < m.minute_end + MINUTE else mid
        m.minute_mid = mid
        m.minute_end = (ts // MINUTE + 1) * MINUTE


@kernel
def forget(m):
    """Begin a session: where the mid stood in the one before says nothing."""
    m.mid_second_ago = np.nan
    m.mid_minute_ago = np.nan
    m.second_mid = np.nan
    m.minute_mid = np.nan
    m.minute_end = 0
