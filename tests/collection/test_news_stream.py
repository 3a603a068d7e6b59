"""News reach Kinesis in lane order, each with one number for good, whatever fails between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from surveillance.adapters.news_stream import NewsStream
from surveillance.adapters.objects import FolderObjects
from surveillance.collection.verdict import CollectionError
from surveillance.lanes import explicit_hash_key, lane_of
from surveillance.wire import Decoder

from tests.collection.collecting import START, Collecting, days

LANES = 4
NOW = int(START.replace(tzinfo=UTC).timestamp()) * 1_000_000_000
MINUTE = 60_000_000_000


class Kinesis:
    """Takes records; `faults` says of each call, from the first, which places fail (None: the whole call raises)."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.faults: list[set[int] | None] = []

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert StreamName == "market-events"
        failed = self.faults.pop(0) if self.faults else set()
        if failed is None:
            raise ConnectionError("cut")
        self.calls.append([record for place, record in enumerate(Records) if place not in failed])
        results = [{"ErrorCode": "x"} if place in failed else {} for place in range(len(Records))]
        return {"FailedRecordCount": len(failed), "Records": results}

    def lines(self) -> list[dict[str, Any]]:
        records = [record for call in self.calls for record in call]
        return [msgspec.json.decode(line) for record in records for line in record["Data"].splitlines()]


@pytest.fixture
def kinesis() -> Kinesis:
    return Kinesis()


def stream(folder: Path, kinesis: Kinesis, now: int = NOW) -> NewsStream:
    return NewsStream(
        FolderObjects(folder), kinesis, "market-events", LANES, "polygon", lambda: now, lambda seconds: None
    )


def event(name: str, symbol: str, ts: int = NOW - MINUTE) -> dict[str, Any]:
    return {"type": "news", "symbol": symbol, "ts": ts, "news_id": name, "headline": name, "sentiment": 0.5}


def test_news_are_events_of_the_contract_in_their_lane(tmp_path: Path, kinesis: Kinesis) -> None:
    assert stream(tmp_path, kinesis).send([event("n", "AAPL"), event("n", "IBM")]) == 2
    (call,) = kinesis.calls
    for record in call:
        table = Decoder().decode(record["Data"]).table
        (lane,) = {lane_of(symbol, LANES) for symbol in table["symbol"].to_pylist()}
        assert (record["PartitionKey"], record["ExplicitHashKey"]) == (str(lane), explicit_hash_key(lane, LANES))
        assert set(table["type"].to_pylist()) == {"news"}
        assert set(table["producer"].to_pylist()) == {"news/polygon"}
        assert set(table["received_ts"].to_pylist()) == {NOW}


def test_news_sent_once_are_not_sent_again(tmp_path: Path, kinesis: Kinesis) -> None:
    events = [event("a", "AAPL"), event("b", "AAPL"), event("a", "AAPL")]
    assert stream(tmp_path, kinesis).send(events) == 2
    assert stream(tmp_path, kinesis, NOW + MINUTE).send(events) == 0
    assert stream(tmp_path, kinesis, NOW + MINUTE).send([*events, event("c", "AAPL")]) == 1
    assert [line["news_id"] for line in kinesis.lines()] == ["a", "b", "c"]


def test_what_a_dead_run_left_goes_first_and_with_its_numbers(tmp_path: Path, kinesis: Kinesis) -> None:
    kinesis.faults = [None]
    with pytest.raises(ConnectionError):
        stream(tmp_path, kinesis).send([event("a", "AAPL"), event("b", "AAPL")])
    stream(tmp_path, kinesis, NOW - 5 * MINUTE).send([event("a", "AAPL"), event("c", "AAPL")])
    lines = kinesis.lines()
    assert [line["news_id"] for line in lines] == ["a", "b", "c"]
    numbers = [line["number"] for line in lines]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == NOW


def test_a_record_refused_holds_its_lane_and_no_other(tmp_path: Path, kinesis: Kinesis) -> None:
    events = [event(f"n{number:04d}", symbol) for number in range(900) for symbol in ("AAPL", "IBM")]
    assert lane_of("AAPL", LANES) != lane_of("IBM", LANES)
    kinesis.faults = [{0}, {0, 1}]
    stream(tmp_path, kinesis).send(events)
    for symbol in ("AAPL", "IBM"):
        mine = [line["news_id"] for line in kinesis.lines() if line["symbol"] == symbol]
        assert mine == [f"n{number:04d}" for number in range(900)]
    for call in kinesis.calls:
        assert len({record["PartitionKey"] for record in call}) == len(call)
        assert all(len(record["Data"].splitlines()) <= 400 for record in call)


def test_a_stream_that_takes_nothing_keeps_the_news_for_later(tmp_path: Path, kinesis: Kinesis) -> None:
    kinesis.faults = [{0}] * 8
    with pytest.raises(CollectionError, match="wait for the next run"):
        stream(tmp_path, kinesis).send([event("a", "AAPL")])
    assert stream(tmp_path, kinesis).send([]) == 0
    assert [line["news_id"] for line in kinesis.lines()] == ["a"]


def test_old_news_are_history_only(tmp_path: Path, kinesis: Kinesis) -> None:
    two_days = 48 * 60 * MINUTE
    assert (
        stream(tmp_path, kinesis).send([event("old", "AAPL", NOW - two_days - 1), event("new", "AAPL", NOW - two_days)])
        == 1
    )


def test_a_collection_of_news_sends_them_and_a_second_does_not(collecting: Collecting, kinesis: Kinesis) -> None:
    told = {"id": "n", "title": "Shares surge", "published_utc": "2024-03-01T10:00:00Z", "tickers": ["AAPL"],
            "article_url": "u", "publisher": {"name": "P"}}  # fmt: skip
    collecting.vendor.give("/v2/reference/news", {"results": [told]})
    job = days("2024-03-01")
    news = stream(collecting.folder, kinesis)
    assert collecting.run("polygon", "news", job, news).events == 1
    assert collecting.run("polygon", "news", job, news).events == 0
    (line,) = kinesis.lines()
    assert line["ts"] == int(datetime(2024, 3, 1, 10, tzinfo=UTC).timestamp()) * 1_000_000_000
    assert line["sentiment"] > 0


def test_a_stream_that_fails_leaves_the_collection_to_be_run_again(collecting: Collecting, kinesis: Kinesis) -> None:
    told = {"id": "n", "title": "t", "published_utc": "2024-02-29T20:00:00Z", "tickers": ["AAPL"]}
    collecting.vendor.give("/v2/reference/news", {"results": [told]})
    kinesis.faults = [{0}] * 8
    news = stream(collecting.folder, kinesis)
    first = collecting.run("polygon", "news", days("2024-02-29"), news)
    assert (first.complete, len(first.failed), first.rows) == (False, 1, {"raw_news": 1})
    again = collecting.run("polygon", "news", days("2024-02-29"), news)
    assert (again.complete, again.requests) == (True, 0)
    assert len(kinesis.lines()) == 1
