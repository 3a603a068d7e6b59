"""One instrument's session as a tape."""

from typing import Final

import numpy as np
import numpy.typing as npt

from surveillance.simulation.accounts import Accounts
from surveillance.simulation.instruments import Instrument
from surveillance.simulation.kernels.agents import ORDERS_PER_DECISION
from surveillance.simulation.kernels.book import MINUTE_NS
from surveillance.simulation.kernels.loop import run
from surveillance.simulation.kernels.state import (
    LEVEL_HEAD,
    LEVEL_TAIL,
    NEXT,
    PRICES,
    SEQUENCE,
    SLOTS,
    STATE_TYPE,
    Integers,
)

States = npt.NDArray[np.void]

PRE_OPEN_NS: Final = 60_000_000_000


def _states(
    instrument: Instrument, accounts: Accounts, commands: Integers, handles: int, seed: int
) -> npt.NDArray[np.void]:
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
    state["impact_ticks"] = instrument.impact_ticks
    state["decisions_per_second"] = instrument.orders_per_second / ORDERS_PER_DECISION
    state["life_scale"] = instrument.life_scale
    state["half_spread"] = instrument.half_spread_ticks
    state["usual_lots"] = instrument.usual_size / instrument.lot_size
    state["random_bits"] = seed | 1
    state["handle_count"] = handles
    state["arriving"] = state["quoting_maker"] = -1
    state["now"] = state["next_arrival"] = instrument.opens_at - PRE_OPEN_NS
    state["pre_open_every"] = PRE_OPEN_NS // instrument.resting_orders + 1
    state["mean_spread"] = 2.0 * instrument.half_spread_ticks
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
    closed = False
    while not closed:
        closed = run(states)
        parts.append(state["tape"][: state["tape_rows"]].copy())
        state["tape_rows"] = 0
    return np.concatenate(parts)
