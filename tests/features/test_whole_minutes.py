"""Promise: minutes seen whole are told in figures, beside what was usual before; units, names, days and sides don't
matter to how unusual they are.
"""

from typing import Any

import numpy as np
import pytest
from surveillance.engine import Engine
from surveillance.engine.tables import MINUTE_FIGURES
from surveillance.events import DAY, MINUTE
from surveillance.rules import abnormal_volume

from tests.engine.runs import Event, decoded
from tests.rules.market import REFERENCE, START, Market
from tests.rules.minutes import ordinary, unlike

ENGINE = Engine(reference=REFERENCE, rules=(abnormal_volume,))
SIDES = {"buy": "sell", "sell": "buy"}


def told(events: list[Event], cut: int = 0) -> Any:
    """Give the whole minutes, fed in two batches."""
    state = ENGINE.new_state()
    parts = [ENGINE.feed(state, decoded(part)).minutes for part in (events[:cut], events[cut:]) if part]
    return np.concatenate(parts)


def figures(minute: Any) -> dict[str, float]:
    return dict(zip(MINUTE_FIGURES, minute["value"].tolist(), strict=True))


def written() -> Market:
    """A first minute seen in part, a second whole, the event that ends it."""
    market = Market().quote(99.0, 101.0).wait(60_000)
    market.new("a", "buy", 99.0, 300.0, "x").new("b", "sell", 101.0, 100.0, "y").wait(1000)
    market.cancel("a").trade(101.0, 50.0, aggressor="buy").wait(1000).quote(100.0, 102.0).wait(57_000)
    return market.quote(102.0, 104.0).wait(1000).quote(102.0, 104.0)


def test_minute_is_told_in_figures() -> None:
    (minute,) = told(written().events)
    assert minute["ts"] == START + 2 * MINUTE
    value = figures(minute)
    assert (value["volume"], value["trades"], value["messages"]) == (50.0, 1.0, 3.0)
    assert (value["imbalance"], value["cancel_rate"], value["order_size"]) == (0.5, 0.5, 200.0)
    assert (value["move"], value["range"], value["spread"]) == (3.0, 1.0, 2.0)
    assert not minute["z"].any()
    assert np.isnan(minute["usual"]).all()


def test_figures_that_nothing_tells_are_not_known() -> None:
    market = Market().trade(100.0, 10.0).wait(60_000).trade(100.0, 10.0).wait(60_000).trade(100.0, 10.0)
    (minute,) = told(market.events)
    value = figures(minute)
    assert np.isnan([value[name] for name in ("range", "spread", "imbalance", "cancel_rate", "order_size")]).all()
    assert (value["move"], value["volume"], value["messages"]) == (0.0, 10.0, 0.0)


def test_minute_without_events_is_none() -> None:
    market = Market().quote(99.0, 101.0).wait(60_000).quote(99.0, 101.0).wait(300_000).quote(99.0, 101.0)
    assert [minute["ts"] for minute in told(market.wait(60_000).quote(99.0, 101.0).events)] == [
        START + 2 * MINUTE,
        START + 7 * MINUTE,
    ]


def test_halt_drops_its_minute_and_the_first_after_it() -> None:
    market = Market().quote(99.0, 101.0).wait(60_000).quote(99.0, 101.0).wait(10_000).status("halted")
    market.wait(60_000).status("open").quote(99.0, 101.0).wait(60_000).quote(99.0, 101.0).wait(60_000)
    assert [minute["ts"] for minute in told(market.quote(99.0, 101.0).events)] == [START + 4 * MINUTE]


def test_session_that_closes_tells_its_last_minute_and_forgets() -> None:
    market = ordinary(14).status("closed")
    market.wait(60_000).status("open").quote(99.0, 101.0).wait(60_000).trade(100.0, 10.0).wait(60_000)
    minutes = told(market.quote(99.0, 101.0).events)
    assert minutes["ts"][12] == START + 14 * MINUTE
    assert minutes["minutes"].tolist() == [*range(13), 0]
    assert minutes["z"][12].any()
    assert not minutes["z"][13].any()


def test_cutting_changes_nothing() -> None:
    events = unlike(ordinary(14)).events
    whole = told(events)
    for cut in range(1, len(events), 307):
        parts = told(events, cut)
        for name in ("ts", "value", "usual", "z"):
            np.testing.assert_array_equal(parts[name], whole[name])


def changed(change: str) -> list[Event]:
    events = [dict(event) for event in unlike(ordinary(14)).events]
    for event in events:
        for name, value in event.items():
            if change == "sizes" and name in ("size", "bid_size", "ask_size"):
                event[name] = value * 16.0
            if change == "prices" and name in ("price", "bid_price", "ask_price"):
                event[name] = value * 16.0
            if change == "days" and name == "ts":
                event[name] = value + 3 * DAY
            if change == "names" and name in ("order_id", "trade_id", "account"):
                event[name] = f"other-{value}"
            if change == "sides" and name in ("side", "aggressor"):
                event[name] = SIDES[value]
        if change == "sides" and "bid_price" in event:
            event["bid_price"], event["ask_price"] = 200 - event["ask_price"], 200 - event["bid_price"]
        if change == "sides" and "price" in event:
            event["price"] = 200 - event["price"]
    return events


@pytest.mark.parametrize("change", ["sizes", "prices", "days", "names", "sides"])
def test_how_unusual_a_minute_is_stays_the_same(change: str) -> None:
    plain, other = told(unlike(ordinary(14)).events), told(changed(change))
    assert abs(plain["z"][-1]).max() > 3
    np.testing.assert_allclose(other["z"], plain["z"], atol=1e-6)
