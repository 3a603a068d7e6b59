"""The Spark job gives the same rows as the plain loop, to the bit, and as days come those of a whole run."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from surveillance.indicators import DEFAULT, STATE, gathered, indicator_table, requests
from surveillance.simulation.daily_bars import daily_bars

pyspark = pytest.importorskip("pyspark")
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),  # Spark's own
]
KEY = [(name, "ascending") for name in ("symbol", "interval", "date")]
ASKED = requests(["sma:20", "ema:50", "macd", "obv", "cdl_doji"])
GENERATED = daily_bars(4, 70, seed=4, faults=0.01).bars
BARS = pa.concat_tables([GENERATED, GENERATED.slice(100, 1)])


def whole(bars: pa.Table, asked=ASKED) -> pa.Table:
    return indicator_table(gathered(bars, "raw").series, asked).sort_by(KEY).combine_chunks()


def collected(frame: "pyspark.sql.DataFrame", like: pa.Table) -> pa.Table:
    """Give a frame's rows as Arrow, in order."""
    table = pa.Table.from_pandas(frame.toPandas(), like.schema, preserve_index=False)
    return table.sort_by(KEY).combine_chunks()


def write_bars(folder: Path, bars: pa.Table) -> None:
    month = pc.strftime(bars["date"], "%Y-%m")
    for name in month.unique().to_pylist():
        place = folder / "interval=1d" / f"month={name}"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(bars.filter(pc.equal(month, name)).drop_columns(["interval"]), place / "part.parquet")


def written(folder: Path) -> pa.Table:
    partitioning = ds.partitioning(pa.schema([("interval", pa.string()), ("month", pa.string())]), flavor="hive")
    table = ds.dataset(folder, partitioning=partitioning).to_table()
    return table.select(whole(BARS.slice(0, 1)).column_names).sort_by(KEY).combine_chunks()


def until(day: date) -> pa.Table:
    return BARS.filter(pc.field("date") <= day)


def test_spark_gives_the_values_of_the_loop_to_the_bit(spark: "pyspark.sql.SparkSession") -> None:
    from pyspark.sql.pandas.types import from_arrow_schema

    from glue_jobs.indicators import indicators

    sample = daily_bars(3, 260, seed=4, faults=0.003).bars
    bars = spark.createDataFrame(sample.drop_columns(["ts", "loaded_at"]).to_pandas())
    before = spark.createDataFrame([], from_arrow_schema(STATE))
    expected = whole(sample, DEFAULT)
    assert collected(indicators(bars, before, DEFAULT, "raw"), expected).equals(expected)


def test_runs_as_days_come_leave_the_files_of_a_whole_run(
    spark: "pyspark.sql.SparkSession", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = until(date(2021, 3, 26)), until(date(2021, 4, 1))
    halved = pc.if_else(pc.equal(BARS["symbol"], "SIM0002"), pc.multiply(BARS["close"], 0.5), BARS["close"])
    changed = BARS.set_column(BARS.column_names.index("close"), "close", halved)
    fewer = changed.filter(pc.field("symbol") != "SIM0001")
    rows = []
    for bars in (first, second, second, changed, fewer):
        write_bars(tmp_path / "bars", bars)
        told = run(tmp_path, capsys)
        assert written(tmp_path / "indicators").equals(whole(bars))
        left_out = gathered(bars, "raw").left_out
        assert told["symbols"] == len(bars["symbol"].unique())
        assert [told[reason] for reason in ("no_price", "repeated_date")] == [
            left_out.get(reason, 0) for reason in ("no_price", "repeated_date")
        ]
        rows.append(told["rows"])
    assert rows[:3] == [whole(first).num_rows, rows[1], 0]
    assert 4 * 3 <= rows[1] < 4 * 4 * 3
    assert whole(changed).num_rows / 4 < rows[3] < whole(changed).num_rows
    assert rows[4] == whole(fewer).num_rows


def run(lake: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Run the job as Glue starts it."""
    from glue_jobs.indicators import main

    places = [word for name in ("bars", "indicators", "state") for word in (f"--{name}", str(lake / name))]
    asked = " ".join(request.text for request in ASKED)
    main([*places, "--requests", asked, "--prices", "raw", "--JOB_NAME", "indicators"])
    return json.loads(capsys.readouterr().out.splitlines()[-1])
