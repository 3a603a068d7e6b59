"""Connections to one venue, one after another: backoff between them, none after a fatal refusal."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from ingester.backoff import delays, is_fatal
from ingester.protocols import FeedProtocol, ProtocolError

quiet = logging.getLogger("ingester.websocket")
"""The library's own log would show messages, keys among them."""
quiet.setLevel(logging.CRITICAL)

FRAME_BYTES = 64_000_000
FRAMES_WAITING = 64
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Connections:
    """Opens a connection again and again. `proven` ends the backoff: data came, so the venue is well."""

    def __init__(
        self,
        url: str,
        protocol: Callable[[], FeedProtocol],
        backoff: Callable[[], Iterator[float]] = delays,
    ) -> None:
        self._url = url
        self._protocol = protocol
        self._backoff = backoff
        self._waits = backoff()
        self.last_error = ""

    def proven(self) -> None:
        """Start the waiting times anew."""
        self._waits = self._backoff()

    async def wait(self) -> None:
        """Wait before the next attempt."""
        await asyncio.sleep(next(self._waits))

    async def open(self) -> tuple[ClientConnection, FeedProtocol]:
        """Give an open connection and its conversation, however many attempts it takes.

        Raises:
            ProtocolError: the venue cannot be connected to with this configuration.
        """
        loopback = urlsplit(self._url).hostname in LOOPBACK
        while True:
            protocol = self._protocol()
            try:
                socket = await connect(
                    self._url,
                    additional_headers=protocol.headers(),
                    compression=None if loopback else "deflate",
                    proxy=None if loopback else True,
                    max_size=FRAME_BYTES,
                    max_queue=FRAMES_WAITING,
                    ping_timeout=60,
                    close_timeout=2,
                    logger=quiet,
                )
            except (OSError, TimeoutError, WebSocketException) as error:
                self.note(error)
                if is_fatal(error):
                    raise ProtocolError(f"cannot connect: {self.last_error}") from None
                await self.wait()
            else:
                return socket, protocol

    def note(self, error: BaseException) -> None:
        """Remember why a connection ended or did not come about."""
        self.last_error = f"{type(error).__name__}: {error}"


async def gather(socket: ClientConnection, frames: list[bytes], seconds: float, most_bytes: int) -> None:
    """Append frames to a list: wait for one, then take what comes within `seconds`, or `most_bytes`.

    A cancelled or cut gathering leaves in the list what came before.

    Raises:
        ConnectionClosed: it closed before a first frame came.
    """
    frames.append(await socket.recv(decode=False))
    size = len(frames[0])
    try:
        async with asyncio.timeout(seconds):
            while size < most_bytes:
                frame = await socket.recv(decode=False)
                frames.append(frame)
                size += len(frame)
    except (TimeoutError, ConnectionClosed):
        return
