"""Waiting grows, jitters and stays bounded; an error that trying again cannot cure is fatal."""

import random
from itertools import islice

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.http11 import Response

from ingester.backoff import delays, is_fatal
from ingester.protocols import ProtocolError, VenueBusyError


def test_delays_double_up_to_the_longest_and_keep_within_their_jitter() -> None:
    waits = list(islice(delays(0.1, 2, 1.0, random.Random(1)), 8))
    tops = [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0]
    assert all(top / 2 <= wait <= top for wait, top in zip(waits, tops, strict=True))
    assert len(set(waits)) == len(waits)


def refusal(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "", Headers()))


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (ConnectionRefusedError(), False),
        (TimeoutError(), False),
        (ConnectionClosedError(None, None), False),
        (VenueBusyError("busy"), False),
        (refusal(503), False),
        (refusal(429), False),
        (refusal(401), True),
        (refusal(404), True),
        (InvalidURI("x", "y"), True),
        (InvalidHandshake("z"), True),
        (ProtocolError("no"), True),
        (KeyError("bug"), False),
    ],
)
def test_only_what_cannot_be_cured_is_fatal(error: Exception, fatal: bool) -> None:
    assert is_fatal(error) is fatal
