"""Weeks and months are made of the days in them, dated by their first day."""

from datetime import date

import numpy as np
import pyarrow as pa
from surveillance.indicators import gathered, in_interval, indicator_table, requests
from surveillance.indicators.candlesticks import in_words

from tests.indicators.bars import SERIES, rows_of

EPOCH = date(1970, 1, 1)
ROWS = [
    ("A", date(2024, 2, 28), 10.0, 12.0, 9.0, 11.0, 100.0),
    ("A", date(2024, 2, 29), 11.0, 15.0, 11.0, 14.0, 200.0),
    ("A", date(2024, 3, 1), 14.0, 14.0, 8.0, 9.0, 400.0),
    ("A", date(2024, 3, 4), 9.0, 10.0, 9.0, 9.5, 800.0),
    ("B", date(2024, 3, 4), 5.0, 6.0, 4.0, 5.5, None),
    ("B", date(2024, 3, 6), 5.5, 7.0, 5.0, 6.5, 16.0),
]
NAMES = ("symbol", "date", "open", "high", "low", "close", "volume")
DAILY = gathered(pa.table(dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))), "raw").series


def days(values: np.ndarray) -> list[date]:
    return [date.fromordinal(EPOCH.toordinal() + int(day)) for day in values]


def test_weeks_begin_on_mondays_and_do_not_join_symbols() -> None:
    weekly = in_interval(DAILY, "W")
    assert days(weekly.days) == [date(2024, 2, 26), date(2024, 3, 4), date(2024, 3, 4)]
    assert days(weekly.through) == [date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 6)]
    assert weekly.starts.tolist() == [0, 2, 3]
    assert [column.tolist() for column in weekly.bars] == [
        [10.0, 9.0, 5.0], [15.0, 10.0, 7.0], [8.0, 9.0, 4.0], [9.0, 9.5, 6.5], [700.0, 800.0, 16.0],
    ]  # fmt: skip


def test_months_begin_on_their_first_day() -> None:
    monthly = in_interval(DAILY, "M")
    assert days(monthly.days) == [date(2024, 2, 1), date(2024, 3, 1), date(2024, 3, 1)]
    assert monthly.bars.close.tolist() == [14.0, 9.5, 6.5]
    assert monthly.bars.volume.tolist() == [300.0, 1200.0, 16.0]


def test_week_without_any_known_volume_is_of_unknown_volume() -> None:
    weekly = in_interval(DAILY._replace(bars=DAILY.bars._replace(volume=np.full(6, np.nan))), "W")
    assert np.isnan(weekly.bars.volume).all()


def test_table_has_the_rows_of_every_interval_with_nulls_in_the_warm_up() -> None:
    table = indicator_table(SERIES, requests(["sma:2", "macd"]))
    assert table.column_names == [
        "symbol",
        "interval",
        "date",
        "through",
        "close",
        "sma_2",
        "macd",
        "macd_signal",
        "macd_histogram",
        "patterns",
    ]
    for interval in ("D", "W", "M"):
        rows = rows_of(table, SERIES.symbols[1], interval)
        closes = list(in_interval(SERIES, interval).each())[1][1].close
        assert rows["sma_2"].null_count == 1
        np.testing.assert_allclose(rows["sma_2"].to_numpy()[1:], (closes[1:] + closes[:-1]) / 2)
        assert rows["macd"].null_count == min(33, rows.num_rows)
        assert not np.isnan(rows["sma_2"].drop_null().to_numpy()).any()


def test_patterns_are_named_with_their_direction() -> None:
    none, up, down = 0.0, 100.0, -100.0
    found = {
        "cdl_doji": np.array([np.nan, up, none, up]),
        "cdl_hammer": np.array([np.nan, none, none, up]),
        "cdl_engulfing": np.array([np.nan, none, none, down]),
        "cdl_2crows": np.array([np.nan, down, down, down]),
    }
    assert in_words(found, 4).to_pylist() == [None, "+doji", None, "+doji;-engulfing;+hammer"]
