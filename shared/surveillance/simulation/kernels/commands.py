"""The script of a scenario as rows: columns, verbs, anchors and measures. `script.py` writes the rows, `director.py`
plays them in the running market.

A command runs at TIME, or, if it waits for an order (`WHEN` is not 0), as soon as that order is filled, gone or
threatened (never before TIME), and at the latest at DEADLINE if `OTHERWISE` is 1. It runs TIMES times, EVERY apart.
"""

from typing import Final

VERB: Final = 0
TIME: Final = 1
TAG: Final = 2
ACCOUNT: Final = 3
"""An account's number; -1 = any client, drawn anew each time."""
SIDE: Final = 4
HANDLE: Final = 5
"""The order that is entered, cancelled or replaced, by the script's own number; -1 = none."""
ANCHOR: Final = 6
OFFSET: Final = 7
"""Ticks from the anchor towards the order's own side: away from a trade if positive."""
ANCHOR_HANDLE: Final = 8
MEASURE: Final = 9
AMOUNT: Final = 10
"""Shares, or parts per million of what the measure names; also the amount of a condition."""
MEASURE_HANDLE: Final = 11
WHEN: Final = 12
WHEN_HANDLE: Final = 13
DELAY: Final = 14
JITTER: Final = 15
"""Each run is late by a random time up to this."""
DEADLINE: Final = 16
OTHERWISE: Final = 17
TIMES: Final = 18
EVERY: Final = 19
LIFE: Final = 20
"""The order is cancelled after this time; 0 = it stays."""
TIME_IN_FORCE: Final = 21
POST_ONLY: Final = 22
MAY_SELF_TRADE: Final = 23
UNTIL: Final = 24
FIRED: Final = 25
NEXT_WAITING: Final = 26
"""The next command that waits for the same order, -1 = none."""
AT_LEAST: Final = 27
"""Shares below which a size measured by something else does not fall."""
BEGAN: Final = 28
"""What had traded when a command of PARTICIPATION first ran, and in all what it has asked for."""
ASKED: Final = 29
COMMAND_FIELDS: Final = 30

# verbs on orders
ENTER: Final = 1
CANCEL: Final = 2
REPLACE: Final = 3
# verbs on the market around them
MUTE: Final = 4
"""The account's background agent enters nothing until UNTIL."""
DRIFT: Final = 5
"""Fair value moves by AMOUNT thousandths of a tick, evenly until UNTIL."""
VOLATILITY: Final = 6
"""Fair value's volatility is AMOUNT millionths of the usual until UNTIL."""
INTENSITY: Final = 7
"""The background's rate is AMOUNT millionths of the usual until UNTIL."""
PRESSURE: Final = 8
"""Background market orders lean by AMOUNT millionths towards buying until UNTIL."""
WIDEN: Final = 9
"""Everybody stays so far from the mid that the spread is AMOUNT millionths of the usual until UNTIL."""
PAUSE: Final = 10
"""Nothing happens until UNTIL."""
SCATTER: Final = 11
"""AMOUNT millionths of the background's open orders are cancelled within EVERY."""
ACCEPT: Final = 12
"""Fair value becomes the mid: the market finds the price right."""
CONCEDE: Final = 13
"""The background's open orders that fair value has passed are cancelled within EVERY."""

# anchors: what a price is relative to
MARKET: Final = 0
TICKS: Final = 1
OWN_BEST: Final = 2
OPPOSITE_BEST: Final = 3
INSIDE: Final = 4
"""One tick better than the own side's best where the spread has room, else at it."""
MID: Final = 5
ORDER: Final = 6
"""The price of another order of the script."""

# measures: what a size is a share of
SHARES: Final = 0
OWN_DEPTH: Final = 1
"""All that others show on the order's side."""
OPPOSITE_BEST_SIZE: Final = 2
OWN_BEST_SIZE: Final = 3
REACH: Final = 4
"""All that stands before the order in the queue, and the share of the order's own open quantity."""
BAR_VOLUME: Final = 5
"""The mean volume of the last twenty whole minutes."""
EXECUTED: Final = 6
"""What was executed of an order."""
PARTICIPATION: Final = 7
"""What others trade from one run to the next; for the first, what usually trades in that time."""

# what a command may wait for
FILLED: Final = 1
GONE: Final = 2
THREATENED: Final = 3
"""The order has come to be at the best price of its side."""
