"""The Polygon conversation: statuses are answered and kept from the events; refusals are told apart."""

import json
from typing import Any

import pytest

from ingester.configuration import Feed
from ingester.protocols import ProtocolError, VenueBusyError
from ingester.protocols.polygon import PolygonProtocol, subscriptions

FEED = Feed("polygon", "polygon", "wss://x", channels=["T", "Q"], symbols=["AAPL", "MSFT"])


def trade(symbol: str) -> dict[str, Any]:
    return {"ev": "T", "sym": symbol, "x": 4, "i": "7", "z": 3, "p": 10.5, "s": 100, "c": [], "t": 1_700_000_000_000}


def frame(*messages: Any) -> bytes:
    return json.dumps(messages).encode()


def status(name: str, **more: str) -> bytes:
    return json.dumps([{"ev": "status", "status": name, **more}]).encode()


def conversation(key: str = "secret") -> PolygonProtocol:
    return PolygonProtocol(FEED, key)


def test_handshake_authenticates_then_subscribes() -> None:
    protocol = conversation()
    assert protocol.opening({}) == []
    auth = protocol.read([status("connected")])
    assert [json.loads(reply) for reply in auth.replies] == [{"action": "auth", "params": "secret"}]
    subscribe = protocol.read([status("auth_success")])
    assert json.loads(subscribe.replies[0]) == {"action": "subscribe", "params": "T.AAPL,T.MSFT,Q.AAPL,Q.MSFT"}
    protocol.read([status("success", message="subscribed to: T.AAPL")])
    assert protocol.subscribed == {"T.AAPL"}


def test_events_beside_a_status_in_one_frame_are_kept() -> None:
    word = {"ev": "status", "status": "success", "message": "x"}
    read = conversation().read([frame(trade("A"), word, trade("B")), frame(trade("C"), {"ev": "NOI", "T": "A"})])
    assert read.table.column("symbol").to_pylist() == ["A", "B", "C"]
    assert [json.loads(line)["symbol"] for line in read.lines] == ["A", "B", "C"]
    assert read.table.column("channel").to_pylist() == ["trade"] * 3
    assert read.left_out == {"NOI": 1}
    assert read.replies == []


def test_unreadable_frame_is_a_reject_between_the_rows() -> None:
    read = conversation().read([frame(trade("A")), b"[{", frame(trade("B"))])
    assert [(reject.position, reject.reason) for reject in read.rejected] == [(1, "not_json")]
    assert read.table.num_rows == 2


@pytest.mark.parametrize(
    ("name", "error"),
    [("auth_failed", ProtocolError), ("auth_timeout", ProtocolError), ("max_connections", VenueBusyError)],
)
def test_refusals_are_told_apart_and_do_not_show_the_key(name: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        conversation("hush-hush").read([status(name)])
    assert "hush-hush" not in str(caught.value)


def test_subscriptions_as_configured_come_first() -> None:
    made: dict[str, Any] = {"channels": ["T"], "subscriptions": ["AM.*"]}
    assert subscriptions(Feed("p", "polygon", "wss://x", **made)) == ["AM.*"]
    assert subscriptions(Feed("p", "polygon", "wss://x", channels=["T"])) == ["T.*"]
