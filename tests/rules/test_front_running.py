"""Promise: a proprietary account ahead of a large client order is told; each condition alone keeps the rule quiet."""

import pytest
from surveillance.engine import Engine
from surveillance.reference import Account, Instrument, Reference

from tests.engine.runs import run
from tests.rules.market import SYMBOL, Market, seconds

RULE = "front_running"
REFERENCE = Reference(
    instruments=(Instrument(symbol=SYMBOL, venue="XNAS"),),
    accounts=(
        Account(account="eve-1", beneficial_owner="Eve", entity_type="proprietary"),
        Account(account="eve-2", beneficial_owner="Eve", entity_type="proprietary"),
        Account(account="fund", entity_type="client"),
        Account(account="ann", entity_type="client"),
    ),
)
ENGINE = Engine(reference=REFERENCE)


def deal(market: Market, name: str, side: str, price: float, size: float, account: str, filled: float = 0) -> Market:
    """Enter an order that trades at once, whole or in part."""
    market.new(name, side, price, size, account).fill(name, price, filled or size, trade_id=f"t-{name}")
    return market.trade(price, filled or size, trade_id=f"t-{name}", aggressor=side)


def scene(
    leader: str = "eve-1",
    way_out: str = "eve-2",
    ahead_ms: float = 300,
    client: float = 2000,
    client_side: str = "buy",
    out_price: float = 100.04,
    out: float = 300,
    hold_ms: float = 500,
    before: bool = False,
) -> Market:
    """Eve buys 300, the fund 2,000, and Eve sells again, dearer."""
    market = Market().book()
    for number in range(60):
        market.trade(100.0, 100, trade_id=f"x{number}").wait(10_000)
    if before:
        deal(market, "old", "sell", 100.0, 100, leader).wait(10_000)
    deal(market, "lead", "buy", 100.01, 300, leader).wait(ahead_ms)
    deal(market, "client", client_side, 100.02, client, "fund", filled=client / 2).wait(hold_ms)
    if out:
        deal(market, "out", "sell", out_price, out, way_out)
    return market


def severities(market: Market) -> list[str]:
    return [alert.severity for alert in run(ENGINE, market.events) if alert.rule == RULE]


def test_lead_and_way_out_by_linked_accounts_are_told() -> None:
    (alert,) = (alert for alert in run(ENGINE, scene().events) if alert.rule == RULE)
    assert (alert.severity, alert.data_tier, alert.accounts) == ("critical", 3, ["eve-1", "eve-2"])
    assert alert.order_ids == ["lead", "client", "out"]
    assert alert.trade_ids == ["t-lead", "t-client", "t-out"]
    assert alert.end_ts - alert.start_ts == seconds(0.8)
    assert alert.metrics["profit"] == pytest.approx(9)
    lines = alert.explanation.splitlines()
    assert "Account eve-1, a proprietary account" in lines[0]
    assert "300 ms later (threshold 2 s) an order of the client account fund" in lines[1]
    assert "for 2,000 or 14.0 times the usual order size" in lines[1]
    assert "Account eve-2, of the same owner, traded out of it at 100.04: a profit of 9" in lines[2]


def test_leader_that_reacts_to_a_waiting_client_is_found() -> None:
    market = Market().book()
    for number in range(60):
        market.trade(100.0, 100, trade_id=f"x{number}").wait(10_000)
    market.new("client", "buy", 99.9, 2000, "fund").wait(50)
    deal(market, "lead", "buy", 100.01, 300, "eve-1").wait(300)
    market.replace("client", price=100.02, side="buy").fill("client", 100.02, 500, trade_id="c").wait(100)
    market = deal(market, "out", "sell", 100.04, 300, "eve-1")
    assert severities(market) == ["critical"]


@pytest.mark.parametrize(
    "market",
    [
        scene(leader="ann", way_out="ann"),
        scene(way_out="ann"),
        scene(ahead_ms=2001),
        scene(client=300),
        scene(client_side="sell"),
        scene(out=0),
        scene(out=150),
        scene(out_price=100.0),
        scene(hold_ms=60_001),
        scene(before=True),
    ],
    ids=[
        "a client leads",
        "somebody else sells",
        "long before",
        "small order",
        "other side",
        "kept",
        "half sold",
        "at a loss",
        "held long",
        "active anyway",
    ],
)
def test_lead_that_lacks_one_thing_is_quiet(market: Market) -> None:
    assert severities(market) == []
