"""News impact: bad news, then heavy trading and a move.

Start values: rules.md, `news_impact`: sentiment -.5 (here -.65, to lie beyond it), three times the mean volume, and a
move of 1.5 σ of the ten minutes in which it counts.
"""

from math import sqrt

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.scenarios.heavy_trading import trade_heavily
from surveillance.simulation.stage import ALERT, QUIET, Scenario, Stage

SENTIMENT = 0.65
TIMES_MEAN_VOLUME = 3.0
SIGMAS = 1.5
WITHIN_NS = 10 * MINUTE
LEAN = 0.5
MOVES_NS = 30 * SECOND
MODERATE_VOLUME = 1.2
MODERATE_SIGMAS = 0.6
"""Enough for the condition, not enough to be abnormal by themselves."""
HEADLINES = (
    "Regulator opens investigation into accounting",
    "Company withdraws its outlook after a weak quarter",
    "Largest customer ends its contract",
)


def _publish(stage: Stage, sentiment: float, volume: float, sigmas: float) -> None:
    symbol = stage.instrument.symbol
    published = stage.start + 2 * SECOND
    headline = HEADLINES[int(stage.chance.integers(len(HEADLINES)))]
    stage.events.append(
        {
            "type": "news",
            "symbol": symbol,
            "ts": published,
            "news_id": f"N{published // SECOND}-{stage.tag}",
            "headline": f"{symbol}: {headline}",
            "source": "simulated",
            "sentiment": round(sentiment, 3),
        }
    )
    if volume > 0:
        trade_heavily(stage, stage.start + 3 * SECOND, volume, -LEAN if sigmas else 0.0)
    ticks = sigmas * stage.instrument.ticks_per_root_second * sqrt(WITHIN_NS / SECOND)
    moves = stage.start + 4 * SECOND
    stage.keep_up(moves, stage.start + 2 * MINUTE)
    if ticks:
        stage.script.drift(moves, moves + MOVES_NS, -ticks)
    else:
        stage.quiet_market(stage.start + MINUTE)
    stage.lasts_until(stage.start + 2 * MINUTE)


def publish(stage: Stage) -> None:
    """The pattern."""
    _publish(stage, -stage.share(SENTIMENT), stage.larger(TIMES_MEAN_VOLUME), stage.larger(SIGMAS))


def publish_good_news(stage: Stage) -> None:
    """All but bad."""
    _publish(stage, SENTIMENT, MODERATE_VOLUME, MODERATE_SIGMAS)


def publish_without_volume(stage: Stage) -> None:
    """All but the volume."""
    _publish(stage, -SENTIMENT, 0.0, MODERATE_SIGMAS)


def publish_without_move(stage: Stage) -> None:
    """All but the move."""
    _publish(stage, -SENTIMENT, MODERATE_VOLUME, 0.0)


_LONGEST_NS = WITHIN_NS + MINUTE
"""So that stories stay apart and what else happens is not taken for their impact."""
SCENARIOS = tuple(
    Scenario(name, expect, play, _LONGEST_NS, 20 * MINUTE, aligned_ns=MINUTE, names_orders=False, fixed_length=True)
    for name, expect, play in (
        ("news_impact", ALERT, publish),
        ("good_news", QUIET, publish_good_news),
        ("news_without_volume", QUIET, publish_without_volume),
        ("news_without_move", QUIET, publish_without_move),
    )
)
