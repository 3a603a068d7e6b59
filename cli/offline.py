"""The engine over readings of files: one lane, no clock, no store."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from types import ModuleType
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from surveillance.alerts import SUPPRESSED, Alert, last_revisions
from surveillance.allow_list import AllowList
from surveillance.declared.definition import DeclaredRule
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.events import EVERYTHING
from surveillance.feeds import Defaults, Reading, merge
from surveillance.parameters import Parameters
from surveillance.reference import Account, Instrument, Reference
from surveillance.rules import RULES
from surveillance.wire import Decoded

Watch = Callable[[int, int], None]
"""Told after each chunk: events so far, alerts so far."""
Measured = Callable[[pa.Table], None]
"""Told the metrics of minutes that ended, as a table."""


class Replayed(msgspec.Struct, frozen=True):
    """What a replay brought: the last revision of every alert by (detected_ts, alert_id), and what was counted."""

    alerts: list[Alert]
    events: int
    rejected: dict[str, int]
    untracked: int
    late: int
    duplicates: int
    not_applicable: dict[str, str]
    allowed: bool = False
    """Whether there was an allow-list; then what it suppressed is told apart, though it counts among the alerts."""

    def summary(self) -> dict[str, Any]:
        """Give the figures `replay` prints, but for the seconds it took."""
        suppressed = Counter(alert.rule for alert in self.alerts if alert.status == SUPPRESSED)
        return {
            "events": self.events,
            "rejected": self.rejected,
            "untracked": self.untracked,
            "late": self.late,
            "duplicates": self.duplicates,
            "alerts": dict(sorted(Counter(alert.rule for alert in self.alerts).items())),
            "not_applicable": self.not_applicable,
        } | ({"suppressed": dict(sorted(suppressed.items()))} if self.allowed else {})


class Chosen(msgspec.Struct, frozen=True):
    """The rules to run, and those whose alerts are wanted: a declared rule needs others to run."""

    rules: tuple[ModuleType, ...]
    declared: tuple[DeclaredRule, ...]
    wanted: frozenset[str]


def chosen_rules(names: str | None, declared: Sequence[DeclaredRule] = ()) -> Chosen:
    """Give the rules of a comma-separated list, all of them for None; raises `InputError` for an unknown one."""
    known = [*(rule.ID for rule in RULES), *(rule.id for rule in declared)]
    wanted = known if names is None else [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise InputError(f"{', '.join(unknown) or 'Nothing'} is no rule; there are {', '.join(known)}.")
    own = tuple(rule for rule in declared if rule.id in wanted)
    needed = frozenset(wanted).union(*(rule.rules for rule in own))
    return Chosen(tuple(rule for rule in RULES if rule.ID in needed), own, frozenset(wanted))


def reference_for(
    readings: Sequence[Reading], instruments: Sequence[Instrument], accounts: Sequence[Account]
) -> Reference:
    """Complete reference data by what the files' formats say of their symbols.

    Where files differ in that, each file's first events are read to learn its symbols.
    """
    defaults = list(dict.fromkeys(reading.defaults for reading in readings))
    listed = {instrument.symbol: instrument for instrument in instruments}
    if len(defaults) > 1:
        for reading in readings:
            for symbol in _first_symbols(reading):
                listed[symbol] = _completed(listed.get(symbol), symbol, reading.defaults)
    return Reference(
        instruments=tuple(listed.values()),
        accounts=tuple(accounts),
        unknown=_completed(None, "", defaults[0]) if len(defaults) == 1 else Instrument(symbol=""),
        shown_levels=(defaults[0].shown_levels or 0) if len(defaults) == 1 else 0,
    )


def _completed(known: Instrument | None, symbol: str, defaults: Defaults) -> Instrument:
    instrument = known or Instrument(symbol=symbol)
    said = {
        "calendar": defaults.calendar if instrument.schedule() is None else instrument.calendar,
        "asset_class": instrument.asset_class or defaults.asset_class,
        "timezone": instrument.timezone or defaults.timezone,
        "tick_size": instrument.tick_size or defaults.tick_size,
        "shown_levels": defaults.shown_levels if instrument.shown_levels is None else instrument.shown_levels,
    }
    return msgspec.structs.replace(instrument, **said)


def _first_symbols(reading: Reading) -> list[str]:
    """Read a file up to its first events, put them back, and give the symbols they name."""
    held: list[Decoded] = []
    for chunk in reading:
        held.append(chunk)
        if chunk.num_rows:
            break
    reading.chunks = chain(held, reading.chunks)
    if not held or "symbol" not in held[-1].table.column_names:
        return []
    symbols = held[-1].table.column("symbol").unique().to_pylist()
    return [symbol for symbol in symbols if symbol not in (None, EVERYTHING)]


def replay(
    readings: Iterable[Iterator[Decoded]],
    engine: Engine,
    parameters: Parameters,
    symbol: str | None = None,
    watch: Watch | None = None,
    allow: AllowList | None = None,
    wanted: Collection[str] | None = None,
    measured: Measured | None = None,
) -> Replayed:
    """Feed readings, merged, to one lane; raises `FormatError` where a file turns out to be damaged.

    With a symbol, events that concern every symbol are fed, but alerts about them are not kept; nor are those of rules
    that are not among the wanted. An engine with a meter tells `measured` its rows, of that symbol only.
    """
    state = engine.new_state()
    latest: dict[str, Alert] = {}
    counts: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    events = 0
    for decoded in merge(list(readings)):
        outcome = engine.feed(state, decoded)
        reasons = [reject.reason for reject in outcome.rejected]
        events += decoded.num_rows + len(decoded.rejected) - len(reasons)
        rejected.update(reasons)
        counts.update(outcome.counts)
        for alert in outcome.alerts:
            if (symbol is None or alert.symbol == symbol) and (wanted is None or alert.rule in wanted):
                latest[alert.alert_id] = alert
        if measured is not None and outcome.metrics is not None:
            rows = outcome.metrics
            measured(rows if symbol is None else rows.filter(pc.equal(rows["symbol"], symbol)))
        if watch is not None:
            watch(events, len(latest))
    missing = engine.not_applicable(state)
    return Replayed(
        alerts=[allow.judged(alert) if allow else alert for alert in last_revisions(latest.values())],
        events=events,
        rejected=dict(sorted(rejected.items())),
        untracked=counts["untracked"],
        late=counts["late"],
        duplicates=counts["duplicates"] + counts["stale_producer"],
        not_applicable={
            rule: reason
            for rule, reason in missing.items()
            if parameters.effective(rule)["enabled"] and (wanted is None or rule in wanted)
        },
        allowed=allow is not None,
    )
