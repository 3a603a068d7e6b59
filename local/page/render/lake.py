"""The lake as Athena shows it: schemas of the names that deployed SQL has, over the files of this machine.

What landed through the local stack stands in its own bucket; without it, in the lake of `history build`. Data sets that
QuickSight loads after dbt are loaded once for each state of the marts; direct queries go to the files each time.
"""

import re
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
from surveillance.adapters.history import HistoryLake
from surveillance.adapters.history_catalogue import declare_table
from surveillance.history.tables import TABLES

from local.page.render.models import models_on_landed, select_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.page.render.template import DataSet, Template

LANDED: Final = ("raw_events", "raw_alerts", "raw_metrics")
BUCKETS: Final = "s3/000000000000/*-lake*"
TRINO: Final = (
    "create macro from_unixtime_nanos(n) as cast(make_timestamp_ns(n) as timestamp) at time zone 'UTC'",
    "create macro array_join(words, parting) as array_to_string(words, parting)",
    "create macro approx_percentile(x, share) as quantile_cont(x, share)",
)
"""What deployed SQL calls and DuckDB has under another name."""
PATIENCE: Final = timedelta(days=1)
_HOUR: Final = re.compile(r"year=(\d+)/month=(\d+)/day=(\d+)/hour=(\d+)")


class NoHistoryError(Exception):
    """A table is asked for that nothing has built yet; the message says what would."""


class Lake:
    """The tables of one state folder, seen by the names of one template; may be used by several threads."""

    def __init__(self, state: Path, template: "Template") -> None:
        self._state, self._template = state, template
        self._lock = threading.Lock()
        self._seen: tuple[Any, ...] = ()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._loaded: set[str] = set()

    @contextmanager
    def opened(self) -> "Iterator[View]":
        """Give the lake as it is now."""
        with self._lock:
            seen = self._state_of_files()
            if self._database is None or seen != self._seen:
                self._database, self._seen, self._loaded = self._declared(), seen, set()
            connection = self._database.cursor()
        try:
            clocks = self._clocks(connection)
            yield View(connection, self._template.marts, clocks, self._loaded, self._lock)
        finally:
            connection.close()

    def _clocks(self, connection: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime]:
        """Give the clock of landing and the market's.

        The first is now, or the end of the hour in which the last data landed, if that is more than a day ago.
        The second is the first, or the newest time of what landed last where that is of another day or long landed.
        """
        now = datetime.now(UTC).replace(tzinfo=None)
        hours = self._hours()
        if not hours:
            return now, now
        last = hours[-1] + timedelta(hours=1)
        is_over = now - last > PATIENCE
        clock = last if is_over else now
        newest = _newest(connection, self._template.raw, hours[-1])
        return clock, newest if newest is not None and (is_over or abs(clock - newest) > PATIENCE) else clock

    def _hours(self) -> list[datetime]:
        """List the hours in which something landed, in order."""
        hours = {
            tuple(map(int, found.groups()))
            for name in ("alerts", "events")
            for path in (self._landed() / name).glob("year=*/month=*/day=*/hour=*")
            if (found := _HOUR.search(path.as_posix()))
        }
        return [datetime(year, month, day, hour) for year, month, day, hour in sorted(hours)]

    def _history(self) -> Path:
        return self._state / "history"

    def _landed(self) -> Path:
        buckets = [
            path
            for path in sorted(self._state.glob(BUCKETS))
            if (path / "events").exists() or (path / "alerts").exists()
        ]
        return buckets[-1] if buckets else self._history()

    def _state_of_files(self) -> tuple[Any, ...]:
        marts, landed = self._history() / "marts.duckdb", self._landed()
        there = tuple(
            next((landed / name).rglob("*.parquet"), None) is not None for name in ("events", "alerts", "metrics")
        )
        return (marts.stat().st_mtime_ns if marts.exists() else None, landed, there)

    def _declared(self) -> duckdb.DuckDBPyConnection:
        marts, raw = self._template.marts, self._template.raw
        made = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        made.execute("set TimeZone = 'UTC'")
        for statement in (*TRINO, f"create schema {marts}", f"create schema {raw}", "create schema spice"):
            made.execute(statement)
        landed, history = HistoryLake(self._landed()), HistoryLake(self._history())
        for table in TABLES:
            declare_table(made, landed if table.name in LANDED else history, table, raw)
        built = self._history() / "marts.duckdb"
        if built.exists():
            made.execute(f"attach '{built.as_posix()}' as marts (read_only)")
            tables = made.execute("select table_name from duckdb_tables() where database_name = 'marts'").fetchall()
            views = made.execute(
                "select view_name from duckdb_views() where database_name = 'marts' and schema_name = 'history'"
            ).fetchall()
            for (name,) in (*tables, *views):
                made.execute(f"create view {marts}.{name} as select * from marts.history.{name}")  # noqa: S608
        if not built.exists() or landed.folder != history.folder:
            for model in models_on_landed():
                made.execute(f"create or replace view {marts}.{model} as {select_of(model, marts, raw)}")
        return made


class View:
    """The lake during one request; data sets are made once in it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        marts: str,
        clocks: tuple[datetime, datetime],
        loaded: set[str],
        lock: threading.Lock,
    ) -> None:
        self._connection, self._marts = connection, marts
        self.clock, self.market_clock = clocks
        self._loaded, self._lock = loaded, lock
        self._made: set[str] = set()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query over data sets."""
        found: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return found

    def table_of(self, data: "DataSet", values: Mapping[str, Any]) -> str:
        """Make a data set and give its table's name; raises `NoHistoryError` where what it reads isn't built."""
        if not data.is_direct:
            with self._lock:
                if data.name not in self._loaded:
                    self._make(f"spice.{data.name}", "table", data.sql(values))
                    self._loaded.add(data.name)
            return f"spice.{data.name}"
        if data.name not in self._made:
            self._make(f"direct_{data.name}", "temp table", data.sql(values))
            self._made.add(data.name)
        return f"direct_{data.name}"

    def _make(self, name: str, kind: str, query: str) -> None:
        query = query.replace("current_timestamp", f"timestamptz '{self.clock:%Y-%m-%d %H:%M:%S}+00'")
        query = query.replace("localtimestamp", f"timestamp '{self.market_clock:%Y-%m-%d %H:%M:%S}'")
        try:
            self._connection.execute(f"create {kind} {name} as {query}")
        except duckdb.CatalogException as error:
            if f"{self._marts}." in str(query):
                raise NoHistoryError("Waits for history: run surveillance history build.") from error
            raise


def _newest(connection: duckdb.DuckDBPyConnection, raw: str, hour: datetime) -> datetime | None:
    """Give the newest time of events and alerts that landed in an hour."""
    landed = f"year = '{hour:%Y}' and month = '{hour:%m}' and day = '{hour:%d}' and hour = '{hour:%H}'"
    ((events,),) = connection.execute(
        f"select max(ts) from {raw}.raw_events where type in ('trade', 'quote', 'order') and {landed}"  # noqa: S608
    ).fetchall()
    ((alerts,),) = connection.execute(f"select max(detected_ts) from {raw}.raw_alerts where {landed}").fetchall()  # noqa: S608
    newest = max((each for each in (events, alerts) if each is not None), default=None)
    return None if newest is None else datetime.fromtimestamp(newest // 1_000_000_000, UTC).replace(tzinfo=None)
