"""Polygon's trade conditions in our words. Source: its glossary of conditions and indicators.

Official opening and closing prices (15, 16) report a price, not an auction's volume, and stay raw.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from surveillance.events import CONDITIONS

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "2": ("average_price",),
    "8": ("auction_close",),
    "12": ("extended_hours",),
    "13": ("extended_hours", "out_of_sequence"),
    "14": ("intermarket_sweep",),
    "17": ("auction_open",),
    "18": ("auction_open",),
    "19": ("auction_close",),
    "25": ("auction_open",),
    "28": ("auction_open",),
    "30": ("late",),
    "31": ("late",),
    "32": ("out_of_sequence",),
    "33": ("out_of_sequence",),
    "37": ("odd_lot",),
}
AGGRESSORS: Final[Mapping[str, str]] = {"1": "sell", "2": "buy"}
"""The conditions of crypto trades."""
CORRECTIONS: Final[Mapping[int, str]] = {10: "cancel", 11: "cancel", 12: "correct"}
"""The indicators of records that undo or replace an earlier trade; an original that was changed later has 1, 7 or 8."""


def words(codes: Sequence[str]) -> list[str] | None:
    """Give our words for condition codes, each once, in the contract's order; None if there are none."""
    named = {word for code in codes for word in WORDS.get(code, ())}
    return sorted(named, key=lambda word: CONDITIONS[word]) or None


def aggressor(codes: Sequence[str]) -> str | None:
    """Give who took liquidity in a crypto trade, if its conditions say one side."""
    named = {AGGRESSORS[code] for code in codes if code in AGGRESSORS}
    return named.pop() if len(named) == 1 else None
