"""Stored data is encrypted with our key, reached over TLS only, kept unless two switches agree, granted by name."""

import json
from typing import Any

import pytest

from tests.infra.assembly import Assembly

STORES = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Kinesis::Stream", "AWS::KMS::Key", "AWS::SQS::Queue")
LOG_DELIVERY = {
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
}
TRACING = {
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
}
WITHOUT_RESOURCES = {"ecr:GetAuthorizationToken", *TRACING, *LOG_DELIVERY}
DERIVED = {"bars*", "quality_report*", "quality_profile*", "indicators*", "indicator_state*", "events*", "marts/*"}
"""What Spark and dbt make of raw tables, and make anew, below history."""


def is_ours(key: Any) -> bool:
    return "ExportsOutputFnGetAttKey" in json.dumps(key) or "Key961B73FD" in json.dumps(key)


def test_stores_are_encrypted_with_our_key(production: Assembly) -> None:
    for name, bucket in production.resources("AWS::S3::Bucket").items():
        (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        default = rule["ServerSideEncryptionByDefault"]
        assert "AccessLogs" in name or is_ours(default["KMSMasterKeyID"]), name
    for table in production.resources("AWS::DynamoDB::Table").values():
        assert is_ours(table["Properties"]["SSESpecification"]["KMSMasterKeyId"])
    assert is_ours(production.one("AWS::Kinesis::Stream")["StreamEncryption"]["KeyId"])
    for queue in production.resources("AWS::SQS::Queue").values():
        assert is_ours(queue["Properties"]["KmsMasterKeyId"])
    for topic in production.resources("AWS::SNS::Topic").values():
        assert is_ours(topic["Properties"]["KmsMasterKeyId"])
    for logs in production.resources("AWS::Logs::LogGroup").values():
        assert is_ours(logs["Properties"]["KmsKeyId"])
    for function in production.resources("AWS::Lambda::Function").values():
        assert is_ours(function["Properties"]["KmsKeyArn"])


def test_our_key_rotates(production: Assembly) -> None:
    assert production.one("AWS::KMS::Key")["EnableKeyRotation"] is True


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        ("AWS::S3::BucketPolicy", "AWS::S3::Bucket"),
        ("AWS::SQS::QueuePolicy", "AWS::SQS::Queue"),
        ("AWS::SNS::TopicPolicy", "AWS::SNS::Topic"),
    ],
)
def test_requests_without_tls_are_denied(production: Assembly, policy: str, kind: str) -> None:
    policies = production.resources(policy)
    assert len(policies) == len(production.resources(kind)) > 0
    for found in policies.values():
        denials = [s for s in found["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert any(s["Condition"].get("Bool", {}).get("aws:SecureTransport") == "false" for s in denials)


def test_buckets_are_private(production: Assembly) -> None:
    for bucket in production.resources("AWS::S3::Bucket").values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_our_statements_name_their_actions(production: Assembly) -> None:
    for name, statement in production.statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action], name


def test_our_statements_name_their_resources(production: Assembly) -> None:
    for name, statement in production.statements():
        if statement["Resource"] == "*":
            actions = statement["Action"]
            assert set(actions if isinstance(actions, list) else [actions]) <= WITHOUT_RESOURCES, name


def test_no_role_carries_a_managed_policy(production: Assembly) -> None:
    assert not [
        n for n, r in production.resources("AWS::IAM::Role").items() if r["Properties"].get("ManagedPolicyArns")
    ]


def test_only_the_announcers_may_publish(production: Assembly) -> None:
    publishers = {
        name for name, statement in production.statements() if "sns:Publish" in json.dumps(statement["Action"])
    }
    assert {name.partition("/")[2][:11] for name in publishers} == {"NotifyAlert", "CheckFeedsE", "FlowRoleDef"}


def test_nobody_deletes_data_that_can_not_be_made_again(production: Assembly) -> None:
    for name, statement in production.statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        deleting = {action for action in actions if "Delete" in action} - LOG_DELIVERY
        if {action for action in deleting if action.startswith("glue:")} == deleting:
            marts = [place for place in map(json.dumps, statement["Resource"]) if ":table/" in place]
            assert not deleting or all("surveillance_production_marts/*" in place for place in marts), name
        elif deleting == {"s3:DeleteObject"}:
            assert name.startswith("history/")
            assert {place["Fn::Join"][1][1].removeprefix("/history/") for place in listed(statement)} <= DERIVED, name
        else:
            own_marks = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["watch/*"]}}
            assert statement["Condition"] == own_marks, name


def listed(statement: dict[str, Any]) -> list[dict[str, Any]]:
    found = statement["Resource"]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("kind", STORES)
def test_data_outlives_its_stack_in_production(production: Assembly, kind: str) -> None:
    for name, resource in production.resources(kind).items():
        assert resource["DeletionPolicy"] == "Retain", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


@pytest.mark.parametrize("kind", STORES)
def test_data_goes_with_its_stack_when_both_switches_agree(laptop: Assembly, kind: str) -> None:
    for name, resource in laptop.resources(kind).items():
        assert resource["DeletionPolicy"] == "Delete", name


def test_tables_can_be_restored_to_any_second(production: Assembly) -> None:
    for table in production.resources("AWS::DynamoDB::Table").values():
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["Properties"]["DeletionProtectionEnabled"] is True
