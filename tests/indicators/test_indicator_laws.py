"""Laws over every indicator: warm-up as declared, no look ahead, no other symbol, unknown volume, no bars."""

import numpy as np
import pytest
from surveillance.indicators import DEFAULT, INDICATORS, Bars, Request, indicator_table

from tests.indicators.bars import SERIES, bars_of, first_rows, rows_of, same

ALL = [indicator() for indicator in INDICATORS]
NAMES = [asked.indicator.name for asked in ALL]
every = pytest.mark.parametrize("asked", ALL, ids=NAMES)


@every
def test_values_begin_after_the_warm_up(asked: Request) -> None:
    known = ~np.isnan(np.array(asked.compute(bars_of(0))))
    assert known.all(axis=0).argmax() == asked.warm_up
    assert known[:, asked.warm_up :].all()


@every
def test_later_bars_do_not_change_earlier_values(asked: Request) -> None:
    whole = asked.compute(bars_of(2))
    for count in (1, asked.warm_up, asked.warm_up + 1, 201):
        part = asked.compute(first_rows(bars_of(2), count))
        assert all(same(one, other[:count]) for one, other in zip(part, whole, strict=True))


@every
def test_bars_are_left_as_they_are(asked: Request) -> None:
    before = [column.copy() for column in bars_of(3)]
    asked.compute(bars_of(3))
    assert all(same(one, other) for one, other in zip(before, bars_of(3), strict=True))


@every
def test_unknown_volume_matters_only_to_indicators_of_volume(asked: Request) -> None:
    bars = bars_of(0)
    begun = np.where(np.arange(len(bars.volume)) < 30, np.nan, bars.volume)
    found = asked.compute(bars._replace(volume=begun))
    if asked.indicator.needs_volume:
        assert np.isnan(found[0][:30]).all()
        assert not np.isnan(found[0][30 + asked.warm_up :]).any()
        assert np.isnan(asked.compute(bars._replace(volume=np.full(320, np.nan)))[0]).all()
    else:
        assert all(same(one, other) for one, other in zip(found, asked.compute(bars), strict=True))


@every
def test_no_bars_give_no_values(asked: Request) -> None:
    empty = np.empty(0)
    assert all(len(output) == 0 for output in asked.compute(Bars(empty, empty, empty, empty, empty)))


@pytest.mark.parametrize("interval", ["D", "W", "M"])
def test_other_symbols_do_not_matter(interval: str) -> None:
    whole = indicator_table(SERIES, DEFAULT)
    for place, symbol in enumerate(SERIES.symbols):
        alone = indicator_table(SERIES.part(place, place + 1), DEFAULT, (interval,)).combine_chunks()
        assert alone.equals(rows_of(whole, symbol, interval))
