"""Glue job `quality`: daily bars checked, mended and adjusted; many symbols at a time, each with its whole history.

`--bars`, `--splits`, `--dividends` are folders of the raw tables; `--clean`, `--quarantine`, `--report` and `--profile`
those that are written. `--run` names the run, as its day. Prints one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType
from surveillance.calendar import session_days
from surveillance.history.sources import one_source_a_symbol
from surveillance.quality import Settings, inspect
from surveillance.quality.columns import BARS, QUARANTINE, RAW_BARS, RAW_DIVIDENDS, RAW_SPLITS, REPORT
from surveillance.quality.profile import PROFILED
from surveillance.quality.settings import Basis

BAR, SPLIT, DIVIDEND = "bar", "split", "dividend"
GIVEN: Final = pa.unify_schemas([pa.schema([("kind", pa.string())]), RAW_BARS, RAW_SPLITS, RAW_DIVIDENDS])
"""Bars, splits and dividends of a symbol travel together, told apart by `kind`."""
CLEAN, SET_ASIDE, COUNTED, OTHER_SOURCE = "clean", "quarantine", "report", "other_source"
TOLD: Final = pa.unify_schemas([pa.schema([("outcome_kind", pa.string())]), BARS, QUARANTINE, REPORT])
OTHER: Final = pa.schema([("source", pa.string()), ("rows", pa.int64())])
SPARK_MOMENT: Final = pa.timestamp("us", "UTC")
SYMBOLS_A_PARTITION: Final = 100


def inspected(
    bars: DataFrame,
    splits: DataFrame,
    dividends: DataFrame,
    run: str,
    partitions: int,
    calendar: str | None = "XNYS",
    split_adjusted: Sequence[str] = (),
) -> DataFrame:
    """Give clean bars, quarantined ones and the report as rows of `TOLD`, told apart by `outcome_kind`.

    A symbol's bars are those of one source; a row a source counts the bars that others had of it.
    """
    parts = [_given(frame, kind) for frame, kind in ((bars, BAR), (splits, SPLIT), (dividends, DIVIDEND))]
    together = parts[0].unionByName(parts[1]).unionByName(parts[2])
    adjusted = frozenset(split_adjusted)

    def inspect_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        given = _table(list(batches))
        rows = {kind: given.filter(pc.equal(given["kind"], kind)) for kind in (BAR, SPLIT, DIVIDEND)}
        bars, other = one_source_a_symbol(rows[BAR].select(RAW_BARS.names))
        yield from _told(OTHER_SOURCE, pa.table({"source": list(other), "rows": list(other.values())}, OTHER))
        for basis, some in _by_basis(bars, adjusted):
            found = inspect(
                some,
                rows[SPLIT].select(RAW_SPLITS.names),
                rows[DIVIDEND].select(RAW_DIVIDENDS.names),
                Settings(basis=basis),
                session_days(calendar) if calendar else None,
                run,
            )
            for outcome, table in ((CLEAN, found.bars), (SET_ASIDE, found.quarantine), (COUNTED, found.report)):
                yield from _told(outcome, table)

    order = ("symbol", "kind", "date", "ts", "loaded_at", "source")
    arranged = together.repartition(partitions, "symbol").sortWithinPartitions(*order)
    return arranged.mapInArrow(inspect_partition, from_arrow_schema(TOLD))


def _table(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches).cast(GIVEN) if batches else GIVEN.empty_table()


def _by_basis(bars: pa.Table, adjusted: frozenset[str]) -> Iterator[tuple[Basis, pa.Table]]:
    is_adjusted = pc.fill_null(pc.is_in(bars["source"], value_set=pa.array(sorted(adjusted), pa.string())), False)
    bases: tuple[tuple[Basis, pa.ChunkedArray], ...] = (
        ("raw", pc.invert(is_adjusted)),
        ("split_adjusted", is_adjusted),
    )
    for basis, mask in bases:
        some = bars.filter(mask)
        if some.num_rows:
            yield basis, some


def _given(frame: DataFrame, kind: str) -> DataFrame:
    types = {field.name: field.dataType for field in from_arrow_schema(GIVEN)}
    columns = [
        F.lit(kind).alias("kind")
        if name == "kind"
        else (F.col(name) if name in frame.columns else F.lit(None)).cast(types[name]).alias(name)
        for name in GIVEN.names
    ]
    return frame.select(*columns)


def _told(outcome: str, table: pa.Table) -> Iterator[pa.RecordBatch]:
    columns = {name: table[name] for name in table.column_names}
    columns["outcome_kind"] = pa.repeat(outcome, table.num_rows)
    types = {field.name: SPARK_MOMENT if pa.types.is_timestamp(field.type) else field.type for field in TOLD}
    told = {
        name: columns[name].cast(kind) if name in columns else pa.nulls(table.num_rows, kind)
        for name, kind in types.items()
    }
    yield from pa.table(told).to_batches()


def profiled(bars: DataFrame, run: str) -> DataFrame:
    """Profile the columns as `surveillance.quality.profile` does."""
    parts = []
    for name in PROFILED:
        value = F.when(~F.isnan(F.col(name).cast("double")), F.col(name).cast("double"))
        parts.append(
            bars.select(value.alias("value"))
            .agg(
                F.count(F.lit(1)).alias("rows"),
                (F.count(F.lit(1)) - F.count("value")).alias("missing"),
                F.coalesce(F.sum((F.col("value") == 0).cast("long")), F.lit(0)).alias("zero"),
                F.min("value").alias("minimum"),
                F.expr("percentile(value, 0.5)").alias("median"),
                F.max("value").alias("maximum"),
            )
            .select(F.lit(run).alias("run"), F.lit(name).alias("column"), "*")
        )
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionByName(part)
    return whole


def run(spark: SparkSession, places: argparse.Namespace) -> dict[str, int]:
    """Read, inspect, write; rows in = clean + quarantined + those of other sources."""
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MILLIS")
    bars = _read(spark, places.bars, from_arrow_schema(RAW_BARS)).where(F.col("interval") == "1d").cache()
    splits = _read(spark, places.splits, from_arrow_schema(RAW_SPLITS))
    dividends = _read(spark, places.dividends, from_arrow_schema(RAW_DIVIDENDS))
    symbols = bars.select("symbol").distinct().count()
    partitions = max(1, -(-symbols // SYMBOLS_A_PARTITION))
    adjusted = [name for name in places.split_adjusted.split(",") if name]
    told = inspected(bars, splits, dividends, places.run, partitions, places.calendar, adjusted).cache()
    clean = _of(told, CLEAN, BARS).withColumn("month", F.date_format("date", "yyyy-MM"))
    (
        clean.repartition("interval", "month")
        .sortWithinPartitions("interval", "month", "symbol", "date")
        .write.mode("overwrite")
        .partitionBy("interval", "month")
        .parquet(places.clean)
    )
    counted = _of(told, COUNTED, REPORT)
    _of(told, SET_ASIDE, QUARANTINE).coalesce(1).write.mode("overwrite").parquet(places.quarantine)
    counted.coalesce(1).write.mode("overwrite").parquet(f"{places.report.rstrip('/')}/{places.run}")
    profile = profiled(bars, places.run)
    profile.coalesce(1).write.mode("overwrite").parquet(f"{places.profile.rstrip('/')}/{places.run}")
    kinds = {row["outcome_kind"]: row["count"] for row in told.groupBy("outcome_kind").count().collect()}
    return {
        "symbols": symbols,
        "rows": bars.count(),
        "clean": kinds.get(CLEAN, 0),
        "quarantined": kinds.get(SET_ASIDE, 0),
        "other_source": _sum(told.where(F.col("outcome_kind") == OTHER_SOURCE)),
        "findings": _sum(counted),
    }


def _sum(counted: DataFrame) -> int:
    return int(counted.agg(F.coalesce(F.sum("rows"), F.lit(0))).first()[0])


def _of(told: DataFrame, kind: str, columns: pa.Schema) -> DataFrame:
    return told.where(F.col("outcome_kind") == kind).select(*columns.names)


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
    parser = argparse.ArgumentParser(prog="quality", description="Check, mend and adjust daily bars.")
    for name in ("bars", "splits", "dividends", "clean", "quarantine", "report", "profile", "run"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--calendar", default="XNYS", help="exchange whose sessions bars must match; empty for none")
    parser.add_argument(
        "--split-adjusted", default="bars", help="sources whose prices have splits divided out, by comma"
    )
    places, _ = parser.parse_known_args(arguments)
    print(json.dumps(run(SparkSession.builder.getOrCreate(), places)))


if __name__ == "__main__":
    main(sys.argv[1:])
