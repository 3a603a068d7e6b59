"""Which client acts: one that is not kept out, and whose own business lies on that side of the market.

An investor's trade is large against what the book can take, so it is worked in parts over minutes, and all of one
owner's orders have one sign meanwhile: that is where the long memory of order flow comes from (Lillo, Mike and Farmer
2005; Tóth, Palit, Lillo and Farmer 2015). Only market makers are on both sides at once.
"""

from surveillance.simulation.kernels.chance import below, exponential
from surveillance.simulation.kernels.kernel import kernel
from surveillance.simulation.kernels.state import State

CAMPAIGN_S = 600.0
"""Mean time for which an owner works on one side."""
REST_NS = 90_000_000_000
"""Between two campaigns an owner waits."""
TRIES = 200


@kernel
def works_on(state: State, account: int, side: int) -> bool:
    """Say whether an account's owner works on a side; one that has rested begins to."""
    owner = state.owners[account]
    ends = state.campaign_ends[owner]
    if state.now < ends:
        return state.campaign_side[owner] == side
    if state.now < ends + REST_NS and ends > 0:
        return False
    state.campaign_side[owner] = side
    state.campaign_ends[owner] = state.now + int(exponential(state) * CAMPAIGN_S * 1e9) + 1
    return True


@kernel
def client(state: State, side: int) -> int:
    """Draw a client's account for an order on a side."""
    account = state.clients[below(state, state.client_count)]
    for _ in range(TRIES):
        if state.muted_until[account] <= state.now and works_on(state, account, side):
            break
        account = state.clients[below(state, state.client_count)]
    return account


@kernel
def hedger(state: State, side: int) -> tuple[int, int]:
    """Draw a hedger's account, and the side it works on: the one given where it is free."""
    account = state.hedgers[below(state, state.hedger_count)]
    for _ in range(TRIES):
        if state.muted_until[account] <= state.now and works_on(state, account, side):
            return account, side
        if state.muted_until[account] <= state.now and works_on(state, account, -side):
            return account, -side
        account = state.hedgers[below(state, state.hedger_count)]
    return account, state.campaign_side[state.owners[account]]
