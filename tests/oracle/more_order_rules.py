"""Flipping, pinging, order-to-trade ratios and vanishing depth as the catalogue defines them, over plain objects."""

from collections import deque
from dataclasses import dataclass, field, replace
from statistics import median

from surveillance.events import SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Order, Order_event
from tests.oracle.order_rules import Values, tier_of


@dataclass(eq=False)
class Shown:
    """A large order that others may join."""

    order: Order
    account: str | None
    side: int
    price: float
    quantity: float
    shown: float
    usual: float
    entered_ts: int
    cancelled_ts: int | None = None
    alive: bool = True


class Flipping:
    """One owner's large orders, the newest four."""

    def __init__(self) -> None:
        self.large: deque[Shown] = deque(maxlen=4)
        self.over_after = 0

    def see(self, told: Order_event, p: Values) -> Said | None:
        order = told.order
        if told.ts > self.over_after:
            self.large.clear()
        if order is None or told.owner.name is None:
            return None
        if told.action == "new":
            if self.is_large(told, order, p):
                assert order.price is not None
                self.large.append(
                    Shown(
                        order,
                        order.account,
                        order.side,
                        order.price,
                        order.open,
                        told.shown,
                        told.usual,
                        told.ts,
                    )
                )
                self.over_after = told.ts + ns(p["lifetime_s"]) + ns(p["within_ms"] / 1000)
            return None
        if told.action == "fill":
            return self.filled(told, order, p)
        for each in self.large:
            if each.alive and each.order is order and each.cancelled_ts is None:
                gone = order.open <= p["max_filled_share"] * each.quantity
                prevented = told.event.get("reason") == "self_trade_prevention"
                if gone and not prevented and told.ts - each.entered_ts <= ns(p["lifetime_s"]):
                    each.cancelled_ts = told.ts
                elif gone or told.repriced:
                    each.alive = False
        return None

    @staticmethod
    def is_large(told: Order_event, order: Order, p: Values) -> bool:
        if told.restated or order.hidden or order.price is None or told.orders_before < p["warm_up_orders"]:
            return False
        large = order.open >= p["size_multiple"] * told.usual and order.open >= p["shown_multiple"] * told.shown
        other = told.ask if order.side > 0 else told.bid
        trades = other is not None and (order.price - other) * order.side >= 0
        return large and not trades and told.levels_away <= p["max_levels_away"]

    def filled(self, told: Order_event, order: Order, p: Values) -> Said | None:
        for each in self.large:
            if not each.alive:
                continue
            if each.order is order:
                each.alive = order.filled <= p["max_filled_share"] * each.quantity
                continue
            if each.cancelled_ts is None or each.side != -order.side:
                continue
            no_worse = told.event["price"] >= each.price if each.side > 0 else told.event["price"] <= each.price
            unwilling = order.price is not None and (order.price - each.price) * each.side > 0
            if not no_worse or unwilling:
                continue
            apart = told.ts - each.cancelled_ts
            if apart > ns(p["within_ms"] / 1000) or order.entered_ts < each.entered_ts:
                continue
            each.alive = False
            return self.say(each, apart, told, order, p)
        return None

    @staticmethod
    def say(each: Shown, apart: int, told: Order_event, order: Order, p: Values) -> Said:
        assert each.cancelled_ts is not None
        trade = told.event.get("trade_id")
        size = min(each.quantity / (each.usual * p["size_multiple"]) / 4, 1.0)
        multiple = each.quantity / each.usual
        return Said(
            score=0.88 + 0.05 * size + 0.05 * (1.0 - apart / ns(p["within_ms"] / 1000)),
            ts=told.ts,
            start_ts=each.entered_ts,
            end_ts=told.ts,
            orders=[*each.order.names, *order.names],
            trades=[trade] if trade is not None else [],
            accounts=[name for name in (each.account, order.account) if name is not None],
            tier=tier_of(told),
            metrics={
                "size_multiple": multiple,
                "shown_multiple": each.quantity / each.shown if each.shown else multiple,
                "lifetime_s": (each.cancelled_ts - each.entered_ts) / 1e9,
                "milliseconds_to_flip": apart / 1e6,
            },
            thresholds=picked(p, "size_multiple shown_multiple lifetime_s within_ms"),
            baselines={"usual_quantity": each.usual, "shown": each.shown},
        )


@dataclass
class Ping:
    """A tiny order that is gone again."""

    order: Order
    price: float
    quantity: float
    entered_ts: int


class Pinging:
    """One owner's pings in a row, the newest eight."""

    def __init__(self) -> None:
        self.pings: list[Ping] = []
        self.side = 0
        self.way = 0
        self.account: str | None = None
        self.over_after = 0

    def see(self, told: Order_event, p: Values) -> Said | None:
        if told.ts > self.over_after:
            self.pings = []
        if told.action == "new":
            return self.entered(told, p)
        order = told.order
        if order is None or told.action == "replace" or told.owner.name is None or order.price is None:
            return None
        brief = told.ts - order.entered_ts <= ns(p["ping_ms"] / 1000) and order.open <= 0
        tiny = told.orders_before >= p["warm_up_orders"] and order.entered <= p["ping_multiple"] * told.usual
        if brief and tiny:
            self.ping(order, told, p)
        return None

    def ping(self, order: Order, told: Order_event, p: Values) -> None:
        assert order.price is not None
        if self.pings and self.side == order.side:
            apart = order.price - self.pings[-1].price
            way = (apart > 0) - (apart < 0)
            if way and self.way and way != self.way:
                self.pings, self.way = [], 0
            elif way:
                self.way = way
        else:
            self.pings, self.way = [], 0
        self.side, self.account = order.side, order.account
        self.pings = [*self.pings, Ping(order, order.price, order.entered, order.entered_ts)][-8:]
        self.over_after = order.entered_ts + ns(p["window_s"])

    def entered(self, told: Order_event, p: Values) -> Said | None:
        order = told.order
        if order is None or told.restated or not self.pings or order.open <= p["ping_multiple"] * told.usual:
            return None
        first_ts = self.pings[-1].entered_ts - ns(p["window_s"])
        pings = [each for each in self.pings if each.entered_ts >= first_ts]
        largest = max(each.quantity for each in pings)
        prices = {each.price for each in pings}
        enough = len(pings) >= p["min_pings"] and len(prices) >= p["min_steps"]
        if not enough or order.open < p["size_ratio"] * largest or told.owner.makes_market(told.ts):
            return None
        account, self.pings = self.account, []
        ratio = order.open / largest
        return Said(
            score=0.88 + 0.05 * min(len(pings) / 8, 1.0) + 0.05 * min(ratio / p["size_ratio"] / 4, 1.0),
            ts=told.ts,
            start_ts=pings[0].entered_ts,
            end_ts=told.ts,
            orders=[name for each in (*pings, Ping(order, 0, 0, 0)) for name in each.order.names],
            accounts=[name for name in (account, order.account) if name is not None],
            tier=tier_of(told),
            metrics={
                "pings": float(len(pings)),
                "prices": float(len(prices)),
                "size_ratio": ratio,
                "seconds": (told.ts - pings[0].entered_ts) / 1e9,
            },
            thresholds=picked(p, "min_pings min_steps size_ratio ping_ms window_s"),
            baselines={"usual_quantity": told.usual},
        )


class OrderToTrade:
    """One owner's ratio in a session."""

    def __init__(self) -> None:
        self.told = False

    def see(self, told: Order_event, p: Values) -> Said | None:
        sums = told.owner.sums
        if self.told or told.order is None or told.restated or told.owner.name is None or sums is None:
            return None
        most = p["maker_max_ratio"] if told.owner.is_maker else p["max_ratio"]
        if most == 0:
            return None
        exceeds = sums.messages > (most if sums.executions == 0 else (most + 1) * sums.executions)
        least = min(p["max_ratio"], p["maker_max_ratio"]) if p["maker_max_ratio"] > 0 else p["max_ratio"]
        voluminous = sums.executed > 0 and sums.volume > (p["max_volume_ratio"] + 1) * sums.executed
        if sums.messages <= least or not (exceeds or voluminous):
            return None
        self.told = True
        return Said(
            score=0.95,
            ts=told.ts,
            start_ts=sums.active_since,
            end_ts=told.ts,
            accounts=[told.account] if told.account is not None else [],
            tier=tier_of(told, 2),
            metrics={
                "orders": float(sums.messages),
                "executions": float(sums.executions),
                "ratio": sums.messages / sums.executions - 1 if sums.executions else float(sums.messages),
                "volume_ratio": sums.volume / sums.executed - 1 if sums.executed else sums.volume,
            },
            thresholds={"max_ratio": most, "max_volume_ratio": p["max_volume_ratio"]},
        )


@dataclass
class Sample:
    """The depth at a moment, and what had been executed by then."""

    ts: int
    depth: float
    traded: float
    withdrawn: int


@dataclass
class Evaporation:
    """One market's depth through the last minute."""

    second: int = 0
    highest: float = 0.0
    seconds: int = 0
    depths: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=10))
    told: bool = False
    gone: Said | None = None
    traded: float = 0.0
    withdrawn: int = 0
    over_after: int = -1
    heard_ts: int = 0
    last_ts: int = 0

    def see(self, told: Order_event, p: Values) -> Said | None:
        if told.ts > self.over_after:
            self.__init__()  # type: ignore[misc]
            if told.near is None:
                return None
        if told.action == "fill":
            self.traded += told.removed
        elif told.order and (told.action == "cancel" or told.repriced):
            self.withdrawn += 1
        if told.near is None:
            return None
        depth = told.near
        self.over_after = told.ts + 120 * SECOND
        if told.ts - self.last_ts >= ns(p["silence_s"]):
            self.heard_ts = told.ts
        self.last_ts = told.ts
        second = told.ts // SECOND
        if second != self.second:
            if self.second:
                self.depths.append(self.highest)
                self.seconds += 1
            self.second, self.highest = second, depth
        self.highest = max(self.highest, depth)
        usual = median(self.depths) if self.depths else 0.0
        said = None
        if self.told:
            self.told = depth < p["min_before"] * usual
        elif depth > p["max_left"] * usual:
            self.gone = None
        elif self.seconds >= p["min_seconds"] and usual > 0:
            if told.ts - self.heard_ts >= ns(p["silence_s"]):
                self.gone = self.gone or self.vanished(told, depth, usual, p)
            if self.gone and told.ts - self.gone.ts >= p["stays_s"] * SECOND and depth <= p["stays_left"] * usual:
                now = {"left_share": depth / usual, "left": depth}
                said = replace(
                    self.gone,
                    ts=told.ts,
                    end_ts=told.ts,
                    metrics=self.gone.metrics | now,
                    baselines={"median_depth": usual},
                )
                self.told, self.gone = True, None
        self.samples.append(Sample(told.ts, depth, self.traded, self.withdrawn))
        return said

    def vanished(self, told: Order_event, depth: float, usual: float, p: Values) -> Said | None:
        recent = [each for each in self.samples if told.ts - each.ts <= SECOND]
        if not recent:
            return None
        best = max(recent, key=lambda each: each.depth)
        taken = self.traded - best.traded
        gone = self.withdrawn - best.withdrawn
        if (
            gone < p["min_withdrawn"]
            or best.depth < p["min_before"] * usual
            or best.depth - depth < p["min_fall"] * best.depth
            or taken > p["max_traded_share"] * (best.depth - depth)
        ):
            return None
        return Said(
            score=0.88 + 0.1 * (1.0 - depth / (p["max_left"] * usual)),
            ts=told.ts,
            start_ts=best.ts,
            end_ts=told.ts,
            tier=1,
            metrics={
                "left_share": depth / usual,
                "before": best.depth,
                "left": depth,
                "traded": taken,
                "withdrawn": float(gone),
            },
            thresholds=picked(p, "max_left min_before min_fall max_traded_share min_withdrawn stays_s stays_left"),
            baselines={"median_depth": usual},
        )
