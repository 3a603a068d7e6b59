"""Sessions that several files look at; each is simulated once."""

import pytest
from surveillance.events import MINUTE
from surveillance.simulation import NEAR_MISSES, PATTERNS, Session, Simulated, simulate
from surveillance.simulation.scenarios import BY_NAME


@pytest.fixture(scope="session")
def background() -> Simulated:
    """Ten minutes of two instruments where nobody manipulates."""
    return simulate(Session(seed=11, minutes=10, symbols=2, scenarios={}))


@pytest.fixture(scope="session")
def mixed() -> Simulated:
    """Every pattern, some of them several times, and every control."""
    return simulate(Session(seed=5, minutes=50, symbols=16))


@pytest.fixture(scope="session")
def crowded() -> Simulated:
    """The patterns of orders often, to tell a rule from an exception."""
    return simulate(Session(seed=5, minutes=60, symbols=3, scenarios={"spoofing": 12, "layering": 12}))


@pytest.fixture(scope="session")
def near_misses() -> Simulated:
    """Every near miss of the patterns of orders twice."""
    of_orders = [name for name in NEAR_MISSES if name.startswith(("spoofing", "layering", "quote_stuffing"))]
    return simulate(Session(seed=6, minutes=30, symbols=12, scenarios=dict.fromkeys(of_orders, 2)))


@pytest.fixture(scope="session")
def plain() -> Simulated:
    """Patterns of single instruments that are not long, at difficulty 0, where they are plainest."""
    short = [name for name in PATTERNS if not BY_NAME[name].whole_feed and BY_NAME[name].longest(0.0) < 10 * MINUTE]
    return simulate(Session(seed=7, minutes=40, symbols=14, scenarios=dict.fromkeys(short, 2), difficulty=0.0))
