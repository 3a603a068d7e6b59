"""A small market to play scenes in: a book of two sides, a clock, and orders written in a line each."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from surveillance.alerts import Alert, last_revisions
from surveillance.engine import Engine
from surveillance.events import SECOND
from surveillance.parameters import Parameters
from surveillance.reference import Account, Instrument, Reference
from surveillance.rules import RULES
from surveillance.wire import Decoded, table_of

START = 1_772_461_800_000_000_000
MILLISECOND = 1_000_000
SYMBOL = "AAA"
REFERENCE = Reference(
    instruments=(Instrument(symbol=SYMBOL, venue="XNAS", previous_close=100.0, timezone="America/New_York"),),
    accounts=(
        Account(account="eve-1", beneficial_owner="Eve", entity_type="proprietary"),
        Account(account="eve-2", beneficial_owner="Eve", entity_type="proprietary"),
        Account(account="fund", entity_type="client"),
        Account(account="maker", entity_type="market_maker"),
        Account(account="dealer", entity_type="market_maker"),
    ),
)
ROUND: Mapping[str, Mapping[str, float]] = {
    "spoofing": {"size_multiple": 4, "size_ratio": 3, "lifetime_s": 10, "warm_up_orders": 0},
    "layering": {"min_depth_share": 0.15, "size_ratio": 3, "cancelled_share": 0.85, "window_s": 10},
    "quote_stuffing": {"min_messages": 120, "min_rate": 350},
}
"""What scenes are counted against, whatever calibration ships."""


@cache
def engine_of(*layer: tuple[str, float], rule: str = "") -> Engine:
    """Give an engine whose `rule` has these parameters, all else as declared."""
    layers = [{rule: dict(layer)}] if layer else []
    return Engine(Parameters({each.ID: each.PARAMETERS for each in RULES}, layers), REFERENCE)


class Market:
    """Writes events one after another; times are in milliseconds from the start and move on by `wait`."""

    def __init__(self, accounts: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self.ts = START
        self._accounts = accounts
        self._names = 0

    def wait(self, milliseconds: float) -> Self:
        self.ts += round(milliseconds * MILLISECOND)
        return self

    def add(self, kind: str, **fields: Any) -> Self:
        if not self._accounts:
            fields.pop("account", None)
        event = {"type": kind, "symbol": SYMBOL, "venue": "XNAS", "ts": self.ts, **fields}
        self.events.append({name: value for name, value in event.items() if value is not None})
        return self

    def new(self, order_id: str, side: str, price: float | None, size: float, account: str | None, **more: Any) -> Self:
        return self.add(
            "order", action="new", order_id=order_id, side=side, price=price, size=size, account=account, **more
        )

    def cancel(self, order_id: str, size: float | None = None, **more: Any) -> Self:
        return self.add("order", action="cancel", order_id=order_id, size=size, **more)

    def fill(self, order_id: str, price: float, size: float, **more: Any) -> Self:
        return self.add("order", action="fill", order_id=order_id, price=price, size=size, **more)

    def replace(self, order_id: str, **more: Any) -> Self:
        return self.add("order", action="replace", order_id=order_id, **more)

    def trade(self, price: float, size: float, **more: Any) -> Self:
        return self.add("trade", price=price, size=size, **more)

    def quote(self, bid: float | None, ask: float | None, **more: Any) -> Self:
        sizes = {name: None if price is None else 100.0 for name, price in (("bid_size", bid), ("ask_size", ask))}
        return self.add("quote", **{"bid_price": bid, "ask_price": ask, "venue": "NBBO", **sizes, **more})

    def status(self, state: str, **more: Any) -> Self:
        return self.add("status", state=state, **more)

    def book(self, orders: int = 60, size: float = 100.0) -> Self:
        """Let so many people enter an order of the usual size at five prices a side around 100."""
        for number in range(orders):
            level = number // 2 % 5 + 1
            side, price = ("buy", 100 - level / 100) if number % 2 == 0 else ("sell", 100 + level / 100)
            self.new(f"b{number}", side, price, size, f"crowd-{number}").wait(100)
        return self

    def alerts(self, rule: str, **parameters: float) -> list[Alert]:
        """Give the alerts one rule raises under parameters of its own."""
        engine = engine_of(*sorted({**ROUND.get(rule, {}), **parameters}.items()), rule=rule)
        found = engine.feed(engine.new_state(), Decoded(table_of(self.events))).alerts
        return [alert for alert in last_revisions(found) if alert.rule == rule]


def thresholds(rule: str) -> Mapping[str, float]:
    """Give a rule's declared parameters."""
    return {each.name: each.default for module in RULES if rule == module.ID for each in module.PARAMETERS}


def seconds(count: float) -> int:
    return round(count * SECOND)
