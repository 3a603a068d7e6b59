"""Each dataset asks for what its vendor documents and turns the answer into the rows of its table."""

from datetime import date, datetime
from typing import Any

import pytest
from surveillance.collection.datasets import DATASETS
from surveillance.collection.tables import TABLES
from surveillance.errors import InputError

from tests.collection.collecting import Collecting, days
from tests.collection.vendor_server import Asked, Reply, reply

JANUARY = ("2024-01-01", "2024-01-31")


def one(collecting: Collecting, source: str, name: str, job: Any, table: str) -> dict[str, Any]:
    report = collecting.run(source, name, job)
    assert report.complete, report.failed
    assert not report.rejected
    (row,) = collecting.rows(table)
    assert set(row) == set(TABLES[table].schema.names)
    return row


def bar(time: datetime) -> dict[str, Any]:
    stamp = int((time - datetime(1970, 1, 1)).total_seconds()) * 1000
    return {"v": 100.5, "vw": 10.5, "o": 10, "c": 11, "h": 12, "l": 9, "t": stamp, "n": 5}


@pytest.mark.parametrize(("interval", "span", "ends"), [
    ("1m", "1/minute", datetime(2024, 1, 2, 14, 31)),
    ("5m", "5/minute", datetime(2024, 1, 2, 14, 35)),
    ("1h", "1/hour", datetime(2024, 1, 2, 15, 30)),
    ("1d", "1/day", datetime(2024, 1, 2, 21)),
])  # fmt: skip
def test_aggregates_end_where_their_bar_does(collecting: Collecting, interval: str, span: str, ends: datetime) -> None:
    answer = {"ticker": "BRK.B", "results": [bar(datetime(2024, 1, 2, 14, 30))], "status": "OK"}
    path = f"/v2/aggs/ticker/BRK.B/range/{span}/2024-01-01/2024-01-31"
    collecting.vendor.give(path, answer)
    job = days(*JANUARY, symbols=["BRK.B"], interval=interval)
    row = one(collecting, "polygon", "aggregates", job, "raw_bars")
    assert (row["symbol"], row["ts"], row["date"], row["interval"]) == ("BRK.B", ends, date(2024, 1, 2), interval)
    assert row["volume"] == 100
    assert collecting.vendor.asked[0].query["adjusted"] == "false"


def test_a_volume_with_a_fraction_is_rounded_and_counted(collecting: Collecting) -> None:
    answer = {"ticker": "A", "results": [bar(datetime(2024, 1, 2, 14, 30))]}
    collecting.vendor.give("/v2/aggs/ticker/A/range/1/day/2024-01-01/2024-01-31", answer)
    report = collecting.run("polygon", "aggregates", days(*JANUARY, symbols=["A"]))
    assert report.left_out == {"volume with a fraction, rounded": 1}


def test_currencies_have_a_table_and_days_of_their_own(collecting: Collecting) -> None:
    answer = {"ticker": "C:EURUSD", "results": [bar(datetime(2024, 1, 2))]}
    collecting.vendor.give("/v2/aggs/ticker/C:EURUSD/range/1/day/2024-01-01/2024-01-31", answer)
    row = one(collecting, "polygon", "aggregates", days(*JANUARY, symbols=["C:EURUSD"]), "raw_fx")
    assert (row["symbol"], row["date"], row["ts"]) == ("EUR/USD", date(2024, 1, 2), datetime(2024, 1, 3))


def test_tickers_list_the_active_and_the_delisted(collecting: Collecting) -> None:
    def answer(asked: Asked) -> Reply:
        ticker = {"ticker": "A", "active": True, "market": "stocks", "type": "CS", "currency_name": "usd"}
        gone = {
            "ticker": "Z",
            "active": False,
            "market": "stocks",
            "type": "ETF",
            "delisted_utc": "2020-05-01T00:00:00Z",
        }
        return reply({"results": [ticker if asked.query["active"] == "true" else gone]})

    collecting.vendor.routes["/v3/reference/tickers"] = answer
    collecting.run("polygon", "tickers", days("2024-01-31"))
    active, gone = sorted(collecting.rows("raw_instruments"), key=lambda row: str(row["symbol"]))
    assert (active["asset_class"], active["currency"], active["as_of"]) == ("equity", "USD", date(2024, 1, 31))
    assert (gone["asset_class"], gone["delisted_date"]) == ("etf", date(2020, 5, 1))


def test_details_carry_sector_and_size(collecting: Collecting) -> None:
    details = {"ticker": "AAPL", "sic_code": "3571", "market_cap": 2488795282370, "list_date": "1980-12-12"}
    collecting.vendor.give("/v3/reference/tickers/AAPL", {"results": details})
    row = one(collecting, "polygon", "ticker_details", days("2024-01-31", symbols=["AAPL"]), "raw_instruments")
    assert (row["sector"], row["market_cap"], row["list_date"]) == ("Manufacturing", 2488795282370, date(1980, 12, 12))


def test_changes_of_ticker_name_the_company(collecting: Collecting) -> None:
    change = {"type": "ticker_change", "date": "2012-05-18", "ticker_change": {"ticker": "FB"}}
    answer = {"results": {"name": "Meta", "cik": "1", "composite_figi": "B", "events": [change]}}
    collecting.vendor.give("/vX/reference/tickers/META/events", answer)
    row = one(collecting, "polygon", "ticker_changes", days("2024-01-31", symbols=["META"]), "raw_ticker_changes")
    assert (row["symbol"], row["ticker"], row["date"]) == ("META", "FB", date(2012, 5, 18))


def test_dividends_keep_their_days(collecting: Collecting) -> None:
    paid = {"ticker": "A", "cash_amount": 0.25, "ex_dividend_date": "2024-01-05", "pay_date": "2024-02-01",
            "dividend_type": "CD", "frequency": 4}  # fmt: skip
    collecting.vendor.give("/v3/reference/dividends", {"results": [paid]})
    row = one(collecting, "polygon", "dividends", days(*JANUARY), "raw_dividends")
    assert (row["cash_amount"], row["currency"], row["pay_date"]) == (0.25, "USD", date(2024, 2, 1))


def test_exchanges_have_their_mic(collecting: Collecting) -> None:
    listed = {"id": 10, "type": "exchange", "name": "NYSE", "mic": "XNYS", "participant_id": "N"}
    collecting.vendor.give("/v3/reference/exchanges", {"results": [listed]})
    row = one(collecting, "polygon", "exchanges", days("2024-01-31"), "raw_exchanges")
    assert (row["exchange_id"], row["mic"]) == (10, "XNYS")


def test_facilities_that_share_an_id_all_stay(collecting: Collecting) -> None:
    facilities = [{"id": 4, "type": "TRF", "mic": mic} for mic in ("FINY", "FINN", "FINC")]
    collecting.vendor.give("/v3/reference/exchanges", {"results": facilities})
    report = collecting.run("polygon", "exchanges", days("2024-01-31"))
    assert (report.rows, report.repeated) == ({"raw_exchanges": 3}, 0)


def test_a_condition_is_a_row_for_each_kind_of_data(collecting: Collecting) -> None:
    condition = {"id": 2, "type": "sale_condition", "name": "Average Price Trade", "asset_class": "stocks",
                 "sip_mapping": {"CTA": "B", "UTP": "W"}, "data_types": ["trade", "bbo"],
                 "update_rules": {"consolidated": {"updates_volume": True, "updates_high_low": False}}}  # fmt: skip
    collecting.vendor.give("/v3/reference/conditions", {"results": [condition]})
    collecting.run("polygon", "conditions", days("2024-01-31"))
    rows = collecting.rows("raw_conditions")
    assert {row["data_type"] for row in rows} == {"trade", "bbo"}
    assert (rows[0]["utp_code"], rows[0]["updates_volume"], rows[0]["updates_high_low"]) == ("W", True, False)


def test_market_status_has_holidays_and_now(collecting: Collecting) -> None:
    short = {"exchange": "NYSE", "name": "Thanksgiving", "date": "2022-11-25", "status": "early-close",
             "open": "2022-11-25T14:30:00.000Z", "close": "2022-11-25T18:00:00.000Z"}  # fmt: skip
    collecting.vendor.give("/v1/marketstatus/upcoming", [short])
    now = {"market": "open", "serverTime": "2022-04-28T16:48:08-04:00", "exchanges": {"nyse": "open"}}
    collecting.vendor.give("/v1/marketstatus/now", now)
    collecting.run("polygon", "market_status", days("2022-11-01"))
    present, holiday = sorted(collecting.rows("raw_market_status"), key=lambda row: row["date"])
    assert (present["exchange"], present["status"], present["date"]) == ("NYSE", "open", date(2022, 4, 28))
    assert holiday["close"] == datetime(2022, 11, 25, 18)


def story(**details: Any) -> dict[str, Any]:
    return {
        "id": "n1",
        "publisher": {"name": "P"},
        "title": "Shares surge",
        "published_utc": "2024-01-05T10:00:00Z",
        "article_url": "https://p.invalid/1",
        "tickers": ["A", "B"],
        **details,
    }


def test_news_say_where_their_sentiment_is_from(collecting: Collecting) -> None:
    insights = [{"ticker": "A", "sentiment": "negative", "sentiment_reasoning": "x"}]
    collecting.vendor.give("/v2/reference/news", {"results": [story(insights=insights)]})
    collecting.run("polygon", "news", days("2024-01-05"))
    first, second = collecting.rows("raw_news")
    assert (first["symbol"], first["sentiment"], first["sentiment_source"]) == ("A", -1, "vendor")
    assert (second["symbol"], second["sentiment_source"]) == ("B", "lexicon")
    assert second["sentiment"] > 0.5
    assert first["published"] == datetime(2024, 1, 5, 10)
    asked = collecting.vendor.asked[0].query
    assert asked["published_utc.gte"] == "2024-01-05T00:00:00Z"
    assert asked["published_utc.lt"] == "2024-01-06T00:00:00Z"


def test_indicators_are_asked_for_by_day_and_kind_and_dated_in_new_york(collecting: Collecting) -> None:
    values = [{"timestamp": 1704171600000, "value": 10.5}, {"timestamp": 1704258000000, "value": 10.25}]
    collecting.vendor.give("/v1/indicators/sma/A", {"results": {"underlying": {"url": "x"}, "values": values}})
    told = {"timestamp": 1704171600000, "value": 3.0, "signal": 2.0, "histogram": 1.0}
    collecting.vendor.give("/v1/indicators/macd/A", {"results": {"values": [told, {"timestamp": 1704171600000}]}})
    report = collecting.run("polygon", "indicators", days("2024-01-02", "2024-01-03", symbols=["A"]))
    rows = {(row["indicator"], row["date"]): row["value"] for row in collecting.rows("raw_vendor_indicators")}
    assert rows == {
        ("sma_50", date(2024, 1, 2)): 10.5,
        ("sma_50", date(2024, 1, 3)): 10.25,
        ("macd", date(2024, 1, 2)): 3.0,
        ("macd_signal", date(2024, 1, 2)): 2.0,
        ("macd_histogram", date(2024, 1, 2)): 1.0,
    }
    assert report.rejected == {"missing:value": 1}
    sma = next(each for each in collecting.vendor.asked if "/sma/" in each.path)
    assert (sma.query["window"], sma.query["adjusted"], sma.query["timestamp.lte"]) == ("50", "true", "2024-01-03")


def test_the_earnings_calendar_goes_week_by_week(collecting: Collecting) -> None:
    def answer(asked: Asked) -> Reply:
        row = {"symbol": "A", "date": asked.query["from"], "hour": "amc", "year": 2024, "quarter": 1,
               "epsEstimate": 2.0, "epsActual": 2.5, "revenueActual": 1}  # fmt: skip
        return reply({"earningsCalendar": [row]})

    collecting.vendor.routes["/calendar/earnings"] = answer
    collecting.run("finnhub", "earnings_calendar", days("2024-01-01", "2024-01-10"))
    assert [each.query["to"] for each in collecting.vendor.asked] == ["2024-01-07", "2024-01-10"]
    first, _ = collecting.rows("raw_earnings")
    assert (first["time_of_day"], first["fiscal_period"], first["surprise_percent"]) == ("post", "2024Q1", 25)


def test_an_earnings_answer_that_may_be_cut_is_told(collecting: Collecting) -> None:
    rows = [{"symbol": f"S{number}", "date": "2024-01-01"} for number in range(1500)]
    collecting.vendor.give("/calendar/earnings", {"earningsCalendar": rows})
    report = collecting.run("finnhub", "earnings_calendar", days("2024-01-01"))
    assert report.left_out == {"answers of 1500 rows, which may be cut": 1}


def test_eps_surprises_of_all_quarters_stay(collecting: Collecting) -> None:
    quarters = [{"actual": 1.5, "estimate": 1.2, "period": f"2023-{month}-30", "quarter": place, "year": 2023,
                 "surprisePercent": 25.0, "symbol": "A"} for place, month in ((2, "06"), (3, "09"))]  # fmt: skip
    collecting.vendor.give("/stock/earnings", quarters)
    collecting.run("finnhub", "eps_surprises", days("2024-01-01", symbols=["A"]))
    assert [row["fiscal_period"] for row in collecting.rows("raw_earnings")] == ["2023Q2", "2023Q3"]


def test_grades_name_firm_and_change(collecting: Collecting) -> None:
    grade = {"symbol": "A", "date": "2024-01-31", "gradingCompany": "F", "previousGrade": "Hold", "newGrade": "Buy",
             "action": "upgrade"}  # fmt: skip
    collecting.vendor.give("/grades", [grade])
    row = one(collecting, "fmp", "grades", days("2024-01-31", symbols=["A"]), "raw_grades")
    assert (row["firm"], row["new_grade"], row["action"]) == ("F", "Buy", "upgrade")


def test_daily_rates_of_currencies_are_those_of_the_days_asked_for(collecting: Collecting) -> None:
    prices = {"1. open": "1.1", "2. high": "1.2", "3. low": "1.0", "4. close": "1.15"}
    series = {"2024-01-31": prices, "2023-12-29": prices, "bad": prices, "2024-01-30": {}}
    collecting.vendor.give("/query", {"Meta Data": {}, "Time Series FX (Daily)": series})
    report = collecting.run("alphavantage", "fx_daily", days(*JANUARY, symbols=["EUR/USD"]))
    (row,) = collecting.rows("raw_fx")
    assert (row["symbol"], row["date"], row["ts"], row["close"]) == (
        "EUR/USD", date(2024, 1, 31), datetime(2024, 2, 1), 1.15,
    )  # fmt: skip
    assert (report.rejected, report.left_out) == ({"bad_bar": 2}, {"bars outside the days asked for": 1})
    assert collecting.vendor.asked[0].query["outputsize"] == "compact"


@pytest.mark.parametrize("symbol", ["EURUSD", "EUR/", ""])
def test_what_is_no_pair_of_currencies_is_refused(collecting: Collecting, symbol: str) -> None:
    with pytest.raises(InputError, match=r"no pair of currencies|none is named"):
        collecting.run("alphavantage", "fx_daily", days("2024-01-31", symbols=[symbol] if symbol else []))


def test_symbols_go_into_paths_and_names_without_harm(collecting: Collecting) -> None:
    collecting.run("polygon", "ticker_details", days("2024-01-31", symbols=["../../etc", "A B?x=1"]))
    assert collecting.vendor.paths() == ["/v3/reference/tickers/..%2F..%2Fetc", "/v3/reference/tickers/A%20B%3Fx%3D1"]
    assert all(name.startswith("answers/polygon/") for name in collecting.files())


@pytest.mark.parametrize(("source", "name"), DATASETS)
def test_an_answer_of_another_shape_is_counted_or_empty_and_never_fails(
    collecting: Collecting, source: str, name: str
) -> None:
    strange: list[Any] = [{"results": "x"}, {"results": [1, None, [], {}]}, [], [{}], {}, 7, None, "text"]
    strange += [{"results": {"events": [{}]}}, {"earningsCalendar": [{}]}, {"Time Series FX (Daily)": {"x": 1}}]
    for number, value in enumerate(strange):
        answer: Any = value
        collecting.vendor.routes = _Everything(answer)  # type: ignore[assignment]
        collecting.folder = collecting.folder.parent / f"lake{number}"
        symbols = ["EUR/USD"] if source == "alphavantage" else ["A"]
        report = collecting.run(source, name, days("2024-01-31", symbols=symbols))
        assert report.complete
        assert report.rows.total() == 0


class _Everything:
    """Answers every path alike."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, path: str) -> Any:
        return lambda asked: reply(self._value)
