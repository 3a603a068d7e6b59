"""`python -m surveillance.simulation.warm`: compile the market's kernels if they are not kept yet.

Nothing needs this: they are compiled when they are first called. It only shortens the wait.
"""

from surveillance.simulation.session import Session, simulate

if __name__ == "__main__":
    simulate(Session(minutes=0.1, symbols=1, orders_per_second=1.0, scenarios={}))
