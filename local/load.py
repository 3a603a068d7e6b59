"""A session sent through the whole local stack at a steady rate: how fast it went, how late alerts were, what it cost.

Processor seconds are by part and thousand events, so that figures of a busy machine still say where the time goes.
"""

import os
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow.compute as pc

from local import lifeline, usage
from local.poller.sources import TableSource
from local.reconcile import consumer_counts, reconcile
from local.stack import LocalStack, StackError

CHANNEL = "orders"
SAMPLE_S = 0.5
READY_S = 600.0
PATIENCE_S = 600.0
BUDGET_BYTES = 1 << 30
"""What may wait in Kinesis where more is sent than is carried; beyond it the emulator loses the oldest."""
SEQUENCE_DIGITS = 10
"""The emulator's numbers of a table's changes are the ms clock and a counter of so many digits."""


class Load(msgspec.Struct, frozen=True):
    """What to send: a Parquet file of events and `reference/` files, so many events a second; the deployed context."""

    events: Path
    reference: dict[str, bytes]
    rate: float
    shards: int = 2
    detectors: int = 2


class Delays(msgspec.Struct, frozen=True):
    """How long stored alerts took, in ms from the receipt of the event that triggered them."""

    alerts: int
    p50_ms: float | None = None
    p99_ms: float | None = None
    worst_ms: float | None = None


class Measured(msgspec.Struct, frozen=True):
    """What came of it. `carried_per_second` runs from the first receipt to the last event's detection."""

    events: int
    seconds: float
    received_per_second: int
    carried_per_second: int
    seconds_behind: float
    law_3_holds: bool
    terms: list[str]
    first_revisions: Delays
    all_writes: Delays
    cpu_seconds: dict[str, float]
    cpu_us_per_event: dict[str, float]
    resident_mb: dict[str, list[float]]
    load_average: float


def measure(load: Load, folder: Path, announce: Callable[[str], None] = lambda sentence: None) -> Measured:
    """Start the stack, send, wait until all is stored and landed, and end it; raises what the stack raises."""
    exchange = _start_exchange(load, folder)
    try:
        url = _url_of(exchange)
        feed = {"name": "venue", "protocol": "events", "url": url, "channels": [CHANNEL], "clock": "recorded"}
        context = {"environment": "laptop", "delete_data": True, "feeds": [feed], "shards": load.shards}
        workers = {"Detect": load.detectors}
        with LocalStack(
            folder,
            context,
            workers=workers,
            reference=load.reference,
            kinesis_budget_bytes=BUDGET_BYTES,
            announce=announce,
        ) as stack:
            return _measured(stack, announce)
    finally:
        exchange.kill()


def _start_exchange(load: Load, folder: Path) -> lifeline.Child:
    arguments = ["--file", str(load.events), "--channel", CHANNEL, "--rate", str(load.rate), "--end", "--child"]
    log = folder / "exchange.log"
    log.unlink(missing_ok=True)
    environment = usage.module_environment()
    return lifeline.start(
        "exchange", lifeline.module_command("local.exchange", *arguments), environment=environment, log=log
    )


def _url_of(exchange: lifeline.Child) -> str:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and exchange.alive:
        words = exchange.last_words().split()
        if words and words[-1].startswith("ws://"):
            return words[-1]
        time.sleep(0.1)
    raise StackError(f"the exchange did not start:\n{exchange.last_words()}")


def _measured(stack: LocalStack, announce: Callable[[str], None]) -> Measured:
    announce("Sending")
    before = usage.by_part()
    resident: dict[str, list[float]] = {}
    deadline = time.monotonic() + PATIENCE_S
    sent_at = 0.0
    while not sent_at or not _detected_since(stack, sent_at):
        if time.monotonic() > deadline or stack.dead():
            raise StackError(f"not sent and detected in time: {stack.status()}")
        time.sleep(SAMPLE_S if not sent_at else 0.02)
        for name, use in usage.by_part().items():
            resident.setdefault(name, []).append(use.resident_bytes / 1e6)
        if not sent_at and _all_put(_ingester(stack)):
            sent_at = time.time()
    detected_at = time.time()
    cpu = usage.seconds_between(before, usage.by_part())
    load_average = round(os.getloadavg()[0], 1)
    announce("Waiting until everything has landed")
    stack.drain(PATIENCE_S)
    reconciled = reconcile(stack)
    events = _consumed(stack)
    first, last = _receipts(stack.lake_path)
    return Measured(
        events=events,
        seconds=round(detected_at - first, 1),
        received_per_second=round(events / (last - first)),
        carried_per_second=round(events / (detected_at - first)),
        seconds_behind=round(detected_at - last, 2),
        law_3_holds=reconciled.holds,
        terms=reconciled.sentences(),
        **_delays(stack),
        cpu_seconds=cpu,
        cpu_us_per_event={name: round(seconds / events * 1e6, 2) for name, seconds in cpu.items()},
        resident_mb={name: _course(sizes) for name, sizes in resident.items()},
        load_average=load_average,
    )


def _ingester(stack: LocalStack) -> Mapping[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{stack.health_port}/counts", timeout=5) as answer:
            feeds: dict[str, Any] = msgspec.json.decode(answer.read())["feeds"]
    except OSError:
        return {}
    return next(iter(feeds.values()))


def _all_put(feed: Mapping[str, Any]) -> bool:
    if not feed or feed["state"] != "ended" or feed["records_waiting"]:
        return False
    return not sum(channel["pending"] for channel in feed["counts"]["channels"].values())


def _detected_since(stack: LocalStack, moment: float) -> bool:
    mappings = stack.status()["poller"].get("mappings", [])
    return all(one["caught_up_at"] > moment for one in mappings if ":kinesis:" in one["source"])


def _consumed(stack: LocalStack) -> int:
    counts = consumer_counts(stack.client("dynamodb"), stack.names["CHECKPOINT_TABLE"])
    return counts["lines"] - counts["duplicates"]


def _receipts(lake: Path) -> tuple[float, float]:
    """Give when the first and the last event were received, in Unix seconds."""
    query = f"select min(received_ts), max(received_ts) from {_rows(lake)}"  # noqa: S608
    first, last = duckdb.sql(query).fetchall()[0]
    return first / 1e9, last / 1e9


def _rows(lake: Path) -> str:
    return f"read_parquet('{lake}/events/**/*.parquet', hive_partitioning = false)"


def _delays(stack: LocalStack) -> dict[str, Delays]:
    """Compare each write of an alert with the receipt of the first event of its symbol at or after its trigger.

    A first revision's trigger is at `detected_ts`, a later one's at `end_ts`.
    """
    writes = [(symbol, at, first, stored_ms) for symbol, at, first, stored_ms in _writes(stack)]
    if not writes:
        return {"first_revisions": Delays(0), "all_writes": Delays(0)}
    symbols = sorted({symbol for symbol, _, _, _ in writes})
    query = f"select symbol, ts, received_ts from {_rows(stack.lake_path)} where symbol in ? order by symbol, number"  # noqa: S608
    table = duckdb.execute(query, [symbols]).to_arrow_table()
    found: dict[bool, list[float]] = {True: [], False: []}
    for symbol in symbols:
        rows = table.filter(pc.equal(table.column("symbol"), symbol))
        times = np.maximum.accumulate(rows.column("ts").to_numpy())
        received = rows.column("received_ts").to_numpy()
        for named, at, first, stored_ms in writes:
            place = int(np.searchsorted(times, at))
            if named == symbol and place < len(times):
                found[first].append(stored_ms - received[place] / 1e6)
    return {"first_revisions": _delay(found[True]), "all_writes": _delay(found[True] + found[False])}


def _writes(stack: LocalStack) -> list[tuple[str, int, bool, float]]:
    """Read the table's changes: symbol, time of the trigger, whether it is the first, and when it was stored (ms)."""
    name = stack.names["ALERT_TABLE"]
    arn = stack.client("dynamodb").describe_table(TableName=name)["Table"]["LatestStreamArn"]
    source = TableSource(stack.client("dynamodbstreams"), arn)
    found = []
    for shard in source.shards():
        iterator: str | None = source.iterator(shard.shard_id, "TRIM_HORIZON")
        while iterator is not None:
            records, iterator = source.read(shard.shard_id, iterator, 1000)
            if not records:
                break
            for record in records:
                change = record.event["dynamodb"]
                new, old = change.get("NewImage", {}), change.get("OldImage")
                if "revision" not in new or (old and old.get("revision") == new["revision"]):
                    continue
                at = int(new["end_ts" if old else "detected_ts"]["N"])
                stored_ms = int(record.sequence_number[:-SEQUENCE_DIGITS])
                found.append((new["symbol"]["S"], at, not old, float(stored_ms)))
    return found


def _delay(found: list[float]) -> Delays:
    if not found:
        return Delays(0)
    middle, high = np.percentile(found, [50, 99])
    return Delays(len(found), round(float(middle), 1), round(float(high), 1), round(float(max(found)), 1))


def _course(sizes: list[float]) -> list[float]:
    """Give a tenth of the way, half of it, the end and the most."""
    places = [len(sizes) // 10, len(sizes) // 2, len(sizes) - 1]
    return [round(size, 1) for size in (*(sizes[place] for place in places), max(sizes))]
