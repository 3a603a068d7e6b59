"""The rules over recordings, many times: a task is one lane under one set of parameters; tasks share processes."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from types import ModuleType
from typing import Any, TypeVar

import msgspec
import surveillance.engine  # noqa: F401 - the rules can't be imported before it
from surveillance.alerts import Alert, last_revisions
from surveillance.batch import BATCH_RULES
from surveillance.batch.run import run
from surveillance.engine import Engine
from surveillance.errors import InputError
from surveillance.events import EVERYTHING
from surveillance.lanes import lane_of
from surveillance.parameters import Layer, Parameters
from surveillance.rule_parameters import parameters_under
from surveillance.rules import RULES

from cli.recording import Recording

T = TypeVar("T")
R = TypeVar("R")
STREAM_RULES: tuple[ModuleType, ...] = RULES
EVERY_RULE: tuple[ModuleType, ...] = (*RULES, *BATCH_RULES)


class Task(msgspec.Struct, frozen=True):
    """One lane of a recording under one set of parameters; rules by id, parameters by their layers."""

    recording: Recording
    lane: int
    rules: tuple[str, ...]
    layers: tuple[Layer, ...]


class Done(msgspec.Struct, frozen=True):
    """What a task brought: each alert's last revision, what the engine rejected, which rules had nothing to work on."""

    alerts: list[Alert]
    rejected: dict[str, int]
    not_applicable: dict[str, str]


def known_rules(names: Sequence[str]) -> tuple[ModuleType, ...]:
    """Give rules by id, those of the stream and those in batch; raises `InputError` for one that does not exist."""
    known = {rule.ID: rule for rule in EVERY_RULE}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise InputError(f"{', '.join(unknown) or 'Nothing'} is no rule; there are {', '.join(known)}.")
    return tuple(rule for rule in EVERY_RULE if rule.ID in names)


def parameters_of(layers: Sequence[Layer]) -> Parameters:
    """Give the parameters of every rule under layers."""
    return parameters_under(layers, batch=True)


def tasks_of(recording: Recording, rules: Sequence[ModuleType], layers: Sequence[Layer]) -> list[Task]:
    """Cut a run into tasks, a lane each."""
    names = tuple(rule.ID for rule in rules)
    return [Task(recording, lane, names, tuple(layers)) for lane in range(recording.lanes)]


def perform(task: Task) -> Done:
    """Run one task. A batch rule sees the lane as a whole; those that compare symbols need a recording of one lane."""
    parameters = parameters_of(task.layers)
    batch = [rule for rule in BATCH_RULES if rule.ID in task.rules]
    tables = (each.table for each in task.recording.chunks(task.lane))
    found = run(tables, task.recording.reference, parameters, batch) if batch else []
    if len(batch) == len(task.rules):
        return Done(found, {}, {})
    chosen = [rule for rule in RULES if rule.ID in task.rules]
    engine = Engine(parameters, task.recording.reference, lanes=task.recording.lanes, rules=chosen)
    state = engine.new_state(task.lane)
    latest: dict[str, Alert] = {}
    rejected: Counter[str] = Counter()
    tells_of_all = task.lane == lane_of(EVERYTHING, task.recording.lanes)
    for decoded in task.recording.chunks(task.lane):
        outcome = engine.feed(state, decoded)
        rejected.update(each.reason for each in outcome.rejected if tells_of_all or each.symbol != EVERYTHING)
        latest.update((alert.alert_id, alert) for alert in outcome.alerts)
    missing = {rule: why for rule, why in engine.not_applicable(state).items() if parameters.effective(rule)["enabled"]}
    return Done([*found, *latest.values()], dict(rejected), missing)


def joined(parts: Iterable[Done]) -> Done:
    """Put the lanes of one run together: a rule is not applicable where it is so in every lane."""
    listed = list(parts)
    rejected: Counter[str] = Counter()
    for each in listed:
        rejected.update(each.rejected)
    missing = dict(listed[0].not_applicable) if listed else {}
    for each in listed:
        missing = {rule: why for rule, why in missing.items() if rule in each.not_applicable}
    alerts = last_revisions(alert for each in listed for alert in each.alerts)
    return Done(alerts, dict(sorted(rejected.items())), missing)


def in_processes(
    work: Callable[[T], R], tasks: Sequence[T], jobs: int, watch: Callable[[int, int], None] | None = None
) -> list[R]:
    """Do every task, in so many processes, and give the answers in the order of the tasks."""
    answers: list[Any] = [None] * len(tasks)
    for done, (place, answer) in enumerate(_answers(work, tasks, jobs), start=1):
        answers[place] = answer
        if watch is not None:
            watch(done, len(tasks))
    return answers


def _answers(work: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[tuple[int, R]]:
    if jobs == 1 or len(tasks) == 1:
        for place, task in enumerate(tasks):
            yield place, work(task)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(work, task): place for place, task in enumerate(tasks)}
        for each in as_completed(running):
            yield running[each], each.result()


def counting(what: str) -> Callable[[int, int], None] | None:
    """Say on stderr how many tasks are done, if that is a terminal."""
    if not sys.stderr.isatty():
        return None

    def say(done: int, of: int) -> None:
        print(f"\r{done} of {of} {what}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return say
