"""The ingester's own HTTP answers: `/health` for people and alarms, `/live` for the container, `/counts` for law 3."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

Complaints = Callable[[], list[str]]


class HealthServer:
    """Serves JSON: 200, or 503 with the reasons. `/live` is 503 only where a restart may help."""

    def __init__(
        self, host: str, port: int, complaints: Complaints, failures: Complaints, report: Callable[[], dict[str, Any]]
    ) -> None:
        self._host, self.port = host, port
        self._complaints, self._failures, self._report = complaints, failures, report
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` then says where (0 took a free one)."""
        self._server = await asyncio.start_server(self._answer, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                request = await reader.readline()
                while (await reader.readline()).strip():
                    pass
                status, body = self._page(request.split(b" ")[1].decode() if request.count(b" ") >= 2 else "")
                data = json.dumps(body).encode()
                head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
                writer.write(head.encode() + b"Connection: close\r\n\r\n" + data)
                await writer.drain()
        except (TimeoutError, ConnectionError, UnicodeDecodeError, ValueError):
            pass
        finally:
            writer.close()

    def _page(self, path: str) -> tuple[str, dict[str, Any]]:
        if path == "/counts":
            return "200 OK", self._report()
        reasons = {"/health": self._complaints, "/live": self._failures}.get(path)
        if reasons is None:
            return "404 Not Found", {"paths": ["/health", "/live", "/counts"]}
        found = reasons()
        return ("503 Service Unavailable" if found else "200 OK"), {"ok": not found, "reasons": found}


async def ask(host: str, port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Get a page of a running ingester: its status code and content."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)
