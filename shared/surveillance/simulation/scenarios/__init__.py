"""What can be played: one module a pattern with its near misses, and the quiet controls."""

from typing import Final

from surveillance.simulation.scenarios import (
    abnormal_volume,
    circular_trading,
    clock_skew,
    controls,
    cross_product_spoofing,
    excessive_order_to_trade,
    fat_finger,
    feed_staleness,
    flipping,
    front_running,
    half_space_trees,
    insider_trading,
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
from surveillance.simulation.stage import ALERT, Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *spoofing.SCENARIOS,
    *layering.SCENARIOS,
    *quote_stuffing.SCENARIOS,
    *wash_trading.SCENARIOS,
    *pre_arranged_trading.SCENARIOS,
    *painting_the_tape.SCENARIOS,
    *front_running.SCENARIOS,
    *flipping.SCENARIOS,
    *pinging.SCENARIOS,
    *excessive_order_to_trade.SCENARIOS,
    *liquidity_evaporation.SCENARIOS,
    *wide_spread.SCENARIOS,
    *price_velocity.SCENARIOS,
    *abnormal_volume.SCENARIOS,
    *feed_staleness.SCENARIOS,
    *sequence_gap.SCENARIOS,
    *fat_finger.SCENARIOS,
    *pump_and_dump.SCENARIOS,
    *momentum_ignition.SCENARIOS,
    *marking_the_close.SCENARIOS,
    *ramping.SCENARIOS,
    *locked_crossed_market.SCENARIOS,
    *trade_through.SCENARIOS,
    *stub_quote.SCENARIOS,
    *volatility_spike.SCENARIOS,
    *price_breakout.SCENARIOS,
    *price_gap.SCENARIOS,
    *news_impact.SCENARIOS,
    *clock_skew.SCENARIOS,
    *zscore_anomaly.SCENARIOS,
    *half_space_trees.SCENARIOS,
    *isolation_forest.SCENARIOS,
    *controls.SCENARIOS,
)
BATCH_SCENARIOS: Final[tuple[Scenario, ...]] = (
    *circular_trading.SCENARIOS,
    *cross_product_spoofing.SCENARIOS,
    *insider_trading.SCENARIOS,
)
"""For rules that look over hours or days at once; played only where they are asked for."""
BY_NAME: Final = {scenario.name: scenario for scenario in SCENARIOS}
PLAYABLE: Final = BY_NAME | {scenario.name: scenario for scenario in BATCH_SCENARIOS}
BATCH_PATTERNS: Final = tuple(scenario.name for scenario in BATCH_SCENARIOS if scenario.expect == ALERT)
PATTERNS: Final = tuple(s.name for s in SCENARIOS if s.expect == ALERT and s.labelled == s.name)
CASES: Final = tuple(s.name for s in SCENARIOS if s.expect == ALERT and s.labelled != s.name)
"""Enforcement cases at their documented sizes; their labels name the pattern they are a case of."""
CONTROLS: Final = tuple(scenario.name for scenario in controls.SCENARIOS)
NEAR_MISSES: Final = tuple(name for name in BY_NAME if name not in (*PATTERNS, *CASES, *CONTROLS))
ALWAYS_QUIET: Final = (*CONTROLS, "index_rebalance", "vwap_slicing")
"""What rules.md wants nothing said of, whatever it looks like."""


def family(pattern: str) -> tuple[str, ...]:
    """Name a pattern with the near misses and cases of its module."""
    module = PLAYABLE[pattern].play.__module__
    patterns = (*PATTERNS, *BATCH_PATTERNS)
    others = (s.name for s in PLAYABLE.values() if s.play.__module__ == module and s.name not in patterns)
    return (pattern, *others)
