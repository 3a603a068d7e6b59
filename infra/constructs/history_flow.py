"""The definitions of history's state machines, in the Amazon States Language (JSONPath).

    daily:     Plan ─ session? ─ Collect (each dataset) ─ Quality ─ Indicators ─ PlanModels ─ Models ─ Reconcile ─┐
                        └ no ──────────────────────────────────────────────────────────────────────── Compact ─ Report
    back-fill: Plan ─ Collect (each dataset and month, distributed) ─ Quality ─ ... ─ Models ─ Report

What still fails after its retries is told to the operators, and the execution fails with the same error and cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

State = dict[str, Any]

COLLECTORS: Final = 4
MOST_CALLS: Final = 20
"""A collector that has not done after so many calls of up to 15 minutes does not get on."""
PAUSE_S: Final = 60
REFUSED: Final = ("InputError", "KeyRefusedError", "Lambda.ResourceNotFoundException")
"""Asking again does not help."""
TELLING: Final = "TellOperators"
TIMES: Final = {"collect": 960, "plan": 360, "reconcile": 960, "job": 3 * 3600, "models": 3 * 3600}


@dataclass(frozen=True)
class Parts:
    """What the states call, by ARN or name; `resource` begins the ARN of a service integration."""

    resource: str
    planner: str
    collector: str
    reconciler: str
    quality_job: str
    indicator_job: str
    compaction_job: str
    cluster: str
    models_task: str
    models_container: str
    subnets: Sequence[str]
    security_group: str
    operators: str


def daily(parts: Parts) -> State:
    """Define the daily run; its input is `{"scheduled": TIME}`, or `{"day": "2024-01-31"}` for one by hand."""
    plan = {"step": "day", "scheduled.$": "$.input.scheduled", "day.$": "$.input.day"}
    return _machine(
        "A day of history",
        {
            **_input({"scheduled": None, "day": None}),
            "Plan": _planning(parts, plan, "$.plan", "IsSession"),
            "IsSession": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.plan.Payload.is_session", "BooleanEquals": True, "Next": "Collect"}],
                "Default": "Compact",
            },
            "Collect": {
                "Type": "Map",
                "ItemsPath": "$.plan.Payload.collections",
                "MaxConcurrency": COLLECTORS,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **_collecting(parts, "$.report")},
                "ResultPath": "$.collected",
                "Next": "Quality",
                "Catch": _catch(),
            },
            **_building(parts, {"collected.$": "$.collected"}, "Reconcile"),
            "Reconcile": {
                "Type": "Task",
                "Resource": f"{parts.resource}lambda:invoke",
                "Parameters": {"FunctionName": parts.reconciler, "Payload": {"day.$": "$.plan.Payload.day"}},
                "ResultSelector": {"found.$": "$.Payload"},
                "ResultPath": "$.reconciled",
                "TimeoutSeconds": TIMES["reconcile"],
                "Retry": _retry(attempts=3, interval_s=20),
                "Catch": _catch(),
                "Next": "Compact",
            },
            "Compact": _job(
                parts,
                parts.compaction_job,
                {"--from.$": "$.plan.Payload.day", "--to.$": "$.plan.Payload.day"},
                "Report",
            ),
            **_end(parts),
        },
    )


def back_fill(parts: Parts) -> State:
    """Define a back-fill; its input is `{"from": DAY, "to": DAY, "datasets": [...]}`, by default the daily ones.

    What was collected is not asked for again, so one that broke off is started again with the same input, or redriven.
    """
    plan = {"step": "span", "from.$": "$.input.from", "to.$": "$.input.to", "datasets.$": "$.input.datasets"}
    return _machine(
        "Years of history",
        {
            **_input({"from": None, "to": None, "datasets": None}),
            "Plan": _planning(parts, {**plan, "run.$": "$$.Execution.Name"}, "$.plan", "Collect"),
            "Collect": {
                "Type": "Map",
                "Label": "Collect",
                "ItemReader": {
                    "Resource": f"{parts.resource}s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    "Parameters": {"Bucket.$": "$.plan.Payload.bucket", "Key.$": "$.plan.Payload.key"},
                },
                "MaxConcurrency": COLLECTORS,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    **_collecting(parts, "$.report.dataset"),
                },
                "ResultPath": None,
                "Next": "Quality",
                "Catch": _catch(),
            },
            **_building(parts, {}, "Report"),
            **_end(parts),
        },
    )


def _machine(comment: str, states: Mapping[str, State]) -> State:
    return {"Comment": comment, "StartAt": "Input", "States": dict(states)}


def _input(defaults: State) -> dict[str, State]:
    """Fill what the input leaves out, so that later paths find it."""
    return {
        "Input": {"Type": "Pass", "Result": defaults, "ResultPath": "$.defaults", "Next": "Fill"},
        "Fill": {
            "Type": "Pass",
            "Parameters": {"input.$": "States.JsonMerge($.defaults, $, false)"},
            "Next": "Plan",
        },
    }


def _collecting(parts: Parts, kept: str) -> State:
    """Collect one dataset: call the collector until it is done; what is at the path `kept` goes on."""
    unfinished = (
        "States.Format('{} {} is not complete after {} calls. {}', $.report.source, $.report.dataset, $.calls, "
    )
    return {
        "StartAt": "CollectDataset",
        "States": {
            "CollectDataset": {
                "Type": "Task",
                "Resource": f"{parts.resource}lambda:invoke",
                "Parameters": {"FunctionName": parts.collector, "Payload.$": "$.event"},
                "ResultSelector": {"report.$": "$.Payload"},
                "ResultPath": "$.answer",
                "TimeoutSeconds": TIMES["collect"],
                "Retry": _retry(attempts=5, interval_s=20),
                "Next": "Count",
            },
            "Count": {
                "Type": "Pass",
                "Parameters": {
                    "event.$": "$.event",
                    "calls.$": "States.MathAdd($.calls, 1)",
                    "report.$": "$.answer.report",
                },
                "Next": "IsComplete",
            },
            "IsComplete": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.report.complete", "BooleanEquals": True, "Next": "Collected"},
                    {"Variable": "$.calls", "NumericGreaterThanEquals": MOST_CALLS, "Next": "Incomplete"},
                ],
                "Default": "Pause",
            },
            "Pause": {"Type": "Wait", "Seconds": PAUSE_S, "Next": "CollectDataset"},
            "Incomplete": {
                "Type": "Fail",
                "Error": "CollectionIncomplete",
                "CausePath": f"{unfinished}States.JsonToString($.report.failed))",
            },
            "Collected": {"Type": "Pass", "OutputPath": kept, "End": True},
        },
    }


def _building(parts: Parts, collected: State, following: str) -> dict[str, State]:
    """Build everything that is made of raw tables."""
    network = {
        "Subnets": list(parts.subnets),
        "SecurityGroups": [parts.security_group],
        "AssignPublicIp": "DISABLED",
    }
    plan = {"step": "models", "day.$": "$.plan.Payload.day", **collected}
    return {
        "Quality": _job(parts, parts.quality_job, {"--run.$": "$.plan.Payload.day"}, "Indicators"),
        "Indicators": _job(parts, parts.indicator_job, {}, "PlanModels"),
        "PlanModels": _planning(parts, plan, "$.models", "Models"),
        "Models": {
            "Type": "Task",
            "Resource": f"{parts.resource}ecs:runTask.sync",
            "Parameters": {
                "LaunchType": "FARGATE",
                "Cluster": parts.cluster,
                "TaskDefinition": parts.models_task,
                "NetworkConfiguration": {"AwsvpcConfiguration": network},
                "Overrides": {
                    "ContainerOverrides": [
                        {"Name": parts.models_container, "Command.$": "$.models.Payload.arguments"},
                    ]
                },
            },
            "ResultPath": None,
            "TimeoutSeconds": TIMES["models"],
            "Retry": _retry(attempts=2, interval_s=60),
            "Catch": _catch(),
            "Next": following,
        },
    }


def _job(parts: Parts, name: str, arguments: State, following: str) -> State:
    return {
        "Type": "Task",
        "Resource": f"{parts.resource}glue:startJobRun.sync",
        "Parameters": {"JobName": name, **({"Arguments": arguments} if arguments else {})},
        "ResultPath": None,
        "TimeoutSeconds": TIMES["job"],
        "Retry": [
            # Another run holds the job: it ends within its time-out.
            _retrier(["Glue.ConcurrentRunsExceededException"], attempts=20, interval_s=120),
            *_retry(attempts=2, interval_s=60),
        ],
        "Catch": _catch(),
        "Next": following,
    }


def _planning(parts: Parts, event: State, place: str, following: str | None) -> State:
    return {
        "Type": "Task",
        "Resource": f"{parts.resource}lambda:invoke",
        "Parameters": {"FunctionName": parts.planner, "Payload": event},
        "ResultPath": place,
        "TimeoutSeconds": TIMES["plan"],
        "Retry": _retry(attempts=3, interval_s=10),
        "Catch": _catch(),
        **({"End": True} if following is None else {"Next": following}),
    }


def _end(parts: Parts) -> dict[str, State]:
    """Keep the report; or tell the operators and fail with what failed."""
    message = (
        "States.Format('The run {} of history failed: {}. {} What was collected is kept; once the cause is mended, "
        "redrive the execution.', $$.Execution.Name, $.failure.Error, $.failure.Cause)"
    )
    told = {"step": "report", "run.$": "$$.Execution.Name", "state.$": "$"}
    return {
        "Report": _planning(parts, told, "$.report", None),
        TELLING: {
            "Type": "Task",
            "Resource": f"{parts.resource}sns:publish",
            "Parameters": {
                "TopicArn": parts.operators,
                "Subject": "Surveillance: a run of history failed",
                "Message.$": message,
            },
            "ResultPath": None,
            "Retry": _retry(attempts=3, interval_s=10),
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Failed"}],
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
    }


def _catch() -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": TELLING}]


def _retry(attempts: int, interval_s: int) -> list[State]:
    return [
        {"ErrorEquals": list(REFUSED), "MaxAttempts": 0},
        _retrier(["States.ALL"], attempts, interval_s),
    ]


def _retrier(errors: list[str], attempts: int, interval_s: int) -> State:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": interval_s,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": 600,
        "JitterStrategy": "FULL",
    }
