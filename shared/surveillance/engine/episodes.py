"""Episodes: triggers of one rule, symbol, venue and party that follow each other within the cool-down are one alert."""

from math import isfinite
from typing import Any

import msgspec

from surveillance.alerts import (
    EVIDENCE_LIMIT,
    LONGEST_EPISODE_S,
    SEVERITIES,
    Alert,
    Completeness,
    identifier,
    severity_rank,
)
from surveillance.declared.memory import Watch
from surveillance.events import SECOND
from surveillance.rules.finding import Finding
from surveillance.rules.likelihood import likelihood

SEVERITY_BOUNDS = {"low": 0.0, "medium": 0.5, "high": 0.7, "critical": 0.9}
"""Lowest strength of each severity."""


TIERS = (
    "trades and best prices",
    "orders without their owners",
    "orders with their accounts",
    "orders and trades with the beneficial owners behind them, news or positions",
)
"""What the evidence of each data tier consists of."""


class Trigger(msgspec.Struct, kw_only=True):
    """A finding with its keys given back their names, and what identifies its episode; `score` is its strength."""

    rule: str
    rule_version: int
    parameters_hash: str
    symbol: str
    venue: str | None
    party: str
    session: int
    ts: int
    score: float
    cool_down_ns: int
    finding: Finding
    order_ids: list[str]
    trade_ids: list[str]
    accounts: list[str]
    completeness: Completeness


class Episode(msgspec.Struct):
    """An alert that may still grow, with the orders it has used so far."""

    alert: Alert
    session: int
    orders: set[str]
    trades: set[str]


class Episodes(msgspec.Struct):
    """The last episode of each rule, symbol, venue and party, and which episode each evidence order belongs to.

    `watches` holds what declared rules remember, by symbol.
    """

    open: dict[str, Episode] = {}
    used: dict[str, dict[str, str]] = {}
    watches: dict[str, Watch] = {}

    def take(self, trigger: Trigger) -> Alert | None:
        """Extend the running episode or begin one; None where all of its orders are evidence of another already."""
        key = "\x1f".join((trigger.rule, trigger.symbol, trigger.venue or "-", trigger.party))
        episode = self.open.get(key)
        if episode is not None and not _goes_on(episode, trigger):
            episode = None
        scope = self.used.setdefault(
            "\x1f".join((trigger.rule, trigger.symbol, trigger.venue or "-", str(trigger.session))), {}
        )
        mine = episode.alert.alert_id if episode else None
        fresh = [order for order in trigger.order_ids if scope.get(order, mine) == mine]
        if trigger.order_ids and not fresh:
            return None
        trigger.order_ids = fresh
        if episode is None:
            episode = _begin(trigger)
            self.open[key] = episode
        else:
            _extend(episode, trigger)
        for order in fresh:
            scope[order] = episode.alert.alert_id
        return episode.alert

    def forget(self, clock: dict[str, tuple[int, int]]) -> None:
        """Drop what can no longer be extended; `clock` gives each symbol's time and session.

        Bars and statuses may come with a time long past, so that only an episode of orders can be over by the clock.
        """
        for key, episode in list(self.open.items()):
            now, session = clock.get(episode.alert.symbol, (episode.alert.end_ts, episode.session))
            over = now - episode.alert.end_ts > 2 * LONGEST_EPISODE_S * SECOND
            if session != episode.session or (over and episode.orders):
                del self.open[key]
        for scope in list(self.used):
            _, symbol, _, session_text = scope.split("\x1f")
            if symbol in clock and clock[symbol][1] != int(session_text):
                del self.used[scope]


def _goes_on(episode: Episode, trigger: Trigger) -> bool:
    alert = episode.alert
    return (
        episode.session == trigger.session
        and trigger.finding.start_ts - alert.end_ts <= trigger.cool_down_ns
        and max(trigger.finding.end_ts, alert.end_ts) - min(trigger.finding.start_ts, alert.start_ts)
        <= LONGEST_EPISODE_S * SECOND
    )


def _severity(trigger: Trigger) -> str:
    severity = trigger.finding.severity
    if severity is None:
        severity = [name for name in SEVERITIES if trigger.score >= SEVERITY_BOUNDS[name]][-1]
    return "medium" if trigger.finding.candidate and severity_rank(severity) > 1 else severity


def _score(trigger: Trigger) -> float:
    return round(likelihood(trigger.rule, trigger.score), 4)


def _begin(trigger: Trigger) -> Episode:
    finding = trigger.finding
    first = finding.first_evidence or f"{next(iter([*trigger.order_ids, *trigger.trade_ids]), '')}@{finding.start_ts}"
    common: list[Any] = [trigger.symbol, trigger.venue, trigger.party, first]
    alert = Alert(
        alert_id=identifier(trigger.rule, trigger.rule_version, trigger.parameters_hash, *common),
        episode_key=identifier(trigger.rule, *common),
        revision=1,
        rule=trigger.rule,
        rule_version=trigger.rule_version,
        parameters_hash=trigger.parameters_hash,
        severity=_severity(trigger),
        score=_score(trigger),
        symbol=trigger.symbol,
        venue=trigger.venue,
        accounts=sorted(set(trigger.accounts)),
        candidate=finding.candidate,
        data_tier=finding.tier,
        start_ts=finding.start_ts,
        end_ts=finding.end_ts,
        detected_ts=trigger.ts if finding.detected_ts is None else finding.detected_ts,
        order_ids=[],
        trade_ids=[],
        order_count=0,
        trade_count=0,
        metrics={},
        thresholds={},
        baselines={},
        completeness=trigger.completeness,
        explanation="",
    )
    episode = Episode(alert, trigger.session, set(), set())
    _describe(episode, trigger)
    return episode


def _extend(episode: Episode, trigger: Trigger) -> None:
    alert, finding = episode.alert, trigger.finding
    alert.revision += 1
    alert.score = max(alert.score, _score(trigger))
    alert.severity = max(alert.severity, _severity(trigger), key=severity_rank)
    alert.start_ts = min(alert.start_ts, finding.start_ts)
    alert.end_ts = max(alert.end_ts, finding.end_ts)
    alert.accounts = sorted({*alert.accounts, *trigger.accounts})
    alert.candidate = alert.candidate and finding.candidate
    alert.data_tier = max(alert.data_tier, finding.tier)
    alert.completeness = trigger.completeness
    _describe(episode, trigger)


def _describe(episode: Episode, trigger: Trigger) -> None:
    alert, finding = episode.alert, trigger.finding
    alert.order_ids = _collected(alert.order_ids, episode.orders, trigger.order_ids)
    alert.trade_ids = _collected(alert.trade_ids, episode.trades, trigger.trade_ids)
    alert.order_count, alert.trade_count = len(episode.orders), len(episode.trades)
    alert.metrics = {name: value for name, value in finding.metrics.items() if isfinite(value)}
    alert.thresholds = dict(finding.thresholds)
    alert.baselines = {name: value for name, value in finding.baselines.items() if isfinite(value)}
    sentences = list(finding.sentences)
    if alert.revision > 1:
        sentences.append(f"This is number {alert.revision} in one episode; the numbers above are of the latest.")
    sentences.append(f"The evidence is of data tier {alert.data_tier}: {TIERS[alert.data_tier]}.")
    lost = alert.completeness
    if lost.gaps or lost.late or lost.quarantined:
        gaps = "1 gap" if lost.gaps == 1 else f"{lost.gaps} gaps"
        sentences.append(
            f"The record of this session is not complete: {gaps}, {lost.late} late and {lost.quarantined} rejected "
            "events so far."
        )
    alert.explanation = "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1))


def _collected(listed: list[str], seen: set[str], found: list[str]) -> list[str]:
    """Give the first names as a new list: earlier revisions keep theirs."""
    fresh = [name for name in dict.fromkeys(found) if name not in seen]
    seen.update(fresh)
    return [*listed, *fresh][:EVIDENCE_LIMIT]
