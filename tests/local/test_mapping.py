"""An event source mapping keeps Lambda's promises, whatever its handler answers: proved on shards in memory."""

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest

from local.poller.mapping import Discarded, Mapping, MappingSettings
from local.poller.sources import MemorySource
from local.poller.workers import InvocationError

Handler = Callable[[list[int]], Any]


class Trial:
    """A mapping over shards in memory; the handler is given the numbers in a batch and answers for it."""

    def __init__(self, handler: Handler, shards: int = 1, **settings: Any) -> None:
        self.source = MemorySource(shard_count=shards)
        self.batches: list[list[int]] = []
        self.discarded: list[Discarded] = []
        self._handler = handler
        self._last: dict[int, str] = {}
        self.mapping = Mapping(
            self.source,
            MappingSettings("m", "f", self.source.arn, **settings),
            self._invoke,
            self.discarded.append,
            threading.Event(),
            retry_first_s=0,
        )

    def _invoke(self, event: dict[str, Any], shard_id: str) -> Any:
        numbers = [int(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
        self.batches.append(numbers)
        self._last = {
            int(base64.b64decode(r["kinesis"]["data"])): r["kinesis"]["sequenceNumber"] for r in event["Records"]
        }
        answer = self._handler(numbers)
        if isinstance(answer, set):
            return {"batchItemFailures": [{"itemIdentifier": self._last[number]} for number in answer]}
        return answer

    def put(self, *numbers: int, hash_key: int = 0) -> None:
        for number in numbers:
            self.source.put(hash_key, str(number).encode())

    def run(self, rounds: int = 10) -> "Trial":
        """Let every shard that may be read run its batches until nothing is left."""
        for _ in range(rounds):
            self.mapping.open_new_shards()
            for reader in list(self.mapping.readers.values()):
                while not reader.finished:
                    before = reader.caught_up_at
                    reader.step()
                    if reader.caught_up_at > before:
                        break
        return self

    @property
    def given_up(self) -> list[tuple[str, list[int]]]:
        return [
            (d.condition, [int(base64.b64decode(r.event["kinesis"]["data"])) for r in d.records])
            for d in self.discarded
        ]


def fail(numbers: list[int]) -> Any:
    raise InvocationError("RuntimeError", "told to")


def fail_on(bad: set[int]) -> Handler:
    def handler(numbers: list[int]) -> None:
        if bad & set(numbers):
            fail(numbers)

    return handler


def once(answer: Any) -> Handler:
    """Give one answer the first time, success from then on."""
    answers = [answer]

    def handler(numbers: list[int]) -> Any:
        found = answers.pop() if answers else None
        return found(numbers) if callable(found) else found

    return handler


def test_batches_hold_at_most_the_batch_size_in_order() -> None:
    trial = Trial(lambda numbers: None, batch_size=4)
    trial.put(*range(10))
    assert trial.run().batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_a_failed_batch_is_given_again_before_the_next() -> None:
    trial = Trial(once(fail), batch_size=2)
    trial.put(0, 1, 2)
    assert trial.run().batches == [[0, 1], [0, 1], [2]]


def test_a_partial_answer_gives_again_from_the_lowest_failed_record() -> None:
    trial = Trial(once({3, 1}), batch_size=5, partial_failures=True)
    trial.put(*range(5))
    assert trial.run().batches == [[0, 1, 2, 3, 4], [1, 2, 3, 4]]


def test_a_partial_answer_without_the_setting_is_a_success() -> None:
    trial = Trial(once({1}), batch_size=5)
    trial.put(*range(3))
    assert trial.run().batches == [[0, 1, 2]]


@pytest.mark.parametrize(
    "answer",
    [{"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"batchItemFailures": [{"itemIdentifier": None}]}, "text"],
    ids=["unknown number", "no number", "no object"],
)
def test_an_unclear_partial_answer_fails_the_whole_batch(answer: Any) -> None:
    trial = Trial(once(answer), batch_size=5, partial_failures=True)
    trial.put(0, 1)
    assert trial.run().batches == [[0, 1], [0, 1]]


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}])
def test_an_empty_partial_answer_is_a_success(answer: Any) -> None:
    trial = Trial(once(answer), batch_size=5, partial_failures=True)
    trial.put(0, 1)
    assert trial.run().batches == [[0, 1]]


def test_a_hopeless_batch_is_given_up_whole_after_its_retries() -> None:
    trial = Trial(fail_on({1}), batch_size=3, maximum_retries=2)
    trial.put(0, 1, 2, 3)
    assert trial.run().batches == [[0, 1, 2]] * 3 + [[3]]
    assert trial.given_up == [("RetryAttemptsExhausted", [0, 1, 2])]
    assert trial.mapping.counts.discarded == 3


def test_a_partial_failure_without_end_gives_up_the_rest_of_the_batch() -> None:
    trial = Trial(lambda numbers: {1} if 1 in numbers else None, batch_size=3, maximum_retries=1, partial_failures=True)
    trial.put(0, 1, 2)
    assert trial.run().given_up == [("RetryAttemptsExhausted", [1, 2])]
    assert trial.mapping.counts.delivered == 1


def test_bisecting_gives_up_only_the_bad_record() -> None:
    trial = Trial(fail_on({5}), batch_size=8, bisect=True, maximum_retries=0)
    trial.put(*range(8))
    assert trial.run().given_up == [("RetryAttemptsExhausted", [5])]
    assert trial.mapping.counts.delivered == 7
    assert [batch for batch in trial.batches if 5 not in batch] == [[0, 1, 2, 3], [4], [6, 7]]


def test_records_beyond_the_age_limit_are_given_up_undelivered() -> None:
    trial = Trial(lambda numbers: None, maximum_age_seconds=60.0)
    trial.put(0, 1)
    for record in trial.source.records("shardId-000000000000")[:1]:
        record.arrived_at -= 61
    assert trial.run().batches == [[1]]
    assert trial.given_up == [("RecordAgeExceeded", [0])]


def test_a_mapping_at_latest_skips_what_was_there_before() -> None:
    trial = Trial(lambda numbers: None, starting_position="LATEST")
    trial.put(0, 1)
    trial.run(1)
    trial.put(2)
    assert trial.run().batches == [[2]]


def test_children_of_a_split_shard_begin_after_its_last_record() -> None:
    trial = Trial(lambda numbers: None, batch_size=2)
    trial.put(0, 1, 2)
    trial.source.split("shardId-000000000000")
    trial.put(3, hash_key=0)
    trial.put(4, hash_key=2**128 - 1)
    opened = trial.mapping.open_new_shards()
    assert len(opened) == 1
    trial.run()
    assert trial.batches[:2] == [[0, 1], [2]]
    assert sorted(trial.batches[2:]) == [[3], [4]]


def test_the_child_of_merged_shards_waits_for_both_parents() -> None:
    trial = Trial(lambda numbers: None, shards=2)
    trial.put(0, hash_key=0)
    trial.put(1, hash_key=2**128 - 1)
    trial.source.merge("shardId-000000000000", "shardId-000000000001")
    trial.put(2)
    left, right = trial.mapping.open_new_shards()
    left.step()
    assert trial.mapping.open_new_shards() == []
    right.step()
    trial.run()
    assert trial.batches == [[0], [1], [2]]


def test_a_child_shard_is_read_from_its_beginning_even_at_latest() -> None:
    trial = Trial(lambda numbers: None, starting_position="LATEST")
    trial.run(1)
    trial.source.split("shardId-000000000000")
    trial.put(1)
    assert trial.run().batches == [[1]]


def test_a_batch_never_exceeds_what_an_invocation_can_carry() -> None:
    source = MemorySource()
    sizes: list[int] = []

    def invoke(event: dict[str, Any], shard_id: str) -> None:
        sizes.append(sum(len(record["kinesis"]["data"]) for record in event["Records"]))

    mapping = Mapping(source, MappingSettings("m", "f", source.arn), invoke, lambda discarded: None, threading.Event())
    for _ in range(7):
        source.put(0, bytes(1_000_000))
    (reader,) = mapping.open_new_shards()
    while sum(sizes) < 7 * 1_333_336:
        reader.step()
    assert max(sizes) <= 6 << 20
    assert len(sizes) == 2
