"""The tables and the bucket as infra declares them, made in moto; and an alert to put there."""

from typing import Any

import boto3
from surveillance.alerts import Alert, Completeness, identifier

REGION = "eu-west-1"
BUCKET = "lanes"


def make_tables() -> Any:
    dynamodb = boto3.client("dynamodb", REGION)
    for table, key, kind in (("checkpoints", "lane", "N"), ("leases", "feed", "S"), ("metrics", "instrument", "S")):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamodb.create_table(
        TableName="alerts",
        KeySchema=[{"AttributeName": "alert_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "alert_id", "AttributeType": "S"},
            {"AttributeName": "announcement", "AttributeType": "S"},
            {"AttributeName": "detected_ts", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_announcement",
                "KeySchema": [
                    {"AttributeName": "announcement", "KeyType": "HASH"},
                    {"AttributeName": "detected_ts", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return dynamodb


def make_bucket() -> Any:
    objects = boto3.client("s3", REGION)
    objects.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return objects


def alert(name: str = "one", revision: int = 1, severity: str = "medium", **changes: Any) -> Alert:
    fields: dict[str, Any] = {
        "alert_id": identifier(name),
        "episode_key": identifier("key", name),
        "revision": revision,
        "rule": "quote_stuffing",
        "rule_version": 1,
        "parameters_hash": "0123456789ab",
        "severity": severity,
        "score": 1.0,
        "symbol": "AAPL",
        "venue": "XNAS",
        "accounts": ["A-1"],
        "candidate": False,
        "data_tier": 2,
        "start_ts": 1_700_000_000_123_456_789,
        "end_ts": 1_700_000_001_123_456_789,
        "detected_ts": 1_700_000_000_623_456_789,
        "order_ids": ["o1", "o2"],
        "trade_ids": [],
        "order_count": 2,
        "trade_count": 0,
        "metrics": {"messages": 812.0, "share": 0.1 + 0.2},
        "thresholds": {"messages": 500.0},
        "baselines": {},
        "completeness": Completeness(gaps=1),
        "explanation": "1. It sent 812 messages in 1.0 s (10:00). 2. Usual are 40. 3. None traded. 4. This ends it.",
    }
    return Alert(**(fields | changes))
