"""Price velocity and the rules of the feed, told over plain objects."""

from dataclasses import dataclass
from typing import Any

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Market, sets_price

Values = dict[str, float]


@dataclass(eq=False)
class Print:
    """A trade in the window; a later one at or beyond its price eclipses it for good."""

    ts: int
    price: float
    trade: str | None
    venue: str | None
    may_be_high: bool = True
    may_be_low: bool = True


class PriceVelocity:
    """The prints of the last seconds."""

    def __init__(self) -> None:
        self.prints: list[Print] = []
        self.last: Print | None = None
        self.told = False

    def see(self, event: dict[str, Any], ts: int, market: Market, p: Values) -> Said | None:
        if event.get("correction") is not None:
            self.take_out(event)
            return None
        if not sets_price(event):
            return None
        if self.told:
            self.told = False
            self.prints = [each for each in self.prints if each is self.last]
        self.prints = [each for each in self.prints if each.ts >= ts - ns(p["window_s"])]
        newest = Print(ts, event["price"], event.get("trade_id"), event.get("venue"))
        for each in self.prints:
            each.may_be_high = each.may_be_high and each.price > newest.price
            each.may_be_low = each.may_be_low and each.price < newest.price
        self.prints.append(newest)
        self.last = newest
        high = max((each for each in self.prints if each.may_be_high), key=lambda each: each.price)
        low = min((each for each in self.prints if each.may_be_low), key=lambda each: each.price)
        close = market.previous_close
        if close is None or close <= 0 or high.price - low.price < p["min_move"] * close:
            return None
        self.told = True
        plain = high.price - low.price < p["plain_move"] * close
        strength = min(0.5 + 0.1 * ((high.price - low.price) / (p["min_move"] * close) - 1.0), 0.89)
        first, second = (low, high) if low.ts <= high.ts else (high, low)
        return Said(
            score=0.45 if plain else strength,
            ts=ts,
            start_ts=first.ts,
            end_ts=ts,
            trades=[each.trade for each in (first, second) if each.trade is not None],
            metrics={"move": (high.price - low.price) / close, "high": high.price, "low": low.price},
            thresholds=picked(p, "min_move plain_move window_s"),
            baselines={"previous_close": close},
        )

    def take_out(self, event: dict[str, Any]) -> None:
        if event.get("trade_id") is None:
            return
        name = event["trade_id"], event.get("venue")
        if self.last and (self.last.trade, self.last.venue) == name:
            self.last = None
        self.prints = [each for each in self.prints if (each.trade, each.venue) != name]


def feed_staleness(event: dict[str, Any], p: Values) -> Said | None:
    """Take the ingester's word that a feed was silent."""
    if event["state"] != "silent":
        return None
    ts, told_since = event["ts"], event.get("since_ts")
    since = ts if told_since is None else min(told_since, ts)
    if told_since is not None and ts - since < ns(p["min_silence_s"]):
        return None
    return Said(
        score=0.75,
        ts=ts,
        start_ts=since,
        end_ts=ts,
        first_evidence=f"{event.get('channel') or ''}@{since}",
        metrics={"silence_s": (ts - since) / 1e9},
        thresholds=picked(p, "min_silence_s"),
    )


def sequence_gap(event: dict[str, Any], p: Values) -> Said | None:
    """Count what is missing; an unknown number counts as many."""
    if event["state"] != "gap":
        return None
    ts, first, last = event["ts"], event.get("from_seq"), event.get("to_seq")
    missing = None if first is None or last is None else last - first + 1
    if missing is not None and missing < p["min_missing"]:
        return None
    names = "-".join("" if number is None else str(number) for number in (first, last))
    return Said(
        score=0.75 if missing is None or missing >= p["high_missing"] else 0.55,
        ts=ts,
        start_ts=ts,
        end_ts=ts,
        first_evidence=f"{event.get('channel') or ''}:{names}@{ts}",
        metrics={} if missing is None else {"missing": float(missing)},
        thresholds=picked(p, "min_missing high_missing"),
    )


def clock_skew(event: dict[str, Any], p: Values) -> Said | None:
    """Take the ingester's word that stamps lie far from its clock."""
    if event["state"] != "skewed":
        return None
    ts, stamped = event["ts"], event.get("since_ts")
    skew = 0 if stamped is None else ts - stamped
    if stamped is not None and abs(skew) < ns(p["min_skew_s"]):
        return None
    return Said(
        score=0.75 if stamped is not None and abs(skew) >= ns(p["high_skew_s"]) else 0.55,
        ts=ts,
        start_ts=ts,
        end_ts=ts,
        first_evidence=f"{event.get('channel') or ''}@{ts}",
        metrics={} if stamped is None else {"skew_s": skew / 1e9},
        thresholds=picked(p, "min_skew_s high_skew_s"),
    )
