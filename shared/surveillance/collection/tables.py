"""The raw tables of the lake: columns, keys and partitions. What a vendor or a file said, unjudged.

Times are UTC without a zone, in milliseconds, as Athena and DuckDB read them alike. `loaded_at` is when the row was
first written; a row that comes again unchanged keeps it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import pyarrow as pa

MOMENT: Final = pa.timestamp("ms")
LOADED_AT: Final = "loaded_at"
SESSION_INTERVALS: Final = frozenset({"1d"})
"""Intervals whose partitions are months; those of the others are days."""


class RawTable(msgspec.Struct, frozen=True):
    """One table. `key` names a row; `month_of` is the column by whose month it is partitioned, None for no partition.

    Tables of bars (`is_bars`) are partitioned by interval, then month (daily) or date (intraday).
    """

    name: str
    schema: Any
    key: tuple[str, ...]
    month_of: str | None = None
    is_bars: bool = False


def _table(
    name: str, key: str, columns: str, month_of: str | None = None, is_bars: bool = False
) -> tuple[str, RawTable]:
    kinds: Mapping[str, Any] = {
        "text": pa.string(),
        "date": pa.date32(),
        "moment": MOMENT,
        "number": pa.float64(),
        "count": pa.int64(),
        "flag": pa.bool_(),
    }
    fields = [word.split(":") for word in columns.split()]
    schema = pa.schema([*((field, kinds[kind]) for field, kind in fields), (LOADED_AT, MOMENT)])
    return name, RawTable(name, schema, tuple(key.split()), month_of, is_bars)


_BARS: Final = (
    "symbol:text date:date ts:moment interval:text open:number high:number low:number close:number volume:count "
    "vwap:number trade_count:count adjusted_close:number source:text"
)
TABLES: Final[Mapping[str, RawTable]] = dict(
    [
        _table("raw_bars", "symbol interval ts source", _BARS, is_bars=True),
        _table("raw_fx", "symbol interval ts source", _BARS, is_bars=True),
        _table(
            "raw_splits",
            "symbol execution_date source",
            "symbol:text execution_date:date split_from:number split_to:number source:text",
        ),
        _table(
            "raw_dividends",
            "symbol ex_dividend_date dividend_type cash_amount source",
            "symbol:text ex_dividend_date:date cash_amount:number currency:text dividend_type:text frequency:count "
            "declaration_date:date record_date:date pay_date:date source:text",
        ),
        _table(
            "raw_instruments",
            "symbol as_of source",
            "symbol:text name:text sector:text industry:text sic_code:text market_cap:number currency:text "
            "exchange:text asset_class:text instrument_type:text active:flag list_date:date delisted_date:date "
            "cik:text composite_figi:text share_class_figi:text shares_outstanding:number source:text as_of:date",
        ),
        _table(
            "raw_ticker_changes",
            "symbol ticker date source",
            "symbol:text ticker:text date:date name:text cik:text composite_figi:text source:text",
        ),
        _table(
            "raw_exchanges",
            "exchange_id mic source",
            "exchange_id:count name:text mic:text operating_mic:text participant_id:text exchange_type:text "
            "asset_class:text source:text",
        ),
        _table(
            "raw_conditions",
            "condition_id condition_type asset_class data_type source",
            "condition_id:count condition_type:text name:text asset_class:text data_type:text cta_code:text "
            "utp_code:text updates_high_low:flag updates_open_close:flag updates_volume:flag source:text",
        ),
        _table(
            "raw_market_status",
            "exchange date source",
            "exchange:text date:date name:text status:text open:moment close:moment source:text",
        ),
        _table(
            "raw_news",
            "news_id symbol source_feed",
            "news_id:text symbol:text published:moment headline:text url:text source:text sentiment:number "
            "sentiment_source:text source_feed:text",
            month_of="published",
        ),
        _table(
            "raw_earnings",
            "symbol report_date fiscal_period source",
            "symbol:text report_date:date fiscal_period:text time_of_day:text eps_estimate:number eps_actual:number "
            "surprise_percent:number source:text",
        ),
        _table(
            "raw_grades",
            "symbol date firm new_grade source",
            "symbol:text date:date firm:text previous_grade:text new_grade:text action:text source:text",
        ),
        _table(
            "raw_vendor_indicators",
            "symbol date indicator source",
            "symbol:text date:date indicator:text value:number source:text",
            month_of="date",
        ),
    ]
)


def rows_to_table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make rows a table of the schema but for `loaded_at`; absent columns are null."""
    schema = TABLES[name].schema.remove(TABLES[name].schema.get_field_index(LOADED_AT))
    return pa.Table.from_pylist(list(rows), schema=schema)
