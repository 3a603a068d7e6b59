"""Promise: how events are cut, restored, swept and spread over lanes changes no alert.

Evidence is real, and memory is bounded.

Each rule is tested on a scene of its own hidden in noise, and all of them on adversarial streams at eager parameters.
Compiled kernels are held against plain Python by the oracle, which is written apart from them.
"""

from collections import Counter
from random import Random
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from surveillance.alerts import Alert
from surveillance.engine import Engine, default_parameters
from surveillance.errors import StateError
from surveillance.events import SECOND
from surveillance.rules import RULES
from surveillance.wire import Decoded

from tests.engine.runs import Event, contents, decoded, run, run_in_lanes, run_with
from tests.rules import (
    test_abnormal_volume,
    test_excessive_order_to_trade,
    test_fat_finger,
    test_feed_rules,
    test_flipping,
    test_front_running,
    test_half_space_trees,
    test_isolation_forest,
    test_layering,
    test_liquidity_evaporation,
    test_locked_crossed_market,
    test_marking_the_close,
    test_momentum_ignition,
    test_news_impact,
    test_painting_the_tape,
    test_pinging,
    test_pre_arranged_trading,
    test_price_breakout,
    test_price_gap,
    test_price_velocity,
    test_pump_and_dump,
    test_quote_stuffing,
    test_ramping,
    test_spoofing,
    test_stub_quote,
    test_trade_through,
    test_volatility_spike,
    test_wash_trading,
    test_wide_spread,
    test_zscore_anomaly,
)
from tests.rules.market import REFERENCE as SCENE_REFERENCE
from tests.strategies import REFERENCE, START, adversarial, eager_parameters, hidden_in, quiet_flow

SCENES: dict[str, list[Event]] = {
    "spoofing": test_spoofing.scene().events,
    "layering": test_layering.scene().events,
    "quote_stuffing": test_quote_stuffing.flood(90).events,
    "wash_trading": test_wash_trading.scene().events,
    "pre_arranged_trading": test_pre_arranged_trading.scene().events,
    "painting_the_tape": test_painting_the_tape.scene().events,
    "front_running": test_front_running.scene().events,
    "flipping": test_flipping.scene().events,
    "pinging": test_pinging.scene().events,
    "excessive_order_to_trade": test_excessive_order_to_trade.scene(orders=210).events,
    "liquidity_evaporation": test_liquidity_evaporation.scene().events,
    "price_velocity": test_price_velocity.rise().events,
    "wide_spread": test_wide_spread.usual().quote(99.5, 100.5).wait(5000).quote(99.5, 100.5).events,
    "abnormal_volume": test_abnormal_volume.bars([100.0] * 20 + [350.0]).events,
    "fat_finger": test_fat_finger.away(95.0).events,
    "pump_and_dump": test_pump_and_dump.dump(test_pump_and_dump.rush(test_pump_and_dump.quiet_hours())).events,
    "momentum_ignition": test_momentum_ignition.scene().events,
    "marking_the_close": test_marking_the_close.close().events,
    "ramping": test_ramping.run().events,
    "feed_staleness": test_feed_rules.silence(5 * SECOND).events,
    "sequence_gap": test_feed_rules.gap(12).events,
    "clock_skew": test_feed_rules.skewed(7 * SECOND).events,
    "zscore_anomaly": test_zscore_anomaly.scene().events,
    "half_space_trees": test_half_space_trees.scene().events,
    "isolation_forest": test_isolation_forest.scene().events,
    "locked_crossed_market": test_locked_crossed_market.venues(100.25).events,
    "trade_through": test_trade_through.printed(99.75).events,
    "stub_quote": test_stub_quote.away(80.0, 120.0).events,
    "volatility_spike": test_volatility_spike.bars(test_volatility_spike.jump()).events,
    "price_breakout": test_price_breakout.bar(test_price_breakout.channel(), 103.0, 200).events,
    "price_gap": test_price_gap.daily([100.0, 103.0]).events,
    "news_impact": test_news_impact.minute(test_news_impact.story(test_news_impact.quiet()), 99.0, 400).events,
}
OF_WHOLE_MINUTES = ("zscore_anomaly", "half_space_trees", "isolation_forest")
EAGER = eager_parameters()
DEFAULTS = default_parameters()
EAGER_ENGINE = Engine(EAGER, REFERENCE)
SCENE_ENGINE = Engine(DEFAULTS, SCENE_REFERENCE)
NAMES = [rule.ID for rule in RULES]
SEEDS = range(4)


def scene(rule: str) -> list[Event]:
    """Hide a rule's scene in the flow of other people and other symbols."""
    elsewhere = rule in ("wide_spread", "liquidity_evaporation", *OF_WHOLE_MINUTES)
    noise = quiet_flow(len(rule), 600, symbols=("ZZZ",) if elsewhere else ("AAA", "ZZZ"))
    return hidden_in(noise, SCENES[rule])


def cases() -> list[Any]:
    hidden = [pytest.param(SCENE_ENGINE, scene(rule), id=rule) for rule in NAMES]
    return hidden + [pytest.param(EAGER_ENGINE, adversarial(seed, 900), id=f"adversarial {seed}") for seed in SEEDS]


def cuts(events: list[Event], seed: int, count: int = 25) -> list[int]:
    return [Random(seed).randrange(len(events) + 1) for _ in range(count)]


def test_every_rule_has_a_scene() -> None:
    assert set(SCENES) == set(NAMES)


@pytest.mark.parametrize("rule", NAMES)
def test_scene_hidden_in_noise_alerts(rule: str) -> None:
    assert Counter(alert.rule for alert in run(SCENE_ENGINE, scene(rule)))[rule] == 1


@pytest.mark.parametrize(("engine", "events"), cases())
def test_any_split_gives_the_same_alerts(engine: Engine, events: list[Event]) -> None:
    whole = contents(run(engine, events))
    assert whole
    for seed in range(3):
        assert contents(run(engine, events, cuts(events, seed))) == whole
    assert contents(run(engine, events[:300], range(300))) == contents(run(engine, events[:300]))


@pytest.mark.parametrize(("engine", "events"), cases())
def test_save_and_load_anywhere_gives_the_same_alerts(engine: Engine, events: list[Event]) -> None:
    restored = run_with(engine, events, cuts(events, 7), lambda state: engine.load(engine.save(state)))
    assert contents(restored) == contents(run(engine, events))


@pytest.mark.parametrize(("engine", "events"), cases())
def test_sweep_anywhere_gives_the_same_alerts(engine: Engine, events: list[Event]) -> None:
    def swept(state: Any) -> Any:
        engine.sweep(state)
        return state

    assert contents(run_with(engine, events, cuts(events, 8), swept)) == contents(run(engine, events))


@pytest.mark.parametrize(("engine", "events"), cases())
def test_other_symbols_do_not_matter(engine: Engine, events: list[Event]) -> None:
    whole = run(engine, events)
    for symbol in {event["symbol"] for event in events} - {"*"}:
        # A producer numbers all its symbols: what repeats is found before symbols are looked at.
        own = without_repeats(events)
        alone = run(engine, [event for event in own if event["symbol"] in (symbol, "*")])
        assert of(symbol, alone) == of(symbol, whole)


def without_repeats(events: list[Event]) -> list[Event]:
    last: dict[str, int] = {}
    kept = []
    for event in events:
        if "number" in event:
            if event["number"] <= last.get(event["producer"], -1):
                continue
            last[event["producer"]] = event["number"]
        kept.append(event)
    return kept


def of(symbol: str, alerts: list[Alert]) -> list[dict[str, object]]:
    return contents(alert for alert in alerts if alert.symbol == symbol)


@pytest.mark.parametrize(("engine", "events"), cases())
def test_lane_count_does_not_matter(engine: Engine, events: list[Event]) -> None:
    events = [event for event in without_repeats(events) if event["symbol"] is not None]
    for event in events:
        event.pop("number", None)

    def with_lanes(lanes: int) -> Engine:
        return Engine(engine.parameters, engine.reference, lanes=lanes)

    whole = contents(run(engine, events))
    for lanes in (1, 3, 16):
        assert contents(run_in_lanes(with_lanes, events, lanes)) == whole


@pytest.mark.parametrize(("engine", "events"), cases())
def test_events_fed_again_change_nothing(engine: Engine, events: list[Event]) -> None:
    numbered = [event | {"producer": "feed", "number": number} for number, event in enumerate(events)]
    again = [event for start in range(0, len(numbered), 100) for event in numbered[max(0, start - 60) : start + 100]]
    assert contents(run(engine, again)) == contents(run(engine, numbered))


@pytest.mark.parametrize(("engine", "events"), cases())
def test_evidence_is_in_the_input(engine: Engine, events: list[Event]) -> None:
    orders = {event[name] for event in events for name in ("order_id", "previous_order_id") if event.get(name)}
    trades = {event["trade_id"] for event in events if event.get("trade_id")}
    named = ("account", "buy_account", "sell_account")
    accounts = {event[name] for event in events for name in named if event.get(name)}
    first, last = min(event["ts"] for event in events), max(event["ts"] for event in events)
    for alert in run(engine, events):
        assert set(alert.order_ids) <= orders
        assert set(alert.trade_ids) <= trades
        assert set(alert.accounts) <= accounts
        assert alert.start_ts <= alert.end_ts
        assert alert.start_ts <= alert.detected_ts <= max(last, alert.end_ts)
        assert alert.end_ts <= last + 60 * SECOND
        assert alert.start_ts >= first - 86_400 * SECOND
        assert len(alert.order_ids) == len(set(alert.order_ids)) == min(alert.order_count, 200)
        assert alert.explanation.startswith("1. ")
        assert "?" not in alert.explanation
        assert "nan" not in alert.explanation


@pytest.mark.parametrize("seed", SEEDS)
def test_one_order_is_evidence_of_one_episode_of_a_rule(seed: int) -> None:
    scenes = [event for rule in ("spoofing", "layering", "quote_stuffing") for event in SCENES[rule]]
    events = hidden_in(quiet_flow(seed, 2500, symbols=("AAA",), accounts=6), scenes)
    alerts = run(EAGER_ENGINE, events)
    assert len(alerts) > 10
    for rule in ("spoofing", "layering", "quote_stuffing"):
        used = Counter(name for alert in alerts if alert.rule == rule for name in alert.order_ids)
        assert not [name for name, times in used.items() if times > 1]


def test_revisions_handed_out_stay_as_they_were() -> None:
    events = adversarial(1, 1200)
    state = EAGER_ENGINE.new_state()
    kept: list[tuple[Alert, bytes]] = []
    for start in range(0, len(events), 50):
        for alert in EAGER_ENGINE.feed(state, decoded(events[start : start + 50])).alerts:
            kept.append((alert, msgspec.json.encode(alert)))
    assert any(alert.revision > 1 for alert, _ in kept)
    assert all(msgspec.json.encode(alert) == text for alert, text in kept)


def test_flow_without_a_plan_never_alerts() -> None:
    patterns = {rule.ID for rule in RULES if rule.KIND == "pattern"}
    for seed in range(200):
        found = run(SCENE_ENGINE, quiet_flow(seed, 300))
        assert not patterns & {alert.rule for alert in found}, seed


def long_stream(orders: int, first: int) -> pa.Table:
    """Orders entered and cancelled 2 ms later, one each 10 ms, by a thousand accounts."""
    rows = 2 * orders
    number = pa.array([first + row // 2 for row in range(rows)])
    new = [row % 2 == 0 for row in range(rows)]
    return pa.table(
        {
            "type": ["order"] * rows,
            "symbol": ["AAA"] * rows,
            "ts": [START + (first + row // 2) * 10_000_000 + row % 2 * 2_000_000 for row in range(rows)],
            "action": ["new" if each else "cancel" for each in new],
            "order_id": number.cast(pa.string()),
            "account": [f"crowd-{row // 2 % 1000}" for row in range(rows)],
            "side": ["buy" if row // 2 % 2 else "sell" for row in range(rows)],
            "price": [100.0 - row // 2 % 2 for row in range(rows)],
            "size": pa.array([100.0 if each else None for each in new]),
        }
    )


def test_memory_is_bounded_and_forgets() -> None:
    state = SCENE_ENGINE.new_state()
    sizes = []
    for part in range(8):
        SCENE_ENGINE.feed(state, Decoded(long_stream(60_000, part * 60_000)))
        sizes.append(len(SCENE_ENGINE.save(state)))
    most = max(len(state.rows[name]) for name in ("orders", "positions", "trades"))
    assert most <= 600_000
    assert sizes[-1] <= 1.5 * max(sizes[:4])
    SCENE_ENGINE.sweep(state)
    assert int(state.used[2]) <= 900 * 100 + 2
    assert len(SCENE_ENGINE.save(state)) < max(sizes)


def test_state_of_another_engine_is_refused() -> None:
    blob = EAGER_ENGINE.save(EAGER_ENGINE.new_state())
    with pytest.raises(StateError):
        SCENE_ENGINE.load(blob)
    with pytest.raises(StateError):
        EAGER_ENGINE.load(blob[:-9])


def test_order_renamed_a_hundred_thousand_times_keeps_the_index_small() -> None:
    def renames(start: int, count: int) -> list[Event]:
        return [
            {
                "type": "order",
                "symbol": "AAA",
                "ts": START + n,
                "action": "replace",
                "order_id": f"o{n + 1}",
                "previous_order_id": f"o{n}",
            }
            for n in range(start, start + count)
        ]

    state = EAGER_ENGINE.new_state()
    first = {"type": "order", "symbol": "AAA", "ts": START, "action": "new", "order_id": "o0", "side": "buy"}
    EAGER_ENGINE.feed(state, decoded([first | {"price": 10.0, "size": 5.0}]))
    for start in range(0, 100_000, 5_000):
        outcome = EAGER_ENGINE.feed(state, decoded(renames(start, 5_000)))
        assert outcome.counts["untracked"] == 0
    assert len(state.slots["orders"]) <= 1 << 15
