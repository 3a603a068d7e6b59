"""LEAN: symbol, date, resolution and kind come from the names; times, prices and conditions are exact."""

import pytest
from surveillance.errors import FormatError

from tests.feeds.small_files import Result, lines, read, source, zipped_names

SECOND = 10**9
MIDNIGHT = 1_381_118_400 * SECOND  # 2013-10-07 00:00 in New York
FX_MIDNIGHT = 1_399_507_200 * SECOND  # 2014-05-08 00:00 UTC


def lean(inner: str, *texts: str, folder: str = "") -> Result:
    return read("lean", source(f"{folder}outer.zip", zipped_names({inner: lines(*texts)})))


def test_trade_tick_is_a_trade_at_its_exchange() -> None:
    result = lean("20131007_ibm_Trade_Tick.csv", "14430270,1815200,283,P,20002020,0")
    assert result.rows == [
        {
            "type": "trade",
            "symbol": "IBM",
            "ts": MIDNIGHT + 14_430_270 * 10**6,
            "venue": "ARCX",
            "price": 181.52,
            "size": 283.0,
            "conditions": ["intermarket_sweep", "extended_hours"],
            "raw_conditions": ["20002020"],
        }
    ]
    assert (result.defaults.calendar, result.defaults.asset_class) == ("XNYS", "equity")


@pytest.mark.parametrize(
    ("condition", "suspicious", "words"),
    [
        ("0", 0, None),
        ("1", 0, None),
        ("20", 0, ["intermarket_sweep"]),
        ("40", 0, ["auction_open"]),
        ("80", 0, ["auction_close"]),
        ("800", 0, ["late"]),
        ("2000", 0, ["extended_hours"]),
        ("4000", 0, ["out_of_sequence"]),
        ("100000", 0, ["average_price"]),
        ("80000000", 0, ["odd_lot"]),
        ("20000000", 0, None),
        ("0", 1, ["out_of_sequence"]),
        ("4000", 1, ["out_of_sequence"]),
        ("ffffffff", 0, None),
    ],
)
def test_condition_bits_become_words(condition: str, suspicious: int, words: list[str] | None) -> None:
    (row,) = lean("20131007_ibm_Trade_Tick.csv", f"1,1,1,Q,{condition},{suspicious}").rows
    if condition == "ffffffff":
        assert len(row["conditions"]) == 8
    else:
        assert row.get("conditions") == words
    assert row.get("raw_conditions") == (None if condition == "0" else [condition])


def test_exchange_quote_leaves_the_other_side_unchanged() -> None:
    result = lean(
        "20131007_ibm_Quote_Tick.csv",
        "14400054,0,0,1836300,100,Q,1,0",
        "14400241,1800100,300,0,0,P,1,0",
        "72000122,0,0,1860000,0,P,1,1",
        "72000123,0,0,0,0,P,1,1",
    )
    kept = ("venue", "bid_price", "bid_size", "ask_price", "ask_size", "conditions")
    assert [{key: row[key] for key in kept if key in row} for row in result.rows] == [
        {"venue": "XNAS", "ask_price": 183.63, "ask_size": 100.0},
        {"venue": "ARCX", "bid_price": 180.01, "bid_size": 300.0},
        {"venue": "ARCX", "ask_price": 186.0, "ask_size": 0.0, "conditions": ["out_of_sequence"]},
    ]
    assert result.reasons == ["empty_quote"]


@pytest.mark.parametrize(("word", "interval", "seconds"), [("second", "1s", 1), ("minute", "1m", 60)])
def test_bar_stands_at_its_end(word: str, interval: str, seconds: int) -> None:
    (bar,) = lean(f"20131007_spy_{word}_trade.csv", "14400000,1674100,1675000,1672500,1672700,3197").rows
    assert bar == {
        "type": "bar",
        "symbol": "SPY",
        "ts": MIDNIGHT + (14_400 + seconds) * SECOND,
        "interval": interval,
        "open": 167.41,
        "high": 167.5,
        "low": 167.25,
        "close": 167.27,
        "volume": 3197.0,
    }


def test_quote_bar_becomes_one_quote_of_its_closes() -> None:
    rows = lean(
        "20131007_ibm_minute_quote.csv",
        "14400000,1800100,1813100,1800100,1813100,200,1836300,1836300,1818000,1818000,1900",
        "14460000,,,,,,1836300,1836300,1818000,1819000,100",
    ).rows
    assert [{key: row[key] for key in row if key not in ("type", "symbol")} for row in rows] == [
        {
            "ts": MIDNIGHT + 14_460 * SECOND,
            "bid_price": 181.31,
            "bid_size": 200.0,
            "ask_price": 181.8,
            "ask_size": 1900.0,
        },
        {"ts": MIDNIGHT + 14_520 * SECOND, "ask_price": 181.9, "ask_size": 100.0},
    ]


@pytest.mark.parametrize(
    ("day", "close"),
    [
        ("19980102", 883_774_800),  # 16:00, winter
        ("20130703", 1_372_870_800),  # 13:00, the day before a holiday
        ("20130708", 1_373_313_600),  # 16:00, summer
        ("20130706", 1_373_140_800),  # a Saturday: the regular close stands in
    ],
)
def test_daily_bar_stands_at_the_sessions_close(day: str, close: int) -> None:
    (bar,) = lean("aapl.csv", f"{day} 00:00,136300,162500,135000,162500,6315000").rows
    assert (bar["symbol"], bar["interval"], bar["ts"], bar["open"]) == ("AAPL", "1d", close * SECOND, 13.63)


def test_daily_bars_that_repeat_are_kept() -> None:
    row = "20130708 00:00,1,1,1,1,1"
    assert len(lean("aapl.csv", row, row).rows) == 2


def test_hourly_bars_are_told_by_their_times() -> None:
    rows = lean("aapl.csv", "20131007 09:00,1,1,1,1,1", "20131007 10:00,1,1,1,1,1").rows
    assert [(row["interval"], row["ts"]) for row in rows] == [
        ("1h", MIDNIGHT + 10 * 3600 * SECOND),
        ("1h", MIDNIGHT + 11 * 3600 * SECOND),
    ]


@pytest.mark.parametrize(
    ("folder", "venue"), [("eurusd_oanda/", "OANDA"), ("forex/fxcm/tick/eurusd/", "FXCM"), ("", None)]
)
def test_fx_ticks_are_utc_with_prices_as_they_are_and_no_sizes(folder: str, venue: str | None) -> None:
    result = lean("20140508_eurusd_tick_quote.csv", "8715,1.39101,1.39114", folder=folder)
    (row,) = result.rows
    assert row.pop("venue", None) == venue
    assert row == {
        "type": "quote",
        "symbol": "EUR/USD",
        "ts": FX_MIDNIGHT + 8_715 * 10**6,
        "bid_price": 1.39101,
        "ask_price": 1.39114,
    }
    assert (result.defaults.calendar, result.defaults.asset_class) == (None, "fx")


@pytest.mark.parametrize(
    ("inner", "start", "end"),
    [
        ("20140508_eurusd_minute_quote.csv", "60000", FX_MIDNIGHT + 120 * SECOND),
        ("eurusd.csv", "20140508 00:00", FX_MIDNIGHT + 86_400 * SECOND),
        ("eurusd.csv", "20140508 05:00", FX_MIDNIGHT + 6 * 3600 * SECOND),
    ],
)
def test_fx_bars_become_quotes_at_their_end(inner: str, start: str, end: int) -> None:
    rows = lean(inner, f"{start},1.1,1.3,1.0,1.2,0,1.2,1.4,1.1,1.3,0", folder="eurusd_oanda/").rows
    assert rows == [
        {"type": "quote", "symbol": "EUR/USD", "ts": end, "venue": "OANDA", "bid_price": 1.2, "ask_price": 1.3}
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("86400000,1,1,P,0,0", "bad_time"),
        ("-1,1,1,P,0,0", "bad_time"),
        ("1,x,1,P,0,0", "wrong_type:price"),
        ("1,1,,P,0,0", "missing:size"),
        ("1,1,1,P,xyz,0", "wrong_type:condition"),
        ("1,1,1,5,0,0", "wrong_type:exchange"),
        ("1,1,1", "columns:3"),
        ("1,1,1,P,0,0\r2,1,1,P,0,0", "columns:11"),
    ],
)
def test_bad_line_is_rejected_with_its_reason(line: str, reason: str) -> None:
    result = lean("20131007_ibm_Trade_Tick.csv", "1,1,1,P,0,0", line, "2,1,1,P,0,0")
    assert [(reject.position, reject.reason) for reject in result.rejected] == [(1, reason)]
    assert result.rejected[0].symbol == "IBM"
    assert len(result.rows) == 2


def test_last_line_without_newline_is_read_if_it_parses() -> None:
    data = b"20130708 00:00,1,1,1,1,1\n20130709 00:00,1,1,1,1,1"
    assert len(read("lean", source("o.zip", zipped_names({"aapl.csv": data}))).rows) == 2
    with pytest.raises(FormatError, match="truncated"):
        read("lean", source("o.zip", zipped_names({"aapl.csv": data[:-3]})))


@pytest.mark.parametrize(
    ("name", "texts", "sentence"),
    [
        (
            "factor_files/aapl.csv",
            ("19980102,0.8613657,0.00892857,1", "20000620,0.86,0.0089,101"),
            "is a LEAN factor file",
        ),
        ("symbols.txt", ("AAL", "AAP", "ABC"), "is a list of symbols"),
        ("map_files/aapl.csv", ("19980102,aapl,Q", "20501231,aapl,Q"), "is a LEAN map file"),
        ("x.csv", ("date,open,high,low,close,volume", "1,2,3,4,5,6"), "is a table of bars"),
        ("x.html", ("<!DOCTYPE html>", "<p>"), "is a web page"),
    ],
)
def test_file_without_events_is_named_for_what_it_is(name: str, texts: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        read("lean", source(name, lines(*texts)))


def test_other_market_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="market crypto"):
        lean("20180404_btcusd_minute_trade.csv", "1,1,1,1,1,1", folder="crypto/gdax/minute/btcusd/")
