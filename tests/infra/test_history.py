"""History's stack: tables as the library declares them, limits that hold for all, flows that tell their failures."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner
from surveillance.history.tables import BY_NAME, TABLES

from infra.constructs.glue_types import arrow_columns
from infra.constructs.history_flow import Parts, back_fill, daily
from tests.infra.assembly import Assembly

ARN = "arn:aws:{}:eu-west-1:111122223333:{}"
PARTS = Parts(
    resource="arn:aws:states:::",
    planner=ARN.format("lambda", "function:plan"),
    collector=ARN.format("lambda", "function:collect"),
    reconciler=ARN.format("lambda", "function:reconcile"),
    quality_job="quality",
    indicator_job="indicators",
    compaction_job="compaction",
    cluster=ARN.format("ecs", "cluster/c"),
    models_task=ARN.format("ecs", "task-definition/models:1"),
    models_container="models",
    subnets=["subnet-1"],
    security_group="sg-1",
    operators=ARN.format("sns", "operators"),
)
FLOWS = {"daily": daily(PARTS), "back_fill": back_fill(PARTS)}


def table(assembly: Assembly, name: str) -> dict[str, Any]:
    tables = {
        found["Properties"]["TableInput"]["Name"]: found["Properties"]["TableInput"]
        for found in assembly.resources("AWS::Glue::Table").values()
    }
    return tables[name]


@pytest.mark.parametrize("name", sorted({each.name for each in TABLES} - {"raw_events", "raw_alerts"}))
def test_a_table_has_its_declared_columns_once(production: Assembly, name: str) -> None:
    found, declared = table(production, name), BY_NAME[name]
    keys = [key["Name"] for key in found["PartitionKeys"]]
    columns = [(column["Name"], column["Type"]) for column in found["StorageDescriptor"]["Columns"]]
    assert keys == list(declared.partitions)
    assert columns == [pair for pair in arrow_columns(declared.columns) if pair[0] not in keys]
    assert len({*keys, *(column for column, _ in columns)}) == len(keys) + len(columns)


def test_all_tables_are_in_the_database_that_dbt_reads(production: Assembly) -> None:
    names = {found["Properties"]["TableInput"]["Name"] for found in production.resources("AWS::Glue::Table").values()}
    assert names == {each.name for each in TABLES} | {"raw_bars_intraday", "raw_fx_intraday"}
    (container,) = production.one("AWS::ECS::TaskDefinition", "history/")["ContainerDefinitions"]
    told = {variable["Name"]: variable["Value"] for variable in container["Environment"]}
    lake, marts = (production.one("AWS::Glue::Database", stack) for stack in ("streaming/", "history/"))
    assert told["HISTORY_RAW_DATABASE"] == lake["DatabaseInput"]["Name"]
    assert told["ATHENA_DATABASE"] == marts["DatabaseInput"]["Name"]
    assert told["ATHENA_WORK_GROUP"] == "surveillance-production-models"


@pytest.mark.parametrize(
    ("name", "template", "projected"),
    [
        ("raw_bars", "interval=${interval}/month=${month}/", ("enum", "1d,D,W,M")),
        ("raw_bars_intraday", "interval=${interval}/date=${day}/", ("enum", "1m,5m,1h")),
        ("indicators", "interval=${interval}/month=${month}/", ("enum", "1d,D,W,M")),
    ],
)
def test_partitions_are_computed_as_files_are_laid_out(
    production: Assembly, name: str, template: str, projected: tuple[str, str]
) -> None:
    found = table(production, name)
    parameters = found["Parameters"]
    assert json.dumps(parameters["storage.location.template"]).endswith(f'{template}"]]}}')
    assert (parameters["projection.interval.type"], parameters["projection.interval.values"]) == projected
    for key in found["PartitionKeys"]:
        assert f"projection.{key['Name']}.type" in parameters


def test_queries_are_limited_and_their_results_encrypted(production: Assembly) -> None:
    groups = production.resources("AWS::Athena::WorkGroup")
    assert len(groups) == 2
    for group in groups.values():
        settings = group["Properties"]["WorkGroupConfiguration"]
        assert settings["EnforceWorkGroupConfiguration"] is not group["Properties"]["Name"].endswith("-models")
        assert settings["BytesScannedCutoffPerQuery"] == 200_000_000_000
        assert settings["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


def test_answers_expire_and_the_marts_lie_apart_from_them(production: Assembly) -> None:
    rules = production.one("AWS::S3::Bucket", "storage/Lake")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"events/", "queries/"}
    places = {
        group["Properties"]["Name"]: json.dumps(group["Properties"]["WorkGroupConfiguration"]["ResultConfiguration"])
        for group in production.resources("AWS::Athena::WorkGroup").values()
    }
    for purpose in ("analysts", "models"):
        assert f'"/queries/{purpose}/"' in places[f"surveillance-production-{purpose}"]
    (container,) = production.one("AWS::ECS::TaskDefinition", "history/")["ContainerDefinitions"]
    told = {variable["Name"]: json.dumps(variable["Value"]) for variable in container["Environment"]}
    assert '"/queries/models/"' in told["ATHENA_RESULTS"]
    assert '"/history/marts/"' in told["ATHENA_DATA"]


def test_jobs_run_on_glue_5_1_one_at_a_time_with_their_library_and_packages(production: Assembly) -> None:
    jobs = production.resources("AWS::Glue::Job")
    assert len(jobs) == 3
    for job in jobs.values():
        properties = job["Properties"]
        arguments = properties["DefaultArguments"]
        assert properties["GlueVersion"] == "5.1"
        assert properties["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert properties["SecurityConfiguration"]
        assert properties["MaxRetries"] == 0
        assert arguments["--python-modules-installer-option"] == "-r"
        assert {"--extra-py-files", "--additional-python-modules"} <= set(arguments)


@pytest.mark.parametrize(
    ("job", "given"), [("quality", {"run"}), ("indicators", set()), ("compaction", {"from", "to"})]
)
def test_a_job_gets_every_argument_it_requires(production: Assembly, job: str, given: set[str]) -> None:
    import ast

    from infra.constructs.source_package import REPOSITORY

    script = ast.parse((REPOSITORY / "glue_jobs" / f"{job}.py").read_text())
    texts = {node.value for node in ast.walk(script) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    told = production.one("AWS::Glue::Job", f"Jobs{job.title()}")["DefaultArguments"]
    own = {name.removeprefix("--") for name, value in told.items() if "Join" in json.dumps(value)}
    own -= {"extra-py-files", "additional-python-modules"}
    assert all(name in texts or f"--{name}" in texts for name in own | given)
    started = json.dumps(FLOWS["daily"])
    assert all(f"--{name}" in started for name in given)


def test_the_collector_has_its_limits(production: Assembly) -> None:
    collector = production.one("AWS::Lambda::Function", "CollectDataset")
    assert (collector["MemorySize"], collector["Timeout"]) == (2048, 900)
    assert collector["ReservedConcurrentExecutions"] == 4


def test_indicators_that_disagree_with_the_vendor_ring_an_alarm(production: Assembly) -> None:
    assert FLOWS["daily"]["States"]["Models"]["Next"] == "Reconcile"
    assert "Reconcile" not in FLOWS["back_fill"]["States"]
    alarm = production.one("AWS::CloudWatch::Alarm", "IndicatorsDisagree")
    assert (alarm["MetricName"], alarm["Threshold"], alarm["Period"]) == ("IndicatorAgreement", 99.5, 86400)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "notBreaching")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "reconcile_indicators"}]


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_valid(flow: str, tmp_path: Path) -> None:
    role = ARN.format("iam", "role/r").replace("eu-west-1", "")
    machine = {"RoleArn": role, "DefinitionString": json.dumps(FLOWS[flow])}
    template = {"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine}}}
    path = tmp_path / "flow.template.json"
    path.write_text(json.dumps(template))
    assert [str(match) for match in Runner(ConfigMixIn([str(path)])).run()] == []


def test_nulls_reach_the_deployed_definition(production: Assembly) -> None:
    """Without them a job's answer would take the place of all that was planned."""
    machines = production.resources("AWS::StepFunctions::StateMachine").values()
    definitions = ["".join(map(str, each["Properties"]["DefinitionString"]["Fn::Join"][1])) for each in machines]
    written = [json.dumps(flow) for flow in FLOWS.values()]
    counts = sorted(text.count('"ResultPath": null') for text in definitions)
    assert counts == sorted(text.count('"ResultPath": null') for text in written)
    assert min(counts) > 0


@pytest.mark.parametrize("flow", FLOWS)
def test_each_task_is_retried_with_jitter_and_its_failure_told(flow: str) -> None:
    states = FLOWS[flow]["States"]
    inner = states["Collect"]["ItemProcessor"]["States"]
    for name, state in [*states.items(), *inner.items()]:
        if state["Type"] != "Task":
            continue
        retries = [retrier for retrier in state["Retry"] if retrier["MaxAttempts"]]
        assert all(retrier["JitterStrategy"] == "FULL" for retrier in retries), name
        if name in states and name != "TellOperators":
            assert state["Catch"] == [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "TellOperators"}
            ], name
    assert states["TellOperators"]["Next"] == "Failed"
    assert states["Failed"] == {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}


@pytest.mark.parametrize("flow", FLOWS)
def test_a_refused_request_is_not_repeated(flow: str) -> None:
    collect = FLOWS[flow]["States"]["Collect"]["ItemProcessor"]["States"]["CollectDataset"]
    assert collect["Retry"][0]["MaxAttempts"] == 0
    assert {"InputError", "KeyRefusedError"} <= set(collect["Retry"][0]["ErrorEquals"])


def test_the_day_begins_after_the_exchange_s_day(production: Assembly) -> None:
    schedule = production.one("AWS::Scheduler::Schedule", "EachDay")
    assert schedule["ScheduleExpressionTimezone"] == "America/New_York"


def test_without_history_the_app_stands(laptop: Assembly) -> None:
    assert "history" not in laptop.templates
    assert not laptop.resources("AWS::StepFunctions::StateMachine")
