"""Sessions that several files look at; each is simulated once."""

import pytest
from surveillance.simulation import NEAR_MISSES, PATTERNS, Session, Simulated, simulate


@pytest.fixture(scope="session")
def background() -> Simulated:
    """Ten minutes of two instruments where nobody manipulates."""
    return simulate(Session(seed=11, minutes=10, symbols=2, scenarios={}))


@pytest.fixture(scope="session")
def mixed() -> Simulated:
    """Every pattern, some of them several times, and every control."""
    return simulate(Session(seed=5, minutes=40, symbols=6))


@pytest.fixture(scope="session")
def crowded() -> Simulated:
    """The patterns of orders often, to tell a rule from an exception."""
    return simulate(Session(seed=5, minutes=60, symbols=3, scenarios={"spoofing": 12, "layering": 12}))


@pytest.fixture(scope="session")
def near_misses() -> Simulated:
    """Every near miss of the patterns of orders twice."""
    of_orders = [name for name in NEAR_MISSES if name.startswith(("spoofing", "layering", "quote_stuffing"))]
    return simulate(Session(seed=6, minutes=30, symbols=6, scenarios=dict.fromkeys(of_orders, 2)))


@pytest.fixture(scope="session")
def plain() -> Simulated:
    """Every pattern on symbols of its own at difficulty 0, where it is plainest."""
    return simulate(Session(seed=7, minutes=60, symbols=10, scenarios=dict.fromkeys(PATTERNS, 3), difficulty=0.0))
