"""The scan: one plain loop that is compiled once per rule, with that rule's functions in place of the names below."""

from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveillance.engine.batch import EVENT
from surveillance.engine.context import CLOSED_BAR, CONTEXT, LEG, WHOLE_MINUTE
from surveillance.engine.kernel import Entry, entry, kernel
from surveillance.engine.memory import array_at, call, prefetch
from surveillance.engine.observe import (
    BARS,
    CHUNK,
    CONTEXTS,
    EVENTS,
    EVERY,
    LEGS,
    LISTED,
    LISTS,
    MINUTES,
    ON_BARS,
    ON_LEGS,
    ON_MINUTES,
    SCRATCH,
)

SLOTS: Final = 64
"""Triggers a scan reports before it returns to hand them over; it then resumes."""
HEADER: Final = [("expires", "i8"), ("session", "i8")]
"""What every rule's row begins with: when it is forgotten by its symbol's clock, and the session it belongs to."""


WATCH: Final = np.dtype([("expires", "i8"), ("row", "i8")])
"""What a rule knows of a market or position at a glance: when its row is forgotten, and which it is (0 = none)."""


class RuleState(NamedTuple):
    """One rule's memory in a lane: a `WATCH` by market or position, the rows, how many are used, its bit if gated."""

    watches: NDArray[Any]
    rows: NDArray[Any]
    used: NDArray[np.int64]
    bit: int


SCAN: Final = np.dtype([("code", "i8"), ("own", "i8"), ("wants", "i8"), ("apart", "i8")])
"""A rule's scan: address of its code and of what is its own, which list it wants, whether that has its own records."""
OWN: Final = 7
"""Arrays of a rule's own beside its memory: parameters, the four of its triggers, how many were found, its list and
bit."""
AHEAD: Final = 4
"""How many events ahead a rule's rows are brought near; its watches twice as many."""
_FETCHED_LINES: Final = 4
_CONTEXT_LINES: Final = 7
CONTEXT_BYTES: Final = CONTEXT.itemsize
WATCH_BYTES: Final = WATCH.itemsize


class Triggers(NamedTuple):
    """Where evidence became complete: the event's place, the score, and copies of row and context at that moment."""

    places: NDArray[np.int64]
    scores: NDArray[np.float64]
    rows: NDArray[Any]
    contexts: NDArray[Any]


@kernel
def _always(event, context, p):
    return True


@kernel
def _never(event, context, row, p):
    return 0.0


opens = _always
step = _never
key_of = _always
while_closed = False
across_sessions = False
seen_type, seen_place, told_type, told_place = EVENT, EVENTS, CONTEXT, CONTEXTS
list_place, list_rows = LISTS, 1
gated = fetched = False
row_type = parameter_type = EVENT
row_bytes = row_lines = 0


def scan(scratch, own, memory, first_event, first):
    """Show a rule what it wants of a chunk, from place `first` of its list on.

    Gives −1 when all is shown and nothing was found; else where to go on once the triggers, counted in `own`, are
    handed over and the rule has room for more rows. All but the last two are addresses.
    """
    s = array_at(scratch, (2 * SCRATCH,), np.int64)
    o = array_at(own, (2 * OWN,), np.int64)
    r = array_at(memory, (8,), np.int64)
    list_and_bit = array_at(o[12], (2,), np.int64)
    of_list, bit = list_and_bit[0], list_and_bit[1]
    events = array_at(s[2 * seen_place] + first_event, (1,), seen_type)
    contexts = array_at(s[2 * told_place], (1,), told_type)
    wanted = array_at(s[2 * list_place] + 4 * CHUNK * list_rows * of_list, (1,), np.int32)
    last = array_at(s[2 * LISTED], (s[2 * LISTED + 1],), np.int64)[of_list]
    parameters = array_at(o[0], (o[1],), parameter_type)
    places = array_at(o[2], (SLOTS,), np.int64)
    scores = array_at(o[4], (SLOTS,), np.float64)
    rows_found = array_at(o[6], (SLOTS,), row_type)
    contexts_found = array_at(o[8], (SLOTS,), told_type)
    found = array_at(o[10], (1,), np.int64)
    watches = array_at(r[0], (r[1],), WATCH)
    rows = array_at(r[2], (r[3],), row_type)
    used = array_at(r[4], (1,), np.int64)
    followed = array_at(r[6], (r[7],), np.int64)
    found[0] = 0
    for n in range(first, last):
        if fetched and n + 2 * AHEAD < last:
            prefetch(r[0] + WATCH_BYTES * key_of(contexts[wanted[n + 2 * AHEAD]]))
        if fetched and n + AHEAD < last:
            ahead = watches[key_of(contexts[wanted[n + AHEAD]])].row
            for line in range(row_lines):
                prefetch(r[2] + row_bytes * ahead + 64 * line)
        if gated and n + AHEAD < last:
            for line in range(_CONTEXT_LINES):
                prefetch(s[2 * told_place] + CONTEXT_BYTES * wanted[n + AHEAD] + 64 * line)
        place = wanted[n]
        context = contexts[place]
        if not (context.open or while_closed):
            continue
        event = events[place]
        p = parameters[context.parameters]
        subject = key_of(context)
        watch = watches[subject]
        if watch.expires < context.ts or (rows[watch.row].session != context.session and not across_sessions):
            if not p.enabled or not opens(event, context, p):
                if gated:
                    followed[subject] &= ~bit
                continue
            if watch.row == 0:
                if used[0] == rows.size:
                    return n
                watch.row = used[0]
                used[0] += 1
            rows[watch.row] = rows[0]
            row = rows[watch.row]
            row.session = context.session
            row.expires = context.ts
            if gated:
                followed[subject] |= bit
        row = rows[watch.row]
        score = step(event, context, row, p)
        watch.expires = row.expires
        if score > 0:
            k = found[0]
            places[k] = place
            scores[k] = score
            rows_found[k] = row
            contexts_found[k] = context
            found[0] = k + 1
            if k + 1 == SLOTS:
                return n + 1
    return last if found[0] else -1


def _show(scratch, table, memory, rule, last_rule, place, first_event, told):
    """Run the scans of rules [rule, last_rule), the first from a place on, until one has something to hand over.

    Gives that rule and tells where it is to go on; −1 where all are done.
    """
    s = array_at(scratch, (2 * SCRATCH,), np.int64)
    listed = array_at(s[2 * LISTED], (s[2 * LISTED + 1],), np.int64)
    scans = array_at(table, (last_rule,), SCAN)
    memories = array_at(memory, (last_rule,), np.int64)
    while rule < last_rule:
        if listed[scans[rule].wants]:
            events = 0 if scans[rule].apart else first_event
            place = call(scans[rule].code, scratch, scans[rule].own, memories[rule], events, place)
            if place >= 0:
                array_at(told, (1,), np.int64)[0] = place
                return rule
        place = 0
        rule += 1
    return -1


show = entry(_show)


@kernel
def _market(context):
    return context.market


@kernel
def _position(context):
    return context.position


KEYS: Final = {"market": _market, "position": _position}


APART: Final = {ON_BARS: (BARS, CLOSED_BAR), ON_LEGS: (LEGS, LEG), ON_MINUTES: (MINUTES, WHOLE_MINUTE)}
"""What is told in records of its own rather than of an event: where it lies, and its type."""


def compiled_scan(rule: ModuleType, parameter_record: np.dtype[Any]) -> Entry:
    """Compile the scan for a rule module; its parameters come as records of the given type."""
    apart = APART.get(rule.WANTS)
    row_type = np.dtype(HEADER + rule.ROW, align=True)
    return entry(
        scan,
        name=f"scan_{rule.ID}",
        own_files=(str(rule.__file__), *getattr(rule, "SOURCES", ())),
        opens=getattr(rule, "opens", _always),
        step=rule.step,
        key_of=KEYS[rule.KEY],
        while_closed=getattr(rule, "WHILE_CLOSED", False) or rule.WANTS in (ON_BARS, ON_MINUTES),
        across_sessions=getattr(rule, "ACROSS_SESSIONS", False),
        seen_type=apart[1] if apart else EVENT,
        seen_place=apart[0] if apart else EVENTS,
        told_type=apart[1] if apart else CONTEXT,
        told_place=apart[0] if apart else CONTEXTS,
        list_place=EVERY if apart else LISTS,
        list_rows=0 if apart else 1,
        gated=is_gated(rule),
        fetched=rule.KEY == "position",
        row_type=row_type,
        row_bytes=row_type.itemsize,
        row_lines=min(_FETCHED_LINES, -(-row_type.itemsize // 64)),
        parameter_type=parameter_record,
    )


def is_gated(rule: ModuleType) -> bool:
    """Say whether a rule is shown only what may begin a suspicion, and the owners it follows."""
    return bool(getattr(rule, "OPENED_BY", None))


def new_rule_state(rule: ModuleType, bit: int) -> RuleState:
    """Make the memory of a rule that has seen nothing; the bit is 0 for one without a gate."""
    rows = np.zeros(64, np.dtype(HEADER + rule.ROW, align=True))
    return RuleState(np.zeros(64, WATCH), rows, np.ones(1, np.int64), bit)


def new_triggers(rule: ModuleType) -> Triggers:
    """Make trigger slots for a rule."""
    rows = np.zeros(SLOTS, np.dtype(HEADER + rule.ROW, align=True))
    told = APART[rule.WANTS][1] if rule.WANTS in APART else CONTEXT
    return Triggers(np.zeros(SLOTS, np.int64), np.zeros(SLOTS), rows, np.zeros(SLOTS, told))
