"""Faults on purpose, repeatable from a seed: what retries, duplicates and stale execution environments do for real."""

import random
import signal
import threading
import time
from typing import Any

import msgspec

from local.poller.workers import Worker

LONGEST_WAIT_S = 0.03


class Faults(msgspec.Struct, frozen=True):
    """What is to go wrong. Shares are of batches; `functions` limits it to those with one of these in their names."""

    seed: int = 0
    kill_share: float = 0.0
    deliver_twice: bool = False
    random_worker_of: int = 0
    largest_batch: int = 0
    functions: tuple[str, ...] = ()

    def concern(self, function_name: str) -> bool:
        return not self.functions or any(part in function_name for part in self.functions)


NO_FAULTS = Faults()


class Killer:
    """Kills a worker with -9 a random moment after it was given a batch."""

    def __init__(self, faults: Faults) -> None:
        self._share = faults.kill_share
        self._random = random.Random(faults.seed)  # noqa: S311
        self._lock = threading.Lock()
        self.kills = 0

    def __call__(self, worker: Worker) -> None:
        with self._lock:
            strikes = self._random.random() < self._share
            wait_s = self._random.uniform(0, LONGEST_WAIT_S)
        if strikes:
            time.sleep(wait_s)
            worker.child.signal(signal.SIGKILL)
            self.kills += 1


def chooser(faults: Faults) -> Any:
    """Give the random choice of workers, or None where batches stick to their workers."""
    return random.Random(faults.seed + 1) if faults.random_worker_of else None  # noqa: S311
