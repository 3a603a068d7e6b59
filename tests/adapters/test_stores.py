"""What the consumer's stores promise on DynamoDB and S3 themselves."""

from typing import Any

import pytest
from surveillance.adapters.checkpoints import Checkpoint, CheckpointTable, Segment, Trial
from surveillance.adapters.lane_log import Chapter, LaneLog, LaneLogError, chain, read_lane_log
from surveillance.adapters.quarantine import Quarantine, Refused
from surveillance.adapters.reference_files import read_reference
from surveillance.adapters.snapshots import Snapshot, SnapshotStore
from surveillance.errors import LaneConflictError

from tests.adapters.aws_tables import BUCKET, make_bucket, make_tables

KINESIS_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898
LONG = Checkpoint(
    lane=3,
    version=2,
    position=14,
    alerted=9,
    chaptered=5,
    tail=(Segment("log/segments/date=2023-11-14/a b.zst", 10, 20, 5, 9), Segment("log/x", 0, 7, 9, 14)),
    stream="arn:aws:kinesis:eu-west-1:1:stream/events",
    sequence_number=KINESIS_NUMBER,
    date="2023-11-14",
    digest="d",
    snapshot_version=1,
    writer="w",
    trial=Trial(KINESIS_NUMBER + 1, 2),
    counts={"lines": 14},
)


@pytest.fixture
def bucket(aws: None) -> Any:
    return make_bucket()


@pytest.fixture
def checkpoints(aws: None) -> CheckpointTable:
    return CheckpointTable(make_tables(), "checkpoints")


def test_a_lane_never_written_reads_as_new(checkpoints: CheckpointTable) -> None:
    assert checkpoints.read([0, 200]) == {0: Checkpoint(0), 200: Checkpoint(200)}


def test_a_checkpoint_reads_as_it_was_written(checkpoints: CheckpointTable) -> None:
    checkpoints.advance(Checkpoint(3), LONG)
    assert checkpoints.read([3, 4]) == {3: LONG, 4: Checkpoint(4)}


def test_advancing_from_another_version_is_a_conflict(checkpoints: CheckpointTable) -> None:
    checkpoints.advance(Checkpoint(3), LONG)
    for believed in (Checkpoint(3), Checkpoint(3, version=1), Checkpoint(3, version=3)):
        with pytest.raises(LaneConflictError):
            checkpoints.advance(believed, Checkpoint(3, version=9))
    assert checkpoints.read([3]) == {3: LONG}


def test_one_object_holds_the_segments_of_all_lanes(bucket: Any) -> None:
    log = LaneLog(bucket, BUCKET, iter(["one"]).__next__)
    segments = log.append("2023-11-14", {1: (0, 2, b"a\nb\n"), 7: (40, 41, b"c\n")})
    assert len(bucket.list_objects_v2(Bucket=BUCKET)["Contents"]) == 1
    assert log.read([segments[7], segments[1]]) == [b"c\n", b"a\nb\n"]


def test_a_missing_segment_is_an_error_and_not_an_empty_log(bucket: Any) -> None:
    log = LaneLog(bucket, BUCKET, str)
    with pytest.raises(LaneLogError, match="log/gone"):
        log.read([Segment("log/gone", 0, 5, 0, 1)])


def test_lines_are_read_from_any_position_over_chapters_and_tail(bucket: Any) -> None:
    log = LaneLog(bucket, BUCKET, iter("abc").__next__)
    lines = [f"{number}\n".encode() for number in range(12)]
    for first, last in ((0, 3), (3, 5), (3, 7)):  # [3, 5) was bound by a writer that died before it said so
        log.bind(Chapter(3, "2023-11-14", first, last), b"".join(lines[first:last]))
    tail = tuple(log.append("2023-11-14", {3: (a, b, b"".join(lines[a:b]))})[3] for a, b in ((7, 9), (9, 12)))
    checkpoint = Checkpoint(3, position=12, chaptered=7, tail=tail, date="2023-11-14")
    for position in range(13):
        found = list(log.lines(checkpoint, position, "2023-11-14"))
        assert b"".join(piece for _, piece in found) == b"".join(lines[position:])
        assert [start for start, _ in found][:1] in ([], [position])
    assert b"".join(read_lane_log(log, checkpoint, "2023-11-14")) == b"".join(lines)
    assert list(read_lane_log(log, checkpoint, "2023-11-13")) == []


def test_a_hole_between_chapters_is_an_error() -> None:
    with pytest.raises(LaneLogError, match="from 3 to 9"):
        chain([Chapter(0, "d", 0, 3), Chapter(0, "d", 4, 9)], 0, 9)


def test_a_snapshot_is_found_by_its_digest_only(bucket: Any) -> None:
    snapshots = SnapshotStore(bucket, BUCKET)
    snapshots.write(3, "old", Snapshot(7, "2023-11-14", b"state" * 1000))
    assert snapshots.read(3, "old") == Snapshot(7, "2023-11-14", b"state" * 1000)
    assert snapshots.read(3, "new") is None
    assert snapshots.read(4, "old") is None


def test_quarantined_lines_keep_their_reason_and_bytes(bucket: Any) -> None:
    Quarantine(bucket, BUCKET).rejected(3, "2023-11-14", 9, [Refused("not_json", b"{x"), Refused("not_utf8", b"\xff")])
    (entry,) = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
    body = bucket.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
    assert body == b'{"reason":"not_json","line":"{x"}\n{"reason":"not_utf8","line_base64":"/w=="}\n'


def test_a_reference_file_is_optional(bucket: Any) -> None:
    assert read_reference(bucket, BUCKET, "accounts.csv") is None
    bucket.put_object(Bucket=BUCKET, Key="reference/accounts.csv", Body=b"account\n007\n")
    assert read_reference(bucket, BUCKET, "accounts.csv") == b"account\n007\n"
