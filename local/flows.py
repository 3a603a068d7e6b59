"""What state machines start and wait for, played here: Glue jobs and Fargate tasks, which the emulator does not run.

The emulator says that a Spark job succeeded without running it, and that a task runs for ever. So in the deployed
definitions the two integrations are replaced by activities, and a thread of ours answers each.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.clients import client

JOB: Final = "glue:startJobRun.sync"
TASK: Final = "ecs:runTask.sync"
PLAYED: Final = (JOB, TASK)
INTEGRATION: Final = "arn:aws:states:::"
LONGEST_CAUSE: Final = 32_000

Play = Callable[[Mapping[str, Any]], Any]
"""Takes the parameters of the call, as `{"JobName": ..., "Arguments": {...}}`; what it raises fails the task."""


class FlowPlayer:
    """Enter to play for every deployed state machine; `plays` maps `JOB` and `TASK` to what is done instead."""

    def __init__(self, endpoint: str, plays: Mapping[str, Play]) -> None:
        self._states = client("stepfunctions", endpoint)
        self._plays = dict(plays)
        self._ended = threading.Event()

    def __enter__(self) -> "FlowPlayer":
        activities = {name: self._activity(name) for name in self._plays}
        for machine in self._states.list_state_machines()["stateMachines"]:
            self._redirect(machine["stateMachineArn"], activities)
        for name, arn in activities.items():
            threading.Thread(target=self._work, args=(arn, self._plays[name]), name=name, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End after the task at hand; a thread that waits for one ends with the emulator."""
        self._ended.set()

    def _activity(self, integration: str) -> str:
        name = integration.replace(":", "-").replace(".", "-")
        arn: str = self._states.create_activity(name=name)["activityArn"]
        return arn

    def _redirect(self, machine: str, activities: Mapping[str, str]) -> None:
        definition = before = self._states.describe_state_machine(stateMachineArn=machine)["definition"]
        for integration, arn in activities.items():
            definition = definition.replace(f'"{INTEGRATION}{integration}"', f'"{arn}"')
        if definition != before:
            self._states.update_state_machine(stateMachineArn=machine, definition=definition)

    def _work(self, activity: str, play: Play) -> None:
        with contextlib.suppress(BotoCoreError, ClientError):  # the emulator ended
            while not self._ended.is_set():
                task = self._states.get_activity_task(activityArn=activity)
                if task.get("taskToken"):
                    self._answer(task["taskToken"], json.loads(task["input"]), play)

    def _answer(self, token: str, parameters: Mapping[str, Any], play: Play) -> None:
        try:
            answer = play(parameters)
        except Exception as error:  # whatever it is, it is the task's failure
            cause = str(error)[:LONGEST_CAUSE]
            self._states.send_task_failure(taskToken=token, error=type(error).__name__, cause=cause)
        else:
            self._states.send_task_success(taskToken=token, output=json.dumps(answer))
