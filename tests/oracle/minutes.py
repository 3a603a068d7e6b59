"""Whole minutes of a market in figures, told over plain objects."""

from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any

from surveillance.events import MINUTE

if TYPE_CHECKING:
    from tests.oracle.market import Market

LEARNING = 10
MOST = 20.0
STORY_NS = 5 * MINUTE
COUNTS = ("trades", "messages")


@dataclass
class Told:
    """A whole minute; a figure is absent where nothing tells it, its usual value where it is not known."""

    ts: int
    known: tuple[int, int, int, int]
    """Session, gaps, late and rejected events when it was over."""
    before: int
    story: bool
    closes_ts: int
    value: dict[str, float] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    z: dict[str, float] = field(default_factory=dict)


class Usual:
    """Mean and variance of the square root of one figure."""

    def __init__(self, name: str) -> None:
        self.is_count = name in COUNTS
        self.known = 0
        self.mean = 0.0
        self.variance = 0.0

    def deviation(self) -> float:
        return max(sqrt(self.variance), 0.05 * self.mean, 0.5 if self.is_count else 0.0)

    def learn(self, root: float) -> None:
        apart = root - self.mean
        if self.known >= LEARNING:
            far = 3 * self.deviation()
            apart = min(max(apart, -far), far)
        weight = max(0.05, 1 / (self.known + 1))
        if self.known == 0:
            self.mean, self.variance = root, 0.0
        else:
            self.mean += weight * apart
            self.variance = (1 - weight) * (self.variance + weight * apart * apart)
        self.known += 1


@dataclass
class Running:
    """What is counted in a minute."""

    end: int
    whole: bool
    messages: int = 0
    orders: int = 0
    cancels: int = 0
    trades: int = 0
    volume: float = 0.0
    entered: dict[int, float] = field(default_factory=lambda: {1: 0.0, -1: 0.0})
    traded: dict[int, float] = field(default_factory=lambda: {1: 0.0, -1: 0.0, 0: 0.0})
    spreads: list[float] = field(default_factory=list)
    mids: list[float] = field(default_factory=list)


class Minutes:
    """One market's whole minutes."""

    def __init__(self) -> None:
        self.running: Running | None = None
        self.habits: dict[str, Usual] = {}
        self.before = 0
        self.mid: float | None = None
        self.story_ts = 0
        self.told: list[Told] = []

    def forget(self) -> None:
        """Begin a session."""
        self.before = 0
        for usual in self.habits.values():
            usual.known = 0

    def advance(self, market: "Market", ts: int) -> None:
        """Let the minute run that holds a moment."""
        if self.running and ts < self.running.end:
            return
        runs = self.running is not None
        self.stop(market, ts)
        self.running = Running((ts // MINUTE + 1) * MINUTE, runs)

    def stop(self, market: "Market", ts: int) -> None:
        """End the running minute; one that is over and was seen whole is told."""
        minute, self.running = self.running, None
        if minute is None:
            return
        mid = market.mid()
        mid = market.last_price if mid is None else mid
        if minute.whole and ts >= minute.end and (minute.messages or minute.trades):
            self.tell(market, minute, mid)
        self.mid = mid

    def order(self, event: dict[str, Any], side: int, restated: bool) -> None:
        if self.running is None or restated or event["action"] == "fill":
            return
        self.running.messages += 1
        if event["action"] == "new":
            self.running.orders += 1
            self.running.entered[side] += event["size"]
        self.running.cancels += event["action"] == "cancel"

    def trade(self, event: dict[str, Any], side: int) -> None:
        if self.running:
            self.running.trades += 1
            self.running.volume += event["size"]
            self.running.traded[side] += event["size"]

    def quote(self, market: "Market") -> None:
        if self.running and market.orders_seen == 0:
            self.running.messages += 1

    def sample(self, market: "Market") -> None:
        """Take the prices at the turn of a second."""
        if self.running and market.bid is not None and market.ask is not None:
            self.running.spreads.append(max(market.ask - market.bid, 0.0))
            self.running.mids.append((market.bid + market.ask) / 2)

    def tell(self, market: "Market", minute: Running, mid: float | None) -> None:
        known = market.session, market.gaps, market.late, market.rejected
        near = self.story_ts > 0 and 0 <= minute.end - self.story_ts <= STORY_NS
        told = Told(minute.end, known, self.before, near, market.close_ts)
        sides = minute.entered if market.orders_seen else minute.traded
        both = sides[1] + sides[-1]
        entered = minute.entered[1] + minute.entered[-1]
        told.value = {"volume": minute.volume, "trades": minute.trades, "messages": minute.messages}
        if mid is not None and self.mid is not None:
            told.value["move"] = abs(mid - self.mid)
        if minute.spreads:
            told.value["range"] = max(minute.mids) - min(minute.mids)
            told.value["spread"] = sum(minute.spreads) / len(minute.spreads)
        if both > 0:
            told.value["imbalance"] = abs(sides[1] - sides[-1]) / both
        if minute.orders:
            told.value["cancel_rate"] = minute.cancels / minute.orders
            told.value["order_size"] = entered / minute.orders
        for name, value in told.value.items():
            usual = self.habits.setdefault(name, Usual(name))
            root = sqrt(value)
            if usual.known >= LEARNING and usual.mean > 0:
                told.usual[name] = usual.mean**2
                told.z[name] = min(max((root - usual.mean) / usual.deviation(), -MOST), MOST)
            usual.learn(root)
        self.before += 1
        self.told.append(told)
