"""The ingester as a process of its own: killed it resumes without loss, asked to end it flushes and exits 0."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ingester.health import ask
from local.exchange import Channel, Exchange, PolygonExchange, Venue
from tests.ingester.aws_endpoint import AwsEndpoint
from tests.ingester.fake_aws import FakeKinesis
from tests.ingester.sessions import lines

ROOT = Path(__file__).parents[2]
EVENTS = 8_000


class Host:
    """Starts ingesters on one machine: the same spill folder, another process each time."""

    def __init__(self, kinesis: FakeKinesis, endpoint: AwsEndpoint, table: Any, folder: Path) -> None:
        self.kinesis = kinesis
        self._table = table
        self.endpoint = endpoint
        self._folder = folder

    @asynccontextmanager
    async def ingester(self, url: str, **feed: Any) -> AsyncIterator["Process"]:
        made = {"name": "venue", "protocol": "events", "url": url, "channels": ["orders"], "clock": "recorded", **feed}
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}",
            "PYTHONWARNINGS": "error",
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "FEEDS": json.dumps([made]),
            "EVENT_STREAM": "events",
            "LANE_BUCKET": "lanes",
            "LEASE_TABLE": "leases",
            "LANES": "4",
            "INGESTER_ID": "one",
            "LEASE_SECONDS": "5",
            "FLUSH_MS": "10",
            "HEALTH_PORT": "0",
            "SPILL_FOLDER": str(self._folder),
        }
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ingester", env=environment, stdout=-1, stderr=-1, cwd=self._folder
        )
        process = Process(started)
        try:
            yield process
        finally:
            if started.returncode is None:
                started.kill()
            await process.ended()

    def saved_seq(self) -> int:
        item = self._table.get_item(TableName="leases", Key={"feed": {"S": "venue"}}).get("Item", {})
        position = item.get("positions", {}).get("M", {}).get("orders", {}).get("M", {})
        return int(position.get("last_seq", {}).get("N", 0))

    def seqs(self) -> list[int]:
        taken = self.kinesis.accepted()
        for events in taken.values():
            own = [event["seq"] for event in events if event["producer"] == "venue/orders"]
            assert own == sorted(own)
        return sorted(event["seq"] for events in taken.values() for event in events if "seq" in event)


class Process:
    """A running ingester and what it wrote."""

    def __init__(self, started: asyncio.subprocess.Process) -> None:
        self._started = started
        self._output = [asyncio.create_task(self._collect(stream)) for stream in (started.stdout, started.stderr)]
        self.text = ""

    async def _collect(self, stream: asyncio.StreamReader | None) -> None:
        while stream is not None and (line := await stream.readline()):
            self.text += line.decode()

    async def health_port(self) -> int:
        while not (found := re.search(r"health on \S+:(\d+)", self.text)):
            assert self._started.returncode is None, self.text
            await asyncio.sleep(0.02)
        return int(found[1])

    def signal(self, number: signal.Signals) -> None:
        self._started.send_signal(number)

    async def ended(self) -> int:
        code = await self._started.wait()
        await asyncio.gather(*self._output)
        return code


@pytest.fixture
def host(aws: dict[str, Any], tmp_path: Path) -> Iterator[Host]:
    kinesis = FakeKinesis(fault_share=0.3, seed=3)
    endpoint = AwsEndpoint(kinesis, aws["dynamodb"], aws["secretsmanager"])
    yield Host(kinesis, endpoint, aws["dynamodb"], tmp_path)
    endpoint.close()


def test_killed_ingester_is_followed_by_one_that_misses_nothing(host: Host) -> None:
    async def story() -> None:
        channel = Channel.of_lines("orders", lines(EVENTS), frame_events=10, times=[k * 500_000 for k in range(EVENTS)])
        async with Exchange([channel], Venue(speed=1, end=True)) as exchange:
            for _ in range(2):
                before = host.saved_seq()
                async with host.ingester(exchange.url) as process:
                    while host.saved_seq() < before + 500:
                        await asyncio.sleep(0.05)
                    process.signal(signal.SIGKILL)
                    assert await process.ended() == -signal.SIGKILL
            async with host.ingester(exchange.url) as process:
                await process.health_port()
                while host.saved_seq() < EVENTS:
                    await asyncio.sleep(0.05)
                process.signal(signal.SIGTERM)
                assert await process.ended() == 0, process.text
        assert host.seqs() == list(range(1, EVENTS + 1))
        resumed = [order.get("from_seq", 1) for order in exchange.subscriptions]
        assert resumed == sorted(resumed)
        assert resumed[0] == 1 < resumed[1]

    asyncio.run(asyncio.wait_for(story(), 60))


def test_terminated_ingester_flushes_answers_and_exits_0(host: Host) -> None:
    async def story() -> None:
        async with (
            Exchange([Channel.of_lines("orders", [*lines(999), b"junk"])]) as exchange,
            host.ingester(exchange.url) as process,
        ):
            port = await process.health_port()
            status: dict[str, Any] = {}
            while status.get("received") != 1000:
                _, answer = await ask("127.0.0.1", port, "/counts")
                status = answer["feeds"]["venue"]["counts"]["channels"].get("orders", {})
            assert (await ask("127.0.0.1", port, "/health"))[0] == 200
            assert (await ask("127.0.0.1", port, "/live"))[0] == 200
            assert (await ask("127.0.0.1", port, "/else"))[0] == 404
            process.signal(signal.SIGTERM)
            assert await process.ended() == 0, process.text
            metrics = json.loads(next(text for text in process.text.splitlines() if '"_aws"' in text))
            terms = [metrics[name] for name in ("Received", "Put", "Quarantined", "Pending")]
            assert terms == [1000, 999, 1, 0]
        assert host.seqs() == list(range(1, 1000))
        assert [json.loads(body)["raw"] for body in host.endpoint.objects.values()] == ["junk"]

    asyncio.run(asyncio.wait_for(story(), 60))


def test_refused_key_ends_the_process_with_1_and_is_not_in_its_log(host: Host, aws: dict[str, Any]) -> None:
    async def story() -> None:
        secret = aws["secretsmanager"].create_secret(Name="venue", SecretString="hush-hush")["ARN"]
        async with (
            PolygonExchange([], "another") as exchange,
            host.ingester(exchange.url, protocol="polygon", secret=secret) as process,
        ):
            assert await process.ended() == 1
        assert "the venue refused the key" in process.text
        assert "hush-hush" not in process.text

    asyncio.run(asyncio.wait_for(story(), 60))


def test_missing_configuration_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    async def story() -> None:
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ingester",
            env={"PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}"},
            stdout=-1,
            stderr=-1,
        )
        _, text = await started.communicate()
        assert started.returncode == 2
        assert text.decode() == "The environment variable FEEDS is not set.\n"

    asyncio.run(story())
