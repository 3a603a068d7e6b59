"""One instrument's session: the loop that merges agents, timers and commands, and its Python face."""

from typing import Final

import numpy as np
from surveillance.simulation.accounts import Accounts
from surveillance.simulation.agents import (
    ORDERS_PER_DECISION,
    decide,
    fill_book,
    move_fair_value,
    reconsider,
    remember_mid,
    schedule_arrival,
)
from surveillance.simulation.book import MINUTE_NS, cancel, is_open, quote
from surveillance.simulation.chance import uniform
from surveillance.simulation.director import arm, force, play, watch
from surveillance.simulation.instruments import Instrument
from surveillance.simulation.kernel import entry, kernel
from surveillance.simulation.state import (
    BY_USER,
    COMMAND,
    EXPIRE,
    FORCE,
    LEVEL_HEAD,
    LEVEL_TAIL,
    NEXT,
    OPEN,
    PRICES,
    SEQUENCE,
    SESSION_ENDED,
    SLOTS,
    STATE_TYPE,
    TIMER_KIND,
    TIMER_SEQUENCE,
    TIMER_SUBJECT,
    WITHDRAW,
    Integers,
    State,
)
from surveillance.simulation.timers import drop_first, next_time, push

PRE_OPEN_NS: Final = 60_000_000_000
RESUMING_NS: Final = 1_000_000_000
"""How long the background takes to be back after a pause."""


@kernel
def open_market(state: State, resting_orders: int) -> None:
    """Set the timers of all commands, enter the pre-open orders and show the first quote."""
    arm(state)
    fill_book(state, resting_orders, state.opens_at - PRE_OPEN_NS)
    state.now = state.opens_at
    state.mean_spread = float(state.best_ask - state.best_bid)
    quote(state)
    schedule_arrival(state, state.opens_at)


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


@entry
def run(states: Integers, resting_orders: int) -> bool:
    """Run on until the session has closed or the tape is full; tell whether it has closed.

    `states` holds one record of `STATE_TYPE`; `resting_orders` is above 0 on the first call only.
    """
    state = states[0]
    if resting_orders > 0:
        open_market(state, resting_orders)
    while state.tape_rows + 4 * state.open_orders + 64 <= state.tape.shape[0]:
        arrival = state.next_arrival
        due = next_time(state)
        time = min(arrival, due)
        if time >= state.closes_at:
            close_market(state)
            return True
        seconds = (time - state.now) * 1e-9
        state.now = time
        if seconds > 0.0:
            move_fair_value(state, seconds)
        remember_mid(state)
        if due <= arrival:
            ring(state)
        elif state.paused_until > time:
            schedule_arrival(state, state.paused_until)
        else:
            decide(state)
            schedule_arrival(state, time)
        if state.watched_count > 0:
            watch(state)
        quote(state)
    return False


def _states(instrument: Instrument, accounts: Accounts, commands: Integers, handles: int, seed: int) -> Integers:
    states = np.zeros(1, STATE_TYPE)
    state = states[0]
    state["levels"][:, (LEVEL_HEAD, LEVEL_TAIL)] = -1
    state["orders"][:, SEQUENCE] = -1
    state["orders"][:, NEXT] = np.arange(1, SLOTS + 1)
    state["orders"][-1, NEXT] = -1
    state["best_ask"] = PRICES
    state["next_order_id"] = state["next_trade_id"] = instrument.first_id
    state["lot"] = instrument.lot_size
    state["opens_at"] = instrument.opens_at
    state["closes_at"] = instrument.closes_at
    state["minute"] = instrument.opens_at // MINUTE_NS
    state["fair"] = state["fair_at_open"] = instrument.fair_ticks
    state["ticks_per_root_second"] = instrument.ticks_per_root_second
    state["decisions_per_second"] = instrument.orders_per_second / ORDERS_PER_DECISION
    state["life_scale"] = instrument.life_scale
    state["half_spread"] = instrument.half_spread_ticks
    state["usual_lots"] = instrument.usual_size / instrument.lot_size
    state["random_bits"] = seed | 1
    state["handle_count"] = handles
    groups = {"clients": accounts.traders, "makers": accounts.makers, "hedgers": accounts.hedgers}
    for group, numbers in groups.items():
        state[group][: len(numbers)] = numbers
        state[f"{group.removesuffix('s')}_count"] = len(numbers)
    state["owners"][: len(accounts.owners)] = accounts.owners
    state["commands"][: len(commands)] = commands
    state["command_count"] = len(commands)
    return states


def tape_of(instrument: Instrument, accounts: Accounts, commands: Integers, handles: int, seed: int) -> Integers:
    """Run one instrument's whole session and give its tape, a row an event, in time order."""
    states = _states(instrument, accounts, commands, handles, seed)
    state = states[0]
    parts: list[Integers] = []
    resting_orders = instrument.resting_orders
    closed = False
    while not closed:
        closed = run(states, resting_orders)
        resting_orders = 0
        parts.append(state["tape"][: state["tape_rows"]].copy())
        state["tape_rows"] = 0
    return np.concatenate(parts)
