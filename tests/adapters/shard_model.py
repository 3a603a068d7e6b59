"""A stream of shards, the mapping that hands its records to consumers, and everything that can go wrong on the way."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from surveillance import alerts, wire
from surveillance.adapters.checkpoints import Checkpoint, CheckpointTable
from surveillance.adapters.held_lane import Settings, Stores
from surveillance.adapters.kinesis_records import Record
from surveillance.adapters.lane_consumer import LaneConsumer, Report
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.adapters.lane_log import LaneLog
from surveillance.adapters.quarantine import Quarantine
from surveillance.adapters.snapshots import SnapshotStore
from surveillance.alerts import Alert
from surveillance.lanes import HASH_SPACE, explicit_hash_key, lane_of

from tests.adapters.fake_engine import FakeEngine, ProcessDied
from tests.adapters.in_process_aws import Alerts, Cloud, Items, Metrics, Objects

LANES = 4
SYMBOLS = ("AAPL", "MSFT", "EUR/USD", "BTC-USD", "IBM", "VOD", "SAP")
EVENING = 1_700_006_395_000  # 23:59:55 UTC
SECOND = 1_000_000_000


class Tempest(Exception):  # noqa: N818
    """A storage call that failed, or whose answer got lost."""


class Names:
    """Attempt names that never repeat."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        self._last += 1
        return f"attempt-{self._last:06d}"


def stores(cloud: Cloud, names: Callable[[], str]) -> Stores:
    return Stores(
        checkpoints=CheckpointTable(Items(cloud), "checkpoints"),
        log=LaneLog(Objects(cloud), "lanes", names),
        snapshots=SnapshotStore(Objects(cloud), "lanes"),
        quarantine=Quarantine(Objects(cloud), "lanes"),
        alerts=Alerts(cloud),
        metrics=Metrics(cloud),
        evidence_uri=lambda lane, date: f"s3://lanes/log/chapters/lane={lane:03d}/date={date}/",
    )


def consumer(
    cloud: Cloud, names: Callable[[], str], engine: FakeEngine | None = None, settings: Settings | None = None
) -> LaneConsumer:
    feed = LaneFeed(engine or FakeEngine(), plainly_decoded)
    return LaneConsumer(feed, stores(cloud, names), LANES, names, lambda: 0.0, settings or Settings())


@dataclass
class Rows:
    """As much of a table as the fake engine reads."""

    rows: list[dict[str, Any]]

    @property
    def num_rows(self) -> int:
        return len(self.rows)

    def to_pylist(self) -> list[dict[str, Any]]:
        return self.rows


def plainly_decoded(data: bytes) -> wire.Decoded:
    """Decode like `wire.Decoder`, in a tenth of the time on lines so few."""
    rows: list[dict[str, Any]] = []
    rejected = []
    for single in data.split(b"\n"):
        if single.strip():
            try:
                row = json.loads(single)
                if not isinstance(row["symbol"], str):
                    raise TypeError
                rows.append(row)
            except (ValueError, TypeError):
                rejected.append(wire.Rejected(len(rows), "not_json", single))
    return wire.Decoded(Rows(rows), rejected)


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def order(symbol: str, number: int, ts: int | None = None, **more: Any) -> bytes:
    ts = 1_000 * SECOND + number * 1_000_000 if ts is None else ts
    fields = {"type": "order", "action": "new", "order_id": f"o{number}", "symbol": symbol, "ts": ts}
    return line(**fields, producer="venue/orders", number=number, **more)


def record(lane: int, sequence_number: int, data: bytes, arrival_ms: int = EVENING) -> Record:
    return Record(str(lane), "market-events", sequence_number, arrival_ms, data)


def session(rng: random.Random, events: int, poison: bool) -> list[Record]:
    """Make a stream's records in put order: re-sends, late, malformed and poisonous events, over midnight."""
    queues: dict[int, list[bytes]] = {lane: [] for lane in range(LANES)}
    for number in range(events):
        roll = rng.random()
        symbol = rng.choice(SYMBOLS)
        lane = lane_of(symbol, LANES)
        if roll < 0.02:
            for every in queues:
                status = {"type": "status", "state": "gap", "symbol": "*", "ts": number, "channel": "orders"}
                queues[every].append(line(**status, producer="venue/status", number=number))
        elif roll < 0.04:
            queues[lane].append(rng.choice([b"{broken\n", b'{"symbol": 7}\n', b"\n", b"\xff\xfe\n"]))
        elif roll < 0.06:
            queues[lane].append(line(type="nonsense", symbol=symbol, ts=1, producer="venue/orders", number=number))
        elif roll < 0.08:
            queues[lane].append(order(symbol, number, ts=900 * SECOND))
        elif roll < 0.10 and poison:
            queues[lane].append(order(symbol, number, headline="poison"))
        else:
            queues[lane].append(order(symbol, number))
    records: list[Record] = []
    waiting = {lane: queue for lane, queue in queues.items() if queue}
    arrival = EVENING
    while waiting:
        lane = rng.choice(list(waiting))
        size = rng.randint(1, 9)
        data = b"".join(waiting[lane][:size])
        waiting[lane] = waiting[lane][size:]
        if not waiting[lane]:
            del waiting[lane]
        arrival += rng.randint(0, 400)
        if rng.random() < 0.1:
            data = data[:-1] or b"\n"
        records.append(record(lane, len(records) + 1, data, arrival))
        if rng.random() < 0.08:  # a put timed out after it succeeded, and was sent again
            records.append(record(lane, len(records) + 1, data, arrival + 1))
    return records


@dataclass
class Reference:
    """One uninterrupted run of the plain engine, poison left out."""

    alerts: dict[str, dict[str, object]] = field(default_factory=dict)
    revisions: set[str] = field(default_factory=set)
    counts: dict[int, Counter[str]] = field(default_factory=dict)
    lines: dict[int, list[bytes]] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)


def text(alert: Alert) -> str:
    return json.dumps(alerts.content(alert), sort_keys=True)


def reference(records: list[Record]) -> Reference:
    result = Reference()
    for lane in range(LANES):
        engine, kept = FakeEngine(), []
        state = engine.new_state()
        counts: Counter[str] = Counter()
        for one in (one for one in records if one.lane(LANES) == lane):
            counts["records"] += 1
            for single in (piece for piece in one.data.split(b"\n") if piece.strip()):
                counts["lines"] += 1
                if b"poison" in single:
                    number = json.loads(single)["number"]
                    fresh = number > state["numbers"].get("venue/orders", -1)
                    counts["quarantined" if fresh else "duplicates"] += 1
                    continue
                outcome = engine.feed(state, plainly_decoded(single))
                counts.update(outcome.counts)
                if not outcome.dropped:
                    kept.append(single)
                if outcome.metrics is not None:
                    result.metrics |= {json.dumps(row) for row in outcome.metrics.to_pylist()}
                for alert in outcome.alerts:
                    result.revisions.add(text(alert))
                    result.alerts[alert.alert_id] = alerts.content(alert)
        result.counts[lane], result.lines[lane] = counts, kept
    return result


@dataclass
class Shard:
    low: int
    high: int
    parents: list["Shard"]
    records: list[Record] = field(default_factory=list)
    position: int = 0
    closed: bool = False

    @property
    def drained(self) -> bool:
        read = self.closed and self.position == len(self.records)
        return read and all(parent.drained for parent in self.parents)

    @property
    def deliverable(self) -> bool:
        return self.position < len(self.records) and all(parent.drained for parent in self.parents)


class World:
    """One random schedule: puts, deliveries, reshards, upgrades and faults, all from one seed."""

    def __init__(self, seed: int, containers: int = 3, upgrade: bool = False, poison: bool = True) -> None:
        self.rng = random.Random(seed)
        self.records = session(self.rng, self.rng.randint(40, 160), poison)
        self.to_put = list(self.records)
        self.cloud = Cloud()
        self.names = Names()
        self.versions = ["1"]
        self.settings = Settings(
            segments_a_chapter=self.rng.randint(1, 5), versions_a_snapshot=self.rng.randint(1, 12), trials=1_000_000
        )
        self.containers = [self._container() for _ in range(containers)]
        self.busy: set[int] = set()
        self.shards = [Shard(0, HASH_SPACE, [])]
        self.upgrade = upgrade
        self.faults: Counter[str] = Counter()
        self.risk = self.rng.choice([0.0, 0.01, 0.03, 0.08])
        self.failures = 0

    def _container(self) -> LaneConsumer:
        return consumer(self.cloud, self.names, FakeEngine(self.rng.choice(self.versions)), self.settings)

    def run(self) -> None:
        self.cloud.fault = self._fault
        while self.to_put or not self._is_drained():
            self._put()
            if self.rng.random() < 0.03:
                self._reshard()
            if self.upgrade and self.rng.random() < 0.02:
                self.versions = [self.versions[-1], str(int(self.versions[-1]) + 1)]
                self.containers[self.rng.randrange(len(self.containers))] = self._container()
            self.deliver()
            self.risk *= 0.998
        self.cloud.fault = lambda _: None
        for shard in self.shards:
            shard.position = 0  # one more delivery of everything, to settle what an ended mapping would retry
            while shard.deliverable:
                self._deliver(shard, self.rng.randrange(len(self.containers)))

    def _is_drained(self) -> bool:
        return all(shard.position == len(shard.records) for shard in self.shards)

    def _put(self) -> None:
        for one in self.to_put[: self.rng.randint(0, 6)]:
            key = int(explicit_hash_key(int(one.partition_key), LANES))
            shard = next(s for s in self.shards if not s.closed and s.low <= key < s.high)
            shard.records.append(one)
            del self.to_put[0]

    def _reshard(self) -> None:
        living = sorted((shard for shard in self.shards if not shard.closed), key=lambda shard: shard.low)
        if len(living) > 1 and self.rng.random() < 0.5:
            place = self.rng.randrange(len(living) - 1)
            left, right = living[place : place + 2]
            left.closed = right.closed = True
            self.shards.append(Shard(left.low, right.high, [left, right]))
        else:
            old = self.rng.choice(living)
            middle = (old.low + old.high) // 2
            old.closed = True
            self.shards += [Shard(old.low, middle, [old]), Shard(middle, old.high, [old])]

    def deliver(self) -> None:
        shards = [shard for shard in self.shards if shard.deliverable]
        free = [place for place in range(len(self.containers)) if place not in self.busy]
        if shards and free:
            self._deliver(self.rng.choice(shards), self.rng.choice(free))

    def _deliver(self, shard: Shard, place: int) -> None:
        start = shard.position
        batch = shard.records[start : start + self.rng.randint(1, 8)]
        self.busy.add(place)
        try:
            report = self.containers[place].process(batch)
        except ProcessDied:
            self.faults["died"] += 1
            self.containers[place] = self._container()
            return
        finally:
            self.busy.discard(place)
        self._acknowledge(shard, start, batch, report)

    def _acknowledge(self, shard: Shard, start: int, batch: list[Record], report: Report) -> None:
        if self.risk > 0 and self.rng.random() < 0.1:
            self.faults["delivered again"] += 1
            return
        done = start + len(batch)
        if report.failed is not None:
            self.failures += 1
            done = start + next(n for n, one in enumerate(batch) if one.sequence_number == report.failed)
        shard.position = max(shard.position, done)

    def _fault(self, call: str) -> Callable[[], None] | None:
        roll = self.rng.random()
        if roll > self.risk * 5:
            return None
        kind = self.rng.choice(("fails", "times out", "dies", "dies after", "pauses"))
        self.faults[kind] += 1
        if kind == "fails":
            raise Tempest(call)
        if kind == "dies":
            raise ProcessDied
        if kind == "pauses":
            for _ in range(self.rng.randint(1, 4)):
                self.deliver()
            return None
        error: BaseException = Tempest(call) if kind == "times out" else ProcessDied()

        def afterwards() -> None:
            raise error

        return afterwards

    def checkpoints(self) -> dict[int, Checkpoint]:
        return CheckpointTable(Items(self.cloud), "checkpoints").read(range(LANES))

    def log(self) -> LaneLog:
        return LaneLog(Objects(self.cloud), "lanes", self.names)
