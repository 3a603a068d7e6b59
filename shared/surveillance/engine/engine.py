"""The rule engine: batches of events in, revisions of alerts out. No I/O, no clock; one `State` a lane."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from surveillance.alerts import EVIDENCE_LIMIT, Alert, Completeness, identifier
from surveillance.calendar import Schedule
from surveillance.engine import observe, tables
from surveillance.engine import state as states
from surveillance.engine.batch import REJECTED, STATUS, Batch, batch_of, rejects_of
from surveillance.engine.columns import NONE
from surveillance.engine.context import CLOSED_BAR, CONTEXT, LEG
from surveillance.engine.episodes import Trigger
from surveillance.engine.hashing import Texts, hash_text
from surveillance.engine.kernel import source_digest
from surveillance.engine.observe import DROPPED, ON_BARS, ON_LEGS
from surveillance.engine.scan import compiled_scan, new_rule_state, new_triggers
from surveillance.engine.state import State
from surveillance.engine.tables import ACCOUNT, COUNTS, INSTRUMENT, Tables, texts
from surveillance.events import DAY, EVERYTHING
from surveillance.lanes import lane_of
from surveillance.parameters import Parameters
from surveillance.reference import ENTITY_TYPES, Instrument, Reference, zone_of
from surveillance.rules import RULES
from surveillance.rules.finding import Finding, Story
from surveillance.wire import Decoded, Rejected

CHUNK: Final = 2048
DEFAULT_SEED: Final = 0x5EED
_ACCOUNTS: Final = ("account", "buy_account", "sell_account")
_TIME_UNITS: Final = {"_s": 1_000_000_000, "_ms": 1_000_000, "_us": 1_000}


@dataclass(slots=True)
class Outcome:
    """What a batch brought: the last revision of each alert it touched, what was rejected, which rows were repeats."""

    alerts: list[Alert] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    dropped: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, frozen=True)
class _Rule:
    """A rule with its compiled scan and its parameters by parameter class."""

    module: ModuleType
    scan: Callable[..., int]
    records: NDArray[Any]
    values: tuple[dict[str, float], ...]
    hashes: tuple[str, ...]
    triggers: Any


class Engine:
    """Compiled rules with their parameters and reference data; feeds lanes, keeps nothing of them itself."""

    def __init__(
        self,
        parameters: Parameters | None = None,
        reference: Reference | None = None,
        *,
        lanes: int = 1,
        rules: Sequence[ModuleType] = RULES,
        seed: int = DEFAULT_SEED,
    ) -> None:
        self.parameters = parameters or default_parameters(rules)
        self.reference = reference or Reference()
        self.lanes = lanes
        self._seed = seed
        self._everything_lane = lane_of(EVERYTHING, lanes)
        self._classes = self._parameter_classes()
        self._rules = [self._prepare(rule) for rule in rules]
        self._subjects = {rule.ID: rule.KEY for rule in rules}
        self._instruments = {instrument.symbol: instrument for instrument in self.reference.instruments}
        self._schedules = self._schedule_list()
        self._covered = (np.iinfo(np.int64).max, np.iinfo(np.int64).min)
        self._schedule_arrays = (np.zeros(len(self._schedules) + 1, np.int64), *(np.empty(0, np.int64),) * 2)
        self._instrument_rows, self._negative = self._instrument_table()
        self._account_rows, self._account_names = self._account_table()
        self._venue_keys = np.array([hash_text(venue or "", seed) for _, venue in self._classes[1:]] or [0], np.int64)
        self._constants = np.array([hash_text("NBBO", seed), hash_text(EVERYTHING, seed), 1], np.int64)
        self._contexts = np.zeros(CHUNK, CONTEXT)
        self._lists = np.zeros((ON_BARS, CHUNK), np.int32)
        self._listed = np.zeros(ON_BARS, np.int64)
        self._found = np.zeros(1, np.int64)
        self._bars = observe.Bars(np.zeros(CHUNK, CLOSED_BAR), np.zeros(1, np.int64))
        self._legs = observe.Legs(np.zeros(2 * CHUNK, LEG), np.zeros(1, np.int64))
        hashes = [value for rule in self._rules for value in rule.hashes]
        self.digest = identifier(source_digest(), self.reference.digest(), lanes, seed, *hashes)[:16]

    def new_state(self, lane: int = 0) -> State:
        """Make the memory of a lane that has seen nothing."""
        state = State(lane, {rule.module.ID: new_rule_state(rule.module) for rule in self._rules})
        used = len(self._account_rows)
        state.reserve({"accounts": used}, 0)
        state.rows["accounts"][:used] = self._account_rows
        state.used[tables.ACCOUNTS] = used
        states._rebuild(state.slots["accounts"], state.rows["accounts"], used)
        state.accounts = dict(self._account_names)
        return state

    def feed(self, state: State, decoded: Decoded) -> Outcome:
        """Run a batch through a lane. The order of events matters, how they are cut into batches does not."""
        batch = batch_of(decoded, self._seed, self._negative)
        before = state.counts.copy()
        touched: dict[str, Alert] = {}
        self._cover(batch.events)
        for start in range(0, len(batch.events), CHUNK):
            self._feed_chunk(state, batch, batch.events[start : start + CHUNK], touched)
            if state.sweep_due():
                self.sweep(state)
        kinds = batch.events["type"]
        outcome = Outcome(alerts=[msgspec.structs.replace(alert) for alert in touched.values()])
        if (kinds == REJECTED).any():
            outcome.rejected = rejects_of(batch)
        rows = batch.events["row"][kinds == DROPPED]
        outcome.dropped = rows[rows >= 0].astype(np.int64)
        outcome.counts = Counter(dict(zip(COUNTS, (state.counts - before).tolist(), strict=True)))
        return outcome

    def sweep(self, state: State) -> None:
        """Throw away what a lane can no longer need; changes no alert."""
        state.sweep(self._subjects)

    def save(self, state: State) -> bytes:
        """Write a lane's memory as bytes."""
        return state.save(self.digest)

    def load(self, blob: bytes) -> State:
        """Read a lane's memory; raises StateError where it was made by another engine."""
        return states.load(blob, self.digest, self.new_state())

    def not_applicable(self, state: State) -> dict[str, str]:
        """Name the rules that had nothing to work on, and what they lacked."""
        counts = dict(zip(COUNTS, state.counts.tolist(), strict=True))
        plural = {"order": "orders", "trade": "trades", "quote": "quotes", "bar": "bars", "status": "statuses"}
        return {
            rule.module.ID: f"the input has no {' and no '.join(plural[need] for need in rule.module.NEEDS)}"
            for rule in self._rules
            if not any(counts[plural[need]] for need in rule.module.NEEDS)
        }

    def _feed_chunk(self, state: State, batch: Batch, events: NDArray[Any], touched: dict[str, Alert]) -> None:
        count = len(events)
        words = _name_words(batch.order_names, events) + _name_words(batch.trade_names, events)
        statuses = int(np.count_nonzero(events["type"] == STATUS))
        state.reserve(
            dict.fromkeys(("markets", "venue_quotes", "orders", "producers", "trades"), count)
            | {"positions": 2 * count, "accounts": 3 * count},
            words + 8 * count,
        )
        bar_room = count + statuses * (int(state.used[tables.MARKETS]) + count)
        if len(self._bars.rows) < bar_room:
            self._bars = observe.Bars(np.zeros(bar_room, CLOSED_BAR), np.zeros(1, np.int64))
        self._listed[:] = 0
        self._bars.used[0] = 0
        self._legs.used[0] = 0
        markets, accounts = int(state.used[tables.MARKETS]), int(state.used[tables.ACCOUNTS])
        t = Tables._make((*state.arrays(), self._instrument_rows, *self._schedule_arrays, self._venue_keys))
        observe.compiled(
            events,
            self._contexts,
            t,
            self._bars,
            self._legs,
            self._lists,
            self._listed,
            batch.order_names,
            batch.trade_names,
            self._constants,
        )
        self._learn_names(state, batch, events, markets, accounts)
        for rule in self._rules:
            wants = rule.module.WANTS
            if wants in (ON_BARS, ON_LEGS):
                listed = self._bars if wants == ON_BARS else self._legs
                last = int(listed.used[0])
                wanted = np.arange(last, dtype=np.int32)
                seen, told = listed.rows, listed.rows
            else:
                wanted, last = self._lists[wants], int(self._listed[wants])
                seen, told = events, self._contexts
            memory = state.rules[rule.module.ID]
            first = 0
            while first < last:
                first = rule.scan(seen, told, wanted, first, last, memory, rule.records, rule.triggers, self._found)
                for k in range(int(self._found[0])):
                    alert = self._trigger(state, batch, events, rule, k)
                    if alert is not None:
                        touched[alert.alert_id] = alert
                if int(memory.used[0]) == len(memory.rows):
                    memory = state.grow_rule(rule.module.ID)

    def _trigger(self, state: State, batch: Batch, events: NDArray[Any], rule: _Rule, k: int) -> Alert | None:
        module, triggers = rule.module, rule.triggers
        row, context = triggers.rows[k], triggers.contexts[k]
        event = events[int(context["event"])]
        market = int(context["market"])
        key = int(state.rows["markets"][market]["key"]) if market else 0
        symbol = state.symbols[key] if market else EVERYTHING
        if symbol == EVERYTHING and state.lane != self._everything_lane:
            return None
        index = int(context["parameters"])
        values = rule.values[index]
        instrument = self._instruments.get(symbol)
        place = int(event["row"])
        story = Story(
            symbol,
            lambda account: state.accounts.get(account, "?"),
            lambda name: batch.text(name, place),
            zone_of(instrument or self.reference.unknown),
        )
        finding: Finding = module.explain(row, context, values, story)
        venue = batch.text("venue", place) if module.BY_VENUE else (instrument.venue if instrument else None)
        accounts = list(dict.fromkeys(state.accounts.get(account, "?") for account in finding.accounts if account))
        trigger = Trigger(
            rule=module.ID,
            rule_version=module.VERSION,
            parameters_hash=rule.hashes[index],
            symbol=symbol,
            venue=venue,
            party=self._party(state, finding),
            session=int(context["session"]),
            ts=int(context["ts"]),
            score=float(triggers.scores[k]),
            cool_down_ns=int(values["cool_down_s"] * 1e9),
            finding=finding,
            order_ids=_order_ids(state, finding.orders, int(context["names"])) if finding.orders else [],
            trade_ids=_trade_ids(state, finding.trades),
            accounts=accounts,
            completeness=Completeness(int(context["gaps"]), int(context["late"]), int(context["quarantined"])),
        )
        return state.episodes.take(trigger)

    def _party(self, state: State, finding: Finding) -> str:
        """Give the beneficial owner where it is known, else the account, else a dash; several sorted and joined."""
        names = set()
        for account in finding.accounts:
            if account:
                row = _find(state, "accounts", account)
                owner = int(state.rows["accounts"][row]["owner"]) if row else account
                names.add(state.accounts.get(owner) or state.accounts.get(account, "?"))
        return "+".join(sorted(names)) or "-"

    def _learn_names(self, state: State, batch: Batch, events: NDArray[Any], markets: int, accounts: int) -> None:
        """Keep the texts of symbols and accounts that were new in this chunk."""
        for row in range(markets, int(state.used[tables.MARKETS])):
            key = int(state.rows["markets"][row]["key"])
            state.symbols[key] = _text_of(batch, events, ("symbol",), key)
        for row in range(accounts, int(state.used[tables.ACCOUNTS])):
            key = int(state.rows["accounts"][row]["key"])
            state.accounts[key] = _text_of(batch, events, _ACCOUNTS, key)

    def _prepare(self, rule: ModuleType) -> _Rule:
        values = tuple(self.parameters.effective(rule.ID, *group) for group in self._classes)
        records = np.zeros(len(values), _record_type(values[0]))
        for place, effective in enumerate(values):
            for name, value in effective.items():
                unit = _time_unit(name)
                records[place][_record_name(name)] = round(value * unit) if unit else value
        hashes = tuple(self.parameters.hash(rule.ID, *group) for group in self._classes)
        return _Rule(rule, _scan_of(rule), records, values, hashes, new_triggers(rule))

    def _parameter_classes(self) -> list[tuple[str | None, str | None]]:
        """Give (asset class, venue) by parameter class: first the unknown, then venues of layers, then instruments'."""
        unknown = self.reference.unknown
        classes: list[tuple[str | None, str | None]] = [(unknown.asset_class, unknown.venue)]
        classes += [(unknown.asset_class, venue) for venue in self.parameters.venues()]
        for instrument in self.reference.instruments:
            group = (instrument.asset_class, instrument.venue)
            if group not in classes:
                classes.append(group)
        return classes

    def _schedule_list(self) -> list[Schedule]:
        found: list[Schedule] = []
        for instrument in (self.reference.unknown, *self.reference.instruments):
            schedule = instrument.schedule() or self.reference.unknown.schedule()
            if schedule is not None and schedule not in found:
                found.append(schedule)
        return found

    def _instrument_table(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        listed: list[Instrument] = [self.reference.unknown, *self.reference.instruments]
        rows = np.zeros(len(listed) + 1, INSTRUMENT)
        negative = []
        for place, instrument in enumerate(listed, start=1):
            row = rows[place]
            row["key"] = hash_text(instrument.symbol, self._seed) if instrument.symbol else 0
            row["tick"] = instrument.tick_size or np.nan
            row["previous_close"] = np.nan if instrument.previous_close is None else instrument.previous_close
            row["average_daily_volume"] = instrument.average_daily_volume or np.nan
            schedule = instrument.schedule() or self.reference.unknown.schedule()
            row["schedule"] = self._schedules.index(schedule) if schedule else -1
            group = (instrument.asset_class, instrument.venue)
            row["parameters"] = self._classes.index(group) if group in self._classes else 0
            row["shown_levels"] = self.reference.shown_levels
            if instrument.asset_class == "future":
                negative.append(int(row["key"]))
        return rows, np.array(negative, np.int64)

    def _account_table(self) -> tuple[NDArray[Any], dict[int, str]]:
        rows = np.zeros(len(self.reference.accounts) + 1, ACCOUNT)
        names: dict[int, str] = {}
        for place, account in enumerate(self.reference.accounts, start=1):
            row = rows[place]
            row["key"] = hash_text(account.account, self._seed)
            names[int(row["key"])] = account.account
            owner = account.beneficial_owner
            row["owner"] = hash_text(f"owner:{owner}", self._seed) if owner else row["key"]
            row["linked"] = owner is not None
            row["entity"] = ENTITY_TYPES.index(account.entity_type) + 1 if account.entity_type else 0
            if owner:
                names[int(row["owner"])] = owner
        return rows, names

    def _cover(self, events: NDArray[Any]) -> None:
        """See that every schedule knows the sessions around this batch."""
        times = events["ts"][events["ts"] != NONE]
        if not self._schedules or not len(times):
            return
        first, last = int(times.min()), int(times.max())
        if self._covered[0] <= first and last <= self._covered[1]:
            return
        first, last = min(first, self._covered[0]), max(last, self._covered[1]) + DAY
        listed = [schedule.sessions(first, last) for schedule in self._schedules]
        self._covered = (first, last)
        starts = np.concatenate([[0], np.cumsum([len(sessions) for sessions in listed])]).astype(np.int64)
        opens = np.array([start for sessions in listed for start, _ in sessions], np.int64)
        closes = np.array([end for sessions in listed for _, end in sessions], np.int64)
        self._schedule_arrays = (starts, opens, closes)


_scan_of: Final = cache(compiled_scan)


def default_parameters(rules: Sequence[ModuleType] = RULES) -> Parameters:
    """Give the parameters the rules declare, without any layer."""
    return Parameters({rule.ID: rule.PARAMETERS for rule in rules})


def _time_unit(name: str) -> int:
    return next((unit for suffix, unit in _TIME_UNITS.items() if name.endswith(suffix)), 0)


def _record_name(name: str) -> str:
    """Give a parameter's name in kernels: times are integers in nanoseconds there."""
    return f"{name.rpartition('_')[0]}_ns" if _time_unit(name) else name


def _record_type(values: dict[str, float]) -> np.dtype[Any]:
    return np.dtype([(_record_name(name), "i8" if _time_unit(name) else "f8") for name in values], align=True)


def _name_words(names: Texts, events: NDArray[Any]) -> int:
    rows = events["row"]
    first, last = max(int(rows[0]), 0), int(rows[-1])
    if len(names.starts) < 2 or int(rows.min()) < 0 or last < first:
        return len(names.words)
    return int(names.starts[last + 1] - names.starts[first]) // 8


def _find(state: State, table: str, key: int) -> int:
    return int(tables.lookup(state.slots[table], state.rows[table], np.int64(key)))


def _order_ids(state: State, identities: Sequence[int], end: int) -> list[str]:
    """Give every id that orders went by; one renamed, or whose id is used again, is not in the index."""
    rows = state.rows["orders"]
    known = {identity: _find(state, "orders", identity) for identity in identities if identity}
    missed = [identity for identity, row in known.items() if int(rows[row]["identity"]) != identity]
    if missed:
        known |= dict.fromkeys(missed, 0)
        held = rows["identity"][: int(state.used[tables.ORDERS])]
        for place in np.flatnonzero(np.isin(held, missed)):
            known[int(held[place])] = int(place)
    found: list[str] = []
    for row in known.values():
        found.extend(texts(state.names, int(rows[row]["name"]), EVIDENCE_LIMIT, end))
    return list(dict.fromkeys(found))


def _trade_ids(state: State, keys: Sequence[int]) -> list[str]:
    found: list[str] = []
    for key in keys:
        row = _find(state, "trades", key) if key else 0
        if row:
            found.extend(texts(state.names, int(state.rows["trades"][row]["name"]), 1))
    return list(dict.fromkeys(found))


def _text_of(batch: Batch, events: NDArray[Any], names: Sequence[str], key: int) -> str:
    for name in names:
        for event in events[events[name] == key]:
            row = int(event["row"])
            text = batch.text(name, row) if row >= 0 else batch.wire_rejects[-1 - row].symbol
            if text is not None:
                return text
    return "?"
