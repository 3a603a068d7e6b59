"""The Lambda collects into the bucket with the rate, keys and stream that its environment names."""

import ast
import gzip
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from surveillance.adapters.collection_service import CollectionService, job_of
from surveillance.adapters.objects import BucketObjects
from surveillance.errors import InputError

from infra.constructs.source_package import REPOSITORY, SourcePackages
from tests.adapters.aws_tables import BUCKET, REGION, make_bucket, make_tables
from tests.collection.collecting import Clock
from tests.collection.vendor_server import KEY, Vendor, paged, reply

SPLITS = "/v3/reference/splits"
NOW_NS = int(datetime(2024, 3, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
SPLIT = {"execution_date": "2024-02-05", "split_from": 1, "split_to": 2}


class Wall(Clock):
    def __call__(self) -> int:
        return NOW_NS + self.ns


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        make_bucket()
        make_tables()
        boto3.client("secretsmanager", REGION).create_secret(Name="keys/polygon", SecretString=json.dumps({"key": KEY}))
        boto3.client("kinesis", REGION).create_stream(StreamName="market-events", ShardCount=2)
        yield


@pytest.fixture
def environment(aws: None, played: Vendor) -> dict[str, str]:
    return {
        "LAKE_BUCKET": BUCKET,
        "LEASE_TABLE": "leases",
        "LANES": "4",
        "EVENT_STREAM": "market-events",
        "VENDOR_SECRETS": json.dumps({"polygon": "keys/polygon"}),
        "VENDOR_ENDPOINTS": json.dumps({"polygon": played.url}),
    }


def service(names: dict[str, str], clock: Wall | None = None) -> CollectionService:
    wall = clock or Wall()
    clients = (boto3.client(name, REGION) for name in ("s3", "dynamodb", "secretsmanager", "kinesis"))
    return CollectionService(names, *clients, sleep=wall.sleep, clock_ns=wall)


def rows(table: str) -> list[dict[str, Any]]:
    objects = BucketObjects(boto3.client("s3", REGION), BUCKET, "history/")
    contents = [objects.read(name) or b"" for name in objects.names(f"{table}/")]
    return [row for content in contents for row in pq.ParquetFile(BytesIO(content)).read().to_pylist()]


def splits(first: str = "2024-02-01", last: str = "2024-02-29", **details: Any) -> dict[str, Any]:
    return {"source": "polygon", "dataset": "splits", "from": first, "to": last, **details}


def test_a_dataset_lands_in_the_bucket_once(environment: dict[str, str], played: Vendor) -> None:
    paged(played, SPLITS, [[{**SPLIT, "ticker": "A"}], [{**SPLIT, "ticker": "B"}]])
    report = service(environment).collect(splits(), lambda: 900)
    assert (report.complete, report.rows, report.requests) == (True, {"raw_splits": 2}, 2)
    assert [row["symbol"] for row in rows("raw_splits")] == ["A", "B"]
    kept = boto3.client("s3", REGION).get_object(
        Bucket=BUCKET, Key="history/answers/polygon/splits/2024-02-01_2024-02-29/00000.json.gz"
    )
    assert json.loads(gzip.decompress(kept["Body"].read()))["results"] == [{**SPLIT, "ticker": "A"}]
    assert service(environment).collect(splits(), lambda: 900).requests == 0


def test_lambdas_share_the_vendor_s_rate(environment: dict[str, str], played: Vendor) -> None:
    played.give(SPLITS, {"results": []})
    clock = Wall()
    for month in ("01", "02", "03"):
        service(environment, clock).collect(splits(f"2023-{month}-01", f"2023-{month}-28"), lambda: 900)
    assert clock.slept == [12, 12]


def test_out_of_time_the_rest_is_left_for_the_next_call(environment: dict[str, str], played: Vendor) -> None:
    played.give(SPLITS, {"results": []})
    clock = Wall()
    year = splits("2023-01-01", "2023-12-31", parallel=1)
    first = service(environment, clock).collect(year, lambda: 100 - clock.ns / 1e9)
    assert (first.complete, first.failed, first.requests) == (False, [], 4)
    second = service(environment, clock).collect(year, lambda: 900)
    assert (second.complete, second.skipped, second.requests) == (True, 4, 8)


def test_news_go_into_the_stream_where_the_event_says_so(environment: dict[str, str], played: Vendor) -> None:
    story = {"id": "n", "title": "Shares surge", "published_utc": "2024-02-29T20:00:00Z", "tickers": ["AAPL"]}
    played.give("/v2/reference/news", {"results": [story]})
    event = {"source": "polygon", "dataset": "news", "scheduled": "2024-03-01T09:00:00Z"}
    assert service(environment).collect(event, lambda: 900).events == 0
    sent = service(environment).collect({**event, "events": True, "again": True}, lambda: 900)
    assert sent.events == 1
    kinesis = boto3.client("kinesis", REGION)
    shards = kinesis.list_shards(StreamName="market-events")["Shards"]
    lines = []
    for shard in shards:
        iterator = kinesis.get_shard_iterator(
            StreamName="market-events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        lines += [json.loads(record["Data"]) for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    assert [(line["type"], line["symbol"], line["news_id"]) for line in lines] == [("news", "AAPL", "n")]


def test_an_event_that_makes_no_sense_is_refused(environment: dict[str, str]) -> None:
    senseless: list[tuple[dict[str, Any], str]] = [
        ({"source": "polygon", "dataset": "weather"}, "is no dataset"),
        ({}, "is no dataset"),
        (splits("2024-02-02", "2024-02-01"), "lies after the last"),
        (splits("tomorrow"), "which is no day"),
        (splits(symbols_object="reference/none.txt"), "no list of symbols"),
        ({"source": "finnhub", "dataset": "earnings_calendar"}, "missing in VENDOR_SECRETS"),
    ]
    for event, words in senseless:
        with pytest.raises(InputError, match=words):
            service(environment).collect(event, lambda: 900)


def test_a_secret_without_a_key_is_named_and_not_shown(environment: dict[str, str]) -> None:
    secrets = boto3.client("secretsmanager", REGION)
    for content in (" ", "{}", '{"a": "1", "b": "2"}', '{"key": 7}', "two\nlines"):
        secrets.put_secret_value(SecretId="keys/polygon", SecretString=content)
        with pytest.raises(InputError, match=r"^The secret keys/polygon") as refused:
            service(environment).collect(splits(), lambda: 900)
        assert "lines" not in str(refused.value)
    elsewhere = {**environment, "VENDOR_SECRETS": '{"polygon": "gone"}'}
    with pytest.raises(InputError, match="There is no secret gone"):
        service(elsewhere).collect(splits(), lambda: 900)


def test_a_job_s_days_follow_from_its_event(tmp_path: Path) -> None:
    lake: Any = SimpleNamespace(read=lambda name: b"AAPL\nIBM\n")
    today = datetime(2024, 3, 1).date()
    assert str(job_of({}, today, lake).first) == "2024-02-29"
    scheduled = job_of({"scheduled": "2024-02-10T02:00:00Z"}, today, lake)
    assert (str(scheduled.first), str(scheduled.last), str(scheduled.as_of)) == ("2024-02-09",) * 3
    named = job_of({"day": "2024-01-02", "symbols_object": "x", "as_of": "2024-01-05", "interval": "1m"}, today, lake)
    assert (str(named.last), str(named.as_of), named.symbols) == ("2024-01-02", "2024-01-05", ("AAPL", "IBM"))
    assert named.interval == "1m"


def test_the_handler_collects_and_reports(
    environment: dict[str, str], played: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Surveillance")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "collect_dataset")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    played.routes[SPLITS] = lambda asked: reply({"results": [{**SPLIT, "ticker": "A"}]})
    spec = importlib.util.spec_from_file_location("collect_handler", REPOSITORY / "lambdas/collect_dataset/handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    context = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 900_000,
    )
    found = module.handle(splits(), context)
    assert (found["complete"], found["rows"]) == (True, {"raw_splits": 1})
    json.dumps(found)


def test_the_function_starts_without_what_is_heavy_and_lists_what_it_imports(tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).image("collect_dataset")
    heavy = ["numba", "llvmlite", "awswrangler", "pyspark", "talib", "duckdb", "polygon", "sklearn", "dbt"]
    program = f"import sys; sys.modules |= dict.fromkeys({heavy}); import handler; handler.handle"
    given = {"LAKE_BUCKET": "b", "PATH": "/usr/bin:/bin", "AWS_DEFAULT_REGION": REGION}
    given |= {"POWERTOOLS_TRACE_DISABLED": "true", "POWERTOOLS_METRICS_NAMESPACE": "Surveillance"}
    start = [sys.executable, "-c", program]
    done = subprocess.run(start, cwd=folder, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    third_party = {
        name.partition(".")[0]
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in _imported(node)
    } - sys.stdlib_module_names
    installed = (folder / "requirements.txt").read_text().replace("-", "_")
    needed = third_party - {"surveillance", "handler", "numba", "llvmlite"}
    assert [name for name in sorted(needed) if f"{name}==" not in installed] == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
