"""Promise: sweeps that light a move which their owner sells into are told; what lacks one condition is not."""

from typing import Any

import pytest

from tests.rules.market import Market

RULE = "momentum_ignition"


def flat(mid: float = 100.0) -> Market:
    """A market that hardly moves for four minutes."""
    market = Market()
    for number in range(240):
        market.quote(mid - 0.03125 + number % 2 / 64, mid + 0.03125 + number % 2 / 64).wait(1000)
    return market.quote(mid - 0.03125, mid + 0.03125)


def sweep(market: Market, number: int, price: float, levels: int = 3, side: str = "buy", **who: Any) -> Market:
    sign = 1 if side == "buy" else -1
    for level in range(levels):
        market.trade(
            price + sign * level / 64, 100, aggressor=side, trade_id=f"s{number}-{level}",
            **{f"{side}_order_id": f"s{number}", **who},
        )  # fmt: skip
    return market


def scene(
    sweeps: int = 4,
    levels: int = 3,
    step: float = 0.25,
    exit_by: str | None = "eve-2",
    exit_size: float = 300,
    back: float = 0.5,
    mid: float = 100.0,
    accounts: bool = True,
    against: float = 0.0,
    earlier_s: float = 0.0,
    creeps: int = 0,
    sold_by: str = "x",
) -> Market:
    """Eve sweeps; the mid follows each time by `step`; she sells at the top; the price comes back by a share."""
    market, top = flat(mid), mid
    if earlier_s:
        sweep(market, 9, mid + 0.03125, levels, buy_account="eve-1", sell_account="crowd-9").wait(earlier_s * 1000)
    for number in range(sweeps):
        who = {"buy_account": "eve-1", "sell_account": f"crowd-{number}"} if accounts else {}
        sweep(market, number, top + 0.03125, levels, **who)
        top += step
        market.wait(1000).quote(top - 0.03125, top + 0.03125).wait(9000)
        if against:
            market.trade(top, against, aggressor="sell", sell_account=sold_by, buy_account="y")
    market.trade(top, 10, aggressor="buy", trade_id="high", buy_account="z" if accounts else None)
    if exit_by:
        market.trade(
            top - 0.03125, exit_size, aggressor="sell", trade_id="exit",
            sell_account=exit_by if accounts else None, buy_account="last" if accounts else None,
        )  # fmt: skip
    for _ in range(creeps):
        top += 1 / 64
        market.wait(40_000).quote(top - 0.03125, top + 0.03125)
        market.trade(top, 10, aggressor="buy", buy_account="z", sell_account="w")
    bottom = top - back * (top - mid)
    market.wait(10_000).quote(bottom - 0.03125, bottom + 0.03125).wait(1000)
    return market.trade(bottom, 10, aggressor="sell", trade_id="back", sell_account="w" if accounts else None)


def test_ignition_alerts_and_is_told_in_order() -> None:
    (alert,) = scene().alerts(RULE)
    assert alert.trade_ids == ["s0-1", "s1-1", "s2-1", "s3-1", "exit"]
    assert (alert.severity, alert.accounts, alert.data_tier, alert.candidate) == ("critical", ["eve-1"], 3, False)
    lines = alert.explanation.splitlines()
    assert "Account eve-1 bought AAA in 4 sweeps through 2 or more prices each" in lines[0]
    assert "the price went to 101: 100 bp" in lines[1]
    assert "Of the 1,200 taken the same owner traded 300 back near the extreme, at 100.9688" in lines[2]
    assert "50% of the move was given back" in lines[3]


@pytest.mark.parametrize(
    "market",
    [
        pytest.param(scene(exit_by=None), id="no exit"),
        pytest.param(scene(exit_by="bob"), id="somebody else's exit"),
        pytest.param(scene(levels=1), id="no sweeps"),
        pytest.param(scene(step=0.015625), id="no move"),
        pytest.param(scene(against=1000), id="both sides"),
    ],
)
def test_near_miss_is_quiet(market: Market) -> None:
    assert market.alerts(RULE) == []


@pytest.mark.parametrize(("sweeps", "count"), [(3, 1), (2, 0)])
def test_sweeps_count_from_the_threshold_on(sweeps: int, count: int) -> None:
    assert len(scene(sweeps=sweeps).alerts(RULE)) == count


@pytest.mark.parametrize(("back", "count"), [(0.5, 1), (0.484375, 0)])
def test_retrace_counts_from_the_threshold_on(back: float, count: int) -> None:
    assert len(scene(back=back).alerts(RULE)) == count


@pytest.mark.parametrize(("creeps", "count"), [(2, 1), (3, 0)])
def test_price_that_creeps_on_has_held(creeps: int, count: int) -> None:
    assert len(scene(creeps=creeps).alerts(RULE)) == count


@pytest.mark.parametrize(("size", "count"), [(180, 1), (179, 0)])
def test_exit_counts_from_the_threshold_on(size: float, count: int) -> None:
    assert len(scene(exit_size=size).alerts(RULE)) == count


def test_move_that_goes_on_from_a_trend_is_quiet() -> None:
    market = flat(98.0)
    market.events += [event | {"ts": event["ts"] + 4 * 60_000_000_000} for event in scene().events[180:]]
    assert market.alerts(RULE) == []


def test_without_accounts_it_is_a_candidate() -> None:
    (alert,) = scene(accounts=False).alerts(RULE)
    assert (alert.candidate, alert.data_tier, alert.accounts, alert.severity) == (True, 1, [], "medium")
    assert "this is a candidate only" in alert.explanation


@pytest.mark.parametrize(("before_s", "sweeps"), [(80, 5), (80.001, 4)])
def test_sweep_long_before_is_not_part_of_it(before_s: float, sweeps: int) -> None:
    (alert,) = scene(earlier_s=before_s).alerts(RULE)
    assert alert.metrics["sweeps"] == sweeps


@pytest.mark.parametrize(("who", "count"), [("eve-2", 1), ("bob", 0)])
def test_what_the_owner_sells_before_the_extreme_is_not_flow_against_it(who: str, count: int) -> None:
    market = scene(against=100, sold_by=who)
    assert len(market.alerts(RULE)) == count
