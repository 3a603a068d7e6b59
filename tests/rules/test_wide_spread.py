"""Promise: a spread that stays wide is told once; a short, narrow, empty, halted or unproven one is not."""

import pytest

from tests.rules.market import START, Market, seconds

RULE = "wide_spread"
NARROW = (99.9375, 100.0625)  # 12.5 bp
WIDE = (99.875, 100.125)  # 25 bp
RULES = {"floor_bp": 10, "multiple": 1.5, "min_messages": 0}


def usual(samples: int = 20) -> Market:
    market = Market()
    for _ in range(samples):
        market.quote(*NARROW).wait(1000)
    return market


def scene(lasts_ms: float = 4000, samples: int = 20) -> Market:
    return usual(samples).quote(*WIDE).wait(lasts_ms).quote(*WIDE)


def test_spread_that_stays_wide_alerts_once_and_is_told() -> None:
    market = scene()
    for _ in range(5):
        market.wait(1000).quote(*WIDE)
    (alert,) = market.alerts(RULE, **RULES)
    assert alert.revision == 1
    assert alert.start_ts == START + seconds(20)
    assert alert.detected_ts == START + seconds(24)
    lines = alert.explanation.splitlines()
    assert "The spread of AAA widened at 14:30:20.000 UTC (09:30:20 EST) and stayed above 18.8 bp for 4.0 s" in lines[0]
    assert (
        "the quotes were 99.875 and 100.125: 25.0 bp of the mid, 2.0 times the usual 12.5 bp (threshold 1.5 times)"
        in lines[1]
    )


def test_detection_is_timed_by_the_threshold_not_by_the_next_event() -> None:
    (alert,) = scene(lasts_ms=9000).alerts(RULE, **RULES)
    assert (alert.detected_ts, alert.end_ts) == (START + seconds(24), START + seconds(29))


@pytest.mark.parametrize(("lasts_ms", "count"), [(4000, 1), (3999.999, 0)])
def test_duration_counts_from_the_threshold_on(lasts_ms: float, count: int) -> None:
    assert len(scene(lasts_ms).alerts(RULE, **RULES)) == count


@pytest.mark.parametrize(("floor", "count"), [(24.99, 1), (25, 0)])
def test_floor_must_be_exceeded(floor: float, count: int) -> None:
    assert len(scene().alerts(RULE, floor_bp=floor, multiple=1.5)) == count


@pytest.mark.parametrize(("multiple", "count"), [(1.99, 1), (2, 0)])
def test_multiple_of_the_median_must_be_exceeded(multiple: float, count: int) -> None:
    assert len(scene().alerts(RULE, floor_bp=10, multiple=multiple)) == count


@pytest.mark.parametrize(("samples", "count"), [(20, 1), (19, 0)])
def test_samples_count_from_the_threshold_on(samples: int, count: int) -> None:
    assert len(scene(samples=samples).alerts(RULE, **RULES)) == count


@pytest.mark.parametrize(
    "breaking",
    [pytest.param(NARROW, id="narrow for a moment"), pytest.param((None, 100.125), id="a side is empty")],
)
def test_break_begins_the_stretch_anew(breaking: tuple[float | None, float]) -> None:
    market = usual().quote(*WIDE).wait(2000)
    market.quote(*breaking, **({"bid_size": 0.0} if breaking[0] is None else {})).wait(1).quote(*WIDE).wait(2500)
    assert market.quote(*WIDE).alerts(RULE, **RULES) == []


def test_halt_breaks_the_stretch() -> None:
    market = usual().quote(*WIDE).wait(500).status("halted").wait(60_000).status("open").wait(1).quote(*WIDE)
    assert market.alerts(RULE, **RULES) == []
    assert len(market.wait(4000).quote(*WIDE).alerts(RULE, **RULES)) == 1


def test_second_stretch_right_after_a_told_one_is_told_too() -> None:
    market = scene().wait(10).quote(*WIDE)
    market.events[-1] |= {"bid_price": NARROW[0], "ask_price": NARROW[1]}
    market.wait(10).quote(*WIDE).wait(4000).quote(*WIDE)
    (alert,) = market.alerts(RULE, **RULES)
    assert alert.revision == 2


@pytest.mark.parametrize(("plain_bp", "severity"), [(25.01, "low"), (25, "medium"), (5, "medium")])
def test_width_in_basis_points_decides_the_severity(plain_bp: float, severity: str) -> None:
    (alert,) = scene().alerts(RULE, **RULES, plain_bp=plain_bp)
    assert alert.severity == severity


@pytest.mark.parametrize(("min_messages", "severity"), [(0, "medium"), (1, "low")])
def test_market_must_have_many_messages_for_more_than_low_severity(min_messages: float, severity: str) -> None:
    (alert,) = scene().alerts(RULE, **RULES | {"min_messages": min_messages})
    assert alert.severity == severity
