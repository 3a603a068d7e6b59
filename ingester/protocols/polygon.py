"""Polygon's protocol: connected, auth, auth_success, subscribe; then frames of JSON arrays, which cannot be resumed."""

from collections import Counter
from typing import Any

import msgspec
from surveillance import wire
from surveillance.feeds.polygon import decode_frame
from surveillance.wire import Rejected

from ingester.configuration import Feed
from ingester.protocols import ProtocolError, Read, VenueBusyError


class PolygonProtocol:
    """A Polygon conversation: it answers the venue's statuses and decodes the rest."""

    def __init__(self, feed: Feed, key: str | None) -> None:
        self._feed = feed
        self._key = key or ""
        self.subscribed: set[str] = set()

    def headers(self) -> dict[str, str]:
        """Give none: the key goes in a message."""
        return {}

    def opening(self, resume: dict[str, int | None]) -> list[bytes]:
        """Give none: the venue speaks first."""
        return []

    def read(self, frames: list[bytes]) -> Read:
        """Decode the frames; statuses are answered. The kind of event stands for the channel."""
        rows: list[dict[str, Any]] = []
        rejected: list[Rejected] = []
        left_out: Counter[str] = Counter()
        replies: list[bytes] = []
        for data in frames:
            frame = decode_frame(data)
            rejected += [msgspec.structs.replace(each, position=each.position + len(rows)) for each in frame.rejected]
            rows += [{**row, "channel": row["type"]} for row in frame.rows]
            left_out.update(frame.left_out)
            for control in frame.controls:
                reply = self._answer(str(control.get("status")), str(control.get("message", "")))
                if reply is not None:
                    replies.append(reply)
        return Read(wire.table_of(rows), [wire.encode_row(row) for row in rows], rejected, dict(left_out), replies)

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
