"""Direct calls are signed as botocore signs them, keep their connections, and say when no answer came."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from surveillance.adapters.signed_calls import Answer, CallError, SignedCalls

Reply = Callable[[socket.socket, bytes], bool]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Hands each request to `reply`, which says whether the connection stays."""

    def __init__(self, reply: Reply) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._reply = reply
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while self._serve(connection):
                    pass

    def _serve(self, connection: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        self.requests.append(data)
        return self._reply(connection, data)

    def close(self) -> None:
        self._listening.close()


@contextmanager
def serving(reply: Reply) -> Iterator[Server]:
    server = Server(reply)
    try:
        yield server
    finally:
        server.close()


def calls_of(url: str, token: str | None = None) -> SignedCalls:
    return SignedCalls(
        boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id="AKID",
            aws_secret_access_key="secret",
            aws_session_token=token,
        ),
        read_seconds=2,
    )


def answering(connection: socket.socket, _: bytes) -> bool:
    connection.sendall(OK)
    return True


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("token", [None, "a/session+token=="])
def test_call_is_signed_as_botocore_signs_it(token: str | None) -> None:
    with serving(answering) as server:
        assert calls_of(server.url, token).call("PutItem", b'{"a":1}') == Answer(200, b"{}")
    headers = headers_of(server.requests[0])
    assert headers["x-amz-target"] == "DynamoDB_20120810.PutItem"
    assert headers.get("x-amz-security-token") == token
    session = boto3.Session("AKID", "secret", token, "eu-central-1")
    signer: Any = SigV4Auth(session.get_credentials(), "dynamodb", "eu-central-1")
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest("POST", f"{server.url}/", {name: headers[name] for name in signed}, b'{"a":1}')
    request.context["timestamp"] = headers["x-amz-date"]
    assert hashlib.sha256(b'{"a":1}').hexdigest() in signer.canonical_request(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["authorization"].endswith(f"Signature={signer.signature(text, request)}")


def test_connection_is_kept_between_calls() -> None:
    with serving(answering) as server:
        calls = calls_of(server.url)
        for _ in range(3):
            calls.call("PutItem", b"{}")
    assert (server.connections, len(server.requests)) == (1, 3)


def test_call_on_a_connection_closed_meanwhile_goes_again() -> None:
    def once(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(OK)
        return False

    with serving(once) as server:
        calls = calls_of(server.url)
        answers = [calls.call("PutItem", b"{}").status for _ in range(3)]
    assert answers == [200] * 3


def test_large_body_and_answer_in_pieces_are_whole() -> None:
    def slowly(connection: socket.socket, _: bytes) -> bool:
        body = b"x" * 300_000
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-le")
        connection.sendall(b"ngth: %d\r\n\r\n" % len(body) + body)
        return True

    with serving(slowly) as server:
        answer = calls_of(server.url).call("PutItem", b"y" * 2_000_000)
    assert (answer.status, len(answer.body), answer.error_code) == (400, 300_000, "400")


def test_error_is_named_without_its_namespace() -> None:
    body = b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'
    assert Answer(400, body).error_code == "ConditionalCheckFailedException"


def test_connection_that_ends_amid_an_answer_is_an_error() -> None:
    def half(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        return False

    with serving(half) as server, pytest.raises(CallError):
        calls_of(server.url).call("PutItem", b"{}")


def test_no_answer_in_time_is_an_error_and_not_asked_again() -> None:
    def never(_: socket.socket, request: bytes) -> bool:
        del request
        return True

    with serving(never) as server:
        calls = calls_of(server.url)
        calls._read_seconds = 0.2
        with pytest.raises(TimeoutError):
            calls.call("PutItem", b"{}")
    assert len(server.requests) == 1
