"""Our indicators against a vendor's: agreement is of common dates, and half a digit is no difference."""

from datetime import date

import pyarrow as pa
import pytest
from surveillance.errors import InputError
from surveillance.quality.vendor_comparison import compare, long_form, overall

DAYS = [date(2024, 1, day) for day in (2, 3, 4, 5)]


def ours() -> pa.Table:
    wide = pa.table(
        {
            "symbol": ["A"] * 4,
            "interval": ["D"] * 4,
            "date": DAYS,
            "sma_20": [None, 10.0, 11.0, 12.0],
            "rsi_14": [50.0, 51.23456, 52.0, 53.0],
        }
    )
    return long_form(wide)


def theirs(values: list[float], rounded: float = 0.0) -> pa.Table:
    columns = {
        "symbol": ["A"] * 3,
        "interval": ["D"] * 3,
        "date": DAYS[1:],
        "indicator": ["sma_20"] * 3,
        "value": values,
    }
    return pa.table({**columns, "rounded": [rounded] * 3})


def test_nulls_are_no_values() -> None:
    assert ours().num_rows == 7


def test_values_within_a_millionth_agree() -> None:
    row = compare(ours(), theirs([10.0, 11.000001, 12.1])).to_pylist()[1]
    assert (row["indicator"], row["compared"], row["agreeing"], row["below"]) == ("sma_20", 3, 2, True)
    assert row["agreement"] == pytest.approx(2 / 3)
    assert row["largest_difference"] == pytest.approx(0.1 / 12.1)


def test_half_a_digit_of_the_vendor_is_no_difference() -> None:
    assert overall(compare(ours(), theirs([10.004, 10.996, 12.005], rounded=0.005))) == 1.0
    assert overall(compare(ours(), theirs([10.004, 10.996, 12.006], rounded=0.005))) == pytest.approx(2 / 3)


def test_dates_of_one_side_are_counted_and_do_not_enter_agreement() -> None:
    rows = compare(ours().slice(1), theirs([10.0, 11.0, 12.0])).to_pylist()
    assert [(row["indicator"], row["only_ours"], row["only_theirs"]) for row in rows] == [
        ("rsi_14", 4, 0),
        ("sma_20", 0, 1),
    ]
    assert [row["below"] for row in rows] == [True, False]


@pytest.mark.parametrize(("agreeing", "is_below"), [(199, False), (198, True)])
def test_alarm_is_below_99_5_percent(agreeing: int, is_below: bool) -> None:
    columns = {
        "symbol": ["A"] * 200, "interval": ["D"] * 200, "indicator": ["x"] * 200,
        "date": pa.array(range(200), pa.int32()).cast(pa.date32()),
    }  # fmt: skip
    mine = pa.table({**columns, "value": [1.0] * 200})
    other = pa.table({**columns, "value": [1.0] * agreeing + [2.0] * (200 - agreeing)})
    assert compare(mine, other)["below"].to_pylist() == [is_below]


def test_nothing_in_common_is_no_agreement() -> None:
    comparison = compare(ours(), theirs([1.0] * 3).slice(0, 0))
    assert overall(comparison) is None
    assert comparison["below"].to_pylist() == [True, True]


def test_table_without_indicators_is_refused() -> None:
    with pytest.raises(InputError):
        long_form(pa.table({"symbol": ["A"], "interval": ["D"], "date": DAYS[:1]}))
