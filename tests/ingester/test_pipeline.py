"""From frames to records: every line is stamped, numbered and in its lane in order, or quarantined with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from surveillance.events import SECOND
from surveillance.lanes import lane_of
from surveillance.wire import Decoder

from ingester.configuration import Feed
from ingester.counts import Counts
from ingester.numbering import EPOCH
from ingester.outbox import Outbox
from ingester.pipeline import Pipeline
from ingester.protocols.events import EventsProtocol
from ingester.quarantine import Quarantine
from ingester.record import BYTES_PER_LINE, BYTES_PER_RECORD, EVENTS_PER_RECORD
from ingester.spill import Spill
from ingester.watch import Position
from tests.ingester.sessions import START, line, lines

LANES = 4
STARTED = START + SECOND


class Desk:
    """A pipeline, and a Kinesis that takes everything at once."""

    def __init__(
        self, folder: Path, positions: dict[str, Position] | None = None, clean: bool = True, **feed: Any
    ) -> None:
        self.feed = Feed("venue", "events", "ws://x", **{"channels": ["orders"], **feed})
        self.counts = Counts()
        self.outbox = Outbox(LANES, Spill(folder, 0), self.counts, 10**9, 0.1)
        self.quarantine = Quarantine("venue")
        self.pipeline = Pipeline(
            self.feed, LANES, STARTED, positions or {}, clean, self.outbox, self.quarantine, self.counts
        )
        self.protocol = EventsProtocol(Decoder())
        self.records: list[Any] = []

    def receive(self, *frames: bytes, at: int = STARTED) -> None:
        self.pipeline.receive(self.protocol.read(list(frames)), at, 0.0)

    def events(self) -> dict[int, list[dict[str, Any]]]:
        """Confirm all and give the events by lane."""
        self.outbox.flush(0, everything=True)
        while ready := self.outbox.ready(0):
            for record in ready:
                self.records.append(record)
                self.outbox.confirm(record)
        found: dict[int, list[dict[str, Any]]] = {lane: [] for lane in range(LANES)}
        for record in self.records:
            found[record.lane] += [json.loads(text) for text in record.data.splitlines()]
        return found

    def statuses(self) -> list[dict[str, Any]]:
        return [event for event in self.events()[0] if event["producer"] == "venue/status"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_lines_keep_their_bytes_and_get_their_stamps(desk: Desk) -> None:
    sent = line(7, symbol="AAPL", unknown=1.10)
    desk.receive(sent)
    desk.events()
    tail = f',"received_ts":{STARTED},"producer":"venue/orders","number":7}}\n'.encode()
    assert desk.records[0].data == sent[:-1] + tail


def test_events_stand_in_their_symbols_lane_in_order(desk: Desk) -> None:
    desk.receive(b"\n".join(lines(500)), b"\n".join(lines(500, 501)))
    found = desk.events()
    assert sum(map(len, found.values())) == 1000
    for lane, events in found.items():
        assert all(lane_of(event["symbol"], LANES) == lane for event in events)
        assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
        assert all(event["number"] == event["seq"] for event in events)


def test_records_stay_within_their_limits(desk: Desk) -> None:
    desk.receive(*[b"\n".join(lines(700, first, symbol="A")) for first in range(1, 7000, 700)])
    desk.receive(b"\n".join(lines(20, 7001, symbol="A", account="x" * 30_000)))
    desk.events()
    for record in desk.records:
        assert len(record.data.splitlines()) <= EVENTS_PER_RECORD
        assert len(record.data) <= BYTES_PER_RECORD
    assert sum(sum(record.counts.values()) for record in desk.records) == 7020


def test_line_beyond_the_record_limit_goes_alone(desk: Desk) -> None:
    desk.receive(line(1, symbol="A"), line(2, symbol="A", account="x" * 200_000), line(3, symbol="A"))
    desk.events()
    assert [len(record.data.splitlines()) for record in desk.records] == [1, 1, 1]


def test_wrong_type_in_a_field_that_the_door_does_not_read_is_left_to_the_engine(desk: Desk) -> None:
    for bad in (line(2, price="ten"), line(3, price="ten", account="a\\b")):
        desk.receive(bad)
    desk.receive(line(4))
    found = desk.events()
    assert sorted(event["seq"] for events in found.values() for event in events) == [2, 3, 4]
    assert not any(each.quarantined for each in desk.counts.channels.values())


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"nonsense", "not_json"),
        (b'{"symbol":"\xff"}', "not_utf8"),
        (b"[1]", "not_an_object"),
        (line(2, symbol=7), "wrong_type:symbol"),
        (line(2, ts="noon"), "wrong_type:ts"),
        (b'{"type":"order","symbol":"A","ts":1,"channel":"orders","seq":18446744073709551616}', "wrong_type:seq"),
        (line(2) + line(3), "not_json"),
        (line(2, symbol=""), "missing:symbol"),
        (line(2, account="x" * BYTES_PER_LINE), "too_long"),
        (line(2, channel="else"), "unknown_channel"),
        (line(-2), "negative_seq"),
        (b'{"type":"order","symbol":"A","ts":1,"channel":"orders"}', "missing:seq"),
    ],
)
def test_bad_line_is_quarantined_with_its_reason_and_leaves_no_gap(desk: Desk, bad: bytes, reason: str) -> None:
    desk.receive(b"\n".join([line(1), bad, line(3)]))
    found = desk.events()
    assert sorted(event["seq"] for events in found.values() for event in events) == [1, 3]
    counted = {reason: number for each in desk.counts.channels.values() for reason, number in each.quarantined.items()}
    assert counted == {reason: 1}
    assert desk.counts.of("orders").missing == 0
    _, body, _ = desk.quarantine.head()
    row = json.loads(body)
    assert row["reason"] == reason
    assert row["feed"] == "venue"
    assert ("raw_base64" in row) == (reason == "not_utf8")


def test_what_the_engine_judges_passes_the_door(desk: Desk) -> None:
    desk.receive(line(1, type="order", action="dance", symbol="A"))
    assert sum(map(len, desk.events().values())) == 1


def test_counts_add_up_with_bad_and_repeated_lines(desk: Desk) -> None:
    desk.receive(b"\n".join([*lines(50), b"junk", *lines(20, 52)]))
    desk.receive(b"\n".join(lines(30, 60)))
    desk.events()
    counts = desk.counts.of("orders")
    assert (counts.received, counts.repeated, sum(counts.quarantined.values())) == (101, 12, 1)
    assert (counts.put, counts.pending) == (88, 0)


@pytest.mark.parametrize("key", ["received_ts", "producer", "number"])
def test_keys_of_ours_sent_by_the_venue_are_overwritten(desk: Desk, key: str) -> None:
    stray: Any = "someone" if key == "producer" else 99
    keys: list[dict[str, Any]] = [{key: stray}, {key: None}, {}]
    desk.receive(b"\n".join(line(seq, "A", **more) for seq, more in enumerate(keys, start=1)))
    desk.events()
    text = b"".join(record.data for record in desk.records)
    for count, found in enumerate(map(json.loads, text.splitlines()), start=1):
        assert (found["received_ts"], found["producer"], found["number"]) == (STARTED, "venue/orders", count)
    assert text.count(f'"{key}"'.encode()) == 3


@pytest.mark.parametrize("ending", [b"\r", b" ", b"\t\r"])
def test_white_space_behind_a_line_does_no_harm(desk: Desk, ending: bytes) -> None:
    desk.receive(b"\n".join([line(1) + ending, b"", line(2) + ending, b"  "]))
    assert sorted(event["number"] for events in desk.events().values() for event in events) == [1, 2]


def test_two_objects_on_a_line_are_quarantined_though_a_blank_line_hides_it(desk: Desk) -> None:
    desk.receive(b"\n".join([line(1), b"", line(2) + line(3), line(4)]))
    assert sorted(event["seq"] for events in desk.events().values() for event in events if "seq" in event) == [1, 4]
    assert sum(desk.counts.of("orders").quarantined.values()) == 1


def test_event_of_all_symbols_goes_to_every_lane_in_its_place(desk: Desk) -> None:
    halt = line(3, symbol="*", type="status", state="halted")
    desk.receive(b"\n".join([*lines(2, symbol="A"), halt, *lines(2, 4, symbol="A")]))
    found = desk.events()
    assert [event["seq"] for event in found[lane_of("A", LANES)]] == [1, 2, 3, 4, 5]
    assert all([event["seq"] for event in events].count(3) == 1 for events in found.values())
    counts = desk.counts.of("orders")
    assert (counts.received, counts.put, desk.counts.copies_put) == (5, 5, LANES - 1)


def test_gap_stands_before_the_event_that_shows_it_with_the_last_events_time(desk: Desk) -> None:
    desk.receive(b"\n".join([*lines(3, symbol="A"), *lines(2, 7, symbol="A")]))
    events = desk.events()[lane_of("A", LANES)]
    assert [event.get("state") for event in events] == [None, None, None, "gap", None, None]
    gap = events[3]
    assert (gap["from_seq"], gap["to_seq"], gap["channel"], gap["symbol"]) == (4, 6, "orders", "*")
    assert (gap["ts"], gap["producer"], gap["number"]) == (events[2]["ts"], "venue/status", STARTED)
    assert desk.counts.of("orders").missing == 3


def test_venue_word_on_a_gap_becomes_one_status_of_ours(desk: Desk) -> None:
    desk.receive(b"\n".join(lines(3)))
    word = {"type": "status", "symbol": "*", "ts": 5, "channel": "orders", "state": "gap", "from_seq": 4, "to_seq": 9}
    desk.receive(json.dumps(word).encode(), b"\n".join(lines(3, 10)))
    statuses = desk.statuses()
    assert [(status["from_seq"], status["to_seq"]) for status in statuses] == [(4, 9)]
    assert desk.counts.of("orders").control == 1
    assert desk.counts.of("orders").received == 6


def test_channels_of_a_feed_are_numbered_and_watched_apart(tmp_path: Path) -> None:
    desk = Desk(tmp_path, channels=["orders", "trades"])
    desk.receive(
        b"\n".join([line(1, "A"), line(8, "A", "trades"), line(2, "A"), line(10, "A", "trades"), line(3, "A")])
    )
    events = desk.events()[lane_of("A", LANES)]
    assert [(event["producer"], event["number"]) for event in events if event["type"] == "order"] == [
        ("venue/orders", 1),
        ("venue/trades", 8),
        ("venue/orders", 2),
        ("venue/trades", 10),
        ("venue/orders", 3),
    ]
    assert [(status["channel"], status["from_seq"]) for status in desk.statuses()] == [("trades", 9)]
    assert (desk.counts.of("orders").put, desk.counts.of("trades").put) == (3, 2)


def test_feed_without_resume_is_numbered_from_the_lease(tmp_path: Path) -> None:
    desk = Desk(tmp_path, resumable=False)
    desk.receive(b"\n".join(lines(3, symbol="A")))
    desk.pipeline.cut()
    desk.receive(b"\n".join(lines(2, 6, symbol="A")))
    events = desk.events()[lane_of("A", LANES)]
    own = [event for event in events if event["producer"] == "venue"]
    assert [event["number"] for event in own] == list(range(STARTED, STARTED + 5))
    assert [event.get("state") for event in events] == [None, None, None, "gap", None, "resumed", None]
    assert events[5]["ts"] == events[4]["ts"]


def test_restarted_numbering_is_held_until_its_base_is_saved(desk: Desk) -> None:
    desk.receive(b"\n".join(lines(5)))
    desk.events()
    desk.receive(b"\n".join(lines(2, ts=START + 10**12, symbol="A")))
    assert desk.pipeline.must_save
    desk.outbox.flush(0, everything=True)
    assert desk.outbox.ready(0) == []
    assert desk.pipeline.positions()["orders"].base == EPOCH
    desk.outbox.held = False
    assert [event["number"] for event in desk.events()[lane_of("A", LANES)]][-2:] == [EPOCH + 1, EPOCH + 2]


def test_position_never_passes_what_is_not_confirmed(desk: Desk) -> None:
    desk.receive(b"\n".join(lines(1000)))
    assert desk.pipeline.positions()["orders"].last_seq == 0
    first = desk.outbox.ready(0)
    desk.outbox.flush(0, everything=True)
    for record in first[1:]:
        desk.outbox.confirm(record)
    held_back = min(json.loads(text)["seq"] for text in first[0].data.splitlines()) if first else 1
    position = desk.pipeline.positions()["orders"].last_seq
    assert position is not None
    assert position < held_back or not first
    desk.events()
    if first:
        desk.outbox.confirm(first[0])
    desk.events()
    assert desk.pipeline.positions()["orders"].last_seq == 1000


def test_position_waits_for_the_quarantine_to_be_written(desk: Desk) -> None:
    desk.receive(b"\n".join([*lines(3), b"junk", *lines(3, 5)]))
    desk.events()
    waiting = desk.pipeline.positions()["orders"]
    assert (waiting.last_seq, waiting.quarantined) == (3, 0)
    desk.quarantine.confirm(1)
    settled = desk.pipeline.positions()["orders"]
    assert (settled.last_seq, settled.quarantined, settled.missing) == (7, 1, 0)


def test_live_feed_is_told_of_silence_skew_and_heartbeat(tmp_path: Path) -> None:
    desk = Desk(tmp_path, clock="live", silence_seconds=30, skew_seconds=5, heartbeat_seconds=10)
    desk.pipeline.opened()
    sent_at = START + 1_000_000
    desk.receive(line(1), at=sent_at)
    desk.pipeline.tick(sent_at + 12 * SECOND, 0)
    desk.pipeline.tick(sent_at + 29 * SECOND, 0)
    desk.pipeline.tick(sent_at + 30 * SECOND + 7, 0)
    desk.pipeline.tick(sent_at + 31 * SECOND, 0)
    late = sent_at + 40 * SECOND
    desk.receive(line(2), at=late)
    desk.pipeline.tick(late, 0)
    desk.pipeline.tick(late, 0)
    said = [(status["state"], status["ts"]) for status in desk.statuses()]
    assert [state for state, _ in said] == ["heartbeat", "heartbeat", "silent", "resumed", "heartbeat", "skewed"]
    assert dict(said)["silent"] == sent_at + 30 * SECOND
    assert next(status for status in desk.statuses() if status["state"] == "silent")["since_ts"] == sent_at
    assert [status["number"] for status in desk.statuses()] == list(range(STARTED, STARTED + 6))


def test_recorded_feed_gets_no_status_of_the_wall_clock(tmp_path: Path) -> None:
    desk = Desk(tmp_path, clock="recorded", heartbeat_seconds=1)
    desk.pipeline.opened()
    desk.receive(line(1), at=START + 10**15)
    for second in range(100):
        desk.pipeline.tick(START + 10**15 + second * SECOND, 0)
    assert desk.statuses() == []
    assert "status" not in desk.counts.channels
