"""Correlations agree with their definitions spelt out, know who leads, and tell a break from noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.microstructure import (
    correlation_break,
    grid_correlation,
    hayashi_yoshida,
    lead_lag,
    on_grid,
    pairs_of,
)
from surveillance.microstructure.correlation import BREAK_Z


def pair_by_pair(x: np.ndarray, s: np.ndarray, y: np.ndarray, t: np.ndarray) -> float:
    """The definition: every change of one by every change of the other whose times overlap."""
    total = 0.0
    for i in range(1, len(x)):
        for j in range(1, len(y)):
            if max(s[i - 1], t[j - 1]) < min(s[i], t[j]):
                total += (np.log(x[i]) - np.log(x[i - 1])) * (np.log(y[j]) - np.log(y[j - 1]))
    return total / np.sqrt((np.diff(np.log(x)) ** 2).sum() * (np.diff(np.log(y)) ** 2).sum())


moments = st.lists(st.integers(0, 60), min_size=2, max_size=25, unique=True).map(sorted)


@settings(max_examples=50, deadline=None)
@given(moments, moments, st.integers(0, 2**32 - 1))
def test_hayashi_yoshida_is_the_sum_over_overlapping_changes(s: list[int], t: list[int], seed: int) -> None:
    chance = np.random.default_rng(seed)
    x, y = chance.uniform(90.0, 110.0, len(s)), chance.uniform(9.0, 11.0, len(t))
    found = hayashi_yoshida(x, s, y, t)
    assert found == pytest.approx(pair_by_pair(x, np.array(s), y, np.array(t)), abs=1e-12)
    assert hayashi_yoshida(y, t, x, s) == pytest.approx(found, abs=1e-12)


def walks(lag: int = 0, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give two prices seen at random times; the second follows the first `lag` later, with some noise of its own."""
    chance = np.random.default_rng(seed)
    path = np.cumsum(chance.normal(0.0, 1e-4, 40_000))
    own = np.cumsum(chance.normal(0.0, 0.5e-4, 40_000))
    s, t = (np.sort(chance.choice(np.arange(100, 40_000), 8000, replace=False)) for _ in range(2))
    return np.exp(path[s]), s, np.exp(path[t - lag] + own[t]), t


def test_asynchronous_ticks_do_not_hide_the_correlation() -> None:
    assert hayashi_yoshida(*walks()) == pytest.approx(1.0 / np.sqrt(1.25), abs=0.05)


@pytest.mark.parametrize("lag", [20, 0])
def test_the_leader_is_found(lag: int) -> None:
    x, s, y, t = walks(lag)
    lags = np.arange(-40, 41, 5)
    told = lead_lag(x, s, y, t, lags)
    assert told.lag_ns == lag
    mirrored = lead_lag(y, t, x, s, lags)
    assert mirrored.lag_ns == -lag
    np.testing.assert_allclose(mirrored.correlation[::-1], told.correlation, atol=1e-12)
    assert mirrored.ratio == pytest.approx(1.0 / told.ratio)
    if lag:
        assert told.ratio > 2.0


def test_prices_that_do_not_move_have_no_correlation() -> None:
    assert np.isnan(hayashi_yoshida([1.0, 1.0, 1.0], [1, 2, 3], [1.0, 2.0], [1, 3]))
    told = lead_lag([1.0, 1.0], [1, 2], [1.0, 2.0], [1, 2], [-1, 0, 1])
    assert told.lag_ns is None
    assert np.isnan(told.correlation).all()
    assert np.isnan(told.ratio)


def test_grid_correlation_is_pearson_s_over_shared_intervals() -> None:
    chance = np.random.default_rng(3)
    prices = np.exp(np.cumsum(chance.normal(0.0, 0.01, (60, 4)), axis=0))
    prices[:, 1] = prices[:, 0] ** 2
    prices[30:, 2] = np.nan
    prices[:, 3] = 5.0
    found = grid_correlation(prices)
    assert found[0, 1] == pytest.approx(1.0)
    returns = np.diff(np.log(prices[:30]), axis=0)
    assert found[0, 2] == pytest.approx(np.corrcoef(returns[:, 0], returns[:, 2])[0, 1])
    assert np.isnan(found[3]).all()
    assert pairs_of(prices)[0].tolist() == [59.0, 59.0, 29.0, 59.0]
    np.testing.assert_array_equal(found, found.T)


def test_a_grid_takes_the_last_price_known() -> None:
    told = on_grid([10.0, np.nan, 12.0], [5, 7, 9], [4, 5, 8, 9, 100])
    assert np.isnan(told[0])
    assert told[1:].tolist() == [10.0, 10.0, 12.0, 12.0]


def test_a_break_is_three_standard_errors_and_no_less() -> None:
    step = BREAK_Z * np.sqrt(2.0 / 100.0)
    assert correlation_break([0.0], [103], [np.tanh(step)], [103])[0] == pytest.approx(BREAK_Z)
    assert abs(correlation_break([0.9], [103], [0.85], [103])[0]) < BREAK_Z
    assert correlation_break([1.0], [103], [0.0], [103])[0] == -np.inf
    assert np.isnan(correlation_break([0.5], [3], [0.1], [103])[0])
