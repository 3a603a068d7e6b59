"""HTTP GET with time-outs, no redirects (a key must not travel on) and no logging of URLs that carry a key."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import urllib3

CONNECT_S: Final = 5.0
READ_S: Final = 30.0
WHOLE_S: Final = 120.0
LARGEST_BYTES: Final = 256 << 20
PIECE_BYTES: Final = 1 << 16
USER_AGENT: Final = "surveillance-collector"
_KEY_IN_URL: Final = re.compile(r"((?:api_?key|token)=)[^&\s\"']+", re.I)


class TransportError(Exception):
    """No whole answer came; the argument says why, without the URL."""


class Answer(msgspec.Struct, frozen=True):
    """An answer with its header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Redaction(logging.Filter):
    """Takes keys out of what urllib3 logs of its requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if _KEY_IN_URL.search(text):
            record.msg, record.args = _KEY_IN_URL.sub(r"\1***", text), ()
        return True


_redaction: Final = _Redaction()


class VendorHttp:
    """A pool of connections, safe to share between threads. `clock` (seconds, monotonic) bounds a whole answer."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        for name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry", "urllib3.poolmanager"):
            logging.getLogger(name).addFilter(_redaction)
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=connect_s, read=read_s), retries=False, maxsize=32
        )
        self._clock, self._whole_s = clock, whole_s

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Get a URL; raises `TransportError` where no whole answer comes in time."""
        begun = self._clock()
        sent = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        try:
            response = self._pool.request("GET", url, headers=sent, preload_content=False, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TransportError(_reason(error)) from None
        try:
            body = bytearray()
            while piece := response.read1(PIECE_BYTES):
                body += piece
                if len(body) > LARGEST_BYTES:
                    raise TransportError(f"the answer is longer than {LARGEST_BYTES >> 20} MB")
                if self._clock() - begun > self._whole_s:
                    raise TransportError(f"the answer took longer than {self._whole_s:g} s")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            response.close()
            raise TransportError(_reason(error)) from None
        except TransportError:
            response.close()
            raise
        response.release_conn()
        held = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, held, bytes(body))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "no connection"
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        return "no connection in time"
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.IncompleteRead | urllib3.exceptions.ProtocolError):
        return "the answer ended early"
    if isinstance(error, urllib3.exceptions.SSLError):
        return "no trusted connection"
    return type(error).__name__
