"""Wide spread and the rules of venue quotes, told over plain objects."""

from collections import deque
from typing import Any

from surveillance.events import DAY, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Market, sets_price

Values = dict[str, float]
EXEMPT = {"auction_open", "auction_close", "odd_lot", "intermarket_sweep", "extended_hours"}
HOUR = 3600 * SECOND


class WideSpread:
    """The spread's samples and the stretch it is wide in; shown what changes the best prices or begins a second."""

    def __init__(self) -> None:
        self.samples: deque[float] = deque(maxlen=61)
        self.sampled_second = 0
        self.since: int | None = None
        self.last_ts: int | None = None
        self.told = False
        self.limit = 0.0
        self.worst = 0.0

    def see(self, ts: int, market: Market, p: Values) -> Said | None:
        if self.last_ts is not None and ts - self.last_ts > HOUR:
            self.__init__()  # type: ignore[misc]
        self.last_ts = ts
        if self.since is not None and self.since < market.opened_ts:
            self.since = None
        said = None
        if self.since is not None and not self.told and ts - self.since >= ns(p["duration_s"]):
            self.told = True
            said = self.say(ts, market.message_mean, p)
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
        if spread is not None and ts // SECOND != self.sampled_second:
            self.sampled_second = ts // SECOND
            self.samples.append(spread)

    def say(self, ts: int, message_mean: float, p: Values) -> Said:
        assert self.since is not None
        plain = self.worst < p["plain_bp"] or message_mean < p["min_messages"]
        return Said(
            score=0.45 if plain else min(max(0.5, 0.45 + 0.05 * self.worst / max(self.limit, p["plain_bp"])), 0.89),
            ts=ts,
            start_ts=self.since,
            end_ts=ts,
            detected_ts=self.since + ns(p["duration_s"]),
            metrics={"spread_bp": self.worst, "seconds": (ts - self.since) / 1e9},
            thresholds=picked(p, "floor_bp plain_bp multiple duration_s min_messages") | {"limit_bp": self.limit},
            baselines={"median_spread_bp": self.median()},
        )


class LockedCrossedMarket:
    """A stretch in which the best bid reaches the best ask, and the venue whose own quote does."""

    def __init__(self) -> None:
        self.since: int | None = None
        self.told = self.fresh = False
        self.widest = 0.0, 0.0
        self.faulty: str | None = None
        self.forgotten_after: int | None = None

    def see(self, event: dict[str, Any], ts: int, market: Market, p: Values) -> Said | None:
        if self.forgotten_after is not None and ts > self.forgotten_after:
            self.__init__()  # type: ignore[misc]
        if self.since is not None and self.since < market.opened_ts:
            self.since = None
        said = None
        if self.since is not None and not self.told and self.fresh and ts - self.since >= ns(p["duration_s"]):
            self.told = True
            bid, ask = self.widest
            said = Said(
                score=0.65 if bid > ask else 0.4,
                ts=ts,
                start_ts=self.since,
                end_ts=ts,
                detected_ts=self.since + ns(p["duration_s"]),
                metrics=crossed(bid, ask, ts - self.since),
                thresholds=picked(p, "duration_s fresh_s"),
            )
        venue = event.get("venue")
        own_bid, own_ask = market.of_venue(venue)
        if own_bid is not None and own_ask is not None and own_bid >= own_ask:
            if self.faulty != venue:
                self.faulty = venue
                score = 0.75 if own_bid > own_ask else 0.6
                if event.get("bid_price") is None or event.get("ask_price") is None:
                    score = 0.3
                said = Said(score=score, ts=ts, start_ts=ts, end_ts=ts, metrics=crossed(own_bid, own_ask, 0))
        elif self.faulty is not None and self.faulty == venue:
            self.faulty = None
        self.follow(ts, market, p)
        self.forgotten_after = ts + HOUR if self.since is not None or self.faulty is not None else ts
        return said

    def follow(self, ts: int, market: Market, p: Values) -> None:
        bid, ask = market.bid, market.ask
        if self.faulty is not None or len(market.venues) < 2 or bid is None or ask is None or bid < ask:
            self.since = None
            return
        if self.since is None:
            self.since, self.told, self.widest = ts, False, (bid, ask)
        self.fresh = min(market.best_ts["bid"], market.best_ts["ask"]) >= ts - ns(p["fresh_s"])
        if not self.fresh and not self.told:
            self.since = ts
        if bid - ask > self.widest[0] - self.widest[1]:
            self.widest = bid, ask


def crossed(bid: float, ask: float, lasted: int) -> dict[str, float]:
    return {"bid": bid, "ask": ask, "overlap_bp": (bid - ask) * 2e4 / (bid + ask), "seconds": lasted / 1e9}


class StubQuote:
    """The venue whose stub was told last."""

    def __init__(self) -> None:
        self.venue: str | None = None
        self.forgotten_after: int | None = None

    def see(self, event: dict[str, Any], ts: int, market: Market, p: Values) -> Said | None:
        if self.forgotten_after is not None and ts > self.forgotten_after:
            self.__init__()  # type: ignore[misc]
        venue = event.get("venue")
        band = self.band(ts, market, p)
        bid, ask = market.of_venue(venue)
        others = market.others(venue)
        far = None
        if len(market.venues) > 1 and bid is not None and ask is not None and bid < ask:
            best_bid, best_ask = others
            low = best_bid is not None and bid < best_bid * (1 - band)
            high = best_ask is not None and ask > best_ask * (1 + band)
            far = (low, high) if low or high else None
        if far is None:
            if venue is not None and self.venue == venue:
                self.venue, self.forgotten_after = None, ts
            return None
        known = self.venue == venue
        self.venue, self.forgotten_after = venue, ts + HOUR
        if known:
            return None
        assert bid is not None
        assert ask is not None
        away: dict[str, float] = {}
        if others[0] is not None:
            away["bid_share_away"] = 1 - bid / others[0] if others[0] else 0.0
        if others[1] is not None:
            away["ask_share_away"] = ask / others[1] - 1 if others[1] else 0.0
        both = all(share > band for share in away.values()) and len(away) == 2
        named = zip(("others_bid", "others_ask"), others, strict=True)
        return Said(
            score=0.65 if both else 0.55,
            ts=ts,
            start_ts=ts,
            end_ts=ts,
            metrics=away,
            thresholds={"band": band},
            baselines={name: best for name, best in named if best is not None},
        )

    def band(self, ts: int, market: Market, p: Values) -> float:
        if not (market.close_ts > ts and market.close_ts - market.session < DAY):
            return p["band"]
        begins = ts - max(market.session, market.opened_ts) < ns(p["opening_s"])
        ends = market.close_ts - ts <= ns(p["closing_s"])
        return max(p["edge_band"], p["band"]) if begins or ends else p["band"]


def trade_through(event: dict[str, Any], ts: int, market: Market, p: Values) -> Said | None:
    """Compare a print with what other venues had shown for a second and confirmed within three."""
    if len(market.venues) < 2 or not sets_price(event) or EXEMPT & set(event.get("conditions") or ()):
        return None
    bid, ask = market.shown_elsewhere(event.get("venue"), ts)
    price = event["price"]
    if bid is not None and ask is not None and bid >= ask:
        return None
    if bid is not None and price < bid:
        shown, side = bid, -1
    elif ask is not None and price > ask:
        shown, side = ask, 1
    else:
        return None
    distance = (price - shown) * side * 1e4 / shown
    if distance <= p["min_distance_bp"]:
        return None
    return Said(
        score=min(0.55 + 0.01 * distance, 0.85) if distance >= p["clear_distance_bp"] else 0.4,
        ts=ts,
        start_ts=ts,
        end_ts=ts,
        trades=[event["trade_id"]] if event.get("trade_id") is not None else [],
        metrics={"price": price, "distance_bp": distance},
        thresholds=picked(p, "min_distance_bp clear_distance_bp"),
        baselines={"shown": shown},
    )
