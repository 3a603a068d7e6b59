"""One session sent through the whole local stack as fast as it goes, with faults on the way, and what came of it."""

import asyncio
import contextlib
import json
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from surveillance import alerts
from surveillance.adapters.alert_table import alert_of
from surveillance.alerts import Alert

from local.emulator import free_port
from local.emulator_faults import ServiceFault
from local.exchange import Channel, Exchange, Venue
from local.outbox import Message, Outbox
from local.poller.faults import NO_FAULTS, Faults
from local.poller.workers import Function
from local.reconcile import Reconciliation, objects, reconcile
from local.services import ServiceProcess
from local.stack import LocalStack, StackError
from tests.end_to_end.sessions import CHANNEL, Recording, contents

CONTEXT = {
    "environment": "local",
    "delete_data": True,
    "feeds": [{"name": "venue", "protocol": "events", "url": "ws://127.0.0.1:9", "channels": [CHANNEL]}],
    "webhooks": ["https://example.com/everything"],
}
DETECTION = ("Detect",)
KEYS = {"CHECKPOINT_TABLE": "lane", "ALERT_TABLE": "alert_id", "LEASE_TABLE": "feed"}
PATIENCE_S = 240.0


@dataclass(frozen=True)
class Plan:
    """How a session is sent and what goes wrong. `meanwhile` runs in a thread of its own while it is sent."""

    venue: Venue = field(default_factory=lambda: Venue(end=True))
    resumable: bool = True
    faults: Faults = NO_FAULTS
    service_faults: tuple[ServiceFault, ...] = ()
    seed: int = 0
    workers: Mapping[str, int] = field(default_factory=dict)
    meanwhile: "Callable[[LiveStack], None] | None" = None


@dataclass(frozen=True)
class Live:
    """What a run left behind, once everything was drained. `seconds` runs from the first frame to the last alert."""

    alerts: list[Alert]
    messages: list[Message]
    reconciliation: Reconciliation
    events: int
    seconds: float
    cuts: int
    poller: dict[str, Any]
    ingester: dict[str, Any]
    ingester_starts: int

    @property
    def contents(self) -> dict[str, dict[str, object]]:
        return contents(self.alerts)

    def announced(self) -> set[tuple[str, int]]:
        """Give what was announced, by alert and revision."""
        return {told for message in self.messages for told in named(message)}


def named(message: Message) -> list[tuple[str, int]]:
    """Read which alerts, at which revision, a message for machines names; those about feeds name none."""
    body = json.loads(message.body)
    told = body.get("digest", [body] if "alert_id" in body else [])
    return [(one["alert_id"], one["revision"]) for one in told]


class LiveStack:
    """The local stack, emptied before each session; its ingester is started for one session at a time."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.service: ServiceProcess | None = None
        self._deployed = stack.resources
        self._runs = 0

    def run(self, recording: Recording, plan: Plan | None = None) -> Live:
        """Send the session and wait until everything that it causes is done."""
        plan = plan or Plan()
        self._runs += 1
        try:
            return self._run(recording, plan)
        except BaseException:
            self._stop_ingester()
            self.stack.fail_services()
            self.stack.start_poller(NO_FAULTS)
            with contextlib.suppress(StackError):
                self.stack.drain(PATIENCE_S)  # what is left would reach the next session
            raise
        finally:
            self._stop_ingester()

    def _run(self, recording: Recording, plan: Plan) -> Live:
        self.prepare(recording, plan)
        outbox = Outbox(self.stack.client("sqs"), list(self.stack.resources.mailboxes))
        outbox.read()
        forgotten = len(outbox.read())
        with serving([recording.fresh_channel()], plan.venue) as exchange:
            self.stack.fail_services(*plan.service_faults, seed=plan.seed)
            begun = time.monotonic()
            self._start_ingester(exchange.url, plan)
            with self._disturbed(plan):
                self._wait_until_sent()
                self._wait_until_detected()
            seconds = time.monotonic() - begun
            self.stack.fail_services()
            report, starts = self.ingester_report(), self.service.starts if self.service else 0
            self._settle()
            sent = recording.events if plan.resumable else None
            return Live(
                alerts=self.stored(),
                messages=outbox.read()[forgotten:],
                reconciliation=reconcile(self.stack, sent),
                events=recording.events,
                seconds=seconds,
                cuts=exchange.cuts,
                poller=self.stack.status()["poller"],
                ingester=report,
                ingester_starts=starts,
            )

    def prepare(self, recording: Recording, plan: Plan) -> None:
        """Empty tables and buckets, and start the handlers anew with the session's reference files."""
        self._empty()
        self.stack.resources = self._deployed
        self.stack.refer(recording.reference_files)
        self.stack.start_poller(plan.faults, workers=plan.workers)

    def upgrade(self, version: str) -> None:
        """Deploy detection's code with a remark added: another digest, the same rules. It goes on where the old was."""
        edited = [
            edited_code(function, self.stack.state_dir / "upgrades" / f"{self._runs}-{version}", version)
            if any(part in function.name for part in DETECTION)
            else function
            for function in self.stack.resources.functions
        ]
        self.stack.resources = msgspec.structs.replace(self.stack.resources, functions=tuple(edited))
        self.stack.start_poller()

    def stored(self) -> list[Alert]:
        """Read the alert table whole."""
        pages = self.stack.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.stack.names["ALERT_TABLE"], ConsistentRead=True)
        return alerts.last_revisions(alert_of(item) for page in found for item in page["Items"])

    def _empty(self) -> None:
        self.stack.fail_services()
        dynamodb, s3 = self.stack.client("dynamodb"), self.stack.client("s3")
        for name, key in KEYS.items():
            table = self.stack.names[name]
            for page in dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression=f"{key}"):
                for item in page["Items"]:
                    dynamodb.delete_item(TableName=table, Key=item)
        for name in ("LANE_BUCKET", "LAKE_BUCKET"):
            bucket = self.stack.names[name]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
                if keys:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            for path in objects(self.stack.bucket_path(bucket)):
                path.unlink()  # a versioned bucket keeps them

    def _start_ingester(self, url: str, plan: Plan) -> None:
        (service,) = self.stack.resources.services
        self.stack.health_port = free_port()
        feed = {"name": f"venue{self._runs}", "protocol": "events", "url": url, "channels": [CHANNEL]}
        told = {
            "FEEDS": json.dumps([feed | {"clock": "recorded", "resumable": plan.resumable}]),
            "HEALTH_HOST": "127.0.0.1",
            "HEALTH_PORT": str(self.stack.health_port),
            "SPILL_FOLDER": str(self.stack.state_dir / "spill"),
            "LEASE_SECONDS": "3",
            "PUT_TIMEOUT_SECONDS": "2",
        }
        self.service = ServiceProcess(service, self.stack.endpoint, self.stack.state_dir, told)
        self.stack.services = [self.service]
        self.service.start()

    def _stop_ingester(self) -> None:
        if self.service is not None:
            self.service.stop()
        self.service, self.stack.services = None, []

    @contextlib.contextmanager
    def _disturbed(self, plan: Plan) -> Iterator[None]:
        """Run `meanwhile` abreast; what it raises is raised here, at the end."""
        failures: list[BaseException] = []

        def disturb() -> None:
            try:
                if plan.meanwhile is not None:
                    plan.meanwhile(self)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=disturb, name="disturber")
        thread.start()
        try:
            yield
        finally:
            thread.join(PATIENCE_S)
        if failures:
            raise failures[0]

    def _wait_until_sent(self) -> None:
        """Wait until the ingester has read the session to its end and Kinesis has confirmed all of it."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.service is not None:
                self.service.restart_if_dead()
            report = self.ingester_report()
            feed = next(iter(report["feeds"].values()), {}) if report else {}
            if feed.get("state") == "ended" and not feed["records_waiting"] and not feed["queue_bytes"]:
                pending = sum(one["pending"] for one in feed["counts"]["channels"].values())
                if not pending and not feed["quarantine_waiting"]:
                    return
            time.sleep(0.05)
        raise AssertionError(f"not sent in {PATIENCE_S:g} s: {self.ingester_report()}")

    def _wait_until_detected(self) -> None:
        since, deadline = time.time(), time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            mappings = self.stack.status()["poller"].get("mappings", [])
            detecting = [mapping for mapping in mappings if ":kinesis:" in mapping["source"]]
            if detecting and all(mapping["caught_up_at"] > since for mapping in detecting):
                return
            time.sleep(0.05)
        raise AssertionError(f"not detected in {PATIENCE_S:g} s: {self.stack.status()['poller']}")

    def _settle(self) -> None:
        """Wait for landing and announcing, with a sweep for what a failed announcement left."""
        self.stack.drain(PATIENCE_S)
        self.stack.run_schedules_now()
        self.stack.drain(PATIENCE_S, passes=1)

    def ingester_report(self) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.stack.health_port}/counts", timeout=5) as answer:
                report: dict[str, Any] = json.load(answer)
        except OSError:
            return {}
        return report


def edited_code(function: Function, folder: Path, remark: str) -> Function:
    """Copy a function's code with a remark at the end of a library file."""
    shutil.copytree(function.code, folder)
    library = folder / "surveillance"
    with (library / "alerts.py").open("a") as file:
        file.write(f"# {remark}\n")
    return msgspec.structs.replace(function, code=str(folder))


@contextlib.contextmanager
def serving(channels: list[Channel], venue: Venue) -> Iterator[Exchange]:
    """Serve channels on a WebSocket from a thread of this process."""
    exchange = Exchange(channels, venue)
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with exchange:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="exchange")
    thread.start()
    ready.wait()
    try:
        yield exchange
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
