"""What the lane log of a finished run proves: its lines lead to the stored alerts, and how batches cut the episodes."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec
from surveillance import alerts, wire
from surveillance.adapters.checkpoints import CheckpointTable
from surveillance.adapters.compression import decompress
from surveillance.adapters.lane_log import SEGMENTS, LaneLog
from surveillance.adapters.lane_replay import replay_lane_log
from surveillance.alerts import Alert
from surveillance.engine import ndjson
from surveillance.lanes import lane_of

from local.stack import LocalStack
from tests.end_to_end.sessions import Recording, contents

IDS = ("order_id", "previous_order_id", "trade_id")
_SEGMENT = re.compile(r"(\d+):(\d+)-\d+@(\d+)")
_decoder = msgspec.json.Decoder(dict[str, Any])


def logged_lines(stack: LocalStack) -> dict[int, list[bytes]]:
    """Give each lane's log from its beginning, in pieces of whole lines."""
    names = stack.names
    log = LaneLog(stack.client("s3"), names["LANE_BUCKET"], lambda: "")
    checkpoints = CheckpointTable(stack.client("dynamodb"), names["CHECKPOINT_TABLE"]).read(range(int(names["LANES"])))
    return {lane: [piece for _, piece in log.lines(found, 0)] for lane, found in checkpoints.items()}


def replayed_log(stack: LocalStack, recording: Recording) -> dict[str, dict[str, object]]:
    """Replay every lane's log from an empty lane, as an audit does."""
    engine = recording.engine(int(stack.names["LANES"]))
    found: list[Alert] = []
    for lane, pieces in logged_lines(stack).items():
        found += replay_lane_log(engine, lane, pieces)
    return contents(found)


def replayed_as_received(stack: LocalStack, recording: Recording) -> dict[str, dict[str, object]]:
    """Replay what was received, gaps included, as one file in one lane: each status where it stood."""
    venue: dict[int, bytes] = {}
    statuses: dict[int, dict[str, Any]] = {}
    for pieces in logged_lines(stack).values():
        for line in b"".join(pieces).splitlines():
            event = _decoder.decode(line)
            number, producer = event.pop("number"), event.pop("producer")
            if producer.endswith("/status"):
                statuses[number] = event
            else:
                venue[event["seq"]] = wire.encode_row(event)
    placed = [(seq, 1, line) for seq, line in venue.items()]
    next_seq = 0
    for _, status in sorted(statuses.items()):
        if status["state"] == "gap":
            next_seq = status["to_seq"] + 1
        placed.append((next_seq, 0 if status["state"] == "gap" else 2, wire.encode_row(status)))
    engine, decoder = recording.engine(), wire.Decoder(ndjson.Reader())
    lines = b"\n".join(line.rstrip(b"\n") for _, _, line in sorted(placed)) + b"\n"
    return contents(alerts.last_revisions(engine.feed(engine.new_state(), decoder.decode(lines)).alerts))


def spanning_episodes(stack: LocalStack, found: list[Alert]) -> int:
    """Count the alerts whose evidence came in more than one batch; needs a run in which no attempt failed."""
    lanes = int(stack.names["LANES"])
    batch_of_id: dict[tuple[int, str], set[int]] = defaultdict(set)
    batch_of_time: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for lane, place, lines in _segments(stack):
        for line in lines.splitlines():
            event = _decoder.decode(line)
            batch_of_time[event["symbol"]].append((event["ts"], place))
            for name in IDS:
                if event.get(name) is not None:
                    batch_of_id[lane, event[name]].add(place)
    spanning = 0
    for alert in found:
        lane = lane_of(alert.symbol, lanes)
        batches = {place for one in (*alert.order_ids, *alert.trade_ids) for place in batch_of_id[lane, one]}
        if not batches:
            times = batch_of_time[alert.symbol]
            batches = {place for ts, place in times if alert.start_ts <= ts <= alert.end_ts}
        spanning += len(batches) > 1
    return spanning


def _segments(stack: LocalStack) -> Iterator[tuple[int, int, bytes]]:
    """Give lane, first position and lines of each batch."""
    s3, bucket = stack.client("s3"), stack.names["LANE_BUCKET"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=SEGMENTS):
        for entry in page.get("Contents", []):
            answer = s3.get_object(Bucket=bucket, Key=entry["Key"])
            body = answer["Body"].read()
            parts = [tuple(map(int, part)) for part in _SEGMENT.findall(answer["Metadata"]["segments"])]
            ends = [offset for _, _, offset in parts[1:]] + [len(body)]
            for (lane, first, offset), end in zip(parts, ends, strict=True):
                yield lane, first, decompress(body[offset:end])
