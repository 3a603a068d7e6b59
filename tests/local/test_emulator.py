"""The emulator forgets what was read long ago, numbers records as AWS does, and says so when it can't start."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from botocore.exceptions import ClientError

from local.clients import client
from local.emulator import Emulator, EmulatorError
from local.emulator_faults import FaultRules, ServiceFault
from local.kinesis_reads import ExpiredIteratorError, KinesisReads
from local.poller.sources import KinesisSource
from local.positions import write_whole
from tests.local.processes import listening_addresses

pytestmark = pytest.mark.integration

RECORD_BYTES = 90_000
BUDGET_RECORDS = 20


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    running = Emulator(tmp_path_factory.mktemp("emulator"), kinesis_budget_bytes=BUDGET_RECORDS * RECORD_BYTES * 4 // 3)
    running.start()
    yield running
    running.stop()


def resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def stream(emulator: Emulator, name: str) -> KinesisSource:
    kinesis = client("kinesis", emulator.endpoint)
    kinesis.create_stream(StreamName=name, ShardCount=1)
    return KinesisSource(kinesis, KinesisReads(client("kinesis", emulator.endpoint)), stream_arn(emulator, name))


def stream_arn(emulator: Emulator, name: str) -> str:
    described = client("kinesis", emulator.endpoint).describe_stream_summary(StreamName=name)
    arn: str = described["StreamDescriptionSummary"]["StreamARN"]
    return arn


def put(emulator: Emulator, name: str, count: int, size: int = RECORD_BYTES) -> list[str]:
    kinesis = client("kinesis", emulator.endpoint)
    records = [{"Data": bytes(size), "PartitionKey": "1"}] * count
    return [record["SequenceNumber"] for record in kinesis.put_records(StreamName=name, Records=records)["Records"]]


def test_beyond_its_budget_the_oldest_payloads_are_lost_and_the_rest_is_whole(emulator: Emulator) -> None:
    source = stream(emulator, "budget")
    (shard,) = source.shards()
    beginning = source.iterator(shard.shard_id, "TRIM_HORIZON")
    assert emulator.child is not None
    put(emulator, "budget", BUDGET_RECORDS)
    before = resident_megabytes(emulator.child.pid)
    numbers = [number for _ in range(20) for number in put(emulator, "budget", BUDGET_RECORDS)]
    grown = resident_megabytes(emulator.child.pid) - before
    records, iterator = [], beginning
    while len(records) < 21 * BUDGET_RECORDS:
        more, following = source.read(shard.shard_id, iterator, 100)
        assert following is not None
        assert more
        records += more
        iterator = following
    kept = [record.sequence_number for record in records if not record.lost]
    assert kept == numbers[-len(kept) :]
    assert BUDGET_RECORDS <= len(kept) <= 2 * BUDGET_RECORDS
    assert grown < 20 * BUDGET_RECORDS * RECORD_BYTES / 1e6 / 2  # without the guard: 1.4 bytes a byte put


def test_sequence_numbers_rise_and_survive_being_read_as_numbers(emulator: Emulator) -> None:
    stream(emulator, "numbers")
    numbers = [number for _ in range(3) for number in put(emulator, "numbers", 5, size=10)]
    assert numbers == sorted(numbers)
    assert [str(int(number)) for number in numbers] == numbers


def test_a_shard_can_be_read_on_after_a_sequence_number(emulator: Emulator) -> None:
    source = stream(emulator, "after")
    (shard,) = source.shards()
    numbers = put(emulator, "after", 4, size=10)
    records, _ = source.read(shard.shard_id, source.iterator(shard.shard_id, "TRIM_HORIZON", numbers[1]), 100)
    assert [record.sequence_number for record in records] == numbers[2:]


def test_an_unknown_iterator_is_expired(emulator: Emulator) -> None:
    with pytest.raises(ExpiredIteratorError):
        KinesisReads(client("kinesis", emulator.endpoint)).texts("unknown", 10)


def test_it_listens_on_the_loopback_interface_only(emulator: Emulator) -> None:
    assert emulator.child is not None
    assert listening_addresses(emulator.child.pid) == [("127.0.0.1", emulator.port)]


def test_one_that_can_not_start_says_why(tmp_path: Path, emulator: Emulator) -> None:
    second = Emulator(tmp_path)
    second.port = emulator.port
    with pytest.raises(EmulatorError, match="already in use"):
        second.start()
    second.stop()


def test_services_fail_as_the_rules_say_and_are_well_again(emulator: Emulator) -> None:
    stream(emulator, "failing")
    kinesis = client("kinesis", emulator.endpoint)
    throttled = ServiceFault("kinesis", 0.5, throttled=True)
    lost = ServiceFault("kinesis", 0.3, operation="PutRecords", answer_lost=True)
    write_whole(emulator.fault_rules, msgspec.json.encode(FaultRules(1, (throttled, lost))).decode())
    for _ in range(16):
        kinesis.list_streams()
    failed = 0
    for _ in range(10):
        with contextlib.suppress(ClientError):
            answer = kinesis.put_records(StreamName="failing", Records=[{"Data": b"x", "PartitionKey": "1"}] * 10)
            failed += answer["FailedRecordCount"]
            assert sum("ErrorCode" in record for record in answer["Records"]) == answer["FailedRecordCount"]
    emulator.fault_rules.unlink()
    for _ in range(16):
        kinesis.list_streams()
    assert failed > 10
    assert (
        kinesis.put_records(StreamName="failing", Records=[{"Data": b"x", "PartitionKey": "1"}])["FailedRecordCount"]
        == 0
    )
    source = KinesisSource(kinesis, KinesisReads(client("kinesis", emulator.endpoint)), stream_arn(emulator, "failing"))
    (shard,) = source.shards()
    records, _ = source.read(shard.shard_id, source.iterator(shard.shard_id, "TRIM_HORIZON"), 100)
    assert len(records) > 100 - failed  # answers that were lost had been done, and were tried again


def test_reader_that_waits_gets_what_comes_meanwhile_at_once(emulator: Emulator) -> None:
    source = stream(emulator, "waiting")
    (shard,) = source.shards()
    reads = KinesisReads(client("kinesis", emulator.endpoint))
    iterator = source.iterator(shard.shard_id, "TRIM_HORIZON")
    writer = threading.Timer(0.1, put, (emulator, "waiting", 1, 10))
    writer.start()
    begun = time.monotonic()
    answer = reads.texts(iterator, 10, wait_ms=5000)
    writer.join()
    assert len(answer.records) == 1
    assert time.monotonic() - begun < 4


def test_reader_that_waits_in_vain_is_answered_in_time(emulator: Emulator) -> None:
    source = stream(emulator, "silent")
    (shard,) = source.shards()
    reads = KinesisReads(client("kinesis", emulator.endpoint))
    begun = time.monotonic()
    answer = reads.texts(source.iterator(shard.shard_id, "TRIM_HORIZON"), 10, wait_ms=200)
    assert answer.records == []
    assert 0.15 < time.monotonic() - begun < 4
