"""One channel's sequence: what is new, what was sent before, what is missing, where its numbering began anew."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingester.numbering import raised

Integers = NDArray[np.int64]
REMEMBERED_BATCHES = 16


class Position(msgspec.Struct, omit_defaults=True):
    """Where a channel stands; kept with the lease. `missing` and `quarantined` count since `first_seq`."""

    base: int = 0
    first_seq: int | None = None
    first_ts: int | None = None
    last_seq: int | None = None
    last_ts: int | None = None
    missing: int = 0
    quarantined: int = 0


@dataclass(frozen=True)
class Gap:
    """Events that will not come: it stands before `row`; the bounds are null where unknown."""

    row: int
    from_seq: int | None
    to_seq: int | None


@dataclass
class Taken:
    """What became of a batch: which rows are new (None = all), the base of each new row, gaps, the row that resumed."""

    new: NDArray[np.bool_] | None = None
    bases: Integers | int = 0
    gaps: list[Gap] = field(default_factory=list)
    resumed: int | None = None
    restarted: bool = False


class ChannelWatch:
    """Follows one channel over connections. Rows of one channel only, in order of arrival."""

    def __init__(self, resumable: bool, position: Position | None = None, clean: bool = True) -> None:
        """`clean` says that the position is exact: the ingester before this one ended in order."""
        self.position = position or Position()
        self.resumable = resumable
        self.silent = False
        self.skewed = False
        self._clean = clean
        self._interrupted = self.position.last_ts is not None and not resumable
        self._unreadable: list[int] = []
        self._recent: deque[tuple[Integers, Integers]] = deque(maxlen=REMEMBERED_BATCHES)

    @property
    def next_seq(self) -> int | None:
        """The sequence number to resume from; None before the first event ever."""
        return None if self.position.last_seq is None else self.position.last_seq + 1

    def cut(self) -> None:
        """Note that the connection ended: without resume, events may be lost until it is back."""
        if not self.resumable and self.position.last_ts is not None:
            self._interrupted = True

    def unreadable(self, row: int) -> None:
        """Note a line before `row` of the next batch whose seq cannot be read: it explains one missing number."""
        self._unreadable.append(row)

    def skip(self, to_seq: int, row: int) -> Gap | None:
        """Take the venue's word that everything up to `to_seq` is gone; None if that is not news."""
        last = self.position.last_seq
        if last is None or to_seq <= last:
            return None
        self.position.last_seq = to_seq
        self.position.missing += to_seq - last
        self._unreadable.clear()
        return Gap(row, last + 1, to_seq)

    def take(self, seqs: Integers | None, ts: Integers) -> Taken:
        """Follow a batch of at least one row; `seqs` is None on a feed that promises no steps of 1."""
        taken = Taken(bases=self.position.base)
        if seqs is None:
            self._take_unnumbered(taken)
        elif not self._steps(seqs):
            self._take_slowly(seqs, ts, taken)
        else:
            if self.position.first_seq is None:
                self._begin(int(seqs[0]), int(ts[0]))
            self.position.last_seq = int(seqs[-1])
            self._recent.append((seqs, ts))
            self._unreadable.clear()
        if self.silent and taken.resumed is None:
            taken.resumed = 0
        self.silent = False
        self._interrupted = False
        self._clean = True
        kept = ts if taken.new is None else ts[taken.new]
        if len(kept):
            self.position.last_ts = int(kept[-1])
        return taken

    def _steps(self, seqs: Integers) -> bool:
        last = self.position.last_seq
        contiguous = bool((np.diff(seqs) == 1).all())
        return contiguous and not self._unreadable and (last is None or int(seqs[0]) == last + 1)

    def _begin(self, seq: int, ts: int) -> None:
        self.position.first_seq, self.position.first_ts = seq, ts

    def _take_unnumbered(self, taken: Taken) -> None:
        if self._interrupted:
            taken.gaps.append(Gap(0, None, None))
            taken.resumed = 0

    def _take_slowly(self, seqs: Integers, ts: Integers, taken: Taken) -> None:
        new = np.ones(len(seqs), dtype=np.bool_)
        bases = np.empty(len(seqs), dtype=np.int64)
        unreadable = deque(self._unreadable)
        for row, (seq, at) in enumerate(zip(seqs.tolist(), ts.tolist(), strict=True)):
            excused = 0
            while unreadable and unreadable[0] <= row:
                unreadable.popleft()
                excused += 1
            last = self.position.last_seq
            if last is None:
                self._begin(seq, at)
            elif seq > last + 1 + excused:
                self._miss(row, last + 1, seq - 1, taken)
            elif seq <= last:
                if self._sent_before(seq, at):
                    new[row] = False
                    continue
                self._restart(row, seq, at, taken)
            self.position.last_seq = seq
            self.position.last_ts = at
            bases[row] = self.position.base
        self._unreadable = [0] * len(unreadable)
        kept = new.nonzero()[0]
        if len(kept) < len(new):
            taken.new = new
        taken.bases = bases[kept]
        since_restart = kept[bases[kept] == self.position.base]
        if len(since_restart):
            self._recent.append((seqs[since_restart], ts[since_restart]))

    def _miss(self, row: int, from_seq: int, to_seq: int, taken: Taken) -> None:
        self.position.missing += to_seq - from_seq + 1
        taken.gaps.append(Gap(row, from_seq if self._clean else None, to_seq))
        if self._interrupted:
            taken.resumed = row

    def _restart(self, row: int, seq: int, at: int, taken: Taken) -> None:
        last = self.position.last_seq or 0
        if self._interrupted:
            taken.gaps.append(Gap(row, last + 1 if self._clean else None, None))
            taken.resumed = row
        self.position = Position(base=raised(self.position.base, last), first_seq=seq, first_ts=at)
        self._recent.clear()
        taken.restarted = True

    def _sent_before(self, seq: int, ts: int) -> bool:
        for seqs, times in self._recent:
            place = int(np.searchsorted(seqs, seq))
            if place < len(seqs) and seqs[place] == seq:
                return bool(times[place] == ts)
        if seq == self.position.first_seq:
            return ts == self.position.first_ts
        return self.position.last_ts is None or ts <= self.position.last_ts


def position_of(item: Any) -> Position:
    """Read a position from plain numbers, as a table stores them."""
    return msgspec.convert({key: int(value) for key, value in item.items()}, Position)
