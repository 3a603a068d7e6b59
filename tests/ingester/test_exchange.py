"""The venue that tests and demos connect to keeps its own promises: resume, gaps, cuts, pace, restarts."""

import asyncio
import json
from time import monotonic
from typing import Any

import pytest
from surveillance import wire
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from local.exchange import Channel, Exchange, Venue
from tests.ingester.sessions import lines


async def received(url: str, channel: str = "orders", from_seq: int | None = None) -> tuple[list[dict[str, Any]], str]:
    """Subscribe and read until the connection ends; give the events and the reason."""
    events: list[dict[str, Any]] = []
    async with connect(url) as socket:
        order = {"action": "subscribe", "channel": channel}
        await socket.send(json.dumps(order if from_seq is None else {**order, "from_seq": from_seq}))
        try:
            while True:
                frame = await socket.recv(decode=False)
                events += [json.loads(text) for text in frame.split(b"\n")]
        except ConnectionClosed as closed:
            return events, closed.rcvd.reason if closed.rcvd else "cut"


def session(count: int = 100, **more: Any) -> Channel:
    return Channel.of_lines("orders", lines(count), frame_events=7, **more)


@pytest.mark.parametrize(("wanted", "first"), [(None, 1), (1, 1), (50, 50), (100, 100), (101, None), (500, 1)])
def test_subscription_begins_where_it_was_asked_to(wanted: int | None, first: int | None) -> None:
    async def story() -> None:
        async with Exchange([session()], Venue(end=True)) as exchange:
            events, reason = await received(exchange.url, from_seq=wanted)
        expected = [] if first is None else list(range(first, 101))
        assert [event["seq"] for event in events] == expected
        assert reason == "end"

    asyncio.run(story())


def test_forgotten_history_is_announced_before_what_is_left() -> None:
    async def story() -> None:
        async with Exchange([session()], Venue(end=True, forget_before=60)) as exchange:
            events, _ = await received(exchange.url, from_seq=11)
        assert (events[0]["state"], events[0]["from_seq"], events[0]["to_seq"]) == ("gap", 11, 59)
        assert "seq" not in events[0]
        assert [event["seq"] for event in events[1:]] == list(range(60, 101))

    asyncio.run(story())


def test_cuts_are_the_same_for_the_same_seed() -> None:
    async def story(seed: int) -> list[int]:
        reached: list[int] = []
        async with Exchange([session(1_000)], Venue(cut_frames=(1, 100), seed=seed, end=True)) as exchange:
            while not reached or reached[-1] < 1_000:
                await received(exchange.url, from_seq=reached[-1] + 1 if reached else None)
                reached.append(min(1_000, exchange.channels["orders"].position * 7))
        return reached

    first, second = asyncio.run(story(5)), asyncio.run(story(5))
    assert len(first) > 1
    assert first == second


def test_table_is_numbered_and_loses_stamps_of_an_ingester() -> None:
    table = wire.table_of(
        {"type": "trade", "symbol": "A", "ts": ts, "price": 1.5, "number": 7, "seq": 99} for ts in (10, 20, 30)
    )
    channel = Channel.of_table("trades", table, first_seq=5, frame_events=2)
    texts = [json.loads(text) for frame in channel.frames for text in frame.data.split(b"\n")]
    assert [(event["seq"], event["channel"], event["ts"]) for event in texts] == [
        (5, "trades", 10),
        (6, "trades", 20),
        (7, "trades", 30),
    ]
    assert all("number" not in event for event in texts)
    assert (channel.last_seq, [frame.ts for frame in channel.frames]) == (7, [10, 30])


def test_speed_paces_by_event_time() -> None:
    async def story() -> None:
        times = [k * 2_000_000 for k in range(100)]
        channel = Channel.of_lines("orders", lines(100), frame_events=10, times=times)
        async with Exchange([channel], Venue(speed=0.5, end=True)) as exchange:
            began = monotonic()
            events, _ = await received(exchange.url)
        assert len(events) == 100
        assert monotonic() - began >= 0.36

    asyncio.run(story())


def test_frame_ends_after_its_share_of_event_time() -> None:
    channel = Channel.of_lines("orders", lines(10), frame_ms=3, times=[k * 1_000_000 for k in range(10)])
    assert [frame.events for frame in channel.frames] == [3, 3, 3, 1]
