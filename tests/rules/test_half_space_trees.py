"""Promise: scores are River's; a minute in an empty part of the space is told with the figures that put it there."""

import numpy as np
import pytest
from river.anomaly import HalfSpaceTrees
from surveillance.anomaly.half_space import plant
from surveillance.engine.scan import HEADER
from surveillance.rules import half_space_trees as rule

from tests.rules.market import Market
from tests.rules.minutes import end, minute, ordinary, unlike

RULE = "half_space_trees"


def scene() -> Market:
    """Ordinary minutes and one unlike them."""
    return unlike(ordinary(36))


def test_trees_and_scores_are_rivers() -> None:
    theirs = HalfSpaceTrees(n_trees=rule.TREES, height=rule.HEIGHT, window_size=rule.WINDOW, seed=rule.SEED)
    row = np.zeros(1, np.dtype(HEADER + rule.ROW, align=True)).view(np.recarray)[0]
    chance = np.random.default_rng(4)
    for number in range(5 * rule.WINDOW + 7):
        at = chance.beta(1, 6, rule.FIGURES) if number % 9 else chance.uniform(0, 1, rule.FIGURES)
        row.at[:] = at
        named = dict(enumerate(at.tolist()))
        if row.windows:
            assert rule._score(row) == pytest.approx(theirs.score_one(named), abs=1e-12)
        rule._learn(row)
        theirs.learn_one(named)
    assert row.windows == 5


def test_trees_of_a_seed_are_always_the_same() -> None:
    figure, cut = plant(2, 3, 4, 7)
    again = plant(2, 3, 4, 7)
    assert (figure == again[0]).all()
    assert (cut == again[1]).all()
    assert figure.shape == cut.shape == (2, 7)
    assert not (cut == plant(2, 3, 4, 8)[1]).all()
    assert ((cut > 0) & (cut < 1)).all()


def test_unusual_minute_is_told_with_the_figures_that_drove_it() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.severity in ("medium", "high")
    assert alert.metrics["score"] >= alert.thresholds["high_score"]
    assert {"messages", "imbalance", "order_size"} <= set(alert.baselines)
    assert "together lay where few of its last 20 minutes lay: score" in alert.explanation


def test_ordinary_minutes_are_quiet() -> None:
    assert end(ordinary(70)).alerts(RULE) == []


def test_nothing_is_told_before_a_window_is_learnt() -> None:
    assert unlike(ordinary(28)).alerts(RULE) == []


def test_one_figure_alone_is_low_at_most() -> None:
    alerts = end(minute(ordinary(36), 1000, half=0.05)).alerts(RULE, min_score=0.3)
    assert [alert.severity for alert in alerts] == ["low"]


def test_what_becomes_usual_is_no_longer_told() -> None:
    market = ordinary(36)
    assert len(Market.alerts(unlike(market, 90), RULE)) >= 1
    last = max(alert.end_ts for alert in market.alerts(RULE))
    assert last < market.ts - 30 * 60_000_000_000


def test_story_explains_the_minute() -> None:
    market = ordinary(36)
    market.events.append({"type": "news", "symbol": "AAA", "ts": market.ts, "news_id": "n", "sentiment": 0.5})
    (alert,) = unlike(market).alerts(RULE)
    assert alert.severity == "low"


def test_thresholds_are_reached_exactly() -> None:
    (alert,) = scene().alerts(RULE)
    score = alert.metrics["score"]
    assert [a.severity != "low" for a in scene().alerts(RULE, high_score=score)] == [True]
    assert [a.severity for a in scene().alerts(RULE, high_score=score + 1e-9)] == ["low"]
    assert len(scene().alerts(RULE, min_score=score)) == 1
    assert scene().alerts(RULE, min_score=score + 1e-9, high_score=1) == []
