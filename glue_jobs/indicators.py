"""Glue job `indicators`: the indicator step over the lake's daily bars, a symbol at a time, writing only what is new.

`--bars`, `--indicators` and `--state` are folders of Parquet files, the first two partitioned by interval and month.
Rows are written before the state, so a run that breaks off is made good by the next. Prints one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

import pandas as pd
import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType
from surveillance.indicators import (
    PRICES,
    STATE,
    Prices,
    Request,
    gathered,
    increment,
    indicator_tables,
    requests,
    schema,
    state_of,
)

KEY: Final = ["symbol", "interval", "date"]
PARTITION: Final = ["interval", "month"]
LEFT_OUT: Final = ("no_price", "repeated_date")
READ: Final[dict[Prices, tuple[str, ...]]] = {
    "adjusted": ("adjusted_open", "adjusted_high", "adjusted_low", "adjusted_close", "adjusted_volume"),
    "split": ("open", "high", "low", "close", "adjusted_volume", "split_factor"),
    "raw": ("open", "high", "low", "close", "volume"),
}
"""The columns of bars that prices are made of."""


def indicators(bars: DataFrame, before: DataFrame, asked: Sequence[Request], prices: Prices = "adjusted") -> DataFrame:
    """Give the rows that are new since the state `before`, and all rows of symbols whose past changed."""
    columns, texts = _bar_schema(prices), [request.text for request in asked]

    def new_rows(bars: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
        asked = requests(texts)
        series = gathered(_table(bars, columns), prices).series
        fresh = increment(series, _table(before, STATE), asked)
        tables = indicator_tables(fresh.series, asked, after=fresh.after)
        return pa.concat_tables([schema(asked).empty_table(), *tables]).to_pandas()

    by_symbol = _selected(bars, columns).groupBy("symbol")
    told_before = before.select(*STATE.names).groupBy("symbol")
    return by_symbol.cogroup(told_before).applyInPandas(new_rows, from_arrow_schema(schema(asked)))


def states(bars: DataFrame, asked: Sequence[Request], prices: Prices = "adjusted") -> DataFrame:
    """Give the state after a run over these bars and the rows left out, by reason; 0 bars where none was of use."""
    columns, texts = _bar_schema(prices), [request.text for request in asked]
    told = pa.schema([*STATE, *((reason, pa.int64()) for reason in LEFT_OUT)])

    def state(bars: pd.DataFrame) -> pd.DataFrame:
        series, left_out = gathered(_table(bars, columns), prices)
        found = state_of(series, requests(texts))
        if not found.num_rows:
            none = {"symbol": bars["symbol"].iloc[:1].tolist(), "through": [None], "bars": [0], "digest": [""]}
            found = pa.table(none, schema=STATE)
        return found.to_pandas().assign(**{reason: left_out.get(reason, 0) for reason in LEFT_OUT})

    return _selected(bars, columns).groupBy("symbol").applyInPandas(state, from_arrow_schema(told))


def _bar_schema(prices: Prices) -> pa.Schema:
    doubles = [(name, pa.float64()) for name in READ[prices]]
    return pa.schema([("symbol", pa.string()), ("date", pa.date32()), *doubles])


def _selected(bars: DataFrame, columns: pa.Schema) -> DataFrame:
    return bars.select("symbol", "date", *(F.col(name).cast("double") for name in columns.names[2:]))


def _table(frame: pd.DataFrame, columns: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame, columns, preserve_index=False)


def run(
    spark: SparkSession,
    places: argparse.Namespace,
    asked: Sequence[Request],
    prices: Prices = "adjusted",
    full: bool = False,
) -> dict[str, int]:
    """Read, compute, write; counts new rows, symbols and rows left out.

    A symbol that is gone leaves partitions that Spark can't empty one by one, so everything is written then.
    """
    bars = spark.read.parquet(places.bars).where(F.col("interval") == "1d")
    before = _read(spark, places.state, from_arrow_schema(STATE))
    after = states(bars, asked, prices).cache()
    known = after.where(F.col("bars") > 0).select(*STATE.names)
    gone = before.join(known, on="symbol", how="left_anti")
    in_full = full or before.isEmpty() or not gone.isEmpty()

    since = before.limit(0) if in_full else before
    fresh = indicators(bars, since, asked, prices).withColumn("month", F.date_format("date", "yyyy-MM")).cache()
    told = {"rows": fresh.count(), "symbols": known.count()}
    if told["rows"]:
        written = fresh if in_full else _with_kept(fresh, _old(spark, places.indicators, asked), before)
        _write(written, places.indicators, "static" if in_full else "dynamic")
    told |= after.agg(*(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in LEFT_OUT)).first().asDict()
    fresh.unpersist()
    known.coalesce(1).write.mode("overwrite").parquet(places.state)
    after.unpersist()
    return told


def _with_kept(fresh: DataFrame, old: DataFrame, before: DataFrame) -> DataFrame:
    """Add what stays of the partitions that new rows fall into; of a symbol whose past changed, nothing does."""
    told_before = before.select("symbol", F.col("through").alias("told_through"))
    is_told_again = F.col("through") <= F.col("told_through")
    restated = fresh.join(told_before, on="symbol", how="inner").where(is_told_again).select("symbol").distinct()
    kept = (
        old.join(fresh.select(*PARTITION).distinct(), on=PARTITION, how="left_semi")
        .join(restated, on="symbol", how="left_anti")
        .join(fresh.select(*KEY), on=KEY, how="left_anti")
    )
    return fresh.unionByName(kept)


def _old(spark: SparkSession, place: str, asked: Sequence[Request]) -> DataFrame:
    columns = from_arrow_schema(pa.schema([*schema(asked), ("month", pa.string())]))
    return _read(spark, place, columns)


def _read(spark: SparkSession, place: str, columns: StructType) -> DataFrame:
    """Read a folder of Parquet files; one that is not there yet has no rows."""
    try:
        return spark.read.schema(columns).parquet(place)
    except AnalysisException as error:
        if error.getErrorClass() != "PATH_NOT_FOUND":
            raise
        return spark.createDataFrame([], columns)


def _write(rows: DataFrame, place: str, mode: str) -> None:
    (
        rows.repartition(*PARTITION)
        .sortWithinPartitions(*PARTITION, "symbol", "date")
        .write.mode("overwrite")
        .option("partitionOverwriteMode", mode)
        .partitionBy(*PARTITION)
        .parquet(place)
    )


def main(arguments: Sequence[str]) -> None:
    """Run with the job's arguments; those that Glue adds are not looked at."""
    parser = argparse.ArgumentParser(prog="indicators", description="Compute indicators of daily bars.")
    for name in ("bars", "indicators", "state"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--requests", default="", help="as sma:20 bollinger:20,2.5; without any, the default ones")
    parser.add_argument("--prices", default="adjusted", choices=PRICES)
    parser.add_argument("--full", default="false", choices=("true", "false"), help="write everything anew")
    places, _ = parser.parse_known_args(arguments)
    spark = SparkSession.builder.getOrCreate()
    told = run(spark, places, requests(places.requests.split()), places.prices, places.full == "true")
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
