"""Ways to run events through the engine, and what it means that two runs agree."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import isclose
from typing import Any

from surveillance.alerts import Alert, content, last_revisions
from surveillance.engine import Engine
from surveillance.lanes import lane_of
from surveillance.wire import Decoded, table_of

Event = dict[str, Any]


def decoded(events: Iterable[Event]) -> Decoded:
    """Make a batch of events."""
    return Decoded(table_of(events))


def run(engine: Engine, events: Sequence[Event], cuts: Sequence[int] = ()) -> list[Alert]:
    """Feed one lane, cut at the given places; give the last revision of every alert."""
    return run_with(engine, events, cuts, lambda state: state)


def run_with(
    engine: Engine, events: Sequence[Event], cuts: Sequence[int], between: Callable[[Any], Any], lane: int = 0
) -> list[Alert]:
    """Feed one lane and pass its state through `between` at each cut."""
    state = engine.new_state(lane)
    found: list[Alert] = []
    places = [0, *sorted(cuts), len(events)]
    for start, end in pairwise(places):
        found += engine.feed(state, decoded(events[start:end])).alerts
        state = between(state)
    return last_revisions(found)


def run_in_lanes(make_engine: Callable[[int], Engine], events: Sequence[Event], lanes: int) -> list[Alert]:
    """Feed each lane its own events, market-wide ones to all."""
    engine = make_engine(lanes)
    found: list[Alert] = []
    for lane in range(lanes):
        mine = [
            event for event in events if event.get("symbol") == "*" or lane_of(str(event.get("symbol")), lanes) == lane
        ]
        found += run_with(engine, mine, (), lambda state: state, lane)
    return last_revisions(found)


def contents(alerts: Iterable[Alert]) -> list[dict[str, object]]:
    """Give every alert's content, in order."""
    return [content(alert) for alert in alerts]


def difference(
    mine: Iterable[Alert], theirs: Iterable[Alert], leave_out: Sequence[str] = ("explanation",)
) -> list[str]:
    """Say where two sets of alerts differ, numbers compared to 1e-9; an empty list means that they agree."""
    left, right = ({alert.alert_id: content(alert) for alert in alerts} for alerts in (mine, theirs))
    found = [f"only left: {brief(left[name])}" for name in left.keys() - right.keys()]
    found += [f"only right: {brief(right[name])}" for name in right.keys() - left.keys()]
    for name in left.keys() & right.keys():
        for field, value in left[name].items():
            if field not in leave_out and not _alike(value, right[name][field]):
                found.append(f"{brief(left[name])} {field}: {value} != {right[name][field]}")
    return sorted(found)


def brief(fields: dict[str, object]) -> str:
    """Name an alert in a line."""
    return " ".join(
        str(fields[name]) for name in ("rule", "symbol", "venue", "accounts", "start_ts", "detected_ts", "revision")
    )


def _alike(left: object, right: object) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(value, right[name]) for name, value in left.items())
    if isinstance(left, float) and isinstance(right, float):
        return isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    return left == right
