"""Reconciles the indicators of a lake with those a vendor told: reads both, writes `indicator_reconciliation`."""

import os
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from io import BytesIO
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveillance.adapters.clients import client
from surveillance.adapters.objects import BucketObjects, Objects
from surveillance.history.plan import read_day
from surveillance.history.tables import BY_NAME
from surveillance.quality.vendor_comparison import overall
from surveillance.quality.vendor_indicators import reconciled

HISTORY: Final = "history/"
DAYS_COMPARED: Final = 31
DAYS_OF_BARS: Final = 730
NOTHING: Final = "Nothing a vendor told of these days could be compared: is polygon/indicators among the datasets?"
TOLD: Final = BY_NAME["raw_vendor_indicators"]
BARS: Final = BY_NAME["bars"]
FOUND: Final = BY_NAME["indicator_reconciliation"]


class Reconciliation(msgspec.Struct, frozen=True):
    """What a run came to: `agreement` is the share of compared values that agree, None where none was compared."""

    run: date
    symbols: int = 0
    compared: int = 0
    agreeing: int = 0
    only_theirs: int = 0
    agreement: float | None = None
    below: list[str] = msgspec.field(default_factory=list)
    """Symbols and indicators under the least agreement."""

    @property
    def summary(self) -> dict[str, Any]:
        """Give what a state machine keeps: counts, and why nothing was compared if so."""
        told: dict[str, Any] = {"day": f"{self.run}", "symbols": self.symbols, "compared": self.compared}
        told |= {"agreement": self.agreement, "below": len(self.below)}
        return told if self.compared else told | {"reason": NOTHING}


class IndicatorReconciler:
    """Reconciles one bucket's lake for a state machine."""

    def __init__(self, names: Mapping[str, str], objects: Any) -> None:
        self._lake: Objects = BucketObjects(objects, names["LAKE_BUCKET"], HISTORY)

    def answer(self, event: Mapping[str, Any]) -> Reconciliation:
        """Reconcile the run of `day`; raises `InputError` for an event without one."""
        return reconcile(self._lake, read_day("day", event.get("day")))


def reconcile(lake: Objects, run: date) -> Reconciliation:
    """Compare the days up to a run's that a vendor told; what was written of the same run is replaced.

    Without anything told of these days nothing is written.
    """
    first = run - timedelta(days=DAYS_COMPARED)
    told = _read(lake, f"{TOLD.place}/", f"month={first:%Y-%m}", TOLD.columns, None)
    told = told.filter(pc.and_(pc.greater(told["date"], first), pc.less_equal(told["date"], run)))
    if not len(told):
        return Reconciliation(run)
    since = f"month={run - timedelta(days=DAYS_OF_BARS):%Y-%m}"
    bars = _read(lake, f"{BARS.place}/interval=1d/", since, BARS.columns, pc.unique(told["symbol"]))
    found = reconciled(bars.filter(pc.less_equal(bars["date"], run)), told, run)
    sink = BytesIO()
    pq.write_table(found.cast(FOUND.columns), sink, compression="zstd")
    lake.write(f"{FOUND.place}/{run}.parquet", sink.getvalue())
    below = found.filter(found["below"]).select(["symbol", "indicator"]).to_pylist()
    return Reconciliation(
        run,
        len(pc.unique(told["symbol"])),
        pc.sum(found["compared"]).as_py(),
        pc.sum(found["agreeing"]).as_py(),
        pc.sum(found["only_theirs"]).as_py(),
        overall(found),
        [f"{each['symbol']} {each['indicator']}" for each in below],
    )


def _read(lake: Objects, prefix: str, since: str, columns: pa.Schema, symbols: Any) -> pa.Table:
    """Read the months from one on, of some symbols; columns that a file lacks are null."""
    parts = [columns.empty_table()]
    for name in _months(lake.names(prefix), since):
        content = lake.read(name)
        if content is None:
            continue
        held = pq.ParquetFile(BytesIO(content)).read(use_threads=False)
        if symbols is not None:
            held = held.filter(pc.is_in(held["symbol"], value_set=symbols))
        arrays = [
            held[field.name].cast(field.type) if field.name in held.column_names else pa.nulls(len(held), field.type)
            for field in columns
        ]
        parts.append(pa.table(arrays, schema=columns))
    return pa.concat_tables(parts)


def _months(names: Iterable[str], since: str) -> list[str]:
    return [
        name
        for name in names
        if name.endswith(".parquet") and next(part for part in name.split("/") if part.startswith("month=")) >= since
    ]


def reconciler_from_environment() -> IndicatorReconciler:
    """Make the reconciler of this process from the variables that its function is given."""
    return IndicatorReconciler(dict(os.environ), client("s3"))
