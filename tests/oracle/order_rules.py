"""Spoofing, layering and quote stuffing as the catalogue defines them, told over plain objects."""

from collections import deque
from dataclasses import dataclass, field

from surveillance.events import MINUTE, SECOND

from tests.oracle.findings import Said, ns, picked
from tests.oracle.market import Order, Order_event

Values = dict[str, float]


def tier_of(told: Order_event, least: int = 1) -> int:
    return least if told.owner.name is None else 3 if told.owner.known else 2


@dataclass(eq=False)
class Suspect:
    """A large order that may be a spoof."""

    order: Order
    account: str | None
    side: int
    price: float
    quantity: float
    usual: float
    entered_ts: int
    entry_mid: float
    spread: float
    depth_share: float
    alive: bool = True
    cancelled_ts: int | None = None
    cancel_mid: float | None = None
    helped: Order | None = None
    helped_account: str | None = None
    helped_trade: str | None = None
    helped_mid: float | None = None
    helped_ts: int = 0
    helped_quantity: float = 0.0


class Spoofing:
    """One owner's suspects, the newest four."""

    def __init__(self) -> None:
        self.suspects: deque[Suspect] = deque(maxlen=4)

    def see(self, told: Order_event, p: Values) -> Said | None:
        if self.is_suspicious(told, p):
            self.suspects.append(self.suspect(told))
        elif told.action == "fill" and told.order:
            for suspect in self.living():
                self.filled(suspect, told, p)
        elif told.action in ("cancel", "replace") and told.order:
            for suspect in self.living():
                if suspect.order is told.order and suspect.cancelled_ts is None:
                    self.withdrawn(suspect, told, p)
        return self.conclude(told, p)

    def living(self) -> list[Suspect]:
        return [suspect for suspect in self.suspects if suspect.alive]

    @staticmethod
    def is_suspicious(told: Order_event, p: Values) -> bool:
        order = told.order
        if told.action != "new" or told.restated or order is None or order.hidden or order.price is None:
            return False
        known, usual = told.orders_before, p["size_multiple"] * told.usual
        large = known >= p["warm_up_orders"] and order.open >= usual
        large = large and order.open * known >= usual * (known + p["warm_up_orders"])
        near = (
            told.mid is not None
            and abs(order.price - told.mid) <= p["max_distance_bp"] * 1e-4 * told.mid
            and told.levels_away <= p["max_levels_away"]
        )
        alone = told.owner.name is None or told.owner.quantity(-order.side) * p["size_ratio"] <= order.open
        very_large = order.open >= p["size_multiple"] * p["quoting_factor"] * told.usual
        enough = very_large or not told.owner.makes_market(told.ts)
        return large and near and alone and enough

    @staticmethod
    def suspect(told: Order_event) -> Suspect:
        order = told.order
        assert order is not None
        assert order.price is not None
        assert told.mid is not None
        assert told.spread is not None
        return Suspect(
            order=order,
            account=order.account,
            side=order.side,
            price=order.price,
            quantity=order.open,
            usual=told.usual,
            entered_ts=told.ts,
            entry_mid=told.mid,
            spread=told.spread,
            depth_share=order.open / (told.depth + order.open),
        )

    @staticmethod
    def filled(suspect: Suspect, told: Order_event, p: Values) -> None:
        order = told.order
        assert order is not None
        if suspect.order is order:
            suspect.alive = order.filled <= p["max_filled_share"] * suspect.quantity
            return
        named = told.owner.name is not None
        in_time = suspect.cancelled_ts is None or (named and told.ts - suspect.cancelled_ts <= ns(p["after_s"]))
        fresh = not named or order.entered_ts >= suspect.entered_ts - ns(p["before_s"])
        if suspect.side == -order.side and in_time and fresh:
            if suspect.helped is None:
                suspect.helped, suspect.helped_account = order, order.account
                suspect.helped_trade, suspect.helped_mid = told.event.get("trade_id"), told.mid
                suspect.helped_ts = told.ts
            suspect.helped_quantity += told.removed

    @staticmethod
    def withdrawn(suspect: Suspect, told: Order_event, p: Values) -> None:
        order = told.order
        assert order is not None
        if order.open <= p["max_filled_share"] * suspect.quantity:
            left = told.owner.name is not None and told.owner.quantity(order.side) >= suspect.quantity
            own_doing = told.event.get("reason") not in ("self_trade_prevention", "halt", "session_end")
            suspect.alive = own_doing and told.ts - suspect.entered_ts <= ns(p["lifetime_s"]) and not left
            suspect.cancelled_ts, suspect.cancel_mid = told.ts, told.mid
        elif told.action == "replace" and order.entered_ts == told.ts:
            near = (
                order.price is not None
                and told.mid is not None
                and abs(order.price - told.mid) <= p["max_distance_bp"] * 1e-4 * told.mid
            )
            over = told.ts - suspect.entered_ts > ns(p["lifetime_s"])
            if over or not near or order.open < p["size_multiple"] * suspect.usual:
                suspect.alive = False
                return
            assert order.price is not None
            assert told.mid is not None
            assert told.spread is not None
            suspect.price, suspect.quantity, suspect.entered_ts = order.price, order.open, told.ts
            suspect.entry_mid, suspect.spread = told.mid, told.spread

    def conclude(self, told: Order_event, p: Values) -> Said | None:
        for suspect in self.living():
            if suspect.cancelled_ts is None or suspect.helped is None:
                continue
            if told.ts - suspect.cancelled_ts > ns(p["after_s"]):
                suspect.alive = False
                continue
            score = self.score(suspect, told, p)
            if score > 0:
                suspect.alive = False
                return self.say(suspect, score, told, p)
        return None

    @staticmethod
    def score(suspect: Suspect, told: Order_event, p: Values) -> float:
        if suspect.helped_quantity * p["size_ratio"] > suspect.quantity:
            return 0.0
        spread = max(suspect.spread, 1e-12)
        if told.owner.name is None:
            if suspect.cancel_mid is None or told.mid_after is None:
                return 0.0
            push = (suspect.cancel_mid - suspect.entry_mid) * suspect.side
            back = (suspect.cancel_mid - told.mid_after) * suspect.side
            if push < 0.5 * spread or back < 0.5 * push:
                return 0.0
            favour = push / spread
        else:
            if suspect.helped_mid is None:
                return 0.0
            favour = (suspect.helped_mid - suspect.entry_mid) * suspect.side / spread
            if favour < -p["max_against_spreads"]:
                return 0.0
        assert suspect.cancelled_ts is not None
        size = min(suspect.quantity / (suspect.usual * p["size_multiple"]) / 4, 1.0)
        speed = 1.0 - (suspect.cancelled_ts - suspect.entered_ts) / ns(p["lifetime_s"])
        move = min(max(favour, 0.0), 2.0) / 2
        told_by = 0.05 * size + 0.03 * suspect.depth_share + 0.03 * speed + 0.03 * move
        return (0.55 if told.owner.name is None else 0.86) + told_by

    @staticmethod
    def say(suspect: Suspect, score: float, told: Order_event, p: Values) -> Said:
        assert suspect.cancelled_ts is not None
        assert suspect.helped is not None
        metrics = {
            "size_multiple": suspect.quantity / suspect.usual,
            "size_ratio": suspect.quantity / suspect.helped_quantity,
            "lifetime_s": (suspect.cancelled_ts - suspect.entered_ts) / 1e9,
            "depth_share": suspect.depth_share,
        }
        if suspect.helped_mid is not None:
            metrics["favourable_move"] = (suspect.helped_mid - suspect.entry_mid) * suspect.side
        return Said(
            score=score,
            ts=told.ts,
            start_ts=suspect.entered_ts,
            end_ts=max(suspect.cancelled_ts, suspect.helped_ts),
            orders=[*suspect.order.names, *suspect.helped.names],
            trades=[suspect.helped_trade] if suspect.helped_trade is not None else [],
            accounts=[name for name in (suspect.account, suspect.helped_account) if name is not None],
            candidate=told.owner.name is None,
            tier=tier_of(told),
            metrics=metrics,
            thresholds=picked(p, "size_multiple size_ratio lifetime_s max_filled_share"),
            baselines={"usual_quantity": suspect.usual, "spread": suspect.spread},
        )


@dataclass(eq=False)
class Stack:
    """The orders that stood against a fill."""

    side: int
    standing: list[Order]
    evidence: list[Order]
    quantity: float
    levels: int
    depth_share: float
    stack_ts: int
    fill: Order
    fill_trade: str | None
    fill_quantity: float
    fill_ts: int
    over_after: int
    cancelled: float = 0.0
    reentered: float = 0.0
    told: bool = False


class Layering:
    """One owner's stack."""

    def __init__(self) -> None:
        self.stack: Stack | None = None

    def see(self, told: Order_event, p: Values) -> Said | None:
        if self.stack and self.stack.over_after < told.ts:
            self.stack = None
        stack = self.stack
        if stack is None:
            self.stack = self.leaning(told, p)
            return None
        if told.action == "fill":
            if stack.fill is told.order:
                stack.fill_quantity += told.removed
            elif stack.cancelled == 0:
                self.stack = self.leaning(told, p) or stack
            return None
        order = told.order
        if stack.told or order is None or told.restated or order.side != stack.side:
            return None
        if told.action == "new":
            stack.reentered += told.event["size"]
            return None
        if order not in stack.standing:
            return None
        stack.cancelled += told.removed
        if told.repriced:
            stack.standing.remove(order)
            stack.cancelled += order.open
            if told.owner.name is None:
                stack.reentered += order.open
        gone = stack.cancelled >= p["cancelled_share"] * stack.quantity
        back = stack.reentered > p["max_reentered_share"] * stack.quantity
        return self.say(stack, told, p) if gone and not back else None

    @staticmethod
    def leaning(told: Order_event, p: Values) -> Stack | None:
        """Give the stack that a fill has against it, if it is one."""
        order, orders = told.order, told.stack
        if told.action != "fill" or order is None:
            return None
        levels = len({each.price for each in orders})
        quantity = float(sum(each.open for each in orders))
        if levels < p["min_levels"] or quantity < p["size_ratio"] * max(order.filled + order.open, told.removed):
            return None
        if told.owner.name is not None and quantity < p["size_ratio"] * told.owner.quantity(order.side):
            return None
        if told.owner.makes_market(told.ts):
            return None
        depth = max(told.depth, quantity)
        if quantity < p["min_depth_share"] * depth:
            return None
        return Stack(
            side=-order.side,
            standing=list(orders),
            evidence=orders[::-1],
            quantity=quantity,
            levels=levels,
            depth_share=quantity / depth,
            stack_ts=min(each.entered_ts for each in orders),
            fill=order,
            fill_trade=told.event.get("trade_id"),
            fill_quantity=told.removed,
            fill_ts=told.ts,
            over_after=told.ts + ns(p["window_s"]),
        )

    @staticmethod
    def say(stack: Stack, told: Order_event, p: Values) -> Said:
        stack.told, stack.over_after = True, told.ts
        size = min(stack.quantity / (max(stack.fill_quantity, 1e-12) * p["size_ratio"]) / 4, 1.0)
        levels = min(stack.levels / (2 * p["min_levels"]), 1.0)
        speed = 1.0 - (told.ts - stack.fill_ts) / ns(p["window_s"])
        return Said(
            score=(0.55 if told.owner.name is None else 0.85)
            + (0.04 * size + 0.03 * levels + 0.04 * stack.depth_share + 0.03 * speed),
            ts=told.ts,
            start_ts=stack.stack_ts,
            end_ts=told.ts,
            orders=[name for order in (*stack.evidence, stack.fill) for name in order.names],
            trades=[stack.fill_trade] if stack.fill_trade is not None else [],
            accounts=[stack.fill.account] if stack.fill.account is not None else [],
            candidate=told.owner.name is None,
            tier=tier_of(told),
            metrics={
                "levels": float(stack.levels),
                "depth_share": stack.depth_share,
                "size_ratio": stack.quantity / stack.fill_quantity,
                "cancelled_share": stack.cancelled / stack.quantity,
                "seconds_after_fill": (told.ts - stack.fill_ts) / 1e9,
            },
            thresholds=picked(p, "min_levels min_depth_share size_ratio cancelled_share window_s"),
        )


@dataclass(eq=False)
class Flood:
    """Messages that follow each other."""

    start_ts: int
    account: str | None
    last_ts: int
    due: float
    messages: int = 0
    entered: int = 0
    cancelled: int = 0
    executions: int = 0
    prints: int = 0
    orders: list[Order] = field(default_factory=list)

    def trades(self, told: Order_event) -> int:
        """Count its own executions, or the market's trades since it began where nobody is named."""
        return self.executions if told.owner.name is not None else told.prints - self.prints


class QuoteStuffing:
    """One owner's flood."""

    def __init__(self) -> None:
        self.flood: Flood | None = None

    def see(self, told: Order_event, p: Values) -> Said | None:
        flood, ts = self.flood, told.ts
        if flood and ts - flood.last_ts > SECOND // 2:
            self.flood = flood = None
        if flood is None and told.burst < p["watch_burst"]:
            return None
        if flood is None:
            flood = Flood(ts, told.account, ts, p["min_messages"], prints=told.prints)
        elif flood.messages < 0:
            flood = Flood(ts, told.account, ts, 2 * flood.due, prints=told.prints)
        elif ts - flood.start_ts > SECOND and flood.messages * SECOND < p["min_rate"] * (ts - flood.start_ts):
            flood = Flood(ts, flood.account, ts, p["min_messages"], prints=told.prints)
        self.flood = flood
        flood.last_ts = ts
        if told.action == "fill":
            flood.executions += 1
            return None
        if told.restated:
            return None
        self.count(flood, told)
        if not self.is_complete(flood, told, p):
            return None
        said = self.say(flood, told, p)
        flood.messages = -1
        return said

    @staticmethod
    def count(flood: Flood, told: Order_event) -> None:
        flood.messages += 1
        flood.entered += told.action in ("new", "replace")
        flood.cancelled += told.action in ("cancel", "replace")
        order = told.order
        if order is None or told.action == "cancel" or len(flood.orders) == 200:
            return
        if told.action == "new" or not flood.orders or flood.orders[-1] is not order:
            flood.orders.append(order)

    @staticmethod
    def sigma(flood: Flood, told: Order_event, p: Values) -> float:
        """Give the standard deviation of the messages in the time of the flood."""
        minute = told.message_sigma
        if told.owner.name is not None:
            minute = min(minute, (p["max_dispersion"] * told.message_mean) ** 0.5)
        return max(minute * (max(told.ts - flood.start_ts, 1) / MINUTE) ** 0.5, 1.0)

    def sigmas(self, flood: Flood, told: Order_event, p: Values) -> float:
        share_of_minute = max(told.ts - flood.start_ts, 1) / MINUTE
        return (flood.messages - told.message_mean * share_of_minute) / self.sigma(flood, told, p)

    def is_complete(self, flood: Flood, told: Order_event, p: Values) -> bool:
        large = flood.messages >= flood.due
        fast = flood.messages * SECOND >= p["min_rate"] * (told.ts - flood.start_ts)
        taken_back = p["min_cancelled_share"] * flood.entered <= flood.cancelled <= 2 * flood.entered
        hardly_trades = flood.trades(told) <= p["max_execution_share"] * flood.messages
        return large and fast and taken_back and hardly_trades and self.sigmas(flood, told, p) >= p["min_sigmas"]

    def say(self, flood: Flood, told: Order_event, p: Values) -> Said:
        span = max(told.ts - flood.start_ts, 1)
        sigmas = self.sigmas(flood, told, p)
        rate = min(flood.messages * SECOND / (span * p["min_rate"]) / 10, 1.0)
        named = told.owner.name is not None and flood.account is not None
        return Said(
            score=0.88 + 0.05 * min(sigmas / (8 * max(p["min_sigmas"], 1.0)), 1.0) + 0.05 * rate,
            ts=told.ts,
            start_ts=flood.start_ts,
            end_ts=told.ts,
            orders=[name for order in flood.orders for name in order.names],
            accounts=[flood.account] if named and flood.account else [],
            tier=tier_of(told),
            metrics={
                "messages": float(flood.messages),
                "messages_per_second": flood.messages / (span / 1e9),
                "cancelled_share": flood.cancelled / max(flood.entered, 1),
                "executions": float(flood.trades(told)),
                "sigmas": sigmas,
            },
            thresholds=picked(p, "min_messages min_rate min_cancelled_share max_execution_share min_sigmas"),
            baselines={"messages_per_minute": told.message_mean, "messages_sigma": self.sigma(flood, told, p)},
        )
