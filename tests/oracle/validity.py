"""Which events mean something: the contract's required fields, vocabularies and ranges."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from surveillance.events import ACTIONS, CORRECTIONS, INTERVALS, SECOND, SIDES, STATES, TYPES
from surveillance.reference import Instrument

PRICES = ("price", "bid_price", "ask_price", "low")


def is_valid(event: dict[str, Any], instruments: Mapping[str, Instrument]) -> bool:
    """Say whether the engine takes an event; a rejected one is only counted."""
    kind = event.get("type")
    if kind not in TYPES or "symbol" not in event or "ts" not in event or not 0 <= event["ts"] <= 2**62:
        return False
    if event["ts"] > event.get("received_ts", 2**62) + 60 * SECOND:
        return False
    if not all(isfinite(value) for value in event.values() if isinstance(value, float)):
        return False
    instrument = instruments.get(event["symbol"])
    may_be_negative = instrument is not None and instrument.asset_class == "future"
    if not may_be_negative and any(event.get(name, 0) < 0 for name in PRICES):
        return False
    return {"order": order, "trade": trade, "quote": quote, "bar": bar, "news": news, "status": status}[kind](event)


def order(event: dict[str, Any]) -> bool:
    action, size = event.get("action"), event.get("size")
    if action not in ACTIONS or "order_id" not in event or event.get("side", "buy") not in SIDES:
        return False
    if action == "new" and "side" not in event:
        return False
    if size is None:
        return action in ("cancel", "replace")
    return bool(size > 0 or (size == 0 and action == "replace"))


def trade(event: dict[str, Any]) -> bool:
    if event.get("correction", "cancel") not in CORRECTIONS or event.get("aggressor", "buy") not in SIDES:
        return False
    return "correction" in event or ("price" in event and event.get("size", 0) > 0)


def quote(event: dict[str, Any]) -> bool:
    given = [event[name] for name in ("bid_price", "bid_size", "ask_price", "ask_size") if name in event]
    return bool(given) and event.get("bid_size", 0) >= 0 and event.get("ask_size", 0) >= 0


def bar(event: dict[str, Any]) -> bool:
    complete = all(name in event for name in ("open", "high", "low", "close"))
    return event.get("interval") in INTERVALS and complete and event.get("volume", 0) >= 0


def news(event: dict[str, Any]) -> bool:
    return -1 <= event.get("sentiment", 0) <= 1


def status(event: dict[str, Any]) -> bool:
    return event.get("state") in STATES
