"""Our indicators against a vendor's: how many of their common values agree."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from surveillance.errors import InputError

KEYS: Final = ("symbol", "interval", "date", "indicator")
RELATIVE: Final = 1e-6
ABSOLUTE: Final = 1e-9
LEAST_AGREEMENT: Final = 0.995

COMPARISON: Final = pa.schema(
    [
        ("symbol", pa.string()),
        ("interval", pa.string()),
        ("indicator", pa.string()),
        ("compared", pa.int64()),
        ("agreeing", pa.int64()),
        ("only_ours", pa.int64()),
        ("only_theirs", pa.int64()),
        ("largest_difference", pa.float64()),
        ("agreement", pa.float64()),
        ("below", pa.bool_()),
    ]
)


def long_form(indicators: pa.Table) -> pa.Table:
    """Turn one column an indicator into one row (symbol, interval, date, indicator, value); nulls are left out."""
    named = [name for name in indicators.column_names if name not in ("symbol", "interval", "date", "month")]
    parts = []
    for name in named:
        values = indicators[name].cast(pa.float64())
        known = pc.is_valid(values)
        rows = indicators.select(["symbol", "interval", "date"]).filter(known)
        parts.append(
            rows.append_column("indicator", pa.repeat(name, rows.num_rows)).append_column("value", values.filter(known))
        )
    if not parts:
        raise InputError("A table of indicators has no column beside symbol, interval and date.")
    return pa.concat_tables(parts)


def compare(ours: pa.Table, theirs: pa.Table, relative: float = RELATIVE, least: float = LEAST_AGREEMENT) -> pa.Table:
    """Compare values by symbol, interval and indicator (schema `COMPARISON`).

    Both tables are in `long_form`. Values agree if they differ by at most `relative` of the vendor's, or as little as
    rounding to the vendor's digits explains (`rounded` in theirs: half a unit of its last digit, optional column).
    Only dates that both have enter the agreement; the others are counted. `below` marks groups under `least`, and those
    in which nothing could be compared.
    """
    columns = [*KEYS, "value"]
    rounded = theirs["rounded"] if "rounded" in theirs.column_names else pa.array([0.0] * theirs.num_rows)
    right = theirs.select(columns).rename_columns([*KEYS, "their_value"]).append_column("rounded", rounded)
    joined = ours.select(columns).join(right, list(KEYS), join_type="full outer", use_threads=False)
    mine, other = pc.is_valid(joined["value"]), pc.is_valid(joined["their_value"])
    both = pc.and_(mine, other)
    difference = pc.abs(pc.subtract(joined["value"], joined["their_value"]))
    size = pc.abs(joined["their_value"])
    allowed = pc.add(pc.add(pc.multiply(size, relative), joined["rounded"]), ABSOLUTE)
    share = pc.divide(difference, pc.max_element_wise(size, ABSOLUTE))

    def count(mask: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.fill_null(mask, False).cast(pa.int64())

    told = pa.table(
        {
            **{name: joined[name] for name in ("symbol", "interval", "indicator")},
            "compared": count(both),
            "agreeing": count(pc.less_equal(difference, allowed)),
            "only_ours": count(pc.and_not(mine, other)),
            "only_theirs": count(pc.and_not(other, mine)),
            "largest_difference": share,
        }
    )
    counts = ("compared", "agreeing", "only_ours", "only_theirs")
    grouped = told.group_by(["symbol", "interval", "indicator"], use_threads=False).aggregate(
        [*((name, "sum") for name in counts), ("largest_difference", "max")]
    )
    grouped = grouped.rename_columns(
        {**{f"{name}_sum": name for name in counts}, "largest_difference_max": "largest_difference"}
    )
    compared = grouped["compared"].cast(pa.float64())
    agreement = pc.if_else(pc.greater(compared, 0.0), pc.divide(grouped["agreeing"].cast(pa.float64()), compared), None)
    grouped = grouped.append_column("agreement", agreement)
    grouped = grouped.append_column("below", pc.fill_null(pc.less(agreement, least), True))
    by = [(name, "ascending") for name in ("symbol", "interval", "indicator")]
    return grouped.select(COMPARISON.names).cast(COMPARISON).sort_by(by)


def overall(comparison: pa.Table) -> float | None:
    """Give the share of all compared values that agree, None where nothing was compared."""
    compared = pc.sum(comparison["compared"]).as_py() or 0
    return (pc.sum(comparison["agreeing"]).as_py() or 0) / compared if compared else None
