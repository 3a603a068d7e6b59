"""GetRecords without boto3, which turns base64 to bytes only for a Lambda event to turn it back: ten times the work."""

from typing import Any, Generic, TypeVar

import msgspec
from surveillance.adapters.signed_calls import SignedCalls

READ_LIMIT = 100
EXPIRED = ("ExpiredIteratorException", "TrimmedDataAccessException")
READ_SECONDS = 30.0
WAIT_HEADER = "x-wait-ms"

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


class KinesisReads:
    """Reads by iterator; may be used from many threads. `client` is a boto3 client of the stream's service."""

    def __init__(self, client: Any) -> None:
        self._calls = SignedCalls(client, READ_SECONDS)
        self._texts = msgspec.json.Decoder(Answer[str])
        self._bytes = msgspec.json.Decoder(Answer[bytes])
        self._any = msgspec.json.Decoder(dict[str, Any])

    def texts(self, iterator: str, limit: int, wait_ms: int = 0) -> Answer[str]:
        """Read on, payloads as base64 text; raises `ExpiredIteratorError`, `MissingShardError` or `ReadError`.

        The emulator waits up to `wait_ms` for something to come.
        """
        return self._texts.decode(self._read(iterator, limit, wait_ms))

    def payloads(self, iterator: str, limit: int) -> Answer[bytes]:
        """Read on, payloads decoded; raises as `texts` does."""
        return self._bytes.decode(self._read(iterator, limit))

    def changes(self, iterator: str, limit: int, wait_ms: int = 0) -> dict[str, Any]:
        """Read on in the stream of a table, as JSON says it; raises as `texts` does."""
        return self._any.decode(self._read(iterator, limit, wait_ms))

    def _read(self, iterator: str, limit: int, wait_ms: int = 0) -> bytes:
        body = msgspec.json.encode({"ShardIterator": iterator, "Limit": min(limit, READ_LIMIT)})
        try:
            answer = self._calls.call("GetRecords", body, f"{WAIT_HEADER}: {wait_ms}\r\n" if wait_ms else "")
        except OSError as error:
            raise ReadError(str(error)) from error
        if answer.status == 200:
            return answer.body
        if answer.error_code in EXPIRED:
            raise ExpiredIteratorError(answer.error_code)
        if answer.error_code == "ResourceNotFoundException":
            raise MissingShardError(answer.error_code)
        raise ReadError(f"{answer.status}: {answer.body[:300]!r}")
