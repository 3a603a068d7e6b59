"""Play a venue on a WebSocket of this machine: the `events` protocol with resume, or the Polygon handshake.

Frames are encoded once, before anyone connects, so serving costs a send each. Faults (cuts, forgotten history, no
resume) are seeded and repeatable. `python -m local.exchange --file session.ndjson --channel orders --port 9001`.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from surveillance import wire
from surveillance.engine import ndjson
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from local.lifeline import end_with_parent

HOST = "127.0.0.1"
ENCODED_ROWS = 1 << 16
NIGHT_NS = 3 * 3_600_000_000_000
"""Longer pauses of event time are not waited for."""
STAMPED_BY_THE_INGESTER = ("received_ts", "producer", "number")


@dataclass(frozen=True)
class Frame:
    """Lines of NDJSON with the sequence number of the first, how many there are and the first event time (ns)."""

    data: bytes
    first_seq: int
    events: int
    ts: int

    def after(self, seq: int) -> bytes:
        """Give the lines from `seq` on."""
        if seq <= self.first_seq:
            return self.data
        return b"\n".join(self.data.split(b"\n")[seq - self.first_seq :])


@dataclass
class Channel:
    """One channel's session, cut into frames; `position` is the next frame a feed without resume would get."""

    name: str
    frames: list[Frame]
    position: int = 0
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [frame.first_seq for frame in self.frames]

    @classmethod
    def of_lines(
        cls,
        name: str,
        lines: Iterable[bytes],
        first_seq: int = 1,
        frame_events: int = 200,
        frame_ms: float = 0,
        times: Sequence[int] | None = None,
    ) -> "Channel":
        """Cut lines that carry channel and seq; a frame ends at `frame_events` or after `frame_ms` of event time."""
        frames: list[Frame] = []
        kept: list[bytes] = []
        seq, start_ts = first_seq, 0
        for place, line in enumerate(lines):
            ts = times[place] if times is not None else 0
            if kept and (len(kept) >= frame_events or (frame_ms and ts - start_ts >= frame_ms * 1e6)):
                frames.append(Frame(b"\n".join(kept), seq, len(kept), start_ts))
                seq, kept = seq + len(kept), []
            if not kept:
                start_ts = ts
            kept.append(line)
        if kept:
            frames.append(Frame(b"\n".join(kept), seq, len(kept), start_ts))
        return cls(name, frames)

    @classmethod
    def of_table(
        cls, name: str, table: pa.Table, first_seq: int = 1, frame_events: int = 200, frame_ms: float = 0
    ) -> "Channel":
        """Number a table of events in row order and encode it."""
        kept = table.drop_columns(
            [column for column in (*STAMPED_BY_THE_INGESTER, "channel", "seq") if column in table.column_names]
        )
        tail = f',"channel":{json.dumps(name)},"seq":'.encode()
        pieces = (wire.encode(kept.slice(start, ENCODED_ROWS)) for start in range(0, kept.num_rows, ENCODED_ROWS))
        numbered = enumerate((line for piece in pieces for line in piece.splitlines()), first_seq)
        lines = (b"%b%b%d}" % (line[:-1], tail, seq) for seq, line in numbered)
        return cls.of_lines(name, lines, first_seq, frame_events, frame_ms, kept.column("ts").to_pylist())

    @property
    def last_seq(self) -> int:
        """The sequence number of the last event, 0 for an empty channel."""
        return self.frames[-1].first_seq + self.frames[-1].events - 1 if self.frames else 0

    def frame_of(self, seq: int) -> int:
        """Give the index of the frame that holds `seq`, or the number of frames if it lies behind the last."""
        return len(self.frames) if seq > self.last_seq else max(0, bisect_right(self.starts, seq) - 1)


@dataclass
class Venue:
    """How the venue behaves.

    `speed` 0 sends as fast as it goes, 1 in real time by `ts`; `rate` sends so many events a second.
    `cut_frames` (low, high) aborts a connection after a seeded number of frames, `cut_seconds` after a seeded time
    around it; `cuts` bounds how often. `forget_before` loses the history before a seq. Without `resumable` a client
    gets what comes next, `missed_frames` of it lost at each cut. `end` closes with code 1000 and reason "end" after the
    last event.
    """

    speed: float = 0
    rate: float = 0
    resumable: bool = True
    forget_before: int = 0
    cut_frames: tuple[int, int] | None = None
    cut_seconds: float = 0
    cuts: int = sys.maxsize
    missed_frames: int = 0
    end: bool = False
    seed: int = 0


class Exchange:
    """The `events` protocol over channels that are known from the start. Use as an async context manager."""

    def __init__(self, channels: Iterable[Channel], venue: Venue | None = None, port: int = 0) -> None:
        self.channels = {channel.name: channel for channel in channels}
        self.venue = venue or Venue()
        self.port = port
        self.connections = 0
        self.cuts = 0
        self.sent_events = 0
        self.subscriptions: list[Mapping[str, Any]] = []
        self._random = random.Random(self.venue.seed)  # noqa: S311 - repeatable faults
        self._started: float | None = None
        self._due = _due(frame.ts for channel in self.channels.values() for frame in channel.frames)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"ws://{HOST}:{self.port}"

    async def __aenter__(self) -> "Exchange":
        self._server = await serve(self._serve, HOST, self.port, compression=None, max_queue=16, write_limit=1 << 20)
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut(self) -> None:
        """Abort every connection, as a failing network does."""
        for connection in list(self._server.connections) if self._server else []:
            connection.transport.abort()
            self.cuts += 1

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        tasks: list[asyncio.Task[None]] = []
        bounds = self.venue.cut_frames
        allowance = [self._random.randint(*bounds) if bounds and self._may_cut(bounds) else -1]
        if self._may_cut(self.venue.cut_seconds):
            seconds = self.venue.cut_seconds * self._random.uniform(0.5, 1.5)
            asyncio.get_running_loop().call_later(seconds, self._abort, socket)
        try:
            async for message in socket:
                order = json.loads(message)
                if order.get("action") == "subscribe" and order.get("channel") in self.channels:
                    self.subscriptions.append(order)
                    if self._started is None:
                        self._started = monotonic()
                    channel = self.channels[order["channel"]]
                    tasks.append(asyncio.create_task(self._play(socket, channel, order.get("from_seq"), allowance)))
                    if self.venue.end:
                        tasks[-1].add_done_callback(lambda _: _end_when_done(socket, tasks))
        except ConnectionClosed:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _may_cut(self, setting: object) -> bool:
        return bool(setting) and self.cuts < self.venue.cuts

    def _abort(self, socket: ServerConnection) -> None:
        if socket.state.name == "OPEN" and self.cuts < self.venue.cuts:
            self.cuts += 1
            socket.transport.abort()

    async def _play(self, socket: ServerConnection, channel: Channel, wanted: int | None, allowance: list[int]) -> None:
        with contextlib.suppress(ConnectionClosed):
            seq = wanted if wanted is not None and wanted <= channel.last_seq + 1 else 0
            if not self.venue.resumable:
                if self.connections > 1:
                    channel.position += self.venue.missed_frames
                index, seq = channel.position, 0
            else:
                forgotten = self.venue.forget_before - 1
                if seq <= forgotten:
                    if wanted is not None:
                        await socket.send(_gap(channel, wanted, forgotten))
                    seq = forgotten + 1
                index = channel.frame_of(seq)
            for place in range(index, len(channel.frames)):
                frame = channel.frames[place]
                await self._wait_until_due(frame)
                await socket.send(frame.after(seq) if place == index else frame.data, text=True)
                channel.position = max(channel.position, place + 1)
                self.sent_events += frame.events
                allowance[0] -= 1
                if allowance[0] == 0:
                    self._abort(socket)
                    return

    async def _wait_until_due(self, frame: Frame) -> None:
        if self._started is None:
            return
        if self.venue.rate:
            wait = self._started + self.sent_events / self.venue.rate - monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
        if not self.venue.speed:
            return
        wait = self._started + self._due[frame.ts] / 1e9 / self.venue.speed - monotonic()
        if wait > 0:
            await asyncio.sleep(wait)


def _due(times: Iterable[int]) -> dict[int, int]:
    """Give how long after the first of the times each is due, nights left out."""
    due: dict[int, int] = {}
    last, total = 0, 0
    for ts in sorted(set(times)):
        total += ts - last if due and ts - last < NIGHT_NS else 0
        due[ts] = total
        last = ts
    return due


def _end_when_done(socket: ServerConnection, tasks: list[asyncio.Task[None]]) -> None:
    if all(task.done() and not task.cancelled() for task in tasks):
        closing = asyncio.ensure_future(socket.close(1000, "end"))
        tasks.append(closing)


def _gap(channel: Channel, from_seq: int, to_seq: int) -> bytes:
    ts = channel.frames[channel.frame_of(to_seq + 1)].ts if to_seq < channel.last_seq else channel.frames[-1].ts
    return wire.encode_row(
        {
            "type": "status",
            "symbol": "*",
            "ts": ts,
            "channel": channel.name,
            "state": "gap",
            "from_seq": from_seq,
            "to_seq": to_seq,
        }
    )


class PolygonExchange:
    """The Polygon handshake (connected, auth, subscribe), then recorded frames of JSON arrays, once a connection."""

    def __init__(self, frames: Sequence[bytes], key: str, end: bool = False, port: int = 0) -> None:
        self.frames = list(frames)
        self.key = key
        self.end = end
        self.port = port
        self.connections = 0
        self.subscribed: list[str] = []
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"ws://{HOST}:{self.port}"

    async def __aenter__(self) -> "PolygonExchange":
        self._server = await serve(self._serve, HOST, self.port, compression=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionClosed):
            await socket.send(_polygon_status("connected", "Connected Successfully"))
            authenticated = False
            async for message in socket:
                order = json.loads(message)
                if order["action"] == "auth":
                    authenticated = order["params"] == self.key
                    if not authenticated:
                        await socket.send(_polygon_status("auth_failed", "authentication failed"))
                        return
                    await socket.send(_polygon_status("auth_success", "authenticated"))
                elif order["action"] == "subscribe" and authenticated:
                    names = order["params"].split(",")
                    self.subscribed.extend(names)
                    for name in names:
                        await socket.send(_polygon_status("success", f"subscribed to: {name}"))
                    for frame in self.frames:
                        await socket.send(frame, text=True)
                    if self.end:
                        await socket.close(1000, "end")


def _polygon_status(status: str, message: str) -> bytes:
    return json.dumps([{"ev": "status", "status": status, "message": message}]).encode()


def tables(paths: Iterable[Path]) -> Iterator[pa.Table]:
    """Read sessions of events (.ndjson, .parquet), one table a file."""
    for path in paths:
        yield (
            pq.read_table(path)
            if path.suffix == ".parquet"
            else wire.Decoder(ndjson.Reader()).decode(path.read_bytes()).table
        )


async def _main(options: argparse.Namespace) -> None:
    channels = [
        Channel.of_table(name, table, options.first_seq, options.frame_events, options.frame_ms)
        for name, table in zip(options.channel, tables(options.file), strict=True)
    ]
    venue = Venue(
        speed=options.speed,
        rate=options.rate,
        resumable=not options.no_resume,
        forget_before=options.forget_before,
        cut_seconds=options.cut_seconds,
        missed_frames=options.missed_frames,
        end=options.end,
        seed=options.seed,
    )
    async with Exchange(channels, venue, options.port) as exchange:
        print(exchange.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Serve sessions until interrupted; prints the URL when it is ready."""
    parser = argparse.ArgumentParser(prog="python -m local.exchange", description="Play a venue on a WebSocket.")
    parser.add_argument("--file", type=Path, action="append", required=True, help="a session; once for each channel")
    parser.add_argument("--channel", action="append", required=True, help="the channel of the file at the same place")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=float, default=1, help="1 is real time, 0 as fast as it goes")
    parser.add_argument("--rate", type=float, default=0, help="events a second, in place of --speed")
    parser.add_argument("--frame-events", type=int, default=200)
    parser.add_argument("--frame-ms", type=float, default=0, help="a frame also ends after this much event time")
    parser.add_argument("--first-seq", type=int, default=1)
    parser.add_argument("--forget-before", type=int, default=0, help="history before this seq is gone")
    parser.add_argument("--cut-seconds", type=float, default=0, help="cut a connection about this long after it opened")
    parser.add_argument("--missed-frames", type=int, default=0, help="frames lost at each cut without resume")
    parser.add_argument("--no-resume", action="store_true")
    parser.add_argument("--end", action="store_true", help='close with 1000 "end" after the last event')
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", action="store_true", help="end with the process that started it")
    options = parser.parse_args()
    if options.child:
        end_with_parent()
    if options.rate:
        options.speed = 0
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(options))


if __name__ == "__main__":
    main()
