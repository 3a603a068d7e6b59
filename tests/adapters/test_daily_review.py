"""Promise: a night's review stores what batch rules find in the lake, and tells each line that rules or lake lack."""

import base64
import json
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import boto3
import msgspec
import pyarrow.parquet as pq
import pytest
from surveillance.adapters.checkpoints import Checkpoint, CheckpointTable
from surveillance.adapters.daily_review import DailyReview, day_to_review, review_of
from surveillance.adapters.lane_log import LaneLog
from surveillance.events import DAY, SECOND
from surveillance.wire import encode, table_of

from tests.adapters.aws_tables import BUCKET, REGION, make_bucket, make_tables

TODAY = date(2026, 3, 2)
BEGINS = (TODAY - date(1970, 1, 1)).days * DAY
NAMES = {"LANES": "2", "LANE_BUCKET": BUCKET, "LAKE_BUCKET": "lake", "CHECKPOINT_TABLE": "checkpoints"} | {
    "ALERT_TABLE": "alerts"
}
Event = dict[str, Any]


def circle() -> list[Event]:
    """Four times round three owners."""
    rows = []
    for number in range(12):
        seller, buyer = "abc"[number % 3], "abc"[(number + 1) % 3]
        fixed = {"type": "trade", "symbol": "AAA", "venue": "XNAS", "price": 10.0, "size": 100.0}
        ts = BEGINS + 15 * 3600 * SECOND + number * 60 * SECOND
        named = {"trade_id": f"t{number}", "sell_account": seller, "buy_account": buyer}
        rows.append(fixed | named | {"ts": ts, "received_ts": ts, "producer": "venue/trades", "number": number + 1})
    return rows


class Deployed:
    """A private AWS with a lake and a lane log."""

    def __init__(self) -> None:
        self.items, self.objects = make_tables(), make_bucket()
        self.objects.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.attempts = iter(range(1000))

    def land(self, rows: list[Event], hour: int = 15, day: date = TODAY) -> None:
        sink = BytesIO()
        pq.write_table(table_of(rows), sink)
        key = f"events/year={day:%Y}/month={day:%m}/day={day:%d}/hour={hour:02d}/events-1-{next(self.attempts)}.parquet"
        self.objects.put_object(Bucket="lake", Key=key, Body=sink.getvalue())

    def consume(self, rows: list[Event], **counts: int) -> None:
        """Put rows into the log of lane 0."""
        log = LaneLog(self.objects, BUCKET, lambda: f"attempt-{next(self.attempts)}")
        segments = log.append(TODAY.isoformat(), {0: (0, len(rows), encode(table_of(rows)))})
        told = {"lines": len(rows), "events": len(rows)} | counts
        fields: dict[str, Any] = {"lane": 0, "version": 1, "position": len(rows), "date": TODAY.isoformat()}
        new = Checkpoint(**fields, tail=(segments[0],), counts=told)
        CheckpointTable(self.items, "checkpoints").advance(Checkpoint(0), new)

    def review(self) -> DailyReview:
        return review_of(self.objects, self.items, NAMES)

    def stored(self) -> dict[str, str]:
        """Give the stored alerts: rule and status."""
        found = boto3.client("dynamodb", REGION).scan(TableName="alerts")["Items"]
        return {each["rule"]["S"]: each["status"]["S"] for each in found}


@pytest.fixture
def deployed(aws: None) -> Deployed:
    return Deployed()


def test_batch_alerts_are_stored_once_however_often_a_day_is_reviewed(deployed: Deployed) -> None:
    deployed.land(circle())
    deployed.land(circle()[3:5])
    deployed.consume(circle())
    reports = [deployed.review().review(TODAY) for _ in range(2)]
    assert reports[0] == reports[1]
    assert reports[0].alerts == {"circular_trading": 1}
    assert reports[0].holds, reports[0].equations
    assert deployed.stored() == {"circular_trading": "open"}


def test_allow_listed_alerts_are_stored_as_suppressed(deployed: Deployed) -> None:
    deployed.land(circle())
    allow = b'[[allow]]\nrules = "circular_trading"\nreason = "known"\nexpires = 2099-01-01\n'
    deployed.objects.put_object(Bucket=BUCKET, Key="reference/allow.toml", Body=allow)
    deployed.consume(circle())
    deployed.review().review(TODAY)
    assert deployed.stored() == {"circular_trading": "suppressed"}


def test_parameters_of_batch_rules_come_with_the_others(deployed: Deployed) -> None:
    deployed.land(circle())
    deployed.consume(circle())
    quiet = b"[circular_trading]\nmin_rounds = 9\n"
    deployed.objects.put_object(Bucket=BUCKET, Key="reference/parameters.toml", Body=quiet)
    assert deployed.review().review(TODAY).alerts == {}


@pytest.mark.parametrize(
    ("landed", "consumed", "fails"),
    [
        (slice(0, 11), slice(0, 12), "Landed in the lake: 12 distinct lines consumed = 11 found in the lake"),
        (slice(0, 12), slice(0, 11), "Seen by the rules: 12 distinct rows landed = 11 consumed by a lane"),
    ],
    ids=["lost on the way to the lake", "never seen by the rules"],
)
def test_lines_that_are_missing_on_one_side_are_an_alert(
    deployed: Deployed, landed: slice, consumed: slice, fails: str
) -> None:
    deployed.land(circle()[landed])
    deployed.consume(circle()[consumed])
    report = deployed.review().review(TODAY)
    assert not report.holds
    assert report.alerts["reconciliation"] == 1
    assert any(each.startswith(fails) for each in report.equations), report.equations
    assert "reconciliation" in deployed.stored()


def test_line_missing_here_and_another_too_many_there_do_not_cancel_out(deployed: Deployed) -> None:
    deployed.land(circle()[1:])
    deployed.consume(circle()[:-1])
    assert deployed.review().review(TODAY).alerts["reconciliation"] == 2


def test_lines_landed_with_the_hour_before_midnight_or_not_converted_are_explained(deployed: Deployed) -> None:
    rows = circle()
    deployed.land(rows[:1], hour=23, day=date(2026, 3, 1))
    deployed.land(rows[1:11])
    document = {"rawData": base64.b64encode(encode(table_of(rows[11:]))).decode()}
    key = "events-errors/format-conversion-failed/year=2026/month=03/day=02/hour=15/x"
    deployed.objects.put_object(Bucket="lake", Key=key, Body=json.dumps(document).encode())
    deployed.consume(rows)
    report = deployed.review().review(TODAY)
    assert report.holds, report.equations
    assert any("11 found in the lake + 1 in the error prefix" in each for each in report.equations)


def test_sums_of_the_checkpoints_that_do_not_add_up_are_an_alert(deployed: Deployed) -> None:
    deployed.land(circle())
    deployed.consume(circle(), rejected=3)
    report = deployed.review().review(TODAY)
    assert report.alerts["reconciliation"] == 1
    assert any(each.startswith("Read from Kinesis") and "FAILS" in each for each in report.equations)


def test_day_without_events_is_reviewed_too(deployed: Deployed) -> None:
    report = deployed.review().review(TODAY)
    assert (report.alerts, report.holds) == ({}, True)
    assert msgspec.to_builtins(report)["day"] == "2026-03-02"


@pytest.mark.parametrize(
    ("event", "day"),
    [
        ({"day": "2026-01-05"}, date(2026, 1, 5)),
        ({"scheduled": "2026-03-03T02:00:00Z"}, TODAY),
        ({"scheduled": "<aws.scheduler.scheduled-time>"}, date(2026, 4, 30)),
        ({}, date(2026, 4, 30)),
    ],
)
def test_day_is_the_one_named_or_the_one_before(event: dict[str, str], day: date) -> None:
    assert day_to_review(event, datetime(2026, 5, 1, 0, 5, tzinfo=UTC)) == day
