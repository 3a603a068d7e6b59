"""Runs ministack with seven changes that its version 1.5.33 needs; another version runs as it is.

1. Kinesis keeps every payload for ever: beyond a budget the oldest are blanked, which readers count as lost.
2. Kinesis walks all records and all iterators on every call: once a second is enough.
3. Kinesis decodes each payload twice when it comes and once whenever it is read: it stays base64 text.
4. Firehose makes an object, and a Parquet file, of every single record: records go to a spool that our lander reads.
5. Kinesis numbers begin with zeros, which AWS's do not.
6. Every request passes a general dispatch, which costs more than most answers: streams and tables have a front.
7. SNS gives a queue the queue's text: an outbox queue gets the text of the protocol that it stands for.
"""

import contextvars
import functools
import json
import os
import struct
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from local.emulator_faults import FaultSource, failing
from local.emulator_front import Answer, Front, install
from local.lifeline import end_with_parent
from local.outbox import protocol_of_queue

KNOWN_VERSION = "1.5.33"
ITERATOR_EXPIRY_SECONDS = 60
LARGEST_RECORD_BYTES = 1 << 20
LARGEST_REQUEST_BYTES = 5 << 20
THROTTLED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "told to"}
BLANK = {"SequenceNumber": "", "ApproximateArrivalTimestamp": 0.0, "Data": "", "PartitionKey": ""}


def number_as_aws(kinesis: Any) -> None:
    """Let no sequence number begin with a zero, so that it survives being read as a number."""
    following = kinesis._next_sequence_number
    kinesis._next_sequence_number = lambda: f"4{following()[1:]}"


def bound_kinesis(kinesis: Any, budget_bytes: int) -> None:
    """Replace the expiry of records and iterators; record lists keep their length, because iterators are positions."""
    kinesis.ITERATOR_EXPIRY_SECONDS = ITERATOR_EXPIRY_SECONDS
    expire_iterators, last = kinesis._expire_iterators, [0.0]

    def expire_iterators_each_second() -> None:
        if time.monotonic() - last[0] > 1:
            last[0] = time.monotonic()
            expire_iterators()

    def expire_records(stream: dict[str, Any]) -> None:
        shards = [shard for shard in stream["shards"].values() if shard["records"]]
        for shard in shards:
            for record in shard["records"][shard.get("counted", 0) :]:
                stream["held_bytes"] = stream.get("held_bytes", 0) + len(record["Data"])
            shard["counted"] = len(shard["records"])
        while stream.get("held_bytes", 0) > budget_bytes:
            held = [shard for shard in shards if shard.get("blanked", 0) < len(shard["records"])]
            oldest = min(held, key=lambda shard: shard["records"][shard.get("blanked", 0)]["SequenceNumber"])
            place = oldest.get("blanked", 0)
            stream["held_bytes"] -= len(oldest["records"][place]["Data"])
            oldest["records"][place] = BLANK
            oldest["blanked"] = place + 1

    kinesis._expire_iterators = expire_iterators_each_second
    kinesis._expire_records = expire_records


class PutRecord(msgspec.Struct, rename="pascal"):
    """One record of PutRecords, its payload as base64 text."""

    data: str
    partition_key: str
    explicit_hash_key: str | None = None


class PutRequest(msgspec.Struct, rename="pascal"):
    """PutRecords by name of the stream, as boto3 asks."""

    stream_name: str
    records: list[PutRecord]


class GetRequest(msgspec.Struct, rename="pascal"):
    """GetRecords."""

    shard_iterator: str
    limit: int = 10_000


def spare_decoding(kinesis: Any, faults: FaultSource) -> None:
    """Take records as they come, and write answers from them, leaving whatever is unusual to the original."""
    usual = kinesis.handle_request
    put_decoder, get_decoder = msgspec.json.Decoder(PutRequest), msgspec.json.Decoder(GetRequest)

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, str]) -> Any:
        try:
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            if operation == "GetRecords":
                answered = get_text(get_decoder.decode(body))
            else:
                answered = put_text(put_decoder.decode(body)) if operation == "PutRecords" else None
        except msgspec.DecodeError:
            answered = None
        return answered or await usual(method, path, headers, body, query)

    def put_text(request: PutRequest) -> Any:
        stream = kinesis._streams.get(request.stream_name)
        records = request.records
        if not stream or stream["StreamStatus"] != "ACTIVE" or not 0 < len(records) <= 500:
            return None
        sizes = [len(record.data) * 3 // 4 + len(record.partition_key) for record in records]
        if max(sizes) > LARGEST_RECORD_BYTES or sum(sizes) > LARGEST_REQUEST_BYTES:
            return None
        kinesis._expire_iterators()
        kinesis._expire_records(stream)
        added = [THROTTLED if faults.record() else append(stream, record) for record in records]
        return answer({"FailedRecordCount": sum(one is THROTTLED for one in added), "Records": added})

    def append(stream: dict[str, Any], record: PutRecord) -> dict[str, str]:
        key = record.explicit_hash_key
        place = int(key) if key else kinesis._partition_key_to_hash(record.partition_key)
        shard_id = kinesis._route_to_shard(place, stream)
        held = {
            "SequenceNumber": kinesis._next_sequence_number(),
            "ApproximateArrivalTimestamp": round(time.time(), 3),
            "Data": record.data,
            "PartitionKey": record.partition_key,
        }
        stream["shards"][shard_id]["records"].append(held)
        return {"SequenceNumber": held["SequenceNumber"], "ShardId": shard_id}

    def get_text(request: GetRequest) -> Any:
        state = kinesis._shard_iterators.get(request.shard_iterator)
        stream = kinesis._streams.get(state["stream"]) if state else None
        shard = stream["shards"].get(state["shard_id"]) if stream and state else None
        if state is None or shard is None or time.time() - state["created_at"] > ITERATOR_EXPIRY_SECONDS:
            return None
        records = shard["records"]
        begin = state["position"]
        end = min(begin + request.limit, len(records))
        token = request.shard_iterator
        if end > begin:
            token = kinesis.new_uuid()
            kinesis._shard_iterators[token] = state | {"position": end, "created_at": time.time()}
        else:
            state["created_at"] = time.time()
        rows = b",".join(map(row, records[begin:end]))
        return 200, {}, b'{"Records":[%b],"NextShardIterator":"%b","MillisBehindLatest":0}' % (rows, token.encode())

    def row(held: dict[str, Any]) -> bytes:
        return b'{"SequenceNumber":"%b","ApproximateArrivalTimestamp":%.3f,"Data":"%b","PartitionKey":%b}' % (
            held["SequenceNumber"].encode(),
            held["ApproximateArrivalTimestamp"],
            held["Data"].encode(),
            msgspec.json.encode(held["PartitionKey"]),
        )

    def answer(content: dict[str, Any], status: int = 200) -> Answer:
        return status, {"Content-Type": "application/x-amz-json-1.0"}, msgspec.json.encode(content)

    kinesis.handle_request = handle
    kinesis._ensure_base64 = lambda value: value
    kinesis.json_response = answer


def spool_firehose(firehose: Any, folder: Path) -> None:
    """Append each record to `folder`/<delivery stream>: 8 bytes of arrival time in ms, 4 of length, the bytes."""

    def spool(stream: dict[str, Any], destination: dict[str, Any], records: list[tuple[str, bytes]]) -> None:
        destination["records"].clear()
        arrival_ms = int(time.time() * 1000)
        framed = b"".join(struct.pack(">QI", arrival_ms, len(data)) + data for _, data in records)
        with (folder / stream["name"]).open("ab") as output:
            output.write(framed)

    firehose._deliver_records_to_s3 = spool


def address_outbox(sns: Any) -> None:
    """Give outbox queues the message text of the protocol they stand for."""
    published: contextvars.ContextVar[tuple[str, str]] = contextvars.ContextVar("published", default=("", ""))
    fan_out, deliver = sns._fanout, sns._deliver_to_sqs

    def remember(
        topic: str, identifier: str, message: str, subject: str, structure: str = "", *rest: Any, **named: Any
    ) -> Any:
        structure = named.pop("message_structure", structure)
        published.set((message, structure))
        return fan_out(topic, identifier, message, subject, structure, *rest, **named)

    def deliver_as_protocol(endpoint: str, envelope: str, raw: bool, raw_message: str, **named: Any) -> Any:
        protocol = protocol_of_queue(endpoint.rsplit(":", 1)[-1])
        if protocol is not None and not raw:
            text = sns._resolve_message_for_protocol(*published.get(), protocol)
            envelope = json.dumps(json.loads(envelope) | {"Message": text})
        return deliver(endpoint, envelope, raw, raw_message, **named)

    sns._fanout = remember
    sns._deliver_to_sqs = deliver_as_protocol


def main() -> None:
    end_with_parent()
    from ministack import app

    faults = FaultSource(Path(os.environ["FAULT_RULES"]))
    app.app = failing(app.app, faults)
    if version("ministack") == KNOWN_VERSION:
        from hypercorn.asyncio import tcp_server
        from ministack.core import responses
        from ministack.services import dynamodb, dynamodb_streams, firehose, kinesis, sns

        number_as_aws(kinesis)
        spare_decoding(kinesis, faults)
        bound_kinesis(kinesis, int(os.environ["KINESIS_BUDGET_BYTES"]))
        spool_firehose(firehose, Path(os.environ["FIREHOSE_SPOOL"]))
        address_outbox(sns)
        services = {
            "Kinesis_20131202": ("kinesis", kinesis.handle_request),
            "DynamoDB_20120810": ("dynamodb", dynamodb.handle_request),
            "DynamoDBStreams_20120810": ("dynamodb", dynamodb_streams.handle_request),
        }
        responses._service_model = functools.lru_cache(responses._service_model)
        install(Front(services, responses.set_request_account_id, faults), tcp_server.TCPServer)
    app.main()


if __name__ == "__main__":
    main()
