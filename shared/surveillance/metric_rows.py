"""Rows of live metrics as they are told, land and are read: columns, keys, lines. Nothing here needs a kernel.

A row is told twice, whole: revision 1 when its minute ends, revision 2 five minutes later, when nothing of it can
change.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa

HORIZONS: Final = ("5s", "60s", "300s")
KEY: Final = ("venue", "symbol", "ts", "revision")
"""What names a row; the venue is the instrument's, null where reference data has none."""
LAST_REVISION: Final = 2
_NUMBER: Final = pa.float64()
_COUNT: Final = pa.int64()
AVERAGES: Final = pa.map_(pa.string(), _NUMBER)
"""A moving average by its window in minutes."""


def _at_horizons(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}_{horizon}" for name in names for horizon in HORIZONS)


def _schema() -> pa.Schema:
    numbers = dict.fromkeys
    fields: dict[str, pa.DataType] = {
        "symbol": pa.string(),
        "venue": pa.string(),
        "ts": _COUNT,
        "revision": _COUNT,
        "trades": _COUNT,
        **numbers(("volume", "notional", "vwap", "open", "high", "low", "close", "buy_volume", "sell_volume"), _NUMBER),
        **numbers(("unsigned", "unquoted"), _COUNT),
        **numbers(("effective_spread", "effective_spread_bp"), _NUMBER),
        **numbers(_at_horizons("realised_spread", "realised_spread_bp", "price_impact", "price_impact_bp"), _NUMBER),
        **numbers(_at_horizons("matched"), _COUNT),
        **numbers(("quotes", "locked", "crossed", "one_sided", "quoted_ns"), _COUNT),
        **numbers(("quoted_spread", "quoted_spread_bp", "bid_depth", "ask_depth"), _NUMBER),
        **numbers(("imbalance", "order_flow", "mid"), _NUMBER),
        **numbers(("order_messages", "entered", "replaced", "cancelled"), _COUNT),
        **numbers(("message_rate", "cancel_rate", "order_to_trade", "realised_volatility", "velocity_bp"), _NUMBER),
        "sma": AVERAGES,
        "ema": AVERAGES,
    }
    return pa.schema(list(fields.items()))


SCHEMA: Final = _schema()


def values_of(rows: pa.Table) -> list[dict[str, Any]]:
    """Give each row as a mapping of what it knows; what is null is left out."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in rows.to_pylist(maps_as_pydicts="strict")
    ]


def encode(rows: pa.Table) -> list[bytes]:
    """Write each row as a line of JSON without its newline."""
    return [msgspec.json.encode(row) for row in values_of(rows)]


def instrument_of(row: Mapping[str, Any]) -> str:
    """Name the instrument of a row: venue and symbol, the venue `-` where there is none."""
    return f"{row.get('venue', '-')} {row['symbol']}"
