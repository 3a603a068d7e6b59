"""The rule engine: one shared pass over a lane's events, a compiled scan per rule, state as a value."""

from surveillance.engine.engine import Engine, Outcome, default_parameters
from surveillance.engine.state import State

__all__ = ["Engine", "Outcome", "State", "default_parameters"]
