"""A small stack to look at: the emulator with the tables and the stream of ours, a lake on disk, and the page over it.

What tests put there goes the way it goes when everything runs: alerts through the adapter, events as records of the
stream, the lake as Parquet files, messages into the outbox's journal.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import pyarrow.parquet as pq
import uvicorn
from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.signed_calls import SignedCalls
from surveillance.alerts import Alert, Completeness, identifier
from surveillance.events import SECOND
from surveillance.wire import encode, table_of

from local.clients import client
from local.emulator import Emulator, client_environment
from local.outbox import JOURNAL, Message
from local.page.serve import address_of, listen
from local.page.server import application
from local.positions import write_whole

OPEN = 1_772_461_800_000_000_000
"""2026-03-02 14:30 UTC, 09:30 in New York."""
NASTY = "<b>&amp;\"'{{7*7}}</b><script>document.title='owned'</script>"
"""A symbol as nobody should be able to name one."""
LANES, SHARDS = 4, 2
NAMES = {
    "EVENT_STREAM": "events",
    "ALERT_TABLE": "alerts",
    "CHECKPOINT_TABLE": "checkpoints",
    "LANE_BUCKET": "lanes",
    "LAKE_BUCKET": "lake",
    "LANES": str(LANES),
}
INSTRUMENTS = b"symbol,tick_size,currency,timezone,previous_close\nAAA,0.01,USD,America/New_York,10.00\n"


class Standing:
    """The stack; `folder` is what `surveillance dashboards --state` would be given."""

    def __init__(self, folder: Path, endpoint: str, lake: Path) -> None:
        self.folder, self.endpoint, self.lake = folder, endpoint, lake
        dynamodb = client("dynamodb", endpoint)
        self._alerts = AlertTable(dynamodb, NAMES["ALERT_TABLE"], SignedCalls(dynamodb))
        self._kinesis = client("kinesis", endpoint)
        self._landed = 0

    def publish(self, **status: Any) -> None:
        """Say what is up, as `local.daemon.published` does."""
        state = {
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "environment": client_environment(self.endpoint),
            "names": NAMES,
            "health_port": 0,
            "lake_path": str(self.lake),
            "mailboxes": [],
            "status": {"emulator": {"pid": os.getpid()}, "services": [], "dead": [], **status},
        }
        write_whole(self.folder / "stack.json", json.dumps(state))

    def store(self, *alerts: Alert) -> None:
        for alert in alerts:
            self._alerts.write(alert)

    def send(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._kinesis.put_record(
            StreamName=NAMES["EVENT_STREAM"], Data=encode(table_of([dict(row) for row in rows])), PartitionKey="0"
        )

    def land(self, rows: Sequence[Mapping[str, Any]], arrival: str = "year=2026/month=03/day=02/hour=14") -> None:
        path = self.lake / "events" / arrival / f"{self._landed}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table_of([dict(row) for row in rows]), path)
        self._landed += 1

    def post(self, *messages: Message) -> None:
        journal = self.folder / JOURNAL
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("ab") as file:
            file.writelines(msgspec.json.encode(message) + b"\n" for message in messages)


@contextmanager
def standing(folder: Path) -> Iterator[Standing]:
    """Start the emulator, make tables, stream and buckets, say so."""
    emulator = Emulator(folder)
    emulator.start()
    try:
        dynamodb = client("dynamodb", emulator.endpoint)
        for table, key, kind in (("alerts", "alert_id", "S"), ("checkpoints", "lane", "N")):
            dynamodb.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}],
                BillingMode="PAY_PER_REQUEST",
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            )
        client("kinesis", emulator.endpoint).create_stream(StreamName=NAMES["EVENT_STREAM"], ShardCount=SHARDS)
        objects = client("s3", emulator.endpoint)
        for bucket in (NAMES["LANE_BUCKET"], NAMES["LAKE_BUCKET"]):
            objects.create_bucket(Bucket=bucket)
        objects.put_object(Bucket=NAMES["LANE_BUCKET"], Key="reference/instruments.csv", Body=INSTRUMENTS)
        made = Standing(folder, emulator.endpoint, emulator.bucket_path(NAMES["LAKE_BUCKET"]))
        made.publish()
        yield made
    finally:
        emulator.stop()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the page over a folder from a thread; gives its address."""
    listening = listen(0)
    ready = threading.Event()
    config = uvicorn.Config(application(folder, ready.set), log_level="error", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield address_of(listening)
    finally:
        server.should_exit = True
        thread.join(10)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    address: str,
    path: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    method: str | None = None,
) -> Answer:
    """Send one request as it is told, without following anything."""
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    sent = {"Host": host, **({"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {})}
    body = urlencode(form) if form is not None else None
    try:
        connection.request(method or ("GET" if form is None else "POST"), path, body, {**sent, **(headers or {})})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Stream:
    """A stream of server-sent events, open from here on."""

    def __init__(self, address: str, path: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        self._connection.request("GET", path)
        self._answer = self._connection.getresponse()
        self._said = ""

    def next(self, name: str, within: float = 10.0) -> Any:
        """Give the data of the next event of a name."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            line = self._answer.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                self._said = line.removeprefix("event: ")
            elif line.startswith("data: ") and self._said == name:
                return json.loads(line.removeprefix("data: "))
        raise AssertionError(f"no {name} within {within:g} s")

    def close(self) -> None:
        self._connection.close()


def newest(address: str, path: str, name: str) -> Any:
    """Give the data of the first event of a name."""
    stream = Stream(address, path)
    try:
        return stream.next(name)
    finally:
        stream.close()


def alert(number: int, **changed: Any) -> Alert:
    """Make an alert of its own id."""
    fields: dict[str, Any] = {
        "alert_id": identifier("alert", number),
        "episode_key": identifier("episode", number),
        "revision": 1,
        "rule": "spoofing",
        "rule_version": 1,
        "parameters_hash": "cafe",
        "severity": "high",
        "score": 0.75,
        "symbol": "AAA",
        "venue": "XSIM",
        "accounts": ["A1"],
        "candidate": False,
        "data_tier": 2,
        "start_ts": OPEN,
        "end_ts": OPEN + 4 * SECOND,
        "detected_ts": OPEN + 4 * SECOND + 123_456_789,
        "order_ids": ["mine"],
        "trade_ids": ["t1"],
        "order_count": 1,
        "trade_count": 1,
        "metrics": {"size_ratio": 6.5, "lifetime_s": 4.0},
        "thresholds": {"size_ratio": 3.0, "max_filled_share": 0.01},
        "baselines": {"usual_quantity": 200.0},
        "completeness": Completeness(),
        "explanation": "1. A1 entered a buy order of 1000. 2. It was withdrawn after 4 s.",
    }
    return Alert(**fields | changed)


def order(seconds: float, action: str, name: str, **fields: Any) -> dict[str, Any]:
    return at(seconds, "order", action=action, order_id=name, **fields)


def at(seconds: float, kind: str, **fields: Any) -> dict[str, Any]:
    ts = OPEN + int(seconds * SECOND)
    return {
        "type": kind,
        "symbol": "AAA",
        "ts": ts,
        "received_ts": ts + 1_000_000,
        "producer": "venue/orders",
        **fields,
    }


EPISODE = [
    order(-90, "new", "old", side="buy", price=9.98, size=500.0, number=1),
    at(-80, "quote", venue="X", bid_price=9.98, bid_size=500.0, ask_price=10.02, ask_size=100.0, number=2),
    order(-70, "new", "other", side="sell", price=10.02, size=100.0, number=3),
    order(0, "new", "mine", side="buy", price=9.99, size=1000.0, account="A1", number=4),
    at(0.1, "quote", venue="X", bid_price=9.99, bid_size=1000.0, number=5),
    order(3, "fill", "other", size=40.0, price=10.02, trade_id="t1", number=6),
    at(3, "trade", price=10.02, size=40.0, trade_id="t1", aggressor="buy", number=7),
    order(4, "cancel", "mine", number=8),
]


def eventually(look: Any, within: float = 10.0) -> Any:
    """Look until something is there."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found
