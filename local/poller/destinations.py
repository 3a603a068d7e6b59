"""On-failure destinations of stream mappings: S3 gets the records themselves, SQS and SNS only where they were."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from local.poller.mapping import Discarded


class FailureDestinations:
    """Sends what was given up where its mapping says; `clients` holds `s3`, `sqs` and `sns`."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients

    def send(self, discarded: Discarded) -> None:
        arn = discarded.settings.failure_destination
        if arn is None:
            return
        service, name = arn.split(":")[2], arn.rpartition(":")[2]
        record = invocation_record(discarded)
        if service == "s3":
            body = msgspec.json.encode(record | {"payload": {"Records": [r.event for r in discarded.records]}})
            self._clients["s3"].put_object(Bucket=name, Key=object_key(discarded), Body=body)
        elif service == "sqs":
            url = self._clients["sqs"].get_queue_url(QueueName=name)["QueueUrl"]
            self._clients["sqs"].send_message(QueueUrl=url, MessageBody=msgspec.json.encode(record).decode())
        elif service == "sns":
            self._clients["sns"].publish(TopicArn=arn, Message=msgspec.json.encode(record).decode())
        else:
            raise ValueError(f"an on-failure destination of {service} is not supported: {arn}")


def object_key(discarded: Discarded) -> str:
    """Name the object as Lambda does."""
    now = datetime.datetime.now(datetime.UTC)
    folder = f"aws/lambda/{discarded.settings.identifier}/{discarded.shard_id}/{now:%Y/%m/%d}"
    return f"{folder}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def invocation_record(discarded: Discarded) -> dict[str, Any]:
    """Give the description of a batch that Lambda sends to every kind of destination."""
    first, last = discarded.records[0], discarded.records[-1]
    kinesis = ":kinesis:" in discarded.settings.source_arn
    batch = {
        "shardId": discarded.shard_id,
        "startSequenceNumber": first.sequence_number,
        "endSequenceNumber": last.sequence_number,
        "approximateArrivalOfFirstRecord": _stamp(first.arrived_at),
        "approximateArrivalOfLastRecord": _stamp(last.arrived_at),
        "batchSize": len(discarded.records),
        "streamArn": discarded.settings.source_arn,
    }
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": discarded.settings.function_name,
            "condition": discarded.condition,
            "approximateInvokeCount": discarded.invocations,
        },
        "version": "1.0",
        "timestamp": _stamp(datetime.datetime.now(datetime.UTC).timestamp()),
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": batch,
    }
    if discarded.error is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
            "errorType": discarded.error.error_type,
            "errorMessage": discarded.error.message,
        }
    return record


def _stamp(seconds: float) -> str:
    return (
        datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
