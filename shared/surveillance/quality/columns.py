"""The columns that quality jobs read and write, as Arrow schemas."""

from typing import Final

import pyarrow as pa

TEXT, NUMBER, DATE = pa.string(), pa.float64(), pa.date32()
MOMENT = pa.timestamp("ms")

RAW_BARS: Final = pa.schema(
    [
        ("symbol", TEXT),
        ("date", DATE),
        ("ts", MOMENT),
        ("interval", TEXT),
        ("open", NUMBER),
        ("high", NUMBER),
        ("low", NUMBER),
        ("close", NUMBER),
        ("volume", pa.int64()),
        ("vwap", NUMBER),
        ("trade_count", pa.int64()),
        ("adjusted_close", NUMBER),
        ("source", TEXT),
        ("loaded_at", MOMENT),
    ]
)
"""Bars as a source gave them: prices of the day, not adjusted; `adjusted_close` as the vendor gave it."""

RAW_SPLITS: Final = pa.schema(
    [("symbol", TEXT), ("execution_date", DATE), ("split_from", NUMBER), ("split_to", NUMBER), ("source", TEXT)]
)
RAW_DIVIDENDS: Final = pa.schema(
    [("symbol", TEXT), ("ex_dividend_date", DATE), ("cash_amount", NUMBER), ("currency", TEXT), ("source", TEXT)]
)

BARS: Final = pa.schema(
    [
        *RAW_BARS,
        pa.field("adjusted_open", NUMBER),
        pa.field("adjusted_high", NUMBER),
        pa.field("adjusted_low", NUMBER),
        pa.field("adjusted_volume", NUMBER),
        pa.field("split_factor", NUMBER),
        pa.field("dividend_factor", NUMBER),
        pa.field("vendor_adjusted_close", NUMBER),
        pa.field("flags", TEXT),
        pa.field("repaired", pa.bool_()),
    ]
)
"""Bars to build on. `adjusted_close` is ours, by `split_factor` × `dividend_factor`; the vendor's stands apart."""

QUARANTINE: Final = pa.schema([*RAW_BARS, pa.field("reason", TEXT)])

FINDINGS: Final = pa.schema(
    [
        ("symbol", TEXT),
        ("date", DATE),
        ("row", pa.int64()),
        ("check", TEXT),
        ("column", TEXT),
        ("outcome", TEXT),
        ("original", NUMBER),
        ("repaired", NUMBER),
        ("cause_date", DATE),
    ]
)
"""One finding a line. `row` counts the input's rows from 0 and is null where the fault is that a row is missing."""

REPORT: Final = pa.schema(
    [("run", TEXT), ("date", DATE), ("symbol", TEXT), ("check", TEXT), ("rows", pa.int64()), ("outcome", TEXT)]
)
PROFILE: Final = pa.schema(
    [
        ("run", TEXT),
        ("column", TEXT),
        ("rows", pa.int64()),
        ("missing", pa.int64()),
        ("zero", pa.int64()),
        ("minimum", NUMBER),
        ("median", NUMBER),
        ("maximum", NUMBER),
    ]
)
