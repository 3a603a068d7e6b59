"""News of a day, a row and an event for each ticker of a story; the feed's decoder reads them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from surveillance.collection.polygon.paging import SOURCE, following
from surveillance.collection.request import Request
from surveillance.collection.sentiment import score
from surveillance.collection.work import Dataset, Found, Job, Portion, Unit, days, settles
from surveillance.feeds.polygon.answers import add_answer
from surveillance.feeds.polygon.messages import Frame

VENDOR: Final = "vendor"
LEXICON: Final = "lexicon"
_EPOCH: Final = datetime(1970, 1, 1)


def _plan(job: Job) -> Iterator[Portion]:
    for day in days(job.first, job.last):
        query = (
            ("published_utc.gte", f"{day}T00:00:00Z"),
            ("published_utc.lt", f"{day + timedelta(days=1)}T00:00:00Z"),
            ("order", "asc"),
            ("sort", "published_utc"),
            ("limit", "1000"),
        )
        yield Portion(f"{day}", (Unit(f"{day}", Request("/v2/reference/news", query), settles(day)),))


def _decode(unit: Unit, answer: Any, job: Job, found: Found) -> None:
    if not isinstance(answer, Mapping) or not answer.get("results"):
        return
    frame = Frame()
    add_answer(frame, answer, "v2/reference/news", None)
    found.rejected.update(reject.reason for reject in frame.rejected)
    found.left_out.update(frame.left_out)
    rows = found.rows.setdefault("raw_news", [])
    for event in frame.rows:
        missing = next((name for name in ("ts", "news_id", "symbol") if event[name] is None), None)
        if missing:
            found.rejected[f"missing:{missing}"] += 1
            continue
        by = VENDOR
        if event["sentiment"] is None:
            by = LEXICON
            event["sentiment"] = score(event["headline"] or "")
        found.events.append(event)
        rows.append(
            {
                **{name: event[name] for name in ("news_id", "symbol", "headline", "url", "source", "sentiment")},
                "published": _EPOCH + timedelta(microseconds=event["ts"] // 1_000),
                "sentiment_source": by,
                "source_feed": SOURCE,
            }
        )


DATASET = Dataset(SOURCE, "news", "news with sentiment by ticker", _plan, _decode, following, has_events=True)
