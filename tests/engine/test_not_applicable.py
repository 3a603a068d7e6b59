"""Promise: a rule that can find nothing for want of accounts says so, and does not once somebody is named."""

import pytest
from surveillance.engine import Engine
from surveillance.wire import Decoded, table_of

from tests.rules.market import REFERENCE, Market

OF_OWNERS = {"wash_trading", "front_running", "marking_the_close", "ramping", "flipping", "pinging"}


def lacking(market: Market) -> dict[str, str]:
    engine = Engine(reference=REFERENCE)
    state = engine.new_state()
    engine.feed(state, Decoded(table_of(market.events)))
    return engine.not_applicable(state)


@pytest.mark.parametrize("side", ["buy_account", "sell_account"])
def test_trades_that_name_an_account_make_rules_of_owners_applicable(side: str) -> None:
    named = lacking(Market().trade(100.0, 100, trade_id="t", **{side: "eve-1"}))
    assert not {"wash_trading", "ramping", "marking_the_close"} & named.keys()
    assert named["flipping"] == "the input has no orders"


def test_anonymous_orders_and_trades_make_rules_of_owners_not_applicable() -> None:
    market = Market(accounts=False).new("o", "buy", 100.0, 100, "eve-1").fill("o", 100.0, 100).trade(100.0, 100)
    named = lacking(market)
    assert named.keys() >= OF_OWNERS
    assert named["wash_trading"] == "the input has no accounts"
    assert "spoofing" not in named
