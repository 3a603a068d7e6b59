"""What can be declared, what becomes of it, and what is refused."""

import tomllib

import pytest
from surveillance.declared.definition import DeclaredRule, ParametersWithRules
from surveillance.declared.features import FEATURES
from surveillance.engine import Engine
from surveillance.errors import ParameterError
from surveillance.reference import Instrument, Reference
from surveillance.rules import RULES

SHIPPED = {rule.ID: rule.PARAMETERS for rule in RULES}
HEAD = "[declared.mine]\ntitle = 'Mine'\nseverity = 'high'\nwindow_s = 60\n"
WHEN = "[[declared.mine.when]]\n"
SPREAD = WHEN + "feature = 'spread_bp'\nabove = 10\n"


def parameters(*texts: str) -> ParametersWithRules:
    return ParametersWithRules(SHIPPED, [tomllib.loads(text) for text in texts])


def rule(text: str) -> DeclaredRule:
    (found,) = parameters(text).declared_rules
    return found


def test_every_number_becomes_a_parameter_that_later_layers_tune() -> None:
    volume = WHEN + "feature = 'volume_multiple'\nabove = 3\nbefore = 7\n"
    alerts = WHEN + "rule = 'spoofing'\ncount = 2\n"
    found = parameters(
        HEAD + "cool_down_s = 90\n" + SPREAD + volume + alerts + SPREAD, "[venue.XNAS.mine]\nwindow_s = 30\n"
    )
    assert found.effective("mine") == {
        "score": 0.8,
        "window_s": 60,
        "spread_bp_above": 10,
        "volume_multiple_above": 3,
        "volume_multiple_before": 7,
        "spoofing_count": 2,
        "spread_bp_above_2": 10,
        "enabled": 1,
        "cool_down_s": 90,
    }
    assert found.effective("mine", None, "XNAS")["window_s"] == 30
    assert found.effective("spoofing") == parameters().effective("spoofing")


def test_tier_and_needs_follow_from_the_features() -> None:
    assert (rule(HEAD + SPREAD).tier, rule(HEAD + SPREAD).needs) == (0, ("order", "quote"))
    messages = rule(HEAD + SPREAD + WHEN + "feature = 'messages'\nabove = 1\n")
    assert (messages.tier, messages.needs) == (1, ("order", "quote"))


def test_a_later_layer_declares_a_rule_anew() -> None:
    both = parameters(HEAD + SPREAD, HEAD.replace("Mine", "Another") + SPREAD)
    assert [each.title for each in both.declared_rules] == ["Another"]


@pytest.mark.parametrize(
    "other",
    [
        HEAD + SPREAD.replace("above", "at_least"),
        HEAD + SPREAD.replace("10", "11"),
        HEAD.replace("60", "61") + SPREAD,
        HEAD + "kind = 'pattern'\n" + SPREAD,
        HEAD + WHEN + "rule = 'spoofing'\n",
        HEAD + WHEN + "rule = 'spoofing'\nmin_severity = 'high'\n",
    ],
)
def test_whatever_changes_alerts_changes_hash_and_digest(other: str) -> None:
    one, two = Engine(parameters(HEAD + SPREAD)), Engine(parameters(other))
    assert one.digest != two.digest


def test_the_venue_of_an_instrument_chooses_the_values() -> None:
    tuned = parameters(HEAD + SPREAD, "[venue.XNAS.mine]\nspread_bp_above = 20\n")
    engine = Engine(tuned, Reference((Instrument(symbol="A", venue="XNAS"), Instrument(symbol="B"))))
    assert engine._watcher is not None
    assert len(set(engine._watcher.hashes)) == 2


def test_an_engine_without_the_rules_that_one_needs_leaves_it_out() -> None:
    found = parameters(HEAD + WHEN + "rule = 'spoofing'\n")
    assert Engine(found, rules=[each for each in RULES if each.ID == "layering"])._watcher is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[declared]\nmine = 1\n", "must be a table"),
        ("declared = 1\n", "Write each rule as"),
        ("[declared.Mine]\n", "small letters"),
        (HEAD.replace("mine", "spoofing"), "there already"),
        ("[declared.mine]\nseverity = 'high'\nwindow_s = 60\n" + SPREAD, "needs a title"),
        (HEAD.replace("severity = 'high'\n", "") + SPREAD, "either severity"),
        (HEAD + "score = 0.5\n" + SPREAD, "either severity"),
        (HEAD.replace("'high'", "'grave'") + SPREAD, "low, medium, high, critical"),
        (HEAD.replace("severity = 'high'", "score = 1.5") + SPREAD, "0 to 1"),
        (HEAD.replace("window_s = 60\n", "") + SPREAD, "needs window_s"),
        (HEAD.replace("60", "'60'") + SPREAD, "must be a number"),
        (HEAD.replace("60", "0") + SPREAD, "lies outside"),
        (HEAD.replace("window_s", "windows") + SPREAD, "did you mean window_s"),
        (HEAD, "needs conditions"),
        (HEAD + "when = []\n", "needs conditions"),
        (HEAD + WHEN, "either a feature or a rule"),
        (HEAD + WHEN + "feature = 'spread'\nabove = 1\n", "did you mean spread_bp"),
        (HEAD + WHEN + "feature = 'spread_bp'\n", "exactly one of"),
        (HEAD + SPREAD + "below = 20\n", "exactly one of"),
        (HEAD + SPREAD + "over_s = 60\n", "takes no over_s"),
        (HEAD + SPREAD + "before = 6\n", "takes no before"),
        (HEAD + SPREAD + "interval = '1m'\n", "takes no interval"),
        (HEAD + SPREAD + "more = 6\n", "no key more"),
        (HEAD + WHEN + "feature = 'volume'\nabove = 1\ninterval = '2m'\n", "1s, 1m, 5m, 1h, 1d"),
        (HEAD + WHEN + "feature = 'cancel_share'\nabove = 2\n", "lies outside 0 to 1"),
        (HEAD + WHEN + "feature = 'price_move_bp'\nabove = 2\nover_s = 30\n", "lies outside 60"),
        (HEAD + WHEN + "rule = 'spoofin'\n", "did you mean spoofing"),
        (HEAD + WHEN + "rule = 'spoofing'\nmin_severity = 'grave'\n", "min_severity must be"),
        (HEAD + WHEN + "rule = 'spoofing'\ncount = 0\n", "lies outside 1"),
        (HEAD + WHEN + "rule = 'mine'\n", "no rule of the stream"),
        (HEAD + "same_party = true\n" + SPREAD, "same_party needs"),
        (HEAD + "same_party = 1\n" + SPREAD, "true or false"),
        (HEAD + "kind = 'rule'\n" + SPREAD, "condition or pattern"),
        (HEAD + "enabled = 2\n" + SPREAD, "lies outside"),
    ],
)
def test_a_bad_rule_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words) as refused:
        parameters(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("feature", FEATURES.values(), ids=list(FEATURES))
def test_every_feature_can_be_declared(feature: object) -> None:
    name = feature.name  # type: ignore[attr-defined]
    assert rule(HEAD + WHEN + f"feature = '{name}'\nat_least = 0\n").features == (feature,)
