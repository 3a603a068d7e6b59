"""A vendor on 127.0.0.1: real sockets, a thread of its own, answers by script; it keeps what it was asked."""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "correct-horse-battery"


@dataclass(frozen=True)
class Reply:
    """What to answer. `cut` sends only so many bytes of those promised; `stall` sends the head and then waits."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: bool = False
    packed: bool = False


@dataclass(frozen=True)
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


def reply(value: Any, **details: Any) -> Reply:
    return Reply(json.dumps(value).encode(), **details)


Answer = Callable[[Asked], Reply]


class Vendor:
    """`routes` answers by path; `before` holds replies to give first, once each, by path."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.before: dict[str, list[Reply]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.key = KEY
        self.url = ""
        self.released = Event()
        self._lock = Lock()

    def paths(self) -> list[str]:
        return [each.path for each in self.asked]

    def give(self, path: str, value: Any, **details: Any) -> None:
        self.routes[path] = lambda asked: reply(value, **details)

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            if self.before[asked.path]:
                return self.before[asked.path].pop(0)
        sent = [
            asked.headers.get("authorization", "").removeprefix("Bearer "),
            asked.headers.get("x-finnhub-token"),
            asked.headers.get("apikey"),
            asked.query.get("apikey"),
        ]
        if self.key not in sent:
            return reply({"status": "ERROR", "error": f"Unknown API Key {sent[0]}"}, status=401)
        route = self.routes.get(asked.path)
        return route(asked) if route else reply({"status": "NOT_FOUND"}, status=404)


@contextmanager
def vendor() -> Iterator[Vendor]:
    played = Vendor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(played.answer(Asked(parts.path, query, headers)))

        def _send(self, given: Reply) -> None:
            body = gzip.compress(given.body) if given.packed else given.body
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            if given.packed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if given.stall:
                played.released.wait(10)
                self.close_connection = True
                return
            self.wfile.write(body if given.cut is None else body[: given.cut])
            if given.cut is not None:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield played
    finally:
        played.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def grouped(day_ms: int, *symbols: str) -> dict[str, Any]:
    """Give an answer of grouped daily bars, in the shape Polygon's recorded ones have."""
    results = [
        {"T": symbol, "v": 1000.0 + place, "vw": 10.5, "o": 10, "c": 11, "h": 12, "l": 9, "t": day_ms, "n": 5}
        for place, symbol in enumerate(symbols)
    ]
    count = len(results)
    return {
        "queryCount": count,
        "resultsCount": count,
        "adjusted": False,
        "results": results,
        "status": "OK",
        "request_id": "a",
        "count": count,
    }


def paged(vendor: Vendor, path: str, pages: list[list[dict[str, Any]]], host: str = "https://api.massive.com") -> None:
    """Answer a path page by page, each but the last with a `next_url` on a host that must not be followed."""

    def answer(asked: Asked) -> Reply:
        place = int(asked.query.get("cursor", "0"))
        page: dict[str, Any] = {"results": pages[place], "status": "OK", "request_id": f"{place}"}
        if place + 1 < len(pages):
            page["next_url"] = f"{host}{path}?cursor={place + 1}"
        return reply(page)

    vendor.routes[path] = answer
