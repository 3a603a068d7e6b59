"""Vendors' csv: columns by name, days as written, what is no number is missing."""

from datetime import date, datetime

import pytest
from surveillance.errors import FormatError
from surveillance.quality.vendor_csv import read_vendor_csv, spacing_days

HEAD = b"Datetime,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits,Repaired?\n"


def test_columns_are_found_by_name_and_the_day_is_local() -> None:
    line = b"2022-01-04 00:00:00+09:00,1,2,0.5,1.5,1.4,100,0.1,2,True\n"
    row = read_vendor_csv(HEAD + line, "x/4063-T-1d.csv").to_pylist()[0]
    assert row == {
        "symbol": "4063-T-1d", "date": date(2022, 1, 4), "ts": datetime(2022, 1, 3, 15), "open": 1.0, "high": 2.0,
        "low": 0.5, "close": 1.5, "volume": 100.0, "adjusted_close": 1.4, "dividend": 0.1, "split": 2.0,
    }  # fmt: skip


@pytest.mark.parametrize("written", ["20220104", "2022-01-04", "2022-01-04T00:00:00", "2022-01-04 00:00:00"])
def test_days_are_read_in_any_usual_form(written: str) -> None:
    assert read_vendor_csv(f"date,open,high,low,close\n{written},1,1,1,1\n".encode(), "a.csv")["date"][
        0
    ].as_py() == date(2022, 1, 4)


def test_cells_that_are_no_number_or_date_are_missing() -> None:
    table = read_vendor_csv(b"date,open,high,low,close\nsoon,1,x,,2\n2022-13-01,1,1,1,1\n", "a.csv")
    assert table["date"].null_count == 2
    assert table["high"].to_pylist() == [None, 1.0]
    assert table["low"].to_pylist() == [None, 1.0]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"date,open\n2022-01-04,1\n", b"\xff\xfe\x00date\n"])
def test_what_is_no_csv_of_bars_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"a\.csv"):
        read_vendor_csv(data, "a.csv")


def test_spacing_tells_weekly_bars() -> None:
    lines = "".join(f"2022-01-{day:02d},1,1,1,1\n" for day in (3, 10, 17))
    assert spacing_days(read_vendor_csv(f"date,open,high,low,close\n{lines}".encode(), "a.csv")) == 7.0
