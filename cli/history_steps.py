"""What the steps of the build do: tables of the lake in, the library's pure functions, tables of the lake out."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from surveillance.adapters.history import HistoryLake
from surveillance.calendar import session_days
from surveillance.history.sessions import EXCHANGES
from surveillance.history.sources import SPLIT_ADJUSTED, one_source_a_symbol
from surveillance.history.tables import BY_NAME

from cli.history_build import EVERYTHING, Report, Seen, first_changed_month, note
from cli.history_sessions import write_sessions

SYMBOLS_A_PART: Final = 250
QUALITY_READS: Final = ("raw_bars", "raw_splits", "raw_dividends")


def list_sessions(lake: HistoryLake, report: Report) -> None:
    """Write the sessions of the years that have bars."""
    dates = lake.read(BY_NAME["bars"], ["date"])["date"]
    if len(dates):
        note(report, "raw_market_sessions", write_sessions(lake, pc.min(dates).as_py(), pc.max(dates).as_py()))


def check_bars(lake: HistoryLake, report: Report) -> None:
    """Check, mend and adjust all bars; rows that can't be used go to quarantine."""
    raw, left_out = one_source_a_symbol(lake.read(BY_NAME["raw_bars"]))
    report.told["rows"] = {"raw": len(raw), "left_out_by_source": left_out}
    run = str(pc.max(raw["date"])) if len(raw) else ""
    splits, dividends = (lake.read(BY_NAME[name]) for name in ("raw_splits", "raw_dividends"))
    found: dict[str, list[pa.Table]] = {name: [] for name in ("bars_quarantine", "quality_report", "quality_profile")}

    def clean() -> Iterator[pa.Table]:
        for part in _by_symbols(raw):
            for inspection in _inspections(part, splits, dividends, run):
                found["bars_quarantine"].append(inspection.quarantine)
                found["quality_report"].append(inspection.report)
                yield inspection.bars

    written = lake.replace(BY_NAME["bars"], clean())
    note(report, "bars", written)
    from surveillance.quality.profile import profile

    found["quality_profile"] = [profile(raw.drop_columns(["loaded_at"]), run)] if len(raw) else []
    for name, tables in found.items():
        note(report, name, lake.replace(BY_NAME[name], [pa.concat_tables(tables)] if tables else []))
    report.told["rows"]["quarantined"] = sum(len(table) for table in found["bars_quarantine"])


def compute_indicators(lake: HistoryLake, report: Report, before: Seen | None, now: Seen) -> None:
    """Compute the indicators of all symbols; only months since the first changed one are written."""
    from surveillance.indicators.series import gathered
    from surveillance.indicators.tables import indicator_table

    first = first_changed_month(before, now, ("bars",))
    bars = lake.read(BY_NAME["bars"]).sort_by([("symbol", "ascending"), ("date", "ascending")])
    left_out: dict[str, int] = {}

    def computed() -> Iterator[pa.Table]:
        for part in _by_symbols(bars):
            series, uncounted = gathered(part)
            for reason, rows in uncounted.items():
                left_out[reason] = left_out.get(reason, 0) + rows
            yield indicator_table(series)

    since = None if first == EVERYTHING else _month_before(first)
    note(report, "indicators", lake.replace(BY_NAME["indicators"], computed(), since))
    report.from_month = since
    report.told["left_out"] = left_out


def _month_before(month: str) -> str:
    """Give the month before: a week that began in it may have got new days."""
    return (date.fromisoformat(f"{month}-01") - timedelta(days=1)).strftime("%Y-%m")


def _by_symbols(rows: pa.Table) -> Iterator[pa.Table]:
    """Cut rows ordered by symbol into parts of so many symbols."""
    if not len(rows):
        return
    codes = rows["symbol"].combine_chunks().dictionary_encode().indices.to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(codes // SYMBOLS_A_PART)) + 1).tolist(), len(rows)]
    for start, end in pairwise(edges):
        yield rows.slice(start, end - start)


def _inspections(part: pa.Table, splits: pa.Table, dividends: pa.Table, run: str) -> Iterator[Any]:
    from surveillance.quality import Settings, inspect
    from surveillance.quality.columns import RAW_BARS, RAW_DIVIDENDS, RAW_SPLITS
    from surveillance.quality.settings import Basis

    is_adjusted = pc.is_in(part["source"], value_set=pa.array(sorted(SPLIT_ADJUSTED)))
    bases: tuple[tuple[Basis, Any], ...] = (("raw", pc.invert(is_adjusted)), ("split_adjusted", is_adjusted))
    for basis, mask in bases:
        rows = part.filter(mask)
        if not len(rows):
            continue
        symbols = rows["symbol"].unique()
        split_rows, dividend_rows = (
            table.filter(pc.is_in(table["symbol"], value_set=symbols)).select(schema.names).cast(schema)
            for table, schema in ((splits, RAW_SPLITS), (dividends, RAW_DIVIDENDS))
        )
        yield inspect(
            rows.select(RAW_BARS.names).cast(RAW_BARS),
            split_rows,
            dividend_rows,
            Settings(basis=basis),
            sessions=session_days(EXCHANGES[0]),
            run=run,
        )
