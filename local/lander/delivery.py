"""One delivery stream: gather, convert, put an object, remember the position.

The position is saved behind the object, so records are delivered at least once; readers count (producer, number, lane).
"""

import base64
import gzip
import io
import json
import threading
import time
from typing import Any

import msgspec
import pyarrow.parquet as pq

from local.lander.conversion import BadLine, Converter
from local.lander.inputs import Arrival, Input
from local.lander.prefixes import expand, object_name

IDLE_S = 0.25
MANY_RECORDS = 50
FAILED_CONVERSION = "format-conversion-failed"


class DeliverySettings(msgspec.Struct, frozen=True):
    """A delivery stream as deployed; `columns` are (name, Hive type) pairs, none where it does not convert."""

    name: str
    bucket: str
    prefix: str
    error_prefix: str
    source_arn: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    table: str = ""
    parquet_codec: str = "snappy"
    compression: str = "UNCOMPRESSED"
    extension: str = ""


class Totals(msgspec.Struct):
    """What was delivered so far. `rows` and `rejected` count lines; each line is in exactly one of them."""

    records: int = 0
    rows: int = 0
    rejected: int = 0
    objects: int = 0
    failures: int = 0
    last_error: str = ""


class Delivery:
    """Runs in a thread of its own."""

    def __init__(
        self,
        settings: DeliverySettings,
        source: Input,
        converter: Converter | None,
        s3: Any,
        *,
        buffer_bytes: int,
        buffer_seconds: float,
    ) -> None:
        self.settings = settings
        self.totals = Totals()
        self.caught_up_at = 0.0
        self._source = source
        self._converter = converter
        self._s3 = s3
        self._buffer_bytes = buffer_bytes
        self._buffer_seconds = buffer_seconds
        self._held: list[Arrival] = []
        self._held_bytes = 0
        self._held_since = 0.0
        self._flush_wanted = threading.Event()

    @property
    def lost(self) -> int:
        return self._source.lost

    @property
    def buffered_records(self) -> int:
        return len(self._held)

    def run(self, stopping: threading.Event) -> None:
        """Deliver until stopped; what is held then is delivered too."""
        while not stopping.is_set():
            try:
                if not self.step():
                    stopping.wait(IDLE_S)
            except Exception as error:
                self.totals.failures += 1
                self.totals.last_error = f"{type(error).__name__}: {error}"[:500]
                stopping.wait(1.0)
        self.flush()

    def step(self) -> bool:
        """Read what has come and deliver if it is time. Say whether there may be more to read at once."""
        asked_at = time.time()
        arrivals = self._source.read()
        if arrivals and not self._held:
            self._held_since = time.monotonic()
        self._held += arrivals
        self._held_bytes += sum(len(arrival.data) for arrival in arrivals)
        full = self._held_bytes >= self._buffer_bytes
        due = bool(self._held) and time.monotonic() - self._held_since >= self._buffer_seconds
        if full or due or (self._flush_wanted.is_set() and not arrivals):
            self.flush()
        if not arrivals:
            self._flush_wanted.clear()
            if not self._held:
                self.caught_up_at = asked_at
        return len(arrivals) >= MANY_RECORDS or (bool(arrivals) and self._flush_wanted.is_set())

    def want_flush(self) -> None:
        self._flush_wanted.set()

    def flush(self) -> None:
        """Deliver what is held, then advance."""
        if not self._held:
            return
        arrived_at = self._held[0].arrived_at
        rows, bad = self._put(arrived_at)
        if bad:
            self._put_bad(arrived_at, bad)
        self._source.commit()
        self.totals.records += len(self._held)
        self.totals.rows += rows
        self.totals.rejected += len(bad)
        self._held, self._held_bytes = [], 0

    def _put(self, arrived_at: float) -> tuple[int, list[BadLine]]:
        if self._converter is None:
            body = b"".join(arrival.data for arrival in self._held)
            packed = gzip.compress(body) if self.settings.compression == "GZIP" else body
            self._put_object(self.settings.prefix, arrived_at, packed, self.settings.extension)
            return body.count(b"\n") or len(self._held), []
        table, bad = self._converter.convert([arrival.data for arrival in self._held])
        if table.num_rows:
            sink = io.BytesIO()
            pq.write_table(table, sink, compression=self.settings.parquet_codec)
            self._put_object(self.settings.prefix, arrived_at, sink.getvalue(), self.settings.extension or ".parquet")
        return table.num_rows, bad

    def _put_object(self, prefix: str, arrived_at: float, body: bytes, suffix: str) -> None:
        key = expand(prefix, arrived_at) + object_name(self.settings.name, arrived_at, suffix)
        self._s3.put_object(Bucket=self.settings.bucket, Key=key, Body=body)
        self.totals.objects += 1

    def _put_bad(self, arrived_at: float, bad: list[BadLine]) -> None:
        documents = [
            {
                "attemptsMade": 1,
                "arrivalTimestamp": int(arrived_at * 1000),
                "attemptEndingTimestamp": int(time.time() * 1000),
                "errorCode": "DataFormatConversion.ParseError",
                "errorMessage": line.reason,
                "rawData": base64.b64encode(line.line).decode(),
                "dataCatalogTable": {"tableName": self.settings.table},
            }
            for line in bad
        ]
        prefix = expand(
            self.settings.error_prefix or f"{self.settings.prefix}{FAILED_CONVERSION}/", arrived_at, FAILED_CONVERSION
        )
        body = "".join(json.dumps(document) + "\n" for document in documents).encode()
        key = prefix + object_name(self.settings.name, arrived_at, "")
        self._s3.put_object(Bucket=self.settings.bucket, Key=key, Body=body)
