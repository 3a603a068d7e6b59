"""AWS in memory: real boto3 clients on moto for leases, quarantine and keys; Kinesis is `fake_aws.FakeKinesis`."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

REGION = "eu-west-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Give clients by service, with the table `leases` and the bucket `lanes`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients = {name: boto3.client(name, region_name=REGION) for name in ("dynamodb", "s3", "secretsmanager")}
        clients["dynamodb"].create_table(
            TableName="leases",
            KeySchema=[{"AttributeName": "feed", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "feed", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        clients["s3"].create_bucket(Bucket="lanes", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield clients
