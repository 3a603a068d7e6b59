"""The small app, deployed: what is put is delivered, landed and announced, and faults are survived."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from local.poller.faults import NO_FAULTS, Faults
from local.stack import LocalStack
from tests.local.processes import descendants, listening_addresses

pytestmark = pytest.mark.integration


def put(stack: LocalStack, lane: int, *events: Mapping[str, Any], raw: bytes = b"") -> None:
    lines = b"".join(json.dumps({"producer": "test", "lane": lane, **event}).encode() + b"\n" for event in events)
    stack.client("kinesis").put_record(
        StreamName=stack.names["EVENT_STREAM"],
        Data=lines + raw,
        PartitionKey=str(lane),
        ExplicitHashKey=str((2 * lane + 1) * 2**128 // 8),
    )


def entries(journal: Path, numbers: Sequence[int]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line for line in lines if line["n"] in numbers]


def landed(stack: LocalStack) -> list[tuple[Any, ...]]:
    files = duckdb.read_parquet(f"{stack.lake_path}/events/*/*/*/*/*.parquet")
    return files.select("producer", "number", "lane").distinct().fetchall()


def detect_counts(stack: LocalStack) -> dict[str, Any]:
    mappings = stack.status()["poller"]["mappings"]
    counts: dict[str, Any] = next(m["counts"] for m in mappings if ":kinesis:" in m["source"])
    return counts


def test_events_put_are_delivered_in_order_and_landed(small_stack: LocalStack, journal: Path) -> None:
    for number in range(40):
        put(small_stack, number % 8, {"number": number, "price": number / 2, "conditions": ["odd_lot"]})
    small_stack.drain()
    delivered = entries(journal, range(40))
    for lane in range(8):
        assert [e["n"] for e in delivered if e["lane"] == str(lane)] == list(range(lane, 40, 8))
    assert {("test", number, number % 8) for number in range(40)} <= set(landed(small_stack))


def test_bad_lines_land_in_the_error_prefix_and_their_neighbours_in_the_lake(small_stack: LocalStack) -> None:
    put(small_stack, 1, {"number": 100}, {"number": "one hundred"}, {"number": 101}, raw=b"{broken\n")
    small_stack.drain()
    assert {("test", 100, 1), ("test", 101, 1)} <= set(landed(small_stack))
    errors = [p for p in small_stack.lake_path.glob("events-errors/**/*") if p.is_file() and p.suffix != ".json"]
    assert sum(path.read_text().count("\n") for path in errors) == 2
    assert all("/format-conversion-failed/year=" in str(path) for path in errors)


def test_an_alert_reaches_every_subscriber_in_its_own_words(small_stack: LocalStack) -> None:
    put(small_stack, 2, {"number": 200, "alert": "h200"}, {"number": 201, "alert": "l201"})
    small_stack.drain()
    received = [m for m in small_stack.outbox.read() if m.subject in ("Alert h200", "Alert l201")]
    assert sorted((m.protocol, m.address, m.body) for m in received) == [
        ("email", "analyst@example.com", "Dear analyst, h200"),
        ("email", "analyst@example.com", "Dear analyst, l201"),
        ("https", "https://example.com/hook", "machine h200"),
        ("https", "https://example.com/hook", "machine l201"),
        ("sms", "+491701234567", "short h200"),
    ]
    rows = duckdb.read_parquet(f"{small_stack.lake_path}/alerts/*/*/*/*/*.parquet")
    landed_alert = rows.filter("alert_id = 'h200'").project("metrics['score'], list, completeness.gaps")
    assert landed_alert.fetchall() == [(0.5, ["a"], 1)]


def test_a_failed_record_is_retried_alone_with_what_follows_it(small_stack: LocalStack, journal: Path) -> None:
    put(small_stack, 3, {"number": 300, "fail": True, "once": True})
    small_stack.drain()
    assert len(entries(journal, [300])) == 2


def test_a_hopeless_record_goes_to_the_failure_destination_and_the_shard_goes_on(
    small_stack: LocalStack, journal: Path
) -> None:
    put(small_stack, 3, {"number": 310, "raise": True})
    put(small_stack, 3, {"number": 311})
    small_stack.drain()
    assert len(entries(journal, [311])) >= 1
    lanes = small_stack.bucket_path(bucket_of(small_stack, "lanes"))
    objects = [p for p in lanes.glob("aws/lambda/**/*") if p.is_file() and p.suffix != ".json"]
    document = json.loads(objects[-1].read_text())
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["responseContext"]["errorType"] == "RuntimeError"
    assert len(document["payload"]["Records"]) == document["KinesisBatchInfo"]["batchSize"] == 1


def bucket_of(stack: LocalStack, part: str) -> str:
    names = [bucket["Name"] for bucket in stack.client("s3").list_buckets()["Buckets"]]
    return next(name for name in names if f"-{part}-" in name)


def test_a_handler_beyond_its_time_is_killed_and_the_batch_given_to_a_new_one(
    small_stack: LocalStack, journal: Path
) -> None:
    put(small_stack, 4, {"number": 400, "sleep": 30, "once": True})
    small_stack.drain()
    first, second = entries(journal, [400])
    assert first["pid"] != second["pid"]
    assert 1000 < first["left_ms"] <= 2000
    assert second["handled"] == 1


def test_a_handler_that_dies_is_replaced_and_the_batch_is_not_lost(small_stack: LocalStack, journal: Path) -> None:
    put(small_stack, 4, {"number": 410, "exit": True, "once": True})
    small_stack.drain()
    first, second = entries(journal, [410])
    assert first["pid"] != second["pid"]


def test_replaced_workers_go_on_where_the_old_ones_were(small_stack: LocalStack, journal: Path) -> None:
    put(small_stack, 5, {"number": 500})
    small_stack.drain(passes=1)
    small_stack.replace_workers()
    put(small_stack, 5, {"number": 501})
    small_stack.drain(passes=1)
    (before,), (after,) = entries(journal, [500]), entries(journal, [501])
    assert before["pid"] != after["pid"]


def test_with_faults_everything_is_delivered_at_least_once_in_order(small_stack: LocalStack, journal: Path) -> None:
    small_stack.start_poller(
        Faults(seed=1, kill_share=0.3, deliver_twice=True, random_worker_of=3, functions=("Detect",))
    )
    for number in range(600, 625):
        put(small_stack, 6, {"number": number})
        time.sleep(0.03)
    small_stack.drain()
    faults = small_stack.status()["poller"]["faults"]
    small_stack.start_poller(NO_FAULTS)
    small_stack.drain(passes=1)
    delivered = [entry["n"] for entry in entries(journal, range(600, 625))]
    firsts = list(dict.fromkeys(delivered))
    assert firsts == list(range(600, 625))
    assert faults["duplicates"] > 0
    assert faults["kills"] > 0
    assert len({entry["pid"] for entry in entries(journal, range(600, 625))}) > 1
    assert detect_counts(small_stack)["read"] == 0


def test_a_schedule_invokes_its_function(small_stack: LocalStack) -> None:
    small_stack.run_schedules_now()
    deadline = time.monotonic() + 10
    while not (found := [m for m in small_stack.outbox.read() if m.subject == "Alert sweep"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert {message.protocol for message in found} <= {"email", "https"}


def test_the_service_runs_with_the_environment_of_its_task_and_is_restarted(
    small_stack: LocalStack, journal: Path
) -> None:
    (service,) = small_stack.services
    notes = journal.with_name(journal.name + ".service")
    wait_for(lambda: notes.exists() and len(notes.read_text().splitlines()) == 1)
    assert json.loads(notes.read_text())["stream"] == small_stack.names["EVENT_STREAM"]
    service.kill()
    wait_for(lambda: len(notes.read_text().splitlines()) == 2)
    assert service.starts == 2


def wait_for(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_listens_beyond_this_machine(small_stack: LocalStack) -> None:
    roots = [small_stack.status()[part]["pid"] for part in ("emulator", "poller", "lander")]
    roots += [service["pid"] for service in small_stack.status()["services"]]
    processes = {pid for root in roots for pid in [root, *descendants(root)]}
    assert len(processes) > len(roots)
    addresses = [address for pid in processes for address in listening_addresses(pid)]
    assert addresses
    assert {host for host, _ in addresses} == {"127.0.0.1"}


def test_what_the_emulator_lacks_is_left_out_and_listed(small_stack: LocalStack) -> None:
    assert small_stack.status()["left_out"] == {
        "small-base/Address": "AWS::EC2::EIP: no addresses here",
        "small-base/Gateway": "AWS::EC2::NatGateway: no network here",
    }


def test_names_are_those_that_functions_and_services_are_told(small_stack: LocalStack) -> None:
    wanted = {"EVENT_STREAM", "ALERT_TABLE", "ALERT_TOPIC_ARN", "ALERT_DELIVERY_STREAM", "LAKE_BUCKET"}
    assert wanted <= set(small_stack.names)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", small_stack.environment["AWS_ENDPOINT_URL"])
