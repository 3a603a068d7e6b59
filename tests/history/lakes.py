"""A small lake of invented stocks, with a little of everything that history is made of."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from surveillance.adapters.objects import FolderObjects
from surveillance.adapters.raw_tables import RawTables
from surveillance.collection.tables import rows_to_table
from surveillance.events import SCHEMA as EVENTS
from surveillance.history.tables import BY_NAME
from surveillance.simulation.daily_bars import DailyBars, daily_bars

SYMBOLS, SESSIONS = 10, 300
NEW_FROM = date(2022, 2, 15)
"""The days from here on come later."""


def invented() -> DailyBars:
    """Make the bars."""
    return daily_bars(SYMBOLS, SESSIONS, seed=4, faults=0.002)


def write_raw(lake: Path, made: DailyBars, *, until: date = date.max, since: date = date.min) -> None:
    """Write raw bars of some days, and all splits, dividends and details."""
    tables = RawTables(FolderObjects(lake), lambda: 1_700_000_000_000)
    keep = pc.and_(
        pc.less(made.bars["date"], pa.scalar(until, pa.date32())),
        pc.greater_equal(made.bars["date"], pa.scalar(since, pa.date32())),
    )
    without = made.bars.drop_columns(["adjusted_close"])  # a later dividend changes those of all earlier days
    _write(tables, "raw_bars", without.filter(keep))
    for name, day in (("splits", "execution_date"), ("dividends", "ex_dividend_date")):
        told = getattr(made, name)
        _write(tables, f"raw_{name}", told.filter(pc.less(told[day], pa.scalar(NEW_FROM.replace(day=1), pa.date32()))))
    _write(tables, "raw_instruments", made.instruments)


def write_reports(lake: Path) -> None:
    """Write earnings, grades and news about the first symbols."""
    tables = RawTables(FolderObjects(lake), lambda: 1_700_000_000_000)
    days = [date(2021, 3, 1) + timedelta(days=20 * place) for place in range(12)]
    earnings = [
        {
            "symbol": f"SIM{place % 4:04d}",
            "report_date": day,
            "time_of_day": ("pre", "post", None)[place % 3],
            "eps_estimate": 1.0,
            "eps_actual": 1.0 + (place % 5 - 2) / 10,
            "source": "invented",
        }
        for place, day in enumerate(days)
    ]
    grades = [
        {
            "symbol": "SIM0001",
            "date": days[3],
            "firm": "A",
            "new_grade": "buy",
            "action": "Upgrade",
            "source": "invented",
        }
    ]
    news = [
        {
            "news_id": f"n{place}",
            "symbol": "SIM0002",
            "published": datetime(2022, 1, 10 + place % 2, 12),
            "headline": "h",
            "sentiment": (0.5, -0.5, None)[place % 3],
            "source": "invented",
            "source_feed": "invented",
        }
        for place in range(5)
    ]
    for name, rows in (("raw_earnings", earnings), ("raw_grades", grades), ("raw_news", news)):
        _write(tables, name, rows_to_table(name, rows))


def write_alerts(lake: Path, revisions: list[tuple[str, int, str]], hour: int) -> None:
    """Land revisions (alert, revision, status) as Firehose does."""
    ts = int(datetime(2022, 1, 10, 15).timestamp()) * 1_000_000_000
    rows = [
        {
            "alert_id": alert,
            "episode_key": alert,
            "revision": revision,
            "rule": "spoofing",
            "severity": "high",
            "score": 0.9,
            "symbol": "SIM0001",
            "accounts": ["a", "b"],
            "candidate": False,
            "start_ts": ts,
            "end_ts": ts + revision * 1_000_000_000,
            "detected_ts": ts,
            "completeness": {"gaps": 0, "late": 0, "quarantined": 0},
            "status": status,
        }
        for alert, revision, status in revisions
    ]
    folder = lake / f"alerts/year=2022/month=01/day=10/hour={hour:02d}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, BY_NAME["raw_alerts"].columns), folder / "a.parquet")


def write_events(lake: Path) -> None:
    """Land a minute of one symbol, one trade of it twice."""
    ts = 1_641_826_800_000_000_000
    rows: list[dict[str, Any]] = [
        {"type": "trade", "trade_id": "1", "price": 10.0, "size": 100.0, "aggressor": "buy"},
        {"type": "trade", "trade_id": "1", "price": 10.0, "size": 100.0, "aggressor": "buy"},
        {"type": "trade", "trade_id": "2", "price": 11.0, "size": 100.0, "aggressor": "sell"},
        {"type": "quote", "bid_price": 9.99, "bid_size": 1.0, "ask_price": 10.01, "ask_size": 1.0},
        {"type": "order", "action": "new", "order_id": "o", "side": "buy", "price": 9.0, "size": 5.0},
        {"type": "order", "action": "cancel", "order_id": "o"},
        {"type": "status", "state": "gap", "from_seq": 3, "to_seq": 5},
    ]
    numbers = (1, 1, 2, 3, 4, 5, 6)
    told = [
        {**row, "symbol": "SIM0003", "venue": "XNYS", "producer": "p", "number": number, "ts": ts}
        for row, number in zip(rows, numbers, strict=True)
    ]
    folder = lake / "events/year=2022/month=01/day=10/hour=15"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(told, EVENTS), folder / "e.parquet")


def write_rows(lake: Path, name: str, rows: pa.Table, source: str) -> None:
    """Write rows of a raw table."""
    _write(RawTables(FolderObjects(lake), lambda: 1_700_000_000_000), name, rows, source)


def _write(tables: RawTables, name: str, rows: pa.Table, source: str = "invented") -> None:
    if "loaded_at" in rows.column_names:
        rows = rows.drop_columns(["loaded_at"])
    schema = BY_NAME[name].columns
    columns = [
        _plain(rows[field.name]).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(len(rows), field.type)
        for field in schema
        if field.name != "loaded_at"
    ]
    fields = [field for field in schema if field.name != "loaded_at"]
    tables.write(name, pa.table(columns, schema=pa.schema(fields)), source)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp("ms")) if pa.types.is_timestamp(column.type) else column
