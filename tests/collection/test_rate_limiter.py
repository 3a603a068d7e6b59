"""However many collectors ask, and wherever they run, the vendor's limit is kept and nobody is starved."""

from collections.abc import Callable, Iterator
from threading import Lock, Thread
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from surveillance.adapters.rate_limiter import MemoryLimiter, OutOfTimeError, RateLimiter, SharedLimiter
from surveillance.collection.rate import Rate, hold, take
from surveillance.collection.source import SOURCES

from tests.adapters.aws_tables import REGION, make_tables
from tests.collection.collecting import Clock

FIVE_A_MINUTE = Rate(5, 60)
Make = Callable[[Rate, Clock], RateLimiter]


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield make_tables()


@pytest.fixture(params=["memory", "shared"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "memory":
        return lambda rate, clock: MemoryLimiter(rate, clock, clock.sleep)
    request.getfixturevalue("dynamodb")
    return lambda rate, clock: shared(rate, clock)


def shared(rate: Rate, clock: Clock, sleep: Callable[[float], None] | None = None) -> SharedLimiter:
    return SharedLimiter(boto3.client("dynamodb", REGION), "leases", "polygon", rate, clock, sleep or clock.sleep)


def turns(limiter: RateLimiter, clock: Clock, count: int) -> list[float]:
    times = []
    for _ in range(count):
        limiter.take(3600)
        times.append(clock.ns / 1e9)
    return times


def test_turns_come_evenly(make: Make) -> None:
    clock = Clock()
    assert turns(make(FIVE_A_MINUTE, clock), clock, 4) == [0, 12, 24, 36]


def test_a_burst_goes_at_once_after_a_rest(make: Make) -> None:
    clock = Clock()
    limiter = make(Rate(60, 60, burst=3), clock)
    assert turns(limiter, clock, 5) == [0, 0, 0, 1, 2]
    clock.sleep(100)
    assert turns(limiter, clock, 4) == [102, 102, 102, 103]


def test_a_hold_stops_everyone_until_its_end(make: Make) -> None:
    clock = Clock()
    limiter = make(FIVE_A_MINUTE, clock)
    limiter.take(0)
    limiter.hold(50)
    assert turns(limiter, clock, 2) == [50, 62]


def test_a_turn_later_than_there_is_time_is_not_taken(make: Make) -> None:
    clock = Clock()
    limiter = make(FIVE_A_MINUTE, clock)
    limiter.take(0)
    with pytest.raises(OutOfTimeError):
        limiter.take(11.9)
    assert clock.slept == []
    limiter.take(12)
    assert clock.ns == 12_000_000_000


@pytest.mark.usefixtures("dynamodb")
def test_limiters_of_many_lambdas_share_one_rate() -> None:
    clock = Clock()
    slept: list[float] = []
    limiters = [shared(FIVE_A_MINUTE, clock, slept.append) for _ in range(4)]
    for number in range(12):
        limiters[number * 7 % 4].take(3600)
    assert slept == [12 * number for number in range(1, 12)]


@pytest.mark.usefixtures("dynamodb")
def test_a_hold_of_one_lambda_holds_the_others() -> None:
    clock = Clock()
    first, second = shared(FIVE_A_MINUTE, clock), shared(FIVE_A_MINUTE, clock)
    first.take(0)
    second.take(3600)
    first.hold(100)
    assert turns(second, clock, 1) == [112]


def test_threads_get_turns_of_their_own() -> None:
    slept: list[float] = []
    lock = Lock()

    def sleep(seconds: float) -> None:
        with lock:
            slept.append(seconds)

    limiter = MemoryLimiter(FIVE_A_MINUTE, lambda: 0, sleep)
    threads = [Thread(target=lambda: [limiter.take(1e9) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [12 * number for number in range(1, 160)]


@given(
    st.builds(Rate, st.integers(1, 50), st.integers(1, 100), st.integers(1, 10)),
    st.lists(st.tuples(st.floats(0, 50), st.booleans()), max_size=80),
)
def test_in_no_window_more_go_than_the_rate_and_its_burst_allow(rate: Rate, steps: list[tuple[float, bool]]) -> None:
    now, full, taken = 0, 0, []
    for pause, is_hold in steps:
        now += round(pause * 1e9)
        if is_hold:
            full = hold(rate, full, now + rate.spacing_ns)
            continue
        turn = take(rate, full, now)
        full = turn.full_ns
        taken.append(turn.at_ns)
        assert turn.at_ns >= now
    assert taken == sorted(taken)
    window = rate.requests * rate.spacing_ns
    for start in taken:
        assert sum(start <= each < start + window for each in taken) <= rate.requests + rate.burst - 1


@pytest.mark.parametrize(("source", "limit", "seconds"), [
    ("polygon", 5, 60), ("finnhub", 60, 60), ("fmp", 250, 86_400), ("alphavantage", 5, 60),
])  # fmt: skip
def test_each_source_s_published_limit_is_kept_in_any_window(source: str, limit: int, seconds: int) -> None:
    rate = SOURCES[source].rate
    assert rate.period_s == seconds
    assert rate.requests + rate.burst - 1 <= limit
