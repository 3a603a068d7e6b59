"""Promise: a batch means the same however its Arrow columns are laid out, and nothing is read beyond them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from surveillance.engine.batch import REASONS, batch_of
from surveillance.engine.hashing import hash_text, text_hash
from surveillance.engine.kernel import entry
from surveillance.engine.memory import address_of
from surveillance.events import SCHEMA
from surveillance.wire import Decoded, table_of

from tests.strategies import adversarial

SEED = 77
EVENTS = adversarial(11, 400)
TABLE = table_of(EVENTS)


def records(table: pa.Table) -> tuple[bytes, list[str]]:
    batch = batch_of(Decoded(table), SEED)
    return batch.events.tobytes(), [REASONS[code] for code in batch.reasons]


def as_dictionaries(table: pa.Table) -> pa.Table:
    columns = [column.dictionary_encode() if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.Table.from_arrays(columns, names=table.column_names)


LAYOUTS: dict[str, Any] = {
    "dictionaries": as_dictionaries,
    "many chunks": lambda table: pa.concat_tables([table.slice(at, 7) for at in range(0, len(table), 7)]),
    "large strings": lambda table: table.cast(
        pa.schema([(f.name, pa.large_string() if pa.types.is_string(f.type) else f.type) for f in table.schema])
    ),
    "every column": lambda table: pa.Table.from_arrays(
        [
            table.column(field.name) if field.name in table.column_names else pa.nulls(len(table), field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    ),
    "other order": lambda table: table.select(list(reversed(table.column_names))),
    "untyped nulls": lambda table: table.append_column("vwap", pa.nulls(len(table))),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_columns_does_not_matter(layout: str) -> None:
    assert records(LAYOUTS[layout](TABLE)) == records(TABLE)


@pytest.mark.parametrize("layout", ["as it is", *LAYOUTS])
def test_slice_gives_the_records_of_its_rows(layout: str) -> None:
    table = LAYOUTS.get(layout, lambda table: table)(TABLE)
    whole = batch_of(Decoded(TABLE), SEED).events
    for first, count in ((0, 1), (3, 50), (17, 1), (201, 199), (400, 0)):
        part = batch_of(Decoded(table.slice(first, count)), SEED).events
        part["row"] += first
        assert part.tobytes() == whole[first : first + count].tobytes()


def test_number_that_is_not_finite_is_rejected_unless_it_is_null() -> None:
    rows = [event for event in EVENTS if event["type"] == "trade"][:3]
    prices = pa.Array.from_buffers(
        pa.float64(), 3, [pa.py_buffer(bytes([0b011])), pa.py_buffer(np.array([np.inf, 10.0, np.nan]))]
    )
    table = table_of(rows)
    table = table.set_column(table.column_names.index("price"), "price", prices)
    batch = batch_of(Decoded(table), SEED)
    assert [REASONS[code] for code in batch.reasons][:2] == ["not_finite", ""]
    assert REASONS[batch.reasons[2]] != "not_finite"


@pytest.mark.parametrize(
    "text", ["", "a", "ab", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghijklmnopqrstu", "ü" * 9]
)
def test_kernels_and_python_hash_alike(text: str) -> None:
    data = np.frombuffer(text.encode() + b"?", np.uint8)
    assert HASH(address_of(data), len(data) - 1, SEED) == hash_text(text, SEED)


def _hash(address: int, length: int, seed: int) -> int:
    found: int = text_hash(address, length, seed)
    return found


HASH = entry(_hash)
