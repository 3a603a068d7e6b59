"""Simulated sessions in which each batch rule's pattern is played beside its near misses."""

from functools import cache

import msgspec
from surveillance.reference import Reference, accounts_of, instruments_of
from surveillance.simulation import Session, Simulated, simulate
from surveillance.simulation.scenarios import family

SESSIONS = {
    "circular_trading": Session(seed=2, minutes=30, symbols=2, orders_per_second=10, difficulty=0.2),
    "cross_product_spoofing": Session(seed=2, minutes=20, symbols=4, orders_per_second=10, difficulty=0.2),
    "insider_trading": Session(seed=2, minutes=60, symbols=7, orders_per_second=2, difficulty=0.2),
}


@cache
def played(pattern: str) -> tuple[Simulated, Reference]:
    """Simulate a pattern's session."""
    simulated = simulate(msgspec.structs.replace(SESSIONS[pattern], scenarios=dict.fromkeys(family(pattern), 1)))
    return simulated, Reference(instruments_of(simulated.instruments), accounts_of(simulated.accounts))
