"""Promise: scores are scikit-learn's; a minute unlike ordinary ones is told with what makes it so, by a named model."""

import msgspec
import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from surveillance import models
from surveillance.anomaly.forest import decode, encode
from surveillance.batch import isolation_training
from surveillance.engine import default_parameters
from surveillance.engine.scan import HEADER
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.errors import InputError, ParameterError
from surveillance.parameters import Parameters
from surveillance.rules import isolation_forest as rule

from tests.rules.market import Market
from tests.rules.minutes import end, minute, ordinary, unlike

RULE = "isolation_forest"


def scene() -> Market:
    """Ordinary minutes and one unlike them."""
    return unlike(ordinary())


def some_minutes(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).gamma(0.5, 1.0, (count, len(MINUTE_FIGURES))).astype(np.float32)


def test_kernel_scores_as_scikit_learn_does(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = IsolationForest(n_estimators=20, max_samples=64, random_state=isolation_training.SEED)
    grown.fit(some_minutes(500))
    forest = decode(encode(isolation_training.train(some_minutes(500), 20, 64, {})))
    figure, cut, second = forest.arrays()
    for name, value in {
        "FIRST": forest.first,
        "FIGURE": figure,
        "CUT": cut,
        "SECOND": second,
        "TREES": 20,
        "USUAL_LENGTH": forest.usual_length,
    }.items():
        monkeypatch.setattr(rule, name, value)
    row = np.zeros(1, np.dtype(HEADER + rule.ROW, align=True)).view(np.recarray)[0]
    places = np.concatenate([some_minutes(200, 2), some_minutes(20, 3) * 9])
    for at, score in zip(places, grown.score_samples(places), strict=True):
        row.at[:] = at
        assert rule._score(row) == pytest.approx(-score, abs=1e-9)


def test_training_again_gives_the_same_model() -> None:
    one, again = (isolation_training.train(some_minutes(300), 5, 64, {"source": "test"}) for _ in range(2))
    assert encode(one) == encode(again)
    assert one.digest != isolation_training.train(some_minutes(300, 2), 5, 64, {}).digest


def test_too_few_minutes_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        isolation_training.train(some_minutes(20), 5, 64, {})


def test_shipped_model_is_of_todays_figures_and_says_where_it_comes_from() -> None:
    assert rule.MODEL.figures == MINUTE_FIGURES
    assert {"scikit_learn", "seed", "minutes", "source"} <= set(rule.MODEL.provenance)


def test_damaged_model_is_refused() -> None:
    data = msgspec.json.decode(models.ISOLATION_FOREST.read_bytes())
    with pytest.raises(InputError, match="damaged"):
        decode(msgspec.json.encode(data | {"samples": 128}))
    with pytest.raises(InputError, match="format 2"):
        decode(msgspec.json.encode(data | {"format": 2}))
    with pytest.raises(InputError, match="can't be read"):
        decode(b"{}")


def test_alerts_of_another_model_are_others() -> None:
    model = next(each for each in rule.PARAMETERS if each.name == "model")
    other = msgspec.structs.replace(model, default=model.default + 1, minimum=0, maximum=2**32)
    declared = [each for each in rule.PARAMETERS if each.name != "model"]
    assert default_parameters().hash(RULE) != Parameters({RULE: [*declared, other]}).hash(RULE)


def test_parameters_made_for_another_model_are_refused() -> None:
    with pytest.raises(ParameterError, match="model"):
        Parameters({RULE: rule.PARAMETERS}, [{RULE: {"model": 7}}])


def test_unusual_minute_is_told_with_the_figures_that_drove_it() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.severity in ("medium", "high")
    assert alert.metrics["score"] >= alert.thresholds["high_score"]
    assert {"messages", "imbalance", "order_size"} <= set(alert.baselines)
    assert f"the model {rule.NUMBER} was trained" in alert.explanation


def test_ordinary_minutes_are_quiet() -> None:
    assert end(ordinary(70)).alerts(RULE) == []


def test_session_is_learnt_first() -> None:
    assert unlike(ordinary(19)).alerts(RULE) == []


def test_one_figure_alone_is_low_at_most() -> None:
    alerts = end(minute(ordinary(), 1000, half=0.05)).alerts(RULE, min_score=0.3)
    assert [alert.severity for alert in alerts] == ["low"]


def test_thresholds_are_reached_exactly() -> None:
    (alert,) = scene().alerts(RULE)
    score = alert.metrics["score"]
    assert [a.severity != "low" for a in scene().alerts(RULE, high_score=score)] == [True]
    assert [a.severity for a in scene().alerts(RULE, high_score=score + 1e-9)] == ["low"]
    assert scene().alerts(RULE, min_score=score + 1e-9, high_score=1) == []
