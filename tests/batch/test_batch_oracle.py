"""Promise: batch rules find what plain, slow programs find that were written from their definitions.

Parameters are loosened until both rules find something often.
"""

from random import Random
from typing import Any

import pytest
from surveillance.batch import cross_product_spoofing, insider_trading
from surveillance.batch.records import Records
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.reference import Account, Reference
from surveillance.wire import table_of

from tests.batch.pairs import START, bars
from tests.oracle.batch_rules import cross_product, insiders

Event = dict[str, Any]
OWNERS = {"A0": "O0", "A1": "O0"}
REFERENCE = Reference(accounts=tuple(Account(account=name, beneficial_owner=owner) for name, owner in OWNERS.items()))
LOOSE_STACKS = {
    **{"size_multiple": 1.5, "size_ratio": 1.0, "max_distance_bp": 80.0, "together_s": 2.0, "lag_s": 20.0},
    **{"meant_s": 120.0, "min_gain_spreads": 0.1, "min_gain_sigmas": 0.1, "min_return_share": -5.0},
}
LOOSE_INSIDERS = {"min_z": 0.2, "min_one_sided": 0.5, "min_profit": 1.0, "min_windows": 5.0, "min_sigmas": 0.5}


def parameters(rule: Any, loose: dict[str, float]) -> dict[str, float]:
    return {each.name: float(each.default) for each in rule.PARAMETERS} | {"enabled": 1.0} | loose


def market(seed: int, seconds: int = 300) -> list[Event]:
    """Two instruments at two venues, a few busy accounts: orders, cancels, fills, trades and quotes at random."""
    chance = Random(seed)
    rows = bars(0.95, seed=seed)
    live: list[Event] = []
    mids = {"AAA": 100.0, "BBB": 50.0}
    for number in range(seconds * 4):
        ts = START + number * SECOND // 4 + chance.randrange(1000)
        symbol, venue = chance.choice(("AAA", "BBB")), chance.choice(("XNAS", "XNAS", "XALT"))
        mids[symbol] *= 1 + chance.gauss(0, 0.0001)
        mid, who = mids[symbol], f"A{chance.randrange(5)}"
        fixed = {"symbol": symbol, "ts": ts, "venue": venue}
        what = chance.random()
        if what < 0.35:
            shown = {"bid_price": round(mid - 0.01, 4), "ask_price": round(mid + 0.01, 4)}
            rows.append(fixed | shown | {"type": "quote", "bid_size": 1.0, "ask_size": 1.0})
        elif what < 0.65:
            size, side = float(chance.choice((100, 100, 200, 600))), chance.choice(("buy", "sell"))
            entry = {"type": "order", "action": "new", "order_id": f"o{number}", "account": who, "side": side}
            live.append(fixed | entry | {"price": round(mid * (1 + chance.gauss(0, 0.001)), 4), "size": size})
            rows.append(live[-1])
        elif what < 0.85 and live:
            gone = live.pop(chance.randrange(len(live)))
            kept = {key: gone[key] for key in ("type", "symbol", "venue", "order_id", "account", "side")}
            size = gone["size"] * chance.choice((0.005, 0.5))
            if chance.random() < 0.2:
                rows.append(kept | {"action": "fill", "ts": ts, "size": size, "price": gone["price"]})
            rows.append(kept | {"action": "cancel", "ts": ts + 1})
        else:
            orders = {f"{side}_order_id": chance.choice(live)["order_id"] if live else "x" for side in ("buy", "sell")}
            accounts = {"buy_account": who, "sell_account": f"A{chance.randrange(5)}", "trade_id": f"t{number}"}
            price = round(mid + chance.choice((-0.02, 0.02)), 4)
            rows.append(fixed | orders | accounts | {"type": "trade", "price": price, "size": 100.0})
    return sorted(rows, key=lambda row: row["ts"])


def days(seed: int) -> list[Event]:
    """Twelve days of one instrument with a story each on the last two."""
    chance = Random(seed)
    rows, price = [], 100.0
    for day in range(12):
        begins = START + day * DAY
        for number in range(60):
            ts = begins + number * 5 * MINUTE
            price *= 1 + chance.gauss(0, 0.001)
            if day > 9 and number == 40:
                told = {"type": "news", "symbol": "AAA", "ts": ts - 1, "news_id": f"n{day}", "headline": "h"}
                rows.append(told)
                price *= 1 + chance.choice((-0.02, 0.02))
            shown = {"bid_price": price - 0.01, "ask_price": price + 0.01, "bid_size": 1.0, "ask_size": 1.0}
            rows.append({"type": "quote", "symbol": "AAA", "ts": ts, "venue": "XNAS"} | shown)
            buyer, seller = (f"A{chance.randrange(8)}" for _ in range(2))
            trade = {"type": "trade", "symbol": "AAA", "ts": ts + SECOND, "venue": "XNAS", "price": price}
            sides = {"buy_account": buyer, "sell_account": seller, "trade_id": f"t{day}-{number}"}
            rows.append(trade | sides | {"size": 100.0 * chance.randrange(1, 9)})
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_stacks_are_those_of_the_oracle(seed: int) -> None:
    events, p = market(seed), parameters(cross_product_spoofing, LOOSE_STACKS)
    found = {
        (symbol, each.party[0], tuple(sorted(order for order in each.order_ids[: int(each.finding.metrics["orders"])])))
        for symbol, each in cross_product_spoofing.find(Records([table_of(events)], REFERENCE), lambda symbol: p)
    }
    assert found == cross_product(events, p, OWNERS)
    assert found


@pytest.mark.parametrize("seed", range(6))
def test_insiders_are_those_of_the_oracle(seed: int) -> None:
    events, p = days(seed), parameters(insider_trading, LOOSE_INSIDERS)
    found = {
        (symbol, each.party[0], each.trade_ids)
        for symbol, each in insider_trading.find(Records([table_of(events)], REFERENCE), lambda symbol: p)
    }
    assert found == insiders(events, p, OWNERS)
    assert found
