"""The emulator's data plane without its general dispatch, which costs a millisecond of processor time a request.

Streams and tables are called directly; a request for anything else hands its connection over to the usual server for
good. Readers may ask, beyond AWS, to wait until something comes (`x-wait-ms`), as enhanced fan-out pushes.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local.emulator_faults import FaultSource

WAIT_HEADER = b"x-wait-ms"
LONGEST_WAIT_S = 5.0
OK = b"HTTP/1.1 200 OK\r\n"
STATUS = {200: OK, 400: b"HTTP/1.1 400 Bad Request\r\n", 500: b"HTTP/1.1 500 Internal Server Error\r\n"}
HEADERS = b"content-type: application/x-amz-json-1.0\r\ncontent-length: %d\r\n\r\n"
CHANGES = frozenset({"PutRecords", "PutRecord", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})
NOTHING_READ = b'{"Records":[]'

Headers = Mapping[bytes, bytes]
Answer = tuple[int, dict[str, str], bytes]
Handle = Callable[[str, str, dict[str, str], bytes, dict[str, str]], Awaitable[Answer]]


class Front:
    """Answers what it knows; `services` maps a target's prefix to (signed name, handler)."""

    def __init__(
        self, services: Mapping[str, tuple[str, Handle]], enter: Callable[[str], None], faults: FaultSource
    ) -> None:
        """`enter` sets the emulator's account for the access key of a connection."""
        self._services = services
        self._enter = enter
        self._faults = faults
        self._changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Answer a connection's requests; give the head of the first that is not ours, empty at the end."""
        entered = False
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError as end:
                return end.partial
            except asyncio.LimitOverrunError:
                return b""
            headers = _headers(head)
            prefix, _, operation = headers.get(b"x-amz-target", b"").decode().partition(".")
            known = self._services.get(prefix)
            if known is None or not head.startswith(b"POST / HTTP/1.1\r\n") or not _plain(headers):
                return head
            if not entered:
                self._enter(_access_key(headers))
                entered = True
            body = await reader.readexactly(int(headers[b"content-length"]))
            writer.write(await self._answer(known, f"{prefix}.{operation}", operation, headers, body))
            await writer.drain()

    async def _answer(
        self, known: tuple[str, Handle], target: str, operation: str, headers: Headers, body: bytes
    ) -> bytes:
        service, handle = known
        fault = self._faults.request(service, operation)
        if fault is not None and not fault.answer_lost:
            return STATUS[500] + HEADERS % 0
        told = {"x-amz-target": target, "content-type": headers.get(b"content-type", b"").decode()}
        status, _, content = await handle("POST", "/", told, body, {})
        if operation == "GetRecords" and WAIT_HEADER in headers:
            deadline = time.monotonic() + min(int(headers[WAIT_HEADER]) / 1000, LONGEST_WAIT_S)
            while status == 200 and content.startswith(NOTHING_READ) and await self._changed_before(deadline):
                status, _, content = await handle("POST", "/", told, body, {})
        if operation in CHANGES:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
        if fault is not None:
            return STATUS[500] + HEADERS % 0
        return b"".join([STATUS.get(status, STATUS[400]), HEADERS % len(content), content])

    async def _changed_before(self, deadline: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._changed.wait()
        return time.monotonic() < deadline


def install(front: Front, server: Any) -> None:
    """Let the front see every connection of a hypercorn `TCPServer` class first."""
    usual = server.run

    async def run(self: Any) -> None:
        try:
            head = await front.serve(self.reader, self.writer)
        except (OSError, asyncio.IncompleteReadError):
            head = b""
        if head:
            self.reader._buffer[:0] = head
        else:
            self.reader.feed_eof()
        await usual(self)

    server.run = run


def _headers(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    return {name.lower(): value.strip() for name, _, value in lines}


def _plain(headers: Headers) -> bool:
    return (
        b"content-length" in headers and b"expect" not in headers and b"cbor" not in headers.get(b"content-type", b"")
    )


def _access_key(headers: Headers) -> str:
    return headers.get(b"authorization", b"").partition(b"Credential=")[2].partition(b"/")[0].decode()
