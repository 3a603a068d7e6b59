"""Recorded days beside the project; tests that want one skip where it is absent."""

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from surveillance.feeds import FORMATS, FileSource
from surveillance.microstructure import Gathered, gather

DATA = Path(__file__).parents[2].parent / "shared/data"
AAPL = "orders/lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip"
SP500 = "bars/daily/sp500_2013-02_2018-02_half.csv.gz"


def path_of(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the recorded data is not here: {path}")
    return path


@cache
def executions() -> Gathered:
    """Give the executions of AAPL on a day, with the direction NASDAQ told, and its best prices."""
    path = path_of(AAPL)
    with path.open("rb") as stream:
        chunks = [chunk.table for chunk in FORMATS["lobster"].read(FileSource(str(path), stream))]
    return gather(pa.concat_tables(chunks))
