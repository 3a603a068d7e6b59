"""What could not be used, kept with its reason. Every key follows from the data, so writing again changes nothing.

- `quarantine/rejected/`  lines the engine refused (they are in the lane log too, so a replay refuses them again)
- `quarantine/poison/`    one event that made the engine fail; not in the lane log
- `quarantine/records/`   a whole record: foreign to every lane, or its process died of it three times
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final

import msgspec

QUARANTINE: Final = "quarantine/"
_encoder = msgspec.json.Encoder()


class Refused(msgspec.Struct, frozen=True):
    """A line and why it was refused."""

    reason: str
    line: bytes


class Quarantine:
    """The quarantine of one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def rejected(self, lane: int, date: str, position: int, refused: Iterable[Refused]) -> None:
        """Keep the lines refused in the piece of the lane log that ends at `position`."""
        self._put(f"rejected/date={date}/lane={lane:03d}/{position:020d}.ndjson", refused)

    def poison(self, lane: int, date: str, sequence_number: int, number: int, refused: Refused) -> None:
        """Keep line `number` of a record."""
        self._put(f"poison/date={date}/lane={lane:03d}/{sequence_number}-{number}.ndjson", [refused])

    def record(self, lane: int | None, date: str, sequence_number: int, reason: str, data: bytes) -> None:
        """Keep a whole record, line by line."""
        place = "none" if lane is None else f"{lane:03d}"
        lines = [Refused(reason, line) for line in data.split(b"\n") if line.strip()]
        self._put(f"records/date={date}/lane={place}/{sequence_number}.ndjson", lines)

    def _put(self, key: str, refused: Iterable[Refused]) -> None:
        body = b"".join(_line(one) + b"\n" for one in refused)
        self._client.put_object(Bucket=self._bucket, Key=QUARANTINE + key, Body=body)


def _line(refused: Refused) -> bytes:
    try:
        return _encoder.encode({"reason": refused.reason, "line": refused.line.decode()})
    except UnicodeDecodeError:
        return _encoder.encode({"reason": refused.reason, "line_base64": b64encode(refused.line).decode()})
