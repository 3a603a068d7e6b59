"""Promise: a file of the lake changes only with its content; news is told by month; absent tables have columns."""

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from surveillance.adapters.history import HistoryLake, changed_months
from surveillance.adapters.history_catalogue import declare_tables
from surveillance.errors import FormatError
from surveillance.history.sources import one_source_a_symbol
from surveillance.history.tables import BY_NAME, TABLES

BARS = BY_NAME["bars"]


def bars(*days: date, close: float = 10.0, source: str = "lean", symbol: str = "A") -> pa.Table:
    """Make a bar a day."""
    rows = [{"symbol": symbol, "date": day, "interval": "1d", "close": close, "source": source} for day in days]
    return pa.Table.from_pylist(rows, BARS.columns)


JANUARY, FEBRUARY, MARCH = date(2024, 1, 30), date(2024, 2, 1), date(2024, 3, 1)


def test_same_rows_again_change_no_file(tmp_path: Path) -> None:
    lake = HistoryLake(tmp_path)
    first = lake.replace(BARS, [bars(JANUARY, FEBRUARY)])
    again = lake.replace(BARS, [bars(JANUARY, FEBRUARY)])
    assert first.changed == again.kept
    assert (again.changed, again.removed) == ((), ())


def test_other_row_changes_only_its_month_and_a_lost_month_goes(tmp_path: Path) -> None:
    lake = HistoryLake(tmp_path)
    lake.replace(BARS, [bars(JANUARY, FEBRUARY, MARCH)])
    before = lake.digests(BARS)
    written = lake.replace(BARS, [bars(JANUARY), bars(FEBRUARY, close=11.0)])
    assert written.changed == ("bars/interval=1d/month=2024-02/part.parquet",)
    assert written.removed == ("bars/interval=1d/month=2024-03/part.parquet",)
    assert changed_months(before, lake.digests(BARS)) == ["2024-02", "2024-03"]


def test_months_before_since_are_left_alone(tmp_path: Path) -> None:
    lake = HistoryLake(tmp_path)
    lake.replace(BARS, [bars(JANUARY, FEBRUARY)])
    written = lake.replace(BARS, [bars(JANUARY, FEBRUARY, close=99.0)], since="2024-02")
    assert written.changed == ("bars/interval=1d/month=2024-02/part.parquet",)
    assert written.removed == ()
    assert lake.read(BARS, ["close"])["close"].to_pylist() == [10.0, 99.0]


def test_failure_while_writing_leaves_the_old_rows(tmp_path: Path) -> None:
    lake = HistoryLake(tmp_path)
    lake.replace(BARS, [bars(JANUARY)])

    def broken() -> "pa.Table":
        yield bars(JANUARY, close=11.0)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        lake.replace(BARS, broken())
    assert lake.read(BARS, ["close"])["close"].to_pylist() == [10.0]


def test_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bars/interval=1d/month=2024-01/part.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no Parquet")
    with pytest.raises(FormatError, match=r"part\.parquet"):
        HistoryLake(tmp_path).read(BARS)


@pytest.mark.parametrize(
    ("path", "month"),
    [
        ("bars/interval=1d/month=2024-02/part.parquet", "2024-02"),
        ("events/year=2024/month=02/day=03/hour=01/a.parquet", "2024-02"),
        ("raw_splits/a.parquet", "0001-01"),
    ],
)
def test_path_tells_its_month(path: str, month: str) -> None:
    assert changed_months({}, {path: "x"}) == [month]


def test_catalogue_shows_every_table_with_and_without_files(tmp_path: Path) -> None:
    lake = HistoryLake(tmp_path)
    lake.replace(BARS, [bars(JANUARY)])
    old = tmp_path / "raw_splits/old.parquet"
    old.parent.mkdir()
    pq.write_table(pa.table({"symbol": ["A"], "surplus": [1]}), old)
    declare_tables(lake, tmp_path / "marts.duckdb")
    with duckdb.connect(str(tmp_path / "marts.duckdb")) as connection:
        for table in TABLES:
            names = [column[0] for column in connection.execute(f"from raw.{table.name}").description or ()]
            partitions = [name for name in table.partitions if name not in table.columns.names]
            assert names == [*table.columns.names, *partitions]
        assert connection.execute("select symbol, month from raw.bars").fetchall() == [("A", "2024-01")]
        assert connection.execute("select symbol, split_to from raw.raw_splits").fetchall() == [("A", None)]


def test_symbol_of_two_sources_takes_one_and_counts_the_other() -> None:
    both = [bars(JANUARY, FEBRUARY, source="bars"), bars(JANUARY), bars(MARCH, symbol="B", source="bars")]
    kept, left_out = one_source_a_symbol(pa.concat_tables(both))
    assert kept.select(["symbol", "source"]).to_pylist() == [
        {"symbol": "A", "source": "lean"},
        {"symbol": "B", "source": "bars"},
    ]
    assert left_out == {"bars": 2}
