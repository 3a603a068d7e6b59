"""How often each rule tells the direction of a trade that the feed tells too."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from surveillance.microstructure.classification import clnv, emo, lee_ready, quote_rule, tick_rule
from surveillance.microstructure.gathering import Gathered
from surveillance.microstructure.inputs import Signs, Times
from surveillance.microstructure.prevailing import met, quotes_before

RULES: Final[dict[str, Callable[..., Signs]]] = {
    "tick": lambda price, bid, ask: tick_rule(price),
    "quote": quote_rule,
    "lee_ready": lee_ready,
    "emo": emo,
    "clnv": clnv,
}


def accuracies(gathered: Gathered, *, by_time: bool = False) -> list[dict[str, Any]]:
    """Give, for each rule, the trades with a known direction, and how many it told right, wrong and not at all.

    Each trade meets the quote before it in the feed's order or, `by_time`, the last one strictly before its time.
    """
    trades, quotes, before, _ = gathered
    truth = trades.direction
    if truth is None or not truth.any():
        return []
    joined: Times = quotes_before(trades.ts, quotes.ts) if by_time else before
    bid, ask = met(_shown(quotes.bid, quotes.bid_size), joined), met(_shown(quotes.ask, quotes.ask_size), joined)
    known = truth != 0
    told = []
    for rule, judge in RULES.items():
        found = judge(trades.price, bid, ask)[known]
        right, unknown = int((found == truth[known]).sum()), int((found == 0).sum())
        trades_known = int(known.sum())
        told.append(
            {
                "rule": rule,
                "trades": trades_known,
                "right": right,
                "wrong": trades_known - right - unknown,
                "unknown": unknown,
            }
        )
    return told


def _shown(price: Any, size: Any) -> Any:
    return np.where(size == 0.0, np.nan, price)
