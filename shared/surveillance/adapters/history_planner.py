"""A planner of history's runs as a Lambda's environment describes it: reads events, lists sessions, keeps reports."""

import json
import os
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from surveillance.adapters.clients import client
from surveillance.adapters.objects import BucketObjects, Objects
from surveillance.errors import InputError
from surveillance.history.plan import EVERYTHING, changed_month, daily_run, read_day, span_run
from surveillance.history.sessions import SESSIONS, listed_sessions

HISTORY: Final = "history/"
SESSIONS_FILE: Final = f"{SESSIONS.place}/part.parquet"


class HistoryPlanner:
    """Answers a state machine. `names`: LAKE_BUCKET, DATASETS (JSON list of `source/name`), NEWS_EVENTS (`true`)."""

    def __init__(self, names: Mapping[str, str], objects: Any) -> None:
        self._bucket = names["LAKE_BUCKET"]
        self._lake: Objects = BucketObjects(objects, self._bucket, HISTORY)
        self._datasets: list[str] = json.loads(names["DATASETS"])
        self._with_events = names.get("NEWS_EVENTS") == "true"

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Do the step an event names; raises `InputError` for one that can't be read."""
        steps = {"day": self._day, "span": self._span, "models": self._models, "report": self._report}
        step = steps.get(str(event.get("step")))
        if step is None:
            raise InputError(f"step is {event.get('step')}; there are {', '.join(steps)}.")
        return step(event)

    def _day(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Plan the day of a daily run and list the sessions of its year."""
        planned = daily_run(self._datasets, event.get("scheduled"), event.get("day"), self._with_events)
        self._list_sessions(planned.day, planned.day)
        found: dict[str, Any] = msgspec.to_builtins(planned)
        return found

    def _span(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Plan a back-fill: its calls are written to the lake, because there are more than a state may hold."""
        first, last = read_day("from", event.get("from")), read_day("to", event.get("to"))
        wanted = list(span_run(event.get("datasets") or self._datasets, first, last))
        place = f"plans/{event['run']}.json"
        self._lake.write(place, msgspec.json.encode(wanted))
        self._list_sessions(first, last)
        return {"day": f"{last}", "bucket": self._bucket, "key": f"{HISTORY}{place}", "calls": len(wanted)}

    def _models(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Say from which month on marts are built anew, and with which arguments dbt is called."""
        reports = event.get("collected")
        month = EVERYTHING if reports is None else changed_month(read_day("day", event.get("day")), reports)
        return {"changed_from": month, "arguments": ["--vars", json.dumps({"changed_from": month})]}

    def _report(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what a run came to below `runs/`."""
        place = f"runs/{event['run']}.json"
        told = {name: value for name, value in event.items() if name != "step"}
        self._lake.write(place, msgspec.json.encode(told) + b"\n")
        return {"report": f"{HISTORY}{place}"}

    def _list_sessions(self, first: date, last: date) -> None:
        old = self._lake.read(SESSIONS_FILE)
        before = SESSIONS.columns.empty_table() if old is None else _read(old)
        now = listed_sessions(before, first, last)
        if not now.equals(before):
            sink = BytesIO()
            pq.write_table(now, sink, compression="zstd")
            self._lake.write(SESSIONS_FILE, sink.getvalue())


def _read(content: bytes) -> pa.Table:
    return pq.ParquetFile(BytesIO(content)).read(use_threads=False).cast(SESSIONS.columns)


def planner_from_environment() -> HistoryPlanner:
    """Make the planner of this process from the variables that its function is given."""
    return HistoryPlanner(dict(os.environ), client("s3"))
