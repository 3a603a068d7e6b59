"""Rows that can't be right by themselves: where each goes, and that none is lost."""

import numpy as np
import pyarrow as pa
import pytest
from surveillance.quality import Settings, inspect

from tests.quality.series import SPLIT_ADJUSTED, found, repaired, walk

PLAIN = ("symbol", "date", "open", "high", "low", "close", "volume")


def week_days(first: int, last: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    days = np.arange(first, last + 1)
    return days[(days - 19_000) % 7 < 5]


def test_repeated_row_goes_to_quarantine_and_the_later_stays() -> None:
    table = walk(rows=30).table()
    again = table.slice(10, 1)
    changed = again.set_column(again.column_names.index("close"), "close", pa.array([1.01 * again["close"][0].as_py()]))
    changed = changed.set_column(changed.column_names.index("high"), "high", pa.array([2.0 * again["high"][0].as_py()]))
    inspection = inspect(pa.concat_tables([table, again, changed]).drop_columns(["adjusted_close"]))
    assert [row["reason"] for row in inspection.quarantine.to_pylist()] == ["duplicate", "conflicting_duplicate"]
    assert inspection.bars["close"][10].as_py() == changed["close"][0].as_py()
    assert inspection.bars.num_rows == 30


def test_newest_first_is_an_order_and_one_row_astray_is_not() -> None:
    table = walk(rows=30).table()
    turned = table.take(list(range(29, -1, -1)))
    assert found(inspect(turned, settings=SPLIT_ADJUSTED)) == {}
    astray = table.take([*range(10), 20, *range(10, 20), *range(21, 30)])
    inspection = inspect(astray, settings=SPLIT_ADJUSTED)
    assert found(inspection) == {"out_of_order": {10}}
    assert inspection.bars["date"].to_pylist() == table["date"].to_pylist()


def test_row_without_a_date_or_symbol_goes_to_quarantine() -> None:
    table = walk(rows=10).table()
    dates = pa.array([None, *table["date"].to_pylist()[1:]], pa.date32())
    symbols = pa.array(["A"] * 9 + [None])
    table = table.set_column(1, "date", dates).set_column(0, "symbol", symbols)
    inspection = inspect(table, settings=SPLIT_ADJUSTED)
    assert sorted(row["reason"] for row in inspection.quarantine.to_pylist()) == [
        "bad_timestamp:date",
        "missing_symbol",
    ]
    assert inspection.bars.num_rows == 8


def test_stamp_in_seconds_is_read_as_such() -> None:
    table = walk(rows=10).table()
    stamps = table["date"].cast(pa.int32()).to_numpy().astype(np.int64) * 86_400_000 + 72_000_000
    right = pa.array(stamps.copy(), pa.int64()).cast(pa.timestamp("ms"))
    stamps[4] //= 1_000
    inspection = inspect(table.append_column("ts", pa.array(stamps).cast(pa.timestamp("ms"))), settings=SPLIT_ADJUSTED)
    assert found(inspection) == {"timestamp_unit": {4}}
    assert inspection.bars["ts"].to_pylist() == right.to_pylist()


def test_days_without_session_are_quarantined_and_sessions_without_row_reported() -> None:
    table = walk(rows=20).table()
    days = table["date"].cast(pa.int32()).to_numpy().copy()
    kept = table.take([row for row in range(20) if row not in (7, 8)])
    saturday = table.slice(4, 1).set_column(1, "date", pa.array([days[4] + 1], pa.int32()).cast(pa.date32()))
    inspection = inspect(pa.concat_tables([kept, saturday]), settings=SPLIT_ADJUSTED, sessions=week_days)
    assert found(inspection) == {"missing_session": {None}, "non_trading_day": {18}, "out_of_order": {18}}
    missing = [row["date"] for row in inspection.findings.to_pylist() if row["check"] == "missing_session"]
    assert missing == table["date"].take([7, 8]).to_pylist()
    assert inspection.quarantine["reason"].to_pylist() == ["non_trading_day:date"]


@pytest.mark.parametrize("bad", [None, 0.0, -3.0, float("nan"), float("inf")])
def test_row_without_a_close_goes_to_quarantine(bad: float | None) -> None:
    table = walk(rows=20).table().select(PLAIN)
    closes = table["close"].to_pylist()
    closes[5] = bad
    inspection = inspect(table.set_column(5, "close", pa.array(closes)), settings=SPLIT_ADJUSTED)
    assert inspection.bars.num_rows == 19
    assert inspection.quarantine.num_rows == 1


@pytest.mark.parametrize("bad", [None, 0.0, -3.0])
def test_missing_open_high_or_low_is_filled_from_the_row(bad: float | None) -> None:
    series = walk(rows=20)
    table = series.table().select(PLAIN)
    for column, wanted in (
        ("open", series.close[5]),
        ("high", max(series.open[5], series.close[5])),
        ("low", min(series.open[5], series.close[5])),
    ):
        values = table[column].to_pylist()
        values[5] = bad
        place = table.column_names.index(column)
        inspection = inspect(table.set_column(place, column, pa.array(values)), settings=SPLIT_ADJUSTED)
        assert inspection.bars[column][5].as_py() == wanted
        assert repaired(inspection, "missing_value", column) == {5: wanted}


def test_high_below_low_is_flagged_and_a_close_just_outside_is_noted() -> None:
    series = walk(rows=40)
    series.high[5], series.low[5] = series.low[5], series.high[5]
    series.close[20] = series.high[20] * 1.0099
    series.close[30] = series.high[30] * 1.0101
    series.adjust()
    inspection = series.inspected()
    assert found(inspection) == {"price_order": {5, 30}}
    notes = [row["row"] for row in inspection.findings.to_pylist() if row["outcome"] == "noted"]
    assert notes == [20]
    bars = inspection.bars
    for name in ("open", "close", "low"):
        assert np.all(bars["adjusted_high"].to_numpy() >= bars[f"adjusted_{name}"].to_numpy())


def test_rare_zero_volume_with_a_moving_price_is_flagged_and_usual_one_noted() -> None:
    series = walk(rows=100)
    series.volume[50] = 0
    assert found(series.inspected()) == {"zero_volume": {50}}
    series.volume[::10] = 0
    assert found(series.inspected()) == {}


def test_negative_volume_becomes_unknown() -> None:
    series = walk(rows=100)
    series.volume[50] = -1
    inspection = series.inspected()
    assert found(inspection) == {"negative_volume": {50}, "zero_volume": {50}}
    assert inspection.bars["volume"][50].as_py() is None


def test_spikes_and_unexplained_steps_are_flagged_once() -> None:
    series = walk(rows=100)
    series.scale([40], 0.8)
    series.scale(slice(70, 100), 4.7)
    assert found(series.inspected()) == {"price_spike": {40}, "price_step": {70}}


def test_split_and_dividend_of_a_quarantined_row_take_effect_on_the_next() -> None:
    series = walk(rows=60).pay(0.04, 30)
    series.close[30] = np.nan
    series.dividend[30] = 0.04 * series.close[29]
    inspection = inspect(series.table().drop_columns(["adjusted_close"]), settings=Settings(basis="split_adjusted"))
    assert inspection.bars["dividend_factor"].to_pylist()[28:31] == [pytest.approx(0.96), pytest.approx(0.96), 1.0]
