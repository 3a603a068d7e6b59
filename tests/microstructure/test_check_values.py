"""Each formula gives the values computed by hand for it."""

import numpy as np
import pytest
from surveillance.microstructure import (
    amihud,
    arch_lm,
    effective_spread,
    in_bp,
    kyle_lambda,
    ljung_box,
    mid_price,
    order_flow_imbalance,
    price_impact,
    quoted_spread,
    realised_spread,
    roll_spread,
    vpin,
)


def near(value: float, digits: int) -> object:
    return pytest.approx(value, rel=0.0, abs=0.5 * 10.0**-digits)


def test_quoted_spread_of_four_cents_is_3_9992_bp() -> None:
    spread, mid = quoted_spread([100.00], [100.04]), mid_price([100.00], [100.04])
    assert spread[0] == near(0.04, 12)
    assert in_bp(spread, mid)[0] == near(3.9992, 4)


def test_a_buy_beyond_the_mid_splits_into_realised_and_impact() -> None:
    effective = effective_spread([1], [100.03], [100.02])[0]
    realised = realised_spread([1], [100.03], [100.035])[0]
    impact = price_impact([1], [100.02], [100.035])[0]
    assert effective == near(0.02, 12)
    assert realised == near(-0.01, 12)
    assert impact == near(0.03, 12)
    assert effective == near(realised + impact, 12)


def test_order_flow_of_six_quotes_sums_to_15() -> None:
    quotes = np.array(
        [
            (100.00, 10, 100.01, 12),
            (100.00, 15, 100.01, 12),
            (100.01, 5, 100.02, 8),
            (100.01, 5, 100.02, 6),
            (100.00, 9, 100.02, 6),
            (100.00, 9, 100.01, 4),
        ]
    )
    added = order_flow_imbalance(*quotes.T)
    assert np.isnan(added[0])
    assert added[1:].tolist() == [5.0, 17.0, 2.0, -5.0, -4.0]
    by_level = order_flow_imbalance(*(np.column_stack((column, column)) for column in quotes.T))
    assert by_level[1:].sum(axis=0).tolist() == [15.0, 15.0]


def test_vpin_of_five_buckets() -> None:
    told = vpin([0.05, -0.02, 0.0, 0.10, -0.08], buckets=5)
    assert np.isnan(told[:4]).all()
    assert told[4] == near(0.4751600, 7)


def test_kyle_lambda_through_the_origin_and_with_intercept() -> None:
    change, volume = [0.02, -0.01, 0.03, 0.0, -0.02], [200, -150, 250, 50, -100]
    assert kyle_lambda(change, volume) == near(1.090909e-4, 10)
    assert kyle_lambda(change, volume, intercept=True) == near(1.12e-4, 10)


def test_amihud_of_three_days() -> None:
    assert amihud([0.01, -0.02, 0.005], [1e6, 4e6, 5e5]) == near(0.00833333, 8)


def test_roll_spread_of_a_bounce() -> None:
    assert roll_spread([100, 100.1, 100, 100.1, 100.1, 100, 100.1, 100]) == near(0.175119, 6)


def garch(n: int) -> tuple[np.ndarray, np.ndarray]:
    raw = np.random.RandomState(0).standard_normal(n)
    returns, variance = np.empty(n), 1.0
    for place, each in enumerate(raw):
        if place:
            variance = 0.2 + 0.5 * returns[place - 1] ** 2 + 0.3 * variance
        returns[place] = each * variance**0.5
    return raw, returns


def test_clustered_returns_are_told_from_independent_ones() -> None:
    raw, returns = garch(1000)
    assert arch_lm(returns, 5).statistic == near(201.48908, 5)
    assert ljung_box(returns**2, 10).statistic == near(410.42092, 5)
    assert arch_lm(raw, 5).statistic == near(2.97344, 5)
    assert ljung_box(raw**2, 10).statistic == near(14.42736, 5)
    assert arch_lm(returns, 5).p_value < 1e-40
    assert arch_lm(raw, 5).p_value > 0.5
