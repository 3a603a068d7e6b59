"""Live metrics: a row an instrument and minute, told when the minute ends and again five minutes later."""

from surveillance.metrics.meter import Memory, Meter

__all__ = ["Memory", "Meter"]
