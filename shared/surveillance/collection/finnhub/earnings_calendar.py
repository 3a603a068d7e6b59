"""Reported and expected earnings of all companies by day of the report."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from surveillance.collection.earnings_file import surprise_percent
from surveillance.collection.request import Request
from surveillance.collection.work import Dataset, Found, Job, Portion, Row, Unit, day_in, required, settles
from surveillance.feeds.polygon.values import Fields

SOURCE: Final = "finnhub"
DAYS_PER_REQUEST: Final = 7
CUT_AT_ROWS: Final = 1_500
"""An answer holds no more; one that holds as many may lack some."""
TIMES_OF_DAY: Final[Mapping[str, str]] = {"bmo": "pre", "amc": "post"}


def _plan(job: Job) -> Iterator[Portion]:
    first = job.first
    while first <= job.last:
        last = min(job.last, first + timedelta(days=DAYS_PER_REQUEST - 1))
        request = Request("/calendar/earnings", (("from", f"{first}"), ("to", f"{last}")))
        yield Portion(f"{first}_{last}", (Unit(f"{first}_{last}", request, settles(last)),))
        first = last + timedelta(days=1)


def _row(item: Fields) -> Row:
    estimate, actual = item.number("epsEstimate"), item.number("epsActual")
    year, quarter = item.integer("year"), item.integer("quarter")
    return {
        "symbol": required(item.text("symbol"), "symbol"),
        "report_date": required(day_in(item, "date"), "date"),
        "fiscal_period": f"{year}Q{quarter}" if year and quarter else None,
        "time_of_day": TIMES_OF_DAY.get(item.text("hour") or ""),
        "eps_estimate": estimate,
        "eps_actual": actual,
        "surprise_percent": surprise_percent(estimate, actual),
        "source": SOURCE,
    }


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    items = answer.get("earningsCalendar") if isinstance(answer, Mapping) else answer
    if isinstance(items, list) and len(items) >= CUT_AT_ROWS:
        found.left_out[f"answers of {CUT_AT_ROWS} rows, which may be cut"] += 1
    found.read("raw_earnings", items, _row)


DATASET = Dataset(SOURCE, "earnings_calendar", "earnings by day of report", _plan, _decode, lambda answer: None)
