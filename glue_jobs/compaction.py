"""Glue job `compaction`: raw events of some days of arrival into the layout by event date and type, each once.

`--raw` is the folder that Firehose fills, `--events` the compacted one, `--quarantine` takes rows without a place.
`--from` and `--to` are days of arrival. Event dates that get new rows are read and written anew, so that a run which
broke off, or was done before, is made good by doing it again. Prints one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StringType, StructField, StructType
from surveillance.compaction import compact
from surveillance.events import DAY, SCHEMA

EVENT, QUARANTINE, DUPLICATES = "event", "quarantine", "duplicates"
EVENTS = pa.schema([*SCHEMA, ("date", pa.date32())])
TOLD = pa.schema([("outcome", pa.string()), *EVENTS, ("quarantine_reason", pa.string()), ("rows", pa.int64())])


def compacted(kept: DataFrame, landed: DataFrame, partitions: int) -> DataFrame:
    """Give rows of `TOLD`; events of one symbol and date meet in one partition, the kept ones first."""
    columns = SCHEMA.names
    both = kept.select(*columns, F.lit(0).alias("_order")).unionByName(
        landed.select(*columns, F.lit(1).alias("_order"))
    )
    by_day = F.expr(f"ts div {DAY}")
    ordered = ("_order", "symbol", "ts", "producer", "number", "received_ts")
    arranged = both.repartition(partitions, by_day, "symbol").sortWithinPartitions(*ordered)
    return arranged.select(*columns).mapInArrow(_compact_partition, from_arrow_schema(TOLD))


def _compact_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    done = compact(pa.Table.from_batches(list(batches), SCHEMA))
    yield from _told(EVENT, done.events, pa.repeat(1, done.events.num_rows))
    yield from _told(QUARANTINE, done.quarantine, pa.repeat(1, done.quarantine.num_rows))
    yield from _told(DUPLICATES, pa.table({}), pa.array([done.duplicates]))


def _told(outcome: str, rows: pa.Table, count: pa.Array) -> Iterator[pa.RecordBatch]:
    columns = {name: rows[name] for name in rows.column_names}
    columns |= {"outcome": pa.repeat(outcome, len(count)), "rows": count}
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(len(count), field.type)
        for field in TOLD
    ]
    yield from pa.table(arrays, schema=TOLD).to_batches()


def run(spark: SparkSession, places: argparse.Namespace) -> dict[str, int]:
    """Read, compact, write; the counts add up: landed + kept = events + quarantined + duplicates."""
    raw = StructType(
        [*from_arrow_schema(SCHEMA), *(StructField(name, StringType()) for name in ("year", "month", "day"))]
    )
    arrival = F.make_date(*(F.col(name).cast("int") for name in ("year", "month", "day")))
    landed = _read(spark, places.raw, raw).where(arrival.between(F.lit(places.first), F.lit(places.last)))
    landed = landed.select(*SCHEMA.names).cache()
    dates = landed.select(F.expr(f"date_add(date'1970-01-01', cast(ts div {DAY} as int))").alias("date")).distinct()
    kept = _read(spark, places.events, from_arrow_schema(EVENTS)).join(F.broadcast(dates), on="date", how="left_semi")
    before = {"landed": landed.count(), "kept": kept.count()}
    done = compacted(kept, landed, places.partitions).cache()
    counts = {row["outcome"]: row["rows"] for row in done.groupBy("outcome").agg(F.sum("rows").alias("rows")).collect()}
    events = done.where(F.col("outcome") == EVENT).select(*EVENTS.names)
    if counts.get(EVENT):
        (
            events.repartition("date", "type")
            .sortWithinPartitions("date", "type", "symbol", "ts", "producer", "number")
            .write.mode("overwrite")
            .option("partitionOverwriteMode", "dynamic")
            .partitionBy("date", "type")
            .parquet(places.events)
        )
    if counts.get(QUARANTINE):
        place = f"{places.quarantine.rstrip('/')}/arrived={places.first}_{places.last}"
        done.where(F.col("outcome") == QUARANTINE).select(*SCHEMA.names, "quarantine_reason").write.mode(
            "overwrite"
        ).parquet(place)
    return before | {name: int(counts.get(name) or 0) for name in (EVENT, QUARANTINE, DUPLICATES)}


def _read(spark: SparkSession, place: str, columns: StructType) -> DataFrame:
    """Read a folder of Parquet files; one that is not there yet has no rows."""
    try:
        return spark.read.schema(columns).parquet(place)
    except AnalysisException as error:
        if error.getErrorClass() != "PATH_NOT_FOUND":
            raise
        return spark.createDataFrame([], columns)


def main(arguments: Sequence[str]) -> None:
    """Run with the job's arguments; those that Glue adds are not looked at."""
    parser = argparse.ArgumentParser(prog="compaction", description="Compact landed events.")
    for name in ("raw", "events", "quarantine"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat)
    parser.add_argument("--to", dest="last", required=True, type=date.fromisoformat)
    parser.add_argument("--partitions", type=int, default=64)
    places, _ = parser.parse_known_args(arguments)
    print(json.dumps(run(SparkSession.builder.getOrCreate(), places)))


if __name__ == "__main__":
    main(sys.argv[1:])
