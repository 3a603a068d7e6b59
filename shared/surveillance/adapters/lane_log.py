"""The lane log: every line a lane consumed, in lane order, durable before the lane's checkpoint says so.

Two forms of the same lines:

- a *segment* is what one attempt appended to one lane; all lanes of a batch share one object,
  `log/segments/date=D/<attempt>.zst`. Only a checkpoint makes a segment part of the log: one that no checkpoint ever
  listed is an orphan of a failed attempt, and readers never meet it. The object's metadata tells lanes and positions.
- a *chapter* binds a checkpoint's listed segments, `log/chapters/lane=L/date=D/<first>-<last>.ndjson.zst`. It holds
  committed lines only, so two chapters that overlap (a writer died before it said so) agree line by line.

A position counts lines. Chapters are kept for audit; a segment is needed only until its chapter is written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from surveillance.adapters.checkpoints import Checkpoint, Segment
from surveillance.adapters.compression import compress, decompress
from surveillance.errors import SurveillanceError

SEGMENTS: Final = "log/segments/"
CHAPTERS: Final = "log/chapters/"
READ_AHEAD: Final = 8

Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""`map`, or something that runs like it with several calls under way."""


class LaneLogError(SurveillanceError):
    """Lines that a checkpoint speaks of are not in the lane log."""


class Chapter(msgspec.Struct, frozen=True):
    """A bound piece of the log: the lines [first, last) of one lane and arrival date."""

    lane: int
    date: str
    first: int
    last: int

    @property
    def key(self) -> str:
        """Give the object's key."""
        return f"{CHAPTERS}lane={self.lane:03d}/date={self.date}/{self.first:020d}-{self.last:020d}.ndjson.zst"


def chapter_of(key: str) -> Chapter:
    """Read a chapter's place from its key."""
    lane, date, name = key.removeprefix(CHAPTERS).split("/")
    first, last = name.removesuffix(".ndjson.zst").split("-")
    return Chapter(int(lane.removeprefix("lane=")), date.removeprefix("date="), int(first), int(last))


def after(lines: bytes, count: int) -> bytes:
    """Cut the first `count` lines off."""
    start = 0
    for _ in range(count):
        start = lines.index(b"\n", start) + 1
    return lines[start:]


class LaneLog:
    """The lane log in a bucket.

    `attempt` names each object written; names must never repeat. `spread` may run reads abreast.
    """

    def __init__(self, client: Any, bucket: str, attempt: Callable[[], str], spread: Spread = map) -> None:
        self._client = client
        self._bucket = bucket
        self._attempt = attempt
        self._spread = spread

    def append(self, date: str, parts: Mapping[int, tuple[int, int, bytes]]) -> dict[int, Segment]:
        """Write one object with a segment a lane; `parts` gives each lane's first and last position and its lines."""
        key = f"{SEGMENTS}date={date}/{self._attempt()}.zst"
        segments: dict[int, Segment] = {}
        frames = []
        offset = 0
        for lane, (first, last, lines) in parts.items():
            frame = compress(lines)
            segments[lane] = Segment(key, offset, len(frame), first, last)
            frames.append(frame)
            offset += len(frame)
        places = " ".join(f"{lane}:{part.first}-{part.last}@{part.offset}" for lane, part in segments.items())
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=b"".join(frames), Metadata={"segments": places[:1900]}
        )
        return segments

    def read(self, segments: Sequence[Segment]) -> list[bytes]:
        """Give each segment's lines."""
        return list(self._spread(self._segment, segments))

    def _segment(self, segment: Segment) -> bytes:
        return decompress(self._get(segment.key, f"bytes={segment.offset}-{segment.offset + segment.length - 1}"))

    def _get(self, key: str, byte_range: str | None = None) -> bytes:
        limits = {"Range": byte_range} if byte_range else {}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **limits)
        except self._client.exceptions.NoSuchKey as missing:
            raise LaneLogError(f"the lane log has no {key}") from missing
        content: bytes = answer["Body"].read()
        return content

    def bind(self, chapter: Chapter, lines: bytes) -> None:
        """Write a chapter; writing it again changes nothing."""
        self._client.put_object(Bucket=self._bucket, Key=chapter.key, Body=compress(lines))

    def chapters(self, lane: int, from_date: str = "", to_date: str = "9999-12-31") -> list[Chapter]:
        """List the chapters of arrival dates in [from_date, to_date], by first position."""
        prefix = f"{CHAPTERS}lane={lane:03d}/"
        start = {"StartAfter": f"{prefix}date={from_date}"} if from_date else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix, **start)
        found: list[Chapter] = []
        for page in pages:
            for entry in page.get("Contents", []):
                chapter = chapter_of(entry["Key"])
                if chapter.date > to_date:
                    return found
                found.append(chapter)
        return found

    def read_chapters(self, chapters: Sequence[Chapter]) -> Iterator[bytes]:
        """Give each chapter's lines in turn, a few read ahead."""
        for start in range(0, len(chapters), READ_AHEAD):
            ahead = chapters[start : start + READ_AHEAD]
            yield from self._spread(lambda chapter: decompress(self._get(chapter.key)), ahead)

    def lines(self, checkpoint: Checkpoint, position: int, from_date: str = "") -> Iterator[tuple[int, bytes]]:
        """Give the lines [position, checkpoint.position) in pieces: the position of its first line, and the piece.

        `from_date` is an arrival date not after that of the line at `position`; it spares listing older chapters.
        Raises `LaneLogError` where lines are missing.
        """
        if position < checkpoint.chaptered:
            listed = chain(self.chapters(checkpoint.lane, from_date), position, checkpoint.chaptered)
            for chapter, content in zip(listed, self.read_chapters(listed), strict=True):
                known = after(content, position - chapter.first)
                yield position, known
                position = chapter.last
        missing = [segment for segment in checkpoint.tail if segment.last > position]
        if missing:
            yield position, after(b"".join(self.read(missing)), position - missing[0].first)


def chain(chapters: Iterable[Chapter], position: int, end: int) -> list[Chapter]:
    """Choose chapters that cover [position, end) without a hole; raises `LaneLogError` where none does."""
    waiting = sorted(chapters, key=lambda chapter: chapter.first, reverse=True)
    chosen: list[Chapter] = []
    while position < end:
        best: Chapter | None = None
        while waiting and waiting[-1].first <= position:
            chapter = waiting.pop()
            if chapter.last > (best.last if best else position):
                best = chapter
        if best is None:
            raise LaneLogError(f"the lane log lacks the lines from {position} to {end}")
        chosen.append(best)
        position = best.last
    return chosen


def read_lane_log(log: LaneLog, checkpoint: Checkpoint, date: str) -> Iterator[bytes]:
    """Give a lane's lines of one UTC arrival date in order, in pieces of whole lines: chapters, then the tail."""
    chapters = log.chapters(checkpoint.lane, date, date)
    if chapters:
        first, last = chapters[0].first, max(chapter.last for chapter in chapters)
        position = first
        chosen = chain(chapters, first, last)
        for chapter, content in zip(chosen, log.read_chapters(chosen), strict=True):
            yield after(content, position - chapter.first)
            position = chapter.last
    if checkpoint.tail and checkpoint.date == date:
        yield from log.read(checkpoint.tail)
