"""Rules about who traded with whom, as the catalogue defines them, told over plain legs."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, fsum, log, log10, sqrt
from typing import Any

from tests.oracle.findings import Said, ns, picked
from tests.oracle.legs import Leg

Values = dict[str, float]


def by_owner(leg: Leg) -> str | None:
    return leg.owner.name


def by_market(leg: Leg) -> str | None:
    return None


def is_own(leg: Leg) -> bool:
    """Say whether the same owner stands on both sides."""
    return leg.counter is not None and leg.counter.owner.name == leg.owner.name


def names_of(*legs: Leg | None) -> list[str]:
    return [name for leg in legs if leg is not None and leg.order is not None for name in leg.order.names]


def trades_of(*legs: Leg) -> list[str]:
    return [leg.trade for leg in legs if leg.trade is not None]


def usual_print(leg: Leg) -> float:
    return leg.usual_trade if leg.usual_trade > 0 else leg.quantity


def tier_of(leg: Leg) -> int:
    return 3 if leg.owner.known else 2


def rate_of(leg: Leg, but: float) -> float:
    """Give the owner's usual prints a second in the session, leaving out a quantity."""
    others = max(leg.bought + leg.sold - but, 0.0) / usual_print(leg) + 1.0
    return others / ((leg.ts - leg.heard_ts) * 1e-9 + 60.0)


@dataclass
class Run:
    """An owner's legs on one side, one after the other."""

    first: Leg
    last_ts: int
    quantity: float
    money: float


@dataclass
class Trip:
    """A purchase and a sale that undo each other."""

    there: Run
    back: Run
    end: Leg
    quantity: float
    surprise: float


class WashTrading:
    """One owner's self-matches and round trips; the newest sixteen of each."""

    def __init__(self) -> None:
        self.heard: int | None = None
        self.forget()

    def forget(self) -> None:
        self.matches: list[Leg] = []
        self.trips: list[Trip] = []
        self.run: Run | None = None
        self.before: Run | None = None

    def see(self, leg: Leg, p: Values) -> Said | None:
        if self.heard is not None and leg.ts > self.heard + ns(p["window_s"]):
            self.forget()
        self.heard = leg.ts
        if is_own(leg):
            return self.self_match(leg, p)
        if leg.entity == "market_maker":
            return None
        self.extend(leg, p)
        trip = self.trip(leg, p)
        if trip is None:
            return None
        self.run = self.before = None
        if trip.surprise < p["trip_surprise"]:
            return None
        self.trips = [*self.trips, trip][-16:]
        return self.judge(leg, p)

    def self_match(self, leg: Leg, p: Values) -> Said:
        self.matches = [*self.matches, leg][-16:]
        self.run = self.before = None
        told = [match for match in self.matches if match.ts + ns(p["window_s"]) >= leg.ts]
        score = 0.4 if len(told) == 1 else 0.65 if len(told) < p["min_matches"] else 0.95
        return Said(
            score=score,
            ts=leg.ts,
            start_ts=told[0].ts,
            end_ts=leg.ts,
            orders=[name for match in told for name in names_of(match, match.counter)],
            trades=trades_of(*told),
            accounts=[one.account for match in told for one in (match, match.counter) if one is not None],
            tier=tier_of(leg),
            metrics={"self_matches": len(told), "volume": fsum(match.quantity for match in told)},
            thresholds=picked(p, "min_matches window_s"),
            baselines={"usual_trade": leg.usual_trade},
        )

    def extend(self, leg: Leg, p: Values) -> None:
        run = self.run
        if run and run.first.side == leg.side and leg.ts - run.last_ts <= ns(p["run_s"]):
            run.last_ts = leg.ts
            run.quantity += leg.quantity
            run.money += leg.quantity * leg.price
            return
        self.before = run if run and run.first.side == -leg.side else None
        self.run = Run(leg, leg.ts, leg.quantity, leg.quantity * leg.price)

    def trip(self, leg: Leg, p: Values) -> Trip | None:
        run, before = self.run, self.before
        if run is None or before is None or leg.ts - before.first.ts > ns(p["match_s"]):
            return None
        if abs(run.quantity - before.quantity) > p["size_tolerance"] * max(run.quantity, before.quantity):
            return None
        price = run.money / run.quantity
        apart = abs(price - before.money / before.quantity)
        in_ticks = leg.tick is not None and apart <= p["price_ticks"] * leg.tick
        if not in_ticks and apart > p["price_bp"] * 1e-4 * abs(price):
            return None
        both = run.quantity + before.quantity
        seconds = max(leg.ts - before.first.ts, 1_000_000) * 1e-9
        rest = both + fsum(each.quantity for each in self.trips)
        chance = (1.0 - exp(-rate_of(leg, rest) * seconds)) / 8
        size = min(1.0, leg.usual / before.quantity) if leg.usual > 0 else 1.0
        return Trip(before, run, leg, both, -log(chance * size * size))

    def judge(self, leg: Leg, p: Values) -> Said | None:
        told: list[Trip] = []
        for trip in reversed(self.trips):
            first = trip.there.first
            if first.ts + ns(p["window_s"]) < leg.ts:
                return None
            told.insert(0, trip)
            volume = fsum(each.quantity for each in told)
            traded = leg.bought + leg.sold - (first.bought + first.sold - first.quantity)
            if volume < p["matched_share"] * traded:
                return None
            surprise = fsum(each.surprise for each in told)
            if len(told) >= p["min_matches"] and surprise >= p["min_surprise"]:
                legs = [one for each in told for one in (each.there.first, each.back.first)]
                return Said(
                    score=0.8,
                    ts=leg.ts,
                    start_ts=first.ts,
                    end_ts=leg.ts,
                    orders=names_of(*legs),
                    trades=trades_of(*legs),
                    accounts=[one.account for one in legs],
                    tier=tier_of(leg),
                    metrics={
                        "round_trips": len(told),
                        "volume": volume,
                        "matched_share": volume / traded,
                        "surprise": surprise,
                    },
                    thresholds=picked(
                        p,
                        "min_matches window_s match_s size_tolerance price_ticks price_bp matched_share trip_surprise "
                        "min_surprise",
                    ),
                    baselines={"usual_trade": leg.usual_trade},
                )
        return None


class PreArrangedTrading:
    """A market's meetings; the newest 128."""

    def __init__(self) -> None:
        self.expires: int | None = None
        self.meetings: list[Leg] = []
        self.met = 0

    @staticmethod
    def is_meeting(leg: Leg, p: Values) -> bool:
        one, other = leg, leg.counter
        if other is None or one.order is None or other.order is None or is_own(leg):
            return False
        if one.entity == other.entity == "market_maker":
            return False
        if one.entered_ts is None or other.entered_ts is None:
            return False
        if one.order_quantity is None or other.order_quantity is None:
            return False
        larger = max(one.order_quantity, other.order_quantity)
        return (
            abs(one.entered_ts - other.entered_ts) <= ns(p["apart_s"])
            and abs(one.order_quantity - other.order_quantity) <= p["size_tolerance"] * larger
            and leg.quantity >= p["traded_share"] * larger
        )

    @staticmethod
    def pair(leg: Leg) -> set[str | None]:
        return {leg.owner.name, leg.counter.owner.name if leg.counter else None}

    def see(self, leg: Leg, p: Values) -> Said | None:
        meets = self.is_meeting(leg, p)
        if self.expires is None or leg.ts > self.expires:
            self.expires, self.meetings, self.met = None, [], 0
            if not meets:
                return None
        self.expires = leg.ts + ns(p["window_s"])
        if not meets:
            return None
        self.meetings = [*self.meetings, leg][-128:]
        self.met += 1
        told = [m for m in self.meetings if self.pair(m) == self.pair(leg) and m.ts + ns(p["window_s"]) >= leg.ts]
        quantity = fsum(m.quantity for m in told)
        if len(told) < p["min_meetings"]:
            return None
        rest = max(leg.day_volume - quantity, leg.usual_trade)
        mine = max(leg.bought + leg.sold - quantity, leg.usual_trade) / (2 * rest)
        theirs = max(leg.counter_volume - quantity, leg.usual_trade) / (2 * rest)
        expected = 2 * max(self.met - len(told), 1) * min(mine, 1.0) * min(theirs, 1.0)
        certainty = -log10(max(at_least(len(told), expected), 1e-300))
        if certainty < p["min_certainty"]:
            return None
        accounts = [one.account for m in told for one in (m.counter, m) if one is not None]
        return Said(
            score=0.75 + min(0.05 * (len(told) - p["min_meetings"]), 0.2),
            ts=leg.ts,
            start_ts=told[0].ts,
            end_ts=leg.ts,
            orders=[name for m in told for name in names_of(m.counter, m)],
            trades=trades_of(*told),
            accounts=accounts,
            tier=tier_of(leg),
            metrics={
                "meetings": len(told),
                "volume": quantity,
                "longest_apart_s": max(apart(m) for m in told) / 1e9,
                "certainty": certainty,
            },
            thresholds=picked(p, "min_meetings window_s apart_s size_tolerance min_certainty"),
            baselines={"expected_meetings": expected},
        )


def apart(leg: Leg) -> int:
    assert leg.entered_ts is not None
    assert leg.counter is not None
    assert leg.counter.entered_ts is not None
    return abs(leg.entered_ts - leg.counter.entered_ts)


def at_least(count: int, mean: float) -> float:
    """Give the Poisson probability of so many or more."""
    term = exp(-mean)
    for k in range(1, count + 1):
        term *= mean / k
    terms = [term]
    for k in range(count + 1, count + 400):
        terms.append(terms[-1] * mean / k)
    return min(fsum(terms), 1.0)


@dataclass
class Print:
    """One order's taking of liquidity."""

    leg: Leg
    quantity: float


class PaintingTheTape:
    """One owner's small prints in a row."""

    def __init__(self) -> None:
        self.expires: int | None = None
        self.prints: list[Print] = []

    def see(self, leg: Leg, p: Values) -> Said | None:
        small = leg.quantity <= p["max_size"] * leg.usual_trade
        takes = leg.aggressive == 1 and not is_own(leg)
        if self.expires is None or leg.ts > self.expires:
            self.expires, self.prints = None, []
            if not (takes and small):
                return None
            self.expires = leg.ts
        if not takes:
            return None
        last = self.prints[-1] if self.prints else None
        if last and leg.order is not None and last.leg.order is leg.order:
            last.quantity += leg.quantity
            if last.quantity > p["max_size"] * leg.usual_trade:
                self.prints = []
            return None
        if not small:
            self.prints = []
            return None
        self.expires = leg.ts + ns(p["window_s"])
        self.prints = [*self.prints, Print(leg, leg.quantity)][-24:]
        return self.judge(leg, p)

    def judge(self, leg: Leg, p: Values) -> Said | None:
        count = int(p["min_prints"])
        if len(self.prints) < count:
            return None
        told = self.prints[-count:]
        first = told[0].leg
        span = leg.ts - first.ts
        if not 0 < span <= ns(p["window_s"]):
            return None
        mean = span * 1e-9 / (count - 1)
        gaps = [(after.leg.ts - before.leg.ts) * 1e-9 for before, after in pairwise(told)]
        variation = sqrt(fsum((gap - mean) ** 2 for gap in gaps) / (count - 1)) / mean
        total = fsum(each.quantity for each in told)
        net = abs(fsum(each.leg.side * each.quantity for each in told)) / total
        traded = leg.bought + leg.sold - (first.bought + first.sold - first.quantity)
        if variation > p["max_gap_variation"] or net > p["max_net_share"] or total < p["own_share"] * traded:
            return None
        legs = [each.leg for each in told]
        return Said(
            score=0.7 + 0.25 * (1.0 - variation / max(p["max_gap_variation"], 1e-9)),
            ts=leg.ts,
            start_ts=first.ts,
            end_ts=leg.ts,
            orders=names_of(*legs),
            trades=trades_of(*legs),
            accounts=[one.account for one in legs],
            tier=tier_of(leg),
            metrics={
                "prints": count,
                "gap_s": mean,
                "gap_variation": variation,
                "net_share": net,
                "own_share": total / traded,
            },
            thresholds=picked(p, "min_prints max_size max_gap_variation max_net_share own_share"),
            baselines={"usual_trade": leg.usual_trade},
        )


@dataclass
class Lead:
    """What a proprietary owner did ahead of a client."""

    first: Leg
    quantity: float
    money: float
    client: Leg | None = None
    out: list[Leg] = field(default_factory=list)


class FrontRunning:
    """A market's proprietary owners: when each traded last, and its lead."""

    def __init__(self) -> None:
        self.expires: int | None = None
        self.last: dict[str | None, int] = {}
        self.leads: dict[str | None, Lead] = {}

    def see(self, leg: Leg, p: Values) -> Said | None:
        proprietary = leg.entity == "proprietary"
        if self.expires is None or leg.ts > self.expires:
            self.__init__()  # type: ignore[misc]
            if not proprietary:
                return None
        self.expires = leg.ts + max(ns(p["quiet_s"]), ns(p["ahead_s"]) + ns(p["hold_s"]))
        if proprietary:
            return self.own(leg, p)
        large = leg.order_quantity is not None and leg.order_quantity >= p["client_multiple"] * leg.usual
        if leg.entity == "client" and large:
            self.follow(leg, p)
        return None

    def follow(self, leg: Leg, p: Values) -> None:
        if leg.order_filled is not None and leg.order_filled > leg.quantity * (1 + 1e-9):
            return
        for owner, lead in self.leads.items():
            ahead = leg.ts - lead.first.ts
            on_side = lead.client is None and lead.first.side == leg.side and owner != leg.owner.name
            if on_side and 0 < ahead <= ns(p["ahead_s"]):
                lead.client = leg

    def own(self, leg: Leg, p: Values) -> Said | None:
        name = leg.owner.name
        silent = leg.ts - self.last.get(name, leg.session)
        self.last[name] = leg.ts
        lead = self.leads.get(name)
        if lead and lead.client is None and leg.side == lead.first.side and leg.ts - lead.first.ts <= ns(p["ahead_s"]):
            lead.quantity += leg.quantity
            lead.money += leg.quantity * leg.price
            return None
        if lead and lead.client and leg.side == -lead.first.side and leg.ts - lead.client.ts <= ns(p["hold_s"]):
            lead.out.append(leg)
            out = fsum(each.quantity for each in lead.out)
            if out < (1 - p["size_tolerance"]) * lead.quantity:
                return None
            del self.leads[name]
            return None if out > (1 + p["size_tolerance"]) * lead.quantity else self.judge(leg, lead, out, p)
        self.leads.pop(name, None)
        if silent >= ns(p["quiet_s"]):
            self.leads[name] = Lead(leg, leg.quantity, leg.quantity * leg.price)
        return None

    @staticmethod
    def judge(leg: Leg, lead: Lead, out: float, p: Values) -> Said | None:
        client = lead.client
        assert client is not None
        assert client.order_quantity is not None
        money = fsum(each.quantity * each.price for each in lead.out)
        profit = (money / out - lead.money / lead.quantity) * lead.first.side * lead.quantity
        rate = rate_of(leg, lead.quantity + out)
        ahead = max(client.ts - lead.first.ts, 1_000_000) * 1e-9
        held = max(leg.ts - client.ts, 1_000_000) * 1e-9
        size = min(1.0, leg.usual / client.order_quantity) ** 2 * min(1.0, leg.usual / lead.quantity)
        surprise = -log((1 - exp(-rate * ahead)) * (1 - exp(-rate * held)) / 8 * size)
        if profit <= 0 or surprise < p["min_surprise"]:
            return None
        metrics: dict[str, Any] = {
            "ahead_s": (client.ts - lead.first.ts) / 1e9,
            "held_s": (leg.ts - client.ts) / 1e9,
            "quantity": lead.quantity,
            "client_multiple": client.order_quantity / leg.usual,
            "profit": profit,
            "surprise": surprise,
        }
        return Said(
            score=0.75 + 0.2 * min((surprise - p["min_surprise"]) / 4, 1.0),
            ts=leg.ts,
            start_ts=lead.first.ts,
            end_ts=leg.ts,
            orders=names_of(lead.first, client, leg),
            trades=trades_of(lead.first, client, leg),
            accounts=[lead.first.account, leg.account],
            tier=3,
            metrics=metrics,
            thresholds=picked(p, "ahead_s hold_s quiet_s client_multiple min_surprise"),
            baselines={"usual_quantity": leg.usual},
        )
