"""A feed's life over a real WebSocket: what the venue sent is in Kinesis once and in order, whatever fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from ingester.configuration import Feed, Settings
from ingester.service import Clients, FeedService
from local.exchange import Channel, Exchange, PolygonExchange, Venue
from tests.ingester.fake_aws import FakeKinesis, Flaky
from tests.ingester.sessions import line, lines, waits

LANES = 4
Aws = dict[str, Any]


class Stage:
    """Settings and stand-ins that several services in a row, or side by side, may share."""

    def __init__(self, aws: Aws, folder: Path, fault_share: float = 0, seed: int = 0, **settings: Any) -> None:
        self.kinesis = FakeKinesis(fault_share, seed)
        self.aws = aws
        self.clients = Clients(self.kinesis, aws["dynamodb"], aws["s3"], aws["secretsmanager"])
        self.settings = {
            "event_stream": "s",
            "lane_bucket": "lanes",
            "lease_table": "leases",
            "lanes": LANES,
            "owner": "one",
            "spill_folder": folder,
            "gather_seconds": 0.002,
            "flush_seconds": 0.01,
            "lease_seconds": 2,
            "grace_seconds": 10,
            **settings,
        }

    def service(self, url: str, owner: str = "one", **feed: Any) -> FeedService:
        made = {"channels": ["orders"], "clock": "recorded", **feed}
        protocol = made.pop("protocol", "events")
        configured = Feed("venue", protocol, url, **made)
        settings = Settings(feeds=(configured,), **{**self.settings, "owner": owner})
        return FeedService(settings, configured, self.clients, waits)

    def seqs(self) -> list[int]:
        """Give what the engine takes of the feed, in order of seq; each lane was in order by itself."""
        found: list[int] = []
        for events in self.kinesis.accepted().values():
            own = [event["seq"] for event in events if event["producer"] == "venue/orders"]
            assert own == sorted(own)
            found += own
        return sorted(found)

    def statuses(self) -> list[dict[str, Any]]:
        lane = self.kinesis.accepted().get(0, [])
        return [event for event in lane if event["producer"] == "venue/status"]

    def quarantined(self) -> list[dict[str, Any]]:
        listed = self.aws["s3"].list_objects_v2(Bucket="lanes", Prefix="quarantine/ingester/venue/").get("Contents", [])
        bodies = [self.aws["s3"].get_object(Bucket="lanes", Key=item["Key"])["Body"].read() for item in listed]
        return [json.loads(text) for body in bodies for text in body.splitlines()]


@asynccontextmanager
async def running(service: FeedService) -> AsyncIterator[asyncio.Task[None]]:
    """Run a service, stop it in order at the end."""
    task = asyncio.create_task(service.run())
    try:
        yield task
    finally:
        service.stop()
        await asyncio.wait_for(task, 20)


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def session(count: int, frame_events: int = 20) -> Channel:
    return Channel.of_lines("orders", lines(count), frame_events=frame_events)


def run(story: Awaitable[None]) -> None:
    async def told() -> None:
        await story

    asyncio.run(told())


def has_ended(service: FeedService) -> bool:
    return service.state == "ended"


def channel_counts(service: FeedService, name: str = "orders") -> dict[str, Any]:
    counts: dict[str, Any] = service.report()["counts"]["channels"][name]
    return counts


@pytest.mark.parametrize("seed", range(4))
def test_cuts_and_failing_kinesis_lose_nothing_and_repeat_nothing(aws: Aws, tmp_path: Path, seed: int) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path, fault_share=0.5, seed=seed, put_timeout_seconds=0.1)
        async with Exchange([session(3_000)], Venue(cut_frames=(5, 60), seed=seed, end=True)) as exchange:
            service = stage.service(exchange.url)
            async with running(service):
                await until(lambda: service.state == "ended")
        assert exchange.cuts > 0
        assert sum(stage.kinesis.faults[fault] for fault in ("throttle", "part", "before", "after")) > 0
        assert stage.seqs() == list(range(1, 3_001))
        assert stage.statuses() == []
        counts = channel_counts(service)
        assert (counts["received"], counts["put"], counts["pending"], counts["missing"]) == (3_000, 3_000, 0, 0)

    run(story())


def test_failing_lease_table_and_bucket_lose_nothing(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path, fault_share=0.3, seed=9, lease_seconds=5)
        table, bucket = Flaky(aws["dynamodb"], 0.3, 1), Flaky(aws["s3"], 0.5, 2)
        stage.clients = Clients(stage.kinesis, table, bucket, aws["secretsmanager"])
        bad = [*lines(500), b"junk", *lines(500, 502)]
        async with Exchange([Channel.of_lines("orders", bad)], Venue(end=True)) as exchange:
            service = stage.service(exchange.url)
            async with running(service):
                await until(lambda: service.state == "ended")
        assert stage.seqs() == [*range(1, 501), *range(502, 1002)]
        assert {row["raw"] for row in stage.quarantined()} == {"junk"}
        assert stage.statuses() == []

    run(story())


def test_next_ingester_resumes_where_the_one_before_ended(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        async with Exchange([session(100)], Venue(end=True)) as exchange:
            first = stage.service(exchange.url, owner="one")
            async with running(first):
                await until(lambda: first.state == "ended")
        async with Exchange([session(150)], Venue(end=True)) as exchange:
            second = stage.service(exchange.url, owner="two")
            async with running(second):
                await until(lambda: second.state == "ended")
            assert [order.get("from_seq") for order in exchange.subscriptions] == [101]
        assert stage.seqs() == list(range(1, 151))
        assert channel_counts(second)["received"] == 50

    run(story())


def test_forgotten_history_becomes_one_gap_status_in_every_lane(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        for venue in (Venue(end=True, cuts=0), Venue(end=True, forget_before=140)):
            async with Exchange([session(200 if venue.forget_before else 100)], venue) as exchange:
                service = stage.service(exchange.url)
                async with running(service):
                    await until(partial(has_ended, service))
        assert stage.seqs() == [*range(1, 101), *range(140, 201)]
        for events in stage.kinesis.accepted().values():
            gaps = [event for event in events if event.get("state") == "gap"]
            assert [(gap["from_seq"], gap["to_seq"], gap["ts"]) for gap in gaps] == [(101, 139, gaps[0]["ts"])]
        assert len(stage.kinesis.accepted()) == LANES
        assert channel_counts(service)["missing"] == 39

    run(story())


def test_venue_without_resume_shows_every_cut_as_a_gap(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        venue = Venue(resumable=False, cut_frames=(10, 20), cuts=3, missed_frames=2, end=True)
        async with Exchange([session(2_000)], venue) as exchange:
            service = stage.service(exchange.url, resumable=False)
            async with running(service):
                await until(lambda: service.state == "ended")
        got: list[int] = []
        for events in stage.kinesis.accepted().values():
            got += [event["seq"] for event in events if event["producer"] == "venue"]
        missing = sorted(set(range(1, max(got) + 1)) - set(got))
        told: list[int] = []
        for status in stage.statuses():
            if status["state"] == "gap":
                told += range(status["from_seq"], status["to_seq"] + 1)
        assert len(got) == len(set(got))
        assert missing == told
        assert missing
        assert [status["state"] for status in stage.statuses()] == ["gap", "resumed"] * exchange.cuts

    run(story())


def test_second_ingester_waits_and_takes_over_when_the_first_ends(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        async with Exchange([session(400)], Venue(speed=2)) as exchange:
            first, second = stage.service(exchange.url, "one"), stage.service(exchange.url, "two")
            async with running(first):
                await until(lambda: first.state == "reading")
                async with running(second):
                    await asyncio.sleep(0.3)
                    assert second.state == "waiting for the lease"
                    assert exchange.connections == 1
                    first.stop()
                    await until(lambda: second.lease is not None and len(stage.seqs()) == 400)
        assert stage.seqs() == list(range(1, 401))

    run(story())


def test_ingester_that_lost_its_lease_puts_nothing_more(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        async with Exchange([session(4_000)], Venue(speed=0.5)) as exchange:
            service = stage.service(exchange.url)
            async with running(service):
                await until(lambda: len(stage.seqs()) > 20)
                assert service.report()["leases_taken"] == 1
                aws["dynamodb"].update_item(
                    TableName="leases",
                    Key={"feed": {"S": "venue"}},
                    UpdateExpression="SET lease_number = :n, #o = :o",
                    ExpressionAttributeNames={"#o": "owner"},
                    ExpressionAttributeValues={":n": {"N": "9"}, ":o": {"S": "another"}},
                )
                await until(lambda: service.lease is None)
                put = stage.kinesis.calls
                await asyncio.sleep(0.2)
                assert stage.kinesis.calls == put

    run(story())


def test_kinesis_away_fills_memory_then_disk_then_stops_the_reading(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path, queue_bytes=50_000, spill_bytes=300_000)
        stage.kinesis.away = True
        async with Exchange([session(60_000, frame_events=100)]) as exchange:
            service = stage.service(exchange.url, clock="live", silence_seconds=None, skew_seconds=None)
            async with running(service):
                await until(lambda: service.state == "full")
                await asyncio.sleep(0.3)
                report = service.report()
                assert report["spill_bytes"] < 4_000_000
                assert report["queue_bytes"] < 2_000_000
                assert service.complaints(monotonic()) == ["feed venue: queue and spill are full, reading has stopped"]
                assert channel_counts(service)["received"] < 60_000
                stage.kinesis.away = False
                await until(lambda: channel_counts(service)["put"] == 60_000)
        assert stage.seqs() == list(range(1, 60_001))
        assert list((tmp_path / "venue").glob("*.spill")) == []

    run(story())


def test_spill_that_an_ingester_left_is_sent_by_the_next(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path, grace_seconds=0.1)
        stage.kinesis.away = True
        async with Exchange([session(500)], Venue(end=True)) as exchange:
            first = stage.service(exchange.url, resumable=False)
            async with running(first):
                await until(lambda: first.state == "ended")
            assert stage.kinesis.lanes == {}
            assert list((tmp_path / "venue").glob("*.spill"))
            stage.kinesis.away = False
            second = stage.service(exchange.url, resumable=False)
            async with running(second):
                await until(lambda: second.report()["counts"]["recovered"] == 500)
        found = [event["seq"] for events in stage.kinesis.accepted().values() for event in events if "seq" in event]
        assert sorted(found) == list(range(1, 501))

    run(story())


def test_bad_lines_are_written_to_the_quarantine_and_counted(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        sent = [*lines(50), b"\x00\xff", line(52, symbol=7), *lines(50, 53)]
        async with Exchange([Channel.of_lines("orders", sent)], Venue(end=True)) as exchange:
            service = stage.service(exchange.url)
            async with running(service):
                await until(lambda: service.state == "ended")
        counts = channel_counts(service)
        assert counts["quarantined"] == {"not_json": 1, "wrong_type:symbol": 1}
        assert counts["received"] == counts["put"] + sum(counts["quarantined"].values()) == 102
        rows = stage.quarantined()
        assert [(row["reason"], row.get("seq")) for row in rows] == [("not_json", None), ("wrong_type:symbol", 52)]
        assert stage.statuses() == []

    run(story())


def test_wrong_key_ends_the_feed_with_its_reason_and_no_key(
    aws: Aws, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        secret = aws["secretsmanager"].create_secret(Name="venue", SecretString='{"key": "hush-hush"}')["ARN"]
        async with PolygonExchange([], "another key") as exchange:
            service = stage.service(exchange.url, protocol="polygon", secret=secret, clock="live")
            await asyncio.wait_for(service.run(), 20)
        assert service.failure == "Feed venue: the venue refused the key (auth_failed)."
        assert service.complaints(monotonic()) == [f"feed venue: {service.failure}"]

    caplog.set_level("DEBUG")
    run(story())
    own = [
        record.getMessage() for record in caplog.records if record.name.startswith(("ingester", "websockets.client"))
    ]
    assert own
    assert not any("hush-hush" in message for message in own)


def test_polygon_feed_is_authenticated_subscribed_and_put(aws: Aws, tmp_path: Path) -> None:
    async def story() -> None:
        stage = Stage(aws, tmp_path)
        secret = aws["secretsmanager"].create_secret(Name="venue", SecretString="hush-hush")["ARN"]
        trades = [
            {
                "ev": "T",
                "sym": f"S{k % 5}",
                "x": 4,
                "i": str(k),
                "z": 3,
                "p": 10.5,
                "s": 100,
                "t": 1_700_000_000_000 + k,
            }
            for k in range(300)
        ]
        frames = [json.dumps(trades[k : k + 10]).encode() for k in range(0, 300, 10)] + [b"[{"]
        async with PolygonExchange(frames, "hush-hush") as exchange:
            service = stage.service(exchange.url, protocol="polygon", channels=["T"], secret=secret)
            async with running(service):
                await until(lambda: service.counts.of("trade").received == 301)
            assert exchange.subscribed == ["T.*"]
        found = [event["trade_id"] for events in stage.kinesis.accepted().values() for event in events]
        assert sorted(found, key=int) == [str(k) for k in range(300)]
        assert [row["raw"] for row in stage.quarantined()] == ["[{"]

    run(story())
