"""Labelled market sessions: a running market of order books and agents, with scenarios played into it."""

from surveillance.simulation.labels import Label, decode_labels, encode_labels
from surveillance.simulation.output import file_of
from surveillance.simulation.scenarios import CONTROLS, NEAR_MISSES, PATTERNS
from surveillance.simulation.session import DEFAULT_START_NS, Session, Simulated, simulate

__all__ = [
    "CONTROLS",
    "DEFAULT_START_NS",
    "NEAR_MISSES",
    "PATTERNS",
    "Label",
    "Session",
    "Simulated",
    "decode_labels",
    "encode_labels",
    "file_of",
    "simulate",
]
