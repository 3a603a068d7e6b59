"""The one change between a template for AWS and the same template here: a case a type.

What the emulator would do badly is switched off and played by a process of ours; what it does not have is left out
together with what refers to it. The template stays the only source: our processes read their settings back from what
was deployed.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from local.outbox import PROTOCOLS, queue_name

Resource = dict[str, Any]
Template = dict[str, Any]

SOURCE_TAG = "local:source"
ASSET_TAG = "local:asset"
ADDRESS_TAG = "local:address"
PROTOCOL_TAG = "local:protocol"
RUNTIME = "python3.12"
"""Named only because a zip function must name one; our processes run this interpreter."""

MISSING = {
    "AWS::EC2::EIP": "no addresses here",
    "AWS::EC2::NatGateway": "no network here",
    "AWS::EC2::FlowLog": "no network here",
    "AWS::EC2::SecurityGroupEgress": "no network here",
    "AWS::EC2::SecurityGroupIngress": "no network here",
    "AWS::CloudWatch::CompositeAlarm": "not in the emulator",
    "AWS::CloudWatch::AnomalyDetector": "not in the emulator",
    "AWS::Glue::SecurityConfiguration": "not in the emulator",
    "AWS::ApplicationAutoScaling::ScalableTarget": "not in the emulator",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "not in the emulator",
    "AWS::Lambda::EventInvokeConfig": "asynchronous invocations are played by the poller",
    "AWS::Chatbot::SlackChannelConfiguration": "not in the emulator",
}
MISSING_FAMILIES = {"AWS::QuickSight::": "not in the emulator", "Custom::": "custom resources are not run"}


class Transformed(msgspec.Struct):
    """A template for the emulator, and what was left out of it: logical id -> type and reason."""

    template: Template
    left_out: dict[str, str]


class Asset(msgspec.Struct, frozen=True):
    """A folder of code; for an image also what its Dockerfile starts."""

    name: str
    folder: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()


class Context(msgspec.Struct, frozen=True):
    """What the cases need to know: the stack's name, the assets by hash, and the bucket that holds their zips."""

    stack: str
    assets: Mapping[str, Asset]
    bucket: str


def transform(template: Template, context: Context) -> Transformed:
    """Give the template as the emulator is to deploy it; the original is not touched."""
    changed = copy.deepcopy(template)
    resources: dict[str, Resource] = changed.get("Resources", {})
    for resource in resources.values():
        if resource["Type"] == "AWS::Glue::Job":
            resource["Properties"].pop("SecurityConfiguration", None)
    left_out = _leave_out(resources)
    for logical_id, resource in list(resources.items()):
        change = CASES.get(resource["Type"])
        if change is not None:
            resources.update(change(logical_id, resource, context))
    gone = set(left_out)
    for resource in resources.values():
        _prune_dependencies(resource, gone)
    outputs = changed.get("Outputs", {})
    changed["Outputs"] = {name: output for name, output in outputs.items() if not _references(output) & gone}
    changed.pop("Rules", None)
    return Transformed(changed, left_out)


def _event_source_mapping(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    resource["Properties"]["Enabled"] = False
    return {}


def _delivery_stream(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    properties = resource["Properties"]
    source = properties.pop("KinesisStreamSourceConfiguration", None)
    if source is not None:
        properties["DeliveryStreamType"] = "DirectPut"
        _tag(properties, SOURCE_TAG, source["KinesisStreamARN"])
    return {}


def _function(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    properties = resource["Properties"]
    code = properties.get("Code", {})
    if "ImageUri" in code:
        asset = _asset_in(code["ImageUri"], context)
        command = properties.pop("ImageConfig", {}).get("Command") or asset.command
        properties.pop("PackageType", None)
        properties["Code"] = {"S3Bucket": context.bucket, "S3Key": f"{asset.name}.zip"}
        properties["Handler"] = command[0]
        properties["Runtime"] = RUNTIME
    elif "S3Key" in code:
        asset = _asset_in(code["S3Key"], context)
    else:
        return {}
    _tag(properties, ASSET_TAG, asset.name)
    return {}


def _subscription(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    properties = resource["Properties"]
    protocol = properties["Protocol"]
    if protocol not in PROTOCOLS:
        return {}
    queue_id, policy_id = f"{logical_id}Outbox", f"{logical_id}OutboxPolicy"
    queue_arn = {"Fn::GetAtt": [queue_id, "Arn"]}
    tags = [
        {"Key": ADDRESS_TAG, "Value": properties["Endpoint"]},
        {"Key": PROTOCOL_TAG, "Value": protocol},
    ]
    queue: Resource = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": queue_name(protocol, context.stack, logical_id),
            "MessageRetentionPeriod": 1209600,
            "Tags": tags,
        },
    }
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    policy: Resource = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": queue_id}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
        },
    }
    properties["Protocol"] = "sqs"
    properties["Endpoint"] = queue_arn
    for name in ("DeliveryPolicy", "RedrivePolicy", "Region"):
        properties.pop(name, None)
    depends = resource.get("DependsOn", [])
    resource["DependsOn"] = [*([depends] if isinstance(depends, str) else depends), policy_id]
    return {queue_id: queue, policy_id: policy}


def _schedule(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    resource["Properties"]["State"] = "DISABLED"
    return {}


def _service(logical_id: str, resource: Resource, context: Context) -> dict[str, Resource]:
    resource["Properties"]["DesiredCount"] = 0
    return {}


Case = Callable[[str, Resource, Context], dict[str, Resource]]
CASES: dict[str, Case] = {
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::KinesisFirehose::DeliveryStream": _delivery_stream,
    "AWS::Lambda::Function": _function,
    "AWS::SNS::Subscription": _subscription,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::ECS::Service": _service,
}
"""Each changes a resource in place and gives the resources to add."""


def _asset_in(location: Any, context: Context) -> Asset:
    text = msgspec.json.encode(location).decode()
    for digest, asset in context.assets.items():
        if digest in text:
            return asset
    raise ValueError(f"{context.stack}: no asset for the code at {text}")


def _tag(properties: Resource, key: str, value: Any) -> None:
    properties["Tags"] = [*properties.get("Tags", []), {"Key": key, "Value": value}]


def _leave_out(resources: dict[str, Resource]) -> dict[str, str]:
    """Take out what is missing and, again and again, what can't stand without it."""
    left_out: dict[str, str] = {}
    for logical_id, resource in resources.items():
        reason = _missing(resource)
        if reason is not None:
            left_out[logical_id] = f"{resource['Type']}: {reason}"
    while True:
        gone = set(left_out)
        dependants = {
            logical_id: f"{resource['Type']}: refers to {', '.join(sorted(_references(resource['Properties']) & gone))}"
            for logical_id, resource in resources.items()
            if logical_id not in gone and _references(resource.get("Properties", {})) & gone
        }
        if not dependants:
            break
        left_out.update(dependants)
    for logical_id in left_out:
        del resources[logical_id]
    return left_out


def _missing(resource: Resource) -> str | None:
    kind: str = resource["Type"]
    if kind == "AWS::CloudWatch::Alarm" and "Metrics" in resource.get("Properties", {}):
        return "metric mathematics is not in the emulator"
    for family, reason in MISSING_FAMILIES.items():
        if kind.startswith(family):
            return reason
    return MISSING.get(kind)


def _references(value: Any) -> set[str]:
    """Give the logical ids that a value refers to by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        return set().union(*map(_references, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, part in value.items():
        if key == "Ref":
            found.add(part)
        elif key == "Fn::GetAtt":
            found.add(part[0] if isinstance(part, list) else part.split(".")[0])
        elif key == "Fn::Sub":
            text = part if isinstance(part, str) else part[0]
            found |= {piece.split("}")[0].split(".")[0] for piece in text.split("${")[1:]}
            found |= _references(part[1]) if isinstance(part, list) else set()
        else:
            found |= _references(part)
    return found


def _prune_dependencies(resource: Resource, gone: set[str]) -> None:
    depends = resource.pop("DependsOn", [])
    kept = [name for name in ([depends] if isinstance(depends, str) else depends) if name not in gone]
    if kept:
        resource["DependsOn"] = kept
