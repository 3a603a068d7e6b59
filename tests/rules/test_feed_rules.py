"""Promise: what the ingester says of silence and gaps becomes alerts, with what is known of their length and size."""

import pytest

from tests.rules.market import START, Market, seconds


def silence(length_ns: int, **more: object) -> Market:
    return Market().wait(10_000).status("silent", since_ts=START + seconds(10) - length_ns, channel="orders", **more)


def test_silence_runs_from_the_last_event_to_the_status() -> None:
    (alert,) = silence(seconds(7)).alerts("feed_staleness")
    assert (alert.start_ts, alert.end_ts, alert.severity) == (START + seconds(3), START + seconds(10), "high")
    assert alert.metrics == {"silence_s": 7.0}
    assert "AAA was silent for 7.0 s, since 14:30:03.000 UTC (09:30:03 EST) on channel orders" in alert.explanation


@pytest.mark.parametrize(("length_ns", "count"), [(seconds(1), 1), (seconds(1) - 1, 0)])
def test_silence_counts_from_the_threshold_on(length_ns: int, count: int) -> None:
    assert len(silence(length_ns).alerts("feed_staleness")) == count


def test_silence_of_unknown_length_alerts() -> None:
    assert len(Market().status("silent").alerts("feed_staleness")) == 1


def test_silence_of_the_whole_feed_is_told_as_such() -> None:
    (alert,) = silence(seconds(7), symbol="*").alerts("feed_staleness")
    assert alert.symbol == "*"
    assert "The whole feed was silent" in alert.explanation


@pytest.mark.parametrize("state", ["resumed", "heartbeat", "skewed", "gap", "closed"])
def test_other_states_are_no_silence(state: str) -> None:
    assert Market().status(state).alerts("feed_staleness") == []


def test_end_of_the_events_is_no_silence() -> None:
    assert Market().book().alerts("feed_staleness") == []


def gap(missing: int) -> Market:
    return Market().status("gap", channel="orders", from_seq=100, to_seq=99 + missing)


def test_gap_is_told_with_its_numbers() -> None:
    (alert,) = gap(12).alerts("sequence_gap")
    assert alert.metrics == {"missing": 12.0}
    assert "12 messages, numbers 100 to 111, are missing from channel orders" in alert.explanation
    assert alert.completeness.gaps == 1


@pytest.mark.parametrize(("missing", "count"), [(5, 1), (4, 0)])
def test_gap_counts_from_the_threshold_on(missing: int, count: int) -> None:
    assert len(gap(missing).alerts("sequence_gap", min_missing=5)) == count


@pytest.mark.parametrize(("missing", "severity"), [(999, "medium"), (1000, "high")])
def test_gap_is_severe_from_the_threshold_on(missing: int, severity: str) -> None:
    (alert,) = gap(missing).alerts("sequence_gap")
    assert alert.severity == severity


def test_gap_of_unknown_size_is_severe() -> None:
    (alert,) = Market().status("gap", from_seq=5).alerts("sequence_gap")
    assert (alert.severity, alert.metrics) == ("high", {})
    assert "An unknown number of messages are missing from the feed" in alert.explanation


def test_resumed_feed_has_no_gap() -> None:
    assert Market().status("resumed").alerts("sequence_gap") == []


def test_gap_before_an_alert_stands_in_its_completeness() -> None:
    market = Market().trade(100.0, 1).status("gap", symbol="*").trade(100.0, 1).trade(101.0, 1)
    (alert,) = market.alerts("price_velocity")
    assert alert.completeness.gaps == 1
    assert "so far" in alert.explanation.splitlines()[-1]
    assert "1 gap" in alert.explanation.splitlines()[-1]


def skewed(by_ns: int, **more: object) -> Market:
    return Market().wait(10_000).status("skewed", since_ts=START + seconds(10) - by_ns, channel="orders", **more)


def test_skew_is_told_with_its_size_and_direction() -> None:
    (alert,) = skewed(seconds(7)).alerts("clock_skew")
    assert (alert.severity, alert.metrics) == ("medium", {"skew_s": 7.0})
    assert "AAA on channel orders was stamped 7.0 s behind the ingester's clock" in alert.explanation
    (alert,) = skewed(-seconds(7), symbol="*").alerts("clock_skew")
    assert "The whole feed on channel orders was stamped 7.0 s ahead of the ingester's clock" in alert.explanation


@pytest.mark.parametrize(("by_ns", "count"), [(seconds(1), 1), (seconds(1) - 1, 0), (-seconds(1), 1)])
def test_skew_counts_from_the_threshold_on(by_ns: int, count: int) -> None:
    assert len(skewed(by_ns).alerts("clock_skew")) == count


@pytest.mark.parametrize(("by_ns", "severity"), [(seconds(60) - 1, "medium"), (seconds(60), "high")])
def test_skew_is_severe_from_the_threshold_on(by_ns: int, severity: str) -> None:
    (alert,) = skewed(by_ns).alerts("clock_skew")
    assert alert.severity == severity


def test_skew_of_unknown_size_alerts() -> None:
    (alert,) = Market().status("skewed").alerts("clock_skew")
    assert alert.metrics == {}


@pytest.mark.parametrize("state", ["resumed", "heartbeat", "silent", "gap", "closed"])
def test_other_states_are_no_skew(state: str) -> None:
    assert Market().status(state).alerts("clock_skew") == []
