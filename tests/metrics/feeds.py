"""Feeds to measure: trades and quotes as events, and the rows that an engine tells of them."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from surveillance.engine import Engine
from surveillance.events import MINUTE
from surveillance.metrics import Meter
from surveillance.microstructure import Quotes, Trades
from surveillance.rules import abnormal_volume

from tests.engine.runs import Event, decoded

ENGINE = Engine(rules=(abnormal_volume,), meter=Meter((2, 5)))
SYMBOL = "AAA"


def as_events(trades: Trades, quotes: Quotes, seed: int) -> list[Event]:
    """Write trades and quotes as events in order of time, those of one moment in any order; some tell who began."""
    chance = np.random.default_rng(seed)
    events: list[Event] = []
    for ts, *sides in zip(*quotes, strict=True):
        event = {"type": "quote", "symbol": SYMBOL, "ts": int(ts)}
        for name, price, size in (("bid", *sides[:2]), ("ask", *sides[2:])):
            if np.isnan(price) or size == 0.0:
                event |= {f"{name}_size": 0.0}
            else:
                event |= {f"{name}_price": float(price), f"{name}_size": float(size)}
        events.append(event)
    for ts, price, size in zip(*trades[:3], strict=True):
        event = {"type": "trade", "symbol": SYMBOL, "ts": int(ts), "price": float(price), "size": float(size)}
        events.append(event | ({"aggressor": "buy"} if chance.random() < 0.2 else {}))
    drawn = chance.permutation(len(events))
    return sorted((events[place] for place in drawn), key=lambda event: int(event["ts"]))


def heartbeat(ts: int, symbol: str = "*") -> Event:
    """Say that the feed is alive."""
    return {"type": "status", "symbol": symbol, "ts": ts, "state": "heartbeat"}


def ended(events: list[Event]) -> list[Event]:
    """Let time go on until the last minute is final."""
    return [*events, heartbeat((max(int(event["ts"]) for event in events) // MINUTE + 7) * MINUTE)]


def told(
    events: Sequence[Event],
    cuts: Sequence[int] = (),
    between: Callable[[Any], Any] = lambda state: state,
    engine: Engine = ENGINE,
) -> pa.Table:
    """Give the rows of a feed cut at the given places, the state passed through `between` at each cut."""
    state = engine.new_state()
    found = []
    for start, end in pairwise([0, *sorted(cuts), len(events)]):
        rows = engine.feed(state, decoded(events[start:end])).metrics
        if rows is not None:
            found.append(rows)
        state = between(state)
    return pa.concat_tables(found) if found else pa.table({})
