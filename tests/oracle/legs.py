"""Who bought and who sold, told over plain objects: each side of each execution once."""

from dataclasses import dataclass, field
from math import exp, sqrt
from typing import Any

from surveillance.events import SECOND

from tests.oracle.market import SIGN, Market, Order, Order_event, Owner

REMEMBERED_NS = 900 * SECOND
AT_ONCE_NS = SECOND // 10
RECENT_S = 300.0


@dataclass
class Leg:
    """One owner's side of an execution."""

    ts: int
    side: int
    account: str
    owner: Owner
    order: Order | None
    entered_ts: int | None
    order_quantity: float | None
    order_filled: float | None
    limit: float | None
    price: float
    quantity: float
    trade: str | None
    aggressive: int
    entity: str | None
    counter: "Leg | None"
    bid: float | None
    ask: float | None
    bid_after: float | None
    ask_after: float | None
    usual: float
    usual_trade: float
    day_volume: float
    day_trades: int
    recent_volume: float
    volatility: float
    bought: float
    sold: float
    money: float
    opens_ts: int
    closes_ts: int
    heard_ts: int
    counter_volume: float
    tick: float | None
    session: int


@dataclass
class Execution:
    """What a trade id stands for at present."""

    ts: int
    by_fill: dict[int, Leg] = field(default_factory=dict)
    by_trade: dict[int, Leg] = field(default_factory=dict)
    traded: bool = False
    aggressor: int = 0


@dataclass
class Sums:
    """An owner's trading in a session."""

    bought: float = 0.0
    sold: float = 0.0
    money: float = 0.0


class Tape:
    """One market's trading: volumes, the usual print, the mid's moves, and the legs."""

    def __init__(self, entities: dict[str, str]) -> None:
        self.entities = entities
        self.pages = 0
        self.heard = 0
        self.day_volume = 0.0
        self.day_trades = 0
        self.sums: dict[tuple[Owner, int], Sums] = {}
        self.executions: dict[tuple[str | None, str], Execution] = {}
        self.known_orders: dict[tuple[str | None, str], Order] = {}
        self.prints = 0
        self.usual_trade = 0.0
        self.recent = (0.0, 0)
        self.next_sample = 0
        self.sampled: tuple[int, float] | None = None
        self.samples = 0
        self.variance = 0.0

    def enter(self, market: Market, ts: int) -> None:
        """Take an event's time: a new session's sums begin at 0, the mid is sampled once a second."""
        if market.pages != self.pages:
            self.pages, self.sampled = market.pages, None
            self.heard = 0
            self.day_volume, self.day_trades = 0.0, 0
        if ts < self.next_sample:
            return
        second = ts // SECOND
        self.next_sample = (second + 1) * SECOND
        self.heard = self.heard or ts
        mid = market.mid()
        if mid is None:
            return
        if self.sampled:
            apart = second - self.sampled[0]
            self.samples += 1
            weight = min(max(apart / RECENT_S, 1 / self.samples), 1.0)
            squared = (mid - self.sampled[1]) ** 2
            if self.samples > 60:
                far = 25 * self.variance * apart
                tick = market.instrument.tick_size
                squared = min(squared, max(far, (2 * tick) ** 2) if tick else far)
            self.variance += weight * (squared / apart - self.variance)
        self.sampled = second, mid

    def recent_volume(self, ts: int) -> float:
        return self.recent[0] * exp(-(ts - self.recent[1]) / (RECENT_S * SECOND))

    def count(self, event: dict[str, Any], ts: int) -> None:
        """Take a print."""
        size = event["size"]
        self.day_volume += size
        self.day_trades += 1
        self.recent = self.recent_volume(ts) + size, ts
        if self.prints == 0:
            self.usual_trade = size
        step = 1.125 if self.prints < 64 else 1.0078125
        if size > self.usual_trade:
            self.usual_trade *= step
        elif size < self.usual_trade:
            self.usual_trade /= step
        self.prints += 1

    def execution(self, event: dict[str, Any], ts: int) -> Execution | None:
        """Give what an event's trade id stands for; long forgotten is new."""
        if event.get("trade_id") is None:
            return None
        key = event.get("venue"), event["trade_id"]
        found = self.executions.get(key)
        if found is None or found.ts + REMEMBERED_NS < ts:
            found = self.executions[key] = Execution(ts)
        return found

    def renew(self, event: dict[str, Any], ts: int) -> Execution:
        self.executions[event.get("venue"), event["trade_id"]] = made = Execution(ts)
        return made

    def fill(self, market: Market, told: Order_event, before: tuple[float | None, float | None]) -> list[Leg]:
        """Tell a fill's side unless its trade has."""
        event, side = told.event, told.side
        price = event.get("price")
        if price is None:
            price = told.order.price if told.order else None
        if told.account is None or side == 0 or told.removed <= 0 or price is None:
            return []
        execution = self.execution(event, told.ts)
        if execution and side in execution.by_trade:
            execution.by_fill[side] = execution.by_trade.pop(side)
            return []
        if execution and execution.traded and side in execution.by_fill:
            execution = self.renew(event, told.ts)
        aggressor = execution.aggressor if execution and execution.traded else 0
        leg = self.leg(
            market, event, told.ts, before, side, told.account, told.order, price, told.removed, execution, aggressor
        )
        if execution:
            execution.by_fill[side] = leg
        return [leg]

    def trade(
        self, market: Market, event: dict[str, Any], ts: int, before: tuple[float | None, float | None]
    ) -> list[Leg]:
        """Tell the sides of a trade that no fill has told."""
        names = {1: event.get("buy_account"), -1: event.get("sell_account")}
        if event.get("correction") is not None or not any(names.values()):
            return []
        aggressor = SIGN.get(event.get("aggressor") or "", 0)
        execution = self.execution(event, ts)
        if execution:
            if execution.traded:
                execution = self.renew(event, ts)
            execution.traded, execution.aggressor, execution.ts = True, aggressor, ts
        legs = []
        for side, account in names.items():
            order_id = event.get("buy_order_id" if side > 0 else "sell_order_id")
            order = self.tracked(market, event.get("venue"), order_id, ts) if order_id is not None else None
            if account is None or (side in execution.by_fill if execution else order is not None):
                continue
            leg = self.leg(
                market, event, ts, before, side, account, order, event["price"], event["size"], execution, aggressor
            )
            if execution:
                execution.by_trade[side] = leg
            legs.append(leg)
        return legs

    def remember(self, told: Order_event) -> None:
        """Keep what order an id stands for: the last to bear it."""
        if told.order is None:
            return
        venue, name, previous = (told.event.get(field) for field in ("venue", "order_id", "previous_order_id"))
        self.known_orders[venue, str(name)] = told.order
        renamed = told.action == "replace" and previous not in (None, name)
        if renamed and self.known_orders.get((venue, str(previous))) is told.order:
            del self.known_orders[venue, str(previous)]

    def tracked(self, market: Market, venue: str | None, order_id: str, ts: int) -> Order | None:
        """Give the order an id stands for in this session, while it is open or lately ended."""
        order = self.known_orders.get((venue, order_id))
        if order is None or market.people.get(order.owner.name) is not order.owner:
            return None
        return order if order in market.live.values() or order.touched_ts + REMEMBERED_NS >= ts else None

    def leg(
        self,
        market: Market,
        event: dict[str, Any],
        ts: int,
        before: tuple[float | None, float | None],
        side: int,
        account: str,
        order: Order | None,
        price: float,
        quantity: float,
        execution: Execution | None,
        aggressor: int,
    ) -> Leg:
        owner = market.owner(account)
        sums = self.sums.setdefault((owner, market.session), Sums())
        if side > 0:
            sums.bought += quantity
        else:
            sums.sold += quantity
        sums.money -= side * quantity * price
        counter = None
        if execution:
            counter = execution.by_fill.get(-side) or execution.by_trade.get(-side)
            execution.ts = ts
        counter_volume = 0.0
        if counter:
            other = self.sums.get((market.owner(counter.account), market.session), Sums())
            counter_volume = other.bought + other.sold
        if aggressor:
            aggressive = 1 if aggressor == side else -1
        elif order is None:
            aggressive = 0
        elif counter and counter.entered_ts is not None and counter.entered_ts != order.entered_ts:
            aggressive = 1 if order.entered_ts > counter.entered_ts else -1
        else:
            aggressive = 1 if order.crossing and ts - order.entered_ts <= AT_ONCE_NS else -1
        return Leg(
            ts=ts,
            side=side,
            account=account,
            owner=owner,
            order=order,
            entered_ts=order.entered_ts if order else None,
            order_quantity=order.entered if order else None,
            order_filled=order.filled if order else None,
            limit=order.price if order else None,
            price=price,
            quantity=quantity,
            trade=event.get("trade_id"),
            aggressive=aggressive,
            entity=self.entities.get(account),
            counter=counter,
            bid=before[0],
            ask=before[1],
            bid_after=market.bid,
            ask_after=market.ask,
            usual=market.usual,
            usual_trade=self.usual_trade,
            day_volume=self.day_volume,
            day_trades=self.day_trades,
            recent_volume=self.recent_volume(ts),
            volatility=sqrt(self.variance),
            bought=sums.bought,
            sold=sums.sold,
            money=sums.money,
            opens_ts=market.open_ts,
            closes_ts=market.close_ts,
            heard_ts=self.heard or ts,
            counter_volume=counter_volume,
            tick=market.instrument.tick_size,
            session=market.session,
        )
