"""Daily bars of a pair of currencies, `EUR/USD`; the day is that of UTC and ends at midnight."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, Final

from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit, portions_of_symbols, safe
from surveillance.errors import InputError

SOURCE: Final = "alphavantage"
SERIES: Final = "Time Series FX (Daily)"
COMPACT_DAYS: Final = 130
"""The compact answer holds 100 bars, five a week."""
_PRICES: Final[Mapping[str, str]] = {"open": "1. open", "high": "2. high", "low": "3. low", "close": "4. close"}


def _plan(job: Job) -> Iterator[Portion]:
    size = "compact" if (job.as_of - job.first).days <= COMPACT_DAYS else "full"

    def unit(symbol: str) -> Unit:
        first, separator, second = symbol.partition("/")
        if not separator or len(first) != 3 or len(second) != 3:
            raise InputError(f"{symbol} is no pair of currencies; write EUR/USD.")
        query = (("function", "FX_DAILY"), ("from_symbol", first), ("to_symbol", second), ("outputsize", size))
        return Unit(f"{job.as_of}/{safe(symbol)}-{size}", Request("/query", query), subject=symbol)

    yield from portions_of_symbols(job.symbols, unit, f"{job.first}_{job.last}")


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    series = answer.get(SERIES) if isinstance(answer, Mapping) else None
    if not isinstance(series, Mapping):
        found.rejected[f"missing:{SERIES}"] += 1
        return
    rows = found.rows.setdefault("raw_fx", [])
    for text, prices in series.items():
        try:
            day = date.fromisoformat(text)
            values = {name: float(prices[key]) for name, key in _PRICES.items()}
        except (ValueError, TypeError, KeyError):
            found.rejected["bad_bar"] += 1
            continue
        if not all(map(isfinite, values.values())):
            found.rejected["bad_bar"] += 1
        elif not job.first <= day <= job.last:
            found.left_out["bars outside the days asked for"] += 1
        else:
            rows.append(
                {
                    "symbol": unit.subject,
                    "date": day,
                    "ts": datetime.combine(day, time()) + timedelta(days=1),
                    "interval": "1d",
                    **values,
                    "source": SOURCE,
                }
            )


DATASET = Dataset(SOURCE, "fx_daily", "daily bars of currencies", _plan, _decode, lambda answer: None, by_symbol=True)
