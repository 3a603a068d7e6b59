"""What the columns of a run's bars look like."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveillance.quality.columns import PROFILE

PROFILED: Final = ("open", "high", "low", "close", "volume", "vwap", "trade_count", "adjusted_close")


def profile(table: pa.Table, run: str) -> pa.Table:
    """Give rows, missing values, zeros, minimum, median and maximum of each numeric column (schema `PROFILE`)."""
    rows = []
    for name in PROFILED:
        if name not in table.column_names:
            continue
        column = table[name]
        values = column.cast(pa.float64()).to_numpy()
        known = values[np.isfinite(values)]
        rows.append(
            {
                "run": run,
                "column": name,
                "rows": len(values),
                "missing": len(values) - len(known),
                "zero": int(pc.sum(pc.equal(column, 0)).as_py() or 0),
                "minimum": float(known.min()) if len(known) else None,
                "median": _median(known) if len(known) else None,
                "maximum": float(known.max()) if len(known) else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=PROFILE)


def _median(values: NDArray[np.float64]) -> float:
    """Give the median; halves are added, so that the largest values do not overflow."""
    below = np.quantile(values, 0.5, method="lower")
    above = np.quantile(values, 0.5, method="higher")
    return float(below / 2 + above / 2)
