"""Marks: trades that wait until the mid of their horizons is known."""

from math import nan

from surveillance.engine.kernel import kernel
from surveillance.metrics.rows import FAR_AWAY, HORIZONS, MARKS_FREE, MARKS_USED
from surveillance.microstructure.walk import AHEAD, IMPACT, IMPACT_BP, MATCHED, REALISED, REALISED_BP

SUMS = len(AHEAD)
COUNT = len(HORIZONS)


@kernel
def mark(t, m, ts, mid, signed, paid):
    """Let a trade wait; those of one moment that met one mid wait together."""
    if m.newest:
        k = t.marks[m.newest]
        if k.ts == ts and k.mid == mid and k.row == m.row:
            k.trades += 1
            k.signed += signed
            k.paid += paid
            return
    place = t.used[MARKS_FREE]
    if place:
        t.used[MARKS_FREE] = t.marks[place].next
    else:
        place = t.used[MARKS_USED]
        t.used[MARKS_USED] += 1
    k = t.marks[place]
    k.ts = ts
    k.row = m.row
    k.next = 0
    k.trades = 1
    k.mid = mid
    k.signed = signed
    k.paid = paid
    if m.newest:
        t.marks[m.newest].next = place
    m.newest = place
    for h in range(COUNT):
        if m.cursors[h] == 0:
            m.cursors[h] = place
    m.due = min(m.due, ts + HORIZONS[0] + 1)


@kernel
def judge(t, m, ts):
    """Judge by the last valid mid the trades whose horizon ended before `ts`."""
    then = m.known
    for h in range(COUNT):
        place = m.cursors[h]
        while place:
            k = t.marks[place]
            if k.ts + HORIZONS[h] >= ts:
                break
            r = t.rows[k.row]
            scale = 1e4 / k.mid if k.mid > 0.0 else nan
            realised = k.paid - k.signed * then
            impact = k.signed * (then - k.mid)
            r.ahead[h * SUMS + MATCHED] += k.trades
            r.ahead[h * SUMS + REALISED] += realised
            r.ahead[h * SUMS + REALISED_BP] += realised * scale
            r.ahead[h * SUMS + IMPACT] += impact
            r.ahead[h * SUMS + IMPACT_BP] += impact * scale
            after = k.next
            if h == COUNT - 1:
                if m.newest == place:
                    m.newest = 0
                k.next = t.used[MARKS_FREE]
                t.used[MARKS_FREE] = place
            place = after
        m.cursors[h] = place


@kernel
def next_horizon(t, m):
    """Give the first moment at which a mark can be judged."""
    due = FAR_AWAY
    for h in range(COUNT):
        if m.cursors[h]:
            due = min(due, t.marks[m.cursors[h]].ts + HORIZONS[h] + 1)
    return due
