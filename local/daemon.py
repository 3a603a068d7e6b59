"""A local stack that stays up behind the shell: `up`, `down` and `running`, and the process that holds it.

Its state folder holds `stack.json` (process id, endpoint, names) while it is up.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator import REPOSITORY
from local.lifeline import module_command
from local.positions import write_whole
from local.stack import STATE_FOLDER, LocalStack, StackError

UP_SECONDS = 180.0
DOWN_SECONDS = 60.0
REPORT_S = 1.0


def up(state_dir: Path = STATE_FOLDER, context: Mapping[str, object] | None = None, **options: Any) -> dict[str, Any]:
    """Start a stack that outlives this process, and wait until it is up; gives what `running` gives.

    Raises `StackError` if one is up already or if it does not come up. `options` are those of `LocalStack`, as JSON.
    """
    folder = Path(state_dir).resolve()
    if running(folder):
        raise StackError(f"a local stack is up already in {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "daemon.log"
    modules = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "shared")])
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            module_command("local.daemon", str(folder), json.dumps({"context": dict(context or {}), **options})),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": modules},
            start_new_session=True,
        )
    _wait(lambda: bool(running(folder)) or process.poll() is not None, UP_SECONDS)
    state = running(folder)
    if not state:
        process.kill()
        process.wait()
        raise StackError(f"the local stack did not come up:\n{log.read_text(errors='replace')[-2000:]}")
    process.returncode = 0  # it is meant to outlive this object
    return state


def down(state_dir: Path = STATE_FOLDER) -> bool:
    """End the stack that is up, in order; False if none was."""
    state = running(state_dir)
    if not state:
        return False
    os.kill(state["pid"], signal.SIGTERM)
    if not _wait(lambda: not running(state_dir), DOWN_SECONDS):
        os.kill(state["pid"], signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(state["pid"], 0)
    return True


def running(state_dir: Path = STATE_FOLDER) -> dict[str, Any]:
    """Give pid, endpoint, environment, names, outbox and newest status of the stack that is up; empty if none is."""
    path = _path(state_dir)
    try:
        state: dict[str, Any] = json.loads(path.read_text())
        os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return state


def _path(state_dir: Path) -> Path:
    return Path(state_dir).resolve() / "stack.json"


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def published(stack: LocalStack) -> Iterator[None]:
    """Tell other commands of a stack while it is up: what `running` gives, each second anew, and its outbox's journal.

    Call `forget` when it has ended: what is up and what is ending must not be taken for nothing.
    """
    path = _path(stack.state_dir)
    ended = threading.Event()
    outbox = stack.outbox

    def tell() -> None:
        while True:
            write_whole(path, json.dumps(_state(stack)))
            with contextlib.suppress(BotoCoreError, ClientError):  # the emulator is busy, or gone
                outbox.read()
            if ended.wait(REPORT_S):
                return

    write_whole(path, json.dumps(_state(stack)))
    thread = threading.Thread(target=tell, name="published", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def forget(state_dir: Path) -> None:
    """Tell other commands that the stack has ended."""
    _path(state_dir).unlink(missing_ok=True)


def _hold(folder: Path, options: dict[str, Any]) -> None:
    context = options.pop("context")
    if "assembly" in options:
        options["assembly"] = Path(options["assembly"])
    forget(folder)
    try:
        with LocalStack(folder, context, announce=print, **options) as stack, published(stack):
            while not stack.dead():
                time.sleep(REPORT_S)
            raise StackError(f"{', '.join(stack.dead())} ended by itself; see {folder / 'logs'}")
    finally:
        forget(folder)


def _state(stack: LocalStack) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "endpoint": stack.endpoint,
        "environment": stack.environment,
        "names": stack.names,
        "health_port": stack.health_port,
        "lake_path": str(stack.lake_path),
        "mailboxes": [[box.protocol, box.address, box.queue_url] for box in stack.resources.mailboxes],
        "status": stack.status(),
    }


if __name__ == "__main__":
    _hold(Path(sys.argv[1]), json.loads(sys.argv[2]))
