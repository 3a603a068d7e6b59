"""Bars are read in any order; rows that can't be used are left out and counted."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from surveillance.errors import InputError
from surveillance.indicators import gathered

from tests.indicators.bars import GENERATED, SERIES, same


def table(rows: list[tuple[str, int, float | None, float | None]]) -> pa.Table:
    """Give bars of (symbol, day of March 2024, close, volume) whose four prices are equal."""
    prices = [row[2] for row in rows]
    return pa.table(
        {
            "symbol": [row[0] for row in rows],
            "date": [date(2024, 3, row[1]) for row in rows],
            **{name: pa.array(prices, pa.float64()) for name in ("open", "high", "low", "close")},
            "volume": pa.array([row[3] for row in rows], pa.float64()),
        }
    )


def test_shuffled_rows_in_several_chunks_are_put_in_order() -> None:
    order = np.random.default_rng(3).permutation(GENERATED.num_rows)
    shuffled = GENERATED.take(pa.array(order))
    parts = pa.concat_tables([shuffled.slice(0, 700), shuffled.slice(700)])
    found = gathered(parts, "raw")
    assert found.left_out == {}
    assert found.series.symbols == SERIES.symbols
    assert all(same(one, other) for one, other in zip(found.series.bars, SERIES.bars, strict=True))
    assert same(found.series.days, SERIES.days)
    coded = parts.set_column(0, "symbol", parts["symbol"].dictionary_encode())
    assert gathered(coded, "raw").series.symbols == SERIES.symbols


def test_rows_without_price_and_repeated_dates_are_counted() -> None:
    found = gathered(table([("B", 5, 2.0, 1.0), ("A", 4, None, 1.0), ("B", 4, 1.0, 1.0), ("B", 5, 9.0, 1.0)]), "raw")
    assert found.left_out == {"no_price": 1, "repeated_date": 1}
    assert found.series.symbols == ("B",)
    assert found.series.bars.close.tolist() == [1.0, 2.0]


def test_unknown_volume_is_none_traded_once_volume_was_known() -> None:
    volumes = [None, 5.0, None, 7.0]
    rows = [("A", day, 1.0, volume) for day, volume in enumerate(volumes, 1)] + [
        ("B", 1, 1.0, None),
        ("B", 4, 1.0, 2.0),
    ]
    found = gathered(table(rows), "raw").series.bars.volume
    np.testing.assert_array_equal(found, [np.nan, 5.0, 0.0, 7.0, np.nan, 2.0])


def test_prices_are_adjusted_as_asked() -> None:
    whole = table([("A", 4, 10.0, 100.0), ("A", 5, 5.0, 200.0)])
    for name in ("open", "high", "low", "close"):
        whole = whole.append_column(f"adjusted_{name}", pa.array([4.5, 5.0]))
    whole = whole.append_column("adjusted_volume", pa.array([200.0, 200.0]))
    whole = whole.append_column("split_factor", pa.array([0.5, 1.0]))
    assert gathered(whole).series.bars.close.tolist() == [4.5, 5.0]
    split = gathered(whole, "split").series.bars
    assert (split.close.tolist(), split.volume.tolist()) == ([5.0, 5.0], [200.0, 200.0])
    assert gathered(whole, "raw").series.bars.volume.tolist() == [100.0, 200.0]


def test_missing_column_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"^The bars lack the column adjusted_open, which adjusted prices need\.$"):
        gathered(table([("A", 4, 1.0, 1.0)]))


def test_no_rows_give_no_symbols() -> None:
    assert gathered(table([]).slice(0, 0), "raw").series.symbols == ()
