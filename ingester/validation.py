"""What the door turns away besides lines that do not parse: events that cannot be given a lane.

What a row means is the engine's to judge: it counts a rejected event in its symbol's completeness, live and in replay
alike, which it could not do for an event that never reached it. `surveillance.engine.batch.problems` is that check.
"""

import pyarrow as pa
import pyarrow.compute as pc


def problems(table: pa.Table) -> dict[int, str]:
    """Give the reason for each row that must be quarantined, by row."""
    if "symbol" not in table.column_names:
        return dict.fromkeys(range(table.num_rows), "missing:symbol")
    symbols = table.column("symbol")
    if not symbols.null_count and pc.min(pc.binary_length(symbols)).as_py() > 0:
        return {}
    nameless = pc.equal(pc.fill_null(symbols, ""), "")
    return dict.fromkeys(pc.indices_nonzero(nameless).to_pylist(), "missing:symbol")
