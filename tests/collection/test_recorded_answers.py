"""Polygon's recorded answers, served over HTTP, become rows; and their own Python client reads the same from them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from polygon import RESTClient

from tests.collection.collecting import Collecting, days
from tests.collection.vendor_server import KEY, Asked, Reply, Vendor

REST = Path(__file__).parents[3] / "shared" / "data" / "polygon" / "rest"
pytestmark = pytest.mark.skipif(not REST.is_dir(), reason="../shared/data is not here")
NAMES = {
    "/v2/aggs/grouped/locale/us/market/stocks/2020-10-14": "v2__aggs__grouped__locale__us__market__stocks__2005-04-04*",
    "/v2/aggs/ticker/AAPL/range/1/day/2005-04-01/2005-04-04": "v2__aggs__ticker__AAPL__range__1__day__2005-04-01*",
    "/v3/reference/tickers/AAPL": "v3__reference__tickers__AAPL.json",
    "/vX/reference/tickers/META/events": "vX__reference__tickers__META__events*",
    "/v3/reference/splits": "v3__reference__splits.json",
    "/v3/reference/dividends": "v3__reference__dividends.json",
    "/v3/reference/exchanges": "v3__reference__exchanges.json",
    "/v3/reference/conditions": "v3__reference__conditions*",
    "/v1/marketstatus/upcoming": "v1__marketstatus__upcoming.json",
    "/v1/marketstatus/now": "v1__marketstatus__now.json",
    "/v2/reference/news": "v2__reference__news*",
    "/v1/indicators/ema/AAPL": "v1__indicators__ema__AAPL*",
}


def recorded(pattern: str) -> bytes:
    (file,) = REST.glob(pattern)
    return file.read_bytes()


@pytest.fixture
def recordings(played: Vendor) -> Vendor:
    for path, pattern in NAMES.items():
        body = recorded(pattern)
        played.routes[path] = lambda asked, body=body: Reply(body)  # type: ignore[misc]

    def tickers(asked: Asked) -> Reply:
        if asked.query.get("active") == "false":
            return Reply(b'{"results": [], "status": "OK"}')
        return Reply(recorded(f"v3__reference__tickers{'__next' if 'cursor' in asked.query else ''}.json"))

    played.routes["/v3/reference/tickers"] = tickers
    return played


@pytest.fixture
def client(recordings: Vendor) -> Iterator[RESTClient]:
    made = RESTClient(KEY, base=recordings.url, retries=0)
    yield made
    made.client.clear()


def collected(collecting: Collecting, name: str, job: Any, table: str) -> list[dict[str, Any]]:
    report = collecting.run("polygon", name, job)
    assert report.complete, report.failed
    assert report.rejected == {}
    return collecting.rows(table)


def test_grouped_daily_bars_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "grouped_daily", days("2020-10-14"), "raw_bars")
    theirs = client.get_grouped_daily_aggs("2020-10-14", adjusted=False)
    assert [prices(row) for row in rows] == [their_prices(bar, bar.ticker) for bar in theirs]
    assert rows[0]["date"] == date(2020, 10, 14)


def test_aggregates_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    job = days("2005-04-01", "2005-04-04", symbols=["AAPL"])
    rows = collected(collecting, "aggregates", job, "raw_bars")
    theirs = list(client.list_aggs("AAPL", 1, "day", "2005-04-01", "2005-04-04", adjusted=False))
    assert [prices(row) for row in rows] == [their_prices(bar, "AAPL") for bar in theirs]
    assert [row["date"] for row in rows] == [date(2005, 4, 1), date(2005, 4, 4)]
    assert [row["ts"] for row in rows] == [datetime(2005, 4, 1, 21), datetime(2005, 4, 4, 20)]


def prices(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("symbol", "open", "high", "low", "close", "volume", "vwap", "trade_count"))


def their_prices(bar: Any, symbol: str) -> tuple[Any, ...]:
    return (symbol, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.transactions)


def test_tickers_of_all_pages_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "tickers", days("2022-04-27"), "raw_instruments")
    theirs = list(client.list_tickers(market="stocks", active=True, limit=1000))
    assert len(theirs) == 4
    ours = {(row["symbol"], row["name"], row["exchange"], row["composite_figi"], row["cik"]) for row in rows}
    assert ours == {(one.ticker, one.name, one.primary_exchange, one.composite_figi, one.cik) for one in theirs}
    assert {row["asset_class"] for row in rows} == {"equity", "etf"}


def test_details_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    (row,) = collected(collecting, "ticker_details", days("2022-04-27", symbols=["AAPL"]), "raw_instruments")
    theirs = client.get_ticker_details("AAPL")
    assert (row["sic_code"], row["market_cap"]) == (theirs.sic_code, theirs.market_cap)
    assert (row["list_date"].isoformat(), row["name"]) == (theirs.list_date, theirs.name)
    assert row["shares_outstanding"] == theirs.share_class_shares_outstanding
    assert (row["sector"], row["industry"]) == ("Manufacturing", theirs.sic_description)


def test_ticker_changes_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "ticker_changes", days("2022-07-01", symbols=["META"]), "raw_ticker_changes")
    theirs = client.get_ticker_events("META", types="ticker_change")
    ours = {(row["ticker"], row["date"].isoformat(), row["name"], row["composite_figi"]) for row in rows}
    assert ours == {
        (one["ticker_change"]["ticker"], one["date"], theirs.name, theirs.composite_figi) for one in theirs.events
    }


def test_splits_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "splits", days("2022-06-01"), "raw_splits")
    ours = {(row["symbol"], row["execution_date"].isoformat(), row["split_from"], row["split_to"]) for row in rows}
    theirs = {(one.ticker, one.execution_date, one.split_from, one.split_to) for one in client.list_splits()}
    assert ours == theirs
    assert ("GOOGL", "2022-07-18", 1, 20) in ours


def test_dividends_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "dividends", days("2022-06-01"), "raw_dividends")
    ours = {(row["symbol"], row["ex_dividend_date"].isoformat(), row["cash_amount"], row["frequency"]) for row in rows}
    theirs = list(client.list_dividends())
    assert ours == {(one.ticker, one.ex_dividend_date, one.cash_amount, one.frequency) for one in theirs}
    assert len(rows) == len(theirs)


def test_exchanges_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "exchanges", days("2022-06-01"), "raw_exchanges")
    ours = {(row["exchange_id"], row["name"], row["mic"], row["participant_id"]) for row in rows}
    theirs = client.get_exchanges(asset_class="stocks", locale="us")
    assert ours == {(one.id, one.name, one.mic, one.participant_id) for one in theirs}


def test_conditions_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "conditions", days("2022-06-01"), "raw_conditions")
    ours = {(row["condition_id"], row["name"], row["data_type"]) for row in rows}
    theirs = list(client.list_conditions(asset_class="stocks"))
    assert ours == {(one.id, one.name, kind) for one in theirs for kind in one.data_types}


def test_market_status_is_that_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "market_status", days("2022-05-01"), "raw_market_status")
    to_come = {(row["exchange"], row["date"].isoformat(), row["status"]) for row in rows if row["source"] == "polygon"}
    theirs = client.get_market_holidays()
    assert to_come == {(one.exchange, one.date, one.status) for one in theirs}
    now = {row["exchange"]: row["status"] for row in rows if row["source"] == "polygon now"}
    assert now["NYSE"] == client.get_market_status().exchanges.nyse


def test_news_are_those_of_the_client(collecting: Collecting, client: RESTClient) -> None:
    rows = collected(collecting, "news", days("2022-04-28"), "raw_news")
    theirs = list(client.list_ticker_news("NFLX"))
    ours = {(row["news_id"], row["symbol"], row["headline"], row["url"], row["source"]) for row in rows}
    assert ours == {
        (one.id, ticker, one.title, one.article_url, one.publisher.name) for one in theirs for ticker in one.tickers
    }
    published = datetime.fromisoformat(theirs[0].published_utc).astimezone(UTC).replace(tzinfo=None)
    assert {row["published"] for row in rows} == {published}
    assert {row["sentiment_source"] for row in rows} == {"lexicon"}


def test_the_client_and_the_collector_ask_the_same(collecting: Collecting, client: RESTClient) -> None:
    collecting.run("polygon", "aggregates", days("2005-04-01", "2005-04-04", symbols=["AAPL"]))
    list(client.list_aggs("AAPL", 1, "day", "2005-04-01", "2005-04-04", adjusted=False, sort="asc", limit=50000))
    ours, theirs = collecting.vendor.asked
    assert (ours.path, ours.query) == (theirs.path, theirs.query)
    assert ours.headers["authorization"] == theirs.headers["authorization"]


def test_every_recorded_answer_is_json() -> None:
    for file in REST.glob("*.json"):
        assert json.loads(file.read_bytes()) is not None


def test_recorded_indicators_are_the_values_their_client_reads(collecting: Collecting, client: RESTClient) -> None:
    job = days("2016-11-01", "2016-11-06", symbols=["AAPL"])
    rows = [
        row for row in collected(collecting, "indicators", job, "raw_vendor_indicators") if row["value"] is not None
    ]
    theirs = client.get_ema("AAPL", window=20).values
    assert {row["indicator"] for row in rows} == {"ema_20"}
    assert sorted(row["value"] for row in rows) == sorted(each.value for each in theirs)
