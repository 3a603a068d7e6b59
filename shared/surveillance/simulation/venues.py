"""What a second venue quotes and prints beside the simulated one, worked out from the tape when the session is over."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from surveillance.events import MINUTE, SECOND
from surveillance.simulation.feed import SYMBOL
from surveillance.simulation.instruments import TICKS_PER_UNIT, VENUE, Instrument
from surveillance.simulation.kernels.state import (
    QUOTE_ROW,
    T_KIND,
    T_NOTE,
    T_PRICE,
    T_SIZE,
    T_TIME,
    TRADE_ROW,
    Integers,
)

OTHER_VENUE: Final = "XALT"
SHOWN_SIZE: Final = 300.0
BEHIND_TICKS: Final = 3
BEHIND: Final = 0.0012
LAG_NS: Final = 3_000_000
CONFIRMS_NS: Final = SECOND // 2
"""How often the other venue repeats itself."""

Row = dict[str, Any]


class Tape:
    """One instrument's quotes and trades: times, prices in ticks (0 = side empty), sizes in shares."""

    def __init__(self, instrument: Instrument, merged: Integers) -> None:
        rows = merged[merged[:, SYMBOL] == instrument.number]
        quotes, trades = (rows[rows[:, T_KIND] == kind] for kind in (QUOTE_ROW, TRADE_ROW))
        self.instrument = instrument
        self.quote_ts, self.bids, self.asks = quotes[:, T_TIME], quotes[:, T_PRICE], quotes[:, T_NOTE]
        self.trade_ts, self.prices, self.sizes = trades[:, T_TIME], trades[:, T_PRICE], trades[:, T_SIZE]

    def quoted(self, start: int, end: int) -> tuple[Integers, Integers]:
        """Give the bids and asks that stood at any time of a span, where both sides did."""
        first = max(int(np.searchsorted(self.quote_ts, start, side="right")) - 1, 0)
        last = int(np.searchsorted(self.quote_ts, end, side="right"))
        bids, asks = self.bids[first:last], self.asks[first:last]
        both = (bids > 0) & (asks > 0)
        return bids[both], asks[both]


Later = Callable[[Tape], Sequence[Row]]
"""Makes events from a finished tape."""


class Departure(msgspec.Struct, frozen=True):
    """A span in which the other venue quotes prices of its own, in ticks (0 = side empty), or nothing (`silent`)."""

    start: int
    end: int
    bid: int
    ask: int
    silent: bool = False


def follow(tape: Tape, start: int, end: int, departures: Sequence[Departure] = ()) -> list[Row]:
    """Let the other venue quote a little behind the simulated one, a moment later, but for departures; then withdraw.

    It keeps behind what a usual sweep reaches: otherwise trades in the simulated venue would go through it.
    """
    rows: list[Row] = []
    behind = max(BEHIND_TICKS, round(BEHIND * tape.instrument.fair_ticks))

    def say(ts: int, bid: int, ask: int) -> None:
        rows.append(_quote(tape.instrument, ts, bid, ask))

    def say_as(ts: int, place: int) -> None:
        bid, ask = int(tape.bids[place]), int(tape.asks[place])
        say(ts, max(bid - behind, 0), ask + behind if ask else 0)

    spans = [(each.start, each.end) for each in departures]
    for ts in range(start, end, CONFIRMS_NS):
        if not any(first <= ts < last for first, last in spans):
            place = int(np.searchsorted(tape.quote_ts, ts - LAG_NS, side="right")) - 1
            if place >= 0:
                say_as(ts, place)
    first, last = np.searchsorted(tape.quote_ts, [start, end - LAG_NS])
    for place in range(int(first), int(last)):
        ts = int(tape.quote_ts[place]) + LAG_NS
        if not any(one <= ts < other for one, other in spans):
            say_as(ts, place)
    for each in departures:
        say(each.start, each.bid, each.ask)
        if not each.silent:
            for ts in range(each.start + CONFIRMS_NS // 2, each.end, CONFIRMS_NS // 2):
                say(ts, each.bid, each.ask)
        place = int(np.searchsorted(tape.quote_ts, each.end - LAG_NS, side="right")) - 1
        say_as(each.end, place)
    rows.sort(key=lambda row: int(row["ts"]))
    rows.append(_quote(tape.instrument, end, 0, 0))
    return rows


def printed(tape: Tape, ts: int, price_ticks: int, size: float, trade_id: str, conditions: Sequence[str] = ()) -> Row:
    """Let the other venue report a trade."""
    row: Row = {
        "type": "trade",
        "symbol": tape.instrument.symbol,
        "ts": ts,
        "venue": OTHER_VENUE,
        "price": price_ticks / TICKS_PER_UNIT,
        "size": size,
        "trade_id": trade_id,
    }
    return row | {"conditions": list(conditions)} if conditions else row


def minute_bars(tape: Tape, closes_at: int) -> list[Row]:
    """Let the venue publish the bar of each minute that traded, at its end."""
    rows: list[Row] = []
    minutes = tape.trade_ts // MINUTE
    for minute in np.unique(minutes[tape.trade_ts < closes_at]).tolist():
        inside = minutes == minute
        prices = tape.prices[inside] / TICKS_PER_UNIT
        ohlc = (prices[0], prices.max(), prices.min(), prices[-1])
        rows.append(
            bar(tape.instrument, "1m", (minute + 1) * MINUTE, [float(each) for each in ohlc], tape.sizes[inside].sum())
        )
    return rows


def bar(instrument: Instrument, interval: str, ts: int, ohlc: Sequence[float], volume: float) -> Row:
    """Make a bar event; `ohlc` in price units."""
    prices = dict(zip(("open", "high", "low", "close"), ohlc, strict=True))
    fixed = {"type": "bar", "symbol": instrument.symbol, "ts": ts, "venue": VENUE, "interval": interval}
    return fixed | prices | {"volume": float(volume)}


def _quote(instrument: Instrument, ts: int, bid: int, ask: int) -> Row:
    row: Row = {"type": "quote", "symbol": instrument.symbol, "ts": ts, "venue": OTHER_VENUE}
    for side, ticks in (("bid", bid), ("ask", ask)):
        row[f"{side}_size"] = SHOWN_SIZE if ticks else 0.0
        if ticks:
            row[f"{side}_price"] = ticks / TICKS_PER_UNIT
    return row
