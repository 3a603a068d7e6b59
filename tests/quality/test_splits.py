"""Splits that a vendor applied in part, twice or not at all; and split records that prices deny."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from surveillance.quality import Settings, inspect

from tests.quality.series import found, repaired, walk

RAW = Settings(basis="raw")


@pytest.mark.parametrize("ratio", [4.0, 0.1, 1.5, 0.0001])
def test_split_not_applied_to_earlier_rows_is_applied(ratio: float) -> None:
    series = walk()
    truth = series.close.copy()
    series.split[120] = ratio
    series.scale(slice(0, 120), ratio)
    series.volume[:120] /= ratio
    inspection = series.inspected()
    assert found(inspection) == {"split_adjustment": set(range(120))}
    assert np.allclose(inspection.bars["close"].to_numpy(), truth)
    assert inspection.bars["volume"][0].as_py() == pytest.approx(series.volume[0] * ratio, abs=1)


@pytest.mark.parametrize("late", [-6, 0, 5])
def test_split_applied_twice_or_on_another_day_is_undone(late: int) -> None:
    series = walk()
    series.split[120] = 3.0
    series.scale(slice(0, 120 + late), 1 / 3)
    assert found(series.inspected()) == {"split_adjustment": set(range(120 + late))}


def test_rows_that_the_split_missed_are_mended_alone() -> None:
    series = walk()
    series.split[120] = 0.1
    series.scale([118, 119], 0.1)
    assert found(series.inspected()) == {"split_adjustment": {118, 119}}


def test_split_well_applied_is_left_alone() -> None:
    series = walk(volatility=0.03)
    series.split[120] = 2.0
    assert found(series.inspected()) == {}


def test_steps_far_from_any_split_are_no_split_errors() -> None:
    series = walk()
    series.split[120] = 2.0
    series.scale(slice(0, 170), 2.0)
    assert "split_adjustment" not in found(series.inspected())


def test_raw_prices_must_show_their_split() -> None:
    series = walk()
    series.trade(slice(0, 120), 2.0)
    series.split[120] = 2.0
    inspection = series.inspected(RAW)
    assert found(inspection) == {}
    assert set(inspection.bars["split_factor"].to_pylist()[:120]) == {0.5}
    assert inspection.bars["adjusted_close"][0].as_py() == pytest.approx(series.close[0] / 2)


def test_raw_split_that_prices_do_not_show_is_left_out() -> None:
    series = walk()
    series.split[120] = 2.0
    inspection = series.inspected(RAW)
    assert found(inspection) == {"split_without_step": {120}}
    assert set(inspection.bars["split_factor"].to_pylist()) == {1.0}


def test_raw_split_on_the_wrong_day_is_moved() -> None:
    series = walk()
    series.trade(slice(0, 123), 2.0)
    series.split[120] = 2.0
    inspection = series.inspected(RAW)
    assert found(inspection) == {"split_date": {120}}
    assert inspection.bars["split_factor"].to_pylist()[122:124] == [0.5, 1.0]


def test_split_missing_from_raw_records_is_taken_from_the_adjusted_close() -> None:
    series = walk()
    series.trade(slice(0, 120), 2.0)
    inspection = series.inspected(RAW)
    assert found(inspection) == {"missing_split": {120}}
    assert repaired(inspection, "missing_split", "split") == {120: pytest.approx(2.0)}
    assert np.allclose(inspection.bars["adjusted_close"].to_numpy(), series.adjusted)


def test_split_missing_without_adjusted_close_is_flagged() -> None:
    series = walk(volatility=0.008)
    series.trade(slice(0, 120), 2.0)
    table = series.table().drop_columns(["adjusted_close"])
    assert found(inspect(table, settings=RAW)) == {"missing_split": {120}}


def test_splits_table_of_days_without_trading_takes_effect_on_the_next_row() -> None:
    series = walk(rows=20)
    series.trade(slice(0, 10), 2.0)
    day = date(1970, 1, 1) + timedelta(days=int(series.day[9]) + 1)
    splits = pa.table(
        {"symbol": ["A", "A", "B"], "execution_date": [day, day, day], "split_from": [1.0] * 3, "split_to": [2.0] * 3}
    )
    inspection = inspect(series.table().drop_columns(["split"]), splits, settings=RAW)
    assert found(inspection) == {}
    assert inspection.bars["split_factor"].to_pylist()[9:11] == [0.5, 1.0]
