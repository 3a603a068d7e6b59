"""Bars as csv the way data vendors hand them out: a date, open, high, low, close, and often more."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import csv

from surveillance.errors import FormatError
from surveillance.quality.columns import DATE, MOMENT

_NAMES: Final = {
    "date": "date", "datetime": "date", "timestamp": "date", "day": "date", "time": "date",
    "open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume",
    "adjclose": "adjusted_close", "adjustedclose": "adjusted_close",
    "dividends": "dividend", "dividend": "dividend", "capitalgains": "capital_gain",
    "stocksplits": "split", "splits": "split", "split": "split",
    "symbol": "symbol", "ticker": "symbol", "name": "symbol",
}  # fmt: skip
_NUMBERS: Final = ("open", "high", "low", "close", "volume", "adjusted_close", "dividend", "capital_gain", "split")
_DAY: Final = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})(?![\d])")


def read_vendor_csv(data: bytes, name: str) -> pa.Table:
    """Read a csv of bars; columns are found by name whatever their order, others are left out.

    The table has symbol (`name` without ending where the file has none), date, ts, prices, volume, and what there is
    of adjusted_close, dividend, capital_gain and split. `date` is the day as written, `ts` the moment. Cells that
    are no number become null. Raises `FormatError` for a file without a date and prices.
    """
    try:
        text = csv.read_csv(
            BytesIO(data),
            read_options=csv.ReadOptions(use_threads=False),
            convert_options=csv.ConvertOptions(column_types={}, strings_can_be_null=True, timestamp_parsers=[""]),
        )
        names = text.column_names
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise FormatError(f"{name} is no csv of bars: {str(error).splitlines()[0]}.") from error
    found: dict[str, pa.ChunkedArray] = {}
    for column in names:
        known = _NAMES.get(re.sub(r"[^a-z]", "", column.lower()))
        if known is not None and known not in found:
            found[known] = text[column]
    lacking = [column for column in ("date", "open", "high", "low", "close") if column not in found]
    if lacking:
        raise FormatError(f"{name} has columns {', '.join(names)[:200]}; {', '.join(lacking)} is lacking.")
    rows = text.num_rows
    stamps = [_moment(value) for value in found["date"].cast(pa.string()).to_pylist()]
    columns: dict[str, pa.Array] = {
        "symbol": found["symbol"].cast(pa.string()) if "symbol" in found else pa.repeat(_stem(name), rows),
        "date": pa.array([day for day, _ in stamps], pa.int32()).cast(DATE),
        "ts": pa.array([moment for _, moment in stamps], pa.int64()).cast(MOMENT),
    }
    for column in _NUMBERS:
        if column in found:
            columns[column] = _numbers(found[column])
    return pa.table(columns)


def spacing_days(table: pa.Table) -> float:
    """Give the median distance of a table's moments, in days; 1 for fewer than two."""
    moments = np.unique(table["ts"].cast(pa.int64()).drop_null().to_numpy())
    return float(np.median(np.diff(moments))) / 86_400_000 if len(moments) > 1 else 1.0


def _moment(text: str | None) -> tuple[int | None, int | None]:
    """Give (day, ms) of a written date or time; the day is that of the zone it is written in."""
    found = _DAY.match(text or "")
    if text is None or found is None:
        return None, None
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError:
        return None, None
    number = int(day.timestamp()) // 86_400
    rest = text[found.end() :].strip().lstrip("T").strip()
    if not rest:
        return number, number * 86_400_000
    try:
        moment = datetime.fromisoformat(f"{found[1]}-{found[2]}-{found[3]}T{rest}")
    except ValueError:
        return None, None
    return number, round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _numbers(column: pa.ChunkedArray) -> pa.Array:
    try:
        return column.cast(pa.float64()).combine_chunks()
    except pa.ArrowInvalid:
        values: list[float | None] = []
        for text in column.to_pylist():
            try:
                values.append(float(text))
            except (TypeError, ValueError):
                values.append(None)
        return pa.array(values, pa.float64())


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].split(".csv", 1)[0]
