"""Promise: on a recorded day with its orders, live rows are those of the one pass over history, and what cost them."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from surveillance.events import MINUTE
from surveillance.feeds import FORMATS, FileSource
from surveillance.microstructure import gather, measure
from surveillance.wire import Decoded, table_of

from tests.metrics.feeds import ENGINE, heartbeat
from tests.metrics.test_live_metrics import revision, same
from tests.microstructure.recorded import AAPL, path_of


@pytest.mark.nightly
def test_rows_of_a_recorded_day_are_those_of_history() -> None:
    path = path_of(AAPL)
    with path.open("rb") as stream:
        chunks = [chunk.table for chunk in FORMATS["lobster"].read(FileSource(str(path), stream))]
    state = ENGINE.new_state()
    last = max(pc.max(chunk["ts"]).as_py() for chunk in chunks)
    until = (last // MINUTE + 7) * MINUTE
    told = [ENGINE.feed(state, Decoded(chunk)).metrics for chunk in chunks]
    told.append(ENGINE.feed(state, Decoded(table_of([heartbeat(until)]))).metrics)
    rows = revision(pa.concat_tables([table for table in told if table is not None]), 2)
    taken = gather(pa.concat_tables(chunks))
    history = measure(taken.trades, taken.quotes, quotes_before=taken.quotes_before, until=until).table()
    assert len(rows) > 300
    same(rows, history)
