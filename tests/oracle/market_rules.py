"""Price velocity, wide spread, abnormal volume and the two feed rules, told over plain objects."""

from collections import defaultdict, deque
from dataclasses import dataclass
from statistics import median
from typing import Any

from surveillance.events import INTERVALS, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Bar, Market, sets_price

Values = dict[str, float]
INTERVAL_NAMES = {seconds: name for name, seconds in INTERVALS.items()}


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
        first, second = (low, high) if low.ts <= high.ts else (high, low)
        return Said(
            score=min(0.5 + 0.1 * ((high.price - low.price) / (p["min_move"] * close) - 1.0), 0.89),
            ts=ts,
            start_ts=first.ts,
            end_ts=ts,
            trades=[each.trade for each in (first, second) if each.trade is not None],
            metrics={"move": (high.price - low.price) / close, "high": high.price, "low": low.price},
            thresholds=picked(p, "min_move window_s"),
            baselines={"previous_close": close},
        )

    def take_out(self, event: dict[str, Any]) -> None:
        if event.get("trade_id") is None:
            return
        name = event["trade_id"], event.get("venue")
        if self.last and (self.last.trade, self.last.venue) == name:
            self.last = None
        self.prints = [each for each in self.prints if (each.trade, each.venue) != name]


class WideSpread:
    """The spread's samples and the stretch it is wide in."""

    def __init__(self) -> None:
        self.samples: deque[float] = deque(maxlen=61)
        self.sampled_ts = -SECOND
        self.since: int | None = None
        self.last_ts: int | None = None
        self.told = False
        self.limit = 0.0
        self.worst = 0.0

    def see(self, ts: int, market: Market, p: Values) -> Said | None:
        if self.last_ts is not None and ts - self.last_ts > 3600 * SECOND:
            self.__init__()  # type: ignore[misc]
        self.last_ts = ts
        if self.since is not None and self.since < market.opened_ts:
            self.since = None
        said = None
        if self.since is not None and not self.told and ts - self.since >= ns(p["duration_s"]):
            self.told = True
            said = self.say(ts, p)
        self.follow(ts, market, p)
        return said

    def median(self) -> float:
        return sorted(self.samples)[len(self.samples) // 2]

    def follow(self, ts: int, market: Market, p: Values) -> None:
        spread = None
        if market.bid is not None and market.ask is not None and market.bid + market.ask:
            spread = (market.ask - market.bid) * 2e4 / (market.ask + market.bid)
        limit = max(p["floor_bp"], p["multiple"] * self.median()) if len(self.samples) >= p["min_samples"] else None
        if spread is not None and limit is not None and spread > limit:
            if self.since is None:
                self.since, self.told, self.worst, self.limit = ts, False, 0.0, limit
            self.worst = max(self.worst, spread)
            return
        self.since, self.told = None, False
        if spread is not None and ts - self.sampled_ts >= SECOND:
            self.sampled_ts = ts
            self.samples.append(spread)

    def say(self, ts: int, p: Values) -> Said:
        assert self.since is not None
        return Said(
            score=min(0.45 + 0.05 * self.worst / self.limit, 0.89),
            ts=ts,
            start_ts=self.since,
            end_ts=ts,
            detected_ts=self.since + ns(p["duration_s"]),
            metrics={"spread_bp": self.worst, "seconds": (ts - self.since) / 1e9},
            thresholds=picked(p, "floor_bp multiple duration_s") | {"limit_bp": self.limit},
            baselines={"median_spread_bp": self.median()},
        )


class AbnormalVolume:
    """Volumes of the last twenty bars of each interval."""

    def __init__(self) -> None:
        self.volumes: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=20))

    def see(self, bar: Bar, p: Values) -> Said | None:
        if bar.volume is None:
            return None
        before = self.volumes[bar.seconds]
        before.extend([0.0] * min(bar.empty_before, 20))
        held = list(before)
        before.append(bar.volume)
        mean = sum(held) / 20
        if len(held) < 20 or mean <= 0 or bar.volume <= p["multiple"] * mean:
            return None
        middle = median(held)
        mad = median(abs(volume - middle) for volume in held)
        z = 0.6745 * (bar.volume - middle) / mad if mad > 0 else 1e9
        score = 0.3
        if z >= p["min_mad_z"] and bar.money >= p["min_money"]:
            score = 0.5
            if z >= 2 * p["min_mad_z"] and bar.money >= 2 * p["min_money"]:
                score = min(0.7 + 0.05 * (bar.volume / (p["multiple"] * mean) - 1.0), 0.89)
        return Said(
            score=score,
            ts=bar.ts,
            start_ts=bar.ts - bar.seconds * SECOND,
            end_ts=bar.ts,
            first_evidence=f"{INTERVAL_NAMES[bar.seconds]}@{bar.ts}",
            metrics={"volume": bar.volume, "multiple": bar.volume / mean, "mad_z": min(z, 1e9), "money": bar.money},
            thresholds=picked(p, "multiple min_mad_z min_money"),
            baselines={"mean_volume": mean, "median_volume": middle},
        )


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
