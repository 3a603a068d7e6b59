"""ECS services as plain processes: a container's command and environment, without its container."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from local import lifeline
from local.clients import client
from local.emulator import process_environment
from local.launch import module_of
from local.resources import Service

RESTART_FIRST_S = 0.5
RESTART_LONGEST_S = 10.0


class ServiceProcess:
    """Keeps one process of a service running until it is stopped, as ECS does with a desired count of 1.

    Raises `ValueError` for a service that does not run a Python module.
    """

    def __init__(self, service: Service, endpoint: str, folder: Path, extra: Mapping[str, str]) -> None:
        self.service = service
        self.starts = 0
        self.child: lifeline.Child | None = None
        module_of(service.command)
        self._endpoint = endpoint
        self._folder = folder
        self._extra = dict(extra)
        self._next_start = 0.0
        self._pause_s = RESTART_FIRST_S

    def start(self) -> None:
        if self.child is not None:
            self.child.kill()
        environment = (
            process_environment(self._endpoint, self._folder / "scratch" / self.service.container)
            | self.service.environment
            | self._secrets()
            | self._extra
        )
        code = [self.service.code, f"{self.service.code}/shared"]
        environment["PYTHONPATH"] = os.pathsep.join([*code, environment["PYTHONPATH"]])
        self.child = lifeline.start(
            self.service.container,
            [*_launcher(), *self.service.command],
            environment=environment,
            log=self._folder / "logs" / f"{self.service.container}.log",
        )
        self.starts += 1

    def _secrets(self) -> dict[str, str]:
        secrets = client("secretsmanager", self._endpoint)
        return {
            name: secrets.get_secret_value(SecretId=arn)["SecretString"] for name, arn in self.service.secrets.items()
        }

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    def restart_if_dead(self) -> None:
        """Start the process again if it ended, after a pause that doubles while it keeps ending."""
        if self.alive:
            self._pause_s = RESTART_FIRST_S
            return
        if self._next_start == 0.0:
            self._next_start = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, RESTART_LONGEST_S)
        elif time.monotonic() >= self._next_start:
            self._next_start = 0.0
            self.start()

    def kill(self) -> None:
        """Kill it with -9, as a fault."""
        if self.child is not None:
            self.child.signal(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it as ECS does: SIGTERM, then SIGKILL after the stop timeout. Give the exit status."""
        return 0 if self.child is None else self.child.stop(self.service.stop_seconds)


def _launcher() -> list[str]:
    return [sys.executable, "-m", "local.launch"]
