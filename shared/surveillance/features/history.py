"""What is usual over hours: mean volume a second, from fed bars of an hour or less and from trades."""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.events import SECOND

LONGEST_BAR_S = 3600
WINDOW_S = 7 * 3600.0
"""The mean weighs what it has seen evenly until it spans this, and forgets exponentially from then on."""


@kernel
def fold(m, end_ts, seconds, volume):
    """Take a stretch of trading time into the mean; what overlaps an earlier stretch is left out."""
    start = end_ts - seconds * SECOND
    if start < m.history_ts or np.isnan(volume):
        return
    m.history_ts = end_ts
    m.history_s = min(m.history_s + seconds, WINDOW_S)
    weight = min(seconds / m.history_s, 1.0)
    m.volume_rate += weight * (volume / seconds - m.volume_rate)
