"""How the consumer takes lanes over, isolates poison, and what it costs when nothing goes wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import sleep
from typing import Any

import pytest
from surveillance import alerts
from surveillance.adapters.held_lane import Settings, UnfinishedRebuildError
from surveillance.adapters.kinesis_records import Record, records_of
from surveillance.adapters.lane_consumer import LaneConsumer
from surveillance.adapters.lane_feed import LaneFeed
from surveillance.lanes import lane_of
from surveillance.wire import Decoded

from tests.adapters.fake_engine import FakeEngine, Outcome, ProcessDied
from tests.adapters.in_process_aws import Cloud, no_fault
from tests.adapters.shard_model import (
    LANES,
    SYMBOLS,
    Names,
    consumer,
    order,
    plainly_decoded,
    record,
    reference,
    stores,
)

APPLE = lane_of("AAPL", LANES)


class Calls:
    """Counts storage calls by kind."""

    def __init__(self, cloud: Cloud) -> None:
        self.seen: Counter[str] = Counter()
        cloud.fault = self

    def __call__(self, call: str) -> None:
        self.seen[call] += 1

    def take(self) -> dict[str, int]:
        seen, self.seen = dict(self.seen), Counter()
        return seen


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def start(cloud: Cloud) -> Callable[..., LaneConsumer]:
    names = Names()
    return lambda engine=None, **settings: consumer(cloud, names, engine, Settings(**settings))


def apples(first: int, count: int = 4) -> Record:
    data = b"".join(order("AAPL", number) for number in range(first * 10, first * 10 + count))
    return record(APPLE, first, data)


def stored(cloud: Cloud) -> dict[str, dict[str, object]]:
    return {key: alerts.content(alert) for key, alert in cloud.alerts.items()}


def test_a_hot_lane_costs_one_object_and_one_conditional_write(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    calls, held = Calls(cloud), start()
    held.process([apples(1, 1)])
    calls.take()
    held.process([apples(2, 1)])
    assert calls.take() == {"put log": 1, "put checkpoint": 1}


def test_all_lanes_of_a_batch_share_one_log_object(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    calls, held = Calls(cloud), start()
    report = held.process([record(lane, lane + 1, order(str(lane), 1)) for lane in range(LANES)])
    assert report.counts["records"] == LANES
    seen = calls.take()
    assert (seen["put log"], seen["get checkpoint"]) == (1, 1)


def test_a_record_delivered_again_is_skipped_without_a_write(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    calls, held = Calls(cloud), start()
    held.process([apples(1)])
    calls.take()
    report = held.process([apples(1)])
    assert report.redelivered == 1
    assert calls.take() == {}


def test_a_stale_container_reads_only_what_it_missed(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    one, other = start(), start()
    one.process([apples(1)])
    for number in range(2, 6):
        other.process([apples(number)])
    one.process([apples(6)])
    other.process([apples(7)])
    calls = Calls(cloud)
    one.process([apples(8)])
    seen = calls.take()
    assert "get snapshots" not in seen
    assert seen["get log"] == 1
    assert stored(cloud) == reference([apples(number) for number in range(1, 9)]).alerts


def test_a_lost_condition_shows_no_alert_of_stale_state(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    one, other = start(), start()
    one.process([apples(1)])
    other.process([apples(2)])
    one.process([apples(3)])
    expected = reference([apples(number) for number in range(1, 4)])
    assert stored(cloud) == expected.alerts
    assert all(alert.metrics["count"] in (3.0, 6.0, 9.0, 12.0) for alert in cloud.alert_history)


def test_a_partial_failure_names_the_lowest_record_of_the_failed_lane(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    held = start()
    others = [symbol for symbol in ("A", "B", "C", "D", "E", "F") if lane_of(symbol, LANES) != APPLE]
    lane = lane_of(others[0], LANES)
    writes = iter(range(10))

    def fail_second_checkpoint(call: str) -> None:
        if call == "put checkpoint" and next(writes) == 3:  # two marks, then the first lane's commit, then this
            raise ConnectionError(call)

    cloud.fault = fail_second_checkpoint
    batch = [apples(1), record(lane, 2, order(others[0], 20)), record(lane, 3, order(others[0], 30)), apples(4)]
    report = held.process(batch)
    assert report.failed == 2
    cloud.fault = no_fault
    again = held.process(batch[1:])
    assert again.failed is None
    assert stored(cloud) == reference(batch).alerts


def test_a_poisonous_event_is_quarantined_and_the_rest_goes_on(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    data = b"".join(
        order("AAPL", number, **({"headline": "poison"} if number in (3, 7) else {})) for number in range(10)
    )
    report = start().process([record(APPLE, 1, data), apples(2)])
    assert report.failed is None
    assert report.counts["quarantined"] == 2
    assert stored(cloud) == reference([record(APPLE, 1, data), apples(2)]).alerts
    kept = [key for key in cloud.objects if key.startswith("quarantine/poison/")]
    assert sorted(key.rpartition("/")[2] for key in kept) == ["1-3.ndjson", "1-7.ndjson"]


def test_a_record_of_poison_only_is_given_up_whole(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    data = b"".join(order("AAPL", number, headline="poison") for number in range(40))
    report = start().process([record(APPLE, 1, data), apples(5)])
    assert report.failed is None
    assert report.counts["quarantined"] == 40
    assert [key for key in cloud.objects if key.startswith("quarantine/records/")]
    assert stored(cloud) == reference([apples(5)]).alerts


def test_a_record_that_kills_three_times_is_quarantined_and_the_lane_goes_on(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    batch = [apples(1), record(APPLE, 2, order("AAPL", 25, headline="deadly") + order("AAPL", 26)), apples(3)]
    deaths = 0
    while True:
        try:
            report = start().process(batch)
            break
        except ProcessDied:
            deaths += 1
    assert deaths == 4  # one with the whole batch begun, then three with the record alone
    assert report.failed is None
    assert [key for key in cloud.objects if key.startswith("quarantine/records/")] == [
        f"quarantine/records/date=2023-11-14/lane={APPLE:03d}/2.ndjson"
    ]
    assert stored(cloud) == reference([apples(1), apples(3)]).alerts


def test_storage_failures_never_quarantine(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    def fail(call: str) -> None:
        if call == "put log":
            raise ConnectionError(call)

    cloud.fault = fail
    held = start()
    for _ in range(10):
        assert held.process([apples(1)]).failed == 1
    cloud.fault = no_fault
    assert held.process([apples(1)]).failed is None
    assert not [key for key in cloud.objects if key.startswith("quarantine/")]


def test_a_record_of_no_lane_is_quarantined(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    foreign = Record("elsewhere", "market-events", 1, 0, b"hello\n")
    report = start().process([foreign, apples(2)])
    assert report.failed is None
    assert "quarantine/records/date=1970-01-01/lane=none/1.ndjson" in cloud.objects


def test_a_snapshot_of_another_digest_leads_to_a_rebuild_that_gives_no_old_alert_again(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    old = start(versions_a_snapshot=1, segments_a_chapter=2)
    for number in range(1, 6):
        old.process([apples(number)])
    before = set(cloud.alerts)
    engine = FakeEngine("2", rule_version=2)
    start(engine, versions_a_snapshot=1).process([apples(6)])
    fresh = {key: alert for key, alert in cloud.alerts.items() if key not in before}
    assert engine.fed == 24
    assert {alert.metrics["count"] for alert in fresh.values()} == {24.0}
    again = FakeEngine("2", rule_version=2)
    start(again).process([apples(7)])
    assert again.fed == 4  # from the snapshot the rebuild left


def test_a_rebuild_out_of_time_goes_on_from_where_it_was(cloud: Cloud, start: Callable[..., LaneConsumer]) -> None:
    old = start(segments_a_chapter=1)
    for number in range(1, 9):
        old.process([apples(number)])
    rebuilt = attempts = 0
    failed = True
    while failed:
        attempts += 1
        engine = FakeEngine("2")
        times: Iterator[float] = iter([1.0, -1.0])
        report = start(engine).process([apples(9)], lambda times=times: next(times, -1.0))  # type: ignore[misc]
        rebuilt += engine.fed
        failed = report.failed is not None
        assert all(UnfinishedRebuildError.__name__ in error for error in report.errors)
    assert 2 < attempts < 12
    assert rebuilt == 36
    assert stored(cloud) == reference([apples(number) for number in range(1, 10)]).alerts


def test_kinesis_entries_become_records() -> None:
    entry = {
        "eventSourceARN": "arn:stream",
        "kinesis": {
            "partitionKey": "3",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": "e30K",
            "approximateArrivalTimestamp": 1700006395.123,
        },
    }
    (one,) = records_of({"Records": [entry]})
    assert (one.lane(16), one.lane(3), one.data, one.arrival_ms) == (3, None, b"{}\n", 1700006395123)
    assert one.arrival_date == "2023-11-14"


def test_a_commit_whose_answer_was_lost_is_recognised_without_a_reload(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    held = start()
    held.process([apples(1)])

    def lose_the_answer(call: str) -> Callable[[], None] | None:
        def lost() -> None:
            raise ConnectionError(call)

        return lost if call == "put checkpoint" else None

    cloud.fault = lose_the_answer
    assert held.process([apples(2)]).failed == 2
    calls = Calls(cloud)
    report = held.process([apples(2)])
    assert (report.failed, report.redelivered) == (None, 1)
    seen = calls.take()
    assert set(seen) == {"get checkpoint", "put alert", "put metrics"}
    assert stored(cloud) == reference([apples(1), apples(2)]).alerts


def test_arrival_times_that_go_back_over_midnight_lose_no_record(
    cloud: Cloud, start: Callable[..., LaneConsumer]
) -> None:
    midnight = 1_700_006_400_000
    times = (midnight - 1, midnight + 1, midnight - 1)
    batch = [record(APPLE, number, apples(number).data, at) for number, at in enumerate(times, start=1)]
    report = start().process(batch)
    assert report.counts["records"] == 3
    assert stored(cloud) == reference(batch).alerts


class OneAtATime(FakeEngine):
    """An engine with working memory of its own, which notices when it is shared."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = Lock()
        self.shared = 0

    def feed(self, state: dict[str, Any], decoded: Decoded) -> Outcome:
        if not self.busy.acquire(blocking=False):
            self.shared += 1
            return super().feed(state, decoded)
        try:
            sleep(0.005)
            return super().feed(state, decoded)
        finally:
            self.busy.release()


def test_lanes_taken_over_abreast_take_turns_at_the_engine(cloud: Cloud) -> None:
    names, engine = Names(), OneAtATime()
    with ThreadPoolExecutor(LANES) as threads:
        first = consumer(cloud, names)
        stale = LaneConsumer(
            LaneFeed(engine, plainly_decoded), stores(cloud, names), LANES, names, lambda: 0.0, Settings(), threads.map
        )
        for round_ in range(4):
            number = 10 * round_ + 1
            first.process([record(lane, number + lane, by_lane(lane, number)) for lane in range(LANES)])
            number += LANES
            stale.process([record(lane, number + lane, by_lane(lane, number)) for lane in range(LANES)])
    assert engine.fed > 4 * LANES
    assert engine.shared == 0


def by_lane(lane: int, number: int) -> bytes:
    symbol = next(name for name in SYMBOLS if lane_of(name, LANES) == lane)
    return b"".join(order(symbol, 10 * number + more) for more in range(3))
