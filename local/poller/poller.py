"""All mappings and schedules of one deployment, with a pool of execution environments per function."""

import threading
from collections.abc import Mapping as Map
from pathlib import Path
from typing import Any

import msgspec

from local.clients import client
from local.poller.destinations import FailureDestinations
from local.poller.faults import NO_FAULTS, Faults, Killer, chooser
from local.poller.filters import matcher
from local.poller.mapping import Discarded, Mapping, MappingSettings
from local.poller.schedules import Schedule, ScheduleRunner, rate_seconds
from local.poller.sources import open_source
from local.poller.workers import Function, InvocationError, Pool, Worker
from local.positions import Positions

CLIENTS = ("kinesis", "dynamodbstreams", "s3", "sqs", "sns")


class PollerSettings(msgspec.Struct, frozen=True):
    """What the poller plays; `workers` gives the number of environments by function name, one where it says nothing."""

    endpoint: str
    folder: str
    functions: tuple[Function, ...] = ()
    mappings: tuple[MappingSettings, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    workers: dict[str, int] = {}
    faults: Faults = NO_FAULTS
    run_schedules: bool = True


class Poller:
    """Starts a thread per mapping, shard and schedule; `stop` ends them after the batches they are at."""

    def __init__(self, settings: PollerSettings) -> None:
        self._settings = settings
        folder = Path(settings.folder)
        scratch = folder / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        self._stopping = threading.Event()
        self._clients: Map[str, Any] = {name: client(name, settings.endpoint) for name in CLIENTS}
        self._killer = Killer(settings.faults)
        self._duplicate_failures = 0
        self._duplicates = 0
        self.pools = {function.name: self._pool(function, scratch) for function in settings.functions}
        self._discards = FailureDestinations(self._clients)
        self.mappings = [self._mapping(mapping, folder) for mapping in settings.mappings]
        self.schedules = self._schedule_runners() if settings.run_schedules else []
        self._threads: list[threading.Thread] = []

    def _pool(self, function: Function, scratch: Path) -> Pool:
        faults = self._settings.faults
        concerned = faults.concern(function.name)
        size = self._settings.workers.get(function.name, 1)
        if concerned and faults.random_worker_of:
            size = faults.random_worker_of
        choose = chooser(faults) if concerned else None
        return Pool(function, self._settings.endpoint, scratch, size, choose)

    def _mapping(self, settings: MappingSettings, folder: Path) -> Mapping:
        largest = self._settings.faults.largest_batch
        if largest and self._settings.faults.concern(settings.function_name):
            settings = msgspec.structs.replace(settings, batch_size=min(settings.batch_size, largest))
        return Mapping(
            open_source(settings.source_arn, self._clients),
            settings,
            lambda event, shard_id: self._deliver(settings.function_name, event, shard_id),
            self._discard,
            self._stopping,
            matcher(settings.filters),
            positions=Positions(folder / "positions", f"mapping-{settings.identifier}"),
        )

    def _schedule_runners(self) -> list[ScheduleRunner]:
        runners = []
        for schedule in self._settings.schedules:
            period_s = rate_seconds(schedule.expression)
            if period_s is not None and schedule.function_name in self.pools:
                runners.append(ScheduleRunner(schedule, self.pools[schedule.function_name].invoke, period_s))
        return runners

    def _deliver(self, function_name: str, event: dict[str, Any], shard_id: str) -> Any:
        faults = self._settings.faults
        pool = self.pools[function_name]
        if not faults.concern(function_name):
            return pool.invoke(event, shard_id)
        result = pool.invoke(event, shard_id, self._strike if faults.kill_share else None)
        if faults.deliver_twice:
            self._duplicates += 1
            try:
                pool.invoke(event, shard_id)
            except InvocationError:
                self._duplicate_failures += 1
        return result

    def _strike(self, worker: Worker) -> None:
        self._killer(worker)

    def _discard(self, discarded: Discarded) -> None:
        self._discards.send(discarded)

    def start(self, warm: bool = True) -> None:
        if warm:
            self._warm()
        runs = [mapping.run for mapping in self.mappings] + [schedule.run for schedule in self.schedules]
        self._threads = [threading.Thread(target=run, daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def _warm(self) -> None:
        pools = {mapping.function_name: self.pools[mapping.function_name] for mapping in self._settings.mappings}
        warming = [threading.Thread(target=pool.warm) for pool in pools.values()]
        for thread in warming:
            thread.start()
        for thread in warming:
            thread.join()

    def trigger_schedules(self) -> None:
        for schedule in self.schedules:
            schedule.trigger()

    def replace_workers(self) -> None:
        for pool in self.pools.values():
            pool.replace_workers()

    def stop(self) -> None:
        self._stopping.set()
        for schedule in self.schedules:
            schedule.stop()
        for thread in self._threads:
            thread.join(timeout=3)
        for pool in self.pools.values():
            pool.close()

    def status(self) -> dict[str, Any]:
        return {
            "mappings": [self._mapping_status(mapping) for mapping in self.mappings],
            "pools": [
                {
                    "function": pool.function.name,
                    "size": pool.size,
                    "started": pool.started,
                    "died": pool.died,
                    "pids": pool.pids(),
                }
                for pool in self.pools.values()
            ],
            "schedules": [
                {
                    "name": runner.schedule.name,
                    "runs": runner.runs,
                    "failures": runner.failures,
                    "last_run_at": runner.last_run_at,
                    "last_error": runner.last_error,
                }
                for runner in self.schedules
            ],
            "not_run": [
                f"{schedule.name}: {schedule.expression}"
                for schedule in self._settings.schedules
                if rate_seconds(schedule.expression) is None
            ],
            "faults": {
                "kills": self._killer.kills,
                "duplicates": self._duplicates,
                "duplicate_failures": self._duplicate_failures,
            },
        }

    def _mapping_status(self, mapping: Mapping) -> dict[str, Any]:
        readers = list(mapping.readers.values())
        return {
            "identifier": mapping.settings.identifier,
            "function": mapping.settings.function_name,
            "source": mapping.settings.source_arn,
            "caught_up_at": mapping.caught_up_at,
            "behind_seconds": max((reader.behind_seconds for reader in readers), default=0.0),
            "shards": len(readers),
            "counts": msgspec.structs.asdict(mapping.counts),
        }
