"""Polygon's protocol: connected, auth, auth_success, subscribe; then frames of JSON arrays, which cannot be resumed."""

from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
from surveillance import wire

from ingester.configuration import Feed
from ingester.protocols import ProtocolError, Read, VenueBusyError

_decoder = msgspec.json.Decoder(list[dict[str, Any]])

Decode = Callable[[bytes], Any]
"""Bytes of one frame to `wire.Decoded`; may carry `left_out`, the messages that are no events, counted by name."""


def venue_decoder() -> Decode:
    """Give the library's decoder of one frame."""
    from surveillance.feeds.polygon import decode_frame  # a feed of events has no use for it

    return decode_frame  # type: ignore[no-any-return, unused-ignore]


class PolygonProtocol:
    """A Polygon conversation: it answers the venue's statuses and decodes the rest."""

    def __init__(self, feed: Feed, key: str | None, decode: Decode | None = None) -> None:
        self._feed = feed
        self._key = key or ""
        self._decode = decode or venue_decoder()
        self.subscribed: set[str] = set()

    def headers(self) -> dict[str, str]:
        """Give none: the key goes in a message."""
        return {}

    def opening(self, resume: dict[str, int | None]) -> list[bytes]:
        """Give none: the venue speaks first."""
        return []

    def read(self, frames: list[bytes]) -> Read:
        """Decode the frames; statuses are answered, a frame that is no array of messages is one reject."""
        tables: list[pa.Table] = []
        rejected: list[wire.Rejected] = []
        left_out: dict[str, int] = {}
        replies: list[bytes] = []
        rows = 0
        for frame in frames:
            if b'"status"' in frame:
                frame = self._without_statuses(frame, replies)
            if frame == b"[]":
                continue
            decoded = self._decode(frame)
            for reject in decoded.rejected:
                rejected.append(msgspec.structs.replace(reject, position=reject.position + rows))
            for name, number in getattr(decoded, "left_out", {}).items():
                left_out[name] = left_out.get(name, 0) + number
            if decoded.table.num_rows:
                tables.append(decoded.table)
                rows += decoded.table.num_rows
        table = pa.concat_tables(tables, promote_options="default") if tables else wire.table_of([])
        return Read(table, None, rejected, left_out, replies)

    def _without_statuses(self, frame: bytes, replies: list[bytes]) -> bytes:
        """Answer the statuses in a frame; give the frame without them."""
        try:
            messages = _decoder.decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return frame
        rest = []
        for message in messages:
            if message.get("ev") != "status":
                rest.append(message)
                continue
            reply = self._answer(str(message.get("status")), str(message.get("message", "")))
            if reply is not None:
                replies.append(reply)
        return frame if len(rest) == len(messages) else msgspec.json.encode(rest)

    def _answer(self, status: str, text: str) -> bytes | None:
        if status == "connected":
            return msgspec.json.encode({"action": "auth", "params": self._key})
        if status == "auth_success":
            return msgspec.json.encode({"action": "subscribe", "params": ",".join(subscriptions(self._feed))})
        if status in ("auth_failed", "auth_timeout"):
            raise ProtocolError(f"Feed {self._feed.name}: the venue refused the key ({status}).")
        if status == "max_connections":
            raise VenueBusyError(f"Feed {self._feed.name}: another connection is still open ({status}).")
        if status == "success" and text.startswith("subscribed to: "):
            self.subscribed.add(text.removeprefix("subscribed to: "))
        return None


def subscriptions(feed: Feed) -> list[str]:
    """Give what to subscribe to: as configured, or every channel of every symbol (`T.AAPL`, all symbols `T.*`)."""
    if feed.subscriptions:
        return list(feed.subscriptions)
    return [f"{channel}.{symbol}" for channel in feed.channels for symbol in feed.symbols or ["*"]]
