"""Trials: sessions in which every pattern is played often, judged together.

A grid of seeds, difficulties and background rates is cut into sessions of bounded size. Each session plays some
patterns, their near misses and the quiet controls while all rules watch; symbols are renamed by session, so that the
alerts and labels of many sessions can be judged as one.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import Any, Final

import msgspec

from surveillance.alerts import Alert, last_revisions
from surveillance.batch import BATCH_RULES
from surveillance.batch.run import run
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.evaluation.matching import hit_by, hits
from surveillance.evaluation.scorecard import EXPECTED, Rule, scorecard
from surveillance.events import MINUTE
from surveillance.parameters import Parameters
from surveillance.reference import Reference, accounts_of, instruments_of
from surveillance.rules import RULES
from surveillance.simulation import Label, Session, Simulated, simulate
from surveillance.simulation.scenarios import BATCH_PATTERNS, CASES, CONTROLS, PATTERNS, PLAYABLE, family
from surveillance.wire import Decoded

SESSION_MINUTES: Final = 60.0
MOST_EVENTS: Final = 2_000_000
EVENTS_PER_ORDER: Final = 2.6
ROOM_NS: Final = 2 * MINUTE
"""Time between two scenarios of a symbol that a session is laid out for."""
CHUNK_EVENTS: Final = 1 << 16


class Grid(msgspec.Struct, frozen=True):
    """What to try: every pattern `each` times a seed, difficulty and rate; near misses and controls `quiet_each`."""

    seeds: tuple[int, ...]
    difficulties: tuple[float, ...] = (0.5,)
    rates: tuple[float, ...] = (25.0,)
    patterns: tuple[str, ...] = PATTERNS
    each: int = 8
    quiet_each: int = 2


class Trial(msgspec.Struct, frozen=True):
    """One session of a grid."""

    seed: int
    difficulty: float
    rate: float
    part: int
    symbols: int
    scenarios: dict[str, int]


class Outcome(msgspec.Struct, frozen=True):
    """What a trial brought, its symbols renamed to be its own."""

    trial: Trial
    alerts: list[Alert]
    labels: list[Label]
    session_ns: list[int]
    events: int


def trials(grid: Grid) -> list[Trial]:
    """Lay a grid out as sessions; raises `InputError` for a pattern that does not exist."""
    known = (*PATTERNS, *BATCH_PATTERNS)
    unknown = sorted(set(grid.patterns) - set(known))
    if unknown:
        raise InputError(f"no pattern {', '.join(unknown)}; there are {', '.join(known)}")
    return [
        Trial(seed, difficulty, rate, part, _symbols(wanted, difficulty), wanted)
        for rate in grid.rates
        for difficulty in grid.difficulties
        for seed in grid.seeds
        for part, wanted in enumerate(_parts(grid, difficulty, rate))
    ]


def _parts(grid: Grid, difficulty: float, rate: float) -> Iterator[dict[str, int]]:
    """Give the scenarios of each session; what concerns the whole feed gets a session of its own."""
    controls = dict.fromkeys(CONTROLS, grid.quiet_each)
    wanted: dict[str, int] = {}
    for pattern in grid.patterns:
        group: dict[str, int] = {}
        for name in family(pattern):
            group[name] = grid.each if name == pattern else 1 if name in CASES else grid.quiet_each
        if PLAYABLE[pattern].whole_feed:
            yield group
            continue
        whole = wanted | group | controls
        minutes = _symbols(whole, difficulty) * SESSION_MINUTES
        if wanted and minutes * 60 * rate * EVENTS_PER_ORDER > MOST_EVENTS:
            yield wanted | controls
            wanted = {}
        wanted = wanted | group
    if wanted:
        yield wanted | controls


def _symbols(wanted: dict[str, int], difficulty: float) -> int:
    """Give how many instruments have room for these scenarios."""
    total = 0.0
    most = 1
    for name, count in wanted.items():
        scenario = PLAYABLE[name]
        room = SESSION_MINUTES * MINUTE - scenario.earliest_ns - 2 * MINUTE
        length = scenario.lead_ns + scenario.longest(difficulty)
        total += count * (length + ROOM_NS) * SESSION_MINUTES * MINUTE / max(room, MINUTE)
        most = max(most, 1 if scenario.whole_feed else ceil(count * length / max(room, MINUTE)))
    closing = sum(count for name, count in wanted.items() if PLAYABLE[name].at_close)
    opening = sum(count for name, count in wanted.items() if PLAYABLE[name].at_open)
    return max(most, closing, opening, ceil(total / (SESSION_MINUTES * MINUTE)))


def run_trial(trial: Trial, parameters: Parameters) -> Outcome:
    """Simulate a session, replay it with all rules on, and name its symbols after it.

    Batch rules run, as declared, where one of their patterns is played.
    """
    simulated = simulated_trial(trial)
    instruments = instruments_of(simulated.instruments)
    engine = Engine(parameters, Reference(instruments, accounts_of(simulated.accounts)))
    state = engine.new_state()
    latest: dict[str, Alert] = {}
    table = simulated.events
    for start in range(0, table.num_rows, CHUNK_EVENTS):
        for alert in engine.feed(state, Decoded(table.slice(start, CHUNK_EVENTS))).alerts:
            latest[alert.alert_id] = alert
    if not trial.scenarios.keys().isdisjoint(BATCH_PATTERNS):
        for alert in run([table], engine.reference):
            latest[alert.alert_id] = alert
    name = name_of(trial)
    return Outcome(
        trial=trial,
        alerts=[
            msgspec.structs.replace(alert, symbol=name + alert.symbol) for alert in last_revisions(latest.values())
        ],
        labels=[
            msgspec.structs.replace(label, symbol=name + label.symbol, scenario_id=name + label.scenario_id)
            for label in simulated.labels
        ],
        session_ns=[
            each.session_close - each.session_open
            for each in instruments
            if isinstance(each.session_open, int) and isinstance(each.session_close, int)
        ],
        events=table.num_rows,
    )


def simulated_trial(trial: Trial) -> Simulated:
    """Simulate a trial's session; where its scenarios find no room, with more symbols."""
    symbols = trial.symbols
    for _ in range(3):
        try:
            return _simulated(trial, symbols)
        except InputError:
            symbols = symbols * 3 // 2 + 1
    return _simulated(trial, symbols)


def _simulated(trial: Trial, symbols: int) -> Simulated:
    return simulate(
        Session(
            seed=trial.seed * 1000 + trial.part,
            minutes=SESSION_MINUTES,
            symbols=symbols,
            orders_per_second=trial.rate,
            scenarios=trial.scenarios,
            difficulty=trial.difficulty,
        )
    )


def name_of(trial: Trial) -> str:
    """Give what a trial's symbols and scenarios are named after."""
    return f"{trial.seed}/{trial.difficulty:g}/{trial.rate:g}/{trial.part}/"


def judged_rules(batch: bool = False) -> dict[str, Rule]:
    """Give what judging needs of every rule, if wanted of batch rules too."""
    every = (*RULES, *BATCH_RULES) if batch else RULES
    return {rule.ID: Rule(rule.KIND, tuple(rule.ANSWERS)) for rule in every}


def cells(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Judge outcomes by difficulty and rate: the scorecard of each, what was missed, what was false."""
    groups: dict[tuple[float, float], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.trial.rate, outcome.trial.difficulty), []).append(outcome)
    return [
        {"orders_per_second": rate, "difficulty": difficulty, **_cell(group)}
        for (rate, difficulty), group in sorted(groups.items())
    ]


def _cell(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    rules = judged_rules(any(not each.trial.scenarios.keys().isdisjoint(BATCH_PATTERNS) for each in outcomes))
    alerts = [alert for outcome in outcomes for alert in outcome.alerts]
    labels = [label for outcome in outcomes for label in outcome.labels]
    session_ns = [length for outcome in outcomes for length in outcome.session_ns]
    card = scorecard(alerts, labels, rules, session_ns)
    return {
        "events": sum(outcome.events for outcome in outcomes),
        **card,
        "scores": _scores(alerts, labels, rules),
        "missed": _missed(alerts, labels, rules),
        "loud": _loud(alerts, labels, rules),
    }


def _by_symbol(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    held: dict[str, list[Alert]] = {}
    for alert in alerts:
        held.setdefault(alert.symbol, []).append(alert)
    return held


def _missed(alerts: Sequence[Alert], labels: Sequence[Label], rules: dict[str, Rule]) -> list[str]:
    """Name the expected scenarios that no rule which answers them hit."""
    held = _by_symbol(alerts)
    return [
        label.scenario_id
        for label in labels
        if label.expect == EXPECTED
        and label.within is None
        and not any(
            label.pattern in rules[alert.rule].answers and hits(alert, label) for alert in held.get(label.symbol, ())
        )
    ]


def _loud(alerts: Sequence[Alert], labels: Sequence[Label], rules: dict[str, Rule]) -> list[dict[str, Any]]:
    """List the alerts above `low` that are about no expected scenario, with the quiet one they are about, if any."""
    held: dict[str, list[Label]] = {}
    for label in labels:
        held.setdefault(label.symbol, []).append(label)
    found = []
    for alert in alerts:
        touched = hit_by(alert, held.get(alert.symbol, ()), rules[alert.rule].answers)
        if alert.severity == "low" or any(label.expect == EXPECTED for label in touched):
            continue
        found.append(
            {
                "rule": alert.rule,
                "severity": alert.severity,
                "score": alert.score,
                "symbol": alert.symbol,
                "start_ts": alert.start_ts,
                "accounts": alert.accounts,
                "scenarios": [label.scenario_id for label in touched],
                "metrics": alert.metrics,
            }
        )
    return found


def _scores(alerts: Sequence[Alert], labels: Sequence[Label], rules: dict[str, Rule]) -> dict[str, list[list[float]]]:
    """Give by rule, for each tenth of the score with alerts: their mean score, how many, and the share right."""
    held: dict[str, list[Label]] = {}
    for label in labels:
        if label.expect == EXPECTED:
            held.setdefault(label.symbol, []).append(label)
    bins: dict[str, dict[int, list[tuple[float, bool]]]] = {}
    for alert in alerts:
        hit = hit_by(alert, held.get(alert.symbol, ()), rules[alert.rule].answers)
        right = any(label.pattern in rules[alert.rule].answers for label in hit)
        if hit and not right:
            continue
        tenth = min(int(alert.score * 10), 9)
        bins.setdefault(alert.rule, {}).setdefault(tenth, []).append((alert.score, right))
    return {
        rule: [
            [sum(s for s, _ in each) / len(each), len(each), sum(r for _, r in each) / len(each)]
            for _, each in sorted(tenths.items())
        ]
        for rule, tenths in sorted(bins.items())
    }
