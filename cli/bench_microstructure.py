"""Part of `surveillance bench`: the one pass of microstructure beside the same figures by polars, one thread each.

Both take the same arrays of one instrument's day and give the same rows a minute; a column that differs by more than
rounding makes the figures null. `sum_seconds` is what summing each input column once takes with NumPy.
"""

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import typer

from cli.bench import best_of_each

if TYPE_CHECKING:
    from surveillance.microstructure import Minutes, Quotes, Trades

TRADES: Final = 1_000_000
QUOTES_A_TRADE: Final = 5
_SESSION_NS: Final = 23_400 * 1_000_000_000
_BEGIN: Final = 1_772_461_800_000_000_000
_ROUNDING: Final = 1e-9


def measure(trades: int, repeats: int) -> dict[str, Any]:
    """Take the figures; those of polars are null, with a note on stderr, where it is not here or disagrees."""
    from surveillance.microstructure import measure as one_pass

    traded, quoted = generated(trades, trades * QUOTES_A_TRADE)
    columns = [column for part in (traded, quoted) for column in part if column is not None]
    minutes = one_pass(traded, quoted)  # compiled here
    told: dict[str, Any] = {"trades": trades, "quotes": len(quoted.ts), "rows": len(minutes.ts)}
    works = [lambda: one_pass(traded, quoted), lambda: [column.sum() for column in columns]]
    by_polars = _by_polars(traded, quoted, minutes)
    pass_seconds, sum_seconds, *others = best_of_each([*works, *([by_polars] if by_polars else [])], repeats)
    return told | {
        "pass_seconds": round(pass_seconds, 4),
        "polars_seconds": round(others[0], 4) if others else None,
        "ratio_to_polars": round(others[0] / pass_seconds, 1) if others else None,
        "sum_seconds": round(sum_seconds, 4),
        "time_ratio_to_sum": round(pass_seconds / sum_seconds, 2),
    }


def generated(trades: int, quotes: int) -> "tuple[Trades, Quotes]":
    """Give a day of one instrument: a mid that walks by ticks, trades at bid, ask or the mid."""
    import numpy as np
    from surveillance.microstructure import Quotes, Trades

    chance = np.random.default_rng(20260302)
    quote_ts, trade_ts = (_BEGIN + np.sort(chance.integers(0, _SESSION_NS, count)) for count in (quotes, trades))
    middle = 10_000 + np.cumsum(chance.integers(-1, 2, quotes) * (chance.random(quotes) < 0.1))
    half = chance.integers(1, 4, quotes)
    bid, ask = (middle - half) / 100.0, (middle + half) / 100.0
    met = np.maximum(np.searchsorted(quote_ts, trade_ts) - 1, 0)
    draw = chance.random(trades)
    price = np.where(draw < 0.45, bid[met], np.where(draw < 0.9, ask[met], (bid[met] + ask[met]) / 2.0))
    sizes = [100.0 * chance.integers(1, 50, quotes).astype(np.float64) for _ in range(2)]
    return (
        Trades(trade_ts, price, 100.0 * chance.integers(1, 10, trades).astype(np.float64)),
        Quotes(quote_ts, bid, sizes[0], ask, sizes[1]),
    )


def _by_polars(trades: "Trades", quotes: "Quotes", minutes: "Minutes") -> Any:
    """Give the same work by polars, if it is here and gives the same figures."""
    if "polars" not in sys.modules:
        os.environ["POLARS_MAX_THREADS"] = "1"
    try:
        from cli import polars_minutes
    except ImportError:
        typer.echo("polars is not here; its figures are null.", err=True)
        return None
    tables = polars_minutes.tables(trades, quotes)
    wrong = polars_minutes.differences(polars_minutes.minutes(*tables), minutes, _ROUNDING)
    if wrong:
        typer.echo(f"polars gives another {', '.join(wrong)}; its figures are null.", err=True)
        return None
    return lambda: polars_minutes.minutes(*tables)
