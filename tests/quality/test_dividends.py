"""Dividends that are missing, of the wrong size, never paid or wrongly adjusted for; good ones are left alone."""

import numpy as np
import pytest

from tests.quality.series import Series, found, repaired, walk

EX_DATES = (40, 100, 160, 220)


def paying(share: float = 0.02, volatility: float = 0.008) -> Series:
    return walk(volatility=volatility).pay(share, *EX_DATES)


def adjusted_by(series: Series, dividend: np.ndarray) -> None:  # type: ignore[type-arg]
    stated, series.dividend = series.dividend, dividend
    series.adjust()
    series.dividend = stated


@pytest.mark.parametrize("share", [0.0003, 0.004, 0.02, 0.08, 0.4])
def test_dividends_without_faults_are_left_alone(share: float) -> None:
    inspection = paying(share).inspected()
    assert found(inspection) == {}
    assert np.allclose(
        inspection.bars["adjusted_close"].to_numpy(), inspection.bars["vendor_adjusted_close"].to_numpy()
    )


def test_dividend_missing_from_the_adjustment_taints_all_earlier_rows() -> None:
    series = paying()
    truth = series.adjusted.copy()
    wrong = series.dividend.copy()
    wrong[160] = 0
    adjusted_by(series, wrong)
    inspection = series.inspected()
    assert found(inspection) == {"dividend_not_adjusted": {160}, "tainted_adjusted_close": set(range(160))}
    assert np.allclose(inspection.bars["vendor_adjusted_close"].to_numpy(), truth)
    assert np.allclose(inspection.bars["adjusted_close"].to_numpy(), truth)


@pytest.mark.parametrize("factor", [0.01, 3.0, 0.4])
def test_adjustment_of_the_wrong_size_taints_all_earlier_rows(factor: float) -> None:
    series = paying()
    adjusted_by(series, series.dividend * factor)
    inspection = series.inspected()
    assert found(inspection)["tainted_adjusted_close"] == set(range(220))
    assert found(inspection)["dividend_adjustment"] == set(EX_DATES)


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_dividends_in_another_unit_than_the_adjustment_are_mended_alone(factor: float) -> None:
    series = paying(0.01)
    truth = series.dividend[100]
    series.dividend *= factor
    inspection = series.inspected()
    assert found(inspection) == {"dividend_size": set(EX_DATES)}
    assert repaired(inspection, "dividend_size", "dividend")[100] == pytest.approx(truth)


def test_dividend_a_hundred_times_too_large_everywhere_is_seen_by_the_price() -> None:
    series = paying(0.003)
    truth = series.adjusted.copy()
    series.dividend[160] *= 100
    series.adjust()
    inspection = series.inspected()
    assert found(inspection) == {"dividend_size": {160}, "tainted_adjusted_close": set(range(160))}
    assert np.allclose(inspection.bars["vendor_adjusted_close"].to_numpy(), truth)


def test_dividends_a_hundred_times_too_small_everywhere_are_seen_together() -> None:
    series = paying(0.03)
    series.dividend /= 100
    series.adjust()
    assert found(series.inspected()) == {"dividend_size": set(EX_DATES), "tainted_adjusted_close": set(range(220))}


def test_one_hundredth_among_regular_dividends_is_mended() -> None:
    series = paying()
    series.dividend[160] /= 100
    series.adjust()
    assert found(series.inspected())["dividend_size"] == {160}


def test_small_dividend_between_regular_ones_is_left_alone() -> None:
    series = paying().pay(0.0002, 70)
    assert found(series.inspected()) == {}


def test_second_dividend_within_days_is_a_phantom() -> None:
    series = paying(0.05)
    series.dividend[161] = series.dividend[160] * 1.05
    series.adjust()
    inspection = series.inspected()
    assert found(inspection) == {"phantom_dividend": {161}, "tainted_adjusted_close": set(range(161))}
    assert repaired(inspection, "phantom_dividend", "dividend") == {161: 0.0}


def test_dividend_missing_from_the_list_is_taken_from_the_adjustment() -> None:
    series = paying()
    truth = series.dividend[160]
    series.dividend[160] = 0
    inspection = series.inspected()
    assert found(inspection) == {"missing_dividend": {160}}
    assert repaired(inspection, "missing_dividend", "dividend")[160] == pytest.approx(truth)
    assert np.allclose(inspection.bars["adjusted_close"].to_numpy(), series.adjusted)


def test_dividend_of_before_a_split_is_divided_by_it() -> None:
    series = paying(0.013)
    series.split[160] = 5.0
    series.dividend[160] *= 5
    assert found(series.inspected()) == {"dividend_size": {160}}


def test_dividend_on_another_day_than_its_adjustment_is_moved() -> None:
    series = paying(0.06)
    series.dividend[163], series.dividend[160] = series.dividend[160], 0.0
    assert found(series.inspected()) == {"dividend_date": {160, 163}}


def test_capital_gains_counted_twice_are_taken_out_of_the_adjustment() -> None:
    series = paying(0.05)
    truth = series.adjusted.copy()
    gains = 0.6 * series.dividend
    adjusted_by(series, series.dividend + gains)
    from surveillance.quality import inspect

    from tests.quality.series import SPLIT_ADJUSTED

    inspection = inspect(series.table().append_column("capital_gain", [gains]), settings=SPLIT_ADJUSTED)
    assert found(inspection)["tainted_adjusted_close"] == set(range(220))
    assert np.allclose(inspection.bars["vendor_adjusted_close"].to_numpy(), truth)


def test_without_adjusted_close_only_the_price_speaks() -> None:
    series = paying(0.003)
    series.dividend[160] *= 100
    from surveillance.quality import inspect

    from tests.quality.series import SPLIT_ADJUSTED

    table = series.table().drop_columns(["adjusted_close"])
    assert found(inspect(table, settings=SPLIT_ADJUSTED)) == {"dividend_size": {160}}


def test_one_row_of_adjusted_close_off_is_mended_alone() -> None:
    series = paying()
    truth = series.adjusted[70]
    series.adjusted[70] *= 0.9
    inspection = series.inspected()
    assert found(inspection) == {"adjusted_close": {70}}
    assert repaired(inspection, "adjusted_close", "adjusted_close")[70] == pytest.approx(truth)


def test_close_outside_its_range_that_the_adjusted_close_denies_is_mended() -> None:
    series = paying()
    truth = series.close[70]
    series.close[70] = series.high[70] * 1.05
    inspection = series.inspected()
    assert found(inspection) == {"close_against_adjusted": {70}, "price_order": {70}}
    assert inspection.bars["close"][70].as_py() == pytest.approx(truth)


def test_weekly_bars_adjust_a_bar_later_without_fault() -> None:
    series = walk(volatility=0.02)
    series.day[:] = 19_000 + 7 * np.arange(300)
    series.pay(0.03, *EX_DATES)
    late = np.zeros(300)
    late[[row + 1 for row in EX_DATES]] = 0.03 * series.close[list(EX_DATES)]
    adjusted_by(series, late)
    assert found(series.inspected()) == {}


def test_price_of_a_symbol_that_did_not_trade_has_no_say() -> None:
    series = walk()
    for prices in series.prices():
        prices[:] = 0.6
    series.volume[:] = 0
    series.dividend[[60, 160]] = 0.03
    adjusted_by(series, series.dividend / 100)
    assert found(series.inspected()) == {
        "dividend_adjustment": {60, 160},
        "tainted_adjusted_close": set(range(160)),
    }
