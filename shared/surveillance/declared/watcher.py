"""Says when all conditions of a declared rule hold: at closed bars, ended minutes and other rules' alerts, in order.

A condition holds from the moment it was seen to hold until the rule's window has passed. Whatever gives one of them new
evidence while all hold is a trigger of the rule, so an episode goes on while the evidence does. What belongs to one
event of a symbol is taken together; a new session begins with nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from surveillance.alerts import Alert, Completeness, identifier, severity_rank
from surveillance.declared.definition import AlertCondition, DeclaredRule, FeatureCondition
from surveillance.declared.features import BARS, FEATURES, FLOW
from surveillance.declared.memory import Bar, Bars, HeardAlert, Held, Minute, Watch
from surveillance.declared.minutes import ended
from surveillance.declared.story import Part, finding_of
from surveillance.engine.episodes import Trigger
from surveillance.events import MINUTE, SECOND
from surveillance.parameters import Parameters
from surveillance.rules.finding import Story

NOBODY: Final = "-"
_BREAK_NS: Final = 180 * MINUTE
"""Bars further apart are of different sessions, as in features/bars.py."""
_DAY_S: Final = 86_400


class Subject(NamedTuple):
    """A symbol as the engine knows it: its name, venue and how moments are told."""

    symbol: str
    venue: str | None
    story: Story


class Chunk(NamedTuple):
    """What the shared pass told of a chunk: contexts and events, the places of order, quote and trade events, bars."""

    contexts: NDArray[Any]
    events: NDArray[Any]
    places: NDArray[Any]
    bars: NDArray[Any]


class _Item(msgspec.Struct):
    """Something a condition may be about, at the place of an event in the chunk."""

    place: int
    market: int
    session: int
    parameters: int
    ts: int
    completeness: Completeness
    bar: np.void | None = None
    figures: dict[str, float] | None = None
    before: list[int] = []
    alert: HeardAlert | None = None


class Watcher:
    """The declared rules of an engine, with their values by parameter class; a lane's memory is handed in."""

    def __init__(
        self,
        rules: Sequence[DeclaredRule],
        parameters: Parameters,
        classes: Sequence[tuple[str | None, str | None]],
    ) -> None:
        self.rules = tuple(rules)
        self._values = {rule.id: [parameters.effective(rule.id, *group) for group in classes] for rule in rules}
        self._hashes = {
            rule.id: [identifier(parameters.hash(rule.id, *group), rule.digest)[:12] for group in classes]
            for rule in rules
        }
        about = [one for rule in rules for one in rule.conditions if isinstance(one, FeatureCondition)]
        self._intervals = {one.interval_s for one in about if FEATURES[one.feature].source == BARS}
        self._wants_minutes = any(FEATURES[one.feature].source == FLOW for one in about)
        self._listens = frozenset().union(*(rule.rules for rule in rules))
        every = [(rule, values) for rule in rules for values in self._values[rule.id]]
        self._window_ns = max(_ns(values["window_s"]) for _, values in every)
        self._over_ns = max((_ns(v[c.over]) for r, v in every for c in _features(r) if c.over), default=0)
        self._before = max((int(v[c.before]) for r, v in every for c in _features(r) if c.before), default=0)
        self._heard: list[_Item] = []

    @property
    def hashes(self) -> list[str]:
        """Everything about the rules that can change an alert."""
        return [value for rule in self.rules for value in self._hashes[rule.id]]

    def begin(self) -> None:
        """Begin a chunk: what one that failed had heard is not of this one."""
        self._heard = []

    def hear(self, trigger: Trigger, alert: Alert, context: np.void) -> None:
        """Note a trigger of another rule; it is looked at once the chunk's other triggers are known."""
        if alert.rule not in self._listens or not context["market"]:
            return
        heard = HeardAlert(
            alert_id=alert.alert_id,
            rule=alert.rule,
            rank=severity_rank(alert.severity),
            ts=trigger.ts,
            start_ts=trigger.finding.start_ts,
            party=trigger.party,
            accounts=alert.accounts,
            order_ids=alert.order_ids,
            trade_ids=alert.trade_ids,
            candidate=alert.candidate,
            tier=alert.data_tier,
        )
        self._heard.append(_item(int(context["event"]), context, trigger.ts, alert=heard))

    def look(self, watches: dict[str, Watch], chunk: Chunk, subject_of: Callable[[int], Subject]) -> Iterator[Trigger]:
        """Give what the declared rules find in a chunk, in the order of its events."""
        subjects: dict[int, Subject] = {}

        def subject(market: int) -> Subject:
            return subjects.setdefault(market, subjects.get(market) or subject_of(market))

        def minute(market: int) -> Minute:
            return watches.setdefault(subject(market).symbol, Watch()).minute

        items = [_item(int(bar["event"]), bar, int(bar["ts"]), bar=bar) for bar in self._wanted(chunk.bars)]
        if self._wants_minutes:
            for one in ended(chunk.contexts, chunk.events, chunk.places, minute):
                context = chunk.contexts[one.place]
                items.append(_item(one.place, context, one.ts, figures=one.figures, before=one.before))
        items += self._heard
        self._heard = []
        items.sort(key=lambda item: (item.place, item.market))
        for (_, market, session), group in groupby(items, lambda item: (item.place, item.market, item.session)):
            watch = watches.setdefault(subject(market).symbol, Watch())
            if watch.session != session:
                watch.session, watch.clock, watch.held, watch.heard = session, 0, {}, {}
            yield from self._group(watch, list(group), subject(market))

    def _wanted(self, bars: NDArray[Any]) -> Iterable[np.void]:
        return (bar for bar in bars if int(bar["interval_s"]) in self._intervals) if self._intervals else ()

    def _group(self, watch: Watch, items: list[_Item], subject: Subject) -> Iterator[Trigger]:
        """Take what belongs to one event, then look at every rule."""
        fresh: set[tuple[str, int]] = set()
        told: list[HeardAlert] = []
        for item in items:
            watch.clock = max(watch.clock, item.ts)
            if item.alert is not None:
                watch.heard[item.alert.alert_id] = item.alert
                told.append(item.alert)
            elif item.bar is not None:
                self._take_bar(watch, item, fresh)
            else:
                self._take_minute(watch, item, fresh)
        last = items[-1]
        since = watch.clock - self._window_ns
        watch.heard = {key: alert for key, alert in watch.heard.items() if alert.ts >= since}
        for rule in self.rules:
            values = self._values[rule.id][last.parameters]
            if values["enabled"]:
                yield from self._matches(rule, values, watch, fresh, told, last, subject)

    def _take_bar(self, watch: Watch, item: _Item, fresh: set[tuple[str, int]]) -> None:
        bar = item.bar
        assert bar is not None  # noqa: S101
        interval = int(bar["interval_s"])
        bars = watch.bars.setdefault(interval, Bars())
        bars.volumes += [0.0] * min(int(bar["empty_before"]), self._before)
        stale = bars.session != item.session or (bars.prices and item.ts - bars.prices[-1].ts > _BREAK_NS)
        if stale and interval < _DAY_S:
            bars.prices = []
        bars.session = item.session
        bars.prices.append(Bar(item.ts, float(bar["bar_high"]), float(bar["bar_low"]), float(bar["bar_close"])))
        figures = {name: float(bar[name]) for name in ("volume", "money", "trade_count")}
        for rule, place, one, values in self._conditions(item.parameters, BARS):
            if one.interval_s == interval:
                over = _ns(values[one.over]) if one.over else interval * SECOND
                usual = np.nan
                if one.before:
                    usual = _mean(bars.volumes, int(values[one.before]))
                    observed = figures["volume"] / usual if usual > 0 else np.nan
                elif one.over:
                    observed = _price_figure(one.feature, bars.prices, over)
                else:
                    observed = figures[one.feature]
                self._hold(watch, rule, place, one, values, Held(item.ts - over, item.ts, observed, usual), fresh)
        if not np.isnan(figures["volume"]):
            bars.volumes = [*bars.volumes, figures["volume"]][-self._before :] if self._before else []
        while len(bars.prices) > 1 and bars.prices[1].ts <= item.ts - self._over_ns:
            del bars.prices[0]

    def _take_minute(self, watch: Watch, item: _Item, fresh: set[tuple[str, int]]) -> None:
        assert item.figures is not None  # noqa: S101
        for rule, place, one, values in self._conditions(item.parameters, FLOW):
            usual, observed = np.nan, item.figures.get(one.feature, np.nan)
            if one.before:
                usual = _mean([float(count) for count in item.before], int(values[one.before]))
                observed = item.figures["messages"] / usual if usual > 0 else np.nan
            self._hold(watch, rule, place, one, values, Held(item.ts - MINUTE, item.ts, observed, usual), fresh)

    def _conditions(
        self, parameters: int, source: str
    ) -> Iterator[tuple[DeclaredRule, int, FeatureCondition, dict[str, float]]]:
        for rule in self.rules:
            for place, one in enumerate(rule.conditions):
                if isinstance(one, FeatureCondition) and FEATURES[one.feature].source == source:
                    yield rule, place, one, self._values[rule.id][parameters]

    def _hold(
        self,
        watch: Watch,
        rule: DeclaredRule,
        place: int,
        one: FeatureCondition,
        values: dict[str, float],
        held: Held,
        fresh: set[tuple[str, int]],
    ) -> None:
        if one.holds(held.value, values[one.threshold]):
            watch.held.setdefault(rule.id, {})[place] = held
            fresh.add((rule.id, place))

    def _matches(
        self,
        rule: DeclaredRule,
        values: dict[str, float],
        watch: Watch,
        fresh: set[tuple[str, int]],
        told: list[HeardAlert],
        item: _Item,
        subject: Subject,
    ) -> Iterator[Trigger]:
        since = watch.clock - _ns(values["window_s"])
        held = watch.held.get(rule.id, {})
        features = [place for place, one in enumerate(rule.conditions) if isinstance(one, FeatureCondition)]
        if any(place not in held or held[place].ts < since for place in features):
            return
        wanted = [alert for alert in told if any(_fits(one, alert) for one in rule.conditions)]
        by_feature = any((rule.id, place) in fresh for place in features)
        if rule.same_party:
            speaking = watch.heard.values() if by_feature else wanted
            parties = sorted({alert.party for alert in speaking} - {NOBODY})
        else:
            parties = [NOBODY] if by_feature or wanted else []
        for party in parties:
            listed = [alert for alert in watch.heard.values() if party in (NOBODY, alert.party) and alert.ts >= since]
            listed.sort(key=lambda alert: (alert.ts, alert.alert_id))
            parts = []
            for place, one in enumerate(rule.conditions):
                if isinstance(one, FeatureCondition):
                    parts.append(Part(one, held[place], []))
                else:
                    parts.append(Part(one, None, [alert for alert in listed if _fits(one, alert)]))
            if all(part.held or len(part.alerts) >= values[_count(part)] for part in parts):
                yield self._trigger(rule, values, watch, parts, party, item, subject)

    def _trigger(
        self,
        rule: DeclaredRule,
        values: dict[str, float],
        watch: Watch,
        parts: Sequence[Part],
        party: str,
        item: _Item,
        subject: Subject,
    ) -> Trigger:
        alerts = list({alert.alert_id: alert for part in parts for alert in part.alerts}.values())
        finding = finding_of(rule, values, parts, alerts, subject.story)
        return Trigger(
            rule=rule.id,
            rule_version=rule.version,
            parameters_hash=self._hashes[rule.id][item.parameters],
            symbol=subject.symbol,
            venue=subject.venue,
            party=party,
            session=watch.session,
            ts=finding.end_ts,
            score=values["score"],
            cool_down_ns=_ns(values["cool_down_s"]),
            finding=finding,
            order_ids=list(dict.fromkeys(one for alert in alerts for one in alert.order_ids)),
            trade_ids=list(dict.fromkeys(one for alert in alerts for one in alert.trade_ids)),
            accounts=sorted({one for alert in alerts for one in alert.accounts}),
            completeness=item.completeness,
        )


def _item(place: int, told: np.void, ts: int, **more: Any) -> _Item:
    completeness = Completeness(int(told["gaps"]), int(told["late"]), int(told["quarantined"]))
    return _Item(place, int(told["market"]), int(told["session"]), int(told["parameters"]), ts, completeness, **more)


def _features(rule: DeclaredRule) -> Iterator[FeatureCondition]:
    return (one for one in rule.conditions if isinstance(one, FeatureCondition))


def _fits(one: Any, alert: HeardAlert) -> bool:
    return isinstance(one, AlertCondition) and one.rule == alert.rule and alert.rank >= severity_rank(one.min_severity)


def _count(part: Part) -> str:
    assert isinstance(part.condition, AlertCondition)  # noqa: S101
    return part.condition.count


def _mean(values: Sequence[float], count: int) -> float:
    """Give the mean of the last `count`, NaN where there are fewer."""
    return sum(values[-count:]) / count if len(values) >= count else np.nan


def _price_figure(feature: str, prices: Sequence[Bar], over_ns: int) -> float:
    """Give a price's change, move or range over a span that ends with the last bar, in bp to six digits.

    Rounding lets a threshold of 10 bp be reached by 100.00 to 99.90.
    """
    now = prices[-1]
    if feature == "price_range_bp":
        within = [bar for bar in prices if bar.ts > now.ts - over_ns]
        return round((max(bar.high for bar in within) - min(bar.low for bar in within)) * 1e4 / abs(now.close), 6)
    earlier = next((bar for bar in reversed(prices) if bar.ts <= now.ts - over_ns), None)
    if earlier is None or not earlier.close:
        return np.nan
    change = round((now.close - earlier.close) * 1e4 / abs(earlier.close), 6)
    return abs(change) if feature == "price_move_bp" else change


def _ns(seconds: float) -> int:
    return round(seconds * SECOND)
