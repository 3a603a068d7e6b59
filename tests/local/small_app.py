"""A cloud assembly written by hand, with one of each resource type that the local runtime plays.

The handlers are told by their data what to do: `detect` appends what it is given to a journal; a line with "raise",
"fail", "sleep" or "exit" makes it misbehave, with "once" only the first time; "alert" writes an item. `notify`
announces items, `land` copies them to the lake.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

DETECT = """
import base64, json, os, time
import boto3

table = boto3.client("dynamodb")
handled = 0

def handle(event, context):
    global handled
    handled += 1
    seen = open(os.environ["JOURNAL"]).read() if os.path.exists(os.environ["JOURNAL"]) else ""
    failures = []
    for record in event["Records"]:
        sequence = record["kinesis"]["sequenceNumber"]
        for line in base64.b64decode(record["kinesis"]["data"]).splitlines():
            try:
                item = json.loads(line)
            except ValueError:
                continue
            entry = {"n": item.get("number"), "lane": record["kinesis"]["partitionKey"], "pid": os.getpid(),
                     "handled": handled, "left_ms": context.get_remaining_time_in_millis(),
                     "shard": record["eventID"].split(":")[0], "request": context.aws_request_id}
            again = item.get("once") and ('"n": %s,' % item["number"]) in seen
            with open(os.environ["JOURNAL"], "a") as journal:
                journal.write(json.dumps(entry) + "\\n")
            if again:
                continue
            if item.get("sleep"):
                time.sleep(item["sleep"])
            if item.get("exit"):
                os._exit(3)
            if item.get("raise"):
                raise RuntimeError("told to")
            if item.get("fail"):
                failures.append({"itemIdentifier": sequence})
            if item.get("alert"):
                table.put_item(TableName=os.environ["ALERT_TABLE"],
                               Item={"alert_id": {"S": item["alert"]}, "score": {"N": "0.5"}})
    return {"batchItemFailures": failures}
"""
NOTIFY = """
import json, os
import boto3

topic = boto3.client("sns")

def handle(event, context):
    if event.get("sweep"):
        alerts = ["sweep"]
    else:
        alerts = [record["dynamodb"]["Keys"]["alert_id"]["S"] for record in event["Records"]]
    for alert in alerts:
        message = {"default": "machine " + alert, "email": "Dear analyst, " + alert, "sms": "short " + alert}
        topic.publish(TopicArn=os.environ["ALERT_TOPIC_ARN"], Subject="Alert " + alert, Message=json.dumps(message),
                      MessageStructure="json",
                      MessageAttributes={"severity": {"DataType": "String",
                                                      "StringValue": "high" if alert.startswith("h") else "low"}})
"""
LAND = """
import json, os
import boto3

firehose = boto3.client("firehose")

def handle(event, context):
    lines = [{"alert_id": record["dynamodb"]["Keys"]["alert_id"]["S"], "metrics": {"score": 0.5}, "list": ["a"],
              "completeness": {"gaps": 1}} for record in event["Records"]]
    firehose.put_record_batch(DeliveryStreamName=os.environ["ALERT_DELIVERY_STREAM"],
                              Records=[{"Data": json.dumps(line).encode() + b"\\n"} for line in lines])
"""
SERVICE = """
import json, os, signal, sys, time

def stop(number, frame):
    with open(os.environ["JOURNAL"] + ".service", "a") as journal:
        journal.write("stopped\\n")
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
with open(os.environ["JOURNAL"] + ".service", "a") as journal:
    journal.write(json.dumps({"stream": os.environ["EVENT_STREAM"], "pid": os.getpid()}) + "\\n")
while True:
    time.sleep(0.05)
"""

EVENT_COLUMNS = (
    ("producer", "string"), ("number", "bigint"), ("symbol", "string"), ("price", "double"),
    ("hidden", "boolean"), ("conditions", "array<string>"), ("lane", "int"),
)  # fmt: skip
ALERT_COLUMNS = (
    ("alert_id", "string"), ("metrics", "map<string,double>"), ("list", "array<string>"),
    ("completeness", "struct<gaps:bigint>"),
)  # fmt: skip
HOUR = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
ROLE = "arn:aws:iam::000000000000:role/local"


def write_assembly(folder: Path, journal: Path, shards: int = 2) -> Path:
    """Write the assembly into a folder; give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    zips = {name: _asset(folder, {"handler.py": code}) for name, code in (("notify", NOTIFY), ("land", LAND))}
    image = _asset(folder, {"handler.py": DETECT, "Dockerfile": 'FROM scratch\nCMD ["handler.handle"]\n'})
    service = _asset(
        folder,
        {"playing/__main__.py": SERVICE, "playing/__init__.py": "", "Dockerfile": 'CMD ["python", "-m", "playing"]\n'},
    )
    base, top = "small-base", "small-top"
    manifest = {
        "artifacts": {
            top: _stack_artifact(top, [base, f"{top}.assets"]),
            base: _stack_artifact(base, []),
            f"{top}.assets": {"type": "cdk:asset-manifest", "properties": {"file": f"{top}.assets.json"}},
        }
    }
    assets = {
        "files": {digest: {"source": {"path": f"asset.{digest}", "packaging": "zip"}} for digest in zips.values()},
        "dockerImages": {digest: {"source": {"directory": f"asset.{digest}"}} for digest in (image, service)},
    }
    _write(folder / "manifest.json", manifest)
    _write(folder / f"{top}.assets.json", assets)
    _write(folder / f"{base}.json", {"Resources": _base(shards), "Outputs": _exports()})
    _write(folder / f"{top}.json", {"Resources": _top(zips, image, service, journal), "Parameters": _parameters()})
    return folder


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def _asset(folder: Path, files: dict[str, str]) -> str:
    digest = sha256(json.dumps(files).encode()).hexdigest()
    for name, text in files.items():
        path = folder / f"asset.{digest}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return digest


def _stack_artifact(name: str, dependencies: list[str]) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": f"{name}.json", "stackName": name},
        "dependencies": dependencies,
    }


def _parameters() -> dict[str, Any]:
    default = "/cdk-bootstrap/hnb659fds/version"
    return {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": default}}


def _base(shards: int) -> dict[str, Any]:
    keys = {
        "KeySchema": [{"AttributeName": "alert_id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "alert_id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    return {
        "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": shards}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": keys},
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Lanes": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "small"}},
        },
        "Events": _glue_table("events", EVENT_COLUMNS),
        "Alerts": _glue_table("alerts", ALERT_COLUMNS),
        "EventDelivery": _delivery("events", {"Fn::GetAtt": ["Stream", "Arn"]}),
        "AlertDelivery": _delivery("alerts", None),
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
        "Email": _subscription("email", "analyst@example.com", None),
        "Phone": _subscription("sms", "+491701234567", {"severity": ["high"]}),
        "Hook": _subscription("https", "https://example.com/hook", None),
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {}},
        "Gateway": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {"AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}, "SubnetId": "subnet-1"},
        },
    }


def _glue_table(name: str, columns: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    storage = {"Columns": [{"Name": column, "Type": kind} for column, kind in columns], "Location": "s3://lake/"}
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Database"},
            "TableInput": {"Name": name, "StorageDescriptor": storage},
        },
    }


def _delivery(table: str, source: Any) -> dict[str, Any]:
    conversion = {
        "Enabled": True,
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY"}}},
        "SchemaConfiguration": {"DatabaseName": {"Ref": "Database"}, "TableName": table, "RoleARN": ROLE},
    }
    properties: dict[str, Any] = {
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "BucketARN": {"Fn::GetAtt": ["Lake", "Arn"]},
            "RoleARN": ROLE,
            "Prefix": f"{table}/{HOUR}",
            "ErrorOutputPrefix": f"{table}-errors/!{{firehose:error-output-type}}/{HOUR}",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "DataFormatConversionConfiguration": conversion,
        },
    }
    if source is not None:
        properties["DeliveryStreamType"] = "KinesisStreamAsSource"
        properties["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": source, "RoleARN": ROLE}
    return {"Type": "AWS::KinesisFirehose::DeliveryStream", "Properties": properties}


def _subscription(protocol: str, endpoint: str, policy: Any) -> dict[str, Any]:
    properties = {"TopicArn": {"Ref": "Topic"}, "Protocol": protocol, "Endpoint": endpoint}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties | ({"FilterPolicy": policy} if policy else {})}


EXPORTED = {
    "Stream": ["Stream", "Arn"],
    "TableStream": ["Table", "StreamArn"],
    "LanesArn": ["Lanes", "Arn"],
}
NAMED = {
    "StreamName": "Stream",
    "TableName": "Table",
    "TopicArn": "Topic",
    "AlertDelivery": "AlertDelivery",
    "Lanes": "Lanes",
}


def _exports() -> dict[str, Any]:
    outputs = {name: {"Fn::GetAtt": place} for name, place in EXPORTED.items()}
    outputs |= {f"{name}Ref": {"Ref": place} for name, place in NAMED.items()}
    gone = {"GatewayId": {"Value": {"Ref": "Gateway"}}}
    return gone | {name: {"Value": value, "Export": {"Name": f"small:{name}"}} for name, value in outputs.items()}


def _imported(name: str) -> dict[str, str]:
    return {"Fn::ImportValue": f"small:{name}"}


def _top(zips: dict[str, str], image: str, service: str, journal: Path) -> dict[str, Any]:
    container = {
        "Name": "playing",
        "Image": {"Fn::Sub": f"${{AWS::AccountId}}.dkr.ecr.${{AWS::Region}}.${{AWS::URLSuffix}}/assets:{service}"},
        "Environment": [
            {"Name": "EVENT_STREAM", "Value": _imported("StreamNameRef")},
            {"Name": "JOURNAL", "Value": str(journal)},
        ],
    }
    return {
        "Detect": _image_function(image, {"ALERT_TABLE": _imported("TableNameRef"), "JOURNAL": str(journal)}),
        "Notify": _zip_function(zips["notify"], {"ALERT_TOPIC_ARN": _imported("TopicArnRef")}),
        "Land": _zip_function(zips["land"], {"ALERT_DELIVERY_STREAM": _imported("AlertDeliveryRef")}),
        "DetectMapping": _mapping(
            "Detect",
            "Stream",
            {
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": 2,
                "DestinationConfig": {"OnFailure": {"Destination": _imported("LanesArn")}},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        ),
        "NotifyMapping": _mapping("Notify", "TableStream", {}),
        "LandMapping": _mapping("Land", "TableStream", {}),
        "Sweep": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": {"Fn::GetAtt": ["Notify", "Arn"]}, "RoleArn": ROLE, "Input": '{"sweep": true}'},
            },
        },
        "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {}},
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {"Family": "playing", "ContainerDefinitions": [container], "Cpu": "256", "Memory": "512"},
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}, "DesiredCount": 1},
        },
    }


def _image_function(digest: str, environment: dict[str, Any]) -> dict[str, Any]:
    uri = f"${{AWS::AccountId}}.dkr.ecr.${{AWS::Region}}.${{AWS::URLSuffix}}/assets:{digest}"
    properties = {
        "PackageType": "Image",
        "Code": {"ImageUri": {"Fn::Sub": uri}},
        "ImageConfig": {"Command": ["handler.handle"]},
        "Timeout": 2,
        "MemorySize": 512,
        "Role": ROLE,
        "Environment": {"Variables": environment},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _zip_function(digest: str, environment: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "Code": {
            "S3Bucket": {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"},
            "S3Key": f"{digest}.zip",
        },
        "Handler": "handler.handle",
        "Runtime": "python3.13",
        "Timeout": 10,
        "Role": ROLE,
        "Environment": {"Variables": environment},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _mapping(function: str, source: str, more: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "FunctionName": {"Ref": function},
        "EventSourceArn": _imported(source),
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        **more,
    }
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}
