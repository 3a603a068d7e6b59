"""Generated daily bars repeat for the same seed, extend without changing, and tell the truth about every fault."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.errors import InputError
from surveillance.simulation.daily_bar_faults import MOVED, SPOILT
from surveillance.simulation.daily_bars import DailyBars, daily_bars

CLEAN = daily_bars(40, 300, faults=0.0)
FAULTY = daily_bars(40, 300, faults=0.01)
STANDING = [name for name in CLEAN.bars.column_names if name != "adjusted_close"]


def rows_of(bars: pa.Table, symbol: str, day: date) -> pa.Table:
    return bars.filter((pc.field("symbol") == symbol) & (pc.field("date") == pa.scalar(day)))


def test_same_seed_gives_the_same_tables() -> None:
    again = daily_bars(40, 300, faults=0.01)
    assert all(getattr(again, name).equals(getattr(FAULTY, name)) for name in DailyBars.__struct_fields__)
    assert not daily_bars(40, 300, seed=2, faults=0.01).bars.equals(FAULTY.bars)


def test_more_sessions_and_symbols_leave_earlier_bars_as_they_are() -> None:
    longer = daily_bars(41, 310, faults=0.01).bars
    last, names = pc.max(CLEAN.bars["date"]), CLEAN.bars["symbol"].unique()
    held = longer.filter((pc.field("date") <= last) & pc.is_in(pc.field("symbol"), names))
    expected = FAULTY.bars.filter(pc.field("date") <= last)
    assert held.select(STANDING).equals(expected.select(STANDING))


def test_clean_bars_are_whole_and_consistent() -> None:
    bars = CLEAN.bars
    assert bars.num_rows == 40 * 300
    assert CLEAN.faults.num_rows == 0
    assert bars.group_by(["symbol", "date"]).aggregate([]).num_rows == bars.num_rows
    opened, high, low, close = (bars[name].to_numpy() for name in ("open", "high", "low", "close"))
    assert (high >= np.maximum(opened, close)).all()
    assert (low <= np.minimum(opened, close)).all()
    assert (low > 0).all()


def test_adjusted_closes_are_continuous_over_splits_and_dividends() -> None:
    symbols, dates = (CLEAN.bars[name].to_pylist() for name in ("symbol", "date"))
    place = {pair: row for row, pair in enumerate(zip(symbols, dates, strict=True))}
    close, adjusted = CLEAN.bars["close"].to_numpy(), CLEAN.bars["adjusted_close"].to_numpy()
    assert CLEAN.splits.num_rows
    for split in CLEAN.splits.to_pylist():
        row = place[split["symbol"], split["execution_date"]]
        ratio = split["split_to"] / split["split_from"]
        assert adjusted[row] / adjusted[row - 1] == pytest.approx(close[row] * ratio / close[row - 1])
        assert abs(adjusted[row] / adjusted[row - 1] - 1) < 0.2 < abs(close[row] / close[row - 1] - 1)
    assert CLEAN.dividends.num_rows
    for paid in CLEAN.dividends.to_pylist():
        row = place[paid["symbol"], paid["ex_dividend_date"]]
        factor = 1 - paid["cash_amount"] / close[row - 1]
        assert adjusted[row] / adjusted[row - 1] == pytest.approx(close[row] / close[row - 1] / factor)


def test_every_difference_from_clean_bars_is_a_told_fault() -> None:
    told = {(each["symbol"], each["date"]): each["fault"] for each in FAULTY.faults.to_pylist()}
    row_faults = {pair: fault for pair, fault in told.items() if fault in (*SPOILT, *MOVED)}
    assert set(row_faults.values()) == {*SPOILT, *MOVED}
    clean, faulty = ({(row["symbol"], row["date"]): row for row in each.bars.to_pylist()} for each in (CLEAN, FAULTY))
    assert FAULTY.bars.num_rows > len(faulty)
    different = {pair for pair in {*clean, *faulty} if clean.get(pair) != faulty.get(pair)}
    assert different == {pair for pair, fault in row_faults.items() if fault != "repeated_row"}
    for (symbol, day), fault in row_faults.items():
        expected = {"missing_session": 0, "repeated_row": 2}.get(fault, 1)
        assert rows_of(FAULTY.bars, symbol, day).num_rows == expected


def test_events_lost_are_told() -> None:
    faulty = daily_bars(200, 300, faults=0.001)
    whole = daily_bars(200, 300, faults=0.0)
    kinds = faulty.faults["fault"].to_pylist()
    assert kinds.count("missing_dividend") == whole.dividends.num_rows - faulty.dividends.num_rows > 0
    assert kinds.count("missing_split") == whole.splits.num_rows - faulty.splits.num_rows


@pytest.mark.parametrize(("symbols", "sessions"), [(0, 10), (10, 0)])
def test_impossible_wish_is_refused_in_a_sentence(symbols: int, sessions: int) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        daily_bars(symbols, sessions)
