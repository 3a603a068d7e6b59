"""What a plain program knows of one symbol: its session, quotes, orders, bars and habits. Dicts and lists, no arrays.

Written from the contracts and from what the features' docstrings promise; it is slow on purpose.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from surveillance.calendar import Schedule
from surveillance.events import DAY, MINUTE, SECOND
from surveillance.reference import Instrument

from tests.oracle.minutes import Minutes

SIGN = {"buy": 1, "sell": -1}
UNFIT_TO_SET_PRICES = {"late", "out_of_sequence", "average_price"}
STACK_BURST_NS = SECOND // 4
LONGEST_STACK = 32
NEAR_LEVELS = 10
DUST = 1e-9
TENTH = SECOND // 10
FOREVER = 2**62


@dataclass
class Ratio:
    """What an owner ordered and executed in a session, counted as RTS 9 does."""

    session: int
    messages: int = 0
    volume: float = 0.0
    executions: int = 0
    executed: float = 0.0
    active_since: int = 0


@dataclass(eq=False)
class Owner:
    """A beneficial owner, or an account without a known one, in a market; `name` None = the feed does not say."""

    name: str | None
    known: bool
    live: dict[int, list["Order"]] = field(default_factory=lambda: {1: [], -1: []})
    burst: float = 0.0
    burst_ts: int = 0
    minutes: dict[int, dict[int, int]] = field(default_factory=dict)
    """Orders entered, by minute and side."""
    sums: Ratio | None = None
    active_ts: int = 0
    is_maker: bool = False

    def count(self, session: int, ts: int, action: str, before: float, after: float, removed: float) -> None:
        """Count an order or execution; half a minute without any, or a new session, begins its activity anew."""
        since = self.sums.active_since if self.sums else ts
        if self.sums is None or self.sums.session != session or ts - self.active_ts > 30 * SECOND:
            since = ts
        self.active_ts = ts
        if self.sums is None or self.sums.session != session:
            self.sums = Ratio(session)
        self.sums.active_since = since
        if action == "fill":
            self.sums.executions += 1
            self.sums.executed += removed
        elif action == "replace":
            self.sums.messages += 2
            self.sums.volume += before + after
        else:
            self.sums.messages += 1
            self.sums.volume += after if action == "new" else removed

    def entered(self, side: int, ts: int) -> int:
        """Count the orders it entered on a side in this minute and the one before."""
        return sum(self.minutes.get(ts // MINUTE - back, {}).get(side, 0) for back in (0, 1))

    def makes_market(self, ts: int) -> bool:
        quotes = min(self.entered(1, ts), self.entered(-1, ts)) >= 5
        return self.name is not None and (self.is_maker or quotes)

    def quantity(self, side: int) -> float:
        return sum(order.open for order in self.live[side])

    def message(self, ts: int) -> float:
        """Count a message in a bucket that leaks a hundred a second."""
        self.burst = max(self.burst - (ts - self.burst_ts) * 1e-7, 0.0) + 1.0
        self.burst_ts = ts
        return self.burst


@dataclass(eq=False)
class Order:
    """An order through its life, whatever it is renamed to."""

    names: list[str]
    owner: Owner
    account: str | None
    side: int
    hidden: bool
    price: float | None
    open: float
    entered: float
    entered_ts: int
    touched_ts: int
    filled: float = 0.0
    crossing: bool = False
    """It could trade when its life began."""


@dataclass
class Trade:
    """What the minute that counted a trade holds of it."""

    price: float
    quantity: float
    minute: int


@dataclass
class Bar:
    """A closed bar."""

    ts: int
    seconds: int
    volume: float | None
    money: float
    empty_before: int = 0
    known: tuple[int, int, int, int] | None = None
    """Session, gaps, late and rejected events when it closed."""
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    previous: tuple[int, float | None, bool] = (0, None, False)
    """Session and previous close when it closed, and whether the first trade stands in for it."""
    closes_ts: int = 0
    """When the session ends that it closed in."""
    sentiment: float | None = None
    """Of a story, which is shown as a bar of no length."""


@dataclass
class Minute:
    """The minute that is being made from trades."""

    end: int
    trades: int = 0
    volume: float = 0.0
    money: float = 0.0
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None


@dataclass
class Venue:
    """How long a venue has shown its prices."""

    ts: int = 0
    since: dict[str, int] = field(default_factory=lambda: {"bid": 0, "ask": 0})
    shown: dict[str, float | None] = field(default_factory=lambda: {"bid": None, "ask": None})

    def follow(self, side: str, before: float | None, after: float | None, ts: int) -> None:
        """Remember what a side was no worse than for a second."""
        sign = 1 if side == "bid" else -1
        if ts - self.since[side] >= SECOND:
            self.shown[side] = before
        shown = self.shown[side]
        if before is None or after is None:
            self.since[side], self.shown[side] = ts, None
        elif (after - before) * sign > 0:
            self.since[side] = ts
        elif shown is not None and (after - shown) * sign < 0:
            self.shown[side] = after


@dataclass
class Order_event:  # noqa: N801
    """What an order event meant: the order it was about, if tracked, and the market around it."""

    event: dict[str, Any]
    ts: int
    owner: Owner
    account: str | None
    side: int
    order: Order | None = None
    restated: bool = False
    repriced: bool = False
    removed: float = 0.0
    levels_away: int = 0
    depth: float = 0.0
    burst: float = 0.0
    stack: list[Order] = field(default_factory=list)
    usual: float = 0.0
    orders_before: int = 0
    mid: float | None = None
    spread: float | None = None
    message_mean: float = 0.0
    message_sigma: float = 0.0
    prints: int = 0
    bid: float | None = None
    ask: float | None = None
    shown: float = 0.0
    near: float | None = None
    mid_after: float | None = None

    @property
    def action(self) -> str:
        return str(self.event["action"])


class Market:
    """One symbol's memory."""

    def __init__(
        self,
        symbol: str,
        instrument: Instrument | None,
        unknown: Instrument,
        owners: dict[str, str],
        makers: Collection[str] = (),
    ) -> None:
        self.makers = makers
        self.symbol = symbol
        self.instrument = instrument or unknown
        self.schedule: Schedule | None = self.instrument.schedule() or unknown.schedule()
        self.owner_of = owners
        self.mark: int | None = None
        self.session = 0
        self.prints = 0
        self.next_depth_ts = 0
        self.pages = 0
        """Sessions begun."""
        self.open_ts = 0
        self.close_ts = 0
        self.opened_ts = 0
        self.state = ""
        self.by_status = False
        self.gaps = self.late = self.rejected = 0
        self.previous_close = self.instrument.previous_close
        self.close_stands_in = False
        self.last_price: float | None = None
        self.bid: float | None = None
        self.ask: float | None = None
        self.consolidated = False
        self.quoted = False
        self.best: dict[str, list[float | None]] = {"bid": [None, 0.0], "ask": [None, 0.0]}
        self.venues: dict[str, dict[str, list[float | None]]] = {}
        self.venue_shows: dict[str, Venue] = {}
        self.best_ts = {"bid": 0, "ask": 0}
        self.touched = 0
        self.live: dict[tuple[str | None, str], Order] = {}
        self.people: dict[str | None, Owner] = {}
        self.usual = 0.0
        self.orders_seen = 0
        self.messages = 0
        self.message_minute = 0
        self.message_minutes = 0
        self.message_mean = 0.0
        self.message_variance = 0.0
        self.fed_minutes = False
        self.minute: Minute | None = None
        self.last_made = 0
        self.empty = 0
        self.trades: dict[tuple[str | None, str], Trade] = {}
        self.closed_bars: list[Bar] = []
        self.minutes = Minutes()

    # sessions

    def enter(self, ts: int) -> None:
        """Bring the market to a moment: a session that is over ends, and the next begins."""
        if ts >= self.close_ts:
            if self.schedule is not None:
                self.stop_minute(self.close_ts)
                self.minutes.stop(self, self.close_ts)
                self.open_ts, self.close_ts = self.next_session(ts)
                self.begin_session(self.open_ts, keep_orders=False)
                self.by_status = False
            else:
                day = ts // DAY * DAY
                self.open_ts, self.close_ts = day, day + DAY
                if not self.by_status:
                    if self.minute:
                        self.advance_minute(day)
                    self.begin_session(day, keep_orders=True)
                for key, order in list(self.live.items()):
                    if order.touched_ts < ts - DAY:
                        self.end(key, order)
                self.best_of_orders()
        if not self.by_status:
            self.state = "open" if ts >= self.open_ts else "pre_open"

    def next_session(self, ts: int) -> tuple[int, int]:
        assert self.schedule is not None
        return next((pair for pair in self.schedule.sessions(ts, ts + DAY) if pair[1] > ts), (FOREVER, FOREVER))

    def begin_session(self, identity: int, keep_orders: bool) -> None:
        self.session = identity
        self.pages += 1
        self.next_depth_ts = 0
        self.gaps = self.late = self.rejected = 0
        if self.last_price is not None:
            self.previous_close, self.close_stands_in = self.last_price, False
        elif self.close_stands_in:
            self.previous_close = None
        self.last_price = None
        if not keep_orders:
            self.minutes.forget()
            self.live.clear()
            self.people.clear()
            if not self.quoted:
                self.bid = self.ask = None

    def be_told(self, ts: int, state: str) -> None:
        """Take a session status."""
        self.enter(ts)
        was, told_before = self.state, self.by_status
        self.by_status, self.state = True, state
        if state == "open" and was != "open":
            self.opened_ts = ts
        if state != "open":
            self.minutes.stop(self, ts)
        if state == "closed":
            self.stop_minute(ts)
            if was != "closed" or not told_before:
                self.begin_session(ts, keep_orders=False)
        elif was == "closed" and told_before:
            self.session = ts

    # minutes

    def advance_minute(self, ts: int) -> None:
        if self.fed_minutes or (self.minute and ts < self.minute.end):
            return
        self.stop_minute(ts)
        self.minute = Minute((ts // MINUTE + 1) * MINUTE)

    def stop_minute(self, ts: int) -> None:
        if self.minute is None:
            return
        minute, self.minute = self.minute, None
        if minute.trades:
            known = self.session, self.gaps, self.late, self.rejected
            bar = Bar(minute.end, 60, minute.volume, minute.money, self.empty, known, closes_ts=self.close_ts)
            bar.open, bar.high, bar.low, bar.close = minute.open, minute.high, minute.low, minute.close
            bar.previous = self.session, self.previous_close, self.close_stands_in
            self.closed_bars.append(bar)
            self.empty = 0
            self.last_made = minute.end
        else:
            self.empty += 1
        if ts > minute.end:
            self.empty += (ts - minute.end) // MINUTE

    def take_bar(self, event: dict[str, Any], seconds: int) -> None:
        if seconds == 60:
            self.fed_minutes, self.minute = True, None
            if event["ts"] <= self.last_made:
                return
        volume = event.get("volume")
        price = event["close"] if event.get("vwap") is None else event["vwap"]
        bar = Bar(event["ts"], seconds, volume, 0.0 if volume is None else volume * price, closes_ts=self.close_ts)
        bar.open, bar.high, bar.low, bar.close = (event[name] for name in ("open", "high", "low", "close"))
        bar.previous = self.session, self.previous_close, self.close_stands_in
        self.closed_bars.append(bar)

    def take_story(self, event: dict[str, Any]) -> None:
        self.minutes.story_ts = max(self.minutes.story_ts, event["ts"])
        self.closed_bars.append(Bar(event["ts"], 0, None, 0.0, sentiment=event.get("sentiment")))

    # trades

    def take_trade(self, event: dict[str, Any], is_open: bool) -> None:
        self.prints += 1
        if is_open and self.minute is not None:
            self.minute.trades += 1
            self.minute.volume += event["size"]
            self.minute.money += event["size"] * event["price"]
            self.print_into(self.minute, event)
        if event.get("trade_id") is not None:
            counted = self.minute.end if is_open and self.minute is not None else 0
            self.trades[event.get("venue"), event["trade_id"]] = Trade(event["price"], event["size"], counted)
        if sets_price(event):
            self.last_price = event["price"]
            if self.previous_close is None:
                self.previous_close, self.close_stands_in = event["price"], True

    def print_into(self, minute: Minute, event: dict[str, Any]) -> None:
        """Let a print that sets prices move the minute's; another only stands in for the first."""
        price = event["price"]
        if sets_price(event):
            if minute.open is None:
                minute.open = minute.high = minute.low = price
            assert minute.high is not None
            assert minute.low is not None
            minute.high, minute.low, minute.close = max(minute.high, price), min(minute.low, price), price
        elif minute.trades == 1:
            minute.high = minute.low = minute.close = price

    def correct_trade(self, event: dict[str, Any]) -> None:
        trade = self.trades.get((event.get("venue"), event.get("trade_id") or ""))
        if trade is None or self.minute is None or trade.minute != self.minute.end:
            return
        price, quantity = trade.price, 0.0
        if event["correction"] == "correct":
            size = event.get("size")
            quantity = size if size is not None and size > 0 else trade.quantity
            price = trade.price if event.get("price") is None else event["price"]
        self.minute.volume = max(self.minute.volume + (quantity - trade.quantity), 0.0)
        self.minute.money = max(self.minute.money + (quantity * price - trade.quantity * trade.price), 0.0)
        trade.quantity, trade.price = quantity, price

    # quotes

    def take_quote(self, event: dict[str, Any], ts: int) -> None:
        self.quoted = True
        venue = event.get("venue")
        whole = venue is None or venue == "NBBO"
        held = self.best if whole else self.venues.setdefault(venue, {"bid": [None, 0.0], "ask": [None, 0.0]})
        self.consolidated = self.consolidated or whole
        before = {side: held[side][0] for side in ("bid", "ask")}
        for side in ("bid", "ask"):
            price, size = event.get(f"{side}_price"), event.get(f"{side}_size")
            if size == 0:
                held[side] = [None, 0.0]
            elif price is not None:
                held[side] = [price, size]
            elif size is not None:
                held[side][1] = size
        if whole:
            self.best_ts = {"bid": ts, "ask": ts}
        else:
            shows = self.venue_shows.setdefault(venue, Venue())
            shows.ts = ts
            for side in ("bid", "ask"):
                shows.follow(side, before[side], held[side][0], ts)
        if self.consolidated:
            self.bid, self.ask = self.best["bid"][0], self.best["ask"][0]
        else:
            bids = [quote["bid"][0] for quote in self.venues.values() if quote["bid"][0] is not None]
            asks = [quote["ask"][0] for quote in self.venues.values() if quote["ask"][0] is not None]
            self.bid, self.ask = max(bids, default=None), min(asks, default=None)
            for side, best in (("bid", self.bid), ("ask", self.ask)):
                at_best = [self.venue_shows[name].ts for name, quote in self.venues.items() if quote[side][0] == best]
                if best is not None:
                    self.best_ts[side] = max(at_best)

    def of_venue(self, venue: str | None) -> tuple[float | None, float | None]:
        """Give a venue's own bid and ask."""
        quote = self.venues.get(venue or "")
        return (None, None) if quote is None else (quote["bid"][0], quote["ask"][0])

    def others(self, venue: str | None) -> tuple[float | None, float | None]:
        """Give the best bid and ask of the other venues."""
        quotes = [quote for name, quote in self.venues.items() if name != venue]
        bids = [quote["bid"][0] for quote in quotes if quote["bid"][0] is not None]
        asks = [quote["ask"][0] for quote in quotes if quote["ask"][0] is not None]
        return max(bids, default=None), min(asks, default=None)

    def shown_elsewhere(self, venue: str | None, ts: int) -> tuple[float | None, float | None]:
        """Give the best that other venues had shown for a second, of those that quoted within three."""
        found: dict[str, list[float]] = {"bid": [], "ask": []}
        for name, shows in self.venue_shows.items():
            if name != venue and ts - shows.ts <= 3 * SECOND:
                for side, prices in found.items():
                    stood = ts - shows.since[side] >= SECOND
                    price = self.venues[name][side][0] if stood else shows.shown[side]
                    prices += [] if price is None else [price]
        return max(found["bid"], default=None), min(found["ask"], default=None)

    def best_of_orders(self) -> None:
        """Where nobody quotes, displayed orders show the best prices."""
        if not self.quoted:
            self.bid = max(self.prices(1), default=None)
            self.ask = min(self.prices(-1), default=None)

    def mid(self) -> float | None:
        return None if self.bid is None or self.ask is None else (self.bid + self.ask) / 2

    # orders

    def owner(self, account: str | None) -> Owner:
        """Give who stands behind an account; all anonymous orders are one owner."""
        name = None
        known = False
        if account is not None:
            known = account in self.owner_of
            name = f"owner {self.owner_of[account]}" if known else f"account {account}"
        if name not in self.people:
            self.people[name] = Owner(name, known, is_maker=account in self.makers)
        return self.people[name]

    def prices(self, side: int) -> set[float]:
        return {
            order.price
            for order in self.live.values()
            if order.side == side and not order.hidden and order.price is not None
        }

    def depth(self, side: int, levels: int) -> float:
        """Sum what is displayed at the best prices; those better than the quoted one are left-overs."""
        best = self.bid if side > 0 else self.ask
        shown: dict[float, float] = {}
        for order in self.live.values():
            price = order.price
            if order.side != side or order.hidden or price is None:
                continue
            if not (self.quoted and best is not None and (price - best) * side > 0):
                shown[price] = shown.get(price, 0.0) + order.open
        return float(sum(shown[price] for price in sorted(shown, reverse=side > 0)[:levels]))

    def end(self, key: tuple[str | None, str], order: Order) -> None:
        del self.live[key]
        order.owner.live[order.side].remove(order)

    def count_message(self, ts: int) -> None:
        """Keep mean and variance of the messages a minute while open, but for the first minute, which is seen in part.

        A later one weighs as in a plain mean, but at least a tenth, and from the fourth on is taken for no more than
        four standard deviations away.
        """
        if self.state != "open":
            return
        minute = ts // MINUTE
        if minute != self.message_minute:
            if self.message_minute:
                if self.message_minutes:
                    apart = self.messages - self.message_mean
                    if self.message_minutes > 3:
                        far = 4 * max(self.message_variance, self.message_mean) ** 0.5
                        apart = min(max(apart, -far), far)
                    weight = max(0.1, 1 / self.message_minutes)
                    self.message_mean += weight * apart
                    self.message_variance = (1 - weight) * (self.message_variance + weight * apart * apart)
                self.message_minutes += 1
            self.message_minute, self.messages = minute, 0
        self.messages += 1

    def learn_size(self, quantity: float) -> None:
        """Move the running median a step towards a new order's size; large steps for the first 64 orders."""
        if self.orders_seen == 0:
            self.usual = quantity
        step = 1.125 if self.orders_seen < 64 else 1.0078125
        if quantity > self.usual:
            self.usual *= step
        elif quantity < self.usual:
            self.usual /= step
        self.orders_seen += 1

    def take_order(self, event: dict[str, Any], ts: int, shown_levels: int) -> Order_event:
        """Apply one order event and say what it meant."""
        venue, action, account = event.get("venue"), event["action"], event.get("account")
        levels = shown_levels if 0 < shown_levels < NEAR_LEVELS else NEAR_LEVELS
        named = event["order_id"]
        if action == "replace" and event.get("previous_order_id") is not None:
            named = event["previous_order_id"]
        key = (venue, named)
        order = self.live.get(key)
        side = SIGN.get(event.get("side") or "", 0)
        before = {
            "usual": self.usual,
            "orders_before": self.orders_seen,
            "mid": self.mid(),
            "spread": None if self.bid is None or self.ask is None else self.ask - self.bid,
            "prints": self.prints,
            "bid": self.bid,
            "ask": self.ask,
            "message_mean": self.message_mean,
            "message_sigma": max(self.message_variance, self.message_mean) ** 0.5,
        }
        open_before = order.open if order else 0.0
        told = Order_event(event, ts, order.owner if order else self.owner(account), account, side, order, **before)
        if action == "new":
            if order:
                told.restated = True
                order.price, order.open, order.touched_ts = event.get("price"), event["size"], ts
            else:
                told.order = order = self.enter_order(event, ts, told, levels)
        elif order is None:
            told.removed = event.get("size") or 0.0
        elif action == "replace":
            self.replace(key, order, event, told)
        else:
            told.removed = order.open if event.get("size") is None else min(event["size"], order.open)
            if action == "fill":
                order.filled += told.removed
            order.open -= told.removed
            order.touched_ts = ts
            if order.open <= DUST * order.entered:
                order.open = 0.0
                self.end(key, order)
        if order:
            told.side, told.account = order.side, order.account
        if action != "fill" and not told.restated:
            told.burst = told.owner.message(ts)
            self.count_message(ts)
        if order and not told.restated:
            told.owner.count(self.session, ts, action, open_before, order.open, told.removed)
        opposite = told.owner.live[-told.side] if told.side else []
        if order and action == "fill" and len(opposite) >= 2:
            told.stack = self.stack_of(told.owner, opposite)
            told.depth = self.depth(-told.side, levels)
        self.best_of_orders()
        told.mid_after = self.mid()
        if ts >= self.next_depth_ts:
            self.next_depth_ts = (ts // TENTH + 1) * TENTH
            if levels == NEAR_LEVELS:
                told.near = self.depth(1, levels) + self.depth(-1, levels)
        return told

    def can_trade(self, side: int, price: float | None) -> bool:
        best = self.ask if side > 0 else self.bid
        return price is None or (best is not None and (price - best) * side >= 0)

    def enter_order(self, event: dict[str, Any], ts: int, told: Order_event, levels: int) -> Order:
        price, size = event.get("price"), event["size"]
        if price is not None:
            told.depth = self.depth(told.side, levels)
            told.shown = sum(
                o.open for o in self.live.values() if o.side == told.side and not o.hidden and o.price == price
            )
            told.levels_away = sum((other - price) * told.side > 0 for other in self.prices(told.side))
        order = Order(
            names=[event["order_id"]],
            owner=told.owner,
            account=event.get("account"),
            side=told.side,
            hidden=bool(event.get("hidden")),
            price=price,
            open=size,
            entered=size,
            entered_ts=ts,
            touched_ts=ts,
            crossing=self.can_trade(told.side, price),
        )
        self.live[event.get("venue"), event["order_id"]] = order
        told.owner.live[told.side].insert(0, order)
        minute = told.owner.minutes.setdefault(ts // MINUTE, {})
        minute[told.side] = minute.get(told.side, 0) + 1
        self.learn_size(size)
        return order

    def replace(self, key: tuple[str | None, str], order: Order, event: dict[str, Any], told: Order_event) -> None:
        """One order lives on: a decrease keeps its life, a new price or an increase starts it anew."""
        size, price = event.get("size"), event.get("price")
        quantity = order.open if size is None else size
        told.repriced = price is not None and price != order.price
        told.removed = max(order.open - quantity, 0.0)
        order.entered += max(quantity - order.open, 0.0)
        order.touched_ts = told.ts
        if quantity > order.open or told.repriced:
            order.entered_ts = told.ts
            order.crossing = self.can_trade(order.side, price if told.repriced else order.price)
            mine = order.owner.live[order.side]
            mine.remove(order)
            mine.insert(0, order)
        if told.repriced:
            order.price = price
        order.open = quantity
        new_key = (key[0], event["order_id"])
        if new_key != key:
            del self.live[key]
            if new_key in self.live:
                self.end(new_key, self.live[new_key])
            order.names.append(event["order_id"])
            self.live[new_key] = order
        if quantity == 0:
            self.end(new_key, order)

    def stack_of(self, owner: Owner, orders: list[Order]) -> list[Order]:
        """Give the newest priced orders; of an anonymous crowd only the last burst."""
        stack: list[Order] = []
        for order in orders:
            if len(stack) == LONGEST_STACK:
                break
            if owner.name is None and stack and stack[-1].entered_ts - order.entered_ts > STACK_BURST_NS:
                break
            if order.price is not None:
                stack.append(order)
        return stack


def sets_price(event: dict[str, Any]) -> bool:
    """Say whether a print sets the last price."""
    return event.get("correction") is None and not UNFIT_TO_SET_PRICES & set(event.get("conditions") or ())
