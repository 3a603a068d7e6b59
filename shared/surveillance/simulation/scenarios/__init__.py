"""What can be played: one module a pattern with its near misses, and the quiet controls."""

from typing import Final

from surveillance.simulation.scenarios import (
    abnormal_volume,
    controls,
    feed_staleness,
    layering,
    price_velocity,
    quote_stuffing,
    sequence_gap,
    spoofing,
    wide_spread,
)
from surveillance.simulation.stage import ALERT, Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *spoofing.SCENARIOS,
    *layering.SCENARIOS,
    *quote_stuffing.SCENARIOS,
    *wide_spread.SCENARIOS,
    *price_velocity.SCENARIOS,
    *abnormal_volume.SCENARIOS,
    *feed_staleness.SCENARIOS,
    *sequence_gap.SCENARIOS,
    *controls.SCENARIOS,
)
BY_NAME: Final = {scenario.name: scenario for scenario in SCENARIOS}
PATTERNS: Final = tuple(scenario.name for scenario in SCENARIOS if scenario.expect == ALERT)
CONTROLS: Final = tuple(scenario.name for scenario in controls.SCENARIOS)
NEAR_MISSES: Final = tuple(name for name in BY_NAME if name not in PATTERNS and name not in CONTROLS)
