"""From what a venue sent to stamped lines in lanes: one feed's core, without I/O or a clock of its own."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from surveillance import wire
from surveillance.events import EVERYTHING, SECOND
from surveillance.lanes import lane_of

from ingester.configuration import Feed
from ingester.counts import OWN_CHANNEL, Counts
from ingester.numbering import Counter
from ingester.outbox import Outbox
from ingester.protocols import Read
from ingester.quarantine import Quarantine, Quarantined
from ingester.record import Chunk
from ingester.rows import ALL_LANES, UNNAMED, Reject, Rows, rows_of
from ingester.stamping import stamp, tail
from ingester.watch import ChannelWatch, Gap, Position

Integers = NDArray[np.int64]
_any_decoder = msgspec.json.Decoder(dict[str, Any])


@dataclass
class _Channel:
    """A channel's sequence, what the wall clock knows of it, and what its position does not yet settle."""

    watch: ChannelWatch
    received_ns: int
    lag_ns: int = 0
    lagging: bool = False
    unsettled: deque[tuple[int, str, int]] = field(default_factory=deque)


@dataclass(frozen=True)
class _Remark:
    """A status of the ingester's own that stands before `row`."""

    row: int
    channel: str
    fields: dict[str, Any]
    start: int | None = None


class Pipeline:
    """Numbers, watches, stamps and lanes for one feed, from the taking of a lease to its end."""

    def __init__(
        self,
        feed: Feed,
        lanes: int,
        started_ns: int,
        positions: dict[str, Position],
        clean: bool,
        outbox: Outbox,
        quarantine: Quarantine,
        counts: Counts,
    ) -> None:
        """`started_ns` is the ns clock of the lease; `clean` says that the process before this one ended in order."""
        self._feed = feed
        self._lanes = lanes
        self._home = lane_of(EVERYTHING, lanes)
        self._outbox = outbox
        self._quarantine = quarantine
        self._counts = counts
        self._clean = clean or feed.resumes
        self._started_ns = started_ns
        self._numbers = Counter(started_ns)
        self._status_numbers = Counter(started_ns)
        self._status_producer = f"{feed.name}/{OWN_CHANNEL}"
        self._channels: dict[str, _Channel] = {}
        self._heartbeat_ns = started_ns
        self.connected = False
        self.must_save = False
        for name in dict.fromkeys([*(feed.channels if feed.protocol == "events" else ()), *positions]):
            self._channel(name, positions.get(name))

    def resume_from(self) -> dict[str, int | None]:
        """Give the next seq wanted of each configured channel; None before its first event, or without resume."""
        return {
            name: self._channel(name).watch.next_seq if self._feed.resumes else None for name in self._feed.channels
        }

    def opened(self) -> None:
        """Note a new connection."""
        self.connected = True
        self._counts.connections += 1

    def cut(self) -> None:
        """Note the end of the connection."""
        self.connected = False
        self._counts.cuts += 1
        for channel in self._channels.values():
            channel.watch.cut()

    def receive(self, read: Read, received_ts: int, now: float) -> None:
        """Take what was read, received at `received_ts` (ns); `now` is any steady clock in seconds."""
        self._counts.left_out.update(read.left_out)
        rows = rows_of(read, self._feed, self._lanes)
        begin = 0
        for control in rows.controls:
            self._take(rows.part(begin, control.row), received_ts, now)
            self._counts.of(control.channel).control += 1
            self._believe(control.channel, control.to_seq, received_ts, now)
            begin = control.row
        self._take(rows.part(begin, len(rows.lines)) if rows.controls else rows, received_ts, now)
        if self.must_save:
            self._outbox.held = True

    def reject_frame(self, reason: str, raw: bytes, received_ts: int) -> None:
        """Quarantine a frame that could not be read at all; it counts as one line."""
        self._quarantine_line(self._sole_channel(), reason, raw, None, received_ts)

    def tick(self, wall_ns: int, now: float) -> None:
        """Look at the wall clock, about once a second: silence, skew and heartbeat of a live feed."""
        if not self._feed.live:
            return
        for name, channel in self._channels.items():
            self._watch_silence(name, channel, wall_ns, now)
            self._watch_skew(name, channel, wall_ns, now)
        pause = self._feed.heartbeat_seconds
        if pause and self.connected and wall_ns - self._heartbeat_ns >= pause * SECOND:
            self._heartbeat_ns = wall_ns
            self._say(_Remark(0, "", {"state": "heartbeat", "ts": wall_ns}), wall_ns, now)

    def positions(self) -> dict[str, Position]:
        """Give where each channel may be resumed: all before it is in Kinesis, or quarantined and written."""
        return {name: self._position(name, channel) for name, channel in self._channels.items()}

    def _channel(self, name: str, position: Position | None = None) -> _Channel:
        if name not in self._channels:
            watch = ChannelWatch(self._feed.resumes, position, self._clean)
            self._channels[name] = _Channel(watch, self._started_ns)
        return self._channels[name]

    def _sole_channel(self) -> str:
        return self._feed.channels[0] if len(self._feed.channels) == 1 else UNNAMED

    def _take(self, rows: Rows, received_ts: int, now: float) -> None:
        for reject in rows.rejects:
            self._reject(reject, rows, received_ts)
        count = len(rows.lines)
        if not count:
            return
        numbers = np.zeros(count, dtype=np.int64)
        new: NDArray[np.bool_] | None = None
        remarks: list[_Remark] = []
        present = [0] if len(rows.names) == 1 else np.unique(rows.codes).tolist()
        for code in present:
            places = np.arange(count) if len(present) == 1 else np.flatnonzero(rows.codes == code)
            fresh = self._follow(rows, code, places, numbers, remarks, received_ts)
            if fresh is not None:
                new = np.ones(count, dtype=np.bool_) if new is None else new
                new[places] = fresh
        if not self._feed.resumes:
            kept = np.arange(count) if new is None else np.flatnonzero(new)
            first = self._numbers.take(len(kept))
            numbers[kept] = np.arange(first, first + len(kept))
        self._emit(rows, numbers, new, sorted(remarks, key=lambda remark: remark.row), received_ts, now)

    def _follow(
        self,
        rows: Rows,
        code: int,
        places: Integers,
        numbers: Integers,
        remarks: list[_Remark],
        received_ts: int,
    ) -> NDArray[np.bool_] | None:
        """Follow one channel through a batch: number its rows, remark on gaps; give which are new, None for all."""
        name = rows.names[code]
        channel = self._channel(name)
        watch = channel.watch
        whole = len(places) == len(rows.lines)
        seqs = None if rows.seqs is None else rows.seqs if whole else rows.seqs[places]
        ts = rows.ts if whole else rows.ts[places]
        last_ts = watch.position.last_ts
        taken = watch.take(seqs, ts)
        counts = self._counts.of(name)
        counts.received += len(places)
        fresh = taken.new
        if fresh is not None:
            counts.repeated += len(places) - int(fresh.sum())
        if self._feed.resumes and seqs is not None:
            kept = places if fresh is None else places[fresh]
            numbers[kept] = taken.bases + (seqs if fresh is None else seqs[fresh])
            self.must_save |= taken.restarted
        channel.received_ns = received_ts
        channel.lag_ns = received_ts - int(ts[-1])
        for gap in taken.gaps:
            at = int(ts[gap.row - 1]) if gap.row else last_ts if last_ts is not None else int(ts[0])
            base = taken.bases if isinstance(taken.bases, int) else watch.position.base
            remarks.append(self._gap_remark(name, channel, gap, int(places[gap.row]), at, int(base)))
        if taken.resumed is not None:
            row = int(places[taken.resumed])
            remarks.append(_Remark(row + 1, name, {"state": "resumed", "ts": int(ts[taken.resumed])}))
        return fresh

    def _gap_remark(self, name: str, channel: _Channel, gap: Gap, row: int, ts: int, base: int) -> _Remark:
        fields = {"state": "gap", "ts": ts, "from_seq": gap.from_seq, "to_seq": gap.to_seq}
        start = None
        if gap.from_seq is not None and gap.to_seq is not None:
            missing = gap.to_seq - gap.from_seq + 1
            self._counts.of(name).missing += missing
            if self._feed.resumes:
                start = base + gap.from_seq
                channel.unsettled.append((start, "missing", missing))
        return _Remark(row, name, fields, start)

    def _believe(self, name: str, to_seq: int | None, received_ts: int, now: float) -> None:
        """Take the venue's word for a gap; without an end the next event will show it."""
        channel = self._channel(name)
        last_ts = channel.watch.position.last_ts
        gap = channel.watch.skip(to_seq, 0) if to_seq is not None else None
        if gap is not None and last_ts is not None:
            self._say(self._gap_remark(name, channel, gap, 0, last_ts, channel.watch.position.base), received_ts, now)

    def _emit(
        self,
        rows: Rows,
        numbers: Integers,
        new: NDArray[np.bool_] | None,
        remarks: Sequence[_Remark],
        received_ts: int,
        now: float,
    ) -> None:
        """Stamp everything, then hand it to the lanes in order; what goes to every lane cuts the batch."""
        tails = [
            tail(received_ts, f"{self._feed.name}/{name}" if self._feed.resumes else self._feed.name)
            for name in rows.names
        ]
        ends = tails[0] if len(tails) == 1 else [tails[code] for code in rows.codes.tolist()]
        stamped = stamp(rows.lines, ends, numbers.tolist())
        stops = {row for row in np.flatnonzero(rows.lanes == ALL_LANES).tolist() if new is None or new[row]}
        waiting = list(remarks)
        begin = 0
        for row in sorted(stops | {remark.row for remark in remarks}):
            self._spread(rows, stamped, numbers, new, begin, row, now)
            while waiting and waiting[0].row == row:
                self._say(waiting.pop(0), received_ts, now)
            begin = row
            if row in stops:
                name = rows.names[rows.codes[row]]
                starts = {name: int(numbers[row])} if self._feed.resumes else {}
                self._to_every_lane(stamped[row], name, starts, now)
                begin = row + 1
        self._spread(rows, stamped, numbers, new, begin, len(stamped), now)

    def _spread(
        self,
        rows: Rows,
        stamped: list[bytes],
        numbers: Integers,
        new: NDArray[np.bool_] | None,
        begin: int,
        end: int,
        now: float,
    ) -> None:
        """Give rows `begin` until `end` to their lanes, none of them to all."""
        if begin >= end:
            return
        lanes = rows.lanes[begin:end]
        order = np.argsort(lanes, kind="stable") + begin
        if new is not None:
            order = order[new[order]]
            if not len(order):
                return
        sorted_lanes = rows.lanes[order]
        bounds = [0, *(np.flatnonzero(np.diff(sorted_lanes)) + 1).tolist(), len(order)]
        lane_numbers = sorted_lanes[bounds[:-1]].tolist()
        places = order.tolist()
        for lane, first, last in zip(lane_numbers, bounds[:-1], bounds[1:], strict=True):
            lines = [stamped[place] for place in places[first:last]]
            self._outbox.add(lane, self._chunk(rows, lines, numbers, order[first:last]), now)

    def _chunk(self, rows: Rows, lines: list[bytes], numbers: Integers, places: Integers) -> Chunk:
        if len(rows.names) == 1:
            name = rows.names[0]
            return Chunk(lines, name, {name: int(numbers[places[0]])} if self._feed.resumes else {})
        codes = rows.codes[places]
        starts: dict[str, int] = {}
        if self._feed.resumes:
            present, firsts = np.unique(codes, return_index=True)
            starts = {
                rows.names[code]: int(numbers[places[first]])
                for code, first in zip(present.tolist(), firsts.tolist(), strict=True)
            }
        return Chunk(lines, [rows.names[code] for code in codes.tolist()], starts)

    def _to_every_lane(self, line: bytes, channel: str, starts: dict[str, int], now: float) -> None:
        nobody: list[str | None] = [None]
        for lane in range(self._lanes):
            self._outbox.add(lane, Chunk([line], channel if lane == self._home else nobody, starts), now)

    def _say(self, remark: _Remark, received_ts: int, now: float) -> None:
        """Write a status of our own into every lane."""
        row = {"type": "status", "symbol": EVERYTHING, **remark.fields, "venue": self._feed.name}
        if remark.channel:
            row["channel"] = remark.channel
        number = self._status_numbers.take()
        line = stamp([wire.encode_row(row)], tail(received_ts, self._status_producer), [number])[0]
        starts = {} if remark.start is None else {remark.channel: remark.start}
        self._counts.of(OWN_CHANNEL).received += 1
        self._to_every_lane(line, OWN_CHANNEL, starts, now)

    def _reject(self, reject: Reject, rows: Rows, received_ts: int) -> None:
        """Quarantine a line; it keeps its place in its channel's numbering, so that no gap arises."""
        channel, seq = self._place_of(reject, rows)
        start = None
        if channel in self._channels:
            state = self._channel(channel)
            code = rows.names.index(channel) if channel in rows.names else -2
            before = np.flatnonzero(rows.codes[: reject.row] == code)
            state.watch.unreadable(len(before))
            last = state.watch.position.last_seq
            if len(before) and rows.seqs is not None:
                last = int(rows.seqs[before[-1]])
            if self._feed.resumes and last is not None:
                start = state.watch.position.base + last + 1
                state.unsettled.append((start, "quarantined", 1))
                state.watch.position.quarantined += 1
        self._quarantine_line(channel, reject.reason, reject.line, seq, received_ts, start)

    def _quarantine_line(
        self, channel: str, reason: str, raw: bytes, seq: int | None, received_ts: int, start: int | None = None
    ) -> None:
        counts = self._counts.of(channel)
        counts.received += 1
        counts.quarantined[reason] += 1
        self._quarantine.add(Quarantined(reason, channel, raw, received_ts, seq, start))

    def _place_of(self, reject: Reject, rows: Rows) -> tuple[str, int | None]:
        """Give the channel and seq of a line: its own word where it can be read, else its neighbour's."""
        try:
            fields = _any_decoder.decode(reject.line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            fields = {}
        seq = fields.get("seq")
        named = fields.get("channel")
        if not isinstance(named, str) or (self._feed.channels and named not in self._feed.channels):
            neighbour = int(rows.codes[min(reject.row, len(rows.codes)) - 1]) if len(rows.codes) and reject.row else -1
            named = rows.names[neighbour] if neighbour >= 0 else self._sole_channel()
        return named, seq if isinstance(seq, int) else None

    def _watch_silence(self, name: str, channel: _Channel, wall_ns: int, now: float) -> None:
        limit = self._feed.silence_seconds
        if limit is None or channel.watch.silent or wall_ns - channel.received_ns < limit * SECOND:
            return
        channel.watch.silent = True
        since = channel.received_ns
        ts = since + int(limit * SECOND)
        self._say(_Remark(0, name, {"state": "silent", "ts": ts, "since_ts": since}), wall_ns, now)

    def _watch_skew(self, name: str, channel: _Channel, wall_ns: int, now: float) -> None:
        """Say `skewed` once an episode, when two looks in a row find the channel's newest event too old or too new."""
        limit = self._feed.skew_seconds
        if limit is None or wall_ns - channel.received_ns > 2 * SECOND:
            return
        beyond = abs(channel.lag_ns) > limit * SECOND
        if beyond and channel.lagging and not channel.watch.skewed:
            channel.watch.skewed = True
            since = channel.received_ns - channel.lag_ns
            self._say(_Remark(0, name, {"state": "skewed", "ts": wall_ns, "since_ts": since}), wall_ns, now)
        elif abs(channel.lag_ns) < limit * SECOND / 2:
            channel.watch.skewed = False
        channel.lagging = beyond

    def _position(self, name: str, channel: _Channel) -> Position:
        position = msgspec.structs.replace(channel.watch.position)
        if not self._feed.resumes or position.last_seq is None:
            return position
        waiting = [
            number
            for number in (self._outbox.pending_from(name), self._quarantine.pending_from(name))
            if number is not None
        ]
        if not waiting:
            channel.unsettled.clear()
            return position
        pending = min(waiting)
        if pending < position.base:
            return Position(base=position.base)
        while channel.unsettled and channel.unsettled[0][0] < pending:
            channel.unsettled.popleft()
        for _, kind, lines in channel.unsettled:
            setattr(position, kind, getattr(position, kind) - lines)
        position.last_seq = pending - 1 - position.base
        return position
