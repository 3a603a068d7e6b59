"""Batch rules once more, plain and slow, from their definitions: over lists of events, every pair looked at."""

from collections import defaultdict
from itertools import pairwise
from math import log, sqrt
from statistics import fmean, median, pstdev
from typing import Any

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
Event = dict[str, Any]
Found = set[tuple[str, str, tuple[str, ...]]]
"""Symbol, owner, and the orders or trades that are its evidence."""


def mids(events: list[Event], symbol: str, venue: str | None) -> list[tuple[int, float, float]]:
    """Give (ts, bid, ask) of a market; without quotes there, of any quoted venue of the symbol."""
    quotes = [e for e in events if e["type"] == "quote" and e["symbol"] == symbol]
    here = [e for e in quotes if e.get("venue") == venue] or quotes
    return [(e["ts"], e["bid_price"], e["ask_price"]) for e in sorted(here, key=lambda e: e["ts"])]


def before(prices: list[tuple[int, float, float]], ts: int) -> tuple[float, float] | None:
    """Give the bid and ask that stood just before a moment."""
    earlier = [each for each in prices if each[0] < ts]
    return earlier[-1][1:] if earlier else None


def middle(prices: list[tuple[int, float, float]], ts: int) -> float | None:
    """Give the mid that stood just before a moment."""
    found = before(prices, ts)
    return sum(found) / 2 if found else None


def five_minute_returns(events: list[Event], symbol: str) -> dict[int, float]:
    """Give log returns by interval, of bars where there are any in it, else of trades."""
    closes: dict[int, float] = {}
    for kind in ("trade", "bar"):
        for e in events:
            if e["type"] == kind and e["symbol"] == symbol and (kind == "trade" or e["interval"] == "5m"):
                closes[(e["ts"] - (kind == "bar")) // (300 * SECOND)] = e["price"] if kind == "trade" else e["close"]
    return {k: log(closes[k] / closes[k - 1]) for k in closes if k - 1 in closes}


def known_returns(events: list[Event], symbol: str, ts: int, p: dict[str, float]) -> dict[int, float]:
    """Give the returns of earlier days, or of what ended before a moment where these are too few."""
    of_all = five_minute_returns(events, symbol)
    earlier = {k: each for k, each in of_all.items() if (k + 1) * 300 * SECOND <= ts // DAY * DAY}
    if len(earlier) >= p["min_intervals"]:
        return earlier
    return {k: each for k, each in of_all.items() if (k + 1) * 300 * SECOND <= ts}


def cross_product(events: list[Event], p: dict[str, float], owners: dict[str, str]) -> Found:
    """Look at every stack, every fill."""
    found: Found = set()
    events = sorted(events, key=lambda e: e["ts"])
    entered: dict[str, Event] = {}
    ended: dict[str, int] = {}
    filled: dict[str, float] = defaultdict(float)
    for e in (e for e in events if e["type"] == "order"):
        if e["action"] == "new":
            entered.setdefault(e["order_id"], e)
        elif e["action"] == "cancel":
            ended[e["order_id"]] = e["ts"]
        elif e["action"] == "fill":
            filled[e["order_id"]] += e["size"]
    groups: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    withdrawn: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for name, e in entered.items():
        if name not in ended:
            continue
        key = (e["symbol"], e["venue"], owners.get(e["account"], e["account"]), e["side"])
        withdrawn[key].append(e)
        brief = ended[name] - e["ts"] <= p["lifetime_s"] * SECOND
        if brief and filled[name] / e["size"] <= p["max_filled_share"]:
            groups[key].append(e)
    trades = [e for e in events if e["type"] == "trade"]
    for (symbol, venue, owner, side), orders in groups.items():
        usual = median(
            e["size"] for e in events if e["type"] == "order" and e["action"] == "new" and e["symbol"] == symbol
        )
        orders.sort(key=lambda e: ended[e["order_id"]])
        stacks = [[orders[0]]]
        for one, other in pairwise(orders):
            near = ended[other["order_id"]] - ended[one["order_id"]] <= p["together_s"] * SECOND
            stacks[-1].append(other) if near else stacks.append([other])
        for stack in stacks:
            for trade in trades:
                if _helped(events, stack, ended, trade, (symbol, venue, owner, side), withdrawn, usual, p, owners):
                    found.add((symbol, owner, tuple(sorted(e["order_id"] for e in stack))))
    return found


def _helped(
    events: list[Event], stack: list[Event], ended: dict[str, int], trade: Event, key: tuple[Any, ...],
    withdrawn: dict[tuple[Any, ...], list[Event]], usual: float, p: dict[str, float], owners: dict[str, str],
) -> bool:  # fmt: skip
    symbol, venue, owner, side = key
    start, entries = min(e["ts"] for e in stack), max(e["ts"] for e in stack)
    ends = [ended[e["order_id"]] for e in stack]
    size = sum(e["size"] for e in stack)
    other = withdrawn[symbol, venue, owner, "sell" if side == "buy" else "buy"]
    opposite = sum(
        e["size"] for e in other
        if ended[e["order_id"]] >= start and start - p["lifetime_s"] * SECOND <= e["ts"] <= max(ends)
    )  # fmt: skip
    buyer, seller = (owners.get(trade[f"{who}_account"], trade[f"{who}_account"]) for who in ("buy", "sell"))
    if size < p["size_multiple"] * usual or opposite * p["size_ratio"] > size or buyer == seller:
        return False
    if owner not in (buyer, seller) or not entries <= trade["ts"] <= min(ends):
        return False
    mine = "buy" if owner == buyer else "sell"
    sign = 1 if mine == "buy" else -1
    worth = sum(e["size"] * e["price"] for e in stack)
    late = max(ends) - trade["ts"] > p["lag_s"] * SECOND
    if late or trade["price"] * trade["size"] * p["size_ratio"] > worth or (trade["symbol"], trade["venue"]) == key[:2]:
        return False
    own = [e["ts"] for e in events if e["type"] == "order" and e["order_id"] == trade[f"{mine}_order_id"]
           and e["action"] in ("new", "replace")]  # fmt: skip
    if own and max(own) < start - p["meant_s"] * SECOND:
        return False
    rho, sigma = 1.0, 0.0
    there = known_returns(events, trade["symbol"], start, p)
    if trade["symbol"] != symbol:
        here = known_returns(events, symbol, start, p)
        common = sorted(here.keys() & there.keys())
        if len(common) < p["min_intervals"]:
            return False
        x, y = [here[k] for k in common], [there[k] for k in common]
        if not pstdev(x) or not pstdev(y):
            return False
        rho = fmean((a - fmean(x)) * (b - fmean(y)) for a, b in zip(x, y, strict=True)) / pstdev(x) / pstdev(y)
    if abs(rho) < p["min_correlation"] or sign * (1 if side == "buy" else -1) * rho > 0:
        return False
    near = middle(mids(events, symbol, venue), start)
    if near is None or any(abs(e["price"] - near) > p["max_distance_bp"] * 1e-4 * near for e in stack):
        return False
    prices = mids(events, trade["symbol"], trade["venue"])
    was, then, after = before(prices, start), middle(prices, trade["ts"]), middle(
        prices, max(ends) + round(p["lag_s"] * SECOND)
    )  # fmt: skip
    if was is None or then is None or after is None:
        return False
    mid = sum(was) / 2
    if len(there) >= p["min_intervals"]:
        sigma = mid * pstdev(there.values()) * sqrt(max(trade["ts"] - start, 1) / SECOND / p["interval_s"])
    moved = -sign * (then - mid)
    better = trade["price"] - was[0] if sign < 0 else was[1] - trade["price"]
    least = max(p["min_gain_spreads"] * (was[1] - was[0]), p["min_gain_sigmas"] * sigma)
    return moved >= least and better > 0 and sign * (after - then) / moved >= p["min_return_share"]


def insiders(events: list[Event], p: dict[str, float], owners: dict[str, str]) -> Found:
    """Look at every owner before every story."""
    found: Found = set()
    events = sorted(events, key=lambda e: e["ts"])
    last: dict[str, int] = {}
    for news in (e for e in events if e["type"] == "news"):
        symbol, told = news["symbol"], news["ts"]
        follows = told - last.get(symbol, -DAY) <= 3600 * SECOND
        last[symbol] = told
        prices = mids(events, symbol, None)
        was, now = middle(prices, told), middle(prices, told + round(p["reaction_s"] * SECOND))
        past = [v for k, v in five_minute_returns(events, symbol).items() if (k + 1) * 300 * SECOND <= told]
        if follows or was is None or now is None or now == was or len(past) < p["min_windows"]:
            continue
        sigma = pstdev(past) * sqrt(p["reaction_s"] / 300)
        if abs(log(now / was)) < max(p["min_sigmas"] * sigma, p["min_move_bp"] * 1e-4):
            continue
        length = round(p["look_back_s"] * SECOND)
        most = int(p["history_days"] * DAY // length)
        net: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        trades: dict[str, list[tuple[Event, int]]] = defaultdict(list)
        windows = set()
        for e in (e for e in events if e["type"] == "trade" and e["symbol"] == symbol and e["ts"] < told):
            number = (told - 1 - e["ts"]) // length
            if number > most:
                continue
            if number:
                windows.add(number)
            buyer, seller = (owners.get(e[f"{who}_account"], e[f"{who}_account"]) for who in ("buy", "sell"))
            if buyer == seller:
                continue
            for owner, side in ((buyer, 1), (seller, -1)):
                net[owner][number] += side * e["size"]
                if not number:
                    trades[owner].append((e, side))
        if len(windows) < p["min_windows"]:
            continue
        history = {owner: [abs(held[k]) for k in windows] for owner, held in net.items()}
        usual = median(pstdev(each) for each in history.values())
        for owner, mine in trades.items():
            position = net[owner][0]
            side = 1 if now > was else -1
            spread = max(pstdev(history[owner]), usual / 2, 1e-12)
            if position * side <= 0 or (abs(position) - fmean(history[owner])) / spread < p["min_z"]:
                continue
            building = [e for e, direction in mine if direction == side]
            quantity = sum(e["size"] for e in building)
            skipped = 0.0
            while skipped + building[0]["size"] <= 0.1 * quantity:
                skipped += building.pop(0)["size"]
            paid = sum(e["size"] * e["price"] for e in building) / sum(e["size"] for e in building)
            one_sided = quantity / sum(e["size"] for e, _ in mine)
            if one_sided >= p["min_one_sided"] and position * (now - paid) >= p["min_profit"]:
                found.add((symbol, owner, tuple(e["trade_id"] for e in building)))
    return found
