"""The background: who trades when nobody manipulates.

Decisions arrive as a self-exciting process (Hawkes 1971) on a U-shaped day. Each is one agent's: market makers quote
both sides around fair value and cancel nearly everything; noise traders place patient orders and few impatient ones,
leaning towards the deeper side; value traders take what is mispriced; momentum traders follow; hedgers work one order
and cancel the rest of it after a partial fill. All but makers work on one side for minutes. Fair value is a random
walk that trades push a little.
"""

from math import exp, floor, sqrt

from surveillance.simulation.kernels.book import cancel, clear_of, enter, is_open, link, replace
from surveillance.simulation.kernels.chance import below, exponential, geometric, log_normal, normal, uniform
from surveillance.simulation.kernels.clients import client, hedger
from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import (
    ACCOUNT,
    BUY,
    BY_USER,
    DAY,
    EXPIRE,
    HEDGER,
    IMMEDIATE,
    LEVEL_SIZE,
    MAKER,
    MID_SECONDS,
    MOMENTUM,
    NOISE,
    OPEN,
    PRICE,
    PRICES,
    SELL,
    SEQUENCE,
    SIDE,
    VALUE,
    State,
)
from surveillance.simulation.kernels.timers import push

Intent = tuple[int, int, int, int, int, int]
"""Account, side, price in ticks, size, agent, and life in nanoseconds: 0 = trade at once or fall."""

SECOND_NS = 1_000_000_000

# shares of decisions; a maker's decision is two orders, every other one order
MAKERS = 0.52
PATIENT = 0.377
IMPATIENT = 0.018
VALUES = 0.045
FOLLOWERS = 0.02
ORDERS_PER_DECISION = 1.0 + MAKERS

BRANCHING = 0.5
"""Share of decisions that earlier decisions have set off."""
EXCITEMENT_DECAY = 5.0
SIZE_SPREAD = 0.8
MAKER_LIFE_S = 1.5
MAKER_LIFE_SPREAD = 1.2
PATIENT_LIFE_S = 5.0
PATIENT_LIFE_SPREAD = 1.4
PRESSING = 0.03
"""Share of resting orders that may leave less than the usual spread."""
IMPROVING = 0.02
"""Share of patient orders that better the best price."""
REPRICED = 0.06
"""Share of orders that are re-priced when their time is up."""
RENAMED = 0.3
"""Share of replaces that give a new order id."""
NEAR_LEVELS = 5


@kernel
def busyness(state: State, time: int) -> float:
    """Give the U-shaped rate of the session, 1 on average."""
    opens, closes = state.opens_at, state.closes_at
    place = 2.0 * (time - opens) / (closes - opens) - 1.0
    rate = 0.8 + 0.6 * place * place
    if state.intensity_until > time:
        rate *= state.intensity
    return rate


@kernel
def schedule_arrival(state: State, start: int) -> None:
    """Draw the time of the next decision by thinning (Ogata 1981)."""
    usual = state.decisions_per_second
    time = float(start)
    while True:
        excitement = state.excitement * exp(-EXCITEMENT_DECAY * (time - state.excited_at_ns) / SECOND_NS)
        bound = usual * (1.0 - BRANCHING) * 1.6 + excitement
        if state.intensity_until > start:
            bound *= max(1.0, state.intensity)
        time += exponential(state) / bound * SECOND_NS
        now = state.excitement * exp(-EXCITEMENT_DECAY * (time - state.excited_at_ns) / SECOND_NS)
        rate = usual * (1.0 - BRANCHING) * busyness(state, int(time)) + now
        if uniform(state) * bound <= rate or time > state.closes_at:
            break
    state.next_arrival = int(time)


@kernel
def excite(state: State) -> None:
    """Let a decision raise the rate of those that follow."""
    now = state.now
    state.excitement *= exp(-EXCITEMENT_DECAY * (now - state.excited_at_ns) / SECOND_NS)
    state.excitement += BRANCHING * EXCITEMENT_DECAY
    state.excited_at_ns = now


@kernel
def move_fair_value(state: State, seconds: float) -> None:
    """Let fair value walk on, within a third and twice what it was at the open."""
    volatility = state.ticks_per_root_second
    if state.volatility_until > state.now:
        volatility *= state.volatility
    state.fair += volatility * sqrt(seconds) * normal(state)
    if state.drift_until > state.now:
        state.fair += state.drift * seconds
    state.fair = min(max(state.fair, state.fair_at_open / 3.0), 2.0 * state.fair_at_open)


@kernel
def remember_mid(state: State) -> None:
    """Keep the mid of each of the last seconds, in half ticks."""
    second = state.now // SECOND_NS
    gone = min(second - state.mid_second, MID_SECONDS)
    for back in range(gone):
        state.mids[(second - back) % MID_SECONDS] = state.best_bid + state.best_ask
    state.mid_second = second


@kernel
def draw_size(state: State) -> int:
    """Draw an order size: log-normal, in round lots."""
    return max(1, int(log_normal(state, state.usual_lots, SIZE_SPREAD) + 0.5)) * state.lot


@kernel
def draw_life(state: State, median_s: float, spread: float) -> int:
    """Draw how long an order will be left in the book."""
    return int(log_normal(state, median_s * state.life_scale, spread) * SECOND_NS) + 1_000_000


@kernel
def passive(state: State, side: int, price: int) -> int:
    """Keep a price from trading, mostly by the usual spread, inside the book's range, and out of a spread held wide."""
    price = clear_of(state, side, price)
    if uniform(state) > PRESSING:
        gap = int(state.half_spread + 0.5)
        price = min(price, state.best_ask - gap) if side == BUY else max(price, state.best_bid + gap)
    if state.wide_until > state.now:
        if side == BUY:
            price = min(price, state.wide_centre - state.wide_half)
        else:
            price = max(price, state.wide_centre + state.wide_half)
    return min(max(price, 2), PRICES - 2)


@kernel
def waits(account: int, side: int, price: int, size: int, agent: int, life: int) -> Intent:
    """Mean an order that does not trade at once and is left in the book for a time."""
    return account, side, price, size, agent, life


@kernel
def takes(account: int, side: int, price: int, size: int, agent: int) -> Intent:
    """Mean an order that trades at once or falls; price -1 = at the market."""
    return account, side, price, size, agent, 0


@kernel
def act(state: State, intent: Intent) -> None:
    """Enter the order an agent means."""
    account, side, price, size, agent, life = intent
    if life > 0:
        price = passive(state, side, price)
    slot = enter(state, account, side, price, size, DAY if life > 0 else IMMEDIATE, agent, -1, 0, 0)
    if slot < 0:
        return
    if life == 0:
        state.arriving = slot
        return
    link(state, slot)
    push(state, max(state.now, state.opens_at) + life, EXPIRE, slot, state.orders[slot, SEQUENCE])


@kernel
def imbalance(state: State) -> float:
    """Compare the near depth of both sides: 1 = bids only, -1 = asks only."""
    levels = state.levels
    bid, ask = state.best_bid, state.best_ask
    bids, asks = 0, 0
    for step in range(NEAR_LEVELS):
        if bid - step > 0:
            bids += levels[bid - step, LEVEL_SIZE]
        if ask + step < PRICES:
            asks += levels[ask + step, LEVEL_SIZE]
    return (bids - asks) / max(bids + asks, 1)


@kernel
def either(state: State) -> int:
    """Draw a side."""
    return BUY if uniform(state) < 0.5 else SELL


@kernel
def make_market(state: State, side: int) -> Intent:
    """A market maker quotes one side; the same one quotes the other."""
    if side == BUY:
        state.quoting_maker = state.makers[below(state, state.maker_count)]
    distance = state.half_spread + geometric(state, 2.5 * state.half_spread)
    price = floor(state.fair + 0.3 * normal(state) - side * distance + 0.5)
    life = draw_life(state, MAKER_LIFE_S, MAKER_LIFE_SPREAD)
    return waits(state.quoting_maker, side, price, draw_size(state), MAKER, life)


@kernel
def be_patient(state: State, agent: int) -> Intent:
    """A client places an order and waits."""
    side = either(state)
    best = state.best_bid if side == BUY else state.best_ask
    if best <= 0 or best >= PRICES:
        best = int(state.fair) - side
    distance = geometric(state, 4.0 * state.half_spread)
    price = best - side * distance
    if uniform(state) < IMPROVING:
        price += side
    elif distance == 0 and state.best_ask - state.best_bid == 1 and uniform(state) < 0.5:
        price -= side
    life = draw_life(state, PATIENT_LIFE_S, PATIENT_LIFE_SPREAD)
    return waits(client(state, side), side, price, draw_size(state), agent, life)


@kernel
def be_impatient(state: State) -> Intent:
    """A client trades at the market, more often with the deeper side."""
    lean = 0.5 + 0.25 * imbalance(state)
    if state.pressure_until > state.now:
        lean = 0.5 + 0.5 * state.pressure
    side = BUY if uniform(state) <= lean else SELL
    return takes(client(state, side), side, -1, draw_size(state), NOISE)


@kernel
def trade_on_value(state: State) -> Intent:
    """A client takes what is mispriced, or waits for it."""
    fair = state.fair
    edge = state.half_spread * (1.0 + exponential(state))
    if fair - state.best_ask > edge:
        return takes(client(state, BUY), BUY, int(fair), draw_size(state), VALUE)
    if state.best_bid - fair > edge:
        return takes(client(state, SELL), SELL, int(fair) + 1, draw_size(state), VALUE)
    return be_patient(state, VALUE)


@kernel
def follow(state: State) -> Intent:
    """A client goes with a move of the last ten seconds."""
    second = state.now // SECOND_NS
    before = state.mids[(second - 10) % MID_SECONDS]
    move = 0.5 * (state.best_bid + state.best_ask - before)
    threshold = 7.0 * state.ticks_per_root_second
    if before == 0 or abs(move) < threshold or abs(move) > 100.0 * threshold:
        return be_patient(state, MOMENTUM)
    side = BUY if move > 0 else SELL
    return takes(client(state, side), side, -1, draw_size(state), MOMENTUM)


@kernel
def hedge(state: State) -> Intent:
    """A hedger offers a larger order near the best price."""
    account, side = hedger(state, either(state))
    best = state.best_bid if side == BUY else state.best_ask
    if best <= 0 or best >= PRICES:
        best = int(state.fair) - side
    size = draw_size(state) * (2 + below(state, 2))
    return waits(account, side, best, size, HEDGER, draw_life(state, PATIENT_LIFE_S, PATIENT_LIFE_SPREAD))


@kernel
def stock(state: State) -> Intent:
    """Before the open, makers and clients fill the book around fair value, side by side in turn."""
    side = BUY if state.open_orders % 2 == 0 else SELL
    is_maker = uniform(state) < 0.5
    account = state.makers[below(state, state.maker_count)] if is_maker else client(state, side)
    distance = state.half_spread + geometric(state, 4.0 * state.half_spread)
    price = floor(state.fair - side * distance + 0.5)
    life = draw_life(state, PATIENT_LIFE_S, PATIENT_LIFE_SPREAD)
    return waits(account, side, price, draw_size(state), MAKER if is_maker else NOISE, life)


@kernel
def choose(state: State, share: float) -> Intent:
    """Let the agent act whose part of the unit interval the share falls into."""
    share -= MAKERS
    if share < PATIENT:
        return be_patient(state, NOISE)
    share -= PATIENT
    if share < IMPATIENT:
        return be_impatient(state)
    share -= IMPATIENT
    if share < VALUES:
        return trade_on_value(state)
    if share < VALUES + FOLLOWERS:
        return follow(state)
    return hedge(state)


@kernel
def decide(state: State) -> None:
    """Let one agent act and draw the time of the next; a maker's second quote follows its first at once."""
    if state.now < state.opens_at:
        intent = stock(state)
        state.next_arrival += state.pre_open_every
        if state.next_arrival >= state.opens_at:
            schedule_arrival(state, state.opens_at)
    elif state.quoting_maker >= 0:
        intent = make_market(state, SELL)
        state.quoting_maker = -1
        schedule_arrival(state, state.now)
    else:
        excite(state)
        share = uniform(state)
        if share < MAKERS:
            intent = make_market(state, BUY)
        else:
            intent = choose(state, share)
            schedule_arrival(state, state.now)
    act(state, intent)


@kernel
def reconsider(state: State, slot: int, sequence: int) -> None:
    """An order's time is up: mostly cancel it, sometimes re-price or reduce it."""
    if not is_open(state, slot, sequence):
        return
    order = state.orders[slot]
    lot = state.lot
    price, size = order[PRICE], order[OPEN]
    if uniform(state) < 0.3 and size > lot:
        size = max(lot, size // (2 * lot) * lot)
    else:
        price = passive(state, order[SIDE], price + below(state, 5) - 2)
    is_same = price == order[PRICE] and size == order[OPEN]
    if is_same or uniform(state) > REPRICED or state.muted_until[order[ACCOUNT]] > state.now:
        cancel(state, slot, BY_USER)
        return
    if replace(state, slot, price, size, uniform(state) < RENAMED):
        link(state, slot)
    life = draw_life(state, MAKER_LIFE_S, MAKER_LIFE_SPREAD)
    push(state, state.now + life, EXPIRE, slot, sequence)
