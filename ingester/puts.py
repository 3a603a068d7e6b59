"""PutRecords without boto3's serializing, which costs more than all else that the ingester does with an event."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from surveillance.adapters.signed_calls import SignedCalls


class Puts:
    """Puts records as a boto3 client does and raises what it raises; it never tries again."""

    def __init__(self, client: Any, read_seconds: float) -> None:
        self._calls = SignedCalls(client, read_seconds)

    def put_records(self, *, StreamName: str, Records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Put them; raises `ClientError`, or `OSError` where no answer came."""
        answer = self._calls.call("PutRecords", _body(StreamName, Records))
        if answer.status != 200:
            error = {"Code": answer.error_code, "Message": answer.body[:500].decode(errors="replace")}
            raise ClientError({"Error": error}, "PutRecords")
        answers: dict[str, Any] = msgspec.json.decode(answer.body)
        return answers


def _body(stream: str, records: Sequence[Mapping[str, Any]]) -> bytes:
    rows = b",".join(
        b'{"Data":"%b","PartitionKey":"%b","ExplicitHashKey":"%b"}'
        % (b64encode(record["Data"]), record["PartitionKey"].encode(), record["ExplicitHashKey"].encode())
        for record in records
    )
    return b'{"StreamName":%b,"Records":[%b]}' % (msgspec.json.encode(stream), rows)
