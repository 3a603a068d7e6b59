"""Promise: what `wire.encode` writes, `wire.Decoder` reads back, whatever the values; it is what `encode_row` means."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from surveillance import wire
from surveillance.events import SCHEMA

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(-(2**63), 2**63 - 1)


def _values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    if pa.types.is_string(kind):
        return TEXTS
    if pa.types.is_floating(kind):
        return NUMBERS
    if pa.types.is_boolean(kind):
        return st.booleans()
    return INTEGERS if pa.types.is_integer(kind) else st.lists(TEXTS, max_size=3)


ROWS = st.lists(
    st.fixed_dictionaries(
        {"type": TEXTS}, optional={field.name: _values(field.type) for field in SCHEMA if field.name != "type"}
    ),
    max_size=6,
)


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}


@pytest.fixture(autouse=True, params=[0, wire.FEW_ROWS], ids=["by column", "by row"])
def _way_of_writing(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "FEW_ROWS", request.param)
        yield


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_any_rows_come_back_equal(rows: list[dict[str, Any]]) -> None:
    decoded = wire.Decoder().decode(wire.encode(wire.table_of(rows)))
    assert not decoded.rejected
    assert [_without_nulls(row) for row in decoded.table.to_pylist()] == [_without_nulls(row) for row in rows]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(0, 3))
def test_each_line_means_what_encode_row_writes(rows: list[dict[str, Any]], skipped: int) -> None:
    lines = wire.encode(wire.table_of(rows).slice(skipped)).splitlines()
    assert [msgspec.json.decode(line) for line in lines] == [
        msgspec.json.decode(wire.encode_row(row)) for row in rows[skipped:]
    ]


def test_no_rows_give_no_bytes() -> None:
    assert wire.encode(SCHEMA.empty_table()) == b""


def test_dictionaries_and_unknown_columns_are_taken_and_left() -> None:
    table = pa.table({"type": pa.array(["order", None, 'a"b']).dictionary_encode(), "other": [1, 2, 3]})
    assert wire.encode(table) == b'{"type":"order"}\n{}\n{"type":"a\\"b"}\n'


def test_numbers_that_json_lacks_become_null() -> None:
    assert wire.encode(pa.table({"price": [1.5, float("nan"), float("inf")]})) == (
        b'{"price":1.5}\n{"price":null}\n{"price":null}\n'
    )


def test_more_rows_than_one_batch_are_all_written() -> None:
    rows = wire.ENCODED_ROWS + 5
    assert wire.encode(pa.table({"ts": range(rows)})).count(b"\n") == rows
