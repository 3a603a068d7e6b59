"""A declared rule alerts when all its conditions hold within its window, and tells what it saw."""

import tomllib
from typing import Any

import pytest
from surveillance.alerts import Alert, last_revisions
from surveillance.declared.definition import ParametersWithRules
from surveillance.engine import Engine
from surveillance.rules import RULES
from surveillance.wire import Decoded, table_of

from tests.rules import test_abnormal_volume, test_spoofing
from tests.rules.market import REFERENCE, START, Market

MINUTE_MS = 60_000


def rule(*conditions: str, window_s: float = 90, head: str = "") -> str:
    text = f"[declared.mine]\ntitle = 'Mine'\nseverity = 'high'\nwindow_s = {window_s}\n{head}"
    return text + "".join(f"\n[[declared.mine.when]]\n{one}\n" for one in conditions)


def found(market: Market, text: str, *more: str) -> list[Alert]:
    layers = [tomllib.loads(one) for one in (text, *more)]
    engine = Engine(ParametersWithRules({each.ID: each.PARAMETERS for each in RULES}, layers), REFERENCE)
    alerts = engine.feed(engine.new_state(), Decoded(table_of(market.events))).alerts
    return [alert for alert in last_revisions(alerts) if alert.rule == "mine"]


def minutes(*trades: tuple[float, float]) -> Market:
    """Trade once a minute, (price, size), and once more so that the last minute closes."""
    market = Market().quote(99.99, 100.01)
    for price, size in trades:
        market.trade(price, size, aggressor="buy").wait(MINUTE_MS)
    return market.trade(trades[-1][0], 1.0)


@pytest.mark.parametrize(
    ("condition", "trades", "count"),
    [
        ("feature = 'price_move_bp'\nat_least = 10", [(100, 1), (99.9, 1)], 1),
        ("feature = 'price_move_bp'\nabove = 10", [(100, 1), (99.9, 1)], 0),
        ("feature = 'price_change_bp'\nat_least = 10", [(100, 1), (99.9, 1)], 0),
        ("feature = 'price_change_bp'\nat_most = -10", [(100, 1), (99.9, 1)], 1),
        ("feature = 'price_change_bp'\nover_s = 120\nat_least = 20", [(100, 1), (100.1, 1), (100.2, 1)], 1),
        ("feature = 'price_change_bp'\nover_s = 180\nat_least = 0", [(100, 1), (100.1, 1), (100.2, 1)], 0),
        ("feature = 'price_range_bp'\nover_s = 120\nat_least = 10", [(100.1, 1), (100, 1)], 1),
        ("feature = 'volume'\nabove = 5", [(100, 5)], 0),
        ("feature = 'volume'\nabove = 5", [(100, 6)], 1),
        ("feature = 'money'\nat_least = 600", [(100, 6)], 1),
        ("feature = 'trade_count'\nat_least = 1", [(100, 6)], 1),
        ("feature = 'volume_multiple'\nbefore = 2\nat_least = 3", [(100, 2), (100, 4), (100, 9)], 1),
        ("feature = 'volume_multiple'\nbefore = 2\nabove = 3", [(100, 2), (100, 4), (100, 9)], 0),
        ("feature = 'volume_multiple'\nbefore = 3\nabove = 0", [(100, 2), (100, 4), (100, 9)], 0),
        ("feature = 'spread_bp'\nat_least = 2", [(100, 1)], 1),
        ("feature = 'spread_bp'\nabove = 2.001", [(100, 1)], 0),
        ("feature = 'aggressor_imbalance'\nat_least = 1", [(100, 1)], 1),
    ],
)
def test_a_condition_holds_at_its_threshold_and_not_past_it(condition: str, trades: Any, count: int) -> None:
    assert len(found(minutes(*trades), rule(condition))) == count


def test_a_mean_counts_minutes_without_a_trade_as_nothing() -> None:
    market = minutes((100, 4), (100, 4)).wait(3 * MINUTE_MS).trade(100, 9).wait(MINUTE_MS).trade(100, 1)
    (alert,) = found(market, rule("feature = 'volume_multiple'\nbefore = 4\nabove = 7"))
    assert alert.baselines["mean_volume"] == 1.25  # 4, 1 (the trade that closed the second minute), 0, 0


def orders(new: int, cancels: int, fills: int = 0) -> Market:
    market = Market()
    for number in range(new):
        market.new(f"o{number}", "buy", 99.0, 10.0, "eve-1").wait(10)
    for number in range(cancels):
        market.cancel(f"o{number}").wait(10)
    for number in range(fills):
        market.fill(f"o{new - 1 - number}", 99.0, 10.0).wait(10)
    return market.wait(MINUTE_MS).quote(99.0, 101.0)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("feature = 'messages'\nat_least = 13", 1),
        ("feature = 'messages'\nabove = 13", 0),
        ("feature = 'messages_per_trade'\nat_least = 13", 1),
        ("feature = 'cancel_share'\nat_least = 0.75", 1),
        ("feature = 'cancel_share'\nabove = 0.75", 0),
    ],
)
def test_order_flow_is_counted_by_the_minute(condition: str, count: int) -> None:
    assert len(found(orders(10, 3, 1), rule(condition))) == count


def test_messages_are_compared_with_the_minutes_before() -> None:
    market = Market().quote(99, 101)
    for count in (2, 0, 4, 9):
        for number in range(count):
            market.new(f"m{count}-{number}", "buy", 98.0, 1.0, "fund")
        market.quote(99, 101).wait(MINUTE_MS)
    market.quote(99, 101)
    (alert,) = found(market, rule("feature = 'message_multiple'\nbefore = 3\nabove = 4.4"))
    assert (alert.metrics["message_multiple"], alert.baselines["mean_message"]) == (4.5, 2.0)


MOVE, VOLUME = "feature = 'price_move_bp'\nat_least = 10", "feature = 'volume'\nat_least = 50"


@pytest.mark.parametrize(("apart", "count"), [(0, 1), (1, 1), (2, 0)])
def test_all_conditions_must_hold_within_the_window(apart: int, count: int) -> None:
    quiet = [(99.9, 1.0)] * max(apart - 1, 0)
    trades = [(100, 1), (99.9, 50.0 if not apart else 1.0), *quiet, *([(99.9, 50.0)] if apart else [])]
    assert len(found(minutes(*trades), rule(MOVE, VOLUME, window_s=60))) == count


def test_a_session_begins_with_nothing() -> None:
    market = minutes((100, 1), (99.9, 1))
    market.status("closed").wait(1000).status("open").trade(99.9, 60).wait(MINUTE_MS).trade(99.9, 1)
    assert found(market, rule(MOVE, VOLUME, window_s=3600)) == []


def test_a_story_tells_every_condition_beside_its_threshold() -> None:
    (alert,) = found(minutes((100, 1), (99.9, 60)), rule(MOVE, VOLUME))
    assert alert.explanation.splitlines() == [
        "1. The declared rule “Mine” holds for AAA: its 2 conditions held within 90.0 s of each other, the last at "
        "14:32:00.000 UTC (09:32:00 EST).",
        "2. The price move over the 60.0 s to 14:32:00.000 UTC (09:32:00 EST) was 10 bp (threshold: at least 10 bp).",
        "3. The volume in the 1m bar that ended at 14:32:00.000 UTC (09:32:00 EST) was 60 units (threshold: at least "
        "50 units).",
        "4. The evidence is of data tier 0: trades and best prices.",
    ]
    assert alert.metrics == {"price_move_bp": pytest.approx(10), "volume": 60}
    assert alert.thresholds["price_move_bp_at_least"] == 10
    assert (alert.start_ts, alert.detected_ts) == (START + 60 * 10**9, START + 120 * 10**9)
    assert (alert.severity, alert.score, alert.venue, alert.accounts) == ("high", 0.8, "XNAS", [])


def test_evidence_that_goes_on_is_one_alert_with_revisions() -> None:
    (alert,) = found(minutes((100, 60), (100, 60), (100, 60)), rule(VOLUME))
    assert alert.revision == 3
    two = found(minutes((100, 60), (100, 1), (100, 1), (100, 1), (100, 60)), rule(VOLUME))
    assert [alert.revision for alert in two] == [1, 1]


SPOOF = "rule = 'spoofing'"


def spoofed() -> Market:
    market = test_spoofing.scene()
    return market.wait(MINUTE_MS).quote(99.9, 100.1).wait(MINUTE_MS).quote(99.9, 100.1)


def test_alerts_of_another_rule_are_evidence() -> None:
    (alert,) = found(spoofed(), rule(SPOOF))
    (spoofing,) = test_spoofing.scene().alerts("spoofing")
    assert set(alert.order_ids) == set(spoofing.order_ids)
    assert alert.accounts == spoofing.accounts
    assert alert.data_tier == spoofing.data_tier
    assert "There was 1 alert of spoofing" in alert.explanation


def test_too_few_alerts_hold_nothing() -> None:
    assert found(spoofed(), rule(f"{SPOOF}\ncount = 2")) == []


@pytest.mark.parametrize(("severity", "count"), [("low", 1), ("medium", 0)])
def test_alerts_below_the_severity_do_not_count(severity: str, count: int) -> None:
    market = test_abnormal_volume.bars([100.0] * 20 + [350.0])
    assert len(found(market, rule(f"rule = 'abnormal_volume'\nmin_severity = '{severity}'"))) == count


def test_alerts_and_features_must_meet_in_the_window() -> None:
    spread = "feature = 'messages'\nat_least = 1"
    assert len(found(spoofed(), rule(SPOOF, spread, window_s=120))) == 1
    assert found(spoofed(), rule(SPOOF, "feature = 'messages'\nat_least = 5000", window_s=120)) == []


def test_the_same_party_is_named() -> None:
    (alert,) = found(spoofed(), rule(SPOOF, head="same_party = true\n"))
    assert "by Eve" in alert.explanation
    assert alert.accounts


def test_alerts_of_two_parties_are_not_of_the_same() -> None:
    market = spoofed()
    other = [
        {**event, "ts": event["ts"] + 20 * 10**9, "order_id": f"other-{event['order_id']}"}
        | ({"account": "fund"} if "account" in event else {})
        for event in test_spoofing.scene().events[60:]
    ]
    market.events = sorted([*market.events, *other], key=lambda event: event["ts"])
    assert len(found(market, rule(f"{SPOOF}\ncount = 2"))) == 1
    assert found(market, rule(f"{SPOOF}\ncount = 2", head="same_party = true\n")) == []


BUSY = "feature = 'messages'\nat_least = 1"


def busy_minute_then_spoofing() -> Market:
    """A minute with a message, spoofing some seven seconds into the next, and the turn of that one."""
    market = spoofed()
    market.events.insert(0, {**market.events[0], "ts": START - 30 * 10**9, "order_id": "early", "price": 90.0})
    return market


def test_what_a_chunk_tells_is_looked_at_in_the_order_of_its_events() -> None:
    (alert,) = found(busy_minute_then_spoofing(), rule(SPOOF, BUSY, window_s=55))
    assert alert.revision == 2  # at the alert, after the minute before it, and at the end of its own
    assert alert.detected_ts < START + 10 * 10**9


def test_a_longer_window_of_another_rule_keeps_nothing_alive_for_this_one() -> None:
    long = rule(SPOOF, window_s=3600).replace("declared.mine", "declared.other")
    assert found(spoofed(), rule(SPOOF, BUSY, window_s=30), long) == []
    assert len(found(spoofed(), rule(SPOOF, BUSY, window_s=59), long)) == 1


def test_minutes_without_any_event_are_in_the_mean_of_messages() -> None:
    market = Market()
    for count, minutes_on in ((4, 2), (2, 1)):
        for number in range(count):
            market.new(f"m{count}-{number}", "buy", 98.0, 1.0, "fund")
        market.wait(minutes_on * MINUTE_MS)
    (alert,) = found(market.quote(99, 101), rule("feature = 'message_multiple'\nbefore = 2\nat_least = 1"))
    assert alert.baselines["mean_message"] == 2.0  # 4 and nothing


def test_a_disabled_rule_and_another_venues_values_are_obeyed() -> None:
    market = minutes((100, 60))
    assert found(market, rule(VOLUME, head="enabled = 0\n")) == []
    assert found(market, rule(VOLUME), "[venue.XNAS.mine]\nvolume_at_least = 61\n") == []
    assert len(found(market, rule(VOLUME), "[venue.XNYS.mine]\nvolume_at_least = 61\n")) == 1


def test_a_rule_says_what_the_input_lacks() -> None:
    layers = [tomllib.loads(rule("feature = 'messages'\nabove = 1"))]
    engine = Engine(ParametersWithRules({each.ID: each.PARAMETERS for each in RULES}, layers), REFERENCE)
    state = engine.new_state()
    engine.feed(state, Decoded(table_of(minutes((100, 1)).events)))
    assert engine.not_applicable(state)["mine"] == "the input has no orders"


def test_what_a_failed_batch_heard_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [tomllib.loads(rule(SPOOF))]
    engine = Engine(ParametersWithRules({each.ID: each.PARAMETERS for each in RULES}, layers), REFERENCE)

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_show_declared", fail)
        with pytest.raises(RuntimeError):
            engine.feed(engine.new_state(), Decoded(table_of(spoofed().events)))
    quiet = engine.feed(engine.new_state(), Decoded(table_of(minutes((100, 1)).events)))
    assert quiet.alerts == []
