"""The lake gets every revision once where Firehose behaves, and only refused lines are sent again where it does not."""

from typing import Any

from surveillance.adapters.deliveries import BYTES_A_CALL, RECORDS_A_CALL, DeliveryStream


class Firehose:
    """A delivery stream that refuses chosen lines for a while and notes every call."""

    def __init__(self, refusals: dict[bytes, int] | None = None) -> None:
        self.refusals = refusals or {}
        self.calls: list[list[bytes]] = []
        self.taken: list[bytes] = []

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: N803
        assert DeliveryStreamName == "alerts"
        lines = [record["Data"] for record in Records]
        assert len(lines) <= RECORDS_A_CALL
        assert sum(map(len, lines)) <= BYTES_A_CALL
        self.calls.append(lines)
        responses = []
        for line in lines:
            if self.refusals.get(line, 0) > 0:
                self.refusals[line] -= 1
                responses.append({"ErrorCode": "ServiceUnavailableException"})
            else:
                self.taken.append(line)
                responses.append({"RecordId": "1"})
        return {"FailedPutCount": sum("ErrorCode" in one for one in responses), "RequestResponses": responses}


def stream(firehose: Firehose) -> DeliveryStream:
    return DeliveryStream(firehose, "alerts", lambda _: None)


def test_only_refused_lines_are_sent_again() -> None:
    firehose = Firehose({b"b\n": 2})
    assert stream(firehose).put([b"a", b"b", b"c"]) is None
    assert firehose.calls == [[b"a\n", b"b\n", b"c\n"], [b"b\n"], [b"b\n"]]


def test_the_first_line_refused_to_the_end_is_named() -> None:
    firehose = Firehose({b"b\n": 99, b"c\n": 99})
    assert stream(firehose).put([b"a", b"b", b"c", b"d"]) == 1
    assert firehose.taken == [b"a\n", b"d\n"]


def test_many_and_large_lines_keep_the_limits_of_a_call() -> None:
    firehose = Firehose()
    lines = [b"x" * 30_000] * 300 + [b"y"] * 1200
    assert stream(firehose).put(lines) is None
    assert firehose.taken == [line + b"\n" for line in lines]


def test_nothing_to_deliver_makes_no_call() -> None:
    firehose = Firehose()
    assert stream(firehose).put([]) is None
    assert firehose.calls == []
