"""Daily bars: a row is a bar at its session's close; the header decides which column is which."""

import pytest
from surveillance.errors import FormatError
from surveillance.feeds import Options

from tests.feeds.small_files import gzipped, lines, read, source

HEADER = "date,open,high,low,close,volume,symbol"
ROW = "2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL"


def test_row_is_a_bar_at_the_sessions_close() -> None:
    result = read("bars", source("b.csv.gz", gzipped(lines(HEADER, ROW))))
    assert result.rows == [
        {
            "type": "bar",
            "symbol": "AAL",
            "ts": 1_360_357_200_000_000_000,
            "interval": "1d",
            "open": 15.07,
            "high": 15.12,
            "low": 14.63,
            "close": 14.75,
            "volume": 8407500.0,
        }
    ]
    assert result.defaults.calendar == "XNYS"


def test_columns_may_stand_in_any_order_and_case() -> None:
    swapped = lines("Symbol,Volume,close,low,high,open,DATE", "AAL,8407500,14.75,14.63,15.12,15.07,2013-02-08")
    assert read("bars", source("b.csv", swapped)).rows == read("bars", source("b.csv", lines(HEADER, ROW))).rows


def test_symbol_names_a_file_that_does_not_and_filters_one_that_does() -> None:
    bare = lines("date,open,high,low,close,volume", "2013-02-08,15.07,15.12,14.63,14.75,8407500")
    assert read("bars", source("b.csv", bare), Options("AAL")).rows[0]["symbol"] == "AAL"
    with pytest.raises(FormatError, match="expected"):
        read("bars", source("b.csv", bare))
    two = lines(HEADER, ROW, ROW.replace("AAL", "ABC"))
    assert [row["symbol"] for row in read("bars", source("b.csv", two), Options("ABC")).rows] == ["ABC"]


def test_repeated_days_are_kept() -> None:
    assert len(read("bars", source("b.csv", lines(HEADER, ROW, ROW))).rows) == 2


def test_empty_price_is_absent_and_bad_cells_are_rejected() -> None:
    result = read(
        "bars",
        source(
            "b.csv",
            lines(
                HEADER,
                "2013-02-08,,15.12,14.63,14.75,8407500,AAL",
                "08/02/2013,1,1,1,1,1,AAL",
                "2013-02-30,1,1,1,1,1,AAL",
                "2013-02-08,1,x,1,1,1,AAL",
                "0001-01-01,1,1,1,1,1,AAL",
                "2013-02-08,1,1,1,1,1,",
                "2013-02-08,1,1,1,1,1",
            ),
        ),
    )
    assert len(result.rows) == 1
    assert "open" not in result.rows[0]
    assert result.reasons == [
        "wrong_type:date",
        "wrong_type:date",
        "wrong_type:high",
        "bad_date",
        "missing:symbol",
        "columns:6",
    ]


@pytest.mark.parametrize(
    "header", ["date,open,high,low,close,volume,name", "date,open,high,low,close,close,volume,symbol", "date,open"]
)
def test_other_columns_are_refused(header: str) -> None:
    with pytest.raises(FormatError, match=r"expected|not daily bars"):
        read("bars", source("b.csv", lines(header, "1,2,3,4,5,6,7")))
