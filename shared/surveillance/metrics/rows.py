"""What is kept of a market to measure it, and the row a minute it gives.

Sums have the places that `microstructure.walk` gives them, so that rows are finished by what finishes the one pass.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveillance.engine.kernel import kernel
from surveillance.engine.memory import array_at
from surveillance.events import MINUTE, SECOND
from surveillance.metric_parameters import LONGEST, MOST_WINDOWS
from surveillance.microstructure.walk import AHEAD, CELLS

HORIZONS: Final = (5 * SECOND, MINUTE, 5 * MINUTE)
FINAL_NS: Final = 5 * MINUTE
"""How long after its end a minute is told again: each horizon of its trades is over then."""
FAR_AWAY: Final = 1 << 62
_SUMS: Final = len(HORIZONS) * len(AHEAD)

METER: Final = np.dtype(
    [
        ("clock", "i8"),  # high-water mark of what was measured
        ("due", "i8"),  # when something is to be done before an event is taken
        ("end", "i8"),  # of the minute that runs; 0: none does
        ("since", "i8"),  # from when on the standing quote counts
        ("second", "i8"),  # the next turn of a second
        ("row", "i4"),  # of the minute that runs
        ("first", "i4"),  # of the minutes that wait for their horizons, oldest first
        ("last", "i4"),
        ("newest", "i4"),  # mark
        ("cursors", "i4", (len(HORIZONS),)),  # the oldest mark whose horizon is not over
        ("begun", "i1"),
        ("quoted", "i1"),  # somebody quotes; else the orders show the best prices
        ("consolidated", "i1"),
        ("shown", "i1"),  # there was a quote, so that the next one is a step
        ("bid", "f8"),  # as shown: −inf and inf where a side is empty
        ("bid_quantity", "f8"),
        ("ask", "f8"),
        ("ask_quantity", "f8"),
        ("mid", "f8"),
        ("known", "f8"),  # the last valid mid
        ("spread", "f8"),
        ("spread_bp", "f8"),
        ("imbalance", "f8"),
        ("price", "f8"),  # of the last trade, and the last other one
        ("different", "f8"),
        ("second_mid", "f8"),
        ("minute_mid", "f8"),
        ("closes", "i8"),
        ("ema", "f8", (MOST_WINDOWS,)),
    ],
    align=True,
)
ROW: Final = np.dtype(
    [
        ("ts", "i8"),  # when the minute began
        ("market", "i4"),
        ("next", "i4"),
        ("revision", "i8"),
        ("entered", "i8"),
        ("replaced", "i8"),
        ("cancelled", "i8"),
        ("returns", "i8"),
        ("variance", "f8"),
        ("velocity_bp", "f8"),
        ("sma", "f8", (MOST_WINDOWS,)),
        ("ema", "f8", (MOST_WINDOWS,)),
        ("cells", "f8", (len(CELLS),)),
        ("ahead", "f8", (_SUMS,)),
    ],
    align=True,
)
MARK: Final = np.dtype(
    [
        ("ts", "i8"),
        ("row", "i4"),
        ("next", "i4"),
        ("trades", "i8"),
        ("mid", "f8"),  # before them
        ("signed", "f8"),  # the sum of 2 D w
        ("paid", "f8"),  # and of 2 D w p
    ],
    align=True,
)
"""Trades of one moment that met one quote, until their horizons are over."""

USED: Final = 4
MARKS_USED, MARKS_FREE, ROWS_USED, ROWS_FREE = range(USED)
"""How many were ever in use, and the first of those that are free again."""
TOLD: Final = 4
ROWS_TOLD, EVENTS_DONE, STATUSES_DONE, MARKETS_KNOWN = range(TOLD)
ROOM: Final = 256
"""Rows told before the kernel returns to hand them over; it then resumes."""
MOST_AT_ONCE: Final = FINAL_NS // MINUTE + 3
"""Rows that one market can tell at one event."""
ARRAYS: Final = 7


class Tables(NamedTuple):
    """What the kernel works on."""

    meters: NDArray[Any]
    closes: NDArray[np.float64]
    rows: NDArray[Any]
    marks: NDArray[Any]
    used: NDArray[np.int64]
    told: NDArray[np.int64]
    out: NDArray[Any]
    windows: NDArray[np.int64]


@kernel
def metrics_at(memory):
    """Give the tables whose addresses and lengths stand at an address."""
    s = array_at(memory, (16,), np.int64)
    return Tables(
        array_at(s[0], (s[1],), METER),
        array_at(s[2], (s[3], LONGEST), np.float64),
        array_at(s[4], (s[5],), ROW),
        array_at(s[6], (s[7],), MARK),
        array_at(s[8], (s[9],), np.int64),
        array_at(s[10], (s[11],), np.int64),
        array_at(s[12], (s[13],), ROW),
        array_at(s[14], (s[15],), np.int64),
    )
