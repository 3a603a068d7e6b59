"""Promise: each owner's side of an execution is told exactly once, in whatever order fills and trade arrive."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from surveillance.engine import Engine, default_parameters
from surveillance.engine.observe import ON_LEGS
from surveillance.events import SECOND
from surveillance.features.legs import RECENT_NS
from surveillance.features.orders import RETENTION_NS
from surveillance.reference import ENTITY_TYPES, Account, Instrument, Reference

from tests.engine.runs import decoded
from tests.oracle.legs import Leg
from tests.oracle.oracle import Oracle
from tests.rules.market import SYMBOL, Market
from tests.strategies import adversarial

REFERENCE = Reference(
    instruments=(Instrument(symbol=SYMBOL),),
    accounts=(
        Account(account="ann", beneficial_owner="A", entity_type="client"),
        Account(account="anna", beneficial_owner="A", entity_type="proprietary"),
        Account(account="bob", entity_type="market_maker"),
        Account(account="a1", beneficial_owner="Ann", entity_type="client"),
        Account(account="a2", beneficial_owner="Ann", entity_type="proprietary"),
    ),
)
OWNERS = {each.account: each.beneficial_owner for each in REFERENCE.accounts if each.beneficial_owner}
ENGINE = Engine(reference=REFERENCE)


def legs_of(events: list[dict[str, Any]]) -> NDArray[Any]:
    """Give the legs of at most a chunk of events."""
    state = ENGINE.new_state()
    ENGINE.feed(state, decoded(events))
    rows = ENGINE._legs[: int(ENGINE._listed[ON_LEGS])].copy()
    assert set(state.accounts.values()) >= {"ann", "anna", "bob"}
    assert "?" not in state.accounts.values()
    return rows


def resting(market: Market | None = None) -> Market:
    """Bob offers 300 at 10.01, and a second later Ann buys 200 of it."""
    market = (market or Market()).quote(10.0, 10.01).new("s", "sell", 10.01, 300, "bob").wait(1000)
    return market.new("b", "buy", 10.02, 200, "ann").wait(1)


def execution(market: Market, parts: tuple[str, ...], trade_id: str | None = "t", **names: Any) -> Market:
    """Let the two fills and the trade come in some order."""
    for part in parts:
        if part == "trade":
            market.trade(10.01, 200, trade_id=trade_id, aggressor="buy", **names)
        else:
            market.fill(part, 10.01, 200, trade_id=trade_id)
    return market


NAMED = {"buy_account": "ann", "sell_account": "bob", "buy_order_id": "b", "sell_order_id": "s"}


@pytest.mark.parametrize("parts", [p for count in (1, 2, 3) for p in permutations(("b", "s", "trade"), count)])
@pytest.mark.parametrize("named", [NAMED, {}])
def test_each_side_is_told_once_whatever_comes_first(parts: tuple[str, ...], named: dict[str, str]) -> None:
    legs = legs_of(execution(resting(), parts, **named).events)
    told = {"b", "s"} if named and "trade" in parts else set(parts) - {"trade"}
    assert sorted(legs["side"].tolist()) == sorted({"b": 1, "s": -1}[name] for name in told)
    assert legs["quantity"].tolist() == [200.0] * len(told)
    assert legs["aggressive"].tolist() == [1 if side > 0 else -1 for side in legs["side"]]


@pytest.mark.parametrize("parts", [("s", "b", "trade"), ("s", "trade", "b"), ("trade", "s", "b")])
def test_second_side_knows_its_counterparty(parts: tuple[str, ...]) -> None:
    first, second = legs_of(execution(resting(), parts).events)
    assert (first["counter_account"], first["counter_owner"], first["counter_order"]) == (0, 0, 0)
    assert second["counter_account"] == first["account"]
    assert second["counter_owner"] == first["owner"]
    assert second["counter_order"] == first["order"] != 0
    assert second["counter_entered_ts"] == first["entered_ts"]
    assert second["counter_order_quantity"] == 300
    assert second["counter_entity"] == 3
    assert (second["entity"], second["owner_known"], first["owner_known"]) == (1, 1, 0)
    assert second["trade"] == first["trade"] != 0


def test_trade_that_names_accounts_alone_tells_both_sides() -> None:
    market = Market().trade(10.0, 50, buy_account="ann", sell_account="bob").trade(10.1, 20, sell_account="anna")
    legs = legs_of(market.events)
    assert legs["side"].tolist() == [1, -1, -1]
    assert legs["aggressive"].tolist() == [0, 0, 0]
    assert legs["owner"][0] == legs["owner"][2]
    assert legs["position"][0] == legs["position"][2]
    assert legs["order"].tolist() == [0, 0, 0]


def test_trade_without_an_id_leaves_tracked_orders_to_their_fills() -> None:
    market = execution(resting(), ("s", "b", "trade"), None, **NAMED)
    assert legs_of(market.events)["side"].tolist() == [-1, 1]


def test_trade_id_used_again_is_another_execution() -> None:
    market = execution(resting(), ("s", "b", "trade"), **NAMED).wait(10)
    market.new("b2", "buy", 10.01, 100, "anna")
    market.fill("s", 10.01, 100, trade_id="t").fill("b2", 10.01, 100, trade_id="t")
    legs = legs_of(market.events)
    assert legs["side"].tolist() == [-1, 1, -1, 1]
    assert legs["counter_account"][2] == 0
    assert legs["counter_account"][3] == legs["account"][2]


def test_long_forgotten_trade_is_a_stranger_though_not_swept() -> None:
    market = execution(resting(), ("s",)).wait(RETENTION_NS / 1e6 + 1)
    market.new("b2", "buy", 10.01, 100, "anna").fill("b2", 10.01, 100, trade_id="t")
    assert legs_of(market.events)["counter_account"].tolist() == [0, 0]


def test_anonymous_fills_tell_nothing() -> None:
    market = execution(resting(), ("s", "b", "trade"), **NAMED)
    for event in market.events:
        event.pop("account", None)
    market.new("x", "buy", 1.0, 1, "anna")
    assert len(legs_of(market.events)) == 2
    for event in market.events:
        event.pop("buy_account", None)
        event.pop("sell_account", None)
    assert len(legs_of([*market.events, *known_accounts(market.ts)])) == 0


def known_accounts(ts: int) -> list[dict[str, Any]]:
    market = Market()
    market.ts = ts
    return market.new("z", "buy", 1.0, 1, "bob").events


def test_owners_sums_add_up_over_accounts_and_end_with_the_session() -> None:
    market = Market().status("open").trade(10.0, 50, buy_account="ann").trade(11.0, 30, sell_account="anna")
    market.trade(12.0, 5, buy_account="bob").status("closed").wait(10).status("open").wait(10)
    market.trade(10.0, 7, buy_account="ann")
    legs = legs_of(market.events)
    assert legs["bought"].tolist() == [50, 50, 5, 7]
    assert legs["sold"].tolist() == [0, 30, 0, 0]
    assert legs["money"].tolist() == [-500, -170, -60, -70]
    assert legs["day_volume"].tolist() == [50, 80, 85, 7]


def test_recent_volume_and_volatility_follow_their_definitions() -> None:
    market = Market().quote(10.0, 10.2).trade(10.0, 100, buy_account="ann").wait(1000)
    market.quote(10.1, 10.3).wait(1000).trade(10.0, 40, sell_account="bob").wait(3000)
    market.quote(10.1, 10.3).trade(10.0, 1, sell_account="anna")
    legs = legs_of(market.events)
    assert legs["recent_volume"][1] == pytest.approx(100 * np.exp(-2 * SECOND / RECENT_NS) + 40)
    assert legs["volatility"][0] == 0
    assert legs["volatility"][1] == pytest.approx(0.1)
    assert legs["volatility"][2] == pytest.approx(np.sqrt(0.1**2 / 2))
    assert legs["bid"][1] == legs["bid_after"][1] == 10.1


@pytest.mark.parametrize("seed", range(6))
def test_adversarial_stream_cut_anywhere_tells_the_oracles_legs(seed: int) -> None:
    events = adversarial(seed, 900, anonymous=0.1)
    oracle = Oracle(default_parameters(), REFERENCE)
    oracle.feed(events)
    assert len(oracle.legs) > 50
    state = ENGINE.new_state()
    told: list[dict[str, Any]] = []
    for start in range(0, len(events), 61):
        ENGINE.feed(state, decoded(events[start : start + 61]))
        told += [as_told(leg, state.accounts) for leg in ENGINE._legs[: int(ENGINE._listed[ON_LEGS])]]
        ENGINE.sweep(state)
    assert len(told) == len(oracle.legs)
    for mine, leg in zip(told, oracle.legs, strict=True):
        assert mine == pytest.approx(plain(leg), nan_ok=True)


NUMBERS = (
    *("ts", "side", "aggressive", "price", "quantity", "usual_trade", "day_volume", "day_trades", "recent_volume"),
    *(
        "volatility",
        "bought",
        "sold",
        "money",
        "bid",
        "ask",
        "bid_after",
        "ask_after",
        "opens_ts",
        "closes_ts",
        "heard_ts",
    ),
    "counter_volume",
)


def as_told(leg: Any, names: dict[int, str]) -> dict[str, Any]:
    known = {name: leg[name].item() for name in NUMBERS}
    known |= {name: leg[name].item() or None for name in ("entered_ts", "counter_entered_ts", "entity")}
    known |= {name: leg[name].item() for name in ("order_quantity", "order_filled", "counter_order_quantity", "limit")}
    return known | {name: names.get(leg[name].item()) for name in ("account", "counter_account", "counter_owner")}


def plain(leg: Leg) -> dict[str, Any]:
    def number(value: float | None) -> float:
        return float("nan") if value is None else value

    counter = leg.counter
    known = {name: number(getattr(leg, name)) for name in NUMBERS}
    return known | {
        "entered_ts": leg.entered_ts,
        "counter_entered_ts": counter.entered_ts if counter else None,
        "entity": ENTITY_TYPES.index(leg.entity) + 1 if leg.entity else None,
        "order_quantity": number(leg.order_quantity),
        "order_filled": number(leg.order_filled),
        "counter_order_quantity": number(counter.order_quantity if counter else None),
        "limit": number(leg.limit),
        "account": leg.account,
        "counter_account": counter.account if counter else None,
        "counter_owner": OWNERS.get(counter.account, counter.account) if counter else None,
    }
