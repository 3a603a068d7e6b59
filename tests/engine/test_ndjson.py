"""Promise: the fast reader of NDJSON reads what the slower ones read, to the bit, or leaves it to them."""

from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from surveillance.engine import ndjson
from surveillance.engine.batch import batch_of, rejects_of
from surveillance.events import FIELDS, SCHEMA
from surveillance.wire import Decoded, Decoder, encode_row

from tests.strategies import adversarial

PLAIN = '{"type":"trade","symbol":"A","ts":1772461800000000001,"price":10.25,"size":3,"hidden":true}'


def decoded(data: bytes) -> Decoded:
    return Decoder(ndjson.Reader()).decode(data)


def slowly(data: bytes) -> Decoded:
    return Decoder().decode(data)


def read(data: bytes, fields: set[str]) -> pa.Table | None:
    rows = ndjson.Reader()(data, fields)
    return None if rows is None else rows.table()


def same(one: Decoded, other: Decoded) -> bool:
    """Compare to the bit: −0.0 is not 0.0."""
    columns = [column for column in FIELDS if column in {*one.table.column_names, *other.table.column_names}]
    return (
        all(_bits(one.table, name) == _bits(other.table, name) for name in columns)
        and one.rejected == other.rejected
        and one.unknown_keys == other.unknown_keys
    )


def _bits(table: pa.Table, name: str) -> list[Any]:
    if name not in table.column_names:
        return [None] * table.num_rows
    return [value.hex() if isinstance(value, float) else value for value in table.column(name).to_pylist()]


@pytest.mark.parametrize("size", [1, 7, 400])
def test_events_are_read_as_pyarrow_reads_them(size: int) -> None:
    rows = adversarial(3, size)
    data = b"".join(encode_row(row) + b"\n" for row in rows)
    for text in (data, data[:-1], data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\n\n \n")):
        assert same(decoded(text), slowly(text))


@pytest.mark.parametrize(
    "line",
    [
        PLAIN,
        "{}",
        ' { "type" : "order" , "ts" : 5 }\t',
        '{"ts":9223372036854775807,"received_ts":-9223372036854775807}',
        '{"price":-0.0,"size":0.1,"volume":1e22,"vwap":123456789.125,"low":1.5E-7,"high":2e+5}',
        '{"price":null,"conditions":["odd_lot","late"],"raw_conditions":[]}',
        '{"conditions":[],"raw_conditions":["é",""],"headline":"Größe 漢字","hidden":false}',
        '{"price":0.30000000000000004,"size":123456789012345678,"close":1.7976931348623157e308,"low":5e-324}',
        '{"previous_order_id":"","order_id":"0123456789abcdef0123456789abcdef"}',
    ],
)
def test_plain_line_is_read_at_once(line: str) -> None:
    fields: set[str] = set()
    table = read(line.encode(), fields)
    assert table is not None
    assert same(Decoded(table), slowly(line.encode()))


@pytest.mark.parametrize(
    "line",
    [
        '{"symbol":"a\\"b"}',
        '{"symbol":"a\tb"}',
        '{"ts":1,"ts":2}',
        '{"mood":"good"}',
        '{"previous_order_idx":"long name"}',
        '{"ts":9223372036854775808}',
        '{"ts":-9223372036854775808}',
        '{"ts":18446744073709551617}',
        '{"ts":1.0}',
        '{"ts":"1"}',
        '{"ts":01}',
        '{"ts":-}',
        '{"price":.5}',
        '{"price":1.}',
        '{"price":1e}',
        '{"price":1e1000}',
        '{"price":NaN}',
        '{"price":+1}',
        '{"price":00.5}',
        '{"symbol":1}',
        '{"hidden":1}',
        '{"hidden":falsy}',
        '{"hidden":nul}',
        '{"conditions":"late"}',
        '{"conditions":["late"}',
        '{"conditions":["late",]}',
        '{"conditions":[null]}',
        '{"ts":1,}',
        '{"ts":1}}',
        '{"ts":1}{"ts":2}',
        '{"ts":1} x',
        '{"ts" 1}',
        '{"ts":1',
        '{"ts":',
        '{"symbol":"endless',
        "[]",
        "7",
        "\x00",
    ],
)
def test_other_line_is_declined_and_rejected_as_before(line: str) -> None:
    assert read(line.encode(), set(FIELDS)) is None
    data = f"{PLAIN}\n{line}\n{PLAIN}\n".encode()
    assert same(decoded(data), slowly(data))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**63) + 1, 2**63 - 1))
def test_any_number_is_read_to_the_bit(price: float, ts: int) -> None:
    table = read(f'{{"price":{price!r},"ts":{ts},"size":{ts}}}'.encode(), set())
    assert table is not None
    assert table.to_pylist()[0]["price"].hex() == price.hex()
    assert (table.to_pylist()[0]["ts"], table.to_pylist()[0]["size"]) == (ts, float(ts))


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_never_make_a_difference(seed: int) -> None:
    random = Random(seed)
    whole = b"".join(encode_row(row) + b"\n" for row in adversarial(seed, 12))
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(data))
            data[place : place + random.randint(0, 2)] = random.choice(
                [b"", b"0", b'"', b"{", b",", b"e9", b"\\", b"-"]
            )
        assert same(decoded(bytes(data)), slowly(bytes(data)))


def test_field_that_appears_late_is_read_from_the_first_row() -> None:
    lines = [b'{"ts":%d}' % k for k in range(50)] + [b'{"ts":50,"headline":"x"}']
    fields = {"ts"}
    table = read(b"\n".join(lines), fields)
    assert table is not None
    assert table.column_names == ["type", "ts", "headline"]
    assert table.column("headline").to_pylist() == [None] * 50 + ["x"]
    assert fields == {"type", "ts", "headline"}


@pytest.mark.parametrize("size", [1, 300])
def test_engine_sees_in_read_rows_what_it_sees_in_their_table(size: int) -> None:
    rows = decoded(b"".join(encode_row(row) + b"\n" for row in adversarial(9, size)))
    assert rows.rows is not None
    one, other = batch_of(rows, 7), batch_of(Decoded(rows.table), 7)
    assert one.events.tobytes() == other.events.tobytes()
    assert one.reasons.tobytes() == other.reasons.tobytes()


def test_text_of_a_row_is_that_of_its_table() -> None:
    rows = decoded(b"".join(encode_row(row) + b"\n" for row in adversarial(3, 120)))
    one, other = batch_of(rows, 7), batch_of(Decoded(rows.table), 7)
    for field in SCHEMA:
        if field.type == pa.string():
            texts = [one.text(field.name, row) for row in range(rows.num_rows)]
            assert texts == [other.text(field.name, row) for row in range(rows.num_rows)]


@pytest.mark.parametrize("reader", [None, ndjson.Reader()])
def test_lines_without_any_field_are_counted_and_rejected(reader: ndjson.Reader | None) -> None:
    rows = Decoder(reader).decode(b"{}\n{}\n")
    batch = batch_of(rows, 7)
    assert (rows.num_rows, rows.table.num_rows) == (2, 2)
    assert [reject.reason for reject in rejects_of(batch)] == ["unknown_type", "unknown_type"]


def test_read_columns_are_what_arrow_expects() -> None:
    data = b"".join(encode_row(row) + b"\n" for row in adversarial(5, 300))
    table = read(data, set())
    assert table is not None
    table.validate(full=True)
    assert table.schema == pa.schema([SCHEMA.field(name) for name in table.column_names])
