"""`surveillance history bench`: the indicator step against bare TA-Lib calls, on bars few enough for a test."""

import numpy as np
from surveillance.indicators import DEFAULT

from cli.history_bench import bare_call, measure
from tests.indicators.bars import bars_of


def test_figures_are_those_that_are_told() -> None:
    figures = measure(3, 260, repeats=1)
    assert set(figures) == {
        "symbols", "sessions", "bars", "read_seconds", "studies_daily", "studies", "studies_and_patterns",
        "peak_memory_mb",
    }  # fmt: skip
    assert figures["bars"] == 780
    whole = figures["studies_and_patterns"]
    assert set(whole) == {"outputs", "calls", "step_seconds", "bare_seconds", "ratio"}
    assert (whole["outputs"], whole["calls"]) == (102, 95 * 9)


def test_bare_calls_do_the_same_work() -> None:
    bars = bars_of(1)
    for request in DEFAULT:
        bare = bare_call(request)(bars)
        bare = bare if isinstance(bare, tuple) else (bare,)
        found = request.compute(bars)
        assert len(bare) == len(found)
        if request.indicator.name in ("donchian", "obv"):
            continue  # begun otherwise
        for one, other in zip(found, bare, strict=True):
            np.testing.assert_allclose(one[40:], other[40:], rtol=1e-12)
