"""GetRecords without boto3, which turns base64 to bytes only for a Lambda event to turn it back: ten times the work.

Only for an emulator, which does not check signatures.
"""

from typing import Generic, TypeVar

import msgspec
import urllib3

from local.emulator import REGION

READ_LIMIT = 100
EXPIRED = ("ExpiredIteratorException", "TrimmedDataAccessException")
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "Kinesis_20131202.GetRecords",
    "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=0",
}

Payload = TypeVar("Payload", str, bytes)


class ExpiredIteratorError(Exception):
    """The iterator is too old; open the shard again after the last record read."""


class MissingShardError(Exception):
    """The shard does not exist any more."""


class ReadError(RuntimeError):
    """The stream could not be read; the message is the service's."""


class Row(msgspec.Struct, Generic[Payload], rename="pascal"):
    """One record: `data` as base64 text, or decoded, by the type asked for."""

    sequence_number: str
    data: Payload
    partition_key: str
    approximate_arrival_timestamp: float = 0.0


class Answer(msgspec.Struct, Generic[Payload], rename="pascal"):
    """One GetRecords answer; no next iterator at the end of a closed shard."""

    records: list[Row[Payload]]
    next_shard_iterator: str | None = None


class _Complaint(msgspec.Struct):
    kind: str = msgspec.field(name="__type", default="")
    message: str = ""


class KinesisReads:
    """Reads by iterator from one endpoint; may be used from many threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint + "/"
        self._pool = urllib3.PoolManager(maxsize=32, timeout=urllib3.Timeout(connect=5, read=30), retries=2)
        self._texts = msgspec.json.Decoder(Answer[str])
        self._bytes = msgspec.json.Decoder(Answer[bytes])

    def texts(self, iterator: str, limit: int) -> Answer[str]:
        """Read on, payloads as base64 text; raises `ExpiredIteratorError`, `MissingShardError` or `ReadError`."""
        return self._texts.decode(self._read(iterator, limit))

    def payloads(self, iterator: str, limit: int) -> Answer[bytes]:
        """Read on, payloads decoded; raises as `texts` does."""
        return self._bytes.decode(self._read(iterator, limit))

    def _read(self, iterator: str, limit: int) -> bytes:
        body = msgspec.json.encode({"ShardIterator": iterator, "Limit": min(limit, READ_LIMIT)})
        try:
            answer = self._pool.request("POST", self._endpoint, body=body, headers=HEADERS)
        except urllib3.exceptions.HTTPError as error:
            raise ReadError(str(error)) from error
        if answer.status == 200:
            return answer.data
        complaint = msgspec.json.decode(answer.data, type=_Complaint)
        if complaint.kind.endswith(EXPIRED):
            raise ExpiredIteratorError(complaint.message)
        if complaint.kind.endswith("ResourceNotFoundException"):
            raise MissingShardError(complaint.message)
        raise ReadError(f"{complaint.kind}: {complaint.message}")
