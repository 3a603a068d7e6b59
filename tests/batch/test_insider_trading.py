"""Promise: an unusual position that news makes profitable is told; each condition alone keeps the rule quiet."""

from typing import Any

import pytest
from surveillance.alerts import Alert
from surveillance.batch import insider_trading as rule
from surveillance.batch.run import run
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.reference import Account, Reference
from surveillance.wire import table_of

NEWS = 1_772_550_000_000_000_000
Event = dict[str, Any]
TRADERS = tuple("abcdef")


def trade(ts: int, buyer: str, seller: str, size: float, price: float = 100.0, name: str = "") -> Event:
    fixed = {"type": "trade", "symbol": "AAA", "ts": ts, "venue": "XNAS", "price": price, "size": size}
    orders = {"buy_order_id": f"b{ts}", "sell_order_id": f"s{ts}", "trade_id": name or f"t{ts}"}
    return fixed | orders | {"buy_account": buyer, "sell_account": seller}


def past(days: int = 20, insider: float = 1.0) -> list[Event]:
    """Let everybody trade some 100 to 300 a day; `a` so many times as much."""
    rows = []
    for day in range(1, days + 1):
        begins = NEWS - day * DAY - 3600 * SECOND
        for place in range(3):
            buyer, seller = TRADERS[(place + day) % 6], TRADERS[(place + day + 3) % 6]
            size = 100.0 * (1 + day // 2 % 3) * (insider if "a" in (buyer, seller) else 1)
            rows.append(trade(begins + place, buyer, seller, size))
    return rows


def quiet_bars(count: int = 100) -> list[Event]:
    """Five-minute bars that move by 10 bp and back."""
    rows = []
    for number in range(count):
        price = 100.0 * (1.001 if number % 2 else 1.0)
        ts = NEWS - 2 * DAY - (count - number) * 5 * MINUTE
        fixed = {"type": "bar", "symbol": "AAA", "ts": ts, "interval": "5m", "volume": 1000.0}
        rows.append(fixed | dict.fromkeys(("open", "high", "low", "close"), price))
    return rows


def quote(ts: int, mid: float) -> Event:
    sizes = {"bid_size": 1.0, "ask_size": 1.0, "bid_price": mid - 0.01, "ask_price": mid + 0.01}
    return {"type": "quote", "symbol": "AAA", "ts": ts, "venue": "XNAS"} | sizes


def story(ts: int = NEWS, name: str = "n1") -> Event:
    return {"type": "news", "symbol": "AAA", "ts": ts, "news_id": name, "headline": "Forecast raised"}


def building(
    size: float = 500.0, buyer: str = "a", start: int = NEWS - 7200 * SECOND, price: float = 100.0
) -> list[Event]:
    return [trade(start + k * 60 * SECOND, buyer, TRADERS[1 + k % 5], size / 5, price, f"i{k}") for k in range(5)]


def session(after: float = 102.0) -> list[Event]:
    return [quote(NEWS - 5 * MINUTE, 100.0), quote(NEWS + MINUTE, after)]


def alerts(*parts: list[Event], reference: Reference | None = None) -> list[Alert]:
    events = sorted((event for part in parts for event in part), key=lambda event: event["ts"])
    return run([table_of(events)], reference or Reference(), rules=[rule])


def test_unusual_position_before_good_news_is_told() -> None:
    (alert,) = alerts(past(), quiet_bars(), session(), building(), [story()])
    assert (alert.rule, alert.severity, alert.data_tier, alert.candidate) == ("insider_trading", "high", 3, False)
    assert alert.accounts == ["a"]
    assert alert.trade_ids == [f"i{k}" for k in range(5)]
    assert alert.metrics["position"] == 500
    assert alert.metrics["profit"] == pytest.approx(500 * 2.0)
    assert alert.end_ts == NEWS
    assert 'The story n1 "Forecast raised" was followed by a move of +198 bp' in alert.explanation


def test_position_sold_before_bad_news_is_told() -> None:
    sold = [each | {"buy_account": each["sell_account"], "sell_account": "a"} for each in building()]
    (alert,) = alerts(past(), quiet_bars(), session(98.0), sold, [story()])
    assert alert.metrics["position"] == -500
    assert alert.order_ids[0].startswith("s")


def test_accounts_of_one_owner_are_one_position() -> None:
    owners = Reference(accounts=tuple(Account(account=name, beneficial_owner="O") for name in "az"))
    parts = (past(), quiet_bars(), session(), building(250.0), building(250.0, "z", NEWS - 3600 * SECOND), [story()])
    (alert,) = alerts(*parts, reference=owners)
    assert alert.accounts == ["a", "z"]
    assert alert.metrics["position"] == 500


def test_story_told_again_is_one_story() -> None:
    parts = (past(), quiet_bars(), session(), building(), [story(), story(NEWS + 60 * SECOND, "n2")])
    assert len(alerts(*parts)) == 1


@pytest.mark.parametrize(
    "parts",
    [
        (past(), quiet_bars(), session(98.0), building(), [story()]),
        (past(), quiet_bars(), session(100.3), building(), [story()]),
        (past(), quiet_bars(), session(104.0), building(250.0), [story()]),
        (past(insider=3.0), quiet_bars(), session(), building(), [story()]),
        (past(days=9), quiet_bars(), session(), building(), [story()]),
        (past(), quiet_bars(), session(), building(start=NEWS + 60 * SECOND), [story()]),
        (past(), quiet_bars(), session(), building(start=NEWS - 86_400 * SECOND - 600 * SECOND), [story()]),
        (past(), quiet_bars(), session(), building(price=101.5), [story()]),
        (past(), quiet_bars(), session(), building(), [trade(NEWS - 60 * SECOND, "c", "a", 200.0)], [story()]),
        (past(), quiet_bars(), session(), building(), [story() | {"symbol": "BBB"}]),
        (past(), quiet_bars(), session(), building()),
    ],
    ids=[
        *("other way", "no move", "usual size", "every day", "short past", "after the news", "long before"),
        *("no profit", "sold again", "other symbol", "no news"),
    ],
)
def test_position_that_lacks_one_thing_is_quiet(parts: tuple[list[Event], ...]) -> None:
    assert alerts(*parts) == []


def anonymous(rows: list[Event]) -> list[Event]:
    return [{key: value for key, value in row.items() if "account" not in key} for row in rows]


def test_without_accounts_unusual_volume_is_a_candidate() -> None:
    rows = anonymous([*past(), *building(5000.0, start=NEWS - 1800 * SECOND)])
    (alert,) = alerts(rows, quiet_bars(), session(), [story()])
    assert (alert.candidate, alert.data_tier, alert.severity, alert.accounts) == (True, 0, "medium", [])
    assert "who traded is not known" in alert.explanation
    assert alerts(anonymous(past()), quiet_bars(), session(), [story()]) == []


def test_without_accounts_a_move_before_the_news_is_a_candidate() -> None:
    early = [quote(NEWS - 4000 * SECOND, 97.0)]
    (alert,) = alerts(anonymous(past()), quiet_bars(), early, session(), [story()])
    assert alert.metrics["early_sigmas"] > 2.5
