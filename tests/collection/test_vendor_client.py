"""Polygon's own Python client, at the same server, gets the rows that the collector writes, page for page."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from polygon import RESTClient

from tests.collection.collecting import Collecting, days
from tests.collection.vendor_server import KEY, Vendor, grouped, paged

SPLITS = "/v3/reference/splits"
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/2024-02-23"


@pytest.fixture
def client(played: Vendor) -> Iterator[RESTClient]:
    made = RESTClient(KEY, base=played.url, retries=0)
    yield made
    made.client.clear()


def test_of_several_pages_both_get_all_in_order(collecting: Collecting, client: RESTClient) -> None:
    pages = [
        [
            {"ticker": f"S{page}{n}", "execution_date": "2024-02-05", "split_from": 1, "split_to": n + 2}
            for n in range(3)
        ]
        for page in range(4)
    ]
    paged(collecting.vendor, SPLITS, pages)
    collecting.run("polygon", "splits", days("2024-02-01", "2024-02-29"))
    ours = collecting.vendor.asked[:]
    theirs = list(client.list_splits(
        execution_date_gte="2024-02-01", execution_date_lte="2024-02-29", sort="execution_date", order="asc", limit=1000
    ))  # fmt: skip
    assert [(row["symbol"], row["split_from"], row["split_to"]) for row in collecting.rows("raw_splits")] == [
        (one.ticker, one.split_from, one.split_to) for one in theirs
    ]
    asked = collecting.vendor.asked[len(ours) :]
    assert [(one.path, one.query) for one in asked] == [(one.path, one.query) for one in ours]


def test_a_day_s_bars_are_the_client_s(collecting: Collecting, client: RESTClient) -> None:
    day_ms = int(datetime(2024, 2, 23, 21, tzinfo=UTC).timestamp()) * 1000
    collecting.vendor.give(GROUPED, grouped(day_ms, "AAPL", "BRK.B", "IBM"))
    collecting.run("polygon", "grouped_daily", days("2024-02-23"))
    theirs = client.get_grouped_daily_aggs("2024-02-23", adjusted=False)
    assert [(row["symbol"], row["open"], row["close"], row["volume"]) for row in collecting.rows("raw_bars")] == [
        (one.ticker, one.open, one.close, one.volume) for one in theirs
    ]
