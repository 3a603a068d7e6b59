"""The `events` protocol: subscribe from a sequence number, then frames of NDJSON events in the contract's own shape."""

import msgspec
import pyarrow as pa
from surveillance import wire

from ingester.protocols import Read


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
        """Decode the frames together, column by column, and keep each line's own bytes."""
        data = b"".join([frame if frame.endswith(b"\n") else frame + b"\n" for frame in frames])
        decoded = self._decoder.decode(data)
        lines = data.split(b"\n")
        lines.pop()
        if data.startswith(b"{") + data.count(b"\n{") != len(lines):
            lines = [line for line in lines if line and not line.isspace()]
        if decoded.table.num_rows + len(decoded.rejected) != len(lines):
            return self._one_by_one(lines)
        if decoded.rejected:
            bad = {rejected.position + place for place, rejected in enumerate(decoded.rejected)}
            lines = [line for place, line in enumerate(lines) if place not in bad]
        return Read(decoded.table, lines, decoded.rejected)

    def _one_by_one(self, lines: list[bytes]) -> Read:
        """Decode lines of which some hold more than one object, or none."""
        kept: list[bytes] = []
        tables: list[pa.Table] = []
        rejected: list[wire.Rejected] = []
        for line in lines:
            decoded = wire.Decoder().decode(line)
            if decoded.table.num_rows == 1 and not decoded.rejected:
                kept.append(line)
                tables.append(decoded.table)
            else:
                reason = decoded.rejected[0].reason if decoded.rejected else "not_an_object"
                rejected.append(wire.Rejected(len(kept), reason, line))
        table = pa.concat_tables(tables, promote_options="default") if tables else wire.table_of([])
        return Read(table, kept, rejected)
