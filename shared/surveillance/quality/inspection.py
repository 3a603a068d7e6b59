"""All checks over a table of bars, in the order in which they build on each other."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveillance.quality.adjustment import factors
from surveillance.quality.bars import PRICES, Bars, Floats, Integers, read_bars
from surveillance.quality.checks.adjusted_closes import check_adjusted_closes
from surveillance.quality.checks.capital_gains import check_capital_gains
from surveillance.quality.checks.dividends import check_dividends
from surveillance.quality.checks.duplicates import check_duplicates
from surveillance.quality.checks.missing_splits import check_missing_splits
from surveillance.quality.checks.missing_values import LARGEST_VOLUME, check_missing_values
from surveillance.quality.checks.price_order import check_price_order
from surveillance.quality.checks.sessions import SessionDays, check_sessions
from surveillance.quality.checks.splits import check_splits
from surveillance.quality.checks.steps import check_steps
from surveillance.quality.checks.timestamps import check_timestamps
from surveillance.quality.checks.unit_errors import check_unit_errors
from surveillance.quality.checks.volume import check_volume
from surveillance.quality.columns import BARS, QUARANTINE, RAW_BARS
from surveillance.quality.findings import Findings
from surveillance.quality.noise import log_returns, scales
from surveillance.quality.profile import profile
from surveillance.quality.report import report
from surveillance.quality.settings import NOTED, QUARANTINED, Settings


@dataclass(frozen=True)
class Inspection:
    """What came of a run. Rows of `bars` and `quarantine` together are the rows that went in."""

    bars: pa.Table
    quarantine: pa.Table
    findings: pa.Table
    report: pa.Table
    profile: pa.Table


def inspect(
    table: pa.Table,
    splits: pa.Table | None = None,
    dividends: pa.Table | None = None,
    settings: Settings | None = None,
    sessions: SessionDays | None = None,
    run: str = "",
) -> Inspection:
    """Check, mend and adjust daily bars of any number of symbols, each with its whole history.

    `table` has columns of `columns.RAW_BARS`, at least symbol, date and prices. `sessions` gives the days on which
    their exchange traded. Raises nothing for bad data: it is quarantined, mended or flagged, and counted.
    """
    settings = settings or Settings()
    unnamed = pc.or_kleene(pc.is_null(table["symbol"]), pc.equal(table["symbol"], "")).combine_chunks()
    nameless = table.filter(unnamed) if pc.any(unnamed).as_py() else None
    whole = table
    if nameless is not None:
        filled = pc.fill_null(table["symbol"], "")
        whole = table.set_column(table.column_names.index("symbol"), "symbol", filled)
    bars = read_bars(whole, splits, dividends)
    findings = Findings(bars.names)
    if nameless is not None:
        none = np.flatnonzero(np.asarray(unnamed)[bars.row])
        findings.add(bars, none, "missing_symbol", "", QUARANTINED)
        bars = bars.where(~np.asarray(unnamed)[bars.row])
    bars = check_timestamps(bars, settings, findings)
    bars = check_duplicates(bars, findings)
    bars = check_sessions(bars, sessions, findings)
    bars = check_missing_values(bars, findings)
    bars = bars.with_columns(noise=_noise(bars))
    bars = check_missing_splits(bars, settings, findings)
    bars = check_splits(bars, settings, findings)
    bars = check_unit_errors(bars, settings, findings)
    bars = bars.with_columns(noise=_noise(bars))
    bars = check_price_order(bars, findings)
    bars = check_volume(bars, findings)
    bars = check_adjusted_closes(bars, settings, findings)
    bars = check_capital_gains(bars, settings)
    bars = check_dividends(bars, settings, findings)
    bars = check_steps(bars, settings, findings)
    found = findings.table()
    return Inspection(
        bars=_bars(whole, bars, found, settings),
        quarantine=_quarantine(table, bars.row, found),
        findings=found,
        report=report(found, run),
        profile=profile(table, run),
    )


def _noise(bars: Bars) -> Floats:
    starts = bars.starts()
    return scales(log_returns(bars.close, starts), starts, bars.symbol, len(bars.names))


def _bars(table: pa.Table, bars: Bars, found: pa.Table, settings: Settings) -> pa.Table:
    split_factor, dividend_factor = factors(bars, settings)
    both = split_factor * dividend_factor
    kept = bars.row
    in_order = len(kept) == table.num_rows and bool(np.all(kept == np.arange(len(kept))))
    source = table if in_order else table.take(pa.array(kept))
    columns = {name: source[name] for name in RAW_BARS.names if name in source.column_names}
    columns |= {name: pa.array(getattr(bars, name)) for name in PRICES}
    unknown = ~np.isfinite(bars.volume)
    columns["volume"] = _whole(bars.volume)
    columns["ts"] = pa.array(bars.time, pa.int64()).cast(RAW_BARS.field("ts").type)
    columns["vendor_adjusted_close"] = pa.array(bars.adjusted, mask=~np.isfinite(bars.adjusted))
    highest = np.maximum.reduce([getattr(bars, name) for name in PRICES])
    lowest = np.minimum.reduce([getattr(bars, name) for name in PRICES])
    for name, values in (("open", bars.open), ("high", highest), ("low", lowest), ("close", bars.close)):
        columns[f"adjusted_{name}"] = pa.array(values * both)
    columns["adjusted_volume"] = pa.array(bars.volume / split_factor, mask=unknown)
    columns["split_factor"] = pa.array(split_factor)
    columns["dividend_factor"] = pa.array(dividend_factor)
    columns["flags"], columns["repaired"] = _flags(found, bars)
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(len(bars), field.type)
        for field in BARS
    ]
    return pa.table(arrays, schema=BARS)


def _whole(values: Floats) -> pa.Array:
    known = np.abs(values) <= LARGEST_VOLUME
    return pa.array(np.where(known, np.round(values), 0).astype(np.int64), mask=~known)


def _flags(found: pa.Table, bars: Bars) -> tuple[pa.Array, pa.Array]:
    """Join the checks that found something in each row; say whether a value of the row was changed."""
    place = np.full(int(bars.row.max()) + 1 if len(bars) else 0, -1, dtype=np.int64)
    place[bars.row] = np.arange(len(bars))
    flags = np.full(len(bars), "", dtype=object)
    repaired = np.zeros(len(bars), dtype=bool)
    keep = pc.and_(pc.is_valid(found["row"]), pc.not_equal(found["outcome"], NOTED))
    rows = found.filter(keep).select(["row", "check", "column", "outcome"])
    pairs = rows.group_by(["row", "check"], use_threads=False).aggregate([])
    order = np.argsort(pairs["row"].to_numpy(), kind="stable")
    number, check = pairs["row"].to_numpy()[order], pairs["check"].to_numpy()[order]
    inside = number < len(place)
    at = np.full(len(number), -1)
    at[inside] = place[number[inside]]
    for where, name in zip(at.tolist(), check.tolist(), strict=True):
        if where >= 0:
            flags[where] = f"{flags[where]};{name}" if flags[where] else name
    changed = rows.filter(pc.equal(rows["outcome"], "fixed"))["row"].to_numpy()
    changed = place[changed[changed < len(place)]]
    repaired[changed[changed >= 0]] = True
    return pa.array(flags, pa.string()), pa.array(repaired)


def _quarantine(table: pa.Table, kept: Integers, found: pa.Table) -> pa.Table:
    out = np.ones(table.num_rows, dtype=bool)
    out[kept] = False
    rows = np.flatnonzero(out)
    taken = table.take(pa.array(rows)) if len(rows) else table.slice(0, 0)
    reasons: dict[int, str] = {}
    quarantined = found.filter(pc.equal(found["outcome"], QUARANTINED))
    for row, check, column in zip(*(quarantined[name].to_pylist() for name in ("row", "check", "column")), strict=True):
        reasons.setdefault(row, f"{check}:{column}" if column else check)
    if "volume" in taken.column_names and not pa.types.is_integer(taken["volume"].type):
        place = taken.column_names.index("volume")
        taken = taken.set_column(place, "volume", _whole(taken["volume"].cast(pa.float64()).to_numpy()))
    arrays = [
        taken[field.name].cast(field.type) if field.name in taken.column_names else pa.nulls(len(rows), field.type)
        for field in RAW_BARS
    ]
    reason = pa.array([reasons[row] for row in rows.tolist()], pa.string())
    return pa.table([*arrays, reason], schema=QUARANTINE)
