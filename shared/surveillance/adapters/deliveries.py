"""Delivery streams: lines into Firehose, retrying only what it refused."""

from collections.abc import Callable, Sequence
from typing import Any, Final

RECORDS_A_CALL: Final = 500
BYTES_A_CALL: Final = 4_000_000
PAUSES_S: Final = (0.1, 0.4, 1.6)


class DeliveryStream:
    """One Firehose delivery stream fed directly."""

    def __init__(self, client: Any, name: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def put(self, lines: Sequence[bytes]) -> int | None:
        """Deliver lines, each without its newline; gives the index of the first that was refused to the end."""
        waiting = list(range(len(lines)))
        for pause in (*PAUSES_S, None):
            waiting = [index for call in _calls(waiting, lines) for index in self._refused(call, lines)]
            if not waiting:
                return None
            if pause is not None:
                self._sleep(pause)
        return min(waiting)

    def _refused(self, indices: Sequence[int], lines: Sequence[bytes]) -> list[int]:
        answer = self._client.put_record_batch(
            DeliveryStreamName=self._name, Records=[{"Data": lines[index] + b"\n"} for index in indices]
        )
        if not answer["FailedPutCount"]:
            return []
        answers = zip(indices, answer["RequestResponses"], strict=True)
        return [index for index, response in answers if "ErrorCode" in response]


def _calls(indices: Sequence[int], lines: Sequence[bytes]) -> list[list[int]]:
    calls: list[list[int]] = []
    size = 0
    for index in indices:
        size += len(lines[index]) + 1
        if not calls or len(calls[-1]) == RECORDS_A_CALL or size > BYTES_A_CALL:
            calls.append([])
            size = len(lines[index]) + 1
        calls[-1].append(index)
    return calls
