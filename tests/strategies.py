"""Streams of events for tests: one place for everything random. Each stream is a function of its seed alone."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st
from surveillance.events import INTERVALS, MINUTE, SECOND
from surveillance.parameters import Layer, Parameters
from surveillance.reference import Account, Instrument, Reference
from surveillance.rules import RULES

Event = dict[str, Any]
START = 1_772_461_800_000_000_000
"""2026-03-02 14:30 UTC."""

EAGER: Layer = {
    "spoofing": {
        "size_multiple": 2,
        "size_ratio": 1,
        "max_levels_away": 64,
        "max_distance_bp": 10_000,
        "max_filled_share": 0.5,
        "quoting_factor": 2,
        "warm_up_orders": 0,
    },
    "layering": {"min_levels": 2, "min_depth_share": 0.05, "size_ratio": 1, "cancelled_share": 0.2},
    "quote_stuffing": {
        "min_messages": 10,
        "min_rate": 20,
        "min_cancelled_share": 0.2,
        "max_execution_share": 0.5,
        "min_sigmas": 0,
        "watch_burst": 2,
    },
    "wash_trading": {
        "min_matches": 2,
        "size_tolerance": 0.9,
        "price_bp": 1000,
        "matched_share": 0.05,
        "trip_surprise": 0,
        "min_surprise": 0,
    },
    "pre_arranged_trading": {
        "min_meetings": 2,
        "apart_s": 60,
        "size_tolerance": 1,
        "traded_share": 0,
        "min_certainty": 0,
    },
    "painting_the_tape": {
        "min_prints": 4,
        "max_size": 100,
        "max_gap_variation": 1,
        "max_net_share": 1,
        "own_share": 0,
    },
    "front_running": {
        "ahead_s": 300,
        "hold_s": 600,
        "quiet_s": 0,
        "client_multiple": 1,
        "size_tolerance": 0.9,
        "min_surprise": 0,
    },
    "flipping": {
        "size_multiple": 1,
        "shown_multiple": 0,
        "max_levels_away": 64,
        "max_filled_share": 0.5,
        "within_ms": 5000,
        "warm_up_orders": 1,
    },
    "pinging": {
        "min_pings": 2,
        "ping_multiple": 1,
        "ping_ms": 2000,
        "min_steps": 1,
        "size_ratio": 1,
        "window_s": 20,
        "warm_up_orders": 1,
    },
    "excessive_order_to_trade": {"max_ratio": 3, "max_volume_ratio": 5, "maker_max_ratio": 4},
    "liquidity_evaporation": {
        "max_left": 0.9,
        "stays_s": 0.1,
        "stays_left": 0.9,
        "min_before": 0.7,
        "min_fall": 0.1,
        "max_traded_share": 1,
        "min_withdrawn": 1,
        "silence_s": 2,
        "min_seconds": 5,
    },
    "price_velocity": {"min_move": 0.002, "plain_move": 0.003},
    "wide_spread": {"floor_bp": 1, "multiple": 1.2, "duration_s": 0.5, "min_samples": 3, "min_messages": 30},
    "abnormal_volume": {
        "multiple": 1.5,
        "strong_multiple": 2,
        "above_busy": 1,
        "min_money": 1000,
        "min_mad_z": 1,
    },
    "fat_finger": {
        "band_low": 0.02,
        "band_middle": 0.01,
        "band_high": 0.005,
        "size_multiple": 1.2,
        "min_levels": 2,
        "deep_multiple": 1,
        "deep_levels": 3,
        "block_multiple": 1.5,
        "warm_up_s": 0,
        "returns_s": 5,
        "warm_up_sweeps": 3,
        "cool_down_s": 1,
    },
    "momentum_ignition": {
        "min_sweeps": 1,
        "max_before": 10,
        "one_sided": 0.3,
        "min_share": 0.01,
        "min_sigmas": 0,
        "min_move_bp": 1,
        "exit_share": 0,
        "near": 1,
        "retrace": 0.2,
        "cool_down_s": 1,
    },
    "marking_the_close": {
        "min_share": 0.05,
        "day_multiple": 0,
        "min_direction": 0.5,
        "min_trades": 1,
        "min_sigmas": 0,
        "min_push_bp": 0,
        "min_volume": 0,
        "burst_s": 20,
        "burst_share": 0.1,
        "burst_push_bp": 0,
        "reference_s": 54_000,
        "open_window_s": 300,
        "window_s": 3600,
        "cool_down_s": 1,
    },
    "ramping": {
        "min_trades": 2,
        "min_autocorrelation": -1,
        "min_share": 0.01,
        "min_sigmas": 0,
        "min_move_bp": 0,
        "min_volume": 0,
        "shortest_s": 1,
        "warm_up_s": 0,
        "cool_down_s": 1,
    },
    "pump_and_dump": {
        "chunk_s": 25,
        "min_rushes": 1,
        "min_sigmas": 0,
        "volume_multiple": 0.5,
        "min_rise": 0.001,
        "dump_share": 0.3,
        "min_selling": 0.2,
        "min_history_s": 0,
        "warm_up_chunks": 1,
        "cool_down_s": 1,
    },
    "locked_crossed_market": {"duration_s": 0.05, "fresh_s": 2},
    "trade_through": {"min_distance_bp": 0, "clear_distance_bp": 3},
    "stub_quote": {"band": 0.002, "edge_band": 0.005},
    "volatility_spike": {"on_share": 0.8, "off_share": 0.5, "min_history": 10, "multiple": 1.2},
    "price_breakout": {
        "min_range": 0,
        "volume_multiple": 0.5,
        "strong_range": 0.5,
        "strong_volume": 1,
        "above_highest": 1,
    },
    "price_gap": {"min_gap": 0.001, "sigmas": 0.5, "split_tolerance": 0.001},
    "news_impact": {"volume_multiple": 1, "sigmas": 0.5, "min_move": 0, "cluster_s": 100},
    "zscore_anomaly": {"min_z": 0.5, "top_z": 0.5, "together": 2, "alone_z": 0.8, "warm_up_minutes": 10},
    "half_space_trees": {"min_score": 0.2, "high_score": 0.5, "min_z": 0.5, "warm_up_minutes": 10},
    "isolation_forest": {
        "min_score": 0.4,
        "high_score": 0.45,
        "min_z": 0.5,
        "together": 1,
        "warm_up_minutes": 10,
    },
    "clock_skew": {"min_skew_s": 0.5, "high_skew_s": 1, "cool_down_s": 5},
    "feed_staleness": {"min_silence_s": 0.5, "cool_down_s": 5},
    "sequence_gap": {"min_missing": 2, "high_missing": 5, "cool_down_s": 1},
}
"""Parameters at which every rule alerts often, so that equal alerts mean something."""

SYMBOLS = ("AAA", "BBB", "CCC")
ACCOUNTS = ("a1", "a2", "a3", "b1", "b2")
VENUES = ("XNAS", "XNYS")
REFERENCE = Reference(
    instruments=(
        Instrument(
            symbol="AAA", venue="XNAS", asset_class="equity", previous_close=100.0, tick_size=0.01, shown_levels=2
        ),
        Instrument(
            symbol="BBB",
            asset_class="future",
            timezone="America/New_York",
            session_open="09:30",
            session_close="16:00",
        ),
    ),
    accounts=(
        Account(account="a1", beneficial_owner="Ann", entity_type="proprietary"),
        Account(account="a2", beneficial_owner="Ann", entity_type="proprietary"),
        Account(account="b1", beneficial_owner="Bob", entity_type="client"),
        Account(account="b2", entity_type="client"),
    ),
)


def eager_parameters() -> Parameters:
    """Give the parameters of `EAGER`."""
    return Parameters({rule.ID: rule.PARAMETERS for rule in RULES}, [EAGER])


class Stream:
    """Writes an adversarial stream: few ids and prices, used again and again, in every wrong order."""

    def __init__(self, seed: int, symbols: Sequence[str] = SYMBOLS, anonymous: float = 0.2) -> None:
        self.chance = Random(seed)
        self.symbols = symbols
        self.anonymous = anonymous
        self.ts = START + self.chance.randrange(20) * MINUTE
        self.numbers = dict.fromkeys(("p1", "p2"), 0)
        self.seen: list[Event] = []
        self.open: list[tuple[str, str | None, str]] = []
        self.names = 0

    def events(self, count: int) -> list[Event]:
        """Write so many events."""
        makers = [self.order] * 60 + [self.trade] * 12 + [self.quote] * 6 + [self.bar] * 2 + [self.status] * 2
        makers += [self.nonsense, self.repeat, self.correction]
        written: list[Event] = []
        while len(written) < count:
            if self.chance.random() < 0.06:
                written += self.chance.choice(self.plans())()
            elif self.chance.random() < 0.003:
                written += self.chance.choice((self.past, self.venues_quote, self.minutes))()
            else:
                written.append(self.stamped(self.chance.choice(makers)()))
        return written

    def plans(self) -> list[Callable[[], list[Event]]]:
        """Give the plans people may have, as often as they should come."""
        orders = [self.spoof, self.spoof, self.stack, self.flood, self.flip]
        return [*orders, self.rush, self.meet, self.paint, self.paint, self.lead]

    def past(self) -> list[Event]:
        """Write a run of bars of one interval, with a story in it, and a shock at its end."""
        symbol, interval = self.symbol(), self.chance.choice(("1m", "1m", "5m", "1h", "1d"))
        step = INTERVALS[interval] * SECOND
        ts, close = self.ts // step * step, 100.0
        written: list[Event] = []
        count = self.chance.randint(24, 45)
        for number in range(count):
            ts += step * self.chance.choice((1,) * 30 + (2, 300))
            shock = 8 if number > count - 5 else 1
            first = close + self.chance.choice((0.0, 0.0, 0.0, 0.25, -0.125))
            close = first + self.chance.randint(-4, 4) / 32 * shock
            reach = self.chance.randint(0, 3) / 16
            written.append(
                {
                    "type": "bar",
                    "symbol": symbol,
                    "interval": interval,
                    "ts": ts,
                    "open": first,
                    "high": max(first, close) + reach,
                    "low": min(first, close) - reach,
                    "close": close,
                    "volume": float(self.chance.randint(5, 12) * shock),
                }
            )
            if number > count - 8 and self.chance.random() < 0.4:
                story = {"type": "news", "symbol": symbol, "ts": ts + self.chance.choice((0, 1, -step, SECOND))}
                written.append(story | {"news_id": self.fresh(), "sentiment": self.chance.choice((-0.9, -0.5, 0.3))})
        return [self.stamped(event) for event in written]

    def minutes(self) -> list[Event]:
        """Let a symbol trade for more than half an hour, a few events a minute, and be busier in the last ones."""
        symbol, venue = self.symbol(), self.venue()
        written: list[Event] = []
        count = self.chance.randint(30, 38)
        for number in range(count):
            for _ in range(self.chance.randint(1, 3) * (3 if number > count - 4 else 1)):
                self.ts += self.chance.randrange(10 * SECOND)
                event = self.chance.choice((self.order, self.order, self.trade, self.quote))()
                written.append(self.stamped(event | {"symbol": symbol, "venue": venue, "ts": self.ts}))
            if self.chance.random() < 0.05:
                story = {"type": "news", "symbol": symbol, "ts": self.ts, "news_id": self.fresh(), "sentiment": 0.1}
                written.append(self.stamped(story))
            self.ts = (self.ts // MINUTE + 1) * MINUTE
        return written

    def venues_quote(self) -> list[Event]:
        """Let two venues quote a symbol for some seconds, near each other, across or far apart, and print between."""
        symbol = self.symbol()
        written: list[Event] = []
        for _ in range(self.chance.randint(8, 30)):
            self.ts += self.chance.choice((1_000_000, 150_000_000, 400_000_000, 900_000_000))
            middle = 100 + self.chance.randint(-3, 3) / 8
            venue = self.chance.choice(VENUES)
            if self.chance.random() < 0.3:
                event: Event = {"type": "trade", "price": middle, "size": 10.0, "trade_id": self.fresh()}
                if self.chance.random() < 0.1:
                    event["conditions"] = [self.chance.choice(("intermarket_sweep", "late", "odd_lot"))]
            else:
                apart = self.chance.choice((0.125, 0.125, 0.25, 0.0, 2.0))
                event = {"type": "quote", "bid_price": middle - apart, "ask_price": middle + apart}
                event |= self.chance.choice(({}, {}, {}, {"bid_size": 0.0}, {"ask_size": 5.0}))
            written.append(self.stamped(event | {"symbol": symbol, "venue": venue, "ts": self.ts}))
        return written

    def campaign(self) -> tuple[Event, Event, str, str]:
        """Give what the orders of one owner share, perhaps under another account on the other side, and the sides."""
        account = self.account()
        other = (
            account if account is None or self.chance.random() < 0.5 else {"a1": "a2", "a2": "a1"}.get(account, account)
        )
        shared: Event = {"type": "order", "symbol": self.symbol(), "venue": self.venue()}
        sides = self.chance.sample(("buy", "sell"), 2)
        return shared | {"account": account}, shared | {"account": other}, sides[0], sides[1]

    def quickly(self, event: Event) -> Event:
        """Stamp an event a little after the one before, and now and then spoil it."""
        self.ts += self.chance.choice((0, 1_000, 1_000_000, 9_000_000))
        return self.stamped(event | {"ts": self.ts})

    def fresh(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def spoof(self) -> list[Event]:
        mine, other, side, opposite = self.campaign()
        large, small = self.fresh(), self.fresh()
        steps: list[Event] = [
            mine | {"action": "new", "order_id": large, "side": side, "price": self.price(), "size": 300.0},
            other | {"action": "new", "order_id": small, "side": opposite, "price": self.price(), "size": 20.0},
            other | {"action": "fill", "order_id": small, "price": self.price(), "size": 20.0, "trade_id": small},
            mine | {"action": "cancel", "order_id": large},
        ]
        if self.chance.random() < 0.3:
            renamed = self.fresh()
            steps[3] = mine | {"action": "cancel", "order_id": renamed}
            change = {"action": "replace", "order_id": renamed, "previous_order_id": large, "price": self.price()}
            steps.insert(self.chance.randrange(1, 4), mine | change)
        if self.chance.random() < 0.3:
            steps[2], steps[3] = steps[3], steps[2]
        if self.chance.random() < 0.2:
            steps.pop(self.chance.randrange(len(steps)))
        return [self.quickly(step) for step in steps]

    def flip(self) -> list[Event]:
        mine, other, side, opposite = self.campaign()
        large, taker, price = self.fresh(), self.fresh(), 98.0 if side == "buy" else 102.0
        size = float(self.chance.choice((50, 300)))
        taken = other | {"order_id": taker, "price": price, "size": 20.0}
        steps = [
            mine | {"action": "new", "order_id": large, "side": side, "price": price, "size": size},
            mine | {"action": "cancel", "order_id": large},
            taken | {"action": "new", "side": opposite},
            taken | {"action": "fill", "trade_id": taker},
        ]
        if self.chance.random() < 0.2:
            steps.insert(1, mine | {"action": "fill", "order_id": large, "price": price, "size": 100.0})
        if self.chance.random() < 0.3:
            steps[1], steps[2] = steps[2], steps[1]
        return [self.quickly(step) for step in steps]

    def stack(self) -> list[Event]:
        mine, other, side, opposite = self.campaign()
        names, small = [self.fresh() for _ in range(self.chance.randint(2, 6))], self.fresh()
        size = float(self.chance.choice((20, 50, 100)))
        steps = [
            mine | {"action": "new", "order_id": n, "side": side, "price": self.price(), "size": size} for n in names
        ]
        small_order = {"order_id": small, "price": self.price(), "size": 20.0}
        steps += [other | small_order | {"action": "new", "side": opposite}, other | small_order | {"action": "fill"}]
        for name in names:
            way = self.chance.random()
            if way < 0.7:
                steps.append(mine | {"action": "cancel", "order_id": name})
            elif way < 0.9:
                steps.append(mine | {"action": "replace", "order_id": name, "price": self.price()})
            else:
                steps.append(
                    mine | {"action": "new", "order_id": self.fresh(), "side": side, "price": 99.0, "size": size}
                )
        return [self.quickly(step) for step in steps]

    def flood(self) -> list[Event]:
        mine, _, side, _ = self.campaign()
        steps: list[Event] = []
        for _ in range(self.chance.randint(3, 25)):
            name = self.fresh()
            steps.append(mine | {"action": "new", "order_id": name, "side": side, "price": self.price(), "size": 1.0})
            if self.chance.random() < 0.3:
                steps.append(mine | {"action": "replace", "order_id": name, "size": self.size()})
            if self.chance.random() < 0.9:
                steps.append(mine | {"action": "cancel", "order_id": name})
        return [self.quickly(step) for step in steps]

    def rush(self) -> list[Event]:
        """Buy, or sell, in sweeps of several prints that drive the price, then trade back."""
        shared: Event = {"type": "trade", "symbol": self.symbol(), "venue": self.venue()}
        side, back = self.chance.sample((("buy", 1), ("sell", -1)), 2)
        taker = self.account()
        named = (
            {f"{side[0]}_account": taker, f"{back[0]}_account": self.account()} if self.chance.random() < 0.7 else {}
        )
        price = 100.0
        steps: list[Event] = []
        for _ in range(self.chance.randint(2, 6)):
            sweep, at = self.fresh(), self.ts
            for part in range(self.chance.randint(1, 4)):
                price += side[1] * self.chance.choice((0.0, 0.125, 0.25, 1.0))
                mine = {"aggressor": side[0], f"{side[0]}_order_id": sweep, "trade_id": f"{sweep}-{part}"}
                steps.append(self.stamped(shared | named | mine | {"ts": at, "price": price, "size": self.size()}))
            near = {"bid_price": price - 0.125, "ask_price": price + 0.125, "bid_size": 5.0, "ask_size": 5.0}
            steps.append(self.quickly({"type": "quote", "symbol": shared["symbol"], "venue": "NBBO"} | near))
            self.ts += self.chance.choice((0, 1_000_000, SECOND, 9 * SECOND))
        height = price - 100.0
        for share in (0.0, 0.2, 0.7, 1.0):
            swapped = {f"{side[0]}_account": self.account(), f"{back[0]}_account": taker} if named else {}
            returning = {"price": 100.0 + height * (1 - share), "size": self.size(), "trade_id": self.fresh()}
            aggressor = {"aggressor": self.chance.choice((back[0], back[0], side[0]))}
            steps.append(self.quickly(shared | swapped | returning | aggressor))
            near = {"bid_price": returning["price"] - 0.125, "ask_price": returning["price"] + 0.125}
            steps.append(self.quickly({"type": "quote", "symbol": shared["symbol"], "venue": "NBBO"} | near))
        return steps

    def deal(self, name: str, side: str, size: float, price: float, account: str, **more: Any) -> list[Event]:
        """Enter an order that is filled at once, told by a fill and perhaps a trade."""
        order: Event = {"type": "order", "order_id": name, "account": account, "side": side, "price": price, **more}
        trade: Event = {"type": "trade", "price": price, "size": size, "trade_id": name, "aggressor": side, **more}
        fill = {"action": "fill", "size": size, "trade_id": name}
        return [order | {"action": "new", "size": size}, order | fill, trade][: self.chance.choice((2, 3, 3))]

    def meet(self) -> list[Event]:
        """Let two accounts, perhaps of one owner, trade with each other a few times."""
        where = {"symbol": self.symbol(), "venue": self.venue()}
        one, other = self.chance.choice(ACCOUNTS), self.chance.choice(ACCOUNTS)
        steps: list[Event] = []
        for _ in range(self.chance.randint(1, 4)):
            sale, purchase, price, size = self.fresh(), self.fresh(), self.price(), self.size()
            told: Event = {"trade_id": purchase, "price": price, "size": size, **where}
            for name, account, side in ((sale, one, "sell"), (purchase, other, "buy")):
                order = {"type": "order", "action": "new", "order_id": name, "account": account, "side": side}
                steps.append(order | {"price": price, "size": size, **where})
            fills = [{"type": "order", "action": "fill", "order_id": name, **told} for name in (sale, purchase)]
            names = {"buy_account": other, "sell_account": one, "buy_order_id": purchase, "sell_order_id": sale}
            end = [*fills, {"type": "trade", **told} | (names if self.chance.random() < 0.5 else {})]
            self.chance.shuffle(end)
            steps += end[: self.chance.choice((2, 3, 3, 3))]
        return [self.quickly(step) for step in steps]

    def paint(self) -> list[Event]:
        """Take a little at even intervals, on both sides or on one."""
        where = {"symbol": self.symbol(), "venue": self.venue()}
        account, step_ns = self.chance.choice(ACCOUNTS), self.chance.randrange(3 * SECOND)
        written: list[Event] = []
        for number in range(self.chance.randint(3, 9)):
            side = "buy" if number % 2 or self.chance.random() < 0.2 else "sell"
            self.ts += step_ns
            deal = self.deal(self.fresh(), side, self.chance.choice((5.0, 10.0)), 100.0, account, **where)
            written += [self.quickly(event) for event in deal]
        return written

    def lead(self) -> list[Event]:
        """Trade, let somebody larger trade, and trade out of it."""
        where = {"symbol": self.symbol(), "venue": self.venue()}
        price, size = self.price(), self.chance.choice((10.0, 50.0))
        side, back = self.chance.sample(("buy", "sell"), 2)
        better = price + (1 if side == "buy" else -1) * self.chance.choice((0.125, 0.125, 0.125, -0.125))
        deals = [
            self.deal(self.fresh(), side, size, price, self.chance.choice(("a1", "a2", "a1", "b1")), **where),
            self.deal(self.fresh(), side, 400.0, price, self.chance.choice(("b1", "b2", "b1", "a1")), **where),
            self.deal(self.fresh(), back, size, better, self.chance.choice(("a1", "a2")), **where),
        ]
        return [self.quickly(event) for deal in deals for event in deal]

    def stamped(self, event: Event) -> Event:
        pace = self.chance.random()
        if pace < 0.01:
            self.ts += self.chance.randrange(40) * MINUTE
        elif pace < 0.03:
            self.ts += self.chance.randrange(5 * SECOND)
        elif pace < 0.8:
            self.ts += self.chance.choice((0, 1, 1_000_000, 20_000_000, 400_000_000))
        if "ts" not in event:
            slip = self.chance.choice((0,) * 60 + (1_000_000, 3 * SECOND, 5 * SECOND, 5 * SECOND + 1, 9 * SECOND))
            event["ts"] = self.ts - slip
        if "number" not in event and self.chance.random() < 0.5:
            producer = self.chance.choice(list(self.numbers))
            self.numbers[producer] += self.chance.choice((1, 1, 1, 7))
            event |= {"producer": producer, "number": self.numbers[producer]}
        self.seen.append(event)
        return event

    def some(self, event: Event, **optional: Any) -> Event:
        """Add each optional field with chance one half."""
        return event | {name: value for name, value in optional.items() if self.chance.random() < 0.5}

    def price(self) -> float:
        return 100 + self.chance.randint(-12, 12) / 8

    def size(self) -> float:
        return float(self.chance.choice((1, 2, 5, 10, 10, 20, 50, 100, 400)))

    def account(self) -> str | None:
        return None if self.chance.random() < self.anonymous else self.chance.choice(ACCOUNTS)

    def venue(self) -> str | None:
        return self.chance.choice((None, *VENUES, VENUES[0], VENUES[0], VENUES[0]))

    def symbol(self) -> str:
        return self.chance.choice(self.symbols)

    def order(self) -> Event:
        action = self.chance.choice(("new", "new", "cancel", "cancel", "fill", "replace"))
        if action == "new" or not self.open or self.chance.random() < 0.05:
            symbol, venue, name = self.symbol(), self.venue(), str(self.chance.randrange(120))
        else:
            place = self.chance.randrange(max(0, len(self.open) - 12), len(self.open))
            symbol, venue, name = self.open[place]
        event = {"type": "order", "symbol": symbol, "venue": venue, "action": action, "order_id": name}
        if action == "new":
            self.open.append((symbol, venue, name))
            event |= {"side": self.chance.choice(("buy", "sell")), "size": self.size(), "account": self.account()}
            if self.chance.random() < 0.95:
                event["price"] = self.price()
            return self.some(event, hidden=self.chance.random() < 0.2)
        if action == "fill":
            event |= {"size": self.size(), "price": self.price()}
            return self.some(event, trade_id=str(self.chance.randrange(300)))
        if action == "replace":
            event = self.some(event, size=self.chance.choice((0.0, self.size(), self.size())), price=self.price())
            if self.chance.random() < 0.4:
                event |= {"previous_order_id": name, "order_id": str(self.chance.randrange(120))}
                self.open.append((symbol, venue, event["order_id"]))
            return event
        return self.some(event, reason="user") | ({"size": self.size()} if self.chance.random() < 0.3 else {})

    def trade(self) -> Event:
        event = {
            "type": "trade",
            "symbol": self.symbol(),
            "venue": self.venue(),
            "price": self.price(),
            "size": self.size(),
        }
        event = self.some(event, trade_id=str(self.chance.randrange(300)), aggressor="buy")
        event = self.some(
            event, buy_account=self.account(), sell_account=self.account(), buy_order_id=str(self.chance.randrange(120))
        )
        if self.chance.random() < 0.1:
            event["conditions"] = self.chance.sample(("late", "odd_lot", "average_price", "auction_open"), 2)
        return event

    def correction(self) -> Event:
        made = [event for event in self.seen[-80:] if event["type"] == "trade" and "trade_id" in event]
        if not made:
            return self.trade()
        event = {
            name: value for name, value in self.chance.choice(made).items() if name not in ("number", "producer", "ts")
        }
        if self.chance.random() < 0.5:
            return event | {"correction": "cancel"}
        return event | {"correction": "correct", "price": self.price(), "size": self.chance.choice((None, 3.0))}

    def quote(self) -> Event:
        middle = self.price()
        event = {
            "type": "quote",
            "symbol": self.symbol(),
            "venue": self.chance.choice((*VENUES, "NBBO", None, *VENUES)),
        }
        event = self.some(
            event,
            bid_price=middle - self.chance.choice((0.125, 0.125, 0.5, 2)),
            ask_price=middle + self.chance.choice((0.125, 0.125, 0.5, 2)),
            bid_size=self.chance.choice((0.0, 5.0, 9.0)),
            ask_size=self.chance.choice((0.0, 5.0, 9.0)),
        )
        return event | ({} if len(event) > 3 else {"bid_size": 5.0})

    def bar(self) -> Event:
        price = self.price()
        event = {"type": "bar", "symbol": self.symbol(), "interval": self.chance.choice(("1m", "1m", "5m", "1s", "1d"))}
        event |= dict.fromkeys(("open", "high", "low", "close"), price)
        return self.some(event, volume=self.size(), vwap=price)

    def status(self) -> Event:
        state = self.chance.choice(
            (
                "open",
                "open",
                "open",
                "halted",
                "closed",
                "pre_open",
                "gap",
                "gap",
                "silent",
                "heartbeat",
                "resumed",
                "skewed",
            )
        )
        symbol = "*" if self.chance.random() < 0.4 else self.symbol()
        event = {"type": "status", "symbol": symbol, "state": state, "venue": self.venue()}
        if state == "gap":
            first = self.chance.randrange(100)
            return self.some(event, channel="c", from_seq=first, to_seq=first + self.chance.randrange(8))
        if state in ("silent", "skewed"):
            return self.some(event, since_ts=self.ts - self.chance.randrange(2 * SECOND), channel="c")
        return event

    def nonsense(self) -> Event:
        bad: list[Event] = [
            {"type": "order", "symbol": self.symbol(), "action": "new", "order_id": "9", "side": "buy", "size": -1.0},
            {"type": "order", "symbol": self.symbol(), "action": "amend", "order_id": "9"},
            {"type": "quote", "symbol": self.symbol()},
            {"type": "trade", "symbol": self.symbol(), "price": float("nan"), "size": 1.0},
            {"type": "trade", "symbol": "AAA", "price": -1.0, "size": 1.0},
            {"type": "trade", "symbol": "BBB", "price": -1.0, "size": 1.0},
            {"type": "tarde", "symbol": self.symbol()},
            {"type": "status", "symbol": "*", "state": "asleep"},
            {"type": "trade", "symbol": self.symbol(), "price": 1.0, "size": 1.0, "received_ts": self.ts - 70 * SECOND},
            {"type": "news", "symbol": self.symbol(), "news_id": "n", "sentiment": 2.0},
            {"type": "news", "symbol": self.symbol(), "news_id": "n", "sentiment": -1.0},
        ]
        return self.chance.choice(bad)

    def repeat(self) -> Event:
        numbered = [event for event in self.seen[-50:] if "number" in event]
        return dict(self.chance.choice(numbered)) if numbered else self.trade()


def adversarial(seed: int, count: int = 1500, **options: Any) -> list[Event]:
    """Give an adversarial stream over three symbols."""
    return Stream(seed, **options).events(count)


def streams(most: int = 400) -> st.SearchStrategy[list[Event]]:
    """Draw adversarial streams."""
    return st.builds(
        lambda seed, count, anonymous: Stream(seed, anonymous=anonymous).events(count),
        st.integers(0, 2**32),
        st.integers(20, most),
        st.sampled_from((0.0, 0.2, 1.0)),
    )


def quiet_flow(seed: int, count: int, symbols: Sequence[str] = SYMBOLS[:2], accounts: int = 40) -> list[Event]:
    """Give order flow without any plan: people enter, fill and cancel orders of a few hundred shares near 100."""
    chance = Random(seed)
    ts, events = START, []
    live: list[tuple[str, str, float, float]] = []
    for number in range(count):
        ts += round(chance.expovariate(20) * SECOND)
        if live and chance.random() < 0.5:
            symbol, name, price, size = live.pop(chance.randrange(len(live)))
            event: Event = {"type": "order", "symbol": symbol, "order_id": name, "action": "cancel"}
            if chance.random() < 0.3:
                event |= {"action": "fill", "price": price, "size": size, "trade_id": f"q{seed}-{number}"}
                trade = {"type": "trade", "symbol": symbol, "price": price, "size": size, "trade_id": event["trade_id"]}
                events.append(trade | {"ts": ts, "venue": "XNAS"})
        else:
            symbol, name, side = chance.choice(symbols), f"q{seed}-{number}", chance.choice((1, -1))
            price, size = 100 - side * chance.randint(1, 8) / 100, float(chance.choice((100, 100, 200, 300)))
            live.append((symbol, name, price, size))
            event = {"type": "order", "symbol": symbol, "order_id": name, "action": "new", "size": size, "price": price}
            event |= {"side": "buy" if side > 0 else "sell", "account": f"crowd-{chance.randrange(accounts)}"}
        events.append(event | {"ts": ts, "venue": "XNAS"})
    return events


def hidden_in(noise: Sequence[Event], scene: Sequence[Event]) -> list[Event]:
    """Merge a scene into noise by time; the scene's events keep their order."""
    return sorted([*noise, *scene], key=lambda event: event["ts"])
