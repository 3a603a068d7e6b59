"""Where live metrics go: every row into the lake, the newest of each instrument into a table.

Both are at least once: what is told again is the same row, by `metric_rows.KEY`, and an older row never replaces a
newer one in the table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
import pyarrow as pa

from surveillance.adapters.attributes import item, values
from surveillance.adapters.deliveries import DeliveryStream
from surveillance.adapters.lane_log import Spread
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.errors import SurveillanceError
from surveillance.metric_rows import encode, instrument_of, values_of

RECORD_BYTES: Final = 100_000
"""Firehose charges each record as 5 KB at least, so that many rows share one."""
_REFUSED: Final = "ConditionalCheckFailedException"
_NEWER: Final = "attribute_not_exists(instrument) OR ts < :ts OR (ts = :ts AND revision < :revision)"


class MetricDeliveryError(SurveillanceError):
    """Rows that the delivery stream refused to the end."""


class LatestMetrics:
    """The DynamoDB table of the newest row of each instrument; key `instrument` (S). With `calls`, these are tried
    first.
    """

    def __init__(self, client: Any, table: str, calls: SignedCalls | None = None) -> None:
        self._client = client
        self._table = table
        self._calls = calls

    def write(self, row: Mapping[str, Any]) -> None:
        """Take a row unless the table has a newer one of its instrument."""
        stored = item({"instrument": instrument_of(row), **row})
        request = {
            "TableName": self._table,
            "Item": stored,
            "ConditionExpression": _NEWER,
            "ExpressionAttributeValues": {f":{name}": stored[name] for name in ("ts", "revision")},
        }
        if self._calls is not None:
            with suppress(OSError):
                answer = self._calls.call("PutItem", msgspec.json.encode(request))
                if answer.status == 200 or answer.error_code == _REFUSED:
                    return
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(**request)

    def every(self) -> Iterator[dict[str, Any]]:
        """Give the newest row of each instrument, in no order."""
        for page in self._client.get_paginator("scan").paginate(TableName=self._table):
            yield from (values(stored) for stored in page["Items"])


class MetricStore:
    """Stores what meters tell. `spread` may write to the table abreast."""

    def __init__(self, delivery: DeliveryStream, latest: LatestMetrics, spread: Spread = map) -> None:
        self._delivery = delivery
        self._latest = latest
        self._spread = spread

    def write(self, tables: Sequence[pa.Table]) -> None:
        """Store rows; raises where that is not done whole, and they are to be given again."""
        refused = self._delivery.put(list(records_of(line for rows in tables for line in encode(rows))))
        if refused is not None:
            raise MetricDeliveryError("the delivery stream of the metrics refused rows")
        list(self._spread(self._latest.write, newest(row for rows in tables for row in values_of(rows))))


def records_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to records of at most `RECORD_BYTES`."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        if waiting and size + len(line) > RECORD_BYTES:
            yield b"\n".join(waiting)
            waiting, size = [], 0
        waiting.append(line)
        size += len(line) + 1
    if waiting:
        yield b"\n".join(waiting)


def newest(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the row of each instrument that is of the latest minute, in its last revision."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = instrument_of(row)
        if name not in found or (found[name]["ts"], found[name]["revision"]) < (row["ts"], row["revision"]):
            found[name] = row
    return list(found.values())
