"""What will happen when: a binary heap of timers by time."""

from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import (
    NEVER,
    TIMER_FIELDS,
    TIMER_KIND,
    TIMER_SEQUENCE,
    TIMER_SUBJECT,
    TIMER_TIME,
    State,
)


@kernel
def next_time(state: State) -> int:
    """Give the time of the first timer, `NEVER` if there is none."""
    return state.timers[0, TIMER_TIME] if state.timer_count > 0 else NEVER


@kernel
def push(state: State, time: int, kind: int, subject: int, sequence: int) -> None:
    """Set a timer; one too many for the heap is forgotten."""
    timers = state.timers
    place = state.timer_count
    if place >= timers.shape[0]:
        return
    state.timer_count = place + 1
    while place > 0:
        parent = (place - 1) >> 1
        if timers[parent, TIMER_TIME] <= time:
            break
        for field in range(TIMER_FIELDS):
            timers[place, field] = timers[parent, field]
        place = parent
    timers[place, TIMER_TIME] = time
    timers[place, TIMER_KIND] = kind
    timers[place, TIMER_SUBJECT] = subject
    timers[place, TIMER_SEQUENCE] = sequence


@kernel
def drop_first(state: State) -> None:
    """Take the first timer off the heap."""
    timers = state.timers
    last = state.timer_count - 1
    state.timer_count = last
    time = timers[last, TIMER_TIME]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= last:
            break
        if child + 1 < last and timers[child + 1, TIMER_TIME] < timers[child, TIMER_TIME]:
            child += 1
        if timers[child, TIMER_TIME] >= time:
            break
        for field in range(TIMER_FIELDS):
            timers[place, field] = timers[child, field]
        place = child
    for field in range(TIMER_FIELDS):
        timers[place, field] = timers[last, field]
