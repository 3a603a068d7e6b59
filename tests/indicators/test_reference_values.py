"""Every indicator agrees with the reference results: windowed ones on every row, recursive ones after 250 rows at most.

Reference: DaveSkender/Stock.Indicators, 502 daily bars, in ../shared/data.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from surveillance.indicators import Bars, request

DATA = Path(__file__).parents[2].parent / "shared/data/reference_indicators"
RELATIVE = 1e-6
SETTLED = {
    "dema": 70, "tema": 140, "macd": 150, "adx": 195, "adxr": 210, "dx": 190, "plus_di": 155, "minus_di": 140,
}  # fmt: skip
"""Rows after which a recursive indicator that is begun otherwise agrees; all others agree on every row."""
CASES = [
    ("sma:20", "sma", {"sma_20": "sma"}),
    ("ema:20", "ema", {"ema_20": "ema"}),
    ("wma:14", "wma", {"wma_14": "wma"}),
    ("hma:14", "hma", {"hma_14": "hma"}),
    ("dema:14", "dema", {"dema_14": "dema"}),
    ("tema:20", "tema", {"tema_20": "tema"}),
    ("macd", "macd", {"macd": "macd", "macd_signal": "signal", "macd_histogram": "histogram"}),
    ("rsi:14", "rsi", {"rsi_14": "rsi"}),
    ("stochastic", "stoch", {"stochastic_k_14": "k", "stochastic_d_14": "d"}),
    ("stochastic_j", "stoch", {"stochastic_j_14": "j"}),
    ("cci:20", "cci", {"cci_20": "cci"}),
    ("williams_r", "willr", {"williams_r_14": "williamsR"}),
    ("roc:14", "roc", {"roc_14": "roc"}),
    ("momentum:14", "roc", {"momentum_14": "momentum"}),
    ("true_range", "tr", {"true_range": "tr"}),
    ("atr:14", "atr", {"atr_14": "atr"}),
    ("atr_percent:14", "atr", {"atr_percent_14": "atrp"}),
    ("stdev:14", "stdev", {"stdev_14": "stdDev"}),
    ("zscore:14", "stdev", {"zscore_14": "zScore"}),
    (
        "bollinger",
        "bb",
        {"bollinger_upper_20": "upperBand", "bollinger_middle_20": "sma", "bollinger_lower_20": "lowerBand"},
    ),
    (
        "donchian:20",
        "donchian",
        {"donchian_upper_20": "upperBand", "donchian_middle_20": "centerline", "donchian_lower_20": "lowerBand"},
    ),
    ("adx:14", "adx", {"adx_14": "adx"}),
    ("adxr:14", "adx", {"adxr_14": "adxr"}),
    ("dx:14", "adx", {"dx_14": "dx"}),
    ("plus_di:14", "adx", {"plus_di_14": "pdi"}),
    ("minus_di:14", "adx", {"minus_di_14": "mdi"}),
    ("obv", "obv", {"obv": "obv"}),
    ("mfi:14", "mfi", {"mfi_14": "mfi"}),
    ("vwap", "vwap", {"vwap": "vwap"}),
    ("doji_by_percent", "doji", {"doji_by_percent": "match"}),
    ("marubozu_by_percent", "marubozu", {"marubozu_by_percent": "match"}),
]
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="../shared/data/reference_indicators is not here")


@pytest.fixture(scope="module")
def bars() -> Bars:
    with (DATA / "default.csv").open() as file:
        rows = list(csv.DictReader(file))
    return Bars(*(np.array([float(row[name]) for row in rows]) for name in Bars._fields))


@pytest.mark.parametrize(("text", "file", "columns"), CASES, ids=[case[0] for case in CASES])
def test_reference_bars_give_the_reference_values(text: str, file: str, columns: dict[str, str], bars: Bars) -> None:
    asked = request(text)
    found = dict(zip(asked.columns, asked.compute(bars), strict=True))
    assert set(found) == set(columns)
    told = json.loads((DATA / f"{file}.standard.json").read_text())
    settled = SETTLED.get(asked.indicator.name, 0)
    assert settled <= 250
    assert asked.indicator.kind == "recursive" or not settled
    for column, field in columns.items():
        expected = np.array([np.nan if row[field] is None else row[field] for row in told], np.float64)
        if file == "doji":
            expected *= 100.0
        values = found[column]
        assert (np.isnan(values) == np.isnan(expected))[settled:].all()
        error = np.abs(values - expected)[settled:]
        assert (error[~np.isnan(error)] <= RELATIVE * np.abs(expected)[settled:][~np.isnan(error)]).all()


def test_every_reference_file_has_a_case() -> None:
    names = {path.name.split(".")[0] for path in DATA.glob("*.standard.json")}
    assert {case[1] for case in CASES} == names
