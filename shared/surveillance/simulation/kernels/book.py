"""A limit order book with price-time priority: a queue of orders at each tick, matching, and the tape of it all."""

from surveillance.simulation.kernels import commands as command
from surveillance.simulation.kernels.chance import exponential
from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import (
    ACCOUNT,
    AGENT,
    BAR_MINUTES,
    BUY,
    CANCEL_ROW,
    EXECUTED,
    FILL_ROW,
    HANDLE,
    HANDLE_EXECUTED,
    HEDGER,
    ID,
    IMMEDIATE,
    LEVEL_HEAD,
    LEVEL_SIZE,
    LEVEL_TAIL,
    MAY_SELF_TRADE,
    NEW_ROW,
    NEXT,
    NOT_FILLED,
    OCCASIONS,
    OPEN,
    PREVIOUS,
    PRICE,
    PRICES,
    QUOTE_ROW,
    REPLACE_ROW,
    SELF_TRADE_PREVENTED,
    SEQUENCE,
    SIDE,
    T_ACCOUNT,
    T_ID,
    T_KIND,
    T_NOTE,
    T_OTHER,
    T_PRICE,
    T_SIDE,
    T_SIZE,
    T_TAG,
    T_TIME,
    T_TRADE,
    TAG,
    TIME_IN_FORCE,
    TRADE_ROW,
    WITHDRAW,
    State,
)
from surveillance.simulation.kernels.timers import push

MINUTE_NS = 60_000_000_000
SPREAD_MEMORY_NS = 60e9
HEDGER_REACTION_NS = 60_000_000


@kernel
def record(
    state: State, kind: int, identity: int, account: int, side: int, price: int, size: int, trade: int, other: int,
    note: int, tag: int,
) -> None:  # fmt: skip
    """Write one row to the tape."""
    row = state.tape_rows
    state.tape_rows = row + 1
    tape = state.tape
    tape[row, T_TIME] = state.now
    tape[row, T_KIND] = kind
    tape[row, T_ID] = identity
    tape[row, T_ACCOUNT] = account
    tape[row, T_SIDE] = side
    tape[row, T_PRICE] = price
    tape[row, T_SIZE] = size
    tape[row, T_TRADE] = trade
    tape[row, T_OTHER] = other
    tape[row, T_NOTE] = note
    tape[row, T_TAG] = tag


@kernel
def happen(state: State, handle: int, what: int) -> None:
    """Keep what happened to a scripted order until the director asks for it."""
    if state.occasion_count < OCCASIONS:
        state.occasions[state.occasion_count, 0] = handle
        state.occasions[state.occasion_count, 1] = what
        state.occasion_count += 1


@kernel
def link(state: State, slot: int) -> None:
    """Put an order at the end of the queue of its price."""
    orders, levels = state.orders, state.levels
    price = orders[slot, PRICE]
    tail = levels[price, LEVEL_TAIL]
    orders[slot, PREVIOUS] = tail
    orders[slot, NEXT] = -1
    if tail >= 0:
        orders[tail, NEXT] = slot
    else:
        levels[price, LEVEL_HEAD] = slot
    levels[price, LEVEL_TAIL] = slot
    levels[price, LEVEL_SIZE] += orders[slot, OPEN]
    if orders[slot, SIDE] == BUY:
        state.depth_bid += orders[slot, OPEN]
        state.best_bid = max(state.best_bid, price)
    else:
        state.depth_ask += orders[slot, OPEN]
        state.best_ask = min(state.best_ask, price)


@kernel
def reduce(state: State, slot: int, size: int) -> None:
    """Take quantity off an order that stands in the book."""
    state.orders[slot, OPEN] -= size
    state.levels[state.orders[slot, PRICE], LEVEL_SIZE] -= size
    if state.orders[slot, SIDE] == BUY:
        state.depth_bid -= size
    else:
        state.depth_ask -= size


@kernel
def unlink(state: State, slot: int) -> None:
    """Take an order with its open quantity out of the book."""
    orders, levels = state.orders, state.levels
    price = orders[slot, PRICE]
    size = orders[slot, OPEN]
    reduce(state, slot, size)
    orders[slot, OPEN] = size
    before, after = orders[slot, PREVIOUS], orders[slot, NEXT]
    if before >= 0:
        orders[before, NEXT] = after
    else:
        levels[price, LEVEL_HEAD] = after
    if after >= 0:
        orders[after, PREVIOUS] = before
    else:
        levels[price, LEVEL_TAIL] = before
    if levels[price, LEVEL_HEAD] < 0:
        if orders[slot, SIDE] == BUY and price == state.best_bid:
            while price > 0 and levels[price, LEVEL_HEAD] < 0:
                price -= 1
            state.best_bid = price
        elif orders[slot, SIDE] != BUY and price == state.best_ask:
            while price < PRICES and levels[price, LEVEL_HEAD] < 0:
                price += 1
            state.best_ask = price


@kernel
def release(state: State, slot: int) -> None:
    """Give back the slot of an order that has ended."""
    handle = state.orders[slot, HANDLE]
    state.orders[slot, OPEN] = 0
    state.orders[slot, SEQUENCE] = -1
    state.orders[slot, NEXT] = state.free_slot
    state.free_slot = slot
    state.open_orders -= 1
    if handle >= 0:
        happen(state, handle, command.GONE)


@kernel
def note_cancel(state: State, slot: int, reason: int) -> None:
    """Write the cancel of all that is open of an order."""
    order = state.orders[slot]
    record(
        state, CANCEL_ROW, order[ID], order[ACCOUNT], order[SIDE], order[PRICE], order[OPEN], -1, -1, reason, order[TAG]
    )


@kernel
def cancel(state: State, slot: int, reason: int) -> None:
    """Cancel what is open of an order that stands in the book."""
    note_cancel(state, slot, reason)
    unlink(state, slot)
    release(state, slot)


@kernel
def count_volume(state: State, size: int) -> None:
    """Add a trade to the minute it falls into; the ring holds the last whole minutes, then the present one."""
    bars = state.bars
    minute = state.now // MINUTE_NS
    while state.minute < minute:
        state.minute += 1
        for place in range(BAR_MINUTES):
            bars[place] = bars[place + 1]
        bars[BAR_MINUTES] = 0
    bars[BAR_MINUTES] += size
    state.traded += size


@kernel
def note_fill(state: State, slot: int, size: int, trade: int, price: int) -> None:
    """Write one order's side of an execution and let its owner react."""
    order = state.orders[slot]
    record(state, FILL_ROW, order[ID], order[ACCOUNT], order[SIDE], price, size, trade, -1, 0, order[TAG])
    order[EXECUTED] += size
    handle = order[HANDLE]
    if handle >= 0:
        state.handles[handle, HANDLE_EXECUTED] += size
        happen(state, handle, command.FILLED)
    elif order[AGENT] == HEDGER and order[OPEN] > 0:
        reaction = int(HEDGER_REACTION_NS * (0.3 + exponential(state)))
        push(state, state.now + reaction, WITHDRAW, slot, order[SEQUENCE])


@kernel
def match(state: State, slot: int, limit: int) -> None:
    """Trade an order that is not in the book against the other side, up to and including the price `limit`."""
    orders, levels = state.orders, state.levels
    order = orders[slot]
    side = order[SIDE]
    while order[OPEN] > 0:
        if side == BUY:
            price = state.best_ask
            if price > limit or price >= PRICES:
                break
        else:
            price = state.best_bid
            if price < limit or price <= 0:
                break
        rest = levels[price, LEVEL_HEAD]
        resting = orders[rest]
        if state.owners[resting[ACCOUNT]] == state.owners[order[ACCOUNT]] and order[MAY_SELF_TRADE] == 0:
            cancel(state, rest, SELF_TRADE_PREVENTED)
            continue
        size = min(resting[OPEN], order[OPEN])
        trade = state.next_trade_id
        state.next_trade_id = trade + 1
        reduce(state, rest, size)
        order[OPEN] -= size
        buyer, seller = (order, resting) if side == BUY else (resting, order)
        note_fill(state, rest, size, trade, price)
        note_fill(state, slot, size, trade, price)
        record(
            state, TRADE_ROW, buyer[ID], buyer[ACCOUNT], side, price, size, trade, seller[ID], seller[ACCOUNT],
            max(order[TAG], resting[TAG]),
        )  # fmt: skip
        count_volume(state, size)
        state.fair += side * state.impact_ticks
        if resting[OPEN] == 0:
            unlink(state, rest)
            release(state, rest)


@kernel
def settle(state: State) -> None:
    """Match the order that has arrived, then let what is left stand in the book or fall."""
    slot = state.arriving
    state.arriving = -1
    order = state.orders[slot]
    price = order[PRICE]
    match(state, slot, price if price > 0 else (PRICES if order[SIDE] == BUY else 1))
    if order[OPEN] == 0:
        release(state, slot)
    elif order[TIME_IN_FORCE] == IMMEDIATE:
        note_cancel(state, slot, NOT_FILLED)
        release(state, slot)
    else:
        link(state, slot)


@kernel
def enter(
    state: State, account: int, side: int, price: int, size: int, time_in_force: int, agent: int, handle: int,
    tag: int, may_self_trade: int,
) -> int:  # fmt: skip
    """Enter an order; price -1 = at the market, which never rests. Gives its slot, or -1 if there was no room.

    The caller links it if it can't trade, else leaves it as `arriving`, to be settled at the end of the step.
    """
    orders = state.orders
    slot = state.free_slot
    if slot < 0 or size <= 0:
        return -1
    state.free_slot = orders[slot, NEXT]
    state.open_orders += 1
    order = orders[slot]
    order[ID] = state.next_order_id
    state.next_order_id += 1
    order[SEQUENCE] = state.next_sequence
    state.next_sequence += 1
    order[ACCOUNT] = account
    order[SIDE] = side
    order[PRICE] = price
    order[OPEN] = size
    order[EXECUTED] = 0
    order[HANDLE] = handle
    order[TAG] = tag
    order[AGENT] = agent
    order[MAY_SELF_TRADE] = may_self_trade
    order[TIME_IN_FORCE] = time_in_force
    record(state, NEW_ROW, order[ID], account, side, price, size, -1, -1, time_in_force, tag)
    return slot


@kernel
def replace(state: State, slot: int, price: int, size: int, renamed: bool) -> bool:
    """Change an order; tell whether it lost its place in the queue and stands outside the book for the caller to put
    back. It keeps its place only if the price stays and the size does not rise."""
    order = state.orders[slot]
    previous = -1
    if renamed:
        previous = order[ID]
        order[ID] = state.next_order_id
        state.next_order_id += 1
    moved = price != order[PRICE]
    record(
        state, REPLACE_ROW, order[ID], order[ACCOUNT], order[SIDE], price if moved else -1, size, -1, previous, 0,
        order[TAG],
    )  # fmt: skip
    if not moved and size <= order[OPEN]:
        reduce(state, slot, order[OPEN] - size)
        return False
    unlink(state, slot)
    order[PRICE] = price
    order[OPEN] = size
    return True


@kernel
def is_open(state: State, slot: int, sequence: int) -> bool:
    """Tell whether the order that had this slot is still there."""
    return slot >= 0 and state.orders[slot, SEQUENCE] == sequence and state.orders[slot, OPEN] > 0


@kernel
def clear_of(state: State, side: int, price: int) -> int:
    """Move a price that would trade back to the last one that would not."""
    if side == BUY:
        return min(price, state.best_ask - 1)
    return max(price, state.best_bid + 1)


@kernel
def quote(state: State) -> None:
    """Write a quote if the best prices or their sizes have changed."""
    levels = state.levels
    bid, ask = state.best_bid, state.best_ask
    bid_size = levels[bid, LEVEL_SIZE] if bid > 0 else 0
    ask_size = levels[ask, LEVEL_SIZE] if ask < PRICES else 0
    same_bid = bid == state.quoted_bid and bid_size == state.quoted_bid_size
    if same_bid and ask == state.quoted_ask and ask_size == state.quoted_ask_size:
        return
    if state.quoted_bid_size > 0 and state.quoted_ask_size > 0:
        weight = min(1.0, (state.now - state.quoted_at) / SPREAD_MEMORY_NS)
        spread = state.quoted_ask - state.quoted_bid
        state.mean_spread += weight * (spread - state.mean_spread)
    state.quoted_bid = bid
    state.quoted_bid_size = bid_size
    state.quoted_ask = ask
    state.quoted_ask_size = ask_size
    state.quoted_at = state.now
    record(
        state, QUOTE_ROW, -1, -1, 0, bid if bid_size > 0 else -1, bid_size, -1, ask_size,
        ask if ask_size > 0 else -1, 0,
    )  # fmt: skip
