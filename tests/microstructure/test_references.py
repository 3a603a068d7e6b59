"""EDGE agrees with bidask, ARCH-LM and Ljung-Box with statsmodels, on generated series and on recorded ones."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from bidask import edge as reference_edge
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox, het_arch
from surveillance.microstructure import arch_lm, edge, ljung_box, log_returns, measure
from surveillance.microstructure.clustering import chi_squared_tail

from tests.microstructure.recorded import SP500, executions, path_of

Bars = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def generated(seed: int, missing: float = 0.0) -> Bars:
    """Give 300 bars of 20 trades each that bounce between bid and ask."""
    chance = np.random.default_rng(seed)
    path = np.exp(np.cumsum(chance.normal(0.0, 0.002, (300, 20)).ravel()).reshape(300, 20))
    price = 100.0 * path * (1.0 + 0.005 * chance.choice((-1.0, 1.0), path.shape))
    if seed % 2:
        price[:, 1:][chance.random((300, 19)) < 0.9] = np.nan
    bars = (price[:, 0], np.nanmax(price, axis=1), np.nanmin(price, axis=1), np.copy(price[:, 0]))
    for row in range(300):
        bars[3][row] = price[row][~np.isnan(price[row])][-1]
    for column in bars:
        column[chance.random(300) < missing] = np.nan
    return bars


def recorded() -> Iterator[Bars]:
    frame = pd.read_csv(path_of(SP500))
    for _, rows in list(frame.groupby("symbol"))[:60]:
        yield tuple(rows[name].to_numpy(np.float64) for name in ("open", "high", "low", "close"))


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_edge_of_generated_bars_is_that_of_bidask(seed: int, missing: float) -> None:
    bars = generated(seed, missing)
    for signed in (False, True):
        assert edge(*bars, signed=signed) == pytest.approx(reference_edge(*bars, sign=signed), rel=1e-9)
    if not missing:
        assert edge(*bars) == pytest.approx(0.01, rel=0.25)


def test_edge_of_recorded_bars_is_that_of_bidask() -> None:
    for bars in recorded():
        found, wanted = edge(*bars, signed=True), reference_edge(*bars, sign=True)
        assert found == pytest.approx(wanted, rel=1e-9, nan_ok=True)


def test_edge_of_bars_that_tell_nothing_is_undefined() -> None:
    flat = np.full(10, 5.0)
    assert np.isnan(edge(flat, flat, flat, flat))
    assert np.isnan(edge(*(column[:2] for column in generated(0))))


def series() -> Iterator[np.ndarray]:
    chance = np.random.default_rng(7)
    for n in (30, 400, 2000):
        yield chance.standard_t(4, n) * np.repeat(chance.uniform(0.5, 2.0, n // 10), 10)


def agrees(returns: np.ndarray) -> None:
    for lags in (1, 5, 12):
        found, wanted = arch_lm(returns, lags), het_arch(returns, nlags=lags, result_object=True)
        assert found.statistic == pytest.approx(wanted.lm, rel=1e-7, abs=1e-9)
        assert found.p_value == pytest.approx(wanted.lmpval, rel=1e-6, abs=1e-300)
        for values in (returns, returns**2):
            told = acorr_ljungbox(values, lags=[lags])
            box = ljung_box(values, lags)
            assert box.statistic == pytest.approx(told["lb_stat"].iloc[0], rel=1e-9)
            assert box.p_value == pytest.approx(told["lb_pvalue"].iloc[0], rel=1e-6, abs=1e-300)


def test_clustering_of_generated_returns_is_that_of_statsmodels() -> None:
    for returns in series():
        agrees(returns)


def test_clustering_of_recorded_returns_is_that_of_statsmodels() -> None:
    trades, quotes, before, _ = executions()
    mids = measure(trades, quotes, quotes_before=before).mid
    returns = log_returns(mids[~np.isnan(mids)]) * 1e4
    assert len(returns) > 380
    agrees(returns)
    for bars in list(recorded())[:10]:
        agrees(log_returns(bars[3]) * 100.0)


@pytest.mark.parametrize("degrees", range(1, 14))
def test_tail_of_chi_squared_is_that_of_scipy(degrees: int) -> None:
    for statistic in (0.0, 0.1, 1.0, 7.5, 40.0, 600.0):
        wanted = stats.chi2.sf(statistic, degrees)
        assert chi_squared_tail(statistic, degrees) == pytest.approx(wanted, rel=1e-9, abs=1e-300)
