"""Collects a dataset: asks for what is missing, keeps the answers, writes their rows, sends its events.

What is done and final is not asked for again; what was asked for is decoded from the kept answers. So a run that was
cut short, or failed in places, is simply run again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from typing import Any, Final

import msgspec
import pyarrow as pa

from surveillance.adapters.answers import Answers, Done
from surveillance.adapters.asking import Asking
from surveillance.adapters.news_stream import NewsStream
from surveillance.adapters.objects import Objects
from surveillance.adapters.rate_limiter import OutOfTimeError
from surveillance.adapters.raw_tables import RawTables, Written
from surveillance.collection.request import Request
from surveillance.collection.tables import rows_to_table
from surveillance.collection.verdict import CollectionError, KeyRefusedError
from surveillance.collection.work import DECODER, Dataset, Found, Job, Portion, Unit

MOST_PAGES: Final = 10_000


class Report(msgspec.Struct):
    """What a collection came to. Not `complete` if time ran out or something failed: run it again."""

    source: str
    dataset: str
    portions: int = 0
    skipped: int = 0
    units: int = 0
    requests: int = 0
    missing: int = 0
    rows: Counter[str] = msgspec.field(default_factory=Counter)
    written: int = 0
    unchanged: int = 0
    repeated: int = 0
    events: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    left_out: Counter[str] = msgspec.field(default_factory=Counter)
    failed: list[str] = msgspec.field(default_factory=list)
    complete: bool = True

    def add(self, done: Done) -> None:
        """Add what a portion came to."""
        self.portions += 1
        self.units += len(done.units)
        self.missing += done.missing
        self.rows.update(done.rows)
        self.rejected.update(done.rejected)
        self.left_out.update(done.left_out)


class _Outcome(msgspec.Struct):
    done: Done | None = None
    skipped: bool = False
    written: Written = Written()
    events: int = 0
    failed: list[str] = msgspec.field(default_factory=list)
    out_of_time: bool = False


class Collector:
    """Collects into one lake. `now` is the wall clock in UTC without a zone; `news` takes events, None drops them."""

    def __init__(
        self,
        objects: Objects,
        asking: Asking,
        now: Callable[[], datetime],
        news: NewsStream | None = None,
        parallel: int = 1,
    ) -> None:
        self._objects, self._asking, self._now, self._news = objects, asking, now, news
        self._tables = RawTables(objects, lambda: round((now() - datetime(1970, 1, 1)).total_seconds() * 1000))
        self._parallel = parallel

    def collect(
        self, dataset: Dataset, job: Job, *, again: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> Report:
        """Collect a job; with `again` all is asked for anew. Raises `KeyRefusedError` if the key is refused."""
        answers = Answers(self._objects, dataset.source, dataset.name)
        portions = list(dataset.plan(job))
        report = Report(dataset.source, dataset.name)
        stop = Event()

        def one(portion: Portion) -> _Outcome:
            if stop.is_set():
                return _Outcome(out_of_time=True)
            try:
                outcome = self._portion(dataset, answers, job, portion, again)
            except BaseException:
                stop.set()
                raise
            if outcome.out_of_time:
                stop.set()
            return outcome

        with ThreadPoolExecutor(self._parallel) as pool:
            for number, outcome in enumerate(pool.map(one, portions), 1):
                self._add(report, outcome)
                if progress is not None:
                    progress(number, len(portions))
        report.requests = self._asking.requests
        return report

    def _add(self, report: Report, outcome: _Outcome) -> None:
        if outcome.done is not None:
            report.add(outcome.done)
        report.skipped += outcome.skipped
        report.written += outcome.written.files - outcome.written.unchanged
        report.unchanged += outcome.written.unchanged
        report.repeated += outcome.written.repeated
        report.events += outcome.events
        report.failed += outcome.failed
        report.complete = report.complete and not outcome.failed and not outcome.out_of_time

    def _portion(self, dataset: Dataset, answers: Answers, job: Job, portion: Portion, again: bool) -> _Outcome:
        before = answers.done(portion)
        if before is not None and before.holds(portion) and not again:
            return _Outcome(before, skipped=True)
        found, missing = Found(), 0
        outcome = _Outcome()
        for unit in portion.units:
            try:
                pages = self._pages(dataset, answers, unit, again)
            except KeyRefusedError:
                raise
            except OutOfTimeError:
                return _Outcome(failed=outcome.failed, out_of_time=True)
            except CollectionError as error:
                outcome.failed.append(str(error))
                continue
            missing += not pages
            for page in pages:
                dataset.decode(unit, page, job, found)
        rows: Counter[str] = Counter()
        for name, table in _tables(found):
            written = self._tables.write(name, table, f"{dataset.source}-{dataset.name}-{portion.stem}")
            rows[name] += written.rows
            outcome.written += written
        if dataset.has_events and self._news is not None:
            try:
                outcome.events = self._news.send(found.events)
            except CollectionError as error:
                outcome.failed.append(str(error))
        settled = not outcome.failed and all(answers.settled(unit) for unit in portion.units)
        outcome.done = Done(
            [unit.name for unit in portion.units],
            settled,
            DECODER,
            dict(rows),
            dict(found.rejected),
            dict(found.left_out),
            missing,
        )
        answers.mark(portion, outcome.done)
        return outcome

    def _pages(self, dataset: Dataset, answers: Answers, unit: Unit, again: bool) -> list[Any]:
        """Give a unit's pages parsed, from what is kept or from the vendor."""
        kept = None if again else answers.kept(unit)
        if kept is not None:
            return [msgspec.json.decode(page) for page in kept]
        asked_at = self._now()
        bodies: list[bytes] = []
        pages: list[Any] = []
        request: Request | None = unit.request
        seen: set[Request] = set()
        while request is not None:
            if request in seen or len(bodies) == MOST_PAGES:
                raise CollectionError(
                    f"The pages of {unit.request.path} do not end: one names itself or an earlier one."
                )
            seen.add(request)
            asked = self._asking.ask(request)
            if asked.body is None:
                break
            bodies.append(asked.body)
            pages.append(asked.answer)
            request = dataset.following(asked.answer)
        answers.keep(unit, asked_at, bodies)
        return pages


def _tables(found: Found) -> Iterable[tuple[str, pa.Table]]:
    for name in sorted(found.rows.keys() | found.tables.keys()):
        pieces = [*found.tables.get(name, [])]
        if found.rows.get(name):
            pieces.append(rows_to_table(name, found.rows[name]))
        if pieces:
            yield name, pa.concat_tables(pieces)
