"""A run's findings counted, one line a symbol, day, check and outcome."""

import pyarrow as pa
import pyarrow.compute as pc

from surveillance.quality.columns import REPORT


def report(findings: pa.Table, run: str) -> pa.Table:
    """Count distinct rows by (date, symbol, check, outcome) (schema `REPORT`); a missing row counts as one."""
    keys = ["date", "symbol", "check", "outcome"]
    row = pc.fill_null(findings["row"], -1)
    unique = findings.select(keys).append_column("row", row).group_by([*keys, "row"], use_threads=False).aggregate([])
    counted = unique.group_by(keys, use_threads=False).aggregate([([], "count_all")])
    counted = counted.append_column("run", pa.repeat(run, counted.num_rows)).rename_columns(
        {"count_all": "rows", **{name: name for name in [*keys, "run"]}}
    )
    by = [(name, "ascending") for name in ("date", "symbol", "check", "outcome")]
    return counted.select(REPORT.names).cast(REPORT).sort_by(by)
