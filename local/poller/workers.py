"""Execution environments of one function: several processes, any of which may get any batch."""

import os
import random
import shutil
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from local import lifeline
from local.emulator import process_environment
from local.poller.environment import receive, send

START_SECONDS = 120.0
MAXIMUM_PAYLOAD_BYTES = 6 << 20


class Function(msgspec.Struct, frozen=True):
    """A deployed function, as read back from the emulator, and the folder of its code."""

    name: str
    arn: str
    handler: str
    code: str
    timeout_seconds: float
    memory_megabytes: int
    environment: dict[str, str]


class InvocationError(Exception):
    """The handler raised, timed out or died; `error_type` says which, as Lambda names it."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


class Worker:
    """One execution environment. Not for concurrent use; the pool sees to that."""

    def __init__(self, function: Function, endpoint: str, folder: Path, number: int) -> None:
        self.function = function
        self.number = number
        self.last_shard: str | None = None
        ours, theirs = socket.socketpair()
        self._channel = ours
        self.scratch = Path(tempfile.mkdtemp(prefix=f"{function.name[:24]}-", dir=folder))
        with theirs:
            self.child = lifeline.start(
                f"{function.name}-{number}",
                lifeline.module_command("local.poller.environment", str(theirs.fileno()), function.handler),
                environment=_environment(function, endpoint, self.scratch),
                log=folder.parent / "logs" / f"{function.name}.log",
                folder=Path(function.code),
                pass_fds=(theirs.fileno(),),
            )
        try:
            self._expect(START_SECONDS)
        except InvocationError:
            self.kill()
            raise

    def invoke(self, event: Any, after_send: Callable[[], None] | None = None) -> Any:
        """Run the handler once; raises `InvocationError`. A worker that timed out or died must be discarded."""
        deadline = time.time() + self.function.timeout_seconds
        request = {"request_id": str(uuid.uuid4()), "deadline": deadline, "event": event}
        try:
            send(self._channel, msgspec.json.encode(request))
        except OSError as error:
            self.kill()
            raise InvocationError("Runtime.ExitError", "the process ended between invocations") from error
        if after_send is not None:
            after_send()
        return self._expect(self.function.timeout_seconds).get("result")

    def _expect(self, seconds: float) -> Any:
        self._channel.settimeout(seconds)
        try:
            frame = receive(self._channel)
        except TimeoutError:
            self.kill()
            raise InvocationError("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds") from None
        except OSError:
            frame = None
        if frame is None:
            self.kill()
            raise InvocationError("Runtime.ExitError", f"the process of {self.function.name} died")
        answer = msgspec.json.decode(frame)
        if "error" in answer:
            raise InvocationError(answer["error"]["errorType"], answer["error"]["errorMessage"])
        return answer

    @property
    def alive(self) -> bool:
        return self.child.alive

    def kill(self) -> None:
        self.child.kill()
        self._channel.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Pool:
    """Up to `size` workers of one function, started when first needed and replaced when they die.

    By default a batch goes to the free worker that held its shard last; with `choose` it goes to a random one of `size`
    workers, which then may have missed many batches of that shard.
    """

    def __init__(
        self, function: Function, endpoint: str, folder: Path, size: int, choose: random.Random | None = None
    ) -> None:
        self.function = function
        self.size = size
        self.started = 0
        self.died = 0
        self._endpoint = endpoint
        self._folder = folder
        self._choose = choose
        self._slots: list[Worker | None] = [None] * size
        self._busy: set[int] = set()
        self._turn = threading.Condition()
        self._closed = False

    def invoke(self, event: Any, shard_id: str, after_send: Callable[[Worker], None] | None = None) -> Any:
        """Run the handler in some worker, waiting for one to be free; raises `InvocationError`."""
        slot = self._take(shard_id)
        try:
            worker = self._slots[slot]
            if worker is None or not worker.alive:
                worker = self._start(slot)
            worker.last_shard = shard_id
            chosen = worker
            return worker.invoke(event, None if after_send is None else lambda: after_send(chosen))
        finally:
            self._give_back(slot)

    def _take(self, shard_id: str) -> int:
        with self._turn:
            if self._choose is not None:
                wanted = self._choose.randrange(self.size)
                self._turn.wait_for(lambda: self._closed or wanted not in self._busy)
                self._refuse_when_closed()
                self._busy.add(wanted)
                return wanted
            self._turn.wait_for(lambda: self._closed or len(self._busy) < self.size)
            self._refuse_when_closed()
            slot = min(
                (slot for slot in range(self.size) if slot not in self._busy),
                key=lambda s: self._reluctance(s, shard_id),
            )
            self._busy.add(slot)
            return slot

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise InvocationError("Local.Stopped", "the poller is stopping")

    def _reluctance(self, slot: int, shard_id: str) -> int:
        worker = self._slots[slot]
        if worker is None:
            return 1
        return 0 if worker.last_shard == shard_id else 2

    def _start(self, slot: int) -> Worker:
        if self._slots[slot] is not None:
            self.died += 1
            self._slots[slot] = None
        worker = Worker(self.function, self._endpoint, self._folder, slot)
        self.started += 1
        self._slots[slot] = worker
        return worker

    def _give_back(self, slot: int) -> None:
        with self._turn:
            self._busy.discard(slot)
            self._turn.notify_all()

    def replace_workers(self, function: Function | None = None) -> None:
        """End every worker between two batches; the next batches start new ones, of `function` if it is given."""
        for slot in range(self.size):
            with self._turn:
                self._turn.wait_for(lambda wanted=slot: wanted not in self._busy)  # type: ignore[misc]
                self._busy.add(slot)
            worker, self._slots[slot] = self._slots[slot], None
            if worker is not None:
                worker.kill()
            self._give_back(slot)
        if function is not None:
            self.function = function

    def warm(self) -> None:
        """Start every worker now, so that the first batches do not wait for imports."""
        for slot in range(self.size):
            with self._turn:
                self._turn.wait_for(lambda wanted=slot: wanted not in self._busy)  # type: ignore[misc]
                self._busy.add(slot)
            try:
                if self._slots[slot] is None and not self._closed:
                    self._start(slot)
            finally:
                self._give_back(slot)

    def pids(self) -> list[int]:
        return [worker.child.pid for worker in self._slots if worker is not None]

    def close(self) -> None:
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        for worker in self._slots:
            if worker is not None:
                worker.kill()


def _environment(function: Function, endpoint: str, scratch: Path) -> dict[str, str]:
    system = process_environment(endpoint, scratch)
    return (
        system
        | function.environment
        | {
            "PYTHONPATH": os.pathsep.join([function.code, system["PYTHONPATH"]]),
            "LAMBDA_TASK_ROOT": function.code,
            "LAMBDA_FUNCTION_ARN": function.arn,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[$LATEST]{scratch.name}",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "_HANDLER": function.handler,
            "POWERTOOLS_TRACE_DISABLED": "1",
        }
    )
