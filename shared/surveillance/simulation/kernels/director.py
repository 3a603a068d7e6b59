"""Plays the commands of scenarios in the running market."""

from math import ceil

from surveillance.simulation.kernels import commands as command
from surveillance.simulation.kernels.book import (
    MINUTE_NS,
    cancel,
    clear_of,
    count_volume,
    enter,
    happen,
    is_open,
    replace,
)
from surveillance.simulation.kernels.chance import uniform
from surveillance.simulation.kernels.clients import client
from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import (
    ACCOUNT,
    AGENT,
    BAR_MINUTES,
    BUY,
    BY_USER,
    COMMAND,
    FORCE,
    HANDLE_EXECUTED,
    HANDLE_PRICE,
    HANDLE_SEQUENCE,
    HANDLE_SLOT,
    HANDLE_WAITING,
    LEVEL_HEAD,
    LEVEL_SIZE,
    NEXT,
    OPEN,
    PRICE,
    PRICES,
    SCRIPTED,
    SEQUENCE,
    SIDE,
    SLOTS,
    WITHDRAW,
    Integers,
    State,
)
from surveillance.simulation.kernels.timers import push

MILLION = 1_000_000
CLEARING_NS = 50_000_000
"""How long the background takes to move away when spreads widen."""


LEAVING_NS = 20_000_000_000
"""How long an agent takes to leave the market when it is muted."""


@kernel
def wake(state: State, handle: int, happened: int) -> None:
    """Set off the commands that wait for this to happen to an order."""
    commands = state.commands
    row = state.handles[handle, HANDLE_WAITING]
    while row >= 0:
        waits = commands[row, command.WHEN] == happened and commands[row, command.FIRED] == 0
        if waits and state.now >= commands[row, command.TIME]:
            commands[row, command.FIRED] = 1
            late = int(uniform(state) * commands[row, command.JITTER])
            push(state, state.now + commands[row, command.DELAY] + late, COMMAND, row, 0)
        row = commands[row, command.NEXT_WAITING]


@kernel
def tell(state: State) -> None:
    """Set off what waits for the things that have happened in this step."""
    for place in range(state.occasion_count):
        wake(state, state.occasions[place, 0], state.occasions[place, 1])
    state.occasion_count = 0


@kernel
def arm(state: State) -> None:
    """Set the timers of all commands and file those that wait under their order."""
    commands = state.commands
    for handle in range(state.handle_count):
        state.handles[handle, HANDLE_SLOT] = -1
        state.handles[handle, HANDLE_WAITING] = -1
    for row in range(state.command_count - 1, -1, -1):
        commands[row, command.FIRED] = 0
        if commands[row, command.WHEN] == 0:
            push(state, commands[row, command.TIME], COMMAND, row, 0)
            continue
        handle = commands[row, command.WHEN_HANDLE]
        commands[row, command.NEXT_WAITING] = state.handles[handle, HANDLE_WAITING]
        state.handles[handle, HANDLE_WAITING] = row
        if commands[row, command.OTHERWISE]:
            push(state, commands[row, command.DEADLINE], FORCE, row, 0)


@kernel
def slot_of(state: State, handle: int) -> int:
    """Give the slot of a script's order, -1 if it is not open."""
    if handle < 0:
        return -1
    slot = state.handles[handle, HANDLE_SLOT]
    return slot if is_open(state, slot, state.handles[handle, HANDLE_SEQUENCE]) else -1


@kernel
def price_of(state: State, row: int) -> int:
    """Work out a command's price in ticks, -1 for a market order."""
    plan = state.commands[row]
    side = plan[command.SIDE]
    anchor = plan[command.ANCHOR]
    top = PRICES
    bid, ask = state.best_bid, state.best_ask
    fair = int(state.fair)
    bid = bid if bid > 0 else fair - 1
    ask = ask if ask < top else fair + 1
    own, opposite = (bid, ask) if side == BUY else (ask, bid)
    if anchor == command.MARKET:
        return -1
    if anchor == command.TICKS:
        price = 0
    elif anchor == command.OWN_BEST:
        price = own
    elif anchor == command.OPPOSITE_BEST:
        price = opposite
    elif anchor == command.INSIDE:
        price = own + side if ask - bid > 1 else own
    elif anchor == command.MID:
        price = (bid + ask) // 2
    else:
        price = state.handles[plan[command.ANCHOR_HANDLE], HANDLE_PRICE]
    price -= side * plan[command.OFFSET]
    if anchor == command.TICKS:
        price = plan[command.OFFSET]
    if plan[command.POST_ONLY]:
        price = clear_of(state, side, price)
    return min(max(price, 1), top - 1)


@kernel
def ahead_of(state: State, slot: int) -> int:
    """Count the quantity that trades before an order of the book does."""
    order = state.orders[slot]
    price = order[PRICE]
    total = 0
    step = -1 if order[SIDE] == BUY else 1
    best = state.best_bid if order[SIDE] == BUY else state.best_ask
    while best != price:
        total += state.levels[best, LEVEL_SIZE]
        best += step
    place = state.levels[price, LEVEL_HEAD]
    while place != slot:
        total += state.orders[place, OPEN]
        place = state.orders[place, NEXT]
    return total


@kernel
def participated(state: State, plan: Integers) -> float:
    """Count what others have traded since a command first ran, and what usually trades between two runs."""
    count_volume(state, 0)
    total = 0
    for place in range(BAR_MINUTES):
        total += state.bars[place]
    if plan[command.ASKED] == 0:
        plan[command.BEGAN] = state.traded
    usual = total / BAR_MINUTES * plan[command.EVERY] / MINUTE_NS
    return usual + max(state.traded - plan[command.BEGAN] - plan[command.ASKED], 0)


@kernel
def size_of(state: State, row: int) -> int:
    """Work out a command's size in whole lots, at least one; -1 where what it is measured by is gone."""
    plan = state.commands[row]
    measure = plan[command.MEASURE]
    share = plan[command.AMOUNT] / MILLION
    buys = plan[command.SIDE] == BUY
    bid, ask = state.best_bid, state.best_ask
    bid_size = state.levels[bid, LEVEL_SIZE] if bid > 0 else 0
    ask_size = state.levels[ask, LEVEL_SIZE] if ask < PRICES else 0
    lot = state.lot
    if measure == command.SHARES:
        wanted = float(plan[command.AMOUNT])
    elif measure == command.OWN_DEPTH:
        wanted = share * (state.depth_bid if buys else state.depth_ask)
    elif measure == command.OPPOSITE_BEST_SIZE:
        wanted = share * (ask_size if buys else bid_size)
    elif measure == command.OWN_BEST_SIZE:
        wanted = share * (bid_size if buys else ask_size)
    elif measure == command.REACH:
        slot = slot_of(state, plan[command.MEASURE_HANDLE])
        if slot < 0:
            return -1
        wanted = ahead_of(state, slot) + max(1.0, share * state.orders[slot, OPEN] / lot) * lot
    elif measure == command.BAR_VOLUME:
        count_volume(state, 0)
        total = 0
        for place in range(BAR_MINUTES):
            total += state.bars[place]
        wanted = share * total / BAR_MINUTES + (uniform(state) - 0.5) * lot  # many small ones must add up
    elif measure == command.PARTICIPATION:
        wanted = share * participated(state, plan) - plan[command.ASKED]
        plan[command.ASKED] += max(1, int(wanted / lot + 0.5)) * lot
    else:
        wanted = share * state.handles[plan[command.MEASURE_HANDLE], HANDLE_EXECUTED]
    return max(1, int(max(wanted, plan[command.AT_LEAST]) / lot + 0.5)) * lot


@kernel
def watch(state: State) -> None:
    """Tell the script of orders that have come to the best price."""
    place = 0
    while place < state.watched_count:
        handle = state.watched[place]
        slot = slot_of(state, handle)
        best = state.best_bid if slot >= 0 and state.orders[slot, SIDE] == BUY else state.best_ask
        if slot >= 0 and state.orders[slot, PRICE] != best:
            place += 1
            continue
        if slot >= 0:
            happen(state, handle, command.THREATENED)
        state.watched_count -= 1
        state.watched[place] = state.watched[state.watched_count]


@kernel
def watch_for(state: State, handle: int) -> None:
    """Start to watch an order if a command waits for a threat to it."""
    row = state.handles[handle, HANDLE_WAITING]
    while row >= 0:
        waits = state.commands[row, command.WHEN] == command.THREATENED and state.commands[row, command.FIRED] == 0
        if waits and state.watched_count < state.watched.shape[0]:
            state.watched[state.watched_count] = handle
            state.watched_count += 1
            return
        row = state.commands[row, command.NEXT_WAITING]


@kernel
def enter_scripted(state: State, row: int) -> None:
    """Enter a command's order and give it the command's handle."""
    plan = state.commands[row]
    account = plan[command.ACCOUNT]
    if account < 0:
        account = client(state, plan[command.SIDE])
    price = price_of(state, row)
    size = size_of(state, row)
    handle = plan[command.HANDLE]
    if handle >= 0:
        state.handles[handle, HANDLE_PRICE] = price
    slot = enter(
        state, account, plan[command.SIDE], price, size, plan[command.TIME_IN_FORCE], SCRIPTED, handle,
        plan[command.TAG], plan[command.MAY_SELF_TRADE],
    )  # fmt: skip
    if slot < 0:
        return
    state.arriving = slot
    if plan[command.LIFE] > 0:
        push(state, state.now + plan[command.LIFE], WITHDRAW, slot, state.orders[slot, SEQUENCE])
    if handle >= 0:
        state.handles[handle, HANDLE_SLOT] = slot
        state.handles[handle, HANDLE_SEQUENCE] = state.orders[slot, SEQUENCE]
        state.handles[handle, HANDLE_EXECUTED] = 0
        watch_for(state, handle)


@kernel
def replace_scripted(state: State, row: int) -> None:
    """Move a script's order to the command's price, and to its size unless that is 0 shares."""
    plan = state.commands[row]
    slot = slot_of(state, plan[command.HANDLE])
    if slot < 0:
        return
    keeps_size = plan[command.MEASURE] == command.SHARES and plan[command.AMOUNT] == 0
    size = state.orders[slot, OPEN] if keeps_size else size_of(state, row)
    price = price_of(state, row)
    if size <= 0 or price <= 0 or (price == state.orders[slot, PRICE] and size == state.orders[slot, OPEN]):
        return
    state.handles[plan[command.HANDLE], HANDLE_PRICE] = price
    if replace(state, slot, price, size, False):
        state.arriving = slot
    watch_for(state, plan[command.HANDLE])


@kernel
def scatter(state: State, share: float, within_ns: int, nearer_than: int) -> None:
    """Have the background cancel a share of its orders within a time, or only of those so near the mid."""
    centre = state.wide_centre
    for slot in range(SLOTS):
        order = state.orders[slot]
        if order[SEQUENCE] < 0 or order[OPEN] == 0 or order[AGENT] == SCRIPTED:
            continue
        if abs(order[PRICE] - centre) < nearer_than and uniform(state) <= share:
            late = int(uniform(state) * within_ns)
            push(state, state.now + late, WITHDRAW, slot, order[SEQUENCE])


@kernel
def concede(state: State, within_ns: int) -> None:
    """Have the background cancel within a time what fair value has passed: nobody waits to be picked off."""
    for slot in range(SLOTS):
        order = state.orders[slot]
        if order[SEQUENCE] < 0 or order[OPEN] == 0 or order[AGENT] == SCRIPTED:
            continue
        if (order[PRICE] - state.fair) * order[SIDE] > 0:
            push(state, state.now + int(uniform(state) * within_ns), WITHDRAW, slot, order[SEQUENCE])


@kernel
def leave(state: State, account: int) -> None:
    """Have an account's background agent cancel its orders, one after the other."""
    for slot in range(SLOTS):
        order = state.orders[slot]
        if order[SEQUENCE] >= 0 and order[OPEN] > 0 and order[ACCOUNT] == account and order[AGENT] != SCRIPTED:
            push(state, state.now + int(uniform(state) * LEAVING_NS), WITHDRAW, slot, order[SEQUENCE])


@kernel
def set_scene(state: State, row: int) -> None:
    """Change the market around the script's orders."""
    plan = state.commands[row]
    verb, until = plan[command.VERB], plan[command.UNTIL]
    now = state.now
    share = plan[command.AMOUNT] / MILLION
    if verb == command.MUTE:
        state.muted_until[plan[command.ACCOUNT]] = max(until, state.muted_until[plan[command.ACCOUNT]])
        leave(state, plan[command.ACCOUNT])
    elif verb == command.DRIFT:
        state.drift = plan[command.AMOUNT] / 1000.0 / max(until - now, 1) * 1e9
        state.drift_until = until
    elif verb == command.VOLATILITY:
        state.volatility = share
        state.volatility_until = until
    elif verb == command.INTENSITY:
        state.intensity = share
        state.intensity_until = until
    elif verb == command.PRESSURE:
        state.pressure = share
        state.pressure_until = until
    elif verb == command.WIDEN:
        state.wide_until = until
        state.wide_centre = (state.best_bid + state.best_ask) // 2
        state.fair = float(state.wide_centre)
        state.wide_half = ceil(0.5 * share * max(state.mean_spread, 1.0) + 0.5)
        state.volatility = 0.0
        state.volatility_until = until
        scatter(state, 1.0, CLEARING_NS, state.wide_half)
    elif verb == command.PAUSE:
        state.paused_until = until
    elif verb == command.ACCEPT:
        if state.best_bid > 0 and state.best_ask < PRICES:
            state.fair = 0.5 * (state.best_bid + state.best_ask)
    elif verb == command.SCATTER:
        state.wide_centre = int(state.fair)
        scatter(state, share, plan[command.EVERY], PRICES)
    elif verb == command.CONCEDE:
        concede(state, plan[command.EVERY])


@kernel
def play(state: State, row: int) -> None:
    """Run a command that is due, and set its next run."""
    plan = state.commands[row]
    verb = plan[command.VERB]
    if verb == command.ENTER:
        enter_scripted(state, row)
    elif verb == command.CANCEL:
        slot = slot_of(state, plan[command.HANDLE])
        if slot >= 0:
            cancel(state, slot, BY_USER)
    elif verb == command.REPLACE:
        replace_scripted(state, row)
    else:
        set_scene(state, row)
    if plan[command.TIMES] > 1:
        plan[command.TIMES] -= 1
        plan[command.TIME] += plan[command.EVERY]
        late = int(uniform(state) * plan[command.JITTER])
        push(state, max(plan[command.TIME] + late, state.now), COMMAND, row, 0)


@kernel
def force(state: State, row: int) -> None:
    """Run a command whose occasion did not come in time."""
    if state.commands[row, command.FIRED] == 0:
        state.commands[row, command.FIRED] = 1
        play(state, row)
