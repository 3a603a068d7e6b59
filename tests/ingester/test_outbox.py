"""The outbox: whatever Kinesis answers, a lane's events stay in order, each is there, memory and disk are bounded."""

import json
import random
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingester.counts import Counts
from ingester.outbox import Outbox
from ingester.record import Chunk
from ingester.spill import Spill
from tests.ingester.fake_aws import accepted

LANES = 3


def no_waits() -> Iterator[float]:
    return repeat(0.0)


def chunk(first: int, count: int) -> Chunk:
    lines = [b'{"producer":"v/orders","number":%d}\n' % number for number in range(first, first + count)]
    return Chunk(lines, "orders", {"orders": first})


def outbox(folder: Path, queue_bytes: int = 10**9, spill_bytes: int = 10**9) -> tuple[Outbox, Counts]:
    counts = Counts()
    box = Outbox(LANES, Spill(folder, spill_bytes), counts, queue_bytes, 0.1, no_waits)
    return box, counts


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32), queue_bytes=st.sampled_from([100, 3_000, 10**9]))
def test_any_schedule_of_failures_and_kills_loses_nothing_and_keeps_order(seed: int, queue_bytes: int) -> None:
    """A kill forgets the memory, keeps the disk, and reads again from the confirmed position."""
    chance = random.Random(seed)
    stream: dict[int, list[bytes]] = {lane: [] for lane in range(LANES)}
    lane_of = [chance.randrange(LANES) for _ in range(600)]
    with TemporaryDirectory() as folder:
        box, _ = outbox(Path(folder), queue_bytes)
        number = 0
        while number < len(lane_of) or not box.empty:
            if chance.random() < 0.02 and number < len(lane_of):
                pending = box.pending_from("orders")
                number = number if pending is None else pending
                box, _ = outbox(Path(folder), queue_bytes)
            for _ in range(chance.randrange(60)):
                if number < len(lane_of):
                    box.add(lane_of[number], chunk(number, 1), 0)
                    number += 1
            box.flush(1, everything=chance.random() < 0.5 or number == len(lane_of))
            for record in box.ready(1):
                outcome = chance.choice(["put", "put", "failed", "unknown"])
                if outcome != "failed":
                    stream[record.lane] += record.data.splitlines()
                if outcome == "put":
                    box.confirm(record)
                else:
                    box.fail(record, 1)
    taken = accepted({lane: [json.loads(line) for line in lines] for lane, lines in stream.items()})
    for lane in range(LANES):
        assert [event["number"] for event in taken[lane]] == [k for k, home in enumerate(lane_of) if home == lane]


def test_lane_with_a_record_in_flight_gives_none(tmp_path: Path) -> None:
    box, _ = outbox(tmp_path)
    box.add(0, chunk(0, 400), 0)
    box.add(0, chunk(400, 400), 0)
    first = box.ready(0)
    assert [record.lane for record in first] == [0]
    assert box.ready(0) == []
    box.confirm(first[0])
    assert box.ready(0)[0].starts == {"orders": 400}


def test_failed_record_goes_again_with_the_same_bytes_after_its_wait(tmp_path: Path) -> None:
    counts = Counts()
    box = Outbox(LANES, Spill(tmp_path, 0), counts, 10**9, 0.1, lambda: repeat(2.0))
    box.add(0, chunk(0, 400), 0)
    record = box.ready(0)[0]
    box.fail(record, 10)
    assert box.ready(11.9) == []
    assert box.next_due(11) == 1
    again = box.ready(12)
    assert [item.data for item in again] == [record.data]
    assert counts.retried == 1


def test_open_record_is_closed_when_old_but_fills_up_behind_a_busy_lane(tmp_path: Path) -> None:
    box, _ = outbox(tmp_path)
    box.add(0, chunk(0, 1), 5.0)
    box.flush(5.0625)
    assert box.ready(5.0625) == []
    box.flush(5.125)
    record = box.ready(5.125)[0]
    box.add(0, chunk(1, 1), 5.2)
    box.flush(9)
    assert box.waiting == 1
    box.confirm(record)
    box.flush(9)
    assert len(box.ready(9)) == 1


def test_memory_overflows_to_disk_and_disk_stops_the_reading(tmp_path: Path) -> None:
    box, counts = outbox(tmp_path, queue_bytes=20_000, spill_bytes=200_000)
    number = 0
    while box.room:
        box.add(number % LANES, chunk(number * 400, 400), 0)
        number += 1
        assert box.bytes < 40_000
    assert 200_000 <= sum(path.stat().st_size for path in tmp_path.glob("*.spill")) < 260_000
    assert counts.spilled > 0
    while ready := box.ready(0):
        for record in ready:
            box.confirm(record)
    assert box.empty
    assert box.room
    assert counts.of("orders").put == number * 400
    assert list(tmp_path.glob("*.spill")) == []


def test_without_a_disk_share_full_memory_stops_the_reading(tmp_path: Path) -> None:
    box, _ = outbox(tmp_path, queue_bytes=20_000, spill_bytes=0)
    for number in range(10):
        box.add(0, chunk(number * 400, 400), 0)
    assert not box.room
    assert list(tmp_path.glob("*.spill")) == []


def test_spilled_records_come_back_first_and_in_order_after_a_restart(tmp_path: Path) -> None:
    box, _ = outbox(tmp_path)
    for number in range(3):
        box.add(1, chunk(number * 400, 400), 0)
    assert box.save() == 3
    box, counts = outbox(tmp_path)
    box.add(1, chunk(1200, 400), 0)
    firsts = []
    while ready := box.ready(0):
        firsts += [json.loads(record.data.split(b"\n")[0])["number"] for record in ready]
        for record in ready:
            box.confirm(record)
    assert firsts == [0, 400, 800, 1200]
    assert (counts.recovered, counts.of("orders").put) == (1200, 400)


@pytest.mark.parametrize("lost_bytes", [1, 5_000])
def test_torn_frame_ends_its_lane_and_nothing_behind_it_is_sent(tmp_path: Path, lost_bytes: int) -> None:
    box, _ = outbox(tmp_path)
    for number in range(2):
        box.add(1, chunk(number * 400, 400), 0)
    box.save()
    path = next(tmp_path.glob("*.spill"))
    path.write_bytes(path.read_bytes()[:-lost_bytes])
    later = tmp_path / f"{1:05d}-{9:010d}.spill"
    later.write_bytes(path.read_bytes())
    box, _ = outbox(tmp_path)
    ready = box.ready(0)
    assert [json.loads(record.data.split(b"\n")[0])["number"] for record in ready] == [0]
    box.confirm(ready[0])
    assert box.empty
    assert not later.exists()


def test_lowest_unconfirmed_number_is_known_in_memory_and_on_disk(tmp_path: Path) -> None:
    box, _ = outbox(tmp_path, queue_bytes=100)
    box.add(0, chunk(0, 400), 0)
    box.add(1, chunk(400, 400), 0)
    box.add(2, chunk(800, 3), 0)
    lanes = {record.lane: record for record in box.ready(0)}
    assert box.pending_from("orders") == 0
    box.confirm(lanes[0])
    assert box.pending_from("orders") == 400
    box.confirm(lanes[1])
    assert box.pending_from("orders") == 800
    assert box.pending_from("trades") is None
