"""Rows that messages and answers share."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from surveillance.events import SECOND
from surveillance.feeds.exchanges import FINRA, MIC_OF_POLYGON_FACILITY, MIC_OF_POLYGON_ID
from surveillance.feeds.polygon.conditions import aggressor, words
from surveillance.feeds.polygon.values import UnusableError

Row = dict[str, Any]

NBBO: Final = "NBBO"
ROUND_LOT: Final = 100
SHARES_FROM_NS: Final = int(datetime(2025, 11, 3, tzinfo=ZoneInfo("America/New_York")).timestamp()) * SECOND
"""Quote sizes of stocks are round lots before this time and shares from it on."""


def stock_venue(exchange: int | None, facility: int | None) -> str | None:
    """Give the MIC of an exchange id, or of the reporting facility of an off-exchange trade."""
    if exchange is None:
        return None
    venue = MIC_OF_POLYGON_ID.get(exchange, str(exchange))
    return MIC_OF_POLYGON_FACILITY.get(facility, venue) if venue == FINRA and facility is not None else venue


def trade_conditions(codes: list[str]) -> Row:
    """Give the condition fields of a stock trade."""
    return {"conditions": words(codes), "raw_conditions": codes or None}


def crypto_conditions(codes: list[str]) -> Row:
    """Give the condition fields of a crypto trade; 0 says nothing."""
    codes = [code for code in codes if code != "0"]
    return {"aggressor": aggressor(codes), "raw_conditions": codes or None}


def stock_size(size: float | None, ts: int | None) -> float | None:
    """Give a quote's size in shares."""
    if size is None or ts is None or ts >= SHARES_FROM_NS:
        return size
    return size * ROUND_LOT


def quote_side(side: str, price: float | None, size: float | None) -> Row:
    """Give one side of a quote; price and size 0 mean that it is empty."""
    if price == 0 and not size:
        return {f"{side}_size": 0.0}
    return {f"{side}_price": price, f"{side}_size": size}


def best(levels: list[Any], side: str) -> Row:
    """Give the best of a book's levels, each [price, size]; no level means that the side is empty."""
    prices: dict[float, float] = {}
    for level in levels:
        if not isinstance(level, list) or len(level) < 2 or not all(_is_number(value) for value in level[:2]):
            raise UnusableError(f"wrong_type:{side[0]}")
        if level[1] > 0:
            prices[float(level[0])] = float(level[1])
    if not prices:
        return {f"{side}_size": 0.0}
    price = max(prices) if side == "bid" else min(prices)
    return {f"{side}_price": price, f"{side}_size": prices[price]}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**1000
