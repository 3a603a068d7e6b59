"""The catalogue: one module a rule, listed here and nowhere else.

A rule module declares ID, VERSION, TITLE, KIND (pattern, condition), TIER, ANSWERS (patterns), NEEDS (event types),
WANTS (what it is shown), KEY (one row of state per `market` or `position`: an owner in a market), BY_VENUE,
PARAMETERS and ROW (its state, a record dtype), and the functions `opens` (does this event start a suspicion?), `step`
(advance one row by one event; a score above 0 when the evidence is complete) and `explain`. Loops, tables and memory
are the engine's.

A rule that asks who bought and who sold WANTS `ON_LEGS` (KEY `position`, or `market` for pairs of owners): `event` and
`context` are then the same LEG record (engine/context.py), one for each owner's side of each execution. The first side
told does not know its counterparty yet, the second does. Rules about a market's prints whoever made them keep
`ON_TRADES`.

A rule of KEY `position` that WANTS `ON_ORDERS` says what its rows are `OPENED_BY`: the gates of engine/gates.py, each
with a function from the rule's parameters (times in ns) to the gate's bound. It is shown what passes one of them, and
all events of the owners it follows. A gate must let through whatever `opens` would take.
"""

from types import ModuleType
from typing import Final

from surveillance.rules import (
    abnormal_volume,
    clock_skew,
    excessive_order_to_trade,
    fat_finger,
    feed_staleness,
    flipping,
    front_running,
    half_space_trees,
    isolation_forest,
    layering,
    liquidity_evaporation,
    locked_crossed_market,
    marking_the_close,
    momentum_ignition,
    news_impact,
    painting_the_tape,
    pinging,
    pre_arranged_trading,
    price_breakout,
    price_gap,
    price_velocity,
    pump_and_dump,
    quote_stuffing,
    ramping,
    sequence_gap,
    spoofing,
    stub_quote,
    trade_through,
    volatility_spike,
    wash_trading,
    wide_spread,
    zscore_anomaly,
)

RULES: Final[tuple[ModuleType, ...]] = (
    spoofing,
    layering,
    quote_stuffing,
    wash_trading,
    pre_arranged_trading,
    painting_the_tape,
    front_running,
    flipping,
    pinging,
    excessive_order_to_trade,
    liquidity_evaporation,
    price_velocity,
    wide_spread,
    locked_crossed_market,
    trade_through,
    stub_quote,
    abnormal_volume,
    fat_finger,
    pump_and_dump,
    momentum_ignition,
    marking_the_close,
    ramping,
    volatility_spike,
    price_breakout,
    price_gap,
    news_impact,
    feed_staleness,
    sequence_gap,
    clock_skew,
    zscore_anomaly,
    half_space_trees,
    isolation_forest,
)
