"""The minutes of the one pass, by the plain functions one after the other: the slow twin it must agree with."""

from collections.abc import Callable

import numpy as np
from surveillance.microstructure import (
    Quotes,
    Trades,
    book_imbalance,
    clnv,
    effective_spread,
    emo,
    in_bp,
    lee_ready,
    met,
    mid_after,
    mid_price,
    order_flow_imbalance,
    price_impact,
    quote_rule,
    quoted_spread,
    quotes_before,
    realised_spread,
    tick_rule,
    time_weighted,
)

RULES: dict[str, Callable[..., np.ndarray]] = {
    "tick": lambda price, bid, ask: tick_rule(price),
    "quote": quote_rule,
    "lee_ready": lee_ready,
    "emo": emo,
    "clnv": clnv,
}


def composed(
    trades: Trades,
    quotes: Quotes,
    *,
    horizons_ns: tuple[int, ...],
    rule: str,
    width_ns: int,
    until: int,
    before: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Give each field of `Minutes` from the first event's row to `until`."""
    begins = [ts[0] for ts in (trades.ts, quotes.ts) if len(ts)]
    first = min(begins, default=until) // width_ns * width_ns
    events = np.concatenate((trades.ts, quotes.ts))
    last = max(int(events.max(initial=first)), until - 1)
    edges = np.arange(first, last + 1 + width_ns, width_ns)
    edges = edges[: (last - first) // width_ns + 2]
    rows = len(edges) - 1
    trade_row = (trades.ts - first) // width_ns
    quote_row = (quotes.ts - first) // width_ns

    mid = mid_price(quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size)
    valid = ~np.isnan(mid)
    behind = quotes_before(trades.ts, quotes.ts) if before is None else before
    bid, ask = (met(np.where(valid, side, np.nan), behind) for side in (quotes.bid, quotes.ask))
    then = met(mid, behind)
    direction = RULES[rule](trades.price, bid, ask)
    if trades.direction is not None:
        direction = np.where(trades.direction != 0, trades.direction, direction)

    def summed(row: np.ndarray, values: np.ndarray) -> np.ndarray:
        return np.bincount(row, values, rows)

    def average(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
        weights = summed(trade_row, np.where(counted, trades.size, 0.0))
        with np.errstate(invalid="ignore"):
            return summed(trade_row, np.where(counted, values * trades.size, 0.0)) / weights

    effective = effective_spread(direction, trades.price, then)
    judged = ~np.isnan(effective)
    told: dict[str, np.ndarray] = {
        "ts": edges[:-1],
        "trades": summed(trade_row, np.ones(len(trades.ts))),
        "volume": summed(trade_row, trades.size),
        "notional": summed(trade_row, trades.price * trades.size),
        "buy_volume": summed(trade_row, trades.size * (direction > 0)),
        "sell_volume": summed(trade_row, trades.size * (direction < 0)),
        "unsigned": summed(trade_row, 1.0 * (direction == 0)),
        "unquoted": summed(trade_row, 1.0 * np.isnan(then)),
        "effective_spread": average(effective, judged),
        "effective_spread_bp": average(in_bp(effective, then), judged),
    }
    with np.errstate(invalid="ignore"):
        told["vwap"] = told["notional"] / told["volume"]
    for name, of in (("open", lambda p: p[0]), ("high", max), ("low", min), ("close", lambda p: p[-1])):
        prices = [trades.price[trade_row == row] for row in range(rows)]
        told[name] = np.array([of(each) if len(each) else np.nan for each in prices])
    ahead: dict[str, list[np.ndarray]] = {}
    for horizon in horizons_ns:
        later = mid_after(mid, quotes.ts, trades.ts, horizon, until)
        realised, impact = realised_spread(direction, trades.price, later), price_impact(direction, then, later)
        matched = summed(trade_row, 1.0 * (judged & ~np.isnan(later)))
        whole = matched == summed(trade_row, 1.0 * judged)
        for name, values in (
            ("realised_spread", realised),
            ("realised_spread_bp", in_bp(realised, then)),
            ("price_impact", impact),
            ("price_impact_bp", in_bp(impact, then)),
        ):
            ahead.setdefault(name, []).append(np.where(whole, average(values, judged & ~np.isnan(later)), np.nan))
        ahead.setdefault("matched", []).append(matched)
    told |= {name: np.column_stack(columns) for name, columns in ahead.items()}

    no_bid = np.isnan(quotes.bid) | (quotes.bid_size == 0.0)
    no_ask = np.isnan(quotes.ask) | (quotes.ask_size == 0.0)
    one_sided = no_bid | no_ask
    spread = quoted_spread(quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size)
    flow = order_flow_imbalance(quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
    flow[:1] = 0.0
    told |= {
        "quotes": summed(quote_row, np.ones(len(quotes.ts))),
        "locked": summed(quote_row, 1.0 * (~one_sided & (quotes.ask == quotes.bid))),
        "crossed": summed(quote_row, 1.0 * (~one_sided & (quotes.ask < quotes.bid))),
        "one_sided": summed(quote_row, 1.0 * one_sided),
        "order_flow": summed(quote_row, flow),
    }
    ends = np.minimum(edges, until)
    for name, values in (
        ("quoted_spread", spread),
        ("quoted_spread_bp", in_bp(spread, mid)),
        ("bid_depth", np.where(valid, quotes.bid_size, np.nan)),
        ("ask_depth", np.where(valid, quotes.ask_size, np.nan)),
        ("imbalance", np.where(valid, book_imbalance(quotes.bid_size, quotes.ask_size), np.nan)),
    ):
        told[name] = time_weighted(values, quotes.ts, ends)
    share = time_weighted(1.0 * valid, quotes.ts, ends)
    since = quotes.ts[0] if len(quotes.ts) else until
    told["quoted_ns"] = np.nan_to_num(share) * np.maximum(np.diff(np.maximum(ends, since)), 0)
    known = [met(mid[valid], [np.searchsorted(quotes.ts[valid], end, "left")])[0] for end in edges[1:]]
    told["mid"] = np.array([*known[:-1], met(mid[valid], [valid.sum()])[0]])
    return told
