"""The review of a day, once it is over: batch rules over the lake, and what landed against what the rules consumed.

Lines are compared by their identity (producer, number, symbol), so that a line that is missing here and one too many
there do not cancel out. A line that arrived at midnight may land with the last hour of the day before.
"""

import base64
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveillance.adapters.alert_table import AlertTable
from surveillance.adapters.checkpoints import CheckpointTable
from surveillance.adapters.clients import client
from surveillance.adapters.detection import allow_list_of, attempt_name, engine_of, parameters_of
from surveillance.adapters.lake import BucketLake, Lake, day_of, events_of
from surveillance.adapters.lane_log import LaneLog, read_lane_log
from surveillance.alerts import Alert
from surveillance.allow_list import AllowList
from surveillance.batch.run import run
from surveillance.events import DAY
from surveillance.parameters import Parameters
from surveillance.reconciliation import DayCounts, Equation, reconciliation_alerts
from surveillance.reference import Reference
from surveillance.wire import Decoder

READ_TIMEOUT_S = 60.0
ERRORS = "events-errors/"
_IDENTITY = ("producer", "number", "symbol")
_PAST_TYPES = ("trade", "bar", "news")


class Report(msgspec.Struct, frozen=True):
    """What the review of a day came to."""

    day: str
    alerts: dict[str, int]
    equations: list[str]
    holds: bool


class DailyReview:
    """Reviews days; to review one again changes nothing.

    Rules see the day and the one before whole, and the trades, bars and news of `history_days` before these.
    """

    def __init__(
        self,
        lake: Lake,
        errors: Lake,
        log: LaneLog,
        checkpoints: CheckpointTable,
        alerts: AlertTable,
        reference: Reference,
        parameters: Parameters,
        allowed: AllowList,
        lanes: int,
        history_days: int,
    ) -> None:
        self._lake, self._errors, self._log = lake, errors, log
        self._checkpoints, self._alerts = checkpoints, alerts
        self._reference, self._parameters, self._allowed = reference, parameters, allowed
        self._lanes, self._history_days = lanes, history_days

    def review(self, day: date) -> Report:
        """Run what is to run over a day, store its alerts, and say what was found."""
        equations = self.equations(day)
        start = (day - date(1970, 1, 1)).days * DAY
        found = [*self._found(day), *reconciliation_alerts(equations, start, start + DAY)]
        for alert in found:
            self._alerts.write(self._allowed.judged(alert))
        return Report(
            day=day.isoformat(),
            alerts=dict(sorted(Counter(alert.rule for alert in found).items())),
            equations=[each.sentence() for each in equations],
            holds=all(each.holds for each in equations),
        )

    def _found(self, day: date) -> list[Alert]:
        return run(self._tables(day), self._reference, self._parameters)

    def _tables(self, day: date) -> Iterator[pa.Table]:
        listed = {found for name in self._lake.names() if (found := day_of(name)) is not None}
        before = day - timedelta(days=1)
        first = before - timedelta(days=self._history_days)
        if any(first <= each < before for each in listed):
            for chunk in events_of(self._lake, first, before - timedelta(days=1)):
                kept = pc.is_in(chunk.table["type"], value_set=pa.array(_PAST_TYPES))
                yield chunk.table.filter(kept)
        if any(before <= each <= day for each in listed):
            for chunk in events_of(self._lake, before, day):
                yield chunk.table

    def equations(self, day: date) -> list[Equation]:
        """Compare what was consumed of a day with what landed of it, and the checkpoints' sums with themselves."""
        checkpoints = self._checkpoints.read(range(self._lanes))
        sums: Counter[str] = Counter()
        for checkpoint in checkpoints.values():
            sums.update(checkpoint.counts)
        consumed, later = (
            _joined(
                _identities(Decoder().decode(piece).table)
                for checkpoint in checkpoints.values()
                for piece in read_lane_log(self._log, checkpoint, each.isoformat())
            )
            for each in (day, day + timedelta(days=1))
        )
        names = [name for name in self._lake.names() if name.endswith(".parquet")]
        today = [name for name in names if day_of(name) == day]
        late = [name for name in names if day_of(name) == day - timedelta(days=1) and "/hour=23/" in f"/{name}"]
        landed, spilt = (_joined(map(self._landed, each)) for each in (today, late))
        failed = _joined(self._failed(day))
        missing = _without(_without(consumed, landed), spilt)
        explained = len(missing) - len(_without(missing, failed))
        unseen = _without(_without(landed, consumed), later)
        read = DayCounts(
            lines=sums["lines"],
            duplicates=sums["duplicates"],
            processed=sums["events"] - sums["late"],
            stale_producer=sums["stale_producer"],
            late=sums["late"],
            rejected=sums["rejected"],
            quarantined=sums["quarantined"],
        )
        return [
            *read.equations(),
            Equation(
                "Landed in the lake",
                {"distinct lines consumed": len(consumed)},
                {"found in the lake": len(consumed) - len(missing), "in the error prefix": explained},
            ),
            Equation(
                "Seen by the rules",
                {"distinct rows landed": len(landed)},
                {"consumed by a lane": len(landed) - len(unseen)},
            ),
        ]

    def _landed(self, name: str) -> pa.Array:
        return _identities(pq.read_table(BytesIO(self._lake.read(name)), columns=list(_IDENTITY), use_threads=False))

    def _failed(self, day: date) -> Iterator[pa.Array]:
        """Give the identities of what Firehose could not convert, which it keeps as it was."""
        for name in self._errors.names():
            if day_of(name) == day:
                for document in self._errors.read(name).splitlines():
                    raw = base64.b64decode(msgspec.json.decode(document)["rawData"])
                    yield _identities(Decoder().decode(raw).table)


def _identities(table: pa.Table) -> pa.Array:
    """Name each line that has a producer and a number, once."""
    if not set(_IDENTITY) <= set(table.column_names):
        return pa.array([], pa.string())
    parts = [pc.cast(table[name], pa.string()) for name in _IDENTITY]
    return pc.drop_null(pc.unique(pc.binary_join_element_wise(*parts, "\x1f")))


def _joined(parts: Iterable[pa.Array]) -> pa.Array:
    listed = [part.combine_chunks() if isinstance(part, pa.ChunkedArray) else part for part in parts]
    return pc.unique(pa.concat_arrays(listed)) if listed else pa.array([], pa.string())


def _without(names: pa.Array, others: pa.Array) -> pa.Array:
    return names.filter(pc.invert(pc.is_in(names, value_set=others)))


def review_from_environment() -> DailyReview:
    """Make the review of this process from the variables that its function is given."""
    return review_of(client("s3", READ_TIMEOUT_S), client("dynamodb"), dict(os.environ))


def review_of(objects: object, items: object, names: dict[str, str]) -> DailyReview:
    """Make a review from clients and the names of what was deployed."""
    lanes, bucket = int(names["LANES"]), names["LANE_BUCKET"]
    engine = engine_of(objects, bucket, lanes)
    return DailyReview(
        lake=BucketLake(objects, names["LAKE_BUCKET"]),
        errors=BucketLake(objects, names["LAKE_BUCKET"], ERRORS),
        log=LaneLog(objects, bucket, attempt_name),
        checkpoints=CheckpointTable(items, names["CHECKPOINT_TABLE"]),
        alerts=AlertTable(items, names["ALERT_TABLE"]),
        reference=engine.reference,
        parameters=parameters_of(objects, bucket, batch=True),
        allowed=allow_list_of(objects, bucket, engine),
        lanes=lanes,
        history_days=int(names.get("HISTORY_DAYS", "30")),
    )


def day_to_review(event: dict[str, str], now: datetime) -> date:
    """Give the day an event names, or the UTC day before the time it was scheduled for, or before now."""
    if day := event.get("day"):
        return date.fromisoformat(day)
    try:
        moment = datetime.fromisoformat(event.get("scheduled", ""))
    except ValueError:
        moment = now
    return (moment.astimezone(UTC) - timedelta(days=1)).date()
