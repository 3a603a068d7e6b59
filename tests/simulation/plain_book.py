"""A plain order book that replays events and checks each against the rules of matching."""

from collections import defaultdict
from typing import Any


class PlainBook:
    """One instrument's open orders by id; every method asserts what must hold."""

    def __init__(self) -> None:
        self.open: dict[str, dict[str, Any]] = {}
        self.entered = self.cancelled = self.executed = self.traded = 0.0
        self.fills: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.arrivals = 0

    def take(self, event: dict[str, Any]) -> None:
        """Apply one event of the symbol."""
        if event["type"] == "order":
            getattr(self, event["action"])(event)
        elif event["type"] == "trade":
            self.trade(event)
        elif event["type"] == "quote":
            self.quote(event)

    def new(self, event: dict[str, Any]) -> None:
        assert event["order_id"] not in self.open
        assert event["size"] > 0
        assert event["size"] % 100 == 0
        self.open[event["order_id"]] = dict(event, priority=self._arrival())
        self.entered += event["size"]

    def replace(self, event: dict[str, Any]) -> None:
        order = self.open.pop(event["previous_order_id"] or event["order_id"])
        change = event["size"] - order["size"]
        self.entered += max(change, 0)
        self.cancelled += max(-change, 0)
        if event["price"] is not None or change > 0:
            order["priority"] = self._arrival()
        order |= {"size": event["size"], "price": event["price"] or order["price"], "order_id": event["order_id"]}
        assert order["size"] > 0
        self.open[event["order_id"]] = order

    def cancel(self, event: dict[str, Any]) -> None:
        order = self.open.pop(event["order_id"])
        assert event["size"] == order["size"]
        assert (event["account"], event["side"]) == (order["account"], order["side"])
        self.cancelled += event["size"]

    def fill(self, event: dict[str, Any]) -> None:
        order = self.open[event["order_id"]]
        assert 0 < event["size"] <= order["size"]
        assert (event["account"], event["side"]) == (order["account"], order["side"])
        direction = 1 if order["side"] == "buy" else -1
        assert order["price"] is None or direction * (order["price"] - event["price"]) >= 0
        order["size"] -= event["size"]
        self.executed += event["size"]
        self.fills[event["trade_id"]].append(dict(event, priority=order["priority"]))
        if order["size"] == 0:
            del self.open[event["order_id"]]

    def trade(self, event: dict[str, Any]) -> None:
        resting, aggressing = sorted(self.fills.pop(event["trade_id"]), key=lambda fill: fill["priority"])
        sides = {resting["side"]: resting, aggressing["side"]: aggressing}
        assert event["aggressor"] == aggressing["side"]
        for side, fill in sides.items():
            assert (fill["order_id"], fill["account"]) == (event[f"{side}_order_id"], event[f"{side}_account"])
            assert (fill["size"], fill["price"]) == (event["size"], event["price"])
        better = [order for order in self._side(resting["side"]) if self._before(order, resting)]
        assert not better, "an order with priority was passed over"
        self.traded += event["size"]

    def quote(self, event: dict[str, Any]) -> None:
        bids, asks = self._side("buy"), self._side("sell")
        best_bid = max((order["price"] for order in bids), default=None)
        best_ask = min((order["price"] for order in asks), default=None)
        assert best_bid is None or best_ask is None or best_bid < best_ask
        assert (event["bid_price"], event["ask_price"]) == (best_bid, best_ask)
        assert event["bid_size"] == sum(order["size"] for order in bids if order["price"] == best_bid)
        assert event["ask_size"] == sum(order["size"] for order in asks if order["price"] == best_ask)

    def _arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    def _side(self, side: str) -> list[dict[str, Any]]:
        return [order for order in self.open.values() if order["side"] == side and order["price"] is not None]

    @staticmethod
    def _before(order: dict[str, Any], resting: dict[str, Any]) -> bool:
        direction = 1 if order["side"] == "buy" else -1
        ahead = direction * (order["price"] - resting["price"])
        return ahead > 0 or (ahead == 0 and order["priority"] < resting["priority"])
