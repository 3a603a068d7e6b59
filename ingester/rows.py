"""What was read, as arrays: each line's channel, seq, time and lane; apart from that what is no event."""

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from surveillance.events import EVERYTHING
from surveillance.lanes import lane_of

from ingester.configuration import Feed
from ingester.protocols import Read
from ingester.record import BYTES_PER_LINE
from ingester.stamping import without_stamps
from ingester.validation import problems

ALL_LANES = -1
UNNAMED = "stream"
"""The channel of what names none."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Reject:
    """A line that is no event; it stands before `row`."""

    row: int
    reason: str
    line: bytes


@dataclass(frozen=True)
class Control:
    """The venue's own word, before `row`, that events up to `to_seq` are gone; null where it does not say."""

    row: int
    channel: str
    to_seq: int | None


@dataclass
class Rows:
    """Events in order. `codes` are places in `names`; `lanes` is −1 for an event of all lanes; `seqs` is None where the
    feed promises none."""

    lines: list[bytes]
    names: list[str]
    codes: Integers
    seqs: Integers | None
    ts: Integers
    lanes: Integers
    rejects: list[Reject] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)

    def part(self, begin: int, end: int) -> "Rows":
        """Give the rows from `begin` until `end` with the rejects before each, and before `end`."""
        return replace(
            self,
            lines=self.lines[begin:end],
            codes=self.codes[begin:end],
            seqs=None if self.seqs is None else self.seqs[begin:end],
            ts=self.ts[begin:end],
            lanes=self.lanes[begin:end],
            rejects=[
                replace(reject, row=reject.row - begin)
                for reject in self.rejects
                if begin <= reject.row <= end and (begin == 0 or reject.row > begin or reject.row == end)
            ],
            controls=[],
        )


def rows_of(read: Read, feed: Feed, lanes: int) -> Rows:
    """Sort out what was read. Rows without a lane, or without what the feed promises, become rejects."""
    table = read.table
    lines = read.lines
    names, codes = _channels(table, feed)
    bad = problems(table) if table.num_rows else {}
    control_rows = _control_rows(table) if feed.protocol == "events" else []
    if feed.protocol == "events":
        _check_promises(table, feed, names, codes, set(control_rows), bad)
    if lines and max(map(len, lines)) > BYTES_PER_LINE:
        bad.update({row: "too_long" for row, line in enumerate(lines) if len(line) > BYTES_PER_LINE})
    rejects = [Reject(rejected.position, rejected.reason, rejected.line) for rejected in read.rejected]
    controls: list[Control] = []
    if bad or control_rows:
        kept = np.ones(table.num_rows, dtype=np.bool_)
        kept[[*bad, *control_rows]] = False
        before = [0, *np.cumsum(kept).tolist()]
        rejects = [replace(reject, row=before[reject.row]) for reject in rejects]
        rejects += [Reject(before[row], reason, lines[row]) for row, reason in bad.items()]
        rejects.sort(key=lambda reject: reject.row)
        controls = [
            Control(before[row], names[codes[row]], _value(table, "to_seq", row))
            for row in control_rows
            if row not in bad
        ]
        table = table.filter(pa.array(kept))
        lines = [line for line, keep in zip(lines, kept.tolist(), strict=True) if keep]
        codes = codes[kept]
    return Rows(
        lines=without_stamps(lines, table) if lines else lines,
        names=names,
        codes=codes,
        seqs=_seqs(table),
        ts=_times(table),
        lanes=_lanes(table, lanes),
        rejects=rejects,
        controls=controls,
    )


def _column(table: pa.Table, name: str) -> pa.Array | None:
    if name not in table.column_names:
        return None
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def _value(table: pa.Table, name: str, row: int) -> int | None:
    value: int | None = table.column(name)[row].as_py() if name in table.column_names else None
    return value


def _channels(table: pa.Table, feed: Feed) -> tuple[list[str], Integers]:
    """Give the names of channels and each row's; −1 where the line names none and the feed has several."""
    sole = feed.channels[0] if feed.protocol == "events" and len(feed.channels) == 1 else UNNAMED
    column = _column(table, "channel")
    if column is None or column.null_count == len(column):
        named = sole != UNNAMED or feed.protocol != "events"
        return [sole], np.full(table.num_rows, 0 if named else -1, dtype=np.int64)
    if column.null_count and (sole != UNNAMED or feed.protocol != "events"):
        column = column.fill_null(sole)
    encoded = column.dictionary_encode()
    indices = encoded.indices.fill_null(-1) if column.null_count else encoded.indices
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return encoded.dictionary.to_pylist(), codes


def _control_rows(table: pa.Table) -> list[int]:
    """Find statuses `gap` outside the channel's numbering: the venue's answer to a resume it cannot serve."""
    state = _column(table, "state")
    if state is None or state.null_count == len(state):
        return []
    gaps = pc.fill_null(pc.equal(state, "gap"), False)
    seq = _column(table, "seq")
    unnumbered = gaps if seq is None else pc.and_(gaps, pc.is_null(seq))
    rows: list[int] = pc.indices_nonzero(unnumbered).to_pylist()
    return rows


def _check_promises(
    table: pa.Table, feed: Feed, names: list[str], codes: Integers, controls: set[int], bad: dict[int, str]
) -> None:
    known = np.array([name in feed.channels for name in names] + [False])
    if not known[codes].all():
        for row in np.flatnonzero(~known[codes]).tolist():
            bad.setdefault(row, "missing:channel" if codes[row] < 0 else "unknown_channel")
    if not feed.resumes:
        return
    seq = _column(table, "seq")
    if seq is None:
        nameless = list(range(table.num_rows))
    elif seq.null_count:
        nameless = pc.indices_nonzero(pc.is_null(seq)).to_pylist()
    else:
        nameless = []
    if seq is not None and len(seq) and (pc.min(seq).as_py() or 0) < 0:
        for row in pc.indices_nonzero(pc.less(seq, 0)).to_pylist():
            bad.setdefault(row, "negative_seq")
    for row in nameless:
        if row not in controls:
            bad.setdefault(row, "missing:seq")


def _seqs(table: pa.Table) -> Integers | None:
    column = _column(table, "seq")
    if column is None or column.null_count:
        return None
    values: Integers = column.to_numpy(zero_copy_only=False)
    return values


def _times(table: pa.Table) -> Integers:
    column = _column(table, "ts")
    if column is None:
        return np.zeros(table.num_rows, dtype=np.int64)
    if column.null_count:
        column = pc.fill_null(pc.fill_null_backward(pc.fill_null_forward(column)), 0)
    values: Integers = column.to_numpy(zero_copy_only=False)
    return values


def _lanes(table: pa.Table, lanes: int) -> Integers:
    column = _column(table, "symbol")
    if column is None:
        return np.zeros(0, dtype=np.int64)
    encoded = column.dictionary_encode()
    lane = np.array(
        [ALL_LANES if name == EVERYTHING else lane_of(name, lanes) for name in encoded.dictionary.to_pylist()],
        dtype=np.int64,
    )
    found: Integers = lane[encoded.indices.to_numpy(zero_copy_only=False)]
    return found
