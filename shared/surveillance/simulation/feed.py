"""One venue feed out of many instruments' tapes: merged by time, numbered, with its silences and losses."""

from typing import Final

import numpy as np

from surveillance.events import EVERYTHING, SECOND
from surveillance.simulation.instruments import CHANNEL, VENUE
from surveillance.simulation.kernels.state import T_TIME, TAPE_FIELDS, Integers

SYMBOL: Final = TAPE_FIELDS
"""Column of the merged tape that holds the instrument's number."""
SEQ: Final = TAPE_FIELDS + 1
"""Column of the merged tape that holds the channel's sequence number."""
SILENCE_FLOOR_NS: Final = 5 * SECOND
USUAL_GAPS: Final = 3
USUAL_GAP_QUANTILE: Final = 0.999

Row = dict[str, object]


def merge(tapes: list[Integers], statuses: list[Row]) -> Integers:
    """Merge tapes by time, ties by instrument; number rows and the session's statuses, which come first at a time."""
    if not tapes:
        return np.empty((0, TAPE_FIELDS + 2), np.int64)
    rows = np.concatenate(tapes)
    symbols = np.repeat(np.arange(len(tapes)), [len(tape) for tape in tapes])
    order = np.argsort(rows[:, T_TIME], kind="stable")
    merged = np.empty((len(rows), TAPE_FIELDS + 2), np.int64)
    np.take(rows, order, axis=0, out=merged[:, :TAPE_FIELDS])
    merged[:, SYMBOL] = symbols[order]
    announced = np.array([status["ts"] for status in statuses], np.int64)
    merged[:, SEQ] = np.arange(1, len(rows) + 1) + np.searchsorted(announced, merged[:, T_TIME], side="right")
    for place, status in enumerate(statuses):
        status["seq"] = place + 1 + int(np.searchsorted(merged[:, T_TIME], announced[place], side="left"))
    return merged


def session_status(state: str, ts: int) -> Row:
    """Make a market-wide status of the venue."""
    return {"type": "status", "symbol": EVERYTHING, "ts": ts, "venue": VENUE, "channel": CHANNEL, "state": state}


def _ingester_status(state: str, ts: int, **fields: int) -> Row:
    return {"type": "status", "symbol": EVERYTHING, "ts": ts, "channel": CHANNEL, "state": state, **fields}


def lose(merged: Integers, losses: list[tuple[int, int]]) -> tuple[Integers, list[Row], list[tuple[int, int]]]:
    """Drop so many rows from each time on; give the rest, the `gap` statuses and each gap's span."""
    kept = np.ones(len(merged), bool)
    statuses: list[Row] = []
    spans: list[tuple[int, int]] = []
    for at, count in losses:
        first = int(np.searchsorted(merged[:, T_TIME], at))
        last = first + count - 1
        kept[first : last + 1] = False
        before = int(merged[first - 1, T_TIME])
        missing = {"from_seq": int(merged[first, SEQ]), "to_seq": int(merged[last, SEQ])}
        statuses.append(_ingester_status("gap", before, **missing))
        spans.append((before, int(merged[last, T_TIME])))
    return merged[kept], statuses, spans


def fall_silent(merged: Integers, silences: list[tuple[int, int]]) -> tuple[list[Row], list[tuple[int, int]]]:
    """Give the `silent` and `resumed` statuses of each silence, and its last time before and first time after."""
    if not silences:
        return [], []
    times = merged[:, T_TIME]
    usual_gap = float(np.quantile(np.diff(times), USUAL_GAP_QUANTILE))
    threshold = max(SILENCE_FLOOR_NS, round(USUAL_GAPS * usual_gap))
    statuses: list[Row] = []
    spans: list[tuple[int, int]] = []
    for start, _ in silences:
        place = int(np.searchsorted(times, start))
        before, after = int(times[place - 1]), int(times[place])
        if before + threshold < after:
            statuses.append(_ingester_status("silent", before + threshold, since_ts=before))
            statuses.append(_ingester_status("resumed", after))
        spans.append((before, after))
    return statuses, spans
