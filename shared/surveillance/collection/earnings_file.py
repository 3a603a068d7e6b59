"""A csv of earnings, `symbol,date,qtr,eps_est,eps,release_time,surp`, to rows of `raw_earnings`.

Dates are month/day/year of two digits; `qtr` is the last month of the fiscal quarter, `12-Oct` for October 2012;
`release_time` is before (`pre`) or after (`post`) the session. `surp` is in dollars and follows from the others.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any, Final

COLUMNS: Final = ("symbol", "date", "qtr", "eps_est", "eps", "release_time", "surp")
TIMES_OF_DAY: Final = frozenset({"pre", "post"})


def earnings_rows(text: str, source: str, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """Give a row a line; a line without symbol or date, or whose figures are no numbers, is counted."""
    for line in csv.DictReader(StringIO(text)):
        row = _row(line, source, counts)
        if row is not None:
            yield row


def _row(line: dict[str, str | None], source: str, counts: Counter[str]) -> dict[str, Any] | None:
    symbol = (line["symbol"] or "").strip()
    if not symbol:
        counts["missing:symbol"] += 1
        return None
    try:
        day = datetime.strptime(line["date"] or "", "%m/%d/%y").date()
    except ValueError:
        counts["bad_date"] += 1
        return None
    try:
        estimate, actual = _figure(line["eps_est"]), _figure(line["eps"])
    except ValueError:
        counts["bad_figure"] += 1
        return None
    time = line["release_time"] or None
    if time is not None and time not in TIMES_OF_DAY:
        counts["unknown_release_time"] += 1
        time = None
    return {
        "symbol": symbol,
        "report_date": day,
        "fiscal_period": _period(line["qtr"], counts),
        "time_of_day": time,
        "eps_estimate": estimate,
        "eps_actual": actual,
        "surprise_percent": surprise_percent(estimate, actual),
        "source": source,
    }


def surprise_percent(estimate: float | None, actual: float | None) -> float | None:
    """Give what was earned beyond the estimate, in percent of its size; None without both, or of an estimate of 0."""
    if estimate is None or actual is None or estimate == 0:
        return None
    return (actual - estimate) / abs(estimate) * 100


def _figure(text: str | None) -> float | None:
    if not text:
        return None
    figure = float(text)
    if not math.isfinite(figure):
        raise ValueError(text)
    return figure


def _period(text: str | None, counts: Counter[str]) -> str | None:
    try:
        return datetime.strptime(text or "", "%y-%b").strftime("%Y-%m")
    except ValueError:
        counts["bad_quarter"] += 1
        return None
