"""The template for the emulator differs from that for AWS only where it must, and nothing dangles."""

import copy
from typing import Any

import pytest

from local.outbox import protocol_of_queue
from local.templates import Asset, Context, transform

DIGEST = "0123456789abcdef"
CONTEXT = Context("stack", {DIGEST: Asset(DIGEST, "/folder", ("handler.handle",))}, "bucket")


def changed(**resources: Any) -> dict[str, Any]:
    result: dict[str, Any] = transform({"Resources": resources}, CONTEXT).template["Resources"]
    return result


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def test_a_template_of_other_types_is_unchanged() -> None:
    template = {"Resources": {"Table": resource("AWS::DynamoDB::Table", TableName="t")}, "Outputs": {}}
    before = copy.deepcopy(template)
    assert transform(template, CONTEXT).template == before
    assert template == before


def test_mappings_schedules_and_services_are_switched_off() -> None:
    resources = changed(
        M=resource("AWS::Lambda::EventSourceMapping", BatchSize=7),
        S=resource("AWS::Scheduler::Schedule", State="ENABLED"),
        E=resource("AWS::ECS::Service", DesiredCount=1),
    )
    assert resources["M"]["Properties"] == {"BatchSize": 7, "Enabled": False}
    assert resources["S"]["Properties"]["State"] == "DISABLED"
    assert resources["E"]["Properties"]["DesiredCount"] == 0


def test_a_delivery_stream_keeps_its_source_as_a_tag() -> None:
    source = {"Fn::GetAtt": ["Stream", "Arn"]}
    stream = resource(
        "AWS::KinesisFirehose::DeliveryStream",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": source, "RoleARN": "r"},
        ExtendedS3DestinationConfiguration={"Prefix": "p/"},
    )
    properties = changed(F=stream)["F"]["Properties"]
    assert properties == {
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {"Prefix": "p/"},
        "Tags": [{"Key": "local:source", "Value": source}],
    }


@pytest.mark.parametrize("command", [{"Command": ["handler.handle"]}, {}], ids=["named", "from the Dockerfile"])
def test_an_image_function_becomes_a_zip_of_its_folder(command: dict[str, Any]) -> None:
    uri = {"Fn::Sub": f"${{AWS::AccountId}}.dkr.ecr/assets:{DIGEST}"}
    function = resource(
        "AWS::Lambda::Function", PackageType="Image", Code={"ImageUri": uri}, ImageConfig=command, Timeout=9
    )
    properties = changed(F=function)["F"]["Properties"]
    assert properties["Code"] == {"S3Bucket": "bucket", "S3Key": f"{DIGEST}.zip"}
    assert properties["Handler"] == "handler.handle"
    assert properties["Timeout"] == 9
    assert properties["Tags"] == [{"Key": "local:asset", "Value": DIGEST}]
    assert not {"PackageType", "ImageConfig"} & set(properties)


def test_code_without_an_asset_is_refused() -> None:
    with pytest.raises(ValueError, match="no asset"):
        changed(F=resource("AWS::Lambda::Function", Code={"ImageUri": "somewhere:else"}))


def test_people_become_queues_with_the_same_filter_and_machines_stay() -> None:
    policy = {"severity": ["high"]}
    resources = changed(
        Email=resource("AWS::SNS::Subscription", Protocol="email", Endpoint="a@b.c", TopicArn="t", FilterPolicy=policy),
        Queue=resource("AWS::SNS::Subscription", Protocol="sqs", Endpoint="arn", TopicArn="t"),
    )
    subscription = resources["Email"]["Properties"]
    assert subscription["Protocol"] == "sqs"
    assert subscription["FilterPolicy"] == policy
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["EmailOutbox", "Arn"]}
    queue = resources["EmailOutbox"]["Properties"]
    assert protocol_of_queue(queue["QueueName"]) == "email"
    assert {"Key": "local:address", "Value": "a@b.c"} in queue["Tags"]
    assert resources["Queue"]["Properties"]["Endpoint"] == "arn"


def test_what_is_missing_goes_with_all_that_refers_to_it() -> None:
    transformed = transform(
        {
            "Resources": {
                "Gateway": resource("AWS::EC2::NatGateway"),
                "Route": resource("AWS::EC2::Route", NatGatewayId={"Ref": "Gateway"}),
                "Far": resource("AWS::SSM::Parameter", Value={"Fn::Sub": "${Route}!"}),
                "Subnet": {**resource("AWS::EC2::Subnet"), "DependsOn": ["Gateway", "Vpc"]},
                "Vpc": {**resource("AWS::EC2::VPC"), "DependsOn": "Gateway"},
            },
            "Outputs": {"Gone": {"Value": {"Fn::GetAtt": ["Gateway", "Id"]}}, "Kept": {"Value": {"Ref": "Vpc"}}},
        },
        CONTEXT,
    )
    assert transformed.left_out == {
        "Gateway": "AWS::EC2::NatGateway: no network here",
        "Route": "AWS::EC2::Route: refers to Gateway",
        "Far": "AWS::SSM::Parameter: refers to Route",
    }
    assert set(transformed.template["Outputs"]) == {"Kept"}
    assert transformed.template["Resources"]["Subnet"]["DependsOn"] == ["Vpc"]
    assert "DependsOn" not in transformed.template["Resources"]["Vpc"]
