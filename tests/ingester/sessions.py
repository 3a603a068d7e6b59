"""Small sessions of order flow, as a venue sends them."""

import json
from collections.abc import Iterator
from typing import Any

START = 1_700_000_000_000_000_000


def line(seq: int, symbol: str | None = None, channel: str = "orders", **more: Any) -> bytes:
    fields: dict[str, Any] = {
        "type": "order",
        "symbol": f"S{seq % 7}" if symbol is None else symbol,
        "ts": START + seq * 1_000_000,
        "action": "new",
        "order_id": f"o{seq}",
        "side": "buy",
        "price": 10.25,
        "size": 100,
        "channel": channel,
        "seq": seq,
    }
    return json.dumps({**fields, **more}, separators=(",", ":")).encode()


def lines(count: int, first: int = 1, **more: Any) -> list[bytes]:
    return [line(seq, **more) for seq in range(first, first + count)]


def waits() -> Iterator[float]:
    """Waiting times that do not wait."""
    while True:
        yield 0.001
