"""Promise: a stack in one market that helps a fill in another is told; each condition alone keeps the rule quiet."""

from typing import Any

import pytest
from surveillance.alerts import Alert, content
from surveillance.batch import cross_product_spoofing as rule
from surveillance.batch.run import run
from surveillance.events import DAY
from surveillance.reference import Account, Reference
from surveillance.wire import table_of

from tests.batch.pairs import Event, bars, crowd, episode, order, quote, trade

OWNERS = Reference(accounts=(Account(account="N", beneficial_owner="O"), Account(account="M", beneficial_owner="O")))


def alerts(events: list[Event], reference: Reference | None = None) -> list[Alert]:
    ordered = sorted(events, key=lambda event: event["ts"])
    return run([table_of(ordered)], reference or Reference(), rules=[rule])


def test_stack_that_helps_a_fill_in_a_correlated_instrument_is_told() -> None:
    (alert,) = alerts([*bars(), *episode()])
    assert (alert.rule, alert.symbol, alert.venue) == ("cross_product_spoofing", "AAA", "XNAS")
    assert (alert.severity, alert.data_tier, alert.accounts) == ("critical", 3, ["M"])
    assert alert.order_ids == ["m0", "m1", "s1"]
    assert alert.trade_ids == ["t4.0"]
    assert alert.metrics["correlation"] > 0.8
    assert alert.metrics["return_share"] == pytest.approx(0.8)
    assert "Returns of the two correlate by +0." in alert.explanation
    assert "account M sold 200 @ 50.1 in BBB at XNAS" in alert.explanation


def test_correlation_of_earlier_days_is_not_diluted_by_the_day_itself() -> None:
    earlier = [bar | {"ts": bar["ts"] - DAY} for bar in bars()]
    (alert,) = alerts([*earlier, *bars(0.0, seed=2), *episode()])
    assert alert.metrics["correlation"] > 0.8


def test_fill_at_another_venue_needs_no_correlation() -> None:
    (alert,) = alerts(episode(other_venue=True))
    assert alert.metrics["correlation"] == 1
    assert "the same instrument at another venue" in alert.explanation


def test_accounts_of_one_owner_are_one() -> None:
    (alert,) = alerts([*bars(), *episode(seller="N")], OWNERS)
    assert alert.accounts == ["M", "N"]
    assert alerts([*bars(), *episode(seller="N")]) == []


def test_instruments_that_move_apart_are_helped_on_the_same_side() -> None:
    (alert,) = alerts([*bars(-0.9), *episode(side="sell", prices=(100.05, 100.1))])
    assert alert.metrics["correlation"] < -0.8


@pytest.mark.parametrize(
    ("correlation", "changed"),
    [
        (0.1, {}),
        (-0.9, {}),
        (0.9, {"side": "sell", "prices": (100.05, 100.1)}),
        (0.9, {"sizes": (150.0, 150.0)}),
        (0.9, {"prices": (99.0, 98.9)}),
        (0.9, {"cancels": 23.0, "fill_at": 21.0, "fill_entered": 20.9}),
        (0.9, {"cancels": 10.0}),
        (0.9, {"fill_at": 6.5}),
        (0.9, {"fill_size": 1200.0}),
        (0.9, {"fill_entered": -5.0}),
        (0.9, {"risen": 0.0, "fill_price": 50.01}),
        (0.9, {"risen": 0.009}),
        (0.9, {"fill_price": 49.99}),
        (0.9, {"back": 0.02}),
    ],
    ids=[
        *("uncorrelated", "other sign", "same side", "small", "far", "long", "late cancel", "after the cancel"),
        *("large fill", "older order", "no move", "less than a spread", "no better price", "stays"),
    ],
)
def test_episode_that_lacks_one_thing_is_quiet(correlation: float, changed: dict[str, Any]) -> None:
    assert alerts([*bars(correlation), *episode(**changed)]) == []


def test_stack_that_traded_or_stands_among_orders_of_the_other_side_is_quiet() -> None:
    filled = order(1, "fill", "m0", "M", "buy", price=99.95, size=10.0)
    both = order(1, "new", "x", "M", "sell", price=100.05, size=500.0)
    gone = order(7, "cancel", "x", "M", "sell")
    expired = [event | {"reason": "expired"} if event.get("action") == "cancel" else event for event in episode()]
    hidden = [event | {"hidden": True} if event.get("order_id") in ("m0", "m1") else event for event in episode()]
    for changed in ([*episode(), filled], [*episode(), both, gone], expired, hidden):
        assert alerts([*bars(), *changed]) == []


def test_orders_withdrawn_one_after_the_other_are_no_stack() -> None:
    slow = [
        event | {"ts": event["ts"] + 2_000_000_000} if (event.get("action"), event.get("order_id")) == ("cancel", "m1")
        else event
        for event in episode()
    ]  # fmt: skip
    assert alerts([*bars(), *slow]) == []


def test_replaced_order_stays_the_same_order() -> None:
    renamed = [event | {"order_id": "m9"} if event.get("order_id") == "m1" and event["action"] == "cancel" else event
               for event in episode()]  # fmt: skip
    renamed.append(order(1, "replace", "m9", "M", "buy", previous_order_id="m1", price=99.94))
    (alert,) = alerts([*bars(), *renamed])
    assert alert.order_ids == ["m0", "m1", "s1"]


def test_tables_cut_anywhere_and_other_symbols_change_nothing() -> None:
    events = sorted([*bars(), *episode()], key=lambda event: event["ts"])
    others = [quote(1, "CCC", 9, 10), trade(3, "M", "Q", 9.5, 100.0, symbol="CCC"), *crowd()[:0]]
    whole = [content(each) for each in alerts(events)]
    assert [content(each) for each in alerts([*events, *others])] == whole
    tables = [table_of(events[start : start + 17]) for start in range(0, len(events), 17)]
    assert [content(each) for each in run(tables, Reference(), rules=[rule])] == whole
