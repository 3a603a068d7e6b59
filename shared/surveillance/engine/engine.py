"""The rule engine: batches of events in, revisions of alerts out. No I/O, no clock; one `State` a lane."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from operator import sub
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surveillance.alerts import Alert, Completeness, identifier
from surveillance.calendar import Schedule
from surveillance.declared.definition import DeclaredRule, ParametersWithRules
from surveillance.declared.watcher import Chunk, Subject, Watcher
from surveillance.engine import observe, tables
from surveillance.engine import state as states
from surveillance.engine.batch import EVENT, ORDER, TRADE, Batch, Room, batch_of, rejects_of
from surveillance.engine.context import CLOSED_BAR, CONTEXT, LEG, WHOLE_MINUTE
from surveillance.engine.episodes import Trigger
from surveillance.engine.evidence import order_ids
from surveillance.engine.gates import AT_MOST, GATE, GATES
from surveillance.engine.hashing import hash_text
from surveillance.engine.kernel import Entry, source_digest
from surveillance.engine.memory import Addresses, Located, address_of
from surveillance.engine.observe import CHUNK, DROPPED, EVENT_BYTES, GATED, ON_BARS, ON_LEGS, ON_MINUTES, ON_ORDERS
from surveillance.engine.scan import APART, SCAN, Triggers, compiled_scan, is_gated, new_rule_state, new_triggers, show
from surveillance.engine.state import State
from surveillance.engine.tables import ACCOUNT, COUNTS, INSTRUMENT, texts
from surveillance.events import DAY, EVERYTHING
from surveillance.lanes import lane_of
from surveillance.parameters import Parameters
from surveillance.reference import ENTITY_TYPES, Instrument, Reference, zone_of
from surveillance.rules import RULES
from surveillance.rules.finding import Finding, Story
from surveillance.wire import Decoded, Rejected

if TYPE_CHECKING:
    from surveillance.metrics import Meter

DEFAULT_SEED: Final = 0x5EED
_ACCOUNTS: Final = {"account": ORDER, "buy_account": TRADE, "sell_account": TRADE}
_ROOM: Final = (1, 1, 1, 2, 3, 1, 1, 0, 4)
"""What an event can add to each count of `State.used`; the words of its names are counted apart."""
_PLACES: Final = {name: place for place, name in enumerate(tables.TABLES)}
_TIME_UNITS: Final = {"_s": 1_000_000_000, "_ms": 1_000_000, "_us": 1_000}


@dataclass(slots=True)
class Outcome:
    """What a batch brought: the last revision of each alert it touched, what was rejected, which rows were repeats, and
    the whole minutes that ended (WHOLE_MINUTE). `metrics` are the rows that a meter told, as a table.
    """

    alerts: list[Alert] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    dropped: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    counts: Counter[str] = field(default_factory=Counter)
    minutes: NDArray[Any] = field(default_factory=lambda: np.empty(0, WHOLE_MINUTE))
    metrics: pa.Table | None = None


@dataclass(slots=True, frozen=True)
class _Rule:
    """A rule with its compiled scan and its parameters by parameter class."""

    module: ModuleType
    scan: Entry
    wants: int
    values: tuple[dict[str, float], ...]
    hashes: tuple[str, ...]
    triggers: Triggers
    found: NDArray[np.int64]
    records: NDArray[Any]
    listed: int
    bit: int
    addresses: Addresses


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
        declared: Sequence[DeclaredRule] | None = None,
        meter: "Meter | None" = None,
    ) -> None:
        """`declared` are the rules to run of those that the parameters declare; None: all whose rules run here.

        A meter measures markets by the minute; it changes no alert.
        """
        self.parameters = parameters or default_parameters(rules)
        self.reference = reference or Reference()
        self.lanes = lanes
        self._seed = seed
        self._meter = meter
        self._everything_lane = lane_of(EVERYTHING, lanes)
        self._classes = self._parameter_classes()
        gated = [rule for rule in rules if is_gated(rule)]
        self._rules = [self._prepare(rule, gated.index(rule) if rule in gated else None) for rule in rules]
        self._subjects = {rule.ID: rule.KEY for rule in rules}
        if declared is None:
            found = self.parameters.declared_rules if isinstance(self.parameters, ParametersWithRules) else ()
            declared = [rule for rule in found if rule.rules <= self._subjects.keys()]
        self._watcher = Watcher(declared, self.parameters, self._classes) if declared else None
        self._instruments = {instrument.symbol: instrument for instrument in self.reference.instruments}
        self._schedules = self._schedule_list()
        self._covered = (np.iinfo(np.int64).max, np.iinfo(np.int64).min)
        self._schedule_arrays = (np.zeros(len(self._schedules) + 1, np.int64), *(np.empty(0, np.int64),) * 2)
        self._instrument_rows, self._negative = self._instrument_table()
        self._account_rows, self._account_names = self._account_table()
        self._venue_keys = np.array([hash_text(venue or "", seed) for _, venue in self._classes[1:]] or [0], np.int64)
        self._constants = np.array([hash_text("NBBO", seed), hash_text(EVERYTHING, seed), 1], np.int64)
        self._room = Room()
        self._contexts = np.zeros(CHUNK, CONTEXT)
        self._lists = np.zeros((GATED + len(gated), CHUNK), np.int32)
        self._listed = np.zeros(GATED + len(gated), np.int64)
        self._gates = self._gate_table()
        self._bars, self._legs = np.zeros(0, CLOSED_BAR), np.zeros(2 * CHUNK, LEG)
        self._minutes = np.zeros(0, WHOLE_MINUTE)
        self._told = np.zeros(1, np.int64)
        self._told_address = address_of(self._told)
        self._between = self._publish_between()
        self._reference_addresses = self._publish_reference()
        hashes = [value for rule in self._rules for value in rule.hashes]
        hashes += self._watcher.hashes if self._watcher else []
        hashes += [meter.digest] if meter else []
        self.digest = identifier(source_digest(), self.reference.digest(), lanes, seed, *hashes)[:16]

    def new_state(self, lane: int = 0) -> State:
        """Make the memory of a lane that has seen nothing."""
        state = State(lane, {rule.module.ID: new_rule_state(rule.module, rule.bit) for rule in self._rules})
        used = len(self._account_rows)
        state.reserve([used * (place == tables.ACCOUNTS) for place in range(len(state.used))])
        state.rows["accounts"][:used] = self._account_rows
        state.used[tables.ACCOUNTS] = used
        tables.index(state.rows["accounts"], used, state.slots["accounts"], tables.ACCOUNTS)
        state.accounts = dict(self._account_names)
        if self._meter is not None:
            state.metrics = self._meter.new_memory()
        return state

    def feed(self, state: State, decoded: Decoded) -> Outcome:
        """Run a batch through a lane. The order of events matters, how they are cut into batches does not."""
        batch = batch_of(decoded, self._seed, self._negative, self._room)
        before = state.counts.tolist()
        touched: dict[str, Alert] = {}
        minutes: list[NDArray[Any]] = []
        measured: list[NDArray[Any]] = []
        self._cover(batch)
        for start in range(0, len(batch.events), CHUNK):
            self._feed_chunk(state, batch, start, min(CHUNK, len(batch.events) - start), touched)
            if ended := int(self._listed[ON_MINUTES]):
                minutes.append(self._minutes[:ended].copy())
            if self._meter is not None and state.metrics is not None:
                measured += self._meter.measure(
                    state.metrics,
                    self._between.address,
                    start,
                    min(CHUNK, len(batch.events) - start),
                    int(state.used[tables.MARKETS]),
                )
            if state.sweep_due():
                self.sweep(state)
        counts = dict(zip(COUNTS, map(sub, state.counts.tolist(), before), strict=True))
        outcome = Outcome(alerts=[msgspec.structs.replace(alert) for alert in touched.values()], counts=Counter(counts))
        if measured and self._meter is not None:
            outcome.metrics = self._metrics_table(self._meter, state, np.concatenate(measured))
        if minutes:
            outcome.minutes = np.concatenate(minutes)
        if batch.rejects or batch.wire_rejects:
            outcome.rejected = rejects_of(batch)
        if counts["duplicates"] or counts["stale_producer"]:
            rows = batch.events["row"][batch.events["type"] == DROPPED]
            outcome.dropped = rows[rows >= 0].astype(np.int64)
        return outcome

    def _metrics_table(self, meter: "Meter", state: State, rows: NDArray[Any]) -> pa.Table:
        keys = state.rows["markets"]["key"][rows["market"]].tolist()
        symbols = [state.symbols[key] for key in keys]
        instruments = [self._instruments.get(symbol) for symbol in symbols]
        return meter.table(rows, symbols, [instrument.venue if instrument else None for instrument in instruments])

    def sweep(self, state: State) -> None:
        """Throw away what a lane can no longer need; changes no alert."""
        state.sweep(self._subjects, self._reference_addresses.address)

    def save(self, state: State) -> bytes:
        """Write a lane's memory as bytes."""
        return state.save(self.digest)

    def load(self, blob: bytes) -> State:
        """Read a lane's memory; raises StateError where it was made by another engine."""
        return states.load(blob, self.digest, self.new_state())

    def not_applicable(self, state: State) -> dict[str, str]:
        """Name the rules that had nothing to work on, and what they lacked."""
        counts = dict(zip(COUNTS, state.counts.tolist(), strict=True))
        plural = {need: f"{need}s" for need in ("order", "trade", "quote", "bar", "account")}
        plural |= {"status": "statuses", "news": "news"}
        missing = {
            rule.module.ID: f"the input has no {' and no '.join(plural[need] for need in rule.module.NEEDS)}"
            for rule in self._rules
            if not any(counts[plural[need]] for need in rule.module.NEEDS)
        }
        for wants, needed in ((ON_ORDERS, "orders"), (ON_LEGS, "accounts")):
            if not counts[needed]:
                concerned = [rule.module.ID for rule in self._rules if rule.wants == wants]
                missing |= {name: f"the input has no {needed}" for name in concerned if name not in missing}
        shown = state.rows["markets"]["shown_levels"][1 : int(state.used[tables.MARKETS])]
        for rule in self._rules:
            levels = getattr(rule.module, "NEEDS_LEVELS", 0)
            if rule.module.ID not in missing and len(shown) and np.all((shown > 0) & (shown < levels)):
                missing[rule.module.ID] = f"the input shows fewer than {levels} levels of the book"
        for declared in self._watcher.rules if self._watcher else ():
            lacking = [one for one in declared.features if not any(counts[plural[need]] for need in one.needs)]
            for one in lacking[:1]:
                missing[declared.id] = f"the input has no {' and no '.join(plural[need] for need in one.needs)}"
            for needed in sorted(declared.rules & missing.keys()):
                missing.setdefault(declared.id, f"{needed} is not: {missing[needed]}")
        return missing

    def _feed_chunk(self, state: State, batch: Batch, start: int, count: int, touched: dict[str, Alert]) -> None:
        room = [each * count for each in _ROOM]
        room[tables.NAME_WORDS] = batch.name_words
        state.reserve(room)
        used = state.used.tolist()
        markets, accounts = used[tables.MARKETS], used[tables.ACCOUNTS]
        scratch = self._scratch(batch, count + batch.statuses * (markets + count))
        observe.compiled(
            state.addresses.address, self._reference_addresses.address, scratch, batch.described.address, start, count
        )
        used = state.used.tolist()
        if used[tables.MARKETS] > markets or used[tables.ACCOUNTS] > accounts:
            self._learn_names(state, batch, batch.events[start : start + count], markets, accounts)
        if self._watcher is not None:
            self._watcher.begin()
        self._show(state, batch, scratch, start, touched, 0, len(self._rules))
        if self._watcher is not None:
            self._show_declared(self._watcher, state, batch.events[start : start + count], touched)

    def _show_declared(self, watcher: Watcher, state: State, events: NDArray[Any], touched: dict[str, Alert]) -> None:
        """Let the declared rules look at what the shared pass and the other rules told of a chunk."""
        places = self._lists[observe.ON_ALL][: int(self._listed[observe.ON_ALL])]
        chunk = Chunk(self._contexts, events, places, self._bars[: int(self._listed[ON_BARS])])

        def subject_of(market: int) -> Subject:
            symbol = state.symbols[int(state.rows["markets"][market]["key"])]
            instrument = self._instruments.get(symbol)
            zone = zone_of(instrument or self.reference.unknown)
            story = Story(symbol, lambda account: "?", lambda name: None, zone)
            return Subject(symbol, instrument.venue if instrument else None, story)

        for trigger in watcher.look(state.episodes.watches, chunk, subject_of):
            alert = state.episodes.take(trigger)
            if alert is not None:
                touched[alert.alert_id] = alert

    def _scratch(self, batch: Batch, bar_room: int) -> int:
        """Give the address of the arrays between the shared pass and the rules, for this batch."""
        if len(self._bars) < bar_room:
            self._bars = np.zeros(max(bar_room, 2 * len(self._bars)), CLOSED_BAR)
            self._minutes = np.zeros(len(self._bars), WHOLE_MINUTE)
            self._between = self._publish_between()
        self._between.put(observe.EVENTS, batch.located)
        return self._between.address

    def _publish_between(self) -> Addresses:
        every = np.arange(max(len(self._bars), len(self._legs)), dtype=np.int32)
        return Addresses(
            np.zeros(0, EVENT),
            self._contexts,
            self._bars,
            self._legs,
            self._lists,
            self._listed,
            every,
            self._constants,
            self._minutes,
            self._gates,
        )

    def _gate_table(self) -> NDArray[Any]:
        """Give every gate the loosest bound of the rules behind it, and these as bits."""
        table = np.zeros(GATES, GATE)
        for rule in self._rules:
            for gate, bound_of in getattr(rule.module, "OPENED_BY", {}).items():
                bounds = [float(bound_of(record)) for record in rule.records]
                if table[gate]["rules"]:
                    bounds.append(float(table[gate]["bound"]))
                table[gate]["bound"] = max(bounds) if gate in AT_MOST else min(bounds)
                table[gate]["rules"] |= rule.bit
        return table

    def _show(
        self,
        state: State,
        batch: Batch,
        scratch: int,
        start: int,
        touched: dict[str, Alert],
        number: int,
        last: int,
    ) -> None:
        """Run the scans of rules [number, last) over what they want of a chunk and take what they find."""
        table, told = self._scans.address, self._told_address
        place = 0
        while True:
            number = show(scratch, table, state.memories_address, number, last, place, start * EVENT_BYTES, told)
            if number < 0:
                return
            rule, place = self._rules[number], int(self._told[0])
            for k in range(int(rule.found[0])):
                alert = self._trigger(state, batch, batch.events[start:], rule, k)
                if alert is not None:
                    touched[alert.alert_id] = alert
            held = state.rules[rule.module.ID]
            if int(held.used[0]) == len(held.rows):
                state.grow_rule(rule.module.ID)

    @cached_property
    def _scans(self) -> Located:
        """Give every rule's scan, loaded or compiled."""
        rows = [(rule.scan.address, rule.addresses.address, rule.listed, rule.wants in APART) for rule in self._rules]
        return Located(np.array(rows, SCAN))

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
            order_ids=order_ids(state, finding.orders, int(context["names"])) if finding.orders else [],
            trade_ids=_trade_ids(state, finding.trades),
            accounts=accounts,
            completeness=Completeness(int(context["gaps"]), int(context["late"]), int(context["quarantined"])),
        )
        alert = state.episodes.take(trigger)
        if alert is not None and self._watcher is not None:
            self._watcher.hear(trigger, alert, context)
        return alert

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
            state.symbols[key] = _text_of(batch, "symbol", events["row"][events["symbol"] == key]) or "?"
        new = state.rows["accounts"]["key"][accounts : int(state.used[tables.ACCOUNTS])]
        state.accounts |= dict.fromkeys(new.tolist(), "?")
        for name, kind in _ACCOUNTS.items() if len(new) else ():
            told = events[(events["type"] == kind) & np.isin(events[name], new)]
            for key, row in zip(*(told[column].tolist() for column in (name, "row")), strict=True):
                if state.accounts[key] == "?":
                    state.accounts[key] = batch.text(name, row) or "?"

    def _prepare(self, rule: ModuleType, gate: int | None) -> _Rule:
        values = tuple(self.parameters.effective(rule.ID, *group) for group in self._classes)
        records = np.zeros(len(values), _record_type(values[0]))
        for place, effective in enumerate(values):
            for name, value in effective.items():
                unit = _time_unit(name)
                records[place][_record_name(name)] = round(value * unit) if unit else value
        hashes = tuple(self.parameters.hash(rule.ID, *group) for group in self._classes)
        triggers, found = new_triggers(rule), np.zeros(1, np.int64)
        listed, bit = (rule.WANTS, 0) if gate is None else (GATED + gate, 1 << gate)
        addresses = Addresses(records, *triggers, found, np.array([listed, bit]))
        scan = _scan_of(rule, records.dtype)
        return _Rule(rule, scan, rule.WANTS, values, hashes, triggers, found, records, listed, bit, addresses)

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
            shown = instrument.shown_levels
            row["shown_levels"] = self.reference.shown_levels if shown is None else shown
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

    def _cover(self, batch: Batch) -> None:
        """See that every schedule knows the sessions around this batch."""
        first, last = batch.first_ts, batch.last_ts
        if not self._schedules or last < first:
            return
        if self._covered[0] <= first and last <= self._covered[1]:
            return
        first, last = min(first, self._covered[0]), max(last, self._covered[1]) + DAY
        listed = [schedule.sessions(first, last) for schedule in self._schedules]
        self._covered = (first, last)
        starts = np.concatenate([[0], np.cumsum([len(sessions) for sessions in listed])]).astype(np.int64)
        opens = np.array([start for sessions in listed for start, _ in sessions], np.int64)
        closes = np.array([end for sessions in listed for _, end in sessions], np.int64)
        self._schedule_arrays = (starts, opens, closes)
        self._reference_addresses = self._publish_reference()

    def _publish_reference(self) -> Addresses:
        return Addresses(self._instrument_rows, *self._schedule_arrays, self._venue_keys)


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


def _find(state: State, table: str, key: int) -> int:
    """Give the row of an account or trade by key, of an order by identity, or 0."""
    return tables.look_up(state.addresses.address, _PLACES[table], key) if key else 0


def _trade_ids(state: State, keys: Sequence[int]) -> list[str]:
    found: list[str] = []
    for key in keys:
        row = _find(state, "trades", key)
        if row:
            found.extend(texts(state.names, int(state.rows["trades"][row]["name"]), 1))
    return list(dict.fromkeys(found))


def _text_of(batch: Batch, name: str, rows: NDArray[np.int32]) -> str | None:
    """Give the first text among rows; row −1 − k is reject k of the wire."""
    for row in rows.tolist():
        text = batch.text(name, row) if row >= 0 else batch.wire_rejects[-1 - row].symbol
        if text is not None:
            return text
    return None
