"""The Spark jobs give the rows of the functions they embed, from files to files, and again what they gave."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from surveillance.calendar import session_days
from surveillance.compaction import compact
from surveillance.events import DAY, SCHEMA
from surveillance.quality import inspect
from surveillance.quality.columns import BARS, QUARANTINE, REPORT
from surveillance.simulation.daily_bars import DailyBars, daily_bars

pyspark = pytest.importorskip("pyspark")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),  # Spark's own
]
RUN = "2024-01-02"


def write_bars(folder: Path, made: DailyBars) -> argparse.Namespace:
    month = pc.strftime(made.bars["date"], "%Y-%m")
    without_zone = [(name, made.bars[name].cast(pa.timestamp("ms"))) for name in ("ts", "loaded_at")]
    bars = made.bars
    for name, values in without_zone:
        bars = bars.set_column(bars.column_names.index(name), name, values)
    ds.write_dataset(
        bars.append_column("month", month),
        folder / "raw_bars",
        format="parquet",
        partitioning=ds.partitioning(pa.schema([("interval", pa.string()), ("month", pa.string())]), flavor="hive"),
    )
    for name, table in (("raw_splits", made.splits), ("raw_dividends", made.dividends)):
        (folder / name).mkdir()
        pq.write_table(table, folder / name / "simulated.parquet")
    places = {"bars": "raw_bars", "splits": "raw_splits", "dividends": "raw_dividends", "clean": "bars"}
    places |= {"quarantine": "bars_quarantine", "report": "quality_report", "profile": "quality_profile"}
    named = {name: str(folder / place) for name, place in places.items()}
    return argparse.Namespace(**named, run=RUN, calendar="XNYS", split_adjusted="bars")


def read(folder: str | Path, like: pa.Schema, *by: str) -> pa.Table:
    table = ds.dataset(str(folder), format="parquet", partitioning="hive").to_table()
    table = pa.table({field.name: table[field.name].cast(field.type) for field in like})
    return table.sort_by([(name, "ascending") for name in by]).combine_chunks()


def test_quality_job_gives_the_rows_of_the_plain_function(spark: "pyspark.sql.SparkSession", tmp_path: Path) -> None:
    from glue_jobs import quality

    made = daily_bars(5, 200, seed=3, faults=0.01)
    places = write_bars(tmp_path, made)
    plain = inspect(made.bars, made.splits, made.dividends, sessions=session_days("XNYS"), run=RUN)
    for _ in range(2):
        told = quality.run(spark, places)
        assert told["rows"] == made.bars.num_rows == told["clean"] + told["quarantined"]
        assert told["quarantined"] == plain.quarantine.num_rows > 0
        key = ("symbol", "date")
        assert read(places.clean, BARS, *key).equals(plain.bars.sort_by([(name, "ascending") for name in key]))
        aside = read(places.quarantine, QUARANTINE, *key, "reason").drop_columns(["loaded_at"])
        wanted = plain.quarantine.sort_by([(name, "ascending") for name in (*key, "reason")])
        assert aside.equals(wanted.drop_columns(["loaded_at"]).combine_chunks())
        by = ("date", "symbol", "check")
        assert read(places.report, REPORT, *by).equals(plain.report.sort_by([(name, "ascending") for name in by]))
    profile = ds.dataset(places.profile, format="parquet").to_table().sort_by("column")
    assert profile.to_pylist() == plain.profile.sort_by("column").to_pylist()


def test_quality_job_takes_one_source_a_symbol_and_counts_the_others(
    spark: "pyspark.sql.SparkSession", tmp_path: Path
) -> None:
    from glue_jobs import quality

    made = daily_bars(3, 60, seed=3)
    other = made.bars.filter(pc.equal(made.bars["symbol"], "SIM0001"))
    other = other.set_column(other.column_names.index("source"), "source", pa.repeat("polygon", other.num_rows))
    places = write_bars(tmp_path, msgspec.structs.replace(made, bars=pa.concat_tables([made.bars, other])))
    told = quality.run(spark, places)
    assert told["other_source"] == other.num_rows
    assert told["rows"] == made.bars.num_rows + other.num_rows == told["clean"] + told["quarantined"] + other.num_rows
    clean = read(places.clean, BARS, "symbol", "date")
    pairs = set(zip(clean["symbol"].to_pylist(), clean["source"].to_pylist(), strict=True))
    assert {source for symbol, source in pairs if symbol == "SIM0001"} == {"polygon"}
    assert len(pairs) == 3


def test_compaction_job_keeps_each_event_once_over_runs(spark: "pyspark.sql.SparkSession", tmp_path: Path) -> None:
    from glue_jobs import compaction

    def event(number: int, day: int, **others: object) -> dict[str, object]:
        told = {"type": "trade", "symbol": f"S{number % 3}", "ts": day * DAY + number, "producer": "feed/a"}
        return {**told, "number": 2**60 + number, "conditions": ["odd_lot"], "price": 1.5, **others}

    first = [event(number, 19_700 + number % 2) for number in range(40)] + [event(3, 19_701), event(99, 0, ts=None)]
    second = [event(number, 19_700 + number % 2) for number in range(30, 50)] + [event(77, 19_701, type="quote")]
    arrived = [date(2023, 12, 9), date(2023, 12, 10)]
    for day, events in zip(arrived, (first, second), strict=True):
        hour = tmp_path / "events" / f"year={day:%Y}/month={day:%m}/day={day:%d}/hour=01"
        hour.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(events, schema=SCHEMA), hour / "part.parquet")
    places = argparse.Namespace(
        raw=str(tmp_path / "events"),
        events=str(tmp_path / "compacted"),
        quarantine=str(tmp_path / "aside"),
        partitions=3,
    )
    wanted = compact(pa.Table.from_pylist([*first, *second], schema=SCHEMA))
    for days, landed in (((0, 0), 42), ((1, 1), 21), ((0, 1), 63)):
        places.first, places.last = (arrived[number] for number in days)
        told = compaction.run(spark, places)
        assert told["landed"] == landed
        assert told["landed"] + told["kept"] == told["event"] + told["quarantine"] + told["duplicates"]
    like = pa.schema([*SCHEMA, ("date", pa.date32())])
    found = ds.dataset(places.events, format="parquet", partitioning="hive").to_table()
    dates = pc.cast(pc.strptime(found["date"].cast(pa.string()), "%Y-%m-%d", "s"), pa.date32())
    found = found.set_column(found.column_names.index("date"), "date", dates)
    found = pa.table({field.name: found[field.name].cast(field.type) for field in like})
    by = [(name, "ascending") for name in ("date", "type", "symbol", "ts", "number")]
    assert found.sort_by(by).combine_chunks().equals(wanted.events.sort_by(by).combine_chunks())
    assert datetime.fromtimestamp(19_700 * DAY / 1e9, UTC).date() == arrived[0]
