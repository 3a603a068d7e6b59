"""Promise: a session's tables come back from the files they are written to."""

import io

import pyarrow as pa
import pytest
from pyarrow import csv, parquet
from surveillance import wire
from surveillance.errors import InputError
from surveillance.simulation import Simulated
from surveillance.simulation.output import file_of


def test_parquet_gives_the_same_events(background: Simulated) -> None:
    assert parquet.read_table(io.BytesIO(file_of(background.events, ".parquet"))).equals(background.events)


def test_ndjson_gives_the_same_events(background: Simulated) -> None:
    few = background.events.slice(0, 5_000)
    read = wire.Decoder().decode(file_of(few, ".ndjson")).table
    assert read.to_pylist() == few.select(read.column_names).to_pylist()


def test_csv_gives_the_same_reference_data(background: Simulated) -> None:
    read = csv.read_csv(pa.BufferReader(file_of(background.instruments, ".csv")))
    assert read.to_pylist() == background.instruments.to_pylist()


def test_another_suffix_is_refused(background: Simulated) -> None:
    with pytest.raises(InputError, match=r"\.xlsx"):
        file_of(background.accounts, ".xlsx")
