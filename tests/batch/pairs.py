"""Two instruments that move together, quoted by hand, and somebody who spoofs in one to sell in the other."""

from random import Random
from typing import Any

from surveillance.events import MINUTE, SECOND

START = 1_772_461_800_000_000_000
VENUE = "XNAS"
Event = dict[str, Any]


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def bars(correlation: float = 0.9, count: int = 100, seed: int = 1) -> list[Event]:
    """Give five-minute bars of AAA and BBB before the session."""
    chance, prices, rows = Random(seed), {"AAA": 100.0, "BBB": 50.0}, []
    for number in range(count):
        common = chance.gauss(0, 1)
        own = correlation * common + (1 - correlation**2) ** 0.5 * chance.gauss(0, 1)
        for symbol, move in (("AAA", common), ("BBB", own)):
            prices[symbol] *= 1 + 0.0002 * move
            price = prices[symbol]
            ts = START - (count - number) * 5 * MINUTE
            fixed = {"type": "bar", "symbol": symbol, "ts": ts, "interval": "5m", "volume": 1000.0}
            rows.append(fixed | dict.fromkeys(("open", "high", "low", "close"), price))
    return rows


def quote(seconds: float, symbol: str, bid: float, ask: float, venue: str = VENUE) -> Event:
    sizes = {"bid_size": 500.0, "ask_size": 500.0}
    return {"type": "quote", "symbol": symbol, "ts": at(seconds), "venue": venue} | sizes | {
        "bid_price": bid, "ask_price": ask
    }  # fmt: skip


def order(seconds: float, action: str, order_id: str, account: str, side: str, **more: Any) -> Event:
    fixed = {"type": "order", "symbol": "AAA", "ts": at(seconds), "venue": VENUE, "action": action}
    return fixed | {"order_id": order_id, "account": account, "side": side} | more


def trade(seconds: float, buyer: str, seller: str, price: float, size: float, **more: Any) -> Event:
    fixed = {"type": "trade", "symbol": "BBB", "ts": at(seconds), "venue": VENUE, "price": price, "size": size}
    sides = {"buy_account": buyer, "sell_account": seller, "buy_order_id": "b1", "sell_order_id": "s1"}
    return fixed | sides | {"trade_id": f"t{seconds}"} | more


def crowd() -> list[Event]:
    """Make 100 the usual order of AAA."""
    return [order(-60 + k, "new", f"c{k}", f"crowd{k}", "buy", price=99.0, size=100.0) for k in range(40)]


def episode(
    *,
    side: str = "buy",
    sizes: tuple[float, ...] = (300.0, 300.0),
    prices: tuple[float, ...] = (99.95, 99.9),
    cancels: float = 6.0,
    fill_at: float = 4.0,
    seller: str = "M",
    fill_size: float = 200.0,
    fill_price: float = 50.1,
    fill_entered: float = 3.9,
    risen: float = 0.1,
    back: float = 0.08,
    other_venue: bool = False,
    spreads: tuple[float, float] = (0.0, 0.01),
) -> list[Event]:
    """A stack in AAA, a fill in BBB while it stands, a cancel, and BBB's price up and down again."""
    there = {"symbol": "AAA", "venue": "XALT"} if other_venue else {"symbol": "BBB", "venue": VENUE}
    at_bid, at_ask = spreads

    def quoted(seconds: float, moved: float) -> Event:
        return quote(seconds, there["symbol"], 50 + moved + at_bid, 50 + moved + at_ask, there["venue"])

    sell = order(fill_entered, "new", "s1", seller, "sell", price=fill_price, size=fill_size) | there
    fill = trade(fill_at, "Z", seller, fill_price, fill_size) | there
    rows = [*crowd(), quote(-1, "AAA", 100.0, 100.01), quoted(-1, 0.0), quoted(2, risen), sell, fill]
    rows += [
        order(0.1 * k, "new", f"m{k}", "M", side, price=p, size=n)
        for k, (n, p) in enumerate(zip(sizes, prices, strict=True))
    ]
    rows += [order(cancels + 0.1 * k, "cancel", f"m{k}", "M", side) for k in range(len(sizes))]
    return [*rows, quoted(cancels + 1, risen - back)]
