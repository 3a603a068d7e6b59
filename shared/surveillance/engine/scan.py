"""The scan: one plain loop that is compiled once per rule, with that rule's functions in place of the names below."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surveillance.engine.context import CLOSED_BAR, CONTEXT, LEG
from surveillance.engine.kernel import entry, kernel
from surveillance.engine.observe import ON_BARS, ON_LEGS

SLOTS: Final = 64
"""Triggers a scan reports before it returns to hand them over; it then resumes."""
HEADER: Final = [("expires", "i8"), ("session", "i8")]
"""What every rule's row begins with: when it is forgotten by its symbol's clock, and the session it belongs to."""


class RuleState(NamedTuple):
    """One rule's memory in a lane: which row a market or position has (0 = none), the rows, how many are used."""

    row_of: NDArray[np.int32]
    rows: NDArray[Any]
    used: NDArray[np.int64]


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


def scan(events, contexts, wanted, first, last, state, parameters, triggers, found):
    """Show events [first, last) of `wanted` to a rule; it stops when triggers or rows are full and says where."""
    found[0] = 0
    for n in range(first, last):
        place = wanted[n]
        context = contexts[place]
        if not (context.open or while_closed):
            continue
        event = events[place]
        p = parameters[context.parameters]
        subject = key_of(context)
        number = state.row_of[subject]
        row = state.rows[number]
        if number == 0 or row.expires < context.ts or (row.session != context.session and not across_sessions):
            if not p.enabled or not opens(event, context, p):
                continue
            if number == 0:
                number = state.used[0]
                if number == state.rows.size:
                    return n
                state.used[0] += 1
                state.row_of[subject] = number
            state.rows[number] = state.rows[0]
            row = state.rows[number]
            row.session = context.session
            row.expires = context.ts
        score = step(event, context, row, p)
        if score > 0:
            k = found[0]
            triggers.places[k] = place
            triggers.scores[k] = score
            triggers.rows[k] = row
            triggers.contexts[k] = context
            found[0] = k + 1
            if k + 1 == triggers.places.size:
                return n + 1
    return last


@kernel
def _market(context):
    return context.market


@kernel
def _position(context):
    return context.position


KEYS: Final = {"market": _market, "position": _position}


def compiled_scan(rule: ModuleType) -> Callable[..., int]:
    """Compile the scan for a rule module."""
    return entry(
        scan,
        name=f"scan_{rule.ID}",
        rule_file=str(rule.__file__),
        opens=getattr(rule, "opens", _always),
        step=rule.step,
        key_of=KEYS[rule.KEY],
        while_closed=getattr(rule, "WHILE_CLOSED", False) or rule.WANTS == ON_BARS,
        across_sessions=getattr(rule, "ACROSS_SESSIONS", False),
    )


def new_rule_state(rule: ModuleType) -> RuleState:
    """Make the memory of a rule that has seen nothing."""
    rows = np.zeros(64, np.dtype(HEADER + rule.ROW, align=True))
    return RuleState(np.zeros(64, np.int32), rows, np.ones(1, np.int64))


def new_triggers(rule: ModuleType) -> Triggers:
    """Make trigger slots for a rule."""
    rows = np.zeros(SLOTS, np.dtype(HEADER + rule.ROW, align=True))
    told = {ON_BARS: CLOSED_BAR, ON_LEGS: LEG}.get(rule.WANTS, CONTEXT)
    return Triggers(np.zeros(SLOTS, np.int64), np.zeros(SLOTS), rows, np.zeros(SLOTS, told))
