"""The `events` protocol: subscribe from a sequence number, then frames of NDJSON events in the contract's own shape.

What the door must know of an event is where it belongs. A line that is a JSON object with that in it goes on as it is:
whether its other fields hold what the contract says is the engine's to judge, as for a line read from a file.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
from surveillance import wire

from ingester.protocols import Read
from ingester.stamping import KEYS


class _Place(msgspec.Struct, gc=False):
    symbol: str | None = None
    ts: int | None = None
    channel: str | None = None
    seq: int | None = None
    state: str | None = None
    to_seq: int | None = None


class _Stamped(_Place, gc=False):
    received_ts: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    producer: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    number: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_COLUMNS = {
    "symbol": pa.string(),
    "ts": pa.int64(),
    "channel": pa.string(),
    "seq": pa.int64(),
    "state": pa.string(),
    "to_seq": pa.int64(),
}
_INT64 = range(-(2**63), 2**63)
_OURS = tuple(f'"{key}"'.encode() for key in KEYS)
_usual_decoder = msgspec.json.Decoder(_Place)
_line_decoder = msgspec.json.Decoder(_Stamped)


class EventsProtocol:
    """A venue that speaks our event contract. One conversation serves all channels of the feed."""

    def __init__(self, decoder: wire.Decoder, key: str | None = None) -> None:
        self._decoder = decoder
        self._key = key

    def headers(self) -> dict[str, str]:
        """Give the key as a bearer token, where the feed has one."""
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def opening(self, resume: dict[str, int | None]) -> list[bytes]:
        """Subscribe to every channel, from where it stood."""
        orders: list[dict[str, str | int]] = []
        for channel, seq in resume.items():
            order: dict[str, str | int] = {"action": "subscribe", "channel": channel}
            if seq is not None:
                order["from_seq"] = seq
            orders.append(order)
        return [msgspec.json.encode(order) for order in orders]

    def read(self, frames: list[bytes]) -> Read:
        """Find where each line belongs, keep its own bytes, and set aside what is no event."""
        data = b"".join([frame if frame.endswith(b"\n") else frame + b"\n" for frame in frames])
        return _together(data) or self._one_by_one(data)

    def _one_by_one(self, data: bytes) -> Read:
        places: list[_Stamped] = []
        lines: list[bytes] = []
        rejected: list[wire.Rejected] = []
        for line in data.split(b"\n"):
            if not line or line.isspace():
                continue
            place = _place_of(line)
            if place is not None:
                places.append(place)
                lines.append(line)
            else:
                rejected.append(wire.Rejected(len(lines), self._reason(line), line))
        ours = {key: [None if getattr(p, key) is msgspec.UNSET else 1 for p in places] for key in KEYS}
        stamps = {key: pa.array(values) for key, values in ours.items() if _any(values)}
        return Read(pa.table(_columns(places) | stamps), lines, rejected)

    def _reason(self, line: bytes) -> str:
        rejected = self._decoder.decode(line).rejected
        return rejected[0].reason if rejected else "not_an_object"


def _together(data: bytes) -> Read | None:
    """Read lines that hold one object each and nothing unusual, or give None."""
    count = data.count(b"\n")
    if data.count(b"\n{") != count - 1 or data.count(b"}\n") != count or not data.startswith(b"{"):
        return None
    if b"\\" in data or not (data.isascii() or _is_utf8(data)) or any(key in data for key in _OURS):
        return None
    try:
        places = _usual_decoder.decode_lines(data)
        columns = _columns(places)
    except (msgspec.DecodeError, pa.ArrowException, OverflowError):
        return None
    lines = data.split(b"\n")
    lines.pop()
    return Read(pa.table(columns), lines, []) if len(places) == count else None


def _place_of(line: bytes) -> _Stamped | None:
    if not _is_utf8(line):
        return None
    try:
        place = _line_decoder.decode(line)
    except msgspec.DecodeError:
        return None
    whole = (place.ts, place.seq, place.to_seq)
    return place if all(number is None or number in _INT64 for number in whole) else None


def _columns(places: Sequence[_Place]) -> dict[str, pa.Array]:
    """Give the columns that occur."""
    values = {name: [getattr(place, name) for place in places] for name in _COLUMNS}
    return {name: pa.array(found, _COLUMNS[name]) for name, found in values.items() if _any(found)}


def _any(values: list[Any]) -> bool:
    return values.count(None) < len(values)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
