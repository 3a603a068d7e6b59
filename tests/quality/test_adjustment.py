"""Factors by hand, and against those that another project published."""

import csv
import io
import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from surveillance.quality import Settings, inspect
from surveillance.quality.adjustment import factors
from surveillance.quality.bars import read_bars

DATA = Path(__file__).parents[3] / "shared" / "data" / "bars"
RAW = Settings(basis="raw")


def table(closes: list[float], symbol: str = "A") -> pa.Table:
    days = pa.array(range(19_000, 19_000 + len(closes)), pa.int32()).cast(pa.date32())
    columns = {name: pa.array(closes) for name in ("open", "high", "low", "close")}
    return pa.table({"symbol": pa.repeat(symbol, len(closes)), "date": days, **columns})


def test_split_and_dividend_of_one_day_both_count_once() -> None:
    bars = read_bars(table([100.0, 100.0, 49.0, 49.0]), None, None)
    split, dividend = np.array([1.0, 1.0, 2.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0])
    split_factor, dividend_factor = factors(bars.with_columns(split=split, dividend=dividend), RAW)
    assert split_factor.tolist() == [0.5, 0.5, 1.0, 1.0]
    assert dividend_factor == pytest.approx([0.98, 0.98, 1.0, 1.0])


def test_split_adjusted_prices_have_no_split_factor() -> None:
    bars = read_bars(table([50.0, 50.0, 49.0]), None, None).with_columns(split=np.array([1.0, 1.0, 2.0]))
    assert factors(bars, Settings(basis="split_adjusted"))[0].tolist() == [1.0, 1.0, 1.0]


def test_events_before_the_second_row_or_of_other_symbols_change_nothing() -> None:
    day = date(2022, 1, 8)
    splits = pa.table(
        {"symbol": ["A", "B"], "execution_date": [day, day], "split_from": [1.0] * 2, "split_to": [2.0] * 2}
    )
    dividends = pa.table({"symbol": ["A", "B"], "ex_dividend_date": [day, day], "cash_amount": [1.0, 1.0]})
    inspection = inspect(table([10.0, 10.1, 10.0]), splits, dividends, RAW)
    assert inspection.bars["split_factor"].to_pylist() == [1.0] * 3
    assert inspection.bars["dividend_factor"].to_pylist() == [1.0] * 3


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.parametrize("symbol", ["aapl", "ibm", "spy"])
def test_factors_of_recorded_stocks_agree_with_published_ones(symbol: str) -> None:
    with zipfile.ZipFile(DATA / "daily" / "lean" / f"{symbol}.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.reader(io.StringIO(text)))
    days = [date(int(row[0][:4]), int(row[0][4:6]), int(row[0][6:8])) for row in rows]
    columns = {
        name: [float(row[place]) / 1e4 for row in rows]
        for place, name in enumerate(("open", "high", "low", "close"), 1)
    }
    published = [
        (date(int(day[:4]), int(day[4:6]), int(day[6:8])), float(price), float(split), float(reference))
        for day, price, split, reference in csv.reader(
            (DATA / "factor_files" / f"{symbol}.csv").read_text().splitlines()
        )
    ]
    splits, dividends = [], []
    for (day, price, split, reference), (_, later_price, later_split, _) in pairwise(published):
        after = next((each for each in days if each > day), None)
        if after is None or day < days[0]:
            continue
        if split != later_split:
            splits.append((after, later_split / split))
        if price != later_price:
            dividends.append((after, reference * (1 - price / later_price)))
    bars = pa.table({"symbol": pa.repeat("S", len(days)), "date": days, **columns})
    inspection = inspect(
        bars,
        pa.table(
            {
                "symbol": pa.repeat("S", len(splits)),
                "execution_date": pa.array([day for day, _ in splits], pa.date32()),
                "split_from": pa.array([1.0] * len(splits)),
                "split_to": pa.array([ratio for _, ratio in splits], pa.float64()),
            }
        ),
        pa.table(
            {
                "symbol": pa.repeat("S", len(dividends)),
                "ex_dividend_date": pa.array([day for day, _ in dividends], pa.date32()),
                "cash_amount": pa.array([cash for _, cash in dividends], pa.float64()),
            }
        ),
        RAW,
    )
    ours = inspection.bars["split_factor"].to_numpy() * inspection.bars["dividend_factor"].to_numpy()
    through = [day for day, *_ in published]
    theirs = np.array([next((p * s for d, p, s, _ in published if d >= day), np.nan) for day in days])
    covered = np.array([through[0] <= day <= through[-1] for day in days])
    ratio = ours[covered] / theirs[covered]
    assert np.allclose(ratio / ratio[-1], 1.0, rtol=1e-9)
