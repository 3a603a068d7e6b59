"""Each program finds in its environment the names it reads, and is let in to no more than that."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.constructs.source_closure import follow
from infra.constructs.source_package import REPOSITORY, SourcePackages
from tests.infra.assembly import Assembly

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
FUNCTIONS = {
    "detect_events": {
        *("LANES", "LANE_BUCKET", "CHECKPOINT_TABLE", "ALERT_TABLE", "METRIC_TABLE", "METRIC_DELIVERY_STREAM"),
        "NUMBA_CPU_NAME",
    },
    "notify_alert": {"ALERT_TABLE", "ALERT_TOPIC_ARN", "LEASE_TABLE"},
    "land_alerts": {"ALERT_DELIVERY_STREAM"},
    "check_feeds": {"LEASE_TABLE", "FEEDS", "ALERT_TOPIC_ARN"},
    "review_day": {
        *("LANES", "LANE_BUCKET", "LAKE_BUCKET", "CHECKPOINT_TABLE", "ALERT_TABLE", "HISTORY_DAYS", "NUMBA_CPU_NAME"),
    },
    "collect_dataset": {"LAKE_BUCKET", "LEASE_TABLE", "VENDOR_SECRETS", "EVENT_STREAM", "LANES", "NUMBA_CPU_NAME"},
    "plan_history": {"LAKE_BUCKET", "DATASETS", "NEWS_EVENTS", "NUMBA_CPU_NAME"},
    "reconcile_indicators": {"LAKE_BUCKET", "NUMBA_CPU_NAME"},
}
INGESTER = {"LANES", "EVENT_STREAM", "LANE_BUCKET", "LEASE_TABLE", "FEEDS"}
HEAVY = ["llvmlite", "numba", "numpy", "pandas", "pyarrow"]
RESOURCES = {
    *("LANES", "EVENT_STREAM", "LANE_BUCKET", "LAKE_BUCKET", "CHECKPOINT_TABLE", "ALERT_TABLE", "LEASE_TABLE"),
    *("ALERT_TOPIC_ARN", "ALERT_DELIVERY_STREAM", "METRIC_TABLE", "METRIC_DELIVERY_STREAM"),
    *("FEEDS", "VENDOR_SECRETS", "DATASETS", "NEWS_EVENTS"),
}


def variables(assembly: Assembly, function: str) -> dict[str, Any]:
    found = assembly.one("AWS::Lambda::Function", function.title().replace("_", ""))["Environment"]["Variables"]
    return dict(found)


def resources_read(folder: Path) -> set[str]:
    """Give the resource names that stand as texts in a program and in what it imports of ours."""
    start = sorted(folder.rglob("*.py"))
    closure = follow(start, {"surveillance": REPOSITORY / "shared"})
    texts = {
        node.value
        for path in (*start, *closure.files.values())
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return texts & RESOURCES


@pytest.mark.parametrize(("function", "expected"), FUNCTIONS.items())
def test_a_function_s_environment_is_complete(production: Assembly, function: str, expected: set[str]) -> None:
    found = variables(production, function)
    assert set(found) == expected | POWERTOOLS
    assert found["POWERTOOLS_SERVICE_NAME"] == function
    assert found["POWERTOOLS_METRICS_NAMESPACE"] == "Surveillance"


@pytest.mark.parametrize("function", ["notify_alert", "land_alerts", "check_feeds"])
def test_a_small_function_starts_with_only_its_environment_and_its_zip(function: str, tmp_path: Path) -> None:
    folder = SourcePackages(tmp_path, bundle=False).zip(function)
    given = dict.fromkeys(FUNCTIONS[function] | POWERTOOLS, "arn:aws:sns:eu-west-1:111122223333:x") | {"FEEDS": "[]"}
    given |= {"PATH": "/usr/bin:/bin", "AWS_DEFAULT_REGION": "eu-west-1", "POWERTOOLS_TRACE_DISABLED": "true"}
    program = f"import sys; sys.modules |= dict.fromkeys({HEAVY}); import handler; handler.handle"
    start = [sys.executable, "-c", program]
    done = subprocess.run(start, cwd=folder, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "function", ["detect_events", "review_day", "collect_dataset", "plan_history", "reconcile_indicators"]
)
def test_image_functions_read_no_resource_they_are_not_given(function: str) -> None:
    assert resources_read(REPOSITORY / "lambdas" / function) <= FUNCTIONS[function]


def test_the_ingester_s_environment_is_complete(production: Assembly) -> None:
    (container,) = production.one("AWS::ECS::TaskDefinition", "ingestion/")["ContainerDefinitions"]
    assert {variable["Name"] for variable in container["Environment"]} >= INGESTER | POWERTOOLS
    assert resources_read(REPOSITORY / "ingester") <= INGESTER


def test_feeds_name_their_secret_by_arn(production: Assembly) -> None:
    (container,) = production.one("AWS::ECS::TaskDefinition", "ingestion/")["ContainerDefinitions"]
    (feeds,) = (variable["Value"] for variable in container["Environment"] if variable["Name"] == "FEEDS")
    (secret,) = production.resources("AWS::SecretsManager::Secret")  # history names the same one
    assert {"Ref": secret.partition("/")[2]} in feeds["Fn::Join"][1]
    assert not any("polygon-api-key" in part for part in feeds["Fn::Join"][1] if isinstance(part, str))


def test_kernels_are_compiled_for_any_processor(production: Assembly) -> None:
    dockerfile = (REPOSITORY / "lambdas/detect_events/Dockerfile").read_text()
    assert "NUMBA_CPU_NAME=generic" in dockerfile
    assert variables(production, "detect_events")["NUMBA_CPU_NAME"] == "generic"
