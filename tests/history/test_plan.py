"""A run of history is planned by the exchange's days, collects what is asked for, rebuilds what may have changed."""

import json
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from surveillance.adapters.history_planner import HistoryPlanner
from surveillance.calendar import exchange_sessions
from surveillance.errors import InputError
from surveillance.history.plan import EVERYTHING, changed_month, daily_run, span_run

from tests.adapters.aws_tables import BUCKET, REGION, make_bucket

DATASETS = ["polygon/grouped_daily", "polygon/tickers", "fmp/grades", "polygon/news"]


@pytest.mark.parametrize(
    ("scheduled", "day"),
    [
        ("2024-03-12T07:15:00Z", date(2024, 3, 11)),
        ("2024-03-12T03:59:00Z", date(2024, 3, 10)),  # in New York it is still the 11th
        ("2024-03-12T03:15:00-04:00", date(2024, 3, 11)),
    ],
)
def test_a_scheduled_run_is_for_the_exchange_s_day_before(scheduled: str, day: date) -> None:
    assert daily_run(DATASETS, scheduled, None, with_events=True).day == day


@pytest.mark.parametrize(
    ("day", "is_session", "reason"),
    [
        ("2024-07-03", True, "XNYS traded on Wednesday, 2024-07-03."),
        ("2024-07-04", False, "XNYS had no session on Thursday, 2024-07-04."),
        ("2024-07-06", False, "XNYS had no session on Saturday, 2024-07-06."),
    ],
)
def test_days_without_a_session_are_skipped_and_say_so(day: str, is_session: bool, reason: str) -> None:
    planned = daily_run(DATASETS, None, day, with_events=True)
    assert (planned.is_session, planned.reason) == (is_session, reason)
    assert len(planned.collections) == (len(DATASETS) if is_session else 0)


def test_each_dataset_is_asked_for_as_it_wants() -> None:
    events = [dict(each.event) for each in daily_run(DATASETS, None, "2024-07-03", with_events=True).collections]
    span = {"from": "2024-07-03", "to": "2024-07-03"}
    assert events == [
        {"source": "polygon", "dataset": "grouped_daily", **span},
        {"source": "polygon", "dataset": "tickers", **span},
        {"source": "fmp", "dataset": "grades", **span, "symbols_object": "symbols.txt"},
        {"source": "polygon", "dataset": "news", **span, "events": True},
    ]


def test_a_span_is_cut_into_months_where_days_are_asked_for() -> None:
    wanted = [dict(each.event) for each in span_run(DATASETS[:2], date(2023, 12, 15), date(2024, 2, 3))]
    assert [(each["dataset"], each["from"], each["to"]) for each in wanted] == [
        ("grouped_daily", "2023-12-15", "2023-12-31"),
        ("grouped_daily", "2024-01-01", "2024-01-31"),
        ("grouped_daily", "2024-02-01", "2024-02-03"),
        ("tickers", "2023-12-15", "2024-02-03"),
    ]


def test_marts_are_rebuilt_from_the_month_before_or_all_of_them_after_a_split() -> None:
    quiet = [{"dataset": "grouped_daily", "written": 1}, {"dataset": "splits", "written": 0}]
    assert changed_month(date(2024, 3, 1), quiet) == "2024-02"
    assert changed_month(date(2024, 3, 1), [*quiet, {"dataset": "dividends", "written": 1}]) == EVERYTHING


@pytest.mark.parametrize(
    ("scheduled", "day", "complaint"),
    [
        (None, None, "which is no time"),
        ("2024-03-12T07:15:00", None, "lacks its zone"),
        (None, "12.3.2024", "which is no day"),
    ],
)
def test_what_can_not_be_read_is_refused(scheduled: str | None, day: str | None, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        daily_run(DATASETS, scheduled, day, with_events=False)


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        make_bucket()
        yield boto3.client("s3", REGION)


def planner(objects: Any) -> HistoryPlanner:
    return HistoryPlanner({"LAKE_BUCKET": BUCKET, "DATASETS": json.dumps(DATASETS), "NEWS_EVENTS": "true"}, objects)


def read(objects: Any, key: str) -> bytes:
    content: bytes = objects.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def test_sessions_are_listed_once(objects: Any) -> None:
    key = "history/raw_market_sessions/part.parquet"
    answer = planner(objects).answer({"step": "day", "scheduled": "2024-03-12T07:15:00Z", "day": None})
    assert (answer["day"], answer["is_session"], len(answer["collections"])) == ("2024-03-11", True, 4)
    first = read(objects, key)
    planner(objects).answer({"step": "day", "day": "2024-03-12"})
    assert read(objects, key) == first
    planner(objects).answer({"step": "span", "from": "2023-03-01", "to": "2024-03-12", "run": "r"})
    sessions = pq.read_table(BytesIO(read(objects, key)))
    assert sessions.num_rows == 250 + 252
    assert len(set(zip(sessions["exchange"].to_pylist(), sessions["date"].to_pylist(), strict=True))) == 502


def test_a_back_fill_s_calls_are_kept_where_its_map_reads_them(objects: Any) -> None:
    event = {"step": "span", "from": "2024-01-01", "to": "2024-03-12", "run": "r", "datasets": ["polygon/splits"]}
    answer = planner(objects).answer(event)
    assert answer == {"day": "2024-03-12", "bucket": BUCKET, "key": "history/plans/r.json", "calls": 3}
    calls = json.loads(read(objects, answer["key"]))
    assert calls[0] == {
        "event": {"source": "polygon", "dataset": "splits", "from": "2024-01-01", "to": "2024-01-31"},
        "calls": 0,
    }


def test_a_back_fill_rebuilds_everything_and_reports_are_kept(objects: Any) -> None:
    answer = planner(objects).answer({"step": "models", "day": "2024-03-12"})
    assert answer == {"changed_from": EVERYTHING, "arguments": ["--vars", json.dumps({"changed_from": EVERYTHING})]}
    told = planner(objects).answer({"step": "report", "run": "r", "state": {"plan": 1}})
    assert json.loads(read(objects, told["report"])) == {"run": "r", "state": {"plan": 1}}


def test_an_unknown_step_is_refused(objects: Any) -> None:
    with pytest.raises(InputError, match="step is week; there are day, span, models, report"):
        planner(objects).answer({"step": "week"})


def test_a_calendar_of_one_day_has_its_session() -> None:
    day = date(2021, 3, 15)
    assert [session for session, _, _ in exchange_sessions("XNYS", day, day)] == [day]
    assert exchange_sessions("XNYS", date(2021, 3, 14), date(2021, 3, 14)) == ()
