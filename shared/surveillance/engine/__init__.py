"""The rule engine: one shared pass over a lane's events, a compiled scan per rule, state as a value."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surveillance.engine.engine import Engine, Outcome, default_parameters
    from surveillance.engine.state import State

__all__ = ["Engine", "Outcome", "State", "default_parameters"]


def __getattr__(name: str) -> Any:
    """Import on first use: rules import kernels from this package, and the engine imports the rules."""
    if name not in __all__:
        raise AttributeError(name)
    if name == "State":
        from surveillance.engine.state import State

        return State
    from surveillance.engine import engine

    return getattr(engine, name)
