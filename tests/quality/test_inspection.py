"""Laws of a run: no row is lost, symbols do not matter to each other, order and repetition change nothing."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.quality import Inspection, inspect
from surveillance.quality.columns import BARS, QUARANTINE, REPORT

from tests.quality.series import SPLIT_ADJUSTED, walk

PRICE = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -1.0, 10.0, 1000.0]))
ROW = st.tuples(
    st.sampled_from(["A", "B", "", None]),
    st.one_of(st.none(), st.integers(18_990, 19_010), st.just(-400_000)),
    PRICE, PRICE, PRICE, PRICE,
    st.one_of(st.none(), st.floats(-10, 1e9)),
    PRICE,
    st.sampled_from([None, 0.0, 1.0, 2.0, 0.1, -1.0, float("nan")]),
    st.sampled_from([None, 0.0, 0.3, 20.0, -1.0, float("inf")]),
)  # fmt: skip
NAMES = ("symbol", "date", "open", "high", "low", "close", "volume", "adjusted_close", "split", "dividend")


def three_symbols() -> list[pa.Table]:
    first, second, third = walk(seed=1).pay(0.02, 100), walk(seed=2), walk(seed=3)
    first.dividend[100] *= 100
    second.scale(slice(0, 50), 100.0)
    third.split[60] = 4.0
    third.scale(slice(0, 60), 4.0)
    return [series.table(name) for name, series in (("A", first), ("B", second), ("C", third))]


def told(inspection: Inspection, symbol: str) -> list[dict[str, object]]:
    rows = inspection.findings.drop_columns(["row"]).to_pylist()
    return [row for row in rows if row["symbol"] == symbol]


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, max_size=25))
def test_any_garbage_is_kept_or_quarantined_with_a_reason(rows: list[tuple[object, ...]]) -> None:
    kinds = [pa.string(), pa.int32(), *[pa.float64()] * 8]
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
    columns[1] = columns[1].cast(pa.date32())
    inspection = inspect(pa.table(columns, names=list(NAMES)), settings=SPLIT_ADJUSTED)
    assert inspection.bars.num_rows + inspection.quarantine.num_rows == len(rows)
    assert inspection.quarantine["reason"].null_count == 0
    assert np.all(np.isfinite(inspection.bars["close"].to_numpy()))
    assert inspection.bars.schema == BARS
    assert inspection.quarantine.schema == QUARANTINE


def test_symbols_do_not_matter_to_each_other() -> None:
    tables = three_symbols()
    together = inspect(pa.concat_tables(tables), settings=SPLIT_ADJUSTED)
    for name, table in zip("ABC", tables, strict=True):
        assert told(together, name) == told(inspect(table, settings=SPLIT_ADJUSTED), name)


def test_order_of_rows_does_not_matter() -> None:
    table = pa.concat_tables(three_symbols())
    turned = inspect(table.take(list(range(table.num_rows - 1, -1, -1))), settings=SPLIT_ADJUSTED)
    assert turned.bars.equals(inspect(table, settings=SPLIT_ADJUSTED).bars)


def test_mended_bars_have_no_faults_left() -> None:
    first = inspect(pa.concat_tables(three_symbols()), settings=SPLIT_ADJUSTED)
    again = inspect(first.bars.drop_columns(["vendor_adjusted_close"]), settings=SPLIT_ADJUSTED)
    assert set(again.findings["check"].to_pylist()) <= {"missing_dividend", "dividend_size"}


def test_report_counts_rows_by_day_symbol_check_and_outcome() -> None:
    series = walk(rows=30)
    series.scale([10], 100.0)
    inspection = inspect(series.table(), settings=SPLIT_ADJUSTED, run="2024-01-02")
    assert inspection.report.schema == REPORT
    rows = inspection.report.to_pylist()
    assert [(row["run"], row["check"], row["rows"], row["outcome"]) for row in rows] == [
        ("2024-01-02", "unit_100x", 1, "fixed")
    ]


def test_profile_tells_of_each_column() -> None:
    series = walk(rows=30)
    series.volume[3] = 0
    rows = {row["column"]: row for row in inspect(series.table()).profile.to_pylist()}
    assert (rows["volume"]["rows"], rows["volume"]["zero"], rows["volume"]["minimum"]) == (30, 1, 0.0)
    assert rows["close"]["maximum"] == series.close.max()


def test_no_rows_give_no_rows() -> None:
    inspection = inspect(walk(rows=5).table().slice(0, 0))
    assert (inspection.bars.num_rows, inspection.quarantine.num_rows, inspection.findings.num_rows) == (0, 0, 0)
