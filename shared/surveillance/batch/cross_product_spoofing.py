"""Cross-product spoofing: large orders in one market, never meant to trade, help a fill in another that moves with it.

All of one owner: (1) one or several displayed orders on one side of market A, entered at most `max_distance_bp` from
the mid, together at least `size_multiple` × A's usual order size, with nothing comparable on the owner's other side of
A meanwhile; (2) each cancelled within `lifetime_s` of its entry, at most `max_filled_share` of it filled, and one
within `together_s` of the other; (3) while all of them stand, a fill in market B on the side they help, worth at least
`size_ratio` times less; (4) B is another instrument whose returns of `interval_s` correlate with A's by at least
`min_correlation` in absolute value over `min_intervals` or more, or the same instrument at another venue; (5) the last
cancel follows within `lag_s` of the fill; (6) the fill paid: the mid of B moved in its favour by at least
`min_gain_spreads` spreads from the entry of the first order, and by `min_gain_sigmas` σ of usual moves in that time,
and its price is better than what B's other side paid then.

Correlation and usual moves are those of earlier days (UTC), or, where these have too few intervals, of all that ended
before the first order of the stack: what the owner could know, and the manipulated prices are no measure of it.

A buy stack helps sells in B where the correlation is positive, buys where it is negative. The order that was filled
was entered or re-priced at most `meant_s` before those in A, and of the move at least `min_return_share` comes back
within `lag_s` of the cancel.

Source: Regulation (EU) 2016/522, Annex II, section 1, indicators of cross-product manipulation.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from surveillance.batch.executions import Evidence, Execution
from surveillance.batch.records import Market, Records, Withdrawn
from surveillance.events import DAY, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, amount, duration, side_word

ID, VERSION, TITLE = "cross_product_spoofing", 1, "Cross-product spoofing"
KIND, TIER, ANSWERS = "pattern", 3, ("cross_product_spoofing",)
NEEDS = ("order", "trade")
SCOPE = "market"

PARAMETERS = (
    Parameter("size_multiple", 3.5, "× usual order size", 1, 1000, "how large the orders in A are together"),
    Parameter("size_ratio", 1.4, "× the fill in B", 0.1, 1000, "how much more the orders are worth than the fill"),
    Parameter("max_distance_bp", 50, "bp of the mid", 0, 10_000, "how near the orders in A were entered"),
    Parameter("lifetime_s", 22, "s", 0.001, 600, "entry to cancel of an order"),
    Parameter("together_s", 1, "s", 0, 60, "from one cancel to the next"),
    Parameter("max_filled_share", 0.01, "share", 0, 1, "how much of an order may have been filled"),
    Parameter("lag_s", 5, "s", 0.001, 60, "from the fill to the last cancel"),
    Parameter("min_correlation", 0.55, "correlation", 0, 1, "of returns, in absolute value"),
    Parameter("interval_s", 300, "s", 1, 86_400, "of a return"),
    Parameter("min_intervals", 60, "intervals", 3, 100_000, "common to both, to speak of correlation"),
    Parameter("meant_s", 2, "s", 0, 600, "by which the order in B may be older than those in A"),
    Parameter("min_gain_spreads", 1, "spreads of B", 0, 100, "how far B moved in the fill's favour"),
    Parameter("min_gain_sigmas", 1.5, "σ of B", 0, 100, "how far B moved, against usual moves in that time"),
    Parameter("min_return_share", 0.25, "share", -10, 1, "of that move which came back within `lag_s` of the cancel"),
)
LEAST_SCORE = 0.8

Values = dict[str, float]


class Stack(msgspec.Struct, frozen=True):
    """Orders of one owner on one side of a market that were withdrawn together, by entry."""

    market: Market
    owner: str
    side: int
    orders: tuple[Withdrawn, ...]
    multiple: float

    @property
    def start(self) -> int:
        """When the first was entered."""
        return self.orders[0].entered_ts

    @property
    def stands(self) -> tuple[int, int]:
        """From when to when all of them were live."""
        return self.orders[-1].entered_ts, min(order.cancelled_ts for order in self.orders)

    @property
    def end(self) -> int:
        """When the last was cancelled."""
        return max(order.cancelled_ts for order in self.orders)

    @property
    def worth(self) -> float:
        """Quantity by price."""
        return sum(order.quantity * order.price for order in self.orders)


class Fill(msgspec.Struct, frozen=True):
    """One owner's side of an execution."""

    symbol: str
    side: int
    execution: Execution


def find(records: Records, values: Callable[[str], Values]) -> Iterator[tuple[str, Evidence]]:
    """Give (symbol of A, evidence)."""
    fills, times = _fills(records)
    returns: dict[int, dict[str, dict[int, float]]] = {}
    for market, orders in records.withdrawn.items():
        p = values(market[0])
        interval = round(p["interval_s"])
        if p["enabled"] and interval not in returns:
            returns[interval] = records.returns(interval)
        if not p["enabled"]:
            continue
        for stack in stacks(market, orders, records.usual_quantity.get(market[0], np.nan), p):
            first = bisect_left(times.get(stack.owner, []), stack.stands[0])
            last = bisect_right(times.get(stack.owner, []), stack.stands[1])
            for fill in fills.get(stack.owner, [])[first:last]:
                evidence = _evidence(records, stack, fill, returns[interval], p)
                if evidence is not None:
                    yield market[0], evidence


def _fills(records: Records) -> tuple[dict[str, list[Fill]], dict[str, list[int]]]:
    """Give each owner's fills by time, and their times."""
    found: dict[str, list[Fill]] = {}
    for symbol, listed in records.executions.items():
        for each in listed:
            if each.buyer != each.seller:
                found.setdefault(each.buyer, []).append(Fill(symbol, 1, each))
                found.setdefault(each.seller, []).append(Fill(symbol, -1, each))
    for fills in found.values():
        fills.sort(key=lambda fill: fill.execution.ts)
    return found, {owner: [fill.execution.ts for fill in fills] for owner, fills in found.items()}


def stacks(market: Market, orders: Sequence[Withdrawn], usual: float, p: Values) -> Iterator[Stack]:
    """Put orders that were withdrawn together into stacks, and give those that are large, short-lived and one-sided."""
    lifetime = round(p["lifetime_s"] * SECOND)
    listed: dict[tuple[str, int], list[Withdrawn]] = {}
    for order in orders:
        listed.setdefault((order.owner, order.side), []).append(order)
    for (owner, side), held in sorted(listed.items()):
        others = listed.get((owner, -side), [])
        entries = [order.entered_ts for order in others]
        for group in _together([order for order in held if _is_fleeting(order, lifetime, p)], p):
            quantity = sum(order.quantity for order in group)
            if quantity < p["size_multiple"] * usual:
                continue
            start, end = group[0].entered_ts, max(order.cancelled_ts for order in group)
            first, last = bisect_left(entries, start - lifetime), bisect_right(entries, end)
            opposite = sum(order.quantity for order in others[first:last] if order.cancelled_ts >= start)
            if opposite * p["size_ratio"] <= quantity:
                yield Stack(market, owner, side, tuple(group), quantity / usual)


def _is_fleeting(order: Withdrawn, lifetime: int, p: Values) -> bool:
    return order.filled_share <= p["max_filled_share"] and order.cancelled_ts - order.entered_ts <= lifetime


def _together(orders: Sequence[Withdrawn], p: Values) -> Iterator[list[Withdrawn]]:
    """Cut orders where more than `together_s` lie between two cancels; each group by entry."""
    by_cancel = sorted(orders, key=lambda order: order.cancelled_ts)
    begin = 0
    for place in range(1, len(by_cancel) + 1):
        apart = place == len(by_cancel) or (
            by_cancel[place].cancelled_ts - by_cancel[place - 1].cancelled_ts > p["together_s"] * SECOND
        )
        if apart:
            yield sorted(by_cancel[begin:place], key=lambda order: order.entered_ts)
            begin = place


def correlation(one: dict[int, float], other: dict[int, float], at_least: float) -> float | None:
    """Give the correlation of two series over the intervals they share, or None where these are too few."""
    common = sorted(one.keys() & other.keys())
    if len(common) < at_least:
        return None
    both = np.array([[one[end], other[end]] for end in common])
    spread = both.std(axis=0)
    if not (spread > 0).all():
        return None
    return float(((both - both.mean(axis=0)) / spread).prod(axis=1).mean())


def returns_before(returns: dict[int, float], ts: int, p: Values) -> dict[int, float]:
    """Keep the returns of earlier days, or, where these are too few, all that ended before a moment."""
    interval = round(p["interval_s"] * SECOND)
    earlier = {end: each for end, each in returns.items() if end * interval <= ts // DAY * DAY}
    if len(earlier) >= p["min_intervals"]:
        return earlier
    return {end: each for end, each in returns.items() if end * interval <= ts}


def _mid(records: Records, stack: Stack) -> float | None:
    prices = records.price_of(*stack.market)
    return prices.mid(stack.start) if prices else None


def _evidence(
    records: Records, stack: Stack, fill: Fill, returns: dict[str, dict[int, float]], p: Values
) -> Evidence | None:
    symbol, venue = stack.market
    trade = fill.execution
    if stack.end - trade.ts > p["lag_s"] * SECOND or (fill.symbol, trade.venue) == stack.market:
        return None
    mine = (trade.order_ids[0 if fill.side > 0 else 1],) if len(trade.order_ids) == len(("buy", "sell")) else ()
    if mine and records.entered.get(mine[0], stack.start) < stack.start - p["meant_s"] * SECOND:
        return None
    if trade.price * trade.quantity * p["size_ratio"] > stack.worth:
        return None
    there = returns_before(returns.get(fill.symbol, {}), stack.start, p)
    if fill.symbol == symbol:
        rho: float | None = 1.0
    else:
        rho = correlation(returns_before(returns.get(symbol, {}), stack.start, p), there, p["min_intervals"])
    if rho is None or abs(rho) < p["min_correlation"] or fill.side * stack.side * rho > 0:
        return None
    mid = _mid(records, stack)
    if mid is None or any(abs(order.price - mid) > p["max_distance_bp"] * 1e-4 * mid for order in stack.orders):
        return None
    prices = records.price_of(fill.symbol, trade.venue)
    before = prices.at(stack.start) if prices else None
    if prices is None or before is None:
        return None
    then, after = prices.mid(trade.ts), prices.mid(stack.end + round(p["lag_s"] * SECOND))
    if then is None or after is None:
        return None
    mid, spread = (before[0] + before[1]) / 2, max(before[1] - before[0], 1e-9 * before[1])
    moved = -fill.side * (then - mid)
    better = trade.price - before[0] if fill.side < 0 else before[1] - trade.price
    known = list(there.values())
    elapsed = max(trade.ts - stack.start, 1) / SECOND
    sigma = mid * float(np.std(known)) * (elapsed / p["interval_s"]) ** 0.5 if len(known) >= p["min_intervals"] else 0.0
    if moved < max(p["min_gain_spreads"] * spread, p["min_gain_sigmas"] * sigma) or better <= 0:
        return None
    came_back = fill.side * (after - then) / moved
    if came_back < p["min_return_share"]:
        return None
    account = trade.buy_account if fill.side > 0 else trade.sell_account
    where = f"{symbol} at {venue}" if venue else symbol
    place = f"{fill.symbol} at {trade.venue}" if trade.venue else fill.symbol
    levels = len({order.price for order in stack.orders})
    sentences = [
        f"Owner {stack.owner} entered {len(stack.orders)} {side_word(stack.side)} orders at {levels} prices in "
        f"{where}, together {stack.multiple:.1f} times the usual order (threshold {p['size_multiple']:g}), and "
        f"cancelled all of them within {duration(stack.end - stack.start)} (threshold {p['lifetime_s']:g} s), hardly "
        "anything filled.",
        f"While they stood, account {account} {'bought' if fill.side > 0 else 'sold'} {amount(trade.quantity)} @ "
        f"{amount(trade.price)} in {place}, worth {stack.worth / (trade.price * trade.quantity):.1f} times less "
        f"(threshold {p['size_ratio']:g}); the last cancel came {duration(max(stack.end - trade.ts, 0))} later "
        f"(threshold {p['lag_s']:g} s).",
        "It is the same instrument at another venue."
        if fill.symbol == symbol
        else f"Returns of the two correlate by {rho:+.2f} (threshold ±{p['min_correlation']:g}).",
        f"From the first order to the fill the mid there moved {moved / spread:.1f} spreads in its favour (threshold "
        f"{p['min_gain_spreads']:g}), and {came_back:.0%} of that came back within {p['lag_s']:g} s of the cancel "
        f"(threshold {p['min_return_share']:.0%}).",
    ]
    finding = Finding(
        start_ts=stack.start,
        end_ts=max(stack.end, trade.ts),
        sentences=sentences,
        tier=TIER,
        metrics={
            "size_multiple": stack.multiple,
            "size_ratio": stack.worth / (trade.price * trade.quantity),
            "correlation": rho,
            "gain_spreads": moved / spread,
            "return_share": came_back,
            "gain_sigmas": moved / sigma if sigma else np.nan,
            "orders": len(stack.orders),
        },
        thresholds={
            name: p[name]
            for name in ("size_multiple", "size_ratio", "lifetime_s", "lag_s", "min_correlation", "min_gain_spreads")
        },
        baselines={"usual_quantity": records.usual_quantity.get(symbol, np.nan)},
    )
    accounts = dict.fromkeys((*(order.account for order in stack.orders), account))
    return Evidence(
        ts=max(stack.end, trade.ts),
        score=LEAST_SCORE + 0.08 * min(max(came_back, 0.0), 1.0) + 0.04 * min(moved / spread / 4, 1.0),
        finding=finding,
        venue=venue,
        party=(stack.owner,),
        accounts=tuple(accounts),
        order_ids=(*(order.order_id for order in stack.orders), *mine),
        trade_ids=(trade.trade_id,) if trade.trade_id else (),
    )
