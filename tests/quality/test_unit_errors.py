"""Prices 100 times off are found and mended to the penny; large true moves are left alone."""

import numpy as np
import pytest

from tests.quality.series import found, repaired, walk

PRICES = ("open", "high", "low", "close")


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_single_row_in_another_unit_is_mended(factor: float) -> None:
    series = walk()
    truth = series.close[100]
    series.scale([100], factor)
    inspection = series.inspected()
    assert found(inspection) == {"unit_100x": {100}}
    assert repaired(inspection, "unit_100x", "close")[100] == pytest.approx(truth)
    assert inspection.bars["close"][100].as_py() == pytest.approx(truth)
    assert inspection.bars["repaired"][100].as_py() is True
    assert inspection.bars["flags"][100].as_py() == "unit_100x"


def test_earlier_rows_in_another_unit_follow_the_latest() -> None:
    series = walk()
    series.scale(slice(0, 250), 100.0)
    assert found(series.inspected()) == {"unit_100x": set(range(250))}


def test_last_two_rows_in_another_unit_do_not_rule_the_others() -> None:
    series = walk()
    series.scale(slice(298, 300), 100.0)
    assert found(series.inspected()) == {"unit_100x": {298, 299}}


def test_alternating_units_follow_the_most_frequent() -> None:
    series = walk()
    rows = np.flatnonzero(np.random.default_rng(3).random(300) < 0.3)
    rows = np.union1d(rows, [296, 297, 298, 299])
    series.scale(rows.tolist(), 100.0)
    assert found(series.inspected()) == {"unit_100x": set(rows.tolist())}


@pytest.mark.parametrize("column", PRICES)
def test_single_price_of_a_row_is_mended(column: str) -> None:
    series = walk()
    getattr(series, column)[50] *= 100
    assert set(repaired(series.inspected(), "unit_100x", column)) == {50}


@pytest.mark.parametrize(("factor", "is_unit"), [(60.0, False), (75.0, True), (133.0, True), (160.0, False)])
def test_only_steps_near_a_hundred_are_units(factor: float, is_unit: bool) -> None:
    series = walk(volatility=0.004)
    series.scale(slice(200, 300), factor)
    assert ("unit_100x" in found(series.inspected())) is is_unit


def test_without_faults_nothing_is_found() -> None:
    for seed in range(5):
        assert found(walk(seed=seed, volatility=0.03).inspected()) == {}
