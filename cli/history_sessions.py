"""Sessions of exchanges, from their calendars, into the lake: as known on the last day that has bars."""

from datetime import date

from surveillance.adapters.history import HistoryLake, Written
from surveillance.history.sessions import SESSIONS, listed_sessions


def write_sessions(lake: HistoryLake, first: date, last: date) -> Written:
    """List the sessions of the years from `first` to `last`; one already listed with the same times keeps its row."""
    return lake.replace(SESSIONS, [listed_sessions(lake.read(SESSIONS), first, last)])
