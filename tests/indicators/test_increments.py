"""Runs over days as they come give, row for row and bit for bit, what one run over all of them gives."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.indicators import (
    STATE,
    Prices,
    gathered,
    increment,
    indicator_table,
    indicator_tables,
    merged,
    requests,
    schema,
    state_of,
)
from surveillance.simulation.daily_bars import daily_bars

ASKED = requests(["sma:20", "ema:50", "wma:10", "macd", "rsi", "adx", "obv", "vwap", "mfi", "stdev", "cdl_doji"])
BARS = daily_bars(4, 260, seed=9, faults=0.0).bars
LAST = BARS["date"][BARS.num_rows - 1].as_py()


class Kept:
    """What runs have left behind."""

    def __init__(self) -> None:
        self.rows = schema(ASKED).empty_table()
        self.state = STATE.empty_table()
        self.told = 0

    def run(self, bars: pa.Table, prices: Prices = "raw") -> dict[str, int]:
        series = gathered(bars, prices).series
        fresh = increment(series, self.state, ASKED)
        new = pa.concat_tables(
            [schema(ASKED).empty_table(), *indicator_tables(fresh.series, ASKED, after=fresh.after, rows_a_table=600)]
        )
        self.rows = merged(self.rows, new, fresh.replaced)
        self.state = state_of(series, ASKED)
        self.told = new.num_rows
        return {name: count for name, count in fresh.counts.items() if count}


def until(days_before_last: int) -> pa.Table:
    return BARS.filter(pc.field("date") <= LAST - timedelta(days_before_last))


def whole(bars: pa.Table) -> pa.Table:
    key = [(name, "ascending") for name in ("symbol", "interval", "date")]
    return indicator_table(gathered(bars, "raw").series, ASKED).sort_by(key)


def test_days_that_come_one_by_one_give_a_whole_run() -> None:
    kept = Kept()
    assert kept.run(until(40)) == {"new": 4}
    for days in (39, 38, 35, 12, 11, 1, 0):
        counts = kept.run(until(days))
        assert set(counts) <= {"extended", "unchanged"}
        assert kept.rows.equals(whole(until(days)))


def test_nothing_new_tells_no_rows() -> None:
    kept = Kept()
    kept.run(BARS)
    assert kept.run(BARS) == {"unchanged": 4}
    assert kept.told == 0


def test_one_new_day_tells_a_row_an_interval_and_symbol() -> None:
    kept = Kept()
    kept.run(until(1))
    assert kept.run(BARS) == {"extended": 4}
    assert kept.told == 4 * 3


def test_changed_past_is_told_anew() -> None:
    kept = Kept()
    kept.run(until(5))
    close = pc.if_else(pc.equal(BARS["symbol"], "SIM0002"), pc.multiply(BARS["close"], 0.5), BARS["close"])
    changed = BARS.set_column(BARS.column_names.index("close"), "close", close)
    assert kept.run(changed) == {"extended": 3, "restated": 1}
    assert kept.rows.equals(whole(changed))


def test_day_that_comes_late_is_a_changed_past() -> None:
    kept = Kept()
    kept.run(BARS.filter(pc.field("date") != LAST - timedelta(30)))
    assert BARS.filter(pc.field("date") == LAST - timedelta(30)).num_rows
    assert kept.run(BARS) == {"restated": 4}
    assert kept.rows.equals(whole(BARS))


def test_lost_days_and_symbols_leave_no_rows() -> None:
    kept = Kept()
    kept.run(BARS)
    fewer = BARS.filter(
        (pc.field("symbol") != "SIM0001") & ((pc.field("symbol") != "SIM0003") | (pc.field("date") < LAST))
    )
    assert kept.run(fewer) == {"restated": 1, "unchanged": 2, "gone": 1}
    assert kept.rows.equals(whole(fewer))


def test_other_indicators_asked_for_are_a_changed_past() -> None:
    series = gathered(BARS, "raw").series
    assert increment(series, state_of(series, ASKED), ASKED[1:]).counts["restated"] == 4


@pytest.mark.parametrize("rows_a_table", [1, 300, 10_000])
def test_size_of_tables_does_not_matter(rows_a_table: int) -> None:
    series = gathered(BARS, "raw").series
    parts = list(indicator_tables(series, ASKED, rows_a_table=rows_a_table))
    key = [(name, "ascending") for name in ("symbol", "interval", "date")]
    assert pa.concat_tables(parts).sort_by(key).equals(whole(BARS))
    assert len(parts) == {1: 4, 300: 4, 10_000: 1}[rows_a_table]
