"""The deployed state machines of history run on the local AWS: real functions, retries, and failures that are told."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from surveillance.adapters.history import HistoryLake
from surveillance.history.tables import BY_NAME
from surveillance.simulation.daily_bars import daily_bars

from cli.history_build import Report, Seen
from cli.history_steps import check_bars, compute_indicators
from local.clients import client
from local.deployment import Deployed, deploy
from local.emulator import Emulator
from local.flows import JOB, TASK, FlowPlayer
from local.lake_copy import LakeCopy, is_data
from local.models_player import ModelsPlayer
from local.spark_player import SparkPlayer
from local.vendor import KEY, Market, VendorServer
from tests.infra.assembly import Assembly

pytestmark = pytest.mark.integration

SYMBOLS = 6
DATASETS = ["polygon/grouped_daily", "polygon/splits"]
HANDLER_ERROR = "Runtime.HandlerError"
"""The emulator's name for whatever a function raises, so here a refusal is repeated; on AWS it is the exception's."""
STACKS = ("storage", "streaming", "ingestion", "history")
Play = Callable[[Mapping[str, Any]], Any]


class Stood(msgspec.Struct):
    """History's stacks on the local AWS, and vendors to ask."""

    emulator: Emulator
    deployed: Deployed
    collector: str
    environment: dict[str, str]
    bucket: str
    told: str
    folder: Path

    def client(self, service: str) -> Any:
        return client(service, self.emulator.endpoint)

    def lake(self) -> LakeCopy:
        return LakeCopy(self.emulator.endpoint, self.bucket, self.folder / "lake")

    def configure(self, **changes: str) -> None:
        """Give the collector its variables anew, and so a new process."""
        variables = {**self.environment, **changes}
        self.client("lambda").update_function_configuration(
            FunctionName=self.collector, Environment={"Variables": variables}
        )

    def start(self, flow: str, event: object) -> str:
        machines = self.client("stepfunctions").list_state_machines()["stateMachines"]
        (arn,) = (machine["stateMachineArn"] for machine in machines if flow in machine["name"])
        started = self.client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(event))
        execution: str = started["executionArn"]
        return execution

    def failures(self, execution: str) -> list[dict[str, str]]:
        """Give each failed attempt of a task so far."""
        pages = self.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"] if event["type"] == "TaskFailed"]
        return [event["taskFailedEventDetails"] for event in events]

    def outcome(self, execution: str, seconds: float = 240) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, self.failures(execution)
            time.sleep(0.1)

    def report(self, execution: str) -> dict[str, Any]:
        key = f"history/runs/{execution.rpartition(':')[2]}.json"
        kept = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        state: dict[str, Any] = json.loads(kept)["state"]
        return state

    def messages(self) -> list[dict[str, str]]:
        answer = self.client("sqs").receive_message(QueueUrl=self.told, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found = answer.get("Messages", [])
        for message in found:
            self.client("sqs").delete_message(QueueUrl=self.told, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture(scope="module")
def stood(production: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stood]:
    folder = tmp_path_factory.mktemp("flows")
    emulator = Emulator(folder / "state", wait_scale=0.01)
    vendor = VendorServer(Market(daily_bars(SYMBOLS, 60, seed=1, faults=0.0))).start()
    try:
        emulator.start()
        yield stand_up(emulator, deploy(some_stacks(production.folder, folder / "assembly"), emulator.endpoint), vendor)
    finally:
        emulator.stop()
        vendor.stop()


def some_stacks(assembly: Path, folder: Path) -> Path:
    """Give an assembly of history's stacks and those it needs."""
    folder.mkdir()
    for path in assembly.iterdir():
        (folder / path.name).symlink_to(path)
    manifest = json.loads((assembly / "manifest.json").read_text())
    wanted = {name for stack in STACKS for name in (stack, f"{stack}.assets")}
    manifest["artifacts"] = {name: each for name, each in manifest["artifacts"].items() if name in wanted}
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def stand_up(emulator: Emulator, deployed: Deployed, vendor: VendorServer) -> Stood:
    """Tell the collector of the vendor, and listen to the operators' topic."""
    aws = {name: client(name, emulator.endpoint) for name in ("lambda", "secretsmanager", "sns", "sqs")}
    functions = aws["lambda"].list_functions()["Functions"]
    (collector,) = (each for each in functions if "CollectDataset" in each["FunctionName"])
    variables = collector["Environment"]["Variables"]
    (secret,) = json.loads(variables["VENDOR_SECRETS"]).values()
    aws["secretsmanager"].put_secret_value(SecretId=secret, SecretString=KEY)
    variables |= {
        "VENDOR_ENDPOINTS": json.dumps({"polygon": vendor.url}),
        "VENDOR_RATES": json.dumps({"polygon": [1000, 1]}),
        "POWERTOOLS_TRACE_DISABLED": "1",
    }
    (planner,) = (each for each in functions if "PlanHistory" in each["FunctionName"])
    planning = {
        **planner["Environment"]["Variables"],
        "DATASETS": json.dumps(DATASETS),
        "POWERTOOLS_TRACE_DISABLED": "1",
    }
    aws["lambda"].update_function_configuration(
        FunctionName=planner["FunctionName"], Environment={"Variables": planning}
    )
    queue = aws["sqs"].create_queue(QueueName="told")["QueueUrl"]
    (topic,) = (each["TopicArn"] for each in aws["sns"].list_topics()["Topics"] if "Operators" in each["TopicArn"])
    arn = aws["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    stood = Stood(
        emulator=emulator,
        deployed=deployed,
        collector=collector["FunctionName"],
        environment=variables,
        bucket=variables["LAKE_BUCKET"],
        told=queue,
        folder=emulator.folder,
    )
    stood.configure()
    return stood


class Plain:
    """The steps as plain loops over the same functions, quick enough for each run; notes what it was asked."""

    def __init__(self, stood: Stood) -> None:
        self._lake = stood.lake()
        self.jobs: list[tuple[str, Mapping[str, str]]] = []
        self.commands: list[list[str]] = []
        self.broken: list[str] = []
        self.real: dict[str, Play] = {}
        """What plays instead, if anything."""

    def job(self, parameters: Mapping[str, Any]) -> Any:
        name = next(each for each in ("Quality", "Indicators", "Compaction") if each in parameters["JobName"])
        self.jobs.append((name, parameters.get("Arguments", {})))
        if name in self.broken:
            raise ValueError("no space left on the executors")
        if JOB in self.real:
            return self.real[JOB](parameters)
        before = self._lake.fetch()
        lake, report = HistoryLake(self._lake.folder / "history"), Report(name, "built")
        if name == "Quality":
            check_bars(lake, report)
        elif name == "Indicators":
            compute_indicators(lake, report, None, Seen("", {}))
        self._lake.put_back(before, is_data)
        return {}

    def models(self, parameters: Mapping[str, Any]) -> Any:
        (override,) = parameters["Overrides"]["ContainerOverrides"]
        self.commands.append(override["Command"])
        return self.real[TASK](parameters) if TASK in self.real else {}

    @property
    def plays(self) -> dict[str, Play]:
        return {JOB: self.job, TASK: self.models}


@pytest.fixture(scope="module")
def plain(stood: Stood) -> Iterator[Plain]:
    played = Plain(stood)
    with FlowPlayer(stood.emulator.endpoint, played.plays):
        yield played


@pytest.fixture(autouse=True)
def _afresh(plain: Plain) -> None:
    plain.jobs.clear()
    plain.commands.clear()
    plain.broken.clear()
    plain.real.clear()


@pytest.mark.nightly
def test_a_back_fill_collects_each_month_and_builds_everything(stood: Stood, plain: Plain) -> None:
    execution = stood.start("BackFill", {"from": "2021-01-04", "to": "2021-03-12", "datasets": DATASETS})
    assert stood.outcome(execution)["status"] == "SUCCEEDED", stood.failures(execution)
    assert [name for name, _ in plain.jobs] == ["Quality", "Indicators"]
    assert plain.commands == [["--vars", json.dumps({"changed_from": "1900-01"})]]
    assert stood.report(execution)["plan"]["Payload"]["calls"] == 2 * 3
    lake = stood.lake()
    assert {"history/bars/interval=1d/month=2021-03/part.parquet"} <= set(lake.fetch())
    assert len(HistoryLake(lake.folder / "history").read(BY_NAME["raw_bars"])) == SYMBOLS * 48


@pytest.mark.extended
def test_a_day_whose_collectors_failed_at_first_is_done_by_retries(stood: Stood, plain: Plain) -> None:
    stood.configure(LEASE_TABLE="not-there-yet")
    execution = stood.start("Daily", {"scheduled": "2021-03-16T07:15:00Z"})
    deadline = time.monotonic() + 60
    while not (failed := stood.failures(execution)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stood.configure()
    assert stood.outcome(execution)["status"] == "SUCCEEDED", stood.failures(execution)
    assert failed[0]["error"] in ("ResourceNotFoundException", HANDLER_ERROR)
    assert "ResourceNotFoundException" in failed[0]["cause"]
    report = stood.report(execution)
    assert report["plan"]["Payload"]["reason"] == "XNYS traded on Monday, 2021-03-15."
    assert [each["dataset"] for each in report["collected"]] == ["grouped_daily", "splits"]
    assert all(each["complete"] for each in report["collected"])
    assert "is polygon/indicators among the datasets?" in report["reconciled"]["found"]["reason"]
    assert plain.jobs == [
        ("Quality", {"--run": "2021-03-15"}),
        ("Indicators", {}),
        ("Compaction", {"--from": "2021-03-15", "--to": "2021-03-15"}),
    ]


@pytest.mark.nightly
def test_a_day_without_a_session_is_skipped_and_says_so(stood: Stood, plain: Plain) -> None:
    execution = stood.start("Daily", {"day": "2021-02-15"})
    assert stood.outcome(execution)["status"] == "SUCCEEDED", stood.failures(execution)
    assert stood.report(execution)["plan"]["Payload"]["reason"] == "XNYS had no session on Monday, 2021-02-15."
    assert [name for name, _ in plain.jobs] == ["Compaction"]
    assert plain.commands == []


@pytest.mark.nightly
def test_a_collector_that_is_refused_ends_the_day_with_its_reason_told(stood: Stood, plain: Plain) -> None:
    stood.messages()
    stood.configure(VENDOR_SECRETS="{}")
    execution = stood.start("Daily", {"day": "2021-03-16"})
    outcome = stood.outcome(execution)
    stood.configure()
    assert (outcome["status"], outcome["error"] in ("InputError", HANDLER_ERROR)) == ("FAILED", True)
    assert "No secret is named for Polygon" in outcome["cause"]
    assert plain.jobs == []
    (message,) = stood.messages()
    assert message["Subject"] == "Surveillance: a run of history failed"
    assert "No secret is named for Polygon" in message["Message"]


@pytest.mark.nightly
def test_a_job_that_keeps_failing_is_retried_and_then_ends_the_day(stood: Stood, plain: Plain) -> None:
    stood.messages()
    plain.broken.append("Indicators")
    execution = stood.start("Daily", {"day": "2021-03-17"})
    outcome = stood.outcome(execution)
    assert (outcome["status"], outcome["cause"]) == ("FAILED", "no space left on the executors")
    assert [name for name, _ in plain.jobs] == ["Quality", *["Indicators"] * 3]
    assert plain.commands == []
    assert len(stood.messages()) == 1


@pytest.mark.nightly
def test_the_deployed_jobs_and_models_lead_from_collection_to_marts(stood: Stood, plain: Plain) -> None:
    lake, scratch = stood.lake(), stood.folder / "scratch"
    models = ModelsPlayer(stood.emulator.endpoint, stood.deployed.assets, lake, scratch)
    spark = SparkPlayer(stood.emulator.endpoint, lake, scratch)
    told: list[Any] = []
    plain.real = {
        JOB: lambda parameters: told.append(spark(parameters)) or told[-1],
        TASK: lambda parameters: told.append(models(parameters)) or told[-1],
    }
    execution = stood.start("Daily", {"day": "2021-03-18"})
    assert stood.outcome(execution, 540)["status"] == "SUCCEEDED", stood.failures(execution)
    assert [name for name, _ in plain.jobs] == ["Quality", "Indicators", "Compaction"]
    collected = HistoryLake(lake.folder / "history").read(BY_NAME["raw_bars"], ["date"])["date"]
    quality, indicators, built, compacted = told
    assert (quality["rows"], quality["clean"]) == (len(collected), len(collected))
    assert (indicators["symbols"], set(built), compacted["landed"]) == (SYMBOLS, {"pass", "success"}, 0)
    with duckdb.connect(str(models.database), read_only=True) as marts:
        marts.execute("use history")
        assert marts.execute("select count(*), max(date) from candlesticks_daily").fetchall() == [
            (len(collected), date(2021, 3, 18))
        ]
        assert marts.execute("select count(*), max(date) from moving_averages").fetchall() == [
            (len(collected), date(2021, 3, 18))
        ]
