"""Z-score anomaly: for two minutes a market is far busier than all session, its new orders one-sided, nothing is said.

rules.md, `zscore_anomaly`, gives no size: four times as many orders and trades, and as many again as usual of five
times the usual size, all on one side.
"""

from surveillance.events import SECOND
from surveillance.simulation.scenarios.unusual_minutes import LASTS_NS, enter_more, scenarios
from surveillance.simulation.stage import Stage

TIMES_RATE = 4.0
MORE_ORDERS = 1.0
TIMES_SIZE = 5.0


def _hurry(stage: Stage, times_rate: float, times_size: float) -> None:
    end = stage.start + LASTS_NS
    stage.script.intensity(stage.start, end, times_rate)
    if times_size:
        enter_more(stage, MORE_ORDERS, times_size, (stage.side(),))
    stage.lasts_until(end)


def hurry(stage: Stage) -> None:
    """The pattern."""
    _hurry(stage, 1.0 + stage.larger(TIMES_RATE - 1.0), stage.larger(TIMES_SIZE))


def hurry_a_little(stage: Stage) -> None:
    """All but the size."""
    _hurry(stage, 1.15, 0.0)


def hurry_on_news(stage: Stage) -> None:
    """All but the silence: a story explains it."""
    stage.events.append(
        {
            "type": "news",
            "symbol": stage.instrument.symbol,
            "ts": stage.start - SECOND,
            "news_id": f"H{stage.start // SECOND}",
            "headline": f"{stage.instrument.symbol}: results for the quarter",
            "source": "simulated",
            "sentiment": 0.3,
        }
    )
    _hurry(stage, TIMES_RATE, TIMES_SIZE)


SCENARIOS = scenarios(("zscore_anomaly", hurry), ("hurry_a_little", hurry_a_little), ("hurry_on_news", hurry_on_news))
