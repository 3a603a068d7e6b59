"""The market event: one flat record, its Arrow schema and its vocabularies.

Times are integer nanoseconds since the Unix epoch, UTC. Absent is null. Source: the event contract, docs/contracts.
"""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

TEXT = pa.string()
TIME = pa.int64()
NUMBER = pa.float64()
WORDS = pa.list_(pa.field("element", TEXT))

SCHEMA: Final = pa.schema(
    [
        ("type", TEXT),
        ("symbol", TEXT),
        ("ts", TIME),
        ("received_ts", TIME),
        ("producer", TEXT),
        ("number", pa.int64()),
        ("venue", TEXT),
        ("channel", TEXT),
        ("seq", pa.int64()),
        ("action", TEXT),
        ("order_id", TEXT),
        ("previous_order_id", TEXT),
        ("account", TEXT),
        ("side", TEXT),
        ("price", NUMBER),
        ("size", NUMBER),
        ("time_in_force", TEXT),
        ("reason", TEXT),
        ("hidden", pa.bool_()),
        ("trade_id", TEXT),
        ("aggressor", TEXT),
        ("buy_account", TEXT),
        ("sell_account", TEXT),
        ("buy_order_id", TEXT),
        ("sell_order_id", TEXT),
        ("correction", TEXT),
        ("conditions", WORDS),
        ("raw_conditions", WORDS),
        ("bid_price", NUMBER),
        ("bid_size", NUMBER),
        ("ask_price", NUMBER),
        ("ask_size", NUMBER),
        ("interval", TEXT),
        ("open", NUMBER),
        ("high", NUMBER),
        ("low", NUMBER),
        ("close", NUMBER),
        ("volume", NUMBER),
        ("vwap", NUMBER),
        ("trade_count", pa.int64()),
        ("news_id", TEXT),
        ("headline", TEXT),
        ("url", TEXT),
        ("source", TEXT),
        ("sentiment", NUMBER),
        ("state", TEXT),
        ("from_seq", pa.int64()),
        ("to_seq", pa.int64()),
        ("limit_low", NUMBER),
        ("limit_high", NUMBER),
        ("since_ts", TIME),
    ]
)
FIELDS: Final = tuple(SCHEMA.names)
EVERYTHING: Final = "*"
"""The symbol of a market- or feed-wide status; such an event goes to every lane."""


def _codes(words: str) -> Mapping[str, int]:
    return {word: code for code, word in enumerate(words.split(), start=1)}


TYPES: Final = _codes("order trade quote bar news status")
ACTIONS: Final = _codes("new replace cancel fill")
SIDES: Final = {"buy": 1, "sell": -1}
TIMES_IN_FORCE: Final = _codes("day gtc ioc fok at_open at_close")
CANCEL_REASONS: Final = _codes("user self_trade_prevention ioc expired halt session_end")
CORRECTIONS: Final = _codes("cancel correct")
CONDITIONS: Final = _codes(
    "auction_open auction_close odd_lot late out_of_sequence average_price intermarket_sweep extended_hours hidden"
)
STATES: Final = _codes("pre_open open halted closing closed gap silent resumed skewed heartbeat limit_up_down")
SESSION_STATES: Final = ("pre_open", "open", "halted", "closing", "closed")
INTERVALS: Final = {"1s": 1, "1m": 60, "5m": 300, "1h": 3600, "1d": 86400}
"""Bar intervals, in seconds."""

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND
