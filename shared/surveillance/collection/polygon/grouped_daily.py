"""Every stock's daily bar of one session, prices as traded (not adjusted), in one answer."""

from collections.abc import Iterator
from typing import Any

from surveillance.collection.polygon.bars import add_bars
from surveillance.collection.polygon.paging import SOURCE, following
from surveillance.collection.request import Request
from surveillance.collection.sessions import session_days
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit, settles


def _plan(job: Job) -> Iterator[Portion]:
    """One portion a session of XNYS; other days have no bars and are not asked for."""
    for day in session_days(job.first, job.last):
        request = Request(
            f"/v2/aggs/grouped/locale/us/market/stocks/{day}", (("adjusted", "false"), ("include_otc", "false"))
        )
        yield Portion(f"{day}", (Unit(f"{day}", request, settles(day)),))


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    add_bars(found, answer, "1d")


DATASET = Dataset(SOURCE, "grouped_daily", "daily bars of all stocks", _plan, _decode, following)
