"""Tables of history that dbt reads: columns, layout and key, the same on a disk and in the Glue catalogue.

Dates are `date32`; timestamps are milliseconds, UTC, without a zone, as Hive Parquet on Athena has them; times of
events and alerts stay integer nanoseconds. A table without a file still has its columns.
"""

from typing import Final

import msgspec
import pyarrow as pa

from surveillance.collection.tables import TABLES as RAW
from surveillance.collection.tables import RawTable
from surveillance.events import SCHEMA as EVENT_SCHEMA
from surveillance.metric_rows import KEY as METRIC_KEY
from surveillance.metric_rows import SCHEMA as METRIC_SCHEMA

TEXT: Final = pa.string()
DATE: Final = pa.date32()
TIME: Final = pa.timestamp("ms")
NUMBER: Final = pa.float64()
COUNT: Final = pa.int64()
FLAG: Final = pa.bool_()
WORDS: Final = pa.list_(pa.field("element", TEXT))

HOURS: Final = ("year", "month", "day", "hour")
"""How Firehose lays out what lands."""
BY_MONTH: Final = ("interval", "month")
PERIODS: Final = (10, 20, 50, 100, 200)


class Table(msgspec.Struct, frozen=True):
    """One folder of Parquet files: `columns` without the partitions that only paths tell; `key` names a row."""

    name: str
    columns: pa.Schema
    key: tuple[str, ...]
    partitions: tuple[str, ...] = ()
    folder: str | None = None
    """Where it is not the name."""

    @property
    def place(self) -> str:
        """Give the folder below the lake."""
        return self.folder or self.name


def _raw(table: RawTable) -> Table:
    partitions = BY_MONTH if table.is_bars else ("month",) if table.month_of else ()
    return Table(table.name, table.schema, table.key, partitions)


def _columns(**kinds: pa.DataType) -> pa.Schema:
    return pa.schema(list(kinds.items()))


_ADJUSTED: Final = _columns(
    adjusted_open=NUMBER,
    adjusted_high=NUMBER,
    adjusted_low=NUMBER,
    adjusted_volume=NUMBER,
    split_factor=NUMBER,
    dividend_factor=NUMBER,
    vendor_adjusted_close=NUMBER,
    flags=TEXT,
    repaired=FLAG,
)
_BAR: Final = RAW["raw_bars"].schema
_BAR_KEY: Final = ("symbol", "interval", "date")

_COMPLETENESS: Final = pa.struct([("gaps", COUNT), ("late", COUNT), ("quarantined", COUNT)])
_MEASURES: Final = pa.map_(TEXT, NUMBER)
_ALERT: Final = _columns(
    alert_id=TEXT,
    episode_key=TEXT,
    revision=COUNT,
    rule=TEXT,
    rule_version=COUNT,
    parameters_hash=TEXT,
    severity=TEXT,
    score=NUMBER,
    symbol=TEXT,
    venue=TEXT,
    accounts=WORDS,
    candidate=FLAG,
    data_tier=COUNT,
    start_ts=COUNT,
    end_ts=COUNT,
    detected_ts=COUNT,
    order_ids=WORDS,
    trade_ids=WORDS,
    order_count=COUNT,
    trade_count=COUNT,
    evidence_uri=TEXT,
    metrics=_MEASURES,
    thresholds=_MEASURES,
    baselines=_MEASURES,
    completeness=_COMPLETENESS,
    explanation=TEXT,
    status=TEXT,
    status_reason=TEXT,
)
INDICATORS: Final = (
    *(f"{kind}_{period}" for kind in ("sma", "ema", "wma") for period in PERIODS),
    "macd",
    "macd_signal",
    "macd_histogram",
    "bollinger_upper_20",
    "bollinger_middle_20",
    "bollinger_lower_20",
    "rsi_14",
    "atr_14",
)
"""The numbers in `indicators` that dbt reads; the job writes more."""

TABLES: Final = (
    *(_raw(table) for table in RAW.values()),
    Table(
        "raw_market_sessions",
        _columns(exchange=TEXT, date=DATE, open_at=TIME, close_at=TIME, early_close=FLAG, source=TEXT, as_of=DATE),
        ("exchange", "date", "as_of"),
    ),
    Table("bars", pa.unify_schemas([_BAR, _ADJUSTED]), _BAR_KEY, BY_MONTH),
    Table("bars_quarantine", pa.unify_schemas([_BAR, _columns(reason=TEXT)]), ()),
    Table(
        "quality_report",
        _columns(run=TEXT, date=DATE, symbol=TEXT, check=TEXT, rows=COUNT, outcome=TEXT),
        ("date", "symbol", "check", "outcome"),
    ),
    Table(
        "quality_profile",
        _columns(
            run=TEXT, column=TEXT, rows=COUNT, missing=COUNT, zero=COUNT, minimum=NUMBER, median=NUMBER, maximum=NUMBER
        ),
        ("run", "column"),
    ),
    Table(
        "indicators",
        _columns(
            symbol=TEXT,
            interval=TEXT,
            date=DATE,
            through=DATE,
            close=NUMBER,
            **dict.fromkeys(INDICATORS, NUMBER),
            patterns=TEXT,
        ),
        _BAR_KEY,
        BY_MONTH,
    ),
    Table(
        "indicator_reconciliation",
        _columns(
            run=DATE,
            symbol=TEXT,
            interval=TEXT,
            indicator=TEXT,
            compared=COUNT,
            agreeing=COUNT,
            only_ours=COUNT,
            only_theirs=COUNT,
            largest_difference=NUMBER,
            agreement=NUMBER,
            below=FLAG,
        ),
        ("run", "symbol", "interval", "indicator"),
    ),
    Table("raw_events", EVENT_SCHEMA, (), HOURS, "events"),
    Table("raw_alerts", _ALERT, ("alert_id", "revision"), HOURS, "alerts"),
    Table("raw_metrics", METRIC_SCHEMA, METRIC_KEY, HOURS, "metrics"),
)
BY_NAME: Final = {table.name: table for table in TABLES}
