"""Promise: small prints by the clock on both sides are told; each condition alone keeps the rule quiet."""

import pytest

from tests.rules.market import Market, seconds

RULE = "painting_the_tape"
EVEN = (10.0,) * 10


def scene(
    gaps: tuple[float, ...] = EVEN,
    size: float = 100,
    sides: str = "bs",
    aggressor: bool = True,
    accounts: tuple[str, ...] = ("eve-1", "eve-2"),
) -> Market:
    """Eve takes 100 every ten seconds, now buying, now selling; the usual print is 100."""
    market = Market().book()
    for number in range(20):
        market.trade(100.0, 100, trade_id=f"x{number}").wait(3000)
    for number, gap in enumerate(gaps):
        side = "buy" if sides[number % len(sides)] == "b" else "sell"
        other = "sell" if side == "buy" else "buy"
        account = accounts[number % len(accounts)]
        market.new(f"e{number}", side, None if aggressor else 100.0, size, account)
        market.fill(f"e{number}", 100.0, size, trade_id=f"t{number}")
        took = side if aggressor else other
        market.trade(100.0, size, trade_id=f"t{number}", aggressor=took).wait(1000 * gap)
    return market


def test_small_even_prints_on_both_sides_are_told() -> None:
    (alert,) = scene().alerts(RULE)
    assert (alert.severity, alert.revision, alert.data_tier) == ("critical", 3, 3)
    assert alert.accounts == ["eve-1", "eve-2"]
    assert alert.order_ids == [f"e{number}" for number in range(10)]
    assert alert.end_ts - alert.start_ts == seconds(90)
    assert alert.metrics["gap_s"] == 10
    assert alert.metrics["gap_variation"] == pytest.approx(0, abs=1e-9)
    assert "took liquidity 8 times within 70.0 s" in alert.explanation
    assert "It bought 400 and sold 400: 0% of the volume is left" in alert.explanation


@pytest.mark.parametrize(
    "market",
    [
        scene(gaps=EVEN[:7]),
        scene(gaps=(1.0, 2.0, 25.0) * 4),
        scene(gaps=(130.0,) * 10),
        scene(size=200),
        scene(sides="b"),
        scene(sides="bbbs"),
        scene(aggressor=False),
        scene(accounts=("eve-1", "bob")),
    ],
    ids=["too few", "uneven", "too slow", "large", "one way", "a position left", "giving liquidity", "two owners"],
)
def test_prints_that_lack_one_thing_are_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


def test_busy_trader_is_quiet() -> None:
    market = scene()
    for event in [event for event in market.events if event.get("order_id", "").startswith("e")]:
        if event["action"] == "fill":
            rest = {"order_id": "rest" + event["order_id"], "account": "eve-1", "side": "buy", "price": 99.0}
            new = event | rest | {"action": "new", "size": 50.0, "trade_id": None}
            market.events += [new, event | rest | {"size": 50.0, "trade_id": "r" + event["order_id"]}]
    market.events.sort(key=lambda event: event["ts"])
    assert market.alerts(RULE) == []
