"""What a print means, told over plain objects: who took, the sweep it is of, where the mid stood, what is usual."""

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

from surveillance.events import MINUTE, SECOND

from tests.oracle.legs import Tape
from tests.oracle.market import SIGN, Bar, Market, sets_price

HISTORY_S = 7 * 3600


@dataclass(eq=False)
class Sweep:
    """The prints one aggressive order makes at one moment."""

    ts: int
    side: int
    order: str | None
    quantity: float
    prints: int
    levels: int
    price: float


@dataclass
class Party:
    """An account of a print and who stands behind it."""

    account: str
    owner: str
    known: bool


@dataclass
class Print:
    """One trade that sets the price."""

    ts: int
    price: float
    quantity: float
    trade: str | None
    conditions: set[str]
    is_open: bool
    session: int
    side: int
    taker: Party | None
    giver: Party | None
    sweep: Sweep
    large_sweep: float
    sweeps: int
    mid_second_ago: float | None
    mid_minute_ago: float | None
    mid: float | None
    volatility: float
    history_s: float
    volume_rate: float


class Prints:
    """One market's prints."""

    def __init__(self, owners: dict[str, str]) -> None:
        self.owners = owners
        self.pages = 0
        self.second_mid: float | None = None
        self.minute_mid: float | None = None
        self.mid_second_ago: float | None = None
        self.mid_minute_ago: float | None = None
        self.minute_end = 0
        self.sweep: Sweep | None = None
        self.large_sweep = self.sweep_mean = self.sweep_variance = 0.0
        self.sweeps = 0
        self.history_ts = 0
        self.history_s = 0.0
        self.volume_rate = 0.0

    def enter(self, market: Market, tape: Tape, ts: int) -> None:
        """Take an event's time; to be asked before the tape takes its."""
        if market.pages != self.pages:
            self.pages, self.minute_end = market.pages, 0
            self.second_mid = self.minute_mid = self.mid_second_ago = self.mid_minute_ago = None
        if ts < tape.next_sample:
            return
        mid = market.mid()
        if mid is None:
            mid = self.second_mid if market.quoted or market.orders_seen else market.last_price
        self.mid_second_ago = self.second_mid if ts < tape.next_sample + SECOND else mid
        self.second_mid = mid
        if ts >= self.minute_end:
            self.mid_minute_ago = self.minute_mid if ts < self.minute_end + MINUTE else mid
            self.minute_mid = mid
            self.minute_end = (ts // MINUTE + 1) * MINUTE

    def remember(self, bar: Bar) -> None:
        """Take a closed bar into the mean volume."""
        start = bar.ts - bar.seconds * SECOND
        if bar.seconds > 3600 or start < self.history_ts or bar.volume is None:
            return
        self.history_ts = bar.ts
        self.history_s = min(self.history_s + bar.seconds, HISTORY_S)
        self.volume_rate += min(bar.seconds / self.history_s, 1.0) * (bar.volume / bar.seconds - self.volume_rate)

    def take(
        self, market: Market, tape: Tape, event: dict[str, Any], ts: int, is_open: bool, mid: float | None
    ) -> Print | None:
        """Take a print; None where it sets no price."""
        price = event["price"]
        side = SIGN.get(event.get("aggressor") or "", 0)
        if side == 0 and mid is not None:
            side = (price > mid) - (price < mid)
        if not sets_price(event):
            return None
        order = event.get("buy_order_id" if side > 0 else "sell_order_id")
        running = self.sweep
        if running and side and (running.ts, running.side, running.order) == (ts, side, order):
            running.quantity += event["size"]
            running.prints += 1
            running.levels += running.price != price
            running.price = price
        else:
            if running:
                self.learn(running.quantity)
            self.sweep = running = Sweep(ts, side, order, event["size"], 1, 1, price)
        buyer, seller = (self.party(event.get(name)) for name in ("buy_account", "sell_account"))
        return Print(
            ts=ts,
            price=price,
            quantity=event["size"],
            trade=event.get("trade_id"),
            conditions=set(event.get("conditions") or ()),
            is_open=is_open,
            session=market.session,
            side=side,
            taker={1: buyer, -1: seller}.get(side),
            giver={1: seller, -1: buyer}.get(side),
            sweep=running,
            large_sweep=self.large_sweep,
            sweeps=self.sweeps,
            mid_second_ago=self.mid_second_ago,
            mid_minute_ago=self.mid_minute_ago,
            mid=mid,
            volatility=sqrt(tape.variance),
            history_s=self.history_s,
            volume_rate=self.volume_rate,
        )

    def party(self, account: str | None) -> Party | None:
        if account is None:
            return None
        known = account in self.owners
        return Party(account, f"owner {self.owners[account]}" if known else f"account {account}", known)

    def learn(self, quantity: float) -> None:
        """Take a finished sweep into the 99th percentile of a log-normal."""
        self.sweeps += 1
        weight = 1 / min(self.sweeps, 1000)
        apart = log(quantity) - self.sweep_mean
        self.sweep_mean += weight * apart
        self.sweep_variance = (1 - weight) * (self.sweep_variance + weight * apart * apart)
        self.large_sweep = exp(self.sweep_mean + 2.326 * sqrt(self.sweep_variance))
