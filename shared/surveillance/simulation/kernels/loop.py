"""One instrument's session: the loop that merges agents, timers and commands by time."""

from typing import Final

import numpy as np
import numpy.typing as npt

from surveillance.simulation.kernels.agents import decide, move_fair_value, reconsider, remember_mid, schedule_arrival
from surveillance.simulation.kernels.book import cancel, is_open, quote, settle
from surveillance.simulation.kernels.chance import uniform
from surveillance.simulation.kernels.director import arm, force, play, tell, watch
from surveillance.simulation.kernels.kernel import entry, kernel
from surveillance.simulation.kernels.state import (
    BY_USER,
    COMMAND,
    EXPIRE,
    FORCE,
    OPEN,
    SEQUENCE,
    SESSION_ENDED,
    SLOTS,
    TAPE,
    TIMER_KIND,
    TIMER_SEQUENCE,
    TIMER_SUBJECT,
    WITHDRAW,
    State,
)
from surveillance.simulation.kernels.timers import drop_first, next_time, push

RESUMING_NS: Final = 1_000_000_000
"""How long the background takes to be back after a pause."""


@kernel
def ring(state: State) -> None:
    """Do what the first timer is for."""
    kind, subject = state.timers[0, TIMER_KIND], state.timers[0, TIMER_SUBJECT]
    sequence = state.timers[0, TIMER_SEQUENCE]
    drop_first(state)
    if kind == COMMAND:
        play(state, subject)
    elif kind == FORCE:
        force(state, subject)
    elif state.paused_until > state.now:
        push(state, state.paused_until + int(uniform(state) * RESUMING_NS), kind, subject, sequence)
    elif kind == EXPIRE:
        reconsider(state, subject, sequence)
    elif kind == WITHDRAW and is_open(state, subject, sequence):
        cancel(state, subject, BY_USER)


@kernel
def close_market(state: State) -> None:
    """Cancel what is still open."""
    state.now = state.closes_at
    for slot in range(SLOTS):
        if state.orders[slot, SEQUENCE] >= 0 and state.orders[slot, OPEN] > 0:
            cancel(state, slot, SESSION_ENDED)


@kernel
def step(state: State, arrival: int, due: int) -> None:
    """Do the next thing, and all that follows from it at once."""
    if due <= arrival:
        ring(state)
    elif state.paused_until > state.now:
        schedule_arrival(state, state.paused_until)
    else:
        decide(state)
    if state.arriving >= 0:
        settle(state)
    if state.watched_count > 0:
        watch(state)
    if state.occasion_count > 0:
        tell(state)


@entry
def run(states: npt.NDArray[np.void]) -> bool:
    """Run on until the session has closed or the tape is full; tell whether it has closed.

    `states` holds one record of `STATE_TYPE`.
    """
    state = states[0]
    if state.tape_rows == 0 and state.next_sequence == 0:
        arm(state)
    while state.tape_rows + 4 * state.open_orders + 64 <= TAPE:
        arrival = state.next_arrival
        due = next_time(state)
        time = min(arrival, due)
        if time >= state.closes_at:
            close_market(state)
            return True
        seconds = (time - state.now) * 1e-9
        state.now = time
        if time >= state.opens_at:
            move_fair_value(state, seconds)
            remember_mid(state)
        step(state, arrival, due)
        if time >= state.opens_at:
            quote(state)
    return False
