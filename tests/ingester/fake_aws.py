"""Stand-ins for what the ingester calls, with faults on a seeded schedule; and the engine's way of reading lanes."""

import json
import random
import threading
from collections import defaultdict
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


def throttled(operation: str = "PutRecords") -> ClientError:
    return ClientError(
        {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}},
        operation,
    )


class FakeKinesis:
    """Keeps records by lane in the order they arrived, and checks what the design promises about calls.

    `fault_share` is the chance of a fault in a call: throttled whole, failed in part, timed out before or after.
    """

    def __init__(self, fault_share: float = 0, seed: int = 0) -> None:
        self.fault_share = fault_share
        self.away = False
        self.calls = 0
        self.faults: defaultdict[str, int] = defaultdict(int)
        self.lanes: defaultdict[int, list[bytes]] = defaultdict(list)
        self._in_flight: set[int] = set()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        lanes = [int(record["PartitionKey"]) for record in Records]
        with self._lock:
            assert len(set(lanes)) == len(lanes) <= 500
            assert not self._in_flight & set(lanes)
            assert sum(len(record["Data"]) for record in Records) <= 5_000_000
            self._in_flight |= set(lanes)
            self.calls += 1
        try:
            with self._lock:
                return self._answer(Records)
        finally:
            with self._lock:
                self._in_flight -= set(lanes)

    def _answer(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        if self.away:
            raise throttled()
        fault = self._random.choice(["throttle", "part", "before", "after"])
        if self._random.random() >= self.fault_share:
            fault = ""
        self.faults[fault] += 1
        if fault == "throttle":
            raise throttled()
        if fault == "before":
            raise ReadTimeoutError(endpoint_url="kinesis")
        answers = []
        for record in records:
            if fault == "part" and self._random.random() < 0.5:
                answers.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"})
            else:
                self.lanes[int(record["PartitionKey"])].append(record["Data"])
                answers.append({"SequenceNumber": "1", "ShardId": "0"})
        if fault == "after":
            raise ReadTimeoutError(endpoint_url="kinesis")
        return {"FailedRecordCount": sum("ErrorCode" in answer for answer in answers), "Records": answers}

    def events(self) -> dict[int, list[dict[str, Any]]]:
        """Give each lane's events as they stand in the stream, repetitions included."""
        return {
            lane: [json.loads(line) for record in records for line in record.splitlines()]
            for lane, records in list(self.lanes.items())  # the ingester's threads go on
        }

    def accepted(self) -> dict[int, list[dict[str, Any]]]:
        return accepted(self.events())


def accepted(lanes: dict[int, list[dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
    """Give what the engine takes of each lane: an event whose number is not above its producer's last is dropped."""
    taken: dict[int, list[dict[str, Any]]] = {}
    for lane, events in lanes.items():
        last: dict[str, int] = {}
        taken[lane] = []
        for event in events:
            if event["number"] > last.get(event["producer"], -1):
                last[event["producer"]] = event["number"]
                taken[lane].append(event)
    return taken


class Flaky:
    """A client that fails at random: before the call, or after it so that nobody knows."""

    def __init__(self, client: Any, fault_share: float, seed: int = 0) -> None:
        self._client = client
        self._share = fault_share
        self._random = random.Random(seed)
        self.faults = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**arguments: Any) -> Any:
            draw = self._random.random()
            if draw < self._share / 2:
                self.faults += 1
                raise ClientError({"Error": {"Code": "InternalServerError", "Message": "no"}}, name)
            answer = method(**arguments)
            if draw < self._share:
                self.faults += 1
                raise ReadTimeoutError(endpoint_url=name)
            return answer

        return call
