"""Minutes to play scenes in: trading that varies a little, so that what is usual is known, and a minute unlike it."""

from tests.rules.market import SYMBOL, Market

USUAL_ORDERS = 40


def minute(
    market: Market,
    number: int,
    *,
    orders: int = USUAL_ORDERS,
    size: float = 100.0,
    buys: float = 0.5,
    half: float = 0.01,
) -> Market:
    """Play a minute: orders at even intervals, a share of them buys, most cancelled; one quote a second.

    `half` is half the spread.
    """
    start = market.ts
    events = []
    total = orders + number * 7 % 5
    bought = 0
    for place in range(total):
        is_buy = bought < round((place + 1) * buys)
        bought += is_buy
        at, name = start + (place + 1) * 59_000_000_000 // (total + 1), f"m{number}-{place}"
        side = "buy" if is_buy else "sell"
        order = {"type": "order", "symbol": SYMBOL, "venue": "XNAS", "order_id": name, "account": f"crowd-{place % 9}"}
        entered = size + 10 * ((number + place) % 3)
        events.append(order | {"ts": at, "action": "new", "side": side, "price": 100.0, "size": entered})
        if place % 4 == 0:
            trade = {"type": "trade", "symbol": SYMBOL, "venue": "XNAS", "price": 100.0, "size": entered}
            fill = {"action": "fill", "size": entered, "price": 100.0, "trade_id": name}
            events += [order | fill | {"ts": at + 1}, trade | {"ts": at + 1, "trade_id": name, "aggressor": side}]
        else:
            events.append(order | {"ts": at + 500_000_000, "action": "cancel"})
    middle = 100.0 + (number * 3 % 4) / 100
    for second in range(60):
        quote = {"type": "quote", "symbol": SYMBOL, "venue": "NBBO", "bid_size": 100.0, "ask_size": 100.0}
        prices = {"bid_price": middle - half, "ask_price": middle + half + (second % 3) / 500}
        events.append(quote | prices | {"ts": start + second * 1_000_000_000})
    market.events += sorted(events, key=lambda event: event["ts"])
    return market.wait(60_000)


def ordinary(count: int = 34) -> Market:
    """So many minutes alike; the scene begins at a full minute."""
    market = Market()
    for number in range(count):
        minute(market, number)
    return market


def unlike(market: Market, count: int = 1) -> Market:
    """Busy, one-sided minutes with large orders, and the event that ends the last."""
    for number in range(1000, 1000 + count):
        minute(market, number, orders=4 * USUAL_ORDERS, size=400.0, buys=0.95)
    return end(market)


def end(market: Market) -> Market:
    """One more quote, which ends the minute before."""
    return market.quote(99.99, 100.01)
