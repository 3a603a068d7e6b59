"""Rows of live metrics reach the lake whole; the table holds the newest row of each instrument, whatever the order."""

from itertools import permutations
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from surveillance.adapters.deliveries import DeliveryStream
from surveillance.adapters.metric_store import RECORD_BYTES, LatestMetrics, MetricDeliveryError, MetricStore
from surveillance.metric_rows import SCHEMA

from tests.adapters.aws_tables import make_tables
from tests.adapters.test_deliveries import Firehose

MINUTE = 60_000_000_000


def row(ts: int, revision: int, symbol: str = "AAPL", venue: str | None = "XNAS", **more: Any) -> dict[str, Any]:
    return {"symbol": symbol, "venue": venue, "ts": ts, "revision": revision, "sma": [("5", 10.5)], "ema": [], **more}


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), SCHEMA)


@pytest.fixture
def items(aws: None) -> Any:
    return make_tables()


def store(firehose: Firehose, items: Any) -> MetricStore:
    return MetricStore(DeliveryStream(firehose, "alerts", lambda _: None), LatestMetrics(items, "metrics"))


def test_rows_land_as_lines_without_what_is_not_known(items: Any) -> None:
    firehose = Firehose()
    first, second = row(MINUTE, 1, trades=3, close=10.25), row(MINUTE, 2, "EUR/USD", None)
    store(firehose, items).write([table(first), table(second)])
    landed = [msgspec.json.decode(line) for record in firehose.taken for line in record.splitlines()]
    known = {"symbol": "AAPL", "venue": "XNAS", "ts": MINUTE, "revision": 1, "trades": 3, "close": 10.25}
    assert landed == [
        known | {"sma": {"5": 10.5}, "ema": {}},
        {"symbol": "EUR/USD", "ts": MINUTE, "revision": 2, "sma": {"5": 10.5}, "ema": {}},
    ]


def test_many_rows_share_records_of_bounded_size(items: Any) -> None:
    firehose = Firehose()
    rows = [row(minute * MINUTE, 1, trades=minute) for minute in range(3_000)]
    store(firehose, items).write([table(*rows[:10]), table(*rows[10:])])
    landed = [msgspec.json.decode(line)["trades"] for record in firehose.taken for line in record.splitlines()]
    assert landed == list(range(3_000))
    assert 2 < len(firehose.taken) < 10
    assert max(map(len, firehose.taken)) <= RECORD_BYTES + 1


def test_refused_rows_are_an_error_and_leave_the_table_for_the_next_attempt(items: Any) -> None:
    line = next(iter(_lines(table(row(MINUTE, 1)))))
    firehose = Firehose({line: 99})
    stored = store(firehose, items)
    with pytest.raises(MetricDeliveryError):
        stored.write([table(row(MINUTE, 1))])
    assert list(LatestMetrics(items, "metrics").every()) == []
    firehose.refusals.clear()
    stored.write([table(row(MINUTE, 1))])
    assert len(list(LatestMetrics(items, "metrics").every())) == 1


def _lines(rows: pa.Table) -> list[bytes]:
    from surveillance.metric_rows import encode

    return [line + b"\n" for line in encode(rows)]


def test_an_older_row_never_replaces_a_newer_one(items: Any) -> None:
    rows = [{"venue": "XNAS", "ts": ts, "revision": revision} for ts, revision in ((1, 1), (1, 2), (2, 1))]
    latest = LatestMetrics(items, "metrics")
    for number, order in enumerate(permutations(rows)):
        for each in order:
            latest.write({"symbol": f"S{number}", **each})
    found = {stored["symbol"]: (stored["ts"], stored["revision"]) for stored in latest.every()}
    assert found == {f"S{number}": (2, 1) for number in range(6)}


def test_instruments_of_one_symbol_on_two_venues_are_kept_apart(items: Any) -> None:
    store(Firehose(), items).write([table(row(MINUTE, 1), row(MINUTE, 1, venue="XNYS"), row(0, 2, venue=None))])
    found = {stored["instrument"]: stored for stored in LatestMetrics(items, "metrics").every()}
    assert set(found) == {"XNAS AAPL", "XNYS AAPL", "- AAPL"}
    assert found["XNAS AAPL"]["sma"] == {"5": 10.5}


def test_a_batch_writes_only_the_newest_row_of_an_instrument(items: Any) -> None:
    written: list[dict[str, Any]] = []

    class Noting(LatestMetrics):
        def write(self, row: Any) -> None:
            written.append(row)

    rows = [row(0, 2), row(5 * MINUTE, 1), row(MINUTE, 1)]
    MetricStore(DeliveryStream(Firehose(), "alerts", lambda _: None), Noting(items, "metrics")).write([table(*rows)])
    assert [(each["ts"], each["revision"]) for each in written] == [(5 * MINUTE, 1)]
