"""Indicators agree with their formulas written out row by row."""

from collections.abc import Callable
from math import isqrt

import numpy as np
import pytest
from surveillance.indicators import Bars, request

from tests.indicators.bars import bars_of, first_rows

BARS = bars_of(1)
Floats = np.ndarray


def windows(bars: Bars, period: int, tell: Callable[[Bars], float], first: int | None = None) -> Floats:
    rows = len(bars.close)
    found = np.full(rows, np.nan)
    for end in range((period if first is None else first), rows + 1):
        found[end - 1] = tell(Bars(*(column[end - period : end] for column in bars)))
    return found


def smoothed(values: Floats, period: int, share: float) -> Floats:
    """Begin with the mean of the first period's values and move by so large a share."""
    found = np.full(len(values), np.nan)
    first = int(np.argmax(~np.isnan(values)))
    found[first + period - 1] = values[first : first + period].mean()
    for row in range(first + period, len(values)):
        found[row] = found[row - 1] + share * (values[row] - found[row - 1])
    return found


def ema(values: Floats, period: int) -> Floats:
    return smoothed(values, period, 2 / (period + 1))


def wilder(values: Floats, period: int) -> Floats:
    return smoothed(values, period, 1 / period)


def weighted(values: Floats, period: int) -> Floats:
    weights = np.arange(1, period + 1)
    found = np.full(len(values), np.nan)
    for end in range(period, len(values) + 1):
        found[end - 1] = (values[end - period : end] * weights).sum() / weights.sum()
    return found


def typical(bars: Bars) -> Floats:
    return (bars.high + bars.low + bars.close) / 3


def true_range() -> Floats:
    before = np.concatenate([[np.nan], BARS.close[:-1]])
    return np.maximum(BARS.high - BARS.low, np.maximum(abs(BARS.high - before), abs(BARS.low - before)))


def rsi() -> Floats:
    change = np.concatenate([[np.nan], np.diff(BARS.close)])
    up, down = wilder(np.clip(change, 0, None), 14), wilder(np.clip(-change, 0, None), 14)
    return 100 * up / (up + down)


def raw_k(bars: Bars) -> float:
    return 100 * (bars.close[-1] - bars.low.min()) / (bars.high.max() - bars.low.min())


def cci(bars: Bars) -> float:
    price = typical(bars)
    return (price[-1] - price.mean()) / (0.015 * np.abs(price - price.mean()).mean())


def mfi(bars: Bars) -> float:
    price = typical(bars)
    flow, change = (price * bars.volume)[1:], np.round(np.diff(price), 9)
    up, down = flow[change > 0].sum(), flow[change < 0].sum()
    return 100 * up / (up + down)


def mean_of(values: Floats, period: int) -> Floats:
    return np.array([np.nan] * (period - 1) + [values[n : n + period].mean() for n in range(len(values) - period + 1)])


K = mean_of(windows(BARS, 14, raw_k), 3)
EMA = ema(BARS.close, 20)
EXPECTED = {
    "sma:7": windows(BARS, 7, lambda b: b.close.mean()),
    "ema:20": EMA,
    "wma:9": weighted(BARS.close, 9),
    "hma:20": weighted(2 * weighted(BARS.close, 10) - weighted(BARS.close, 20), isqrt(20)),
    "dema:20": 2 * EMA - ema(EMA, 20),
    "tema:20": 3 * EMA - 3 * ema(EMA, 20) + ema(ema(EMA, 20), 20),
    "rsi": rsi(),
    "stochastic": K,
    "cci": windows(BARS, 20, cci),
    "williams_r": windows(BARS, 14, lambda b: raw_k(b) - 100),
    "roc:5": windows(BARS, 6, lambda b: 100 * (b.close[-1] / b.close[0] - 1)),
    "momentum:5": windows(BARS, 6, lambda b: b.close[-1] - b.close[0]),
    "true_range": true_range(),
    "atr:10": wilder(true_range(), 10),
    "stdev:14": windows(BARS, 14, lambda b: b.close.std()),
    "zscore:14": windows(BARS, 14, lambda b: (b.close[-1] - b.close.mean()) / b.close.std()),
    "bollinger:20,2.5": windows(BARS, 20, lambda b: b.close.mean() + 2.5 * b.close.std()),
    "donchian:20": windows(BARS, 21, lambda b: b.high[:-1].max()),
    "mfi": windows(BARS, 15, mfi),
    "vwap": np.cumsum(typical(BARS) * BARS.volume) / np.cumsum(BARS.volume),
    "obv": np.cumsum(np.concatenate([[0.0], np.sign(np.diff(BARS.close)) * BARS.volume[1:]])),
    "doji_by_percent:0.3": np.where(abs(BARS.close / BARS.open - 1) <= 0.003, 100.0, 0.0),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_generated_bars_give_the_formulas_values(text: str) -> None:
    np.testing.assert_allclose(request(text).compute(BARS)[0], EXPECTED[text], rtol=1e-9, atol=1e-9)


def test_second_stochastic_line_is_the_mean_of_the_first() -> None:
    np.testing.assert_allclose(request("stochastic").compute(BARS)[1][17:], mean_of(K[15:], 3)[2:], rtol=1e-9)


def test_lower_bands_mirror_or_bound_the_upper_ones() -> None:
    upper, middle, lower = request("bollinger:20,3").compute(BARS)
    np.testing.assert_allclose(upper - middle, middle - lower, rtol=1e-9)
    upper, middle, lower = request("donchian:5").compute(BARS)
    assert same_floor(lower[5:], [BARS.low[n : n + 5].min() for n in range(len(BARS.low) - 5)])
    np.testing.assert_allclose(middle, (upper + lower) / 2, rtol=1e-12)


def same_floor(one: Floats, other: list[float]) -> bool:
    return bool((one == np.array(other)).all())


def test_macd_lines_add_up() -> None:
    line, signal, histogram = request("macd").compute(BARS)
    np.testing.assert_allclose(histogram, line - signal, atol=1e-9)
    np.testing.assert_allclose(line[200:], (ema(BARS.close, 12) - ema(BARS.close, 26))[200:], atol=1e-5)


def test_steady_rise_is_all_plus_direction() -> None:
    close = np.arange(100.0, 160.0)
    rising = Bars(close - 0.5, close + 0.5, close - 1.0, close, np.full(60, 1e3))
    assert request("minus_di").compute(rising)[0][-1] == 0.0
    assert request("adx").compute(rising)[0][-1] == pytest.approx(100.0)
    assert request("rsi").compute(rising)[0][-1] == pytest.approx(100.0)


def test_nothing_traded_yet_has_no_average_price() -> None:
    bars = first_rows(BARS, 6)._replace(volume=np.array([0.0, 0.0, 0.0, 10.0, 0.0, 10.0]))
    found = request("vwap").compute(bars)[0]
    assert np.isnan(found[:3]).all()
    np.testing.assert_allclose(found[3:5], typical(bars)[3])


def test_flat_prices_have_no_distance_from_their_mean() -> None:
    flat = np.full(30, 50.0)
    assert np.isnan(request("zscore").compute(Bars(flat, flat, flat, flat, flat))[0]).all()


def test_body_that_is_just_enough_of_the_range_is_a_marubozu() -> None:
    opened, high, low = np.array([10.0, 10.0, 10.25]), np.array([11.0, 11.0, 11.0]), np.array([10.0, 10.0, 10.0])
    close = np.array([10.75, 10.625, 10.0])
    bars = Bars(opened, high, low, close, np.ones(3))
    assert request("marubozu_by_percent:75").compute(bars)[0].tolist() == [100.0, 0.0, 0.0]
    assert request("marubozu_by_percent:25").compute(bars)[0].tolist() == [100.0, 100.0, -100.0]


def test_hammer_and_engulfing_candles_are_found_after_their_warm_up() -> None:
    close = np.concatenate([np.linspace(60, 41, 20), [40.0, 43.0]])
    opened = np.concatenate([np.linspace(61, 42, 20), [41.0, 39.5]])
    high, low = np.maximum(opened, close) + 0.2, np.minimum(opened, close) - 0.2
    found = request("cdl_engulfing").compute(Bars(opened, high, low, close, np.ones(22)))[0]
    assert found[-1] == 100.0
    assert np.isnan(found[: request("cdl_engulfing").warm_up]).all()
    assert (found[request("cdl_engulfing").warm_up : -1] == 0.0).all()
