"""Calls of one AWS service with JSON bodies, at a fifth of the processor time that a boto3 client takes for each.

For the few calls that a process makes all day; errors, retries and everything rare stay with the boto3 client, which
also lends its endpoint and credentials. Signature Version 4 as in "Create a signed AWS API request" (IAM User Guide).
"""

import hashlib
import hmac
import socket
import ssl
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

CONNECT_SECONDS: Final = 2.0
READ_BYTES: Final = 1 << 16
MOST_IDLE: Final = 32
HEADERS: Final = "content-type;host;x-amz-date"
HEADERS_WITH_TOKEN: Final = "content-type;host;x-amz-date;x-amz-security-token"  # noqa: S105


class CallError(OSError):
    """The answer did not come, or is not HTTP as AWS speaks it: whether the call was done is not known."""


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes

    @property
    def error_code(self) -> str:
        """Give the service's name of an error, or the status where there is none."""
        with suppress(msgspec.DecodeError, AttributeError):
            kind = msgspec.json.decode(self.body).get("__type", "")
            return str(kind).rpartition("#")[2] or str(self.status)
        return str(self.status)


class SignedCalls:
    """Signed calls over connections that are kept; may be used from many threads."""

    def __init__(self, client: Any, read_seconds: float = 5.0) -> None:
        """Take endpoint, region and credentials from a boto3 client of a JSON service."""
        model = client.meta.service_model
        place = urlsplit(client.meta.endpoint_url)
        self._host = place.netloc
        self._address = (place.hostname or "", place.port or (443 if place.scheme == "https" else 80))
        self._context = ssl.create_default_context() if place.scheme == "https" else None
        self._type = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        self._prefix = model.metadata["targetPrefix"]
        self._region, self._service = client.meta.region_name, model.signing_name
        self._credentials: Callable[[], Any] = client._request_signer._credentials.get_frozen_credentials
        self._read_seconds = read_seconds
        self._idle: list[socket.socket] = []
        weakref.finalize(self, _close, self._idle)

    def call(self, operation: str, body: bytes, extra: str = "") -> Answer:
        """Call; raises `CallError` or another `OSError` where no answer came.

        What a kept connection did not answer because it was closed goes again, so a call may be done twice.
        """
        request = self._request(operation, body, extra)
        while self._idle:
            with suppress(IndexError):
                kept = self._idle.pop()
                try:
                    kept.sendall(request)
                    first = kept.recv(READ_BYTES)
                except OSError as error:
                    kept.close()
                    if isinstance(error, TimeoutError):
                        raise
                    continue
                if first:
                    return self._receive(kept, first)
                kept.close()
        opened = self._open()
        try:
            opened.sendall(request)
            return self._receive(opened, opened.recv(READ_BYTES))
        except OSError:
            opened.close()
            raise

    def _open(self) -> socket.socket:
        opened = socket.create_connection(self._address, CONNECT_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            opened = self._context.wrap_socket(opened, server_hostname=self._address[0])
        opened.settimeout(self._read_seconds)
        return opened

    def _receive(self, connection: socket.socket, data: bytes) -> Answer:
        head, _, rest = data.partition(b"\r\n\r\n")
        while b"\r\n\r\n" not in data:
            data += self._more(connection)
            head, _, rest = data.partition(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        named = {
            name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in fields.split(b"\r\n"))
        }
        if b"content-length" not in named:
            connection.close()
            raise CallError("an answer without content-length")
        pieces, missing = [rest], int(named[b"content-length"]) - len(rest)
        while missing > 0:
            pieces.append(self._more(connection))
            missing -= len(pieces[-1])
        if named.get(b"connection", b"").lower() == b"close" or len(self._idle) >= MOST_IDLE:
            connection.close()
        else:
            self._idle.append(connection)
        return Answer(int(status.split(b" ")[1]), b"".join(pieces))

    def _more(self, connection: socket.socket) -> bytes:
        data = connection.recv(READ_BYTES)
        if not data:
            connection.close()
            raise CallError("the connection ended amid an answer")
        return data

    def _request(self, operation: str, body: bytes, extra: str) -> bytes:
        """Give the whole request, signed; `extra` is whole header lines that stay unsigned."""
        credentials = self._credentials()
        now = datetime.now(UTC)
        stamp, date = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        token = f"x-amz-security-token:{credentials.token}\n" if credentials.token else ""
        signed = HEADERS_WITH_TOKEN if token else HEADERS
        canonical = (
            f"POST\n/\n\ncontent-type:{self._type}\nhost:{self._host}\nx-amz-date:{stamp}\n{token}\n{signed}\n"
            f"{hashlib.sha256(body).hexdigest()}"
        )
        scope = f"{date}/{self._region}/{self._service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = _signing_key(credentials.secret_key, date, self._region, self._service)
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        if credentials.token:
            extra += f"X-Amz-Security-Token: {credentials.token}\r\n"
        head = (
            f"POST / HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: {self._type}\r\nX-Amz-Date: {stamp}\r\n"
            f"X-Amz-Target: {self._prefix}.{operation}\r\n"
            f"{extra}"
            f"Authorization: AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, "
            f"Signature={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def _close(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


@lru_cache(maxsize=8)
def _signing_key(secret: str, *scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
